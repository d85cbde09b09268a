/* Eigenvalues and vectors of any square matrix, which are complex.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/linalg.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/linalg.h"
#include "ops/registry.h"

/* What a real matrix is as a complex one. */
static eg_tensor *as_complex(eg_tensor *a)
{
    eg_dtype dtype = eg_dtype_of(a);

    if (eg__dtype(dtype)->kind != EG__REAL)
        return a;
    return eg_cast(a, eg__complex_of(eg__promote(EG_FLOAT32, dtype)));
}

static eg_tensor *rows_scaled(eg_tensor *x, eg_tensor *by)
{
    return eg_mul(x, eg_expand_dims(by, -1));
}

static eg_status eig_infer(eg_shapes *s)
{
    eg_spec *values = s->out[0];

    if (eg__infer_square(s) != EG_OK)
        return EG_INVALID;
    if (s->op == &eg_op_eig)
        *s->out[1] = *s->in[0];
    values->rank--;
    return eg__infer_size(s, values);
}

/* Golub and Van Loan, Matrix Computations, 7.5. */
static double eig_flops(const eg_problem *p)
{
    return eg__cubic(p->in[0], 25);
}

static double eigvals_flops(const eg_problem *p)
{
    return eg__cubic(p->in[0], 10);
}

/* What the gradient of vectors v, of length 1, makes of the matrix in their own basis: 1 over the
 * conjugate gaps between values, times V^H dV without what would change a vector's length. */
static eg_tensor *turn(eg_tensor *w, eg_tensor *v, eg_tensor *dv)
{
    eg_reduce_attrs rows = {.size = sizeof rows, .axes = {1, {-2}}};
    eg_tensor *gaps = eg_sub(eg_expand_dims(w, -2), eg_expand_dims(w, -1));
    eg_tensor *longer = eg_real(eg_sum_with(eg_mul(eg_conj(v), dv), &rows));
    eg_tensor *of_length =
        eg_mul(eg__adjoint_product(v, true, v, false), eg_expand_dims(longer, -2));
    eg_tensor *turned = eg_sub(eg__adjoint_product(v, true, dv, false), of_length);

    return eg_mul(eg_conj(eg__safe_inverse(gaps)), turned);
}

/* V^-H (diag(dw) + turn) V^H; see Boeddeker and others, arXiv:1701.00392. */
static eg_status eig_grad(eg_backward *b)
{
    eg_tensor *w = b->y[0], *v = b->y[1], *vh = eg_adjoint(v);
    eg_tensor *middle = eg_add(rows_scaled(vh, b->dy[0]), eg_matmul(turn(w, v, b->dy[1]), vh));

    b->dx[0] = eg_solve(vh, middle);
    return eg__done();
}

const eg_opdef eg_op_eig = {
    .name = "Eig",
    .in = {"a"},
    .n_out = 2,
    .types = {EG__COMPLEXES},
    .traits = EG__MAY_FAIL,
    .infer = eig_infer,
    .flops = eig_flops,
    .kernels = EG__KERNELS(&eg__eig_kernel),
    .grad = eig_grad,
    .known_as = {"linalg.eig", "linalg.eig", NULL},
};

eg_tensor *eg_eig(eg_tensor *a)
{
    return EG__APPLY(&eg_op_eig, NULL, as_complex(a));
}

static eg_status eigvals_grad(eg_backward *b)
{
    eg_tensor *vh = eg_adjoint(eg_part(eg_eig(b->x[0]), 1));

    b->dx[0] = eg_solve(vh, rows_scaled(vh, b->dy[0]));
    return eg__done();
}

const eg_opdef eg_op_eigvals = {
    .name = "EigVals",
    .in = {"a"},
    .types = {EG__COMPLEXES},
    .traits = EG__MAY_FAIL,
    .infer = eig_infer,
    .flops = eigvals_flops,
    .kernels = EG__KERNELS(&eg__eigvals_kernel),
    .grad = eigvals_grad,
    .known_as = {"linalg.eigvals", "linalg.eigvals", NULL},
};

eg_tensor *eg_eigvals(eg_tensor *a)
{
    return EG__APPLY(&eg_op_eigvals, NULL, as_complex(a));
}
