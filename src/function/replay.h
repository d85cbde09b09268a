/* A call being served from a program.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FUNCTION_REPLAY_H
#define FUNCTION_REPLAY_H

#include "function/trace.h"

enum { EG__FEW_PIECES = 8 };

typedef struct eg__replay {
    const eg__trace *trace;
    const eg__key *key;
    const eg__place **path; /* by depth */
    eg__pooled_frame **frames;
    int n, capacity;
    const eg__place *few_path[EG__FEW_PIECES];
    eg__pooled_frame *few_frames[EG__FEW_PIECES];
    eg_tensor **results;
    int n_results; /* that were made and belong to nobody yet */
    bool dry;      /* nothing is assigned, no tape hears of it */
    bool updates;  /* the leaf's last steps run while the call commits */
} eg__replay;

/* Runs the steps that make values in place, as the update of a commit: see update.c. */
eg_status eg__replay_update(void *replay);

#endif
