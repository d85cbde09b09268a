/* Attention, and what models have beside it: rotary positions, linear attention, convolutions with
 * a state.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"
#include <math.h>

/* ---- heads ----------------------------------------------------------------------------------- */

/* [batch, steps, heads * size] to [batch, heads, steps, size]. */
static eg_tensor *split_heads(eg__onnx_call *c, eg_tensor *x, int64_t heads)
{
    int64_t dims[4] = {eg_dim(x, 0), eg_dim(x, 1), heads, heads > 0 ? eg_dim(x, 2) / heads : 0};
    eg_transpose_attrs turn = {.size = sizeof turn, .axes = {4, {0, 2, 1, 3}}};

    if (heads < 1 || eg_dim(x, 2) % heads != 0) {
        refuse(c, "has a number of heads that does not divide the last axis");
        return NULL;
    }
    return eg_transpose_with(eg_reshape(x, 4, dims), &turn);
}

static eg_tensor *join_heads(eg_tensor *x)
{
    int64_t dims[3] = {eg_dim(x, 0), eg_dim(x, 2), eg_dim(x, 1) * eg_dim(x, 3)};
    eg_transpose_attrs turn = {.size = sizeof turn, .axes = {4, {0, 2, 1, 3}}};

    return eg_reshape(eg_transpose_with(x, &turn), 3, dims);
}

static eg_tensor *repeat_heads(eg_tensor *x, int64_t heads)
{
    int64_t mine = eg_dim(x, 1);
    return mine > 0 && heads != mine && heads % mine == 0 ? eg_repeat(x, heads / mine, 1) : x;
}

static eg_tensor *integers_from(int64_t n, int rank, int axis)
{
    int64_t dims[EG_MAX_RANK];

    for (int i = 0; i < rank; i++)
        dims[i] = i == axis ? n : 1;
    return eg_reshape(eg_range(n), rank, dims);
}

/* ---- Attention ------------------------------------------------------------------------------- */

typedef struct heads {
    eg_tensor *q, *k, *v; /* [batch, heads, steps, size] */
    bool were_joined;
    double scale;
    eg_tensor *offset; /* keys in front of the first query, int64: one, or [batch, 1, 1, 1] */
} heads;

static bool take_heads(eg__onnx_call *c, heads *h)
{
    *h = (heads){input(c, 0), input(c, 1), input(c, 2), eg_rank(input(c, 0)) == 3, 0, NULL};
    if (h->were_joined) {
        h->q = split_heads(c, h->q, integer_of(c, "q_num_heads", 0));
        h->k = split_heads(c, h->k, integer_of(c, "kv_num_heads", 0));
        h->v = split_heads(c, h->v, integer_of(c, "kv_num_heads", 0));
    }
    if (!eg_ok())
        return false;
    if (eg_rank(h->q) != 4 || eg_rank(h->k) != 4 || eg_rank(h->v) != 4) {
        refuse(c, "wants queries, keys and values of 3 axes or of 4");
        return false;
    }
    double size = (double)eg_dim(h->q, 3);
    h->scale = real_of(c, "scale", size > 0 ? 1 / sqrt(size) : 1);
    h->offset = eg_scalar_int(EG_INT64, 0);
    eg_concat_attrs steps = {.size = sizeof steps, .axis = 2};
    if (has(c, 4) && has(c, 5)) {
        h->offset = eg_scalar_int(EG_INT64, eg_dim(input(c, 4), 2));
        h->k = eg_concat_with(2, (eg_tensor *[]){input(c, 4), h->k}, &steps);
        h->v = eg_concat_with(2, (eg_tensor *[]){input(c, 5), h->v}, &steps);
    } else if (has(c, 6)) {
        int64_t dims[4] = {-1, 1, 1, 1};
        eg_tensor *valid = eg_reshape(eg_cast(input(c, 6), EG_INT64), 4, dims);
        h->offset = eg_sub(valid, eg_scalar_int(EG_INT64, eg_dim(h->q, 2)));
    }
    return eg_ok();
}

