/* Quantizing: the loop is chosen by the real and the whole dtype.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/quantize.h"

#ifdef EG_HAVE_X86_SETS
extern eg__quantize_loops eg__quantize_avx2, eg__quantize_avx512;
extern eg__quantize_loops eg__dequantize_avx2, eg__dequantize_avx512;
#endif
extern eg__quantize_loops eg__quantize_base, eg__dequantize_base;

typedef const eg_loop (*const by_dtypes)[EG__DTYPES];
static by_dtypes quantize[EG__ISAS] = EG__EACH_ISA(eg__quantize);
static by_dtypes dequantize[EG__ISAS] = EG__EACH_ISA(eg__dequantize);

static const double cost = 0.3; /* nanoseconds an element */

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const by_dtypes *loops = self->table;
    eg_dtype real = p->in[1]->dtype, whole = p->in[2]->dtype;
    bool is_real = real == EG_FLOAT32 || real == EG_FLOAT64;
    eg_loop loop = NULL;

    if (is_real && (unsigned)whole < EG__DTYPES)
        loop = loops[eg__isa_now()][real == EG_FLOAT64][whole];
    if (!loop)
        return "it has no loop for these dtypes";
    return eg__elementwise_with(loop, real == EG_FLOAT64 ? 2 * cost : cost, p, job);
}

const eg_kernel eg__quantize_kernel = {"loop", prepare, quantize};
const eg_kernel eg__dequantize_kernel = {"loop", prepare, dequantize};
