/* easy_ops.h, continued: elementary functions, complex numbers, bits, activations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_EASY_ELEMENTS_H
#define EAGRE_EASY_ELEMENTS_H

#include <eagre/easy_ops.h>

/* clang-format off */

/* ---- ops/elementary.h ----------------------------------------------------------------------- */

#define eg_expm1(x)               eg_do1(EG_HERE, eg_expm1, EG_T(x))
#define eg_exp2(x)                eg_do1(EG_HERE, eg_exp2, EG_T(x))
#define eg_log1p(x)               eg_do1(EG_HERE, eg_log1p, EG_T(x))
#define eg_log2(x)                eg_do1(EG_HERE, eg_log2, EG_T(x))
#define eg_log10(x)               eg_do1(EG_HERE, eg_log10, EG_T(x))
#define eg_rsqrt(x)               eg_do1(EG_HERE, eg_rsqrt, EG_T(x))
#define eg_cbrt(x)                eg_do1(EG_HERE, eg_cbrt, EG_T(x))
#define eg_erfc(x)                eg_do1(EG_HERE, eg_erfc, EG_T(x))
#define eg_lgamma(x)              eg_do1(EG_HERE, eg_lgamma, EG_T(x))
#define eg_digamma(x)             eg_do1(EG_HERE, eg_digamma, EG_T(x))
#define eg_polygamma(x, n)        eg_polygamma(EG_X_(x), n)
#define eg_pow(x, y)              eg_do2(EG_HERE, eg_pow, EG_T(x), EG_T(y))
#define eg_hypot(x, y)            eg_do2(EG_HERE, eg_hypot, EG_T(x), EG_T(y))
#define eg_logaddexp(x, y)        eg_do2(EG_HERE, eg_logaddexp, EG_T(x), EG_T(y))
#define eg_reciprocal(x)          eg_do1(EG_HERE, eg_reciprocal, EG_T(x))
#define eg_squared_difference(x, y) eg_do2(EG_HERE, eg_squared_difference, EG_T(x), EG_T(y))
#define eg_sin(x)                 eg_do1(EG_HERE, eg_sin, EG_T(x))
#define eg_cos(x)                 eg_do1(EG_HERE, eg_cos, EG_T(x))
#define eg_tan(x)                 eg_do1(EG_HERE, eg_tan, EG_T(x))
#define eg_asin(x)                eg_do1(EG_HERE, eg_asin, EG_T(x))
#define eg_acos(x)                eg_do1(EG_HERE, eg_acos, EG_T(x))
#define eg_atan(x)                eg_do1(EG_HERE, eg_atan, EG_T(x))
#define eg_atan2(y, x)            eg_do2(EG_HERE, eg_atan2, EG_T(y), EG_T(x))
#define eg_sinh(x)                eg_do1(EG_HERE, eg_sinh, EG_T(x))
#define eg_cosh(x)                eg_do1(EG_HERE, eg_cosh, EG_T(x))
#define eg_asinh(x)               eg_do1(EG_HERE, eg_asinh, EG_T(x))
#define eg_acosh(x)               eg_do1(EG_HERE, eg_acosh, EG_T(x))
#define eg_atanh(x)               eg_do1(EG_HERE, eg_atanh, EG_T(x))
#define eg_floor(x)               eg_do1(EG_HERE, eg_floor, EG_T(x))
#define eg_ceil(x)                eg_do1(EG_HERE, eg_ceil, EG_T(x))
#define eg_round(x)               eg_do1(EG_HERE, eg_round, EG_T(x))
#define eg_trunc(x)               eg_do1(EG_HERE, eg_trunc, EG_T(x))
#define eg_isinf(x)               eg_do1(EG_HERE, eg_isinf, EG_T(x))
#define eg_isfinite(x)            eg_do1(EG_HERE, eg_isfinite, EG_T(x))
#define eg_signbit(x)             eg_do1(EG_HERE, eg_signbit, EG_T(x))
#define eg_copysign(x, y)         eg_do2(EG_HERE, eg_copysign, EG_T(x), EG_T(y))
#define eg_nextafter(x, y)        eg_do2(EG_HERE, eg_nextafter, EG_T(x), EG_T(y))
#define eg_isnan(x)               eg_do1(EG_HERE, eg_isnan, EG_T(x))
#define eg_clip(x, min, max)      eg_do_clip(EG_HERE, EG_T(x), EG_T(min), EG_T(max))

/* ---- ops/complex.h -------------------------------------------------------------------------- */

#define eg_complex(re, im)        eg_do2(EG_HERE, eg_complex, EG_T(re), EG_T(im))
#define eg_real(x)                eg_do1(EG_HERE, eg_real, EG_T(x))
#define eg_imag(x)                eg_do1(EG_HERE, eg_imag, EG_T(x))
#define eg_conj(x)                eg_do1(EG_HERE, eg_conj, EG_T(x))
#define eg_adjoint(x)             eg_do1(EG_HERE, eg_adjoint, EG_T(x))
#define eg_angle(x)               eg_do1(EG_HERE, eg_angle, EG_T(x))

