/* Systems of linear equations: Cholesky's triangle, solving, determinants.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "ops/linalg.h"
#include "kernel/linalg.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/registry.h"
#include "ops/sized.h"

/* ---- what gradients are written with -------------------------------------------------------- */

eg_tensor *eg__product(eg_tensor *a, bool swap_a, eg_tensor *b, bool swap_b)
{
    eg_matmul_attrs attrs = {sizeof attrs, swap_a, swap_b};
    return eg_matmul_with(a, b, &attrs);
}

eg_tensor *eg__adjoint_product(eg_tensor *a, bool turn_a, eg_tensor *b, bool turn_b)
{
    return eg__product(turn_a ? eg_conj(a) : a, turn_a, turn_b ? eg_conj(b) : b, turn_b);
}

eg_tensor *eg__lower_half(eg_tensor *x)
{
    int64_t n = eg_dim(x, -1);
    eg_tensor *half = eg__scale(eg_eye(eg_dtype_of(x), n, n, 0), 0.5);
    return eg_mul(eg_tril(x, 0), eg_sub(eg__number_like(x, 1), half));
}

eg_tensor *eg__safe_inverse(eg_tensor *x)
{
    eg_tensor *zero = eg__number_like(x, 0), *one = eg__number_like(x, 1);
    eg_tensor *is_zero = eg_equal(x, zero);
    return eg_where(is_zero, zero, eg_div(one, eg_where(is_zero, one, x)));
}

eg_tensor *eg__of_lower(eg_tensor *dx)
{
    return eg__lower_half(eg_add(dx, eg_adjoint(dx)));
}

eg_status eg__infer_matrix(eg_shapes *s)
{
    if (s->in[0]->rank < 2)
        return eg__shape_error(s, "a needs two axes or more: the last two are the matrix");
    *s->out[0] = *s->in[0];
    return EG_OK;
}

eg_status eg__infer_square(eg_shapes *s)
{
    const eg_spec *a = s->in[0];

    if (eg__infer_matrix(s) != EG_OK)
        return EG_INVALID;
    if (a->dims[a->rank - 1] != a->dims[a->rank - 2])
        return eg__shape_error(s, "a is not square: its last two sizes differ");
    return EG_OK;
}

/* ---- Cholesky ------------------------------------------------------------------------------- */

static double cholesky_flops(const eg_problem *p)
{
    return eg__cubic(p->in[0], 1.0 / 3);
}

static eg_tensor *solved(eg_tensor *a, eg_tensor *b, bool transpose)
{
    eg_triangular_solve_attrs attrs = {.size = sizeof attrs, .transpose_a = transpose};
    return eg_triangular_solve_with(a, b, &attrs);
}

/* L^-H P L^-1, P the lower half of L^H dL; see Murray, arXiv:1602.07527. */
static eg_status cholesky_grad(eg_backward *b)
{
    eg_tensor *l = eg_conj(b->y[0]), *dl = eg_tril(b->dy[0], 0);
    eg_tensor *half = solved(l, eg__lower_half(eg__product(l, true, dl, false)), true);

    b->dx[0] = eg__of_lower(solved(l, eg_adjoint(half), true));
    return eg__done();
}

const eg_opdef eg_op_cholesky = {
    .name = "Cholesky",
    .in = {"a"},
    .types = {EG__FLOATING},
    .traits = EG__MAY_FAIL,
    .infer = eg__infer_square,
    .flops = cholesky_flops,
    .kernels = EG__KERNELS(&eg__cholesky_kernel),
    .grad = cholesky_grad,
    .known_as = {"linalg.cholesky", "linalg.cholesky", NULL},
};

eg_tensor *eg_cholesky_with(eg_tensor *a, const eg_cholesky_attrs *attrs)
{
    eg_cholesky_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, eg_op_cholesky.name))
        return NULL;
    if (!full.upper)
        return EG__APPLY(&eg_op_cholesky, NULL, a);
    return eg_adjoint(EG__APPLY(&eg_op_cholesky, NULL, eg_adjoint(a)));
}

