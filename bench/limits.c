/* What the machine can do at most on the library's threads: reading and copying memory, in the last
 * cache and beyond it, and multiplying with additions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "groups.h"
#include "peak.h"
#include "stream.h"

static void run_stream(const char *what, eg_tensor *(*run)(void *), int64_t mebibytes)
{
    char name[64];
    stream *s;

    snprintf(name, sizeof name, "limit_bw_%s_%dMB", what, (int)mebibytes);
    if (!bench_wants(name) || !(s = stream_new(mebibytes << 20)))
        return;
    bench_run(1,
        &(const bench_work){.name = name,
            .mode = what,
            .peer = "C",
            .ops = stream_rounds(s),
            .run = run,
            .env = s});
    stream_free(s);
}

void bench_limits(void)
{
    static const int64_t mebibytes[] = {4, 64, 256};

    for (size_t i = 0; i < sizeof mebibytes / sizeof mebibytes[0]; i++) {
        run_stream("read", stream_read, mebibytes[i]);
        run_stream("copy", stream_copy, mebibytes[i]);
    }
    if (bench_wants("limit_fma_1M") && peak_name())
        bench_run(1,
            &(const bench_work){.name = "limit_fma_1M",
                .mode = peak_name(),
                .peer = "C",
                .detail = "a million multiplications and additions of float32, in registers",
                .ops = PEAK_MILLIONS,
                .run = peak_run});
}
