/* Decompositions of matrices, and what is made of them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "kernel/linalg.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/linalg.h"
#include "ops/registry.h"
#include <math.h>

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The columns of x from `begin` on, as many as counted. */
static eg_tensor *columns(eg_tensor *x, int64_t begin, int64_t count)
{
    eg_slice_attrs attrs = {.size = sizeof attrs};
    int rank = eg_rank(x);

    if (!x)
        return NULL;
    attrs.begin.n = attrs.count.n = rank;
    for (int i = 0; i < rank; i++)
        attrs.count.at[i] = eg_dim(x, i);
    attrs.begin.at[rank - 1] = begin;
    attrs.count.at[rank - 1] = count;
    return eg_slice_with(x, &attrs);
}

static eg_tensor *rows(eg_tensor *x, int64_t count)
{
    return eg_matrix_transpose(columns(eg_matrix_transpose(x), 0, count));
}

static eg_tensor *joined(eg_tensor *left, eg_tensor *right)
{
    eg_concat_attrs attrs = {sizeof attrs, -1};
    return eg_concat_with(2, (eg_tensor *[]){left, right}, &attrs);
}

/* The gradient of the first n columns of the orthogonal x, in which is what the gradient of the
 * others comes to: they turn as the first do, to stay at right angles with them. */
static eg_tensor *without_rest(eg_tensor *x, eg_tensor *dx, int64_t n)
{
    int64_t count = eg_dim(x, -1) - n;

    if (count <= 0)
        return dx;
    eg_tensor *rest = columns(x, n, count), *drest = columns(dx, n, count);
    eg_tensor *of = eg__adjoint_product(drest, true, columns(x, 0, n), false);
    return eg_sub(columns(dx, 0, n), eg_matmul(rest, of));
}

/* x with its columns, or rows, multiplied by a vector. */
static eg_tensor *scale_columns(eg_tensor *x, eg_tensor *by)
{
    return eg_mul(x, eg_expand_dims(by, -2));
}

static eg_tensor *scale_rows(eg_tensor *x, eg_tensor *by)
{
    return eg_mul(x, eg_expand_dims(by, -1));
}

/* 1 / (x_j - x_i) at i, j; 0 where they are equal. */
static eg_tensor *inverse_gaps(eg_tensor *x)
{
    return eg__safe_inverse(eg_sub(eg_expand_dims(x, -2), eg_expand_dims(x, -1)));
}

/* ---- Q R ------------------------------------------------------------------------------------ */

static const eg_attr qr_fields[] = {EG__ATTR(eg_qr_attrs, BOOL, complete), {0}};

static eg_status qr_infer(eg_shapes *s)
{
    const eg_spec *a = s->in[0];
    eg_spec *q = s->out[0], *r = s->out[1];

    if (eg__infer_matrix(s) != EG_OK)
        return EG_INVALID;
    int64_t m = a->dims[a->rank - 2], n = a->dims[a->rank - 1];
    int64_t k = ((const eg_qr_attrs *)s->attrs)->complete ? m : smaller(m, n);
    *q = *r = *a;
    q->dims[a->rank - 1] = k;
    r->dims[a->rank - 2] = k;
    return eg__infer_size(s, q) != EG_OK ? EG_INVALID : eg__infer_size(s, r);
}

/* Of a matrix with no more columns than rows: (dQ + Q M) R^-T, where M is symmetric and has the
 * lower triangle of R dR^T - dQ^T Q; see Walter and Lehmann, arXiv:1009.6112. */
static eg_tensor *tall_slope(eg_tensor *q, eg_tensor *r, eg_tensor *dq, eg_tensor *dr)
{
    eg_triangular_solve_attrs upper = {.size = sizeof upper, .upper = true};
    eg_tensor *m = eg_sub(eg__adjoint_product(r, false, eg_triu(dr, 0), true),
        eg__adjoint_product(dq, true, q, false));
    eg_tensor *half = eg__lower_half(m);
    eg_tensor *sum = eg_add(dq, eg_matmul(q, eg_add(half, eg_adjoint(half))));

    return eg_adjoint(eg_triangular_solve_with(r, eg_adjoint(sum), &upper));
}

