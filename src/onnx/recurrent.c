/* Recurrent layers, step by step: the model may choose activations that no kernel has.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

/* One direction of a layer. */
typedef struct layer {
    eg__onnx_call *c;
    int number, gates;
    bool reverse;
    int64_t hidden;
    eg_tensor *x;        /* [steps, batch, inputs] */
    eg_tensor *w, *r;    /* [inputs, gates * hidden], [hidden, gates * hidden] */
    eg_tensor *wb, *rb;  /* [gates * hidden] each, NULL: none */
    eg_tensor *h, *cell; /* [batch, hidden] */
    eg_tensor *lengths;  /* [batch], int64; NULL: all steps */
    eg_tensor *peep;     /* [3 * hidden]; NULL: none */
    const char *activation[3];
    double alpha[3], beta[3];
} layer;

/* ---- activations ----------------------------------------------------------------------------- */

static bool is_word(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if ((*a | 0x20) != (*b | 0x20))
            return false;
    return *a == *b;
}

static eg_tensor *line(eg_tensor *x, double alpha, double beta)
{
    return eg_add(eg_mul(x, like(x, alpha)), like(x, beta));
}

static eg_tensor *activated(layer *l, int i, eg_tensor *x)
{
    const char *word = l->activation[i];
    double a = l->alpha[i], b = l->beta[i];

    if (is_word(word, "Sigmoid"))
        return eg_sigmoid(x);
    if (is_word(word, "Tanh"))
        return eg_tanh(x);
    if (is_word(word, "Relu"))
        return eg_relu(x);
    if (is_word(word, "Affine"))
        return line(x, a, b);
    if (is_word(word, "LeakyRelu"))
        return eg_leaky_relu(x, like(x, a));
    if (is_word(word, "ThresholdedRelu"))
        return eg_where(eg_greater(x, like(x, a)), x, like(x, 0));
    if (is_word(word, "ScaledTanh"))
        return eg_mul(eg_tanh(eg_mul(x, like(x, b))), like(x, a));
    if (is_word(word, "HardSigmoid"))
        return eg_clip(line(x, a, b), like(x, 0), like(x, 1));
    if (is_word(word, "Elu"))
        return eg_elu(x, like(x, a));
    if (is_word(word, "Softsign"))
        return eg_softsign(x);
    if (is_word(word, "Softplus"))
        return eg_softplus(x);
    refuse(l->c, "has an activation that is none of ONNX's");
    return NULL;
}

static double default_alpha(const char *word)
{
    return is_word(word, "LeakyRelu") ? 0.01 : is_word(word, "HardSigmoid") ? 0.2 : 1;
}

static double default_beta(const char *word)
{
    return is_word(word, "HardSigmoid") ? 0.5 : is_word(word, "ScaledTanh") ? 1 : 0;
}

static double at_or(const eg__onnx_attribute *a, int64_t i, double otherwise)
{
    return a && a->reals && i < a->n ? a->reals[i] : otherwise;
}

static void take_activations(layer *l, int n, const char *const usual[])
{
    const eg__onnx_attribute *words = attribute_of(l->c, "activations");
    const eg__onnx_attribute *alpha = attribute_of(l->c, "activation_alpha");
    const eg__onnx_attribute *beta = attribute_of(l->c, "activation_beta");

    for (int i = 0; i < n; i++) {
        int64_t at = (int64_t)l->number * n + i;
        bool given = words && words->texts && at < words->n;
        l->activation[i] = given ? words->texts[at].at : usual[i];
        l->alpha[i] = at_or(alpha, at, default_alpha(l->activation[i]));
        l->beta[i] = at_or(beta, at, default_beta(l->activation[i]));
    }
}

/* ---- parts ----------------------------------------------------------------------------------- */

static eg_tensor *part_of(eg_tensor *x, int64_t i)
{
    eg_slice_attrs a = {.size = sizeof a, .begin = {1, {i}}, .count = {1, {1}}};
    return x ? eg_squeeze(eg_slice_with(x, &a), 0) : NULL;
}

/* Gate i of n along the last axis. */
static eg_tensor *gate(const layer *l, eg_tensor *x, int i)
{
    int rank = eg_rank(x);
    eg_slice_attrs a = {.size = sizeof a, .begin = {rank, {0}}, .count = {rank, {-1, -1, -1}}};

    a.begin.at[rank - 1] = i * l->hidden;
    a.count.at[rank - 1] = l->hidden;
    return eg_slice_with(x, &a);
}

