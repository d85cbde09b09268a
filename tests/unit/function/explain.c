/* What a function tells of itself: each trace as data and as text, and one piece of advice where it
 * is traced too often.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"
#include <string.h>

EG_FUNCTION(halved, x, y)
{
    return eg_mul(eg_add(x, y), 0.5);
}

/* It asks for the size, so that no trace serves another one. */
EG_FUNCTION(averaged, x, y)
{
    return eg_mul(eg_add(x, y), 1.0 / (double)eg_size(x));
}

EG_FUNCTION(conditional, x)
{
    if (eg_true(eg_greater(x, 0)))
        return eg_sqrt(x);
    return eg_neg(x);
}

/* ---- data ------------------------------------------------------------------------------------ */

TEST(a_trace_tells_its_signature_line_and_what_it_served)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(conditional, .timed = true);
    eg_trace_info t = {.size = sizeof t};

    for (int i = 0; i < 6; i++)
        eg_call(f, i % 2 ? -4.0 : 4.0);
    assert_true(eg_function_trace_now(f, 0, &t));
    assert_int_equal(t.line, __LINE__ - 2);
    assert_non_null(strstr(t.file, "explain.c"));
    assert_string_equal(t.signature, "float32[]");
    assert_string_equal(t.reason, "the first call");
    assert_string_equal(t.why_eager, "");
    assert_true(t.calls == 4);
    assert_int_equal(t.paths, 2);
    assert_true(t.trace_time > 0 && t.plan_time > 0 && t.run_time > 0);
    assert_true(t.bytes > 0 && !t.forgotten && !t.on_tape);
    assert_false(eg_function_trace_now(f, 1, &t));
    assert_false(eg_function_trace_now(f, -1, &t));
    assert_false(eg_function_trace_now(NULL, 0, &t));
    assert_false(eg_function_trace_now(f, 0, NULL));
    eg_function_free(f);
}

TEST(calls_are_timed_only_where_that_was_asked_for)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(conditional);
    eg_trace_info t = {.size = sizeof t};

    for (int i = 0; i < 3; i++)
        eg_call(f, 4.0);
    assert_true(eg_function_trace_now(f, 0, &t));
    assert_true(t.run_time == 0 && t.calls == 2);
    eg_function_free(f);
}

TEST(a_caller_of_an_older_version_gets_what_it_knows)
{
    EG_SCOPE;
    struct {
        eg_trace_info info;
        char behind;
    } t = {.info.size = offsetof(eg_trace_info, bytes), .info.paths = 77, .behind = 'x'};
    eg_function *f = eg_function_of(conditional);

    eg_call(f, 4.0);
    assert_true(eg_function_trace_now(f, 0, &t.info));
    assert_int_equal(t.info.paths, 77);
    assert_true(t.info.trace_time > 0);
    t.info.size = 0;
    assert_false(eg_function_trace_now(f, 0, &t.info));
    eg_function_free(f);
}

TEST(a_signature_is_told_with_names_values_and_variables)
{
    EG_SCOPE;
    eg_tensor *v = eg_variable(ones(2), .name = "weights");
    eg_function *f = eg_function_of(halved,
        .signature = EG_SIGNATURE({.name = "x"}, {.name = "scale", .by_value = true}));
    eg_trace_info t = {.size = sizeof t};

    eg_call(f, v, 2.5);
    assert_true(eg_function_trace_now(f, 0, &t));
    assert_string_equal(t.signature, "x: variable \"weights\", scale: float32[] = 2.5");
    eg_function_free(f);
    eg_variable_free(v);
}

EG_FUNCTION(by_digit, x)
{
    return eg_item_int(x) % 2 ? eg_add(x, 1) : eg_mul(x, 2);
}

TEST(a_trace_that_is_eager_says_why_and_others_are_not)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(by_digit);
    eg_trace_info t = {.size = sizeof t};

    eg_call(f, EG_I64(3));
    for (int i = 0; i < 12; i++)
        assert_int_equal(eg_item_int(eg_call(f, i)), i % 2 ? i + 1 : 2 * i);
    assert_true(eg_function_trace_now(f, 0, &t));
    assert_string_equal(t.why_eager, "");
    assert_true(eg_function_trace_now(f, 1, &t));
    assert_non_null(strstr(t.why_eager, "8 outcomes"));
    assert_non_null(strstr(t.why_eager, "explain.c:"));
    assert_non_null(strstr(t.why_eager, "eg_cond"));
    assert_prints(eg_call(f, EG_I64(3)), "4 int64[]");
    assert_true(eg_function_trace_now(f, 0, &t));
    assert_true(t.calls == 1);
    eg_function_free(f);
}

