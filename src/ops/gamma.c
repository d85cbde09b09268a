/* The gamma function's logarithm and the derivatives of that.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include "kernel/polygamma.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/registry.h"

static eg_status lgamma_grad(eg_backward *b)
{
    b->dx[0] = eg_mul(b->dy[0], eg_digamma(b->x[0]));
    return eg__done();
}

const eg_opdef eg_op_lgamma = {
    .name = "Lgamma",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__lgamma_loop),
    .grad = lgamma_grad,
    .known_as = {NULL, "math.lgamma", NULL},
};

eg_tensor *eg_lgamma(eg_tensor *x)
{
    return EG__APPLY(&eg_op_lgamma, NULL, x);
}

/* ---- its derivatives ------------------------------------------------------------------------ */

static const eg_attr polygamma_fields[] = {EG__ATTR(eg__polygamma_attrs, INT, n), {0}};

static eg_status polygamma_infer(eg_shapes *s)
{
    const int n = ((const eg__polygamma_attrs *)s->attrs)->n;

    if (n < 0 || n > EG__MOST_ORDER)
        return eg__shape_error(s, "there is no order %d; it goes from 0 to %d", n, EG__MOST_ORDER);
    return eg__infer_same(s);
}

static eg_status polygamma_grad(eg_backward *b)
{
    const eg__polygamma_attrs *attrs = b->attrs;

    b->dx[0] = eg_mul(b->dy[0], eg_polygamma(b->x[0], attrs->n + 1));
    return eg__done();
}

const eg_opdef eg_op_polygamma = {
    .name = "Polygamma",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .attrs = polygamma_fields,
    .attrs_size = sizeof(eg__polygamma_attrs),
    .infer = polygamma_infer,
    .kernels = EG__KERNELS(&eg__polygamma_kernel),
    .grad = polygamma_grad,
    .known_as = {NULL, "math.polygamma", NULL},
};

eg_tensor *eg_polygamma(eg_tensor *x, int n)
{
    const eg__polygamma_attrs attrs = {sizeof attrs, n};
    return EG__APPLY(&eg_op_polygamma, &attrs, x);
}

eg_tensor *eg_digamma(eg_tensor *x)
{
    return eg_polygamma(x, 0);
}
