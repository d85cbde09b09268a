/* Functions: write eagerly, wrap for speed.
 *
 * A function wraps a body, a plain C function of tensors. The first call with a signature runs the
 * body eagerly and records it; later calls run the optimised graph. Where the body looks at a value
 * (eg_true, eg_item) the recording branches, so plain C control flow stays right for every input: a
 * branch that was never seen is recorded when it is met.
 *
 * The contract: a body depends only on its arguments, the bytes of its environment, variables and
 * generators. Host work in it (printf, counters) happens while recording only. What it assigns or
 * draws takes effect when the call succeeds; eg_print prints once a call. What cannot be recorded
 * faithfully makes the function run eagerly, and its report says why and where: slower, never
 * wrong.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_FUNCTION_H
#define EAGRE_FUNCTION_H

#include <eagre/variable.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eg_function eg_function;

/* A body: n arguments in, one tensor (or tuple) out, NULL after an error. The arguments are fresh
 * handles, but for variables, which are passed as they are. It must return: no longjmp and no
 * exception of C++ may leave it. */
typedef eg_tensor *(*eg_body)(int n, eg_tensor *const in[], void *env);

/* A body with its name and number of arguments, as EG_FUNCTION (easy.h) makes one. */
typedef struct eg_callable {
    eg_body body;
    int n_in;
    const char *name;
} eg_callable;

/* Wraps a body. The `env_size` bytes at `env` are passed to it and are part of every signature:
 * other bytes, another trace. Tensors found through them are captured and kept by the trace. `env`
 * must live as long as the function. NULL after an error. Free with eg_function_free.
 * Fails: EG_INVALID for NULL or a wrong count; EG_NO_MEMORY. */
EG_API eg_function *eg_function_new(eg_body body, int n_in, void *env, size_t env_size);
EG_API eg_function *eg_function_from(const eg_callable *callable, void *env, size_t env_size);

/* Frees it, its traces and its variables. No call of it may be in progress: where a body frees the
 * function that it is called by, that is an error, EG_STATE, and the end of the call frees it. NULL
 * is fine. */
EG_API void eg_function_free(eg_function *function);

/* ---- a function with options ----------------------------------------------------------------- */

/* A shape that is declared: EG_SHAPE(-1, 784) of easy.h, EG_SCALAR for rank 0. */
typedef struct eg_shape {
    bool known; /* false: any shape */
    int rank;
    int64_t dims[EG_MAX_RANK]; /* -1: any size */
} eg_shape;

typedef enum eg_takes {
    EG_TAKES_BOTH = 0, /* values and variables */
    EG_TAKES_VALUE = 1,
    EG_TAKES_VARIABLE = 2
} eg_takes;

/* What one argument has to be. */
typedef struct eg_argument {
    const char *name; /* in errors and reports; copied [its number] */
    eg_dtype dtype;   /* [any] */
    eg_shape shape;   /* [any] */
    eg_takes takes;   /* [both] */
    /* Its bits are part of the key, other bits are another trace: the body may read it (eg_item,
     * eg_true, eg_read) and branch on it, and nothing is guarded. For settings, such as a number of
     * layers: at most 4096 bytes, no variable, and no tape may follow it. */
    bool by_value;
} eg_argument;

/* All of them: `.signature = EG_SIGNATURE({.name = "x", .shape = EG_SHAPE(-1, 784)}, …)`. */
typedef struct eg_signature {
    size_t size; /* sizeof(eg_argument), of each */
    int n;       /* as many as the body takes; 0: nothing is declared */
    const eg_argument *arguments;
} eg_signature;

/* How an environment is compared where its bytes are not what counts: it has pointers to what may
 * change or move, or fields that do not matter. Called on any thread, with no lock held; none may
 * call the library. */
typedef struct eg_env_type {
    size_t size;                       /* sizeof(eg_env_type) */
    uint64_t (*hash)(const void *env); /* the same for those that are equal [0] */
    bool (*equal)(const void *a, const void *b);
    void *(*copy)(const void *env); /* what a key keeps; NULL: no memory [the bytes] */
    void (*free)(void *copy);       /* of `copy` */
} eg_env_type;

