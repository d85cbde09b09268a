/* Wrong uses of staged control flow: each a clear error, the same eagerly and in a function, which
 * is usable afterwards.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <string.h>

#define BODY(name, ...)                                                                            \
    static eg_tensor *name(int n, eg_tensor *const in[], void *env)                                \
    {                                                                                              \
        eg_tensor *x = in[0];                                                                      \
        (void)n, (void)x, (void)env;                                                               \
        return __VA_ARGS__;                                                                        \
    }

BODY(same, eg_mul(x, 1))
BODY(longer, eg_concat(EG_IN(x, x)))
BODY(whole, eg_cast(x, EG_INT32))
BODY(both, eg_tuple(x, x))
BODY(nothing, NULL)
BODY(failing, eg_matmul(x, eg_zeros(EG_FLOAT32, EG_DIMS(7, 7))))
BODY(always, eg_greater_equal(eg_sum(eg_mul(x, x)), 0))
BODY(reading, eg_item(eg_sum(x)) > 0 ? x : eg_neg(x))

static eg_tensor *counter;

/* A condition that assigns. */
static eg_tensor *counting(int n, eg_tensor *const in[], void *env)
{
    eg_assign_add(counter, 1.0);
    return always(n, in, env);
}

static eg_tensor *trying(int n, eg_tensor *const in[], void *env)
{
    eg_error ignored;
    {
        EG_TRY(&ignored);
        failing(n, in, env);
    }
    return eg_mul(in[0], 2);
}

static eg_tensor *making(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    eg_tensor *v = eg_variable(eg_constant(0.0));
    eg_assign(v, eg_sum(in[0]));
    eg_tensor *y = eg_add(in[0], v);
    eg_variable_free(v);
    return y;
}

/* Calls itself without an end. */
static eg_tensor *endless(int n, eg_tensor *const in[], void *env)
{
    return eg_cond(eg_greater_equal(eg_sum(eg_square(in[0])), 0), endless, same, env, n, in);
}

EG_FUNCTION(adds_two, x, y)
{
    return eg_add(x, y);
}

EG_FUNCTION(doubles, x)
{
    return eg_mul(x, 2);
}

BODY(becomes_whole, eg_while(always, whole, NULL, 1, &x))
BODY(grows, eg_while(always, longer, NULL, 1, &x, .most = 3))
BODY(changes_dtype, eg_for(eg_scalar_int(EG_INT64, 2), both, NULL, 1, &x))
BODY(returns_two, eg_while(always, both, NULL, 1, &x))
BODY(returns_nothing, eg_while(always, nothing, NULL, 1, &x))
BODY(fails_inside, eg_while(always, failing, NULL, 1, &x))
BODY(asks_too_much, eg_while(same, same, NULL, 1, &x))
BODY(asks_of_all, eg_cond(x, same, same, NULL, 1, &x))
BODY(no_step, eg_while(always, NULL, NULL, 1, &x))
BODY(no_branch, eg_cond(eg_sum(x), same, NULL, NULL, 1, &x))
BODY(no_tensor, eg_while(always, same, NULL, 1, (eg_tensor *[]){NULL}))
BODY(no_tensors, eg_while(always, same, NULL, 0, NULL))
BODY(counts, eg_while(counting, same, NULL, 1, &x))
BODY(calls_itself, eg_cond(eg_sum(x), endless, same, NULL, 1, &x))
BODY(too_few, eg_while(always, adds_two_body, NULL, 1, &x))
BODY(too_many, eg_for(2, doubles_body, NULL, 1, &x))
BODY(no_row, eg_tensor_array_write(eg_tensor_array(EG_FLOAT32, 3, EG_DIMS(2)), 0, eg_sum(x)))
BODY(no_array, eg_tensor_array_read(eg_sum(x), 0))
BODY(half_index, eg_tensor_array_read(x, 0.5))
BODY(behind_the_end, eg_tensor_array_read(x, eg_cast(eg_add(eg_sum(x), 7), EG_INT64)))
BODY(before_the_start, eg_tensor_array_write(x, eg_cast(eg_sub(eg_sum(x), 7), EG_INT64), eg_sum(x)))
BODY(stateless_fold, eg_fold(same, NULL, 0, EG_IN(x)))
BODY(kept_less_than_none, eg_while(always, same, NULL, 1, &x, .most = 2, .most_kept = -1))
BODY(nothing_of_rows, eg_map(nothing, NULL, EG_IN(x)))
BODY(other_number, eg_fold(both, NULL, 1, EG_IN(x, x)))
BODY(real_index, eg_switch(eg_sum(x), 2, ((const eg_body[]){same, same}), NULL, 1, &x))
BODY(no_rows, eg_scan(both, NULL, 1, EG_IN(x, eg_sum(x))))
BODY(other_rows, eg_scan(both, NULL, 0, EG_IN(x, eg_concat(EG_IN(x, x)))))
BODY(less_than_none, eg_while(always, same, NULL, 1, &x, .most = -1))

