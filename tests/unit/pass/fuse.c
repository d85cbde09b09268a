/* Fusing: what becomes one node, and that it computes the bits of its members one by one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include "graph/graph.h"
#include "pass/fused.h"
#include "pass/pass.h"
#include <string.h>

/* ---- what is fused -------------------------------------------------------------------------- */

/* The graph after fusing, as text; the caller frees it. */
static char *fused(const char *lines, const bool late[])
{
    char text[4096];

    snprintf(text, sizeof text, "graph \"g\" {\n%s}\n", lines);
    eg_graph *graph = eg_graph_parse(text);
    assert_fine();
    assert_int_equal(eg__pass_fuse(graph, late), EG_OK);
    assert_int_equal(eg__graph_verify(graph, "fuse"), EG_OK);
    char *got = eg_graph_text(graph);
    eg_graph_free(graph);
    return got;
}

/* Without the C lines. */
static void drop_comments(char *text)
{
    for (char *at; (at = strstr(text, "  # ")) != NULL;) {
        char *end = strchr(at, '\n');
        memmove(at, end, strlen(end) + 1);
    }
}

static void check(const char *before, const char *after)
{
    EG_SCOPE;
    char text[4096];
    char *got = fused(before, NULL);

    drop_comments(got);

    snprintf(text, sizeof text, "graph \"g\" {\n%s}\n", after);
    assert_string_equal(got, text);
    eg_free(got);
}

TEST(a_chain_becomes_one_node_with_a_sum_of_it)
{
    check("  %0 = Placeholder() \"x\" : float32[80]\n"
          "  %1 = Placeholder() \"y\" : float32[80]\n"
          "  %2 = Mul(%0, %1) : float32[80]\n"
          "  %3 = Relu(%2) : float32[80]\n"
          "  %4 = Sum(%3) : float32[]\n"
          "  return %4\n",
        "  %0 = Placeholder() \"x\" : float32[80]\n"
        "  %1 = Placeholder() \"y\" : float32[80]\n"
        "  %2 = Fused(%0, %1) {\n"
        "      %0 = Placeholder() : float32[80]\n"
        "      %1 = Placeholder() : float32[80]\n"
        "      %2 = Mul(%0, %1) : float32[80]\n"
        "      %3 = Relu(%2) : float32[80]\n"
        "      %4 = Sum(%3) : float32[]\n"
        "      return %4\n"
        "    } : float32[]\n"
        "  return %2\n");
}

TEST(what_others_read_is_a_result_and_views_and_casts_are_members)
{
    check("  %0 = Placeholder() \"x\" : float32[20,30]\n"
          "  %1 = Neg(%0) : float32[20,30]\n"
          "  %2 = Reshape(%1, dims=[600]) : float32[600]\n"
          "  %3 = Cast(%2, dtype=float64) : float64[600]\n"
          "  %4 = Abs(%3) : float64[600]\n"
          "  return %1, %4\n",
        "  %0 = Placeholder() \"x\" : float32[20,30]\n"
        "  %1 = Fused(%0) {\n"
        "      %0 = Placeholder() : float32[20,30]\n"
        "      %1 = Neg(%0) : float32[20,30]\n"
        "      %2 = Reshape(%1, dims=[600]) : float32[600]\n"
        "      %3 = Cast(%2, dtype=float64) : float64[600]\n"
        "      %4 = Abs(%3) : float64[600]\n"
        "      return %1, %4\n"
        "    } : float32[20,30], float64[600]\n"
        "  return %1, %1.1\n");
}

