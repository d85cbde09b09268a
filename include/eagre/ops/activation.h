/* Activations of neural networks, beside relu, sigmoid and gelu.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_ACTIVATION_H
#define EAGRE_OPS_ACTIVATION_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* min(max(x, 0), 6); NaN stays. Gradient: dz where 0 < x < 6.
 *     eg_relu6(EG_F32(-1, 2, 7))  ->  [0. 2. 6.] float32[3]
 * Owns: the result. Fails: integers, bool. Records: Relu6. */
EG_API eg_tensor *eg_relu6(eg_tensor *x);

/* x where it is above 0, else alpha*x. alpha may be a tensor, which a model then learns. Gradient:
 * of x dz, or dz*alpha; of alpha dz*x where x is not above 0.
 *     eg_leaky_relu(EG_F32(-1, 2), 0.125)  ->  [-0.125  2.   ] float32[2]
 * Owns: the result. Fails: as eg_div. Records: LeakyRelu. */
EG_API eg_tensor *eg_leaky_relu(eg_tensor *x, eg_tensor *alpha);

/* x where it is above 0, else alpha*(exp(x) - 1). Gradient: of x dz, or dz*alpha*exp(x); of alpha
 * dz*(exp(x) - 1) where x is not above 0.
 *     eg_elu(EG_F32(-1, 2), 1)  ->  [-0.63212055  2.        ] float32[2]
 * Owns: the result. Fails: as eg_div. Records: Elu. */
EG_API eg_tensor *eg_elu(eg_tensor *x, eg_tensor *alpha);

/* x*sigmoid(x), also called swish. Gradient: dz*s*(1 + x*(1 - s)), s = sigmoid(x).
 *     eg_silu(EG_F32(0, 1))  ->  [0.        0.7310586] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Silu. */
EG_API eg_tensor *eg_silu(eg_tensor *x);

/* x*tanh(softplus(x)). Gradient: by the product rule.
 *     eg_mish(EG_F32(0, 1))  ->  [0.        0.8650984] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Mish. */
EG_API eg_tensor *eg_mish(eg_tensor *x);

/* log(1 + exp(x)), without leaving the range in between. Gradient: dz*sigmoid(x).
 *     eg_softplus(EG_F32(0, 1000))  ->  [6.931472e-01 1.000000e+03] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Softplus. */
EG_API eg_tensor *eg_softplus(eg_tensor *x);

/* x/(1 + |x|), which ends at -1 and 1. Gradient: dz/(1 + |x|)^2.
 *     eg_softsign(EG_F32(1, -3))  ->  [ 0.5  -0.75] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Softsign. */
EG_API eg_tensor *eg_softsign(eg_tensor *x);

/* (x + 3)/6, at least 0 and at most 1. Gradient: dz/6 where -3 < x < 3.
 *     eg_hard_sigmoid(EG_F32(-4, 0, 1.5))  ->  [0.   0.5  0.75] float32[3]
 * Owns: the result. Fails: integers, bool. Records: HardSigmoid. */
EG_API eg_tensor *eg_hard_sigmoid(eg_tensor *x);

/* x*hard_sigmoid(x). Gradient: dz*(2*x + 3)/6 where -3 < x < 3, 0 below, dz above.
 *     eg_hard_swish(EG_F32(-4, 0, 1.5))  ->  [0.    0.    1.125] float32[3]
 * Owns: the result. Fails: integers, bool. Records: HardSwish. */
EG_API eg_tensor *eg_hard_swish(eg_tensor *x);

/* 1.0507*elu(x, 1.67326), with more digits: keeps a layer's mean at 0 and its variance at 1.
 * Gradient: as eg_elu. Source: Klambauer et al., arXiv:1706.02515.
 *     eg_selu(EG_F32(-1, 2))  ->  [-1.1113307  2.101402 ] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Elu, Mul. */
EG_API eg_tensor *eg_selu(eg_tensor *x);

/* log(sigmoid(x)), without leaving the range in between: -softplus(-x). Gradient: dz*sigmoid(-x).
 *     eg_log_sigmoid(EG_F32(0, -1000))  ->  [-6.931472e-01 -1.000000e+03] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Neg, Softplus. */
EG_API eg_tensor *eg_log_sigmoid(eg_tensor *x);

#ifdef __cplusplus
}
#endif

#endif
