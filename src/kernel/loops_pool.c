/* Pools, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/isa.h"
#include "kernel/pool.h"
#include <stdbool.h>
#include <string.h>

enum {
    BLOCK = 64, /* channels at a time, */
    SHORT = 16, /* or so many; */
    FEW = 32,   /* so many at most: of several windows, */
    ROOM = 256  /* of so many elements */
};

#define NOT_A_NUMBER(x) ((x) != (x))

#define BODY "kernel/pool.inc"
#include "kernel/each_integer.inc"
#include "kernel/each_real.inc"
#undef BODY

#define BODY "kernel/pool_mean.inc"
#include "kernel/each_real.inc"
#undef BODY

extern const eg__pool_loop EG__FOR_ISA(eg__max_pool)[], EG__FOR_ISA(eg__max_pool_index)[];
extern const eg__pool_loop EG__FOR_ISA(eg__avg_pool)[], EG__FOR_ISA(eg__avg_pool_grad)[];

const eg__pool_loop EG__FOR_ISA(eg__max_pool)[EG__DTYPES] = {
    EG__INTEGER_ROWS(max_pool),
    [EG_FLOAT32] = max_pool_float,
    [EG_FLOAT64] = max_pool_double,
};

const eg__pool_loop EG__FOR_ISA(eg__max_pool_index)[EG__DTYPES] = {
    EG__INTEGER_ROWS(max_pool_index),
    [EG_FLOAT32] = max_pool_index_float,
    [EG_FLOAT64] = max_pool_index_double,
};

const eg__pool_loop EG__FOR_ISA(eg__avg_pool)[EG__DTYPES] = {
    [EG_FLOAT32] = avg_pool_float,
    [EG_FLOAT64] = avg_pool_double,
};

const eg__pool_loop EG__FOR_ISA(eg__avg_pool_grad)[EG__DTYPES] = {
    [EG_FLOAT32] = avg_pool_grad_float,
    [EG_FLOAT64] = avg_pool_grad_double,
};