TEST(a_view_that_others_read_stays_beside_the_group)
{
    check("  %0 = Placeholder() \"x\" : float32[20,30]\n"
          "  %1 = Neg(%0) : float32[20,30]\n"
          "  %2 = Abs(%1) : float32[20,30]\n"
          "  %3 = Reshape(%2, dims=[600]) : float32[600]\n"
          "  %4 = Square(%3) : float32[600]\n"
          "  return %3, %4\n",
        "  %0 = Placeholder() \"x\" : float32[20,30]\n"
        "  %1 = Fused(%0) {\n"
        "      %0 = Placeholder() : float32[20,30]\n"
        "      %1 = Neg(%0) : float32[20,30]\n"
        "      %2 = Abs(%1) : float32[20,30]\n"
        "      %3 = Reshape(%2, dims=[600]) : float32[600]\n"
        "      %4 = Square(%3) : float32[600]\n"
        "      return %2, %4\n"
        "    } : float32[20,30], float32[600]\n"
        "  %2 = Reshape(%1, dims=[600]) : float32[600]\n"
        "  return %2, %1.1\n");
}

TEST(a_single_operation_what_may_fail_and_a_sum_of_columns_stay_themselves)
{
    static const char kept[] = "  %0 = Placeholder() \"x\" : float32[20,30]\n"
                               "  %1 = Placeholder() \"i\" : int32[30]\n"
                               "  %2 = Neg(%0) : float32[20,30]\n"
                               "  %3 = Sum(%2, axes=[0]) : float32[30]\n"
                               "  %4 = FloorDiv(%1, %1) : int32[30]\n"
                               "  %5 = Add(%4, %1) : int32[30]\n"
                               "  return %3, %5\n";

    check(kept, kept);
}

TEST(two_operations_of_few_elements_stay_themselves_and_four_are_one)
{
    static const char kept[] = "  %0 = Placeholder() \"x\" : float32[]\n"
                               "  %1 = Neg(%0) : float32[]\n"
                               "  %2 = Abs(%1) : float32[]\n"
                               "  return %2\n";

    check(kept, kept);
    check("  %0 = Placeholder() \"x\" : float32[]\n"
          "  %1 = Neg(%0) : float32[]\n"
          "  %2 = Abs(%1) : float32[]\n"
          "  %3 = Square(%2) : float32[]\n"
          "  %4 = Add(%3, %2) : float32[]\n"
          "  return %4\n",
        "  %0 = Placeholder() \"x\" : float32[]\n"
        "  %1 = Fused(%0) {\n"
        "      %0 = Placeholder() : float32[]\n"
        "      %1 = Neg(%0) : float32[]\n"
        "      %2 = Abs(%1) : float32[]\n"
        "      %3 = Square(%2) : float32[]\n"
        "      %4 = Add(%3, %2) : float32[]\n"
        "      return %4\n"
        "    } : float32[]\n"
        "  return %1\n");
}

TEST(what_a_node_between_two_needs_keeps_them_apart)
{
    check("  %0 = Placeholder() \"x\" : float32[20,20]\n"
          "  %1 = Neg(%0) : float32[20,20]\n"
          "  %2 = Abs(%1) : float32[20,20]\n"
          "  %3 = MatMul(%2, %0) : float32[20,20]\n"
          "  %4 = Add(%3, %2) : float32[20,20]\n"
          "  %5 = Relu(%4) : float32[20,20]\n"
          "  return %5\n",
        "  %0 = Placeholder() \"x\" : float32[20,20]\n"
        "  %1 = Fused(%0) {\n"
        "      %0 = Placeholder() : float32[20,20]\n"
        "      %1 = Neg(%0) : float32[20,20]\n"
        "      %2 = Abs(%1) : float32[20,20]\n"
        "      return %2\n"
        "    } : float32[20,20]\n"
        "  %2 = MatMul(%1, %0) : float32[20,20]\n"
        "  %3 = Fused(%2, %1) {\n"
        "      %0 = Placeholder() : float32[20,20]\n"
        "      %1 = Placeholder() : float32[20,20]\n"
        "      %2 = Add(%0, %1) : float32[20,20]\n"
        "      %3 = Relu(%2) : float32[20,20]\n"
        "      return %3\n"
        "    } : float32[20,20]\n"
        "  return %3\n");
}

