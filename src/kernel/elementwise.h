/* Element-wise kernels: one loop a dtype over contiguous blocks, applied to whole arrays, to
 * broadcast pairs and, in group.h, to blocks of what several of them make together.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ELEMENTWISE_H
#define KERNEL_ELEMENTWISE_H

#include "kernel/isa.h"
#include "kernel/kernel.h"

enum { EG__MOST_OPERANDS = 3 };

/* out[i] = f(in[0][i * step[0]], …) for i in [0, n); a step is 0 or 1, and where n > 1 one of them
 * is 1. `out` may be an input whose step is 1 and whose elements have the size of the result's. */
typedef void (*eg_loop)(int64_t n, const void *const in[], const int64_t step[], void *out);

/* The loops of one function: for each instruction set a table by dtype of input `by`. */
typedef struct eg_loops {
    const eg_loop *of[EG__ISAS];
    int by; /* the input whose dtype chooses */
    /* Nanoseconds an element, single thread, warm; estimates for dtypes up to 4 bytes and wider. */
    float cost, wide_cost;
} eg_loops;

/* What a job of a loop keeps at the start of its state: an inner run, where each operand advances
 * or stays, and a nest of outer axes around it. */
typedef struct eg__nest {
    eg_loop loop;
    double cost;
    int n_in, rank;      /* operands, outer axes */
    int64_t size, inner; /* elements in all, in the run */
    int64_t chunk;       /* elements a thread takes at a time */
    int64_t strip;       /* elements of a single run computed at a time */
    int64_t together;    /* rows of a nest computed at a time */
    int64_t step[EG__MOST_OPERANDS];
    size_t in_element[EG__MOST_OPERANDS], out_element;
    int64_t dims[EG_MAX_RANK];                      /* outer axes, outermost first */
    int64_t stride[EG__MOST_OPERANDS][EG_MAX_RANK]; /* bytes an operand moves along each */
} eg__nest;

/* Prepares any function whose kernel's table is an eg_loops. */
const char *eg__elementwise_prepare(const eg_kernel *self, const eg_problem *p, eg_job *job);

/* The same for a given loop, for kernels that choose in another way. */
const char *eg__elementwise_with(eg_loop loop, double cost, const eg_problem *p, eg_job *job);

/* What a job prepared by these has in its state: of a nest the loop, its cost and its element sizes
 * hold for any part of the arrays. NULL: another kernel prepared it. */
const eg__nest *eg__elementwise_nest(const eg_job *job);

/* eg__add_loop and so on: the kernels of elementwise.list. */
#define EG_LOOP(name, by, cost, wide) extern const eg_kernel eg__##name##_loop;
#include "kernel/elementwise.list"
#undef EG_LOOP

/* The table of a function of floating-point numbers, name_float and name_double. */
#define EG__REAL_TABLE(name)                                                                       \
    extern const eg_loop EG__FOR_ISA(eg__##name)[];                                                \
    const eg_loop EG__FOR_ISA(                                                                     \
        eg__##name)[EG__DTYPES] = {[EG_FLOAT32] = name##_float, [EG_FLOAT64] = name##_double};

/* From any dtype to any other; its loops by instruction set and both dtypes. */
extern const eg_kernel eg__cast_loop;
extern const eg_loop *const *const eg__cast_loops[EG__ISAS];

/* gelu: tanh form or erf form, as its attributes say. */
extern const eg_kernel eg__gelu_kernel;

#endif
