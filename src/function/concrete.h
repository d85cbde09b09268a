/* A trace taken out of its function: nobody else's calls find it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FUNCTION_CONCRETE_H
#define FUNCTION_CONCRETE_H

#include "function/trace.h"
#include <eagre/concrete.h>

struct eg_concrete {
    atomic_int refs;
    eg_function *function; /* counted */
    eg__trace *trace;
};

/* Applies a trace's operations one by one, through the dispatcher, so that everybody who watches
 * hears of them; guards are asked, assignments made. NULL after an error, as where a guard has an
 * outcome that was not recorded. walk.c */
eg_tensor *eg__trace_walk(const eg__trace *trace, eg_tensor *const args[]);

/* Runs the body on arguments and records the way that they take, into `trace`. What it assigns and
 * prints is forgotten. False after an error, and, reported too, where it cannot be recorded. */
bool eg__record_dry(eg_function *f, eg__trace *trace, const eg__key *key);

#endif
