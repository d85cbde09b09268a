/* easy.hpp: arithmetic, comparison, logic, and the operators.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_MATH_HPP
#define EAGRE_CPP_MATH_HPP

#include <eagre/cpp/data.hpp>

namespace eagre
{

namespace detail
{

template <class Op> tensor two(Op op, const operand &x, const operand &y)
{
    x.note();
    return op(x.beside(y), y.beside(x));
}

/* For two arguments whose dtypes have nothing to do with each other. */
template <class Op, class... More>
tensor apart(Op op, const operand &x, const operand &y, More... m)
{
    eg_tensor *first = x.alone();
    return op(first, y.alone(), m...);
}

} // namespace detail

/* ---- ops/math.h ----------------------------------------------------------------------------- */

inline tensor add(const operand &x, const operand &y)
{
    return detail::two(eg_add, x, y);
}

inline tensor sub(const operand &x, const operand &y)
{
    return detail::two(eg_sub, x, y);
}

inline tensor mul(const operand &x, const operand &y)
{
    return detail::two(eg_mul, x, y);
}

inline tensor div(const operand &x, const operand &y)
{
    return detail::two(eg_div, x, y);
}

inline tensor floor_div(const operand &x, const operand &y)
{
    return detail::two(eg_floor_div, x, y);
}

inline tensor remainder(const operand &x, const operand &y)
{
    return detail::two(eg_remainder, x, y);
}

inline tensor fmod(const operand &x, const operand &y)
{
    return detail::two(eg_fmod, x, y);
}

inline tensor trunc_div(const operand &x, const operand &y)
{
    return detail::two(eg_trunc_div, x, y);
}

inline tensor maximum(const operand &x, const operand &y)
{
    return detail::two(eg_maximum, x, y);
}

inline tensor minimum(const operand &x, const operand &y)
{
    return detail::two(eg_minimum, x, y);
}

inline tensor neg(const operand &x)
{
    return eg_neg(x.alone());
}

inline tensor abs(const operand &x)
{
    return eg_abs(x.alone());
}

inline tensor sign(const operand &x)
{
    return eg_sign(x.alone());
}

inline tensor square(const operand &x)
{
    return eg_square(x.alone());
}

inline tensor sqrt(const operand &x)
{
    return eg_sqrt(x.alone());
}

inline tensor exp(const operand &x)
{
    return eg_exp(x.alone());
}

inline tensor log(const operand &x)
{
    return eg_log(x.alone());
}

inline tensor tanh(const operand &x)
{
    return eg_tanh(x.alone());
}

inline tensor erf(const operand &x)
{
    return eg_erf(x.alone());
}

enum class transposed { none, a, b, both }; /* arguments of matmul with their last axes swapped */

inline tensor matmul(const operand &a, const operand &b, transposed t = transposed::none)
{
    bool both = t == transposed::both;
    eg_matmul_attrs attrs{sizeof(eg_matmul_attrs), both || t == transposed::a,
        both || t == transposed::b};

    a.note();
    return eg_matmul_with(a.beside(b), b.beside(a), &attrs);
}

/* ---- ops/compare.h -------------------------------------------------------------------------- */

inline tensor equal(const operand &x, const operand &y)
{
    return detail::two(eg_equal, x, y);
}

inline tensor not_equal(const operand &x, const operand &y)
{
    return detail::two(eg_not_equal, x, y);
}

inline tensor less(const operand &x, const operand &y)
{
    return detail::two(eg_less, x, y);
}

inline tensor less_equal(const operand &x, const operand &y)
{
    return detail::two(eg_less_equal, x, y);
}

inline tensor greater(const operand &x, const operand &y)
{
    return detail::two(eg_greater, x, y);
}

inline tensor greater_equal(const operand &x, const operand &y)
{
    return detail::two(eg_greater_equal, x, y);
}

inline tensor logical_and(const operand &x, const operand &y)
{
    return detail::two(eg_logical_and, x, y);
}

inline tensor logical_or(const operand &x, const operand &y)
{
    return detail::two(eg_logical_or, x, y);
}

inline tensor logical_xor(const operand &x, const operand &y)
{
    return detail::two(eg_logical_xor, x, y);
}

inline tensor logical_not(const operand &x)
{
    return eg_logical_not(x.alone());
}

inline tensor where(const operand &condition, const operand &x, const operand &y)
{
    eg_tensor *c = condition.alone();
    return eg_where(c, x.beside(y), y.beside(x));
}

inline tensor cast(const operand &x, eg_dtype dtype)
{
    return eg_cast(x.alone(), dtype);
}

template <class T> tensor cast(const operand &x)
{
    return cast(x, dtype_of<T>());
}

/* ---- operators ------------------------------------------------------------------------------ */

inline tensor operator+(const operand &x, const operand &y)
{
    return add(x, y);
}

inline tensor operator-(const operand &x, const operand &y)
{
    return sub(x, y);
}

inline tensor operator*(const operand &x, const operand &y)
{
    return mul(x, y);
}

inline tensor operator/(const operand &x, const operand &y)
{
    return div(x, y);
}

inline tensor operator%(const operand &x, const operand &y)
{
    return remainder(x, y);
}

inline tensor operator==(const operand &x, const operand &y)
{
    return equal(x, y);
}

inline tensor operator!=(const operand &x, const operand &y)
{
    return not_equal(x, y);
}

inline tensor operator<(const operand &x, const operand &y)
{
    return less(x, y);
}

inline tensor operator<=(const operand &x, const operand &y)
{
    return less_equal(x, y);
}

inline tensor operator>(const operand &x, const operand &y)
{
    return greater(x, y);
}

inline tensor operator>=(const operand &x, const operand &y)
{
    return greater_equal(x, y);
}

inline tensor operator&(const operand &x, const operand &y)
{
    return logical_and(x, y);
}

inline tensor operator|(const operand &x, const operand &y)
{
    return logical_or(x, y);
}

inline tensor operator^(const operand &x, const operand &y)
{
    return logical_xor(x, y);
}

inline tensor operator-(const operand &x)
{
    return neg(x);
}

inline tensor operator~(const operand &x)
{
    return logical_not(x);
}

/* x += y makes x the handle of another tensor; of a variable it is an assignment. */
inline tensor &operator+=(tensor &x, const operand &y)
{
    return x = x + y;
}

inline tensor &operator-=(tensor &x, const operand &y)
{
    return x = x - y;
}

inline tensor &operator*=(tensor &x, const operand &y)
{
    return x = x * y;
}

inline tensor &operator/=(tensor &x, const operand &y)
{
    return x = x / y;
}

} // namespace eagre

#endif
