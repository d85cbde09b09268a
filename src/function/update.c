/* Assignments in place: a training step should not need its parameters twice.
 *
 * The last steps of a leaf may write straight into a variable's elements if nothing behind them can
 * fail or leaves the call, and if every read of the old value comes before (or is made by the same
 * element-wise step). Those steps then run while the call commits. Whether somebody else holds the
 * old value is only known then; if so, the new one gets memory of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "function/replay.h"
#include "op/effect.h"
#include "tensor/variable.h"

/* Bytes; smaller values are copied sooner than they are checked. */
enum { WORTH_IT = EG_CRUEL ? 1 : 4096 };

/* The step that makes an output; -1: none. */
static int maker_of(const eg__plan *plan, uint32_t slot)
{
    for (int s = plan->n_steps; s-- > 0;)
        for (int k = 0; k < plan->steps[s].n_out; k++)
            if (plan->steps[s].out[k] == slot)
                return s;
    return -1;
}

static int times_used(const eg__place *leaf, const eg__source *source)
{
    int n = 0;

    for (int i = 0; i < leaf->n_results; i++)
        n += !leaf->results[i].tensor && leaf->results[i].depth == source->depth &&
            leaf->results[i].index == source->index;
    for (int i = 0; i < leaf->n_assigned; i++)
        n += !leaf->assigned[i].tensor && leaf->assigned[i].depth == source->depth &&
            leaf->assigned[i].index == source->index;
    return n;
}

/* Whether an output must be there before the call commits: a result, what is not in memory of its
 * own, what is assigned twice. */
static bool is_needed_early(const eg__place *leaf, const eg__source *source, bool result)
{
    const eg__plan *plan = leaf->piece->plan;

    if (source->tensor || source->depth != leaf->piece->segment->depth)
        return false;
    return result || !plan->outputs[source->index].own || times_used(leaf, source) > 1;
}

/* The first step from which on nothing can fail and nothing is made that is needed before. */
static int first_free_step(const eg__place *leaf)
{
    const eg__plan *plan = leaf->piece->plan;
    int first = 0;

    for (int s = 0; s < plan->n_steps; s++)
        if (plan->steps[s].job.may_fail)
            first = s + 1;
    for (int i = 0; i < leaf->n_results + leaf->n_assigned; i++) {
        bool result = i < leaf->n_results;
        const eg__source *source =
            result ? &leaf->results[i] : &leaf->assigned[i - leaf->n_results];
        if (!is_needed_early(leaf, source, result))
            continue;
        int maker = maker_of(plan, plan->outputs[source->index].slot);
        first = maker >= first ? maker + 1 : first;
    }
    return first;
}

/* Whether the call gives the variable's old value to anybody. */
static bool old_value_leaves(const eg__place *leaf, const eg_tensor *variable)
{
    for (int i = 0; i < leaf->n_results; i++)
        if (leaf->results[i].tensor == variable)
            return true;
    for (int i = 0; i < leaf->n_assigned; i++)
        if (leaf->assigned[i].tensor == variable)
            return true;
    return false;
}

static bool slot_is_output(const eg__plan *plan, uint32_t slot)
{
    for (int i = 0; i < plan->n_outputs; i++)
        if (plan->outputs[i].slot == slot)
            return true;
    return false;
}

/* Whether a step may write `out`, one of its own slots or none, over what `slot` holds. */
static bool spares(const eg__step *step, uint32_t slot, uint32_t out)
{
    int which = 0;

    while (which < step->n_out && step->out[which] != out)
        which++;
    for (int k = 0; k < step->n_in; k++)
        if (step->in[k] == slot &&
            (which == step->n_out || !eg__may_overwrite(&step->job, which, k)))
            return false;
    return true;
}

