/* How a pass changes a graph: it walks the nodes in order and writes a new graph, keeping, dropping
 * or replacing each, while the rewriter knows where every old value went.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PASS_REWRITE_H
#define PASS_REWRITE_H

#include "graph/graph.h"

typedef struct eg__rewrite {
    eg_graph *from, *to;
    eg_ref *place;   /* of every result of the old graph, in the new one */
    uint32_t *first; /* first[i]: where the results of node i begin in `place` */
    size_t n, n_places;
    eg_ref in[EG__MAX_IN]; /* inputs of the node at hand, in the new graph */
} eg__rewrite;

bool eg__rewrite_begin(eg__rewrite *r, eg_graph *graph);

/* The inputs of old node i in the new graph, in r->in. */
void eg__rewrite_inputs(eg__rewrite *r, int i);

/* Old node i stays, with its inputs where they went. */
bool eg__rewrite_keep(eg__rewrite *r, int i);

/* The results of old node i are now those of new node `at`. */
void eg__rewrite_put(eg__rewrite *r, int i, uint32_t at);

/* Result k of old node i is now `ref` of the new graph. */
void eg__rewrite_put_one(eg__rewrite *r, int i, int k, eg_ref ref);

/* Where a result of the old graph is in the new one. */
eg_ref eg__rewrite_place(const eg__rewrite *r, eg_ref old);

/* What a node with one result makes of other inputs in the new graph; false, with nothing reported:
 * it does not take them. */
bool eg__rewrite_infer(const eg__rewrite *r, const eg_node *node, const eg_ref in[], eg_spec *out);

/* Makes the new graph's nodes those of the old one; or, where anything failed, throws them away. */
eg_status eg__rewrite_end(eg__rewrite *r, bool done);

/* Whether any node is of the operation: where none is, a pass that looks for them has nothing to
 * do. */
bool eg__graph_has(const eg_graph *graph, const eg_opdef *op);

#endif
