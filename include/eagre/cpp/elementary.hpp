/* easy.hpp: elementary functions, complex numbers, bits, activations; in the order of the headers
 * that hold the prose.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_ELEMENTARY_HPP
#define EAGRE_CPP_ELEMENTARY_HPP

#include <eagre/cpp/math.hpp>

namespace eagre
{

/* ---- ops/elementary.h ----------------------------------------------------------------------- */

inline tensor expm1(const operand &x)
{
    return eg_expm1(x.alone());
}

inline tensor exp2(const operand &x)
{
    return eg_exp2(x.alone());
}

inline tensor log1p(const operand &x)
{
    return eg_log1p(x.alone());
}

inline tensor log2(const operand &x)
{
    return eg_log2(x.alone());
}

inline tensor log10(const operand &x)
{
    return eg_log10(x.alone());
}

inline tensor rsqrt(const operand &x)
{
    return eg_rsqrt(x.alone());
}

inline tensor cbrt(const operand &x)
{
    return eg_cbrt(x.alone());
}

inline tensor erfc(const operand &x)
{
    return eg_erfc(x.alone());
}

inline tensor lgamma(const operand &x)
{
    return eg_lgamma(x.alone());
}

inline tensor digamma(const operand &x)
{
    return eg_digamma(x.alone());
}

inline tensor polygamma(const operand &x, int n)
{
    return eg_polygamma(x.alone(), n);
}

inline tensor pow(const operand &x, const operand &y)
{
    return detail::two(eg_pow, x, y);
}

inline tensor hypot(const operand &x, const operand &y)
{
    return detail::two(eg_hypot, x, y);
}

inline tensor logaddexp(const operand &x, const operand &y)
{
    return detail::two(eg_logaddexp, x, y);
}

inline tensor reciprocal(const operand &x)
{
    return eg_reciprocal(x.alone());
}

inline tensor squared_difference(const operand &x, const operand &y)
{
    return detail::two(eg_squared_difference, x, y);
}

inline tensor sin(const operand &x)
{
    return eg_sin(x.alone());
}

inline tensor cos(const operand &x)
{
    return eg_cos(x.alone());
}

inline tensor tan(const operand &x)
{
    return eg_tan(x.alone());
}

inline tensor asin(const operand &x)
{
    return eg_asin(x.alone());
}

inline tensor acos(const operand &x)
{
    return eg_acos(x.alone());
}

inline tensor atan(const operand &x)
{
    return eg_atan(x.alone());
}

inline tensor atan2(const operand &y, const operand &x)
{
    return detail::two(eg_atan2, y, x);
}

inline tensor sinh(const operand &x)
{
    return eg_sinh(x.alone());
}

inline tensor cosh(const operand &x)
{
    return eg_cosh(x.alone());
}

inline tensor asinh(const operand &x)
{
    return eg_asinh(x.alone());
}

inline tensor acosh(const operand &x)
{
    return eg_acosh(x.alone());
}

inline tensor atanh(const operand &x)
{
    return eg_atanh(x.alone());
}

inline tensor floor(const operand &x)
{
    return eg_floor(x.alone());
}

inline tensor ceil(const operand &x)
{
    return eg_ceil(x.alone());
}

inline tensor round(const operand &x)
{
    return eg_round(x.alone());
}

inline tensor trunc(const operand &x)
{
    return eg_trunc(x.alone());
}

inline tensor isinf(const operand &x)
{
    return eg_isinf(x.alone());
}

inline tensor isfinite(const operand &x)
{
    return eg_isfinite(x.alone());
}

inline tensor signbit(const operand &x)
{
    return eg_signbit(x.alone());
}

inline tensor copysign(const operand &x, const operand &y)
{
    return detail::two(eg_copysign, x, y);
}

inline tensor nextafter(const operand &x, const operand &y)
{
    return detail::two(eg_nextafter, x, y);
}

inline tensor isnan(const operand &x)
{
    return eg_isnan(x.alone());
}

/* A bound that is std::nullopt is none. */
inline tensor clip(const operand &x, const operand &min, const operand &max)
{
    x.note();
    const eg_dtype dtype = x.dtype();
    return eg_clip(x.in(dtype), min.in(dtype), max.in(dtype));
}

/* ---- ops/complex.h -------------------------------------------------------------------------- */

/* re + im * i; eagre::complex, beside std::complex. */
inline tensor complex(const operand &re, const operand &im)
{
    return detail::two(eg_complex, re, im);
}

inline tensor real(const operand &x)
{
    return eg_real(x.alone());
}

inline tensor imag(const operand &x)
{
    return eg_imag(x.alone());
}

inline tensor conj(const operand &x)
{
    return eg_conj(x.alone());
}

inline tensor adjoint(const operand &x)
{
    return eg_adjoint(x.alone());
}

inline tensor angle(const operand &x)
{
    return eg_angle(x.alone());
}

/* ---- ops/bits.h ----------------------------------------------------------------------------- */

inline tensor bitwise_and(const operand &x, const operand &y)
{
    return detail::two(eg_bitwise_and, x, y);
}

inline tensor bitwise_or(const operand &x, const operand &y)
{
    return detail::two(eg_bitwise_or, x, y);
}

inline tensor bitwise_xor(const operand &x, const operand &y)
{
    return detail::two(eg_bitwise_xor, x, y);
}

inline tensor bitwise_invert(const operand &x)
{
    return eg_bitwise_invert(x.alone());
}

inline tensor bitwise_left_shift(const operand &x, const operand &y)
{
    return detail::two(eg_bitwise_left_shift, x, y);
}

inline tensor bitwise_right_shift(const operand &x, const operand &y)
{
    return detail::two(eg_bitwise_right_shift, x, y);
}

/* ---- ops/activation.h ----------------------------------------------------------------------- */

inline tensor relu6(const operand &x)
{
    return eg_relu6(x.alone());
}

inline tensor leaky_relu(const operand &x, const operand &alpha)
{
    return detail::two(eg_leaky_relu, x, alpha);
}

inline tensor elu(const operand &x, const operand &alpha)
{
    return detail::two(eg_elu, x, alpha);
}

inline tensor silu(const operand &x)
{
    return eg_silu(x.alone());
}

inline tensor mish(const operand &x)
{
    return eg_mish(x.alone());
}

inline tensor softplus(const operand &x)
{
    return eg_softplus(x.alone());
}

inline tensor softsign(const operand &x)
{
    return eg_softsign(x.alone());
}

inline tensor hard_sigmoid(const operand &x)
{
    return eg_hard_sigmoid(x.alone());
}

inline tensor hard_swish(const operand &x)
{
    return eg_hard_swish(x.alone());
}

inline tensor selu(const operand &x)
{
    return eg_selu(x.alone());
}

inline tensor log_sigmoid(const operand &x)
{
    return eg_log_sigmoid(x.alone());
}

} // namespace eagre

#endif