/* A mask with as many keys as there are; those that it does not reach are not seen. */
static eg_tensor *widened(eg_tensor *mask, int64_t keys)
{
    int rank = eg_rank(mask);
    int64_t short_of = rank ? keys - eg_dim(mask, -1) : 0;
    eg_pad_attrs pad = {.size = sizeof pad, .after = {rank, {0}}, .before = {rank, {0}}};

    if (short_of <= 0 || eg_dim(mask, -1) == 1)
        return mask;
    pad.after.at[rank - 1] = short_of;
    pad.value = eg_dtype_of(mask) == EG_BOOL ? 0 : -EG_INF;
    return eg_pad_with(mask, &pad);
}

/* Which keys a query sees; NULL: all. */
static eg_tensor *seen(eg__onnx_call *c, const heads *h)
{
    int64_t m = eg_dim(h->q, 2), n = eg_dim(h->k, 2), dims[4] = {-1, 1, 1, 1};
    int64_t left = integer_of(c, "left_window_size", -1);
    int64_t right = integer_of(c, "right_window_size", -1);
    eg_tensor *keys = integers_from(n, 4, 3), *see = NULL;
    eg_tensor *queries = eg_add(integers_from(m, 4, 2), h->offset);
    eg_tensor *far = eg_sub(queries, keys); /* how far behind the query a key is */
    eg_tensor *parts[4] = {
        integer_of(c, "is_causal", 0) ? eg_greater_equal(far, eg_scalar_int(EG_INT64, 0)) : NULL,
        left >= 0 ? eg_less_equal(far, eg_scalar_int(EG_INT64, left)) : NULL,
        right >= 0 ? eg_greater_equal(far, eg_scalar_int(EG_INT64, -right)) : NULL,
        NULL,
    };

    if (has(c, 6)) {
        eg_tensor *valid = eg_reshape(eg_cast(input(c, 6), EG_INT64), 4, dims);
        parts[3] = eg_less(keys, valid);
    }
    for (int i = 0; i < 4; i++)
        if (parts[i])
            see = see ? eg_logical_and(see, parts[i]) : parts[i];
    return see;
}

/* What is added to the scores: 0 or -inf, or a mask of numbers; NULL: nothing. */
static eg_tensor *bias_of(eg__onnx_call *c, const heads *h)
{
    eg_tensor *zero = like(h->q, 0), *minus = like(h->q, -EG_INF), *see = seen(c, h);
    eg_tensor *mask = has(c, 3) ? widened(input(c, 3), eg_dim(h->k, 2)) : NULL;
    eg_tensor *bias = see ? eg_where(see, zero, minus) : NULL;

    if (mask && eg_dtype_of(mask) == EG_BOOL)
        mask = eg_where(mask, zero, minus);
    return bias && mask ? eg_add(bias, mask) : bias ? bias : mask;
}

/* The softmax of each row, 0 where the row is -inf throughout. */
static eg_tensor *softmax(eg_tensor *x)
{
    eg_reduce_attrs last = {.size = sizeof last, .axes = {1, {-1}}, .keep_dims = true};
    eg_tensor *zero = like(x, 0), *most = eg_max_with(x, &last);
    eg_tensor *safe = eg_where(eg_isfinite(most), most, zero);
    eg_tensor *e = eg_exp(eg_sub(x, safe)), *sum = eg_sum_with(e, &last);

    return eg_div(e, eg_where(eg_equal(sum, zero), like(x, 1), sum));
}

/* With no output but the first and caches, in one operation. */
static bool is_plain(const eg__onnx_call *c, const heads *h)
{
    eg_dtype dtype = eg_dtype_of(h->q);
    bool wide = dtype == EG_FLOAT32 || dtype == EG_FLOAT64;

    return wide && c->n_out < 4 && !has(c, 3) && !has(c, 4) && !has(c, 6) &&
        integer_of(c, "left_window_size", -1) < 0 && integer_of(c, "right_window_size", -1) < 0 &&
        !has_attribute(c, "softmax_precision") && h->scale > 0 && eg_dim(h->k, 2) > 0;
}

static eg_tensor *in_one(eg__onnx_call *c, const heads *h)
{
    eg_attention_attrs a = {.size = sizeof a,
        .causal = integer_of(c, "is_causal", 0) != 0,
        .scale = h->scale,
        .softcap = real_of(c, "softcap", 0)};
    return eg_scaled_dot_product_attention_with(h->q, h->k, h->v, &a);
}

