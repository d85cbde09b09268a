/* Attention. The kernels work by blocks; what their gradients are differentiated by is composed,
 * with whole matrices.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "ops/attention.h"
#include "base/attrs.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include "ops/sized.h"
#include <eagre/grad.h>
#include <math.h>

static const eg_attr attention_fields[] = {
    EG__ATTR(eg__attention_attrs, BOOL, causal),
    EG__ATTR(eg__attention_attrs, REAL, scale),
    EG__ATTR(eg__attention_attrs, REAL, softcap),
    {0},
};

static const eg_attr masked_grad_fields[] = {
    EG__ATTR(eg__attention_attrs, BOOL, causal),
    EG__ATTR(eg__attention_attrs, REAL, scale),
    EG__ATTR(eg__attention_attrs, REAL, softcap),
    EG__ATTR(eg__attention_attrs, BOOL, mask_gradient),
    {0},
};

/* ---- shapes --------------------------------------------------------------------------------- */

static int64_t from_end(const eg_spec *x, int i)
{
    return x->dims[x->rank - i];
}

/* Whether the axes before the last two agree; `shared`: but for the last of them, which may be some
 * times as long in a. */
static bool leads_agree(const eg_spec *a, const eg_spec *b, bool shared)
{
    if (a->rank != b->rank || a->rank < 2)
        return false;
    for (int i = 0; i < a->rank - 2; i++)
        if (a->dims[i] != b->dims[i] &&
            !(shared && i == a->rank - 3 && b->dims[i] > 0 && a->dims[i] % b->dims[i] == 0))
            return false;
    return true;
}

/* Fills in z's shape. */
static eg_status attention_shape(eg_shapes *s, eg_spec *z)
{
    const eg__attention_attrs *attrs = s->attrs;
    const eg_spec *q = s->in[0], *k = s->in[1], *v = s->in[2];

    if (!leads_agree(q, k, true) || !leads_agree(k, v, false))
        return eg__shape_error(s,
            "q, k and v need two axes or more, of which those before the last two must agree; "
            "the last of these may be some times as long in q");
    if (from_end(q, 1) != from_end(k, 1) || from_end(k, 2) != from_end(v, 2))
        return eg__shape_error(s,
            "queries and keys must be of one size, and there must be as many keys as values");
    if (!(attrs->softcap >= 0))
        return eg__shape_error(s, "softcap is %g; it must be positive, or 0 for none",
            attrs->softcap);
    *z = *q;
    z->dims[z->rank - 1] = from_end(v, 1);
    return eg__infer_size(s, z);
}

/* The mask, input 3, beside the scores. */
static eg_status mask_fits(eg_shapes *s)
{
    const eg_spec *q = s->in[0], *mask = s->in[3];
    eg_spec scores = *q, wide;

    if (mask->dtype != EG_BOOL && mask->dtype != q->dtype)
        return eg__shape_error(s, "a mask must be bool or of the dtype of q");
    scores.dims[scores.rank - 1] = from_end(s->in[1], 2);
    wide = scores;
    if (!eg__broadcast_shape(&wide, mask) || !eg__same_shape(&wide, &scores))
        return eg__shape_error(s,
            "the mask does not broadcast with the scores, which are "
            "shaped as q with a key for each number of a row");
    return EG_OK;
}

static eg_status attention_infer(eg_shapes *s)
{
    return attention_shape(s, s->out[0]);
}

static eg_status masked_infer(eg_shapes *s)
{
    return attention_shape(s, s->out[0]) || mask_fits(s);
}

static eg_status gradient_shapes(eg_shapes *s, const eg_spec *dz)
{
    eg_spec z;

    if (attention_shape(s, &z) != EG_OK)
        return EG_INVALID;
    if (!eg__same_shape(&z, dz))
        return eg__shape_error(s, "dz must have the shape of the result");
    for (int i = 0; i < 3; i++)
        *s->out[i] = *s->in[i];
    return EG_OK;
}

static eg_status attention_grad_infer(eg_shapes *s)
{
    return gradient_shapes(s, s->in[3]);
}

