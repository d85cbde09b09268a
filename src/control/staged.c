/* What Loop and Switch have in common: making them, finding equal ones, their descriptors.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/lanes.h"
#include "base/memory.h"
#include "op/infer.h"
#include <math.h>
#include <pthread.h>
#include <string.h>

static const char op_name[] = "staged control flow";

/* All there are, so that equal ones are found. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static eg__staged *all;

/* ---- making --------------------------------------------------------------------------------- */

void *eg__staged_take(eg__staged *s, size_t size)
{
    void *memory = eg__arena_take(&s->memory, size);

    if (!memory)
        eg__fail_memory(op_name, size);
    return memory;
}

eg__staged *eg__staged_new(const eg_opdef *op, int n_in, int n_out, int n_sweeps)
{
    eg__staged *s = eg__alloc_zero(sizeof *s);

    if (!s)
        return eg__fail_memory(op_name, sizeof *s), NULL;
    atomic_init(&s->refs, 1);
    s->op = op;
    s->n_in = n_in;
    s->n_out = n_out;
    s->n_sweeps = n_sweeps;
    s->most = s->count = -1;
    s->in = eg__staged_take(s, sizeof *s->in * (size_t)n_in);
    s->out = eg__staged_take(s, sizeof *s->out * (size_t)n_out);
    s->output = eg__staged_take(s, sizeof *s->output * (size_t)n_out);
    s->sweep = eg__staged_take(s, sizeof *s->sweep * (size_t)n_sweeps);
    if (s->in && s->out && s->output && s->sweep)
        return s;
    s->n_sweeps = 0;
    eg__staged_unref(s);
    return NULL;
}

static void unlist(eg__staged *s)
{
    for (eg__staged **at = &all; *at; at = &(*at)->next)
        if (*at == s) {
            *at = s->next;
            return;
        }
}

static void drop(eg__staged *s)
{
    for (int i = 0; i < s->n_sweeps; i++)
        eg__block_unref(s->sweep[i].block);
    eg__block_unref(s->go_on.block);
    eg__arena_free(&s->memory);
    eg_free(s->text);
    eg__free(s, sizeof *s);
}

/* The last owner leaves under the lock: nobody can find what is about to be dropped. */
static void count_owners(eg__staged *s, int change)
{
    pthread_mutex_lock(&lock);
    bool last = atomic_fetch_add(&s->refs, change) + change == 0;
    if (last)
        unlist(s);
    pthread_mutex_unlock(&lock);
    if (last)
        drop(s);
}

void eg__staged_unref(eg__staged *s)
{
    if (s)
        count_owners(s, -1);
}

/* ---- equal ones ------------------------------------------------------------------------------ */

static bool set_text(eg__staged *s)
{
    eg__text text = {0};

    eg__staged_put(s, &text);
    if (!eg__me.failed)
        s->text = eg__text_take(&text, op_name);
    else
        eg__text_free(&text);
    return s->text != NULL;
}

static bool same_print(const eg__print_node *x, const eg__print_node *y)
{
    const eg_print_attrs *a = &x->how, *b = &y->how;

    return a->precision == b->precision && a->threshold == b->threshold &&
        a->edge_items == b->edge_items && a->line_width == b->line_width && a->to == b->to;
}

/* What a text does not show: how and where something is printed, whom a host call calls. */
static bool same_nodes(const eg__block *a, const eg__block *b)
{
    const eg_graph *p = a ? eg__block_graph(a) : NULL, *q = b ? eg__block_graph(b) : NULL;

    if (!p || !q || p->n != q->n)
        return p == q;
    for (int i = 0; i < p->n; i++) {
        const eg_node *x = &p->nodes[i], *y = &q->nodes[i];
        if (x->op != y->op || (x->op == &eg_op_print && !same_print(x->attrs, y->attrs)) ||
            (x->op->attrs && x->attrs && !eg__attrs_equal(x->op->attrs, x->attrs, y->attrs)))
            return false;
    }
    return true;
}

static bool same_bodies(const eg__staged *a, const eg__staged *b)
{
    bool same = same_nodes(a->go_on.block, b->go_on.block);

    for (int i = 0; same && i < a->n_sweeps; i++)
        same = same_nodes(a->sweep[i].block, b->sweep[i].block);
    return same;
}

