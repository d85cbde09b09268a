/* What a kernel is: arrays in, arrays out.
 *
 * A kernel is asked once whether it takes a problem (shapes, dtypes, attributes). If it does it
 * prepares a job, which may then run any number of times on any arrays of those shapes: the eager
 * dispatcher prepares and runs once, a plan prepares once and runs for ever. All arrays are
 * row-major and contiguous, and hold what their spec says.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include "tensor/spec.h"

typedef struct eg_problem {
    const void *attrs; /* the operation's; a kernel knows the type */
    int n_in, n_out;
    const eg_spec *const *in;
    const eg_spec *const *out;
} eg_problem;

enum { EG__JOB_STATE = 448 };

typedef struct eg_job {
    /* Computes the outputs. `scratch` has the bytes asked for below, aligned to a cache line; it is
     * never NULL, so that places in it can be counted. The status is EG_OK or what was reported
     * with eg__fail, op "". May run on several threads at once as long as nothing is dropped. */
    eg_status (*run)(const struct eg_job *job, void *const in[], void *const out[], void *scratch);
    void (*drop)(struct eg_job *job); /* frees what the state holds; NULL: nothing */
    size_t scratch;                   /* bytes of working memory a run needs */
    bool may_fail;                    /* a run can return something else than EG_OK */
    bool in_place;                    /* output 0 may be input 0 or any input of its size */
    /* Where in_place does not say it all: whether an output may lie over an input of its bytes. */
    bool (*may_overwrite)(const struct eg_job *job, int out, int in);
    const char *implementation; /* for profiles and verbose messages */
    /* Why a run may wait for memory, a lock or the host, in words that fit behind a colon; NULL: it
     * never does. */
    const char *waits;
    _Alignas(16) unsigned char state[EG__JOB_STATE];
} eg_job;

typedef struct eg_kernel {
    const char *name;
    /* NULL: the job is prepared. Otherwise why this kernel does not take the problem, in words
     * that fit behind "because"; a pending error where it should have but could not. */
    const char *(*prepare)(const struct eg_kernel *self, const eg_problem *p, eg_job *job);
    const void *table; /* what several kernels of one kind differ in */
} eg_kernel;

/* Runs n_chunks pieces of a job on the worker pool if it is worth waking it: `work` is an estimate
 * in nanoseconds of one thread. */
void eg__run_chunks(int n_chunks, double work, void (*fn)(void *env, int chunk), void *env);

static inline void eg__job_start(eg_job *job, const char *implementation,
    eg_status (*run)(const eg_job *, void *const[], void *const[], void *))
{
    job->run = run;
    job->drop = NULL;
    job->scratch = 0;
    job->may_fail = false;
    job->in_place = false;
    job->may_overwrite = NULL;
    job->implementation = implementation;
    job->waits = NULL;
}

/* Whether output `out` may be written over input `in`, which has as many bytes. */
static inline bool eg__may_overwrite(const eg_job *job, int out, int in)
{
    return job->may_overwrite ? job->may_overwrite(job, out, in) : job->in_place && out == 0;
}

#endif
