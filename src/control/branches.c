/* eg_cond and eg_switch.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "control/control.h"
#include <eagre/ops.h>

enum { MOST_BODIES = 64 };

/* A switch in the making. */
typedef struct making {
    const char *op;
    int n_bodies, n;
    const eg_body *bodies;
    void *env;
    eg_tensor *const *in;
    eg__drawn *drawn;
    int n_drawn;
    eg__inputs inputs;
} making;

static bool draw(making *m)
{
    const eg_spec *spec[EG__MAX_IN];

    if (!eg__specs_of(m->op, m->n, m->in, spec))
        return false;
    while (m->n_drawn < m->n_bodies) {
        eg__drawn *drawn = &m->drawn[m->n_drawn];
        if (!eg__draw_body(drawn, m->bodies[m->n_drawn++], m->env, m->n, spec, m->op) ||
            !eg__list_assigned(&m->inputs, drawn))
            return false;
    }
    return true;
}

/* Every body gives the variables that any assigns. */
static bool finish(making *m)
{
    for (int i = 0; i < m->n_bodies; i++) {
        eg__drawn *drawn = &m->drawn[i];
        if (drawn->n_results != m->drawn[0].n_results)
            return eg__fail(EG_INVALID, m->op, "one body returns %d tensors, another %d",
                       m->drawn[0].n_results, drawn->n_results) == EG_OK;
        if (!eg__drawn_carry(drawn, m->op, drawn->n_results, m->inputs.n_assigned,
                m->inputs.assigned) ||
            !eg__drawn_finish(drawn))
            return false;
    }
    return true;
}

static bool bodies_agree(const making *m)
{
    const eg__block *first = m->drawn[0].block;

    for (int i = 1; i < m->n_bodies; i++) {
        const eg__block *block = m->drawn[i].block;
        for (int k = 0; k < m->drawn[0].n_results; k++)
            if (!eg__stays(m->op, "result", k, eg__block_out(first, k), eg__block_out(block, k)))
                return false;
    }
    return true;
}

static bool fill(making *m, eg__staged *s)
{
    eg__inputs *inputs = &m->inputs;
    eg__port ports[EG__MAX_IN];

    for (int i = 0; i < m->n; i++) {
        int at = eg__input(inputs, m->in[i]);
        if (at < 0)
            return false;
        ports[i] = (eg__port){EG__PORT_INPUT, 0, at};
    }
    for (int i = 0; i < m->n_bodies; i++)
        if (!eg__sweep_of(&s->sweep[i], s, inputs, &m->drawn[i], m->n, ports))
            return false;
    s->n_in = inputs->n;
    for (int i = 0; i < s->n_in; i++)
        s->in[i] = inputs->at[i]->spec;
    for (int i = 0; i < s->n_out; i++)
        s->out[i] = *eg__block_out(m->drawn[0].block, i);
    return true;
}

static eg_tensor *stage(making *m, eg_tensor *index)
{
    size_t size = sizeof *m->drawn * (size_t)m->n_bodies;
    eg_tensor *y = NULL;

    m->drawn = eg__alloc(size);
    if (!m->drawn)
        return eg__fail_memory(m->op, size), NULL;
    m->inputs = (eg__inputs){.op = m->op, .at = {index}, .n = 1};
    if (draw(m) && finish(m) && bodies_agree(m)) {
        eg__staged *s = eg__staged_new(&eg_op_switch, EG__MAX_IN,
            m->drawn[0].block->plan->n_outputs, m->n_bodies);
        if (s)
            fill(m, s);
        y = eg__staged_apply(s, m->inputs.at);
        y = eg__assign_last(&m->inputs, y, m->drawn[0].n_results);
    }
    for (int i = 0; i < m->n_drawn; i++)
        eg__drawn_free(&m->drawn[i]);
    eg__free(m->drawn, size);
    return y;
}

static eg_tensor *call(const making *m, eg_tensor *index)
{
    eg_tensor *result[EG__MAX_PARTS];
    int64_t at = eg_item_int(index);
    int n;

    if (eg__me.failed)
        return NULL;
    at = at < 0 ? 0 : at >= m->n_bodies ? m->n_bodies - 1 : at;
    if (!eg__body_enter(m->op, false))
        return NULL;
    eg_site site = eg__me.site;
    eg_tensor *y = m->bodies[at](m->n, m->in, m->env);
    eg__body_leave(false);
    eg__me.site = site;
    return eg__results_of(m->op, y, &n, result) ? y : NULL;
}

/* `index` belongs to the innermost scope, which is closed. */
static eg_tensor *choose(making *m, eg_tensor *index, eg_scope *scope)
{
    eg_tensor *y = NULL;

    for (int i = 0; i < m->n_bodies && !eg__me.failed; i++)
        if (!m->bodies[i])
            eg__fail(EG_INVALID, m->op, "body %d is NULL", i);
    if (index && !eg__me.failed && eg__arguments_fit(m->op, m->n, 0, m->in)) {
        y = eg_give(eg_executing_eagerly() ? call(m, index) : stage(m, index));
    }
    eg_scope_close(scope);
    return y;
}

eg_tensor *eg_cond(eg_tensor *condition, eg_body then, eg_body otherwise, void *env, int n,
    eg_tensor *const in[])
{
    const eg_body bodies[] = {otherwise, then};
    making m = {.op = "eg_cond", .n_bodies = 2, .n = n, .bodies = bodies, .env = env, .in = in};
    eg_scope *scope = eg_scope_open();
    eg_tensor *index = eg_cast(eg__only(m.op, "the condition", condition, EG_BOOL), EG_INT64);

    return choose(&m, index, scope);
}

eg_tensor *eg_switch(eg_tensor *index, int n_bodies, const eg_body bodies[], void *env, int n,
    eg_tensor *const in[])
{
    making m = {.op = "eg_switch", .n_bodies = n_bodies, .n = n, .bodies = bodies};

    m.env = env;
    m.in = in;
    if (!eg__me.failed && (n_bodies < 1 || n_bodies > MOST_BODIES || !bodies))
        return eg__fail_null(EG_INVALID, m.op, "%d bodies; it takes 1 to %d", bodies ? n_bodies : 0,
            MOST_BODIES);
    eg_scope *scope = eg_scope_open();
    return choose(&m, eg__only(m.op, "the index", index, EG_INT64), scope);
}
