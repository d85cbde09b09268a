/* easy.hpp: branches and loops on tensors as single operations, their bodies lambdas.
 *
 *     tensor root = while_([](tensor x, tensor a) { return abs(x * x - a) > 1e-6; },
 *         [](tensor x, tensor a) { return std::array{(x + a / x) / 2, a}; }, {guess, a})[0];
 *
 * A body takes tensors by value and returns a tensor, or a std::array of them. It runs during the
 * call alone, so it may capture by reference. An exception thrown in it ends the call and comes out
 * of it. What bodies may do the prose of eagre/control.h says.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_CONTROL_HPP
#define EAGRE_CPP_CONTROL_HPP

#include <eagre/cpp/data.hpp>
#include <eagre/cpp/function.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <tuple>

namespace eagre
{

/* ---- bodies --------------------------------------------------------------------------------- */

namespace detail
{

/* How many tensors F takes; -1 where no number fits. */
template <class F, class... T> constexpr int takes()
{
    if constexpr (std::is_invocable_v<const F &, T...>)
        return static_cast<int>(sizeof...(T));
    else if constexpr (sizeof...(T) < most_arguments)
        return takes<F, T..., tensor>();
    else
        return -1;
}

/* The places of its arguments. */
template <class F>
using places_of = std::make_index_sequence<static_cast<std::size_t>(std::max(takes<F>(), 0))>;

template <class F, std::size_t... I>
auto call_with(const F &f, eg_tensor *const *in, std::index_sequence<I...>)
{
    return f(tensor(in[I])...);
}

/* What F returns, as a tensor or as an array of them: from a body, to the caller. */
template <class Result> struct staged_result {
    static_assert(std::is_convertible_v<Result, tensor>,
        "a body returns an eagre::tensor, or a std::array of them");
    using type = tensor;

    static eg_tensor *leave(const Result &y)
    {
        return tensor(y).get();
    }

    static tensor come(eg_tensor *y)
    {
        return y;
    }
};

template <std::size_t N> struct staged_result<std::array<tensor, N>> {
    using type = std::array<tensor, N>;

    static eg_tensor *leave(const type &y)
    {
        return tensors(y).count() == 1 ? y[0].get() : eg_tuple_of(N, tensors(y).data());
    }

    static type come(eg_tensor *y)
    {
        type all;

        for (std::size_t i = 0; i < N; i++)
            all[i] = N == 1 ? y : eg_part(y, static_cast<int>(i));
        return all;
    }
};

template <class F>
using staged_of = staged_result<
    std::decay_t<decltype(call_with(std::declval<const F &>(), nullptr, places_of<F>()))>>;

/* Bodies as one environment of the plain functions. */
template <class... F> struct staged {
    const char *name;
    std::tuple<const F *...> bodies;

    static_assert(((takes<F>() >= 0) && ...),
        "a body takes up to 16 eagre::tensor by value and is no mutable lambda");

    template <std::size_t I> eg_tensor *run(int n, eg_tensor *const *in) const
    {
        using body = std::tuple_element_t<I, std::tuple<F...>>;
        constexpr int takes_so_many = takes<body>();

        if (n != takes_so_many) {
            std::string what = "a body takes " + std::to_string(takes_so_many) +
                " tensors and is given " + std::to_string(n);
            eg_fail(EG_INVALID, name, what.c_str());
            return nullptr;
        }
        return staged_of<body>::leave(call_with(*std::get<I>(bodies), in, places_of<body>()));
    }

    template <std::size_t I>
    static eg_tensor *enter(int n, eg_tensor *const *in, void *env) noexcept
    {
        const auto *self = static_cast<const staged *>(env);
        return run_body(self->name, [&] { return self->template run<I>(n, in); });
    }

    void *env() noexcept
    {
        return this;
    }
};

/* The tensors of both lists. */
inline std::vector<eg_tensor *> joined(const tensors &a, const tensors &b)
{
    std::vector<eg_tensor *> all(a.data(), a.data() + a.count());

    all.insert(all.end(), b.data(), b.data() + b.count());
    return all;
}

template <std::size_t... I, class... F>
eg_tensor *run_switch(eg_tensor *index, const tensors &in, staged<F...> &all,
    std::index_sequence<I...>)
{
    const eg_body bodies[] = {&staged<F...>::template enter<I>...};

    return run_call(
        [&] { return eg_switch(index, sizeof...(F), bodies, all.env(), in.count(), in.data()); });
}

} // namespace detail

/* ---- branches ------------------------------------------------------------------------------- */

/* What `then` returns where the condition holds, else what `otherwise` does: of the tensors in
 * `in`, or of what they capture.
 *     tensor y = cond(x > 0, [&] { return x * w; }, [&] { return -x; }); */
template <class Then, class Otherwise>
typename detail::staged_of<Then>::type cond(const operand &condition, const Then &then,
    const Otherwise &otherwise, const tensors &in = {})
{
    detail::staged<Then, Otherwise> all{"cond", {&then, &otherwise}};
    using it = decltype(all);
    eg_tensor *holds = condition.alone();

    return detail::staged_of<Then>::come(detail::run_call([&] {
        return eg_cond(holds, &it::template enter<0>, &it::template enter<1>, all.env(), in.count(),
            in.data());
    }));
}

/* What body number `index` returns; below 0 it is the first, above the last the last.
 *     tensor y = switch_(which, {x}, [](tensor x) { return x; }, [](tensor x) { return -x; }); */
