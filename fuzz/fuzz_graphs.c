/* Random programs as graphs of all their ways (eg_function_graph), compared with what they do when
 * they run eagerly, bit for bit, for arguments that take one way and another: results, and what
 * variables become. The graph of the text is run, too. And the function's own graph beside its
 * body (eg_function_compare).
 *
 *     fuzz_graphs [--seed N] [--count N] [--seconds S]
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "program.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CALLS = 6, MOST_BYTES = 4096 };

typedef struct counts {
    long graphs, refused, compared, failed;
} counts;

typedef struct bytes {
    unsigned char at[MOST_BYTES];
    size_t n;
} bytes;

/* A program, its function, and arguments whose shapes count. */
typedef struct given {
    uint64_t seed;
    program *p;
    eg_function *f;
    eg_tensor *const *args;
} given;

static void add(bytes *b, eg_tensor *x)
{
    unsigned char data[512] = {0};
    int64_t head[2] = {eg_rank(x), eg_dtype_of(x)};
    size_t size = (size_t)eg_size(x) * eg_dtype_size(eg_dtype_of(x));

    eg_read(x, eg_dtype_of(x), data, eg_size(x));
    if (b->n + sizeof head + size > MOST_BYTES)
        return;
    memcpy(b->at + b->n, head, sizeof head);
    memcpy(b->at + b->n + sizeof head, data, size);
    b->n += sizeof head + size;
}

static void add_parts(bytes *b, eg_tensor *y)
{
    int n = eg_parts(y);

    for (int i = 0; i < n; i++)
        add(b, eg_part(y, i));
    if (n == 0)
        add(b, y);
}

/* What the body gives and leaves behind, as a call of the function that runs it eagerly. */
static bool run_eagerly(const program *p, eg_function *f, eg_tensor *args[], bytes *b)
{
    eg_error e;
    state *s = p->state;
    {
        EG_TRY(&e);
        eg_run_functions_eagerly(true);
        add_parts(b, eg_call_of(f, ARGUMENTS, args));
        eg_run_functions_eagerly(false);
    }
    add(b, s->variable[0]);
    add(b, s->variable[1]);
    add(b, eg_generator_state(s->generator));
    return e.status == EG_OK;
}

/* The symbol of that name; NULL where there is none. */
static eg_tensor *find(eg_graph *graph, const char *name)
{
    eg_error e;
    eg_tensor *x = NULL;
    {
        EG_TRY(&e);
        x = eg_give(eg_graph_symbol(graph, name));
    }
    return x;
}

typedef struct fetches {
    eg_tensor *at[8];
    int n, next[3]; /* of the variables: which it is; -1: not assigned */
} fetches;

static void list_fetches(eg_graph *graph, const program *p, fetches *f)
{
    eg_tensor *variable[3] = {p->state->variable[0], p->state->variable[1],
        eg_generator_state(p->state->generator)};
    char name[256];

    f->n = 0;
    for (int i = 0; i < (p->is_tuple ? 2 : 1); i++) {
        snprintf(name, sizeof name, "out%d", i);
        if ((f->at[f->n] = find(graph, name)))
            f->n++;
    }
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "assign:%s", eg_variable_name(variable[i]));
        f->next[i] = (f->at[f->n] = find(graph, name)) ? f->n++ : -1;
    }
}

/* The same of the graph, in a session; what it assigns is assigned to the variables. */
static bool run_graph(const program *p, eg_graph *graph, eg_tensor *args[], bytes *b)
{
    eg_tensor *variable[3] = {p->state->variable[0], p->state->variable[1],
        eg_generator_state(p->state->generator)};
    eg_tensor *results[8];
    eg_feed feeds[ARGUMENTS];
    eg_session *session = eg_session_new(graph);
    fetches f;
    eg_error e;
    {
        EG_TRY(&e);
        list_fetches(graph, p, &f);
        for (int i = 0; i < ARGUMENTS; i++) {
            char name[16];
            snprintf(name, sizeof name, "in%d", i);
            feeds[i] = (eg_feed){eg_graph_symbol(graph, name), args[i]};
        }
        if (eg_session_run(session, ARGUMENTS, feeds, f.n, f.at, results) == EG_OK) {
            for (int i = 0; i < f.n && i != f.next[0] && i != f.next[1] && i != f.next[2]; i++)
                add(b, results[i]);
            for (int i = 0; i < 3; i++)
                if (f.next[i] >= 0)
                    eg_assign(variable[i], results[f.next[i]]);
        }
    }
    for (int i = 0; i < 3; i++)
        add(b, variable[i]);
    eg_session_free(session);
    return e.status == EG_OK;
}

/* Other arguments of the same shapes. */
static void other_arguments(uint64_t *seed, eg_tensor *const like[], eg_tensor *args[])
{
    for (int i = 0; i < ARGUMENTS; i++) {
        float v[3 * MOST_ROWS];
        int64_t dims[EG_MAX_RANK];
        for (int k = 0; k < eg_rank(like[i]); k++)
            dims[k] = eg_dim(like[i], k);
        for (int k = 0; k < 3 * MOST_ROWS; k++) {
            *seed = *seed * 6364136223846793005u + 1442695040888963407u;
            v[k] = (float)((int)(*seed >> 33) % 9 - 4) / 2;
        }
        args[i] = eg_copy(EG_FLOAT32, eg_rank(like[i]), dims, v);
    }
}