/* The columns beyond the square do not bend q: they are q r there. */
static eg_tensor *wide_slope(eg_backward *b, int64_t m, int64_t n)
{
    eg_tensor *q = b->y[0], *r = b->y[1], *dr = b->dy[1];
    eg_tensor *rest = columns(b->x[0], m, n - m), *dr_rest = columns(dr, m, n - m);
    eg_tensor *dq = eg_add(b->dy[0], eg__adjoint_product(rest, false, dr_rest, true));

    return joined(tall_slope(q, columns(r, 0, m), dq, columns(dr, 0, m)), eg_matmul(q, dr_rest));
}

static eg_status qr_grad(eg_backward *b)
{
    int64_t m = eg_dim(b->x[0], -2), n = eg_dim(b->x[0], -1);
    eg_tensor *q = b->y[0], *dq = b->dy[0];

    if (m < n) {
        b->dx[0] = wide_slope(b, m, n);
    } else if (m > n && ((const eg_qr_attrs *)b->attrs)->complete) {
        dq = without_rest(q, dq, n);
        b->dx[0] = tall_slope(columns(q, 0, n), rows(b->y[1], n), dq, rows(b->dy[1], n));
    } else {
        b->dx[0] = tall_slope(q, b->y[1], dq, b->dy[1]);
    }
    return eg__done();
}

/* The reflections, and Q's columns from them. */
static double qr_flops(const eg_problem *p)
{
    eg__stack a = eg__stack_of(p->in[0]), q = eg__stack_of(p->out[0]);
    double k = a.rows < a.columns ? a.rows : a.columns, most = a.rows + a.columns - k;
    double reflect = k * k * (most - k / 3);
    double build = 2 * q.rows * q.columns * k - (q.rows + q.columns) * k * k + 2 * k * k * k / 3;

    return eg__whole(eg__mul_adds(p->in[0], a.n * (reflect + build)));
}

const eg_opdef eg_op_qr = {
    .name = "Qr",
    .in = {"a"},
    .n_out = 2,
    .types = {EG__FLOATING},
    .attrs = qr_fields,
    .attrs_size = sizeof(eg_qr_attrs),
    .infer = qr_infer,
    .flops = qr_flops,
    .kernels = EG__KERNELS(&eg__qr_kernel),
    .grad = qr_grad,
    .known_as = {"linalg.qr", "linalg.qr", NULL},
};

eg_tensor *eg_qr_with(eg_tensor *a, const eg_qr_attrs *attrs)
{
    return EG__APPLY(&eg_op_qr, attrs, a);
}

eg_tensor *eg_qr(eg_tensor *a)
{
    return eg_qr_with(a, NULL);
}

/* ---- eigenvalues ---------------------------------------------------------------------------- */

static eg_status eigh_infer(eg_shapes *s)
{
    eg_spec *values = s->out[0];

    if (eg__infer_square(s) != EG_OK)
        return EG_INVALID;
    if (s->op == &eg_op_eigh)
        *s->out[1] = *s->in[0];
    *values = *s->in[0];
    values->dtype = eg__part_of(values->dtype);
    values->rank--;
    return eg__infer_size(s, values);
}

/* Golub and Van Loan, Matrix Computations, 8.3. */
static double eigh_flops(const eg_problem *p)
{
    return eg__cubic(p->in[0], 9);
}

static double eigvalsh_flops(const eg_problem *p)
{
    return eg__cubic(p->in[0], 4.0 / 3);
}

