/* bench [--only CASE,…] [--modes MODE,…] [--threads N] [--reps N] [--busy] [--smoke]: times the
 * cases and prints JSON lines; with --busy while a process spins on each processor.
 *
 * For bench.sh --peers: --save FOLDER writes what cases work on, and their results, as .npy;
 * --alone times first runs and tells memory; with --turns, once all is ready and a line is empty,
 * each line of standard input has the cases timed, which ends with an empty line.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "groups.h"
#include "spinners.h"
#include <stdlib.h>
#include <string.h>

static void (*const groups[])(void) = {bench_tiny, bench_functions, bench_chains, bench_products,
    bench_arrays, bench_images, bench_bandwidth, bench_vectors, bench_sorts, bench_mlp, bench_lstm,
    bench_tape_memory, bench_start, bench_limits};

static int usage(void)
{
    fputs("usage: bench [--only CASE,...] [--modes MODE,...] [--threads N] [--reps N] [--busy] "
          "[--smoke] [--save FOLDER] [--turns] [--alone]\n",
        stderr);
    return 2;
}

static bool *flag_of(const char *word)
{
    bench_options *o = &bench_option;

    return strcmp(word, "--smoke") == 0 ? &o->smoke
        : strcmp(word, "--busy") == 0   ? &o->busy
        : strcmp(word, "--turns") == 0  ? &o->turns
        : strcmp(word, "--alone") == 0  ? &o->alone
                                        : NULL;
}

static const char **text_of(const char *word)
{
    bench_options *o = &bench_option;

    return strcmp(word, "--only") == 0 ? &o->only
        : strcmp(word, "--modes") == 0 ? &o->modes
        : strcmp(word, "--save") == 0  ? &o->save
                                       : NULL;
}

static bool read_options(int argc, char *argv[])
{
    bench_options *o = &bench_option;

    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool *flag = flag_of(argv[i]);
        if (flag) {
            *flag = true;
            continue;
        }
        if (!value)
            return false;
        if (text_of(argv[i]))
            *text_of(argv[i]) = value;
        else if (strcmp(argv[i], "--threads") == 0 && atoi(value) > 0)
            eg_set_threads(atoi(value));
        else if (strcmp(argv[i], "--reps") == 0 && atoi(value) > 0)
            o->reps = atoi(value);
        else
            return false;
        i++;
    }
    o->threads = eg_threads();
    return true;
}

static int run_groups(void)
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        EG_SCOPE;
        groups[i]();
        if (eg_report(stderr) != 0)
            return 1;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    if (!read_options(argc, argv))
        return usage();
    if (bench_option.busy)
        spinners_start(bench_option.threads);
    int status = run_groups();
    spinners_stop();
    if (status != 0)
        return status;
    if (bench_option.smoke)
        printf("%d passed, %d failed\n", bench_cases() - bench_failures(), bench_failures());
    return bench_failures() > 0;
}
