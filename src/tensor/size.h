/* Sizes and where they come from.
 *
 * A function's trace serves other sizes than those it was recorded with if the body would do the
 * same with them. So whoever watches (a recording) hears of every size that the host looks at. What
 * operations are made of carries a size as an eg__size, a number that remembers its origin: it can
 * be calculated with, compared, and used as an attribute or constant without being looked at; a
 * comparison is noted with its answer. To look at the number fixes the size.
 *
 * While nobody watches this is plain arithmetic.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TENSOR_SIZE_H
#define TENSOR_SIZE_H

#include "tensor/tensor.h"

/* A size, or something calculated from sizes. */
typedef struct eg__size {
    int64_t n;
    uint32_t from; /* what the watcher calls it; 0: a plain number */
} eg__size;

enum { EG__SIZE_LOST = INT32_MAX }; /* `from` a place that the watcher does not see */

typedef enum eg__size_kind {
    EG__SIZE_DIM, /* of a tensor: along an axis */
    EG__SIZE_ALL, /* its number of elements */
    EG__SIZE_PLUS,
    EG__SIZE_MINUS,
    EG__SIZE_TIMES,
    EG__SIZE_OVER, /* as C divides; 0 for division by 0 */
} eg__size_kind;

typedef enum eg__size_relation { EG__SIZE_EQUAL, EG__SIZE_LESS } eg__size_relation;

/* A size that stands in an attribute. */
typedef struct eg__size_patch {
    size_t offset; /* of an int64_t in the attributes */
    eg__size size;
} eg__size_patch;

typedef struct eg__size_watch eg__size_watch;
struct eg__size_watch {
    uint32_t (*of)(eg__size_watch *w, eg__size_kind kind, const eg_tensor *x, int axis);
    uint32_t (*made)(eg__size_watch *w, eg__size_kind kind, eg__size a, eg__size b);
    void (*compared)(eg__size_watch *w, eg__size_relation how, eg__size a, eg__size b, bool answer);
    /* x is a constant of this many, plus `more`, but not below `least`. */
    void (*counted)(eg__size_watch *w, eg_tensor *x, eg__size n, double more, double least);
    /* What the next application of this operation has in its attributes. */
    const void *op; /* NULL: nothing */
    const eg__size_patch *patches;
    int n_patches;
};

/* A number. */
static inline eg__size eg__size_plain(int64_t n)
{
    return (eg__size){n, 0};
}

/* The size along an axis, which counts from the end if negative: 0 where x has no such axis. The
 * number of elements. */
eg__size eg__size_at(const eg_tensor *x, int axis);
eg__size eg__size_all(const eg_tensor *x);

eg__size eg__size_plus(eg__size a, eg__size b);
eg__size eg__size_minus(eg__size a, eg__size b);
eg__size eg__size_times(eg__size a, eg__size b);
eg__size eg__size_over(eg__size a, eg__size b);

/* Compare without looking. */
bool eg__size_equal(eg__size a, eg__size b);
bool eg__size_less(eg__size a, eg__size b);
bool eg__size_is(eg__size a, int64_t n);

/* Whether x and y have one shape; whether they are of one spec. */
bool eg__shapes_agree(const eg_tensor *x, const eg_tensor *y);
bool eg__specs_agree(const eg_tensor *x, const eg_tensor *y);

/* The number, which is fixed by this. */
int64_t eg__size_look(eg__size a);

/* All sizes of x are looked at. */
const eg_spec *eg__spec_look(const eg_tensor *x);

/* Sizes go where the watcher cannot follow. */
void eg__sizes_lost(void);

/* The number n + more, but at least `least`, as a scalar: what it counts is not looked at. */
eg_tensor *eg__size_scalar(eg_dtype dtype, eg__size n, double more, double least);

/* What the watcher does again with other sizes. */
int64_t eg__size_calculate(eg__size_kind kind, int64_t a, int64_t b);
eg_tensor *eg__size_scalar_now(eg_dtype dtype, int64_t n, double more, double least);

#endif