/* V (diag(dw) + F * V^T dV) V^T. */
static eg_status eigh_grad(eg_backward *b)
{
    eg_tensor *w = b->y[0], *v = b->y[1], *dw = b->dy[0], *dv = b->dy[1];
    eg_tensor *turn = eg_mul(inverse_gaps(w), eg__adjoint_product(v, true, dv, false));
    eg_tensor *left = eg_add(scale_columns(v, dw), eg_matmul(v, turn));

    b->dx[0] = eg__of_lower(eg__adjoint_product(left, false, v, true));
    return eg__done();
}

const eg_opdef eg_op_eigh = {
    .name = "Eigh",
    .in = {"a"},
    .n_out = 2,
    .types = {EG__FLOATING},
    .traits = EG__MAY_FAIL,
    .infer = eigh_infer,
    .flops = eigh_flops,
    .kernels = EG__KERNELS(&eg__eigh_kernel),
    .grad = eigh_grad,
    .known_as = {"linalg.eigh", "linalg.eigh", NULL},
};

eg_tensor *eg_eigh(eg_tensor *a)
{
    return EG__APPLY(&eg_op_eigh, NULL, a);
}

static eg_status eigvalsh_grad(eg_backward *b)
{
    eg_tensor *v = eg_part(eg_eigh(b->x[0]), 1);

    b->dx[0] = eg__of_lower(eg__adjoint_product(scale_columns(v, b->dy[0]), false, v, true));
    return eg__done();
}

const eg_opdef eg_op_eigvalsh = {
    .name = "EigValsH",
    .in = {"a"},
    .types = {EG__FLOATING},
    .traits = EG__MAY_FAIL,
    .infer = eigh_infer,
    .flops = eigvalsh_flops,
    .kernels = EG__KERNELS(&eg__eigvalsh_kernel),
    .grad = eigvalsh_grad,
    .known_as = {"linalg.eigvalsh", "linalg.eigvalsh", NULL},
};

eg_tensor *eg_eigvalsh(eg_tensor *a)
{
    return EG__APPLY(&eg_op_eigvalsh, NULL, a);
}

/* ---- singular values ------------------------------------------------------------------------ */

static const eg_attr svd_fields[] = {EG__ATTR(eg_svd_attrs, BOOL, reduced), {0}};

static eg_status svd_infer(eg_shapes *s)
{
    const eg_spec *a = s->in[0];
    eg_spec *u = s->out[0], *values = s->out[1], *vh = s->out[2];

    if (eg__infer_matrix(s) != EG_OK)
        return EG_INVALID;
    int64_t m = a->dims[a->rank - 2], n = a->dims[a->rank - 1], k = smaller(m, n);
    bool reduced = ((const eg_svd_attrs *)s->attrs)->reduced;
    *u = *values = *vh = *a;
    u->dims[a->rank - 2] = m;
    u->dims[a->rank - 1] = reduced ? k : m;
    values->dims[--values->rank - 1] = k;
    values->dtype = eg__part_of(a->dtype);
    vh->dims[a->rank - 2] = reduced ? k : n;
    if (eg__infer_size(s, u) != EG_OK || eg__infer_size(s, values) != EG_OK)
        return EG_INVALID;
    return eg__infer_size(s, vh);
}

/* Golub and Van Loan, Matrix Computations, 8.6: what begins with a QR decomposition. */
static double svd_flops(const eg_problem *p)
{
    eg__stack a = eg__stack_of(p->in[0]);
    double m = a.rows > a.columns ? a.rows : a.columns, n = a.rows + a.columns - m;
    bool reduced = p->n_out == 1 || ((const eg_svd_attrs *)p->attrs)->reduced;
    double each = reduced ? 6 * m * n * n + 20 * n * n * n : 4 * m * m * n + 22 * n * n * n;

    return eg__whole(eg__mul_adds(p->in[0], a.n * each / 2));
}

/* What of dx no vector of the columns of `of` reaches. */
static eg_tensor *beyond(eg_tensor *of, eg_tensor *dx)
{
    return eg_sub(dx, eg_matmul(of, eg__adjoint_product(of, true, dx, false)));
}

