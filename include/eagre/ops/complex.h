/* Operations: complex numbers and their parts.
 *
 * complex64 and complex128 are floating point like the real dtypes: they promote with those
 * (float32 and complex64 make complex64, float64 and complex64 make complex128) and have gradients.
 * Beside integers and bool stands a cast. They have no order, so what compares or sorts refuses
 * them.
 *
 * The gradient of a real z by a complex x is dz/d(re x) + i dz/d(im x): the direction in which z
 * grows, so that `x - rate * gradient` descends and optimizers need not know. This is TensorFlow's
 * and PyTorch's convention; JAX gives the conjugate. Through a complex derivative f'(x) it is
 * dx = dz * conj(f'(x)); the gradient of a complex target is that of its real part.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_COMPLEX_H
#define EAGRE_OPS_COMPLEX_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* re + im * i, element by element, with broadcasting: complex64, of float64 complex128.
 * Gradient: real(dz) and imag(dz), summed over broadcast axes.
 *     eg_complex(EG_F32(1, 2), EG_F32(3, -4))  ->  [1.+3.j 2.-4.j] complex64[2]
 * Owns: the result. Fails: shapes that do not broadcast, what is not real floating point. Records:
 * Complex. */
EG_API eg_tensor *eg_complex(eg_tensor *re, eg_tensor *im);

/* The real part; of what is real x itself. Gradient: dz with no imaginary part.
 *     eg_real(eg_complex(EG_F32(1, 2), EG_F32(3, -4)))  ->  [1. 2.] float32[2]
 * Owns: the result. Fails: bool. Records: Real, or nothing. */
EG_API eg_tensor *eg_real(eg_tensor *x);

/* The imaginary part; of what is real zeros. Gradient: i * dz.
 *     eg_imag(eg_complex(EG_F32(1, 2), EG_F32(3, -4)))  ->  [ 3. -4.] float32[2]
 * Owns: the result. Fails: bool. Records: Imag, or what eg_zeros_like does. */
EG_API eg_tensor *eg_imag(eg_tensor *x);

/* The complex conjugate, re - im * i; of what is real x itself. Gradient: conj(dz).
 *     eg_conj(eg_complex(EG_F32(1, 2), EG_F32(3, -4)))  ->  [1.-3.j 2.+4.j] complex64[2]
 * Owns: the result. Fails: bool. Records: Conj, or nothing. */
EG_API eg_tensor *eg_conj(eg_tensor *x);

/* The conjugate transpose of a matrix, or of each of a batch: the last two axes change places.
 * Gradient: the adjoint of dz.
 *     eg_adjoint(eg_reshape(eg_complex(EG_F32(1, 2), 3.0),
 *         EG_DIMS(1, 2)))  ->  [[1.-3.j] [2.-3.j]] complex64[2,1]
 * Owns: the result. Fails: bool, fewer axes than two. Records: Transpose, Conj. */
EG_API eg_tensor *eg_adjoint(eg_tensor *x);

/* The angle in radians, from -pi to pi: atan2(imag(x), real(x)), of real x so 0 or pi.
 * Gradient: that of eg_atan2.
 *     eg_angle(eg_complex(EG_F32(1, 0), EG_F32(1, -2)))  ->  [ 0.7853982 -1.5707964] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Imag, Real, Atan2. */
EG_API eg_tensor *eg_angle(eg_tensor *x);

#ifdef __cplusplus
}
#endif

#endif
