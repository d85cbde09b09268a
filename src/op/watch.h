/* Who wants to hear of every operation. Tape, recorder and graph builder implement this; the
 * dispatcher knows no more of them than this page.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OP_WATCH_H
#define OP_WATCH_H

#include "op/opdef.h"

typedef struct eg_watch eg_watch;

/* One operation that was applied. */
typedef struct eg_event {
    const eg_opdef *op;
    const void *attrs;
    int n_in, n_out;
    eg_tensor *const *in;    /* as they were passed: tensors, variables */
    eg_tensor *const *value; /* the values computed with: variables resolved */
    eg_tensor *const *out;
} eg_event;

/* How the host looks at a value. */
typedef enum eg__ask {
    EG__ASK_ITEM, /* one element: can be guarded */
    EG__ASK_RAW,  /* all of them */
} eg__ask;

typedef struct eg_watch_type {
    const char *name;
    bool symbolic; /* operations are only appended: outputs are symbols, nothing runs */
    eg_status (*applied)(eg_watch *w, const eg_event *e);
    eg_status (*asked)(eg_watch *w, eg_tensor *x, eg__ask how);     /* before the host reads x */
    eg_status (*assigned)(eg_watch *w, eg_tensor *variable, eg_tensor *value);
    eg_status (*printed)(eg_watch *w, eg_tensor *x, const eg_print_attrs *attrs, bool *done);
} eg_watch_type;

struct eg_watch {
    const eg_watch_type *type;
    eg_watch *outer;
};

/* Puts a watcher in front of this thread's others; takes it out again wherever it is. */
void eg__watch_begin(eg_watch *w);
void eg__watch_end(eg_watch *w);

/* Tell all watchers of this thread, innermost first; the first status that is not EG_OK. */
eg_status eg__watch_applied(const eg_event *e);
eg_status eg__watch_asked(eg_tensor *x, eg__ask how);
eg_status eg__watch_assigned(eg_tensor *variable, eg_tensor *value);
eg_status eg__watch_printed(eg_tensor *x, const eg_print_attrs *attrs, bool *done);

/* True where a graph is being built, so that nothing has a value. */
static inline bool eg__is_symbolic(const eg__thread *me)
{
    for (const eg_watch *w = me->watch; w; w = w->outer)
        if (w->type->symbolic)
            return true;
    return false;
}

#endif
