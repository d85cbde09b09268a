/* Random programs run in every way there is and compared bit for bit (SEMANTICS B): eagerly, as a
 * function on first and later calls, with a changed environment; on a tape, with the gradients of
 * all arguments and of a variable; pure ones in a session and with other numbers of threads.
 *
 *     fuzz_programs [--seed N] [--count N] [--seconds S] [--threads] [--skip M]
 *
 * Prints the seed and the text of the first program that differs, without the instructions that do
 * not matter, and exits with 1.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "program.h"
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CALLS = 7, MOST_BYTES = 4096 };

/* Everything one call leaves behind. */
typedef struct trail {
    eg_status status;
    char op[32];
    unsigned char bytes[MOST_BYTES];
    size_t n;
} trail;

static void add_bytes(trail *t, const void *bytes, size_t n)
{
    if (n > 0 && t->n + n <= MOST_BYTES)
        memcpy(t->bytes + t->n, bytes, n);
    t->n += n;
}

static void add_tensor(trail *t, eg_tensor *x)
{
    unsigned char data[512];
    int parts = eg_parts(x);

    for (int i = 0; i < parts; i++)
        add_tensor(t, eg_part(x, i));
    if (parts > 0 || !x)
        return;
    int64_t dims[2] = {eg_rank(x), eg_dtype_of(x)};
    add_bytes(t, dims, sizeof dims);
    if (eg_read(x, eg_dtype_of(x), data, eg_size(x)) == EG_OK)
        add_bytes(t, data, (size_t)eg_size(x) * eg_dtype_size(eg_dtype_of(x)));
}

static void add_state(trail *t, state *s)
{
    char text[256];
    size_t n;

    add_tensor(t, s->variable[0]);
    add_tensor(t, s->variable[1]);
    add_tensor(t, eg_generator_state(s->generator));
    fflush(s->printed);
    rewind(s->printed);
    while ((n = fread(text, 1, sizeof text, s->printed)) > 0)
        add_bytes(t, text, n);
    rewind(s->printed);
    if (ftruncate(fileno(s->printed), 0) != 0)
        t->n = 0;
}

/* Puts back what a failed body assigned: outside of a function there is no transaction. */
static void restore(state *s, eg_tensor *const saved[3])
{
    eg_assign(s->variable[0], saved[0]);
    eg_assign(s->variable[1], saved[1]);
    eg_assign(eg_generator_state(s->generator), saved[2]);
}

static void run_eagerly(program *p, eg_tensor *args[], trail *t)
{
    state *s = p->state;
    eg_error e;
    EG_SCOPE;
    eg_tensor *saved[3] = {eg_value(s->variable[0]), eg_value(s->variable[1]),
        eg_value(eg_generator_state(s->generator))};
    {
        EG_TRY(&e);
        eg_tensor *y = program_body(ARGUMENTS, args, p);
        add_tensor(t, eg_ok() ? y : NULL);
    }
    if (e.status != EG_OK)
        restore(s, saved);
    t->status = e.status;
    memcpy(t->op, e.op, sizeof t->op);
    add_state(t, s);
}

static void run_function(program *p, eg_function *f, eg_tensor *args[], trail *t)
{
    eg_error e;
    {
        EG_TRY(&e);
        add_tensor(t, eg_call_of(f, ARGUMENTS, args));
    }
    t->status = e.status;
    memcpy(t->op, e.op, sizeof t->op);
    if (e.status == EG_INTERNAL)
        fprintf(stderr, "%s: %s\n", e.op, e.message);
    EG_SCOPE;
    add_state(t, p->state);
}

static bool same(const trail *a, const trail *b)
{
    size_t n = a->n < MOST_BYTES ? a->n : MOST_BYTES;
    bool same_error = a->status == b->status && strcmp(a->op, b->op) == 0;

    return same_error && a->n == b->n && memcmp(a->bytes, b->bytes, n) == 0;
}

/* Gradients of staged loops may be summed in another order eagerly than in a function. */
static bool near(const trail *a, const trail *b)
{
    if (a->status != b->status || a->n != b->n || a->n > MOST_BYTES)
        return false;
    for (size_t i = 0; i + sizeof(float) <= a->n; i += sizeof(float)) {
        float x, y;
        memcpy(&x, a->bytes + i, sizeof x);
        memcpy(&y, b->bytes + i, sizeof y);
        bool both_nan = isnan(x) && isnan(y);
        if (memcmp(&x, &y, sizeof x) != 0 && !both_nan && !(fabsf(x - y) <= 1e-3f * (1 + fabsf(x))))
            return false;
    }
    return true;
}