eg_tensor *eg_cholesky(eg_tensor *a)
{
    return eg_cholesky_with(a, NULL);
}

/* ---- triangular_solve, solve ---------------------------------------------------------------- */

static eg_status solve_infer(eg_shapes *s)
{
    const eg_spec *a = s->in[0], *b = s->in[1];
    eg_spec *out = s->out[0], lead = *b;
    eg_shapes first = *s;

    first.n_in = 1;
    if (eg__infer_square(&first) != EG_OK)
        return EG_INVALID;
    if (b->rank < 2 || b->dims[b->rank - 2] != a->dims[a->rank - 1])
        return eg__shape_error(s, "b must have as many rows as a");
    *out = *a;
    out->rank -= 2;
    lead.rank -= 2;
    if (!eg__broadcast_shape(out, &lead))
        return eg__shape_error(s, "the axes before the last two do not broadcast; reshape one");
    out->dims[out->rank++] = b->dims[b->rank - 2];
    out->dims[out->rank++] = b->dims[b->rank - 1];
    return eg__infer_size(s, out);
}

/* Both have a's size in the rows of the result. */
static double triangular_solve_flops(const eg_problem *p)
{
    eg__stack x = eg__stack_of(p->out[0]);
    return eg__whole(eg__mul_adds(p->in[0], x.n * x.rows * x.rows * x.columns / 2));
}

/* The triangles of a, and two systems of them. */
static double solve_flops(const eg_problem *p)
{
    return eg__cubic(p->in[0], 2.0 / 3) + 2 * triangular_solve_flops(p);
}

/* Applies to a vector as to a matrix of one column. */
static eg_tensor *apply_solve(const eg_opdef *op, const void *attrs, eg_tensor *a, eg_tensor *b)
{
    bool is_vector = b && eg_rank(b) == 1;
    eg_tensor *x = EG__APPLY(op, attrs, a, is_vector ? eg_expand_dims(b, 1) : b);
    return is_vector ? eg_squeeze(x, -1) : x;
}

static const eg_attr triangular_solve_fields[] = {
    EG__ATTR(eg_triangular_solve_attrs, BOOL, upper),
    EG__ATTR(eg_triangular_solve_attrs, BOOL, transpose_a),
    {0},
};

/* The gradient of a, where the system's matrix is a or its transpose. */
static eg_tensor *slope_of_matrix(eg_tensor *x, eg_tensor *db, bool transposed)
{
    return eg_neg(transposed ? eg__product(x, false, db, true) : eg__product(db, false, x, true));
}

static eg_status triangular_solve_grad(eg_backward *b)
{
    eg_triangular_solve_attrs attrs = *(const eg_triangular_solve_attrs *)b->attrs;
    bool transposed = attrs.transpose_a;

    attrs.transpose_a = !transposed;
    eg_tensor *db = eg_triangular_solve_with(b->x[0], b->dy[0], &attrs);
    if (b->wanted[1])
        b->dx[1] = eg__unbroadcast(db, b->x[1]);
    if (!b->wanted[0])
        return eg__done();
    eg_tensor *da = slope_of_matrix(b->y[0], db, transposed);
    b->dx[0] = eg__unbroadcast(attrs.upper ? eg_triu(da, 0) : eg_tril(da, 0), b->x[0]);
    return eg__done();
}

const eg_opdef eg_op_triangular_solve = {
    .name = "TriangularSolve",
    .in = {"a", "b"},
    .types = {EG__FLOATING, EG__FLOATING},
    .promote = 3,
    .traits = EG__MAY_FAIL | EG__HOLOMORPHIC,
    .attrs = triangular_solve_fields,
    .attrs_size = sizeof(eg_triangular_solve_attrs),
    .infer = solve_infer,
    .flops = triangular_solve_flops,
    .kernels = EG__KERNELS(&eg__triangular_solve_kernel),
    .grad = triangular_solve_grad,
    .known_as = {NULL, "linalg.triangular_solve", NULL},
};