static int complain(uint64_t seed, int call, const program *p, const char *what)
{
    fprintf(stderr, "seed %llu, call %d: %s\n", (unsigned long long)seed, call, what);
    program_print(p, stderr);
    return 1;
}

static int compare_calls(const given *g, eg_graph *graph, counts *c)
{
    program *p = g->p;
    eg_tensor *variable[3] = {p->state->variable[0], p->state->variable[1],
        eg_generator_state(p->state->generator)};
    uint64_t random = g->seed ^ 0x5bd1e995;

    for (int i = 0; i < CALLS; i++) {
        EG_SCOPE;
        eg_tensor *args[ARGUMENTS];
        eg_tensor *saved[3] = {eg_value(variable[0]), eg_value(variable[1]), eg_value(variable[2])};
        bytes a = {.n = 0}, b = {.n = 0};
        other_arguments(&random, g->args, args);
        if (!run_eagerly(p, g->f, args, &a)) {
            c->failed++;
            continue;
        }
        for (int k = 0; k < 3; k++)
            eg_assign(variable[k], saved[k]);
        if (!run_graph(p, graph, args, &b) || a.n != b.n || memcmp(a.at, b.at, a.n) != 0)
            return complain(g->seed, i, p, "eager and graph of all ways differ");
        c->compared++;
    }
    return eg_report(stderr);
}

/* The function's own graph beside the body. */
static int compare_function(const given *g, counts *c)
{
    uint64_t random = g->seed ^ 0x2545f491;

    for (int i = 0; i < CALLS / 2; i++) {
        EG_SCOPE;
        eg_tensor *args[ARGUMENTS];
        eg_comparison found = {.size = sizeof found};
        eg_error e;
        other_arguments(&random, g->args, args);
        {
            EG_TRY(&e);
            eg_function_compare(g->f, ARGUMENTS, args, &found);
        }
        if (e.status != EG_OK)
            c->failed++;
        else if (!found.same)
            return complain(g->seed, i, g->p, found.what);
    }
    return 0;
}

static eg_graph *make_graph(eg_function *f, eg_tensor *args[])
{
    eg_tensor_spec specs[ARGUMENTS];
    int64_t dims[ARGUMENTS][EG_MAX_RANK];
    eg_graph *graph = NULL;
    eg_error e;

    for (int i = 0; i < ARGUMENTS; i++) {
        for (int k = 0; k < eg_rank(args[i]); k++)
            dims[i][k] = eg_dim(args[i], k);
        specs[i] = (eg_tensor_spec){NULL, eg_dtype_of(args[i]), eg_rank(args[i]), dims[i]};
    }
    EG_TRY(&e);
    graph = eg_function_graph(f, ARGUMENTS, specs);
    return graph;
}

static int check_graph(const given *g, eg_graph *graph, counts *c)
{
    char *text = eg_graph_text(graph);
    bool printed = text && strstr(text, "Print");
    eg_graph *again = printed ? NULL : eg_graph_parse(text);

    c->graphs++;
    int bad = compare_calls(g, graph, c);
    (void)again; /* its variables are its own: that it can be read is what is checked */
    eg_graph_free(again);
    eg_free(text);
    return bad;
}

static int check(uint64_t seed, counts *c)
{
    uint64_t random = seed * 2654435761u;
    program p;
    state s;
    EG_SCOPE;
    eg_tensor *args[ARGUMENTS];

    if (!state_make(&s))
        return eg_report(stderr);
    program_make(&p, &random, seed % 4 == 0);
    p.state = &s;
    program_arguments(&random, 2, args);
    eg_function *f = eg_function_new(program_body, ARGUMENTS, &p, sizeof p);
    eg_graph *graph = make_graph(f, args);
    given g = {seed, &p, f, args};
    int bad = graph ? check_graph(&g, graph, c) : 0;
    c->refused += !graph;
    bad = bad || compare_function(&g, c);
    eg_graph_free(graph);
    eg_function_free(f);
    state_free(&s);
    return bad || eg_report(stderr);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, count = 1000000000;
    double seconds = 5;
    counts c = {0};
    struct timespec start;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--count") == 0)
            count = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            seconds = strtod(argv[i + 1], NULL);
        else
            return 64;
    }
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (uint64_t n = 0; n < count && seconds_since(&start) < seconds; n++, seed++)
        if (check(seed, &c)) {
            fprintf(stderr, "--seed %llu --count 1 repeats it\n", (unsigned long long)seed);
            return 1;
        }
    printf("%ld graphs, %ld programs refused, %ld calls compared, %ld failed, none differ\n",
        c.graphs, c.refused, c.compared, c.failed);
    return 0;
}