TEST(what_comes_late_is_in_a_group_of_its_own)
{
    EG_SCOPE;
    static const bool late[] = {false, true};
    char *got = fused("  %0 = Placeholder() \"x\" : float32[400]\n"
                      "  %1 = Neg(%0) : float32[400]\n"
                      "  %2 = Abs(%1) : float32[400]\n"
                      "  %3 = Square(%2) : float32[400]\n"
                      "  %4 = Neg(%3) : float32[400]\n"
                      "  return %2, %4\n",
        late);

    assert_non_null(strstr(got, "%1 = Fused(%0)"));
    assert_non_null(strstr(got, "%2 = Fused(%1)"));
    eg_free(got);
}

TEST(the_text_of_a_group_names_the_lines_that_made_its_members)
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_new("g");
    char line[32];
    {
        EG_GRAPH(graph);
        eg_tensor *x = eg_placeholder("x", EG_FLOAT32, EG_DIMS(400));
        eg_tensor *y = eg_relu(eg_add(x, x));
        snprintf(line, sizeof line, "fuse.c:%d the_text", __LINE__ - 1);
        eg__graph_want(graph, (eg_ref){y->node - 1, 0});
    }
    assert_int_equal(eg__pass_fuse(graph, NULL), EG_OK);
    char *got = eg_graph_text(graph);
    assert_non_null(strstr(got, "Relu(%1) : float32[400]  # "));
    assert_non_null(strstr(got, line));
    eg_free(got);
    eg_graph_free(graph);
}

static char told[2048];

static void note(const char *kind, const char *text, void *env)
{
    (void)env;
    if (strcmp(kind, "fuse") == 0)
        snprintf(told + strlen(told), sizeof told - strlen(told), "%s\n", text);
}

TEST(messages_say_what_was_fused_what_not_and_why)
{
    EG_SCOPE;
    eg_set_message_handler(note, NULL);
    char *got = fused("  %0 = Placeholder() \"x\" : float32[20,20]\n"
                      "  %1 = Placeholder() \"s\" : float32[]\n"
                      "  %2 = Neg(%0) : float32[20,20]\n"
                      "  %3 = Abs(%2) : float32[20,20]\n"
                      "  %4 = MatMul(%3, %0) : float32[20,20]\n"
                      "  %5 = Exp(%4) : float32[20,20]\n"
                      "  %6 = Neg(%1) : float32[]\n"
                      "  %7 = Abs(%6) : float32[]\n"
                      "  return %5, %7\n",
        NULL);
    eg_set_message_handler(NULL, NULL);
    assert_non_null(strstr(told, "g: Neg+Abs of 400 elements: one kernel; MatMul ("));
    assert_non_null(strstr(told, ") ends it\n"));
    assert_non_null(strstr(told, "g: Exp of 400 elements: alone\n"));
    assert_non_null(strstr(told, "g: Neg+Abs of 1 elements: apart, since one kernel"));
    eg_free(got);
}

/* ---- the same bits -------------------------------------------------------------------------- */

enum { ARGUMENTS = 6, REGISTERS = 8, LENGTH = 24 };

typedef struct instruction {
    uint8_t what, a, b, to;
} instruction;

typedef struct program {
    int n;
    instruction code[LENGTH];
} program;

static int below(uint64_t *seed, int n)
{
    return (int)(harness_random(seed) >> 33) % n;
}

/* As one row, and back. */
static eg_tensor *through_a_row(eg_tensor *x)
{
    int64_t dims[EG_MAX_RANK];

    for (int i = 0; i < eg_rank(x); i++)
        dims[i] = eg_dim(x, i);
    return eg_reshape(eg_abs(eg_reshape(x, EG_DIMS(-1))), eg_rank(x), dims);
}

static eg_tensor *reduced(int what, eg_tensor *x)
{
    switch (eg_rank(x) > 0 ? what % 6 : 5) {
    case 0:
        return eg_sum(x, .axes = EG_AXES(-1), .keep_dims = true);
    case 1:
        return eg_max(x);
    case 2:
        return eg_sum(x, .axes = EG_AXES(0), .keep_dims = true);
    case 3:
        return eg_mean(x, .axes = EG_AXES(-1), .keep_dims = true);
    case 4:
        return eg_cast(eg_any(eg_greater(x, 0)), EG_FLOAT32);
    default:
        return eg_min(x);
    }
}

