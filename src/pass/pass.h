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
    /* In its place, of a pass that has to know what comes late: late[i] is true of an output that
     * nobody waits for before the call commits. NULL: everybody waits for each. */
    eg_status (*run_late)(eg_graph *graph, const bool late[]);
    /* It is run on the copy of a graph that is planned: nothing it makes is saved, shown or
     * differentiated. */
    bool when_planning;
} eg_pass;

/* Runs the passes that are switched on, but for those of planning. */
eg_status eg__passes_run(eg_graph *graph);

/* Runs those of planning: gives the graph to plan in place of this one, which stays as it is. NULL
 * after an error. */
eg_graph *eg__passes_plan(const eg_graph *graph, const bool late[]);

/* The table, ending with a nameless entry. */
extern const eg_pass eg__passes[];

eg_status eg__pass_prune(eg_graph *graph);
eg_status eg__pass_fold(eg_graph *graph);
eg_status eg__pass_cse(eg_graph *graph);
eg_status eg__pass_simplify(eg_graph *graph);
eg_status eg__pass_broadcast(eg_graph *graph);
eg_status eg__pass_transpose(eg_graph *graph);
eg_status eg__pass_widen(eg_graph *graph);
eg_status eg__pass_fuse(eg_graph *graph, const bool late[]);
eg_status eg__pass_attach(eg_graph *graph, const bool late[]);

/* Of control/, since they look into staged control flow. */
eg_status eg__pass_unfold(eg_graph *graph);
eg_status eg__pass_hoist(eg_graph *graph);

/* Marks the nodes that something waits for before the call commits, as order.c does with steps. */
void eg__mark_early(const eg_graph *graph, const bool late[], bool early[]);

#endif
