/* Elements as text, as NumPy shows them, with dtype and shape behind.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TENSOR_PRINT_H
#define TENSOR_PRINT_H

#include "base/text.h"
#include "tensor/spec.h"

/* Appends an array, without a final newline. Zero fields of `attrs` mean the defaults. */
void eg__print_value(eg__text *text, const eg_spec *spec, const void *data,
    const eg_print_attrs *attrs);

#endif
