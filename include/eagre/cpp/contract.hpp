/* easy.hpp: what ops/contract.h declares.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_CONTRACT_HPP
#define EAGRE_CPP_CONTRACT_HPP

#include <eagre/cpp/ops.hpp>

namespace eagre
{

inline tensor outer(const operand &x, const operand &y)
{
    return detail::two(eg_outer, x, y);
}

inline tensor vecdot(const operand &x, const operand &y, int axis = -1)
{
    return detail::apart(eg_vecdot, x, y, axis);
}

/* Over the last n axes of x and the first n of y. */
inline tensor tensordot(const operand &x, const operand &y, int n = 2)
{
    eg_tensordot_attrs attrs{sizeof(eg_tensordot_attrs), {}, {}, n > 0 ? n : -1};
    return detail::apart(eg_tensordot_with, x, y, &attrs);
}

inline tensor tensordot(const operand &x, const operand &y, const axes &of_x, const axes &of_y)
{
    eg_tensordot_attrs attrs{sizeof(eg_tensordot_attrs), of_x.plain(), of_y.plain(), -1};
    return detail::apart(eg_tensordot_with, x, y, &attrs);
}

inline tensor einsum(const char *equation, const tensors &list, const place &at = place())
{
    at.note();
    return eg_einsum(equation, list.count(), list.data());
}

inline tensor kron(const operand &x, const operand &y)
{
    return detail::two(eg_kron, x, y);
}

inline tensor cross(const operand &x, const operand &y, int axis = -1)
{
    return detail::apart(eg_cross, x, y, axis);
}

} // namespace eagre

#endif
