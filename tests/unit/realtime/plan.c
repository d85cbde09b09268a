/* Plans: the bits of the function on the caller's buffers, states, statuses, clones.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <math.h>
#include <pthread.h>
#include <string.h>

static eg_tensor *gain, *total, *count;

/* Reads a weight, decides twice, assigns a state on one way only. */
EG_FUNCTION(limits, x)
{
    eg_tensor *y = eg_mul(x, gain), *loud = eg_sum(eg_abs(y));

    if (eg_true(eg_greater(loud, 100)))
        return eg_clip(y, -1, 1);
    if (eg_true(eg_less(loud, 1)))
        return eg_mul(y, 0);
    eg_assign_add(total, loud);
    return eg_add(y, total);
}

static eg_function *limiter(void)
{
    eg_function *f = eg_function_of(limits);

    gain = eg_variable(eg_constant(2.0), .name = "gain");
    total = eg_variable(eg_constant(0.0), .name = "total");
    eg_call(f, EG_F32(1, 2));
    eg_call(f, EG_F32(100, 200));
    eg_assign(total, eg_constant(10.0));
    return f;
}

static void free_limiter(eg_function *f)
{
    eg_function_free(f);
    eg_variable_free(gain);
    eg_variable_free(total);
}

TEST(a_plan_takes_every_way_that_the_function_has_met)
{
    EG_SCOPE;
    eg_function *f = limiter();
    eg_plan *plan = eg_plan_new(f, EG_IN(EG_F32(0, 0)));
    float x[2] = {3, -4}, y[2] = {0, 0};

    assert_fine();
    assert_int_equal(eg_plan_run(plan, EG_FROM(x), EG_INTO(y)), EG_PLAN_OK);
    assert_true(y[0] == 6 + 24 && y[1] == -8 + 24); /* total: 10 + 14 */
    x[0] = 70;
    assert_int_equal(eg_plan_run(plan, EG_FROM(x), EG_INTO(y)), EG_PLAN_OK);
    assert_true(y[0] == 1 && y[1] == -1);
    x[0] = x[1] = 0.125f;
    assert_int_equal(eg_plan_run(plan, EG_FROM(x), EG_INTO(y)), EG_PLAN_UNSEEN);
    eg_site site;
    assert_true(eg_plan_stopped_at(plan, &site));
    assert_non_null(strstr(site.file, "plan.c"));
    assert_values(total, 10); /* the variable is what it was */
    assert_fine();
    eg_plan_free(plan);
    free_limiter(f);
}

TEST(a_plan_outlives_its_function_and_variables)
{
    EG_SCOPE;
    eg_function *f = limiter();
    eg_plan *plan = eg_plan_new(f, EG_IN(EG_F32(0, 0)));
    free_limiter(f);
    float x[2] = {3, -4}, y[2];

    for (int i = 1; i < 4; i++) {
        assert_int_equal(eg_plan_run(plan, EG_FROM(x), EG_INTO(y)), EG_PLAN_OK);
        assert_true(y[0] == 6 + 10 + 14 * (float)i);
    }
    eg_plan_free(plan);
}

TEST(a_function_that_was_not_called_is_recorded_without_effects)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(limits);
    gain = eg_variable(eg_constant(1.0));
    total = eg_variable(eg_constant(0.0));
    eg_plan *plan = eg_plan_new(f, EG_IN(EG_F32(1, 2)));
    float x[2] = {1, 2}, y[2];

    assert_fine();
    assert_int_equal(eg_function_trace_count(f), 0);
    assert_values(total, 0);
    assert_int_equal(eg_plan_run(plan, EG_FROM(x), EG_INTO(y)), EG_PLAN_OK);
    assert_true(y[0] == 4 && y[1] == 5);
    x[0] = 1000;
    assert_int_equal(eg_plan_run(plan, EG_FROM(x), EG_INTO(y)), EG_PLAN_UNSEEN);
    eg_plan_free(plan);
    free_limiter(f);
}

/* ---- states ---------------------------------------------------------------------------------- */

