/* easy.hpp: tapes, gradients, functions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_FUNCTION_HPP
#define EAGRE_CPP_FUNCTION_HPP

#include <eagre/cpp/body.hpp>

#include <array>
#include <string>
#include <tuple>

namespace eagre
{

/* ---- tapes ---------------------------------------------------------------------------------- */

/* How a tape is used: once, persistent for several gradients, only_watched to leave trainable
 * variables alone, or both joined by |. */
enum class taping : unsigned { once = 0, persistent = 1, only_watched = 2 };

constexpr taping operator|(taping a, taping b) noexcept
{
    return static_cast<taping>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

/* A tape, which is a scope too: it remembers what depends on trainable variables or on what is
 * watched, for `gradient`. */
class tape : public scope
{
  public:
    [[nodiscard]] explicit tape(taping how = taping::once) noexcept
        : scope(open(static_cast<unsigned>(how)))
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

/* Where a gradient starts, and what stands for one that is not connected. */
struct gradient_options {
    tensor target_gradient = {};   /* start from this [ones] */
    bool unconnected_none = false; /* is_none() instead of zeros where a source has no path */
    bool sparse = false;           /* places and rows where a source was only looked up in */
};

/* The gradients of `target` by the innermost tape, in the order of the sources. */
inline std::vector<tensor> gradient(const operand &target, const tensors &sources,
    const gradient_options &options = {})
{
    std::vector<eg_tensor *> found(static_cast<std::size_t>(sources.count()));
    eg_gradient_attrs attrs{sizeof(eg_gradient_attrs), options.target_gradient.get(),
        options.unconnected_none, options.sparse};

    eg_gradient_with(target.alone(), sources.count(), sources.data(), found.data(), &attrs);
    return {found.begin(), found.end()};
}

/* tensor dx = gradient(y, x); */
template <class T, detail::if_tensors<T> = 0>
tensor gradient(const operand &target, const T &source, const gradient_options &options = {})
{
    return gradient(target, tensors{source}, options)[0];
}

/* auto [dw, db] = gradient(loss, w, b); */
template <class A, class B, class... More, detail::if_tensors<A, B, More...> = 0>
std::array<tensor, sizeof...(More) + 2> gradient(const operand &target, const A &a, const B &b,
    const More &...more)
{
    std::array<tensor, sizeof...(More) + 2> found;
    std::vector<tensor> list = gradient(target, tensors{a, b, more...});

    std::copy(list.begin(), list.end(), found.begin());
    return found;
}

/* A scope in which the innermost tape remembers nothing. */
class stop_recording : public scope
{
  public:
    [[nodiscard]] stop_recording() noexcept : scope(eg_stop_recording())
    {
    }
};

/* The innermost tape as if it had just been opened. */
inline void reset_tape(const place &at = place())
{
    at.note();
    eg_tape_reset();
}

/* Every element of `target` by every element of `source`; needs a persistent tape. */
inline tensor jacobian(const operand &target, const operand &source)
{
    eg_tensor *y = target.alone();
    return eg_jacobian(y, source.alone());
}

/* The same within each example; both have an axis of examples in front. */
inline tensor batch_jacobian(const operand &target, const operand &source)
{
    eg_tensor *y = target.alone();
    return eg_batch_jacobian(y, source.alone());
}

/* Forward mode to the end of the block: operations carry tangents along. */
class forward : public scope
{
  public:
    [[nodiscard]] forward() noexcept : scope(eg_forward_open())
    {
    }
};

/* The direction in which x moves, and the derivative of y in it. */
inline void set_tangent(const operand &x, const operand &v)
{
    eg_tensor *moving = x.alone();
    eg_set_tangent(moving, v.alone());
}

inline tensor tangent(const operand &y)
{
    return eg_tangent(y.alone());
}

/* ---- functions ------------------------------------------------------------------------------ */

/* A function made from anything that takes tensors and returns one: a lambda, a std::function, a
 * pointer. What a lambda captures must live as long as the function (`owned` tensors do) and is as
 * constant as a global: the bytes that may change between calls belong into a function_with. An
 * exception thrown in the body ends the call and comes out of it; nothing is assigned then. `name`,
 * a literal, stands in errors and reports. */
class function
{
  public:
    template <class F, std::enable_if_t<!std::is_base_of_v<function, F>, int> = 0>
    explicit function(F body, const char *name = "function", const place &at = place())
        : function(std::move(body), named(name), at)
    {
    }

    /* The same with options: a signature, a bound on bytes, strictness. */
    template <class F, std::enable_if_t<!std::is_base_of_v<function, F>, int> = 0>
    function(F body, const function_options &options, const place &at = place())
    {
        constexpr int n = detail::arity<F>::template count<>();
        static_assert(n >= 0,
            "a body takes up to 16 eagre::tensor, returns one and is no mutable lambda");
        hold<n>(std::make_unique<detail::body<F, void>>(std::move(body), options.name), options,
            at);
    }

    function(function &&other) noexcept = default;

    function &operator=(function &&other) noexcept
    {
        it_.swap(other.it_);
        body_.swap(other.body_);
        return *this;
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

    /* With any number of tensors, counted when the program runs. */
    tensor call(const tensors &in, const place &at = place()) const
    {
        at.note();
        return run(in.count(), in.data());
    }

    /* For the plain functions. */
    eg_function *get() const noexcept
    {
        return it_.get();
    }

    /* How many signatures have been traced: 1 after many calls that look alike. */
    int trace_count() const noexcept
    {
        return eg_function_trace_count(it_.get());
    }

    /* The reason of trace number i, from 0; none behind the last. */
    std::optional<eg_retrace> retrace(int i) const noexcept
    {
        eg_retrace reason{};

        reason.size = sizeof reason;
        if (!eg_function_retrace(it_.get(), i, &reason))
            return std::nullopt;
        return reason;
    }

    /* What is recorded for signature number i, from 0: times, bytes, why it was made. */
    std::optional<eg_trace_info> trace(int i) const noexcept
    {
        eg_trace_info now{};

        now.size = sizeof now;
        if (!eg_function_trace_now(it_.get(), i, &now))
            return std::nullopt;
        return now;
    }

    /* What to write where it is traced too often; "" where it is not. */
    std::string advice() const
    {
        const char *advice = eg_function_advice(it_.get());
        return advice ? advice : "";
    }

    /* Forgets all traces. */
    void clear(const place &at = place())
    {
        at.note();
        eg_function_clear(it_.get());
    }

    /* The variables that its body made by function_variable, which belong to it. */
    std::vector<tensor> variables() const
    {
        std::vector<tensor> list;

        for (int i = 0; i < eg_function_variable_count(it_.get()); i++)
            list.push_back(eg_function_variable_at(it_.get(), i));
        return list;
    }

    /* Calls, replays, traces, branches and bytes so far. */
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
        return detail::taken(eg_function_text(it_.get()));
    }

    /* All of the above for people. */
    void report(FILE *to, const place &at = place()) const
    {
        at.note();
        eg_function_report(it_.get(), to);
    }

    /* The kernels that run it: what is in each, and why not more. */
    std::vector<eg_step_info> steps() const
    {
        std::vector<eg_step_info> all;
        eg_step_info one = eg_step_info();

        for (one.size = sizeof one; eg_function_step(it_.get(), int(all.size()), &one);)
            all.push_back(one);
        return all;
    }

    void print_steps(FILE *to, const place &at = place()) const
    {
        at.note();
        eg_function_print_steps(it_.get(), to);
    }

    /* The recorded trees as a picture: .dot, .svg, .png or .pdf. */
    void draw(const std::string &path, const place &at = place()) const
    {
        at.note();
        eg_function_draw(it_.get(), path.c_str());
    }

  protected:
    function() = default;

    static function_options named(const char *name)
    {
        function_options options;
        options.name = name;
        return options;
    }

    template <int N, class Body>
    void hold(std::unique_ptr<Body> body, const function_options &options, const place &at)
    {
        eg_callable callable{&Body::template enter<N>, N, body->name};
        eg_function_attrs attrs{};

        attrs.size = sizeof attrs;
        attrs.signature = {sizeof(eg_argument), static_cast<int>(options.signature.size()),
            options.signature.data()};
        attrs.env = body->address();
        attrs.env_size = Body::size;
        attrs.most_bytes = options.most_bytes;
        attrs.strict = options.strict;
        attrs.timed = options.timed;
        at.note();
        it_.reset(eg_function_new_with(&callable, &attrs));
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
        return run(static_cast<int>(n), in.data());
    }

    tensor run(int n, eg_tensor *const *in) const
    {
        return detail::run_call([&] { return eg_call_of(it_.get(), n, in); });
    }

    std::unique_ptr<detail::held_body> body_; /* outlives it_ */
    detail::thing<eg_function, eg_function_free> it_;
};

/* A function whose body takes settings before its tensors. Their bytes, padding
 * too, are part of every signature: change them, and the next call has a trace of its own.
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
        static_assert(n >= 0,
            "a body takes the environment, then up to 16 eagre::tensor, and returns one");
        auto held = std::make_unique<detail::body<F, Env>>(std::move(body), name, env);
        env_ = &held->env;
        hold<n>(std::move(held), named(name), at);
    }

    /* The settings, to change between calls. */
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
