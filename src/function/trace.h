/* What a function remembers: traces, one a signature, each a tree of segments.
 *
 * A segment is a straight piece of graph. It ends where the body returned, or at a guard: a place
 * where the host looked at a value (or called another function, whose environment's bytes matter),
 * with a child segment for every outcome that was met. A value of a trace is a result of a node of
 * a segment; segments further down import it as a placeholder.
 *
 * Segments do not change once they are part of a trace, but for children being added; programs,
 * which are compiled from them, do not change at all. So calls run without a lock.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FUNCTION_TRACE_H
#define FUNCTION_TRACE_H

#include "graph/graph.h"
#include "run/call.h"
#include <eagre/function.h>
#include <pthread.h>

enum {
    EG__MOST_ARGUMENTS = 64,
    EG__MOST_OUTCOMES = 8,         /* of one guard */
    EG__MOST_TREE_BYTES = 1 << 26, /* of one trace */
};

typedef struct eg__segment eg__segment;
typedef struct eg__program eg__program;
typedef struct eg__size_table eg__size_table;
typedef struct eg__size_question eg__size_question;
typedef struct eg__size_use eg__size_use;

/* ---- values --------------------------------------------------------------------------------- */

/* A value of a path through a trace: computed in a segment, or a tensor that does not depend on
 * the call: a constant the body made, a captured tensor, a variable as the call found it. */
typedef struct eg__value {
    eg__segment *segment; /* NULL: `tensor` it is */
    eg_ref ref;
    eg_tensor *tensor; /* borrowed from whoever keeps the value */
} eg__value;

bool eg__same_value(const eg__value *a, const eg__value *b);

/* ---- segments ------------------------------------------------------------------------------- */

typedef enum eg__segment_end {
    EG__END_OPEN, /* still being recorded */
    EG__END_RETURN,
    EG__END_TRUE, /* the host asked whether a value is zero */
    EG__END_ITEM, /* the host read the only element of a value */
    EG__END_CALL, /* the body called a function that has an environment */
} eg__segment_end;

typedef struct eg__outcome {
    void *bytes; /* what was seen */
    size_t size;
    eg__segment *segment;
} eg__outcome;

typedef struct eg__assignment {
    int at; /* number of nodes before it */
    eg_tensor *variable;
    eg__value value;
} eg__assignment;

struct eg__segment {
    eg__segment *parent;
    int depth, number; /* root: 0; position in the trace's list */
    eg_graph *graph;
    eg__value *imports; /* what placeholder i of the graph stands for; at the root: argument i */
    int n_imports, imports_capacity;
    eg__map import_at; /* by hash of a value: the placeholder's node */
    eg__assignment *assignments;
    int n_assignments, assignments_capacity;
    eg__segment_end end;
    eg_site site; /* of the guard */
    eg__value asked;
    eg_function *callee; /* counted */
    eg__outcome *outcomes;
    int n_outcomes, outcomes_capacity;
    eg__value *results; /* of a return */
    int n_results;
    bool is_tuple;
    eg__size_table *sizes; /* what is known of sizes: see sizes.h */
    eg__size_question *questions;
    int n_questions, questions_capacity;
    eg__size_use *uses; /* attributes that are sizes */
    int n_uses, uses_capacity;
};

eg__segment *eg__segment_new(const char *name, eg__segment *parent);
void eg__segment_free(eg__segment *segment);
size_t eg__segment_bytes(const eg__segment *segment);

/* The node of a value in a segment's graph, which is added as an import or source where it is
 * missing. False, reported, where memory is out. */
bool eg__segment_place(eg__segment *segment, const eg__value *value, eg_ref *r);

/* The value behind a node's input. */
eg__value eg__segment_value(const eg__segment *segment, eg_ref r);

/* The child for what was seen; NULL: never seen. */
eg__segment *eg__segment_child(const eg__segment *segment, const void *bytes, size_t size);
bool eg__segment_add_child(eg__segment *segment, const void *bytes, size_t size,
    eg__segment *child);

/* The spec of a value. */
const eg_spec *eg__value_spec(const eg__value *value);

/* ---- traces --------------------------------------------------------------------------------- */

/* What a signature says of one argument. */
typedef struct eg__argument {
    eg_spec spec;
    eg_tensor *variable; /* the variable itself, counted; NULL: a value */
} eg__argument;

