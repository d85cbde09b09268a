/* Attention. The kernels work by blocks; what gradients of gradients need is composed, with whole
 * matrices.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/attention.h"
#include "base/attrs.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include <math.h>

/* ---- shapes --------------------------------------------------------------------------------- */

static const eg_attr attention_fields[] = {
    EG__ATTR(eg_attention_attrs, BOOL, causal),
    EG__ATTR(eg_attention_attrs, REAL, scale),
    {0},
};

static int64_t from_end(const eg_spec *x, int i)
{
    return x->dims[x->rank - i];
}

static bool leads_agree(const eg_spec *a, const eg_spec *b)
{
    if (a->rank != b->rank || a->rank < 2)
        return false;
    for (int i = 0; i < a->rank - 2; i++)
        if (a->dims[i] != b->dims[i])
            return false;
    return true;
}

/* Fills in z's shape. */
static eg_status attention_shape(eg_shapes *s, eg_spec *z)
{
    const eg_spec *q = s->in[0], *k = s->in[1], *v = s->in[2];

    if (!leads_agree(q, k) || !leads_agree(q, v))
        return eg__shape_error(s,
            "q, k and v need two axes or more, of which those before the last two must agree");
    if (from_end(q, 1) != from_end(k, 1) || from_end(k, 2) != from_end(v, 2))
        return eg__shape_error(s,
            "queries and keys must be of one size, and there must be as many keys as values");
    *z = *q;
    z->dims[z->rank - 1] = from_end(v, 1);
    return eg__infer_size(s, z);
}

static eg_status attention_infer(eg_shapes *s)
{
    return attention_shape(s, s->out[0]);
}

static eg_status attention_grad_infer(eg_shapes *s)
{
    eg_spec z;

    if (attention_shape(s, &z) != EG_OK)
        return EG_INVALID;
    if (!eg__same_shape(&z, s->in[3]))
        return eg__shape_error(s, "dz must have the shape of the result");
    for (int i = 0; i < 3; i++)
        *s->out[i] = *s->in[i];
    return EG_OK;
}

/* ---- gradients ------------------------------------------------------------------------------ */

static eg_tensor *product(eg_tensor *a, bool transpose_a, eg_tensor *b, bool transpose_b)
{
    eg_matmul_attrs attrs = {sizeof attrs, transpose_a, transpose_b};
    return eg_matmul_with(a, b, &attrs);
}

/* -inf where a query is not to see a key. */
static eg_tensor *causal_mask(const eg_tensor *q, const eg_tensor *k)
{
    eg_tensor *row = eg_expand_dims(eg_range(eg_dim(q, -2)), 1);
    eg_tensor *hidden = eg_greater(eg_range(eg_dim(k, -2)), row);

    return eg_where(hidden, eg__number_like(q, -INFINITY), eg__number_like(q, 0));
}

/* softmax(scale q k^T + masks), whole. */
static eg_tensor *weights_of(eg_tensor *q, eg_tensor *k, eg_tensor *mask,
    const eg_attention_attrs *attrs)
{
    double scale = eg__attention_scale(attrs, eg_dim(q, -1));
    eg_tensor *scores = product(eg__scale(q, scale), false, k, true);

    scores = mask ? eg_add(scores, mask) : scores;
    return eg_softmax(attrs->causal ? eg_add(scores, causal_mask(q, k)) : scores);
}

/* x minus its mean by the weights p: the way back through their softmax, before p is multiplied. */
static eg_tensor *over_mean(eg_tensor *p, eg_tensor *x)
{
    eg_reduce_attrs rows = {.size = sizeof rows, .axes = {1, {-1}}, .keep_dims = true};
    return eg_sub(x, eg_sum_with(eg_mul(p, x), &rows));
}

/* With P the weights, D = dz v^T and S = P (D - rowsum(P D)), the gradients are
 * dq = s S k, dk = s S^T q, dv = P^T dz for the scale s. With a, b, c arriving for them,
 *
 *     G = s (a k^T + q b^T)            arrives at S,
 *     E = P (G - rowsum(P G))          at D,
 *     H = G (D - rowsum(P D)) - D rowsum(P G) + dz c^T   at P. */
