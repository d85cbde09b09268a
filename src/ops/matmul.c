/* The matrix product.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/integer.h"
#include "kernel/matmul.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/sized.h"
#include "ops/registry.h"

static const eg_attr matmul_fields[] = {
    EG__ATTR(eg_matmul_attrs, BOOL, transpose_a),
    EG__ATTR(eg_matmul_attrs, BOOL, transpose_b),
    {0},
};

static int64_t from_end(const eg_spec *x, int i)
{
    return x->dims[x->rank - i];
}

/* The axes of a and b but the last two, broadcast. */
static bool broadcast_leading(const eg_spec *a, const eg_spec *b, eg_spec *out)
{
    eg_spec leading = *b;

    *out = *a;
    out->rank -= 2;
    leading.rank -= 2;
    return eg__broadcast_shape(out, &leading);
}

static eg_status infer(eg_shapes *s, const eg_matmul_attrs *attrs)
{
    const eg_spec *a = s->in[0], *b = s->in[1];
    eg_spec *out = s->out[0];

    if (a->rank < 2 || b->rank < 2)
        return eg__shape_error(s, "a transposed operand needs two axes or more; reshape it");
    int64_t rows = from_end(a, attrs->transpose_a ? 1 : 2);
    int64_t inner_a = from_end(a, attrs->transpose_a ? 2 : 1);
    int64_t inner_b = from_end(b, attrs->transpose_b ? 1 : 2);
    int64_t columns = from_end(b, attrs->transpose_b ? 2 : 1);
    if (inner_a != inner_b)
        return eg__shape_error(s, "the inner sizes are %lld and %lld%s; transpose or reshape one",
            (long long)inner_a, (long long)inner_b,
            attrs->transpose_a || attrs->transpose_b ? " after transposing" : "");
    out->dtype = a->dtype;
    out->rank = 0;
    if ((a->rank > 2 || b->rank > 2) && !broadcast_leading(a, b, out))
        return eg__shape_error(s, "the axes before the last two do not broadcast; reshape one");
    out->dims[out->rank++] = rows;
    out->dims[out->rank++] = columns;
    return eg__infer_size(s, out);
}

static double matmul_flops(const eg_problem *p)
{
    const eg_matmul_attrs *attrs = p->attrs;
    int64_t inner = from_end(p->in[0], attrs->transpose_a ? 2 : 1);

    return eg__mul_adds(p->out[0], (double)p->out[0]->size * (double)inner);
}

static eg_status matmul_infer(eg_shapes *s)
{
    return infer(s, s->attrs);
}

static eg_tensor *product(eg_tensor *a, bool transpose_a, eg_tensor *b, bool transpose_b)
{
    eg_matmul_attrs attrs = {sizeof attrs, transpose_a, transpose_b};
    return eg_matmul_with(a, b, &attrs);
}

/* A stack of matrices as one, with all their rows. */
static eg_tensor *all_rows(eg_tensor *x)
{
    eg__size dims[] = {eg__size_plain(1), eg__size_at(x, -1)};

    for (int i = 0; i < eg_rank(x) - 1; i++)
        dims[0] = eg__size_times(dims[0], eg__size_at(x, i));
    return eg__reshape(x, 2, dims);
}

static eg_status matmul_grad(eg_backward *g)
{
    const eg_matmul_attrs *attrs = g->attrs;
    eg_tensor *a = g->x[0], *b = g->x[1], *dz = g->dy[0];
    bool ta = attrs->transpose_a, tb = attrs->transpose_b;

    if (g->wanted[0])
        g->dx[0] = eg__unbroadcast(ta ? product(b, tb, dz, true) : product(dz, false, b, !tb), a);
    if (eg_rank(b) == 2 && eg_rank(a) > 2 && !ta && g->wanted[1]) {
        a = all_rows(a); /* one product, not one for each matrix of a and their sum */
        dz = all_rows(dz);
    }
    if (g->wanted[1])
        g->dx[1] = eg__unbroadcast(tb ? product(dz, true, a, ta) : product(a, !ta, dz, false), b);
    return eg__done();
}

const eg_opdef eg_op_matmul = {
    .name = "MatMul",
    .in = {"a", "b"},
    .types = {EG__NUMBERS, EG__NUMBERS},
    .promote = 3,
    .traits = EG__PRODUCT | EG__HOLOMORPHIC,
    .attrs = matmul_fields,
    .attrs_size = sizeof(eg_matmul_attrs),
    .infer = matmul_infer,
    .flops = matmul_flops,
    .kernels = EG__KERNELS(&eg__matmul_tiny, &eg__matmul_small, &eg__matmul_onednn,
        &eg__matmul_reference, &eg__matmul_complex),
    .grad = matmul_grad,
    .known_as = {"matmul", "linalg.matmul", "MatMul"},
};

static eg_status matmul_integer_infer(eg_shapes *s)
{
    const eg_matmul_attrs plain = {.size = sizeof plain};

    if (infer(s, &plain) != EG_OK)
        return EG_INVALID;
    return eg__infer_bytes(s, from_end(s->out[0], 2), from_end(s->out[0], 1));
}

const eg_opdef eg_op_matmul_integer = {
    .name = "MatMulInteger",
    .in = {"a", "b", "a_zero", "b_zero"},
    .types = {EG__INTS, EG__INTS, EG__INTS, EG__INTS},
    .traits = EG__CONSTANT,
    .infer = matmul_integer_infer,
    .kernels = EG__KERNELS(&eg__matmul_integer_kernel),
    .known_as = {NULL, NULL, "MatMulInteger"},
};

/* A vector is a row on the left, a column on the right; its axis vanishes from the result. */
eg_tensor *eg_matmul_with(eg_tensor *a, eg_tensor *b, const eg_matmul_attrs *attrs)
{
    eg_matmul_attrs full;

    if (a && b && eg_rank(a) != 1 && eg_rank(b) != 1)
        return EG__APPLY(&eg_op_matmul, attrs, a, b);
    if (!eg__attrs_complete(&full, sizeof full, attrs, eg_op_matmul.name))
        return NULL;
    bool row = a && eg_rank(a) == 1 && !full.transpose_a;
    bool column = b && eg_rank(b) == 1 && !full.transpose_b;
    eg_tensor *z = EG__APPLY(&eg_op_matmul, &full, row ? eg_expand_dims(a, 0) : a,
        column ? eg_expand_dims(b, 1) : b);
    z = row ? eg_squeeze(z, -2) : z;
    return column ? eg_squeeze(z, -1) : z;
}

eg_tensor *eg_matmul(eg_tensor *a, eg_tensor *b)
{
    static const eg_matmul_attrs plain = {.size = sizeof plain};

    return eg_matmul_with(a, b, &plain);
}

eg_tensor *eg_matmul_integer(eg_tensor *a, eg_tensor *b, eg_tensor *a_zero, eg_tensor *b_zero)
{
    return EG__APPLY(&eg_op_matmul_integer, NULL, a, b, a_zero, b_zero);
}