static eg_tensor *computed(const instruction *i, eg_tensor *x, eg_tensor *y)
{
    switch (i->what % 16) {
    case 0:
        return eg_add(x, y);
    case 1:
        return eg_sub(x, y);
    case 2:
        return eg_mul(x, 0.75);
    case 3:
        return eg_maximum(x, y);
    case 4:
        return eg_where(eg_less(x, y), x, eg_mul(y, x));
    case 5:
        return eg_tanh(x);
    case 6:
        return eg_cast(eg_sqrt(eg_abs(eg_cast(x, EG_FLOAT64))), EG_FLOAT32);
    case 7:
        return eg_relu(x);
    case 8:
        return eg_square(eg_sigmoid(x));
    case 9:
        return eg_mul(through_a_row(eg_neg(x)), y);
    case 10:
        return eg_cast(eg_equal(eg_floor(x), eg_floor(y)), EG_FLOAT32);
    case 11:
        return eg_exp(eg_minimum(x, 1));
    case 12:
        return eg_sub(x, y);
    default:
        return reduced(i->what / 16, x);
    }
}

static eg_tensor *body(int n, eg_tensor *const in[], void *env)
{
    const program *p = env;
    eg_tensor *r[REGISTERS];

    for (int i = 0; i < REGISTERS; i++)
        r[i] = in[i % n];
    for (int i = 0; i < p->n; i++)
        r[p->code[i].to] = computed(&p->code[i], r[p->code[i].a], r[p->code[i].b]);
    return eg_tuple_of(REGISTERS, r);
}

static void make_program(program *p, uint64_t *seed)
{
    memset(p, 0, sizeof *p);
    p->n = 2 + below(seed, LENGTH - 2);
    for (int i = 0; i < p->n; i++)
        p->code[i] = (instruction){(uint8_t)below(seed, 256), (uint8_t)below(seed, REGISTERS),
            (uint8_t)below(seed, REGISTERS), (uint8_t)below(seed, REGISTERS)};
}

/* Arguments of shapes that broadcast to dims: all of it, rows, columns, one number. */
static void make_arguments(const int64_t dims[3], uint64_t *seed, eg_tensor *args[ARGUMENTS])
{
    const int64_t shapes[ARGUMENTS][3] = {{dims[0], dims[1], dims[2]}, {1, 1, dims[2]},
        {dims[0], dims[1], 1}, {dims[0], 1, 1}, {1, dims[1], dims[2]}, {1, 1, 1}};

    for (int i = 0; i < ARGUMENTS; i++) {
        args[i] = eg_zeros(EG_FLOAT32, 3, shapes[i]);
        float *v = (float *)(uintptr_t)eg_data(args[i], EG_FLOAT32);
        for (int64_t k = 0; k < eg_size(args[i]); k++)
            v[k] = (float)(below(seed, 4096) - 2048) / 512;
    }
}

static void check_programs(const int64_t dims[3], int programs, uint64_t *seed)
{
    for (int i = 0; i < programs; i++) {
        EG_SCOPE;
        program p;
        eg_tensor *args[ARGUMENTS];
        make_program(&p, seed);
        make_arguments(dims, seed, args);
        eg_function *f = eg_function_new(body, ARGUMENTS, &p, sizeof p);
        eg_tensor *eager = body(ARGUMENTS, args, &p);
        for (int call = 0; call < 3; call++) { /* recorded, and served by one thread and by four */
            eg_set_threads(call == 1 ? 1 : 4);
            assert_same_bits(eager, eg_call_of(f, ARGUMENTS, args));
        }
        assert_null(eg_function_why_eager(f));
        eg_function_free(f);
        assert_fine();
    }
}