static bool is_staged(const program *p)
{
    for (int i = 0; i < p->n; i++)
        if ((p->code[i].kind >= LOOP && p->code[i].kind <= NEST) || p->code[i].kind == STAGE)
            return true;
    return false;
}

/* Instructions that are left out of programs, a bit each; what is found is said only once. */
static unsigned skipped;
static bool is_quiet;
static long sizes_made; /* traces made for other sizes */

static void make(program *p, uint64_t *random, bool pure)
{
    int n = 0;

    program_make(p, random, pure);
    for (int i = 0; i < p->n; i++)
        if (!(skipped >> i & 1))
            p->code[n++] = p->code[i];
    p->n = n;
}

static int complain(uint64_t seed, const program *p, int call, const char *ways, const trail *a,
    const trail *b)
{
    if (is_quiet)
        return 1;
    fprintf(stderr, "seed %llu, call %d: %s differ: %s %s %zu bytes, %s %s %zu bytes\n",
        (unsigned long long)seed, call, ways, eg_status_name(a->status), a->op, a->n,
        eg_status_name(b->status), b->op, b->n);
    for (size_t i = 0; i + sizeof(float) <= a->n && i + sizeof(float) <= b->n; i += sizeof(float)) {
        float x, y;
        memcpy(&x, a->bytes + i, sizeof x);
        memcpy(&y, b->bytes + i, sizeof y);
        if (memcmp(&x, &y, sizeof x) != 0)
            fprintf(stderr, "  at byte %zu: %.9g and %.9g\n", i, (double)x, (double)y);
    }
    program_print(p, stderr);
    return 1;
}

/* With half of the seeds each call has matrices of another size. */
static int rows_of_call(uint64_t seed, int call)
{
    return seed / 4 % 2 ? 2 : 2 + call % (MOST_ROWS - 1);
}

/* A program twice, each with variables and a generator of its own: p for the body, q for the
 * function made of it. */
typedef struct pair {
    state mine, its;
    program p, q;
    uint64_t seed, random;
    eg_function *f;
} pair;

static bool pair_make(pair *a, uint64_t seed)
{
    a->seed = a->random = seed;
    if (!state_make(&a->mine) || !state_make(&a->its))
        return false;
    make(&a->p, &a->random, seed % 4 == 0);
    a->q = a->p;
    a->p.state = &a->mine;
    a->q.state = &a->its;
    a->f = eg_function_new(program_body, ARGUMENTS, &a->q, sizeof a->q);
    return true;
}

static int pair_free(pair *a, int bad)
{
    eg_function_free(a->f);
    state_free(&a->mine);
    state_free(&a->its);
    return bad | eg_report(stderr);
}

/* ---- one program, eager and as a function ---------------------------------------------------- */

static int check_function(uint64_t seed, long *eager)
{
    eg_function_info info = {.size = sizeof info};
    pair both;
    int bad = 0;
    EG_SCOPE;

    if (!pair_make(&both, seed))
        return eg_report(stderr);
    for (int i = 0; i < CALLS && !bad; i++) {
        EG_SCOPE;
        eg_tensor *args[ARGUMENTS];
        trail a = {0}, b = {0};
        program_arguments(&both.random, rows_of_call(seed, i), args);
        if (i == CALLS / 2)
            both.p.scale = both.q.scale = both.mine.factor = both.its.factor = 2.5f;
        eg_run_functions_eagerly(seed % 3 != 0); /* the functions that the program calls */
        run_eagerly(&both.p, args, &a);
        eg_run_functions_eagerly(false);
        run_function(&both.q, both.f, args, &b);
        if (!same(&a, &b))
            bad = complain(seed, &both.p, i, "eager and function", &a, &b);
    }
    const char *difference = bad ? NULL : planned_difference(both.f, &both.random);
    if (difference) {
        trail none = {0};
        if (!is_quiet)
            fprintf(stderr, "%s: ", difference);
        bad = complain(seed, &both.p, CALLS, "function and plan", &none, &none);
    }
    const char *why = eg_function_why_eager(both.f);
    if (why && getenv("FUZZ_SHOW_EAGER"))
        fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, why);
    *eager += why != NULL;
    eg_function_info_now(both.f, &info);
    sizes_made += info.sizes;
    return pair_free(&both, bad);
}

/* ---- on a tape ------------------------------------------------------------------------------- */

typedef eg_tensor *runner(void *what, eg_tensor *const args[]);

static eg_tensor *run_body(void *what, eg_tensor *const args[])
{
    return program_body(ARGUMENTS, args, what);
}

static eg_tensor *run_call(void *what, eg_tensor *const args[])
{
    return eg_call_of(what, ARGUMENTS, args);
}