typedef struct eg_function_attrs {
    size_t size;            /* sizeof(eg_function_attrs) */
    const char *name;       /* in errors and reports; copied [the callable's] */
    eg_signature signature; /* what arguments have to be [anything] */
    void *env;              /* as of eg_function_new [NULL] */
    size_t env_size;
    const eg_env_type *env_type; /* [the bytes are compared] */
    size_t most_bytes; /* of all traces: over it those used longest ago are forgotten, down to one
                          [an eighth of the machine's memory] */
    bool strict;       /* reading a value while recording is an error that names the staged form */
    bool timed;        /* calls that a graph serves are timed (eg_trace_info), at some 40 ns each */
} eg_function_attrs;

/* Wraps a body, with options. `attrs` and what it points to are copied, but for the environment.
 *     eg_function_of(train, .signature = EG_SIGNATURE({.name = "x", .shape = EG_SHAPE(-1, 784)}))
 * A call whose arguments are not as declared fails with EG_INVALID and says which is what, instead
 * of being traced. NULL after an error. Free with eg_function_free.
 * Fails: EG_INVALID for NULL, wrong counts, a declaration that nothing fits, and for callbacks
 * without `equal`; EG_NO_MEMORY. */
EG_API eg_function *eg_function_new_with(const eg_callable *callable,
    const eg_function_attrs *attrs);

/* Forgets all traces: their memory comes back when no call is in progress that uses it, and what is
 * called next is recorded anew. Tapes keep what they need. Counts and variables stay.
 * Action. Fails: EG_INVALID for NULL. */
EG_API eg_status eg_function_clear(eg_function *function);

/* ---- variables of a function ----------------------------------------------------------------- */

/* In a body: the variable of that name which belongs to the function being called, the innermost
 * one. It is made where it is not there yet, with the value of `initial`; later `initial` may be
 * NULL. Freed with the function.
 *     eg_tensor *w = eg_function_variable("w", eg_glorot_uniform(eg_key(1), EG_DIMS(784, 10)));
 * In easy.h the expression for `initial` is evaluated only where it is needed. Two models of one
 * body are two functions of it. If two threads make it at once, the first wins. Takes `attrs` as
 * eg_variable_new does, but for the name.
 * Owns: nothing, it belongs to the function. Fails: EG_STATE where no function is being called;
 * EG_INVALID for NULL, and for an `initial` of another dtype or shape than the variable. */
EG_API eg_tensor *eg_function_variable(const char *name, eg_tensor *initial,
    const eg_variable_attrs *attrs);

/* Whether the function being called has a variable of that name already. Question. */
EG_API bool eg_function_has_variable(const char *name);

/* The function's variables, for optimizers and for saving: how many, and number i in the order in
 * which they were made, NULL behind the last. Questions. */
EG_API int eg_function_variable_count(const eg_function *function);
EG_API eg_tensor *eg_function_variable_at(const eg_function *function, int i);

/* Calls it; in easy.h eg_call(f, x, y) with any number of arguments. May be called from several
 * threads at once; calls that assign the same variable take effect one after another.
 * Owns: the result. Fails: a wrong number of arguments, NULL among them, whatever the body fails
 * with; then nothing is assigned. Records: the body's operations, where a recording is on already;
 * one call with a gradient, on a tape. */
EG_API eg_tensor *eg_call_of(eg_function *function, int n, eg_tensor *const in[]);

/* ---- what happened ------------------------------------------------------------------------- */

typedef struct eg_function_info {
    size_t size;         /* set to sizeof(eg_function_info) before asking */
    int64_t calls;       /* that returned a result */
    int64_t replays;     /* of them, served by a recorded graph */
    int64_t eager_calls; /* of them, run eagerly because recording is not possible */
    int traces;          /* signatures recorded */
    int branches;        /* recordings added to a trace because a new branch was met */
    size_t bytes;        /* held by its traces; what they capture from outside not counted */
    int sizes;           /* traces made for other sizes from a recorded one, without its body */
    int forgotten;       /* traces that were dropped, for their bytes or by eg_function_clear */
} eg_function_info;

