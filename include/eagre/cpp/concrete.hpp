/* easy.hpp: concrete functions, graph and body side by side.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_CONCRETE_HPP
#define EAGRE_CPP_CONCRETE_HPP

#include <eagre/cpp/host.hpp>

namespace eagre
{

/* What one signature of a function does, taken out of it: it needs neither function nor body. */
class concrete
{
  public:
    /* For arguments like these, by running the body once; nothing is assigned. */
    concrete(const function &f, const tensors &in, const place &at = place())
    {
        at.note();
        detail::run_call([&] {
            it_.reset(eg_function_concrete(f.get(), in.count(), in.data()));
            return static_cast<eg_tensor *>(nullptr);
        });
    }

    /* Adds the way that these arguments take. */
    void extend(const tensors &in, const place &at = place())
    {
        at.note();
        detail::run_call([&] {
            eg_concrete_extend(it_.get(), in.count(), in.data());
            return static_cast<eg_tensor *>(nullptr);
        });
    }

    template <class... T, detail::if_tensors<T...> = 0> tensor operator()(const T &...x) const
    {
        return call(tensors{x...});
    }

    tensor call(const tensors &in, const place &at = place()) const
    {
        at.note();
        return eg_concrete_call(it_.get(), in.count(), in.data());
    }

    /* Operations, paths, variables, flops. */
    eg_concrete_info info() const noexcept
    {
        eg_concrete_info now{};

        now.size = sizeof now;
        eg_concrete_info_now(it_.get(), &now);
        return now;
    }

    std::string text() const
    {
        return detail::taken(eg_concrete_text(it_.get()));
    }

    /* A picture: .dot, .svg, .png or .pdf. */
    void draw(const std::string &path, const place &at = place()) const
    {
        at.note();
        eg_concrete_draw(it_.get(), path.c_str());
    }

    /* The C file of this path and its header, see eg_concrete_emit_c. */
    void emit_c(const std::string &path, const eg_emit_attrs &attrs = {},
        const place &at = place()) const
    {
        at.note();
        eg_emit_attrs sized = attrs;
        sized.size = sizeof sized;
        eg_concrete_emit_c_with(it_.get(), path.c_str(), &sized);
    }

    /* For the plain functions. */
    eg_concrete *get() const noexcept
    {
        return it_.get();
    }

  private:
    detail::thing<eg_concrete, eg_concrete_free> it_;
};

/* Runs graph and body on the same arguments; `same` is false where a bit differs. */
inline eg_comparison compare(const function &f, const tensors &in, const place &at = place())
{
    eg_comparison c{};

    c.size = sizeof c;
    at.note();
    detail::run_call([&] {
        eg_function_compare(f.get(), in.count(), in.data(), &c);
        return static_cast<eg_tensor *>(nullptr);
    });
    return c;
}

} // namespace eagre

#endif
