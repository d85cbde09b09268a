/* Real numbers as small whole ones: x is about (q - zero) * scale. Scale and zero are single
 * numbers, or lists of one for each element along an axis, or arrays that broadcast to x.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_QUANTIZE_H
#define EAGRE_OPS_QUANTIZE_H

#include <eagre/ops/conv.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eg_quantize_attrs {
    size_t size;    /* sizeof(eg_quantize_attrs) */
    int axis;       /* where a list of scales lies; negative: from the end [0] */
    eg_dtype dtype; /* of the whole numbers: int8 to int32, uint8 to uint32 [zero's] */
} eg_quantize_attrs;

/* x / scale, rounded to the nearest whole number, of two to the even one, plus zero; the nearest of
 * the dtype's range. NaN becomes zero. No gradient: see eg_fake_quantize.
 *     eg_quantize(EG_F32(0, 0.25, -1, 100), 0.1, 128,
 *         .dtype = EG_UINT8)  ->  [128 130 118 255] uint8[4]
 *     eg_quantize(EG_F32(1, 1), EG_F32(0.5, 0.25), 0, .dtype = EG_INT8)  ->  [2 4] int8[2]
 * Owns: the result. Fails: whole x, real zero, a dtype that is none of those, scales or zeros that
 * do not fit x. Records: Quantize, Reshape, Cast. */
EG_API eg_tensor *eg_quantize_with(eg_tensor *x, eg_tensor *scale, eg_tensor *zero,
    const eg_quantize_attrs *attrs);
EG_API eg_tensor *eg_quantize(eg_tensor *x, eg_tensor *scale, eg_tensor *zero);

/* (q - zero) * scale, in scale's dtype. Gradient of scale: the sum of dz * (q - zero).
 *     eg_dequantize(EG_U8(128, 130, 0), 0.5, 128)  ->  [  0.   1. -64.] float32[3]
 * Owns: the result. Fails: as eg_quantize; zero of another dtype than q. Records: Dequantize,
 * Reshape, Cast. */
EG_API eg_tensor *eg_dequantize_with(eg_tensor *q, eg_tensor *scale, eg_tensor *zero,
    const eg_quantize_attrs *attrs);
EG_API eg_tensor *eg_dequantize(eg_tensor *q, eg_tensor *scale, eg_tensor *zero);

/* uint8, with the scale and zero that just hold the numbers of x and 0: a tuple of three. No
 * gradient.
 *     eg_part(eg_dynamic_quantize(EG_F32(0, 2, -3, -2.5)),
 *         0)  ->  [153 255   0  26] uint8[4]
 * Owns: the tuple. Fails: all but float32. Records: Max, Min, Quantize and what leads from one to
 * the other. */
EG_API eg_tensor *eg_dynamic_quantize(eg_tensor *x);

/* x quantized and dequantized, in x's dtype: what training for whole numbers computes with.
 * Gradient: straight through the rounding; of x, dz, and 0 where the range ends; of scale, what
 * rounding adds to x, each over scale, and beyond the range its end.
 *     eg_fake_quantize(EG_F32(0.12, 0.26, 9), 0.1, 0,
 *         .dtype = EG_INT8)  ->  [0.1 0.3 9. ] float32[3]
 * Owns: the result. Fails: as eg_quantize. Records: Div, Round, Mul and what they need. */
EG_API eg_tensor *eg_fake_quantize_with(eg_tensor *x, eg_tensor *scale, eg_tensor *zero,
    const eg_quantize_attrs *attrs);
EG_API eg_tensor *eg_fake_quantize(eg_tensor *x, eg_tensor *scale, eg_tensor *zero);

/* The product of (a - a_zero) and (b - b_zero), int8 or uint8 each, as int32, which wraps. a_zero
 * is one number or one for each row, b_zero one or one for each column. Leading axes broadcast as
 * in eg_matmul. No gradient.
 *     eg_matmul_integer(eg_reshape(EG_U8(1, 2, 3, 4), EG_DIMS(2, 2)), eg_reshape(EG_I8(1, -1),
 *         EG_DIMS(2, 1)), 1, 0)  ->  [[-1] [-1]] int32[2,1]
 * Owns: the result. Fails: other dtypes, zeros of another dtype, sizes that do not fit, fewer than
 * two axes. Records: MatMulInteger. */
EG_API eg_tensor *eg_matmul_integer(eg_tensor *a, eg_tensor *b, eg_tensor *a_zero,
    eg_tensor *b_zero);

/* eg_conv of (x - x_zero) and (w - w_zero), int8 or uint8 each, as int32, which wraps. w_zero is
 * one number or one for each result. Padding counts as x_zero. No gradient.
 *     eg_conv_integer(eg_reshape(EG_U8(1, 2, 4), EG_DIMS(1, 3, 1)), eg_reshape(EG_I8(1, -1),
 *         EG_DIMS(2, 1, 1)), 0, 0)  ->  [[[-1] [-2]]] int32[1,2,1]
 * Owns: the result. Fails: as eg_matmul_integer and eg_conv. Records: ConvInteger; Transpose with
 * channels_first. */
EG_API eg_tensor *eg_conv_integer_with(eg_tensor *x, eg_tensor *w, eg_tensor *x_zero,
    eg_tensor *w_zero, const eg_conv_attrs *attrs);
EG_API eg_tensor *eg_conv_integer(eg_tensor *x, eg_tensor *w, eg_tensor *x_zero, eg_tensor *w_zero);

/* Whole numbers with what they stand for. */
typedef struct eg_quantized {
    eg_tensor *q;
    eg_tensor *scale, *zero; /* one of each; of a [rows, 1], of b [columns] */
} eg_quantized;

/* The product of two quantized matrices, quantized to scale and zero. No gradient.
 *     eg_qlinear_matmul(
 *         &(eg_quantized){eg_reshape(EG_U8(2, 4), EG_DIMS(1, 2)), EG_F32(0.5), EG_U8(0)},
 *         &(eg_quantized){eg_reshape(EG_I8(1, 3), EG_DIMS(2, 1)), EG_F32(0.5), EG_I8(0)},
 *         EG_F32(0.25), EG_U8(5))  ->  [[19]] uint8[1,1]
 * Owns: the result. Fails: as eg_matmul_integer and eg_quantize. Records: MatMulInteger, Cast, Mul,
 * Quantize. */
EG_API eg_tensor *eg_qlinear_matmul(const eg_quantized *a, const eg_quantized *b, eg_tensor *scale,
    eg_tensor *zero);

#ifdef __cplusplus
}
#endif

#endif
