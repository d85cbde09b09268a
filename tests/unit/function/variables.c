/* Variables that a body makes: where they are not there yet, each time, by its function's name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"
#include <pthread.h>
#include <string.h>

static int bodies_run;

/* ---- made where they are not there yet ------------------------------------------------------- */

typedef struct model {
    eg_tensor *w, *b;
    eg_optimizer *adam;
} model;

static eg_tensor *predict(model *m, eg_tensor *x)
{
    bodies_run++;
    if (!m->w) {
        m->w = eg_variable(EG_F32(0.5, -0.5), .name = "w");
        m->b = eg_variable(eg_constant(0.25), .name = "b");
    }
    return eg_add(eg_sum(eg_mul(x, m->w)), m->b);
}

static void free_model(model *m)
{
    eg_optimizer_free(m->adam);
    eg_variable_free(m->w);
    eg_variable_free(m->b);
    *m = (model){0};
}

static model *the_model;

EG_FUNCTION(predict_globally, x)
{
    return predict(the_model, x);
}

TEST(a_body_may_make_its_variables_where_they_are_not_there_yet)
{
    EG_SCOPE;
    model m = {0};
    the_model = &m;
    eg_function *f = eg_function_of(predict_globally);

    bodies_run = 0;
    for (int i = 0; i < 5; i++)
        assert_true(eg_item(eg_call(f, EG_F32(1, i))) == 0.75 - 0.5 * i);
    assert_null(eg_function_why_eager(f));
    assert_int_equal(bodies_run, 2); /* the first is not kept, the second is */
    assert_int_equal(info_of(f).replays, 3);
    assert_int_equal(eg_function_trace_count(f), 1);
    eg_assign(m.w, EG_F32(2, 2));
    assert_true(eg_item(eg_call(f, EG_F32(1, 1))) == 4.25);
    eg_function_free(f);
    free_model(&m);
}

EG_FUNCTION(makes_one_each_time, x)
{
    eg_tensor *v = eg_variable(x);
    eg_tensor *y = eg_add(v, 1);
    eg_variable_free(v);
    return y;
}

TEST(a_body_that_makes_variables_each_time_is_eager_and_the_line_is_named)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(makes_one_each_time);

    for (int i = 0; i < 4; i++) {
        assert_int_equal(eg_item_int(eg_call(f, i)), i + 1);
        assert_true((eg_function_why_eager(f) == NULL) == (i == 0));
    }
    assert_non_null(strstr(eg_function_why_eager(f), "variables.c:64"));
    assert_non_null(strstr(eg_function_why_eager(f), "eg_function_variable"));
    eg_function_free(f);
}

/* The environment changes with each variable made, so each call is another signature. */
static eg_tensor *makes_and_keeps(int n, eg_tensor *const in[], void *env)
{
    model *m = env;

    (void)n;
    eg_variable_free(m->w);
    m->w = eg_variable(in[0], .name = "w");
    return eg_mul(m->w, 2);
}

TEST(making_variables_for_ever_ends_in_a_reason_too)
{
    EG_SCOPE;
    model m = {0};
    eg_function *f = eg_function_new(makes_and_keeps, 1, &m, sizeof m);

    for (int i = 0; i < 100; i++)
        assert_int_equal(eg_item_int(eg_call(f, i)), 2 * i);
    assert_non_null(strstr(eg_function_why_eager(f), "makes a variable"));
    eg_function_free(f);
    free_model(&m);
}

/* ---- TensorFlow's known failure: a second model, a second optimizer -------------------------- */

static eg_tensor *train(int n, eg_tensor *const in[], void *env)
{
    model *m = env;
    eg_tensor *g[2];
    EG_TAPE;

    (void)n;
    eg_tensor *loss = eg_square(eg_sub(predict(m, in[0]), in[1]));
    eg_gradient(loss, EG_IN(m->w, m->b), g);
    if (!m->adam)
        m->adam = eg_adam(EG_IN(m->w, m->b), .rate = 0.1);
    return eg_optimizer_apply(m->adam, 2, g) == EG_OK ? eg_give(loss) : NULL;
}

static float train_a_while(eg_function *f, model *m)
{
    eg_tensor *in[] = {EG_F32(1, 2), eg_constant(3.0)};
    float loss = 0;

    for (int i = 0; i < 6; i++)
        loss = (float)eg_item(f ? eg_call_of(f, 2, in) : train(2, in, m));
    return loss;
}

