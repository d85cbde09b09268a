/* SPDX-License-Identifier: Apache-2.0 */
#include "control/gradient.h"
#include "autodiff/tape.h"
#include "base/memory.h"
#include <eagre/grad.h>
#include <eagre/ops.h>

eg_tensor *eg__zeros_of(const eg_spec *spec)
{
    return eg_zeros(spec->dtype, spec->rank, spec->dims);
}

eg_spec eg__bool_spec(void)
{
    eg_spec spec = {0};

    eg__spec_set(&spec, "", EG_BOOL, 0, NULL);
    return spec;
}

eg_tensor *eg__flow_given(const eg__flow *f, const eg_spec *spec)
{
    return f->value ? eg__flow_value(f) : eg__zeros_of(spec);
}

eg_tensor *eg__flow_when(const eg__flow *f)
{
    if (f->value && f->when)
        return f->when;
    return f->value ? eg_ones(EG_BOOL, 0, NULL) : eg_zeros(EG_BOOL, 0, NULL);
}

/* Sources, and which input each is; targets with what arrives at them. It is large, and bodies are
 * inside one another: not on the stack. */
typedef struct pulling {
    eg_tensor *source[EG__MOST_PORTS];
    eg__flow found[EG__MOST_PORTS];
    int at[EG__MOST_PORTS], n;
    eg_tensor *target[EG__MOST_PORTS + 2 * EG__MAX_OUT];
    eg__flow seed[EG__MOST_PORTS + 2 * EG__MAX_OUT];
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

static void add_target(pulling *p, eg_tensor *target, const eg__flow *seed)
{
    if (!seed->value)
        return;
    p->target[p->n_targets] = target;
    p->seed[p->n_targets++] = *seed;
}

/* What came to an input before is the gradient of a target too. */
static bool find_targets(pulling *p, const eg__block *block, eg_tensor *const x[],
    const eg__flow dy[], const eg__flow before[])
{
    eg_tensor *y[EG__MOST_PORTS];

    if (!eg__block_apply(block, x, y))
        return false;
    for (int i = 0; i < block->plan->n_inputs; i++)
        add_target(p, x[i], &before[i]);
    for (int i = 0; i < block->plan->n_outputs; i++)
        add_target(p, y[i], &dy[i]);
    return !eg__me.failed;
}

static void pull(pulling *p, eg__flow dx[])
{
    eg__pull what = {p->n_targets, p->n, p->target, p->seed, p->source, p->found};

    if (!eg__tape_flows(eg__tape_innermost(), &what))
        return;
    for (int i = 0; i < p->n; i++) {
        dx[p->at[i]] = p->found[i];
        eg_give(p->found[i].value);
        eg_give(p->found[i].when);
    }
}

bool eg__block_pull(const eg__block *block, eg_tensor *const x[], const eg__flow dy[],
    eg__flow dx[])
{
    eg_tape_attrs only = {.size = sizeof only, .only_watched = true};
    pulling *p = eg__alloc_zero(sizeof *p);

    if (!p)
        return eg__fail_memory("a gradient", sizeof *p) == EG_OK;
    eg_scope *tape = eg_tape_open(&only);
    find_sources(p, block, x);
    if (!eg__me.failed && p->n > 0 && find_targets(p, block, x, dy, dx) && p->n_targets > 0)
        pull(p, dx);
    eg_scope_close(tape);
    eg__free(p, sizeof *p);
    return !eg__me.failed;
}
