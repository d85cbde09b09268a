/* easy.hpp: C++ numbers as arguments.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_OPERAND_HPP
#define EAGRE_CPP_OPERAND_HPP

#include <eagre/cpp/value.hpp>

#include <complex>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>

namespace eagre
{

/* A C++ number before it knows its dtype. A bool is 0 or 1, as in C. */
class number
{
  public:
    template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
    constexpr number(T x) noexcept
        : is_real_(!fits(x)), real_(static_cast<double>(x)),
          int_(is_real_ ? 0 : static_cast<std::int64_t>(x))
    {
    }

    template <class T>
    constexpr number(const std::complex<T> &x) noexcept
        : is_real_(true), is_complex_(true), real_(static_cast<double>(x.real())), int_(0),
          imag_(static_cast<double>(x.imag()))
    {
    }

    /* The number as a tensor of rank 0. A complex one has at least the precision of `dtype`. */
    eg_tensor *in(eg_dtype dtype) const
    {
        if (is_complex_)
            return eg_scalar_pair(dtype == EG_FLOAT64 || dtype == EG_COMPLEX128 ? EG_COMPLEX128
                                                                                : EG_COMPLEX64,
                {real_, imag_});
        return is_real_ ? eg_scalar(dtype, real_) : eg_scalar_int(dtype, int_);
    }

    eg_number plain() const noexcept
    {
        eg_number n{};

        n.real = is_real_;
        n.is_complex = is_complex_;
        n.as_imag = imag_;
        if (is_real_)
            n.as_real = real_;
        else
            n.as_int = int_;
        return n;
    }

  private:
    /* Whether the number is whole and an int64 holds it. */
    template <class T> static constexpr bool fits(T x) noexcept
    {
        if constexpr (std::is_integral_v<T> && std::is_unsigned_v<T>)
            return x <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        return std::is_integral_v<T>;
    }

    bool is_real_, is_complex_ = false;
    double real_;
    std::int64_t int_;
    double imag_ = 0;
};

/* An argument of an operation: whatever is a tensor, a C++ number or a string; and the caller's
 * place. */
class operand
{
  public:
    template <class T, detail::if_tensors<T> = 0>
    operand(const T &x, const place &at = place()) : at_(at), tensor_(x)
    {
    }

    template <class T, std::enable_if_t<detail::is_number<T>, int> = 0>
    operand(T x, const place &at = place()) : at_(at), number_(x), kind_(NUMBER)
    {
    }

    operand(const char *x, const place &at = place())
        : at_(at), tensor_((at.note(), eg_copy(EG_STRING, 0, nullptr, &x)))
    {
    }

    operand(const std::string &x, const place &at = place()) : at_(at)
    {
        const eg_string all{x.data(), x.size()};

        at.note();
        tensor_ = eg_strings_of(0, nullptr, &all);
    }

    /* No argument, where one may be left out. */
    operand(std::nullopt_t) noexcept : kind_(MISSING)
    {
    }

    void note() const noexcept
    {
        at_.note();
    }

    bool is_missing() const noexcept
    {
        return kind_ == MISSING;
    }

    eg_dtype dtype() const noexcept
    {
        return tensor_.dtype();
    }

    /* The tensor, or the number in that dtype; in none, as `constant` makes it. */
    eg_tensor *in(eg_dtype dtype) const
    {
        if (kind_ != NUMBER)
            return tensor_.get();
        if (dtype != EG_NO_DTYPE)
            return number_.in(dtype);
        eg_number n = number_.plain();
        return eg_constant_of(1, &n);
    }

    /* The tensor, or the number in the dtype of `other`. */
    eg_tensor *beside(const operand &other) const
    {
        return kind_ == NUMBER ? in(other.dtype()) : tensor_.get();
    }

    /* The tensor, or what `constant` makes of the number; the place is noted. */
    eg_tensor *alone() const
    {
        note();
        return in(EG_NO_DTYPE);
    }

  private:
    enum kind { TENSOR, NUMBER, MISSING };

    place at_;
    tensor tensor_;
    number number_ = 0;
    kind kind_ = TENSOR;
};

} // namespace eagre

#endif
