/* What people run into with tf.function, from its guide's limitations and its users' threads: each
 * works here, or is an error or a reason that says what to write. The numbers are rows of our list
 * of such threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <stdlib.h>
#include <string.h>

static eg_tensor *variable;
static eg_generator *generator;
static eg_function *inner;
static int bodies_run;

static int count_traces(const eg_function *f)
{
    return eg_function_trace_count(f);
}

/* ---- host code (rows 22 to 30) -------------------------------------------------------------- */

EG_FUNCTION(counts_on_the_host, x)
{
    bodies_run++;
    eg_assign_add(variable, 1);
    return eg_mul(x, 2);
}

TEST(a_counter_of_the_host_counts_recordings_and_a_variable_counts_calls) /* 22 */
{
    EG_SCOPE;
    variable = eg_variable(eg_constant(0));
    eg_function *f = eg_function_of(counts_on_the_host);

    bodies_run = 0;
    for (int i = 0; i < 5; i++)
        eg_call(f, 1.0);
    assert_int_equal(bodies_run, 1);
    assert_int_equal(eg_item_int(variable), 5);
    eg_function_free(f);
    eg_variable_free(variable);
}

static FILE *printed;

EG_FUNCTION(prints_between_effects, x)
{
    eg_print(variable, .to = printed);
    eg_assign_add(variable, x);
    eg_print(variable, .to = printed);
    eg_print(x, .to = printed);
    return eg_neg(x);
}

TEST(prints_come_once_a_call_in_the_order_they_are_written) /* 23, 48 */
{
    EG_SCOPE;
    char text[256] = "";
    variable = eg_variable(eg_constant(0));
    eg_function *f = eg_function_of(prints_between_effects);

    printed = tmpfile();
    for (int i = 1; i <= 3; i++)
        eg_call(f, i);
    rewind(printed);
    text[fread(text, 1, sizeof text - 1, printed)] = '\0';
    assert_string_equal(text,
        "0 int32[]\n1 int32[]\n1 int32[]\n"
        "1 int32[]\n3 int32[]\n2 int32[]\n"
        "3 int32[]\n6 int32[]\n3 int32[]\n");
    fclose(printed);
    eg_function_free(f);
    eg_variable_free(variable);
}

static double host_number;

EG_FUNCTION(adds_a_number_of_the_host, x)
{
    if (eg_true(eg_less(x, 0)))
        return eg_sub(x, host_number);
    return eg_add(eg_add(x, host_number), 1);
}

static eg_tensor *adds_its_number(int n, eg_tensor *const in[], void *env)
{
    (void)n;
    return eg_add(in[0], *(const double *)env);
}

TEST(a_number_that_changes_belongs_into_the_environment_or_an_argument) /* 24, 29: globals */
{
    EG_SCOPE;
    double number = 1;
    eg_function *f = eg_function_new(adds_its_number, 1, &number, sizeof number);

    assert_true(eg_item(eg_call(f, 1.0)) == 2);
    number = 5;
    assert_true(eg_item(eg_call(f, 1.0)) == 6);
    number = 1;
    assert_true(eg_item(eg_call(f, 1.0)) == 2);
    assert_int_equal(count_traces(f), 2);
    eg_function_free(f);
}

static char why[512];

static void keep_reason(const char *kind, const char *text, void *env)
{
    (void)env;
    if (strcmp(kind, "function") == 0 && strstr(text, "depends on something"))
        snprintf(why, sizeof why, "%s", text);
}

EG_FUNCTION(depends_before_it_branches, x)
{
    eg_tensor *y = eg_add(x, host_number);

    if (eg_true(eg_less(y, 0)))
        return eg_neg(y);
    return y;
}

TEST(a_number_of_the_host_that_changed_is_found_and_both_lines_are_told) /* 24, 29 */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(depends_before_it_branches);

    host_number = 1;
    why[0] = '\0';
    eg_set_message_handler(keep_reason, NULL);
    assert_true(eg_item(eg_call(f, 1.0)) == 2);
    host_number = 3;
    assert_true(eg_item(eg_call(f, -9.0)) == 6);
    assert_non_null(strstr(eg_function_why_eager(f), "Add where it did"));
    assert_non_null(strstr(eg_function_why_eager(f), "traps_tensorflow.c:"));
    assert_non_null(strstr(why, "depends_before_it_branches runs eagerly"));
    assert_true(eg_item(eg_call(f, 1.0)) == 4);
    eg_set_message_handler(NULL, NULL);
    eg_function_free(f);
}

