/* Writing a function as C: what the files of this room share.
 *
 * A graph, as it is planned, is walked once. Every value has a home in C: a local variable where it
 * has one element, else an array: an argument, a weight, a part of the state, a place in the arena
 * that the caller gives. An operation's emission is one row of the table of its family; what many
 * of them need (nests of loops, formulas, functions at the top of the file) is here.
 *
 * All text is kept by the emitter. Where memory is out that is reported, and what is written after
 * that is dropped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EMIT_EMIT_H
#define EMIT_EMIT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "base/text.h"
#include "graph/graph.h"
#include <eagre/emit.h>

/* A value in C. */
typedef struct eg__cvalue {
    const eg_spec *spec;
    const char *name; /* of an array, or of the only element: a variable, a number */
    bool is_array;
    int block; /* its place in the arena; -1: it has none */
} eg__cvalue;

/* A place in the arena. */
typedef struct eg__croom {
    size_t offset, bytes;
    bool taken;
} eg__croom;

/* Something the file needs once: a weight, or a variable that is assigned. */
typedef struct eg__cdata {
    eg_tensor *tensor;                /* a value, borrowed or held; of a state the variable */
    const char *name;                 /* as C says it inside of the function */
    const char *field;                /* in the struct of weights or of states */
    eg_tensor *variable;              /* whose value a weight is; NULL: a constant's */
    size_t offset;                    /* of a weight, in its file */
    const struct eg__cvalue *initial; /* of a state */
} eg__cdata;

typedef struct eg__helper_use {
    int helper;
    eg_dtype dtype, result;
} eg__helper_use;

typedef struct eg__emitter {
    const char *op;     /* the public function, for errors */
    const char *prefix; /* of all names in the files */
    bool has_weights;   /* these go to a file, not into the text */
    eg__arena memory;
    eg__text body;    /* of the function */
    eg__text helpers; /* functions in front of it */
    int depth;        /* of braces */
    eg__map names;    /* that are taken, by their hashes */
    eg__croom *rooms;
    int n_rooms, rooms_capacity;
    size_t arena; /* bytes */
    eg__helper_use *uses;
    int n_uses, uses_capacity;
    eg__cdata *weights, *states;
    int n_weights, weights_capacity, n_states, states_capacity;
    eg_tensor **held; /* values that stay until the end */
    int n_held, held_capacity;
    eg_graph **kept; /* graphs that do too */
    int n_kept, kept_capacity;
    bool fails;         /* some input makes it return a status */
    const eg_node *now; /* the node at hand, for errors */
} eg__emitter;

/* ---- text.c: lines, names, numbers ---------------------------------------------------------- */

/* A line of the function, indented. */
void eg__line(eg__emitter *e, const char *format, ...) EG_FORMAT(2, 3);

/* A line that opens a block; its end. */
void eg__open(eg__emitter *e, const char *format, ...) EG_FORMAT(2, 3);
void eg__close(eg__emitter *e);

/* A text that lives as long as the emitter. */
const char *eg__say(eg__emitter *e, const char *format, ...) EG_FORMAT(2, 3);

/* Room that lives as long as the emitter; never NULL while nothing is pending. */
void *eg__emit_take(eg__emitter *e, size_t size);

/* Frees a graph at the end. False, reported, where memory is out, or where it is NULL after an
 * error. */
bool eg__emit_keep(eg__emitter *e, eg_graph *graph);

/* A name that nobody has, near the wish. */
const char *eg__c_name(eg__emitter *e, const char *wish);

/* The same for a field or macro, which share nothing with others: only the characters change. */
const char *eg__c_word(eg__emitter *e, const char *wish);

/* The same in capitals, of a macro. */
const char *eg__c_upper(eg__emitter *e, const char *word);

/* The type of an element, NULL: C has none; its short name, "f32". */
const char *eg__c_type(eg_dtype dtype);
const char *eg__c_short(eg_dtype dtype);

