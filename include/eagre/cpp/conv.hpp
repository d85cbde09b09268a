/* easy.hpp: convolutions and pools.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_CONV_HPP
#define EAGRE_CPP_CONV_HPP

#include <eagre/cpp/ops.hpp>

namespace eagre
{

/* The options of eg_conv_attrs; lists are one number for all spatial axes, or one for each. */
struct conv_options {
    positions strides{};
    positions dilations{};
    int groups = 1;
    bool same = false;
    positions padding{};
    positions padding_after{};
    bool channels_first = false;
    positions sizes{};

    eg_conv_attrs plain() const noexcept
    {
        return {sizeof(eg_conv_attrs), strides.plain(), dilations.plain(), groups, same,
            padding.plain(), padding_after.plain(), channels_first, sizes.plain()};
    }
};

/* The options of eg_pool_attrs. */
struct pool_options {
    positions window{};
    positions strides{};
    bool same = false;
    positions padding{};
    positions padding_after{};
    bool count_padding = false;
    bool channels_first = false;
    positions sizes{};

    eg_pool_attrs plain() const noexcept
    {
        return {sizeof(eg_pool_attrs), window.plain(), strides.plain(), same, padding.plain(),
            padding_after.plain(), count_padding, channels_first, sizes.plain()};
    }
};

namespace detail
{

template <class Op> tensor pooled(Op op, const operand &x, const pool_options &options)
{
    eg_pool_attrs attrs = options.plain();
    return op(x.alone(), &attrs);
}

template <class Op>
tensor convolved(Op op, const operand &a, const operand &b, const conv_options &options)
{
    eg_conv_attrs attrs = options.plain();
    return op(a.beside(b), b.beside(a), &attrs);
}

} // namespace detail

/* ---- ops/conv.h ----------------------------------------------------------------------------- */

inline tensor conv(const operand &x, const operand &w, const conv_options &options = {})
{
    return detail::convolved(eg_conv_with, x, w, options);
}

inline tensor conv_transpose(const operand &x, const operand &w, const conv_options &options = {})
{
    return detail::convolved(eg_conv_transpose_with, x, w, options);
}

inline tensor conv_input_grad(const operand &w, const operand &dz, const conv_options &options = {})
{
    return detail::convolved(eg_conv_input_grad_with, w, dz, options);
}

inline tensor conv_filter_grad(const operand &x, const operand &dz, const conv_options &options)
{
    return detail::convolved(eg_conv_filter_grad_with, x, dz, options);
}

/* ---- ops/pool.h ----------------------------------------------------------------------------- */

inline tensor max_pool(const operand &x, const pool_options &options)
{
    return detail::pooled(eg_max_pool_with, x, options);
}

inline tensor max_pool_index(const operand &x, const pool_options &options)
{
    return detail::pooled(eg_max_pool_index_with, x, options);
}

inline tensor avg_pool(const operand &x, const pool_options &options)
{
    return detail::pooled(eg_avg_pool_with, x, options);
}

inline tensor avg_pool_grad(const operand &x, const pool_options &options)
{
    return detail::pooled(eg_avg_pool_grad_with, x, options);
}

inline tensor global_max_pool(const operand &x, const pool_options &options = {})
{
    return detail::pooled(eg_global_max_pool_with, x, options);
}

inline tensor global_avg_pool(const operand &x, const pool_options &options = {})
{
    return detail::pooled(eg_global_avg_pool_with, x, options);
}

inline tensor adaptive_avg_pool(const operand &x, const pool_options &options)
{
    return detail::pooled(eg_adaptive_avg_pool_with, x, options);
}

inline tensor adaptive_max_pool(const operand &x, const pool_options &options)
{
    return detail::pooled(eg_adaptive_max_pool_with, x, options);
}

inline tensor lp_pool(const operand &x, double p, const pool_options &options)
{
    eg_pool_attrs attrs = options.plain();
    return eg_lp_pool_with(x.alone(), p, &attrs);
}

inline tensor max_unpool(const operand &x, const operand &index, const pool_options &options)
{
    eg_pool_attrs attrs = options.plain();
    return eg_max_unpool_with(x.alone(), index.alone(), &attrs);
}

} // namespace eagre

#endif