TEST(states_are_read_set_and_reset_and_stay_when_a_run_stops)
{
    EG_SCOPE;
    eg_function *f = limiter();
    eg_plan *plan = eg_plan_new(f, EG_IN(EG_F32(0, 0)));
    eg_plan_value v = {.size = sizeof v};
    float x[2] = {3, -4}, y[2], state[1];

    assert_true(eg_plan_state(plan, 0, &v));
    assert_string_equal(v.name, "total");
    assert_true(v.dtype == EG_FLOAT32 && v.rank == 0 && v.bytes == sizeof(float));
    assert_false(eg_plan_state(plan, 1, &v));
    assert_true(eg_plan_get_state(plan, 0, state, sizeof state) && state[0] == 10);
    eg_plan_run(plan, EG_FROM(x), EG_INTO(y));
    assert_true(eg_plan_get_state(plan, 0, state, sizeof state) && state[0] == 24);
    x[0] = x[1] = 0.125f;
    assert_int_equal(eg_plan_run(plan, EG_FROM(x), EG_INTO(y)), EG_PLAN_UNSEEN);
    assert_true(eg_plan_get_state(plan, 0, state, sizeof state) && state[0] == 24);
    state[0] = -5;
    assert_true(eg_plan_set_state(plan, 0, state, sizeof state));
    x[0] = x[1] = 1;
    eg_plan_run(plan, EG_FROM(x), EG_INTO(y));
    assert_true(y[0] == 2 - 5 + 4);
    eg_plan_reset(plan);
    assert_true(eg_plan_get_state(plan, 0, state, sizeof state) && state[0] == 10);
    assert_false(eg_plan_get_state(plan, 0, state, 1));
    assert_false(eg_plan_get_state(plan, 1, state, sizeof state));
    assert_false(eg_plan_set_state(plan, -1, state, sizeof state));
    assert_false(eg_plan_set_state(plan, 0, NULL, sizeof state));
    assert_false(eg_plan_get_state(NULL, 0, state, sizeof state));
    eg_plan_free(plan);
    free_limiter(f);
}

static eg_tensor *first, *second;

/* The values change places, and one of them is read again behind its assignment. */
EG_FUNCTION(swaps, x)
{
    eg_tensor *a = eg_value(first);

    eg_assign(first, second);
    eg_assign(second, eg_add(a, x));
    return eg_tuple(first, second, x, second);
}

TEST(states_may_change_places_and_be_results_too)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(swaps);
    first = eg_variable(EG_F32(1, 2));
    second = eg_variable(EG_F32(10, 20));
    eg_plan *plan = eg_plan_new(f, EG_IN(EG_F32(0, 0)));
    float x[2] = {0.5f, 0.25f}, a[2], b[2], c[2], d[2];

    assert_fine();
    for (int i = 0; i < 5; i++) {
        eg_tensor *y = eg_call(f, EG_F32(0.5f, 0.25f));
        assert_int_equal(eg_plan_run(plan, EG_FROM(x), EG_INTO(a, b, c, d)), EG_PLAN_OK);
        assert_values(eg_part(y, 0), a[0], a[1]);
        assert_values(eg_part(y, 1), b[0], b[1]);
        assert_memory_equal(c, x, sizeof x);
        assert_memory_equal(d, b, sizeof b);
    }
    eg_plan_free(plan);
    eg_function_free(f);
    eg_variable_free(first);
    eg_variable_free(second);
}

static eg_generator *noise;

EG_FUNCTION(dithers, x)
{
    eg_tensor *key;

    if (eg_next_key(noise, &key) != EG_OK)
        return NULL;
    return eg_add(x, eg_uniform(key, EG_DIMS(4)));
}

TEST(a_generator_is_a_state_that_draws_as_the_function_would)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(dithers);
    noise = eg_generator_new(7);
    eg_plan *plan = eg_plan_new(f, EG_IN(EG_F32(0, 0, 0, 0)));
    float x[4] = {1, 2, 3, 4}, y[4];

    assert_fine();
    for (int i = 0; i < 3; i++) {
        eg_tensor *expected = eg_call(f, EG_F32(1, 2, 3, 4));
        assert_int_equal(eg_plan_run(plan, EG_FROM(x), EG_INTO(y)), EG_PLAN_OK);
        assert_values(expected, y[0], y[1], y[2], y[3]);
    }
    eg_plan_free(plan);
    eg_function_free(f);
    eg_generator_free(noise);
}

