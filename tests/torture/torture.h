/* The n-th allocation fails, for every n: work is done again and again, with memory running out at
 * each of its allocations in turn, once and for good. Every time the work must succeed or report
 * EG_NO_MEMORY, hold no memory afterwards that it did not hold before, and succeed when it is done
 * again, with the same bits.
 *
 *     static void add(torture *t, void *env)
 *     {
 *         torture_result(t, eg_add(…));
 *     }
 *     …
 *     torture_sweep("add", add, NULL);
 *
 * The debug build leaves out some of the late allocations of long work; the plain one has them all.
 *
 * Allocations are those of the library, through eg_set_allocator, and calls of malloc, calloc
 * and realloc in what is linked statically. The library runs on one thread meanwhile.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TORTURE_TORTURE_H
#define TESTS_TORTURE_TORTURE_H

#include "harness.h"

enum { TORTURE_RESULTS = 16 };

typedef struct torture {
    const char *what;
    const char *trouble; /* what the work found wrong; NULL: nothing */
    bool has_expected;   /* results are known from a run without failures */
    int n_results;       /* of this run */
    uint64_t expected[TORTURE_RESULTS];
} torture;

/* The work, in a scope of its own. It frees what it makes, whatever fails. */
typedef void torture_fn(torture *t, void *env);

/* Does the work with every allocation failing in turn and fails the test at the first trouble. */
void torture_sweep(const char *what, torture_fn *run, void *env);

/* The same, each time on a new thread, whose first use of the library it is. */
void torture_sweep_threads(const char *what, torture_fn *run, void *env);

/* Says that the work gave this value, the same each time; after an error it does nothing. */
void torture_result(torture *t, eg_tensor *x);
void torture_text(torture *t, const char *text);
void torture_file(torture *t, const char *path);

/* Makes allocation number n fail, or that and all later ones; says whether it came to that. For
 * work that torture_sweep cannot do. */
void torture_arm(long n, bool for_good);
bool torture_disarm(void);

/* A file of that name that only this process uses. */
const char *torture_path(const char *name);

#endif
