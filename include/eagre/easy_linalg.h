/* easy_ops.h for linear algebra and Fourier transforms.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_EASY_LINALG_H
#define EAGRE_EASY_LINALG_H

#include <eagre/easy_ops.h>

/* clang-format off */

/* ---- ops/linalg.h --------------------------------------------------------------------------- */

#define eg_cholesky(...)          EG_CHOLESKY_(__VA_ARGS__, )
#define EG_CHOLESKY_(a, ...)                                                                       \
    eg_cholesky_with(EG_X_(a), EG_WITH_(eg_cholesky_attrs, __VA_ARGS__))
#define eg_triangular_solve(...)  EG_TRIANGULAR_SOLVE_(__VA_ARGS__, )
#define EG_TRIANGULAR_SOLVE_(a, b, ...)                                                            \
    eg_do_triangular_solve(EG_HERE, EG_T(a), EG_T(b),                                              \
        EG_WITH_(eg_triangular_solve_attrs, __VA_ARGS__))
#define eg_solve(...)             EG_SOLVE_(__VA_ARGS__, )
#define EG_SOLVE_(a, b, ...)                                                                       \
    eg_do_solve(EG_HERE, EG_T(a), EG_T(b), EG_WITH_(eg_solve_attrs, __VA_ARGS__))
#define eg_inv(a)                 eg_inv(EG_X_(a))
#define eg_det(a)                 eg_det(EG_X_(a))
#define eg_slogdet(a)             eg_slogdet(EG_X_(a))
#define eg_matrix_power(a, n)     eg_matrix_power(EG_X_(a), n)
#define eg_expm(a)                eg_expm(EG_X_(a))
#define eg_qr(...)                EG_QR_(__VA_ARGS__, )
#define EG_QR_(a, ...)            eg_qr_with(EG_X_(a), EG_WITH_(eg_qr_attrs, __VA_ARGS__))
#define eg_eigh(a)                eg_eigh(EG_X_(a))
#define eg_eigvalsh(a)            eg_eigvalsh(EG_X_(a))
#define eg_eig(a)                 eg_eig(EG_X_(a))
#define eg_eigvals(a)             eg_eigvals(EG_X_(a))
#define eg_svd(...)               EG_SVD_(__VA_ARGS__, )
#define EG_SVD_(a, ...)           eg_svd_with(EG_X_(a), EG_WITH_(eg_svd_attrs, __VA_ARGS__))
#define eg_svdvals(a)             eg_svdvals(EG_X_(a))
#define eg_pinv(a)                eg_pinv(EG_X_(a))
#define eg_lstsq(a, b)            eg_do2(EG_HERE, eg_lstsq, EG_T(a), EG_T(b))
#define eg_matrix_rank(a)         eg_matrix_rank(EG_X_(a))
#define eg_matrix_norm(...)       EG_MATRIX_NORM_(__VA_ARGS__, )
#define EG_MATRIX_NORM_(a, ...)                                                                    \
    eg_matrix_norm_with(EG_X_(a), EG_WITH_(eg_matrix_norm_attrs, __VA_ARGS__))
#define eg_condition_number(a)    eg_condition_number(EG_X_(a))

/* ---- ops/fft.h ------------------------------------------------------------------------------ */

#define eg_fft(...)               EG_FFT_(__VA_ARGS__, )
#define EG_FFT_(x, axis, ...)     eg_fft_with(EG_X_(x), axis, EG_WITH_(eg_fft_attrs, __VA_ARGS__))
#define eg_ifft(...)              EG_IFFT_(__VA_ARGS__, )
#define EG_IFFT_(x, axis, ...)    eg_ifft_with(EG_X_(x), axis, EG_WITH_(eg_fft_attrs, __VA_ARGS__))
#define eg_rfft(...)              EG_RFFT_(__VA_ARGS__, )
#define EG_RFFT_(x, axis, ...)    eg_rfft_with(EG_X_(x), axis, EG_WITH_(eg_fft_attrs, __VA_ARGS__))
#define eg_irfft(...)             EG_IRFFT_(__VA_ARGS__, )
#define EG_IRFFT_(x, axis, ...)   eg_irfft_with(EG_X_(x), axis, EG_WITH_(eg_fft_attrs, __VA_ARGS__))
#define eg_hfft(...)              EG_HFFT_(__VA_ARGS__, )
#define EG_HFFT_(x, axis, ...)    eg_hfft_with(EG_X_(x), axis, EG_WITH_(eg_fft_attrs, __VA_ARGS__))
#define eg_ihfft(...)             EG_IHFFT_(__VA_ARGS__, )
#define EG_IHFFT_(x, axis, ...)   eg_ihfft_with(EG_X_(x), axis, EG_WITH_(eg_fft_attrs, __VA_ARGS__))
#define eg_fftn(...)              EG_FFTN_(__VA_ARGS__, )
#define EG_FFTN_(x, ...)          eg_fftn_with(EG_X_(x), EG_WITH_(eg_fftn_attrs, __VA_ARGS__))
#define eg_ifftn(...)             EG_IFFTN_(__VA_ARGS__, )
#define EG_IFFTN_(x, ...)         eg_ifftn_with(EG_X_(x), EG_WITH_(eg_fftn_attrs, __VA_ARGS__))
#define eg_rfftn(...)             EG_RFFTN_(__VA_ARGS__, )
#define EG_RFFTN_(x, ...)         eg_rfftn_with(EG_X_(x), EG_WITH_(eg_fftn_attrs, __VA_ARGS__))
#define eg_irfftn(...)            EG_IRFFTN_(__VA_ARGS__, )
#define EG_IRFFTN_(x, ...)        eg_irfftn_with(EG_X_(x), EG_WITH_(eg_fftn_attrs, __VA_ARGS__))
#define eg_fftshift(...)          EG_FFTSHIFT_(__VA_ARGS__, )
#define EG_FFTSHIFT_(x, ...)                                                                       \
    eg_fftshift_with(EG_X_(x), EG_WITH_(eg_fftshift_attrs, __VA_ARGS__))
#define eg_ifftshift(...)         EG_IFFTSHIFT_(__VA_ARGS__, )
#define EG_IFFTSHIFT_(x, ...)                                                                      \
    eg_ifftshift_with(EG_X_(x), EG_WITH_(eg_fftshift_attrs, __VA_ARGS__))
#define eg_fftfreq(dtype, n, d)   (eg_at(EG_HERE), eg_fftfreq(dtype, n, d))
#define eg_rfftfreq(dtype, n, d)  (eg_at(EG_HERE), eg_rfftfreq(dtype, n, d))

/* clang-format on */

/* What the macros above call: numbers beside a tensor, and options. */
EG_API eg_tensor *eg_do_triangular_solve(const eg_site *at, eg_arg a, eg_arg b,
    const eg_triangular_solve_attrs *o);
EG_API eg_tensor *eg_do_solve(const eg_site *at, eg_arg a, eg_arg b, const eg_solve_attrs *o);

#endif
