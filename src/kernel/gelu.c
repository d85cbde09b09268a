/* gelu: one kernel for two functions, chosen by the attributes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include <eagre/ops/nn.h>

static const char *gelu_prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg_gelu_attrs *attrs = p->attrs;
    const eg_kernel *form = attrs && attrs->tanh_form ? &eg__gelu_tanh_loop : &eg__gelu_erf_loop;

    (void)self;
    return form->prepare(form, p, job);
}

const eg_kernel eg__gelu_kernel = {.name = "loop", .prepare = gelu_prepare};
