/* easy.hpp: tapes, gradients, functions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_FUNCTION_HPP
#define EAGRE_CPP_FUNCTION_HPP

#include <eagre/cpp/math.hpp>

#include <exception>
#include <new>
#include <tuple>

namespace eagre
{

/* ---- tapes ---------------------------------------------------------------------------------- */

/* How a tape is used: persistent, only_watched, or both joined by |. */
enum class taping : unsigned { once = 0, persistent = 1, only_watched = 2 };

constexpr taping operator|(taping a, taping b) noexcept
{
    return static_cast<taping>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

/* A tape, which is a scope too. */
class tape : public scope
{
  public:
    explicit tape(taping how = taping::once) noexcept : scope(open(static_cast<unsigned>(how)))
    {
    }

  private:
    static eg_scope *open(unsigned how) noexcept
    {
        eg_tape_attrs attrs{sizeof(eg_tape_attrs), (how & 1u) != 0, (how & 2u) != 0};
        return eg_tape_open(&attrs);
    }
};

/* From here on the innermost tape remembers what depends on x. */
inline void watch(const operand &x)
{
    eg_watch(x.alone());
}

struct gradient_options {
    tensor target_gradient = {};   /* start from this [ones] */
    bool unconnected_none = false; /* is_none() instead of zeros where a source has no path */
};

/* The gradients of `target` by the innermost tape, in the order of the sources. */
inline std::vector<tensor> gradient(const operand &target, const tensors &sources,
    const gradient_options &options = {})
{
    std::vector<eg_tensor *> found(static_cast<std::size_t>(sources.count()));
    eg_gradient_attrs attrs{sizeof(eg_gradient_attrs), options.target_gradient.get(),
        options.unconnected_none};

    eg_gradient_with(target.alone(), sources.count(), sources.data(), found.data(), &attrs);
    return {found.begin(), found.end()};
}

/* auto [dw, db] = gradient(loss, w, b); */
template <class... T, std::enable_if_t<(std::is_convertible_v<const T &, tensor> && ...), int> = 0>
std::array<tensor, sizeof...(T)> gradient(const operand &target, const T &...sources)
{
    std::array<eg_tensor *, sizeof...(T)> from{tensor(sources).get()...}, found{};

    eg_gradient(target.alone(), static_cast<int>(from.size()), from.data(), found.data());
    return std::apply([](auto... x) { return std::array<tensor, sizeof...(T)>{tensor(x)...}; },
        found);
}

/* ---- bodies --------------------------------------------------------------------------------- */

namespace detail
{

/* An exception on its way from a body through the library to the caller. */
inline thread_local std::exception_ptr thrown;

/* In a catch block: keeps the exception and fails in its words, so that the library ends the call. */
inline void keep_exception(const char *name) noexcept
{
    thrown = std::current_exception();
    try {
        throw;
    } catch (const error &e) {
        const eg_error &d = e.details();
        place(d.file, d.line, d.function).note();
        eg_fail(d.status, d.op, d.message);
        eg_at(nullptr);
    } catch (const std::bad_alloc &e) {
        eg_fail(EG_NO_MEMORY, name, e.what());
    } catch (const std::exception &e) {
        eg_fail(EG_INVALID, name, e.what());
    } catch (...) {
        eg_fail(EG_INVALID, name, "the body threw what is no std::exception");
    }
}

/* Behind a call: throws on what its body has thrown, in place of the error. */
inline void throw_on()
{
    if (!thrown)
        return;
    std::exception_ptr e = std::exchange(thrown, nullptr);
    if (eg_ok())
        return; /* the body ran once more, and well */
    eg_report(nullptr);
    std::rethrow_exception(e);
}

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
        return std::apply([&](auto &...env) { return tensor(call(env..., tensor(in[I])...)); },
            this->before());
    }

    template <int N> static eg_tensor *enter(int, eg_tensor *const in[], void *env) noexcept
    {
        auto *self = static_cast<body *>(static_cast<environment<Env> *>(env));
        try {
            return self->run(in, std::make_index_sequence<N>()).get();
        } catch (...) {
            keep_exception(self->name);
            return nullptr;
        }
    }
};

} // namespace detail

/* ---- functions ------------------------------------------------------------------------------ */

/* A function made from anything that takes tensors and returns one: a lambda, a std::function, a
 * pointer. What a lambda captures is as constant as a global: the bytes that may change between
 * calls belong into a function_with. An exception thrown in the body ends the call and comes out of
 * it; nothing is assigned then. */
