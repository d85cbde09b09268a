/* Branches and loops: decided by the host, as C decides, so that a function that records them has
 * a branch for each way it met.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

/* Whether a value is true: known ones are read, others are asked for. */
static bool is_true(const eg__onnx_value *v)
{
    if (v->kind != EG__ONNX_TENSOR)
        return false;
    if (v->known && eg_size(v->tensor) == 1)
        return eg__element_true(eg_dtype_of(v->tensor), v->tensor->data);
    return eg_true(v->tensor);
}

static const eg__onnx_graph *graph_of(eg__onnx_call *c, const char *name)
{
    const eg__onnx_attribute *a = attribute_of(c, name);

    if (!a || !a->graph)
        refuse(c, "lacks a subgraph");
    return a ? a->graph : NULL;
}

static void branch(eg__onnx_call *c)
{
    const eg__onnx_graph *g = graph_of(c, is_true(&c->in[0]) ? "then_branch" : "else_branch");

    if (!g || !eg_ok())
        return;
    if (g->n_in != 0 || g->n_out < c->n_out) {
        refuse(c, "has a branch with inputs, or with too few outputs");
        return;
    }
    eg__onnx_value *out = take(c, g->n_out, sizeof *out);
    if (out && eg__onnx_run_graph(c, g, NULL, out))
        memcpy(c->out, out, (size_t)c->n_out * sizeof *out);
}

/* ---- rows that are kept ---------------------------------------------------------------------- */

/* What is kept of each step, to be stacked at the end. */
typedef struct kept {
    eg_tensor **rows;
    int64_t n, capacity;
    int narrow;
} kept;

static bool keep_row(eg__onnx_call *c, kept *k, const eg__onnx_value *row)
{
    if (k->n == k->capacity) {
        int64_t capacity = k->capacity ? 2 * k->capacity : 8;
        eg_tensor **more = take(c, capacity, sizeof *more);
        if (!more)
            return false;
        if (k->n > 0)
            memcpy(more, k->rows, (size_t)k->n * sizeof *more);
        k->rows = more;
        k->capacity = capacity;
    }
    k->narrow = row->narrow;
    k->rows[k->n++] = row->tensor;
    return true;
}

/* The rows along a new axis, more than 64 in parts; where there are none, what is declared. */
static eg_tensor *stack_rows(kept *k, int axis, const eg__onnx_info *declared)
{
    eg_concat_attrs a = {.size = sizeof a, .axis = axis};

    if (k->n == 0) {
        int64_t dims[EG_MAX_RANK] = {0};
        int rank = declared->has_shape ? declared->rank + 1 : 1;
        for (int i = 1; i < rank && i < EG_MAX_RANK; i++)
            dims[i] = declared->dims[i - 1] < 0 ? 0 : declared->dims[i - 1];
        eg_dtype dtype = eg__onnx_dtype(declared->type);
        return eg_zeros(dtype ? dtype : EG_FLOAT32, rank < EG_MAX_RANK ? rank : EG_MAX_RANK, dims);
    }
    for (int64_t i = 0; i < k->n; i++)
        k->rows[i] = eg_expand_dims(k->rows[i], axis);
    while (k->n > 64) {
        int64_t parts = 0;
        for (int64_t i = 0; i < k->n; i += 64)
            k->rows[parts++] =
                eg_concat_with((int)(k->n - i < 64 ? k->n - i : 64), k->rows + i, &a);
        k->n = parts;
    }
    return eg_concat_with((int)k->n, k->rows, &a);
}

static void give_rows(eg__onnx_call *c, int i, kept *k, int axis, const eg__onnx_info *declared)
{
    give(c, i, stack_rows(k, axis, declared));
    if (i < c->n_out)
        c->out[i].narrow = (uint8_t)k->narrow;
}

/* ---- Loop ------------------------------------------------------------------------------------ */

static eg__onnx_value scalar_of(eg_tensor *x)
{
    return (eg__onnx_value){.kind = EG__ONNX_TENSOR, .known = true, .tensor = x};
}

/* A step: its number, the condition and the variables in, the same and rows out. */
static bool step(eg__onnx_call *c, const eg__onnx_graph *g, eg__onnx_value in[],
    eg__onnx_value out[], kept rows[])
{
    int n_state = g->n_in - 2;

    if (!eg__onnx_run_graph(c, g, in, out))
        return false;
    in[1] = out[0];
    for (int i = 0; i < n_state; i++)
        in[i + 2] = out[i + 1];
    for (int i = 1 + n_state; i < g->n_out; i++)
        if (!keep_row(c, &rows[i - 1 - n_state], &out[i]))
            return false;
    return true;
}

static void loop(eg__onnx_call *c)
{
    const eg__onnx_graph *g = graph_of(c, "body");
    bool bounded = has(c, 0);
    int64_t most = bounded ? integer_in(c, 0, 0) : INT64_MAX;

    if (!g || !eg_ok())
        return;
    int n_state = g->n_in - 2, n_rows = g->n_out - 1 - n_state;
    if (n_state < 0 || n_rows < 0 || c->n_in < n_state + 2 || n_state + n_rows < c->n_out) {
        refuse(c, "has a body with another number of inputs or outputs");
        return;
    }
    eg__onnx_value *in = take(c, g->n_in, sizeof *in), *out = take(c, g->n_out, sizeof *out);
    kept *rows = take(c, n_rows, sizeof *rows);
    if (!in || !out || !rows)
        return;
    memcpy(in, c->in, (size_t)g->n_in * sizeof *in);
    if (in[1].kind == EG__ONNX_ABSENT)
        in[1] = scalar_of(eg_scalar_int(EG_BOOL, 1));
    for (int64_t i = 0; i < most && eg_ok() && is_true(&in[1]); i++) {
        in[0] = scalar_of(eg_scalar_int(EG_INT64, i));
        if (!step(c, g, in, out, rows))
            return;
    }
    for (int i = 0; i < n_state && i < c->n_out; i++)
        c->out[i] = in[i + 2];
    for (int i = 0; i < n_rows && n_state + i < c->n_out; i++)
        give_rows(c, n_state + i, &rows[i], 0, &g->out[1 + n_state + i]);
}