TEST(fused_operations_have_the_bits_of_single_ones_whatever_the_shapes)
{
    static const int64_t small[][3] = {{1, 1, 1}, {1, 1, 7}, {2, 3, 5}, {4, 1, 9}, {3, 1, 4097},
        {5, 600, 1}, {17, 13, 11}, {7, 9, 513}, {2, 1024, 3}, {3, 100, 64}};
    static const int64_t large[][3] = {{1, 1, 300007}, {64, 64, 64}, {20, 1, 10001}, {30000, 1, 10},
        {3, 4099, 17}, {1, 130, 2048}};
    uint64_t seed = 20;

    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        check_programs(small[i], 40, &seed);
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        check_programs(large[i], 8, &seed);
}

static eg_tensor *chained(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    eg_tensor *a = eg_mul(eg_add(in[0], in[1]), in[2]), *b = eg_relu(eg_sub(a, in[0]));
    return eg_tuple(b, eg_add(eg_mul(a, 0.5), b), eg_max(b));
}

TEST(large_results_go_past_the_caches_with_the_same_bits)
{
    EG_SCOPE;
    const int64_t dims[3] = {3, 1000, 1001};
    uint64_t seed = 3;
    eg_tensor *args[ARGUMENTS];
    eg_function *f = eg_function_new(chained, 3, NULL, 0);

    make_arguments(dims, &seed, args);
    eg_tensor *eager = chained(3, args, NULL);
    for (int call = 0; call < 2; call++)
        assert_same_bits(eager, eg_call_of(f, 3, args));
    eg_function_free(f);
}

/* ---- values of variables, in place ---------------------------------------------------------- */

typedef struct pair {
    eg_tensor *m, *v, *p;
} pair;

/* The moments of Adam and its step: three variables, one group. */
static eg_tensor *moments(int n, eg_tensor *const in[], void *env)
{
    const pair *at = env;
    (void)n;
    eg_assign(at->m, eg_add(eg_mul(at->m, 0.9), eg_mul(in[0], 0.1)));
    eg_assign(at->v, eg_add(eg_mul(at->v, 0.99), eg_mul(eg_square(in[0]), 0.01)));
    eg_assign(at->p, eg_sub(at->p, eg_div(at->m, eg_add(eg_sqrt(at->v), 1e-3))));
    return eg_sum(in[0]);
}

/* Each gets what the other had. */
static eg_tensor *exchanged(int n, eg_tensor *const in[], void *env)
{
    const pair *at = env;
    (void)n;
    eg_tensor *m = eg_add(eg_neg(at->v), in[0]), *v = eg_mul(eg_abs(at->m), in[0]);
    eg_assign(at->m, m);
    eg_assign(at->v, v);
    return eg_sum(in[0]);
}

static pair new_pair(eg_tensor *x)
{
    return (pair){eg_variable(eg_mul(x, 0.25)), eg_variable(eg_square(x)), eg_variable(x)};
}

static void free_pair(const pair *at)
{
    eg_variable_free(at->m);
    eg_variable_free(at->v);
    eg_variable_free(at->p);
}

static void check_updates(eg_body fn)
{
    EG_SCOPE;
    enum { N = 5000 };
    const int64_t dims[3] = {1, 1, N};
    uint64_t seed = 5;
    eg_tensor *args[ARGUMENTS];

    make_arguments(dims, &seed, args);
    pair a = new_pair(args[0]), b = new_pair(args[0]);
    eg_function *f = eg_function_new(fn, 1, &b, sizeof b);
    for (int call = 0; call < 4; call++) {
        fn(1, &args[1], &a);
        eg_call_of(f, 1, &args[1]);
        assert_same_bits(eg_value(a.m), eg_value(b.m));
        assert_same_bits(eg_value(a.v), eg_value(b.v));
        assert_same_bits(eg_value(a.p), eg_value(b.p));
    }
    eg_function_free(f);
    free_pair(&a);
    free_pair(&b);
}

TEST(several_variables_change_in_place_in_one_group)
{
    check_updates(moments);
}

TEST(variables_that_exchange_their_values_are_not_overwritten_too_early)
{
    check_updates(exchanged);
}
