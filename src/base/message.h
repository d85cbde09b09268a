/* Diagnostics for those who asked for them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include "base/compiler.h"
#include <stdatomic.h>
#include <stdbool.h>

/* Whether anybody listens to this kind; ask before composing a message. */
bool eg__listens(const char *kind);

/* True once it is known that nobody listens to anything: what is asked on paths where eg__listens
 * itself would cost too much. */
extern atomic_bool eg__nobody_listens;

void eg__message(const char *kind, const char *format, ...) EG_FORMAT(2, 3) EG_COLD;

#endif
