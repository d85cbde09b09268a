/* What is tested of anything that can be called as a function: a trace recorded with two sizes is
 * made for a third one, where it gives the bits of eager execution and is, node for node, what a
 * recording with that size would be; with gradients taken inside, too.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OTHER_SIZES_H
#define TESTS_OTHER_SIZES_H

#include <eagre.h>

typedef struct other_sizes {
    int made, fixed;    /* sizes for which a trace was made; that cannot vary */
    char why[256];      /* the last one cannot */
    char mistake[1024]; /* the first; "" where there is none */
} other_sizes;

/* Calls a body with its inputs, of which each size in turn becomes twice and three times as large
 * wherever it stands; sizes with which the body fails are passed over. Adds to `found`. */
void try_other_sizes(const eg_callable *body, void *env, int n, eg_tensor *const x[],
    other_sizes *found);

#endif
