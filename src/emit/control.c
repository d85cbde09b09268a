/* Staged branches and loops.
 *
 * A branch is a block of an `if`. A sweep of a loop is a `for`: what it carries lies in one place,
 * which the step's end overwrites; what later sweeps look at, and what is stacked, has a record a
 * step, so that the number of steps must then be known.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/staged.h"
#include "emit/emit.h"
#include <string.h>

/* ---- branches ------------------------------------------------------------------------------- */

static const eg_graph *run_of(const eg__block *block)
{
    return block->plan->run;
}

static bool write_switch(eg__emitter *e, const eg__work *w)
{
    const eg__staged *s = ((const eg__staged_attrs *)w->node->attrs)->staged;
    const char *index = eg__read(e, w->in[0], "0");

    for (int i = 0; i < s->n_sweeps; i++) {
        const eg__sweep *branch = &s->sweep[i];
        const eg__cvalue **in = eg__emit_take(e, sizeof *in * ((size_t)branch->n_ports + 1));
        if (!in)
            return false;
        for (int k = 0; k < branch->n_ports; k++)
            in[k] = w->in[branch->port[k].index];
        if (s->n_sweeps == 1)
            eg__open(e, "%s", "");
        else if (i + 1 == s->n_sweeps)
            eg__open(e, "else");
        else
            eg__open(e, i == 0 ? "if (%s <= %d)" : "else if (%s == %d)", index, i);
        if (!eg__graph_write(e, run_of(branch->block), in, w->out))
            return false;
        eg__close(e);
    }
    return true;
}

/* ---- loops ---------------------------------------------------------------------------------- */

typedef struct place {
    const eg__cvalue *now;  /* of a state */
    const eg__cvalue *kept; /* a record of each step; NULL: none */
} place;

typedef struct sweeping {
    eg__emitter *e;
    const eg__work *w;
    const eg__staged *s;
    place *place[EG__MAX_OUT]; /* by sweep, then by output of its block */
    int64_t most;              /* steps, -1: any number */
    const char *t, *steps;     /* the step at hand; how many there were */
} sweeping;

/* The most steps there can be; -1: nobody knows. */
static int64_t most_steps(const eg__staged *s, const eg__work *w)
{
    int64_t most = s->most;

    if (s->count >= 0) {
        const eg_node *node = &w->graph->nodes[w->node->in[s->count].node];
        if (node->op == &eg_op_constant) {
            int64_t n = eg__element_int(EG_INT64, node->tensor->data);
            n = n < 0 ? 0 : n;
            most = most < 0 || n < most ? n : most;
        }
    }
    return most;
}

/* Whether a later sweep looks at output k of sweep i. */
static bool is_looked_at(const eg__staged *s, int i, int k)
{
    bool is_state = k < s->sweep[i].n_state;

    for (int later = i + 1; later < s->n_sweeps; later++)
        for (int p = 0; p < s->sweep[later].n_ports; p++) {
            const eg__port *port = &s->sweep[later].port[p];
            int index = port->index + (port->kind == EG__PORT_EMITTED ? s->sweep[i].n_state : 0);
            bool fits = port->kind == (is_state ? EG__PORT_STATE : EG__PORT_EMITTED);
            if (fits && port->sweep == i && index == k)
                return true;
        }
    return false;
}

/* The first result that stacks what sweep i emits as output k; -1: none. */
static int stacked_in(const eg__staged *s, int i, int k)
{
    for (int r = 0; r < s->n_out; r++)
        if (s->output[r].kind == EG__PORT_EMITTED && s->output[r].sweep == i &&
            s->output[r].index + s->sweep[i].n_state == k)
            return r;
    return -1;
}

/* Room for a record of each step. */
static const eg__cvalue *keep(sweeping *l, const eg_spec *spec)
{
    eg_spec *all = eg__emit_take(l->e, sizeof *all);

    if (l->most < 0) {
        eg__cannot(l->e,
            "its gradient looks at every step, and nobody knows how many there are; "
            "give the loop a bound (.most)");
        return NULL;
    }
    if (!all || l->most == 0)
        return NULL;
    *all = (eg_spec){.dtype = spec->dtype, .rank = 2, .dims = {l->most, spec->size}};
    if (!eg__spec_measure(all)) {
        eg__cannot(l->e, "it keeps more than fits into memory");
        return NULL;
    }
    return eg__c_array(l->e, all, "kept");
}

