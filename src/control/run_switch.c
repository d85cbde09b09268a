/* Switch: runs the branch its first input names. What is below the first is the first, what is
 * above the last the last.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/staged.h"
#include <string.h>

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const eg__staged *s;
    int64_t index;

    (void)scratch;
    memcpy(&s, job->state, sizeof s);
    memcpy(&index, in[0], sizeof index);
    index = index < 0 ? 0 : index >= s->n_sweeps ? s->n_sweeps - 1 : index;
    const eg__sweep *branch = &s->sweep[index];
    eg__pooled_frame *f = eg__frames_take(&branch->block->frames);
    if (!f)
        return eg__me.failed;
    for (int i = 0; i < branch->n_ports; i++)
        f->frame.at[branch->block->plan->input_slot[i]] = in[branch->port[i].index];
    eg_status status = eg__block_run(branch->block, f, out);
    eg__frames_give_back(&branch->block->frames, f);
    return status;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg__staged_attrs *attrs = p->attrs;

    eg__job_start(job, self->name, run);
    job->may_fail = true;
    memcpy(job->state, &attrs->staged, sizeof attrs->staged);
    return NULL;
}

const eg_kernel eg__switch_kernel = {"branches", prepare, NULL};