static bool is_equal(const eg__staged *a, const eg__staged *b)
{
    if (a->n_in != b->n_in || a->n_sweeps != b->n_sweeps || strcmp(a->text, b->text) != 0)
        return false;
    for (int i = 0; i < a->n_in; i++)
        if (!eg__same_spec(&a->in[i], &b->in[i]))
            return false;
    return !(a->traits & (EG__EFFECT | EG__HOST)) || same_bodies(a, b);
}
/* Lists it, or gives the one that is equal, with one more owner. */
static eg__staged *enlist(eg__staged *s)
{
    pthread_mutex_lock(&lock);
    eg__staged *found = all;
    while (found && !is_equal(found, s))
        found = found->next;
    if (found) {
        atomic_fetch_add(&found->refs, 1);
    } else {
        s->next = all;
        all = s;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

static unsigned traits_of(const eg__sweep *sweep)
{
    const eg_graph *graph = sweep->block ? eg__block_graph(sweep->block) : NULL;
    unsigned traits = 0;

    for (int i = 0; graph && i < graph->n; i++)
        traits |= eg__traits(graph->nodes[i].op, graph->nodes[i].attrs);
    return traits & (EG__EFFECT | EG__HOST | EG__MAY_FAIL);
}

static void find_traits(eg__staged *s)
{
    s->traits = traits_of(&s->go_on);
    for (int i = 0; i < s->n_sweeps; i++)
        s->traits |= traits_of(&s->sweep[i]);
}

eg__staged *eg__staged_settle(eg__staged *s)
{
    if (!set_text(s) || (s->op == &eg_op_loop && !eg__lanes_find(s))) {
        eg__staged_unref(s);
        return NULL;
    }
    find_traits(s);
    eg__staged *equal = enlist(s);
    if (equal)
        eg__staged_unref(s);
    return equal ? equal : s;
}

eg_tensor *eg__staged_apply(eg__staged *s, eg_tensor *const in[])
{
    eg__staged_attrs attrs = {sizeof attrs, s};
    eg_tensor *y = NULL;

    if (s && !eg__me.failed && (attrs.staged = eg__staged_settle(s)))
        y = eg_apply(attrs.staged->op, &attrs, attrs.staged->n_in, in);
    eg__staged_unref(attrs.staged);
    return y;
}

/* ---- descriptors ---------------------------------------------------------------------------- */

static const eg_attr fields[] = {
    EG__ATTR(eg__staged_attrs, HOST, staged),
    {0},
};

static double sweep_flops(const eg__sweep *sweep)
{
    return sweep->block ? eg_graph_flops(eg__block_graph(sweep->block)) : 0;
}

/* Of all steps where their number is known, otherwise of one. */
static double loop_flops(const eg_problem *p)
{
    const eg__staged *s = ((const eg__staged_attrs *)p->attrs)->staged;
    double sum = sweep_flops(&s->go_on);
    bool known = s->most >= 0 && s->count < 0 && !s->go_on.block;

    for (int i = 0; i < s->n_sweeps; i++)
        sum += sweep_flops(&s->sweep[i]);
    return known ? sum * (double)s->most : sum;
}

/* Of the branch that has most. */
static double switch_flops(const eg_problem *p)
{
    const eg__staged *s = ((const eg__staged_attrs *)p->attrs)->staged;
    double most = 0;

    for (int i = 0; i < s->n_sweeps; i++)
        most = fmax(most, sweep_flops(&s->sweep[i]));
    return most;
}

static void hold(const void *attrs, int change)
{
    count_owners(((const eg__staged_attrs *)attrs)->staged, change);
}

static void put(const void *attrs, eg__text *text)
{
    eg__text_put(text, " ");
    eg__staged_put(((const eg__staged_attrs *)attrs)->staged, text);
}

static unsigned more_traits(const void *attrs)
{
    return attrs ? ((const eg__staged_attrs *)attrs)->staged->traits : 0;
}

static int count_outputs(const void *attrs)
{
    return attrs ? ((const eg__staged_attrs *)attrs)->staged->n_out : 1;
}

static eg_status infer(eg_shapes *s)
{
    const eg__staged *staged = ((const eg__staged_attrs *)s->attrs)->staged;
    char now[EG__SPEC_TEXT], then[EG__SPEC_TEXT];

    if (s->n_in != staged->n_in)
        return eg__fail(EG_INVALID, s->op->name, "%d inputs; it takes %d", s->n_in, staged->n_in);
    for (int i = 0; i < s->n_in; i++)
        if (!eg__same_spec(s->in[i], &staged->in[i]))
            return eg__fail(EG_INVALID, s->op->name, "input %d is %s; it was recorded for %s", i,
                eg__spec_text(s->in[i], now), eg__spec_text(&staged->in[i], then));
    for (int i = 0; i < staged->n_out; i++)
        *s->out[i] = staged->out[i];
    return EG_OK;
}

static bool parse_loop(void *attrs, int n_in, const eg_spec *const in[], struct eg__reading *at)
{
    return eg__staged_parse(&eg_op_loop, attrs, n_in, in, at);
}

static bool parse_switch(void *attrs, int n_in, const eg_spec *const in[], struct eg__reading *at)
{
    return eg__staged_parse(&eg_op_switch, attrs, n_in, in, at);
}

const eg_opdef eg_op_loop = {
    .name = "Loop",
    .in = {"x"},
    .variadic = true,
    .traits = EG__NESTS | EG__PARTIAL,
    .more_traits = more_traits,
    .count_out = count_outputs,
    .attrs = fields,
    .attrs_size = sizeof(eg__staged_attrs),
    .hold = hold,
    .put = put,
    .parse = parse_loop,
    .infer = infer,
    .kernels = EG__KERNELS(&eg__loop_kernel),
    .grad = eg__loop_grad,
    .flops = loop_flops,
};

const eg_opdef eg_op_switch = {
    .name = "Switch",
    .in = {"index"},
    .variadic = true,
    .traits = EG__NESTS | EG__PARTIAL,
    .more_traits = more_traits,
    .count_out = count_outputs,
    .attrs = fields,
    .attrs_size = sizeof(eg__staged_attrs),
    .hold = hold,
    .put = put,
    .parse = parse_switch,
    .infer = infer,
    .kernels = EG__KERNELS(&eg__switch_kernel),
    .grad = eg__switch_grad,
    .flops = switch_flops,
};
