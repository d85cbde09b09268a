/* What gradients of loops keep: the same bits whether the steps' values are kept or run again, for
 * any number of steps; and bounds on bytes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <string.h>

typedef struct settings {
    int64_t count;
    bool recompute;
    int64_t most_kept;
} settings;

static eg_tensor *outer;

EG_FUNCTION(turn, t, x, y)
{
    eg_tensor *by = eg_mul(eg_add(eg_cast(t, EG_FLOAT64), 1), 0.01);
    return eg_tuple(eg_add(eg_mul(x, 0.98), eg_sin(eg_mul(y, by))), eg_cos(eg_mul(x, outer)));
}

static eg_tensor *turned(int n, eg_tensor *const in[], void *env)
{
    const settings *s = env;

    (void)n;
    outer = in[0];
    eg_tensor *y = eg_for(s->count, turn_body, NULL, EG_IN(in[0], eg_exp(in[0])),
        .recompute = s->recompute, .most_kept = s->most_kept);
    return eg_add(eg_part(y, 0), eg_part(y, 1));
}

EG_FUNCTION(is_small, x)
{
    return eg_less(eg_sum(eg_abs(x)), 100);
}

EG_FUNCTION(grow, x)
{
    return eg_add(eg_mul(x, 1.01), eg_mul(eg_square(eg_sin(x)), 0.1));
}

static eg_tensor *grown(int n, eg_tensor *const in[], void *env)
{
    const settings *s = env;

    return eg_while(is_small_body, grow_body, NULL, n, in, .recompute = s->recompute,
        .most_kept = s->most_kept);
}

EG_FUNCTION(cell, h, row)
{
    eg_tensor *after = eg_tanh(eg_add(eg_mul(h, 0.5), row));
    return eg_tuple(after, eg_mul(after, row));
}

static eg_tensor *scanned(int n, eg_tensor *const in[], void *env)
{
    const settings *s = env;
    eg_tensor *rows = eg_mul(eg_sin(eg_cast(eg_range(s->count), EG_FLOAT64)), eg_sum(in[0]));
    (void)n;
    eg_tensor *y = eg_scan(cell_body, NULL, 1, EG_IN(eg_get(in[0], 0), rows), .reverse = true,
        .recompute = s->recompute, .most_kept = s->most_kept);
    return eg_add(eg_part(y, 0), eg_sum(eg_part(y, 1)));
}

static const eg_body bodies[] = {turned, grown, scanned};

typedef struct question {
    eg_body body;
    settings s;
    bool second; /* the gradient of the gradient */
} question;

static eg_tensor *slope(int n, eg_tensor *const in[], void *env)
{
    const question *q = env;
    eg_tensor *g;
    EG_TAPE;

    eg_watch(in[0]);
    eg_tensor *y = q->body(n, in, (void *)(uintptr_t)&q->s);
    eg_gradient(eg_sum(eg_mul(y, y)), 1, in, &g);
    return eg_give(g);
}

static eg_tensor *answer(int n, eg_tensor *const in[], void *env)
{
    const question *q = env;
    eg_tensor *g;

    if (!q->second)
        return slope(n, in, env);
    EG_TAPE;
    eg_watch(in[0]);
    eg_gradient(eg_sum(eg_sin(slope(n, in, env))), 1, in, &g);
    return eg_give(g);
}

static void ask(question *q, double out[3])
{
    EG_SCOPE;
    eg_function *f = eg_function_new(answer, 1, q, sizeof *q);

    for (int i = 0; i < 2; i++)
        eg_read(eg_call(f, EG_F64(0.5, -0.25, 1.5)), EG_FLOAT64, out, 3);
    assert_fine();
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
}

static void compare(question q)
{
    double kept[3], again[3];

    ask(&q, kept);
    q.s.recompute = true;
    ask(&q, again);
    if (memcmp(kept, again, sizeof kept) != 0)
        fail_msg("%lld steps: %a %a instead of %a %a", (long long)q.s.count, again[0], again[1],
            kept[0], kept[1]);
}

TEST(gradients_have_the_same_bits_where_steps_are_run_again)
{
    static const int64_t counts[] = {0, 1, 2, 7, 8, 9, 16, 17, 128, 129, 300, 1000};

    for (int k = 0; k < 3; k++)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
            for (int second = 0; second < 2; second++)
                compare((question){bodies[k], {.count = counts[i]}, second});
}

TEST(recomputing_works_eagerly_too)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(0.5, -0.25, 1.5);

    for (int k = 0; k < 3; k++) {
        question q = {.body = bodies[k], .s = {.count = 50}};
        eg_tensor *kept = slope(1, &x, &q);
        q.s.recompute = true;
        eg_tensor *again = slope(1, &x, &q);
        assert_true(eg_item(eg_max(eg_abs(eg_sub(kept, again)))) < 1e-9);
    }
}

/* ---- bounds --------------------------------------------------------------------------------- */

static void ask_for(question *q, eg_error *error)
{
    eg_function *f = eg_function_new(answer, 1, q, sizeof *q);
    {
        EG_TRY(error);
        eg_call(f, EG_F64(0.5, -0.25, 1.5));
    }
    eg_function_free(f);
}

TEST(a_gradient_that_keeps_too_much_says_what_to_do)
{
    question q = {.body = turned, .s = {.count = 10000, .most_kept = 100000}};
    eg_error error;

    ask_for(&q, &error);
    assert_int_equal(error.status, EG_NO_MEMORY);
    assert_non_null(strstr(error.message, "\"eg_for\" keeps more than 100000 bytes"));
    assert_non_null(strstr(error.message, ".recompute"));
    q.s.recompute = true;
    ask_for(&q, &error);
    assert_int_equal(error.status, EG_OK);
    q.s.most_kept = 1000;
    ask_for(&q, &error);
    assert_int_equal(error.status, EG_NO_MEMORY);
    assert_non_null(strstr(error.message, ".most_kept"));
    assert_null(strstr(error.message, ".recompute"));
}
