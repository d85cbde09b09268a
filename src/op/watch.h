/* Who wants to hear of every operation. Tape, recorder and graph builder implement this; the
 * dispatcher knows no more of them than this page.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OP_WATCH_H
#define OP_WATCH_H

#include "op/opdef.h"
#include "tensor/size.h"

typedef struct eg__watch eg__watch;

/* What an application carries beside attributes: a call of a function keeps here what its gradient
 * will need. Counted. */
struct eg__payload {
    atomic_int refs;
    void (*drop)(eg__payload *payload);
};

static inline eg__payload *eg__payload_ref(eg__payload *payload)
{
    if (payload)
        atomic_fetch_add_explicit(&payload->refs, 1, memory_order_relaxed);
    return payload;
}

static inline void eg__payload_unref(eg__payload *payload)
{
    if (payload && atomic_fetch_sub_explicit(&payload->refs, 1, memory_order_acq_rel) == 1)
        payload->drop(payload);
}

/* One operation that was applied. */
typedef struct eg_event {
    const eg_opdef *op;
    const void *attrs;
    eg__payload *payload; /* NULL: none */
    int n_in, n_out;
    eg_tensor *const *in;    /* as they were passed: tensors, variables */
    eg_tensor *const *value; /* the values computed with: variables resolved */
    eg_tensor *const *out;
    const eg__size_patch *sized; /* attributes that are sizes, see tensor/size.h */
    int n_sized;
} eg_event;

/* How the host looks at a value. */
typedef enum eg__ask {
    EG__ASK_TRUE, /* whether the only element is zero: can be guarded */
    EG__ASK_ITEM, /* the only element: can be guarded */
    EG__ASK_RAW,  /* all elements */
} eg__ask;

typedef struct eg__watch_type {
    const char *name;
    bool symbolic; /* operations are only appended: outputs are symbols, nothing runs */
    eg_status (*applied)(eg__watch *w, const eg_event *e);
    eg_status (*settled)(eg__watch *w, const eg_event *e);       /* when all have heard of it */
    eg_status (*asked)(eg__watch *w, eg_tensor *x, eg__ask how); /* before the host reads x */
    eg_status (*assigned)(eg__watch *w, eg_tensor *variable, eg_tensor *value);
    eg_status (*printed)(eg__watch *w, eg_tensor *x, const eg_print_attrs *attrs);
    /* What the host is to see of a symbol, with one more owner; NULL, reported, where that cannot
     * be said. No such call: symbols have no value. */
    eg_tensor *(*answered)(eg__watch *w, eg_tensor *x, eg__ask how);
} eg__watch_type;

struct eg__watch {
    const eg__watch_type *type;
    eg__watch *outer;
};

/* Puts a watcher in front of this thread's others; takes it out again wherever it is. */
void eg__watch_begin(eg__watch *w);
void eg__watch_end(eg__watch *w);

/* Tell all watchers of this thread, innermost first; the first status that is not EG_OK. That an
 * operation is settled they hear outermost first. */
eg_status eg__watch_applied(const eg_event *e);
eg_status eg__watch_asked(eg_tensor *x, eg__ask how);
eg_status eg__watch_assigned(eg_tensor *variable, eg_tensor *value);
eg_status eg__watch_printed(eg_tensor *x, const eg_print_attrs *attrs);

/* The value that a watcher takes a symbol to have, with one more owner. NULL: none does, or, with
 * an error pending, it cannot. */
eg_tensor *eg__watch_answered(eg_tensor *x, eg__ask how);

/* Whether any of them needs to know of assignments, with the value. */
bool eg__assignments_are_watched(void);

/* True where a graph is being built, so that nothing has a value. */
static inline bool eg__is_symbolic(const eg__thread *me)
{
    for (const eg__watch *w = me->watch; w; w = w->outer)
        if (w->type->symbolic)
            return true;
    return false;
}

#endif