eg_tensor *eg_triangular_solve_with(eg_tensor *a, eg_tensor *b,
    const eg_triangular_solve_attrs *attrs)
{
    return apply_solve(&eg_op_triangular_solve, attrs, a, b);
}

eg_tensor *eg_triangular_solve(eg_tensor *a, eg_tensor *b)
{
    return eg_triangular_solve_with(a, b, NULL);
}

static const eg_attr solve_fields[] = {EG__ATTR(eg_solve_attrs, BOOL, transpose_a), {0}};

static eg_tensor *solved_turned(eg_tensor *a, eg_tensor *b, bool transpose)
{
    eg_solve_attrs attrs = {sizeof attrs, transpose};
    return eg_solve_with(a, b, &attrs);
}

static eg_status solve_grad(eg_backward *b)
{
    bool transposed = ((const eg_solve_attrs *)b->attrs)->transpose_a;
    eg_tensor *db = solved_turned(b->x[0], b->dy[0], !transposed);

    if (b->wanted[1])
        b->dx[1] = eg__unbroadcast(db, b->x[1]);
    if (b->wanted[0])
        b->dx[0] = eg__unbroadcast(slope_of_matrix(b->y[0], db, transposed), b->x[0]);
    return eg__done();
}

const eg_opdef eg_op_solve = {
    .name = "Solve",
    .in = {"a", "b"},
    .types = {EG__FLOATING, EG__FLOATING},
    .promote = 3,
    .traits = EG__MAY_FAIL | EG__HOLOMORPHIC,
    .attrs = solve_fields,
    .attrs_size = sizeof(eg_solve_attrs),
    .infer = solve_infer,
    .flops = solve_flops,
    .kernels = EG__KERNELS(&eg__solve_kernel),
    .grad = solve_grad,
    .known_as = {"linalg.solve", "linalg.solve", NULL},
};

eg_tensor *eg_solve_with(eg_tensor *a, eg_tensor *b, const eg_solve_attrs *attrs)
{
    return apply_solve(&eg_op_solve, attrs, a, b);
}

eg_tensor *eg_solve(eg_tensor *a, eg_tensor *b)
{
    return eg_solve_with(a, b, NULL);
}

/* The identity of a's last size. */
static eg_tensor *identity_like(eg_tensor *a)
{
    return a ? eg_eye(eg_dtype_of(a), eg_dim(a, -1), eg_dim(a, -1), 0) : NULL;
}

eg_tensor *eg_inv(eg_tensor *a)
{
    return eg_solve(a, identity_like(a));
}

/* ---- det, slogdet --------------------------------------------------------------------------- */

static eg_status det_infer(eg_shapes *s)
{
    eg_spec *out = s->out[0];

    if (eg__infer_square(s) != EG_OK)
        return EG_INVALID;
    out->rank -= 2;
    if (eg__infer_size(s, out) != EG_OK)
        return EG_INVALID;
    if (s->op == &eg_op_slogdet) {
        *s->out[1] = *out;
        s->out[1]->dtype = eg__part_of(out->dtype);
    }
    return EG_OK;
}

static double det_flops(const eg_problem *p)
{
    return eg__cubic(p->in[0], 2.0 / 3);
}

/* A number for each matrix times a^-T. */
static eg_tensor *inverse_times(eg_tensor *a, eg_tensor *factor)
{
    eg_tensor *column = eg_expand_dims(eg_expand_dims(factor, -1), -1);
    return eg_mul(column, solved_turned(a, identity_like(a), true));
}

static eg_status det_grad(eg_backward *b)
{
    b->dx[0] = inverse_times(b->x[0], eg_mul(b->dy[0], b->y[0]));
    return eg__done();
}

const eg_opdef eg_op_det = {
    .name = "Det",
    .in = {"a"},
    .types = {EG__FLOATING},
    .traits = EG__HOLOMORPHIC,
    .infer = det_infer,
    .flops = det_flops,
    .kernels = EG__KERNELS(&eg__det_kernel),
    .grad = det_grad,
    .known_as = {"linalg.det", "linalg.det", "Det"},
};

