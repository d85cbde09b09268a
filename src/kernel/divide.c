/* Division that rounds down, and what it leaves. Whole numbers cannot be divided by zero, so their
 * divisors are searched first.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/divide.h"
#include "kernel/checked.h"
#include <math.h>

/* ---- loops ---------------------------------------------------------------------------------- */

#define T int8_t
#define U uint32_t
#include "kernel/divide_int.inc"
#undef T
#undef U

#define T int16_t
#define U uint32_t
#include "kernel/divide_int.inc"
#undef T
#undef U

#define T int32_t
#define U uint32_t
#include "kernel/divide_int.inc"
#undef T
#undef U

#define T int64_t
#define U uint64_t
#include "kernel/divide_int.inc"
#undef T
#undef U

#define T uint8_t
#include "kernel/divide_unsigned.inc"
#undef T

#define T uint16_t
#include "kernel/divide_unsigned.inc"
#undef T

#define T uint32_t
#include "kernel/divide_unsigned.inc"
#undef T

#define T uint64_t
#include "kernel/divide_unsigned.inc"
#undef T

#define T            float
#define SUFFIX(name) name##f
#include "kernel/divide_real.inc"
#undef T
#undef SUFFIX

#define T            double
#define SUFFIX(name) name
#include "kernel/divide_real.inc"
#undef T
#undef SUFFIX

/* What a dtype's division is made of. Without has_zero it cannot fail. */
typedef struct division_loops {
    eg_loop floor_div, remainder, fmod;
    bool (*has_zero)(int64_t n, const void *divisors);
    double cost;
} division_loops;

static const division_loops all_loops[EG__DTYPES] = {
    [EG_INT8] = {floor_div_int8_t, remainder_int8_t, fmod_int8_t, has_zero_int8_t, 1.8},
    [EG_INT16] = {floor_div_int16_t, remainder_int16_t, fmod_int16_t, has_zero_int16_t, 1.8},
    [EG_INT32] = {floor_div_int32_t, remainder_int32_t, fmod_int32_t, has_zero_int32_t, 1.8},
    [EG_INT64] = {floor_div_int64_t, remainder_int64_t, fmod_int64_t, has_zero_int64_t, 3.2},
    [EG_UINT8] = {floor_div_uint8_t, remainder_uint8_t, fmod_uint8_t, has_zero_uint8_t, 1.8},
    [EG_UINT16] = {floor_div_uint16_t, remainder_uint16_t, fmod_uint16_t, has_zero_uint16_t, 1.8},
    [EG_UINT32] = {floor_div_uint32_t, remainder_uint32_t, fmod_uint32_t, has_zero_uint32_t, 1.8},
    [EG_UINT64] = {floor_div_uint64_t, remainder_uint64_t, fmod_uint64_t, has_zero_uint64_t, 3.2},
    [EG_FLOAT32] = {floor_div_float, remainder_float, fmod_float, NULL, 18},
    [EG_FLOAT64] = {floor_div_double, remainder_double, fmod_double, NULL, 18},
};

/* ---- the kernels ---------------------------------------------------------------------------- */

/* Prepares `loop`, behind the search where the dtype needs it. */
static const char *prepare(eg_loop loop, const eg_problem *p, eg_job *job)
{
    if (!loop)
        return "it has no loop for this dtype";
    const division_loops *loops = &all_loops[p->in[0]->dtype];
    eg__elementwise_with(loop, loops->cost, p, job);
    eg__check_first(loops->has_zero,
        "an integer is divided by zero; replace such divisors with eg_where, or divide "
        "floating-point numbers",
        p, job);
    return NULL;
}

static const char *floor_div_prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    unsigned dtype = p->in[0]->dtype;

    (void)self;
    return prepare(dtype < EG__DTYPES ? all_loops[dtype].floor_div : NULL, p, job);
}

static const char *remainder_prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    unsigned dtype = p->in[0]->dtype;

    (void)self;
    return prepare(dtype < EG__DTYPES ? all_loops[dtype].remainder : NULL, p, job);
}

static const char *fmod_prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    unsigned dtype = p->in[0]->dtype;

    (void)self;
    return prepare(dtype < EG__DTYPES ? all_loops[dtype].fmod : NULL, p, job);
}

const eg_kernel eg__floor_div_kernel = {.name = "loop", .prepare = floor_div_prepare};
const eg_kernel eg__remainder_kernel = {.name = "loop", .prepare = remainder_prepare};
const eg_kernel eg__fmod_kernel = {.name = "loop", .prepare = fmod_prepare};
