// Eigen's Fourier transforms (kissfft's mixed radices) of blocks: its numbers are vectors, of which
// each lane is a transform of its own. Compiled once for each instruction set.
//
// SPDX-License-Identifier: Apache-2.0
#include "kernel/fft_plan.h"
#include "kernel/vector.h"
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC reset_options // what isa.h asks for loops would keep templates from being inlined
#endif
#include <new>
#include <unsupported/Eigen/FFT>

namespace
{

/* As many real numbers as a vector holds; a single one stands for all. */
template <class T> struct lanes {
    typedef T vector __attribute__((vector_size(EG__VECTOR_BYTES)));

    vector v;

    lanes() : v{}
    {
    }
    lanes(vector all) : v(all)
    {
    }
    lanes(double x) : v(vector{} + static_cast<T>(x))
    {
    }

    lanes operator-() const
    {
        return -v;
    }
    lanes &operator+=(const lanes &x)
    {
        return v += x.v, *this;
    }
    lanes &operator-=(const lanes &x)
    {
        return v -= x.v, *this;
    }
    lanes &operator*=(const lanes &x)
    {
        return v *= x.v, *this;
    }
    friend lanes operator+(const lanes &x, const lanes &y)
    {
        return x.v + y.v;
    }
    friend lanes operator-(const lanes &x, const lanes &y)
    {
        return x.v - y.v;
    }
    friend lanes operator*(const lanes &x, const lanes &y)
    {
        return x.v * y.v;
    }
};

template <class T> struct transform : Eigen::internal::kiss_cpx_fft<lanes<T>> {
    typedef std::complex<lanes<T>> block;

    explicit transform(int n)
    {
        this->make_twiddles(n, false);
        this->factorize(n);
    }

    void run(std::int64_t count, const block *x, block *y)
    {
        const std::size_t n = this->m_twiddles.size();
        for (; count > 0; count--, x += n, y += n)
            this->work(0, y, x, 1, 1);
    }
};

template <class T> void *make(int n)
{
    try {
        return new transform<T>(n);
    } catch (...) {
        return nullptr;
    }
}

template <class T> void drop(void *made)
{
    delete static_cast<transform<T> *>(made);
}

/* Large radices write to a buffer in the transform, which other threads use too. */
template <class T> bool run(const void *made, std::int64_t count, const void *x, void *y)
{
    typedef typename transform<T>::block block;
    auto *shared = const_cast<transform<T> *>(static_cast<const transform<T> *>(made));
    auto *from = static_cast<const block *>(x);
    auto *to = static_cast<block *>(y);

    if (shared->m_scratchBuf.empty()) {
        shared->run(count, from, to);
        return true;
    }
    try {
        transform<T> own(*shared);
        own.run(count, from, to);
        return true;
    } catch (...) {
        return false;
    }
}

} // namespace

extern "C" {
extern const eg__fft_library EG__FOR_ISA(eg__fft_library_float);
extern const eg__fft_library EG__FOR_ISA(eg__fft_library_double);
const eg__fft_library EG__FOR_ISA(
    eg__fft_library_float) = {EG__LANES(float), make<float>, drop<float>, run<float>};
const eg__fft_library EG__FOR_ISA(
    eg__fft_library_double) = {EG__LANES(double), make<double>, drop<double>, run<double>};
}
