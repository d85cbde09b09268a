/* Arrays in NumPy's format, of a file or of a member of an archive.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef IO_NPY_H
#define IO_NPY_H

#include "base/text.h"
#include "tensor/tensor.h"

/* Where an array's bytes come from. */
typedef struct eg__npy_source {
    /* Reads the next n bytes; false, reported, where there are fewer. */
    bool (*read)(struct eg__npy_source *from, void *to, size_t n);
    void *stream;
    uint64_t left;    /* bytes not yet read */
    const char *what; /* the file, or the member of one, for errors */
    const char *op;
} eg__npy_source;

/* Reports what is wrong with it; false. */
bool eg__npy_refuse(const eg__npy_source *from, eg_status status, const char *why);

/* Reads an array that ends where the source does; NULL after an error. One owner: the caller. */
eg_tensor *eg__npy_read(eg__npy_source *from);

/* ---- npy_header.c --------------------------------------------------------------------------- */

typedef struct eg__npy_header {
    eg_spec spec;
    bool swapped;       /* the bytes of an element come the other way round */
    bool fortran_order; /* the first index changes fastest */
} eg__npy_header;

/* Reads all that stands before the elements; false, reported, for what is wrong. */
bool eg__npy_read_header(eg__npy_source *from, eg__npy_header *header);

/* Appends it, as NumPy writes it, byte for byte. */
void eg__npy_put_header(const eg_spec *spec, eg__text *text);

/* Whether the format has arrays of a dtype. */
bool eg__npy_has(eg_dtype dtype);

#endif