class function
{
  public:
    template <class F, std::enable_if_t<!std::is_base_of_v<function, F>, int> = 0>
    explicit function(F body, const char *name = "function", const place &at = place())
    {
        constexpr int n = detail::arity<F>::template count<>();
        static_assert(n >= 0, "a body takes up to 16 eagre::tensor and returns one");
        hold<n>(std::make_unique<detail::body<F, void>>(std::move(body), name), at);
    }

    /* Up to eight tensors or numbers; numbers take the dtype of the first tensor among them. */
    tensor operator()(const operand &a, const operand &b = std::nullopt,
        const operand &c = std::nullopt, const operand &d = std::nullopt,
        const operand &e = std::nullopt, const operand &f = std::nullopt,
        const operand &g = std::nullopt, const operand &h = std::nullopt) const
    {
        return call_with({&a, &b, &c, &d, &e, &f, &g, &h});
    }

    tensor operator()(const place &at = place()) const
    {
        return call({}, at);
    }

    /* With any number of tensors. */
    tensor call(const tensors &in, const place &at = place()) const
    {
        at.note();
        eg_tensor *y = eg_call_of(it_.get(), in.count(), in.data());
        detail::throw_on();
        return y;
    }

    /* For the plain functions. */
    eg_function *get() const noexcept
    {
        return it_.get();
    }

    int trace_count() const noexcept
    {
        return eg_function_trace_count(it_.get());
    }

    eg_function_info info() const noexcept
    {
        eg_function_info now{};

        now.size = sizeof now;
        eg_function_info_now(it_.get(), &now);
        return now;
    }

    /* Why it runs eagerly, with file and line; "" where it does not. */
    std::string why_eager() const
    {
        const char *why = eg_function_why_eager(it_.get());
        return why ? why : "";
    }

    /* The recorded trees, both sides of every branch that was met. */
    std::string text() const
    {
        std::unique_ptr<char, detail::freed_by<eg_free>> text(eg_function_text(it_.get()));
        return text ? text.get() : "";
    }

    void report(FILE *to) const
    {
        eg_function_report(it_.get(), to);
    }

    void draw(const std::string &path) const
    {
        eg_function_draw(it_.get(), path.c_str());
    }

  protected:
    function() = default;

    template <int N, class Body> void hold(std::unique_ptr<Body> body, const place &at)
    {
        eg_callable callable{&Body::template enter<N>, N, body->name};

        at.note();
        it_.reset(eg_function_from(&callable, body->address(), Body::size));
        body_ = std::move(body);
    }

  private:
    static constexpr std::size_t most = 8;

    tensor call_with(const std::array<const operand *, most> &list) const
    {
        std::array<eg_tensor *, most> in{};
        eg_dtype dtype = EG_NO_DTYPE;
        std::size_t n = 0;

        list[0]->note();
        for (const operand *x : list)
            dtype = dtype == EG_NO_DTYPE ? x->dtype() : dtype;
        for (; n < most && !list[n]->is_missing(); n++)
            in[n] = list[n]->in(dtype);
        eg_tensor *y = eg_call_of(it_.get(), static_cast<int>(n), in.data());
        detail::throw_on();
        return y;
    }

    std::unique_ptr<detail::held_body> body_; /* outlives it_ */
    detail::thing<eg_function, eg_function_free> it_;
};

/* A function whose body takes settings before its tensors. Their bytes are part of every
 * signature: change them between calls, and the next call has a trace of its own.
 *     eagre::function_with f([](const settings &s, eagre::tensor x) { ... }, settings{});
 *     f.env().rate = 0.5; */
template <class Env> class function_with : public function
{
    static_assert(std::is_trivially_copyable_v<Env> && std::is_standard_layout_v<Env>,
        "the environment's bytes are compared: plain data only");

  public:
    template <class F>
    function_with(F body, const Env &env, const char *name = "function", const place &at = place())
    {
        constexpr int n = detail::arity<F, const Env &>::template count<>();
        static_assert(n >= 0, "a body takes the environment and up to 16 eagre::tensor");
        auto held = std::make_unique<detail::body<F, Env>>(std::move(body), name, env);
        env_ = &held->env;
        hold<n>(std::move(held), at);
    }

    Env &env() noexcept
    {
        return *env_;
    }

  private:
    Env *env_;
};

template <class F, class Env> function_with(F, Env) -> function_with<Env>;
template <class F, class Env> function_with(F, Env, const char *) -> function_with<Env>;

} // namespace eagre

#endif