template <class First, class... More>
typename detail::staged_of<First>::type switch_(const operand &index, const tensors &in,
    const First &first, const More &...more)
{
    detail::staged<First, More...> all{"switch_", {&first, &more...}};
    eg_tensor *number = index.alone();

    return detail::staged_of<First>::come(
        detail::run_switch(number, in, all, std::index_sequence_for<First, More...>()));
}

/* ---- loops ---------------------------------------------------------------------------------- */

struct while_options {
    std::int64_t most = 0;      /* steps at most [any number] */
    bool recompute = false;     /* gradients keep the values of few steps */
    std::int64_t most_kept = 0; /* bytes that a gradient may keep [any number] */
};

/* As long as `go_on` of the variables holds, they become what `step` returns.
 *     auto [x, n] = while_(go_on, step, {start, zero}); */
template <class GoOn, class Step>
typename detail::staged_of<Step>::type while_(const GoOn &go_on, const Step &step,
    const tensors &start, const while_options &options = {}, const place &at = place())
{
    detail::staged<GoOn, Step> all{"while_", {&go_on, &step}};
    using it = decltype(all);
    eg_while_attrs attrs{sizeof attrs, options.most, options.recompute, options.most_kept};

    at.note();
    return detail::staged_of<Step>::come(detail::run_call([&] {
        return eg_while_with(&it::template enter<0>, &it::template enter<1>, all.env(),
            start.count(), start.data(), &attrs);
    }));
}

struct for_options {
    bool recompute = false;     /* as of while_ */
    std::int64_t most_kept = 0; /* as of while_ */
};

/* `count` times: the variables become what `step` returns of the step's number and of them.
 *     tensor y = for_(10, [](tensor i, tensor x) { return x * 1.5; }, {x}); */
template <class Step>
typename detail::staged_of<Step>::type for_(const operand &count, const Step &step,
    const tensors &start, const for_options &options = {})
{
    detail::staged<Step> all{"for_", {&step}};
    using it = decltype(all);
    eg_for_attrs attrs{sizeof attrs, options.recompute, options.most_kept};
    eg_tensor *steps = count.alone();

    return detail::staged_of<Step>::come(detail::run_call([&] {
        return eg_for_with(steps, &it::template enter<0>, all.env(), start.count(), start.data(),
            &attrs);
    }));
}

/* ---- rows ----------------------------------------------------------------------------------- */

struct scan_options {
    std::int64_t length = 0;    /* steps, where there are no rows */
    bool reverse = false;       /* begin with the last row */
    bool recompute = false;     /* as of while_ */
    std::int64_t most_kept = 0; /* as of while_ */
};

namespace detail
{

inline eg_scan_attrs plain(const scan_options &o) noexcept
{
    return {sizeof(eg_scan_attrs), o.length, o.reverse, o.recompute, o.most_kept};
}

} // namespace detail

/* A step for each row: `step` of the state and of the rows of one number returns the next state,
 * then what is kept of this step. The result is the last state, then the kept values, stacked.
 *     auto [sum, sums] = scan(step, {zero}, {x}); */
template <class Step>
typename detail::staged_of<Step>::type scan(const Step &step, const tensors &state,
    const tensors &rows, const scan_options &options = {}, const place &at = place())
{
    detail::staged<Step> all{"scan", {&step}};
    using it = decltype(all);
    eg_scan_attrs attrs = detail::plain(options);
    std::vector<eg_tensor *> in = detail::joined(state, rows);

    at.note();
    return detail::staged_of<Step>::come(detail::run_call([&] {
        return eg_scan_with(&it::template enter<0>, all.env(), state.count(),
            static_cast<int>(in.size()), in.data(), &attrs);
    }));
}

/* The last state of the same: `step` returns the next state alone. */
template <class Step>
typename detail::staged_of<Step>::type fold(const Step &step, const tensors &state,
    const tensors &rows, const scan_options &options = {}, const place &at = place())
{
    detail::staged<Step> all{"fold", {&step}};
    using it = decltype(all);
    eg_scan_attrs attrs = detail::plain(options);
    std::vector<eg_tensor *> in = detail::joined(state, rows);

    at.note();
    return detail::staged_of<Step>::come(detail::run_call([&] {
        return eg_fold_with(&it::template enter<0>, all.env(), state.count(),
            static_cast<int>(in.size()), in.data(), &attrs);
    }));
}

/* What `body` returns of the rows of one number, for each number, stacked.
 *     tensor y = map([](tensor row) { return row / sum(row); }, {x}); */
template <class Body>
typename detail::staged_of<Body>::type map(const Body &body, const tensors &rows,
    const place &at = place())
{
    detail::staged<Body> all{"map", {&body}};
    using it = decltype(all);

    at.note();
    return detail::staged_of<Body>::come(detail::run_call(
        [&] { return eg_map(&it::template enter<0>, all.env(), rows.count(), rows.data()); }));
}

/* ---- tensor arrays -------------------------------------------------------------------------- */

/* n tensors of one dtype and shape, all zeros: a tensor with a row for each. */
inline tensor tensor_array(eg_dtype dtype, std::int64_t n, const shape &row = {},
    const place &at = place())
{
    at.note();
    return eg_tensor_array(dtype, n, row.rank(), row.data());
}

/* The array with x as number `index`. */
inline tensor tensor_array_write(const operand &array, const operand &index, const operand &x)
{
    eg_tensor *rows = array.alone(), *number = index.alone();
    return eg_tensor_array_write(rows, number, x.beside(array));
}

/* Number `index` of the array. */
inline tensor tensor_array_read(const operand &array, const operand &index)
{
    eg_tensor *rows = array.alone();
    return eg_tensor_array_read(rows, index.alone());
}

} // namespace eagre

#endif
