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
 * its environment are used as they are when the operation runs. While it is recorded nothing has
 * a value, so it must not read any (eg_item, eg_true), nor assign variables or draw from a
 * generator: carry what changes from step to step. Random numbers of a step come of a key with the
 * step's number added to its second part.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CONTROL_H
#define EAGRE_CONTROL_H

#include <eagre/function.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `then` of x if `condition` is not zero, else `otherwise` of x. Only the chosen body is run.
 * The condition has one element; n may be 0, `in` is then NULL. The two must return as many
 * tensors, of the same dtypes and shapes; results are what they return, a tuple of several.
 *     eg_cond(eg_greater(x, 0), double_body, halve_body, NULL, 1, &x)
 * Owns: the result. Fails: EG_INVALID for NULL, for a condition with more elements, and for bodies
 * that disagree, naming both specs; what the bodies fail with. Gradient: of the body that was run.
 * Source: tf.cond, ONNX If. */
EG_API eg_tensor *eg_cond(eg_tensor *condition, eg_body then, eg_body otherwise, void *env, int n,
    eg_tensor *const in[]);

/* Body number `index` of x, an integer; below 0 it is the first, above the last the last.
 * There are 1 to 64. Otherwise as eg_cond. Owns: the result. Fails: as eg_cond, and for an index
 * that is no integer. Source: tf.switch_case, jax.lax.switch. */
EG_API eg_tensor *eg_switch(eg_tensor *index, int n_bodies, const eg_body bodies[], void *env,
    int n, eg_tensor *const in[]);

typedef struct eg_while_attrs {
    size_t size;  /* sizeof(eg_while_attrs) */
    int64_t most; /* steps at most; 0: any number */
} eg_while_attrs;

/* As long as `go_on` of the variables is not zero, they become what `step` makes of them. There are
 * 1 to 64, of any dtypes and shapes, which steps must not change. The result is the variables as
 * they are at last, a tuple of several; after no step those that were passed.
 *     eg_while(not_done_body, newton_body, NULL, 1, &x)
 * Owns: the result. Fails: EG_INVALID for NULL, for a condition with more than one element, and for
 * a step that returns another number, dtype or shape, naming the variable; what the bodies fail
 * with; EG_NO_MEMORY. Gradient: by all variables and by what the bodies use from outside; values of
 * all steps are kept for it while it is computed. Source: tf.while_loop, ONNX Loop. */
EG_API eg_tensor *eg_while_with(eg_body go_on, eg_body step, void *env, int n,
    eg_tensor *const in[], const eg_while_attrs *attrs);
EG_API eg_tensor *eg_while(eg_body go_on, eg_body step, void *env, int n, eg_tensor *const in[]);

/* `count` times: the variables become what `step` makes of the step's number (int64, from 0) and of
 * them. `count` is an integer with one element; below 1 nothing is done. Otherwise as eg_while.
 * Owns: the result. Fails: as eg_while, and for a count that is no integer.
 *     eg_for(eg_scalar_int(EG_INT64, 10), power_body, NULL, 1, &x)
 * Source: jax.lax.fori_loop. */
EG_API eg_tensor *eg_for(eg_tensor *count, eg_body step, void *env, int n, eg_tensor *const in[]);

typedef struct eg_scan_attrs {
    size_t size;    /* sizeof(eg_scan_attrs) */
    int64_t length; /* steps, where there are no rows */
    bool reverse;   /* begin with the last row */
} eg_scan_attrs;

/* A step for each row. Of the n tensors the first `n_state` are a state, the others have rows along
 * their first axis. `step` of the state and of the rows of one number returns the next state and
 * then what is to be kept of this step. The result is the last state and the kept values, each
 * stacked along a new first axis, a tuple of several.
 *     eg_scan(running_sum_body, NULL, 1, 2, (eg_tensor *[]){zero, x})
 * There may be no state, or no rows. Owns: the result. Fails: as eg_while; EG_INVALID where rows
 * have other first axes. Gradient: by state, rows, and what the body uses from outside.
 * Source: jax.lax.scan, tf.scan, ONNX Scan. */
EG_API eg_tensor *eg_scan_with(eg_body step, void *env, int n_state, int n, eg_tensor *const in[],
    const eg_scan_attrs *attrs);
EG_API eg_tensor *eg_scan(eg_body step, void *env, int n_state, int n, eg_tensor *const in[]);

#ifdef __cplusplus
}
#endif

#endif
