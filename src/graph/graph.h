/* Graphs: nodes in an order that can be executed, each an operation applied to results of earlier
 * nodes. One structure serves the graphs that users build, the pieces of traced functions and the
 * backward graphs: passes, text, plans and pictures work on all of them.
 *
 * Three operations are sources, defined here: Placeholder (fed from outside), Constant (has its
 * value) and Variable (read when the graph runs). Print is an effect.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H

#include "base/arena.h"
#include "base/map.h"
#include "op/watch.h"
#include <eagre/graph.h>

/* A value in a graph: the n-th result of a node. */
typedef struct eg_ref {
    uint32_t node, result;
} eg_ref;

typedef struct eg_node {
    const eg_opdef *op;
    const void *attrs; /* complete, of op->attrs_size bytes; NULL: none */
    int n_in, n_out;
    const eg_ref *in;
    eg_spec *out;
    eg_tensor *tensor; /* of a Constant its value, of a Variable the variable; owned */
    const char *name;  /* of a placeholder, or given by eg_name; NULL: none */
    eg_site site;      /* the C line that made it */
    bool is_stopped;   /* made where tapes were told to remember nothing: no gradient */
} eg_node;

/* What a graph that is built assigned to a variable: the last value, and what reading it gives. */
typedef struct eg__effect {
    eg_tensor *variable; /* counted */
    eg_ref value, read;
} eg__effect;

struct eg_graph {
    eg__arena arena; /* what nodes point to */
    const char *name;
    eg_node *nodes;
    int n, capacity;
    uint32_t *inputs; /* placeholders, in order */
    int n_inputs, inputs_capacity;
    eg_ref *outputs; /* what is wanted of it, in order */
    int n_outputs, outputs_capacity;
    bool keeps_failures; /* nodes that may fail are kept though nobody uses them */
    eg_tensor **owned;   /* variables that belong to the graph: those of a parsed text */
    int n_owned, owned_capacity;
    eg__map tensors;  /* constants and variables by tensor: their nodes */
    bool is_alone;    /* built by eg__graph_alone: gradients will be taken of what runs it */
    bool has_effects; /* while it is built it takes assignments, which are listed, and prints */
    eg__effect *effects;
    int n_effects, effects_capacity;
    eg__watch watch; /* the builder, while the graph is open */
};

extern const eg_opdef eg_op_placeholder, eg_op_constant, eg_op_variable, eg_op_print, eg_op_reread;
extern const eg_opdef eg_op_loop, eg_op_switch; /* of control/, named here for texts */
extern const eg_opdef eg_op_select;

/* x where the condition holds, a bool without axes, otherwise y: see select.c. */
eg_tensor *eg__select(eg_tensor *condition, eg_tensor *x, eg_tensor *y);

/* Everything that prints stands in the attributes of the node. */
typedef struct eg__print_node {
    size_t size;
    eg_print_attrs how;
} eg__print_node;

/* A graph without nodes; NULL, reported, where memory is out. */
eg_graph *eg__graph_new(const char *name);

/* Appends a node and gives its number; -1, reported, where memory is out. Attributes, inputs and
 * specs are copied. */
int eg__graph_add(eg_graph *graph, const eg_opdef *op, const void *attrs, int n_in,
    const eg_ref in[], const eg_spec out[]);

/* The same for sources: a placeholder (added to the inputs), a constant, a variable's value. */
int eg__graph_add_input(eg_graph *graph, const char *name, const eg_spec *spec);
int eg__graph_add_tensor(eg_graph *graph, const eg_opdef *op, eg_tensor *tensor);

/* The node of a constant or variable, added where the graph has none for this tensor. */
int eg__graph_find_tensor(eg_graph *graph, eg_tensor *tensor);

/* A node with its specs inferred from its inputs'; -1 after an error. */
int eg__graph_apply(eg_graph *graph, const eg_opdef *op, const void *attrs, int n_in,
    const eg_ref in[]);

/* Copies node `from` of another graph with inputs `in`. */
int eg__graph_copy_node(eg_graph *graph, const eg_node *from, const eg_ref in[]);

/* Another graph of the same nodes, with no outputs; NULL, reported, where memory is out. Variables
 * that belong to the graph stay its. */
eg_graph *eg__graph_copy(const eg_graph *from);

bool eg__graph_want(eg_graph *graph, eg_ref output);

static inline const eg_spec *eg__spec_of(const eg_graph *graph, eg_ref r)
{
    return &graph->nodes[r.node].out[r.result];
}

static inline bool eg__same_ref(eg_ref a, eg_ref b)
{
    return a.node == b.node && a.result == b.result;
}

/* The floating-point operations of a node, see op/flops.h. */
double eg__node_flops(const eg_graph *graph, const eg_node *node);

/* The operation of that name, sources included; NULL: none. */
const eg_opdef *eg__graph_op(const char *name);

/* What stands for a tensor in a graph that is being built: a node of its own for what comes from
 * outside, for a variable that it assigned the last value. False, reported, where that fails. */
bool eg__graph_ref(eg_graph *graph, eg_tensor *x, const char *op, eg_ref *r);

/* Whether the graph must keep a node that nobody uses. */
bool eg__node_must_stay(const eg_graph *graph, const eg_node *node);

/* Marks the nodes that outputs and what must stay depend on: live[i] for node i. */
void eg__graph_mark(const eg_graph *graph, bool live[]);

/* Builds into a graph while nobody else on this thread watches: handles of others, symbols too, are
 * constants here. Gives the watchers that eg__graph_done puts back. */
eg__watch *eg__graph_alone(eg_graph *graph);
void eg__graph_done(eg_graph *graph, eg__watch *others);

/* A symbol for a value, owned by the innermost scope. */
eg_tensor *eg__symbol(eg_graph *graph, eg_ref r, const char *op);

/* ---- verify.c ------------------------------------------------------------------------------- */

/* Checks that a graph is whole: inputs before uses, arities, specs as the shape rules say. The
 * first mistake is reported as EG_INTERNAL with `after`, the pass that made it. */
eg_status eg__graph_verify(const eg_graph *graph, const char *after);

/* ---- text.c --------------------------------------------------------------------------------- */

/* Appends the graph's text. `origins` adds the C line of each node as a comment. */
void eg__graph_put(const eg_graph *graph, bool origins, eg__text *text);

/* Appends one node: "Mul(%1, %2)" with `number` giving the operands' numbers. */
void eg__node_put(const eg_graph *graph, const eg_node *node, const uint32_t number[],
    eg__text *text);

/* Numbers nodes by a walk from the outputs: number[i] is node i's, UINT32_MAX where it is not
 * reached; *count, how many were. False, reported, where memory is out. */
bool eg__graph_number(const eg_graph *graph, uint32_t number[], uint32_t *count);

/* The elements of a constant, exactly: appended as text, read back from *p. Strings that are read
 * belong to the innermost pool. */
void eg__literal_put(const eg_spec *spec, const void *data, eg__text *text);
bool eg__literal_parse(const eg_spec *spec, void *data, const char **p);

struct eg__reading;

/* The graph that stands at a place in a text, see read.h; NULL after an error. Placeholders of a
 * graph in a graph need no names. */
eg_graph *eg__graph_read(struct eg__reading *at);

/* The graph to show for outputs nobody named: results that no node uses. */
eg_status eg__graph_want_leaves(eg_graph *graph);

#endif
