/* Element-wise operations and reductions of last axes, run together: one nest of loops in which
 * each operation is a local variable.
 *
 * All members have as many elements, in one order, so that element i of one belongs to element i
 * of the others; shapes matter for what broadcasts only. The loops are cut where some operand
 * begins to repeat itself and where a row that is reduced ends: a cut is a number of elements, and
 * each cut divides the next. Where they do not, operands are found by division.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit/emit.h"
#include "pass/fused.h"
#include <string.h>

enum { LANES = 16, LONG = 64 };

typedef struct group {
    eg__emitter *e;
    const eg_graph *body;
    const eg__cvalue *const *in, *const *out;
    const eg__cvalue *made; /* by the product that the members go on with; NULL: there is none */
    const char **value;     /* by node: a name, or NULL: an array, element by element */
    int *input;             /* by node: the input it is; -1: none */
    int64_t size, row; /* elements of each member; of what a reduction takes, 0: there is none */
    int64_t cut[EG__LEVELS + 1];
    int n_cuts;
    bool divides; /* cuts do */
    const char *index[EG__LEVELS];
    int64_t stride[EG__LEVELS];
    const char *lane; /* of the innermost loop; NULL: it has none */
} group;

static bool is_loop(const eg_node *node)
{
    return !(node->op->traits & (EG__SOURCE | EG__VIEW)) && eg__has_formula(node->op->name);
}

static bool is_tail(const eg_node *node)
{
    return !(node->op->traits & (EG__SOURCE | EG__VIEW)) && !eg__has_formula(node->op->name) &&
        !eg__makes_parts(node->op);
}

static const eg_spec *spec_of(const group *g, eg_ref r)
{
    return eg__spec_of(g->body, r);
}

/* ---- cuts ----------------------------------------------------------------------------------- */

static void add_cut(group *g, int64_t cut)
{
    int i = 0;

    while (i < g->n_cuts && g->cut[i] < cut)
        i++;
    if (i < g->n_cuts && g->cut[i] == cut)
        return;
    if (g->n_cuts > EG__LEVELS) {
        g->divides = false;
        return;
    }
    memmove(g->cut + i + 1, g->cut + i, sizeof *g->cut * (size_t)(g->n_cuts - i));
    g->cut[i] = cut;
    g->n_cuts++;
}

/* Cuts where an operand turns, as a member of shape `out` reads it. */
static void add_cuts_of(group *g, const eg_spec *operand, const eg_spec *out)
{
    int64_t stride[EG_MAX_RANK], size = 1, step = -1, count = 1;

    if (operand->size == 1 || operand->size == out->size)
        return;
    eg__broadcast_strides(operand, out, stride);
    for (int i = out->rank - 1; i >= 0; i--) {
        if (out->dims[i] == 1)
            continue;
        if (step >= 0 && stride[i] != step * count)
            add_cut(g, size);
        step = step < 0 || stride[i] != step * count ? stride[i] : step;
        count = stride[i] == step ? out->dims[i] : count * out->dims[i];
        size *= out->dims[i];
    }
}

static void find_cuts(group *g)
{
    g->divides = true;
    add_cut(g, 1);
    add_cut(g, g->size);
    if (g->row > 0)
        add_cut(g, g->row);
    int needed = g->n_cuts;
    int64_t plain[3];
    memcpy(plain, g->cut, sizeof *plain * (size_t)needed);
    for (int i = 0; i < g->body->n; i++) {
        const eg_node *node = &g->body->nodes[i];
        for (int k = 0; is_loop(node) && k < node->n_in; k++)
            add_cuts_of(g, spec_of(g, node->in[k]), node->out);
    }
    for (int i = 1; i < g->n_cuts; i++)
        g->divides = g->divides && g->cut[i] % g->cut[i - 1] == 0;
    if (!g->divides) {
        memcpy(g->cut, plain, sizeof *plain * (size_t)needed);
        g->n_cuts = needed;
    }
}

/* ---- operands ------------------------------------------------------------------------------- */

/* The place in an operand of element `at` of a result. */
static int64_t place_of(const eg_spec *operand, const eg_spec *out, int64_t at)
{
    int64_t stride[EG_MAX_RANK], place = 0;

    eg__broadcast_strides(operand, out, stride);
    for (int i = out->rank - 1; i >= 0; i--) {
        place += at % out->dims[i] * stride[i];
        at /= out->dims[i];
    }
    return place;
}

/* The sum of steps of the levels from one on, outermost first. */
static const char *along(const group *g, int level, const int64_t stride[])
{
    const char *index[EG__LEVELS];
    int64_t step[EG__LEVELS];
    int n = g->n_cuts - 1 - level;

    for (int i = 0; i < n; i++) {
        index[i] = g->index[g->n_cuts - 2 - i];
        step[i] = stride[g->n_cuts - 2 - i];
    }
    return eg__c_index(g->e, n, index, step, 0);
}

