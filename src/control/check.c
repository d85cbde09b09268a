/* Whether staged control flow that was read is whole: every value it looks at is there, before it
 * is looked at, with the dtype and shape that are expected.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/staged.h"
#include "base/error.h"
#include <string.h>

/* Whether the number of steps is known, so that rows and stacks have a length. */
static bool has_length(const eg__staged *s, int64_t length)
{
    return s->most == length && s->count < 0 && !s->go_on.block;
}

/* The spec of what stands at a port, as a value of sweep `sweep` (-1: the condition's) sees it. */
static bool spec_at(const eg__staged *s, int sweep, const eg__port *p, eg_spec *spec)
{
    const eg__sweep *of = p->sweep < s->n_sweeps ? &s->sweep[p->sweep] : NULL;
    bool loops = s->op == &eg_op_loop;

    switch (p->kind) {
    case EG__PORT_INPUT:
        if (p->index < s->n_in)
            *spec = s->in[p->index];
        return p->index < s->n_in;
    case EG__PORT_ROW:
        return loops && p->index < s->n_in && s->in[p->index].rank > 0 &&
            has_length(s, s->in[p->index].dims[0]) &&
            eg__spec_set(spec, "", s->in[p->index].dtype, s->in[p->index].rank - 1,
                s->in[p->index].dims + 1) == EG_OK;
    case EG__PORT_STEP:
        return loops && eg__spec_set(spec, "", EG_INT64, 0, NULL) == EG_OK;
    case EG__PORT_STATE:
        if (!loops || !of || p->sweep > (sweep < 0 ? 0 : sweep) || p->index >= of->n_state)
            return false;
        *spec = *eg__block_out(of->block, p->index);
        return true;
    default:
        if (!loops || !of || p->sweep >= sweep || p->index >= of->n_emitted)
            return false;
        *spec = *eg__block_out(of->block, of->n_state + p->index);
        return true;
    }
}

static const char *fault_of_sweep(eg__staged *s, int i)
{
    eg__sweep *sweep = i < 0 ? &s->go_on : &s->sweep[i];
    const eg__plan *plan = sweep->block->plan;
    eg_spec spec;

    if (plan->n_inputs != sweep->n_ports)
        return "the graph has another number of placeholders";
    sweep->n_emitted = plan->n_outputs - sweep->n_state;
    if (sweep->n_emitted < 0 || plan->n_outputs > 2 * EG__MAX_OUT)
        return "the graph returns too few values, or too many";
    for (int k = 0; k < sweep->n_state; k++)
        if (sweep->initial[k] >= s->n_in ||
            !eg__same_spec(&s->in[sweep->initial[k]], eg__block_out(sweep->block, k)))
            return "what a state starts from differs from what a step leaves";
    for (int k = 0; k < sweep->n_ports; k++)
        if (!spec_at(s, i, &sweep->port[k], &spec) ||
            !eg__same_spec(&spec, eg__block_in(sweep->block, k)))
            return "a value that a graph looks at is not there, or differs";
    return NULL;
}

static const char *fault_of_result(eg__staged *s, int i)
{
    const eg__port *p = &s->output[i];
    int64_t dims[EG_MAX_RANK + 1] = {s->most};
    eg_spec spec;

    if (p->kind < EG__PORT_STATE || !spec_at(s, s->n_sweeps, p, &spec))
        return "a result is not there";
    s->out[i] = spec;
    if (p->kind == EG__PORT_STATE)
        return NULL;
    memcpy(dims + 1, spec.dims, sizeof *dims * (size_t)spec.rank);
    if (!has_length(s, s->most) || s->most < 0 || spec.rank == EG_MAX_RANK ||
        eg__spec_set(&s->out[i], "", spec.dtype, spec.rank + 1, dims) != EG_OK)
        return "what is emitted cannot be stacked";
    return NULL;
}

static bool is_one(const eg_spec *spec, eg_dtype dtype)
{
    return spec->dtype == dtype && spec->rank == 0;
}

static const char *fault_of_loop(eg__staged *s)
{
    const char *fault = NULL;

    if (s->n_sweeps < 1 || s->sweep[0].backwards)
        return "a loop begins with a sweep that runs forwards";
    if (s->most_kept < 0)
        return "fewer bytes are kept than none";
    if (s->most < 0 && s->count < 0 && !s->go_on.block)
        return "a loop without an end";
    if (s->count >= 0 && (s->count >= s->n_in || !is_one(&s->in[s->count], EG_INT64)))
        return "the number of steps is an int64 without axes";
    for (int i = 0; i < s->n_sweeps && !fault; i++)
        fault = fault_of_sweep(s, i);
    if (!fault && s->go_on.block)
        fault = fault_of_sweep(s, -1);
    if (!fault && s->go_on.block &&
        (s->go_on.n_state > 0 || s->go_on.n_emitted != 1 ||
            !is_one(eg__block_out(s->go_on.block, 0), EG_BOOL)))
        fault = "a condition is a bool without axes";
    for (int i = 0; i < s->n_out && !fault; i++)
        fault = fault_of_result(s, i);
    return fault;
}

static const char *fault_of_switch(eg__staged *s)
{
    const char *fault = NULL;

    if (s->n_sweeps < 1 || !is_one(&s->in[0], EG_INT64))
        return "a switch has branches, and an index that is an int64 without axes";
    if (s->go_on.block || s->most >= 0 || s->count >= 0 || s->recompute || s->most_kept)
        return "a switch takes no steps";
    for (int i = 0; i < s->n_sweeps && !fault; i++) {
        const eg__sweep *branch = &s->sweep[i];
        fault = fault_of_sweep(s, i);
        if (!fault && (branch->n_state > 0 || branch->backwards))
            fault = "a branch carries nothing from step to step";
        int n = branch->block->plan->n_outputs;
        if (i == 0 && n > EG__MAX_OUT)
            return "more results than any operation has";
        s->n_out = i == 0 ? n : s->n_out;
        for (int k = 0; k < n && k < s->n_out && !fault; k++) {
            if (i == 0)
                s->out[k] = *eg__block_out(branch->block, k);
            else if (!eg__same_spec(&s->out[k], eg__block_out(branch->block, k)))
                fault = "branches give other dtypes or shapes";
        }
        if (!fault && (n != s->n_out || n < 1))
            fault = "branches give other numbers of results";
    }
    return fault;
}

const char *eg__staged_fault(eg__staged *s)
{
    const char *fault = s->op == &eg_op_loop ? fault_of_loop(s) : fault_of_switch(s);

    if (fault && eg__me.failed == EG_INVALID)
        eg__clear_error();
    return fault;
}
