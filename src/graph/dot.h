/* Graphs in the language of graphviz.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GRAPH_DOT_H
#define GRAPH_DOT_H

#include "graph/graph.h"

/* The beginning of a picture of that name; it ends with "}". */
void eg__dot_start(eg__text *text, const char *name);

/* One node, called s<prefix>n<number>. */
void eg__dot_node(const eg_node *node, int prefix, int number, eg__text *text);

/* A whole graph. */
void eg__dot_graph(const eg_graph *graph, eg__text *text);

#endif
