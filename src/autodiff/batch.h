/* A graph of one example, computed for many at once.
 *
 * Values that differ between the examples have an axis of examples in front; the others are
 * computed once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTODIFF_BATCH_H
#define AUTODIFF_BATCH_H

#include "graph/graph.h"

/* An operation for all examples. */
typedef struct eg__batch {
    const eg_graph *graph;
    const eg_node *node;
    int64_t n;            /* examples */
    eg_tensor *const *in; /* its inputs */
    const bool *varies;   /* which of them have the axis of examples */
} eg__batch;

/* Applies it; what it returns has the axis of examples, a tuple in each part. NULL after an
 * error. */
eg_tensor *eg__batch_apply(const eg__batch *b);

/* Runs a graph for n examples: `in` are the values of its inputs, which all vary. The graph's
 * outputs, each with the axis of examples, go to `out`. */
eg_status eg__batch_run(const eg_graph *graph, int64_t n, eg_tensor *const in[], eg_tensor *out[]);

#endif
