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
    void *bytes; /* what was seen: bits, or a copy of the callee's environment */
    size_t size;
    atomic_int *owners; /* of the bytes: traces for other sizes share them */
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

/* What was seen at a segment's end: makes a copy to keep; shares one; lets it go; compares it with
 * what is seen now. But for sharing they may call the host. */
bool eg__outcome_make(const eg__segment *segment, const void *bytes, size_t size,
    eg__outcome *outcome);
eg__outcome eg__outcome_share(const eg__outcome *outcome);
void eg__outcome_free(const eg__segment *segment, eg__outcome *outcome);
bool eg__outcome_is(const eg__segment *segment, const eg__outcome *outcome, const void *bytes,
    size_t size);

/* The child for what was seen; NULL: never seen. Adding one takes over the outcome. */
eg__segment *eg__segment_child(const eg__segment *segment, const void *bytes, size_t size);
bool eg__segment_add_child(eg__segment *segment, eg__outcome *outcome, eg__segment *child);

/* The spec of a value. */
const eg_spec *eg__value_spec(const eg__value *value);

/* ---- traces --------------------------------------------------------------------------------- */

/* What a signature says of one argument. */
typedef struct eg__argument {
    eg_spec spec;
    eg_tensor *variable; /* the variable itself, counted; NULL: a value */
    eg_tensor *value;    /* where it is taken by value, counted; else NULL */
} eg__argument;

enum {
    EG__WHY_TEXT = sizeof((eg_trace_info *)0)->why_eager,
    EG__SIGNATURE_TEXT = sizeof((eg_trace_info *)0)->signature,
};

typedef struct eg__trace {
    _Atomic(struct eg__trace *) next; /* older ones */
    eg_function *function;
    int number, n;
    uint64_t hash; /* of the signature */
    eg__argument *arguments;
    void *env;       /* a copy of the environment */
    uint64_t wanted; /* arguments a tape follows */
    bool on_tape;    /* gradients are prepared */
    eg_retrace reason;
    eg__segment **segments; /* parents before children */
    int n_segments, segments_capacity;
    size_t bytes, tree_bytes;       /* in all; without plans and what they run in */
    size_t constant_bytes;          /* of constants that the body made */
    _Atomic(eg__program *) program; /* NULL: none yet */
    bool is_private;                /* a concrete function has it: no call finds it */
    bool relaxed;                   /* made from another one, for other sizes */
    atomic_bool relaxes;            /* was seen to say the truth of other sizes */
    atomic_bool eager;              /* too many outcomes or bytes: see why_eager */
    atomic_bool refuses_tapes;      /* not on a tape, and some branch would have to be */
    char why_eager[EG__WHY_TEXT];
    atomic_bool forgotten;      /* it is in no list: calls in progress may still use it */
    struct eg__trace *retired;  /* list of those */
    atomic_uint_least64_t used; /* when another trace than it served last: see cache.c */
    eg_site site;               /* of the call that made it */
    int64_t trace_time;
    int64_t plan_time;
    atomic_int_least64_t served, run_time;
} eg__trace;

/* Traces by hash. Slots are only filled, or change to a trace that nothing fits; one that is too
 * small is exchanged for another. */
typedef struct eg__index {
    uint32_t mask; /* slots - 1; their number is a power of two */
    uint32_t used; /* slots that are not empty */
    struct eg__index *retired;
    _Atomic(eg__trace *) at[];
} eg__index;

/* What is in use no more, but for calls in progress. */
typedef struct eg__retired {
    eg__trace *traces;
    eg__program *programs;
    eg__index *indexes;
} eg__retired;

/* What is known of a trace that was forgotten. */
typedef struct eg__past {
    uint64_t hash;
    int number; /* -1: none */
    eg_trace_info info;
    eg_retrace reason;
} eg__past;

enum {
    EG__MOST_PAST = 32,       /* forgotten traces that are remembered */
    EG__MOST_MAKERS = 32,     /* recordings in a row that made things */
    EG__MOST_BY_VALUE = 4096, /* bytes of an argument */
    EG__OFTEN = 5,            /* traces in */
    EG__FEW_CALLS = 8,        /* calls are too often */
};