/* The number of the element that the loops are at. */
static const char *flat(const group *g)
{
    return along(g, 0, g->stride);
}

/* By division, where loops do not follow the operand. */
static const char *divided(const group *g, const eg_spec *operand, const eg_spec *out)
{
    int64_t stride[EG_MAX_RANK], below = 1;
    const char *at = flat(g), *text = "";

    eg__broadcast_strides(operand, out, stride);
    for (int i = out->rank - 1; i >= 0; i--) {
        if (stride[i] != 0)
            text = eg__say(g->e, "%s%s(%s) / %lld %% %lld * %lld", text, *text ? " + " : "", at,
                (long long)below, (long long)out->dims[i], (long long)stride[i]);
        below *= out->dims[i];
    }
    return text;
}

static const char *spread(const group *g, const eg_spec *operand, const eg_spec *out)
{
    int64_t stride[EG__LEVELS];

    if (!g->divides)
        return divided(g, operand, out);
    for (int i = 0; i + 1 < g->n_cuts; i++)
        stride[i] = g->index[i] ? place_of(operand, out, g->stride[i]) : 0;
    return along(g, 0, stride);
}

static const char *operand_of(const group *g, eg_ref r, const eg_spec *out)
{
    const eg__cvalue *from;

    if (g->value[r.node])
        return g->value[r.node];
    from = g->input[r.node] < 0 ? g->made : g->in[g->input[r.node]];
    if (from->spec->size == 1)
        return eg__read(g->e, from, "0");
    const eg_spec *spec = spec_of(g, r);
    return eg__read(g->e, from, spec->size == g->size ? flat(g) : spread(g, spec, out));
}

/* ---- reductions ----------------------------------------------------------------------------- */

static bool has_lanes(const group *g, const eg_node *tail)
{
    return g->lane && tail->op == eg__graph_op("Sum") && eg__c_is_real(tail->out->dtype);
}

const char *eg__combine_first(const eg_node *tail)
{
    const char *op = tail->op->name;

    if (strcmp(op, "Max") == 0)
        return eg__c_lowest(tail->out->dtype);
    if (strcmp(op, "Min") == 0)
        return eg__c_highest(tail->out->dtype);
    return strcmp(op, "Prod") == 0 || strcmp(op, "All") == 0 ? "1" : "0";
}

void eg__combine(eg__emitter *e, const eg_node *tail, eg_dtype dtype, const char *all,
    const char *x)
{
    const char *op = tail->op->name;
    bool sums = strcmp(op, "Sum") == 0, real = eg__c_is_real(dtype);
    bool any = strcmp(op, "Any") == 0;

    if ((sums || strcmp(op, "Prod") == 0) && real) {
        eg__line(e, "%s %s= %s;", all, sums ? "+" : "*", x);
    } else if (sums || strcmp(op, "Prod") == 0) {
        eg__line(e, "%s = (%s)((uint64_t)%s %s (uint64_t)%s);", all, eg__c_type(tail->out->dtype),
            all, sums ? "+" : "*", x);
    } else if (any || strcmp(op, "All") == 0) {
        eg__line(e, "%s %s= %s;", all, any ? "|" : "&", x);
    } else {
        const char *sign = strcmp(op, "Max") == 0 ? ">" : "<";
        eg__line(e, real ? "if (%s %s %s || %s != %s)" : "if (%s %s %s)", x, sign, all, x, x);
        eg__line(e, "    %s = %s;", all, x);
    }
}

static void begin_tails(group *g)
{
    for (int i = 0; i < g->body->n; i++) {
        const eg_node *node = &g->body->nodes[i];
        if (!is_tail(node))
            continue;
        const char *name = eg__c_name(g->e, node->name ? node->name : node->op->name);
        if (has_lanes(g, node))
            eg__line(g->e, "%s %s[%d] = {0};", eg__c_type(node->out->dtype), name, LANES);
        else
            eg__line(g->e, "%s %s = %s;", eg__c_type(node->out->dtype), name,
                eg__combine_first(node));
        g->value[i] = name;
    }
}

static void take_element(group *g, int i)
{
    const eg_node *node = &g->body->nodes[i];
    const char *all = g->value[i], *x = operand_of(g, node->in[0], spec_of(g, node->in[0]));

    if (has_lanes(g, node))
        all = eg__say(g->e, "%s[%s]", all, g->lane);
    eg__combine(g->e, node, spec_of(g, node->in[0])->dtype, all, x);
}