static const struct {
    eg_body body;
    const char *says;
} mistakes[] = {
    {grows, "variable 0 is float32[2] and float32[4]; they must agree. What grows is written into"},
    {becomes_whole, "variable 0 is float32[2] and int32[2]; they must agree: eg_cast one"},
    {counts, "the condition assigns variable \"counter\"; let the step do that"},
    {calls_itself, "bodies inside one another"},
    {too_few, "it is a body of 2 tensors and was given 1"},
    {too_many, "it is a body of 1 tensors and was given 2"},
    {no_row, "x is float32[]; the array holds float32[2]"},
    {no_array, "a single number is no array"},
    {half_index, "the index is float32; it must be an integer"},
    {behind_the_end, "10"},
    {before_the_start, "-4"},
    {stateless_fold, "0 of 1 tensors as state"},
    {kept_less_than_none, "-1 bytes kept at most"},
    {nothing_of_rows, "a body returned NULL without an error"},
    {other_number, "a step returned 2 tensors; there are 1 variables"},
    {returns_two, "a step returned 2 tensors; there are 1 variables"},
    {changes_dtype, "a step returned 2 tensors; there are 1 variables"},
    {returns_nothing, "a body returned NULL without an error"},
    {fails_inside, "MatMul"},
    {asks_too_much, "the condition has 2 elements; it must have one"},
    {asks_of_all, "the condition has 2 elements; it must have one"},
    {no_step, "the step is NULL"},
    {no_branch, "body 0 is NULL"},
    {no_tensor, "tensor 0 is NULL"},
    {no_tensors, "0 tensors; it takes 1 to 64"},
    {real_index, "the index is float32; it must be an integer"},
    {no_rows, "rows 0 have no axis"},
    {other_rows, "rows 1 are 4, rows 0 are 2"},
    {less_than_none, "-1 steps at most"},
};

/* An error's message or the operation it names holds `part`. */
static void expect(const eg_error *e, const char *part, const char *how)
{
    if (!strstr(e->message, part) && !strstr(e->op, part))
        fail_msg("%s: \"%s: %s\" does not say \"%s\"", how, e->op, e->message, part);
}

static void run(eg_body body, eg_function *f, eg_error *error)
{
    EG_TRY(error);
    eg_tensor *x = EG_F32(1, 2);

    if (f)
        eg_call(f, x);
    else
        body(1, &x, NULL);
}

TEST(mistakes_are_errors_in_every_mode)
{
    EG_SCOPE;
    counter = eg_variable(eg_constant(0.0), .name = "counter");
    for (size_t k = 0; k < sizeof mistakes / sizeof *mistakes; k++) {
        eg_function *f = eg_function_new(mistakes[k].body, 1, NULL, 0);
        for (int i = 0; i < 3; i++) {
            eg_error error;
            run(mistakes[k].body, i ? f : NULL, &error);
            expect(&error, mistakes[k].says, i ? "in a function" : "eagerly");
        }
        assert_fine();
        eg_function_free(f);
    }
    assert_true(eg_item(counter) == 0);
    eg_variable_free(counter);
}

/* ---- lines ---------------------------------------------------------------------------------- */

enum { LINE_OF_CALL = __LINE__ + 4 };

static eg_tensor *called_here(int n, eg_tensor *const in[], void *env)
{
    return eg_while(always, *(const eg_body *)env, NULL, n, in);
}

enum { LINE_OF_OPERATION = __LINE__ + 5 };

static eg_tensor *fails_here(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_reshape(in[0], EG_DIMS(17));
}

static void expect_line(eg_body step, int line)
{
    for (int mode = 0; mode < 2; mode++) {
        eg_function *f = eg_function_new(called_here, 1, &step, sizeof step);
        eg_error error;
        {
            EG_TRY(&error);
            eg_tensor *x = EG_F32(1, 2);
            if (mode == 1)
                eg_call(f, x);
            else
                called_here(1, &x, &step);
        }
        eg_function_free(f);
        assert_string_equal(error.file, __FILE__);
        assert_int_equal(error.line, line);
    }
}

TEST(what_a_body_returns_is_a_mistake_at_the_line_of_the_call)
{
    expect_line(nothing, LINE_OF_CALL);
    expect_line(both, LINE_OF_CALL);
    expect_line(longer, LINE_OF_CALL);
}

TEST(what_a_body_does_is_a_mistake_at_its_own_line)
{
    expect_line(fails_here, LINE_OF_OPERATION);
}

/* ---- in recordings -------------------------------------------------------------------------- */

BODY(disagrees_in_shape, eg_cond(eg_greater(eg_sum(x), 0), same, longer, NULL, 1, &x))
BODY(disagrees_in_dtype, eg_cond(eg_greater(eg_sum(x), 0), same, whole, NULL, 1, &x))
BODY(disagrees_in_number, eg_cond(eg_greater(eg_sum(x), 0), same, both, NULL, 1, &x))
BODY(reads, eg_while(always, reading, NULL, 1, &x))
BODY(tries, eg_while(always, trying, NULL, 1, &x, .most = 2))
BODY(makes, eg_while(always, making, NULL, 1, &x, .most = 2))

TEST(what_only_a_recording_can_see_is_an_error_of_it)
{
    static const struct {
        eg_body body;
        const char *says;
    } cases[] = {
        {disagrees_in_shape, "result 0 is float32[4] and float32[2]"},
        {disagrees_in_dtype, "result 0 is int32[2] and float32[2]"},
        {disagrees_in_number, "one body returns 2 tensors, another 1"},
        {reads, "is a symbol of a graph and has no value"},
        {tries, "a body ended an error by itself (EG_TRY, eg_report)"},
        {makes, "a body made a variable"},
    };

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        eg_function *f = eg_function_new(cases[k].body, 1, NULL, 0);
        eg_error error;
        run(NULL, f, &error);
        expect(&error, cases[k].says, "in a function");
        eg_function_free(f);
    }
}

BODY(once_wrong, eg_rank(x) == 1 ? eg_while(always, nothing, NULL, 1, &x) : same(1, &x, NULL))

TEST(a_function_is_usable_after_a_mistake)
{
    eg_function *f = eg_function_new(once_wrong, 1, NULL, 0);
    eg_error error;

    run(NULL, f, &error);
    assert_int_equal(error.status, EG_INVALID);
    {
        EG_SCOPE;
        assert_prints(eg_call(f, eg_reshape(EG_F32(1, 2), EG_DIMS(2, 1))),
            "[[1.] [2.]] float32[2,1]");
    }
    eg_function_free(f);
}
