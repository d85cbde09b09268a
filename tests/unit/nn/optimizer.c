/* Optimizers against their recurrences, eager and in a function, saved and restored, misused.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N = 3 };

static eg_tensor *variable(eg_tensor *initial, const char *name)
{
    return eg_variable_new(initial,
        &(eg_variable_attrs){.size = sizeof(eg_variable_attrs), .name = name});
}

/* A gradient that depends on the step and on where the weights are. */
static void gradient_at(int step, const double w[N], double g[N])
{
    for (int i = 0; i < N; i++)
        g[i] = (w[i] - i) * (1 + 0.1 * step) + (step % 3 == 0 ? -0.5 : 0.25);
}

static void assert_near(eg_tensor *x, const double expected[N])
{
    double got[N];

    assert_int_equal(eg_read(x, EG_FLOAT64, got, N), EG_OK);
    for (int i = 0; i < N; i++)
        if (fabs(got[i] - expected[i]) > 1e-14 * (1 + fabs(expected[i])))
            fail_msg("element %d is %.17g instead of %.17g", i, got[i], expected[i]);
}

/* Adam as the paper writes it, with the epsilon of the text before algorithm 1. */
static void adam_by_hand(const eg_adam_attrs *a, int t, const double g[N], double w[N], double m[N],
    double v[N])
{
    double rate = a->rate * sqrt(1 - pow(a->beta_2, t)) / (1 - pow(a->beta_1, t));

    for (int i = 0; i < N; i++) {
        m[i] = a->beta_1 * m[i] + (1 - a->beta_1) * g[i];
        v[i] = a->beta_2 * v[i] + (1 - a->beta_2) * g[i] * g[i];
        w[i] -= rate * m[i] / (sqrt(v[i]) + a->epsilon);
    }
}

static void compare_with_adam(const eg_adam_attrs *given, const eg_adam_attrs *meant)
{
    EG_SCOPE;
    double w[N] = {0.5, -1, 4}, m[N] = {0}, v[N] = {0}, g[N];
    eg_tensor *x = variable(eg_array1(w), "x");
    eg_optimizer *adam = eg_adam_new(EG_IN(x), given);

    for (int t = 1; t <= 40; t++) {
        gradient_at(t, w, g);
        assert_int_equal(eg_optimizer_apply(adam, EG_IN(eg_array1(g))), EG_OK);
        adam_by_hand(meant, t, g, w, m, v);
        assert_near(x, w);
    }
    assert_near(eg_optimizer_state(adam, 2), m);
    assert_near(eg_optimizer_state(adam, 3), v);
    eg_optimizer_free(adam);
    eg_variable_free(x);
}

TEST(adam_follows_the_recurrence_of_the_paper)
{
    eg_adam_attrs own = {sizeof own, .rate = 0.1, .beta_1 = 0.8, .beta_2 = 0.95, .epsilon = 1e-3};
    compare_with_adam(&own, &own);
}

TEST(fields_that_are_zero_or_missing_are_the_defaults)
{
    eg_adam_attrs defaults = {sizeof defaults, 0.001, 0.9, 0.999, 1e-7}, faster = defaults;
    eg_adam_attrs empty = {.size = sizeof empty}, older = {.size = offsetof(eg_adam_attrs, beta_1)};

    compare_with_adam(NULL, &defaults);
    compare_with_adam(&empty, &defaults);
    faster.rate = older.rate = 0.5;
    older.beta_1 = 0.1; /* behind what the size says: not there */
    compare_with_adam(&older, &faster);
}

TEST(descent_goes_against_the_gradient)
{
    EG_SCOPE;
    eg_tensor *x = variable(EG_F32(1, -2), "x");
    eg_optimizer *o =
        eg_sgd_new(EG_IN(x), &(eg_sgd_attrs){.size = sizeof(eg_sgd_attrs), .rate = 0.5});

    assert_null(eg_optimizer_state(o, 0));
    eg_optimizer_apply(o, EG_IN(EG_F32(1, 4)));
    assert_prints(x, "[ 0.5 -4. ] float32[2]");
    eg_optimizer_apply(o, EG_IN(EG_F32(-1, 0)));
    assert_prints(x, "[ 1. -4.] float32[2]");
    eg_optimizer_free(o);
    o = eg_sgd_new(EG_IN(x), NULL);
    eg_optimizer_apply(o, EG_IN(EG_F32(100, 0)));
    assert_prints(x, "[ 0. -4.] float32[2]");
    eg_optimizer_free(o);
    eg_variable_free(x);
}