/* Fills in `info`. Question. */
EG_API void eg_function_info_now(const eg_function *function, eg_function_info *info);

/* How many signatures have been traced: 1 after many calls that look alike. Question. */
EG_API int eg_function_trace_count(const eg_function *function);

/* Why a trace was made. */
typedef enum eg_retrace_rule {
    EG_FIRST_CALL = 0,
    EG_OTHER_DTYPE = 1,
    EG_OTHER_SHAPE = 2,
    EG_OTHER_VARIABLE = 3,  /* an argument is another variable, or was none */
    EG_OTHER_ENV = 4,       /* the bytes of the environment changed */
    EG_OTHER_GRADIENTS = 5, /* a tape wants other gradients */
    EG_OTHER_VALUE = 6,     /* of an argument that is taken by value */
    EG_FORGOTTEN = 7        /* there was one, but it was forgotten */
} eg_retrace_rule;

typedef struct eg_retrace {
    size_t size; /* set to sizeof(eg_retrace) before asking */
    eg_retrace_rule rule;
    int argument;    /* which, for the rules about arguments; else -1 */
    char before[64]; /* "float32[2,2]", of the trace that came closest */
    char now[64];
    char fixed[192]; /* why no trace of another shape could serve this one; "" where none came near:
                        "dimension 0 of argument 0 is fixed at train.c:17" */
    char name[32];   /* of the argument, where one is declared, else "" */
} eg_retrace;

/* The reason of trace number i, from 0; false where there is none. Of forgotten traces the last 32
 * are known. Question. */
EG_API bool eg_function_retrace(const eg_function *function, int i, eg_retrace *reason);

/* A trace: what is recorded for one signature. Times are in nanoseconds. */
typedef struct eg_trace_info {
    size_t size;        /* set to sizeof(eg_trace_info) before asking */
    int64_t calls;      /* served by its graph */
    int64_t trace_time; /* taken by running the body while it was recorded, every branch */
    int64_t plan_time;  /* taken by optimising and planning */
    int64_t run_time;   /* taken by the calls it served, where the function is `.timed`; else 0 */
    size_t bytes;
    int paths;           /* ways through the body that were met */
    bool on_tape;        /* it prepares gradients */
    bool forgotten;      /* its memory is free; the rest is as it was then */
    int line;            /* of the call that made it, 0 where that is unknown */
    char file[160];      /* and its file */
    char signature[256]; /* "x: float32[2,3], n: int32[] = 3, variable \"w\"" */
    char reason[256];    /* why it was made, in words */
    char why_eager[320]; /* why calls that fit it run eagerly, "" where they do not */
} eg_trace_info;

/* Fills in `info` of trace number i, from 0; false where there is none. Of forgotten traces the
 * last 32 are known. Question. */
EG_API bool eg_function_trace_now(const eg_function *function, int i, eg_trace_info *info);

/* What to write so that the function is traced less often, naming the argument that keeps changing;
 * NULL unless five of eight calls in a row were traced. The same words are a message of the kind
 * "function", once a function (eg_set_message_handler). Valid until it is freed. Question. */
EG_API const char *eg_function_advice(const eg_function *function);

/* Why the function runs eagerly, in words with file and line; NULL where it does not. Valid until
 * it is freed. Question. */
EG_API const char *eg_function_why_eager(const eg_function *function);

/* All of the above for people: calls, each trace with its reason, its line, what it served and
 * took, why eager, what to write.
 * Action. Fails: EG_INVALID for NULL; EG_IO. */
EG_API eg_status eg_function_report(const eg_function *function, FILE *to);

/* The recorded trees as text, one a signature, both sides of every branch that was met; free with
 * eg_free. NULL after an error. */
EG_API char *eg_function_text(const eg_function *function);

/* True: bodies run as they are, on every thread, recorded by nothing; for debugging. */
EG_API void eg_run_functions_eagerly(bool yes);

#ifdef __cplusplus
}
#endif

#endif
