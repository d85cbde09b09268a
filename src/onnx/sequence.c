/* Sequences and optionals, which are no tensors: the host keeps them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

/* ---- sequences ------------------------------------------------------------------------------- */

static void give_sequence(eg__onnx_call *c, int64_t n, const eg__onnx_value items[])
{
    if (c->n_out > 0)
        c->out[0] = (eg__onnx_value){.kind = EG__ONNX_SEQUENCE, .n = n, .items = items};
}

static bool is_sequence(eg__onnx_call *c, int i)
{
    bool is = i < c->n_in && c->in[i].kind == EG__ONNX_SEQUENCE;

    if (!is)
        refuse(c, "wants a sequence");
    return is;
}

/* A position from the front; `end` is one that counts too. */
static int64_t position(eg__onnx_call *c, int i, int64_t n, int64_t end)
{
    int64_t at = integer_in(c, i, end);

    at = at < 0 ? at + n : at;
    if (at < 0 || at > end)
        refuse(c, "has a position outside of the sequence");
    return at;
}

static void construct(eg__onnx_call *c)
{
    give_sequence(c, c->n_in, c->in);
}

static void empty(eg__onnx_call *c)
{
    give_sequence(c, 0, NULL);
}

static void length(eg__onnx_call *c)
{
    if (!is_sequence(c, 0))
        return;
    give(c, 0, eg_scalar_int(EG_INT64, c->in[0].n));
    if (c->n_out > 0)
        c->out[0].known = true;
}

static void element_at(eg__onnx_call *c)
{
    if (!is_sequence(c, 0))
        return;
    int64_t at = position(c, 1, c->in[0].n, c->in[0].n - 1);
    if (eg_ok() && c->n_out > 0)
        c->out[0] = c->in[0].items[at];
}

static void insert(eg__onnx_call *c)
{
    if (!is_sequence(c, 0))
        return;
    int64_t n = c->in[0].n, at = position(c, 2, n, n);
    eg__onnx_value *items = take(c, n + 1, sizeof *items);
    if (!items || !eg_ok())
        return;
    for (int64_t i = 0; i <= n; i++)
        items[i] = i == at ? c->in[1] : c->in[0].items[i < at ? i : i - 1];
    give_sequence(c, n + 1, items);
}

static void erase(eg__onnx_call *c)
{
    if (!is_sequence(c, 0))
        return;
    int64_t n = c->in[0].n, at = position(c, 1, n, n - 1);
    eg__onnx_value *items = take(c, n, sizeof *items);
    if (!items || !eg_ok())
        return;
    for (int64_t i = 0; i < n - 1; i++)
        items[i] = c->in[0].items[i < at ? i : i + 1];
    give_sequence(c, n - 1, items);
}

/* The parts of an axis: of size 1, or of one size, or of sizes given. */
static eg__onnx_integers sizes_of(eg__onnx_call *c, int64_t size)
{
    int64_t each = integer_in(c, 1, 1), n, *at;

    if (has(c, 1) && eg_rank(input(c, 1)) == 1)
        return integers_in(c, 1);
    if (each < 1) {
        refuse(c, "has parts of no size");
        return (eg__onnx_integers){0};
    }
    n = (size + each - 1) / each;
    at = take(c, n, sizeof *at);
    for (int64_t i = 0; at && i < n; i++)
        at[i] = size - i * each < each ? size - i * each : each;
    return (eg__onnx_integers){at ? n : 0, at};
}

static void split_to_sequence(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int axis = axis_of(c, integer_of(c, "axis", 0), eg_rank(x));
    eg__onnx_integers sizes = sizes_of(c, eg_dim(x, axis));
    eg__onnx_value *items = take(c, sizes.n, sizeof *items);
    eg_slice_attrs part = {.size = sizeof part,
        .begin = {axis + 1, {0}},
        .count = {axis + 1, {-1, -1, -1, -1, -1, -1, -1, -1}}};
    bool drops = !has(c, 1) && !integer_of(c, "keepdims", 1);

    for (int64_t i = 0; items && i < sizes.n; i++) {
        part.count.at[axis] = sizes.at[i];
        eg_tensor *y = eg_slice_with(x, &part);
        part.begin.at[axis] += sizes.at[i];
        items[i] =
            (eg__onnx_value){.kind = EG__ONNX_TENSOR, .tensor = drops ? eg_squeeze(y, axis) : y};
    }
    if (items)
        give_sequence(c, sizes.n, items);
}

