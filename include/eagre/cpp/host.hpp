/* easy.hpp: code of the host as an operation, functions as graphs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_HOST_HPP
#define EAGRE_CPP_HOST_HPP

#include <eagre/cpp/function.hpp>
#include <eagre/cpp/graph.hpp>

#include <functional>

namespace eagre
{

/* A dtype and a shape, and a name where one is needed. */
struct tensor_spec {
    std::string name = {};
    eg_dtype dtype = EG_FLOAT32;
    shape dims = {};
};

namespace detail
{

/* The same for the plain functions; it lives as long as `specs`. */
inline std::vector<eg_tensor_spec> plain(const std::vector<tensor_spec> &specs)
{
    std::vector<eg_tensor_spec> all;

    for (const tensor_spec &s : specs)
        all.push_back(
            {s.name.empty() ? nullptr : s.name.c_str(), s.dtype, s.dims.rank(), s.dims.data()});
    return all;
}

} // namespace detail

/* What a host does: reads the elements of arguments and fills in those of results. */
using host_body = std::function<void(const eg_host_args &)>;

struct host_options {
    int results = 1;                   /* 0: it only looks, and the operation gives its argument */
    std::vector<tensor_spec> out = {}; /* of the results [each is like the first argument] */
    bool pure = false;                 /* it depends on its arguments alone and does nothing else */
    host_body gradient = {};           /* see eg_host_attrs; none: asking for it is an error */
};

/* Code of the program's own as an operation, in every mode. An exception thrown in the body ends
 * the call and comes out of it. `name` stands in errors and texts. Threads may run the body at
 * once.
 *     eagre::host twice("twice", [](const eg_host_args &a) { ... });
 *     tensor y = twice(x); */
class host
{
  public:
    host(std::string name, host_body body, host_options options = {}, const place &at = place())
    {
        auto held = std::make_unique<code>(
            code{std::move(name), std::move(body), std::move(options.gradient)});
        std::vector<eg_tensor_spec> out = detail::plain(options.out);
        eg_host_attrs attrs{};

        attrs.size = sizeof attrs;
        attrs.name = held->name.c_str();
        attrs.call = [](const eg_host_args *args) { return run(*args, &code::body); };
        attrs.n_out = options.results;
        attrs.out = out.empty() ? nullptr : out.data();
        attrs.pure = options.pure;
        if (held->gradient)
            attrs.gradient = [](const eg_host_args *args) { return run(*args, &code::gradient); };
        attrs.data = held.get();
        attrs.free_data = [](void *data) { delete static_cast<code *>(data); };
        at.note();
        it_.reset(eg_host_new_with(&attrs));
        if (it_.get())
            static_cast<void>(held.release());
    }

    template <class... T, detail::if_tensors<T...> = 0> tensor operator()(const T &...x) const
    {
        return call(tensors{x...});
    }

    /* With any number of tensors, counted when the program runs. */
    tensor call(const tensors &in, const place &at = place()) const
    {
        at.note();
        return detail::run_call([&] { return eg_host_call(it_.get(), in.count(), in.data()); });
    }

  private:
    struct code {
        std::string name;
        host_body body, gradient;
    };

    static eg_status run(const eg_host_args &args, host_body code::*which) noexcept
    {
        auto *held = static_cast<code *>(args.data);

        detail::run_body(held->name.c_str(), [&]() -> eg_tensor * {
            (held->*which)(args);
            return nullptr;
        });
        return eg_pending(nullptr);
    }

    detail::thing<eg_host, eg_host_free> it_;
};

/* All ways through a function as one graph, see eg_function_graph; none after an error. */
inline graph function_graph(const function &f, const std::vector<tensor_spec> &specs,
    const place &at = place())
{
    std::vector<eg_tensor_spec> plain = detail::plain(specs);

    at.note();
    return graph::own(eg_function_graph(f.get(), static_cast<int>(plain.size()), plain.data()));
}

/* All ways through a function as a C file and its header, see eg_function_emit_c. */
inline void emit_c(const function &f, const std::vector<tensor_spec> &specs,
    const std::string &path, const eg_emit_attrs &attrs = {}, const place &at = place())
{
    std::vector<eg_tensor_spec> plain = detail::plain(specs);
    eg_emit_attrs sized = attrs;

    sized.size = sizeof sized;
    at.note();
    eg_function_emit_c_with(f.get(), static_cast<int>(plain.size()), plain.data(), path.c_str(),
        &sized);
}

/* Whether an operation, called as graphs show it, can be written as C. */
inline bool emits_c(const std::string &operation)
{
    return eg_emits_c(operation.c_str());
}

} // namespace eagre

#endif
