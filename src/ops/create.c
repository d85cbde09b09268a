/* Numbers in steps, unit matrices, diagonals and triangles.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/move.h"
#include "ops/compose.h"
#include "ops/registry.h"
#include "ops/sized.h"
#include <math.h>

/* ---- numbers in steps ----------------------------------------------------------------------- */

/* start + i * step for i up to n, in the dtype of the two. */
static eg_tensor *steps(int64_t n, eg_tensor *start, eg_tensor *step)
{
    return eg_add(eg_mul(eg_cast(eg_range(n), eg_dtype_of(step)), step), start);
}

static double real_of(eg_number x)
{
    return x.real ? x.as_real : (double)x.as_int;
}

/* Whether x is a whole number that the dtype holds; otherwise that is reported. */
static bool holds(eg_dtype dtype, int64_t x)
{
    if (dtype == EG_UINT64 && x < 0)
        eg__fail(EG_INVALID, "eg_arange", "%lld cannot be uint64", (long long)x);
    return eg_scalar_int(dtype, x) && !eg__me.failed;
}

static eg_tensor *arange_whole(eg_dtype dtype, eg_number start, eg_number stop, eg_number step)
{
    int64_t a = start.as_int, by = step.as_int;
    uint64_t stride = by < 0 ? -(uint64_t)by : (uint64_t)by;
    uint64_t room =
        by < 0 ? (uint64_t)a - (uint64_t)stop.as_int : (uint64_t)stop.as_int - (uint64_t)a;
    bool some = by < 0 ? stop.as_int < a : stop.as_int > a;

    if (start.real || stop.real || step.real)
        return eg__fail_null(EG_INVALID, "eg_arange",
            "%s takes whole numbers for start, stop and "
            "step",
            eg_dtype_name(dtype));
    uint64_t n = some ? (room - 1) / stride + 1 : 0;
    if (n > INT64_MAX)
        return eg__fail_null(EG_INVALID, "eg_arange",
            "there would be more numbers than any memory");
    if (n > 0 &&
        (!holds(dtype, a) || !holds(dtype, (int64_t)((uint64_t)a + (n - 1) * (uint64_t)by))))
        return NULL;
    eg_tensor *y = eg_range((int64_t)n);
    if (a != 0 || by != 1)
        y = steps((int64_t)n, eg_scalar_int(EG_INT64, a), eg_scalar_int(EG_INT64, by));
    return eg_cast(y, dtype);
}

eg_tensor *eg_arange(eg_dtype dtype, eg_number start, eg_number stop, eg_number step)
{
    const eg__dtype_info *d = eg__dtype(dtype);
    double a = real_of(start), by = real_of(step), n = ceil((real_of(stop) - a) / by);

    if (eg__me.failed)
        return NULL;
    if (d->kind != EG__INTEGER && d->kind != EG__REAL)
        return eg__fail_null(EG_INVALID, "eg_arange", "it makes numbers, not %s",
            eg_dtype_name(dtype));
    if (by == 0)
        return eg__fail_null(EG_INVALID, "eg_arange", "the step is 0");
    if (d->kind == EG__INTEGER)
        return arange_whole(dtype, start, stop, step);
    if (!(n < 9007199254740992.0))
        return eg__fail_null(EG_INVALID, "eg_arange",
            "from %g to %g in steps of %g there is no end", a, real_of(stop), by);
    return eg_cast(steps(n > 0 ? (int64_t)n : 0, eg_scalar(EG_FLOAT64, a),
                       eg_scalar(EG_FLOAT64, by)),
        dtype);
}

eg_tensor *eg_linspace_with(eg_dtype dtype, double start, double stop, int64_t n,
    const eg_linspace_attrs *attrs)
{
    static const char op[] = "eg_linspace";
    eg_linspace_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, op))
        return NULL;
    if (eg__dtype(dtype)->kind != EG__REAL || n < 0)
        return eg__fail_null(EG_INVALID, op,
            n < 0 ? "%s: a negative count" : "it makes floating point, not %s",
            eg_dtype_name(dtype));
    bool closed = !full.open_end && n > 1;
    double parts = (double)(closed ? n - 1 : n), step = n > 0 ? (stop - start) / parts : 0;
    eg_tensor *y = steps(n, eg_scalar(EG_FLOAT64, start), eg_scalar(EG_FLOAT64, step));
    if (closed) {
        eg_tensor *last = eg_equal(eg_range(n), eg_scalar_int(EG_INT64, n - 1));
        y = eg_where(last, eg_scalar(EG_FLOAT64, stop), y);
    }
    return eg_cast(y, dtype);
}

/* ---- by row and column ---------------------------------------------------------------------- */

/* How the row, moved by an offset, compares with the column, for each element of a matrix. */
static eg_tensor *compared(eg_tensor *(*how)(eg_tensor *, eg_tensor *), int64_t rows,
    int64_t columns, int64_t offset)
{
    eg_tensor *row = eg_expand_dims(eg_range(rows), 1), *column = eg_range(columns);

    if (!row || !column)
        return NULL;
    offset = offset > columns ? columns : offset < -rows ? -rows : offset;
    return how(eg_add(row, eg_scalar_int(EG_INT64, offset)), column);
}