/* ---- ops/missing.h -------------------------------------------------------------------------- */

#define eg_nansum(...)            EG_NANSUM_(__VA_ARGS__, )
#define EG_NANSUM_(x, ...)        eg_nansum_with(EG_X_(x), EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_nanprod(...)           EG_NANPROD_(__VA_ARGS__, )
#define EG_NANPROD_(x, ...)       eg_nanprod_with(EG_X_(x), EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_nanmean(...)           EG_NANMEAN_(__VA_ARGS__, )
#define EG_NANMEAN_(x, ...)       eg_nanmean_with(EG_X_(x), EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_nanmax(...)            EG_NANMAX_(__VA_ARGS__, )
#define EG_NANMAX_(x, ...)        eg_nanmax_with(EG_X_(x), EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_nanmin(...)            EG_NANMIN_(__VA_ARGS__, )
#define EG_NANMIN_(x, ...)        eg_nanmin_with(EG_X_(x), EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_nan_to_num(...)        EG_NAN_TO_NUM_(__VA_ARGS__, )
#define EG_NAN_TO_NUM_(x, ...)                                                                     \
    eg_nan_to_num_with(EG_X_(x), EG_WITH_(eg_nan_to_num_attrs, __VA_ARGS__))
#define eg_divide_no_nan(x, y)    eg_do2(EG_HERE, eg_divide_no_nan, EG_T(x), EG_T(y))
#define eg_xlogy(x, y)            eg_do2(EG_HERE, eg_xlogy, EG_T(x), EG_T(y))
#define eg_isclose(...)           EG_ISCLOSE_(eg_isclose_with, __VA_ARGS__, )
#define eg_allclose(...)          EG_ISCLOSE_(eg_allclose_with, __VA_ARGS__, )
#define EG_ISCLOSE_(op, x, y, ...)                                                                 \
    eg_do_isclose(EG_HERE, op, EG_T(x), EG_T(y), EG_WITH_(eg_isclose_attrs, __VA_ARGS__))

/* ---- ops/bits.h ----------------------------------------------------------------------------- */

#define eg_bitwise_and(x, y)      eg_do2(EG_HERE, eg_bitwise_and, EG_T(x), EG_T(y))
#define eg_bitwise_or(x, y)       eg_do2(EG_HERE, eg_bitwise_or, EG_T(x), EG_T(y))
#define eg_bitwise_xor(x, y)      eg_do2(EG_HERE, eg_bitwise_xor, EG_T(x), EG_T(y))
#define eg_bitwise_invert(x)      eg_do1(EG_HERE, eg_bitwise_invert, EG_T(x))
#define eg_bitwise_left_shift(x, y) eg_do2(EG_HERE, eg_bitwise_left_shift, EG_T(x), EG_T(y))
#define eg_bitwise_right_shift(x, y) eg_do2(EG_HERE, eg_bitwise_right_shift, EG_T(x), EG_T(y))

/* ---- ops/activation.h ----------------------------------------------------------------------- */

#define eg_relu6(x)               eg_do1(EG_HERE, eg_relu6, EG_T(x))
#define eg_leaky_relu(x, alpha)   eg_do2(EG_HERE, eg_leaky_relu, EG_T(x), EG_T(alpha))
#define eg_elu(x, alpha)          eg_do2(EG_HERE, eg_elu, EG_T(x), EG_T(alpha))
#define eg_silu(x)                eg_do1(EG_HERE, eg_silu, EG_T(x))
#define eg_mish(x)                eg_do1(EG_HERE, eg_mish, EG_T(x))
#define eg_softplus(x)            eg_do1(EG_HERE, eg_softplus, EG_T(x))
#define eg_softsign(x)            eg_do1(EG_HERE, eg_softsign, EG_T(x))
#define eg_hard_sigmoid(x)        eg_do1(EG_HERE, eg_hard_sigmoid, EG_T(x))
#define eg_hard_swish(x)          eg_do1(EG_HERE, eg_hard_swish, EG_T(x))
#define eg_selu(x)                eg_do1(EG_HERE, eg_selu, EG_T(x))
#define eg_log_sigmoid(x)         eg_do1(EG_HERE, eg_log_sigmoid, EG_T(x))

/* clang-format on */

/* What eg_clip becomes. */
EG_API eg_tensor *eg_do_clip(const eg_site *at, eg_arg x, eg_arg min, eg_arg max);

/* What eg_isclose and eg_allclose become. */
EG_API eg_tensor *eg_do_isclose(const eg_site *at,
    eg_tensor *(*op)(eg_tensor *, eg_tensor *, const eg_isclose_attrs *), eg_arg x, eg_arg y,
    const eg_isclose_attrs *o);

#endif
