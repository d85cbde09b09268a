/* Looking closely at functions: one trace taken out, the graph of all paths, graph and body side by
 * side.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CONCRETE_H
#define EAGRE_CONCRETE_H

#include <eagre/function.h>
#include <eagre/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A dtype and a shape, and a name where one is needed. */
typedef struct eg_tensor_spec {
    const char *name; /* NULL: none */
    eg_dtype dtype;
    int rank;
    const int64_t *dims;
} eg_tensor_spec;

/* ---- a trace taken out ---------------------------------------------------------------------- */

/* What one signature of a function does: tf.function's concrete function. It holds all it needs,
 * and works when the function is freed or has forgotten its traces. Any thread may use it. */
typedef struct eg_concrete eg_concrete;

/* The trace for arguments like these, recorded by running the body once on them; nothing is
 * assigned or printed. The second takes dtypes and shapes, and zeros for values. NULL after an
 * error. Free with eg_concrete_free.
 *     eg_concrete *c = eg_function_concrete(f, EG_IN(x));
 * Fails: as eg_call; EG_STATE for a body that cannot be recorded, with the reason. */
EG_API eg_concrete *eg_function_concrete(eg_function *function, int n, eg_tensor *const in[]);
EG_API eg_concrete *eg_function_concrete_of(eg_function *function, int n,
    const eg_tensor_spec specs[]);

/* Adds the way through the body that these arguments take, of the same signature. Action, while the
 * function lives; other threads may call the trace meanwhile, ask about it, or extend it too: a
 * call knows the ways that there are when it begins. Fails: as eg_function_concrete; EG_STATE where
 * the function was freed. */
EG_API eg_status eg_concrete_extend(eg_concrete *concrete, int n, eg_tensor *const in[]);

/* One more owner; returns it. One owner less; the last frees it. NULL is fine. */
EG_API eg_concrete *eg_concrete_retain(eg_concrete *concrete);
EG_API void eg_concrete_free(eg_concrete *concrete);

/* Runs the trace as a call of the function would, assignments included, but never the body.
 * Owns: the result. Fails: EG_INVALID for arguments of another signature, naming the first that
 * differs; EG_STATE where it comes to a branch that was not recorded, with its line; whatever the
 * operations fail with. Records: its operations, on a tape and in a recording. */
EG_API eg_tensor *eg_concrete_call(eg_concrete *concrete, int n, eg_tensor *const in[]);

typedef struct eg_concrete_info {
    size_t size;  /* set to sizeof(eg_concrete_info) before asking */
    int inputs;   /* arguments */
    int outputs;  /* results of the path recorded first */
    int nodes;    /* operations recorded, on all paths */
    int guards;   /* places where the body decides by a value */
    int paths;    /* ways through the body that were recorded */
    int reads;    /* variables read */
    int assigns;  /* variables assigned */
    double flops; /* of the path recorded first, see eg_profile_flops */
    size_t bytes; /* held by the trace */
} eg_concrete_info;

/* Fills in `info`. Question. */
EG_API void eg_concrete_info_now(const eg_concrete *concrete, eg_concrete_info *info);

/* Dtype and shape of argument i; of result i of the path recorded first. `dims` has room for
 * EG_MAX_RANK. False where there is none. Questions. */
EG_API bool eg_concrete_input(const eg_concrete *concrete, int i, eg_dtype *dtype, int *rank,
    int64_t dims[]);
EG_API bool eg_concrete_output(const eg_concrete *concrete, int i, eg_dtype *dtype, int *rank,
    int64_t dims[]);

/* The i-th variable that it reads, or assigns; NULL where there is none. It belongs to whoever made
 * it, and lives at least as long as the trace. Questions. */
EG_API eg_tensor *eg_concrete_reads(const eg_concrete *concrete, int i);
EG_API eg_tensor *eg_concrete_assigns(const eg_concrete *concrete, int i);

/* The recorded tree as text, as eg_function_text; free with eg_free. NULL after an error. As a
 * picture: eg_concrete_draw. */
EG_API char *eg_concrete_text(const eg_concrete *concrete);

/* ---- the graph of all paths ----------------------------------------------------------------- */

/* The function as one graph for arguments of these dtypes and shapes, to run in sessions, to save
 * and to export. The body runs on symbols, which have no values. Where it asks eg_true, or eg_item
 * of a bool, it runs again for each answer; equal questions get the same answer, what follows alike
 * on all sides is there once, and what differs becomes the branches of a Switch. At most 64 ways
 * through the body are tried.
 *     eg_graph *g = eg_function_graph(f, 1, &(eg_tensor_spec){"x", EG_FLOAT32, 1, (int64_t[]){2}});
 * Placeholders have the names given [in0, in1, …], results are out0, out1, …. Variables are read
 * when the graph runs. What the body assigns to a variable is a result too, assign:NAME of its name
 * (and assign:NAME:2 of the next one of that name), for the caller to fetch and assign. What the
 * body prints, and host calls with effects, happen in each run of a session.
 * NULL after an error. Free with eg_graph_free.
 * Fails: EG_INVALID for another number of specs or names that are taken or no words; EG_STATE, with
 * line and what to write instead, where the body reads elements or numbers, takes more than 64 ways
 * or depends on what is no argument, environment or variable; whatever the body fails with. */
EG_API eg_graph *eg_function_graph(eg_function *function, int n, const eg_tensor_spec specs[]);

/* ---- graph and body side by side ------------------------------------------------------------ */

typedef struct eg_comparison {
    size_t size;        /* set to sizeof(eg_comparison) before asking */
    bool same;          /* no bit differs */
    int64_t values;     /* that were compared */
    char operation[64]; /* that made the first value that differs; "" where none does */
    char file[256];     /* and its place in the source */
    int line;
    int64_t element; /* of the first that differs; -1: dtype, shape or operation do */
    char graph[64];  /* what the graph has there */
    char body[64];   /* what the body has there */
    char what[512];  /* all of it in words; "" where none does */
} eg_comparison;

/* Runs the optimised graph of the function and, eagerly, its body on the same arguments, and
 * compares every value of the path bit for bit: a body that depends on what no signature sees (a
 * counter, a file), and a wrong pass or kernel show up at the first operation that they change.
 * Nothing is assigned or printed by either; host calls with effects are made once.
 *     eg_comparison c = {.size = sizeof c};
 *     if (eg_function_compare(f, EG_IN(x), &c) == EG_OK && !c.same) puts(c.what);
 * Arguments that the function was not traced for are traced first. Action. Fails: as eg_call;
 * EG_STATE for a function that runs eagerly, with the reason. That values differ is no failure.
 * EAGRE_AUDIT=n does it in every n-th call of every function, where it is one. */
EG_API eg_status eg_function_compare(eg_function *function, int n, eg_tensor *const in[],
    eg_comparison *comparison);

#ifdef __cplusplus
}
#endif

#endif