/* The results of a row, whose number is `at`. */
static void end_tails(group *g, const char *at)
{
    for (int k = 0; k < g->body->n_outputs; k++) {
        int i = (int)g->body->outputs[k].node;
        const eg_node *node = &g->body->nodes[i];
        if (!is_tail(node))
            continue;
        const char *all = g->value[i];
        if (has_lanes(g, node)) {
            eg__line(g->e, "for (size_t lane = 1; lane < %d; lane++)", LANES);
            eg__line(g->e, "    %s[0] += %s[lane];", all, all);
            all = eg__say(g->e, "%s[0]", all);
        }
        eg__cvalue *out = (eg__cvalue *)(uintptr_t)g->out[k];
        if (!out->name)
            out->name = all;
        else
            eg__write(g->e, out, at, all);
    }
}

/* ---- members -------------------------------------------------------------------------------- */

/* The result that a member is, where nothing else reads it and it has a name. */
static const eg__cvalue *only_output(const group *g, int i)
{
    const eg__cvalue *out = NULL;
    int reads = 0;

    for (int n = 0; n < g->body->n; n++)
        for (int k = 0; k < g->body->nodes[n].n_in; k++)
            reads += (int)g->body->nodes[n].in[k].node == i;
    for (int k = 0; k < g->body->n_outputs; k++)
        if ((int)g->body->outputs[k].node == i) {
            out = g->out[k];
            reads++;
        }
    return out && out->name && reads == 1 ? out : NULL;
}

static void write_member(group *g, int i)
{
    const eg_node *node = &g->body->nodes[i];
    const char *operand[EG__NAMED_IN], *wish = node->name ? node->name : node->op->name;
    const eg_spec *spec[EG__NAMED_IN];

    g->e->now = node;
    for (int k = 0; k < node->n_in; k++) {
        spec[k] = spec_of(g, node->in[k]);
        operand[k] = operand_of(g, node->in[k], node->out);
    }
    const char *refused = eg__formula_refuses(g->e, node, spec, operand);
    if (refused) {
        eg__line(g->e, "if (%s)", refused);
        eg__line(g->e, "    return %s_OUT_OF_RANGE;", eg__c_upper(g->e, g->e->prefix));
        g->e->fails = true;
    }
    const char *made = eg__formula(g->e, node, spec, operand);
    const eg__cvalue *only = only_output(g, i);
    if (only) {
        eg__write(g->e, only, flat(g), made);
        g->value[i] = NULL;
        return;
    }
    g->value[i] = eg__c_name(g->e, wish);
    eg__line(g->e, "const %s %s = %s;", eg__c_type(node->out->dtype), g->value[i], made);
}

static void write_outputs(group *g)
{
    for (int k = 0; k < g->body->n_outputs; k++) {
        int i = (int)g->body->outputs[k].node;
        eg__cvalue *out = (eg__cvalue *)(uintptr_t)g->out[k];
        if (is_tail(&g->body->nodes[i]) || !g->value[i])
            continue; /* a reduction, or written where it was made */
        if (!out->name)
            out->name = g->value[i];
        else
            eg__write(g->e, out, flat(g), g->value[i]);
    }
}

static void write_element(group *g)
{
    for (int i = 0; i < g->body->n; i++) {
        const eg_node *node = &g->body->nodes[i];
        if (node->op->traits & EG__SOURCE || eg__makes_parts(node->op))
            continue;
        if (node->op->traits & EG__VIEW) {
            g->value[i] = g->value[node->in[0].node];
            g->input[i] = g->input[node->in[0].node];
        } else if (is_tail(node)) {
            take_element(g, i);
        } else {
            write_member(g, i);
        }
    }
    write_outputs(g);
}

/* ---- loops ---------------------------------------------------------------------------------- */

static int64_t steps_at(const group *g, int level)
{
    return g->cut[level + 1] / g->cut[level];
}

/* Opens the loop between two cuts; the innermost one by lanes where there are many steps. */
static void open_level(group *g, int level)
{
    int64_t n = steps_at(g, level);
    const char *i;

    g->stride[level] = g->cut[level];
    g->index[level] = NULL;
    if (n == 1)
        return;
    if (level > 0 || !g->lane) {
        g->index[level] = eg__loop(g->e, n);
        return;
    }
    i = eg__loop_index(g->e);
    eg__open(g->e, "for (size_t %s = 0; %s < %lld; %s += %d)", i, i, (long long)n, i, LANES);
    if (n % LANES)
        eg__open(g->e, "for (size_t lane = 0; lane < %d && %s + lane < %lld; lane++)", LANES, i,
            (long long)n);
    else
        eg__open(g->e, "for (size_t lane = 0; lane < %d; lane++)", LANES);
    g->index[level] = eg__say(g->e, "(%s + lane)", i);
}

static void close_level(group *g, int level)
{
    if (g->index[level])
        eg__close(g->e);
    if (g->index[level] && level == 0 && g->lane)
        eg__close(g->e);
    g->index[level] = NULL;
}

