/* easy.hpp: bodies of functions made from C++ callables, and what a function may be told.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_BODY_HPP
#define EAGRE_CPP_BODY_HPP

#include <eagre/cpp/math.hpp>

#include <initializer_list>
#include <memory>
#include <tuple>
#include <vector>

namespace eagre
{

/* ---- bodies --------------------------------------------------------------------------------- */

namespace detail
{

inline constexpr int most_arguments = 16;

/* How many tensors F takes behind what stands before; -1 where no number fits. */
template <class F, class... Before> struct arity {
    template <class... T> static constexpr int count()
    {
        if constexpr (std::is_invocable_r_v<tensor, const F &, Before..., T...>)
            return static_cast<int>(sizeof...(T));
        else if constexpr (sizeof...(T) < most_arguments)
            return count<T..., tensor>();
        else
            return -1;
    }
};

/* The bytes that are part of a function's signature. */
template <class Env> struct environment {
    static constexpr std::size_t size = sizeof(Env);
    Env env;

    std::tuple<const Env &> before() const
    {
        return env;
    }
};

template <> struct environment<void> {
    static constexpr std::size_t size = 0;

    std::tuple<> before() const
    {
        return {};
    }
};

struct held_body {
    virtual ~held_body() = default;
};

/* What a function calls: a C++ callable behind its environment. */
template <class F, class Env> struct body final : held_body, environment<Env> {
    const F call;
    const char *name;

    template <class... E>
    body(F f, const char *called, E &&...env)
        : environment<Env>{std::forward<E>(env)...}, call(std::move(f)), name(called)
    {
    }

    void *address() noexcept
    {
        return static_cast<environment<Env> *>(this);
    }

    template <std::size_t... I> tensor run(eg_tensor *const in[], std::index_sequence<I...>) const
    {
        return std::apply([&](auto &...first) { return tensor(call(first..., tensor(in[I])...)); },
            this->before());
    }

    template <int N> static eg_tensor *enter(int, eg_tensor *const in[], void *env) noexcept
    {
        auto *self = static_cast<const body *>(static_cast<environment<Env> *>(env));
        return run_body(self->name,
            [&] { return self->run(in, std::make_index_sequence<N>()).get(); });
    }
};

} // namespace detail

/* ---- options --------------------------------------------------------------------------------- */

/* A shape as an eg_argument declares it; -1: any size. */
inline eg_shape declared_shape(std::initializer_list<std::int64_t> dims)
{
    eg_shape shape{};

    shape.known = true;
    for (std::int64_t size : dims)
        if (shape.rank < EG_MAX_RANK)
            shape.dims[shape.rank++] = size;
    return shape;
}

/* What a function is told beside its body: see eg_function_attrs. */
struct function_options {
    const char *name = "function";
    std::vector<eg_argument> signature = {}; /* what arguments have to be [anything] */
    std::size_t most_bytes = 0;              /* of all traces [an eighth of the memory] */
    bool strict = false;                     /* reading values while recording is an error */
    bool timed = false;                      /* calls that a graph serves are timed */
};

/* In a body: the variable of that name which belongs to the function being called. `initial` is
 * called where it is not there yet:
 *     auto w = eagre::function_variable("w", [] { return eagre::ones(EG_FLOAT32, {3}); }); */
template <class F>
tensor function_variable(const char *name, F initial, bool trainable = true,
    const place &at = place())
{
    eg_variable_attrs attrs{sizeof(eg_variable_attrs), nullptr, !trainable};
    bool there = eg_function_has_variable(name);
    tensor first = there ? tensor() : tensor(initial());

    at.note();
    return eg_function_variable(name, first.get(), &attrs);
}

} // namespace eagre

#endif
