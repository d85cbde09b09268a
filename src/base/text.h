/* Text that grows: for printing, error hints, graph text, file headers. A failed allocation is
 * remembered and makes the rest do nothing, so only the end needs a look.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/compiler.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct eg__text {
    char *start; /* always ends with '\0' once anything was added */
    size_t length, capacity;
    bool failed;
} eg__text;

void eg__text_add(eg__text *text, const char *bytes, size_t n);
void eg__text_put(eg__text *text, const char *string);
void eg__text_format(eg__text *text, const char *format, ...) EG_FORMAT(2, 3);
void eg__text_fill(eg__text *text, char c, int n);
void eg__text_free(eg__text *text);

/* Hands the string over, in memory for eg_free; NULL, with the error reported, if it failed. The
 * text is empty afterwards. */
char *eg__text_take(eg__text *text, const char *op);

#endif
