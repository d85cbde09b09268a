/* What functions that write tensors to files have in common.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef IO_SAVED_H
#define IO_SAVED_H

#include "base/file.h"
#include "tensor/tensor.h"

/* The value that `x`, called `which` in errors, has now, with one more owner; NULL, reported for
 * `op`, where it has none or is of a dtype that the format lacks. */
eg_tensor *eg__saved_value(const char *op, const char *which, eg_tensor *x,
    bool (*has_dtype)(eg_dtype dtype));

/* The name of tensor i: that of `names`, or where these are NULL the variable's; NULL, reported,
 * where it has none. */
const char *eg__saved_name(const char *op, int i, const eg_tensor *x, const char *const names[]);

/* What is wrong with n bytes that are to be booleans, which nobody expects to find out later; NULL:
 * nothing. */
const char *eg__booleans_fault(const void *bytes, size_t n);

#endif
