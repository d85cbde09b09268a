/* Operations whose attributes are sizes of tensors: applied without looking at them, so that a
 * trace can serve other sizes (tensor/size.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_SIZED_H
#define OPS_SIZED_H

#include "op/opdef.h"
#include "tensor/size.h"

/* eg_apply, with sizes that stand in the attributes already. Gradients must not look at attributes
 * that may be sizes: those of dims and n, of Slice only count. */
eg_tensor *eg__apply_sized(const eg_opdef *op, const void *attrs, int n_in, eg_tensor *const in[],
    int n, const eg__size_patch patches[]);

/* eg_reshape and eg_broadcast_to with sizes; to the shape of another tensor. */
eg_tensor *eg__reshape(eg_tensor *x, int rank, const eg__size sizes[]);
eg_tensor *eg__broadcast_to(eg_tensor *x, int rank, const eg__size sizes[]);
eg_tensor *eg__reshape_like(eg_tensor *x, const eg_tensor *like);
eg_tensor *eg__broadcast_like(eg_tensor *x, const eg_tensor *like);

/* One 0, of strings an empty one. A number in the dtype and shape of `like`. */
eg_tensor *eg__zero_scalar(eg_dtype dtype);
eg_tensor *eg__full_like(const eg_tensor *like, int64_t number);

eg_tensor *eg__range(eg__size n);
eg_tensor *eg__scatter_add(eg_tensor *indices, eg_tensor *updates, eg__size n, int axis);
eg_tensor *eg__add_along(eg_tensor *indices, eg_tensor *updates, eg__size n);

/* float32 numbers from 0 to below 1 in the shape of x. */
eg_tensor *eg__uniform_like(eg_tensor *key, const eg_tensor *x);

/* The patch of element i of an eg_index, a field of an attribute struct. */
#define EG__SIZED(type, field, i, size)                                                            \
    ((eg__size_patch){offsetof(type, field.at) + (size_t)(i) * sizeof(int64_t), (size)})

/* The sizes of x, all its axes; how many those are. */
int eg__sizes_of(const eg_tensor *x, eg__size sizes[EG_MAX_RANK]);

/* How many elements of x come on one of `part`, which is what a reduction made of it: 0 where there
 * is none. */
eg__size eg__size_each(const eg_tensor *x, const eg_tensor *part);

#endif
