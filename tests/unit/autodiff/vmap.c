/* eg_vmap: every way to run many examples gives what each of them alone gives.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

enum { EXAMPLES = 3 };

/* Fails unless mapping `body` over axis 0 of x gives the results of its rows, stacked. */
static void check_rows(const char *what, eg_body body, eg_tensor *x)
{
    eg_tensor *row[EXAMPLES], *mapped = eg_vmap(body, NULL, 1, &x, NULL);

    for (int i = 0; i < EXAMPLES; i++) {
        eg_tensor *one = eg_get(x, i);
        row[i] = body(1, &one, NULL);
    }
    eg_tensor *stacked = eg_stack(EG_IN(row[0], row[1], row[2]), .axis = 0);
    if (!eg_ok() || eg_rank(mapped) != eg_rank(stacked) ||
        !eg_true(eg_all(eg_equal(mapped, stacked)))) {
        print_message("%s:\n", what);
        eg_print(mapped);
        eg_print(stacked);
        assert_fine();
        fail_msg("%s differs", what);
    }
}

#define BODY(name, ...)                                                                            \
    static eg_tensor *name(int n, eg_tensor *const in[], void *env)                                \
    {                                                                                              \
        eg_tensor *x = in[0];                                                                      \
        (void)n, (void)env;                                                                        \
        return __VA_ARGS__;                                                                        \
    }

static eg_tensor *numbers(void)
{
    return eg_reshape(eg_cast(eg_range(24), EG_FLOAT64), EG_DIMS(EXAMPLES, 2, 4));
}

BODY(elementwise, eg_mul(eg_exp(eg_div(x, 8)), eg_add(x, EG_F64(1, 2, 3, 4))))
BODY(against_itself, eg_sub(eg_transpose(x), eg_sum(x, .axes = EG_AXES(1))))
BODY(reduced, eg_sum(x))
BODY(kept, eg_max(x, .axes = EG_AXES(-1), .keep_dims = true))
BODY(largest, eg_argmax(x, .axis = 1))
BODY(running, eg_cumulative_sum(x, .axis = 0))
BODY(soft, eg_softmax(x, .not_last_axis = true, .axis = 0))
BODY(turned, eg_transpose(x))
BODY(flat, eg_reshape(x, EG_DIMS(8)))
BODY(cut, eg_slice(x, .begin = EG_AT(0, 1), .count = EG_AT(-1, 2)))
BODY(padded, eg_pad(x, .before = EG_AT(1, 0)))
BODY(product, eg_matmul(x, eg_transpose(x)))
BODY(by_vector, eg_matmul(x, EG_F64(1, 2, 3, 4)))
BODY(spread_out, eg_broadcast_to(eg_sum(x), EG_DIMS(2, 2)))
BODY(joined, eg_concat(EG_IN(x, eg_neg(x)), .axis = 0))
BODY(picked, eg_gather(x, EG_I32(1, 0), .axis = 1))
BODY(picked_by, eg_gather(EG_F64(5, 6, 7), eg_cast(eg_remainder(x, 3), EG_INT32)))
BODY(sorted, eg_sort(eg_neg(x), -1))
BODY(turned_back, eg_flip(eg_cumulative_prod(x, .axis = 1)))
BODY(constant, eg_add(EG_F64(1, 2), (double)(0 * eg_size(x))))

TEST(mapping_gives_what_each_example_gives)
{
    static const struct {
        const char *name;
        eg_body body;
    } bodies[] = {{"element-wise", elementwise}, {"broadcast", against_itself},
        {"reduced", reduced}, {"kept", kept}, {"argmax", largest}, {"running sum", running},
        {"softmax", soft}, {"transposed", turned}, {"reshaped", flat}, {"sliced", cut},
        {"padded", padded}, {"product", product}, {"matrix by vector", by_vector},
        {"spread", spread_out}, {"joined", joined}, {"gathered", picked},
        {"gathered by each", picked_by}, {"sorted", sorted}, {"turned back", turned_back},
        {"constant", constant}};
    EG_SCOPE;

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        check_rows(bodies[i].name, bodies[i].body, numbers());
    assert_fine();
}

static eg_tensor *scaled(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_tuple(eg_mul(in[0], in[1]), eg_sum(in[0]));
}

TEST(arguments_may_be_shared_or_mapped_along_any_axis)
{
    EG_SCOPE;
    eg_tensor *x[2] = {eg_reshape(EG_F64(1, 2, 3, 4, 5, 6), EG_DIMS(2, 3)), EG_F64(10, 100)};

    eg_tensor *y = eg_vmap(scaled, NULL, 2, x, (const int[]){1, EG_NOT_MAPPED});
    assert_prints(eg_part(y, 0), "[[ 10. 400.] [ 20. 500.] [ 30. 600.]] float64[3,2]");
    assert_prints(eg_part(y, 1), "[5. 7. 9.] float64[3]");
    y = eg_vmap(scaled, NULL, 2, x, (const int[]){0, 0});
    assert_prints(eg_part(y, 0), "[[ 10.  20.  30.] [400. 500. 600.]] float64[2,3]");
    assert_fine();
}

