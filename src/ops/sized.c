/* Operations with sizes of tensors in their attributes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "ops/sized.h"
#include "kernel/move.h"
#include "ops/registry.h"
#include <eagre/ops.h>

eg_tensor *eg__apply_sized(const eg_opdef *op, const void *attrs, int n_in, eg_tensor *const in[],
    int n, const eg__size_patch patches[])
{
    eg__size_watch *w = eg__me.sizes;

    if (EG_LIKELY(!w))
        return eg_apply(op, attrs, n_in, in);
    w->op = op;
    w->patches = patches;
    w->n_patches = n;
    eg_tensor *y = eg_apply(op, attrs, n_in, in);
    w->op = NULL;
    return y;
}

static eg_tensor *to_shape(const eg_opdef *op, eg_tensor *x, int rank, const eg__size sizes[])
{
    eg__dims_attrs attrs = {.size = sizeof attrs, .dims = {.n = rank}};
    eg__size_patch patches[EG_MAX_RANK];
    int n = 0;

    if (rank < 0 || rank > EG_MAX_RANK)
        return op == &eg_op_reshape ? eg_reshape(x, rank, NULL) : eg_broadcast_to(x, rank, NULL);
    for (int i = 0; i < rank; i++) {
        attrs.dims.at[i] = sizes[i].n;
        if (sizes[i].from)
            patches[n++] =
                (eg__size_patch){offsetof(eg__dims_attrs, dims.at) + (size_t)i * sizeof(int64_t),
                    sizes[i]};
    }
    return eg__apply_sized(op, &attrs, 1, &x, n, patches);
}

eg_tensor *eg__reshape(eg_tensor *x, int rank, const eg__size sizes[])
{
    return to_shape(&eg_op_reshape, x, rank, sizes);
}

eg_tensor *eg__broadcast_to(eg_tensor *x, int rank, const eg__size sizes[])
{
    return to_shape(&eg_op_broadcast_to, x, rank, sizes);
}

int eg__sizes_of(const eg_tensor *x, eg__size sizes[EG_MAX_RANK])
{
    for (int i = 0; i < eg_rank(x); i++)
        sizes[i] = eg__size_at(x, i);
    return eg_rank(x);
}

eg_tensor *eg__reshape_like(eg_tensor *x, const eg_tensor *like)
{
    eg__size sizes[EG_MAX_RANK];
    return eg__reshape(x, eg__sizes_of(like, sizes), sizes);
}

eg_tensor *eg__broadcast_like(eg_tensor *x, const eg_tensor *like)
{
    eg__size sizes[EG_MAX_RANK];
    return eg__broadcast_to(x, eg__sizes_of(like, sizes), sizes);
}

eg_tensor *eg__zero_scalar(eg_dtype dtype)
{
    const char *none = NULL;

    return dtype == EG_STRING ? eg_copy(dtype, 0, NULL, &none) : eg_scalar_int(dtype, 0);
}

eg_tensor *eg__full_like(const eg_tensor *like, int64_t number)
{
    eg_dtype dtype = eg_dtype_of(like);

    return eg__broadcast_like(number == 0 ? eg__zero_scalar(dtype) : eg_scalar_int(dtype, number),
        like);
}

eg_tensor *eg__range(eg__size n)
{
    eg__range_attrs attrs = {sizeof attrs, n.n};
    eg__size_patch patch = {offsetof(eg__range_attrs, n), n};

    return eg__apply_sized(&eg_op_range, &attrs, 0, (eg_tensor *[]){NULL}, n.from != 0, &patch);
}

eg__size eg__size_each(const eg_tensor *x, const eg_tensor *part)
{
    return eg__size_over(eg__size_all(x), eg__size_all(part));
}
