/* What a call under a tape leaves behind for its gradient: the payload of the tape's record.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FUNCTION_RESIDUE_H
#define FUNCTION_RESIDUE_H

#include "function/trace.h"

typedef struct eg__residue {
    eg__payload payload;
    eg_function *function; /* counted, like everything here */
    eg__derivative *derivative;
    eg__piece **pieces;        /* the path that was run, */
    eg__pooled_frame **frames; /* its frames, in which values lie */
    int n_frames;
    eg_tensor **held; /* handles of values that lie elsewhere */
    int n_held, held_capacity;
    void **residual; /* where each residual is */
} eg__residue;

eg__residue *eg__residue_new(eg_function *f, eg__derivative *d);

/* One more handle to hold; false where memory is out. */
bool eg__residue_hold(eg__residue *r, eg_tensor *x);

/* Tells the tape of this thread of the call, if it follows any of its sources: one record with all
 * of them as inputs. Takes over the residue. */
eg_status eg__residue_note(eg__residue *r, eg_tensor *const args[], eg_tensor *const y[]);

#endif
