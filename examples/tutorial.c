/* A tour of eagre for newcomers. Read it from top to bottom; `tutorial [FOLDER]` runs it and puts
 * its pictures and its trace into FOLDER (default: the current one). A comment with an arrow is
 * what the line above or beside it prints, up to a comma or semicolon where more follows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eagre.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static void heading(const char *text)
{
    if (eg_ok())
        printf("\n%s\n", text);
}

/* ---- 1. Operations run at once --------------------------------------------------------------- */

static void eager_values(void)
{
    EG_SCOPE; /* everything made in this block is freed at its end */

    heading("1. Operations run at once");
    printf("executing eagerly: %s\n", eg_executing_eagerly() ? "yes" : "no");
    /* -> executing eagerly: yes */

    eg_tensor *product = eg_mul(eg_constant(12), eg_constant(3));
    eg_print(product); /* -> 36 int32[] */
    eg_print(eg_sub(product, eg_constant(2)));
    /* -> 34 int32[] */

    float a[2][2] = {{1, 2}, {3, 4}}, b[2][2] = {{10, 20}, {30, 40}};
    eg_tensor *sum = eg_add(eg_array2(a), eg_array2(b));
    eg_print(sum);
    /* -> [[11. 22.] */
    /* ->  [33. 44.]] float32[2,2] */
    printf("rank %d, %lld rows, %lld elements\n", eg_rank(sum), (long long)eg_dim(sum, 0),
        (long long)eg_size(sum));
    /* -> rank 2, 2 rows, 4 elements */

    float back[2][2]; /* and out again, into ordinary C */
    eg_read(sum, EG_FLOAT32, back, 4);
    printf("lower right: %g\n", (double)back[1][1]);
    /* -> lower right: 44 */
}

/* ---- 2. Plain C decides --------------------------------------------------------------------- */

/* How often can x be halved before it is below one? The loop looks at the value. */
static int halvings(eg_tensor *x)
{
    int n = 0;

    for (; eg_ok() && eg_true(eg_greater_equal(x, 1)); n++)
        x = eg_mul(x, 0.5);
    return n;
}

static void control_flow(void)
{
    EG_SCOPE;
    heading("2. Plain C decides");
    printf("100 is halved %d times\n", halvings(eg_constant(100.0)));
    /* -> 100 is halved 7 times */
}

/* ---- 3. Gradients --------------------------------------------------------------------------- */

static void gradients(void)
{
    EG_SCOPE;
    eg_tensor *x = eg_constant(3.0), *slope;

    heading("3. Gradients");
    {
        EG_TAPE; /* remembers what depends on x */
        eg_watch(x);
        eg_tensor *y = eg_mul(eg_square(x), x);
        eg_gradient(y, EG_IN(x), &slope);
        eg_print(slope); /* -> 27. float32[] */
    }
}

/* ---- 4. A function is traced once ------------------------------------------------------------ */

EG_FUNCTION(product_of, a, b)
{
    return eg_matmul(a, b);
}

static double time_eager(eg_tensor *a, eg_tensor *b, int n)
{
    double start = milliseconds();

    for (int i = 0; i < n; i++) {
        EG_SCOPE;
        product_of(a, b);
    }
    return (milliseconds() - start) / n;
}

static double time_traced(eg_function *f, eg_tensor *a, eg_tensor *b, int n)
{
    double start = milliseconds();

    for (int i = 0; i < n; i++) {
        EG_SCOPE;
        eg_call(f, a, b);
    }
    return (milliseconds() - start) / n;
}

static void large_product(void)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(product_of);
    eg_tensor *a = eg_normal(eg_key(1), EG_DIMS(1000, 1000));
    eg_tensor *b = eg_normal(eg_key(2), EG_DIMS(1000, 1000));

    heading("4. A function is traced once");
    eg_tensor *c = eg_call(f, a, b);
    double eager = time_eager(a, b, 10), traced = time_traced(f, a, b, 10);
    eg_tensor *same = eg_min(eg_cast(eg_equal(c, product_of(a, b)), EG_INT32));
    printf("1000x1000 product: eager %.2f ms, traced %.2f ms\n", eager, traced);
    printf("traces after 11 calls: %d, same bits as eager: %s\n", eg_function_trace_count(f),
        eg_true(same) ? "yes" : "no");
    /* -> traces after 11 calls: 1, same bits as eager: yes */
    eg_function_free(f);
}

/* ---- 5. Branches on values stay right -------------------------------------------------------- */

EG_FUNCTION(conditional_operation, x, threshold)
{
    if (eg_true(eg_greater(x, threshold)))
        return eg_square(x);
    return eg_neg(x);
}

