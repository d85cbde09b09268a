/* Host calls: the thing, the operation, and the log of those that need not be made again.
 *
 * A call that misses, or meets another thread's assignment, runs again from its beginning. The host
 * calls with effects that it has made are not made again: their results are kept in a log of the
 * thread, and the next attempt takes them from there in the same order, as long as arguments are
 * the same.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FUNCTION_HOST_H
#define FUNCTION_HOST_H

#include "op/opdef.h"
#include <eagre/host.h>

struct eg_host {
    atomic_int refs;
    eg_host_attrs attrs; /* name: a copy; out: not used */
    eg_spec *out;        /* NULL: each is like the first argument */
};

/* The attributes of HostCall. What has no arguments is given one that nobody looks at. */
typedef struct eg__host_call {
    size_t size;
    eg_host *host;
    const char *name;
    int n_in, n_out;
    bool is_gradient;         /* calls the host's gradient instead */
    int8_t like[EG__MAX_OUT]; /* by result: the input it is like; -1: the host says */
} eg__host_call;

extern const eg_opdef eg_op_host_call;
extern const eg_kernel eg__host_kernel; /* host_run.c */

/* True where it gives its first argument back. */
static inline bool eg__host_only_looks(const eg__host_call *c)
{
    return c->host->attrs.n_out == 0 && !c->is_gradient;
}

/* True where each call of it counts. */
static inline bool eg__host_has_effects(const eg__host_call *c)
{
    return !c->host->attrs.pure && !c->is_gradient;
}

/* Forgets the log; the call that it is for has ended. */
void eg__host_log_drop(void);

/* At the end of every call. */
static inline void eg__host_log_end(void)
{
    if (EG_UNLIKELY(eg__me.host_log != NULL) && !eg__me.transaction)
        eg__host_log_drop();
}

#endif