/* The homes of what a sweep carries and emits. */
static bool take_places(sweeping *l, int i)
{
    const eg__sweep *sweep = &l->s->sweep[i];
    int n = sweep->n_state + sweep->n_emitted;

    l->place[i] = eg__emit_take(l->e, sizeof(place) * ((size_t)n + 1));
    if (!l->place[i])
        return false;
    for (int k = 0; k < n; k++) {
        const eg_spec *spec = eg__block_out(sweep->block, k);
        int result = k < sweep->n_state ? -1 : stacked_in(l->s, i, k);
        place *p = &l->place[i][k];
        *p = (place){NULL, result >= 0 ? l->w->out[result] : NULL};
        if (k < sweep->n_state && !(p->now = eg__c_declare(l->e, spec, "carried")))
            return false;
        if (!p->kept && is_looked_at(l->s, i, k) && l->most != 0 && !(p->kept = keep(l, spec)))
            return false;
        if (p->now)
            eg__copy_all(l->e, p->now, l->w->in[sweep->initial[k]]);
    }
    return true;
}

static void release_places(sweeping *l, int i)
{
    const eg__sweep *sweep = &l->s->sweep[i];

    for (int k = 0; l->place[i] && k < sweep->n_state + sweep->n_emitted; k++) {
        if (l->place[i][k].now)
            eg__c_release(l->e, l->place[i][k].now);
        if (l->place[i][k].kept && stacked_in(l->s, i, k) < 0)
            eg__c_release(l->e, l->place[i][k].kept);
    }
}

/* The record of the step at hand. */
static const eg__cvalue *record(sweeping *l, const eg__cvalue *all, const eg_spec *spec)
{
    eg__cvalue *v = eg__emit_take(l->e, sizeof *v);

    if (!v || !all)
        return v;
    *v = (eg__cvalue){spec, all->name, all->is_array, -1};
    if (all->is_array && spec->size > 0)
        v->name = spec->size == 1
            ? eg__say(l->e, "(%s + %s)", all->name, l->t)
            : eg__say(l->e, "(%s + %s * %lld)", all->name, l->t, (long long)spec->size);
    return v;
}

static const eg__cvalue *step_number(sweeping *l, const eg_spec *spec)
{
    eg__cvalue *v = eg__emit_take(l->e, sizeof *v);

    if (v)
        *v = (eg__cvalue){spec, l->t, false, -1};
    return v;
}

static const eg__cvalue *look(sweeping *l, int i, const eg__port *p, const eg_spec *spec)
{
    switch (p->kind) {
    case EG__PORT_INPUT:
        return l->w->in[p->index];
    case EG__PORT_ROW:
        return record(l, l->w->in[p->index], spec);
    case EG__PORT_STEP:
        return step_number(l, spec);
    case EG__PORT_STATE:
        return p->sweep == i ? l->place[i][p->index].now
                             : record(l, l->place[p->sweep][p->index].kept, spec);
    default:
        return record(l, l->place[p->sweep][l->s->sweep[p->sweep].n_state + p->index].kept, spec);
    }
}

static const eg__cvalue **look_at_all(sweeping *l, int i, const eg__sweep *sweep)
{
    const eg__cvalue **in = eg__emit_take(l->e, sizeof *in * ((size_t)sweep->n_ports + 1));

    for (int k = 0; in && k < sweep->n_ports; k++)
        in[k] = look(l, i, &sweep->port[k], eg__block_in(sweep->block, k));
    return eg__me.failed ? NULL : in;
}

/* Asks whether there is another step. */
static bool write_question(sweeping *l)
{
    const eg__sweep *asks = &l->s->go_on;
    const eg__cvalue **in = look_at_all(l, 0, asks);
    eg__scene scene;

    if (!in)
        return false;
    bool done = eg__scene_write(&scene, l->e, run_of(asks->block), in, NULL);
    if (done) {
        eg__line(l->e, "if (!%s)", eg__read(l->e, eg__scene_output(&scene, 0), "0"));
        eg__line(l->e, "    break;");
    }
    eg__scene_end(&scene);
    return done;
}

/* Whether a value is the place of a state that comes before number k. */
static bool is_overwritten(const sweeping *l, int i, int k, const eg__cvalue *value)
{
    for (int m = 0; m < k; m++)
        if (strcmp(l->place[i][m].now->name, value->name) == 0)
            return true;
    return false;
}