/* F * (X^T dX - dX^T X). */
static eg_tensor *turn(eg_tensor *gaps, eg_tensor *x, eg_tensor *dx)
{
    eg_tensor *of = eg__adjoint_product(x, true, dx, false);
    return eg_mul(gaps, eg_sub(of, eg_adjoint(of)));
}

/* The imaginary parts of the diagonal of U^H dU: how the phases of the columns turn. */
static eg_tensor *phases(eg_tensor *u, eg_tensor *du)
{
    eg_reduce_attrs rows_of = {.size = sizeof rows_of, .axes = {1, {-2}}};
    eg_tensor *turned = eg_imag(eg_sum_with(eg_mul(eg_conj(u), du), &rows_of));

    return eg_complex(eg__number_like(turned, 0), turned);
}

/* U (F (U^T dU - dU^T U) S + S F (V^T dV - dV^T V) + dS) V^T, and what of dU and dV lies outside
 * of the columns of U and V; see Townsend, Differentiating the singular value decomposition. */
static eg_status svd_grad(eg_backward *b)
{
    int64_t m = eg_dim(b->x[0], -2), n = eg_dim(b->x[0], -1), k = smaller(m, n);
    eg_tensor *s = b->y[1], *v = eg_adjoint(b->y[2]),
              *dv = without_rest(v, eg_adjoint(b->dy[2]), k);
    eg_tensor *u = columns(b->y[0], 0, k), *du = without_rest(b->y[0], b->dy[0], k);

    v = columns(v, 0, k);
    eg_tensor *gaps = inverse_gaps(eg_square(s));
    eg_tensor *core = eg_add(scale_columns(turn(gaps, u, du), s), scale_rows(turn(gaps, v, dv), s));
    eg_tensor *left = eg_add(eg_matmul(u, core), scale_columns(u, b->dy[1])), *right = NULL;
    if (eg__is_complex(eg_dtype_of(u)))
        left = eg_add(left, scale_columns(u, eg_mul(phases(u, du), eg__safe_inverse(s))));
    if (m > n)
        left = eg_add(left, scale_columns(beyond(u, du), eg__safe_inverse(s)));
    if (m < n)
        right = scale_columns(beyond(v, dv), eg__safe_inverse(s));
    eg_tensor *dx = eg__adjoint_product(left, false, v, true);
    b->dx[0] = right ? eg_add(dx, eg__adjoint_product(u, false, right, true)) : dx;
    return eg__done();
}

const eg_opdef eg_op_svd = {
    .name = "Svd",
    .in = {"a"},
    .n_out = 3,
    .types = {EG__FLOATING},
    .traits = EG__MAY_FAIL,
    .attrs = svd_fields,
    .attrs_size = sizeof(eg_svd_attrs),
    .infer = svd_infer,
    .flops = svd_flops,
    .kernels = EG__KERNELS(&eg__svd_kernel),
    .grad = svd_grad,
    .known_as = {"linalg.svd", "linalg.svd", NULL},
};

eg_tensor *eg_svd_with(eg_tensor *a, const eg_svd_attrs *attrs)
{
    return EG__APPLY(&eg_op_svd, attrs, a);
}

eg_tensor *eg_svd(eg_tensor *a)
{
    return eg_svd_with(a, NULL);
}

static eg_status svdvals_infer(eg_shapes *s)
{
    const eg_spec *a = s->in[0];
    eg_spec *values = s->out[0];

    if (eg__infer_matrix(s) != EG_OK)
        return EG_INVALID;
    values->rank--;
    values->dims[values->rank - 1] = smaller(a->dims[a->rank - 2], a->dims[a->rank - 1]);
    values->dtype = eg__part_of(a->dtype);
    return eg__infer_size(s, values);
}

