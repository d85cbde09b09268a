/* Gradients: a tape remembers operations while it is open and runs them backwards.
 *
 *     EG_TAPE;
 *     eg_tensor *loss = loss_of(model, x, y);
 *     eg_gradient(loss, EG_IN(w, b), gradients);
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_GRAD_H
#define EAGRE_GRAD_H

#include <eagre/function.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eg_tape_attrs {
    size_t size;       /* sizeof(eg_tape_attrs) */
    bool persistent;   /* eg_gradient may be called more than once; nothing is freed before */
    bool only_watched; /* trainable variables are not watched by themselves */
} eg_tape_attrs;

/* Opens a tape, which is a scope too: close it with eg_scope_close, or write `EG_TAPE;`. While it
 * is open it remembers every operation that depends on a trainable variable or on what eg_watch
 * named. Never NULL; inert where it cannot be opened (see eg_scope_open). Tapes nest: an inner
 * one's eg_gradient is remembered by those around it, so second derivatives are a tape in a tape.
 * `attrs` may be NULL. Fails: EG_NO_MEMORY. */
EG_API eg_scope *eg_tape_open(const eg_tape_attrs *attrs);

/* From here on the innermost tape remembers what depends on x.
 * Action. Fails: EG_STATE without a tape; EG_INVALID for NULL and for integers. */
EG_API eg_status eg_watch(eg_tensor *x);

typedef struct eg_gradient_attrs {
    size_t size;                /* sizeof(eg_gradient_attrs) */
    eg_tensor *target_gradient; /* start from this, shaped like the target, or a tuple [ones] */
    bool unconnected_none; /* "none" (eg_is_none) instead of zeros where a source has no path */
    bool sparse; /* of a source that only eg_gather (axis 0) or eg_embedding read, a tuple of the
                    places (int64[n], may repeat) and their rows, instead of an array as large as
                    the source; optimizers and clipping take it */
} eg_gradient_attrs;

/* The gradient of `target` (of the sum of its elements; of a tuple the sum of its parts') with
 * respect to each of `n` sources, by the innermost tape; results in the order of the sources.
 * Sources may be variables, watched tensors or intermediates. After it a tape that is not
 * persistent is used up, and intermediates that nobody retained are spent: their memory is free at
 * once.
 * Action. Owns: the results, by the tape's scope; all NULL after an error. Fails: EG_STATE without
 * a tape, for one used up, naming the line that did, and for what is spent, naming what made it and
 * where; EG_INVALID for a target or source that is not floating point or NULL, for targets of which
 * none depends on what the tape follows, and for an operation without a gradient, naming it and the
 * line that applied it. */
EG_API eg_status eg_gradient_with(eg_tensor *target, int n, eg_tensor *const sources[],
    eg_tensor *gradients[], const eg_gradient_attrs *attrs);
EG_API eg_status eg_gradient(eg_tensor *target, int n, eg_tensor *const sources[],
    eg_tensor *gradients[]);

/* A scope in which the innermost tape remembers nothing, in easy.h `EG_STOP_RECORDING;`: for
 * metrics, logging, and gradients that nobody differentiates again. Never NULL; without a tape it
 * is a plain scope. Close it with eg_scope_close. */
EG_API eg_scope *eg_stop_recording(void);

/* Forgets all that the innermost tape remembers and watches, as if it had just been opened; a tape
 * that was used up can be used again. Action. Fails: EG_STATE without a tape. */
EG_API eg_status eg_tape_reset(void);

/* The derivative of every element of `target` by every element of `source`, in the shape of the
 * target followed by that of the source: of y = x^2 at [1 2] it is [[2 0] [0 4]]. Needs a
 * persistent tape. The walk back is computed for many elements at once, as by eg_vmap; where the
 * tape has calls of functions, for one after the other.
 * Of complex numbers: a complex target by a complex source has its complex derivative, dy = J dx,
 * as JAX has it with holomorphic=True; by a real source too, dx being real. The rows of a real
 * target by a complex source are its gradients, as eg_gradient defines them.
 * Owns: the result. Fails: EG_STATE without a persistent tape; EG_INVALID for what is no
 * floating-point tensor, for more than EG_MAX_RANK axes, and for a complex target that is not
 * holomorphic in a complex source, unless a function is recorded or a graph is built. Records: its
 * operations, on outer tapes. */
EG_API eg_tensor *eg_jacobian(eg_tensor *target, eg_tensor *source);

/* For examples that do not depend on each other, along axis 0 of both: the derivative of every
 * element of an example's target by every element of its own source, in the shape of the target
 * followed by that of an example's source. Otherwise as eg_jacobian, with as many rows as an
 * example has elements. */
EG_API eg_tensor *eg_batch_jacobian(eg_tensor *target, eg_tensor *source);

/* ---- forward mode --------------------------------------------------------------------------- */

/* Opens forward mode, which is a scope too: close it with eg_scope_close, or write `EG_FORWARD;`.
 * While it is open every operation carries tangents along: the derivative of its result in the
 * direction that eg_set_tangent gave. It needs no memory for what was computed, and suits few
 * inputs with many outputs; the gradient by a tape inside has tangents too (Hessian times vector).
 * Never NULL; inert where it cannot be opened. Nests with itself and with tapes; functions called
 * inside run eagerly, functions around it record it. Fails: EG_NO_MEMORY. */
EG_API eg_scope *eg_forward_open(void);