TEST(a_branch_that_was_not_met_yet_sees_the_number_of_its_own_time) /* 29 */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(adds_a_number_of_the_host);

    host_number = 1;
    assert_true(eg_item(eg_call(f, 1.0)) == 3);
    host_number = 2;
    assert_true(eg_item(eg_call(f, -1.0)) == -3);
    eg_function_free(f);
}

EG_FUNCTION(draws_two, x)
{
    eg_tensor *first, *second;

    eg_next_key(generator, &first);
    eg_next_key(generator, &second);
    return eg_add(x, eg_sub(eg_uniform(first, EG_DIMS(2)), eg_uniform(second, EG_DIMS(2))));
}

TEST(random_numbers_are_new_in_each_call_and_follow_the_seed_of_the_call) /* 24, 25, 26 */
{
    EG_SCOPE;
    eg_tensor *zero = eg_constant(0.0), *eager[3], *seed;
    generator = eg_generator_new(7);
    eg_function *f = eg_function_of(draws_two);

    seed = eg_value(eg_generator_state(generator));
    for (int i = 0; i < 3; i++)
        eager[i] = draws_two(zero);
    for (int round = 0; round < 2; round++) {
        eg_assign(eg_generator_state(generator), seed);
        for (int i = 0; i < 3; i++)
            assert_true(eg_true(eg_all(eg_equal(eg_call(f, zero), eager[i]))));
    }
    assert_false(eg_true(eg_any(eg_equal(eager[0], eager[1]))));
    assert_int_equal(count_traces(f), 1);
    eg_function_free(f);
    eg_generator_free(generator);
}

typedef struct object {
    eg_tensor *weights[3];
    int n;
    float scale;
} object;

static eg_tensor *uses_an_object(int n, eg_tensor *const in[], void *env)
{
    const object *o = env;
    eg_tensor *y = in[0];

    (void)n;
    for (int i = 0; i < o->n; i++)
        y = eg_add(eg_mul(y, o->weights[i]), o->scale);
    return y;
}

TEST(fields_of_an_object_are_seen_and_so_is_what_changes_in_it) /* 29: mutated objects; 30 */
{
    EG_SCOPE;
    object o;

    memset(&o, 0, sizeof o);
    for (int i = 0; i < 3; i++)
        o.weights[i] = eg_variable(eg_constant(i + 1.0));
    o.n = 2;
    o.scale = 1;
    eg_function *f = eg_function_new(uses_an_object, 1, &o, sizeof o);
    assert_true(eg_item(eg_call(f, 1.0)) == 5);
    eg_assign(o.weights[0], eg_constant(10.0));
    assert_true(eg_item(eg_call(f, 1.0)) == 23);
    o.n = 3;
    assert_true(eg_item(eg_call(f, 1.0)) == 70);
    o.scale = 0;
    assert_true(eg_item(eg_call(f, 1.0)) == 60);
    assert_int_equal(count_traces(f), 3);
    eg_function_free(f);
    for (int i = 0; i < 3; i++)
        eg_variable_free(o.weights[i]);
}

typedef struct rows {
    const float *next;
} rows;

static eg_tensor *takes_the_next_row(int n, eg_tensor *const in[], void *env)
{
    rows *r = env;

    (void)n;
    r->next += 2;
    return eg_add(in[0], eg_copy(EG_FLOAT32, EG_DIMS(2), r->next - 2));
}

TEST(an_iterator_in_the_environment_is_not_frozen) /* 29: iterators */
{
    EG_SCOPE;
    static const float data[6] = {1, 2, 3, 4, 5, 6};
    rows r = {data};
    eg_function *f = eg_function_new(takes_the_next_row, 1, &r, sizeof r);
    eg_tensor *zero = EG_F32(0, 0);

    assert_prints(eg_call(f, zero), "[1. 2.] float32[2]");
    assert_prints(eg_call(f, zero), "[3. 4.] float32[2]");
    assert_prints(eg_call(f, zero), "[5. 6.] float32[2]");
    eg_function_free(f);
}

static eg_tensor *leaked;

EG_FUNCTION(leaks, x)
{
    eg_tensor *y = eg_square(x);

    eg_release(leaked);
    leaked = eg_retain(y);
    return eg_add(y, 1);
}

