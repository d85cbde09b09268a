/* easy.hpp: graphs and sessions, passes, profiles.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_GRAPH_HPP
#define EAGRE_CPP_GRAPH_HPP

#include <eagre/cpp/data.hpp>

namespace eagre
{

/* True where operations return values at once and nothing records them. */
inline bool executing_eagerly() noexcept
{
    return eg_executing_eagerly();
}

/* ---- graphs --------------------------------------------------------------------------------- */

/* A computation as a blueprint. After an error, of load say, it holds none. */
class graph
{
  public:
    explicit graph(const char *name = "graph", const place &at = place())
        : it_((at.note(), eg_graph_new(name)))
    {
    }

    /* From what text() gave; it may be hostile. */
    static graph parse(const std::string &text, const place &at = place())
    {
        at.note();
        return graph(eg_graph_parse(text.c_str()));
    }

    /* Text in a file. */
    static graph load(const std::string &path, const place &at = place())
    {
        at.note();
        return graph(eg_graph_load(path.c_str()));
    }

    void save(const std::string &path, const place &at = place()) const
    {
        at.note();
        eg_graph_save(it_.get(), path.c_str());
    }

    /* A picture: .dot, .svg, .png or .pdf. */
    void draw(const std::string &path, const place &at = place()) const
    {
        at.note();
        eg_graph_draw(it_.get(), path.c_str());
    }

    /* The C file of this path and its header, see eg_graph_emit_c. */
    void emit_c(const std::string &path, const eg_emit_attrs &attrs = {},
        const place &at = place()) const
    {
        at.note();
        eg_emit_attrs sized = attrs;
        sized.size = sizeof sized;
        eg_graph_emit_c_with(it_.get(), path.c_str(), &sized);
    }

    /* The placeholder or named symbol of that name. */
    tensor symbol(const char *name, const place &at = place()) const
    {
        at.note();
        return eg_graph_symbol(it_.get(), name);
    }

    /* How many nodes it has. */
    int size() const noexcept
    {
        return eg_graph_size(it_.get());
    }

    /* The floating-point operations of all nodes, without running them. */
    double flops() const noexcept
    {
        return eg_graph_flops(it_.get());
    }

    /* Nodes, constants and variables as text, bit for bit; empty after an error. */
    std::string text() const
    {
        return detail::taken(eg_graph_text(it_.get()));
    }

    /* One that a plain function made, which then belongs to the new object. */
    static graph own(eg_graph *it) noexcept
    {
        return graph(it);
    }

    /* For the plain functions. */
    eg_graph *get() const noexcept
    {
        return it_.get();
    }

  private:
    explicit graph(eg_graph *it) noexcept : it_(it)
    {
    }

    detail::thing<eg_graph, eg_graph_free> it_;
};

/* While it lives, operations are appended to the graph instead of run. */
class building : public scope
{
  public:
    [[nodiscard]] explicit building(const graph &g, const place &at = place())
        : scope((at.note(), eg_graph_open(g.get())))
    {
    }
};

/* A value to be fed. */
inline tensor placeholder(const char *name, eg_dtype dtype, const shape &dims,
    const place &at = place())
{
    at.note();
    return eg_placeholder(name, dtype, dims.rank(), dims.data());
}

/* Gives a symbol a name under which it can be found and fetched. */
inline void name(const tensor &symbol, const char *name, const place &at = place())
{
    at.note();
    eg_name(symbol.get(), name);
}

/* ---- sessions ------------------------------------------------------------------------------- */

/* A value for a symbol: {x, 2.5}. */
class feed
{
  public:
    feed(const tensor &symbol, const operand &value)
        : plain_{symbol.get(), value.in(symbol.dtype())}
    {
    }

    const eg_feed &plain() const noexcept
    {
        return plain_;
    }

  private:
    eg_feed plain_;
};

/* Runs parts of a graph, which must outlive it. */
class session
{
  public:
    explicit session(const graph &g, const place &at = place())
        : it_((at.note(), eg_session_new(g.get())))
    {
    }

    /* The fetches, in their order, and nothing that they do not need:
     *     auto results = s.run({{x, a}, {y, 2.5}}, {sum, product}); */
    std::vector<tensor> run(const std::vector<feed> &feeds, const tensors &fetches,
        const place &at = place())
    {
        std::vector<eg_feed> fed;
        std::vector<eg_tensor *> results(static_cast<std::size_t>(fetches.count()));

        for (const feed &f : feeds)
            fed.push_back(f.plain());
        at.note();
        eg_session_run(it_.get(), static_cast<int>(fed.size()), fed.data(), fetches.count(),
            fetches.data(), results.data());
        return {results.begin(), results.end()};
    }

    /* tensor y = s.run({{x, a}}, sum); */
    template <class T, detail::if_tensors<T> = 0>
    tensor run(const std::vector<feed> &feeds, const T &fetch, const place &at = place())
    {
        return run(feeds, tensors{fetch}, at)[0];
    }

  private:
    detail::thing<eg_session, eg_session_free> it_;
};

/* ---- passes ---------------------------------------------------------------------------------- */

/* What is done to graphs before they run, in that order, and how much of it was done so far. */
inline std::vector<eg_pass_info> passes()
{
    std::vector<eg_pass_info> all;
    eg_pass_info one = eg_pass_info();

    one.size = sizeof one;
    while (eg_pass_list(static_cast<int>(all.size()), &one))
        all.push_back(one);
    return all;
}

/* ---- profiles ------------------------------------------------------------------------------- */

/* Notes every kernel that runs in the process from start to stop. */
class profile
{
  public:
    profile() : it_(eg_profile_new())
    {
    }

    void start(const place &at = place())
    {
        at.note();
        eg_profile_start(it_.get());
    }

    void stop(const place &at = place())
    {
        at.note();
        eg_profile_stop(it_.get());
    }

    /* A table by operation and implementation, longest first. */
    void print(FILE *to, const place &at = place()) const
    {
        at.note();
        eg_profile_print(it_.get(), to);
    }

    /* A trace file for chrome://tracing. */
    void save(const std::string &path, const place &at = place()) const
    {
        at.note();
        eg_profile_save(it_.get(), path.c_str());
    }

    /* How many kernels it has seen. */
    std::int64_t events() const noexcept
    {
        return eg_profile_events(it_.get());
    }

    /* How many floating-point operations they were of, or those of one operation. */
    double flops(const char *op = nullptr) const noexcept
    {
        return eg_profile_flops(it_.get(), op);
    }

  private:
    detail::thing<eg_profile, eg_profile_free> it_;
};

} // namespace eagre

#endif
