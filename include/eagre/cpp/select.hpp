/* easy.hpp: what ops/select.h and ops/unique.h declare. A length of 0 is as many elements as there
 * are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_SELECT_HPP
#define EAGRE_CPP_SELECT_HPP

#include <eagre/cpp/scatter.hpp>

namespace eagre
{

inline tensor nonzero(const operand &x, std::int64_t length = 0, std::int64_t fill = 0)
{
    eg_nonzero_attrs attrs{sizeof(eg_nonzero_attrs), length, fill};
    return eg_nonzero_with(x.alone(), &attrs);
}

inline tensor argwhere(const operand &x, std::int64_t length = 0, std::int64_t fill = 0)
{
    eg_nonzero_attrs attrs{sizeof(eg_nonzero_attrs), length, fill};
    return eg_argwhere_with(x.alone(), &attrs);
}

inline tensor boolean_mask(const operand &x, const operand &mask, int axis = 0,
    std::int64_t length = 0, double fill = 0)
{
    eg_boolean_mask_attrs attrs{sizeof(eg_boolean_mask_attrs), axis, length, fill};
    return detail::apart(eg_boolean_mask_with, x, mask, &attrs);
}

inline tensor compress(const operand &mask, const operand &x, int axis = 0, std::int64_t length = 0,
    double fill = 0)
{
    eg_boolean_mask_attrs attrs{sizeof(eg_boolean_mask_attrs), axis, length, fill};
    return detail::apart(eg_compress_with, mask, x, &attrs);
}

inline tensor masked_scatter(const operand &x, const operand &mask, const operand &updates)
{
    return detail::put(eg_masked_scatter, x, mask, updates);
}

inline tensor repeat_counts(const operand &x, const operand &counts, int axis = 0,
    std::int64_t length = 0, double fill = 0)
{
    eg_repeat_attrs attrs{sizeof(eg_repeat_attrs), length, fill};
    return detail::apart(eg_repeat_counts_with, x, counts, axis, &attrs);
}

inline tensor repeat_index(const operand &counts, std::int64_t length = 0)
{
    eg_repeat_attrs attrs{sizeof(eg_repeat_attrs), length, 0};
    return eg_repeat_index_with(counts.alone(), &attrs);
}

inline std::vector<tensor> dynamic_partition(const operand &x, const operand &ids, int n)
{
    eg_tensor *by = ids.alone();

    return detail::filled(n,
        [&](eg_tensor **to) { return eg_dynamic_partition(x.alone(), by, n, to); });
}

inline tensor take_along_axis(const operand &x, const operand &indices, int axis = -1)
{
    return detail::apart(eg_take_along_axis, x, indices, axis);
}

inline tensor put_along_axis(const operand &x, const operand &indices, const operand &values,
    scatter_how how = scatter_how::set, int axis = -1)
{
    return detail::put(eg_put_along_axis, x, indices, values, static_cast<eg_scatter_how>(how),
        axis);
}

/* ---- ops/unique.h --------------------------------------------------------------------------- */

namespace detail
{

template <class Op> eg_tensor *unique(Op op, const operand &x, std::int64_t length, double fill)
{
    eg_unique_attrs attrs{sizeof(eg_unique_attrs), length, fill};
    return op(x.alone(), &attrs);
}

template <class Op>
tensor sets(Op op, const operand &x, const operand &y, std::int64_t length, double fill)
{
    eg_unique_attrs attrs{sizeof(eg_unique_attrs), length, fill};
    return apart(op, x, y, &attrs);
}

} // namespace detail

inline tensor unique_values(const operand &x, std::int64_t length = 0, double fill = 0)
{
    return detail::unique(eg_unique_values_with, x, length, fill);
}

/* auto [values, inverse] = unique_inverse(x); */
struct inverse_of_set {
    tensor values, inverse;
};

inline inverse_of_set unique_inverse(const operand &x, std::int64_t length = 0, double fill = 0)
{
    eg_tensor *both = detail::unique(eg_unique_inverse_with, x, length, fill);
    return {eg_part(both, 0), eg_part(both, 1)};
}

/* auto [values, counts] = unique_counts(x); */
struct counts_of_set {
    tensor values, counts;
};

inline counts_of_set unique_counts(const operand &x, std::int64_t length = 0, double fill = 0)
{
    eg_tensor *both = detail::unique(eg_unique_counts_with, x, length, fill);
    return {eg_part(both, 0), eg_part(both, 1)};
}

/* auto [values, indices, inverse, counts] = unique_all(x); */
struct whole_set {
    tensor values, indices, inverse, counts;
};

inline whole_set unique_all(const operand &x, std::int64_t length = 0, double fill = 0)
{
    eg_tensor *all = detail::unique(eg_unique_all_with, x, length, fill);
    return {eg_part(all, 0), eg_part(all, 1), eg_part(all, 2), eg_part(all, 3)};
}

inline tensor union1d(const operand &x, const operand &y, std::int64_t length = 0, double fill = 0)
{
    return detail::sets(eg_union1d_with, x, y, length, fill);
}

inline tensor intersect1d(const operand &x, const operand &y, std::int64_t length = 0,
    double fill = 0)
{
    return detail::sets(eg_intersect1d_with, x, y, length, fill);
}

inline tensor setdiff1d(const operand &x, const operand &y, std::int64_t length = 0,
    double fill = 0)
{
    return detail::sets(eg_setdiff1d_with, x, y, length, fill);
}

inline tensor setxor1d(const operand &x, const operand &y, std::int64_t length = 0, double fill = 0)
{
    return detail::sets(eg_setxor1d_with, x, y, length, fill);
}

} // namespace eagre

#endif