TEST(momentum_keeps_going)
{
    EG_SCOPE;
    eg_tensor *x = variable(EG_F32(1, 1), "x");
    eg_sgd_attrs attrs = {sizeof attrs, .rate = 0.5, .momentum = 0.5};
    eg_optimizer *o = eg_sgd_new(EG_IN(x), &attrs);

    eg_optimizer_apply(o, EG_IN(EG_F32(1, 2))); /* v = -0.5, -1 */
    assert_prints(x, "[0.5 0. ] float32[2]");
    eg_optimizer_apply(o, EG_IN(EG_F32(1, 0))); /* v = -0.75, -0.5 */
    assert_prints(x, "[-0.25 -0.5 ] float32[2]");
    eg_optimizer_apply(o, EG_IN(EG_F32(0, 0)));
    assert_prints(x, "[-0.625 -0.75 ] float32[2]");
    assert_prints(eg_optimizer_state(o, 0), "[-0.375 -0.25 ] float32[2]");
    assert_null(eg_optimizer_state(o, 1));
    eg_optimizer_free(o);
    eg_variable_free(x);
}

/* ---- training steps ------------------------------------------------------------------------- */

typedef struct model {
    eg_tensor *weights, *bias;
    eg_optimizer *optimizer;
} model;

static model make_model(bool adam)
{
    EG_SCOPE;
    model m = {variable(eg_glorot_uniform(eg_key(3), EG_DIMS(4, 3)), "weights"),
        variable(eg_zeros(EG_FLOAT32, EG_DIMS(3)), "bias"), NULL};
    eg_tensor *both[] = {m.weights, m.bias};

    m.optimizer = adam
        ? eg_adam_new(2, both, NULL)
        : eg_sgd_new(2, both, &(eg_sgd_attrs){sizeof(eg_sgd_attrs), .rate = 0.1, .momentum = 0.9});
    return m;
}

static void free_model(model *m)
{
    eg_optimizer_free(m->optimizer);
    eg_variable_free(m->weights);
    eg_variable_free(m->bias);
}

static eg_tensor *step(int n, eg_tensor *const in[], void *env)
{
    model *m = env;
    eg_tensor *gradients[2];
    EG_TAPE;

    (void)n;
    eg_tensor *logits = eg_add(eg_matmul(in[0], m->weights), m->bias);
    eg_tensor *loss = eg_mean(eg_sparse_softmax_cross_entropy(logits, in[1]));
    eg_gradient(loss, EG_IN(m->weights, m->bias), gradients);
    eg_optimizer_apply(m->optimizer, 2, gradients);
    return eg_give(loss);
}

/* Runs steps from..to, each with rows of its own; returns the last loss. */
static double run_steps(model *m, eg_function *f, int from, int to)
{
    double loss = 0;

    for (int i = from; i < to; i++) {
        EG_SCOPE;
        eg_tensor *in[] = {eg_normal(eg_key(100 + i), EG_DIMS(8, 4)), NULL};
        in[1] = eg_argmax(eg_slice(in[0], .count = EG_AT(-1, 3)), .axis = 1);
        loss = eg_item(f ? eg_call_of(f, 2, in) : step(2, in, m));
    }
    return loss;
}

static void assert_same_values(eg_tensor *a, eg_tensor *b)
{
    assert_same_bits(eg_value(a), eg_value(b));
}

static void assert_same_models(model *a, model *b)
{
    EG_SCOPE;
    assert_same_values(a->weights, b->weights);
    assert_same_values(a->bias, b->bias);
    for (int i = 0; eg_optimizer_state(a->optimizer, i); i++)
        assert_same_values(eg_optimizer_state(a->optimizer, i),
            eg_optimizer_state(b->optimizer, i));
}

static void compare_eager_and_function(bool adam)
{
    EG_SCOPE;
    model eager = make_model(adam), traced = make_model(adam);
    eg_function *f = eg_function_new(step, 2, &traced, sizeof traced);

    for (int i = 0; i < 20; i += 5) {
        assert_true(run_steps(&eager, NULL, i, i + 5) == run_steps(&traced, f, i, i + 5));
        assert_same_models(&eager, &traced);
    }
    assert_int_equal(eg_function_trace_count(f), 1);
    assert_null(eg_function_why_eager(f));
    assert_fine();
    eg_function_free(f);
    free_model(&eager);
    free_model(&traced);
}

TEST(a_step_in_a_function_has_the_same_bits)
{
    compare_eager_and_function(true);
    compare_eager_and_function(false);
}

TEST(training_lowers_the_loss)
{
    for (int adam = 0; adam < 2; adam++) {
        EG_SCOPE;
        model m = make_model(adam);
        double before = run_steps(&m, NULL, 0, 1);
        run_steps(&m, NULL, 1, 100);
        assert_true(run_steps(&m, NULL, 0, 1) < 0.95 * before);
        free_model(&m);
    }
}

/* ---- state ---------------------------------------------------------------------------------- */

static int states_of(model *m, eg_tensor *all[16])
{
    int n = 0;

    all[n++] = m->weights;
    all[n++] = m->bias;
    for (int i = 0; eg_optimizer_state(m->optimizer, i); i++)
        all[n++] = eg_optimizer_state(m->optimizer, i);
    return n;
}

