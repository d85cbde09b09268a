/* What a thread of the host has of eagre's: its innermost scope, its pending error, who watches
 * its operations. Small and without allocation, so it can live in the fast kind of thread-local
 * storage and be there before anything else. What needs memory (the error's text, the pools) is
 * the thread's store, allocated with its first scope, so that reporting "out of memory" needs none.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include "base/compiler.h"
#include <eagre/base.h>

struct eg_scope;
struct eg_tensor;
struct eg__watch;
struct eg__transaction;
struct eg__store;
struct eg__size_watch;
struct eg__host_log;
struct eg__running;
struct eg__strings;

/* A run for real time is on: nobody waits for memory, a lock or another thread, and a failure is a
 * status and a place instead of a text. */
typedef struct eg__steady {
    eg_site site; /* of what failed */
} eg__steady;

typedef struct eg__thread {
    eg_status failed;      /* status of the pending error; EG_OK: none */
    uint32_t printed;      /* prints that went out; see function/ */
    uint32_t skip_prints;  /* prints not to repeat: a call already made them before it missed */
    uint32_t errors_ended; /* errors that eg_report or a try scope took away */
    uint32_t things_made;  /* variables, generators and the like */
    uint32_t host_next;    /* the entry of the log that stands for the next host call; see below */
    uint16_t bodies;       /* that run inside one another: see eg__body_enter */
    uint16_t drawings;     /* of them, those being drawn on symbols */
    bool wants_steady;     /* of an operation's kernels those that wait for nothing */
    eg__steady *steady;    /* NULL: no such run */
    eg_site made_at;       /* where the last of them was made */
    eg_site site;          /* where the caller is */
    struct eg__store *store;
    struct eg_scope *scope;  /* innermost; NULL: none open */
    struct eg__watch *watch; /* innermost watcher of the dispatcher; NULL: plain eager */
    struct eg__transaction *transaction; /* innermost call with pending assignments */
    struct eg__host_log *host_log; /* host calls with effects that the call in progress has made,
                                      for when it starts over; NULL: none. See function/host.h */
    struct eg__running *running;   /* innermost function whose body runs; NULL: none */
    uint64_t recording;            /* number of the recording in progress; 0: none */
    /* While recording: a handle made in it is still owned by somebody when its scope lets go, or
     * moves to another scope. */
    void (*outlives)(struct eg_tensor *x);
    struct eg__strings *strings;  /* innermost pool of strings that are made; NULL: none */
    struct eg__size_watch *sizes; /* who hears of sizes that are looked at; NULL: nobody */
    struct eg_scope *spare_scopes;
    struct eg_tensor *spare_tensors;
    int n_spare_tensors;
    int64_t live_tensors;             /* made minus freed on this thread; see store.h */
    void (*end)(struct eg__thread *); /* closes scopes and frees spares when the thread ends */
} eg__thread;

extern _Thread_local eg__thread eg__me EG_TLS_FAST;

/* Gives the thread its store; false where memory is out. Cheap when it has one. */
bool eg__thread_start(eg__thread *me);

#endif
