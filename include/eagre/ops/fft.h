/* Discrete Fourier transforms.
 *
 * z[k] = sum over j of x[j] e^(-2 pi i j k / n) is the forward transform of n numbers, with a
 * positive exponent the backward one, which is the inverse once it is divided by n. Any n will do;
 * the time it takes grows as n log n also where n is prime. Real numbers have a transform whose
 * second half mirrors the first, z[n - k] = conj(z[k]): the r functions make, and take, the first
 * n / 2 + 1 of these alone. complex64 and complex128 are as exact as float32 and float64; float16
 * and bfloat16 are computed in float32.
 *
 * Every one fails for integers, bool, an axis outside, a negative n, an axis without elements, and
 * where eagre was built without Eigen.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_FFT_H
#define EAGRE_OPS_FFT_H

#include <eagre/ops/shape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which transforms are divided by n. */
typedef enum eg_fft_norm {
    EG_FFT_BACKWARD = 0, /* the backward ones */
    EG_FFT_ORTHO = 1,    /* all, by the root of n */
    EG_FFT_FORWARD = 2   /* the forward ones */
} eg_fft_norm;

typedef struct eg_fft_attrs {
    size_t size; /* sizeof(eg_fft_attrs) */
    int64_t n;   /* transform this many: the first, or with zeros behind [those along the axis] */
    eg_fft_norm norm;
} eg_fft_attrs;

/* The forward transform along an axis; of what is real too. Gradient: the backward transform of dz,
 * with the same factor.
 *     eg_fft(EG_F32(1, 2, 3, 4), -1)  ->  [10.+0.j -2.+2.j -2.+0.j -2.-2.j] complex64[4]
 *     eg_fft(EG_F32(1, 2, 3), -1, .n = 2)  ->  [ 3.+0.j -1.+0.j] complex64[2]
 * Owns: the result. Fails: see above. Records: Fft; Cast, Slice, Unslice, Transpose if needed. */
EG_API eg_tensor *eg_fft_with(eg_tensor *x, int axis, const eg_fft_attrs *attrs);
EG_API eg_tensor *eg_fft(eg_tensor *x, int axis);

/* The inverse of eg_fft: the backward transform, divided by n. Gradient: the forward transform of
 * dz, with the same factor.
 *     eg_real(eg_ifft(eg_fft(EG_F32(1, 2, 4), -1), -1))  ->  [1. 2. 4.] float32[3]
 * Owns: the result. Fails: see above. Records: as eg_fft. */
EG_API eg_tensor *eg_ifft_with(eg_tensor *x, int axis, const eg_fft_attrs *attrs);
EG_API eg_tensor *eg_ifft(eg_tensor *x, int axis);

/* The first n / 2 + 1 numbers of the forward transform of n real ones. Gradient: the real part of
 * the backward transform of dz with zeros behind.
 *     eg_rfft(EG_F32(1, 2, 4), -1)  ->  [ 7.+0.j        -2.+1.7320508j] complex64[2]
 * Owns: the result. Fails: see above; complex x. Records: Rfft; Slice, Unslice and Transpose where
 * needed. */
EG_API eg_tensor *eg_rfft_with(eg_tensor *x, int axis, const eg_fft_attrs *attrs);
EG_API eg_tensor *eg_rfft(eg_tensor *x, int axis);

/* The inverse of eg_rfft: n real numbers, an even count unless it is said, from n / 2 + 1. The
 * imaginary parts of the first, and for an even n of the last, are not looked at. Gradient: that of
 * the whole row's backward transform.
 *     eg_irfft(eg_rfft(EG_F32(1, 2, 4, 8), -1), -1)  ->  [1. 2. 4. 8.] float32[4]
 *     eg_irfft(eg_rfft(EG_F32(1, 2, 4), -1), -1, .n = 3)  ->  [1. 2. 4.] float32[3]
 * Owns: the result. Fails: see above; a single element without n. Records: Irfft; as eg_rfft. */
EG_API eg_tensor *eg_irfft_with(eg_tensor *x, int axis, const eg_fft_attrs *attrs);
EG_API eg_tensor *eg_irfft(eg_tensor *x, int axis);

/* The forward transform of n numbers of which the second half mirrors the first, from the first
 * n / 2 + 1: real. Gradient: as eg_irfft.
 *     eg_hfft(eg_ihfft(EG_F32(1, 2, 4, 8), -1), -1)  ->  [1. 2. 4. 8.] float32[4]
 * Owns: the result. Fails: as eg_irfft. Records: Conj, Irfft; as eg_rfft. */
EG_API eg_tensor *eg_hfft_with(eg_tensor *x, int axis, const eg_fft_attrs *attrs);
EG_API eg_tensor *eg_hfft(eg_tensor *x, int axis);

/* The inverse of eg_hfft: the first n / 2 + 1 numbers of the backward transform of n real ones,
 * divided by n. Gradient: as eg_rfft.
 *     eg_ihfft(EG_F32(1, 2, 4, 8), -1)  ->  [ 3.75-0.j  -0.75-1.5j -1.25-0.j ] complex64[3]
 * Owns: the result. Fails: as eg_rfft. Records: Rfft, Conj; as eg_rfft. */