TEST(training_goes_on_from_a_file_as_if_it_had_not_stopped)
{
    char path[] = "/tmp/eagre-optimizer-XXXXXX";
    EG_SCOPE;
    model whole = make_model(true), stopped = make_model(true), again = make_model(true);
    eg_tensor *all[16];
    int fd = mkstemp(path), n = states_of(&stopped, all);

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(n, 2 + 2 + 2 * 2);
    run_steps(&whole, NULL, 0, 10);
    run_steps(&stopped, NULL, 0, 4);
    assert_int_equal(eg_safetensors_save(path, n, NULL, all), EG_OK);
    states_of(&again, all);
    assert_int_equal(eg_safetensors_restore(path, n, all), EG_OK);
    run_steps(&again, NULL, 4, 10);
    assert_same_models(&whole, &again);
    unlink(path);
    free_model(&whole);
    free_model(&stopped);
    free_model(&again);
}

TEST(states_are_named_after_their_variables)
{
    EG_SCOPE;
    model m = make_model(true);
    static const char *const names[] = {"adam/beta_1_power", "adam/beta_2_power", "weights/adam_m",
        "weights/adam_v", "bias/adam_m", "bias/adam_v"};

    for (int i = 0; i < 6; i++)
        assert_string_equal(eg_variable_name(eg_optimizer_state(m.optimizer, i)), names[i]);
    assert_null(eg_optimizer_state(m.optimizer, 6));
    assert_null(eg_optimizer_state(m.optimizer, -1));
    assert_null(eg_optimizer_state(NULL, 0));
    free_model(&m);
}

TEST(float32_and_float64_train_together)
{
    EG_SCOPE;
    eg_tensor *x = variable(EG_F32(1), "x"), *y = variable(EG_F64(1), "y");
    eg_optimizer *adam = eg_adam_new(EG_IN(x, y), NULL);
    float a;
    double b;

    for (int i = 0; i < 5; i++)
        eg_optimizer_apply(adam, EG_IN(EG_F32(0.5f), EG_F64(0.5)));
    eg_read(x, EG_FLOAT32, &a, 1);
    eg_read(y, EG_FLOAT64, &b, 1);
    assert_fine();
    assert_true(fabs(b - 0.995) < 1e-7 && fabs(a - b) < 1e-6);
    eg_optimizer_free(adam);
    eg_variable_free(x);
    eg_variable_free(y);
}

/* ---- misuse --------------------------------------------------------------------------------- */

TEST(what_cannot_be_trained_is_refused)
{
    EG_SCOPE;
    eg_tensor *whole = variable(EG_I32(1), "whole"), *x = variable(EG_F32(1), "x");
    eg_adam_attrs none = {0};

    assert_null(eg_adam_new(0, &x, NULL));
    assert_error(EG_INVALID, "at least one");
    assert_null(eg_sgd_new(1, NULL, NULL));
    assert_error(EG_INVALID, "at least one");
    assert_null(eg_adam_new(EG_IN(x, whole), NULL));
    assert_error(EG_INVALID, "floating-point variables");
    assert_null(eg_sgd_new(EG_IN(EG_F32(1)), NULL));
    assert_error(EG_INVALID, "floating-point variables");
    assert_null(eg_adam_new(EG_IN(x, NULL), NULL));
    assert_error(EG_INVALID, "floating-point variables");
    assert_null(eg_adam_new(EG_IN(x), &none));
    assert_error(EG_INVALID, "size");
    eg_optimizer_free(NULL);
    eg_variable_free(whole);
    eg_variable_free(x);
}

TEST(a_refused_step_changes_nothing)
{
    EG_SCOPE;
    eg_tensor *x = variable(EG_F32(1, 2), "x"), *y = variable(EG_F32(3, 4), "y");
    eg_tensor *fine = EG_F32(1, 1), *none = NULL;
    eg_optimizer *adam = eg_adam_new(EG_IN(x, y), NULL);

    eg_optimizer_apply(adam, EG_IN(fine));
    assert_error(EG_INVALID, "one gradient for each");
    eg_optimizer_apply(adam, EG_IN(fine, none));
    assert_error(EG_INVALID, "missing");
    eg_optimizer_apply(adam, EG_IN(fine, EG_F32(1)));
    assert_error(EG_INVALID, "gradient of y");
    eg_optimizer_apply(adam, EG_IN(fine, EG_F32(1, 2, 3)));
    assert_error(EG_INVALID, "gradient of y");
    eg_optimizer_apply(adam, EG_IN(fine, EG_F64(1, 2)));
    assert_error(EG_INVALID, "gradient of y");
    eg_optimizer_apply(adam, 2, NULL);
    assert_error(EG_INVALID, "gradients is NULL");
    eg_optimizer_apply(NULL, EG_IN(fine, fine));
    assert_error(EG_INVALID, "optimizer is NULL");
    assert_prints(x, "[1. 2.] float32[2]");
    assert_prints(eg_optimizer_state(adam, 0), "1. float64[]");
    eg_fail(EG_STATE, "test", "before");
    assert_int_equal(eg_optimizer_apply(adam, EG_IN(fine, fine)), EG_STATE);
    assert_error(EG_STATE, "before");
    assert_prints(y, "[3. 4.] float32[2]");
    eg_optimizer_free(adam);
    eg_variable_free(x);
    eg_variable_free(y);
}
