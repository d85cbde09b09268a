/* Attention: each row of a result is a mean of values, weighted by how well their keys fit the
 * row's query.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_ATTENTION_H
#define EAGRE_OPS_ATTENTION_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eg_attention_attrs {
    size_t size;       /* sizeof(eg_attention_attrs) */
    bool causal;       /* query i sees keys 0 to i only */
    double scale;      /* what q*k^T is multiplied by [1/sqrt(the size of a key)] */
    double softcap;    /* c: scores are c*tanh(score/c), before masks [as they are] */
    eg_tensor *mask;   /* as eg_masked_attention takes it [none] */
    int64_t key_heads; /* of eg_multi_head_attention: heads of keys and values [heads] */
} eg_attention_attrs;

/* softmax(scale * q*k^T) * v, over the last two axes: q [..., m, d], k [..., n, d] and
 * v [..., n, e] give [..., m, e]. Axes in front, such as examples and heads, agree; but the one
 * before the last two may be g times as long in q, and then g neighbours share keys and values
 * (grouped queries). The matrix of scores is never whole: memory grows with m + n. Gradient: to q,
 * k and v, likewise; gradients of gradients do make the matrix. Source: Vaswani et al.,
 * arXiv:1706.03762.
 *     eg_scaled_dot_product_attention(eg_reshape(EG_F32(0, 9), EG_DIMS(2, 1)),
 *         eg_reshape(EG_F32(0, 9), EG_DIMS(2, 1)),
 *         eg_reshape(EG_F32(1, 3), EG_DIMS(2, 1)))  ->  [[2.] [3.]] float32[2,1]
 * Owns: the result. Fails: integers, bool, fewer than two axes, sizes that do not fit, a negative
 * softcap. Records: ScaledDotProductAttention, or MaskedAttention. */
EG_API eg_tensor *eg_scaled_dot_product_attention_with(eg_tensor *q, eg_tensor *k, eg_tensor *v,
    const eg_attention_attrs *attrs);
EG_API eg_tensor *eg_scaled_dot_product_attention(eg_tensor *q, eg_tensor *k, eg_tensor *v);

/* The same with a mask that broadcasts with the scores [..., m, n]: of bool, true where a query
 * sees a key, or of floating point and added to the scores, -inf where a key is not to be seen. A
 * query that sees nothing gives zeros. No matrix of scores is made beside the mask. Gradient: to q,
 * k, v and a mask of floating point.
 *     eg_masked_attention(eg_zeros(EG_FLOAT32, EG_DIMS(1, 1)), eg_zeros(EG_FLOAT32, EG_DIMS(2, 1)),
 *         eg_reshape(EG_F32(1, 3), EG_DIMS(2, 1)), EG_F32(0, -1e9))  ->  [[1.]] float32[1,1]
 * Owns: the result. Fails: as eg_scaled_dot_product_attention, a mask that does not broadcast or is
 * of integers. Records: MaskedAttention, and Cast where the mask has another floating point. */
EG_API eg_tensor *eg_masked_attention_with(eg_tensor *q, eg_tensor *k, eg_tensor *v,
    eg_tensor *mask, const eg_attention_attrs *attrs);
EG_API eg_tensor *eg_masked_attention(eg_tensor *q, eg_tensor *k, eg_tensor *v, eg_tensor *mask);

/* Several attentions side by side. Queries are made of x [..., m, a], keys and values of
 * memory [..., n, b], by products with the weights: for queries [a, h*d], keys [b, h*d], values
 * [b, h*e], and [h*e, c] for the heads' results, one behind the other. n is 4, or 8 where an offset
 * for each of these products follows. Gradient: to all of them.
 *     eg_dim(eg_multi_head_attention(eg_ones(EG_FLOAT32, EG_DIMS(3, 4)),
 *         eg_ones(EG_FLOAT32, EG_DIMS(5, 4)), EG_IN(eg_ones(EG_FLOAT32, EG_DIMS(4, 4)),
 *         eg_ones(EG_FLOAT32, EG_DIMS(4, 4)), eg_ones(EG_FLOAT32, EG_DIMS(4, 4)),
 *         eg_ones(EG_FLOAT32, EG_DIMS(4, 4))), 2), 0)  ->  3
 * Owns: the result. Fails: as eg_matmul and eg_scaled_dot_product_attention, another n, heads that
 * do not divide a product's columns. Records: MatMul, Add, Reshape, Transpose,
 * ScaledDotProductAttention or MaskedAttention. */
EG_API eg_tensor *eg_multi_head_attention_with(eg_tensor *x, eg_tensor *memory, int n,
    eg_tensor *const weights[], int64_t heads, const eg_attention_attrs *attrs);
EG_API eg_tensor *eg_multi_head_attention(eg_tensor *x, eg_tensor *memory, int n,
    eg_tensor *const weights[], int64_t heads);

#ifdef __cplusplus
}
#endif

#endif
