/* An assigned variable, read again in the same body, where gradients may be asked for.
 * Its elements are what was assigned; its gradient is the variable's, as it is where nothing is
 * recorded: a tape does not look through an assignment.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"
#include "op/infer.h"

static eg_status reread_grad(eg_backward *b)
{
    b->dx[1] = b->dy[0];
    return eg__me.failed;
}

/* Appended by who records, not applied through the dispatcher. */
const eg_opdef eg_op_reread = {
    .name = "Reread",
    .in = {"value", "variable"},
    .traits = EG__VIEW,
    .infer = eg__infer_same,
    .grad = reread_grad,
};
