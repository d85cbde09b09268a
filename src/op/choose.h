/* Which kernel computes a problem, and how long it took for those who measure.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OP_CHOOSE_H
#define OP_CHOOSE_H

#include "base/block.h"
#include "op/opdef.h"

/* Prepares `job` with the first kernel of the operation that takes the problem; false, reported
 * with every kernel's reason, where none does. */
bool eg__choose(const eg_opdef *op, const eg_problem *p, eg_job *job);

/* The same for who can do without: nothing is reported but what went wrong, no message tells of the
 * choice, and no other dtype is tried. */
bool eg__prepare(const eg_opdef *op, const eg_problem *p, eg_job *job);

/* Runs a job once, with scratch of its own; errors are in the name of `op`. */
static inline eg_status eg__run_once(const eg_job *job, const char *op, void *const in[],
    void *const out[])
{
    char none;
    void *scratch = &none;

    if (job->scratch > 0 && !(scratch = eg__block_new(job->scratch)))
        return eg__fail_memory(op, job->scratch);
    eg_status status = job->run(job, in, out, scratch);
    if (job->scratch > 0)
        eg__block_free(scratch, job->scratch);
    if (EG_UNLIKELY(status != EG_OK))
        eg__error_in(op);
    return status;
}

/* A kernel that ran: its first result, its floating-point operations, and when, in nanoseconds.
 * Whoever keeps more than the name of the operation copies it. */
typedef struct eg__ran {
    const char *op, *implementation;
    const eg_spec *result;
    double flops;
    int64_t start, end;
} eg__ran;

/* Who measures time: the profiler of see/ implements it, for the whole process. */
typedef struct eg__timer {
    void (*ran)(struct eg__timer *t, const eg__ran *what);
} eg__timer;

/* The timer in use; NULL: none. When this returns nobody is in the former one any more. */
void eg__timer_set(eg__timer *t);

/* The time before something runs, 0 where nobody measures; where somebody does, what it was. */
int64_t eg__timer_start(void);
void eg__timer_tell(const eg__ran *what);

#endif
