/* Tracing a body on symbols, every way through it: what tracing and putting together share.
 *
 * All nodes of all ways lie in one graph, the pool. A piece is a stretch of a way: the nodes it
 * adds, in order, up to a question or the return; behind a question is a piece for each answer.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FUNCTION_SYMBOLIC_H
#define FUNCTION_SYMBOLIC_H

#include "function/trace.h"
#include <eagre/concrete.h>

enum { EG__MOST_WAYS = 64, EG__MOST_GRAPH_RESULTS = EG__MAX_OUT };

/* A list of numbers of nodes. */
typedef struct eg__nodes {
    uint32_t *at;
    int n, capacity;
} eg__nodes;

typedef struct eg__stretch {
    eg__nodes nodes;
    eg_site site; /* of the question, or where it returned */
    /* of a question: the answers are the bits 0 and 1, or the numbers from `low` on */
    eg_ref asked;
    bool as_truth;
    int64_t low;
    int n_answers, n_tried; /* 0: it returns, or is not at its end yet */
    struct eg__stretch *answer[EG__MOST_WAYS];
    bool done; /* every way behind it has been tried */
    /* of a return */
    eg_ref result[EG__MOST_GRAPH_RESULTS]; /* what was returned, then what variables become */
    int n_returned, n_results;
    eg_tensor **assigned; /* by variable of the tracer: borrowed; in the order of assigning */
    eg_ref *becomes;
    int n_assigned, assigned_capacity, becomes_capacity;
    uint64_t assignments; /* a hash of those made in it, in order */
} eg__stretch;

typedef struct eg__symbolic {
    eg__watch watch;
    eg_function *function;
    eg_graph *pool;
    eg__stretch *root, *at;
    int position;      /* in what is known; -1: this stretch is new */
    int ways;          /* through the body, as far as is known */
    bool is_tuple;     /* what it returns */
    eg__map equal;     /* by hash: a node of this way that computes it */
    eg__map constants; /* by hash of bits: a node of the pool */
    eg__map pending;   /* variables that this way has assigned: number in the stretch's list */
    struct eg__answer {
        eg_ref asked;
        bool as_truth;
        int64_t value;
    } answered[EG__MOST_WAYS];
    int n_answered;
    uint64_t assignments;                         /* made in this stretch so far, as a hash */
    eg_tensor *variables[EG__MOST_GRAPH_RESULTS]; /* that some way assigns */
    int n_variables;
} eg__symbolic;

/* The smallest and largest value that an integer can have, where the operations say so. */
bool eg__symbolic_range(const eg_graph *pool, eg_ref r, int depth, int64_t range[2]);

/* What a stretch and all behind it come to: nodes that compute `result`. Branches become Switches.
 * False after an error. merge.c */
bool eg__symbolic_merge(eg__symbolic *s, eg__stretch *stretch);

/* A graph of its own of what the root came to; NULL after an error. named.c */
eg_graph *eg__symbolic_graph(const eg__symbolic *s, int n, const eg_tensor_spec specs[]);

eg__stretch *eg__stretch_new(void);

/* True as long as an earlier run has been here. */
static inline bool eg__symbolic_knows(const eg__symbolic *s)
{
    return s->position >= 0;
}

/* Which value of the pool a handle stands for; false after an error. */
bool eg__symbolic_ref(eg__symbolic *s, eg_tensor *x, eg_ref *r);

/* Reports that the body does something else than in an earlier run. */
eg_status eg__symbolic_differs(const char *now, const char *before, const eg_site *where);

/* Before the host looks: see op/watch.h. ways.c */
eg_status eg__symbolic_asked(eg__watch *w, eg_tensor *x, eg__ask how);
eg_tensor *eg__symbolic_answered(eg__watch *w, eg_tensor *x, eg__ask how);

bool eg__nodes_add(eg__nodes *nodes, uint32_t node);

#endif
