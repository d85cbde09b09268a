/* Growing text.
 *
 * Strings that leave the library are freed with eg_free(), which gets no size; so they carry it in
 * front of them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "base/error.h"
#include "base/memory.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { HEAD = 16 }; /* room for the size, keeping the alignment */

static bool make_room(eg__text *text, size_t more)
{
    size_t need = text->length + more + 1;

    if (text->failed || need <= text->capacity)
        return !text->failed;
    size_t capacity = text->capacity ? text->capacity * 2 : 128;
    if (capacity < need)
        capacity = need;
    char *start = eg__regrow(text->start, text->capacity, capacity);
    if (!start) {
        text->failed = true;
        return false;
    }
    text->start = start;
    text->capacity = capacity;
    return true;
}

void eg__text_add(eg__text *text, const char *bytes, size_t n)
{
    if (!make_room(text, n))
        return;
    if (n > 0)
        memcpy(text->start + text->length, bytes, n);
    text->length += n;
    text->start[text->length] = '\0';
}

void eg__text_put(eg__text *text, const char *string)
{
    eg__text_add(text, string, strlen(string));
}

void eg__text_format(eg__text *text, const char *format, ...)
{
    char buffer[256];
    va_list args;

    va_start(args, format);
    int n = vsnprintf(buffer, sizeof buffer, format, args);
    va_end(args);
    if (n < (int)sizeof buffer) {
        eg__text_add(text, buffer, n > 0 ? (size_t)n : 0);
        return;
    }
    if (!make_room(text, (size_t)n))
        return;
    va_start(args, format);
    vsnprintf(text->start + text->length, (size_t)n + 1, format, args);
    va_end(args);
    text->length += (size_t)n;
}

void eg__text_fill(eg__text *text, char c, int n)
{
    if (n <= 0 || !make_room(text, (size_t)n))
        return;
    memset(text->start + text->length, c, (size_t)n);
    text->length += (size_t)n;
    text->start[text->length] = '\0';
}

void eg__text_free(eg__text *text)
{
    eg__free(text->start, text->capacity);
    *text = (eg__text){0};
}

char *eg__text_take(eg__text *text, const char *op)
{
    size_t size = HEAD + text->length + 1;
    char *memory = text->failed ? NULL : eg__alloc(size);

    if (memory) {
        memcpy(memory, &size, sizeof size);
        memcpy(memory + HEAD, text->start ? text->start : "", text->length + 1);
    } else {
        eg__fail_memory(op, size);
    }
    eg__text_free(text);
    return memory ? memory + HEAD : NULL;
}

void eg_free(void *memory)
{
    size_t size;

    if (!memory)
        return;
    char *start = (char *)memory - HEAD;
    memcpy(&size, start, sizeof size);
    eg__free(start, size);
}