/* ---- staged control flow --------------------------------------------------------------------- */

static eg_tensor *is_far(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_greater(eg_sum(eg_square(in[0])), 1);
}

static eg_tensor *halve(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_tuple(eg_mul(in[0], 0.5), eg_add(in[1], 1));
}

EG_FUNCTION(comes_near, x)
{
    eg_tensor *last = eg_while(is_far, halve, NULL, EG_STATE(x, eg_constant(0)));

    return eg_tuple(eg_part(last, 0), eg_part(last, 1));
}

TEST(a_loop_takes_as_many_steps_as_it_needs)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(comes_near);
    eg_plan *plan = eg_plan_new(f, EG_IN(EG_F32(0, 0)));

    assert_fine();
    for (int i = 0; i < 20; i++) {
        float x[2] = {ldexpf(1.5f, i), 1}, y[2];
        int32_t steps[1];
        eg_tensor *expected = eg_call(f, EG_F32(ldexpf(1.5f, i), 1));
        assert_int_equal(eg_plan_run(plan, EG_FROM(x), EG_INTO(y, steps)), EG_PLAN_OK);
        assert_values(eg_part(expected, 0), y[0], y[1]);
        assert_values(eg_part(expected, 1), steps[0]);
    }
    eg_plan_free(plan);
    eg_function_free(f);
}

static eg_tensor *up(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_floor_div(eg_constant(100), in[0]);
}

static eg_tensor *down(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_neg(in[0]);
}

EG_FUNCTION(divides, n)
{
    return eg_cond(eg_greater_equal(n, 0), up, down, NULL, EG_IN(n));
}

TEST(an_operation_that_refuses_a_value_is_a_status_with_its_line)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(divides);
    eg_plan *plan = eg_plan_new(f, EG_IN(eg_constant(1)));
    int32_t n[1] = {7}, y[1];
    eg_site site;

    assert_fine();
    assert_int_equal(eg_plan_run(plan, EG_FROM(n), EG_INTO(y)), EG_PLAN_OK);
    assert_int_equal(y[0], 14);
    assert_false(eg_plan_stopped_at(plan, &site));
    assert_null(site.file);
    n[0] = 0;
    assert_int_equal(eg_plan_run(plan, EG_FROM(n), EG_INTO(y)), EG_PLAN_VALUE);
    assert_true(eg_plan_stopped_at(plan, &site));
    assert_string_equal(site.function, "up");
    assert_fine();
    n[0] = -3;
    assert_int_equal(eg_plan_run(plan, EG_FROM(n), EG_INTO(y)), EG_PLAN_OK);
    assert_int_equal(y[0], 3);
    eg_plan_free(plan);
    eg_function_free(f);
}

TEST(a_pending_error_neither_stops_a_run_nor_goes_away)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(divides);
    eg_plan *plan = eg_plan_new(f, EG_IN(eg_constant(1)));
    int32_t n[1] = {7}, y[1];

    eg_fail(EG_IO, "test", "of before");
    assert_int_equal(eg_plan_run(plan, EG_FROM(n), EG_INTO(y)), EG_PLAN_OK);
    assert_int_equal(y[0], 14);
    n[0] = 0;
    assert_int_equal(eg_plan_run(plan, EG_FROM(n), EG_INTO(y)), EG_PLAN_VALUE);
    assert_error(EG_IO, "of before");
    eg_plan_free(plan);
    eg_function_free(f);
}

/* ---- buffers --------------------------------------------------------------------------------- */

