/* A million runs of a plan: no call for memory, no lock, no system call, the bits of the function,
 * and how long they take.
 *
 * The runs are made in a child process that the system kills at once if it is called. Times are
 * those of the processor's own clock, which needs no system; on processors whose clock is not known
 * here they are not measured.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "counted.h"
#include "harness.h"
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#ifdef TESTS_SANITIZED
enum { RUNS = 100000 }; /* slow ones, of which nothing is counted */
#else
enum { RUNS = 1000000 };
#endif

enum {
    INPUTS = 64, /* different ones, in turn */
    MOST_IN = 64,
    MOST_OUT = 16,
    BUCKETS = 1 << 16,
    BUCKET = 16, /* ticks in one */
};

/* What the child says. */
typedef struct report {
    long calls, wrong, runs;
    uint32_t times[BUCKETS];
} report;

typedef struct work {
    eg_plan *plan;
    size_t n_in, n_out;
    float in[INPUTS][MOST_IN], expected[INPUTS][MOST_OUT];
} work;

/* Ticks of the processor's clock; 0 where there is none. */
static uint64_t ticks(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return 0;
#endif
}

static double nanoseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double ticks_in_a_nanosecond(void)
{
    double start = nanoseconds(), end;
    uint64_t first = ticks();

    do
        end = nanoseconds();
    while (end - start < 5e6);
    return (double)(ticks() - first) / (end - start);
}

