/* From a compiled program to a course: what a run looks up in tensors and variables is found now.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "control/staged.h"
#include "pass/fused.h"
#include "realtime/course.h"
#include "tensor/variable.h"
#include <string.h>

static const char op_name[] = "eg_plan_new";

typedef struct making {
    eg__course *c;
    const eg__trace *trace;
    const eg__program *program;
    eg__map weights; /* variables that are read only: where their values are among those held */
} making;

static void *take(making *m, size_t size)
{
    void *memory = eg__arena_take(&m->c->memory, size);

    if (!memory)
        eg__fail_memory(op_name, size);
    return memory;
}

static const eg__segment *segment_of(const making *m, int stage)
{
    return m->program->places[stage].piece->segment;
}

/* ---- what is fixed --------------------------------------------------------------------------- */

/* Keeps a value as long as the course lives; takes over the caller's ownership. -1 after an error.
 */
static int hold(making *m, eg_tensor *value)
{
    eg__course *c = m->c;

    if (!value)
        return -1;
    if (!eg__reserve(&c->held, sizeof *c->held, c->n_held, &c->held_capacity)) {
        eg__unref(value);
        eg__fail_memory(op_name, sizeof value);
        return -1;
    }
    c->held[c->n_held] = value;
    return c->n_held++;
}

static bool fix(making *m, int held, eg__origin *o)
{
    if (held >= 0)
        *o = (eg__origin){.kind = EG__OF_FIXED, .data = m->c->held[held]->data};
    return held >= 0;
}

static int find_state(const making *m, const eg_tensor *variable)
{
    for (int i = 0; i < m->c->n_states; i++)
        if (m->c->states[i].variable == variable)
            return i;
    return -1;
}

/* Its value of now; the same for all who read it. */
static int hold_weight(making *m, eg_tensor *variable)
{
    uint64_t key = eg__key_of(variable);
    const uint32_t *known = eg__map_find(&m->weights, key);

    if (known)
        return (int)*known;
    int held = hold(m, eg__variable_get(variable, NULL));
    if (held >= 0 && !eg__map_set(&m->weights, key, (uint32_t)held))
        return eg__fail_memory(op_name, sizeof(eg__map_slot)), -1;
    return held;
}

static bool of_variable(making *m, eg_tensor *variable, eg__origin *o)
{
    int state = find_state(m, variable);

    if (state < 0)
        return fix(m, hold_weight(m, variable), o);
    *o = (eg__origin){.kind = EG__OF_STATE, .index = (uint32_t)state};
    return true;
}

/* ---- where values come from ------------------------------------------------------------------ */

static bool is_input(const eg__argument *a)
{
    return !a->variable && !a->value;
}

static bool of_argument(making *m, int i, eg__origin *o)
{
    const eg__argument *a = &m->trace->arguments[i];

    if (a->variable)
        return of_variable(m, a->variable, o);
    if (a->value)
        return fix(m, hold(m, eg__ref(a->value)), o);
    *o = (eg__origin){.kind = EG__OF_INPUT};
    for (int k = 0; k < i; k++)
        o->index += is_input(&m->trace->arguments[k]);
    return true;
}

/* Of a source as a stage sees it. */
static bool find_origin(making *m, int stage, const eg__source *s, eg__origin *o)
{
    const eg__segment *at = segment_of(m, stage);

    if (s->tensor)
        return s->tensor->kind == EG__VARIABLE ? of_variable(m, s->tensor, o)
                                               : fix(m, hold(m, eg__ref(s->tensor)), o);
    if (s->depth < 0)
        return of_argument(m, s->index, o);
    while (at->depth > s->depth)
        at = at->parent;
    const eg__plan *plan = m->program->places[at->number].piece->plan;
    *o = (eg__origin){EG__OF_STAGE, (uint32_t)at->number, plan->outputs[s->index].slot, NULL};
    return true;
}

/* ---- ways ------------------------------------------------------------------------------------ */

