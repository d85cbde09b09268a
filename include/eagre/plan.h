/* Plans: a function for buffers of the caller's, in bounded time. For audio callbacks, control
 * loops, interrupts' bottom halves: wherever a call must not wait.
 *
 * A plan is taken from a function for given dtypes and shapes. It holds every way through the body
 * that is known then, its own copy of what the body assigns, and memory for all it computes. A run
 * allocates nothing, takes no lock, calls neither the system nor the host, wakes no thread, and
 * writes no message and no error text: what can go wrong is a status. Its results have the bits of
 * the function's.
 *
 *     eg_plan *plan = eg_plan_new(f, EG_IN(x));
 *     float in[64], out[8];
 *     if (eg_plan_run(plan, EG_FROM(in), EG_INTO(out)) != EG_PLAN_OK) …
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_PLAN_H
#define EAGRE_PLAN_H

#include <eagre/concrete.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eg_plan eg_plan;

/* How a run ended. The numbers are part of the ABI and never change. */
typedef enum eg_plan_status {
    EG_PLAN_OK = 0,
    EG_PLAN_UNSEEN = 1,  /* it came to a branch that was not recorded when the plan was made */
    EG_PLAN_SIZE = 2,    /* another number of buffers, or a buffer of other bytes: another shape */
    EG_PLAN_ADDRESS = 3, /* the plan or a buffer is NULL, not aligned, or overlaps an output */
    EG_PLAN_VALUE = 4    /* an operation refused a value: division of integers by 0, an index out of
                            range, a singular matrix */
} eg_plan_status;

/* "ok", "unseen branch", "wrong size", "bad address", "refused value". A static string; unknown
 * numbers give "unknown status". Question. */
EG_API const char *eg_plan_status_name(eg_plan_status status);

/* ---- making --------------------------------------------------------------------------------- */

typedef struct eg_plan_attrs {
    size_t size;  /* sizeof(eg_plan_attrs) */
    void *memory; /* where the plan runs, static perhaps; outlives it [allocated] */
    size_t bytes; /* of `memory`: as many as the plan needs, see eg_plan_bytes */
    /* Where the function's kernel of an operation cannot run in bounded time, one that can is taken
     * though its last bits differ (SEMANTICS: "close"): large products and convolutions, which
     * oneDNN computes otherwise. [such an operation is an error] */
    bool close;
} eg_plan_attrs;

/* A plan of what the function does to arguments like these: of all the ways through the body that
 * it has met with their signature, or, where it has not been called so yet, of the way that these
 * take; then the body runs once, and nothing is assigned or printed. Call the function with an
 * example of each case first, or take its concrete function and extend that.
 * Arguments that are values are the plan's inputs, in order, its results the outputs. Variables
 * that are arguments, arguments taken by value, and the environment are fixed, as they are now. So
 * are the values of variables that the body reads and does not assign: weights, which clones share.
 * The values of those it does assign are states of the plan: they begin with the variables' values
 * of now, are the plan's own, and the variables keep theirs.
 * NULL after an error. Free with eg_plan_free. Any thread may make one.
 * Fails: as eg_function_concrete; EG_STATE, with operation, line and reason, where one cannot run
 * in bounded time (host calls, prints; products and convolutions by oneDNN, unless `.close`;
 * Fourier transforms of lengths with factors above 5; gradients of staged loops); EG_STATE where
 * results of two ways have different dtypes or shapes; EG_INVALID where `.memory` is too small,
 * with the bytes that it needs. */
EG_API eg_plan *eg_plan_new_with(eg_function *function, int n, eg_tensor *const in[],
    const eg_plan_attrs *attrs);

/* The same of a concrete function, with the ways that it has. */
EG_API eg_plan *eg_concrete_plan_with(const eg_concrete *concrete, const eg_plan_attrs *attrs);

/* Another plan that shares the steps, constants and weights, with memory and states of its own,
 * which begin as those of the first plan did: one for each thread. The second takes `bytes` of the
 * caller's memory, which outlives it, and allocates nothing. NULL after an error. Free with
 * eg_plan_free, in any order.
 * Fails: EG_INVALID for NULL and for too few bytes; EG_NO_MEMORY. */