static void run_all(const work *w, report *r)
{
    float out[MOST_OUT];

    counted_start();
    for (; r->runs < RUNS; r->runs++) {
        const int i = (int)(r->runs % INPUTS);
        eg_plan_in in = {w->in[i], w->n_in * sizeof(float)};
        eg_plan_out to = {out, w->n_out * sizeof(float)};
        uint64_t start = ticks();
        eg_plan_status status = eg_plan_run(w->plan, 1, &in, 1, &to);
        uint64_t bucket = (ticks() - start) / BUCKET;
        r->times[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
        r->wrong += status != EG_PLAN_OK || memcmp(out, w->expected[i], to.bytes) != 0;
    }
    r->calls = counted_stop();
}

/* ---- a child without a system ---------------------------------------------------------------- */

#if defined(__linux__) && !defined(TESTS_SANITIZED)

/* From now on any system call but that of leaving kills the process. */
static bool leave_the_system(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

_Noreturn static void leave(void)
{
    syscall(SYS_exit, 0); /* the only way out that is left */
    for (;;)
        ;
}

/* Runs `what` in a child without a system; whether it came to its end. */
static bool comes_to_its_end(void (*what)(void *), void *env)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        if (!leave_the_system())
            _exit(1);
        what(env);
        leave();
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
        WEXITSTATUS(status) == 0;
}

static bool can_leave_the_system(void)
{
    return true;
}

#else

static bool comes_to_its_end(void (*what)(void *), void *env)
{
    what(env);
    return true;
}

static bool can_leave_the_system(void)
{
    return false;
}

#endif

static void nothing(void *env)
{
    (void)env;
}

static void call_the_system(void *env)
{
    (void)env;
    sync();
}

typedef struct child {
    const work *w;
    report *r;
} child;

static void run_in_child(void *env)
{
    child *c = env;
    run_all(c->w, c->r);
}

/* ---- what is said ---------------------------------------------------------------------------- */

static double percentile(const report *r, double part, double rate)
{
    long before = 0;
    int i = 0;

    while (i < BUCKETS - 1 && (double)(before += r->times[i]) < part * RUNS)
        i++;
    return (i + 0.5) * BUCKET / rate;
}

static void say_times(const char *what, const report *r)
{
    double rate = ticks_in_a_nanosecond();

    if (rate > 0)
        printf("%s: a run takes %.0f ns in half of the runs, %.0f at most in 99 %%, %.0f in 99.9 "
               "%%\n",
            what, percentile(r, 0.5, rate), percentile(r, 0.99, rate), percentile(r, 0.999, rate));
}

static void check(const char *what, const work *w)
{
    size_t bytes = sizeof(report);
    report *r = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    child c = {w, r};

    assert_true(r != MAP_FAILED);
    memset(r, 0, bytes); /* no page is new to the child */
    if (can_leave_the_system()) {
        if (!comes_to_its_end(nothing, NULL))
            skip_since("this system does not let a process leave it (seccomp)");
        assert_false(comes_to_its_end(call_the_system, NULL));
    }
    bool ended = comes_to_its_end(run_in_child, &c);
    assert_true(ended); /* otherwise it called the system */
    assert_int_equal(r->runs, RUNS);
    assert_int_equal(r->wrong, 0);
    assert_int_equal(r->calls, 0);
    say_times(what, r);
    munmap(r, bytes);
}

/* Fills in what the function gives for some inputs, which are each one of its ways. */
static void expect(work *w, eg_function *f, eg_tensor *all)
{
    int64_t n = eg_dim(all, 1);

    w->n_in = (size_t)n;
    for (int i = 0; i < INPUTS; i++) {
        EG_SCOPE;
        eg_tensor *x = eg_reshape(eg_get(all, EG_RANGE(i, i + 1)), EG_DIMS(n)), *y = eg_call(f, x);
        if (!eg_ok())
            return;
        w->n_out = (size_t)eg_size(y);
        memcpy(w->in[i], eg_data(x, EG_FLOAT32), w->n_in * sizeof(float));
        memcpy(w->expected[i], eg_data(y, EG_FLOAT32), w->n_out * sizeof(float));
    }
    w->plan = eg_plan_new(f, EG_IN(eg_zeros(EG_FLOAT32, EG_DIMS(n))));
}

/* ---- models ---------------------------------------------------------------------------------- */

static eg_tensor *w1, *w2, *b1, *b2;

EG_FUNCTION(perceptron, x)
{
    eg_tensor *h = eg_relu(eg_add(eg_matmul(eg_reshape(x, EG_DIMS(1, 16)), w1), b1));
    return eg_softmax(eg_add(eg_matmul(h, w2), b2));
}

TEST(a_million_runs_of_a_perceptron_take_nothing)
{
    EG_SCOPE;
    static work w;
    eg_function *f = eg_function_of(perceptron);

    assert_true(counted_works() || !can_leave_the_system());
    w1 = eg_variable(eg_normal(eg_key(1), EG_DIMS(16, 32)));
    w2 = eg_variable(eg_normal(eg_key(2), EG_DIMS(32, 8)));
    b1 = eg_variable(eg_normal(eg_key(3), EG_DIMS(32)));
    b2 = eg_variable(eg_normal(eg_key(4), EG_DIMS(8)));
    expect(&w, f, eg_normal(eg_key(5), EG_DIMS(INPUTS, 16)));
    assert_fine();
    check("perceptron", &w);
    eg_plan_free(w.plan);
    eg_function_free(f);
    eg_variable_free(w1);
    eg_variable_free(w2);
    eg_variable_free(b1);
    eg_variable_free(b2);
}

static eg_tensor *is_large(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_greater(eg_sum(eg_square(in[0])), 4);
}

static eg_tensor *shrink(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_mul(in[0], 0.5);
}

static eg_tensor *turn(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_neg(in[0]);
}

/* A decision of the host, then a loop that takes its time, or a branch in the graph. */
EG_FUNCTION(decides, x)
{
    if (eg_true(eg_greater(eg_sum(x), 0)))
        return eg_while(is_large, shrink, NULL, EG_IN(x));
    return eg_cond(eg_greater(eg_max(x), 1), shrink, turn, NULL, EG_IN(eg_tanh(x)));
}

TEST(a_million_runs_with_branches_and_a_loop_take_nothing)
{
    EG_SCOPE;
    static work w;
    eg_function *f = eg_function_of(decides);
    eg_plan_info info = {.size = sizeof info};

    expect(&w, f, eg_mul(eg_normal(eg_key(6), EG_DIMS(INPUTS, 8)), 3));
    assert_fine();
    eg_plan_info_now(w.plan, &info);
    assert_int_equal(info.paths, 2);
    check("branches and a loop", &w);
    eg_plan_free(w.plan);
    eg_function_free(f);
}