/* The sum of a result's parts, and its gradients. */
static void run_on_tape(runner *run, void *what, state *s, eg_tensor *const args[], trail *t)
{
    eg_tensor *fresh[ARGUMENTS + 1], *g[ARGUMENTS + 1], *sum = NULL;
    eg_tensor *saved[3] = {eg_value(s->variable[0]), eg_value(s->variable[1]),
        eg_value(eg_generator_state(s->generator))};
    eg_error e;
    {
        EG_TRY(&e);
        EG_TAPE;
        for (int i = 0; i < ARGUMENTS; i++) {
            fresh[i] = eg_identity(args[i]);
            eg_watch(fresh[i]);
        }
        fresh[ARGUMENTS] = s->variable[0];
        eg_tensor *y = run(what, fresh);
        for (int i = 0; i < eg_parts(y); i++)
            sum = sum ? eg_add(sum, eg_sum(eg_part(y, i))) : eg_sum(eg_part(y, i));
        sum = sum ? sum : eg_sum(y);
        add_tensor(t, sum);
        eg_gradient(sum, ARGUMENTS + 1, fresh, g);
        for (int i = 0; i < ARGUMENTS + 1 && eg_ok(); i++)
            add_tensor(t, g[i]);
    }
    if (e.status != EG_OK)
        restore(s, saved);
    t->status = e.status;
    memcpy(t->op, e.op, sizeof t->op);
    add_state(t, s);
}

static int check_gradients(uint64_t seed)
{
    pair both;
    int bad = 0;
    EG_SCOPE;

    if (!pair_make(&both, seed))
        return eg_report(stderr);
    for (int i = 0; i < CALLS && !bad; i++) {
        EG_SCOPE;
        eg_tensor *args[ARGUMENTS];
        trail a = {0}, b = {0};
        program_arguments(&both.random, rows_of_call(seed, i), args);
        eg_run_functions_eagerly(true);
        run_on_tape(run_body, &both.p, &both.mine, args, &a);
        eg_run_functions_eagerly(false);
        run_on_tape(run_call, both.f, &both.its, args, &b);
        bool staged = is_staged(&both.p);
        if (staged && strcmp(a.op, "eg_gradient") == 0 && b.status == EG_OK)
            break; /* the branch that was run depends on nothing, the other might have */
        if (!(staged ? near : same)(&a, &b))
            bad = complain(seed, &both.p, i, "gradients, eager and function,", &a, &b);
    }
    return pair_free(&both, bad);
}

/* ---- pure programs in a session and with more threads ---------------------------------------- */

static void run_session(program *p, eg_tensor *args[], trail *t)
{
    eg_tensor *symbols[ARGUMENTS], *fetches[2], *results[2];
    eg_feed feeds[ARGUMENTS];
    eg_graph *graph = eg_graph_new("program");
    eg_session *session = eg_session_new(graph);
    int n = 0;
    {
        EG_GRAPH(graph);
        for (int i = 0; i < ARGUMENTS; i++) {
            char name[16];
            int64_t dims[EG_MAX_RANK];
            snprintf(name, sizeof name, "x%d", i);
            for (int k = 0; k < eg_rank(args[i]); k++)
                dims[k] = eg_dim(args[i], k);
            symbols[i] = eg_placeholder(name, EG_FLOAT32, eg_rank(args[i]), dims);
            feeds[i] = (eg_feed){symbols[i], args[i]};
        }
        eg_tensor *y = program_body(ARGUMENTS, symbols, p);
        n = eg_parts(y) ? eg_parts(y) : 1;
        for (int i = 0; i < n; i++)
            fetches[i] = eg_give(eg_identity(eg_parts(y) ? eg_part(y, i) : y));
        for (int i = 0; i < ARGUMENTS; i++)
            eg_give(symbols[i]);
    }
    eg_session_run(session, ARGUMENTS, feeds, n, fetches, results);
    for (int i = 0; i < n; i++)
        add_tensor(t, results[i]);
    eg_session_free(session);
    eg_graph_free(graph);
}

static int check_session(uint64_t seed)
{
    state s;
    program p;
    uint64_t random = seed;
    trail a = {0}, b = {0}, c = {0};
    EG_SCOPE;
    eg_tensor *args[ARGUMENTS];

    if (!state_make(&s))
        return eg_report(stderr);
    make(&p, &random, true);
    p.state = &s;
    program_arguments(&random, 2, args);
    eg_set_threads(1);
    add_tensor(&a, program_body(ARGUMENTS, args, &p));
    eg_set_threads(4);
    add_tensor(&b, program_body(ARGUMENTS, args, &p));
    run_session(&p, args, &c);
    int bad = 0;
    if (!same(&a, &b))
        bad = complain(seed, &p, 0, "one thread and four", &a, &b);
    else if (!same(&a, &c))
        bad = complain(seed, &p, 0, "eager and session", &a, &c);
    state_free(&s);
    return bad | eg_report(stderr);
}