/* Rows without any key give 0, whatever their scores are. */
static eg_tensor *without_blind(eg_tensor *p, eg_tensor *bias)
{
    eg_reduce_attrs last = {.size = sizeof last, .axes = {1, {-1}}, .keep_dims = true};

    if (!bias || eg_rank(bias) == 0)
        return p;
    eg_tensor *most = eg_max_with(bias, &last);
    eg_tensor *blind = eg_logical_and(eg_isinf(most), eg_less(most, like(most, 0)));
    return eg_where(blind, like(p, 0), p);
}

static eg_tensor *step_by_step(eg__onnx_call *c, const heads *h)
{
    int64_t mode = integer_of(c, "qk_matmul_output_mode", 0);
    int64_t precision = integer_of(c, "softmax_precision", 0);
    double cap = real_of(c, "softcap", 0);
    eg_tensor *root = like(h->q, sqrt(h->scale)), *bias = bias_of(c, h);
    eg_tensor *k = repeat_heads(h->k, eg_dim(h->q, 1)), *v = repeat_heads(h->v, eg_dim(h->q, 1));
    eg_matmul_attrs turned = {.size = sizeof turned, .transpose_b = true};

    eg_tensor *scores = eg_matmul_with(eg_mul(h->q, root), eg_mul(k, root), &turned);
    eg_tensor *shown = scores;
    if (cap > 0)
        scores = eg_mul(eg_tanh(eg_div(scores, like(scores, cap))), like(scores, cap));
    shown = mode == 1 ? scores : shown;
    if (bias)
        scores = eg_add(scores, bias);
    shown = mode == 2 ? scores : shown;
    if (precision && eg__onnx_dtype((int)precision))
        scores = eg_cast(scores, eg__onnx_dtype((int)precision));
    eg_tensor *p = eg_cast(without_blind(softmax(scores), bias), eg_dtype_of(h->q));
    give(c, 3, mode == 3 ? p : shown);
    return eg_matmul(p, v);
}

static void attention(eg__onnx_call *c)
{
    heads h;

    if (!take_heads(c, &h))
        return;
    eg_tensor *y = is_plain(c, &h) ? in_one(c, &h) : step_by_step(c, &h);
    give(c, 0, h.were_joined && y ? join_heads(y) : y);
    give(c, 1, h.k);
    give(c, 2, h.v);
}

/* ---- FlexAttention --------------------------------------------------------------------------- */

/* What a subgraph of one input and one output makes of x. */
static eg_tensor *changed(eg__onnx_call *c, const char *name, eg_tensor *x)
{
    const eg__onnx_attribute *a = attribute_of(c, name);
    eg__onnx_value in = {.kind = EG__ONNX_TENSOR, .tensor = x}, out = {0};

    if (!a || !a->graph)
        return x;
    if (a->graph->n_in != 1 || a->graph->n_out != 1) {
        refuse(c, "has a subgraph with another number of inputs or outputs than one");
        return NULL;
    }
    return eg__onnx_run_graph(c, a->graph, &in, &out) ? out.tensor : NULL;
}

static void flex_attention(eg__onnx_call *c)
{
    eg_tensor *q = input(c, 0), *k = repeat_heads(input(c, 1), eg_dim(q, 1));
    eg_tensor *v = repeat_heads(input(c, 2), eg_dim(q, 1));
    double scale = real_of(c, "scale", 1 / sqrt((double)eg_dim(q, 3)));
    int64_t precision = integer_of(c, "softmax_precision", 0);
    eg_dtype dtype = precision         ? eg__onnx_dtype((int)precision)
        : eg_dtype_of(q) == EG_FLOAT64 ? EG_FLOAT64
                                       : EG_FLOAT32;
    eg_matmul_attrs turned = {.size = sizeof turned, .transpose_b = true};
    eg_tensor *root = like(q, sqrt(scale));

    eg_tensor *scores = eg_matmul_with(eg_mul(q, root), eg_mul(k, root), &turned);
    scores = changed(c, "score_mod", eg_cast(scores, dtype));
    eg_tensor *p = changed(c, "prob_mod", scores ? eg_softmax(scores) : NULL);
    if (p)
        give(c, 0, eg_cast(eg_matmul(p, eg_cast(v, dtype)), eg_dtype_of(v)));
}

/* ---- positions ------------------------------------------------------------------------------- */

