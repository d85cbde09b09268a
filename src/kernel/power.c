/* Powers of whole numbers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/power.h"
#include "kernel/checked.h"

#define BODY "kernel/power.inc"
#include "kernel/each_integer.inc"
#undef BODY

#define T int8_t
#include "kernel/negative.inc"
#undef T

#define T int16_t
#include "kernel/negative.inc"
#undef T

#define T int32_t
#include "kernel/negative.inc"
#undef T

#define T int64_t
#include "kernel/negative.inc"
#undef T

static const eg_loop loops[EG__DTYPES] = {EG__INTEGER_ROWS(pow)};

static const eg__finder finders[EG__DTYPES] = {
    [EG_INT8] = has_negative_int8_t,
    [EG_INT16] = has_negative_int16_t,
    [EG_INT32] = has_negative_int32_t,
    [EG_INT64] = has_negative_int64_t,
};

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    unsigned dtype = p->in[0]->dtype;
    eg_loop loop = dtype < EG__DTYPES ? loops[dtype] : NULL;

    (void)self;
    if (!loop)
        return "it has no loop for this dtype";
    eg__elementwise_with(loop, 4, p, job);
    eg__check_first(finders[dtype],
        "an integer is raised to a negative power; eg_cast it to floating point", p, job);
    return NULL;
}

const eg_kernel eg__whole_pow_kernel = {"loop", prepare, NULL};
