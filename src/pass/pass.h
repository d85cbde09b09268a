/* Passes: graph in, better graph out. A pass is one file with one function; order, default and
 * switch stand in the table of pipeline.c, and the driver there verifies and dumps.
 *
 * Passes are exact: the graph computes the same bits after as before.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PASS_PASS_H
#define PASS_PASS_H

#include "graph/graph.h"

typedef struct eg_pass {
    const char *name, *what; /* as EAGRE_PASSES calls it; what it does, in a sentence */
    eg_status (*run)(eg_graph *graph);
    /* Of a pass that is run when a graph is planned: gives the graph to plan in its place, NULL
     * after an error. late[i]: output i is waited for by nobody before the call commits; NULL: each
     * is. */
    eg_graph *(*plan)(eg_graph *graph, const bool late[]);
} eg_pass;

/* Runs the passes that are switched on. What they leave can be saved and differentiated. */
eg_status eg__passes_run(eg_graph *graph);

/* Runs those for planning: gives the graph to plan in place of this one, which stays as it is.
 * NULL: this one itself, or an error. */
eg_graph *eg__passes_plan(eg_graph *graph, const bool late[]);

/* The table, ending with a nameless entry. */
extern const eg_pass eg__passes[];

eg_status eg__pass_prune(eg_graph *graph);
eg_status eg__pass_fold(eg_graph *graph);
eg_status eg__pass_cse(eg_graph *graph);
eg_graph *eg__pass_fuse(eg_graph *graph, const bool late[]);

#endif