struct eg_function {
    atomic_int refs;
    bool freed, strict, timed;
    atomic_bool eager;
    atomic_bool is_untidy;    /* something waits for calls in progress to end: */
    atomic_bool freed_inside; /* such as itself, which one of them has freed */
    atomic_uint hint;         /* slot of the index where the trace is that served last */
    atomic_uint side;         /* 0 or 1: which in_flight counts calls that begin now */
    _Atomic(eg__index *) index;
    atomic_int_least64_t in_flight[2]; /* calls that may look at traces and programs */
    eg_callable callable;
    void *env;
    size_t env_size;
    eg_env_type env_type;         /* equal NULL: bytes are compared */
    eg_argument *arguments;       /* declared, with names of our own; NULL: none are */
    char *name;                   /* our own; NULL: the callable's is a literal */
    pthread_mutex_t lock;         /* guards all below, children of segments, compiling */
    _Atomic(eg__trace *) traces;  /* newest first */
    atomic_int n_traces;          /* that there ever were */
    size_t bytes, most_bytes;     /* of traces; where forgetting begins */
    eg__retired waiting, leaving; /* since the side changed last; before */
    eg__past *past;               /* EG__MOST_PAST; NULL: none was forgotten yet */
    int n_past;                   /* that were put there */
    int n_forgotten;
    int64_t served_by_freed; /* calls, by traces that are no more */
    char why_eager[512];
    uint64_t makers[EG__MOST_MAKERS]; /* signatures whose last recording made things */
    int n_makers;
    atomic_uint makings;         /* recordings that made things and may have */
    int64_t calls_at[EG__OFTEN]; /* how many calls there had been when a trace was made: a ring */
    char advice[512];
    eg_tensor **variables; /* of eg_function_variable, counted */
    int n_variables, variables_capacity;
    atomic_uint_least64_t clock; /* advances when another trace serves than before */
    atomic_int_least64_t other_calls, eager_calls;
    atomic_int branches, n_relaxed;
    atomic_bool never_relaxes; /* its body does other things with other sizes */
};

eg_function *eg__function_ref(eg_function *f);
void eg__function_unref(eg_function *f);

/* How an argument is called: its declared name, or "argument 2", in `room`. */
enum { EG__ARGUMENT_TEXT = 96 };
const char *eg__argument_text(const eg_function *f, int i, char room[EG__ARGUMENT_TEXT]);

/* "int32[] = 3", "float32[4] by value". */
void eg__value_text(const eg_tensor *x, char *text, size_t size);

/* Keeps its traces as they are while somebody looks. */
void eg__function_lock(const eg_function *f);
void eg__function_unlock(const eg_function *f);

/* Makes the function eager for good; the first reason stays. */
void eg__function_give_up(eg_function *f, const char *format, ...) EG_FORMAT(2, 3);

/* Makes one key eager for good: its trace stays, but no call uses it. */
void eg__trace_give_up(eg__trace *trace, const eg_site *site, const char *why);

/* ---- env.c ---------------------------------------------------------------------------------- */

/* Environments, by the function's callbacks or as bytes. A copy is NULL, reported, after an
 * error. */
bool eg__has_env(const eg_function *f);
uint64_t eg__env_hash(const eg_function *f, const void *env);
bool eg__env_equal(const eg_function *f, const void *a, const void *b);
void *eg__env_copy(const eg_function *f, const void *env);
void eg__env_free(const eg_function *f, void *copy);

/* ---- signature.c ---------------------------------------------------------------------------- */

/* Copies a declared signature into a new function; false, reported, where it is none. */
bool eg__signature_declare(eg_function *f, const eg_signature *signature);
void eg__signature_free(eg_function *f);

/* Whether arguments are as declared; reports what is not. Not asked where a trace fits. */
bool eg__signature_check(const eg_function *f, int n, eg_tensor *const args[]);

/* ---- running.c ------------------------------------------------------------------------------ */

/* Whether making things in a recording of this signature may go on: false where an earlier one of
 * it did too, or too many did in a row. Not earlier is what another thread did at the same time:
 * `makings` is what the function's were when the recording began. One that makes nothing ends the
 * row. */
bool eg__function_may_make(eg_function *f, uint64_t hash, uint32_t makings);
void eg__function_made_nothing(eg_function *f);

/* ---- cache.c -------------------------------------------------------------------------------- */

/* Frees what calls in progress no longer look at; the function itself, where one of them has freed
 * it. */
void eg__cache_sweep(eg_function *f);