/* An element as C writes it. */
const char *eg__c_literal(eg__emitter *e, eg_dtype dtype, const void *element);
const char *eg__c_whole(eg__emitter *e, eg_dtype dtype, int64_t value);
const char *eg__c_real(eg__emitter *e, eg_dtype dtype, double value);

/* The largest and the smallest of a dtype. */
const char *eg__c_highest(eg_dtype dtype);
const char *eg__c_lowest(eg_dtype dtype);

static inline bool eg__c_is_real(eg_dtype dtype)
{
    return eg__dtype(dtype)->kind == EG__REAL;
}

/* float32 or float64: what loops over pointers take. */
static inline bool eg__c_is_plain(eg_dtype dtype)
{
    return dtype == EG_FLOAT32 || dtype == EG_FLOAT64;
}

/* Reports that the node at hand cannot be written; false. */
bool eg__cannot(eg__emitter *e, const char *format, ...) EG_FORMAT(2, 3);

/* ---- values ---------------------------------------------------------------------------------- */

/* Element number `index` of a value; a line that writes it. */
const char *eg__read(eg__emitter *e, const eg__cvalue *v, const char *index);
void eg__write(eg__emitter *e, const eg__cvalue *v, const char *index, const char *expression);

/* A pointer to its elements. */
const char *eg__pointer(eg__emitter *e, const eg__cvalue *v);

/* A line that adds a product to an element; whole numbers wrap. linear.c */
void eg__add_product(eg__emitter *e, const eg__cvalue *to, const char *at, const char *a,
    const char *b);

/* Copies all elements; both have as many. */
void eg__copy_all(eg__emitter *e, const eg__cvalue *to, const eg__cvalue *from);

/* ---- place.c -------------------------------------------------------------------------------- */

/* A value with a home of its own, declared. `wish`: for its name. */
eg__cvalue *eg__c_declare(eg__emitter *e, const eg_spec *spec, const char *wish);

/* An array in the arena, also of one element. */
eg__cvalue *eg__c_array(eg__emitter *e, const eg_spec *spec, const char *wish);

/* Gives back its place. */
void eg__c_release(eg__emitter *e, const eg__cvalue *v);

/* Where a constant or a variable is found. */
eg__cvalue *eg__c_constant(eg__emitter *e, eg_tensor *tensor, const eg_spec *spec);
eg__cvalue *eg__c_variable(eg__emitter *e, eg_tensor *variable, const eg_spec *spec);

/* Makes a variable part of the state. */
bool eg__c_assigned(eg__emitter *e, eg_tensor *variable);

/* ---- graph.c -------------------------------------------------------------------------------- */

/* A node to be written: where its inputs are and its results go. */
typedef struct eg__work {
    const eg_graph *graph;
    const eg_node *node;
    const eg__cvalue *in[EG__MAX_IN], *out[EG__MAX_OUT];
} eg__work;

typedef struct eg__emission {
    const char *op;
    bool (*write)(eg__emitter *e, const eg__work *w);
    bool names; /* it gives results of one element their names, as groups do */
} eg__emission;

/* The families, each ending with a nameless row. */
extern const eg__emission eg__emit_arrange[], eg__emit_control[], eg__emit_index[],
    eg__emit_linear[], eg__emit_network[], eg__emit_reduce[], eg__emit_scan[], eg__emit_window[];

/* How an operation is written; NULL: it cannot be. */
const eg__emission *eg__emission_of(const eg_opdef *op);

/* A graph being written: where its values are. */
typedef struct eg__scene {
    eg__emitter *e;
    const eg_graph *graph;
    const eg__cvalue ***at; /* by node: its results */
    int *last;              /* by node: the last node that reads it, INT_MAX: the caller does */
} eg__scene;

/* Writes a graph's nodes. `in` are its inputs; output k goes to want[k] where that is given and
 * holds nothing else (`want` NULL: to no such place). False after an error; then, too,
 * eg__scene_end follows. */
bool eg__scene_write(eg__scene *s, eg__emitter *e, const eg_graph *graph,
    const eg__cvalue *const in[], const eg__cvalue *const want[]);
const eg__cvalue *eg__scene_output(const eg__scene *s, int k);
void eg__scene_end(eg__scene *s);