EG_API eg_tensor *eg_ihfft_with(eg_tensor *x, int axis, const eg_fft_attrs *attrs);
EG_API eg_tensor *eg_ihfft(eg_tensor *x, int axis);

typedef struct eg_fftn_attrs {
    size_t size;  /* sizeof(eg_fftn_attrs) */
    eg_index s;   /* how many along each axis, as n of eg_fft; -1: as many as there are [-1] */
    eg_axes axes; /* along which [as many of the last as s has sizes; without s all] */
    eg_fft_norm norm;
} eg_fftn_attrs;

/* Forward along several axes, one after another. Gradient: as eg_fft.
 *     eg_fftn(eg_eye(EG_FLOAT32, 2, 2, 0))  ->  [[2.+0.j 0.+0.j] [0.+0.j 2.+0.j]] complex64[2,2]
 * Owns: the result. Fails: see above; an axis named twice, other sizes than axes.
 * Records: as eg_fft. */
EG_API eg_tensor *eg_fftn_with(eg_tensor *x, const eg_fftn_attrs *attrs);
EG_API eg_tensor *eg_fftn(eg_tensor *x);

/* The inverse of eg_fftn. Gradient: as eg_ifft.
 *     eg_real(eg_ifftn(eg_ones(EG_FLOAT32, EG_DIMS(2, 2))))  ->  [[1. 0.] [0. 0.]] float32[2,2]
 * Owns: the result. Fails: as eg_fftn. Records: as eg_fft. */
EG_API eg_tensor *eg_ifftn_with(eg_tensor *x, const eg_fftn_attrs *attrs);
EG_API eg_tensor *eg_ifftn(eg_tensor *x);

/* eg_rfft along the last of the axes, then eg_fft along the others. Gradient: as these.
 *     eg_rfftn(eg_eye(EG_FLOAT32, 2, 2, 0))  ->  [[2.+0.j 0.+0.j] [0.+0.j 2.+0.j]] complex64[2,2]
 * Owns: the result. Fails: as eg_fftn; complex x. Records: Rfft; as eg_fft. */
EG_API eg_tensor *eg_rfftn_with(eg_tensor *x, const eg_fftn_attrs *attrs);
EG_API eg_tensor *eg_rfftn(eg_tensor *x);

/* The inverse of eg_rfftn; the size of the last axis counts the result's elements, as n of
 * eg_irfft. Gradient: as eg_ifft and eg_irfft.
 *     eg_irfftn(eg_rfftn(eg_eye(EG_FLOAT32, 2, 2, 0)))  ->  [[1. 0.] [0. 1.]] float32[2,2]
 * Owns: the result. Fails: as eg_fftn and eg_irfft. Records: Irfft; as eg_fft. */
EG_API eg_tensor *eg_irfftn_with(eg_tensor *x, const eg_fftn_attrs *attrs);
EG_API eg_tensor *eg_irfftn(eg_tensor *x);

/* The frequencies of a transform of n numbers that are d apart: 0, 1, ... and, from the middle on,
 * what is below 0, divided by n d. No gradient.
 *     eg_fftfreq(EG_FLOAT32, 4, 0.5)  ->  [ 0.   0.5 -1.  -0.5] float32[4]
 * Owns: the result. Fails: no real floating point, n below 1, d of 0. Records: Range and
 * elementwise operations. */
EG_API eg_tensor *eg_fftfreq(eg_dtype dtype, int64_t n, double d);

/* Those of eg_rfft: the first n / 2 + 1, all from 0 on. No gradient.
 *     eg_rfftfreq(EG_FLOAT32, 4, 0.5)  ->  [0.  0.5 1. ] float32[3]
 * Owns: the result. Fails: as eg_fftfreq. Records: as eg_fftfreq. */
EG_API eg_tensor *eg_rfftfreq(eg_dtype dtype, int64_t n, double d);

typedef struct eg_fftshift_attrs {
    size_t size;  /* sizeof(eg_fftshift_attrs) */
    eg_axes axes; /* along which [all] */
} eg_fftshift_attrs;

/* What is at the front of each axis, frequency 0, in the middle: turned by half of its size.
 * Gradient: dz turned back.
 *     eg_fftshift(eg_fftfreq(EG_FLOAT32, 4, 0.25))  ->  [-2. -1.  0.  1.] float32[4]
 * Owns: the result. Fails: an axis outside. Records: Identity, Slice, Concat. */
EG_API eg_tensor *eg_fftshift_with(eg_tensor *x, const eg_fftshift_attrs *attrs);
EG_API eg_tensor *eg_fftshift(eg_tensor *x);

/* The inverse of eg_fftshift: they differ where a size is odd. Gradient: dz turned back.
 *     eg_ifftshift(EG_I32(-1, 0, 1))  ->  [ 0  1 -1] int32[3]
 * Owns: the result. Fails: as eg_fftshift. Records: as eg_fftshift. */
EG_API eg_tensor *eg_ifftshift_with(eg_tensor *x, const eg_fftshift_attrs *attrs);
EG_API eg_tensor *eg_ifftshift(eg_tensor *x);

#ifdef __cplusplus
}
#endif

#endif
