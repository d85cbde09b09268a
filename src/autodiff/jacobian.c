/* Jacobians: one walk backwards for each element of the target.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/tape.h"
#include "base/memory.h"
#include <eagre/ops.h>
#include <string.h>

static const char op_name[] = "eg_jacobian";

/* Row i: the gradient of element i of y, as [1, elements of x]. */
static eg_tensor *row_of(eg_tensor *y, eg_tensor *x, int64_t i)
{
    const int64_t element[1] = {i}, row[2] = {1, eg_size(x)};
    eg_one_hot_attrs hot = {.size = sizeof hot, .dtype = eg_dtype_of(y)};
    eg_gradient_attrs from = {.size = sizeof from};
    eg_tensor *gradient;
    eg_scope *scope = eg_scope_open();
    eg_tensor *seed = eg_one_hot_with(eg_copy(EG_INT64, 0, NULL, element), eg_size(y), &hot);

    from.target_gradient = eg_reshape(seed, y->spec.rank, y->spec.dims);
    eg_gradient_with(y, 1, &x, &gradient, &from);
    eg_tensor *result = eg_give(eg_reshape(gradient, 2, row));
    eg_scope_close(scope);
    return result;
}

/* All rows as one array, some dozen at a time, and those again. */
static eg_tensor *stack_rows(eg_tensor *rows[], int64_t n)
{
    while (n > 1) {
        int64_t groups = 0;
        for (int64_t at = 0; at < n; at += EG__MAX_IN) {
            int some = n - at < EG__MAX_IN ? (int)(n - at) : EG__MAX_IN;
            rows[groups++] = eg_concat_with(some, rows + at, NULL);
        }
        n = groups;
    }
    return rows[0];
}

static eg_tensor *make_rows(eg_tensor *y, eg_tensor *x)
{
    size_t n = (size_t)eg_size(y), size = sizeof(eg_tensor *) * (n + 1);
    eg_tensor **rows = eg__alloc_zero(size), *all = NULL;

    if (!rows)
        return eg__fail_memory(op_name, size), NULL;
    for (size_t i = 0; i < n && !eg__me.failed; i++)
        rows[i] = row_of(y, x, (int64_t)i);
    if (!eg__me.failed)
        all = stack_rows(rows, (int64_t)n);
    eg__free(rows, size);
    return all;
}

static bool is_real(const eg_tensor *x)
{
    return x && x->kind <= EG__SYMBOL && eg__dtype(x->spec.dtype)->kind == EG__REAL;
}

eg_tensor *eg_jacobian(eg_tensor *target, eg_tensor *source)
{
    const eg__tape *tape = eg__tape_innermost();
    int64_t dims[2 * EG_MAX_RANK];

    if (eg__me.failed)
        return NULL;
    if (!tape || !tape->persistent)
        return eg__fail_null(EG_STATE, op_name, "%s; write EG_TAPE_WITH(.persistent = true);",
            tape ? "the tape gives one gradient only" : "no tape is open");
    if (!is_real(target) || !is_real(source))
        return eg__fail_null(EG_INVALID, op_name, "the %s is no floating-point tensor",
            is_real(target) ? "source" : "target");
    int rank = target->spec.rank, all = rank + source->spec.rank;
    if (all > EG_MAX_RANK)
        return eg__fail_null(EG_INVALID, op_name, "the result would have %d axes; at most %d", all,
            EG_MAX_RANK);
    memcpy(dims, target->spec.dims, sizeof *dims * (size_t)rank);
    memcpy(dims + rank, source->spec.dims, sizeof *dims * (size_t)source->spec.rank);
    if (eg_size(target) == 0 || eg_size(source) == 0)
        return eg_zeros(eg_dtype_of(source), all, dims);
    eg_scope *scope = eg_scope_open();
    eg_tensor *jacobian = eg_give(eg_reshape(make_rows(target, source), all, dims));
    eg_scope_close(scope);
    return jacobian;
}