static double svdvals_flops(const eg_problem *p)
{
    eg__stack a = eg__stack_of(p->in[0]);
    double m = a.rows > a.columns ? a.rows : a.columns, n = a.rows + a.columns - m;

    return eg__whole(eg__mul_adds(p->in[0], a.n * (2 * m * n * n - 2 * n * n * n / 3)));
}

static eg_status svdvals_grad(eg_backward *b)
{
    eg_svd_attrs reduced = {sizeof reduced, true};
    eg_tensor *usv = eg_svd_with(b->x[0], &reduced);

    b->dx[0] = eg_matmul(scale_columns(eg_part(usv, 0), b->dy[0]), eg_part(usv, 2));
    return eg__done();
}

const eg_opdef eg_op_svdvals = {
    .name = "SvdVals",
    .in = {"a"},
    .types = {EG__FLOATING},
    .traits = EG__MAY_FAIL,
    .infer = svdvals_infer,
    .flops = svdvals_flops,
    .kernels = EG__KERNELS(&eg__svdvals_kernel),
    .grad = svdvals_grad,
    .known_as = {"linalg.svdvals", "linalg.svd", NULL},
};

eg_tensor *eg_svdvals(eg_tensor *a)
{
    return EG__APPLY(&eg_op_svdvals, NULL, a);
}

/* ---- pinv, lstsq ---------------------------------------------------------------------------- */

static eg_status pinv_infer(eg_shapes *s)
{
    const eg_spec *a = s->in[0];
    eg_spec *out = s->out[0];

    if (eg__infer_matrix(s) != EG_OK)
        return EG_INVALID;
    out->dims[a->rank - 2] = a->dims[a->rank - 1];
    out->dims[a->rank - 1] = a->dims[a->rank - 2];
    return EG_OK;
}

/* The decomposition, and a product of what it gives. */
static double pinv_flops(const eg_problem *p)
{
    eg__stack a = eg__stack_of(p->in[0]);
    double k = a.rows < a.columns ? a.rows : a.columns;

    return svd_flops(p) + eg__mul_adds(p->in[0], a.n * a.rows * a.columns * k);
}

/* -P^T dP P^T + (1 - A P) dP^T P P^T + P^T P dP^T (1 - P A); see Golub and Pereyra, 1973. */
static eg_status pinv_grad(eg_backward *b)
{
    eg_tensor *a = b->x[0], *p = b->y[0], *dp = b->dy[0];
    eg_tensor *plain = eg__adjoint_product(p, true, eg__adjoint_product(dp, false, p, true), false);
    eg_tensor *of_left =
        eg__adjoint_product(dp, true, eg__adjoint_product(p, false, p, true), false);
    eg_tensor *of_right =
        eg__adjoint_product(eg__adjoint_product(p, true, p, false), false, dp, true);
    eg_tensor *left = eg_sub(of_left, eg_matmul(a, eg_matmul(p, of_left)));
    eg_tensor *right = eg_sub(of_right, eg_matmul(eg_matmul(of_right, p), a));

    b->dx[0] = eg_sub(eg_add(left, right), plain);
    return eg__done();
}

const eg_opdef eg_op_pinv = {
    .name = "Pinv",
    .in = {"a"},
    .types = {EG__FLOATING},
    .traits = EG__MAY_FAIL,
    .infer = pinv_infer,
    .flops = pinv_flops,
    .kernels = EG__KERNELS(&eg__pinv_kernel),
    .grad = pinv_grad,
    .known_as = {"linalg.pinv", "linalg.pinv", NULL},
};

eg_tensor *eg_pinv(eg_tensor *a)
{
    return EG__APPLY(&eg_op_pinv, NULL, a);
}

eg_tensor *eg_lstsq(eg_tensor *a, eg_tensor *b)
{
    return eg_matmul(eg_pinv(a), b);
}

/* ---- matrix_rank, matrix_norm, cond --------------------------------------------------------- */

