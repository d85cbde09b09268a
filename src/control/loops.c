/* eg_while, eg_for and eg_scan as one operation.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/control.h"
#include <eagre/ops.h>

/* A loop in the making. */
typedef struct making {
    const eg__loop_call *c;
    eg__staged *s;
    eg__inputs inputs;
    eg__drawn step, go_on;
    int n_state, n_kept;
} making;

/* ---- drawing -------------------------------------------------------------------------------- */

/* What the step sees: its number, the variables, a row of each. */
static bool step_specs(const eg__loop_call *c, eg_spec own[], const eg_spec *spec[], int *n)
{
    const eg_spec *of[2 * EG__MAX_IN];

    if (!eg__specs_of(c->op, c->n, c->in, of) ||
        !eg__specs_of(c->op, c->n_rows, c->rows, of + c->n))
        return false;
    *n = 0;
    if (c->numbers) {
        eg__spec_set(&own[*n], c->op, EG_INT64, 0, NULL);
        spec[*n] = &own[*n];
        ++*n;
    }
    for (int i = 0; i < c->n + c->n_rows; i++, ++*n) {
        spec[*n] = of[i];
        if (i < c->n)
            continue;
        spec[*n] = &own[*n];
        eg__spec_set(&own[*n], c->op, of[i]->dtype, of[i]->rank - 1, of[i]->dims + 1);
    }
    return !eg__me.failed;
}

/* A condition as a bool without axes, whatever it is. */
static eg_tensor *ask(int n, eg_tensor *const in[], void *env)
{
    const eg__loop_call *c = env;
    return eg__only(c->op, "the condition", c->go_on(n, in, c->env), EG_BOOL);
}

static bool draw(making *m)
{
    const eg__loop_call *c = m->c;
    const eg_spec *spec[2 * EG__MAX_IN + 1];
    eg_spec own[2 * EG__MAX_IN + 1];
    int n;

    if (!step_specs(c, own, spec, &n))
        return false;
    if (n > EG__MAX_IN)
        return eg__fail(EG_INVALID, c->op, "a step gets %d tensors; at most %d", n, EG__MAX_IN) ==
            EG_OK;
    if (!eg__draw_body(&m->step, c->step, c->env, n, spec, c->op) ||
        !eg__list_assigned(&m->inputs, &m->step))
        return false;
    return !c->go_on ||
        eg__draw_body(&m->go_on, ask, (void *)(uintptr_t)c, c->n, spec + c->numbers, c->op);
}

/* The variables that a step assigns are states behind the others. */
static bool finish(making *m)
{
    const eg__loop_call *c = m->c;
    int n = m->step.n_results;

    if (n < c->n || (n > c->n && !c->keeps))
        return eg__fail(EG_INVALID, c->op, "a step returned %d tensors; there are %d variables", n,
                   c->n) == EG_OK;
    if (m->go_on.n_assigned > 0)
        return eg__condition_assigns(c->op, m->go_on.assigned[0].variable) == EG_OK;
    m->inputs.state = c->n;
    m->n_state = c->n + m->inputs.n_assigned;
    m->n_kept = n - c->n;
    return eg__drawn_carry(&m->step, c->op, c->n, m->inputs.n_assigned, m->inputs.assigned) &&
        eg__drawn_finish(&m->step) && (!c->go_on || eg__drawn_finish(&m->go_on));
}

static bool variables_stay(const making *m)
{
    const eg__loop_call *c = m->c;

    for (int i = 0; i < c->n; i++)
        if (!eg__stays(c->op, "variable", i, &c->in[i]->spec, eg__block_out(m->step.block, i)))
            return false;
    return true;
}

/* ---- the loop ------------------------------------------------------------------------------- */

static bool set_step(making *m, eg__sweep *sweep)
{
    const eg__loop_call *c = m->c;
    eg__port port[2 * EG__MAX_IN + 1];
    int n = 0;

    sweep->initial = eg__staged_take(m->s, sizeof *sweep->initial * ((size_t)m->n_state + 1));
    if (!sweep->initial)
        return false;
    if (c->numbers)
        port[n++] = (eg__port){EG__PORT_STEP, 0, 0};
    for (int i = 0; i < c->n; i++) {
        port[n++] = (eg__port){EG__PORT_STATE, 0, i};
        sweep->initial[i] = eg__input(&m->inputs, c->in[i]);
    }
    for (int i = c->n; i < m->n_state; i++)
        sweep->initial[i] = eg__input(&m->inputs, m->inputs.assigned[i - c->n]);
    for (int i = 0; i < c->n_rows; i++)
        port[n++] = (eg__port){EG__PORT_ROW, 0, eg__input(&m->inputs, c->rows[i])};
    sweep->n_state = m->n_state;
    sweep->n_variables = m->inputs.n_assigned;
    sweep->n_emitted = m->n_kept;
    return !eg__me.failed && eg__sweep_of(sweep, m->s, &m->inputs, &m->step, n, port);
}

static bool set_condition(making *m)
{
    eg__port port[EG__MAX_IN];

    for (int i = 0; i < m->c->n; i++)
        port[i] = (eg__port){EG__PORT_STATE, 0, i};
    return !m->go_on.block ||
        eg__sweep_of(&m->s->go_on, m->s, &m->inputs, &m->go_on, m->c->n, port);
}

static bool set_results(making *m)
{
    const eg__loop_call *c = m->c;
    eg__staged *s = m->s;

    for (int i = 0; i < s->n_out; i++) {
        const eg_spec *spec = eg__block_out(m->step.block, i);
        int64_t dims[EG_MAX_RANK + 1] = {c->most};
        bool kept = i >= m->n_state;
        s->output[i] =
            (eg__port){kept ? EG__PORT_EMITTED : EG__PORT_STATE, 0, kept ? i - m->n_state : i};
        s->out[i] = *spec;
        for (int k = 0; k < spec->rank; k++)
            dims[k + 1] = spec->dims[k];
        if (kept && eg__spec_set(&s->out[i], c->op, spec->dtype, spec->rank + 1, dims) != EG_OK)
            return false;
    }
    return true;
}

static bool fill(making *m)
{
    const eg__loop_call *c = m->c;
    eg__staged *s = m->s;

    s->most = c->most;
    s->recompute = c->recompute;
    s->most_kept = c->most_kept;
    if (!set_step(m, &s->sweep[0]) || !set_condition(m) || !set_results(m))
        return false;
    if (c->count)
        s->count = eg__input(&m->inputs, c->count);
    s->n_in = m->inputs.n;
    for (int i = 0; i < s->n_in; i++)
        s->in[i] = m->inputs.at[i]->spec;
    return !eg__me.failed;
}

eg_tensor *eg__loop_staged(const eg__loop_call *c)
{
    making m = {.c = c, .inputs.op = c->op};
    eg_tensor *y = NULL;

    if (draw(&m) && finish(&m) && variables_stay(&m)) {
        m.s = eg__staged_new(&eg_op_loop, EG__MAX_IN, m.step.block->plan->n_outputs, 1);
        if (m.s)
            fill(&m);
        y = eg__staged_apply(m.s, m.inputs.at);
        y = eg__assign_last(&m.inputs, y, c->n);
    }
    eg__drawn_free(&m.step);
    eg__drawn_free(&m.go_on);
    return y;
}