/* ---- Scan ------------------------------------------------------------------------------------ */

typedef struct scan_plan {
    const eg__onnx_graph *g;
    int n_scan, n_state, n_rows;
    eg__onnx_integers in_axes, out_axes, in_reverse, out_reverse;
    int64_t steps;
} scan_plan;

static int64_t at_or_0(eg__onnx_integers list, int i)
{
    return i < list.n ? list.at[i] : 0;
}

static eg_tensor *row_of(eg__onnx_call *c, eg_tensor *x, int64_t axis, int64_t i)
{
    int a = axis_of(c, axis, eg_rank(x));
    eg_slice_attrs one = {.size = sizeof one, .begin = {a + 1, {0}}, .count = {a + 1, {0}}};

    for (int k = 0; k <= a; k++)
        one.count.at[k] = k == a ? 1 : -1;
    one.begin.at[a] = i;
    return eg_squeeze(eg_slice_with(x, &one), a);
}

/* Runs all steps; `in` holds the states, and gets the last ones. */
static bool scan_steps(eg__onnx_call *c, const scan_plan *p, const eg__onnx_value scanned[],
    eg__onnx_value in[], kept rows[])
{
    eg__onnx_value *out = take(c, p->g->n_out, sizeof *out);

    for (int64_t i = 0; out && i < p->steps && eg_ok(); i++) {
        for (int k = 0; k < p->n_scan; k++) {
            int64_t at = at_or_0(p->in_reverse, k) ? p->steps - 1 - i : i;
            in[p->n_state + k] = scanned[k];
            in[p->n_state + k].known = false;
            in[p->n_state + k].tensor = row_of(c, scanned[k].tensor, at_or_0(p->in_axes, k), at);
        }
        if (!eg__onnx_run_graph(c, p->g, in, out))
            return false;
        memcpy(in, out, (size_t)p->n_state * sizeof *in);
        for (int k = 0; k < p->n_rows; k++)
            if (!keep_row(c, &rows[k], &out[p->n_state + k]))
                return false;
    }
    return out && eg_ok();
}

static void turn(kept *k)
{
    for (int64_t i = 0; i < k->n / 2; i++) {
        eg_tensor *held = k->rows[i];
        k->rows[i] = k->rows[k->n - 1 - i];
        k->rows[k->n - 1 - i] = held;
    }
}

static bool plan_scan(eg__onnx_call *c, scan_plan *p)
{
    *p = (scan_plan){.g = graph_of(c, "body"), .n_scan = (int)integer_of(c, "num_scan_inputs", 0)};
    if (!p->g || !eg_ok())
        return false;
    p->n_state = p->g->n_in - p->n_scan;
    p->n_rows = p->g->n_out - p->n_state;
    p->in_axes = integers_attribute(c, "scan_input_axes");
    p->out_axes = integers_attribute(c, "scan_output_axes");
    p->in_reverse = integers_attribute(c, c->version < 9 ? "directions" : "scan_input_directions");
    p->out_reverse = integers_attribute(c, "scan_output_directions");
    if (p->n_scan < 1 || p->n_state < 0 || p->n_rows < 0 || c->n_out > p->n_state + p->n_rows) {
        refuse(c, "has a body with another number of inputs or outputs");
        return false;
    }
    return true;
}

static void scan(eg__onnx_call *c)
{
    scan_plan p;

    if (!plan_scan(c, &p))
        return;
    if (c->n_in != p.g->n_in) {
        refuse(c, "has another number of inputs than its body");
        return;
    }
    eg__onnx_value *in = take(c, p.g->n_in, sizeof *in);
    kept *rows = take(c, p.n_rows, sizeof *rows);
    if (!in || !rows)
        return;
    memcpy(in, c->in, (size_t)p.n_state * sizeof *in);
    const eg__onnx_value *scanned = c->in + p.n_state;
    eg_tensor *first = scanned[0].tensor;
    p.steps = eg_dim(first, axis_of(c, at_or_0(p.in_axes, 0), eg_rank(first)));
    if (!scan_steps(c, &p, scanned, in, rows))
        return;
    for (int i = 0; i < p.n_state && i < c->n_out; i++)
        c->out[i] = in[i];
    for (int k = 0; k < p.n_rows && p.n_state + k < c->n_out; k++) {
        const eg__onnx_info *declared = &p.g->out[p.n_state + k];
        int axis = (int)at_or_0(p.out_axes, k);
        if (at_or_0(p.out_reverse, k))
            turn(&rows[k]);
        give_rows(c, p.n_state + k, &rows[k], axis, declared);
    }
}

const eg__onnx_op eg__onnx_control[] = {
    {"If", branch, .since = {1, 11, 13, 16, 19, 21, 23, 24, 25}, .takes_narrow = true,
        .stays_in_call = true},
    {"Loop", loop, .since = {1, 11, 13, 16, 19, 21, 23, 24, 25}, .takes_narrow = true,
        .stays_in_call = true},
    {"Scan", scan, .since = {8, 9, 11, 16, 19, 21, 23, 24, 25}, .takes_narrow = true,
        .stays_in_call = true},
    {0},
};