/* All of it, with every output copied to want[k]. */
bool eg__graph_write(eg__emitter *e, const eg_graph *graph, const eg__cvalue *const in[],
    const eg__cvalue *const want[]);

/* ---- loops.c -------------------------------------------------------------------------------- */

enum { EG__LEVELS = 2 * EG_MAX_RANK + 4, EG__WALKED = 3 };

/* Loops inside one another, outermost first, over arrays that move on with them. */
typedef struct eg__walk {
    int n;
    int64_t count[EG__LEVELS];
    int64_t stride[EG__WALKED][EG__LEVELS]; /* in elements */
    const char *index[EG__LEVELS];          /* NULL: no loop, there is one step */
} eg__walk;

/* Adds an axis inside of those there are. */
void eg__walk_add(eg__walk *w, int64_t count, int64_t a, int64_t b, int64_t c);

/* Drops axes of one step, joins neighbours that move on as one. */
void eg__walk_join(eg__walk *w);

/* Opens the loops; false: one of them takes no step, and nothing was written. */
bool eg__walk_open(eg__emitter *e, eg__walk *w);
void eg__walk_close(eg__emitter *e, const eg__walk *w);

/* Where array k is: "i * 4 + j + 2". */
const char *eg__walk_at(eg__emitter *e, const eg__walk *w, int k, int64_t begin);

/* The sum of index[i] * stride[i] for i in [0, n) that have a loop, and of `begin`. */
const char *eg__c_index(eg__emitter *e, int n, const char *const index[], const int64_t stride[],
    int64_t begin);

/* The sum of two places; `a` times a number, as a factor of which nothing is left where it is 0. */
const char *eg__c_sum(eg__emitter *e, const char *a, const char *b);
const char *eg__c_times(eg__emitter *e, const char *a, int64_t by);

/* One loop; gives its index, which is named by its depth. The block is closed by eg__close. */
const char *eg__loop(eg__emitter *e, int64_t count);
const char *eg__loop_index(const eg__emitter *e);

/* Row-major strides of a shape; those with which it broadcasts to `out`, 0 where it stays. */
void eg__strides(const eg_spec *spec, int64_t stride[]);
void eg__broadcast_strides(const eg_spec *spec, const eg_spec *out, int64_t stride[]);

/* ---- formula.c ------------------------------------------------------------------------------ */

/* Whether an operation is one formula an element. */
bool eg__has_formula(const char *op);

/* The formula of a node, of operands that are names or numbers; what the operands must not be, or
 * NULL. `in` are the specs of the inputs. */
const char *eg__formula(eg__emitter *e, const eg_node *node, const eg_spec *const in[],
    const char *const operand[]);
const char *eg__formula_refuses(eg__emitter *e, const eg_node *node, const eg_spec *const in[],
    const char *const operand[]);

/* ---- group.c -------------------------------------------------------------------------------- */

/* One nest for element-wise operations, views, and reductions of last axes: */
/* the body of Fused, behind the product that it goes on with; a node as a group of its own. */
bool eg__group_of_fused(eg__emitter *e, const eg__work *w);
bool eg__group_of_one(eg__emitter *e, const eg__work *w);

/* Of a reduction: what it starts from; a line that combines `all` with one more element x of a
 * dtype. */
const char *eg__combine_first(const eg_node *node);
void eg__combine(eg__emitter *e, const eg_node *node, eg_dtype dtype, const char *all,
    const char *x);

/* ---- helper.c ------------------------------------------------------------------------------- */

/* The name of a function in front of the file, which is added to it: "model_sigmoid_f32". */
const char *eg__helper(eg__emitter *e, const char *name, eg_dtype dtype);
const char *eg__helper_to(eg__emitter *e, const char *name, eg_dtype dtype, eg_dtype result);

/* A template with $0, $1, $2 for operands and other marks, see helper.c. */
const char *eg__fill_in(eg__emitter *e, const char *text, eg_dtype dtype, eg_dtype result,
    const char *const operand[]);

#endif
