/* bench_pool [--threads N] [--smoke]: eagre's parking pool against OpenMP, with the
 * machine to ourselves and with as many other programs busy as there are processors.
 *
 *   share_CHUNK   two or more chunks of arithmetic, shared out by the pool, by OpenMP, by nobody
 *   matmul_N      a product by eagre, and by oneDNN with its own OpenMP threads
 *   relu_N        the same for an operation on N elements
 *
 * A line tells the least, middle and largest time of a call and that of the slowest in a hundred:
 * what matters of a pool is what it does to calls on a bad day.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bare.h"
#include "base/workers.h"
#include "bench.h"
#include "spinners.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_CALLS = 2000, BLOCKS = 10, MODES = 3 };

static const double block_ns = 5e7;

typedef struct way {
    const char *peer, *mode;
    void (*call)(void *env);
} way;

/* ---- timing each call ----------------------------------------------------------------------- */

static int by_size(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static void print_line(const char *name, const way *w, int n, double times[])
{
    qsort(times, (size_t)n, sizeof times[0], by_size);
    printf("{\"case\": \"%s_%s\", \"peer\": \"%s\", \"mode\": \"%s\", \"threads\": %d, "
           "\"ns\": %.0f, \"ns_med\": %.0f, \"ns_p99\": %.0f, \"ns_max\": %.0f, \"reps\": %d, "
           "\"inner\": 1, \"detail\": \"\"}\n",
        name, bench_option.busy ? "busy" : "idle", w->peer, w->mode, bench_option.threads, times[0],
        bench_median(n, times), times[n * 99 / 100], times[n - 1], n);
    fflush(stdout);
}

static double time_call(const way *w, void *env)
{
    double start = bench_now();

    w->call(env);
    return bench_now() - start;
}

/* A block of calls, after a pause in which threads that spin give up; returns how many. */
static int time_block(const way *w, void *env, int most, double times[])
{
    const struct timespec little = {.tv_nsec = 20000000};
    double spent = 0;
    int n = 0;

    nanosleep(&little, NULL);
    while (n < most && spent < block_ns)
        spent += times[n++] = time_call(w, env);
    return n;
}

/* The ways take turns, block by block. */
static void compare(const char *name, int n, const way ways[], void *env)
{
    static double times[MODES][BLOCKS * MOST_CALLS];
    int calls[MODES] = {0}, blocks = bench_option.smoke ? 1 : BLOCKS;

    for (int i = 0; i < n; i++)
        time_call(&ways[i], env);
    for (int block = 0; block < blocks; block++)
        for (int i = 0; i < n; i++)
            calls[i] +=
                time_block(&ways[i], env, bench_option.smoke ? 1 : MOST_CALLS, times[i] + calls[i]);
    for (int i = 0; i < n; i++)
        print_line(name, &ways[i], calls[i], times[i]);
}

/* ---- chunks --------------------------------------------------------------------------------- */

typedef struct chunks {
    int n, length;
} chunks;

static void run_chunk(void *env, int i)
{
    const chunks *c = env;
    volatile double result;
    double x = i;

    for (int k = 0; k < c->length; k++)
        x = x * 0.999 + 0.5;
    result = x;
    (void)result;
}

static void by_pool(void *env)
{
    eg__parallel(((chunks *)env)->n, run_chunk, env);
}

static void by_nobody(void *env)
{
    for (int i = 0; i < ((chunks *)env)->n; i++)
        run_chunk(env, i);
}

#ifdef _OPENMP
static void by_openmp(void *env)
{
    int n = ((chunks *)env)->n;

#pragma omp parallel for num_threads(bench_option.threads) schedule(static)
    for (int i = 0; i < n; i++)
        run_chunk(env, i);
}
#endif

static void compare_chunks(void)
{
    static const way ways[] = {
        {"eagre", "pool", by_pool},
        {"C", "one_thread", by_nobody},
#ifdef _OPENMP
        {"C", "openmp", by_openmp},
#endif
    };
    static const int lengths[] = {1000, 10000, 100000, 1000000};
    char name[32];

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        chunks c = {bench_option.threads, lengths[i]};
        snprintf(name, sizeof name, "share_%d", lengths[i]);
        compare(name, (int)(sizeof ways / sizeof ways[0]), ways, &c);
    }
}

/* ---- operations ----------------------------------------------------------------------------- */

typedef struct operation {
    eg_tensor *x, *y;
    bare *bare;
} operation;

static void multiply(void *env)
{
    const operation *o = env;
    EG_SCOPE;
    eg_matmul(o->x, o->y);
}

static void relu(void *env)
{
    const operation *o = env;
    EG_SCOPE;
    eg_relu(o->x);
}

static void run_bare(void *env)
{
    bare_run(((operation *)env)->bare);
}

static void compare_operation(const char *name, void (*call)(void *), operation *o)
{
    const way ways[] = {{"eagre", "eager", call}, {"C", "onednn_openmp", run_bare}};

    compare(name, o->bare ? 2 : 1, ways, o);
    bare_free(o->bare);
}

static void compare_products(void)
{
    static const int sizes[] = {16, 64, 128, 256, 512, 1000};
    char name[32];

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        EG_SCOPE;
        int64_t n = sizes[i];
        operation o = {bench_normal(1, EG_DIMS(n, n)), bench_normal(2, EG_DIMS(n, n)), NULL};
        eg_tensor *out = eg_zeros(EG_FLOAT32, EG_DIMS(n, n));
        o.bare = bare_product(n, n, n, eg_data(o.x, EG_FLOAT32), eg_data(o.y, EG_FLOAT32),
            (float *)(uintptr_t)eg_data(out, EG_FLOAT32));
        snprintf(name, sizeof name, "matmul_%d", sizes[i]);
        compare_operation(name, multiply, &o);
    }
}

static void compare_relus(void)
{
    static const int sizes[] = {1000, 100000, 1000000};
    char name[32];

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        EG_SCOPE;
        operation o = {bench_normal(1, EG_DIMS(sizes[i])), NULL, NULL};
        eg_tensor *out = eg_zeros(EG_FLOAT32, EG_DIMS(sizes[i]));
        o.bare = bare_relu(sizes[i], eg_data(o.x, EG_FLOAT32),
            (float *)(uintptr_t)eg_data(out, EG_FLOAT32));
        snprintf(name, sizeof name, "relu_%d", sizes[i]);
        compare_operation(name, relu, &o);
    }
}

int main(int argc, char *argv[])
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--smoke") == 0)
            bench_option.smoke = true;
        else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc && atoi(argv[i + 1]) > 0)
            eg_set_threads(atoi(argv[++i]));
        else
            return fputs("usage: bench_pool [--threads N] [--smoke]\n", stderr), 2;
    }
    EG_SCOPE;
    bench_option.threads = eg_threads();
    bare_set_threads(bench_option.threads);
    for (int busy = 0; busy < 2; busy++) {
        bench_option.busy = busy;
        if (busy)
            spinners_start(bench_option.threads);
        compare_chunks();
        compare_products();
        compare_relus();
        spinners_stop();
    }
    if (bench_option.smoke && eg_ok())
        puts("1 passed, 0 failed");
    return eg_report(stderr);
}
