/* The table of all operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "ops/registry.h"
#include <string.h>

const eg_opdef *const eg__ops[EG__OPS] = {
#define EG_OP(name) &eg_op_##name,
#include "ops/ops.list"
#undef EG_OP
};

const eg_opdef *eg__op_find(const char *name)
{
    for (int i = 0; i < EG__OPS; i++)
        if (strcmp(eg__ops[i]->name, name) == 0)
            return eg__ops[i];
    return NULL;
}
