/* Reporting errors: the first one stays, the rest are its consequences.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/thread.h"

/* Fails the innermost scope, unless it has failed already. `op` is the operation or function as
 * the user knows it, the message says what was done, what was seen and what to write instead.
 * Always returns `status`, so that `return eg__fail(…)` reads well. */
eg_status eg__fail(eg_status status, const char *op, const char *format, ...)
    EG_FORMAT(3, 4) EG_COLD;

/* As eg__fail, and NULL. */
#define eg__fail_null(...) (eg__fail(__VA_ARGS__), NULL)

/* The usual report of a failed allocation. */
eg_status eg__fail_memory(const char *op, size_t bytes) EG_COLD;

/* Ends the pending error without a word. */
void eg__clear_error(void);

/* Puts the operation's name into an error that a kernel reported without knowing it. */
void eg__error_in(const char *op);

/* The file of a place in the user's program, for messages. */
static inline const char *eg__file_of(const eg_site *site)
{
    return site->file ? site->file : "?";
}

#endif
