/* Fused: an operation made of others, element-wise ones and reductions of what they make, that are
 * run together block by block; or a product or convolution and element-wise ones behind it, that go
 * on with each part of what it makes. Only plans have it, see fuse.c and attach.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PASS_FUSED_H
#define PASS_FUSED_H

#include "graph/graph.h"

/* The operations as a graph of their own: placeholders for the inputs, outputs for the results.
 * Counted. */
typedef struct eg__fused {
    atomic_int refs;
    eg_graph *body;
} eg__fused;

enum { EG__FEW_ELEMENTS = 64 }; /* take less than calling a kernel does */

typedef struct eg__fused_attrs {
    size_t size;
    eg__fused *fused;
} eg__fused_attrs;

extern const eg_opdef eg_op_fused;

/* Owns the body, also on failure; NULL, reported, where memory is out. */
eg__fused *eg__fused_new(eg_graph *body);
void eg__fused_unref(eg__fused *fused);

/* Whether the loops of a node can be run on parts of its arrays: its job, as prepared, is filled
 * in. */
bool eg__is_loop(const eg_graph *graph, const eg_node *node, eg_job *job);

/* Whether a node reduces rows a piece at a time, and which. */
bool eg__is_row_reduction(const eg_graph *graph, const eg_node *node, eg_job *job);

/* ---- attached.c ----------------------------------------------------------------------------- */

/* Whether an operation may make its result in parts. */
bool eg__makes_parts(const eg_opdef *op);

/* The node of a body that does, the only one; -1: none does. */
int eg__fused_maker(const eg_graph *body);

/* The job of a body with a maker; otherwise why there is none. */
const char *eg__attached_prepare(const eg_graph *body, int maker, eg_job *job);

/* ---- fused.c --------------------------------------------------------------------------------- */

/* The job of the members of a body; of those behind its maker, if that is not -1, for parts. What
 * the maker makes is then the last input, and the last of the body's outputs is not the group's if
 * it is the maker's. */
const char *eg__fused_group(const eg_graph *body, int maker, eg_job *job);

#endif