TEST(buffers_that_do_not_fit_are_a_status)
{
    EG_SCOPE;
    eg_function *f = limiter();
    eg_plan *plan = eg_plan_new(f, EG_IN(EG_F32(0, 0)));
    float room[8] = {3, -4}, y[2];
    char *bytes = (char *)room;
    eg_plan_in in = {room, 2 * sizeof(float)}, no_in = {NULL, in.bytes},
               odd = {bytes + 2, in.bytes};
    eg_plan_out out = {y, sizeof y}, no_out = {NULL, sizeof y}, over = {bytes + 4, sizeof y};

    assert_int_equal(eg_plan_run(plan, 1, &in, 1, &out), EG_PLAN_OK);
    assert_int_equal(eg_plan_run(plan, EG_FROM(room), EG_INTO(y)), EG_PLAN_SIZE);
    assert_int_equal(eg_plan_run(plan, 1, &in, 1, &(eg_plan_out){y, 1}), EG_PLAN_SIZE);
    assert_int_equal(eg_plan_run(plan, 0, NULL, 1, &out), EG_PLAN_SIZE);
    assert_int_equal(eg_plan_run(plan, 1, &in, -1, &out), EG_PLAN_SIZE);
    assert_int_equal(eg_plan_run(plan, 1, NULL, 1, &out), EG_PLAN_ADDRESS);
    assert_int_equal(eg_plan_run(plan, 1, &in, 1, NULL), EG_PLAN_ADDRESS);
    assert_int_equal(eg_plan_run(plan, 1, &no_in, 1, &out), EG_PLAN_ADDRESS);
    assert_int_equal(eg_plan_run(plan, 1, &in, 1, &no_out), EG_PLAN_ADDRESS);
    assert_int_equal(eg_plan_run(plan, 1, &odd, 1, &out), EG_PLAN_ADDRESS);
    assert_int_equal(eg_plan_run(plan, 1, &in, 1, &over), EG_PLAN_ADDRESS);
    assert_int_equal(eg_plan_run(NULL, 1, &in, 1, &out), EG_PLAN_ADDRESS);
    assert_string_equal(eg_plan_status_name(EG_PLAN_ADDRESS), "bad address");
    assert_string_equal(eg_plan_status_name((eg_plan_status)99), "unknown status");
    eg_plan_free(plan);
    free_limiter(f);
}

EG_FUNCTION(twins, x)
{
    eg_tensor *y = eg_exp(x);

    return eg_tuple(y, x, y, eg_zeros(EG_FLOAT32, EG_DIMS(0)));
}

TEST(results_may_be_equal_inputs_or_empty_but_outputs_must_not_overlap)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(twins);
    eg_plan *plan = eg_plan_new(f, EG_IN(EG_F32(0, 0)));
    float x[2] = {0, 1}, y[8];
    eg_plan_in in = {x, sizeof x};
    eg_plan_out out[4] = {{y, 8}, {y + 2, 8}, {y + 4, 8}, {NULL, 0}};

    assert_fine();
    assert_int_equal(eg_plan_run(plan, 1, &in, 4, out), EG_PLAN_OK);
    assert_true(y[0] == 1 && y[2] == 0 && y[3] == 1);
    assert_memory_equal(y, y + 4, 8);
    out[2].data = y + 3;
    assert_int_equal(eg_plan_run(plan, 1, &in, 4, out), EG_PLAN_ADDRESS);
    eg_plan_free(plan);
    eg_function_free(f);
}

TEST(a_plan_tells_about_itself)
{
    EG_SCOPE;
    gain = eg_variable(eg_constant(2.0));
    total = eg_variable(eg_constant(0.0));
    eg_function *f = eg_function_of(limits, .signature = EG_SIGNATURE({.name = "x"}));
    eg_call(f, EG_F32(1, 2));
    eg_call(f, EG_F32(100, 200));
    eg_plan *plan = eg_plan_new(f, EG_IN(EG_F32(0, 0)));
    eg_plan_value v = {.size = sizeof v};
    eg_plan_info info = {.size = sizeof info};

    assert_true(eg_plan_input(plan, 0, &v));
    assert_string_equal(v.name, "x");
    assert_true(v.dtype == EG_FLOAT32 && v.rank == 1 && v.dims[0] == 2);
    assert_true(v.bytes == 8 && v.alignment == 4);
    assert_false(eg_plan_input(plan, 1, &v));
    assert_true(eg_plan_output(plan, 0, &v));
    assert_string_equal(v.name, "");
    assert_false(eg_plan_output(plan, 1, NULL));
    assert_false(eg_plan_input(NULL, 0, &v));
    eg_plan_info_now(plan, &info);
    assert_int_equal(info.inputs, 1);
    assert_int_equal(info.outputs, 1);
    assert_int_equal(info.states, 1);
    assert_int_equal(info.guards, 2);
    assert_int_equal(info.paths, 2);
    assert_true(info.steps > 0 && info.shared_bytes > 0 && info.live <= info.arena);
    assert_int_equal(info.bytes, eg_plan_bytes(plan));
    eg_plan_info_now(NULL, &info);
    assert_int_equal(info.steps, 0);
    assert_int_equal(eg_plan_bytes(NULL), 0);
    eg_plan_free(plan);
    free_limiter(f);
}