static eg_status attention_grad_grad(eg_backward *g)
{
    const eg_attention_attrs *attrs = g->attrs;
    eg_tensor *q = g->x[0], *k = g->x[1], *v = g->x[2], *dz = g->x[3];
    eg_tensor *a = g->dy[0], *b = g->dy[1], *c = g->dy[2];
    double s = eg__attention_scale(attrs, eg_dim(q, -1));
    eg_tensor *p = weights_of(q, k, NULL, attrs), *d = product(dz, false, v, true);
    eg_tensor *slope = eg_mul(p, over_mean(p, d));
    eg_tensor *at_slope =
        eg__scale(eg_add(product(a, false, k, true), product(q, false, b, true)), s);
    eg_tensor *bent = over_mean(p, at_slope), *at_d = eg_mul(p, bent);
    eg_tensor *at_p =
        eg_add(eg_sub(eg_mul(at_slope, over_mean(p, d)), eg_mul(d, eg_sub(at_slope, bent))),
            product(dz, false, c, true));
    eg_tensor *at_score = eg_mul(p, over_mean(p, at_p));

    if (g->wanted[0])
        g->dx[0] =
            eg__scale(eg_add(product(at_score, false, k, false), product(slope, false, b, false)),
                s);
    if (g->wanted[1])
        g->dx[1] =
            eg__scale(eg_add(product(at_score, true, q, false), product(slope, true, a, false)), s);
    if (g->wanted[2])
        g->dx[2] = product(at_d, true, dz, false);
    if (g->wanted[3])
        g->dx[3] = eg_add(product(at_d, false, v, false), product(p, false, c, false));
    return eg__done();
}

const eg_opdef eg_op_scaled_dot_product_attention_grad = {
    .name = "ScaledDotProductAttentionGrad",
    .in = {"q", "k", "v", "dz"},
    .n_out = 3,
    .types = {EG__REALS, EG__REALS, EG__REALS, EG__REALS},
    .promote = 15,
    .attrs = attention_fields,
    .attrs_size = sizeof(eg_attention_attrs),
    .infer = attention_grad_infer,
    .kernels = EG__KERNELS(&eg__attention_grad_kernel),
    .grad = attention_grad_grad,
};

static eg_status attention_grad(eg_backward *b)
{
    eg_tensor *all = EG__APPLY(&eg_op_scaled_dot_product_attention_grad, b->attrs, b->x[0], b->x[1],
        b->x[2], b->dy[0]);

    for (int i = 0; all && i < 3; i++)
        b->dx[i] = b->wanted[i] ? eg_part(all, i) : NULL;
    return eg__done();
}

const eg_opdef eg_op_scaled_dot_product_attention = {
    .name = "ScaledDotProductAttention",
    .in = {"q", "k", "v"},
    .types = {EG__REALS, EG__REALS, EG__REALS},
    .promote = 7,
    .attrs = attention_fields,
    .attrs_size = sizeof(eg_attention_attrs),
    .infer = attention_infer,
    .kernels = EG__KERNELS(&eg__attention_kernel),
    .grad = attention_grad,
    .known_as = {NULL, "keras.ops.dot_product_attention", "Attention"},
};

eg_tensor *eg_scaled_dot_product_attention_with(eg_tensor *q, eg_tensor *k, eg_tensor *v,
    const eg_attention_attrs *attrs)
{
    return EG__APPLY(&eg_op_scaled_dot_product_attention, attrs, q, k, v);
}

eg_tensor *eg_scaled_dot_product_attention(eg_tensor *q, eg_tensor *k, eg_tensor *v)
{
    return eg_scaled_dot_product_attention_with(q, k, v, NULL);
}

/* ---- composed ------------------------------------------------------------------------------- */

