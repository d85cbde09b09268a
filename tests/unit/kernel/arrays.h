/* Arrays to try kernels on: filled with what is likely to go wrong, run through a job, compared.
 *
 * A kernel of a list of loops can be held to one instruction set with held_to, so that every set
 * the machine has is tried, whatever the library would choose.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_KERNEL_ARRAYS_H
#define TESTS_UNIT_KERNEL_ARRAYS_H

#include "harness.h"
#include "kernel/elementwise.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct array {
    eg_spec spec;
    void *data;
} array;

static inline array array_new(eg_dtype dtype, int rank, const int64_t dims[])
{
    array a = {.spec = {.dtype = dtype, .rank = rank}};

    for (int i = 0; i < rank; i++)
        a.spec.dims[i] = dims[i];
    assert_true(eg__spec_measure(&a.spec));
    a.data = calloc((size_t)a.spec.size + 1, eg__dtype(dtype)->size);
    assert_non_null(a.data);
    return a;
}

static inline array vector_new(eg_dtype dtype, int64_t n)
{
    return array_new(dtype, 1, &n);
}

static inline void *element(const array *a, int64_t i)
{
    return (char *)a->data + i * (int64_t)eg__dtype(a->spec.dtype)->size;
}

static inline void arrays_free(int n, const array a[])
{
    for (int i = 0; i < n; i++)
        free(a[i].data);
}

static inline uint64_t special_bits(eg_dtype dtype, int which)
{
    static const float floats[] = {0, -0.f, 1, -1, INFINITY, -INFINITY, 0x1p-149f, -0x1p-140f,
        0x1.fffffep127f, -0x1.fffffep127f, 0x1p-126f, 0.5f, 88.8f, -103.9f, 2147483648.f, -0.75f};
    static const int64_t ints[] = {0, 1, -1, INT32_MIN, INT32_MAX, INT64_MIN, INT64_MAX, 2};
    static const uint32_t nans[] = {0x7fc00000, 0xffc00000, 0x7fc12345, 0xffc00abc};
    uint64_t bits = 0;
    float f = floats[which % 16];
    double d = floats[which % 16];

    if (eg__dtype(dtype)->kind != EG__REAL)
        return (uint64_t)ints[which % 8];
    if (which % 20 >= 16)
        return dtype == EG_FLOAT64 ? (uint64_t)nans[which % 4] << 32 | (uint64_t)(which % 4)
            : dtype == EG_FLOAT32  ? nans[which % 4]
                                   : nans[which % 4] >> 16 | 0x7e00;
    if (eg__dtype(dtype)->is_half)
        eg__set_element_real(dtype, &bits, d);
    else if (dtype == EG_FLOAT32)
        memcpy(&bits, &f, sizeof f);
    else
        memcpy(&bits, &d, sizeof d);
    return bits;
}

/* Complex numbers as twice as many real ones. */
static inline array parts_of(const array *a)
{
    array parts = *a;

    if (eg__is_complex(a->spec.dtype)) {
        parts.spec.dtype = eg__part_of(a->spec.dtype);
        parts.spec.size *= 2;
    }
    return parts;
}

/* Numbers in [-scale, scale], every fourth a special one where `specials`. */
static inline void fill(const array *a, uint64_t seed, double scale, bool specials)
{
    uint64_t state = seed * 2654435761u + 88172645463325252u;
    const array all = parts_of(a);
    eg_dtype dtype = all.spec.dtype;

    a = &all;
    for (int64_t i = 0; i < a->spec.size; i++) {
        uint64_t random = harness_random(&state);
        double real = scale * ((double)(random >> 11) * 0x1p-52 - 1);
        if (dtype == EG_BOOL) {
            *(bool *)element(a, i) = random >> 40 & 1;
        } else if (specials && (random & 3) == 0) {
            uint64_t bits = special_bits(dtype, (int)(random >> 2 & 1023));
            memcpy(element(a, i), &bits, eg__dtype(dtype)->size);
        } else {
            eg__set_element_real(dtype, element(a, i),
                eg__dtype(dtype)->is_unsigned ? fabs(real) : real);
        }
    }
}

static inline array filled(eg_dtype dtype, int64_t n, uint64_t seed)
{
    array a = vector_new(dtype, n);

    fill(&a, seed, 50, true);
    return a;
}

static inline const char *run_kernel(const eg_kernel *kernel, const void *attrs, int n_in,
    const array in[], const array *out)
{
    const eg_spec *specs[3], *out_spec = &out->spec;
    void *data[3], *out_data = out->data;
    eg_problem p = {attrs, n_in, 1, specs, &out_spec};
    eg_job job;

    for (int k = 0; k < n_in; k++) {
        specs[k] = &in[k].spec;
        data[k] = in[k].data;
    }
    const char *why = kernel->prepare(kernel, &p, &job);
    if (!why)
        job.run(&job, data, &out_data, NULL);
    return why;
}

/* A kernel that uses the loops of one instruction set. */
typedef struct held_kernel {
    eg_loops loops;
    eg_kernel kernel;
} held_kernel;

static inline const eg_kernel *held_to(held_kernel *held, const eg_kernel *kernel, int isa)
{
    held->loops = *(const eg_loops *)kernel->table;
    for (int i = 0; i < EG__ISAS; i++)
        held->loops.of[i] = held->loops.of[isa];
    held->kernel = (eg_kernel){"held", kernel->prepare, &held->loops};
    return &held->kernel;
}

static inline bool is_nan(eg_dtype dtype, const void *x)
{
    return eg__dtype(dtype)->kind == EG__REAL && isnan(eg__element_real(dtype, x));
}

/* The same bits, or NaN both; in each part. */
static inline bool same_value(eg_dtype dtype, const void *x, const void *y)
{
    eg_dtype part = eg__part_of(dtype);
    size_t size = eg__dtype(part)->size;

    if (part != dtype)
        return same_value(part, x, y) &&
            same_value(part, (const char *)x + size, (const char *)y + size);
    return memcmp(x, y, eg__dtype(dtype)->size) == 0 || (is_nan(dtype, x) && is_nan(dtype, y));
}

static inline bool same_bits(const array *x, const array *y)
{
    return memcmp(x->data, y->data, eg__bytes(&x->spec)) == 0;
}

/* Where the element of `a` lies that belongs to element `i` of `out`. */
static inline int64_t broadcast_index(const array *a, const array *out, int64_t i)
{
    int64_t index = 0, stride = 1;

    for (int axis = out->spec.rank - 1; axis >= 0; axis--) {
        int own = axis - (out->spec.rank - a->spec.rank);
        int64_t at = i % out->spec.dims[axis];
        i /= out->spec.dims[axis];
        if (own < 0)
            continue;
        index += a->spec.dims[own] == 1 ? 0 : at * stride;
        stride *= a->spec.dims[own];
    }
    return index;
}

#endif
