/* Running one kernel on arrays of the test's own: what the dispatcher does, without it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_KERNEL_JOB_H
#define TESTS_KERNEL_JOB_H

#include "base/block.h"
#include "harness.h"
#include "kernel/kernel.h"
#include <string.h>

/* An array of a test: its spec and its elements. */
typedef struct array {
    eg_spec spec;
    void *data;
} array;

/* An array whose bytes are all 0xff (NaN, or -1), and so is one behind them. */
static inline array array_new(eg_dtype dtype, int rank, const int64_t dims[])
{
    array a = {{.dtype = dtype, .rank = rank, .size = 1}, NULL};

    for (int i = 0; i < rank; i++)
        a.spec.size *= a.spec.dims[i] = dims[i];
    a.data = eg__block_new(eg__bytes(&a.spec) + 1);
    assert_non_null(a.data);
    memset(a.data, 0xff, eg__bytes(&a.spec) + 1);
    return a;
}

static inline void array_free(array *a)
{
    eg__block_free(a->data, eg__bytes(&a->spec) + 1);
}

/* Prepares and runs a kernel once. Returns why it declines; NULL where it ran, an error pending
 * where the run failed. */
static inline const char *run_kernel(const eg_kernel *kernel, const void *attrs, int n_in,
    const array in[], int n_out, array out[])
{
    const eg_spec *in_spec[4], *out_spec[2];
    void *in_data[4], *out_data[2];
    eg_problem p = {attrs, n_in, n_out, in_spec, out_spec};
    eg_job job;

    for (int i = 0; i < n_in; i++) {
        in_spec[i] = &in[i].spec;
        in_data[i] = in[i].data;
    }
    for (int i = 0; i < n_out; i++) {
        out_spec[i] = &out[i].spec;
        out_data[i] = out[i].data;
    }
    const char *why = kernel->prepare(kernel, &p, &job);
    if (why)
        return why;
    void *scratch = eg__block_new(job.scratch + 1);
    if (job.run(&job, in_data, out_data, scratch) != EG_OK)
        assert_true(job.may_fail);
    if (job.drop)
        job.drop(&job);
    eg__block_free(scratch, job.scratch + 1);
    return NULL;
}

/* The same where neither may happen. */
static inline void compute(const eg_kernel *kernel, const void *attrs, int n_in, const array in[],
    int n_out, array out[])
{
    assert_null(run_kernel(kernel, attrs, n_in, in, n_out, out));
    assert_fine();
}

#endif
