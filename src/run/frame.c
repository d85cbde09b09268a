/* Running a plan.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/block.h"
#include "base/memory.h"
#include "base/os.h"
#include "op/choose.h"
#include "run/plan.h"
#include "tensor/print.h"
#include <string.h>

enum { LINE = 64 };

void eg__frame_bind(const eg__frame *frame, const eg__plan *plan)
{
    for (int i = 0; i < plan->n_slots; i++) {
        const eg__slot *slot = &plan->slots[i];
        if (slot->kind == EG__SLOT_ARENA)
            frame->at[i] = (char *)frame->arena + slot->offset;
        else if (slot->kind == EG__SLOT_CONSTANT)
            frame->at[i] = (void *)(uintptr_t)slot->constant;
    }
}

bool eg__frame_new(eg__frame *frame, const eg__plan *plan)
{
    frame->at = eg__alloc_zero(sizeof *frame->at * ((size_t)plan->n_slots + 1));
    frame->arena = eg__block_new(plan->arena ? plan->arena : 1);
    if (!frame->at || !frame->arena) {
        eg__fail_memory("a plan", plan->arena);
        eg__frame_free(frame, plan);
        return false;
    }
    eg__frame_bind(frame, plan);
    return true;
}

static size_t table_bytes(const eg__plan *plan)
{
    return (sizeof(void *) * (size_t)plan->n_slots + LINE - 1) / LINE * LINE;
}

size_t eg__frame_room(const eg__plan *plan)
{
    return table_bytes(plan) + (plan->arena + LINE - 1) / LINE * LINE;
}

void eg__frame_lay(eg__frame *frame, const eg__plan *plan, void *room)
{
    frame->at = room;
    frame->arena = (char *)room + table_bytes(plan);
    eg__frame_bind(frame, plan);
}

void eg__frame_free(eg__frame *frame, const eg__plan *plan)
{
    eg__free(frame->at, sizeof *frame->at * ((size_t)plan->n_slots + 1));
    eg__block_free(frame->arena, plan->arena ? plan->arena : 1);
    eg__strings_release(&frame->strings);
    *frame = (eg__frame){0};
}

static eg_status run_step(const eg__step *step, const eg__frame *frame)
{
    void *in[EG__MAX_IN], *out[EG__MAX_OUT];

    for (int k = 0; k < step->n_in; k++)
        in[k] = frame->at[step->in[k]];
    for (int k = 0; k < step->n_out; k++)
        out[k] = frame->at[step->out[k]];
    return step->job.run(&step->job, in, out, (char *)frame->arena + step->scratch);
}

static eg_status run_careful_step(const eg__step *step, const eg__frame *frame)
{
    eg_site caller = eg__me.site;

    eg__me.site = step->site;
    eg_status status = run_step(step, frame);
    if (status != EG_OK)
        eg__error_in(step->op->name);
    eg__me.site = caller;
    return status;
}

static eg_status run_steps(const eg__plan *plan, const eg__frame *frame, int from, int to)
{
    eg_status status = EG_OK;

    for (int s = from; s < to && status == EG_OK; s++) {
        const eg__step *step = &plan->steps[s];
        int64_t start = step->op->traits & EG__NESTS ? 0 : eg__timer_start();
        status =
            EG_UNLIKELY(step->job.may_fail) ? run_careful_step(step, frame) : run_step(step, frame);
        if (EG_UNLIKELY(start > 0))
            eg__timer_tell(&(eg__ran){step->op->name, step->job.implementation, step->out_spec,
                step->flops, start, eg__os_nanoseconds()});
    }
    return status;
}

/* In a run inside another one the outer frame owns the strings, since it gets the results. */
EG_COLD static eg_status run_with_strings(const eg__plan *plan, eg__frame *frame, int from, int to)
{
    bool is_outer = !eg__me.strings;

    if (is_outer)
        eg__me.strings = &frame->strings;
    eg_status status = run_steps(plan, frame, from, to);
    if (is_outer)
        eg__me.strings = NULL;
    return status;
}

eg_status eg__plan_run(const eg__plan *plan, eg__frame *frame, int from, int to)
{
    return EG_UNLIKELY(plan->has_strings) ? run_with_strings(plan, frame, from, to)
                                          : run_steps(plan, frame, from, to);
}

/* ---- printing ------------------------------------------------------------------------------- */

typedef struct printing {
    const eg_graph *graph;
    const eg_node *node;
} printing;

static eg_status print(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const printing *p = (const printing *)(const void *)job->state;
    const eg__print_node *attrs = p->node->attrs;
    FILE *to = attrs->how.to ? attrs->how.to : stdout;
    eg__text text = {0};
    eg_status status = EG_OK;

    (void)out, (void)scratch;
    for (int k = 0; k < p->node->n_in; k++) {
        eg__text_put(&text, p->node->n_in == 1 ? "" : k ? ",\n " : "(");
        eg__print_value(&text, eg__spec_of(p->graph, p->node->in[k]), in[k], &attrs->how);
    }
    eg__text_put(&text, p->node->n_in == 1 ? "\n" : ")\n");
    if (text.failed)
        status = eg__fail_memory("", text.length);
    else if (eg__me.skip_prints > 0)
        eg__me.skip_prints--;
    else if (fwrite(text.start, 1, text.length, to) != text.length)
        status = eg__fail(EG_IO, "", "the text could not be written");
    else
        eg__me.printed++;
    eg__text_free(&text);
    return status;
}

bool eg__plan_job(const eg_graph *graph, const eg_node *node, eg_job *job)
{
    const eg_spec *in[EG__MAX_IN], *out[EG__MAX_OUT];

    if (node->op == &eg_op_print) {
        printing *p = (printing *)(void *)job->state;
        eg__job_start(job, "print", print);
        job->may_fail = true;
        job->waits = "it prints";
        *p = (printing){graph, node};
        return true;
    }
    for (int k = 0; k < node->n_in; k++)
        in[k] = eg__spec_of(graph, node->in[k]);
    for (int k = 0; k < node->n_out; k++)
        out[k] = &node->out[k];
    eg_problem p = {node->attrs, node->n_in, node->n_out, in, out};
    return eg__choose(node->op, &p, job);
}
