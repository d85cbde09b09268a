/* SPDX-License-Identifier: Apache-2.0 */
#include "control/gradient.h"
#include <eagre/grad.h>
#include <eagre/ops.h>

eg_tensor *eg__sum_of(eg_tensor *a, eg_tensor *b)
{
    return a && b ? eg_add(a, b) : a ? a : b;
}

eg_tensor *eg__zeros_of(const eg_spec *spec)
{
    return eg_zeros(spec->dtype, spec->rank, spec->dims);
}

/* Sources, and which input each is; targets with their gradients. */
typedef struct pulling {
    eg_tensor *source[EG__MOST_PORTS], *found[EG__MOST_PORTS];
    int at[EG__MOST_PORTS], n;
    eg_tensor *target[EG__MAX_PARTS], *seed[EG__MAX_PARTS];
    int n_targets;
} pulling;

static void find_sources(pulling *p, const eg__block *block, eg_tensor *const x[])
{
    for (int i = 0; i < block->plan->n_inputs; i++) {
        if (!eg__is_floating(eg__block_in(block, i)->dtype))
            continue;
        p->at[p->n] = i;
        p->source[p->n++] = x[i];
        eg_watch(x[i]);
    }
}

static void add_target(pulling *p, eg_tensor *target, eg_tensor *seed)
{
    if (!seed || eg__me.failed)
        return;
    if (p->n_targets == EG__MAX_PARTS) {
        eg__fail(EG_INVALID, "a gradient", "of more than %d values of a body", EG__MAX_PARTS);
        return;
    }
    p->target[p->n_targets] = target;
    p->seed[p->n_targets++] = seed;
}

/* What came to an input before is the gradient of a target too. */
static bool find_targets(pulling *p, const eg__block *block, eg_tensor *const x[],
    eg_tensor *const dy[], eg_tensor *const before[])
{
    eg_tensor *y[EG__MOST_PORTS];

    if (!eg__block_apply(block, x, y))
        return false;
    for (int i = 0; i < block->plan->n_inputs; i++)
        add_target(p, x[i], before[i]);
    for (int i = 0; i < block->plan->n_outputs; i++)
        add_target(p, y[i], dy[i]);
    return !eg__me.failed;
}

static void pull(pulling *p, eg_tensor *dx[])
{
    eg_gradient_attrs how = {.size = sizeof how, .unconnected_none = true};
    eg_tensor *target = eg_tuple_of(p->n_targets, p->target);

    how.target_gradient = eg_tuple_of(p->n_targets, p->seed);
    eg_gradient_with(target, p->n, p->source, p->found, &how);
    for (int i = 0; i < p->n && !eg__me.failed; i++)
        dx[p->at[i]] = eg_is_none(p->found[i]) ? NULL : eg_give(p->found[i]);
}

bool eg__block_pull(const eg__block *block, eg_tensor *const x[], eg_tensor *const dy[],
    eg_tensor *dx[])
{
    eg_tape_attrs only = {.size = sizeof only, .only_watched = true};
    pulling p = {.n = 0};

    eg_scope *tape = eg_tape_open(&only);
    find_sources(&p, block, x);
    if (!eg__me.failed && p.n > 0 && find_targets(&p, block, x, dy, dx) && p.n_targets > 0)
        pull(&p, dx);
    eg_scope_close(tape);
    return !eg__me.failed;
}