static eg_tensor *clipped(const layer *l, eg_tensor *x)
{
    double most = real_of(l->c, "clip", 0);
    return most > 0 ? eg_clip(x, like(x, -most), like(x, most)) : x;
}

static eg_tensor *plus(eg_tensor *x, eg_tensor *offset)
{
    return offset ? eg_add(x, offset) : x;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void rnn_step(layer *l, eg_tensor *x)
{
    eg_tensor *sum = eg_add(plus(x, l->wb), plus(eg_matmul(l->h, l->r), l->rb));
    l->h = activated(l, 0, clipped(l, sum));
}

static void gru_step(layer *l, eg_tensor *x)
{
    bool before = integer_of(l->c, "linear_before_reset", 0) != 0;
    eg_tensor *in = plus(x, l->wb), *of = plus(eg_matmul(l->h, l->r), l->rb);
    eg_tensor *z = activated(l, 0, clipped(l, eg_add(gate(l, in, 0), gate(l, of, 0))));
    eg_tensor *r = activated(l, 0, clipped(l, eg_add(gate(l, in, 1), gate(l, of, 1))));
    eg_tensor *state = before
        ? eg_mul(r, gate(l, of, 2))
        : plus(eg_matmul(eg_mul(r, l->h), gate(l, l->r, 2)), l->rb ? gate(l, l->rb, 2) : NULL);
    eg_tensor *h = activated(l, 1, clipped(l, eg_add(gate(l, in, 2), state)));
    l->h = eg_add(eg_mul(eg_sub(like(z, 1), z), h), eg_mul(z, l->h));
}

static eg_tensor *peeped(const layer *l, eg_tensor *x, int i, eg_tensor *cell)
{
    return l->peep ? eg_add(x, eg_mul(gate(l, l->peep, i), cell)) : x;
}

static void lstm_step(layer *l, eg_tensor *x)
{
    eg_tensor *sum = eg_add(plus(x, l->wb), plus(eg_matmul(l->h, l->r), l->rb)), *f;
    eg_tensor *i = activated(l, 0, clipped(l, peeped(l, gate(l, sum, 0), 0, l->cell)));

    if (integer_of(l->c, "input_forget", 0))
        f = eg_sub(like(i, 1), i);
    else
        f = activated(l, 0, clipped(l, peeped(l, gate(l, sum, 2), 2, l->cell)));
    eg_tensor *g = activated(l, 1, clipped(l, gate(l, sum, 3)));
    l->cell = eg_add(eg_mul(f, l->cell), eg_mul(i, g));
    eg_tensor *o = activated(l, 0, clipped(l, peeped(l, gate(l, sum, 1), 1, l->cell)));
    l->h = eg_mul(o, activated(l, 2, l->cell));
}

typedef void (*stepper)(layer *l, eg_tensor *x);

/* Steps beyond an example's end leave its state as it is, and give 0. */
static eg_tensor *keep_ended(layer *l, int64_t t, eg_tensor *h, eg_tensor *cell)
{
    int64_t column[2] = {-1, 1};

    if (!l->lengths)
        return l->h;
    eg_tensor *runs = eg_reshape(eg_greater(l->lengths, eg_scalar_int(EG_INT64, t)), 2, column);
    eg_tensor *shown = eg_where(runs, l->h, like(l->h, 0));
    l->h = eg_where(runs, l->h, h);
    l->cell = l->cell ? eg_where(runs, l->cell, cell) : NULL;
    return shown;
}

/* All steps of a direction: [steps, batch, hidden]. */
static eg_tensor *run_steps(layer *l, stepper f)
{
    int64_t n = eg_dim(l->x, 0);
    eg_tensor **out = take(l->c, n, sizeof *out), *all = eg_matmul(l->x, l->w);
    eg_concat_attrs first = {.size = sizeof first};

    for (int64_t i = 0; out && i < n && eg_ok(); i++) {
        int64_t t = l->reverse ? n - 1 - i : i;
        eg_tensor *h = l->h, *cell = l->cell;
        f(l, part_of(all, t));
        out[t] = eg_expand_dims(keep_ended(l, t, h, cell), 0);
    }
    while (out && n > 64 && eg_ok()) {
        int64_t parts = 0;
        for (int64_t i = 0; i < n; i += 64)
            out[parts++] = eg_concat_with((int)(n - i < 64 ? n - i : 64), out + i, &first);
        n = parts;
    }
    return out && n > 0 && eg_ok() ? eg_concat_with((int)n, out, &first) : NULL;
}

/* ---- layers ---------------------------------------------------------------------------------- */

/* What an input says of a direction, its first axes swapped where batches come first. */
static eg_tensor *state_of(eg__onnx_call *c, int i, int number, const layer *l)
{
    int64_t dims[2] = {eg_dim(l->x, 1), l->hidden};

    if (!has(c, i))
        return eg_zeros(eg_dtype_of(l->x), 2, dims);
    eg_tensor *x = input(c, i);
    return part_of(integer_of(c, "layout", 0) ? eg_moveaxis(x, 0, 1) : x, number);
}

static void take_layer(eg__onnx_call *c, layer *l, int number, int gates)
{
    const char *direction = word_of(c, "direction", "forward");
    eg_tensor *x = input(c, 0), *b = has(c, 3) ? part_of(input(c, 3), number) : NULL;
    eg_slice_attrs half = {.size = sizeof half, .begin = {1, {0}}, .count = {1, {0}}};

    *l = (layer){.c = c, .number = number, .gates = gates};
    l->reverse = number == 1 || strcmp(direction, "reverse") == 0;
    l->x = integer_of(c, "layout", 0) ? eg_moveaxis(x, 0, 1) : x;
    l->w = eg_matrix_transpose(part_of(input(c, 1), number));
    l->r = eg_matrix_transpose(part_of(input(c, 2), number));
    l->hidden = eg_dim(l->r, 0);
    half.count.at[0] = gates * l->hidden;
    l->wb = b ? eg_slice_with(b, &half) : NULL;
    half.begin.at[0] = gates * l->hidden;
    l->rb = b ? eg_slice_with(b, &half) : NULL;
    l->h = state_of(c, 5, number, l);
    if (has(c, 4))
        l->lengths = eg_cast(input(c, 4), EG_INT64);
}

/* Both directions side by side, in the layout that is asked for. */
static void give_layers(eg__onnx_call *c, int n, eg_tensor *y[], eg_tensor *h[], eg_tensor *cell[])
{
    eg_concat_attrs second = {.size = sizeof second, .axis = 1}, first = {.size = sizeof first};
    bool batches_first = integer_of(c, "layout", 0) != 0;
    eg_tensor *all = eg_stack_with(n, y, &second), *last = eg_stack_with(n, h, &first);
    eg_transpose_attrs turn = {.size = sizeof turn, .axes = {4, {2, 0, 1, 3}}};

    give(c, 0, batches_first ? eg_transpose_with(all, &turn) : all);
    give(c, 1, batches_first ? eg_moveaxis(last, 0, 1) : last);
    if (cell[0]) {
        last = eg_stack_with(n, cell, &first);
        give(c, 2, batches_first ? eg_moveaxis(last, 0, 1) : last);
    }
}

static void run_layers(eg__onnx_call *c, int gates, int n_activations, const char *const usual[],
    stepper f)
{
    int n = word_is(c, "direction", "bidirectional", "forward") ? 2 : 1;
    eg_tensor *y[2] = {NULL}, *h[2] = {NULL}, *cell[2] = {NULL};

    for (int i = 0; i < n && eg_ok(); i++) {
        layer l;
        take_layer(c, &l, i, gates);
        take_activations(&l, n_activations, usual);
        if (gates == 4) {
            l.cell = state_of(c, 6, i, &l);
            l.peep = has(c, 7) ? part_of(input(c, 7), i) : NULL;
        }
        y[i] = run_steps(&l, f);
        h[i] = l.h;
        cell[i] = l.cell;
    }
    if (eg_ok() && y[0])
        give_layers(c, n, y, h, cell);
}

static void rnn(eg__onnx_call *c)
{
    run_layers(c, 1, 1, (const char *const[]){"Tanh"}, rnn_step);
}

static void gru(eg__onnx_call *c)
{
    run_layers(c, 3, 2, (const char *const[]){"Sigmoid", "Tanh"}, gru_step);
}

static void lstm(eg__onnx_call *c)
{
    run_layers(c, 4, 3, (const char *const[]){"Sigmoid", "Tanh", "Tanh"}, lstm_step);
}

const eg__onnx_op eg__onnx_recurrent[] = {
    {"RNN", rnn, .since = {1, 7, 14, 22}},
    {"GRU", gru, .since = {3, 7, 14, 22}},
    {"LSTM", lstm, .since = {1, 7, 14, 22}},
    {0},
};
