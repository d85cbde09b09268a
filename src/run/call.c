/* Calls of plans.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "run/call.h"
#include "base/memory.h"
#include "op/effect.h"
#include <string.h>

static const char op_name[] = "a call";

/* ---- frames --------------------------------------------------------------------------------- */

void eg__frames_start(eg__frames *frames, const eg__plan *plan)
{
    frames->plan = plan;
    atomic_init(&frames->ready, NULL);
    pthread_mutex_init(&frames->lock, NULL);
    frames->spare = NULL;
}

/* Pinned values and made outputs are one array. */
static size_t handles_size(const eg__plan *plan)
{
    return sizeof(eg_tensor *) * ((size_t)plan->n_variables + (size_t)plan->n_outputs + 1);
}

static void free_frame(eg__pooled_frame *f, const eg__plan *plan)
{
    if (!f)
        return;
    eg__frame_free(&f->frame, plan);
    eg__free(f->pinned, handles_size(plan));
    eg__free(f, sizeof *f);
}

void eg__frames_end(eg__frames *frames)
{
    free_frame(atomic_load(&frames->ready), frames->plan);
    for (eg__pooled_frame *f = frames->spare, *next; f; f = next) {
        next = f->next;
        free_frame(f, frames->plan);
    }
    pthread_mutex_destroy(&frames->lock);
}

static eg__pooled_frame *new_frame(const eg__plan *plan)
{
    eg__pooled_frame *f = eg__alloc_zero(sizeof *f);

    if (!f || !(f->pinned = eg__alloc_zero(handles_size(plan)))) {
        eg__free(f, sizeof *f);
        return eg__fail_memory(op_name, sizeof *f), NULL;
    }
    f->made = f->pinned + plan->n_variables;
    if (eg__frame_new(&f->frame, plan))
        return f;
    eg__free(f->pinned, handles_size(plan));
    eg__free(f, sizeof *f);
    return NULL;
}

eg__pooled_frame *eg__frames_take(eg__frames *frames)
{
    eg__pooled_frame *f = atomic_exchange(&frames->ready, NULL);

    if (EG_LIKELY(f != NULL))
        return f;
    pthread_mutex_lock(&frames->lock);
    f = frames->spare;
    if (f)
        frames->spare = f->next;
    pthread_mutex_unlock(&frames->lock);
    return f ? f : new_frame(frames->plan);
}

void eg__frames_give_back(eg__frames *frames, eg__pooled_frame *f)
{
    eg__pooled_frame *none = NULL;

    if (EG_UNLIKELY(f->frame.strings.capacity > 0))
        eg__strings_release(&f->frame.strings);
    for (int i = 0; i < frames->plan->n_variables + frames->plan->n_outputs; i++) {
        eg__unref(f->pinned[i]);
        f->pinned[i] = NULL;
    }
    if (EG_LIKELY(atomic_compare_exchange_strong(&frames->ready, &none, f)))
        return;
    pthread_mutex_lock(&frames->lock);
    f->next = frames->spare;
    frames->spare = f;
    pthread_mutex_unlock(&frames->lock);
}

bool eg__frame_pin(eg__pooled_frame *f, const eg__plan *plan)
{
    for (int i = 0; i < plan->n_variables; i++) {
        f->pinned[i] = eg__variable_now(plan->variables[i]);
        if (!f->pinned[i])
            return false;
        f->frame.at[plan->variable_slot[i]] = f->pinned[i]->data;
    }
    return true;
}

/* ---- results -------------------------------------------------------------------------------- */

bool eg__frame_make_result(eg__frame *frame, const eg__plan *plan, int i, eg_tensor **result)
{
    const eg__plan_output *output = &plan->outputs[i];

    *result = NULL;
    if (!output->own)
        return true;
    *result = eg__value_new(&output->spec, op_name);
    if (!*result)
        return false;
    frame->at[output->slot] = (*result)->data;
    return true;
}

/* The handle whose elements a slot outside the arena holds. */
static eg_tensor *holder(const eg__pooled_frame *f, const eg__plan *plan, const eg__slot *slot,
    eg_tensor *const inputs[], eg_tensor *results[])
{
    switch (slot->kind) {
    case EG__SLOT_INPUT:
        return inputs[slot->index];
    case EG__SLOT_VARIABLE:
        return f->pinned[slot->index];
    case EG__SLOT_RESULT:
        return results[slot->index];
    default:
        (void)plan;
        return NULL;
    }
}

static eg_tensor *share(eg_tensor *holder, const eg_spec *spec)
{
    eg_tensor *y = eg__alias(holder, op_name);

    if (y)
        y->spec = *spec;
    return y;
}

bool eg__frame_share_result(eg__pooled_frame *f, const eg__plan *plan, int i,
    eg_tensor *const inputs[], eg_tensor *results[])
{
    const eg__plan_output *output = &plan->outputs[i];

    if (output->own)
        return true;
    eg_tensor *from = holder(f, plan, &plan->slots[output->slot], inputs, results);
    results[i] = from ? share(from, &output->spec)
                      : eg__value_copy(&output->spec, f->frame.at[output->slot], op_name);
    return results[i] != NULL;
}

/* ---- a whole call --------------------------------------------------------------------------- */

static bool run(eg__pooled_frame *f, const eg__plan *plan, eg_tensor *const inputs[],
    eg_tensor *results[])
{
    for (int i = 0; i < plan->n_inputs; i++)
        f->frame.at[plan->input_slot[i]] = inputs[i]->data;
    for (int i = 0; i < plan->n_outputs; i++)
        results[i] = NULL;
    for (int i = 0; i < plan->n_outputs; i++)
        if (!eg__frame_make_result(&f->frame, plan, i, &results[i]))
            return false;
    if (!eg__frame_pin(f, plan) || eg__plan_run(plan, &f->frame, 0, plan->n_steps) != EG_OK)
        return false;
    for (int i = 0; i < plan->n_outputs; i++)
        if (!eg__frame_share_result(f, plan, i, inputs, results))
            return false;
    return true;
}

eg_status eg__plan_call(eg__frames *frames, eg_tensor *const inputs[], eg_tensor *results[])
{
    eg__pooled_frame *f = eg__frames_take(frames);

    if (!f)
        return eg__me.failed;
    bool done = run(f, frames->plan, inputs, results);
    eg__frames_give_back(frames, f);
    if (done)
        return EG_OK;
    for (int i = 0; i < frames->plan->n_outputs; i++) {
        eg__unref(results[i]);
        results[i] = NULL;
    }
    return eg__me.failed;
}