TEST(a_second_model_and_a_second_optimizer_go_through_the_same_body)
{
    EG_SCOPE;
    model m = {0}, eager = {0};
    eg_function *f = eg_function_new(train, 2, &m, sizeof m);

    float expected = train_a_while(NULL, &eager);
    for (int i = 0; i < 3; i++) {
        assert_true(train_a_while(f, &m) == expected);
        if (i < 2)
            free_model(&m); /* another model, with an optimizer of its own */
    }
    assert_null(eg_function_why_eager(f));
    eg_optimizer_free(m.adam); /* the same model, another optimizer */
    eg_optimizer_free(eager.adam);
    m.adam = eager.adam = NULL;
    assert_true(train_a_while(f, &m) == train_a_while(NULL, &eager));
    assert_null(eg_function_why_eager(f));
    assert_true(info_of(f).replays > 10);
    eg_function_free(f);
    free_model(&m);
    free_model(&eager);
}

/* ---- variables of the function --------------------------------------------------------------- */

static int initials;

static eg_tensor *initial_weights(void)
{
    initials++;
    return EG_F32(1, 2, 3);
}

EG_FUNCTION(dense, x)
{
    eg_tensor *w = eg_function_variable("w", initial_weights());
    eg_tensor *b = eg_function_variable("b", 0.5, .not_trainable = true);

    bodies_run++;
    return eg_add(eg_mul(x, w), b);
}

TEST(a_function_owns_the_variables_its_body_names)
{
    EG_SCOPE;
    size_t tensors = eg_memory_now().tensors;
    eg_function *f = eg_function_of(dense), *g = eg_function_of(dense);

    {
        EG_SCOPE;
        initials = bodies_run = 0;
        for (int i = 0; i < 4; i++)
            assert_prints(eg_call(f, EG_F32(1, 1, i)),
                i == 0       ? "[1.5 2.5 0.5] float32[3]"
                    : i == 1 ? "[1.5 2.5 3.5] float32[3]"
                    : i == 2 ? "[1.5 2.5 6.5] float32[3]"
                             : "[1.5 2.5 9.5] float32[3]");
        assert_int_equal(initials, 1);
        assert_int_equal(bodies_run, 2);
        assert_int_equal(eg_function_variable_count(f), 2);
        assert_string_equal(eg_variable_name(eg_function_variable_at(f, 0)), "w");
        assert_string_equal(eg_variable_name(eg_function_variable_at(f, 1)), "b");
        assert_null(eg_function_variable_at(f, 2));
        assert_null(eg_function_variable_at(f, -1));
        assert_int_equal(eg_function_variable_count(g), 0);
        eg_assign(eg_function_variable_at(f, 1), 10);
        assert_prints(eg_call(f, EG_F32(1, 1, 0)), "[11. 12. 10.] float32[3]");
        assert_prints(eg_call(g, EG_F32(1, 1, 0)), "[1.5 2.5 0.5] float32[3]");
        assert_prints(eg_call(f, 2.0), "[12. 14. 16.] float32[3]"); /* another trace, the same w */
        eg_function_clear(f);
        assert_prints(eg_call(f, 2.0), "[12. 14. 16.] float32[3]");
        assert_int_equal(initials, 2);
        assert_null(eg_function_why_eager(f));
    }
    eg_function_free(f);
    eg_function_free(g);
    assert_int_equal(eg_memory_now().tensors, tensors);
    assert_int_equal(eg_function_variable_count(NULL), 0);
    assert_null(eg_function_variable_at(NULL, 0));
}

EG_FUNCTION(two_layers, x)
{
    static eg_function *layer;
    if (!layer)
        layer = eg_function_of(dense, .name = "layer");
    eg_tensor *w = eg_function_variable("w", 3.0);
    eg_tensor *y = eg_mul(eg_sum(eg_call(layer, x)), w);
    assert_int_equal(eg_function_variable_count(layer), 2);
    if (eg_item(x) < 0) { /* the test's end */
        eg_function_free(layer);
        layer = NULL;
    }
    return y;
}

TEST(each_function_of_a_nest_owns_its_own_in_every_mode)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(two_layers);

    for (int i = 0; i < 4; i++)
        assert_true(eg_item(eg_call(f, 1.0)) == 3 * (6 + 1.5));
    assert_int_equal(eg_function_variable_count(f), 1);
    eg_run_functions_eagerly(true);
    assert_true(eg_item(eg_call(f, 2.0)) == 3 * (12 + 1.5));
    eg_call(f, -1.0);
    eg_run_functions_eagerly(false);
    eg_function_free(f);
}

EG_FUNCTION(loss_of_dense, x)
{
    return eg_sum(eg_square(dense(x)));
}

