/* What a tensor is: questions that look at the handle only.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tensor/tensor.h"

eg_dtype eg_dtype_of(const eg_tensor *x)
{
    return x && x->kind != EG__TUPLE ? x->spec.dtype : EG_NO_DTYPE;
}

int eg_rank(const eg_tensor *x)
{
    return x && x->kind != EG__TUPLE ? x->spec.rank : 0;
}

int64_t eg_dim(const eg_tensor *x, int axis)
{
    if (!x || x->kind == EG__TUPLE || !eg__axis_ok(&axis, x->spec.rank))
        return 0;
    return x->spec.dims[axis];
}

int64_t eg_size(const eg_tensor *x)
{
    return x && x->kind != EG__TUPLE ? x->spec.size : 0;
}

bool eg_is_none(const eg_tensor *x)
{
    return x && x->kind == EG__NONE;
}

int eg_parts(const eg_tensor *x)
{
    return x && x->kind == EG__TUPLE ? x->tuple.n : 0;
}