typedef struct eg__trace {
    struct eg__trace *next; /* older ones */
    eg_function *function;
    int number, n;
    eg__argument *arguments;
    void *env;       /* the environment's bytes */
    uint64_t wanted; /* arguments a tape follows */
    bool on_tape;    /* gradients are prepared */
    eg_retrace reason;
    eg__segment **segments; /* parents before children */
    int n_segments, segments_capacity;
    size_t bytes;
    _Atomic(eg__program *) program; /* NULL: none yet */
    bool is_private;                /* a concrete function has it: no call finds it */
    bool relaxed;                   /* made from another one, for other sizes */
    bool relaxes;                   /* was seen to say the truth of other sizes */
    atomic_bool dropped;            /* serves no more calls */
    atomic_bool eager;              /* too many outcomes or bytes; the function's text says where */
    atomic_bool refuses_tapes;      /* not on a tape, and some branch would have to be */
} eg__trace;

struct eg_function {
    atomic_int refs;
    bool freed;
    eg_callable callable;
    void *env;
    size_t env_size;
    pthread_mutex_t lock; /* guards traces, children of segments, compiling, the text below */
    _Atomic(eg__trace *) traces; /* newest first */
    atomic_int n_traces;
    atomic_bool eager;
    char why_eager[512];
    atomic_int_least64_t calls, replays, eager_calls, in_flight;
    atomic_int branches, n_relaxed;
    atomic_bool never_relaxes;      /* its body does other things with other sizes */
    _Atomic(eg__program *) retired; /* programs that calls in progress may still use */
};

eg_function *eg__function_ref(eg_function *f);
void eg__function_unref(eg_function *f);

/* Keeps its traces as they are while somebody looks. */
void eg__function_lock(const eg_function *f);
void eg__function_unlock(const eg_function *f);

/* Makes the function eager for good; the first reason stays. */
void eg__function_give_up(eg_function *f, const char *format, ...) EG_FORMAT(2, 3);

/* Makes one key eager for good: its trace stays, but no call uses it. */
void eg__trace_give_up(eg__trace *trace, const eg_site *site, const char *why);

/* ---- key.c ---------------------------------------------------------------------------------- */

/* What tells one signature from another, looked up before anything is allocated. */
typedef struct eg__key {
    int n;
    eg_tensor *const *args;
    const void *env;
    size_t env_size;
    uint64_t wanted;
    bool on_tape;
} eg__key;

/* The trace that fits; NULL: none. */
eg__trace *eg__trace_find(eg_function *f, const eg__key *key);

/* A new trace for a key, not yet part of the function; with the reason why it is needed. */
eg__trace *eg__trace_new(eg_function *f, const eg__key *key);
void eg__trace_free(eg__trace *trace);

/* Why a trace was made, in words. */
enum { EG__REASON_TEXT = 512, EG__FIXED_TEXT = sizeof((eg_retrace *)0)->fixed };
const char *eg__reason_text(const eg_retrace *reason, char room[EG__REASON_TEXT]);

/* ---- compile.c ------------------------------------------------------------------------------ */

/* Where a value is found during a call. */
typedef struct eg__source {
    eg_tensor *tensor; /* a constant or variable; NULL: one of these */
    int depth;         /* the piece at this depth of the path; -1: an argument */
    int index;         /* its output, or which argument */
} eg__source;

/* A compiled segment. Programs share those that did not change; counted. */
typedef struct eg__piece {
    atomic_int refs;
    const eg__segment *segment;
    eg__value *wanted; /* what the plan gives, in order of its outputs */
    eg__role *roles;   /* of the wanted */
    int n_wanted, wanted_capacity, roles_capacity;
    eg__plan *plan;
    eg__frames frames;
} eg__piece;

/* A piece in its place in a program. */
typedef struct eg__place {
    eg__piece *piece;
    eg__source *imports; /* of each plan input; tensor and depth -1, index -1: not used */
    eg__source asked;
    struct eg__place *children[EG__MOST_OUTCOMES];
    eg__outcome seen[EG__MOST_OUTCOMES]; /* what leads to each; the bytes are the segment's */
    int n_children;
    /* of a leaf */
    eg__source *results;
    int n_results;
    eg__source *assigned; /* last values of variables along the path */
    eg_tensor **assigned_to;
    bool *in_place;                    /* which of them may overwrite the old value: see update.c */
    int n_assigned, split;             /* steps from here on only make values in place */
    struct eg__derivative *derivative; /* on a tape; shared by programs, counted */
} eg__place;

/* A captured tensor or variable, and whether a tape followed it when the trace was made. */
typedef struct eg__capture {
    eg_tensor *tensor;
    bool followed;
} eg__capture;

