/* What the machine can do at most: reading and copying memory on the library's threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "groups.h"
#include "stream.h"

void bench_limits(void)
{
    static const int64_t bytes = (int64_t)1 << 28;
    const bench_work works[] = {
        {.name = "limit_bw_read_256MB", .mode = "read", .run = stream_read},
        {.name = "limit_bw_copy_256MB", .mode = "copy", .run = stream_copy},
    };

    for (int i = 0; i < 2; i++) {
        bench_work w = works[i];
        if (!bench_wants(w.name) || !(w.env = stream_new(bytes)))
            continue;
        w.peer = "C";
        w.ops = STREAM_ROUNDS;
        bench_run(1, &w);
        stream_free(w.env);
    }
}