static eg_status masked_grad_infer(eg_shapes *s)
{
    const eg__attention_attrs *attrs = s->attrs;

    if (gradient_shapes(s, s->in[4]) != EG_OK || mask_fits(s) != EG_OK)
        return EG_INVALID;
    *s->out[3] = *s->in[3];
    if (attrs->mask_gradient && s->in[3]->dtype != EG_BOOL)
        return EG_OK;
    if (attrs->mask_gradient)
        return eg__shape_error(s, "a mask of bool has no gradient");
    *s->out[3] = (eg_spec){.dtype = s->in[0]->dtype, .rank = 1};
    return eg__infer_size(s, s->out[3]);
}

/* ---- counts --------------------------------------------------------------------------------- */

/* How many scores there are: with a causal mask, of the keys that a query sees. */
static double count_scores(const eg_problem *p)
{
    double m = (double)from_end(p->in[0], 2), n = (double)from_end(p->in[1], 2), seen = m * n, most;

    if (((const eg__attention_attrs *)p->attrs)->causal) {
        most = m < n ? m : n;
        seen = most * (most + 1) / 2 + (m - most) * n;
    }
    for (int i = 0; i < p->in[0]->rank - 2; i++)
        seen *= (double)p->in[0]->dims[i];
    return seen;
}

/* A softmax of products with the scaled queries, times the values. `mask` NULL: there is none. */
static double count(const eg_problem *p, const eg_spec *mask)
{
    bool caps = ((const eg__attention_attrs *)p->attrs)->softcap > 0;
    double d = (double)from_end(p->in[0], 1), e = (double)from_end(p->in[2], 1);
    double each = 2 * d + 2 * e + 5 + (caps ? 3 : 0) + (mask && mask->dtype != EG_BOOL);

    return count_scores(p) * each + (double)p->in[0]->size;
}

/* The weights again, the slopes of weights and scores, and four more products. */
static double count_back(const eg_problem *p, const eg_spec *mask)
{
    bool caps = ((const eg__attention_attrs *)p->attrs)->softcap > 0;
    double d = (double)from_end(p->in[0], 1), e = (double)from_end(p->in[2], 1);
    double each = 6 * d + 4 * e + 9 + (caps ? 6 : 0) + (mask && mask->dtype != EG_BOOL);

    return count_scores(p) * each + 2 * (double)p->in[0]->size;
}

static double attention_flops(const eg_problem *p)
{
    return count(p, NULL);
}

static double masked_flops(const eg_problem *p)
{
    return count(p, p->in[3]);
}

static double attention_grad_flops(const eg_problem *p)
{
    return count_back(p, NULL);
}

static double masked_grad_flops(const eg_problem *p)
{
    bool adds = ((const eg__attention_attrs *)p->attrs)->mask_gradient;
    return count_back(p, p->in[3]) + (adds ? count_scores(p) : 0);
}

/* ---- whole matrices ------------------------------------------------------------------------- */

/* -inf where a query is not to see a key. */
static eg_tensor *causal_mask(const eg_tensor *q, const eg_tensor *k)
{
    eg_tensor *row = eg_expand_dims(eg__range(eg__size_at(q, -2)), 1);
    eg_tensor *hidden = eg_greater(eg__range(eg__size_at(k, -2)), row);

    return eg_where(hidden, eg__number_like(q, -INFINITY), eg__number_like(q, 0));
}

/* k or v, each of its leading places as often as q shares it. */
static eg_tensor *spread(eg_tensor *x, const eg_tensor *q)
{
    if (eg_rank(x) < 3 || eg__size_equal(eg__size_at(x, -3), eg__size_at(q, -3)))
        return x;
    int64_t some = eg_dim(x, -3), times = some ? eg_dim(q, -3) / some : 1;
    return times > 1 ? eg_repeat(x, times, -3) : x;
}

static eg_tensor *masked(eg_tensor *scores, eg_tensor *mask)
{
    if (eg_dtype_of(mask) == EG_BOOL)
        return eg_where(mask, scores, eg__number_like(scores, -INFINITY));
    return eg_add(scores, mask);
}

/* A softmax whose rows of nothing but -inf are zeros. */
static eg_tensor *softmax_of(eg_tensor *scores)
{
    eg_reduce_attrs rows = {.size = sizeof rows, .axes = {1, {-1}}, .keep_dims = true};
    eg_tensor *zero = eg__number_like(scores, 0);

    if (eg__size_is(eg__size_at(scores, -1), 0))
        return scores;
    eg_tensor *none =
        eg_equal(eg_max_with(eg_stop_gradient(scores), &rows), eg__number_like(scores, -INFINITY));
    return eg_where(none, zero, eg_softmax(eg_where(none, zero, scores)));
}

