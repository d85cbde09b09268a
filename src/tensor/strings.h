/* Strings as elements of tensors.
 *
 * An element of EG_STRING is the address of its bytes, behind which stands a NUL that is not
 * counted; NULL is the empty string, so that zeroed memory holds empty strings. Equal strings have
 * one address: they stand in a table of the process, counted, and never change. What moves or
 * compares elements thus treats them as whole numbers of 64 bits.
 *
 * A buffer holds each of its strings from eg__strings_settle on. What a kernel makes belongs to the
 * innermost open pool of its thread until somebody holds it: an eager operation opens one, and so
 * does the frame of a plan, in whose arena strings are not counted.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TENSOR_STRINGS_H
#define TENSOR_STRINGS_H

#include "base/text.h"
#include "tensor/tensor.h"

typedef const char *eg__string;

/* Strings that were made, each with one owner: the pool. */
typedef struct eg__strings {
    eg__string *made;
    int n, capacity;
    struct eg__strings *outer;
} eg__strings;

/* Makes an empty pool the thread's innermost; closes it and lets go what it holds. */
void eg__strings_open(eg__strings *pool);
void eg__strings_close(eg__strings *pool);

/* Lets go what a pool holds, which is empty then. */
void eg__strings_release(eg__strings *pool);

/* Writes an element: a string of n bytes, which the innermost pool owns. False, reported with op
 * "", where memory is out. */
bool eg__string_put(void *element, const char *bytes, size_t n);

/* The bytes of an element, never NULL, and how many there are. */
eg_string eg__string_at(const void *element);

/* Makes the buffer of a value an owner of its strings; does nothing of other dtypes, nor twice. */
void eg__strings_settle(eg_tensor *x);

/* Appends a string in quotes: what is not printable, the quote and `\` as escapes. */
void eg__string_quote(eg__text *text, eg_string s, char quote);

/* Appends it as Python's repr does, in the quotes that it does not hold. */
void eg__string_show(eg__text *text, eg_string s);

/* Reads a string in double quotes at *p into an element and moves *p behind it; false where there
 * is none. */
bool eg__string_parse(void *element, const char **p);

/* The value of a spec from C strings, of which NULL is empty, or from those with a length. Owned
 * by the caller; NULL after an error. */
eg_tensor *eg__strings_value(const eg_spec *spec, const char *const c[], const eg_string with[],
    const char *op);

#endif
