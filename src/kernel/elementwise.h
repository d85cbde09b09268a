/* Element-wise kernels: one loop a dtype over contiguous blocks, applied to whole arrays, to
 * broadcast pairs and (later) to blocks of fused groups.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ELEMENTWISE_H
#define KERNEL_ELEMENTWISE_H

#include "kernel/isa.h"
#include "kernel/kernel.h"

enum { EG__MOST_OPERANDS = 3 };

/* out[i] = f(in[0][i * step[0]], …) for i in [0, n); a step is 0 or 1. `out` may be one of the
 * inputs whose step is 1. */
typedef void (*eg_loop)(int64_t n, const void *const in[], const int64_t step[], void *out);

/* The loops of one function: for each instruction set a table by dtype of input `by`. */
typedef struct eg_loops {
    const eg_loop *of[EG__ISAS];
    int by;       /* the input whose dtype chooses */
    float cost;   /* nanoseconds an element, single thread, warm; an estimate */
} eg_loops;

/* Prepares any function whose kernel's table is an eg_loops. */
const char *eg__elementwise_prepare(const eg_kernel *self, const eg_problem *p, eg_job *job);

/* The same for given loops, for kernels that choose among several. */
const char *eg__elementwise_with(eg_loop loop, double cost, const eg_problem *p, eg_job *job);

/* eg__add_loop and so on: the kernels of elementwise.list. */
#define EG_LOOP(name, by, cost) extern const eg_kernel eg__##name##_loop;
#include "kernel/elementwise.list"
#undef EG_LOOP

/* From any dtype to any other. */
extern const eg_kernel eg__cast_loop;

/* gelu: tanh form or erf form, as its attributes say. */
extern const eg_kernel eg__gelu_kernel;

#endif