/* ---- one function, four threads -------------------------------------------------------------- */

typedef struct shared {
    program *p;
    eg_function *f;
    uint64_t seed;
    int bad;
} shared;

static bool has_effects(const program *p)
{
    for (int i = 0; i < p->n; i++)
        if (p->code[i].kind >= ASSIGN)
            return true;
    return false;
}

static void *call_from_a_thread(void *env)
{
    shared *s = env;
    uint64_t random = s->seed;

    for (int i = 0; i < CALLS * 3 && !s->bad; i++) {
        eg_tensor *args[ARGUMENTS];
        eg_error e;
        trail a = {0}, b = {0};
        EG_SCOPE;
        program_arguments(&random, rows_of_call(s->seed, i), args);
        {
            EG_TRY(&e);
            eg_tensor *y = program_body(ARGUMENTS, args, s->p);
            add_tensor(&a, eg_ok() ? y : NULL);
        }
        a.status = e.status;
        {
            EG_TRY(&e);
            add_tensor(&b, eg_call_of(s->f, ARGUMENTS, args));
        }
        b.status = e.status;
        if (!same(&a, &b))
            s->bad = complain(s->seed, s->p, i, "eager and function, from threads,", &a, &b);
    }
    return NULL;
}

static int check_threads(uint64_t seed)
{
    state st;
    program p;
    uint64_t random = seed;
    pthread_t threads[4];
    shared s[4];
    int bad = 0;
    EG_SCOPE;

    if (!state_make(&st))
        return eg_report(stderr);
    do
        make(&p, &random, false);
    while (has_effects(&p));
    p.state = &st;
    eg_function *f = eg_function_new(program_body, ARGUMENTS, &p, sizeof p);
    for (int i = 0; i < 4; i++) {
        s[i] = (shared){&p, f, seed + (uint64_t)(i % 2), 0};
        if (pthread_create(&threads[i], NULL, call_from_a_thread, &s[i]) != 0)
            return 1;
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        bad |= s[i].bad;
    }
    eg_function_free(f);
    state_free(&st);
    return bad | eg_report(stderr);
}

/* ---- main ------------------------------------------------------------------------------------ */

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

typedef struct options {
    uint64_t seed;
    long count;
    double seconds;
    bool threads;
} options;

static bool read_options(int argc, char **argv, options *o)
{
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--seed") == 0 && more)
            o->seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--count") == 0 && more)
            o->count = strtol(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0 && more)
            o->seconds = strtod(argv[++i], NULL);
        else if (strcmp(argv[i], "--skip") == 0 && more)
            skipped = (unsigned)strtoul(argv[++i], NULL, 16);
        else if (strcmp(argv[i], "--threads") == 0)
            o->threads = true;
        else
            return false;
    }
    return true;
}

static int check(const options *o, uint64_t seed, long *eager)
{
    uint64_t s = seed * 2654435761u;

    if (o->threads)
        return check_threads(s);
    return check_function(s, eager) || check_gradients(s) || check_session(s);
}

/* Leaves out what does not matter, and shows what is left. */
static int reduce_program(const options *o, uint64_t seed)
{
    long unused;

    is_quiet = true;
    for (int i = 0; i < 2 * MOST_INSTRUCTIONS && !o->threads; i++) {
        unsigned before = skipped;
        skipped |= 1u << i % MOST_INSTRUCTIONS;
        if (skipped != before && !check(o, seed, &unused))
            skipped = before;
    }
    is_quiet = false;
    check(o, seed, &unused);
    fprintf(stderr, "--seed %llu --count 1 --skip %x%s repeats it\n", (unsigned long long)seed,
        skipped, o->threads ? " --threads" : "");
    return 1;
}

static volatile sig_atomic_t is_stopped;

/* Ctrl-C ends a long run with what it has done so far. */
static void stop(int signal)
{
    (void)signal;
    is_stopped = 1;
}

int main(int argc, char **argv)
{
    options o = {.seed = 1, .count = 1000000000, .seconds = 5};
    long done = 0, eager = 0;
    struct timespec start;

    if (!read_options(argc, argv, &o)) {
        fprintf(stderr, "usage: %s [--seed N] [--count N] [--seconds S] [--threads] [--skip M]\n",
            argv[0]);
        return 64;
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (; !is_stopped && done < o.count && seconds_since(&start) < o.seconds; done++, o.seed++)
        if (check(&o, o.seed, &eager))
            return reduce_program(&o, o.seed);
    printf("%ld programs, %ld of them eager, %ld traces for other sizes, none differ\n", done,
        eager, sizes_made);
    return 0;
}
