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
    eg__frame f;

    memcpy(&s, job->state, sizeof s);
    memcpy(&index, in[0], sizeof index);
    index = index < 0 ? 0 : index >= s->n_sweeps ? s->n_sweeps - 1 : index;
    const eg__sweep *branch = &s->sweep[index];
    eg__frame_lay(&f, branch->block->plan, scratch);
    for (int i = 0; i < branch->n_ports; i++)
        f.at[branch->block->plan->input_slot[i]] = in[branch->port[i].index];
    return eg__block_run(branch->block, &f, out);
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg__staged *s = ((const eg__staged_attrs *)p->attrs)->staged;

    eg__job_start(job, self->name, run);
    job->may_fail = true;
    memcpy(job->state, &s, sizeof s);
    for (int i = 0; i < s->n_sweeps; i++) {
        const eg__plan *plan = s->sweep[i].block->plan;
        const eg__step *step = eg__waiting_step(plan);
        size_t room = eg__frame_room(plan);
        job->scratch = room > job->scratch ? room : job->scratch;
        if (step && !job->waits)
            job->waits = step->job.waits;
    }
    return NULL;
}

const eg_kernel eg__switch_kernel = {"branches", prepare, NULL};
