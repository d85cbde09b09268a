/* Shape rules that many operations share, and the words of their errors.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OP_INFER_H
#define OP_INFER_H

#include "op/opdef.h"

/* The result has the spec of input 0; the broadcast shape of all inputs and the dtype of input 0;
 * the same but bool. */
eg_status eg__infer_same(eg_shapes *s);
eg_status eg__infer_broadcast(eg_shapes *s);
eg_status eg__infer_compare(eg_shapes *s);

/* Merges `add` into the shape `into` by broadcasting; false where they do not fit. */
bool eg__broadcast_shape(eg_spec *into, const eg_spec *add);

/* Sets size from dims, reporting what does not fit into memory. */
eg_status eg__infer_size(eg_shapes *s, eg_spec *out);

/* Of products of bytes: int32, from int8 or uint8; inputs 2 and 3 are what stands for 0 in inputs 0
 * and 1, one number or as many as there are rows and columns. */
eg_status eg__infer_bytes(eg_shapes *s, int64_t rows, int64_t columns);

/* Brings an axis into range or reports it. */
eg_status eg__infer_axis(eg_shapes *s, int *axis, int rank);

/* Reports a mistake, with the specs of all inputs put in front of `format`. */
eg_status eg__shape_error(eg_shapes *s, const char *format, ...) EG_FORMAT(2, 3) EG_COLD;

#endif
