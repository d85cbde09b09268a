/* What operations made of others are written with.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_COMPOSE_H
#define OPS_COMPOSE_H

#include "op/opdef.h"
#include <eagre/ops.h>

/* Whether x is a tensor with elements or a symbol; otherwise that is reported. False while an error
 * is pending. */
bool eg__is_tensor(const char *op, const eg_tensor *x);

/* The same, with `axis` brought into range for x, or for `rank` axes. */
bool eg__has_axis(const char *op, const eg_tensor *x, int *axis);
bool eg__axis_of(const char *op, int *axis, int rank);

/* The kind of x's dtype. */
static inline bool eg__is_kind(const eg_tensor *x, unsigned kinds)
{
    return kinds >> eg__dtype(eg_dtype_of(x))->kind & 1;
}

/* Whether x is of 16 bits and floating point: sums and counts of many elements do not fit. */
static inline bool eg__is_half(const eg_tensor *x)
{
    return x && eg__is_kind(x, 1u << EG__REAL) && eg_dtype_size(eg_dtype_of(x)) == 2;
}

/* `count` elements along one axis, from `begin` on, `step` apart; count -1: all that are left. */
eg_tensor *eg__along(eg_tensor *x, int axis, int64_t begin, int64_t count, int64_t step);

/* Axes in another order; x itself where that is the order they have. */
eg_tensor *eg__ordered(eg_tensor *x, const int order[]);

/* Axis `axis` and the last one in each other's place. */
eg_tensor *eg__swap_last(eg_tensor *x, int axis);

/* [images, channels, sizes] as [images, sizes, channels], or back; x itself where its rank is none
 * of those. */
eg_tensor *eg__channels(eg_tensor *x, bool to_last);

/* x as [before, size of axis, behind]. */
eg_tensor *eg__as_rows(eg_tensor *x, int axis);

/* How long a result is whose length depends on values: what was asked for or, if that is 0, the
 * number that count(x) gives, at which the host looks. -1 after an error. */
int64_t eg__length(const char *op, int64_t asked, eg_tensor *(*count)(eg_tensor *x), eg_tensor *x);

/* Indices along one axis of n elements, brought inside: int64. */
eg_tensor *eg__brought_inside(eg_tensor *indices, int64_t n, eg_outside outside);

/* The numbers of rows by their counts, int64 of rank 1; `any_count` where these may add up to
 * another length. */
eg_tensor *eg__repeat_index(eg_tensor *counts, int64_t length, bool any_count);

/* The root of order p of what is not negative, with derivative 0 instead of infinity at 0: as norms
 * and deviations have it. */
eg_tensor *eg__root(eg_tensor *x, double p);

/* A one-dimensional constant of n whole numbers. */
eg_tensor *eg__whole_numbers(int64_t n, const int64_t numbers[]);

/* All rows along their first axis, some dozen at a time, and those again; `rows` is used up. */
eg_tensor *eg__concat_many(int64_t n, eg_tensor *rows[]);

#endif
