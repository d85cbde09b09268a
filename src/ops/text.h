/* Numbers as text and back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_TEXT_H
#define OPS_TEXT_H

#include "op/opdef.h"

/* eg_cast to strings, or of strings. */
eg_tensor *eg__cast_text(eg_tensor *x, eg_dtype dtype);

#endif