static void find_lanes(group *g)
{
    bool sums = false;

    for (int i = 0; i < g->body->n; i++)
        sums = sums ||
            (is_tail(&g->body->nodes[i]) && g->body->nodes[i].op == eg__graph_op("Sum") &&
                eg__c_is_real(g->body->nodes[i].out->dtype));
    g->lane = sums && g->row > 1 && g->n_cuts > 1 && steps_at(g, 0) >= LONG ? "lane" : NULL;
}

/* What there is of a row when the loops over its elements are closed. */
static const char *row_number(const group *g, int level)
{
    int64_t stride[EG__LEVELS];

    for (int i = level; i + 1 < g->n_cuts; i++)
        stride[i] = g->cut[i] / g->row;
    return along(g, level, stride);
}

static void write_loops(group *g)
{
    int row = 0;

    find_lanes(g);
    while (g->row > 0 && g->cut[row] != g->row)
        row++;
    for (int level = g->n_cuts - 2; level >= row; level--)
        open_level(g, level);
    if (g->row > 0)
        begin_tails(g);
    for (int level = row - 1; level >= 0; level--)
        open_level(g, level);
    write_element(g);
    for (int level = 0; level < row; level++)
        close_level(g, level);
    if (g->row > 0)
        end_tails(g, row_number(g, row));
    for (int level = row; level + 1 < g->n_cuts; level++)
        close_level(g, level);
}

/* ---- groups --------------------------------------------------------------------------------- */

/* What a group has: its size, its rows. */
static void measure(group *g)
{
    for (int i = 0; i < g->body->n; i++) {
        const eg_node *node = &g->body->nodes[i];
        if (is_loop(node)) {
            g->size = node->out->size;
        } else if (is_tail(node)) {
            g->size = spec_of(g, node->in[0])->size;
            g->row = g->size / node->out->size;
        }
    }
}

static bool write_group(eg__emitter *e, const eg_graph *body, const eg__work *w,
    const eg__cvalue *made)
{
    group g = {.e = e, .body = body, .in = w->in, .out = w->out, .made = made};
    int n = 0;

    g.value = eg__emit_take(e, sizeof *g.value * ((size_t)body->n + 1));
    g.input = eg__emit_take(e, sizeof *g.input * ((size_t)body->n + 1));
    if (!g.value || !g.input)
        return false;
    for (int i = 0; i < body->n; i++) {
        g.value[i] = NULL;
        g.input[i] = body->nodes[i].op == &eg_op_placeholder ? n++ : -1;
        if (!eg__c_type(body->nodes[i].out->dtype))
            return eg__cannot(e, "%s has no type in C11; compute with real numbers",
                eg_dtype_name(body->nodes[i].out->dtype));
    }
    measure(&g);
    find_cuts(&g);
    write_loops(&g);
    return !eg__me.failed;
}

/* Writes the product that the members of a group go on with; gives where it is. */
static const eg__cvalue *write_maker(eg__emitter *e, const eg_graph *body, int maker,
    const eg__work *w)
{
    const eg_node *node = &body->nodes[maker];
    int last = body->n_outputs - 1;
    bool is_output = (int)body->outputs[last].node == maker;
    eg__work own = {.graph = body, .node = node};

    own.out[0] = is_output ? w->out[last] : eg__c_array(e, node->out, node->op->name);
    for (int k = 0; k < node->n_in; k++)
        own.in[k] = w->in[node->in[k].node];
    e->now = node;
    return own.out[0] && eg__emission_of(node->op)->write(e, &own) ? own.out[0] : NULL;
}

bool eg__group_of_fused(eg__emitter *e, const eg__work *w)
{
    const eg_graph *body = ((const eg__fused_attrs *)w->node->attrs)->fused->body;
    int maker = eg__fused_maker(body);
    const eg__cvalue *made = maker < 0 ? NULL : write_maker(e, body, maker, w);

    if (maker >= 0 && !made)
        return false;
    bool done = write_group(e, body, w, made);
    if (made)
        eg__c_release(e, made);
    e->now = w->node;
    return done;
}

bool eg__group_of_one(eg__emitter *e, const eg__work *w)
{
    eg_graph *body = eg__graph_new(w->node->op->name);
    eg_ref in[EG__NAMED_IN];
    bool done = body != NULL;
    int at = -1;

    for (int k = 0; done && k < w->node->n_in; k++) {
        in[k] = (eg_ref){(uint32_t)k, 0};
        done = eg__graph_add_input(body, NULL, w->in[k]->spec) >= 0;
    }
    if (done && (at = eg__graph_copy_node(body, w->node, in)) >= 0)
        done = eg__graph_want(body, (eg_ref){(uint32_t)at, 0}) && write_group(e, body, w, NULL);
    e->now = w->node;
    eg_graph_free(body);
    return done && at >= 0;
}