static eg_tensor *sum_of_squares(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_sum(eg_square(in[0]));
}

static eg_tensor *slope(int n, eg_tensor *const in[], void *env)
{
    eg_tensor *dx;
    EG_TAPE;

    eg_watch(in[0]);
    eg_gradient(sum_of_squares(n, in, env), 1, in, &dx);
    return eg_give(dx);
}

TEST(a_gradient_in_the_body_is_the_gradient_of_each_example)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(EG_F64(1, 2, 3, 4), EG_DIMS(2, 2));

    assert_prints(eg_vmap(slope, NULL, 1, &x, NULL), "[[2. 4.] [6. 8.]] float64[2,2]");
    assert_fine();
}

TEST(gradients_and_tangents_go_through_a_mapping)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(EG_F64(1, 2, 3, 4), EG_DIMS(2, 2)), *dx, *dy;
    EG_TAPE;

    eg_watch(x);
    eg_tensor *y = eg_vmap(sum_of_squares, NULL, 1, &x, NULL);
    assert_prints(y, "[ 5. 25.] float64[2]");
    {
        EG_FORWARD;
        eg_set_tangent(x, eg_ones_like(x));
        dy = eg_give(eg_tangent(eg_vmap(sum_of_squares, NULL, 1, &x, NULL)));
    }
    assert_prints(dy, "[ 6. 14.] float64[2]");
    eg_gradient(y, EG_IN(x), &dx);
    assert_prints(dx, "[[2. 4.] [6. 8.]] float64[2,2]");
    assert_fine();
}

EG_FUNCTION(mapped_sums, x)
{
    if (eg_true(eg_greater(eg_sum(x), 0)))
        return eg_vmap(sum_of_squares, NULL, 1, &x, NULL);
    return eg_vmap(slope, NULL, 1, &x, NULL);
}

TEST(a_function_records_a_mapping)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(mapped_sums);
    eg_function_info info = {.size = sizeof info};
    eg_tensor *x = eg_reshape(EG_F64(1, 2, 3, 4), EG_DIMS(2, 2));

    for (int i = 0; i < 3; i++) {
        assert_prints(eg_call(f, x), "[ 5. 25.] float64[2]");
        assert_prints(eg_call(f, eg_neg(x)), "[[-2. -4.] [-6. -8.]] float64[2,2]");
    }
    eg_function_info_now(f, &info);
    assert_int_equal(info.eager_calls, 0);
    assert_true(info.replays >= 4);
    eg_function_free(f);
    assert_fine();
}

TEST(a_graph_holds_a_mapping)
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_new("rows");
    eg_tensor *x, *y, *got;
    {
        EG_GRAPH(graph);
        x = eg_give(eg_placeholder("x", EG_FLOAT64, EG_DIMS(2, 2)));
        y = eg_give(eg_vmap(sum_of_squares, NULL, 1, &x, NULL));
    }
    eg_session *session = eg_session_new(graph);
    eg_tensor *value = eg_reshape(EG_F64(1, 2, 3, 4), EG_DIMS(2, 2));
    eg_session_run(session, EG_FEEDS({x, value}), EG_IN(y), &got);
    assert_prints(got, "[ 5. 25.] float64[2]");
    eg_session_free(session);
    eg_graph_free(graph);
    assert_fine();
}

static eg_tensor *looks(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_true(eg_greater(eg_sum(in[0]), 0)) ? in[0] : eg_neg(in[0]);
}

static eg_tensor *nothing(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)in, (void)env;
    return NULL;
}

TEST(mistakes_with_mappings_are_told)
{
    EG_SCOPE;
    eg_tensor *x[2] = {numbers(), EG_F64(1, 2)};

    assert_null(eg_vmap(NULL, NULL, 1, x, NULL));
    assert_error(EG_INVALID, "body is NULL");
    assert_null(eg_vmap(scaled, NULL, 2, x, NULL));
    assert_error(EG_INVALID, "argument 1 has 2 examples, others have 3");
    assert_null(eg_vmap(scaled, NULL, 2, x, (const int[]){EG_NOT_MAPPED, EG_NOT_MAPPED}));
    assert_error(EG_INVALID, "none of the arguments");
    assert_null(eg_vmap(scaled, NULL, 2, x, (const int[]){3, 0}));
    assert_error(EG_INVALID, "argument 0 has no axis 3");
    assert_null(eg_vmap(looks, NULL, 1, x, NULL));
    assert_error(EG_STATE, "symbol");
    assert_null(eg_vmap(nothing, NULL, 1, x, NULL));
    assert_error(EG_INVALID, "returned NULL");
}

TEST(no_examples_give_no_results)
{
    EG_SCOPE;
    eg_tensor *x = eg_zeros(EG_FLOAT64, EG_DIMS(0, 3));

    assert_prints(eg_vmap(sum_of_squares, NULL, 1, &x, NULL), "[] float64[0]");
    assert_fine();
}
