/* easy.hpp: what ops/arrange.h and ops/create.h declare, and put_slice.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_ARRANGE_HPP
#define EAGRE_CPP_ARRANGE_HPP

#include <eagre/cpp/ops.hpp>

namespace eagre
{

inline tensor put_slice(const operand &x, const operand &part, const positions &begin,
    const positions &step = {})
{
    eg_put_slice_attrs attrs{sizeof(eg_put_slice_attrs), begin.plain(), step.plain()};

    x.note();
    eg_tensor *whole = x.beside(part);
    return eg_put_slice_with(whole, part.beside(x), &attrs);
}

inline tensor flatten(const operand &x)
{
    return eg_flatten(x.alone());
}

inline tensor flip(const operand &x, const axes &over = {})
{
    eg_flip_attrs attrs{sizeof(eg_flip_attrs), over.plain()};
    return eg_flip_with(x.alone(), &attrs);
}

inline tensor roll(const operand &x, std::int64_t shift, int axis = 0)
{
    return eg_roll(x.alone(), shift, axis);
}

inline tensor repeat(const operand &x, std::int64_t n, int axis = 0)
{
    return eg_repeat(x.alone(), n, axis);
}

inline tensor tile(const operand &x, const shape &counts)
{
    return eg_tile(x.alone(), counts.rank(), counts.data());
}

enum class padding { constant, reflect, symmetric, edge, wrap };

inline tensor pad(const operand &x, const positions &before, const positions &after,
    padding mode = padding::constant, double value = 0)
{
    eg_pad_attrs attrs{sizeof(eg_pad_attrs), before.plain(), after.plain(),
        static_cast<eg_pad_mode>(mode), value};
    return eg_pad_with(x.alone(), &attrs);
}

inline tensor moveaxis(const operand &x, int from, int to)
{
    return eg_moveaxis(x.alone(), from, to);
}

inline tensor permute_dims(const operand &x, const axes &order)
{
    return eg_permute_dims(x.alone(), &order.plain());
}

inline tensor matrix_transpose(const operand &x)
{
    return eg_matrix_transpose(x.alone());
}

namespace detail
{

/* n tensors that `fill` writes. */
template <class Fill> std::vector<tensor> filled(int n, Fill fill)
{
    std::vector<eg_tensor *> plain(n > 0 ? static_cast<std::size_t>(n) : 0);

    fill(plain.data());
    return {plain.begin(), plain.end()};
}

} // namespace detail

inline std::vector<tensor> split(const operand &x, int n, int axis = 0)
{
    return detail::filled(n, [&](eg_tensor **to) { return eg_split(x.alone(), n, axis, to); });
}

inline std::vector<tensor> split_sizes(const operand &x, const std::vector<std::int64_t> &sizes,
    int axis = 0)
{
    int n = static_cast<int>(sizes.size());

    return detail::filled(n,
        [&](eg_tensor **to) { return eg_split_sizes(x.alone(), n, sizes.data(), axis, to); });
}

inline std::vector<tensor> unstack(const operand &x, int axis = 0)
{
    eg_tensor *plain = x.alone();
    int n = static_cast<int>(eg_dim(plain, axis));

    return detail::filled(n, [&](eg_tensor **to) { return eg_unstack(plain, n, axis, to); });
}

inline std::vector<tensor> broadcast_arrays(const tensors &list, const place &at = place())
{
    at.note();
    return detail::filled(list.count(),
        [&](eg_tensor **to) { return eg_broadcast_arrays(list.count(), list.data(), to); });
}

enum class grid_order {
    columns,
    matrix
}; /* the first coordinate along the second axis, or first */

inline std::vector<tensor> meshgrid(const tensors &list, grid_order order = grid_order::columns,
    const place &at = place())
{
    eg_meshgrid_attrs attrs{sizeof(eg_meshgrid_attrs), order == grid_order::matrix};

    at.note();
    return detail::filled(list.count(),
        [&](eg_tensor **to) { return eg_meshgrid_with(list.count(), list.data(), to, &attrs); });
}

/* ---- ops/create.h --------------------------------------------------------------------------- */

inline tensor arange(eg_dtype dtype, number start, number stop, number step = 1,
    const place &at = place())
{
    at.note();
    return eg_arange(dtype, start.plain(), stop.plain(), step.plain());
}

enum class range_end { closed, open }; /* the stop is one of the numbers, or not */

inline tensor linspace(eg_dtype dtype, double start, double stop, std::int64_t n,
    range_end end = range_end::closed, const place &at = place())
{
    eg_linspace_attrs attrs{sizeof(eg_linspace_attrs), end == range_end::open};

    at.note();
    return eg_linspace_with(dtype, start, stop, n, &attrs);
}

inline tensor eye(eg_dtype dtype, std::int64_t rows, std::int64_t columns, std::int64_t offset = 0,
    const place &at = place())
{
    at.note();
    return eg_eye(dtype, rows, columns, offset);
}

inline tensor full_like(const operand &x, const operand &value)
{
    eg_tensor *like = x.alone();
    return eg_full_like(like, value.beside(x));
}

inline tensor tril(const operand &x, std::int64_t offset = 0)
{
    return eg_tril(x.alone(), offset);
}

inline tensor triu(const operand &x, std::int64_t offset = 0)
{
    return eg_triu(x.alone(), offset);
}

inline tensor diagonal(const operand &x, std::int64_t offset = 0)
{
    return eg_diagonal(x.alone(), offset);
}

inline tensor diag(const operand &x, std::int64_t offset = 0)
{
    return eg_diag(x.alone(), offset);
}

inline tensor trace(const operand &x, std::int64_t offset = 0)
{
    return eg_trace(x.alone(), offset);
}

} // namespace eagre

#endif
