/* Diagnostics for those who asked for them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include "base/compiler.h"
#include <stdbool.h>

/* Whether anybody listens to this kind; ask before composing a message. */
bool eg__listens(const char *kind);

void eg__message(const char *kind, const char *format, ...) EG_FORMAT(2, 3) EG_COLD;

#endif
