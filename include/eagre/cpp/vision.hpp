/* easy.hpp: arrays of other sizes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_VISION_HPP
#define EAGRE_CPP_VISION_HPP

#include <eagre/cpp/ops.hpp>

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

} // namespace eagre

#endif
