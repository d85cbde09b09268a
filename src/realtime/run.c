/* A run: check the buffers, bind, run stage after stage. Nothing here allocates, locks or calls
 * the system, and nothing that it calls does; what fails is a status.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "realtime/course.h"
#include "tensor/dtype.h"
#include <string.h>

typedef struct run {
    eg_plan *plan;
    const eg__course *c;
    const eg_plan_in *in;
    const eg_plan_out *out;
} run;

/* ---- buffers --------------------------------------------------------------------------------- */

static bool sizes_fit(const run *r)
{
    bool fits = true;

    for (int i = 0; i < r->c->n_inputs; i++)
        fits = fits && r->in[i].bytes == r->c->inputs[i].bytes;
    for (int i = 0; i < r->c->n_outputs; i++)
        fits = fits && r->out[i].bytes == r->c->outputs[i].bytes;
    return fits;
}

static bool is_aligned(const void *data, const eg__course_port *port)
{
    return port->bytes == 0 || (data && ((uintptr_t)data & (port->alignment - 1)) == 0);
}

static bool overlap(const void *a, size_t a_bytes, const void *b, size_t b_bytes)
{
    uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
    return a_bytes > 0 && b_bytes > 0 && (x < y ? y - x < a_bytes : x - y < b_bytes);
}

static bool is_apart(const run *r, int i)
{
    const eg_plan_out *out = &r->out[i];
    bool apart = true;

    for (int k = 0; k < r->c->n_inputs; k++)
        apart = apart && !overlap(out->data, out->bytes, r->in[k].data, r->in[k].bytes);
    for (int k = 0; k < i; k++)
        apart = apart && !overlap(out->data, out->bytes, r->out[k].data, r->out[k].bytes);
    return apart;
}

static bool addresses_fit(const run *r)
{
    bool fits = true;

    for (int i = 0; i < r->c->n_inputs; i++)
        fits = fits && is_aligned(r->in[i].data, &r->c->inputs[i]);
    for (int i = 0; i < r->c->n_outputs; i++)
        fits = fits && is_aligned(r->out[i].data, &r->c->outputs[i]) && is_apart(r, i);
    return fits;
}

/* ---- stages ---------------------------------------------------------------------------------- */

static const void *look_up(const run *r, const eg__origin *o)
{
    switch (o->kind) {
    case EG__OF_INPUT:
        return r->in[o->index].data;
    case EG__OF_STATE:
        return eg__plan_state_at(r->plan, (int)o->index, false);
    case EG__OF_STAGE:
        return r->plan->frames[o->index].at[o->slot];
    default:
        return o->data;
    }
}

static void bind(const run *r, const eg__stage *stage, void **at)
{
    for (int i = 0; i < stage->n_inlets; i++)
        at[stage->inlets[i].slot] = (void *)(uintptr_t)look_up(r, &stage->inlets[i].from);
    for (int i = 0; i < stage->n_results; i++)
        if (stage->results[i].direct)
            at[stage->results[i].from.slot] = r->out[stage->results[i].to].data;
    for (int i = 0; i < stage->n_assigned; i++)
        if (stage->assigned[i].direct)
            at[stage->assigned[i].from.slot] =
                eg__plan_state_at(r->plan, (int)stage->assigned[i].to, true);
}

/* The stage behind a decision; NULL: its outcome was never seen. */
static const eg__stage *follow(const run *r, const eg__stage *stage)
{
    const void *data = look_up(r, &stage->asked);
    unsigned char bits[EG__MOST_ASKED];

    if (stage->as_truth)
        bits[0] = eg__element_true(stage->dtype, data);
    else
        memcpy(bits, data, stage->asked_bytes);
    for (int i = 0; i < stage->n_next; i++)
        if (memcmp(stage->seen[i], bits, stage->asked_bytes) == 0)
            return &r->c->stages[stage->next[i]];
    return NULL;
}

static void copy(void *to, const void *from, size_t bytes)
{
    if (bytes > 0)
        memcpy(to, from, bytes);
}

/* What did not go to its place by itself. All copies come before the states take turns. */
static void finish(const run *r, const eg__stage *stage)
{
    for (int i = 0; i < stage->n_results; i++) {
        const eg__outlet *o = &stage->results[i];
        if (!o->direct)
            copy(r->out[o->to].data, look_up(r, &o->from), r->c->outputs[o->to].bytes);
    }
    for (int i = 0; i < stage->n_assigned; i++) {
        const eg__outlet *o = &stage->assigned[i];
        if (!o->direct)
            copy(eg__plan_state_at(r->plan, (int)o->to, true), look_up(r, &o->from),
                r->c->states[o->to].port.bytes);
    }
    for (int i = 0; i < stage->n_assigned; i++)
        r->plan->side[stage->assigned[i].to] ^= 1;
}

static eg_plan_status run_stages(const run *r)
{
    const eg__stage *stage = r->c->stages;

    for (;;) {
        const eg__plan *plan = stage->piece->plan;
        eg__frame *frame = &r->plan->frames[stage - r->c->stages];
        bind(r, stage, frame->at);
        if (eg__plan_run(plan, frame, 0, plan->n_steps) != EG_OK)
            return EG_PLAN_VALUE;
        if (stage->n_next == 0 && !stage->asks)
            break;
        const eg__stage *next = stage->asks ? follow(r, stage) : &r->c->stages[stage->next[0]];
        if (!next) {
            r->plan->stopped = stage->site;
            return EG_PLAN_UNSEEN;
        }
        stage = next;
    }
    finish(r, stage);
    return EG_PLAN_OK;
}

eg_plan_status eg_plan_run(eg_plan *plan, int n_in, const eg_plan_in in[], int n_out,
    const eg_plan_out out[])
{
    eg__thread *me = &eg__me;
    eg__steady steady = {{0}}, *outer = me->steady;
    eg_status failed = me->failed;

    if (!plan || (n_in > 0 && !in) || (n_out > 0 && !out))
        return EG_PLAN_ADDRESS;
    run r = {plan, plan->course, in, out};
    plan->stopped = (eg_site){0};
    if (n_in != r.c->n_inputs || n_out != r.c->n_outputs || !sizes_fit(&r))
        return EG_PLAN_SIZE;
    if (!addresses_fit(&r))
        return EG_PLAN_ADDRESS;
    me->steady = &steady;
    me->failed = EG_OK;
    eg_plan_status status = run_stages(&r);
    me->steady = outer;
    me->failed = failed;
    if (status == EG_PLAN_VALUE)
        plan->stopped = steady.site;
    return status;
}

bool eg_plan_stopped_at(const eg_plan *plan, eg_site *site)
{
    if (site)
        *site = plan ? plan->stopped : (eg_site){0};
    return plan && plan->stopped.file;
}