/* Puts the next state where the last was. */
static bool move_on(sweeping *l, int i, const eg__scene *scene)
{
    const eg__sweep *sweep = &l->s->sweep[i];
    const eg__cvalue **next = eg__emit_take(l->e, sizeof *next * ((size_t)sweep->n_state + 1));

    for (int k = 0; next && k < sweep->n_state; k++) {
        next[k] = eg__scene_output(scene, k);
        if (!is_overwritten(l, i, k, next[k]))
            continue;
        eg__cvalue *aside = eg__c_declare(l->e, next[k]->spec, "aside");
        if (!aside)
            return false;
        eg__copy_all(l->e, aside, next[k]);
        eg__c_release(l->e, aside);
        next[k] = aside;
    }
    for (int k = 0; next && k < sweep->n_state; k++)
        eg__copy_all(l->e, l->place[i][k].now, next[k]);
    return next && !eg__me.failed;
}

static bool write_step(sweeping *l, int i)
{
    const eg__sweep *sweep = &l->s->sweep[i];
    int n = sweep->n_state + sweep->n_emitted;
    const eg__cvalue **in = look_at_all(l, i, sweep);
    const eg__cvalue **want = eg__emit_take(l->e, sizeof *want * ((size_t)n + 1));
    eg__scene scene;

    if (!in || !want)
        return false;
    for (int k = 0; k < n; k++) {
        const place *p = &l->place[i][k];
        want[k] = k >= sweep->n_state && p->kept
            ? record(l, p->kept, eg__block_out(sweep->block, k))
            : NULL;
        if (k < sweep->n_state && p->kept)
            eg__copy_all(l->e, record(l, p->kept, p->now->spec), p->now);
    }
    bool done = eg__scene_write(&scene, l->e, run_of(sweep->block), in, want);
    for (int k = sweep->n_state; done && k < n; k++)
        if (want[k])
            eg__copy_all(l->e, want[k], eg__scene_output(&scene, k));
    done = done && move_on(l, i, &scene);
    eg__scene_end(&scene);
    return done;
}

/* The head of the first sweep, which finds out how many steps there are. */
static void open_first(sweeping *l)
{
    const char *bound = "";

    eg__line(l->e, "int64_t %s = 0;", l->t);
    if (l->most >= 0)
        bound = eg__say(l->e, "%s < %lld", l->t, (long long)l->most);
    if (l->s->count >= 0)
        bound = eg__say(l->e, "%s%s%s < %s", bound, *bound ? " && " : "", l->t,
            eg__read(l->e, l->w->in[l->s->count], "0"));
    eg__open(l->e, "for (; %s; %s++)", bound, l->t);
}

static bool write_sweep(sweeping *l, int i)
{
    l->t = eg__c_name(l->e, "t");
    if (i == 0)
        open_first(l);
    else if (l->s->sweep[i].backwards)
        eg__open(l->e, "for (int64_t %s = %s; %s-- > 0;)", l->t, l->steps, l->t);
    else
        eg__open(l->e, "for (int64_t %s = 0; %s < %s; %s++)", l->t, l->t, l->steps, l->t);
    if (i == 0 && l->s->go_on.block && !write_question(l))
        return false;
    if (!write_step(l, i))
        return false;
    eg__close(l->e);
    if (i == 0)
        l->steps = l->t;
    return !eg__me.failed;
}

static void write_results(sweeping *l)
{
    for (int r = 0; r < l->s->n_out; r++) {
        const eg__port *p = &l->s->output[r];
        if (p->kind == EG__PORT_STATE)
            eg__copy_all(l->e, l->w->out[r], l->place[p->sweep][p->index].now);
        else if (l->place[p->sweep][l->s->sweep[p->sweep].n_state + p->index].kept)
            eg__copy_all(l->e, l->w->out[r],
                l->place[p->sweep][l->s->sweep[p->sweep].n_state + p->index].kept);
    }
}

static bool write_loop(eg__emitter *e, const eg__work *w)
{
    const eg__staged *s = ((const eg__staged_attrs *)w->node->attrs)->staged;
    sweeping l = {.e = e, .w = w, .s = s, .most = most_steps(s, w)};
    bool done = true;

    if (s->n_sweeps > EG__MAX_OUT)
        return eg__cannot(e, "it is a gradient of too high an order");
    for (int i = 0; i < s->n_sweeps && done; i++)
        done = take_places(&l, i) && write_sweep(&l, i);
    if (done)
        write_results(&l);
    for (int i = 0; i < s->n_sweeps; i++)
        release_places(&l, i);
    return done && !eg__me.failed;
}

const eg__emission eg__emit_control[] = {
    {"Loop", write_loop, false},
    {"Switch", write_switch, false},
    {0},
};
