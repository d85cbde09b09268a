/* What a tensor is: questions that look at the handle only.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tensor/size.h"

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
    return eg__size_look(eg__size_at(x, axis));
}

int64_t eg_size(const eg_tensor *x)
{
    return eg__size_look(eg__size_all(x));
}

bool eg_is_none(const eg_tensor *x)
{
    return x && x->kind == EG__NONE;
}

int eg_parts(const eg_tensor *x)
{
    return x && x->kind == EG__TUPLE ? x->tuple.n : 0;
}
