/* easy.hpp: numbers and arrays in, tuples, printing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_DATA_HPP
#define EAGRE_CPP_DATA_HPP

#include <eagre/cpp/scope.hpp>

#include <array>
#include <ostream>
#include <string>

namespace eagre
{

/* ---- numbers -------------------------------------------------------------------------------- */

/* constant(12), constant({1.5, 2}): int32 if all are whole, else float32. */
inline tensor constant(std::initializer_list<number> list, const place &at = place())
{
    std::vector<eg_number> plain;

    for (const number &x : list)
        plain.push_back(x.plain());
    at.note();
    return eg_constant_of(static_cast<int>(plain.size()), plain.data());
}

inline tensor constant(const number &x, const place &at = place())
{
    return constant({x}, at);
}

/* One number of a dtype. */
inline tensor scalar(eg_dtype dtype, const number &x, const place &at = place())
{
    at.note();
    return x.in(dtype);
}

/* ---- arrays --------------------------------------------------------------------------------- */

/* A copy of the elements at `data`, row-major. */
template <class T> tensor copy(const T *data, const shape &dims, const place &at = place())
{
    at.note();
    return eg_copy(dtype_of<T>(), dims.rank(), dims.data(), data);
}

/* A copy of a vector's elements, in a row or in a shape that takes all of them. */
template <class T> tensor copy(const std::vector<T> &data, const place &at = place())
{
    static_assert(!std::is_same_v<T, bool>, "std::vector<bool> has no array of bool to copy");
    return copy(data.data(), {data.size()}, at);
}

template <class T>
tensor copy(const std::vector<T> &data, const shape &dims, const place &at = place())
{
    tensor flat = copy(data, at);
    return eg_reshape(flat.get(), dims.rank(), dims.data());
}

/* Strings in a row, or in a shape that takes all of them. */
inline tensor strings(const std::vector<std::string> &list, const place &at = place())
{
    const auto n = static_cast<std::int64_t>(list.size());
    std::vector<eg_string> all;

    for (const std::string &s : list)
        all.push_back({s.data(), s.size()});
    at.note();
    return eg_strings_of(1, &n, all.data());
}

inline tensor strings(const std::vector<std::string> &list, const shape &dims,
    const place &at = place())
{
    tensor flat = strings(list, at);
    return eg_reshape(flat.get(), dims.rank(), dims.data());
}

/* array<float>({{1, 2}, {3, 4}}), or array(m) for `float m[2][2]`: one to four dimensions. */
template <class T, std::size_t A> tensor array(const T (&data)[A], const place &at = place())
{
    return copy(data, {A}, at);
}

template <class T, std::size_t A, std::size_t B>
tensor array(const T (&data)[A][B], const place &at = place())
{
    return copy(data[0], {A, B}, at);
}

template <class T, std::size_t A, std::size_t B, std::size_t C>
tensor array(const T (&data)[A][B][C], const place &at = place())
{
    return copy(data[0][0], {A, B, C}, at);
}

template <class T, std::size_t A, std::size_t B, std::size_t C, std::size_t D>
tensor array(const T (&data)[A][B][C][D], const place &at = place())
{
    return copy(data[0][0][0], {A, B, C, D}, at);
}

/* The elements at `data` in place: they must not change, nor go away before on_free(data, env). */
template <class T>
tensor wrap(const T *data, const shape &dims, void (*on_free)(void *data, void *env) = nullptr,
    void *env = nullptr, const place &at = place())
{
    at.note();
    return eg_wrap(dtype_of<T>(), dims.rank(), dims.data(), data, on_free, env);
}

/* The same for a vector, which moves into the tensor. */
template <class T> tensor wrap(std::vector<T> &&data, const shape &dims, const place &at = place())
{
    auto held = std::make_unique<std::vector<T>>(std::move(data));
    auto free_it = [](void *, void *env) { delete static_cast<std::vector<T> *>(env); };
    tensor x = wrap(held->data(), dims, +free_it, held.get(), at);

    if (x.get())
        static_cast<void>(held.release());
    return x;
}

/* ---- tuples --------------------------------------------------------------------------------- */

/* Several tensors as one result of a function. */
inline tensor tuple(const tensors &parts, const place &at = place())
{
    at.note();
    return eg_tuple_of(parts.count(), parts.data());
}

/* Part i of a tuple. */
inline tensor part(const tensor &x, int i, const place &at = place())
{
    at.note();
    return eg_part(x.get(), i);
}

/* All parts: auto [w, b] = unpack<2>(f(x)); */
template <std::size_t N> std::array<tensor, N> unpack(const tensor &x, const place &at = place())
{
    std::array<tensor, N> parts;

    for (std::size_t i = 0; i < N; i++)
        parts[i] = part(x, static_cast<int>(i), at);
    return parts;
}

/* ---- printing ------------------------------------------------------------------------------- */

/* How elements are shown. */
struct print_options {
    int precision = 8;             /* digits after the point at most */
    std::int64_t threshold = 1000; /* more elements than this are summarised by their edges */
    int edge_items = 3;
    int line_width = 75;
    FILE *to = stdout;

    eg_print_attrs plain() const noexcept
    {
        return {sizeof(eg_print_attrs), precision, threshold, edge_items, line_width, to};
    }
};

/* Prints as NumPy would, then dtype and shape; inside a function once per call. */
inline void print(const operand &x, const print_options &options = {})
{
    eg_print_attrs attrs = options.plain();
    eg_print_with(x.alone(), &attrs);
}

namespace detail
{

/* A string of the library's as one of C++; empty after an error. */
inline std::string taken(char *text)
{
    std::unique_ptr<char, freed_by<eg_free>> held(text);
    return held ? held.get() : "";
}

} // namespace detail

/* The same text; empty after an error. */
inline std::string to_text(const operand &x, const print_options &options = {})
{
    eg_print_attrs attrs = options.plain();
    return detail::taken(eg_to_text(x.alone(), &attrs));
}

/* std::cout << x: what `print` prints. */
inline std::ostream &operator<<(std::ostream &out, const tensor &x)
{
    return out << to_text(x);
}

} // namespace eagre

#endif
