/* easy.hpp: what ops/scatter.h declares.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_SCATTER_HPP
#define EAGRE_CPP_SCATTER_HPP

#include <eagre/cpp/arrange.hpp>

namespace eagre
{

enum class outside { fails, wraps, clips }; /* what an index outside of an axis means */

inline tensor ravel_index(const operand &indices, const positions &dims,
    outside way = outside::fails)
{
    eg_ravel_index_attrs attrs{sizeof(eg_ravel_index_attrs), dims.plain(),
        static_cast<eg_outside>(way)};
    return eg_ravel_index_with(indices.alone(), &attrs);
}

inline tensor take(const operand &x, const operand &indices, int axis = 0,
    outside way = outside::fails)
{
    eg_take_attrs attrs{sizeof(eg_take_attrs), axis, static_cast<eg_outside>(way)};
    return detail::apart(eg_take_with, x, indices, &attrs);
}

inline tensor gather_nd(const operand &x, const operand &indices)
{
    return detail::apart(eg_gather_nd, x, indices);
}

inline tensor scatter_nd(const operand &indices, const operand &updates, const shape &dims)
{
    return detail::apart(eg_scatter_nd, indices, updates, dims.rank(), dims.data());
}

namespace detail
{

/* x and its updates share a dtype; the indices between them have their own. */
template <class Op, class... More>
tensor put(Op op, const operand &x, const operand &indices, const operand &updates, More... m)
{
    eg_tensor *at = indices.alone();

    x.note();
    eg_tensor *whole = x.beside(updates);
    return op(whole, at, updates.beside(x), m...);
}

} // namespace detail

enum class scatter_how { set, add, max, min };

inline tensor scatter(const operand &x, const operand &indices, const operand &updates,
    scatter_how how = scatter_how::set)
{
    eg_scatter_attrs attrs{sizeof(eg_scatter_attrs), static_cast<eg_scatter_how>(how)};
    return detail::put(eg_scatter_with, x, indices, updates, &attrs);
}

inline tensor tensor_scatter_nd_update(const operand &x, const operand &indices,
    const operand &updates)
{
    return detail::put(eg_tensor_scatter_nd_update, x, indices, updates);
}

inline tensor tensor_scatter_nd_add(const operand &x, const operand &indices,
    const operand &updates)
{
    return detail::put(eg_tensor_scatter_nd_add, x, indices, updates);
}

inline tensor tensor_scatter_nd_max(const operand &x, const operand &indices,
    const operand &updates)
{
    return detail::put(eg_tensor_scatter_nd_max, x, indices, updates);
}

inline tensor tensor_scatter_nd_min(const operand &x, const operand &indices,
    const operand &updates)
{
    return detail::put(eg_tensor_scatter_nd_min, x, indices, updates);
}

} // namespace eagre

#endif
