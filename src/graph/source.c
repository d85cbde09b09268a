/* The operations that no kernel computes: where values come into a graph, and what it prints.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"
#include "ops/registry.h"
#include <string.h>

const eg_opdef eg_op_placeholder = {
    .name = "Placeholder",
    .traits = EG__SOURCE | EG__CONSTANT,
};

const eg_opdef eg_op_constant = {
    .name = "Constant",
    .traits = EG__SOURCE | EG__CONSTANT,
};

const eg_opdef eg_op_variable = {
    .name = "Variable",
    .traits = EG__SOURCE | EG__CONSTANT,
};

/* Its attributes are an eg__print_node, which has no field to show: what it prints is the same
 * wherever the text goes. */
const eg_opdef eg_op_print = {
    .name = "Print",
    .in = {"x"},
    .variadic = true,
    .n_out = EG__NO_RESULT,
    .traits = EG__EFFECT | EG__CONSTANT,
    .attrs_size = sizeof(eg__print_node),
};

const eg_opdef *eg__graph_op(const char *name)
{
    static const eg_opdef *const own[] = {&eg_op_placeholder, &eg_op_constant, &eg_op_variable,
        &eg_op_print, &eg_op_reread, &eg_op_select, &eg_op_loop, &eg_op_switch};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(own[i]->name, name) == 0)
            return own[i];
    return eg__op_find(name);
}
