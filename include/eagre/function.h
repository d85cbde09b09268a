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

#include <eagre/tensor.h>

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

/* Frees it and its traces. No call of it may be in progress: where a body frees the function that
 * it is called by, that is an error, EG_STATE, and the end of the call frees it. NULL is fine. */
EG_API void eg_function_free(eg_function *function);

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
    size_t bytes;        /* held by its traces */
    int sizes;           /* traces made for other sizes from a recorded one, without its body */
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
    EG_OTHER_VARIABLE = 3, /* an argument is another variable, or was none */
    EG_OTHER_ENV = 4,      /* the bytes of the environment changed */
    EG_OTHER_GRADIENTS = 5 /* a tape wants other gradients */
} eg_retrace_rule;

typedef struct eg_retrace {
    size_t size; /* set to sizeof(eg_retrace) before asking */
    eg_retrace_rule rule;
    int argument;    /* which, for the rules about arguments; else -1 */
    char before[64]; /* "float32[2,2]", of the trace that came closest */
    char now[64];
    char fixed[192]; /* why no trace of another shape could serve this one; "" where none came near:
                        "dimension 0 of argument 0 is fixed at train.c:17" */
} eg_retrace;

/* The reason of trace number i, from 0; false where there is none. Question. */
EG_API bool eg_function_retrace(const eg_function *function, int i, eg_retrace *reason);

/* Why the function runs eagerly, in words with file and line; NULL where it does not. Valid until
 * it is freed. Question. */
EG_API const char *eg_function_why_eager(const eg_function *function);

/* All of the above for people: calls, traces and their reasons, branches, why eager.
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