/* ---- clones ---------------------------------------------------------------------------------- */

TEST(a_clone_begins_as_the_plan_did_and_may_lie_in_memory_of_the_callers)
{
    static char room[1 << 14];
    EG_SCOPE;
    eg_function *f = limiter();
    eg_plan *plan = eg_plan_new(f, EG_IN(EG_F32(0, 0)));
    float x[2] = {3, -4}, y[2];

    eg_plan_run(plan, EG_FROM(x), EG_INTO(y));
    assert_null(eg_plan_clone_in(plan, room + 1, eg_plan_bytes(plan) - 1));
    assert_error(EG_INVALID, "needs");
    assert_null(eg_plan_clone_in(plan, NULL, sizeof room));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_plan_clone(NULL));
    assert_error(EG_INVALID, "plan is NULL");
    eg_plan *clone = eg_plan_clone_in(plan, room + 1, eg_plan_bytes(plan));
    eg_plan *other = eg_plan_clone(clone);
    eg_plan_free(plan);
    eg_plan *twice[2] = {clone, other};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(eg_plan_run(twice[i], EG_FROM(x), EG_INTO(y)), EG_PLAN_OK);
        assert_true(y[0] == 6 + 24);
        eg_plan_free(twice[i]);
    }
    plan = eg_plan_new(f, EG_IN(EG_F32(0, 0)), .memory = room, .bytes = sizeof room);
    assert_int_equal(eg_plan_run(plan, EG_FROM(x), EG_INTO(y)), EG_PLAN_OK);
    eg_plan_free(plan);
    assert_null(eg_plan_new(f, EG_IN(EG_F32(0, 0)), .memory = room, .bytes = 16));
    assert_error(EG_INVALID, "needs");
    eg_plan_free(NULL);
    free_limiter(f);
}

typedef struct work {
    eg_plan *plan;
    const float *x, *expected;
    int wrong;
} work;

enum { SIDE = 48, RUNS = 60, THREADS = 4 };

static void *run_often(void *env)
{
    work *w = env;
    float x[SIDE * SIDE], y[SIDE * SIDE];

    memcpy(x, w->x, sizeof x);
    for (int i = 0; i < RUNS; i++) {
        if (eg_plan_run(w->plan, EG_FROM(x), EG_INTO(y)) != EG_PLAN_OK)
            w->wrong++;
        memcpy(x, y, sizeof x);
    }
    w->wrong += memcmp(x, w->expected, sizeof x) != 0;
    return NULL;
}

/* Large enough for workers in a call of the function. */
EG_FUNCTION(mixes, x)
{
    eg_assign_add(count, 1);
    return eg_div(eg_matmul(x, eg_softmax(x)), eg_add(1, eg_max(eg_abs(x))));
}

TEST(clones_run_side_by_side_with_the_bits_of_the_function)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(mixes);
    count = eg_variable(eg_constant(0));
    eg_tensor *x = eg_normal(eg_key(1), EG_DIMS(SIDE, SIDE)), *y = x;
    eg_plan *plan = eg_plan_new(f, EG_IN(x));
    pthread_t threads[THREADS];
    work of[THREADS];

    assert_fine();
    for (int i = 0; i < RUNS; i++)
        y = eg_call(f, y);
    for (int i = 0; i < THREADS; i++) {
        of[i] = (work){i ? eg_plan_clone(plan) : plan, eg_data(x, EG_FLOAT32),
            eg_data(y, EG_FLOAT32), 0};
        pthread_create(&threads[i], NULL, run_often, &of[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        int32_t runs[1];
        pthread_join(threads[i], NULL);
        assert_int_equal(of[i].wrong, 0);
        assert_true(eg_plan_get_state(of[i].plan, 0, runs, sizeof runs) && runs[0] == RUNS);
        eg_plan_free(of[i].plan);
    }
    eg_function_free(f);
    eg_variable_free(count);
}