eg_tensor *eg__attention_whole(const eg__attention_attrs *attrs, eg_tensor *const in[4])
{
    eg_matmul_attrs by_rows = {sizeof by_rows, false, true};
    eg_tensor *q = in[0], *k = spread(in[1], q), *v = spread(in[2], q);
    double scale = eg__attention_scale(attrs, eg_dim(q, -1));
    eg_tensor *scores = eg_matmul_with(eg__scale(q, scale), k, &by_rows);

    if (attrs->softcap > 0)
        scores = eg__scale(eg_tanh(eg__scale(scores, 1 / attrs->softcap)), attrs->softcap);
    scores = in[3] ? masked(scores, in[3]) : scores;
    scores = attrs->causal ? eg_add(scores, causal_mask(q, k)) : scores;
    return scores ? eg_matmul(softmax_of(scores), v) : NULL;
}

/* ---- gradients ------------------------------------------------------------------------------ */

void eg__attention_whole_gradient(const eg__attention_attrs *attrs, eg_tensor *const in[4],
    eg_tensor *dz, int n, eg_tensor *dx[])
{
    eg_tape_attrs only = {.size = sizeof only, .only_watched = true};
    eg_gradient_attrs from = {.size = sizeof from, .target_gradient = dz};
    eg_scope *tape = eg_tape_open(&only);

    for (int i = 0; i < n; i++)
        eg_watch(in[i]);
    eg_gradient_with(eg__attention_whole(attrs, in), n, in, dx, &from);
    for (int i = 0; i < n; i++)
        eg_give(dx[i]);
    eg_scope_close(tape);
}

/* The gradient of that: its inputs are q, k, v, a mask unless it is NULL, dz; n outputs. */
static eg_status whole_second(eg_backward *g, eg_tensor *mask, int n)
{
    eg_tape_attrs only = {.size = sizeof only, .only_watched = true};
    eg_tensor *const in[] = {g->x[0], g->x[1], g->x[2], mask}, *dz = g->x[g->n_in - 1];
    eg_tensor *source[5], *found[5], *dx[4];
    int at[5], sources = 0;
    eg_scope *tape = eg_tape_open(&only);

    for (int i = 0; i < g->n_in; i++)
        if (eg__dtype(eg_dtype_of(g->x[i]))->kind == EG__REAL) {
            at[sources] = i;
            eg_watch(source[sources++] = g->x[i]);
        }
    eg__attention_whole_gradient(g->attrs, in, dz, n, dx);
    eg_gradient_attrs from = {.size = sizeof from, .target_gradient = eg_tuple_of(n, g->dy)};
    eg_gradient_with(eg_tuple_of(n, dx), sources, source, found, &from);
    for (int i = 0; i < sources && !eg__me.failed; i++)
        g->dx[at[i]] = g->wanted[at[i]] ? eg_give(found[i]) : NULL;
    eg_scope_close(tape);
    return eg__done();
}

static eg_status attention_grad_grad(eg_backward *g)
{
    return whole_second(g, NULL, 3);
}

static eg_status masked_grad_grad(eg_backward *g)
{
    const eg__attention_attrs *attrs = g->attrs;
    return whole_second(g, g->x[3], attrs->mask_gradient ? 4 : 3);
}

const eg_opdef eg_op_scaled_dot_product_attention_grad = {
    .name = "ScaledDotProductAttentionGrad",
    .in = {"q", "k", "v", "dz"},
    .n_out = 3,
    .types = {EG__REALS, EG__REALS, EG__REALS, EG__REALS},
    .promote = 15,
    .attrs = attention_fields,
    .attrs_size = sizeof(eg__attention_attrs),
    .infer = attention_grad_infer,
    .flops = attention_grad_flops,
    .kernels = EG__KERNELS(&eg__attention_grad_kernel),
    .grad = attention_grad_grad,
};

const eg_opdef eg_op_masked_attention_grad = {
    .name = "MaskedAttentionGrad",
    .in = {"q", "k", "v", "mask", "dz"},
    .n_out = 4,
    .types = {EG__REALS, EG__REALS, EG__REALS, EG__BOOLS | EG__REALS, EG__REALS},
    .promote = 1 | 2 | 4 | 16,
    .attrs = masked_grad_fields,
    .attrs_size = sizeof(eg__attention_attrs),
    .infer = masked_grad_infer,
    .flops = masked_grad_flops,
    .kernels = EG__KERNELS(&eg__masked_attention_grad_kernel),
    .grad = masked_grad_grad,
};

