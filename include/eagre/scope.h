/* Scopes: who owns a result, and where an error goes.
 *
 * Every result belongs to the innermost open scope of its thread and is freed when that scope
 * closes. A scope holds the first error that happens in it; from then on it is inert. Closing
 * moves a pending error to the scope outside. In C write `EG_SCOPE;` (easy.h), in C++ use
 * eagre::scope; these functions are what both are made of.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_SCOPE_H
#define EAGRE_SCOPE_H

#include <eagre/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A value with a dtype and a shape, a variable, a symbol of a graph, or a tuple of these. */
typedef struct eg_tensor eg_tensor;
typedef struct eg_scope eg_scope;

/* Opens a scope on this thread. Never NULL: if it cannot be opened, or the scope outside has
 * failed, an inert scope is returned and the error is the outer one's.
 * Fails: EG_NO_MEMORY. Close it on the same thread. */
EG_API eg_scope *eg_scope_open(void);

/* Closes a scope and those opened inside it that are still open: frees what they own and moves a
 * pending error to the scope outside. NULL and scopes closed already are ignored.
 * Fails: EG_STATE for a tape that is still open inside, which is closed all the same. */
EG_API void eg_scope_close(eg_scope *scope);

/* Opens a scope in which errors end: when it closes, `*error` is the first error that happened
 * inside (status EG_OK: none) and the scope outside goes on as if nothing had failed. Opened in a
 * failed scope it is inert, and the outer error stays pending. `error` may be NULL. */
EG_API eg_scope *eg_try_open(eg_error *error);

/* Hands `x` from the innermost scope to the one around it, so that a function can return it:
 *     return eg_give(y);
 * Returns `x`. Of something the innermost scope does not own it does nothing; NULL gives NULL.
 * Fails: EG_STATE where no scope is around the innermost one. */
EG_API eg_tensor *eg_give(eg_tensor *x);

/* One more owner: `x` lives until the matching eg_release, whatever scopes do. Returns `x`. */
EG_API eg_tensor *eg_retain(eg_tensor *x);

/* Gives up what eg_retain took. From any thread; NULL is fine. */
EG_API void eg_release(eg_tensor *x);

/* Puts `y` in `*x`'s place, in the scope that owns `*x`, and frees `*x`: loop-carried values do
 * not pile up.
 *     for (int i = 0; i < 1000000; i++) eg_replace(&x, eg_mul(x, 0.5));
 * Where `*x` is not owned by a scope of this thread (a retained tensor, a variable), `*x` is only
 * set to `y`. Action. Fails: EG_INVALID for NULL; then `*x` is left alone. */
EG_API eg_status eg_replace(eg_tensor **x, eg_tensor *y);

#ifdef __cplusplus
}
#endif

#endif
