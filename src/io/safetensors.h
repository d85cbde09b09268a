/* A safetensors file from inside: its tensors, and the header in JSON that names them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef IO_SAFETENSORS_H
#define IO_SAFETENSORS_H

#include "base/text.h"
#include "tensor/tensor.h"
#include <eagre/io.h>

enum { EG__MOST_HEADER = 100000000 }; /* bytes: the reference implementation's limit */

/* A tensor of a file. */
typedef struct eg__stored {
    char *name;
    eg_spec spec;
    int type;          /* see eg__stored_type */
    size_t begin, end; /* its elements, counted from behind the header */
    eg_tensor *value;  /* to be written, with one more owner */
} eg__stored;

struct eg_safetensors {
    eg__stored *entries; /* once loaded: by name */
    int n, capacity;
    char *data;
    size_t size;
};

/* Adds a tensor under a copy of its name; false, reported for `op`, where memory is out. */
bool eg__stored_add(eg_safetensors *file, const char *name, const eg__stored *e, const char *op);

/* The place of a dtype in the order in which tensors are written; -1: the format has none. */
int eg__stored_type(eg_dtype dtype);

/* What is wrong with a name for a tensor in a file; NULL: nothing. */
const char *eg__stored_name_fault(const char *name);

/* Whether this build can read and write headers; reports for `op` where not. */
bool eg__header_is_there(const char *op);

/* Adds the tensors of a header of n bytes, each as long as its dtype and shape say; where they lie
 * is not checked. False, reported, for a header that is wrong. `path` is for errors. */
bool eg__header_parse(eg_safetensors *file, const char *header, size_t n, const char *path);

/* Writes the header of all tensors, padded so that what follows it is aligned. False, reported,
 * where that fails. */
bool eg__header_compose(eg__text *text, const eg_safetensors *file);

#endif
