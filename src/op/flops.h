/* How many floating-point operations an operation takes, from specs and attributes alone. What is
 * counted is said in eagre/see.h; each operation says how many beside its shape rule.
 *
 * Counts are whole numbers in double, so that none overflows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OP_FLOPS_H
#define OP_FLOPS_H

#include "op/opdef.h"

/* 0 where there are only whole numbers. */
double eg__flops(const eg_opdef *op, const eg_problem *p);

/* Whether that is ever anything else. */
bool eg__has_flops(const eg_opdef *op);

/* What counts are made of: n additions, multiplications, or pairs of both, of numbers like x's. */
double eg__adds(const eg_spec *x, double n);
double eg__muls(const eg_spec *x, double n);
double eg__mul_adds(const eg_spec *x, double n);

/* Counts that operations share: an addition, or a multiplication, for each element of input 0; a
 * multiplication for each element of the result; an addition for each element of input 1. */
double eg__flops_sum(const eg_problem *p);
double eg__flops_prod(const eg_problem *p);
double eg__flops_mul(const eg_problem *p);
double eg__flops_updates(const eg_problem *p);

/* How many matrices a stack is, and their sizes: the last two axes are `rows` and `columns`. */
typedef struct eg__stack {
    double n, rows, columns;
} eg__stack;

eg__stack eg__stack_of(const eg_spec *x);

/* `each` times the third power of the rows, of each matrix, half of them multiplications. */
double eg__cubic(const eg_spec *x, double each);

/* Without what is behind the point. */
double eg__whole(double flops);

#endif
