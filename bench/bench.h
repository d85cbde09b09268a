/* The benchmarks' harness: what is timed, how, and the JSON lines that come out.
 *
 * A work is run until a block of runs takes long enough to be timed, then block after block; the
 * least time of a run is the main number, because a machine is shared, the median says how noisy
 * it was. Works that are handed over together take turns, block by block, so that their ratio is
 * fair. What a work computes is checked before it is timed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_H
#define BENCH_H

#include <eagre.h>

typedef struct bench_work {
    const char *name, *mode;
    const char *peer, *detail;    /* NULL: "eagre", "" */
    double ops;                   /* what the time of a run is divided by; 0: 1 */
    double bytes;                 /* read and written at least by an op; 0: not told */
    eg_tensor *(*run)(void *env); /* the result belongs to a scope that closes after it */
    bool (*right)(eg_tensor *result, void *env); /* NULL: nothing to check */
    void *env;
    int n_in; /* what it is about, for other libraries to work on */
    eg_tensor *const *in;
} bench_work;

/* Checks and times works that take turns; or saves or measures them, as the options say. */
void bench_run(int n, const bench_work works[]);

enum { BENCH_MOST_IN = 4 };

/* A body over fixed inputs, run eagerly, as a function and as a graph in a session. */
typedef struct bench_body {
    const char *name, *detail;
    double ops;
    const eg_callable *body;
    eg_tensor *in[BENCH_MOST_IN];
    bool (*right)(eg_tensor *result, void *in);
    bool is_no_graph; /* it looks at values, or has several results */
} bench_body;

void bench_run_body(const bench_body *b);

/* A line of n times of a run each, in nanoseconds, which are sorted. */
void bench_emit(const bench_work *work, int n, double times[], long inner);

/* A line of a number of bytes. */
void bench_emit_bytes(const bench_work *work, double bytes);

/* A line that says what is wrong; the program will fail. */
void bench_fail(const bench_work *work, const char *why);

/* What the command line says. */
typedef struct bench_options {
    const char *only; /* names or their beginnings, with commas; "" for all */
    int threads;
    int reps;   /* blocks that are timed; 0: as many as fit into a second */
    bool smoke; /* each case once, to see that it works */
    bool busy;  /* a process spins on each processor */

    /* What bench.sh --peers asks for: */
    const char *modes; /* whole names with commas; "" for all */
    const char *save;  /* a folder where inputs and results go as .npy, instead of being timed */
    bool turns;        /* works are timed once for each line of standard input */
    bool alone;        /* the first run is timed, and the most memory of four told */
} bench_options;
extern bench_options bench_option;

bool bench_wants(const char *name);
bool bench_wants_mode(const char *mode);
double bench_now(void); /* nanoseconds */
double bench_median(int n, const double sorted[]);
int bench_cases(void); /* lines printed, and how many of them say that something is wrong */
int bench_failures(void);

/* Standard normal numbers, the same in each run. */
eg_tensor *bench_normal(int64_t seed, int rank, const int64_t dims[]);

/* Element i of a float32 tensor. */
double bench_at(eg_tensor *x, int64_t i);

/* Whether a result is what it should be, relative to it where it is large. */
bool bench_near(double seen, double expected, double tolerance);

/* Runs a work on the options' number of threads: share i of n. */
void bench_share(void (*work)(void *env, int i, int n), void *env);

/* Runs a program built beside this one; its time in nanoseconds, from start to end, or -1. What it
 * prints goes to `out`, which holds `size` bytes. */
double bench_spawn(const char *program, const char *argument, char *out, int size);

#endif
