/* easy.hpp: plans, functions for buffers of the caller's in bounded time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_PLAN_HPP
#define EAGRE_CPP_PLAN_HPP

#include <eagre/cpp/concrete.hpp>
#include <eagre/plan.h>

#include <array>
#include <iterator>

namespace eagre
{

struct plan_options {
    void *memory = nullptr; /* where the plan runs; it outlives it [allocated] */
    std::size_t bytes = 0;  /* of it */
    bool close = false;     /* kernels of bounded time though their last bits differ */
};

/* The buffers of a run: arrays of C, std::array, std::vector, anything with data and size. */
template <class... T> std::array<eg_plan_in, sizeof...(T)> from(const T &...x) noexcept
{
    return {{eg_plan_in{std::data(x), std::size(x) * sizeof *std::data(x)}...}};
}

template <class... T> std::array<eg_plan_out, sizeof...(T)> into(T &...x) noexcept
{
    return {{eg_plan_out{std::data(x), std::size(x) * sizeof *std::data(x)}...}};
}

/* A function for buffers of the caller's: runs allocate nothing, take no lock, call neither system
 * nor host. One thread at a time runs it; each other thread has a clone.
 *     eagre::plan p(f, {x});
 *     std::array<float, 64> in;
 *     std::array<float, 8> out;
 *     if (p.run(eagre::from(in), eagre::into(out)) != EG_PLAN_OK) ... */
class plan
{
  public:
    /* Of all ways that the function has met with such arguments. */
    plan(const function &f, const tensors &in, const plan_options &options = {},
        const place &at = place())
    {
        eg_plan_attrs attrs = plain(options);

        at.note();
        detail::run_call([&] {
            it_.reset(eg_plan_new_with(f.get(), in.count(), in.data(), &attrs));
            return static_cast<eg_tensor *>(nullptr);
        });
    }

    explicit plan(const concrete &c, const plan_options &options = {}, const place &at = place())
    {
        eg_plan_attrs attrs = plain(options);

        at.note();
        it_.reset(eg_concrete_plan_with(c.get(), &attrs));
    }

    /* With memory and states of its own, in memory of its own or of the caller's. */
    plan clone(const place &at = place()) const
    {
        at.note();
        return plan(eg_plan_clone(it_.get()));
    }

    plan clone_in(void *memory, std::size_t bytes, const place &at = place()) const
    {
        at.note();
        return plan(eg_plan_clone_in(it_.get(), memory, bytes));
    }

    template <std::size_t N, std::size_t M>
    eg_plan_status run(const std::array<eg_plan_in, N> &in,
        const std::array<eg_plan_out, M> &out) noexcept
    {
        return eg_plan_run(it_.get(), static_cast<int>(N), in.data(), static_cast<int>(M),
            out.data());
    }

    /* The line where the last run stopped, `file` nullptr where it did not. */
    eg_site stopped_at() const noexcept
    {
        eg_site site{};
        eg_plan_stopped_at(it_.get(), &site);
        return site;
    }

    /* Copies state i; false where it has not as many bytes. */
    template <class T> bool get_state(int i, T &x) const noexcept
    {
        return eg_plan_get_state(it_.get(), i, std::data(x), std::size(x) * sizeof *std::data(x));
    }

    template <class T> bool set_state(int i, const T &x) noexcept
    {
        return eg_plan_set_state(it_.get(), i, std::data(x), std::size(x) * sizeof *std::data(x));
    }

    void reset() noexcept
    {
        eg_plan_reset(it_.get());
    }

    /* Number i, from 0; none behind the last. */
    std::optional<eg_plan_value> input(int i) const noexcept
    {
        return ask(eg_plan_input, i);
    }

    std::optional<eg_plan_value> output(int i) const noexcept
    {
        return ask(eg_plan_output, i);
    }

    std::optional<eg_plan_value> state(int i) const noexcept
    {
        return ask(eg_plan_state, i);
    }

    std::size_t bytes() const noexcept
    {
        return eg_plan_bytes(it_.get());
    }

    eg_plan_info info() const noexcept
    {
        eg_plan_info now{};

        now.size = sizeof now;
        eg_plan_info_now(it_.get(), &now);
        return now;
    }

    /* For the plain functions. */
    eg_plan *get() const noexcept
    {
        return it_.get();
    }

  private:
    explicit plan(eg_plan *made)
    {
        it_.reset(made);
    }

    static eg_plan_attrs plain(const plan_options &options) noexcept
    {
        return {sizeof(eg_plan_attrs), options.memory, options.bytes, options.close};
    }

    template <class F> std::optional<eg_plan_value> ask(F question, int i) const noexcept
    {
        eg_plan_value value{};

        value.size = sizeof value;
        if (!question(it_.get(), i, &value))
            return std::nullopt;
        return value;
    }

    detail::thing<eg_plan, eg_plan_free> it_;
};

} // namespace eagre

#endif