static void concat_from_sequence(eg__onnx_call *c)
{
    if (!is_sequence(c, 0))
        return;
    int64_t n = c->in[0].n;
    eg_concat_attrs a = {.size = sizeof a, .axis = (int)integer_of(c, "axis", 0)};
    eg_tensor *x[EG__ONNX_MOST_OUT];
    if (n < 1 || n > EG__ONNX_MOST_OUT) {
        refuse(c, "joins a sequence of no element, or of more than 64");
        return;
    }
    for (int64_t i = 0; i < n; i++)
        x[i] = c->in[0].items[i].tensor;
    bool stacks = integer_of(c, "new_axis", 0) != 0;
    give(c, 0, stacks ? eg_stack_with((int)n, x, &a) : eg_concat_with((int)n, x, &a));
}

/* The body's outputs for each element of the first sequence, as sequences. */
static void map(eg__onnx_call *c)
{
    const eg__onnx_attribute *body = attribute_of(c, "body");
    const eg__onnx_graph *g = body ? body->graph : NULL;

    if (!is_sequence(c, 0) || !g || g->n_in != c->n_in || g->n_out < c->n_out) {
        refuse(c, "has a body with another number of inputs or outputs");
        return;
    }
    int64_t n = c->in[0].n;
    eg__onnx_value *in = take(c, c->n_in, sizeof *in), *out = take(c, g->n_out, sizeof *out);
    eg__onnx_value *items = take(c, n * c->n_out, sizeof *items);
    for (int64_t i = 0; in && out && items && i < n; i++) {
        for (int k = 0; k < c->n_in; k++) {
            in[k] = c->in[k];
            if (in[k].kind == EG__ONNX_SEQUENCE && in[k].n == n)
                in[k] = in[k].items[i];
        }
        if (!eg__onnx_run_graph(c, g, in, out))
            return;
        for (int k = 0; k < c->n_out; k++)
            items[k * n + i] = out[k];
    }
    for (int k = 0; items && k < c->n_out; k++)
        c->out[k] = (eg__onnx_value){.kind = EG__ONNX_SEQUENCE, .n = n, .items = items + k * n};
}

/* ---- optionals ------------------------------------------------------------------------------- */

static void optional(eg__onnx_call *c)
{
    if (c->n_out < 1)
        return;
    c->out[0] = (eg__onnx_value){.kind = EG__ONNX_EMPTY};
    if (c->n_in > 0 && c->in[0].kind != EG__ONNX_ABSENT)
        c->out[0] = c->in[0];
}

static void has_element(eg__onnx_call *c)
{
    bool there =
        c->n_in > 0 && (c->in[0].kind == EG__ONNX_TENSOR || c->in[0].kind == EG__ONNX_SEQUENCE);
    give(c, 0, eg_scalar_int(EG_BOOL, there));
    if (c->n_out > 0)
        c->out[0].known = true;
}

static void get_element(eg__onnx_call *c)
{
    if (c->in[0].kind == EG__ONNX_EMPTY)
        refuse(c, "the optional has no element");
    else if (c->n_out > 0)
        c->out[0] = c->in[0];
}

const eg__onnx_op eg__onnx_sequences[] = {
    {"SequenceConstruct", construct, .since = {11}, .takes_narrow = true, .stays_in_call = true},
    {"SequenceEmpty", empty, .since = {11}, .stays_in_call = true},
    {"SequenceLength", length, .since = {11}, .takes_narrow = true, .stays_in_call = true},
    {"SequenceAt", element_at, .since = {11}, .takes_narrow = true, .stays_in_call = true},
    {"SequenceInsert", insert, .since = {11}, .takes_narrow = true, .stays_in_call = true},
    {"SequenceErase", erase, .since = {11}, .takes_narrow = true, .stays_in_call = true},
    {"SequenceMap", map, .since = {17}, .takes_narrow = true, .stays_in_call = true},
    {"SplitToSequence", split_to_sequence, .since = {11, 24}},
    {"ConcatFromSequence", concat_from_sequence, .since = {11}, .stays_in_call = true},
    {"Optional", optional, .since = {15, 28}, .takes_narrow = true, .stays_in_call = true},
    {"OptionalHasElement", has_element, .since = {15, 18, 28}, .takes_narrow = true,
        .stays_in_call = true},
    {"OptionalGetElement", get_element, .since = {15, 18, 28}, .takes_narrow = true,
        .stays_in_call = true},
    {0},
};