/* Of fused operations it is the names of all that says which. */
static bool can_be_steady(const eg__plan *plan)
{
    const eg__step *step = eg__waiting_step(plan);
    eg_site caller = eg__me.site;

    if (!step)
        return true;
    if (step->site.file)
        eg__me.site = step->site;
    eg__fail(EG_STATE, op_name, "%s cannot run in bounded time: %s",
        step->op == &eg_op_fused ? step->job.implementation : step->op->name, step->job.waits);
    eg__me.site = caller;
    return false;
}

static bool reach(making *m, eg__stage *from, const eg__place *place)
{
    int number = place->piece->segment->number;

    from->next[from->n_next++] = (uint32_t)number;
    m->c->stages[number].piece = eg__piece_ref(place->piece);
    m->c->n_steps += place->piece->plan->n_steps;
    return can_be_steady(place->piece->plan);
}

/* The callee's environment is what it is now. */
static bool reach_call(making *m, eg__stage *stage, const eg__place *place)
{
    const eg__segment *s = place->piece->segment;

    for (int i = 0; i < place->n_children; i++)
        if (eg__outcome_is(s, &place->seen[i], s->callee->env, s->callee->env_size))
            return reach(m, stage, place->children[i]);
    return eg__fail(EG_STATE, op_name,
               "the environment of %s has changed since its call at %s:%d was recorded",
               s->callee->callable.name, s->site.file ? s->site.file : "?", s->site.line) == EG_OK;
}

static bool reach_outcomes(making *m, eg__stage *stage, const eg__place *place)
{
    const eg__segment *s = place->piece->segment;

    stage->asks = true;
    stage->as_truth = s->end == EG__END_TRUE;
    stage->dtype = eg__value_spec(&s->asked)->dtype;
    stage->asked_bytes = stage->as_truth ? 1 : eg__dtype(stage->dtype)->size;
    stage->site = s->site;
    m->c->n_guards++;
    for (int i = 0; i < place->n_children; i++) {
        memcpy(stage->seen[i], place->seen[i].bytes, stage->asked_bytes);
        if (!reach(m, stage, place->children[i]))
            return false;
    }
    return true;
}

/* What a way assigns is a state. */
static bool add_states(making *m, const eg__place *leaf)
{
    for (int i = 0; i < leaf->n_assigned; i++) {
        eg_tensor *variable = leaf->assigned_to[i];
        if (find_state(m, variable) >= 0)
            continue;
        int held = hold(m, eg__variable_get(variable, NULL));
        eg__course_state *state = &m->c->states[m->c->n_states];
        state->port.name = eg__arena_text(&m->c->memory, variable->variable->name);
        if (held < 0)
            return false;
        if (!state->port.name)
            return eg__fail_memory(op_name, 1) == EG_OK;
        state->port.spec = variable->spec;
        state->variable = variable;
        state->initial = m->c->held[held]->data;
        m->c->n_states++;
    }
    return true;
}

/* Finds the stages that ways come through, and the states; parents come before children. */
static bool find_ways(making *m)
{
    const eg__place *places = m->program->places;
    eg__stage start = {0};
    bool done = reach(m, &start, &places[0]);

    for (int i = 0; i < m->c->n_stages && done; i++) {
        eg__stage *stage = &m->c->stages[i];
        if (!stage->piece)
            continue;
        switch (stage->piece->segment->end) {
        case EG__END_RETURN:
            m->c->n_paths++;
            done = add_states(m, &places[i]);
            break;
        case EG__END_CALL:
            done = reach_call(m, stage, &places[i]);
            break;
        default:
            done = reach_outcomes(m, stage, &places[i]);
        }
    }
    return done;
}

/* ---- stages ---------------------------------------------------------------------------------- */

