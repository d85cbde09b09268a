/* easy.hpp: the caller's place, shapes and tensors.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_VALUE_HPP
#define EAGRE_CPP_VALUE_HPP

#include <eagre.h>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace eagre
{

/* Where a call stands in its caller's source. As a last parameter with a default it fills itself
 * in; wrappers of your own pass on the one they were given. */
class place
{
  public:
    explicit place(const char *file = __builtin_FILE(), int line = __builtin_LINE(),
        const char *function = __builtin_FUNCTION()) noexcept
        : site_{file, line, function}
    {
    }

    /* What follows on this thread comes from here. */
    void note() const noexcept
    {
        eg_at(&site_);
    }

  private:
    eg_site site_;
};

/* ---- dtypes and shapes ---------------------------------------------------------------------- */

inline constexpr eg_dtype boolean = EG_BOOL;
inline constexpr eg_dtype int8 = EG_INT8, int16 = EG_INT16, int32 = EG_INT32, int64 = EG_INT64;
inline constexpr eg_dtype uint8 = EG_UINT8, uint16 = EG_UINT16, uint32 = EG_UINT32,
                          uint64 = EG_UINT64;
inline constexpr eg_dtype float16 = EG_FLOAT16, bfloat16 = EG_BFLOAT16, float32 = EG_FLOAT32,
                          float64 = EG_FLOAT64;
inline constexpr eg_dtype complex64 = EG_COMPLEX64, complex128 = EG_COMPLEX128;
inline constexpr eg_dtype string = EG_STRING;

namespace detail
{

template <class T> inline constexpr bool is_complex = false;
template <> inline constexpr bool is_complex<std::complex<float>> = true;
template <> inline constexpr bool is_complex<std::complex<double>> = true;

/* What operations take as a number. */
template <class T> inline constexpr bool is_number = std::is_arithmetic_v<T> || is_complex<T>;

} // namespace detail

/* The dtype of a C++ type: dtype_of<float>(). */
template <class T> constexpr eg_dtype dtype_of() noexcept
{
    constexpr eg_dtype with_sign[] = {EG_INT8, EG_INT16, EG_INT32, EG_INT64};
    constexpr eg_dtype without[] = {EG_UINT8, EG_UINT16, EG_UINT32, EG_UINT64};
    constexpr int width = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;

    static_assert(std::is_integral_v<T> || std::is_same_v<T, float> || std::is_same_v<T, double> ||
            detail::is_complex<T>,
        "elements are bool, integers, float, double or their complex numbers");
    if constexpr (std::is_same_v<T, bool>)
        return EG_BOOL;
    else if constexpr (std::is_integral_v<T>)
        return std::is_signed_v<T> ? with_sign[width] : without[width];
    else if constexpr (detail::is_complex<T>)
        return sizeof(T) == 2 * sizeof(float) ? EG_COMPLEX64 : EG_COMPLEX128;
    else
        return std::is_same_v<T, float> ? EG_FLOAT32 : EG_FLOAT64;
}

/* A shape: {2, 3}; {} is that of a single number. What holds too many sizes is an error where it is
 * used. */
class shape
{
  public:
    constexpr shape() noexcept = default;

    template <class... Int,
        std::enable_if_t<(sizeof...(Int) > 0) && (std::is_integral_v<Int> && ...), int> = 0>
    constexpr shape(Int... dims) noexcept
        : rank_(sizeof...(Int)), dims_{static_cast<std::int64_t>(dims)...}
    {
    }

    /* From as many sizes as are known when the program runs. */
    shape(const std::int64_t *dims, int rank) noexcept : rank_(rank)
    {
        std::copy(dims, dims + held(), dims_);
    }

    shape(const std::vector<std::int64_t> &dims) noexcept
        : shape(dims.data(), static_cast<int>(dims.size()))
    {
    }

    int rank() const noexcept
    {
        return rank_;
    }

    /* All sizes, for the plain functions and for loops over them. */
    const std::int64_t *data() const noexcept
    {
        return dims_;
    }

    const std::int64_t *begin() const noexcept
    {
        return dims_;
    }

    const std::int64_t *end() const noexcept
    {
        return dims_ + held();
    }

    /* The size along an axis, which counts from the end if negative; 0 where there is none. */
    std::int64_t operator[](int axis) const noexcept
    {
        int i = axis < 0 ? axis + rank_ : axis;
        return i >= 0 && i < held() ? dims_[i] : 0;
    }

    friend bool operator==(const shape &a, const shape &b) noexcept
    {
        return a.rank_ == b.rank_ && std::equal(a.begin(), a.end(), b.begin());
    }

    friend bool operator!=(const shape &a, const shape &b) noexcept
    {
        return !(a == b);
    }

  private:
    int held() const noexcept
    {
        return std::min<int>(rank_, EG_MAX_RANK);
    }

    int rank_ = 0;
    std::int64_t dims_[EG_MAX_RANK] = {};
};

/* ---- tensors -------------------------------------------------------------------------------- */