TEST(gradients_of_a_functions_variables_reach_its_first_call)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(loss_of_dense);
    eg_optimizer *adam = NULL;
    double first = 0, last = 0;

    for (int i = 0; i < 20; i++) {
        eg_tensor *x = EG_F32(1, 2, 3), *g;
        EG_TAPE;
        eg_tensor *loss = eg_call(f, x);
        eg_tensor *w = eg_function_variable_at(f, 0);
        eg_gradient(loss, EG_IN(w), &g);
        assert_true(eg_size(g) == 3);
        if (!adam)
            adam = eg_adam(EG_IN(w), .rate = 0.2);
        eg_optimizer_apply(adam, 1, &g);
        last = eg_item(eg_call(f, x));
        first = i == 0 ? last : first;
    }
    assert_fine();
    assert_true(last < 0.05 * first);
    assert_null(eg_function_why_eager(f));
    eg_optimizer_free(adam);
    eg_function_free(f);
}

EG_FUNCTION(noisy, x)
{
    static eg_generator *g;
    eg_tensor *key;

    if (!g)
        g = eg_generator_new(3);
    eg_next_key(g, &key);
    eg_tensor *w = eg_function_variable("w", eg_uniform(key, EG_DIMS(2)));
    eg_assign_add(w, 1);
    eg_tensor *y = eg_mul(x, w);
    if (eg_item(x) < 0) {
        eg_generator_free(g);
        g = NULL;
    }
    return y;
}

TEST(what_the_first_call_draws_and_assigns_happens_once)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(noisy);
    float at[4][2], eager[2];

    for (int i = 0; i < 4; i++)
        assert_int_equal(eg_read(eg_call(f, i < 3 ? 1.0 : -1.0), EG_FLOAT32, at[i], 2), EG_OK);
    eg_generator *g = eg_generator_new(3);
    eg_tensor *key;
    eg_next_key(g, &key);
    eg_read(eg_uniform(key, EG_DIMS(2)), EG_FLOAT32, eager, 2);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 2; k++)
            eager[k] += 1, assert_true(at[i][k] == eager[k]);
    eg_generator_free(g);
    eg_function_free(f);
}

EG_FUNCTION(another_shape_later, x)
{
    return eg_add(x, (eg_function_variable)("v", x, NULL));
}

EG_FUNCTION(without_a_name, x)
{
    return (eg_function_variable)(NULL, x, NULL);
}

TEST(wrong_uses_of_a_functions_variables_are_errors)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(another_shape_later), *g = eg_function_of(without_a_name);

    dense(EG_F32(1, 2, 3)); /* called as plain C: nobody would own it */
    assert_error(EG_STATE, "no function is being called that could own \"w\"");
    assert_false(eg_function_has_variable("w"));
    eg_call(f, EG_F32(1, 2));
    eg_call(f, EG_F32(1, 2, 3));
    assert_error(EG_INVALID,
        "\"v\" of another_shape_later is float32[2], the initial value is "
        "float32[3]; give it another name");
    assert_prints(eg_call(f, EG_F32(1, 2)), "[2. 4.] float32[2]");
    eg_call(g, 1.0);
    assert_error(EG_INVALID, "name is NULL");
    eg_function_free(f);
    eg_function_free(g);
}

/* ---- threads --------------------------------------------------------------------------------- */

enum { THREADS = 4 };

static eg_function *shared;
static pthread_barrier_t barrier;
static atomic_int waiting;

static eg_tensor *wait_for_the_others(eg_tensor *x)
{
    if (atomic_fetch_add(&waiting, 1) < THREADS)
        pthread_barrier_wait(&barrier); /* now all of them are here, and nobody has it */
    return x;
}

EG_FUNCTION(waits_for_the_others, x)
{
    eg_tensor *v = eg_function_variable("v", wait_for_the_others(eg_add(x, 1)));
    return eg_add(eg_mul(v, 0), eg_add(v, x));
}

static void *first_call(void *sum)
{
    EG_SCOPE;
    *(double *)sum = eg_item(eg_call(shared, 1.0));
    return NULL;
}

TEST(two_first_calls_at_once_make_one_variable)
{
    EG_SCOPE;
    pthread_t threads[THREADS];
    double sums[THREADS] = {0};

    shared = eg_function_of(waits_for_the_others);
    atomic_store(&waiting, 0);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, first_call, &sums[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    for (int i = 0; i < THREADS; i++)
        assert_true(sums[i] == 3);
    assert_int_equal(eg_function_variable_count(shared), 1);
    assert_true(eg_item(eg_call(shared, 2.0)) == 4);
    assert_null(eg_function_why_eager(shared));
    eg_function_free(shared);
}