static bool add_inlets(making *m, int number)
{
    eg__stage *stage = &m->c->stages[number];
    const eg__place *place = &m->program->places[number];
    const eg__plan *plan = place->piece->plan;
    size_t most = (size_t)plan->n_inputs + (size_t)plan->n_variables;

    stage->inlets = take(m, sizeof *stage->inlets * most);
    if (!stage->inlets)
        return false;
    for (int i = 0; i < plan->n_inputs; i++) {
        eg__inlet *inlet = &stage->inlets[stage->n_inlets];
        if (place->imports[i].index < 0)
            continue; /* nobody uses it */
        inlet->slot = plan->input_slot[i];
        if (!find_origin(m, number, &place->imports[i], &inlet->from))
            return false;
        stage->n_inlets++;
    }
    for (int i = 0; i < plan->n_variables; i++) {
        eg__inlet *inlet = &stage->inlets[stage->n_inlets];
        inlet->slot = plan->variable_slot[i];
        if (!of_variable(m, plan->variables[i], &inlet->from))
            return false;
        stage->n_inlets++;
    }
    return true;
}

/* Whether a slot of the stage is memory of whoever wants the value, and nobody has it yet. */
static bool is_free(const making *m, int number, const eg__origin *o)
{
    const eg__stage *stage = &m->c->stages[number];
    bool own = o->kind == EG__OF_STAGE && o->index == (uint32_t)number &&
        stage->piece->plan->slots[o->slot].kind == EG__SLOT_RESULT;

    for (int i = 0; i < stage->n_results && own; i++)
        own = !stage->results[i].direct || stage->results[i].from.slot != o->slot;
    for (int i = 0; i < stage->n_assigned && own; i++)
        own = !stage->assigned[i].direct || stage->assigned[i].from.slot != o->slot;
    return own;
}

static bool add_outlet(making *m, int number, const eg__source *s, eg__outlet *outlet, int to)
{
    outlet->to = (uint32_t)to;
    if (!find_origin(m, number, s, &outlet->from))
        return false;
    outlet->direct = is_free(m, number, &outlet->from);
    return true;
}

/* The first way says what the outputs are. */
static bool same_outputs(making *m, const eg__segment *leaf)
{
    eg__course *c = m->c;
    char was[EG__SPEC_TEXT], now[EG__SPEC_TEXT];

    if (!c->outputs) {
        c->outputs = take(m, sizeof *c->outputs * (size_t)leaf->n_results);
        for (int i = 0; c->outputs && i < leaf->n_results; i++)
            c->outputs[i] = (eg__course_port){"", *eg__value_spec(&leaf->results[i]), 0, 0};
        c->n_outputs = leaf->n_results;
        return c->outputs != NULL;
    }
    if (leaf->n_results != c->n_outputs)
        return eg__fail(EG_STATE, op_name, "%s returns %d tensors on one way and %d on another",
                   m->trace->function->callable.name, c->n_outputs, leaf->n_results) == EG_OK;
    for (int i = 0; i < c->n_outputs; i++)
        if (!eg__same_spec(&c->outputs[i].spec, eg__value_spec(&leaf->results[i])))
            return eg__fail(EG_STATE, op_name, "%s returns %s on one way and %s on another",
                       m->trace->function->callable.name, eg__spec_text(&c->outputs[i].spec, was),
                       eg__spec_text(eg__value_spec(&leaf->results[i]), now)) == EG_OK;
    return true;
}

static bool add_outlets(making *m, int number)
{
    eg__stage *stage = &m->c->stages[number];
    const eg__place *place = &m->program->places[number];

    stage->results = take(m, sizeof *stage->results * (size_t)place->n_results);
    stage->assigned = take(m, sizeof *stage->assigned * (size_t)place->n_assigned);
    if (!stage->results || !stage->assigned || !same_outputs(m, place->piece->segment))
        return false;
    for (int i = 0; i < place->n_results; i++, stage->n_results++)
        if (!add_outlet(m, number, &place->results[i], &stage->results[i], i))
            return false;
    for (int i = 0; i < place->n_assigned; i++, stage->n_assigned++)
        if (!add_outlet(m, number, &place->assigned[i], &stage->assigned[i],
                find_state(m, place->assigned_to[i])))
            return false;
    return true;
}