static void branches(const char *picture)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(conditional_operation);

    heading("5. Branches on values stay right");
    eg_print(conditional_operation(eg_constant(5.0), eg_constant(4.0))); /* -> 25. float32[] */
    eg_print(eg_call(f, 5.0, 4.0));
    /* -> 25. float32[] */
    eg_print(eg_call(f, 3.0, 4.0));
    /* -> -3. float32[] */
    eg_print(eg_call(f, 6.0, 4.0));
    /* -> 36. float32[] */
    char *tree = eg_function_text(f);
    fputs(tree ? tree : "", stdout);
    /* -> conditional_operation(%0: float32[], %1: float32[]) */
    /* ->     %2 = Greater(%0, %1) : bool[] */
    /* ->     if %2 */
    /* ->         %3 = Square(%0) : float32[] */
    /* ->         return %3 */
    /* ->     else */
    /* ->         %3 = Neg(%0) : float32[] */
    /* ->         return %3 */
    eg_free(tree);
    eg_function_report(f, stdout);
    /* -> conditional_operation: 3 calls, 1 from graphs, 0 eager */
    /* ->   trace 0 (float32[], float32[]): the first call */
    eg_function_draw(f, picture);
    eg_function_free(f);
}

/* ---- 6. The same as a graph in a session ----------------------------------------------------- */

static void session(const char *picture)
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_new("sum");
    eg_tensor *x, *y, *sum, *result;

    heading("6. A graph in a session");
    {
        EG_GRAPH(graph); /* operations are appended, nothing runs */
        x = eg_give(eg_placeholder("x", EG_FLOAT32, EG_DIMS(2, 2)));
        y = eg_give(eg_placeholder("y", EG_FLOAT32, EG_DIMS(2, 2)));
        sum = eg_give(eg_add(x, y));
        eg_name(sum, "sum");
        eg_print(sum); /* -> symbol %2: float32[2,2] */
    }
    float a[2][2] = {{1, 2}, {3, 4}}, b[2][2] = {{10, 20}, {30, 40}};
    eg_session *s = eg_session_new(graph);
    eg_session_run(s, EG_FEEDS({x, eg_array2(a)}, {y, eg_array2(b)}), EG_IN(sum), &result);
    eg_print(result);
    /* -> [[11. 22.] */
    /* ->  [33. 44.]] float32[2,2] */
    char *text = eg_graph_text(graph);
    fputs(text ? text : "", stdout);
    /* -> graph "sum" { */
    /* ->   %0 = Placeholder() "x" : float32[2,2] */
    /* ->   %1 = Placeholder() "y" : float32[2,2] */
    /* ->   %2 = Add(%0, %1) "sum" : float32[2,2] */
    /* ->   return %2 */
    /* -> } */
    eg_free(text);
    eg_graph_draw(graph, picture);
    eg_session_free(s);
    eg_graph_free(graph);
}

/* ---- 7. What ran, and how long --------------------------------------------------------------- */

static void profile(const char *trace)
{
    EG_SCOPE;
    eg_profile *p = eg_profile_new();
    eg_tensor *x = eg_uniform(eg_key(3), EG_DIMS(512, 512));

    heading("7. What ran, and how long");
    eg_profile_start(p);
    for (int i = 0; i < 3; i++) {
        EG_SCOPE;
        eg_sum(eg_gelu(eg_matmul(x, x), .tanh_form = true));
    }
    eg_profile_stop(p);
    eg_profile_print(p, stdout);
    /* -> 9 kernels */
    eg_profile_save(p, trace);
    eg_profile_free(p);
}

/* ---- 8. Errors wait until you look ----------------------------------------------------------- */

static void errors(void)
{
    eg_error e;

    heading("8. Errors wait until you look");
    {
        EG_TRY(&e); /* what fails in this block ends here */
        eg_print(eg_neg(eg_add(EG_F32(1, 2), EG_F32(1, 2, 3))));
    }
    if (eg_ok())
        printf("%s: %s\n", e.op, e.message);
    /* -> Add: float32[2] and float32[3]: the shapes do not broadcast */
}

static void path_in(char path[512], const char *folder, const char *name)
{
    snprintf(path, 512, "%s/%s", folder, name);
}

static void tour(const char *folder)
{
    char tree[512], graph[512], trace[512];

    path_in(tree, folder, "conditional_operation.svg");
    path_in(graph, folder, "sum.svg");
    path_in(trace, folder, "profile.json");
    eager_values();
    control_flow();
    gradients();
    large_product();
    branches(tree);
    session(graph);
    profile(trace);
    errors();
    if (eg_ok())
        printf("\npictures: %s, %s; profile: %s (open it with chrome://tracing)\n", tree, graph,
            trace);
}

int main(int argc, char **argv)
{
    bool help = argc == 2 && strcmp(argv[1], "--help") == 0;

    if (help || argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        fputs("usage: tutorial [FOLDER]\n", help ? stdout : stderr);
        return help ? 0 : 64;
    }
    EG_SCOPE;
    tour(argc == 2 ? argv[1] : ".");
    return eg_report(stderr);
}
