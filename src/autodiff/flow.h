/* Gradients that arrive only where a value says so.
 *
 * Eagerly nothing flows to what a branch that ran did not use, nor to what a loop used that took no
 * step. In a graph one flow stands for both cases: a value, and a bool that says whether it is
 * there. So an infinite derivative on the way back never meets zeros of a branch that did not run.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTODIFF_FLOW_H
#define AUTODIFF_FLOW_H

#include "op/opdef.h"

typedef struct eg__flow {
    eg_tensor *value; /* NULL: nothing arrives, whatever the values are */
    eg_tensor *when;  /* a bool without axes: whether it arrives; NULL: it does */
    bool open;        /* where it does not arrive, the value is anything; otherwise zeros */
} eg__flow;

/* The sum of a, which came first, and b: with the bits of the one where the other does not arrive.
 * No value, reported, after an error. */
eg__flow eg__flow_join(eg__flow a, eg__flow b);

/* The value, zeros where it does not arrive; NULL: nothing arrives, or after an error. */
eg_tensor *eg__flow_value(const eg__flow *f);

/* Whether a or b arrives, as a bool; NULL: one does for certain. */
eg_tensor *eg__flow_either(eg_tensor *a, eg_tensor *b);

#endif
