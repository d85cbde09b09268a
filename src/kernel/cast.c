/* Conversion between dtypes: the loop is chosen by both.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"

extern const eg_loop *const eg__cast_base[];
#ifdef EG_HAVE_X86_SETS
extern const eg_loop *const eg__cast_avx2[], *const eg__cast_avx512[];
#endif

const eg_loop *const *const eg__cast_loops[EG__ISAS] = EG__EACH_ISA(eg__cast);

static const char *cast_prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    unsigned from = p->in[0]->dtype, to = p->out[0]->dtype;
    const eg_loop *loops = from < EG__DTYPES ? eg__cast_loops[eg__isa_now()][from] : NULL;
    eg_loop loop = loops && to < EG__DTYPES ? loops[to] : NULL;

    (void)self;
    if (!loop)
        return "it has no loop between these dtypes";
    return eg__elementwise_with(loop, 0.15, p, job);
}

const eg_kernel eg__cast_loop = {.name = "loop", .prepare = cast_prepare};
