/* Staged control flow: branches and loops on tensors as single operations.
 *
 * Plain C `if`, `for` and `while` work in functions: every outcome that is met becomes a branch of
 * the recording. That is right for a handful of outcomes. Where a loop's length depends on values,
 * or a branch must not be recorded for each way it goes, these keep the decision in the graph. Run
 * eagerly they call their bodies as C would, so a debugger steps through them; in a function, or
 * while a graph is built, each body is run once, on symbols, and becomes part of one operation. In
 * both modes results have the same bits. There are gradients of any order in both, also of a
 * `while` of unknown length; they agree but for the order of sums, where a tensor is used in
 * several ways.
 *
 * A body takes tensors and returns a tensor or a tuple. Tensors and variables that it finds through
 * its environment are used as they are when the operation runs. What it assigns to variables
 * (eg_assign), draws from generators (eg_next_key) and prints (eg_print) has the effect it has in
 * C: the next step, and the code behind, see what a step assigned; a step prints when it is run. In
 * a function nothing is assigned by a loop that fails. The condition of a loop has no effects.
 *
 * While a body is recorded nothing has a value, so it must not read any (eg_item, eg_true), make
 * variables, or end errors (EG_TRY, eg_report). Bodies nest, recorded at most 64 deep: one that
 * calls itself without end is an error.
 *
 * All may be called from several threads at once, like operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CONTROL_H
#define EAGRE_CONTROL_H

#include <eagre/function.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- branches ------------------------------------------------------------------------------- */

/* `then` of x if `condition` is not zero, else `otherwise` of x. Only the chosen body is run.
 * The condition has one element; n may be 0, `in` is then NULL. The two must return as many
 * tensors, of the same dtypes and shapes; results are what they return, a tuple of several.
 *     eg_cond(eg_greater(x, 0), double_body, halve_body, NULL, EG_IN(x))
 * Owns: the result. Fails: EG_INVALID for NULL, for a condition with more elements, and for bodies
 * that disagree, naming both specs; what the bodies fail with. Gradient: of the body that was run.
 * Source: tf.cond, ONNX If. */
EG_API eg_tensor *eg_cond(eg_tensor *condition, eg_body then, eg_body otherwise, void *env, int n,
    eg_tensor *const in[]);

/* Body number `index` of x, an integer; below 0 it is the first, above the last the last.
 * There are 1 to 64. Otherwise as eg_cond. Owns: the result. Fails: as eg_cond, and for an index
 * that is no integer. Source: tf.switch_case, jax.lax.switch.
 *     eg_switch(which, EG_BODIES(first_body, second_body), NULL, EG_IN(x)) */
EG_API eg_tensor *eg_switch(eg_tensor *index, int n_bodies, const eg_body bodies[], void *env,
    int n, eg_tensor *const in[]);

/* ---- loops ---------------------------------------------------------------------------------- */

/* A gradient needs the values that each step began with. All are kept while it is computed, or,
 * with `recompute`, those of few steps, about the square root of their number: what is between them
 * is run again, which takes a run of the loop more. The bits are the same. With either of the two
 * below the bodies are recorded in eager mode too. */

typedef struct eg_while_attrs {
    size_t size;       /* sizeof(eg_while_attrs) */
    int64_t most;      /* steps at most; 0: any number */
    bool recompute;    /* gradients keep the values of few steps */
    int64_t most_kept; /* bytes that a gradient may keep; 0: any number */
} eg_while_attrs;

/* As long as `go_on` of the variables is not zero, they become what `step` makes of them. There are
 * 1 to 64, of any dtypes and shapes, which steps must not change: what grows is written into rows
 * that are there from the start, see eg_tensor_array. The result is the variables as they are at
 * last, a tuple of several; after no step those that were passed.
 *     eg_while(not_done_body, newton_body, NULL, EG_IN(x), .most = 100)
 * A loop is left early by its condition: carry a bool that a step sets.
 * Owns: the result. Fails: EG_INVALID for NULL, for a condition with more than one element, and for
 * a step that returns another number, dtype or shape, naming the variable; what the bodies fail
 * with; EG_NO_MEMORY, also where a gradient would keep more than `most_kept`. Gradient: by all
 * variables and by what the bodies use from outside. Source: tf.while_loop, ONNX Loop. */
EG_API eg_tensor *eg_while_with(eg_body go_on, eg_body step, void *env, int n,
    eg_tensor *const in[], const eg_while_attrs *attrs);
EG_API eg_tensor *eg_while(eg_body go_on, eg_body step, void *env, int n, eg_tensor *const in[]);

typedef struct eg_for_attrs {
    size_t size;       /* sizeof(eg_for_attrs) */
    bool recompute;    /* as of eg_while */
    int64_t most_kept; /* as of eg_while */
} eg_for_attrs;

