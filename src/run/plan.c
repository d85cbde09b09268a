/* Making plans: slots for values, steps for nodes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "run/plan.h"
#include "base/memory.h"
#include "op/choose.h"
#include "pass/pass.h"
#include <string.h>

static const char op_name[] = "a plan";

/* What is needed while a plan is made. */
typedef struct making {
    eg__plan *plan;
    const eg_graph *graph;
    uint32_t *first;   /* by node: where its results begin in `slot_of` */
    uint32_t *slot_of; /* by result */
    size_t n_results;
} making;

static void *take(eg__plan *plan, size_t size)
{
    void *memory = eg__arena_take(&plan->memory, size);
    if (!memory)
        eg__fail_memory(op_name, size);
    return memory;
}

static uint32_t *slot_at(const making *m, eg_ref r)
{
    return &m->slot_of[m->first[r.node] + r.result];
}

static uint32_t new_slot(eg__plan *plan, eg__slot_kind kind, uint32_t index, size_t bytes)
{
    plan->slots[plan->n_slots] = (eg__slot){.kind = kind, .index = index, .bytes = bytes};
    return (uint32_t)plan->n_slots++;
}

static void slot_for_input(making *m, int i)
{
    eg__plan *plan = m->plan;
    uint32_t slot =
        new_slot(plan, EG__SLOT_INPUT, (uint32_t)plan->n_inputs, eg__bytes(m->graph->nodes[i].out));

    plan->input_slot[plan->n_inputs++] = slot;
    *slot_at(m, (eg_ref){(uint32_t)i, 0}) = slot;
}

static void slot_for_tensor(making *m, int i)
{
    eg__plan *plan = m->plan;
    const eg_node *node = &m->graph->nodes[i];
    bool variable = node->op == &eg_op_variable;
    uint32_t slot = new_slot(plan, variable ? EG__SLOT_VARIABLE : EG__SLOT_CONSTANT,
        (uint32_t)plan->n_variables, eg__bytes(node->out));

    if (variable) {
        plan->variables[plan->n_variables] = node->tensor;
        plan->variable_slot[plan->n_variables++] = slot;
    } else {
        plan->slots[slot].constant = node->tensor->data;
    }
    *slot_at(m, (eg_ref){(uint32_t)i, 0}) = slot;
}

static bool add_step(making *m, int i)
{
    eg__plan *plan = m->plan;
    const eg_node *node = &m->graph->nodes[i];
    eg__step *step = &plan->steps[plan->n_steps];

    if (!eg__plan_job(m->graph, node, &step->job))
        return false;
    plan->n_steps++;
    plan->may_fail = plan->may_fail || step->job.may_fail;
    plan->has_strings = plan->has_strings || (node->op->traits & (EG__NESTS | EG__HOST)) != 0;
    step->op = node->op;
    step->flops = eg__node_flops(m->graph, node);
    step->out_spec = node->n_out > 0 ? node->out : eg__spec_of(m->graph, node->in[0]);
    step->site = node->site;
    step->n_in = node->n_in;
    step->n_out = node->n_out;
    step->in = take(plan, sizeof *step->in * (size_t)node->n_in);
    step->out = take(plan, sizeof *step->out * (size_t)node->n_out);
    if (!step->in || !step->out)
        return false;
    for (int k = 0; k < node->n_in; k++)
        step->in[k] = *slot_at(m, node->in[k]);
    for (int k = 0; k < node->n_out; k++) {
        step->out[k] = new_slot(plan, EG__SLOT_ARENA, 0, eg__bytes(&node->out[k]));
        plan->has_strings = plan->has_strings || node->out[k].dtype == EG_STRING;
        *slot_at(m, (eg_ref){(uint32_t)i, (uint32_t)k}) = step->out[k];
    }
    return true;
}

static bool add_node(making *m, int i)
{
    const eg_node *node = &m->graph->nodes[i];

    if (node->op == &eg_op_placeholder) {
        slot_for_input(m, i);
    } else if (node->op == &eg_op_constant || node->op == &eg_op_variable) {
        slot_for_tensor(m, i);
    } else if (node->op->traits & EG__VIEW) {
        for (int k = 0; k < node->n_out; k++)
            *slot_at(m, (eg_ref){(uint32_t)i, (uint32_t)k}) = *slot_at(m, node->in[k]);
    } else {
        return add_step(m, i);
    }
    return true;
}