static eg_status attention_grad(eg_backward *b)
{
    eg_tensor *all = EG__APPLY(&eg_op_scaled_dot_product_attention_grad, b->attrs, b->x[0], b->x[1],
        b->x[2], b->dy[0]);

    for (int i = 0; all && i < 3; i++)
        b->dx[i] = b->wanted[i] ? eg_part(all, i) : NULL;
    return eg__done();
}

static eg_status masked_grad(eg_backward *b)
{
    eg__attention_attrs attrs = *(const eg__attention_attrs *)b->attrs;

    attrs.mask_gradient = b->wanted[3];
    eg_tensor *all = EG__APPLY(&eg_op_masked_attention_grad, &attrs, b->x[0], b->x[1], b->x[2],
        b->x[3], b->dy[0]);
    for (int i = 0; all && i < 4; i++)
        b->dx[i] = b->wanted[i] ? eg_part(all, i) : NULL;
    return eg__done();
}

/* ---- the operations ------------------------------------------------------------------------- */

const eg_opdef eg_op_scaled_dot_product_attention = {
    .name = "ScaledDotProductAttention",
    .in = {"q", "k", "v"},
    .types = {EG__REALS, EG__REALS, EG__REALS},
    .promote = 7,
    .attrs = attention_fields,
    .attrs_size = sizeof(eg__attention_attrs),
    .infer = attention_infer,
    .flops = attention_flops,
    .kernels = EG__KERNELS(&eg__attention_kernel),
    .grad = attention_grad,
    .known_as = {NULL, "keras.ops.dot_product_attention", "Attention"},
};

const eg_opdef eg_op_masked_attention = {
    .name = "MaskedAttention",
    .in = {"q", "k", "v", "mask"},
    .types = {EG__REALS, EG__REALS, EG__REALS, EG__BOOLS | EG__REALS},
    .promote = 7,
    .attrs = attention_fields,
    .attrs_size = sizeof(eg__attention_attrs),
    .infer = masked_infer,
    .flops = masked_flops,
    .kernels = EG__KERNELS(&eg__masked_attention_kernel),
    .grad = masked_grad,
    .known_as = {NULL, "keras.ops.dot_product_attention", "Attention"},
};

/* A mask of another floating point than q, k and v have in common, brought to that. */
static eg_tensor *mask_like(eg_tensor *mask, eg_tensor *const x[3])
{
    eg_dtype common = eg_dtype_of(x[0]);

    for (int i = 1; i < 3 && common != EG_NO_DTYPE; i++)
        common = eg__promote(common, eg_dtype_of(x[i]));
    if (eg__dtype(eg_dtype_of(mask))->kind != EG__REAL || common == EG_NO_DTYPE ||
        eg_dtype_of(mask) == common || eg__dtype(common)->kind != EG__REAL)
        return mask;
    return eg_cast(mask, common);
}

/* `mask` NULL: that of the options, if any. */
static eg_tensor *attend(const char *name, eg_tensor *const x[3], eg_tensor *mask,
    const eg_attention_attrs *attrs)
{
    eg_attention_attrs full;

    if (eg__me.failed || !eg__attrs_complete(&full, sizeof full, attrs, name))
        return NULL;
    mask = mask ? mask : full.mask;
    eg__attention_attrs own = {.size = sizeof own,
        .causal = full.causal,
        .scale = full.scale,
        .softcap = full.softcap};
    if (!mask)
        return eg_apply(&eg_op_scaled_dot_product_attention, &own, 3, x);
    for (int i = 0; i < 3; i++)
        if (!x[i])
            return eg_apply(&eg_op_scaled_dot_product_attention, &own, 3, x);
    return EG__APPLY(&eg_op_masked_attention, &own, x[0], x[1], x[2], mask_like(mask, x));
}

eg_tensor *eg_scaled_dot_product_attention_with(eg_tensor *q, eg_tensor *k, eg_tensor *v,
    const eg_attention_attrs *attrs)
{
    return attend("eg_scaled_dot_product_attention", (eg_tensor *[]){q, k, v}, NULL, attrs);
}