/* `count` times: the variables become what `step` makes of the step's number (int64, from 0) and of
 * them. `count` is an integer with one element; below 1 nothing is done. Otherwise as eg_while.
 * Owns: the result. Fails: as eg_while, and for a count that is no integer.
 *     eg_for(10, power_body, NULL, EG_IN(x))
 * Source: jax.lax.fori_loop. */
EG_API eg_tensor *eg_for_with(eg_tensor *count, eg_body step, void *env, int n,
    eg_tensor *const in[], const eg_for_attrs *attrs);
EG_API eg_tensor *eg_for(eg_tensor *count, eg_body step, void *env, int n, eg_tensor *const in[]);

typedef struct eg_scan_attrs {
    size_t size;       /* sizeof(eg_scan_attrs) */
    int64_t length;    /* steps, where there are no rows */
    bool reverse;      /* begin with the last row */
    bool recompute;    /* as of eg_while */
    int64_t most_kept; /* as of eg_while */
} eg_scan_attrs;

/* A step for each row. Of the n tensors the first `n_state` are a state, the others have rows along
 * their first axis. `step` of the state and of the rows of one number returns the next state and
 * then what is to be kept of this step. The result is the last state and the kept values, each
 * stacked along a new first axis, a tuple of several.
 *     eg_scan(running_sum_body, NULL, 1, EG_IN(zero, x))
 * There may be no state, or no rows. Owns: the result. Fails: as eg_while; EG_INVALID where rows
 * have other first axes. Gradient: by state, rows, and what the body uses from outside.
 * Source: jax.lax.scan, tf.scan, ONNX Scan. */
EG_API eg_tensor *eg_scan_with(eg_body step, void *env, int n_state, int n, eg_tensor *const in[],
    const eg_scan_attrs *attrs);
EG_API eg_tensor *eg_scan(eg_body step, void *env, int n_state, int n, eg_tensor *const in[]);

/* The last state of the same, of which there is at least one: `step` returns the next state alone.
 *     eg_fold(add_body, NULL, 1, EG_IN(zero, x))
 * Owns: the result. Fails: as eg_scan. Gradient: as of eg_scan. Source: tf.foldl; with `reverse`
 * tf.foldr. */
EG_API eg_tensor *eg_fold_with(eg_body step, void *env, int n_state, int n, eg_tensor *const in[],
    const eg_scan_attrs *attrs);
EG_API eg_tensor *eg_fold(eg_body step, void *env, int n_state, int n, eg_tensor *const in[]);

/* What `body` makes of the rows of one number along the first axis of n tensors, 1 to 64, for each
 * number, one after the other: its results stacked along a new first axis, a tuple of several.
 * Where a body has no branches on values, eg_vmap does the same for all rows at once, faster.
 *     eg_map(normalized_body, NULL, EG_IN(x))
 * Owns: the result. Fails: as eg_scan. Gradient: by the tensors, and by what the body uses from
 * outside. Source: tf.map_fn, jax.lax.map. */
EG_API eg_tensor *eg_map(eg_body body, void *env, int n, eg_tensor *const in[]);

/* ---- tensor arrays -------------------------------------------------------------------------- */

/* A list of n tensors of one dtype and shape, all zeros: a tensor with a row for each, so that
 * everything that takes tensors takes it, loops carry it, stacking and unstacking are nothing to
 * do, and its size is eg_dim(array, 0). Owns: the result. Fails: EG_INVALID for an impossible
 * shape; EG_NO_MEMORY. Source: tf.TensorArray. */
EG_API eg_tensor *eg_tensor_array(eg_dtype dtype, int64_t n, int rank, const int64_t dims[]);

/* The array with x, of its dtype and of a row's shape, as number `index`, an integer with one
 * element. The old array stays as it is; where nothing needs it any more, as in a recorded loop
 * that carries it, the row is written in place, so that n writes take the time of n rows.
 *     state[1] = eg_tensor_array_write(state[1], step, y);
 * Owns: the result. Fails: EG_INVALID for NULL, another dtype or shape, and an index that is not
 * from 0 to n - 1. Gradient: by the array and by x. Source: tf.TensorArray.write. */
EG_API eg_tensor *eg_tensor_array_write(eg_tensor *array, eg_tensor *index, eg_tensor *x);

/* Number `index` of the array. Owns: the result. Fails: EG_INVALID for NULL and for an index that
 * is not from 0 to n - 1. Gradient: by the array. Source: tf.TensorArray.read. */
EG_API eg_tensor *eg_tensor_array_read(eg_tensor *array, eg_tensor *index);

#ifdef __cplusplus
}
#endif

#endif