/* Whether all reads of the old value are over when step `maker` writes slot `out`. */
static bool is_read_before(const eg__plan *plan, const eg_tensor *variable, int maker, uint32_t out)
{
    for (int v = 0; v < plan->n_variables; v++) {
        if (plan->variables[v] != variable)
            continue;
        uint32_t slot = plan->variable_slot[v];
        if (slot_is_output(plan, slot))
            return false;
        for (int s = maker; s < plan->n_steps; s++)
            if (!spares(&plan->steps[s], slot, out))
                return false;
    }
    return true;
}

/* The step that could make assignment i in place; -1: it must not. */
static int step_in_place(const eg__place *leaf, int i, int first)
{
    const eg__plan *plan = leaf->piece->plan;
    const eg__source *source = &leaf->assigned[i];
    const eg_tensor *variable = leaf->assigned_to[i];

    if (source->tensor || source->depth != leaf->piece->segment->depth)
        return -1;
    const eg__plan_output *output = &plan->outputs[source->index];
    if (!output->own || eg__bytes(&variable->spec) < WORTH_IT)
        return -1;
    int maker = maker_of(plan, output->slot);
    if (maker < first || old_value_leaves(leaf, variable) ||
        !is_read_before(plan, variable, maker, output->slot))
        return -1;
    return maker;
}

void eg__place_find_updates(eg__place *leaf)
{
    int first = first_free_step(leaf);

    leaf->split = leaf->piece->plan->n_steps;
    for (int i = 0; i < leaf->n_assigned; i++) {
        int maker = step_in_place(leaf, i, first);
        leaf->in_place[i] = maker >= 0;
        if (maker >= 0 && maker < leaf->split)
            leaf->split = maker;
    }
}

/* ---- while the call commits ------------------------------------------------------------------ */

/* How many owners of the variable's value we know: the variable itself, the transaction if it read
 * it, the frames that pinned it. */
static int known_owners(const eg__replay *r, const eg_tensor *variable)
{
    int n = 1 + (eg__variable_seen(variable) != NULL);

    for (int d = 0; d < r->n; d++) {
        const eg__plan *plan = r->path[d]->piece->plan;
        for (int v = 0; v < plan->n_variables; v++)
            n += plan->variables[v] == variable;
    }
    return n;
}

/* Binds the output of assignment i to the variable's own elements, or to new ones. */
static bool begin(eg__replay *r, const eg__place *leaf, int i)
{
    eg__pooled_frame *f = r->frames[r->n - 1];
    const eg__plan *plan = leaf->piece->plan;
    int output = leaf->assigned[i].index;
    void *elements =
        eg__variable_begin_update(leaf->assigned_to[i], known_owners(r, leaf->assigned_to[i]));

    if (!elements)
        return eg__frame_make_result(&f->frame, plan, output, &f->made[output]);
    f->frame.at[plan->outputs[output].slot] = elements;
    return true;
}

/* Lets readers in again first: a variable's lock is never taken while another's is held out of the
 * order in which variables were made. */
static void end_all(eg__replay *r, const eg__place *leaf, int n, bool done)
{
    eg_tensor **made = r->frames[r->n - 1]->made;

    for (int i = 0; i < n; i++)
        if (leaf->in_place[i] && !made[leaf->assigned[i].index])
            eg__variable_end_update(leaf->assigned_to[i]);
    for (int i = 0; i < n && done; i++)
        if (leaf->in_place[i] && made[leaf->assigned[i].index])
            eg__variable_set(leaf->assigned_to[i], eg__ref(made[leaf->assigned[i].index]));
}

eg_status eg__replay_update(void *replay)
{
    eg__replay *r = replay;
    const eg__place *leaf = r->path[r->n - 1];
    const eg__plan *plan = leaf->piece->plan;
    bool done = true;
    int begun = 0;

    for (; begun < leaf->n_assigned && done; begun++)
        if (leaf->in_place[begun])
            done = begin(r, leaf, begun);
    if (done)
        done = eg__plan_run(plan, &r->frames[r->n - 1]->frame, leaf->split, plan->n_steps) == EG_OK;
    else
        begun--; /* the one that failed holds no lock */
    end_all(r, leaf, begun, done);
    return eg__me.failed;
}
