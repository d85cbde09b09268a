/* The table of operations from inside: descriptors beside what the public headers say of them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BIND_TABLE_H
#define BIND_TABLE_H

#include "base/text.h"
#include "op/attrs.h"
#include <eagre/bind.h>

/* The public headers of operations as they stand in the tree, written by cmake/embed.cmake; the
 * last has no text. */
typedef struct eg__header {
    const char *name, *text;
} eg__header;

extern const eg__header eg__headers[];

enum { EG__FUNCTION = 64 }; /* room for a function's name */

/* What an attribute of a descriptor is for a binding; 0: nothing that it could give. */
eg_bind_kind eg__bind_kind(eg__attr_kind kind);

/* The word by which ops.list names operation i: "matmul" of eg_matmul. */
const char *eg__op_word(int i);

/* Puts the name of the k-th function that is made of operations into `function`, which has
 * EG__FUNCTION bytes; false behind the last. */
bool eg__composed_at(int k, char *function);

/* Adds to `text` what the headers say of a function: the comment above it, its prototypes. */
void eg__put_prose(const char *function, eg__text *text);
void eg__put_prototypes(const char *function, eg__text *text);

/* Adds the comment of a field of the function's attribute struct; false where there is no such
 * field. */
bool eg__put_field_prose(const char *function, const char *field, eg__text *text);

#endif
