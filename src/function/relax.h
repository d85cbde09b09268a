/* A trace's tree of segments, made again for other sizes of the arguments.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FUNCTION_RELAX_H
#define FUNCTION_RELAX_H

#include "function/sizes.h"

/* A constant that counts something, and what it is with the new sizes. */
typedef struct eg__recount {
    const eg__size_table *table;
    const eg__size_count *of;
    eg_tensor *now; /* owned; NULL: not needed yet */
} eg__recount;

typedef struct eg__relaxing {
    const eg__trace *from;
    const eg__argument *arguments; /* the new ones */
    eg__segment **segments;        /* by number in `from`, owned; NULL: not there for these sizes */
    int n_segments;                /* of `from` when they were made; it may get more */
    eg__recount *counts;
    int n_counts, counts_capacity;
    eg__map count_at; /* by constant of `from` */
    char fixed[EG__FIXED_TEXT];
} eg__relaxing;

/* Makes the segments; those that a question or a shape rule does not allow are left out, with those
 * below. False where the first one is, with the reason in `fixed`, or after an error. */
bool eg__relaxing_make(eg__relaxing *x, const eg__trace *from, const eg__argument arguments[]);
void eg__relaxing_free(eg__relaxing *x);

/* NULL where two trees are the same, along the first path of the second, which is one of the
 * function's, as far as the first has it; else the line where they first differ. May call the
 * host. */
const eg_site *eg__trees_differ(eg_function *f, const eg__segment *a, const eg__segment *b);

#endif
