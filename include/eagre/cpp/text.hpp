/* easy.hpp: what ops/text.h declares.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_TEXT_HPP
#define EAGRE_CPP_TEXT_HPP

#include <eagre/cpp/ops.hpp>

namespace eagre
{

inline tensor string_concat(const operand &x, const operand &y)
{
    return detail::two(eg_string_concat, x, y);
}

inline tensor string_lower(const operand &x)
{
    return eg_string_lower(x.alone());
}

inline tensor string_upper(const operand &x)
{
    return eg_string_upper(x.alone());
}

inline tensor string_length(const operand &x, bool characters = false)
{
    eg_string_length_attrs attrs{sizeof(eg_string_length_attrs), characters};
    return eg_string_length_with(x.alone(), &attrs);
}

/* `most` and `length` 0: as many as there are. */
inline tensor string_split(const operand &x, const operand &delimiter, std::int64_t most = 0,
    std::int64_t length = 0)
{
    eg_string_split_attrs attrs{sizeof(eg_string_split_attrs), most, length};
    return detail::apart(eg_string_split_with, x, delimiter, &attrs);
}

} // namespace eagre

#endif