struct eg__program {
    eg__program *retired; /* list */
    eg__arena memory;
    eg__place *places; /* by segment number */
    int n_places;
    eg__capture *captures; /* floating-point tensors from outside that do not train */
    int n_captures;
    bool touches_variables; /* reads or assigns some */
    bool has_trainable;     /* reads a trainable variable */
};

eg__piece *eg__piece_ref(eg__piece *piece);
void eg__piece_unref(eg__piece *piece);

/* Compiles the trace as it is now and makes it the trace's program. */
eg_status eg__trace_compile(eg__trace *trace);
void eg__program_free(eg__program *program);

/* ---- update.c ------------------------------------------------------------------------------- */

/* Finds the assignments of a linked leaf that can be made in place. */
void eg__place_find_updates(eg__place *leaf);

/* ---- derive.c ------------------------------------------------------------------------------- */

/* The backward graph of a path: from the gradients of its results, and what the forward pass leaves
 * behind, to the gradients of its sources. */
typedef struct eg__derivative {
    atomic_int refs;
    int seed_of
        [EG__MAX_PARTS]; /* by result: which input of the plan; -1: it depends on no source */
    int n_results, n_seeds;
    eg__value *residuals; /* the inputs behind the seeds */
    int n_residuals, most_residuals;
    eg__value *sources; /* what gradients are of: arguments, variables, captures */
    int n_sources, most_sources;
    int *output_of; /* by source: the plan's output; -1: zero */
    eg__plan *plan;
    eg__frames frames;
} eg__derivative;

eg__derivative *eg__derivative_new(const eg__trace *trace, const eg__segment *leaf);
void eg__derivative_unref(eg__derivative *d);

extern const eg_opdef eg_op_call;

/* ---- relax.c -------------------------------------------------------------------------------- */

/* A trace for a key that was never met, made from one for other sizes, published and compiled: NULL
 * where there is none that can serve it, or after an error. */
eg__trace *eg__trace_relax(eg_function *f, const eg__key *key);

/* After a recording: compares it with what an older trace says of its sizes. */
void eg__trace_compare(eg__trace *trace);

/* Whether specs are of one dtype and rank, and no size that differs is 0 or 1. */
bool eg__vary_freely(const eg_spec *a, const eg_spec *b);

/* Whether a trace fits a key but for sizes. */
bool eg__trace_fits_loosely(const eg__trace *trace, const eg__key *key);

/* Makes a trace one of the function's. */
void eg__trace_publish(eg_function *f, eg__trace *trace);

/* ---- recorder.c, record.c, replay.c, eager.c ------------------------------------------------- */

typedef enum eg__outcome_of_call {
    EG__CALL_DONE,   /* *result is set, or an error is pending */
    EG__CALL_MISSED, /* a branch that was never seen: record */
    EG__CALL_AGAIN,  /* another thread was faster: record again */
    EG__CALL_EAGER,  /* cannot be recorded: run eagerly */
} eg__outcome_of_call;

/* Serves a call from the trace's program. `dry`: nothing is assigned, no tape hears of it. */
eg__outcome_of_call eg__replay_call(eg__trace *trace, const eg__key *key, bool dry,
    eg_tensor **result);

/* Runs the body and records it into a trace, new or known. */
eg__outcome_of_call eg__record_call(eg_function *f, eg__trace *trace, const eg__key *key,
    eg_tensor **result);

/* Runs the body as it is, as a transaction. */
eg_tensor *eg__call_eagerly(eg_function *f, int n, eg_tensor *const args[]);

/* Runs the body inside the recording or graph building in progress. */
eg_tensor *eg__call_inline(eg_function *f, int n, eg_tensor *const args[]);

/* Around each run of a body: false, reported, where too many are open inside one another. */
bool eg__body_begin(const eg_function *f);
void eg__body_end(void);

/* Whether a body returned something that can leave the call; false, reported. */
bool eg__body_returned(const eg_function *f, const eg_tensor *y);

/* Around every use of a function's traces. Calls are counted; when none is left, old programs are
 * freed, and a function that a body has freed while it was called. */
static inline void eg__function_enter(eg_function *f)
{
    atomic_fetch_add(&f->in_flight, 1);
}

void eg__function_leave(eg_function *f);

/* Whether a function can be called with these; false, reported. function.c */
bool eg__call_arguments_ok(const eg_function *f, int n, eg_tensor *const args[]);

/* Appends a trace's tree. report.c */
void eg__trace_put(const eg__trace *trace, eg__text *text);

/* True while eg_run_functions_eagerly(true) holds. */
bool eg__functions_run_eagerly(void);

/* Tells the recorder of this thread that the body calls a function; false after an error. */
bool eg__recorder_calls(eg_function *callee);

#endif