static bool add_stage(making *m, int number)
{
    eg__stage *stage = &m->c->stages[number];

    if (!stage->piece)
        return true;
    if (!add_inlets(m, number))
        return false;
    if (stage->asks)
        return find_origin(m, number, &m->program->places[number].asked, &stage->asked);
    return stage->n_next > 0 || add_outlets(m, number);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool add_inputs(making *m)
{
    eg__course *c = m->c;
    const eg_argument *declared = m->trace->function->arguments;

    c->inputs = take(m, sizeof *c->inputs * (size_t)m->trace->n);
    for (int i = 0; c->inputs && i < m->trace->n; i++) {
        const eg__argument *a = &m->trace->arguments[i];
        const char *name = declared && declared[i].name ? declared[i].name : "";
        if (!is_input(a))
            continue;
        eg__course_port *port = &c->inputs[c->n_inputs++];
        *port = (eg__course_port){eg__arena_text(&c->memory, name), a->spec, 0, 0};
        if (!port->name)
            return eg__fail_memory(op_name, 1) == EG_OK;
    }
    return c->inputs != NULL;
}

static bool take_tables(making *m)
{
    size_t states = 0;

    m->c->n_stages = m->program->n_places;
    for (int i = 0; i < m->c->n_stages; i++)
        states += (size_t)m->program->places[i].n_assigned;
    m->c->stages = take(m, sizeof *m->c->stages * (size_t)m->c->n_stages);
    m->c->states = take(m, sizeof *m->c->states * states);
    if (!m->c->stages)
        m->c->n_stages = 0;
    return m->c->stages && m->c->states;
}

/* Strings take memory and have owners, which arrays of the host's are not. */
static bool has_no_strings(const eg__course *c)
{
    bool has = false;

    for (int i = 0; i < c->n_inputs; i++)
        has = has || c->inputs[i].spec.dtype == EG_STRING;
    for (int i = 0; i < c->n_outputs; i++)
        has = has || c->outputs[i].spec.dtype == EG_STRING;
    for (int i = 0; i < c->n_states; i++)
        has = has || c->states[i].port.spec.dtype == EG_STRING;
    return !has ||
        eg__fail(EG_STATE, op_name,
            "strings that go in, out or into a variable cannot run in bounded time: keep text "
            "outside and numbers for it inside") == EG_OK;
}

static bool make(making *m)
{
    bool done = take_tables(m) && add_inputs(m) && find_ways(m);

    for (int i = 0; i < m->c->n_stages && done; i++)
        done = add_stage(m, i);
    done = done && has_no_strings(m->c);
    if (done)
        eg__course_lay_out(m->c);
    return done;
}

static eg__program *compile(const eg_function *f, const eg__trace *trace, bool close)
{
    eg__me.wants_steady = close;
    eg__function_lock(f);
    eg__program *program = eg__program_new(trace, NULL);
    eg__function_unlock(f);
    eg__me.wants_steady = false;
    return program;
}

eg__course *eg__course_new(eg_function *function, const eg__trace *trace, bool close)
{
    making m = {.c = eg__alloc_zero(sizeof *m.c), .trace = trace};

    if (!m.c)
        return eg__fail_memory(op_name, sizeof *m.c), NULL;
    atomic_init(&m.c->refs, 1);
    eg__program *program = compile(function, trace, close);
    m.program = program;
    bool done = program && make(&m);
    eg__program_free(program);
    eg__map_free(&m.weights);
    if (done)
        return m.c;
    eg__course_unref(m.c);
    return NULL;
}

void eg__course_unref(eg__course *c)
{
    if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    for (int i = 0; i < c->n_stages; i++)
        eg__piece_unref(c->stages[i].piece);
    for (int i = 0; i < c->n_held; i++)
        eg__unref(c->held[i]);
    eg__free(c->held, sizeof *c->held * (size_t)c->held_capacity);
    eg__arena_free(&c->memory);
    eg__free(c, sizeof *c);
}
