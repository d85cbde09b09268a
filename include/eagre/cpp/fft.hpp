/* easy.hpp: Fourier transforms; in the order of the header that holds the prose.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_FFT_HPP
#define EAGRE_CPP_FFT_HPP

#include <eagre/cpp/ops.hpp>

namespace eagre
{

enum class norm { backward = EG_FFT_BACKWARD, ortho = EG_FFT_ORTHO, forward = EG_FFT_FORWARD };

inline tensor fft(const operand &x, int axis = -1, std::int64_t n = 0, norm by = norm::backward)
{
    eg_fft_attrs attrs{sizeof(eg_fft_attrs), n, static_cast<eg_fft_norm>(by)};
    return eg_fft_with(x.alone(), axis, &attrs);
}

inline tensor ifft(const operand &x, int axis = -1, std::int64_t n = 0, norm by = norm::backward)
{
    eg_fft_attrs attrs{sizeof(eg_fft_attrs), n, static_cast<eg_fft_norm>(by)};
    return eg_ifft_with(x.alone(), axis, &attrs);
}

inline tensor rfft(const operand &x, int axis = -1, std::int64_t n = 0, norm by = norm::backward)
{
    eg_fft_attrs attrs{sizeof(eg_fft_attrs), n, static_cast<eg_fft_norm>(by)};
    return eg_rfft_with(x.alone(), axis, &attrs);
}

inline tensor irfft(const operand &x, int axis = -1, std::int64_t n = 0, norm by = norm::backward)
{
    eg_fft_attrs attrs{sizeof(eg_fft_attrs), n, static_cast<eg_fft_norm>(by)};
    return eg_irfft_with(x.alone(), axis, &attrs);
}

inline tensor hfft(const operand &x, int axis = -1, std::int64_t n = 0, norm by = norm::backward)
{
    eg_fft_attrs attrs{sizeof(eg_fft_attrs), n, static_cast<eg_fft_norm>(by)};
    return eg_hfft_with(x.alone(), axis, &attrs);
}

inline tensor ihfft(const operand &x, int axis = -1, std::int64_t n = 0, norm by = norm::backward)
{
    eg_fft_attrs attrs{sizeof(eg_fft_attrs), n, static_cast<eg_fft_norm>(by)};
    return eg_ihfft_with(x.alone(), axis, &attrs);
}

inline tensor fftn(const operand &x, const positions &s = {}, const axes &along = {},
    norm by = norm::backward)
{
    eg_fftn_attrs attrs{sizeof(eg_fftn_attrs), s.plain(), along.plain(),
        static_cast<eg_fft_norm>(by)};
    return eg_fftn_with(x.alone(), &attrs);
}

inline tensor ifftn(const operand &x, const positions &s = {}, const axes &along = {},
    norm by = norm::backward)
{
    eg_fftn_attrs attrs{sizeof(eg_fftn_attrs), s.plain(), along.plain(),
        static_cast<eg_fft_norm>(by)};
    return eg_ifftn_with(x.alone(), &attrs);
}

inline tensor rfftn(const operand &x, const positions &s = {}, const axes &along = {},
    norm by = norm::backward)
{
    eg_fftn_attrs attrs{sizeof(eg_fftn_attrs), s.plain(), along.plain(),
        static_cast<eg_fft_norm>(by)};
    return eg_rfftn_with(x.alone(), &attrs);
}

inline tensor irfftn(const operand &x, const positions &s = {}, const axes &along = {},
    norm by = norm::backward)
{
    eg_fftn_attrs attrs{sizeof(eg_fftn_attrs), s.plain(), along.plain(),
        static_cast<eg_fft_norm>(by)};
    return eg_irfftn_with(x.alone(), &attrs);
}

inline tensor fftfreq(std::int64_t n, double d = 1, eg_dtype dtype = float32,
    const place &at = place())
{
    at.note();
    return eg_fftfreq(dtype, n, d);
}

inline tensor rfftfreq(std::int64_t n, double d = 1, eg_dtype dtype = float32,
    const place &at = place())
{
    at.note();
    return eg_rfftfreq(dtype, n, d);
}

inline tensor fftshift(const operand &x, const axes &along = {})
{
    eg_fftshift_attrs attrs{sizeof(eg_fftshift_attrs), along.plain()};
    return eg_fftshift_with(x.alone(), &attrs);
}

inline tensor ifftshift(const operand &x, const axes &along = {})
{
    eg_fftshift_attrs attrs{sizeof(eg_fftshift_attrs), along.plain()};
    return eg_ifftshift_with(x.alone(), &attrs);
}

} // namespace eagre

#endif
