/* A call as one record on a tape, and its gradient: running the derivative's plan on what the call
 * left behind.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "function/residue.h"
#include "autodiff/tape.h"
#include "base/memory.h"
#include <eagre/ops.h>

static const char op_name[] = "Call";

static void drop(eg__payload *payload)
{
    eg__residue *r = (eg__residue *)payload;
    int n_residuals = r->derivative->n_residuals;

    for (int i = 0; i < r->n_frames; i++) {
        eg__frames_give_back(&r->pieces[i]->frames, r->frames[i]);
        eg__piece_unref(r->pieces[i]);
    }
    for (int i = 0; i < r->n_held; i++)
        eg__unref(r->held[i]);
    eg__free(r->pieces, sizeof *r->pieces * ((size_t)r->n_frames + 1));
    eg__free(r->frames, sizeof *r->frames * ((size_t)r->n_frames + 1));
    eg__free(r->held, sizeof *r->held * (size_t)r->held_capacity);
    eg__free(r->residual, sizeof *r->residual * ((size_t)n_residuals + 1));
    eg__derivative_unref(r->derivative);
    eg__function_unref(r->function);
    eg__free(r, sizeof *r);
}

eg__residue *eg__residue_new(eg_function *f, eg__derivative *d)
{
    eg__residue *r = eg__alloc_zero(sizeof *r);
    size_t size = sizeof(void *) * ((size_t)d->n_residuals + 1);

    if (!r || !(r->residual = eg__alloc_zero(size))) {
        eg__free(r, sizeof *r);
        return eg__fail_memory(op_name, size), NULL;
    }
    atomic_init(&r->payload.refs, 1);
    r->payload.drop = drop;
    r->function = eg__function_ref(f);
    r->derivative = d;
    atomic_fetch_add(&d->refs, 1);
    return r;
}

bool eg__residue_hold(eg__residue *r, eg_tensor *x)
{
    if (!eg__reserve(&r->held, sizeof *r->held, r->n_held, &r->held_capacity)) {
        eg__fail_memory(op_name, sizeof *r->held);
        return false;
    }
    r->held[r->n_held++] = eg__ref(x);
    return true;
}

/* The handle under which the tape may know a source. */
static eg_tensor *handle_of(const eg__value *source, eg_tensor *const args[])
{
    if (!source->segment)
        return source->tensor;
    int i = 0;
    while (source->segment->graph->inputs[i] != source->ref.node)
        i++;
    return args[i];
}

/* The results that a tape hears of, by seed. */
static void find_outputs(const eg__derivative *d, eg_tensor *const y[], eg_tensor *out[])
{
    for (int i = 0; i < d->n_results; i++)
        if (d->seed_of[i] >= 0)
            out[d->seed_of[i]] = y[i];
}

eg_status eg__residue_note(eg__residue *r, eg_tensor *const args[], eg_tensor *const y[])
{
    const eg__derivative *d = r->derivative;
    eg_tensor *out[EG__MAX_PARTS];
    size_t size = sizeof(eg_tensor *) * ((size_t)d->n_sources + 1);
    eg_tensor **in = eg__alloc(size);
    eg_status status = EG_OK;

    if (!in)
        status = eg__fail_memory(op_name, size);
    for (int i = 0; in && i < d->n_sources; i++)
        in[i] = handle_of(&d->sources[i], args);
    if (in && d->n_sources > 0 && d->n_seeds > 0) {
        find_outputs(d, y, out);
        eg_event e = {&eg_op_call, NULL, &r->payload, d->n_sources, d->n_seeds, in, in, out, NULL,
            0};
        status = eg__watch_applied(&e);
    }
    eg__free(in, size);
    eg__payload_unref(&r->payload);
    return status;
}

/* ---- the gradient --------------------------------------------------------------------------- */

static void bind(const eg__residue *r, eg__pooled_frame *f, const eg_backward *b,
    eg_tensor *inputs[])
{
    const eg__derivative *d = r->derivative;
    const eg__plan *plan = d->plan;

    for (int i = 0; i < d->n_seeds; i++) {
        inputs[i] = b->dy[i];
        f->frame.at[plan->input_slot[i]] = b->dy[i]->data;
    }
    for (int i = 0; i < d->n_residuals; i++)
        f->frame.at[plan->input_slot[d->n_seeds + i]] = r->residual[i];
}

static bool run(const eg__residue *r, eg__pooled_frame *f, const eg_backward *b,
    eg_tensor *inputs[], eg_tensor *results[])
{
    const eg__plan *plan = r->derivative->plan;

    bind(r, f, b, inputs);
    for (int i = 0; i < plan->n_outputs; i++)
        if (!eg__frame_make_result(&f->frame, plan, i, &results[i]))
            return false;
    if (eg__plan_run(plan, &f->frame, 0, plan->n_steps) != EG_OK)
        return false;
    for (int i = 0; i < plan->n_outputs; i++)
        if (!eg__frame_share_result(f, plan, i, inputs, results))
            return false;
    return true;
}

static void hand_out(const eg__derivative *d, eg_tensor *results[], bool done, eg_backward *b)
{
    for (int i = 0; i < d->plan->n_outputs; i++) {
        if (done)
            results[i] = eg__own(results[i], op_name);
        else
            eg__unref(results[i]);
    }
    for (int i = 0; done && i < d->n_sources; i++) {
        const eg_tensor *when = d->when_of[i] >= 0 ? results[d->when_of[i]] : NULL;
        bool comes = d->output_of[i] >= 0 && (!when || *(const bool *)when->data);
        b->dx[i] = comes ? results[d->output_of[i]] : NULL;
    }
}

static eg_status call_grad(eg_backward *b)
{
    eg__residue *r = (eg__residue *)b->payload;
    eg__derivative *d = r->derivative;
    size_t n_in = (size_t)d->plan->n_inputs + 1, n_out = (size_t)d->plan->n_outputs + 1;
    size_t size = sizeof(eg_tensor *) * (n_in + n_out);
    eg_tensor **inputs = eg__alloc_zero(size);

    if (!inputs)
        return eg__fail_memory(op_name, size);
    eg_tensor **results = inputs + n_in;
    eg__pooled_frame *f = eg__frames_take(&d->frames);
    if (f) {
        bool done = run(r, f, b, inputs, results);
        hand_out(d, results, done, b);
        eg__frames_give_back(&d->frames, f);
    }
    eg__free(inputs, size);
    return eg__me.failed;
}

/* Not applied through the dispatcher: it is what a tape hears of a call. */
const eg_opdef eg_op_call = {.name = "Call", .in = {"x"}, .variadic = true, .grad = call_grad};
