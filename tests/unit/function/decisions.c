/* Decisions of the host on values: every kind of C's control flow is right for every input; in a
 * strict function reading a value is an error.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"
#include <string.h>

static int bodies_run;

static double of(eg_function *f, double x)
{
    return eg_item(eg_call(f, eg_scalar(EG_FLOAT64, x)));
}

/* ---- plain C -------------------------------------------------------------------------------- */

EG_FUNCTION(by_kind, x)
{
    eg_tensor *kind = eg_cast(eg_remainder(eg_abs(x), 4), EG_INT32);

    bodies_run++;
    switch (eg_item_int(kind)) {
    case 0:
        return eg_neg(x);
    case 1:
        x = eg_mul(x, 10);
        break;
    case 2:
        break;
    default:
        return eg_square(x);
    }
    return eg_add(x, 1);
}

TEST(a_switch_on_a_value)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(by_kind);

    bodies_run = 0;
    for (int round = 0; round < 3; round++) {
        assert_true(of(f, 8) == -8);
        assert_true(of(f, 5) == 51);
        assert_true(of(f, 6) == 7);
        assert_true(of(f, 7) == 49);
    }
    assert_int_equal(bodies_run, 4);
    assert_int_equal(info_of(f).branches, 3);
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
}

/* Early returns, a decision inside another, and one that comes again. */
EG_FUNCTION(nested, x)
{
    bodies_run++;
    if (eg_true(eg_less(x, 0)))
        return eg_scalar(EG_FLOAT64, -1);
    if (eg_true(eg_greater(x, 10))) {
        x = eg_sub(x, 10);
        if (eg_true(eg_greater(x, 10)))
            return eg_scalar(EG_FLOAT64, 20);
        return eg_mul(x, 100);
    }
    return eg_true(eg_less(x, 0)) ? NULL : eg_add(x, 0.5);
}

TEST(early_returns_and_nested_and_repeated_decisions)
{
    EG_SCOPE;
    static const double in[] = {-3, 2, 12, 25, -1, 3, 11, 30};
    static const double out[] = {-1, 2.5, 200, 20, -1, 3.5, 100, 20};
    eg_function *f = eg_function_of(nested);

    bodies_run = 0;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof in / sizeof *in; i++)
            assert_true(of(f, in[i]) == out[i]);
    assert_int_equal(bodies_run, 4);
    assert_int_equal(eg_function_trace_count(f), 1);
    eg_function_free(f);
}

EG_FUNCTION(steps_of_collatz, x)
{
    int n = 0;

    bodies_run++;
    while (!eg_true(eg_less_equal(x, 1))) {
        x = eg_true(eg_equal(eg_remainder(x, 2), 0)) ? eg_div(x, 2) : eg_add(eg_mul(x, 3), 1);
        n++;
    }
    return eg_add(x, n);
}

TEST(a_while_with_decisions_inside)
{
    EG_SCOPE;
    static const int steps[] = {0, 1, 7, 2, 5, 8, 16, 3, 19, 6};
    eg_function *f = eg_function_of(steps_of_collatz);

    for (int round = 0; round < 2; round++)
        for (int i = 1; i <= 10; i++)
            assert_true(of(f, i) == steps[i - 1] + 1);
    assert_null(eg_function_why_eager(f));
    bodies_run = 0;
    assert_true(of(f, 9) == 20);
    assert_int_equal(bodies_run, 0);
    eg_function_free(f);
}

/* ---- strict --------------------------------------------------------------------------------- */

EG_FUNCTION(asks, x)
{
    return eg_true(eg_greater(x, 0)) ? eg_neg(x) : x;
}

EG_FUNCTION(takes_one, x)
{
    return eg_mul(x, eg_item(x));
}

EG_FUNCTION(reads_all, x)
{
    const double *data = eg_data(x, EG_FLOAT64);
    return data ? eg_mul(x, data[0]) : NULL;
}

static void refused(eg_function *f, const char *instead)
{
    EG_SCOPE;
    eg_error e = {0};

    for (int i = 0; i < 2; i++) {
        assert_null(eg_call(f, eg_scalar(EG_FLOAT64, 2)));
        eg_pending(&e);
        assert_non_null(strstr(e.file, "decisions.c"));
        assert_true(e.line > 0);
        assert_error(EG_STATE, instead);
    }
    assert_int_equal(eg_function_trace_count(f), 0);
    eg_function_free(f);
}

TEST(a_strict_function_refuses_to_read_and_names_the_staged_form)
{
    refused(eg_function_of(asks, .strict = true), "eg_cond");
    refused(eg_function_of(takes_one, .strict = true), "eg_switch");
    refused(eg_function_of(reads_all, .strict = true), "return it");
}

static eg_function *callee;

EG_FUNCTION(calls, x)
{
    return eg_call(callee, x);
}

TEST(what_a_strict_function_calls_is_strict_and_others_are_not)
{
    EG_SCOPE;
    callee = eg_function_of(asks);
    eg_function *f = eg_function_of(calls, .strict = true);

    assert_null(eg_call(f, eg_scalar(EG_FLOAT64, 2)));
    assert_error(EG_STATE, "strict");
    assert_true(of(callee, 2) == -2);
    eg_function_free(f);
    eg_function_free(callee);
}

EG_FUNCTION(reads_a_constant, x)
{
    eg_tensor *three = eg_scalar(EG_FLOAT64, 3);
    return eg_true(eg_scalar(EG_BOOL, 1)) ? eg_mul(x, eg_item(three)) : NULL;
}

TEST(constants_may_be_read_in_a_strict_function)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(reads_a_constant, .strict = true);

    assert_true(of(f, 2) == 6);
    assert_true(of(f, 4) == 12);
    assert_int_equal(eg_function_trace_count(f), 1);
    eg_function_free(f);
}
