/* Tapes from inside.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTODIFF_TAPE_H
#define AUTODIFF_TAPE_H

#include "autodiff/backward.h"
#include "autodiff/flow.h"
#include "base/map.h"
#include "tensor/scope.h"
#include <eagre/grad.h>

typedef struct eg__tape {
    eg__watch watch;
    eg_scope *scope;
    eg_site opened, used; /* where, and where its only gradient was taken */
    bool persistent, only_watched, used_up;
    int paused;       /* by how many: it records where nobody does */
    eg__arena memory; /* the records' own */
    eg__record **records;
    int n_records, capacity;
    eg__map ids;      /* by handle: the number of the value it is; those handles are kept */
    eg_tensor **kept; /* handles that are kept though no record has them */
    int n_kept, kept_capacity;
    uint32_t n_values;
} eg__tape;

/* The innermost tape of this thread; NULL: none. */
eg__tape *eg__tape_innermost(void);

/* The next tape outside a watcher; the innermost for NULL. */
eg__tape *eg__tape_after(const eg__watch *w);

/* Where something is, as "file:line"; "?" where that is unknown. */
enum { EG__PLACE_TEXT = 72 };
const char *eg__place_text(const eg_site *site, char room[EG__PLACE_TEXT]);

/* Forgets what was recorded and what is watched. */
void eg__tape_forget(eg__tape *tape);

/* Pauses all tapes of this thread, or goes on. */
void eg__tapes_pause(int more);

/* How many open blocks of this thread stop recording where no tape is in sight, because none is
 * open, or because a function is being recorded and they are outside of it. */
int eg__tapes_stopped(void);

/* The number of the value behind a handle, EG__NO_VALUE where the tape does not follow it. A
 * trainable variable is followed from its first use. */
uint32_t eg__tape_find(const eg__tape *tape, const eg_tensor *x);

/* The gradient of y by x with `seed` coming in, of a persistent tape; NULL where there is no path,
 * or after an error. Owns: the result. */
eg_tensor *eg__tape_pull(eg__tape *tape, eg_tensor *y, eg_tensor *x, eg_tensor *seed);

/* What flows back from targets, each with a value, to sources; no sum is open (flow.h). */
typedef struct eg__pull {
    int n_targets, n;
    eg_tensor **target;
    const eg__flow *seed;
    eg_tensor **source;
    eg__flow *found; /* owned by the innermost scope */
} eg__pull;

/* Fills in what is found; false after an error. */
bool eg__tape_flows(eg__tape *tape, const eg__pull *pull);

/* Whether an operation with this input would be recorded. */
bool eg__tape_follows(const eg__tape *tape, const eg_tensor *x);

#endif
