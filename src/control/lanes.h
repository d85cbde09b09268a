/* Where a running loop keeps what its sweeps carry and emit.
 *
 * Each of a sweep's values has a lane. What later sweeps look at is kept, a record a step; what
 * nobody looks at again takes turns in two places, or stays in one where a step may write over what
 * it reads. What is emitted for a stacked result is written into it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTROL_LANES_H
#define CONTROL_LANES_H

#include "control/staged.h"

typedef enum eg__lane_kind {
    EG__LANE_TURNS,   /* a state: two places, in turn */
    EG__LANE_FIXED,   /* a state: one place; emitted, and looked at by nobody: the same */
    EG__LANE_KEPT,    /* a state: a record for each step; emitted: likewise */
    EG__LANE_STACKED, /* emitted: in result `output` */
    EG__LANE_INPUT,   /* a state that no step changes: where it begins */
} eg__lane_kind;

typedef struct eg__lane {
    eg__lane_kind kind;
    int output;
    size_t offset, bytes; /* offset: within the record of its kind */
} eg__lane;

typedef struct eg__lanes {
    eg__lane *lane;            /* of each output of the block */
    int *moving, n_moving;     /* the ports that change from step to step */
    int *looks, n_looks;       /* the earlier sweeps that it looks at */
    size_t turns, fixed;       /* bytes of records of these kinds, */
    size_t kept, kept_emitted; /* states and what is emitted apart */
} eg__lanes;

/* Whether later sweeps look at what a sweep leaves. */
static inline bool eg__is_looked_at(const eg__lanes *lanes)
{
    return lanes->kept + lanes->kept_emitted > 0;
}

#endif
