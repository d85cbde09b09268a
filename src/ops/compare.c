/* Comparison, logic, selection, conversion.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include "op/infer.h"
#include "op/widen.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include "ops/text.h"

/* ---- comparison ----------------------------------------------------------------------------- */

const eg_opdef eg_op_equal = {
    .name = "Equal",
    .in = {"x", "y"},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__COMMUTES | EG__CONSTANT,
    .infer = eg__infer_compare,
    .kernels = EG__KERNELS(&eg__equal_loop, &eg__complex_equal_loop),
    .known_as = {"equal", "math.equal", "Equal"},
};

eg_tensor *eg_equal(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_equal, NULL, x, y);
}

const eg_opdef eg_op_not_equal = {
    .name = "NotEqual",
    .in = {"x", "y"},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__COMMUTES | EG__CONSTANT,
    .infer = eg__infer_compare,
    .kernels = EG__KERNELS(&eg__not_equal_loop, &eg__complex_not_equal_loop),
    .known_as = {"not_equal", "math.not_equal", NULL},
};

eg_tensor *eg_not_equal(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_not_equal, NULL, x, y);
}

const eg_opdef eg_op_less = {
    .name = "Less",
    .in = {"x", "y"},
    .types = {EG__NUMERIC, EG__NUMERIC},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .infer = eg__infer_compare,
    .kernels = EG__KERNELS(&eg__less_loop),
    .known_as = {"less", "math.less", "Less"},
};

eg_tensor *eg_less(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_less, NULL, x, y);
}

const eg_opdef eg_op_less_equal = {
    .name = "LessEqual",
    .in = {"x", "y"},
    .types = {EG__NUMERIC, EG__NUMERIC},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .infer = eg__infer_compare,
    .kernels = EG__KERNELS(&eg__less_equal_loop),
    .known_as = {"less_equal", "math.less_equal", "LessOrEqual"},
};

eg_tensor *eg_less_equal(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_less_equal, NULL, x, y);
}

const eg_opdef eg_op_greater = {
    .name = "Greater",
    .in = {"x", "y"},
    .types = {EG__NUMERIC, EG__NUMERIC},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .infer = eg__infer_compare,
    .kernels = EG__KERNELS(&eg__greater_loop),
    .known_as = {"greater", "math.greater", "Greater"},
};

eg_tensor *eg_greater(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_greater, NULL, x, y);
}

const eg_opdef eg_op_greater_equal = {
    .name = "GreaterEqual",
    .in = {"x", "y"},
    .types = {EG__NUMERIC, EG__NUMERIC},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .infer = eg__infer_compare,
    .kernels = EG__KERNELS(&eg__greater_equal_loop),
    .known_as = {"greater_equal", "math.greater_equal", "GreaterOrEqual"},
};

eg_tensor *eg_greater_equal(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_greater_equal, NULL, x, y);
}

/* ---- logic ---------------------------------------------------------------------------------- */

const eg_opdef eg_op_logical_and = {
    .name = "LogicalAnd",
    .in = {"x", "y"},
    .types = {EG__BOOLS, EG__BOOLS},
    .traits = EG__ELEMENTWISE | EG__COMMUTES | EG__ASSOCIATES | EG__CONSTANT,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__logical_and_loop),
    .known_as = {"logical_and", "math.logical_and", "And"},
};

eg_tensor *eg_logical_and(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_logical_and, NULL, x, y);
}

const eg_opdef eg_op_logical_or = {
    .name = "LogicalOr",
    .in = {"x", "y"},
    .types = {EG__BOOLS, EG__BOOLS},
    .traits = EG__ELEMENTWISE | EG__COMMUTES | EG__ASSOCIATES | EG__CONSTANT,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__logical_or_loop),
    .known_as = {"logical_or", "math.logical_or", "Or"},
};

eg_tensor *eg_logical_or(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_logical_or, NULL, x, y);
}

const eg_opdef eg_op_logical_xor = {
    .name = "LogicalXor",
    .in = {"x", "y"},
    .types = {EG__BOOLS, EG__BOOLS},
    .traits = EG__ELEMENTWISE | EG__COMMUTES | EG__ASSOCIATES | EG__CONSTANT,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__logical_xor_loop),
    .known_as = {"logical_xor", "math.logical_xor", "Xor"},
};