TEST(a_tensor_that_leaks_has_a_value_and_the_report_names_the_line) /* 28, 29: leaked tensors */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(leaks);

    for (int i = 1; i <= 3; i++) {
        assert_true(eg_item(eg_call(f, i)) == i * i + 1);
        assert_true(eg_item(eg_add(leaked, 0)) == i * i);
    }
    assert_non_null(strstr(eg_function_why_eager(f), "return it instead"));
    assert_non_null(strstr(eg_function_why_eager(f), "traps_tensorflow.c:"));
    eg_release(leaked);
    leaked = NULL;
    eg_function_free(f);
}

/* ---- retracing (rows 31 to 34) -------------------------------------------------------------- */

EG_FUNCTION(product, x, y)
{
    return eg_mul(x, y);
}

TEST(a_retrace_names_argument_old_and_new) /* 31, 32 */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(product);
    eg_retrace r = {.size = sizeof r};

    eg_call(f, EG_F32(1, 2), 1.0);
    eg_call(f, EG_F32(1, 2), EG_F32(1, 2));
    assert_true(eg_function_retrace(f, 1, &r));
    assert_int_equal(r.rule, EG_OTHER_SHAPE);
    assert_int_equal(r.argument, 1);
    assert_string_equal(r.before, "float32[]");
    assert_string_equal(r.now, "float32[2]");
    eg_function_free(f);
}

TEST(a_c_number_as_argument_is_a_tensor_and_no_new_trace_for_each_value) /* 31 */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(product);

    for (int i = 0; i < 20; i++)
        assert_true(eg_item(eg_call(f, (double)i, 2.0)) == 2 * i);
    assert_int_equal(count_traces(f), 1);
    eg_function_free(f);
}

TEST(equal_environments_are_one_key_wherever_they_are) /* 34: identity of bound methods */
{
    EG_SCOPE;
    double numbers[2] = {3, 3}, at = 3;
    eg_function *f = eg_function_new(adds_its_number, 1, &at, sizeof at);

    for (int i = 0; i < 6; i++) {
        at = numbers[i % 2];
        assert_true(eg_item(eg_call(f, i)) == i + 3);
    }
    assert_int_equal(count_traces(f), 1);
    eg_function_free(f);
}

/* ---- errors (rows 44 to 49) ----------------------------------------------------------------- */

static int line_of_gather;

EG_FUNCTION(picks, x, i)
{
    line_of_gather = __LINE__ + 1;
    return eg_gather(x, i);
}

TEST(an_error_in_a_call_from_the_graph_has_the_line_of_the_body) /* 44 */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(picks);
    eg_tensor *x = EG_F32(1, 2, 3);
    eg_function_info info = {.size = sizeof info};
    eg_error e;

    eg_call(f, x, EG_I32(0));
    eg_call(f, x, EG_I32(2));
    {
        EG_TRY(&e);
        eg_call(f, x, EG_I32(7));
    }
    eg_function_info_now(f, &info);
    assert_int_equal(info.replays, 1);
    assert_int_equal(e.status, EG_INVALID);
    assert_int_equal(e.line, line_of_gather);
    assert_non_null(strstr(e.file, "traps_tensorflow.c"));
    eg_function_free(f);
}

TEST(a_symbol_as_condition_is_an_error_with_what_to_write) /* 45, 49 */
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_new("g");
    {
        EG_GRAPH(graph);
        eg_tensor *x = eg_placeholder("x", EG_FLOAT32, EG_NO_DIMS);
        assert_false(eg_true(eg_greater(x, 0)));
        assert_error(EG_STATE, "eg_cond");
        assert_true(eg_item(x) == 0);
        assert_error(EG_STATE, "eg_");
    }
    eg_graph_free(graph);
}

EG_FUNCTION(vector_of_squares, x)
{
    return eg_square(x);
}

TEST(the_gradient_of_a_vector_is_that_of_its_sum) /* 47 */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(vector_of_squares);
    eg_tensor *x = EG_F32(1, 2), *g;
    EG_TAPE;

    eg_watch(x);
    eg_gradient(eg_call(f, x), EG_IN(x), &g);
    assert_prints(g, "[2. 4.] float32[2]");
    eg_function_free(f);
}

/* ---- control flow and variables (rows 69 to 75) --------------------------------------------- */

EG_FUNCTION(a_branch_for_each_rank, x)
{
    if (eg_rank(x) == 2)
        return eg_matmul(x, x);
    return eg_sum(eg_mul(x, EG_F32(1, 2, 3)));
}