eg_tensor *eg_det(eg_tensor *a)
{
    return EG__APPLY(&eg_op_det, NULL, a);
}

/* The sign of a complex determinant turns by the imaginary part of what its logarithm grows by. */
static eg_status slogdet_grad(eg_backward *b)
{
    eg_tensor *growth = b->dy[1];

    if (eg__is_complex(eg_dtype_of(b->dy[0])))
        growth = eg_complex(growth, eg_imag(eg_mul(b->dy[0], eg_conj(b->y[0]))));
    b->dx[0] = inverse_times(eg_conj(b->x[0]), growth);
    return eg__done();
}

const eg_opdef eg_op_slogdet = {
    .name = "SlogDet",
    .in = {"a"},
    .n_out = 2,
    .types = {EG__FLOATING},
    .infer = det_infer,
    .flops = det_flops,
    .kernels = EG__KERNELS(&eg__slogdet_kernel),
    .grad = slogdet_grad,
    .known_as = {"linalg.slogdet", "linalg.slogdet", NULL},
};

eg_tensor *eg_slogdet(eg_tensor *a)
{
    return EG__APPLY(&eg_op_slogdet, NULL, a);
}

/* ---- matrix_power --------------------------------------------------------------------------- */

eg_tensor *eg_matrix_power(eg_tensor *a, int n)
{
    unsigned left = n < 0 ? 0U - (unsigned)n : (unsigned)n;
    eg_tensor *power = n < 0 ? eg_inv(a) : a, *z = NULL;

    if (!a || n == 0)
        return eg__broadcast_like(identity_like(a), a);
    for (; power && left > 0; left >>= 1) {
        if (left & 1)
            z = z ? eg_matmul(z, power) : power;
        if (left > 1)
            power = eg_matmul(power, power);
    }
    return z && z == a ? eg_identity(a) : z;
}

/* ---- expm ----------------------------------------------------------------------------------- */

/* The n x n corner that starts in row and column `row` and `column` of each matrix. */
static eg_tensor *corner(eg_tensor *x, int64_t row, int64_t column, int64_t n)
{
    int rank = eg_rank(x);
    return eg__along(eg__along(x, rank - 2, row, n, 1), rank - 1, column, n, 1);
}

/* The derivative of exp(x) for dx stands beside exp(x) in the exponential of x and dx above 0 and
 * x; of the gradient x is the transpose. See Mathias, SIAM J. Matrix Anal. Appl. 17, 1996. */
static eg_status expm_grad(eg_backward *b)
{
    eg_concat_attrs beside = {sizeof beside, -1}, above = {sizeof above, -2};
    eg_tensor *x = eg_matrix_transpose(b->x[0]), *dx = b->dy[0], *zero = eg_zeros_like(x);
    eg_tensor *top = eg_concat_with(2, (eg_tensor *[]){x, dx}, &beside);
    eg_tensor *bottom = eg_concat_with(2, (eg_tensor *[]){zero, x}, &beside);
    eg_tensor *both = eg_expm(eg_concat_with(2, (eg_tensor *[]){top, bottom}, &above));
    int64_t n = eg_dim(x, -1);

    b->dx[0] = corner(both, 0, n, n);
    return eg__done();
}

/* Six products and a solution: Pade's quotient of order 13. The squarings depend on values. */
static double expm_flops(const eg_problem *p)
{
    return eg__cubic(p->in[0], 12 + 8.0 / 3);
}

const eg_opdef eg_op_expm = {
    .name = "Expm",
    .in = {"a"},
    .types = {EG__FLOATING},
    .traits = EG__HOLOMORPHIC,
    .infer = eg__infer_square,
    .flops = expm_flops,
    .kernels = EG__KERNELS(&eg__expm_kernel),
    .grad = expm_grad,
    .known_as = {NULL, "linalg.expm", NULL},
};

eg_tensor *eg_expm(eg_tensor *a)
{
    return EG__APPLY(&eg_op_expm, NULL, a);
}
