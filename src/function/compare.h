/* Graph and body side by side.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FUNCTION_COMPARE_H
#define FUNCTION_COMPARE_H

#include "function/trace.h"
#include <eagre/concrete.h>

/* Runs a trace's graph and the body on the key's arguments and compares all values of the path;
 * `c` is complete and says what was found. Nothing is assigned or printed. EG__CALL_MISSED: the
 * trace does not have the path. */
eg__outcome_of_call eg__compare(eg_function *f, eg__trace *trace, const eg__key *key,
    eg_comparison *c);

/* ---- difference.c --------------------------------------------------------------------------- */

/* Notes the first difference in words: elements of a value; something else altogether. */
void eg__differ_in_value(eg_comparison *c, const char *op, const eg_site *site, const char *which,
    const eg_tensor *graph, const eg_tensor *body);
void eg__differ_in_kind(eg_comparison *c, const char *op, const eg_site *site, const char *graph,
    const char *body);

#endif
