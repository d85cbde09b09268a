/* A spec: what is known of an array without its elements, dtype and shape. Tensors, nodes of
 * graphs and kernels all speak of arrays in specs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TENSOR_SPEC_H
#define TENSOR_SPEC_H

#include "tensor/dtype.h"

typedef struct eg_spec {
    eg_dtype dtype;
    int32_t rank;
    int64_t size; /* elements: the product of dims */
    int64_t dims[EG_MAX_RANK];
} eg_spec;

enum { EG__SPEC_TEXT = 224 }; /* room for any spec's text */

/* Sets a spec from parts that may be wrong; reports for `op` and returns the status. */
eg_status eg__spec_set(eg_spec *spec, const char *op, eg_dtype dtype, int rank,
    const int64_t dims[]);

/* Recomputes size from dims; false where the bytes would not fit into memory's range, not counting
 * sizes of 0: strides of what holds no element are numbers like others. */
bool eg__spec_measure(eg_spec *spec);

bool eg__same_shape(const eg_spec *a, const eg_spec *b);
bool eg__same_spec(const eg_spec *a, const eg_spec *b);

static inline size_t eg__bytes(const eg_spec *spec)
{
    return (size_t)spec->size * eg__dtype(spec->dtype)->size;
}

/* "float32[2,3]" and "[2,3]", written to `text` (EG__SPEC_TEXT bytes) and returned. */
const char *eg__spec_text(const eg_spec *spec, char *text);
const char *eg__shape_text(const eg_spec *spec, char *text);

/* Brings `axis` into [0, rank), counting from the end where negative; false if it is outside. */
bool eg__axis_ok(int *axis, int rank);

#endif
