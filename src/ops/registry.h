/* All operations, by number and by name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_REGISTRY_H
#define OPS_REGISTRY_H

#include "op/opdef.h"

#define EG_OP(name) extern const eg_opdef eg_op_##name;
#include "ops/ops.list"
#undef EG_OP

enum {
#define EG_OP(name) EG__OP_##name,
#include "ops/ops.list"
#undef EG_OP
    EG__OPS
};

extern const eg_opdef *const eg__ops[EG__OPS];

/* The operation that graphs show under this name; NULL: none. */
const eg_opdef *eg__op_find(const char *name);

#endif
