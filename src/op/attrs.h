/* Attributes as data. An attribute struct starts with its size; a table of its fields gives
 * equality, hash, text and parsing once for all operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OP_ATTRS_H
#define OP_ATTRS_H

#include "base/attrs.h"
#include "base/text.h"
#include <eagre/ops/shape.h>
#include <stddef.h>

typedef enum eg__attr_kind {
    EG__ATTR_BOOL,
    EG__ATTR_INT,
    EG__ATTR_INT64,
    EG__ATTR_REAL, /* double */
    EG__ATTR_DTYPE,
    EG__ATTR_AXES,  /* eg_axes */
    EG__ATTR_INDEX, /* eg_index */
    EG__ATTR_HOST,  /* an address in the host's program: compared, in no text */
    EG__ATTR_LABEL, /* const char *, for people: in texts, never compared or read back */
} eg__attr_kind;

typedef struct eg_attr {
    const char *name; /* NULL ends a table */
    eg__attr_kind kind;
    size_t offset;
} eg_attr;

#define EG__ATTR(type, kind, field)                                                                \
    {                                                                                              \
#field, EG__ATTR_##kind, offsetof(type, field)                                             \
    }

enum { EG__ATTRS_SIZE = 512 }; /* no attribute struct is larger */

bool eg__attrs_equal(const eg_attr *table, const void *a, const void *b);
uint64_t eg__attrs_hash(const eg_attr *table, const void *attrs, uint64_t hash);

/* Writes a field from whole numbers: of a list all of them, at most EG_MAX_RANK; of a real its
 * bits. */
void eg__attrs_set(const eg_attr *field, void *attrs, int n, const int64_t v[]);

/* Appends ", name=value" for each field that is not zero: `axes=[0,-1], keep_dims=true`, the first
 * without the comma if `first`. */
void eg__attrs_text(const eg_attr *table, const void *attrs, bool first, eg__text *text);

/* Reads "name=value" at *p into the struct and moves *p behind it; false, with *p at the trouble,
 * where that is not one of the table's. */
bool eg__attrs_parse(const eg_attr *table, void *attrs, const char **p);

#endif