static void set_outputs(making *m, const eg__role roles[])
{
    eg__plan *plan = m->plan;

    for (int i = 0; i < plan->n_outputs; i++) {
        eg__plan_output *output = &plan->outputs[i];
        output->slot = *slot_at(m, m->graph->outputs[i]);
        output->spec = *eg__spec_of(m->graph, m->graph->outputs[i]);
        eg__slot *slot = &plan->slots[output->slot];
        /* Strings are copied out, when who gets them becomes an owner of each. */
        if ((roles && roles[i] == EG__KEPT) || slot->kind != EG__SLOT_ARENA ||
            output->spec.dtype == EG_STRING)
            continue;
        slot->kind = EG__SLOT_RESULT;
        slot->index = (uint32_t)i;
        output->own = true;
    }
}

static bool take_tables(making *m)
{
    eg__plan *plan = m->plan;
    size_t n = (size_t)m->graph->n, results = 0;

    for (int i = 0; i < m->graph->n; i++)
        results += (size_t)m->graph->nodes[i].n_out;
    m->n_results = results;
    m->first = eg__alloc(sizeof *m->first * (n + 1));
    m->slot_of = eg__alloc(sizeof *m->slot_of * (results + 1));
    plan->steps = take(plan, sizeof *plan->steps * n);
    plan->slots = take(plan, sizeof *plan->slots * results);
    plan->input_slot = take(plan, sizeof *plan->input_slot * n);
    plan->variables = take(plan, sizeof *plan->variables * n);
    plan->variable_slot = take(plan, sizeof *plan->variable_slot * n);
    plan->n_outputs = m->graph->n_outputs;
    plan->outputs = take(plan, sizeof *plan->outputs * (size_t)plan->n_outputs);
    if (!m->first || !m->slot_of)
        eg__fail_memory(op_name, sizeof *m->slot_of * results);
    if (eg__me.failed)
        return false;
    uint32_t at = 0;
    for (int i = 0; i < m->graph->n; i++) {
        m->first[i] = at;
        at += (uint32_t)m->graph->nodes[i].n_out;
    }
    return true;
}

/* Makes the graph whose nodes become steps. */
static bool make_steps_graph(eg__plan *plan, const eg__role roles[])
{
    size_t size = (size_t)plan->graph->n_outputs + 1;
    bool *late = eg__alloc_zero(size);

    if (!late)
        return eg__fail_memory(op_name, size), false;
    for (int i = 0; roles && i < plan->graph->n_outputs; i++)
        late[i] = roles[i] == EG__LATE;
    plan->run = eg__passes_plan(plan->graph, late);
    eg__free(late, size);
    return plan->run != NULL;
}

eg__plan *eg__plan_new(eg_graph *graph, const eg__role roles[])
{
    eg__plan *plan = eg__alloc_zero(sizeof *plan);
    making m = {.plan = plan};

    if (!plan) {
        eg__fail_memory(op_name, sizeof *plan);
        eg_graph_free(graph);
        return NULL;
    }
    plan->graph = graph;
    bool done = make_steps_graph(plan, roles);
    m.graph = plan->run;
    done = done && take_tables(&m);
    for (int i = 0; done && i < m.graph->n; i++)
        done = add_node(&m, i);
    if (done)
        set_outputs(&m, roles);
    if (done && !roles)
        eg__plan_chain(plan);
    done = done && (!roles || eg__plan_order(plan, roles)) && eg__plan_place(plan);
    eg__free(m.first, m.graph ? sizeof *m.first * ((size_t)m.graph->n + 1) : 0);
    eg__free(m.slot_of, sizeof *m.slot_of * (m.n_results + 1));
    if (done)
        return plan;
    eg__plan_free(plan);
    return NULL;
}

void eg__plan_free(eg__plan *plan)
{
    if (!plan)
        return;
    for (int i = 0; i < plan->n_steps; i++)
        if (plan->steps[i].job.drop)
            plan->steps[i].job.drop(&plan->steps[i].job);
    eg_graph_free(plan->run);
    eg_graph_free(plan->graph);
    eg__arena_free(&plan->memory);
    eg__free(plan, sizeof *plan);
}

size_t eg__plan_bytes(const eg__plan *plan)
{
    size_t bytes = sizeof *plan + plan->memory.bytes + plan->graph->arena.bytes;

    bytes += plan->run->arena.bytes;
    for (int i = 0; i < plan->graph->n; i++)
        if (plan->graph->nodes[i].op == &eg_op_constant)
            bytes += eg__bytes(plan->graph->nodes[i].out);
    return bytes;
}