eg_tensor *eg_logical_xor(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_logical_xor, NULL, x, y);
}

const eg_opdef eg_op_logical_not = {
    .name = "LogicalNot",
    .in = {"x"},
    .types = {EG__BOOLS},
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__logical_not_loop),
    .known_as = {"logical_not", "math.logical_not", "Not"},
};

eg_tensor *eg_logical_not(eg_tensor *x)
{
    return EG__APPLY(&eg_op_logical_not, NULL, x);
}

/* ---- where ---------------------------------------------------------------------------------- */

static eg_status where_infer(eg_shapes *s)
{
    eg_status status = eg__infer_broadcast(s);
    s->out[0]->dtype = s->in[1]->dtype;
    return status != EG_OK ? status : eg__infer_size(s, s->out[0]);
}

static eg_status where_grad(eg_backward *b)
{
    eg_tensor *zero = eg__number_like(b->dy[0], 0);

    if (b->wanted[1])
        b->dx[1] = eg__unbroadcast(eg_where(b->x[0], b->dy[0], zero), b->x[1]);
    if (b->wanted[2])
        b->dx[2] = eg__unbroadcast(eg_where(b->x[0], zero, b->dy[0]), b->x[2]);
    return eg__done();
}

const eg_opdef eg_op_where = {
    .name = "Where",
    .in = {"condition", "x", "y"},
    .types = {EG__BOOLS},
    .promote = 6,
    .traits = EG__ELEMENTWISE | EG__NO_FLOPS,
    .infer = where_infer,
    .kernels = EG__KERNELS(&eg__where_loop),
    .grad = where_grad,
    .known_as = {"where", "where", "Where"},
};

eg_tensor *eg_where(eg_tensor *condition, eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_where, NULL, condition, x, y);
}

/* ---- cast ----------------------------------------------------------------------------------- */

static const eg_attr cast_fields[] = {EG__ATTR(eg__cast_attrs, DTYPE, dtype), {0}};

static eg_status cast_infer(eg_shapes *s)
{
    eg_dtype dtype = ((const eg__cast_attrs *)s->attrs)->dtype;

    if (eg__dtype(dtype)->size == 0)
        return eg__shape_error(s, "%d is no dtype; use EG_FLOAT32 and its like", (int)dtype);
    if (dtype == EG_STRING)
        return eg__shape_error(s, "text is what AsString makes of numbers; use eg_cast");
    if (eg__is_complex(s->in[0]->dtype) && dtype != EG_BOOL && !eg__is_complex(dtype))
        return eg__shape_error(s, "%s has no imaginary part; take eg_real, eg_imag or eg_abs",
            eg_dtype_name(dtype));
    *s->out[0] = *s->in[0];
    s->out[0]->dtype = dtype;
    return eg__infer_size(s, s->out[0]);
}

static eg_status cast_grad(eg_backward *b)
{
    eg_dtype dtype = eg_dtype_of(b->x[0]);

    if (eg__is_floating(eg_dtype_of(b->dy[0])))
        b->dx[0] = eg_cast(eg__is_complex(dtype) ? b->dy[0] : eg_real(b->dy[0]), dtype);
    return eg__done();
}

const eg_opdef eg_op_cast = {
    .name = "Cast",
    .in = {"x"},
    .types = {EG__BOOLS | EG__NUMBERS},
    .traits = EG__ELEMENTWISE | EG__LINEAR | EG__NO_FLOPS,
    .attrs = cast_fields,
    .attrs_size = sizeof(eg__cast_attrs),
    .infer = cast_infer,
    .kernels = EG__KERNELS(&eg__cast_loop),
    .grad = cast_grad,
    .known_as = {"astype", "cast", "Cast"},
};

eg_tensor *eg_cast(eg_tensor *x, eg_dtype dtype)
{
    eg__cast_attrs attrs = {.size = sizeof attrs, .dtype = dtype};

    if (x && dtype != EG_NO_DTYPE && eg_dtype_of(x) == dtype &&
        (x->kind == EG__VALUE || x->kind == EG__SYMBOL))
        return eg__me.failed ? NULL : x;
    if (dtype == EG_STRING || eg_dtype_of(x) == EG_STRING)
        return eg__cast_text(x, dtype);
    return EG__APPLY(&eg_op_cast, &attrs, x);
}