eg_tensor *eg_scaled_dot_product_attention(eg_tensor *q, eg_tensor *k, eg_tensor *v)
{
    return eg_scaled_dot_product_attention_with(q, k, v, NULL);
}

eg_tensor *eg_masked_attention_with(eg_tensor *q, eg_tensor *k, eg_tensor *v, eg_tensor *mask,
    const eg_attention_attrs *attrs)
{
    if (!eg__me.failed && !mask)
        return eg__fail_null(EG_INVALID, "eg_masked_attention", "the mask is NULL");
    return attend("eg_masked_attention", (eg_tensor *[]){q, k, v}, mask, attrs);
}

eg_tensor *eg_masked_attention(eg_tensor *q, eg_tensor *k, eg_tensor *v, eg_tensor *mask)
{
    return eg_masked_attention_with(q, k, v, mask, NULL);
}

/* ---- several heads -------------------------------------------------------------------------- */

static eg_tensor *projected(eg_tensor *x, int n, eg_tensor *const weights[], int i)
{
    eg_tensor *y = eg_matmul(x, weights[i]);
    return n == 8 && y ? eg_add(y, weights[4 + i]) : y;
}

/* The last axis becomes two, of which the heads go in front of the rows; and back. */
static eg_tensor *heads_apart(eg_tensor *x, int64_t heads)
{
    int rank = eg_rank(x);
    eg__size dims[EG_MAX_RANK + 1];
    eg_transpose_attrs swap = {.size = sizeof swap, .axes = {.n = rank + 1}};

    if (!x)
        return NULL;
    if (rank == EG_MAX_RANK || rank < 2 || heads < 1 || eg_dim(x, -1) % heads != 0)
        return eg__fail_null(EG_INVALID, "eg_multi_head_attention",
            "%lld heads do not divide %lld columns, or the rank %d is not 2 to 7", (long long)heads,
            (long long)eg_dim(x, -1), rank);
    for (int i = 0; i <= rank; i++) {
        dims[i] = i < rank - 1 ? eg__size_at(x, i)
                               : eg__size_plain(i == rank ? eg_dim(x, -1) / heads : heads);
        swap.axes.axis[i] = i == rank - 2 ? rank - 1 : i == rank - 1 ? rank - 2 : i;
    }
    return eg_transpose_with(eg__reshape(x, rank + 1, dims), &swap);
}

static eg_tensor *heads_together(eg_tensor *x)
{
    int rank = eg_rank(x);
    eg__size dims[EG_MAX_RANK];
    eg_transpose_attrs swap = {.size = sizeof swap, .axes = {.n = rank}};

    if (!x)
        return NULL;
    for (int i = 0; i < rank; i++)
        swap.axes.axis[i] = i == rank - 3 ? rank - 2 : i == rank - 2 ? rank - 3 : i;
    for (int i = 0; i < rank - 3; i++)
        dims[i] = eg__size_at(x, i);
    dims[rank - 3] = eg__size_at(x, -2);
    dims[rank - 2] = eg__size_times(eg__size_at(x, -1), eg__size_at(x, -3));
    return eg__reshape(eg_transpose_with(x, &swap), rank - 1, dims);
}

eg_tensor *eg_multi_head_attention_with(eg_tensor *x, eg_tensor *memory, int n,
    eg_tensor *const weights[], int64_t heads, const eg_attention_attrs *attrs)
{
    eg_tensor *part[3];
    eg_attention_attrs full;

    if (eg__me.failed)
        return NULL;
    if ((n != 4 && n != 8) || !weights)
        return eg__fail_null(EG_INVALID, "eg_multi_head_attention",
            "%d weights are given; 4 matrices are needed, or 4 and an offset for each", n);
    if (!eg__attrs_complete(&full, sizeof full, attrs, "eg_multi_head_attention"))
        return NULL;
    for (int i = 0; i < 3; i++)
        part[i] = heads_apart(projected(i == 0 ? x : memory, n, weights, i),
            i > 0 && full.key_heads ? full.key_heads : heads);
    eg_tensor *seen = attend("eg_multi_head_attention", part, NULL, &full);
    return seen ? projected(heads_together(seen), n, weights, 3) : NULL;
}

eg_tensor *eg_multi_head_attention(eg_tensor *x, eg_tensor *memory, int n,
    eg_tensor *const weights[], int64_t heads)
{
    return eg_multi_head_attention_with(x, memory, n, weights, heads, NULL);
}
