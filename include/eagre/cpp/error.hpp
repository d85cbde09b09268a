/* easy.hpp: errors, and exceptions for those who want them.
 *
 * Errors stay on the scope, as in C, until the program asks: `check()` turns a pending one into an
 * exception, `report()` prints it, an `attempt` (scope.hpp) keeps it as a value. Without exceptions
 * in the compiler (-fno-exceptions) there is no `check` and all else is the same.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_ERROR_HPP
#define EAGRE_CPP_ERROR_HPP

#include <eagre/cpp/value.hpp>

#ifdef __cpp_exceptions
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#endif

namespace eagre
{

/* True while nothing has failed in the innermost scope. Loops that wait for a value are written
 * `while (eagre::ok() && !done)`. */
inline bool ok() noexcept
{
    return eg_ok();
}

/* Ends the pending error by printing it as one line; 1 if there was one. The last line of main:
 *     return eagre::report(stderr); */
inline int report(FILE *to) noexcept
{
    return eg_report(to);
}

#ifdef __cpp_exceptions

/* An error of eagre's as an exception. */
class error : public std::runtime_error
{
  public:
    explicit error(const eg_error &e) : std::runtime_error(text(e)), details_(e)
    {
    }

    /* Status, operation, message and the caller's place, each for itself. */
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

/* Ends the pending error, if there is one, by throwing it. */
inline void check()
{
    eg_error e;

    if (eg_pending(&e) == EG_OK)
        return;
    eg_report(nullptr);
    throw error(e);
}

namespace detail
{

/* An exception on its way from a body through the library to the caller. */
inline thread_local std::exception_ptr thrown;

/* In a catch block: keeps the exception and fails in its words, so that the library ends the
 * call. */
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

/* Runs a body for the library, through which nothing may be thrown. */
template <class Body> eg_tensor *run_body(const char *name, const Body &body) noexcept
{
    try {
        return body();
    } catch (...) {
        keep_exception(name);
        return nullptr;
    }
}

/* Makes a call of the library's that runs bodies; what one of them has thrown goes on from here, in
 * place of the error. */
template <class Call> eg_tensor *run_call(const Call &call)
{
    thrown = nullptr;
    eg_tensor *y = call();
    if (!thrown)
        return y;
    std::exception_ptr e = std::exchange(thrown, nullptr);
    if (eg_ok())
        return y; /* the body ran once more, and well */
    eg_report(nullptr);
    std::rethrow_exception(e);
}

} // namespace detail

#else

namespace detail
{

template <class Body> eg_tensor *run_body(const char *, const Body &body) noexcept
{
    return body();
}

template <class Call> eg_tensor *run_call(const Call &call)
{
    return call();
}

} // namespace detail

#endif

} // namespace eagre

#endif