EG_API eg_plan *eg_plan_clone(const eg_plan *plan);
EG_API eg_plan *eg_plan_clone_in(const eg_plan *plan, void *memory, size_t bytes);

/* Frees a plan. No run of it may be in progress. NULL is fine. */
EG_API void eg_plan_free(eg_plan *plan);

/* ---- running -------------------------------------------------------------------------------- */

/* Elements of the caller's, row by row, aligned to an element (of complex ones: to a part). In
 * easy.h arrays are listed by EG_FROM(x, h) and EG_INTO(y), count and buffers in one. */
typedef struct eg_plan_in {
    const void *data;
    size_t bytes;
} eg_plan_in;

typedef struct eg_plan_out {
    void *data;
    size_t bytes;
} eg_plan_out;

/* Runs it: reads the inputs, fills in the outputs. Unless it returns EG_PLAN_OK nothing is promised
 * of the outputs, and states are what they were. An output must not overlap an input or another
 * output; inputs may overlap. A pending error of the thread does not matter, and none is made; no
 * scope need be open.
 * A plan is run by one thread at a time, clones side by side. All work is done by the calling
 * thread. The first run of each way touches code and memory for the first time: make one before
 * time counts. */
EG_API eg_plan_status eg_plan_run(eg_plan *plan, int n_in, const eg_plan_in in[], int n_out,
    const eg_plan_out out[]);

/* The line of the C source that the last run came to when it did not end well: of the operation
 * that refused a value, or of the decision whose outcome was new. False, and an empty place, after
 * other endings. Question. */
EG_API bool eg_plan_stopped_at(const eg_plan *plan, eg_site *site);

/* ---- states --------------------------------------------------------------------------------- */

/* Copies state i to `data`; gives it the elements at `data`. False where there is no state i or it
 * has not as many bytes. As fast and bounded as a run, and like one of a single thread. */
EG_API bool eg_plan_get_state(const eg_plan *plan, int i, void *data, size_t bytes);
EG_API bool eg_plan_set_state(eg_plan *plan, int i, const void *data, size_t bytes);

/* All states as they were when the plan was made. NULL is fine. */
EG_API void eg_plan_reset(eg_plan *plan);

/* ---- questions ------------------------------------------------------------------------------ */

/* An input, an output or a state. */
typedef struct eg_plan_value {
    size_t size;      /* set to sizeof(eg_plan_value) before asking */
    const char *name; /* of an argument, where one is declared; of a variable; else "". Valid while
                         the plan or a clone lives */
    eg_dtype dtype;
    int rank;
    int64_t dims[EG_MAX_RANK];
    size_t bytes;     /* of a buffer for it */
    size_t alignment; /* that its address is a multiple of */
} eg_plan_value;

/* Fills in `value`; false where there is no such input, output or state. Questions. */
EG_API bool eg_plan_input(const eg_plan *plan, int i, eg_plan_value *value);
EG_API bool eg_plan_output(const eg_plan *plan, int i, eg_plan_value *value);
EG_API bool eg_plan_state(const eg_plan *plan, int i, eg_plan_value *value);

/* The bytes that a plan of this kind needs to run, at any address: what eg_plan_clone allocates.
 * 0 for NULL. Question. */
EG_API size_t eg_plan_bytes(const eg_plan *plan);

typedef struct eg_plan_info {
    size_t size; /* set to sizeof(eg_plan_info) before asking */
    int inputs, outputs, states;
    int steps;           /* kernels, on all ways */
    int guards;          /* places where the body decides by a value */
    int paths;           /* ways through the body */
    size_t bytes;        /* as eg_plan_bytes */
    size_t shared_bytes; /* steps, constants, weights: once for all clones */
    size_t arena;        /* bytes planned for values that come and go, on the way that needs most */
    size_t live;         /* of such values, the most that are needed at one time on that way */
} eg_plan_info;

/* Fills in `info`. Question. */
EG_API void eg_plan_info_now(const eg_plan *plan, eg_plan_info *info);

#ifdef __cplusplus
}
#endif

#endif
