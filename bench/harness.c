/* Timing, checking and printing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "resident.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LEAST_REPS = 9, MOST_REPS = 201, MOST_WORKS = 8, QUIET_TRIES = 15, RUNS_ALONE = 3 };

/* A block is shorter than what a scheduler gives a program at a time, so that on a busy machine
 * some blocks are not interrupted; and a work gets this much time in all. */
static const double block_ns = 2e6, work_ns = 1e9;

bench_options bench_option = {.only = "", .modes = ""};
static int cases, failures;

double bench_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

bool bench_wants(const char *name)
{
    const char *at = bench_option.only;

    if (!*at)
        return true;
    while (*at) {
        size_t n = strcspn(at, ",");
        if (n > 0 && strncmp(name, at, n) == 0)
            return true;
        at += n + (at[n] == ',');
    }
    return false;
}

bool bench_wants_mode(const char *mode)
{
    const char *at = bench_option.modes;

    while (*at) {
        size_t n = strcspn(at, ",");
        if (n == strlen(mode) && strncmp(mode, at, n) == 0)
            return true;
        at += n + (at[n] == ',');
    }
    return at == bench_option.modes;
}

int bench_cases(void)
{
    return cases;
}

int bench_failures(void)
{
    return failures;
}

/* ---- other programs ------------------------------------------------------------------------- */

/* What the processors have worked so far, in ticks; 0 where that cannot be read. */
static long busy_ticks(void)
{
    long user, nice, kernel, idle, wait, hard, soft;
    FILE *f = fopen("/proc/stat", "r");

    if (!f)
        return 0;
    int n = fscanf(f, "cpu %ld %ld %ld %ld %ld %ld %ld", &user, &nice, &kernel, &idle, &wait, &hard,
        &soft);
    fclose(f);
    return n == 7 ? user + nice + kernel + hard + soft : 0;
}

/* Waits, not for long, until the other programs of the machine are idle. */
static void await_quiet(void)
{
    const struct timespec little = {.tv_nsec = 60000000};

    if (bench_option.smoke || bench_option.busy || bench_option.turns)
        return;
    for (int i = 0; i < QUIET_TRIES; i++) {
        long before = busy_ticks();
        nanosleep(&little, NULL);
        if (busy_ticks() - before <= 1)
            return;
    }
}

/* ---- lines ---------------------------------------------------------------------------------- */

