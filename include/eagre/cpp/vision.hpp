/* easy.hpp: arrays of other sizes, whole numbers for real ones.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_VISION_HPP
#define EAGRE_CPP_VISION_HPP

#include <eagre/cpp/conv.hpp>

namespace eagre
{

/* Real numbers along the first axes: 0.5, {0.5, 2}. */
class numbers
{
  public:
    numbers() noexcept = default;

    numbers(double at) noexcept : numbers({at})
    {
    }

    numbers(std::initializer_list<double> list) noexcept
    {
        for (double at : list)
            if (plain_.n++ < EG_MAX_RANK)
                plain_.at[plain_.n - 1] = at;
    }

    const eg_numbers &plain() const noexcept
    {
        return plain_;
    }

  private:
    eg_numbers plain_{};
};

/* The options of eg_resize_attrs. */
struct resize_options {
    positions sizes{};
    numbers scales{};
    axes over{};
    eg_resize_method method = EG_RESIZE_LINEAR;
    eg_resize_coordinates coordinates = EG_HALF_PIXEL;
    eg_resize_rounding rounding = EG_ROUND_PREFER_FLOOR;
    eg_resize_aspect aspect = EG_STRETCH;
    double cubic_a = 0;
    bool exclude_outside = false;
    bool antialias = false;
    numbers begin{};
    numbers end{};
    double extrapolation = 0;

    eg_resize_attrs plain() const noexcept
    {
        return {sizeof(eg_resize_attrs), sizes.plain(), scales.plain(), over.plain(), method,
            coordinates, rounding, aspect, cubic_a, exclude_outside, antialias, begin.plain(),
            end.plain(), extrapolation};
    }
};

/* The options of eg_resize_images_attrs. */
struct resize_images_options {
    eg_resize_method method = EG_RESIZE_LINEAR;
    bool preserve_aspect_ratio = false;
    bool antialias = false;
    bool channels_first = false;
};

/* ---- ops/resize.h --------------------------------------------------------------------------- */

inline tensor resize(const operand &x, const resize_options &options)
{
    eg_resize_attrs attrs = options.plain();
    return eg_resize_with(x.alone(), &attrs);
}

inline tensor resize_images(const operand &x, std::int64_t height, std::int64_t width,
    const resize_images_options &options = {})
{
    eg_resize_images_attrs attrs{sizeof(eg_resize_images_attrs), options.method,
        options.preserve_aspect_ratio, options.antialias, options.channels_first};
    return eg_resize_images_with(x.alone(), height, width, &attrs);
}

/* ---- ops/quantize.h ------------------------------------------------------------------------- */

inline tensor quantize(const operand &x, const operand &scale, const operand &zero,
    eg_dtype whole = EG_NO_DTYPE, int axis = 0)
{
    eg_quantize_attrs attrs{sizeof(eg_quantize_attrs), axis, whole};
    eg_tensor *by = scale.beside(x);
    return eg_quantize_with(x.beside(scale), by, zero.alone(), &attrs);
}

inline tensor fake_quantize(const operand &x, const operand &scale, const operand &zero,
    eg_dtype whole = EG_NO_DTYPE, int axis = 0)
{
    eg_quantize_attrs attrs{sizeof(eg_quantize_attrs), axis, whole};
    eg_tensor *by = scale.beside(x);
    return eg_fake_quantize_with(x.beside(scale), by, zero.alone(), &attrs);
}

inline tensor dequantize(const operand &q, const operand &scale, const operand &zero, int axis = 0)
{
    eg_quantize_attrs attrs{sizeof(eg_quantize_attrs), axis, EG_NO_DTYPE};
    eg_tensor *from = zero.beside(q);
    return eg_dequantize_with(q.beside(zero), scale.alone(), from, &attrs);
}

inline tensor dynamic_quantize(const operand &x)
{
    return eg_dynamic_quantize(x.alone());
}

inline tensor matmul_integer(const operand &a, const operand &b, const operand &a_zero = 0,
    const operand &b_zero = 0)
{
    eg_tensor *from_a = a_zero.beside(a), *from_b = b_zero.beside(b);
    return eg_matmul_integer(a.alone(), b.alone(), from_a, from_b);
}

inline tensor conv_integer(const operand &x, const operand &w, const operand &x_zero = 0,
    const operand &w_zero = 0, const conv_options &options = {})
{
    eg_conv_attrs attrs = options.plain();
    eg_tensor *from_x = x_zero.beside(x), *from_w = w_zero.beside(w);
    return eg_conv_integer_with(x.alone(), w.alone(), from_x, from_w, &attrs);
}

/* Whole numbers with what they stand for. */
struct quantized {
    tensor q, scale, zero;

    eg_quantized plain() const
    {
        return {q.get(), scale.get(), zero.get()};
    }
};

inline tensor qlinear_matmul(const quantized &a, const quantized &b, const operand &scale,
    const operand &zero)
{
    eg_quantized left = a.plain(), right = b.plain();
    return eg_qlinear_matmul(&left, &right, scale.alone(), zero.alone());
}

} // namespace eagre

#endif