namespace detail
{

/* What tensors, variables and owned tensors can be asked. */
template <class Handle> class questions
{
  public:
    /* Whether the only element is not zero: `if (x > limit)`, guarded inside functions. */
    explicit operator bool() const noexcept
    {
        return eg_true(it());
    }

    /* The only element: item() as a double, item<int>() as an integer, item<bool>() as a branch
     * would take it, item<std::complex<double>>(). Guarded inside functions, but for
     * item<std::string>(), which makes them eager. */
    template <class T = double>
    T item(const place &at = place()) const noexcept(!std::is_same_v<T, std::string>)
    {
        at.note();
        if constexpr (std::is_same_v<T, bool>)
            return eg_true(it());
        else if constexpr (std::is_same_v<T, std::string>)
            return one_string();
        else if constexpr (detail::is_complex<T>)
            return complex_item<T>();
        else if constexpr (std::is_floating_point_v<T>)
            return static_cast<T>(eg_item(it()));
        else
            return static_cast<T>(eg_item_int(it()));
    }

    eg_dtype dtype() const noexcept
    {
        return eg_dtype_of(it());
    }

    int rank() const noexcept
    {
        return eg_rank(it());
    }

    /* The size along an axis, which counts from the end if negative. */
    std::int64_t dim(int axis) const noexcept
    {
        return eg_dim(it(), axis);
    }

    /* The number of elements. */
    std::int64_t size() const noexcept
    {
        return eg_size(it());
    }

    eagre::shape shape() const noexcept
    {
        std::int64_t dims[EG_MAX_RANK];

        for (int axis = 0; axis < rank(); axis++)
            dims[axis] = dim(axis);
        return {dims, rank()};
    }

    /* The elements in place, while the tensor lives; NULL after an error. Those of a variable move:
     * ask its value(). */
    template <class T> const T *data(const place &at = place()) const noexcept
    {
        at.note();
        return static_cast<const T *>(eg_data(it(), dtype_of<T>()));
    }

    /* A copy of the elements, row-major: read<float>(), read<std::string>(). Empty after an
     * error. */
    template <class T> std::vector<T> read(const place &at = place()) const
    {
        auto n = static_cast<std::size_t>(size());

        at.note();
        if constexpr (std::is_same_v<T, std::string>)
            return strings(n);
        else
            return numbers<T>(n);
    }

  private:
    template <class T> std::vector<T> numbers(std::size_t n) const
    {
        std::unique_ptr<T[]> out(new T[n]); /* a vector of bool has no array */

        if (eg_read(it(), dtype_of<T>(), out.get(), size()) != EG_OK)
            return {};
        std::vector<T> all(n);
        std::copy(out.get(), out.get() + n, all.begin());
        return all;
    }

    std::vector<std::string> strings(std::size_t n) const
    {
        std::vector<eg_string> out(n);
        std::vector<std::string> all;

        if (eg_read_strings(it(), out.data(), static_cast<std::int64_t>(n)) != EG_OK)
            return all;
        for (const eg_string &s : out)
            all.emplace_back(s.bytes, s.length);
        return all;
    }

    std::string one_string() const
    {
        const std::vector<std::string> all = size() == 1 ? strings(1) : std::vector<std::string>();
        return all.empty() ? eg_item_string(it()) : all[0];
    }

    template <class T> T complex_item() const noexcept
    {
        eg_pair x = eg_item_pair(it());
        return {static_cast<typename T::value_type>(x.re),
            static_cast<typename T::value_type>(x.im)};
    }

    eg_tensor *it() const noexcept
    {
        return static_cast<const Handle *>(this)->get();
    }
};

} // namespace detail

/* A handle of a tensor, a variable, a symbol or a tuple. It owns nothing: the scope does. The empty
 * handle is what operations return after an error. */
class tensor : public detail::questions<tensor>
{
  public:
    constexpr tensor() noexcept = default;

    constexpr tensor(eg_tensor *x) noexcept : x_(x)
    {
    }

    /* Of numbers `constant` makes tensors. */
    template <class T, std::enable_if_t<detail::is_number<T>, int> = 0> tensor(T) = delete;

    /* The handle for the plain functions. */
    constexpr eg_tensor *get() const noexcept
    {
        return x_;
    }

    /* True for a gradient that is not connected, where that was asked for. */
    bool is_none() const noexcept
    {
        return eg_is_none(x_);
    }

  private:
    eg_tensor *x_ = nullptr;
};

namespace detail
{

/* For templates whose arguments are whatever is accepted as a tensor. */
template <class... T>
inline constexpr bool are_tensors = (std::is_convertible_v<const T &, tensor> && ...);

template <class... T> using if_tensors = std::enable_if_t<are_tensors<T...>, int>;

} // namespace detail

/* A list of tensors: {a, b}, or any container of tensors, variables or owned ones. */
class tensors
{
  public:
    tensors() noexcept = default;

    tensors(std::initializer_list<tensor> list)
    {
        add(list);
    }

    template <class List, class Item = decltype(*std::begin(std::declval<const List &>())),
        std::enable_if_t<std::is_convertible_v<Item, tensor>, int> = 0>
    tensors(const List &list)
    {
        add(list);
    }

    int count() const noexcept
    {
        return static_cast<int>(list_.size());
    }

    /* The handles for the plain functions. */
    eg_tensor *const *data() const noexcept
    {
        return list_.data();
    }

  private:
    template <class List> void add(const List &list)
    {
        for (const auto &x : list)
            list_.push_back(tensor(x).get());
    }

    std::vector<eg_tensor *> list_;
};

} // namespace eagre

#endif