TEST(a_branch_that_is_invalid_for_this_shape_is_not_recorded) /* 72 */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(a_branch_for_each_rank);

    assert_prints(eg_call(f, EG_F32(1, 1, 1)), "6. float32[]");
    assert_prints(eg_call(f, eg_ones(EG_FLOAT32, EG_DIMS(1, 1))), "[[1.]] float32[1,1]");
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
}

EG_FUNCTION(finds_the_first_above, x, limit)
{
    for (int i = 0; i < eg_dim(x, 0); i++) {
        eg_tensor *at = eg_get(x, i);
        if (eg_true(eg_less(at, 0)))
            continue;
        if (eg_true(eg_greater(at, limit)))
            return eg_constant(i);
        if (eg_true(eg_equal(at, 99)))
            break;
    }
    return eg_constant(-1);
}

TEST(continue_break_and_return_inside_a_loop_do_what_c_says) /* 69, 71 */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(finds_the_first_above);

    for (int round = 0; round < 2; round++) {
        assert_int_equal(eg_item_int(eg_call(f, EG_F32(1, -9, 3, 5), 2.0)), 2);
        assert_int_equal(eg_item_int(eg_call(f, EG_F32(-1, -1, -1, -1), 2.0)), -1);
        assert_int_equal(eg_item_int(eg_call(f, EG_F32(1, 99, 500, 0), 200.0)), -1);
    }
    assert_int_equal(count_traces(f), 1);
    eg_function_free(f);
}

typedef struct training {
    eg_tensor *weight;
    eg_optimizer *optimizer;
} training;

static eg_tensor *trains(int n, eg_tensor *const in[], void *env)
{
    training *t = env;
    eg_tensor *g;
    EG_TAPE;

    (void)n;
    eg_tensor *loss = eg_square(eg_sub(t->weight, in[0]));
    eg_gradient(loss, EG_IN(t->weight), &g);
    eg_optimizer_apply(t->optimizer, EG_IN(g));
    return eg_give(loss);
}

TEST(a_second_optimizer_and_a_second_model_in_one_function) /* 73 */
{
    EG_SCOPE;
    training t[2], now;
    double losses[2] = {0, 0};

    for (int i = 0; i < 2; i++) {
        t[i].weight = eg_variable(eg_constant(5.0));
        t[i].optimizer =
            i ? eg_sgd(EG_IN(t[i].weight), .rate = 0.25) : eg_adam(EG_IN(t[i].weight), .rate = 0.3);
    }
    now = t[0];
    eg_function *f = eg_function_new(trains, 1, &now, sizeof now);
    for (int k = 0; k < 40; k++) {
        now = t[k % 2];
        losses[k % 2] = eg_item(eg_call(f, 1.0));
    }
    assert_true(losses[0] < 4 && losses[1] < 1e-4);
    assert_int_equal(count_traces(f), 2);
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
    for (int i = 0; i < 2; i++) {
        eg_optimizer_free(t[i].optimizer);
        eg_variable_free(t[i].weight);
    }
}

static eg_tensor *is_large(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_greater(in[0], 1);
}

static eg_tensor *halve(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_mul(in[0], 0.5);
}

EG_FUNCTION(halves_while_large, x)
{
    return eg_while(is_large, halve, NULL, 1, &x);
}

TEST(a_while_of_unknown_length_has_gradients) /* 74, 75 */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(halves_while_large);

    for (int i = 1; i < 5; i++) {
        EG_TAPE;
        eg_tensor *x = eg_constant((double)(1 << i)), *g;
        eg_watch(x);
        eg_gradient(eg_call(f, x), EG_IN(x), &g);
        assert_true(eg_item(g) == 1.0 / (1 << i));
    }
    assert_int_equal(count_traces(f), 1);
    eg_function_free(f);
}

EG_FUNCTION(calls_the_inner, x)
{
    return eg_add(eg_call(inner, x), 1);
}

TEST(a_function_may_be_freed_while_one_that_called_it_lives)
{
    EG_SCOPE;
    inner = eg_function_of(vector_of_squares);
    eg_function *f = eg_function_of(calls_the_inner);

    assert_true(eg_item(eg_call(f, 2.0)) == 5);
    eg_function_free(inner);
    assert_true(eg_item(eg_call(f, 3.0)) == 10);
    eg_function_free(f);
}
