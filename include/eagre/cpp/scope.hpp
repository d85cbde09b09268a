/* easy.hpp: scopes, what outlives scopes, variables, generators.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_SCOPE_HPP
#define EAGRE_CPP_SCOPE_HPP

#include <eagre/cpp/error.hpp>
#include <eagre/cpp/operand.hpp>

#include <memory>

namespace eagre
{

/* ---- scopes --------------------------------------------------------------------------------- */

/* A scope, to the end of the block or to close(). It owns the results that are made while it is the
 * innermost one, and holds their first error. */
class scope
{
  public:
    [[nodiscard]] scope() noexcept : scope_(eg_scope_open())
    {
    }

    scope(const scope &) = delete;
    scope &operator=(const scope &) = delete;

    ~scope()
    {
        close();
    }

    /* Frees what it owns, and what was opened inside it, before the block ends. */
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

/* A scope in which errors end; when it closes, `e` is the first of them:
 *     eg_error e;
 *     {
 *         eagre::attempt attempt(e);
 *         ...
 *     }
 *     if (e.status != EG_OK) ... */
class attempt : public scope
{
  public:
    [[nodiscard]] explicit attempt(eg_error &e) noexcept : scope((e = {}, eg_try_open(&e)))
    {
    }
};

/* Hands a tensor from the innermost scope to the one around it: `return give(y);` */
inline tensor give(const tensor &x, const place &at = place())
{
    at.note();
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

/* ---- what outlives scopes ------------------------------------------------------------------- */

/* Keeps a tensor alive beyond its scope: for members, globals, captures of lambdas and other
 * threads. Copies share it. Accepted wherever a tensor is. */
class owned : public detail::questions<owned>
{
  public:
    owned() noexcept = default;

    explicit owned(const tensor &x) noexcept : x_(eg_retain(x.get()))
    {
    }

    owned(const owned &other) noexcept : owned(other.x_)
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

    /* The handle for the plain functions. */
    eg_tensor *get() const noexcept
    {
        return x_.get();
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

/* A variable: a tensor handle with a state, accepted wherever a tensor is. It is freed with this
 * object, which moves but is not copied. */
class variable : public detail::questions<variable>
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

    /* The handle for the plain functions. */
    eg_tensor *get() const noexcept
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

    /* A new value of the same dtype and shape; inside a function, a part of the call. */
    void assign(const operand &x)
    {
        set(eg_assign, x);
    }

    /* Assignments of the sum and the difference. */
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