eg_tensor *eg_masked_attention_with(eg_tensor *q, eg_tensor *k, eg_tensor *v, eg_tensor *mask,
    const eg_attention_attrs *attrs)
{
    eg_attention_attrs full;
    eg_tensor *const all[] = {q, k, v, mask};

    if (eg__me.failed || !eg__attrs_complete(&full, sizeof full, attrs, "eg_masked_attention"))
        return NULL;
    for (int i = 0; i < 4; i++)
        if (!all[i] || eg__dtype(eg_dtype_of(all[i]))->kind != EG__REAL ||
            (i < 3 && eg_rank(all[i]) < 2))
            return eg__fail_null(EG_INVALID, "eg_masked_attention",
                "argument %d is no tensor of floating point%s", i + 1,
                i < 3 ? " with two axes or more" : "");
    return eg_matmul(weights_of(q, k, mask, &full), v);
}

eg_tensor *eg_masked_attention(eg_tensor *q, eg_tensor *k, eg_tensor *v, eg_tensor *mask)
{
    return eg_masked_attention_with(q, k, v, mask, NULL);
}

static eg_tensor *projected(eg_tensor *x, int n, eg_tensor *const weights[], int i)
{
    eg_tensor *y = eg_matmul(x, weights[i]);
    return n == 8 && y ? eg_add(y, weights[4 + i]) : y;
}

/* The last axis becomes two, of which the heads go in front of the rows; and back. */
static eg_tensor *heads_apart(eg_tensor *x, int64_t heads)
{
    int rank = eg_rank(x);
    int64_t dims[EG_MAX_RANK + 1];
    eg_transpose_attrs swap = {.size = sizeof swap, .axes = {.n = rank + 1}};

    if (!x)
        return NULL;
    if (rank == EG_MAX_RANK || rank < 2 || heads < 1 || eg_dim(x, -1) % heads != 0)
        return eg__fail_null(EG_INVALID, "eg_multi_head_attention",
            "%lld heads do not divide %lld columns, or the rank %d is not 2 to 7", (long long)heads,
            (long long)eg_dim(x, -1), rank);
    for (int i = 0; i <= rank; i++) {
        dims[i] = i < rank - 1 ? eg_dim(x, i) : i == rank ? eg_dim(x, -1) / heads : heads;
        swap.axes.axis[i] = i == rank - 2 ? rank - 1 : i == rank - 1 ? rank - 2 : i;
    }
    return eg_transpose_with(eg_reshape(x, rank + 1, dims), &swap);
}

static eg_tensor *heads_together(eg_tensor *x)
{
    int rank = eg_rank(x);
    int64_t dims[EG_MAX_RANK];
    eg_transpose_attrs swap = {.size = sizeof swap, .axes = {.n = rank}};

    if (!x)
        return NULL;
    for (int i = 0; i < rank; i++)
        swap.axes.axis[i] = i == rank - 3 ? rank - 2 : i == rank - 2 ? rank - 3 : i;
    for (int i = 0; i < rank - 3; i++)
        dims[i] = eg_dim(x, i);
    dims[rank - 3] = eg_dim(x, -2);
    dims[rank - 2] = eg_dim(x, -1) * eg_dim(x, -3);
    return eg_reshape(eg_transpose_with(x, &swap), rank - 1, dims);
}

eg_tensor *eg_multi_head_attention_with(eg_tensor *x, eg_tensor *memory, int n,
    eg_tensor *const weights[], int64_t heads, const eg_attention_attrs *attrs)
{
    eg_tensor *part[3];

    if (eg__me.failed)
        return NULL;
    if ((n != 4 && n != 8) || !weights)
        return eg__fail_null(EG_INVALID, "eg_multi_head_attention",
            "%d weights are given; 4 matrices are needed, or 4 and an offset for each", n);
    for (int i = 0; i < 3; i++)
        part[i] = heads_apart(projected(i == 0 ? x : memory, n, weights, i), heads);
    eg_tensor *seen = eg_scaled_dot_product_attention_with(part[0], part[1], part[2], attrs);
    return seen ? projected(heads_together(seen), n, weights, 3) : NULL;
}

eg_tensor *eg_multi_head_attention(eg_tensor *x, eg_tensor *memory, int n,
    eg_tensor *const weights[], int64_t heads)
{
    return eg_multi_head_attention_with(x, memory, n, weights, heads, NULL);
}