/* Makes `tangent` the direction in which x moves, for the innermost forward mode. x is a tensor or
 * a variable; both have one spec. Action. Fails: EG_STATE where forward mode is not on; EG_INVALID
 * for NULL, for what is not floating point, and where the specs differ. */
EG_API eg_status eg_set_tangent(eg_tensor *x, eg_tensor *tangent);

/* The derivative of y in the direction that was set, in y's spec; zeros where y does not depend on
 * what has a tangent; of a tuple a tuple.
 * Owns: the result. Fails: EG_STATE where forward mode is not on; EG_INVALID for NULL and for what
 * is not floating point. */
EG_API eg_tensor *eg_tangent(eg_tensor *y);

/* ---- derivatives of bodies ------------------------------------------------------------------ */

/* body(n, x, env), and its derivative at x in the direction v (Jacobian times v) in *tangent, by
 * forward mode. v has the specs of x; a NULL among them is zero.
 * Owns: both results; the body may return a tuple. Fails: EG_INVALID for NULL, and as
 * eg_set_tangent. */
EG_API eg_tensor *eg_jvp(eg_body body, void *env, int n, eg_tensor *const x[], eg_tensor *const v[],
    eg_tensor **tangent);

/* body(n, x, env), and u times its Jacobian (the gradient by each argument with u coming in) in dx,
 * by a tape. u is shaped like the result, a tuple for a tuple.
 * Owns: all results. Fails: as eg_gradient_with. */
EG_API eg_tensor *eg_vjp(eg_body body, void *env, int n, eg_tensor *const x[], eg_tensor *u,
    eg_tensor *dx[]);

/* The Hessian of body(n, x, env), or of the sum of its elements, times v, by each argument, in hv:
 * forward mode over a tape, at a small multiple of the cost of a gradient. Of complex numbers it is
 * how the gradient, as eg_gradient defines it, changes in the direction v.
 * Action. Owns: hv; all NULL after an error. Fails: as eg_jvp and eg_gradient.
 * Source: Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6 (1994). */
EG_API eg_status eg_hvp(eg_body body, void *env, int n, eg_tensor *const x[], eg_tensor *const v[],
    eg_tensor *hv[]);

/* The second derivatives of body(1, &x, env), or of the sum of its elements, in the shape of x
 * twice; of a holomorphic function, where x is complex. Owns: the result. Fails: as eg_jacobian. */
EG_API eg_tensor *eg_hessian(eg_body body, void *env, eg_tensor *x);

/* ---- many examples at once ------------------------------------------------------------------ */

enum { EG_NOT_MAPPED = INT32_MIN }; /* an argument that all examples share */

/* body(n, x, env) for each example, at once: argument i without its axis axes[i] is what the body
 * sees, and results have the axis of examples in front. NULL: axis 0 of all arguments;
 * EG_NOT_MAPPED: the whole argument, for all. The body runs once, on symbols, so it cannot look at
 * values; it may return a tuple. Most operations treat one more axis in one go; the others are
 * applied to one example after the other.
 * Owns: the result. Fails: EG_INVALID for NULL, numbers of examples that differ, no mapped
 * argument, and what would have more than EG_MAX_RANK axes; EG_STATE where the body looks at a
 * value.
 * Records: the operations that do it; gradients and tangents go through them. */
EG_API eg_tensor *eg_vmap(eg_body body, void *env, int n, eg_tensor *const x[], const int axes[]);

/* ---- gradients of your own ------------------------------------------------------------------ */

/* What a backward function sees and fills in. */
typedef struct eg_rule_call {
    int n;
    eg_tensor *const *x; /* the arguments */
    eg_tensor *y, *dy;   /* what forward returned, and the gradient by it: for a tuple a tuple, with
                            zeros for parts that nothing depends on, none for whole numbers */
    eg_tensor **dx;      /* to fill in: by each argument, in its shape; what stays NULL is zero */
    void *env;
} eg_rule_call;

typedef eg_status (*eg_rule_backward)(const eg_rule_call *call);

/* A computation with a gradient of its own. */
typedef struct eg_rule {
    const char *name; /* for errors; a string literal ["eg_custom_gradient"] */
    eg_body forward;  /* as for functions; returns a tensor or a tuple */
    eg_rule_backward backward;
    void *env; /* handed to both; must live as long as tapes and functions that used it */
} eg_rule;

/* Runs `rule->forward` on the arguments; tapes do not look inside, and differentiate the result by
 * `rule->backward`, which is written with operations, so that second derivatives go through it.
 * Inside a traced function, and in a graph, backward works on symbols: it may not look at values.
 * What is to get a gradient has to be an argument, variables too.
 * Owns: the result. Fails: EG_INVALID for NULL, and, when the gradient is asked for, for one of
 * another dtype or shape and for more of them than arguments, naming the rule and the line that
 * applied it; whatever both functions fail with.
 * Records: forward's operations, then WithGradient. */
EG_API eg_tensor *eg_custom_gradient(const eg_rule *rule, int n, eg_tensor *const in[]);

/* body(n, in, env), of which a tape keeps arguments and results alone: what lies between is
 * computed again when the gradient is asked for, which costs time and saves memory. The body
 * returns a tensor or a tuple; it must compute the same again and have no effects. What is to get a
 * gradient has to be an argument.
 * Source: Chen et al., arXiv:1604.06174. Owns, Fails, Records: as eg_custom_gradient. */
EG_API eg_tensor *eg_recompute(eg_body body, void *env, int n, eg_tensor *const in[]);

#ifdef __cplusplus
}
#endif

#endif
