/* easy.hpp: what ops/scatter.h and ops/pick.h declare.
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
    scatter_how how = scatter_how::set, bool drop = false)
{
    eg_scatter_attrs attrs{sizeof(eg_scatter_attrs), static_cast<eg_scatter_how>(how), drop};
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

/* ---- ops/pick.h ----------------------------------------------------------------------------- */

/* What get and put name along an axis: a position, a list of positions, or one of those below. */
class pick
{
  public:
    template <class Int, std::enable_if_t<std::is_integral_v<Int>, int> = 0>
    pick(Int at) noexcept : plain_{EG_PICK_INDEX, static_cast<std::int64_t>(at), 0, 0, nullptr}
    {
    }

    template <class T, detail::if_tensors<T> = 0>
    pick(const T &list) : plain_{EG_PICK_LIST, 0, 0, 0, tensor(list).get()}
    {
    }

    constexpr pick(eg_pick_kind kind, std::int64_t begin, std::int64_t end,
        std::int64_t step) noexcept
        : plain_{kind, begin, end, step, nullptr}
    {
    }

    const eg_pick &plain() const noexcept
    {
        return plain_;
    }

  private:
    eg_pick plain_;
};

inline constexpr std::int64_t open = EG_OPEN; /* an end of a range: as far as the axis goes */
inline constexpr pick every{EG_PICK_RANGE, EG_OPEN, EG_OPEN, 1};
inline constexpr pick new_axis{EG_PICK_NEW_AXIS, 0, 0, 0};
inline constexpr pick ellipsis{EG_PICK_ELLIPSIS, 0, 0, 0};

/* From begin up to before end. */
constexpr pick span(std::int64_t begin, std::int64_t end, std::int64_t step = 1) noexcept
{
    return {EG_PICK_RANGE, begin, end, step};
}

namespace detail
{

inline std::vector<eg_pick> plain(std::initializer_list<pick> picks)
{
    std::vector<eg_pick> list;

    for (const pick &p : picks)
        list.push_back(p.plain());
    return list;
}

} // namespace detail

inline tensor get(const operand &x, std::initializer_list<pick> picks)
{
    std::vector<eg_pick> list = detail::plain(picks);
    return eg_get_with(x.alone(), static_cast<int>(list.size()), list.data());
}

inline tensor put(const operand &x, const operand &v, std::initializer_list<pick> picks,
    scatter_how how = scatter_how::set)
{
    std::vector<eg_pick> list = detail::plain(picks);

    x.note();
    eg_tensor *whole = x.beside(v);
    return eg_put_with(whole, v.beside(x), static_cast<eg_scatter_how>(how),
        static_cast<int>(list.size()), list.data());
}

} // namespace eagre

#endif