eg_tensor *eg_eye(eg_dtype dtype, int64_t rows, int64_t columns, int64_t offset)
{
    return eg_cast(compared(eg_equal, rows, columns, offset), dtype);
}

/* Whether x has matrices; otherwise that is reported. */
static bool has_matrices(const char *op, const eg_tensor *x)
{
    if (eg__is_tensor(op, x) && eg_rank(x) < 2)
        eg__fail(EG_INVALID, op, "x has %d axes; a matrix has two or more", eg_rank(x));
    return !eg__me.failed;
}

static eg_tensor *kept_where(eg_tensor *keep, eg_tensor *x)
{
    return eg_where(keep, x, eg_scalar_int(eg_dtype_of(x), 0));
}

eg_tensor *eg_tril(eg_tensor *x, int64_t offset)
{
    if (!has_matrices("eg_tril", x))
        return NULL;
    return kept_where(compared(eg_greater_equal, eg_dim(x, -2), eg_dim(x, -1), offset), x);
}

eg_tensor *eg_triu(eg_tensor *x, int64_t offset)
{
    if (!has_matrices("eg_triu", x))
        return NULL;
    return kept_where(compared(eg_less_equal, eg_dim(x, -2), eg_dim(x, -1), offset), x);
}

eg_tensor *eg_full_like(eg_tensor *x, eg_tensor *value)
{
    if (!eg__is_tensor("eg_full_like", x) || !eg__is_tensor("eg_full_like", value))
        return NULL;
    if (eg_dtype_of(value) != eg_dtype_of(x))
        return eg__fail_null(EG_INVALID, "eg_full_like", "the value is %s, x is %s: eg_cast it",
            eg_dtype_name(eg_dtype_of(value)), eg_dtype_name(eg_dtype_of(x)));
    return eg_rank(value) > 0 ? eg_full(value, 0, NULL) : eg__broadcast_like(value, x);
}

/* ---- diagonals ------------------------------------------------------------------------------ */

eg_tensor *eg_diagonal(eg_tensor *x, int64_t offset)
{
    int64_t dims[EG_MAX_RANK], rows = eg_dim(x, -2), columns = eg_dim(x, -1);
    int rank = eg_rank(x);

    if (!has_matrices("eg_diagonal", x))
        return NULL;
    offset = offset > columns ? columns : offset < -rows ? -rows : offset;
    int64_t down = offset < 0 ? rows + offset : rows,
            right = offset > 0 ? columns - offset : columns;
    int64_t n = down < right ? down : right;
    for (int i = 0; i < rank - 2; i++)
        dims[i] = eg_dim(x, i);
    dims[rank - 2] = rows * columns;
    eg_tensor *flat = eg_reshape(x, rank - 1, dims);
    if (n == 0)
        return eg__along(flat, rank - 2, 0, 0, 1);
    return eg__along(flat, rank - 2, offset < 0 ? -offset * columns : offset, n, columns + 1);
}

eg_tensor *eg_diag(eg_tensor *x, int64_t offset)
{
    eg__unslice_attrs to = {.size = sizeof to};
    int64_t dims[EG_MAX_RANK], n = eg_dim(x, -1), all;
    int64_t away = offset >= 0 ? offset : offset == INT64_MIN ? INT64_MAX : -offset;
    int rank = eg_rank(x);

    if (!eg__is_tensor("eg_diag", x))
        return NULL;
    if (rank == 0 || rank == EG_MAX_RANK)
        return eg__fail_null(EG_INVALID, "eg_diag", "x has %d axes; it takes 1 to %d", rank,
            EG_MAX_RANK - 1);
    if (__builtin_add_overflow(n, away, &n) || __builtin_mul_overflow(n, n, &all))
        return eg__fail_null(EG_INVALID, "eg_diag", "the matrix would be larger than any memory");
    to.begin.n = to.step.n = to.dims.n = rank;
    for (int i = 0; i < rank; i++) {
        dims[i] = to.dims.at[i] = eg_dim(x, i);
        to.step.at[i] = 1;
    }
    to.dims.at[rank - 1] = all;
    to.step.at[rank - 1] = n + 1;
    to.begin.at[rank - 1] = offset < 0 ? away * n : offset;
    dims[rank - 1] = dims[rank] = n;
    return eg_reshape(EG__APPLY(&eg_op_unslice, &to, x), rank + 1, dims);
}

eg_tensor *eg_trace(eg_tensor *x, int64_t offset)
{
    eg_reduce_attrs last = {.size = sizeof last, .axes = {1, {-1}}};

    if (!has_matrices("eg_trace", x))
        return NULL;
    return eg_sum_with(eg_diagonal(x, offset), &last);
}
