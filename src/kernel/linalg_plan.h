/* What one matrix of a batch is worked on with, shared by linalg.c and linalg.inc.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_LINALG_PLAN_H
#define KERNEL_LINALG_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EG__LINALG_IN = 2, EG__LINALG_OUT = 3 };

/* An m x n matrix, k the smaller of both; the right-hand sides have `columns`. The scratch of a
 * matrix is a copy or more, then LAPACK's workspace, then its real numbers beside complex ones,
 * then its integers. */
typedef struct eg__matrix {
    int m, n, k, columns;
    bool upper, transposed, full; /* attributes */
    int lwork, lreals, liwork;
    size_t work_at, reals_at, ints_at, scratch; /* bytes */
} eg__matrix;

/* What is done to one matrix. */
typedef struct eg__linalg_step {
    /* Sets lwork and liwork, which are asked of LAPACK; the elements of the copy. */
    size_t (*room)(eg__matrix *t);
    /* 0, or where the matrix turned out not to be what it has to be, counted from 1. */
    int (*run)(const eg__matrix *t, const void *const in[], void *const out[], char *scratch);
} eg__linalg_step;

#endif
