/* Whole numbers as their bits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/registry.h"

const eg_opdef eg_op_bitwise_and = {
    .name = "BitwiseAnd",
    .in = {"x", "y"},
    .types = {EG__BITS, EG__BITS},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__COMMUTES | EG__ASSOCIATES | EG__CONSTANT,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__bitwise_and_loop),
    .known_as = {"bitwise_and", "bitwise.bitwise_and", "BitwiseAnd"},
};

eg_tensor *eg_bitwise_and(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_bitwise_and, NULL, x, y);
}

const eg_opdef eg_op_bitwise_or = {
    .name = "BitwiseOr",
    .in = {"x", "y"},
    .types = {EG__BITS, EG__BITS},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__COMMUTES | EG__ASSOCIATES | EG__CONSTANT,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__bitwise_or_loop),
    .known_as = {"bitwise_or", "bitwise.bitwise_or", "BitwiseOr"},
};

eg_tensor *eg_bitwise_or(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_bitwise_or, NULL, x, y);
}

const eg_opdef eg_op_bitwise_xor = {
    .name = "BitwiseXor",
    .in = {"x", "y"},
    .types = {EG__BITS, EG__BITS},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__COMMUTES | EG__ASSOCIATES | EG__CONSTANT,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__bitwise_xor_loop),
    .known_as = {"bitwise_xor", "bitwise.bitwise_xor", "BitwiseXor"},
};

eg_tensor *eg_bitwise_xor(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_bitwise_xor, NULL, x, y);
}

const eg_opdef eg_op_bitwise_invert = {
    .name = "BitwiseInvert",
    .in = {"x"},
    .types = {EG__INTS},
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__bitwise_invert_loop),
    .known_as = {"bitwise_invert", "bitwise.invert", "BitwiseNot"},
};

eg_tensor *eg_bitwise_invert(eg_tensor *x)
{
    if (eg_dtype_of(x) == EG_BOOL)
        return eg_logical_not(x);
    return EG__APPLY(&eg_op_bitwise_invert, NULL, x);
}

const eg_opdef eg_op_bitwise_left_shift = {
    .name = "BitwiseLeftShift",
    .in = {"x", "y"},
    .types = {EG__INTS, EG__INTS},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__bitwise_left_shift_loop),
    .known_as = {"bitwise_left_shift", "bitwise.left_shift", "BitShift"},
};

eg_tensor *eg_bitwise_left_shift(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_bitwise_left_shift, NULL, x, y);
}

const eg_opdef eg_op_bitwise_right_shift = {
    .name = "BitwiseRightShift",
    .in = {"x", "y"},
    .types = {EG__INTS, EG__INTS},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__bitwise_right_shift_loop),
    .known_as = {"bitwise_right_shift", "bitwise.right_shift", "BitShift"},
};

eg_tensor *eg_bitwise_right_shift(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_bitwise_right_shift, NULL, x, y);
}
