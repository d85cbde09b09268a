/* Running blocks in place: inputs are bound by the caller, outputs go where the caller says.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/staged.h"
#include <string.h>

eg_status eg__block_run(const eg__block *block, eg__frame *f, void *const out[])
{
    const eg__plan *plan = block->plan;
    void **at = f->at;

    for (int i = 0; i < plan->n_outputs; i++)
        if (plan->outputs[i].own)
            at[plan->outputs[i].slot] = out[i];
    eg_status status = eg__plan_run(plan, f, 0, plan->n_steps);
    for (int i = 0; i < plan->n_outputs && status == EG_OK; i++)
        if (!plan->outputs[i].own && plan->outputs[i].spec.size > 0 &&
            out[i] != at[plan->outputs[i].slot])
            memcpy(out[i], at[plan->outputs[i].slot], eg__bytes(&plan->outputs[i].spec));
    return status;
}
