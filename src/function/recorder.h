/* The recorder: a watcher that follows a body through a trace, checking what is known and adding
 * what is new.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FUNCTION_RECORDER_H
#define FUNCTION_RECORDER_H

#include "function/sizes.h"

/* A question that was answered on this path already. */
typedef struct eg__answered {
    uint32_t value;
    eg__segment_end kind;
} eg__answered;

typedef struct eg__recorder {
    eg__watch watch;
    eg_function *function;
    eg__trace *trace;
    uint64_t number;      /* of the recording: handles made in it carry it */
    eg__segment *at;      /* the segment the body is in */
    bool checking;        /* it is part of the trace: compare; else it is new: append */
    bool gave_up;         /* the function or key has been made eager: listen no more */
    int node, assignment; /* checking: what comes next */
    eg__segment **made;   /* new segments, the first to be attached here: */
    int n_made, made_capacity;
    eg__segment *attach_to;
    eg__outcome seen;  /* under this outcome, */
    int n_outcomes;    /* when there were as many */
    eg__value *values; /* a handle's number is an index here */
    int n_values, values_capacity;
    eg_tensor **handles; /* by value, where they are kept for a gradient */
    int handles_capacity;
    bool keeps_handles;
    eg__map foreign;  /* handles from outside: their numbers */
    eg__map pending;  /* variables assigned by this call: the number of the value */
    eg_tensor **kept; /* foreign handles and copies of constants, owned */
    int n_kept, kept_capacity;
    eg_tensor **survivors; /* handles that somebody held when their scope closed, owned */
    int n_survivors, survivors_capacity;
    eg__answered *answered;
    int n_answered, answered_capacity;
    uint32_t errors_ended, things_made; /* when the recording began, */
    int tapes_stopped;                  /* like these */
    eg__size_watch size_watch;
    eg__size_table *sizes;
    eg__map size_at;       /* terms by what they are of */
    uint32_t makings;      /* of the function, then */
    bool makes_things;     /* things were made in it */
    size_t constant_bytes; /* of constants that the new segments have */
    int64_t time;          /* the body took */
} eg__recorder;

/* Starts listening: this thread's other watchers hear nothing until the end. `root` is where the
 * trace begins, NULL where nothing is recorded yet. */
bool eg__recorder_begin(eg__recorder *r, eg_function *f, eg__trace *trace, eg__watch **others);
void eg__recorder_end(eg__recorder *r, eg__watch *others);
void eg__recorder_free(eg__recorder *r);

/* The body returned these: checks or records the end of the path. */
bool eg__recorder_return(eg__recorder *r, int n, eg_tensor *const results[], bool is_tuple);

/* After the call's scope has closed: makes the function eager if something made in the body is
 * still held elsewhere, and sees whether it made things. The results are held once each by the
 * caller. */
void eg__recorder_look_for_escapes(eg__recorder *r, int n, eg_tensor *const results[]);

/* ---- handles.c ------------------------------------------------------------------------------ */

/* The fresh handles that stand for the arguments, owned by the innermost scope. */
bool eg__recorder_arguments(eg__recorder *r, const eg__key *key, eg_tensor *args[]);

/* The number of the value that a handle stands for, given now if it has none; -1 after an error. */
int eg__recorder_value(eg__recorder *r, eg_tensor *x);

/* A new number for a value; -1 after an error. */
int eg__recorder_add(eg__recorder *r, eg__value value);

/* From now on value `i` is what a handle stands for: one made in this recording; one from outside.
 * False after an error, also for i < 0. */
bool eg__recorder_mark(eg__recorder *r, eg_tensor *x, int i);
bool eg__recorder_name(eg__recorder *r, eg_tensor *x, int i);

/* ---- sizes.c -------------------------------------------------------------------------------- */

/* Begins to hear of sizes, and ends. */
bool eg__recorder_watch_sizes(eg__recorder *r);
void eg__recorder_free_sizes(eg__recorder *r);

/* A node was appended: keeps which of its attributes are sizes. */
bool eg__recorder_note_uses(eg__recorder *r, const eg_event *e, int node);

/* The host looks at a constant: if that counts something, the count is looked at. */
void eg__recorder_look_at_constant(eg__recorder *r, const eg_tensor *x);

/* ---- handles.c ------------------------------------------------------------------------------ */

/* Keeps a handle until the recording ends. */
bool eg__recorder_keep(eg__recorder *r, eg_tensor *x);

#endif