/* x cut along its last axis: `count` elements from `begin` on, `step` apart. */
static eg_tensor *last_part(eg_tensor *x, int64_t begin, int64_t count, int64_t step)
{
    int n = eg_rank(x);
    eg_slice_attrs a = {.size = sizeof a, .begin = {n, {0}}, .count = {n, {0}}, .step = {n, {0}}};

    for (int i = 0; i < n; i++) {
        a.count.at[i] = i == n - 1 ? count : eg_dim(x, i);
        a.step.at[i] = 1;
    }
    a.begin.at[n - 1] = begin;
    a.step.at[n - 1] = step;
    return eg_slice_with(x, &a);
}

/* The first `size` of the last axis, turned by angles. */
static eg_tensor *rotated(eg_tensor *x, eg_tensor *cosine, eg_tensor *sine, bool interleaved)
{
    int64_t half = eg_dim(x, 3) / 2, dims[4];
    eg_concat_attrs last = {.size = sizeof last, .axis = -1};
    eg_tensor *a = interleaved ? last_part(x, 0, half, 2) : last_part(x, 0, half, 1);
    eg_tensor *b = interleaved ? last_part(x, 1, half, 2) : last_part(x, half, half, 1);
    eg_tensor *parts[2] = {eg_sub(eg_mul(cosine, a), eg_mul(sine, b)),
        eg_add(eg_mul(sine, a), eg_mul(cosine, b))};

    if (!interleaved)
        return eg_concat_with(2, parts, &last);
    for (int i = 0; i < 4; i++)
        dims[i] = eg_dim(x, i);
    return eg_reshape(eg_stack_with(2, parts, &last), 4, dims);
}

static void rotary_embedding(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *cosine = input(c, 1), *sine = input(c, 2);
    eg_transpose_attrs turn = {.size = sizeof turn, .axes = {4, {0, 2, 1, 3}}};
    eg_concat_attrs last = {.size = sizeof last, .axis = -1};
    bool joined = eg_rank(x) == 3;
    int64_t size = integer_of(c, "rotary_embedding_dim", 0);

    x = joined ? split_heads(c, x, integer_of(c, "num_heads", 0)) : x;
    if (!x || eg_rank(x) != 4) {
        refuse(c, "wants 3 axes or 4");
        return;
    }
    x = eg_transpose_with(x, &turn);
    size = size > 0 && size < eg_dim(x, 3) ? size : eg_dim(x, 3);
    if (has(c, 3)) {
        eg_take_attrs rows = {.size = sizeof rows};
        cosine = eg_take_with(cosine, input(c, 3), &rows);
        sine = eg_take_with(sine, input(c, 3), &rows);
    }
    eg_tensor *y = rotated(last_part(x, 0, size, 1), eg_expand_dims(cosine, 2),
        eg_expand_dims(sine, 2), integer_of(c, "interleaved", 0) != 0);
    if (size < eg_dim(x, 3))
        y = eg_concat_with(2, (eg_tensor *[]){y, last_part(x, size, eg_dim(x, 3) - size, 1)},
            &last);
    y = eg_transpose_with(y, &turn);
    give(c, 0, joined && y ? join_heads(y) : y);
}

/* ---- a state that is carried ----------------------------------------------------------------- */

static eg_tensor *at_step(eg_tensor *x, int64_t i)
{
    eg_slice_attrs a = {.size = sizeof a, .begin = {3, {0, 0, i}}, .count = {3, {-1, -1, 1}}};
    return eg_squeeze(eg_slice_with(x, &a), 2);
}

/* [batch, steps, heads * n] in float32, by heads. */
static eg_tensor *by_heads(eg__onnx_call *c, int i, int64_t n)
{
    return has(c, i) ? split_heads(c, eg_cast(input(c, i), EG_FLOAT32), n) : NULL;
}

/* A step: the state forgets, corrects what it is told by what it knows, and remembers. */
static eg_tensor *linear_step(eg_tensor *state, eg_tensor *k, eg_tensor *v, eg_tensor *decay,
    eg_tensor *beta)
{
    eg_reduce_attrs keys = {.size = sizeof keys, .axes = {1, {2}}};

    if (decay)
        state = eg_mul(state, eg_expand_dims(eg_exp(decay), 3));
    if (beta) {
        eg_tensor *known = eg_sum_with(eg_mul(state, eg_expand_dims(k, 3)), &keys);
        v = eg_mul(beta, eg_sub(v, known));
    }
    return eg_add(state, eg_mul(eg_expand_dims(k, 3), eg_expand_dims(v, 2)));
}

