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

static eg_tensor *assigning(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    eg_assign_add(counter, 1.0);
    return eg_mul(in[0], 2);
}

BODY(grows,
    eg_while_with(always, longer, NULL, 1, &x, (&(eg_while_attrs){sizeof(eg_while_attrs), 3})))
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
BODY(real_index, eg_switch(eg_sum(x), 2, ((const eg_body[]){same, same}), NULL, 1, &x))
BODY(no_rows, eg_scan(both, NULL, 1, EG_IN(x, eg_sum(x))))
BODY(other_rows, eg_scan(both, NULL, 0, EG_IN(x, eg_concat(EG_IN(x, x)))))
BODY(less_than_none,
    eg_while_with(always, same, NULL, 1, &x, (&(eg_while_attrs){sizeof(eg_while_attrs), -1})))

static const struct {
    eg_body body;
    const char *says;
} mistakes[] = {
    {grows, "variable 0 is float32[2] and float32[4]"},
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
}

BODY(disagrees_in_shape, eg_cond(eg_greater(eg_sum(x), 0), same, longer, NULL, 1, &x))
BODY(disagrees_in_dtype, eg_cond(eg_greater(eg_sum(x), 0), same, whole, NULL, 1, &x))
BODY(disagrees_in_number, eg_cond(eg_greater(eg_sum(x), 0), same, both, NULL, 1, &x))
BODY(reads, eg_while(always, reading, NULL, 1, &x))
BODY(assigns, eg_while(always, assigning, NULL, 1, &x))

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
        {assigns, "cannot be assigned while"},
    };

    EG_SCOPE;
    counter = eg_variable(eg_constant(0.0), .name = "counter");
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        eg_function *f = eg_function_new(cases[k].body, 1, NULL, 0);
        eg_error error;
        run(NULL, f, &error);
        expect(&error, cases[k].says, "in a function");
        eg_function_free(f);
    }
    assert_true(eg_item(counter) == 0);
    eg_variable_free(counter);
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