TEST(the_report_has_it_all)
{
    EG_SCOPE;
    char text[4096] = {0};
    FILE *to = tmpfile();
    eg_function *f = eg_function_of(halved, .name = "blend", .timed = true,
        .signature = EG_SIGNATURE({.name = "left"}, {.name = "right"}));

    for (int i = 0; i < 3; i++)
        eg_call(f, ones(2), 1.0);
    eg_call(f, ones(3), 1.0);
    assert_int_equal(eg_function_report(f, to), EG_OK);
    rewind(to);
    assert_true(fread(text, 1, sizeof text - 1, to) > 0);
    fclose(to);
    assert_non_null(strstr(text, "blend: 4 calls, 2 from graphs, 0 eager; 2 traces"));
    assert_non_null(
        strstr(text, "trace 0 (left: float32[2], right: float32[]): the first call, at "));
    assert_non_null(strstr(text, "another shape: \"left\" was float32[2], now float32[3], at "));
    assert_non_null(strstr(text, "explain.c:"));
    assert_non_null(strstr(text, "2 calls, 1 paths"));
    assert_non_null(strstr(text, "traced in "));
    assert_non_null(strstr(text, "planned in "));
    assert_non_null(strstr(text, ", ran "));
    eg_function_free(f);
}

/* ---- advice ---------------------------------------------------------------------------------- */

static int heard;
static char last_heard[600];

static void hear(const char *kind, const char *text, void *env)
{
    (void)env;
    if (strcmp(kind, "function") || !strstr(text, "keeps changing"))
        return;
    heard++;
    snprintf(last_heard, sizeof last_heard, "%s", text);
}

/* Whether the function's advice contains both, and was heard once. */
static void assert_advice(eg_function *f, const char *what, const char *cure)
{
    const char *advice = eg_function_advice(f);

    eg_set_message_handler(NULL, NULL);
    assert_non_null(advice);
    assert_non_null(strstr(advice, what));
    assert_non_null(strstr(advice, cure));
    assert_non_null(strstr(advice, "explain.c:"));
    assert_int_equal(heard, 1);
    assert_non_null(strstr(last_heard, advice));
    eg_function_free(f);
}

static void listen(void)
{
    heard = 0;
    eg_set_message_handler(hear, NULL);
}

TEST(a_shape_that_keeps_changing_is_named_once)
{
    EG_SCOPE;
    eg_function *f =
        eg_function_of(averaged, .signature = EG_SIGNATURE({.name = "rows"}, {.name = "y"}));

    listen();
    for (int n = 2; n < 20; n++)
        eg_call(f, ones(n), 1.0);
    assert_non_null(strstr(eg_function_advice(f), "is fixed at "));
    assert_non_null(strstr(eg_function_advice(f), "eg_size_of"));
    assert_advice(f, "\"rows\"", "another shape: \"rows\" was float32[5], now float32[6]");
}

TEST(a_dtype_that_keeps_changing_is_named)
{
    static const eg_dtype dtypes[] = {EG_FLOAT32, EG_FLOAT64, EG_FLOAT16, EG_BFLOAT16, EG_COMPLEX64,
        EG_COMPLEX128};
    EG_SCOPE;
    eg_function *f = eg_function_of(halved);

    listen();
    for (int n = 0; n < 6; n++)
        eg_call(f, 1.0, eg_ones(dtypes[n], EG_NO_DIMS));
    assert_advice(f, "argument 1", "eg_cast");
}

TEST(a_value_that_keeps_changing_is_named)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(halved,
        .signature = EG_SIGNATURE({.name = "x"}, {.name = "step", .by_value = true}));

    listen();
    for (int n = 0; n < 9; n++)
        eg_call(f, 1.0, (double)n);
    assert_advice(f, "\"step\" was float32[] = 3, now float32[] = 4", "without .by_value");
}

TEST(a_variable_that_keeps_changing_is_named)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(halved);
    eg_tensor *v[6];

    listen();
    for (int n = 0; n < 6; n++)
        eg_call(f, v[n] = eg_variable(ones(2)), 1.0);
    assert_advice(f, "argument 0", "eg_value");
    for (int n = 0; n < 6; n++)
        eg_variable_free(v[n]);
}

typedef struct counted {
    float scale;
    int calls;
} counted;

static eg_tensor *with_counter(int n, eg_tensor *const in[], void *env)
{
    counted *c = env;

    (void)n;
    return eg_mul(in[0], c->scale);
}

TEST(a_counter_in_the_environment_is_named)
{
    EG_SCOPE;
    counted c = {2, 0};
    eg_function *f = eg_function_new(with_counter, 1, &c, sizeof c);

    listen();
    for (; c.calls < 10; c.calls++)
        eg_call(f, 1.0);
    assert_advice(f, "byte 4: 03 00 00 00, now byte 4: 04 00 00 00", "a counter");
}

TEST(forgetting_too_much_is_named)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(conditional, .most_bytes = 1);

    listen();
    for (int n = 0; n < 12; n++)
        eg_call(f, eg_reshape(eg_constant(1.0), n % 2 ? 1 : 0, (int64_t[]){1}));
    assert_advice(f, "forgotten", ".most_bytes");
}

TEST(sizes_that_are_free_need_no_advice)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(halved);

    for (int n = 2; n < 20; n++)
        eg_call(f, ones(n), 1.0);
    assert_null(eg_function_advice(f));
    assert_int_equal(eg_function_trace_count(f), 2);
    eg_function_free(f);
}

TEST(traces_that_serve_in_between_need_no_advice)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(averaged);

    for (int n = 1; n < 20; n++)
        for (int i = 0; i < 3; i++)
            eg_call(f, ones(n), 1.0);
    assert_null(eg_function_advice(f));
    eg_function_free(f);
    assert_null(eg_function_advice(NULL));
}
