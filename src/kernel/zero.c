/* Zeros, in chunks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/zero.h"
#include "kernel/copy.h"
#include <string.h>

enum {
    CHUNK = 256 << 10, /* bytes a thread takes at a time */
    ZEROS = 4096,      /* bytes of nothing, which stay in the first cache */
};

typedef struct zeros {
    char *to;
    size_t bytes, at_once;
} zeros;

static void zero_chunk(void *env, int chunk)
{
    const zeros *z = env;
    static const char none[ZEROS];
    size_t at = (size_t)chunk * z->at_once;
    size_t n = z->bytes - at < z->at_once ? z->bytes - at : z->at_once;
    eg__plane lines = {{(int64_t)(n / ZEROS), ZEROS}, {0, 1}, {ZEROS, 1}, none, z->to + at, 0, 0};

    eg__copy_rows(&lines, z->bytes);
    memset(z->to + at + n / ZEROS * ZEROS, 0, n % ZEROS);
}

void eg__zero(void *to, size_t bytes)
{
    zeros z = {to, bytes, CHUNK};

    while (bytes / z.at_once >= INT32_MAX)
        z.at_once *= 2;
    eg__run_chunks((int)((bytes + z.at_once - 1) / z.at_once), (double)bytes * 0.05, zero_chunk,
        &z);
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const size_t *bytes = (const size_t *)(const void *)job->state;

    (void)in, (void)scratch;
    eg__zero(out[0], *bytes);
    return EG_OK;
}

void eg__prepare_zeros(const eg_spec *out, eg_job *job)
{
    size_t bytes = eg__bytes(out);

    eg__job_start(job, "zeros", run);
    memcpy(job->state, &bytes, sizeof bytes);
}
