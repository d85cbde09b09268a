/* Calling a plan with tensors and getting tensors: frames from a pool, variables pinned, results
 * made.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RUN_CALL_H
#define RUN_CALL_H

#include "run/plan.h"
#include <pthread.h>

typedef struct eg__pooled_frame {
    eg__frame frame;
    eg_tensor **pinned; /* the values of the plan's variables, while a call is in progress */
    eg_tensor **made;   /* by output: its handle, where a call keeps it here */
    struct eg__pooled_frame *next;
} eg__pooled_frame;

/* Frames of one plan that no call is using. */
typedef struct eg__frames {
    const eg__plan *plan;
    _Atomic(eg__pooled_frame *) ready; /* the one that calls on one thread use over and over */
    pthread_mutex_t lock;
    eg__pooled_frame *spare;
} eg__frames;

void eg__frames_start(eg__frames *frames, const eg__plan *plan);
void eg__frames_end(eg__frames *frames); /* none may be in use */

eg__pooled_frame *eg__frames_take(eg__frames *frames);
void eg__frames_give_back(eg__frames *frames, eg__pooled_frame *f);

/* Binds the values that the plan's variables have now; they are let go with the frame. */
bool eg__frame_pin(eg__pooled_frame *f, const eg__plan *plan);

/* Makes a handle for output i if it gets memory of its own, and binds it. */
bool eg__frame_make_result(eg__frame *frame, const eg__plan *plan, int i, eg_tensor **result);

/* The other outputs: another handle of an input, variable, constant or earlier result, or a copy
 * out of the arena. `inputs` are the handles bound to the plan's inputs. */
bool eg__frame_share_result(eg__pooled_frame *f, const eg__plan *plan, int i,
    eg_tensor *const inputs[], eg_tensor *results[]);

/* All of it: binds inputs, pins, runs, and gives all outputs, owned by the caller. */
eg_status eg__plan_call(eg__frames *frames, eg_tensor *const inputs[], eg_tensor *results[]);

#endif