/* A reduction over the last `n` axes. */
static eg_reduce_attrs over_last(int n, bool keep_dims)
{
    eg_reduce_attrs attrs = {.size = sizeof attrs, .keep_dims = keep_dims};

    for (int i = 0; i < n; i++)
        attrs.axes.axis[attrs.axes.n++] = i - n;
    return attrs;
}

/* The distance from 1 to the next number. */
static double epsilon_of(eg_dtype dtype)
{
    switch (dtype) {
    case EG_FLOAT64:
        return 0x1p-52;
    case EG_FLOAT16:
        return 0x1p-10;
    case EG_BFLOAT16:
        return 0x1p-7;
    default:
        return 0x1p-23;
    }
}

eg_tensor *eg_matrix_rank(eg_tensor *a)
{
    eg_tensor *s = eg_svdvals(a);
    eg_reduce_attrs kept = over_last(1, true), last = over_last(1, false);
    int64_t m = eg_dim(a, -2), n = eg_dim(a, -1);

    if (s && (m == 0 || n == 0))
        return eg_sum_with(eg_cast(s, EG_INT64), &last);
    double epsilon = epsilon_of(eg_dtype_of(s)) * (double)(m > n ? m : n);
    eg_tensor *counts = eg_greater(s, eg__scale(eg_max_with(s, &kept), epsilon));
    return eg_sum_with(eg_cast(counts, EG_INT64), &last);
}

/* The largest sum of absolute values along one axis, -1 or -2. */
static eg_tensor *largest_sum(eg_tensor *a, int axis)
{
    eg_reduce_attrs along = over_last(1, true), both = over_last(2, true);

    along.axes.axis[0] = axis;
    return eg_max_with(eg_sum_with(eg_abs(a), &along), &both);
}

/* Of the singular values; their axis stays, with size 1. */
static eg_tensor *norm_of_values(eg_tensor *s, eg_norm norm)
{
    eg_reduce_attrs last = over_last(1, true);

    if (norm == EG_NORM_NUCLEAR)
        return eg_sum_with(s, &last);
    return norm == EG_NORM_SPECTRAL ? eg_max_with(s, &last) : eg_min_with(s, &last);
}

/* With the matrix's axes in place. */
static eg_tensor *norm_of(eg_tensor *a, eg_norm norm)
{
    eg_reduce_attrs both = over_last(2, true);

    switch (norm) {
    case EG_NORM_FROBENIUS:
        return eg__root(eg_sum_with(eg_square(eg__is_complex(eg_dtype_of(a)) ? eg_abs(a) : a),
                            &both),
            2);
    case EG_NORM_COLUMNS:
        return largest_sum(a, -2);
    case EG_NORM_ROWS:
        return largest_sum(a, -1);
    default:
        return eg_expand_dims(norm_of_values(eg_svdvals(a), norm), -1);
    }
}

eg_tensor *eg_matrix_norm_with(eg_tensor *a, const eg_matrix_norm_attrs *attrs)
{
    eg_matrix_norm_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, "eg_matrix_norm"))
        return NULL;
    if ((unsigned)full.norm > EG_NORM_ROWS)
        return eg__fail_null(EG_INVALID, "eg_matrix_norm", "there is no norm %d", (int)full.norm);
    eg_tensor *norm = norm_of(a, full.norm);
    return full.keep_dims ? norm : eg_squeeze(eg_squeeze(norm, -1), -1);
}

eg_tensor *eg_matrix_norm(eg_tensor *a)
{
    return eg_matrix_norm_with(a, NULL);
}

eg_tensor *eg_condition_number(eg_tensor *a)
{
    eg_reduce_attrs last = over_last(1, false);
    eg_tensor *s = eg_svdvals(a), *least = eg_min_with(s, &last);
    eg_tensor *is_singular = eg_equal(least, eg__number_like(least, 0));

    return eg_where(is_singular, eg__number_like(least, INFINITY),
        eg_div(eg_max_with(s, &last), least));
}