static int by_size(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

double bench_median(int n, const double sorted[])
{
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static void start_line(const bench_work *w)
{
    cases++;
    printf("{\"case\": \"%s\", \"peer\": \"%s\", \"mode\": \"%s%s\", \"threads\": %d", w->name,
        w->peer ? w->peer : "eagre", w->mode, bench_option.busy ? "_busy" : "",
        bench_option.threads);
}

static void end_line(const bench_work *w)
{
    printf(", \"detail\": \"%s\"}\n", w->detail ? w->detail : "");
    fflush(stdout);
}

void bench_emit(const bench_work *w, int n, double times[], long inner)
{
    double ops = w->ops > 0 ? w->ops : 1;

    qsort(times, (size_t)n, sizeof times[0], by_size);
    start_line(w);
    printf(", \"ns\": %.2f, \"ns_med\": %.2f, \"reps\": %d, \"inner\": %ld", times[0] / ops,
        bench_median(n, times) / ops, n, inner);
    if (w->bytes > 0)
        printf(", \"gb_s\": %.2f", w->bytes * ops / times[0]);
    end_line(w);
}

void bench_emit_bytes(const bench_work *w, double bytes)
{
    start_line(w);
    printf(", \"bytes\": %.0f", bytes);
    end_line(w);
}

void bench_fail(const bench_work *w, const char *why)
{
    failures++;
    start_line(w);
    printf(", \"error\": \"");
    for (; *why; why++)
        putchar(*why == '"' || *why == '\\' || *why < ' ' ? '\'' : *why);
    printf("\"}\n");
    fflush(stdout);
}

/* ---- timing --------------------------------------------------------------------------------- */

static void run_once(const bench_work *w)
{
    EG_SCOPE;
    w->run(w->env);
}

static double time_block(const bench_work *w, long inner)
{
    double start = bench_now();

    for (long i = 0; i < inner; i++)
        run_once(w);
    return bench_now() - start;
}

/* How many runs fill a block. */
static long find_inner(const bench_work *w)
{
    long n = 1;
    double t = time_block(w, n);

    while (t < block_ns && !bench_option.smoke) {
        double more = block_ns / (t > 1 ? t : 1);
        n = more < 2 ? n * 2 : (long)((double)n * (more < 64 ? more : 64));
        t = time_block(w, n);
    }
    return n;
}

/* ---- files ---------------------------------------------------------------------------------- */

static void save(const bench_work *w, const char *what, int i, eg_tensor *x)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s.%s%d.npy", bench_option.save, w->name, what, i);
    eg_npy_save(path, x);
}

static void save_result(const bench_work *w, eg_tensor *result)
{
    int parts = eg_parts(result);

    if (parts == 0)
        save(w, "out", 0, result);
    for (int i = 0; i < parts; i++)
        save(w, "out", i, eg_part(result, i));
}

/* ---- checking ------------------------------------------------------------------------------- */

static bool is_right(const bench_work *w)
{
    eg_error error;
    bool right = true;

    {
        EG_TRY(&error);
        for (int i = 0; i < w->n_in && bench_option.save; i++)
            save(w, "in", i, w->in[i]);
        eg_tensor *result = w->run(w->env);
        if (bench_option.save)
            save_result(w, result);
        if (eg_ok() && w->right)
            right = w->right(result, w->env);
    }
    if (error.status != EG_OK)
        bench_fail(w, error.message);
    else if (!right)
        bench_fail(w, "the result is wrong");
    return error.status == EG_OK && right;
}

static int wanted_and_right(int n, const bench_work works[], const bench_work *chosen[])
{
    int kept = 0;

    for (int i = 0; i < n && kept < MOST_WORKS; i++)
        if (bench_wants(works[i].name) && bench_wants_mode(works[i].mode) &&
            (bench_option.alone || is_right(&works[i])))
            chosen[kept++] = &works[i];
    return kept;
}

static int reps_of(double longest)
{
    if (bench_option.smoke)
        return 1;
    if (bench_option.reps > 0)
        return bench_option.reps < MOST_REPS ? bench_option.reps : MOST_REPS;
    double fit = work_ns / longest;
    return fit > MOST_REPS ? MOST_REPS : fit < LEAST_REPS ? LEAST_REPS : (int)fit;
}

/* Times works that take turns, and prints their lines. */
static void time_works(int n, const bench_work *const w[], const long inner[], int reps)
{
    double times[MOST_WORKS][MOST_REPS];

    for (int rep = 0; rep < reps; rep++)
        for (int i = 0; i < n; i++) {
            run_once(w[i]);
            times[i][rep] = time_block(w[i], inner[i]) / (double)inner[i];
        }
    for (int i = 0; i < n; i++)
        bench_emit(w[i], reps, times[i], inner[i]);
}

/* Whether someone says that it is our turn; the empty line behind what a turn printed ends it. */
static bool is_our_turn(void)
{
    char line[16];
    return fgets(line, sizeof line, stdin) != NULL;
}

static void end_turn(void)
{
    putchar('\n');
    fflush(stdout);
}

static void time_in_turns(int n, const bench_work *const w[])
{
    double longest = 1;
    long inner[MOST_WORKS];

    for (int i = 0; i < n; i++) {
        inner[i] = find_inner(w[i]);
        double t = time_block(w[i], inner[i]);
        longest = t > longest ? t : longest;
    }
    await_quiet();
    int reps = reps_of(longest);
    if (!bench_option.turns) {
        time_works(n, w, inner, reps);
        return;
    }
    for (end_turn(); is_our_turn(); end_turn())
        time_works(n, w, inner, reps);
}

/* The first run and some more, in a process that does nothing else. */
static void measure_alone(const bench_work *w)
{
    eg_memory_trim();
    resident_forget();
    double start = bench_now();
    run_once(w);
    double first = bench_now() - start;
    for (int i = 0; i < RUNS_ALONE; i++)
        run_once(w);
    start_line(w);
    printf(", \"first_ns\": %.0f, \"bytes\": %.0f", first, resident_most());
    end_line(w);
}

void bench_run(int n, const bench_work works[])
{
    const bench_work *w[MOST_WORKS];

    n = wanted_and_right(n, works, w);
    for (int i = 0; i < n && bench_option.alone; i++)
        measure_alone(w[i]);
    if (n > 0 && !bench_option.alone && !bench_option.save)
        time_in_turns(n, w);
}

/* ---- data ----------------------------------------------------------------------------------- */

eg_tensor *bench_normal(int64_t seed, int rank, const int64_t dims[])
{
    return eg_normal(eg_key(seed), rank, dims);
}

double bench_at(eg_tensor *x, int64_t i)
{
    const float *data = eg_data(x, EG_FLOAT32);
    return data ? (double)data[i] : NAN;
}

bool bench_near(double seen, double expected, double tolerance)
{
    return fabs(seen - expected) <= tolerance * (1 + fabs(expected));
}
