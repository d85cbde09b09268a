/* easy.hpp: scopes, errors, what outlives scopes, variables, generators.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_SCOPE_HPP
#define EAGRE_CPP_SCOPE_HPP

#include <eagre/cpp/value.hpp>

#include <memory>
#include <stdexcept>
#include <string>

namespace eagre
{

/* ---- scopes --------------------------------------------------------------------------------- */

/* A scope, to the end of the block or to close(). Everything that opens one is such a block. */
class scope
{
  public:
    scope() noexcept : scope_(eg_scope_open())
    {
    }

    scope(const scope &) = delete;
    scope &operator=(const scope &) = delete;

    ~scope()
    {
        close();
    }

    void close() noexcept
    {
        eg_scope_close(std::exchange(scope_, nullptr));
    }

  protected:
    explicit scope(eg_scope *opened) noexcept : scope_(opened)
    {
    }

  private:
    eg_scope *scope_;
};

/* A scope in which errors end:
 *     eg_error e;
 *     {
 *         eagre::attempt attempt(e);
 *         ...
 *     }
 *     if (e.status != EG_OK) ... */
class attempt : public scope
{
  public:
    explicit attempt(eg_error &e) noexcept : scope(eg_try_open(&(e = {})))
    {
    }
};

/* Hands a tensor from the innermost scope to the one around it: `return give(y);` */
inline tensor give(const tensor &x)
{
    return eg_give(x.get());
}

/* Puts y in x's place and frees what was there: loop-carried values do not pile up. */
inline void replace(tensor &x, const operand &y)
{
    eg_tensor *handle = x.get();

    y.note();
    eg_replace(&handle, y.in(x.dtype()));
    x = handle;
}

/* ---- errors --------------------------------------------------------------------------------- */

/* An error of eagre's as an exception. */
class error : public std::runtime_error
{
  public:
    explicit error(const eg_error &e) : std::runtime_error(text(e)), details_(e)
    {
    }

    const eg_error &details() const noexcept
    {
        return details_;
    }

    eg_status status() const noexcept
    {
        return details_.status;
    }

  private:
    static std::string text(const eg_error &e)
    {
        std::string where, what = e.message[0] ? e.message : eg_status_name(e.status);

        if (e.file[0])
            where = std::string(e.file) + ":" + std::to_string(e.line) + ": ";
        return where + (e.op[0] ? std::string(e.op) + ": " + what : what);
    }

    eg_error details_;
};

/* True while nothing has failed in the innermost scope. */
inline bool ok() noexcept
{
    return eg_ok();
}

/* Ends the pending error, if there is one, by throwing it. */
inline void check()
{
    eg_error e;

    if (eg_pending(&e) == EG_OK)
        return;
    eg_report(nullptr);
    throw error(e);
}

/* Ends the pending error by printing it as one line; 1 if there was one. The last line of main. */
inline int report(FILE *to)
{
    return eg_report(to);
}

/* ---- what outlives scopes ------------------------------------------------------------------- */

/* Keeps a tensor alive beyond its scope, for members and globals. Copies share it. */
class owned
{
  public:
    owned() noexcept = default;

    explicit owned(const tensor &x) : x_(eg_retain(x.get()))
    {
    }

    owned(const owned &other) : owned(other.x_)
    {
    }

    owned(owned &&other) noexcept : x_(std::exchange(other.x_, tensor()))
    {
    }

    owned &operator=(owned other) noexcept
    {
        std::swap(x_, other.x_);
        return *this;
    }

    ~owned()
    {
        eg_release(x_.get());
    }

    operator tensor() const noexcept
    {
        return x_;
    }

  private:
    tensor x_;
};

namespace detail
{

template <auto Free> struct freed_by {
    template <class T> void operator()(T *x) const noexcept
    {
        Free(x);
    }
};

/* What the library made by _new and frees by _free. */
template <class T, auto Free> using thing = std::unique_ptr<T, freed_by<Free>>;

} // namespace detail

/* A variable: a tensor handle with a state, accepted wherever a tensor is. */
class variable
{
  public:
    explicit variable(const operand &initial, const char *name = nullptr, bool trainable = true)
    {
        eg_variable_attrs attrs{sizeof(eg_variable_attrs), name, !trainable};
        it_.reset(eg_variable_new(initial.alone(), &attrs));
    }

    operator tensor() const noexcept
    {
        return it_.get();
    }

    const char *name() const noexcept
    {
        return eg_variable_name(it_.get());
    }

    /* The value at this moment, which later assignments do not change. */
    tensor value(const place &at = place()) const
    {
        at.note();
        return eg_value(it_.get());
    }

    void assign(const operand &x)
    {
        set(eg_assign, x);
    }

    void operator+=(const operand &x)
    {
        set(eg_assign_add, x);
    }

    void operator-=(const operand &x)
    {
        set(eg_assign_sub, x);
    }

  private:
    void set(eg_status (*action)(eg_tensor *, eg_tensor *), const operand &x)
    {
        x.note();
        action(it_.get(), x.in(eg_dtype_of(it_.get())));
    }

    detail::thing<eg_tensor, eg_variable_free> it_;
};

/* A source of random keys. */
class generator
{
  public:
    explicit generator(std::int64_t seed, const place &at = place())
        : it_((at.note(), eg_generator_new(seed)))
    {
    }

    /* Puts the next key into `key`. An action, so that draws have an order: in a function the
     * advance is part of the call. */
    void next_key(tensor &key, const place &at = place())
    {
        eg_tensor *next = nullptr;

        at.note();
        eg_next_key(it_.get(), &next);
        key = next;
    }

    /* Its state, a variable: read it to save it, assign to it to go back. */
    tensor state() const
    {
        return eg_generator_state(it_.get());
    }

  private:
    detail::thing<eg_generator, eg_generator_free> it_;
};

} // namespace eagre

#endif
