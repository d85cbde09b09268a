/* Complex numbers: made of two parts, taken apart, mirrored.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/registry.h"

/* A real x is its own real part and its own conjugate. */
static eg_tensor *itself(eg_tensor *x)
{
    if (eg__me.failed)
        return NULL;
    return x->kind == EG__VARIABLE ? eg_identity(x) : x;
}

static bool is_number(const eg_tensor *x)
{
    eg__kind kind = eg__dtype(eg_dtype_of(x))->kind;

    if (x && x->kind > EG__SYMBOL)
        return false;
    return kind == EG__INTEGER || kind == EG__REAL;
}

/* ---- complex -------------------------------------------------------------------------------- */

static eg_status complex_infer(eg_shapes *s)
{
    eg_status status = eg__infer_broadcast(s);

    s->out[0]->dtype = eg__complex_of(eg__promote(EG_FLOAT32, s->in[0]->dtype));
    return status != EG_OK ? status : eg__infer_size(s, s->out[0]);
}

static eg_status complex_grad(eg_backward *b)
{
    if (b->wanted[0])
        b->dx[0] = eg_cast(eg__unbroadcast(eg_real(b->dy[0]), b->x[0]), eg_dtype_of(b->x[0]));
    if (b->wanted[1])
        b->dx[1] = eg_cast(eg__unbroadcast(eg_imag(b->dy[0]), b->x[1]), eg_dtype_of(b->x[1]));
    return eg__done();
}

const eg_opdef eg_op_complex = {
    .name = "Complex",
    .in = {"re", "im"},
    .types = {EG__REALS, EG__REALS},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__LINEAR | EG__NO_FLOPS,
    .infer = complex_infer,
    .kernels = EG__KERNELS(&eg__make_complex_loop),
    .grad = complex_grad,
    .known_as = {NULL, "complex", NULL},
};

eg_tensor *eg_complex(eg_tensor *re, eg_tensor *im)
{
    return EG__APPLY(&eg_op_complex, NULL, re, im);
}

/* ---- real, imag ----------------------------------------------------------------------------- */

static eg_status part_infer(eg_shapes *s)
{
    *s->out[0] = *s->in[0];
    s->out[0]->dtype = eg__part_of(s->in[0]->dtype);
    return EG_OK;
}

static eg_status real_grad(eg_backward *b)
{
    b->dx[0] = eg_cast(b->dy[0], eg_dtype_of(b->x[0]));
    return eg__done();
}

const eg_opdef eg_op_real = {
    .name = "Real",
    .in = {"x"},
    .types = {EG__COMPLEXES},
    .traits = EG__ELEMENTWISE | EG__LINEAR | EG__NO_FLOPS,
    .infer = part_infer,
    .kernels = EG__KERNELS(&eg__real_loop),
    .grad = real_grad,
    .known_as = {"real", "math.real", NULL},
};

eg_tensor *eg_real(eg_tensor *x)
{
    return is_number(x) ? itself(x) : EG__APPLY(&eg_op_real, NULL, x);
}

static eg_status imag_grad(eg_backward *b)
{
    b->dx[0] = eg_complex(eg__number_like(b->dy[0], 0), b->dy[0]);
    return eg__done();
}

const eg_opdef eg_op_imag = {
    .name = "Imag",
    .in = {"x"},
    .types = {EG__COMPLEXES},
    .traits = EG__ELEMENTWISE | EG__LINEAR | EG__NO_FLOPS,
    .infer = part_infer,
    .kernels = EG__KERNELS(&eg__imag_loop),
    .grad = imag_grad,
    .known_as = {"imag", "math.imag", NULL},
};

eg_tensor *eg_imag(eg_tensor *x)
{
    return is_number(x) ? eg_zeros_like(x) : EG__APPLY(&eg_op_imag, NULL, x);
}

/* ---- conj, angle ---------------------------------------------------------------------------- */

static eg_status conj_grad(eg_backward *b)
{
    b->dx[0] = eg_conj(b->dy[0]);
    return eg__done();
}

const eg_opdef eg_op_conj = {
    .name = "Conj",
    .in = {"x"},
    .types = {EG__COMPLEXES},
    .traits = EG__ELEMENTWISE | EG__LINEAR | EG__NO_FLOPS,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__conj_loop),
    .grad = conj_grad,
    .known_as = {"conj", "math.conj", NULL},
};

eg_tensor *eg_conj(eg_tensor *x)
{
    return is_number(x) ? itself(x) : EG__APPLY(&eg_op_conj, NULL, x);
}

eg_tensor *eg_adjoint(eg_tensor *x)
{
    return eg_conj(eg_matrix_transpose(x));
}

eg_tensor *eg_angle(eg_tensor *x)
{
    return eg_atan2(eg_imag(x), eg_real(x));
}