static void linear_attention(eg__onnx_call *c)
{
    int64_t n_q = integer_of(c, "q_num_heads", 0), n = integer_of(c, "kv_num_heads", 0);
    eg_dtype dtype = eg_dtype_of(input(c, 0));
    eg_tensor *q = by_heads(c, 0, n_q), *k = by_heads(c, 1, n), *v = by_heads(c, 2, n);
    eg_tensor *decay = by_heads(c, 4, n);
    eg_tensor *beta = by_heads(c, 5, has(c, 5) && eg_dim(input(c, 5), 2) == 1 ? 1 : n);
    if (!eg_ok() || !q || !k || !v || n_q % n != 0) {
        refuse(c, "wants queries, keys and values, and heads that divide each other");
        return;
    }
    int64_t steps = eg_dim(q, 2), dims[4] = {eg_dim(q, 0), n, eg_dim(k, 3), eg_dim(v, 3)};
    eg_tensor *state = has(c, 3) ? eg_cast(input(c, 3), EG_FLOAT32) : eg_zeros(EG_FLOAT32, 4, dims);
    eg_dtype state_dtype = has(c, 3) ? eg_dtype_of(input(c, 3)) : dtype;
    double scale = real_of(c, "scale", 0);
    eg_tensor **out = take(c, steps, sizeof *out);
    eg_reduce_attrs keys = {.size = sizeof keys, .axes = {1, {2}}};
    eg_concat_attrs along = {.size = sizeof along, .axis = 2};

    scale = scale == 0 ? 1 / sqrt((double)dims[2]) : scale;
    for (int64_t i = 0; out && i < steps && eg_ok(); i++) {
        state = linear_step(state, at_step(k, i), at_step(v, i), decay ? at_step(decay, i) : NULL,
            beta ? at_step(beta, i) : NULL);
        eg_tensor *wide = repeat_heads(state, n_q);
        eg_tensor *y = eg_sum_with(eg_mul(wide, eg_expand_dims(at_step(q, i), 3)), &keys);
        out[i] = eg_expand_dims(eg_mul(y, like(y, scale)), 2);
    }
    if (!out || steps < 1 || steps > 64) {
        refuse(c, "has no step, or more than 64");
        return;
    }
    give(c, 0, eg_cast(join_heads(eg_concat_with((int)steps, out, &along)), dtype));
    give(c, 1, eg_cast(state, state_dtype));
}

static void causal_conv(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *w = input(c, 1);
    int64_t k = eg_dim(w, 2), dims[3] = {eg_dim(x, 0), eg_dim(x, 1), k - 1};
    int64_t row[3] = {1, eg_dim(x, 1), 1};
    eg_concat_attrs along = {.size = sizeof along, .axis = 2};
    eg_tensor *past = has(c, 3) ? input(c, 3) : eg_zeros(eg_dtype_of(x), 3, dims);
    eg_tensor *all = eg_concat_with(2, (eg_tensor *[]){past, x}, &along);
    eg_conv_attrs a = {.size = sizeof a, .channels_first = true, .groups = (int)eg_dim(x, 1)};
    eg_slice_attrs tail = {.size = sizeof tail,
        .begin = {3, {0, 0, eg_dim(x, 2)}},
        .count = {3, {-1, -1, k - 1}}};
    const char *activation = word_of(c, "activation", "none");

    eg_tensor *y = eg_conv_with(all, w, &a);
    if (has(c, 2))
        y = eg_add(y, eg_reshape(input(c, 2), 3, row));
    if (strcmp(activation, "none") != 0)
        y = eg_cast(eg_silu(eg_cast(y, EG_FLOAT32)), eg_dtype_of(x));
    give(c, 0, y);
    give(c, 1, k > 1 ? eg_slice_with(all, &tail) : past);
}

const eg__onnx_op eg__onnx_attention[] = {
    {"Attention", attention, .since = {23, 24, 25}},
    {"RotaryEmbedding", rotary_embedding, .since = {23}},
    {"LinearAttention", linear_attention, .since = {27}},
    {"CausalConvWithState", causal_conv, .since = {27}},
    {0},
};

const eg__onnx_op eg__onnx_preview[] = {
    {"FlexAttention", flex_attention, .since = {1}, .stays_in_call = true},
    {0},
};
