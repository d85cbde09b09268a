/* From the start of a process to its end, a result printed in between.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "groups.h"
#include <string.h>

enum { PROCESSES = 25 };

static void time_program(const bench_work *work, const char *program)
{
    double times[PROCESSES];
    int n = bench_option.smoke ? 1 : PROCESSES;
    char out[64];

    for (int i = 0; i < n; i++) {
        times[i] = bench_spawn(program, "", out, sizeof out);
        if (times[i] < 0 || strcmp(out, "3 int32[]\n") != 0) {
            bench_fail(work, "it does not print 3");
            return;
        }
    }
    bench_emit(work, n, times, 1);
}

static void measure_memory(const bench_work *work, const char *program)
{
    char out[64];
    int right = 0;
    double bytes = 0;

    bench_spawn(program, "--memory", out, sizeof out);
    if (sscanf(out, "%d %lf", &right, &bytes) == 2 && right)
        bench_emit_bytes(work, bytes);
    else
        bench_fail(work, "it does not say how much memory it has");
}

void bench_start(void)
{
    static const char *const programs[] = {"bench_first_result", "bench_first_result_shared"};
    static const char *const modes[] = {"process", "process_shared_library"};

    for (int i = 0; i < 2; i++) {
        const bench_work time = {.name = "startup",
            .mode = modes[i],
            .detail = "from its start to its end, 1 + 2 printed"};
        const bench_work memory = {.name = "startup_memory",
            .mode = modes[i],
            .detail = "resident at most"};
        if (bench_wants(time.name))
            time_program(&time, programs[i]);
        if (bench_wants(memory.name))
            measure_memory(&memory, programs[i]);
    }
}