static inline bool eg__function_is_called(const eg_function *f)
{
    return atomic_load(&f->in_flight[0]) > 0 || atomic_load(&f->in_flight[1]) > 0;
}

/* Around every use of a function's traces: counts it, on a side. */
static inline unsigned eg__function_enter(eg_function *f)
{
    unsigned side = atomic_load_explicit(&f->side, memory_order_relaxed);

    atomic_fetch_add(&f->in_flight[side], 1);
    return side;
}

static inline void eg__function_leave(eg_function *f, unsigned side)
{
    atomic_fetch_sub(&f->in_flight[side], 1);
    if (EG_UNLIKELY(atomic_load(&f->is_untidy)))
        eg__cache_sweep(f);
}

/* With the lock held: adds a trace; sees to the bound on bytes, `newest` stays; retires a
 * program. */
bool eg__cache_add(eg_function *f, eg__trace *trace);
void eg__cache_trim(eg_function *f, const eg__trace *newest);
void eg__cache_retire(eg_function *f, eg__program *program);

/* Without it: forgets a trace, unless that was done before; all traces. */
void eg__cache_forget(eg_function *f, eg__trace *trace);
void eg__cache_clear(eg_function *f);

/* How many traces were added so far. */
static inline int eg__cache_added(const eg_function *f)
{
    return atomic_load(&f->n_traces) + atomic_load(&f->n_relaxed);
}

/* Frees what is left when nobody uses the function any more. */
void eg__cache_free(eg_function *f);

/* ---- explain.c ------------------------------------------------------------------------------ */

/* With the lock held: what is known of a trace. */
void eg__trace_describe(const eg__trace *trace, eg_trace_info *info);

/* With the lock held: calls that came to an end, by whatever served them; by retired traces. */
int64_t eg__function_calls(const eg_function *f);
int64_t eg__count_served(const eg__trace *retired);

/* A new trace was made: says so, and what to write where that happens too often. */
void eg__explain_trace(eg_function *f, const eg__trace *trace);

/* ---- key.c ---------------------------------------------------------------------------------- */

/* What tells one signature from another, looked up before anything is allocated. */
typedef struct eg__key {
    int n;
    eg_tensor *const *args;
    const void *env;
    uint64_t wanted;
    bool on_tape;
} eg__key;

/* The trace that fits; NULL: none. May call the host, to compare environments. */
eg__trace *eg__trace_find(eg_function *f, const eg__key *key);

bool eg__argument_fits(const eg__argument *a, const eg_tensor *x);

/* Of a signature, without what tapes want. */
uint64_t eg__key_hash(const eg_function *f, const eg__key *key);

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
    eg__program *retired; /* list of those that are in use no more */
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

/* Compiles the trace as it is now, with the pieces of `old` [none] that did not change; with the
 * function's lock held where others may add to the trace. NULL after an error. */
eg__program *eg__program_new(const eg__trace *trace, const eg__program *old);

/* Makes a new one the trace's program. */
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
    int *when_of;   /* by source: the output that says whether there is one; -1: there is */
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

/* Whether signatures are the same but for sizes, none of which is 0 or 1 where they differ. */
bool eg__arguments_vary_freely(const eg__trace *a, const eg__trace *b);

/* Whether a trace fits a key but for sizes. */
bool eg__trace_fits_loosely(const eg__trace *trace, const eg__key *key);

/* ---- recorder.c, record.c, replay.c, plain.c ------------------------------------------------- */

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

/* A function whose body runs on this thread. */
typedef struct eg__running {
    eg_function *function;
    struct eg__running *outer;
    int depth;
    bool strict; /* it or one around it */
} eg__running;

/* Around each run of a body: false, reported, where too many are open inside one another. */
bool eg__body_begin(eg__running *r, eg_function *f);
void eg__body_end(const eg__running *r);

/* Whether a body returned something that can leave the call; false, reported. */
bool eg__body_returned(const eg_function *f, const eg_tensor *y);

/* Whether a function can be called with these; false, reported. function.c */
bool eg__call_arguments_ok(const eg_function *f, int n, eg_tensor *const args[]);

/* Appends a trace's tree. report.c */
void eg__trace_put(const eg__trace *trace, eg__text *text);

/* True while eg_run_functions_eagerly(true) holds. */
bool eg__functions_run_eagerly(void);

/* Tells the recorder of this thread that the body calls a function; false after an error. */
bool eg__recorder_calls(eg_function *callee);

#endif
