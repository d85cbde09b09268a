/* Gradients: a tape remembers operations while it is open and runs them backwards.
 *
 *     EG_TAPE;
 *     eg_tensor *loss = loss_of(model, x, y);
 *     eg_gradient(loss, EG_IN(w, b), gradients);
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_GRAD_H
#define EAGRE_GRAD_H

#include <eagre/tensor.h>

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
    eg_tensor *target_gradient; /* start from this, in the target's shape [ones] */
    bool unconnected_none; /* "none" (eg_is_none) instead of zeros where a source has no path */
} eg_gradient_attrs;

/* The gradient of `target` (of the sum of its elements) with respect to each of `n` sources, by
 * the innermost tape; results in the order of the sources. Sources may be variables, watched
 * tensors or intermediates. After it a tape that is not persistent is used up, and intermediates
 * that nobody retained are spent: their memory is free at once.
 * Action. Owns: the results, by the tape's scope; all NULL after an error. Fails: EG_STATE without
 * a tape, or one used up; EG_INVALID for a target or source that is not floating point or NULL, and
 * for an operation without a gradient, naming it and the line that applied it. */
EG_API eg_status eg_gradient_with(eg_tensor *target, int n, eg_tensor *const sources[],
    eg_tensor *gradients[], const eg_gradient_attrs *attrs);
EG_API eg_status eg_gradient(eg_tensor *target, int n, eg_tensor *const sources[],
    eg_tensor *gradients[]);

#ifdef __cplusplus
}
#endif

#endif
