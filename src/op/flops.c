/* Counting floating-point operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "op/flops.h"
#include "op/infer.h"
#include <math.h>

double eg__adds(const eg_spec *x, double n)
{
    return eg__is_complex(x->dtype) ? 2 * n : n;
}

double eg__muls(const eg_spec *x, double n)
{
    return eg__is_complex(x->dtype) ? 6 * n : n;
}

double eg__mul_adds(const eg_spec *x, double n)
{
    return eg__adds(x, n) + eg__muls(x, n);
}

double eg__flops_sum(const eg_problem *p)
{
    return eg__adds(p->in[0], (double)p->in[0]->size);
}

double eg__flops_prod(const eg_problem *p)
{
    return eg__muls(p->in[0], (double)p->in[0]->size);
}

double eg__flops_mul(const eg_problem *p)
{
    return eg__muls(p->out[0], (double)p->out[0]->size);
}

double eg__flops_updates(const eg_problem *p)
{
    return eg__adds(p->in[1], (double)p->in[1]->size);
}

eg__stack eg__stack_of(const eg_spec *x)
{
    eg__stack s = {1, (double)x->dims[x->rank - 2], (double)x->dims[x->rank - 1]};

    for (int i = 0; i < x->rank - 2; i++)
        s.n *= (double)x->dims[i];
    return s;
}

double eg__whole(double flops)
{
    return floor(flops);
}

double eg__cubic(const eg_spec *x, double each)
{
    eg__stack s = eg__stack_of(x);
    return eg__whole(eg__mul_adds(x, s.n * s.rows * s.rows * s.rows * each / 2));
}

static bool is_floating(const eg_spec *x)
{
    return (1u << eg__dtype(x->dtype)->kind & EG__FLOATING) != 0;
}

static bool has_floating(const eg_problem *p)
{
    for (int i = 0; i < p->n_in; i++)
        if (is_floating(p->in[i]))
            return true;
    return p->n_out > 0 && is_floating(p->out[0]);
}

bool eg__has_flops(const eg_opdef *op)
{
    bool takes_floating = !op->types[0] || op->types[0] & EG__FLOATING;

    if (op->traits & (EG__NO_FLOPS | EG__VIEW))
        return false;
    return op->flops || op->flops_each > 0 ||
        (op->traits & EG__ELEMENTWISE && takes_floating && op->infer != eg__infer_compare);
}

double eg__flops(const eg_opdef *op, const eg_problem *p)
{
    if (!eg__has_flops(op) || !has_floating(p))
        return 0;
    if (op->flops)
        return op->flops(p);
    if (!is_floating(p->out[0]))
        return 0;
    return eg__adds(p->out[0], (op->flops_each ? op->flops_each : 1) * (double)p->out[0]->size);
}
