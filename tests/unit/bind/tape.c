/* Tapes as objects: gradients, training, several threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "call.h"
#include <pthread.h>
#include <string.h>

static const eg_tape_attrs persistent = {.size = sizeof persistent, .persistent = true};

static eg_tensor *gradient(eg_bind_tape *tape, eg_tensor *target, eg_tensor *source)
{
    eg_bind_slope slope = {.size = sizeof slope, .target = target, .n = 1, .sources = &source};
    eg_tensor *g;
    eg_error e;

    if (eg_bind_gradient(tape, &slope, &g, &e) != EG_OK)
        fail_msg("%s: %s", e.op, e.message);
    return g;
}

TEST(a_tape_differentiates_what_was_applied_with_it)
{
    eg_bind_tape *tape = eg_bind_tape_new(NULL, NULL, NULL);
    eg_tensor *x = VECTOR(1, 2, 3), *unseen = applied(NULL, "neg", x, NULL);

    eg_bind_watch(tape, x, NULL);
    eg_tensor *y = applied(tape, "square", x, NULL), *z = applied(tape, "mul", y, unseen);
    eg_tensor *g = gradient(tape, z, x);
    assert_memory_equal(elements(g), ((float[]){-2, -8, -18}), 3 * sizeof(float));
    assert_true(elements(y)[1] == 4);
    eg_bind_tape_free(tape);
    eg_release(g);
    eg_release(z);
    eg_release(y);
    eg_release(unseen);
    eg_release(x);
}

TEST(an_outer_tape_sees_the_gradients_of_an_inner_one)
{
    eg_bind_tape *outer = eg_bind_tape_new(NULL, &persistent, NULL);
    eg_bind_tape *inner = eg_bind_tape_new(outer, NULL, NULL);
    eg_tensor *x = VECTOR(2);

    eg_bind_watch(inner, x, NULL);
    eg_bind_watch(outer, x, NULL);
    eg_tensor *y = applied(inner, "square", x, NULL), *z = applied(inner, "mul", y, x);
    eg_tensor *first = gradient(inner, z, x), *second = gradient(outer, first, x),
              *again = gradient(outer, z, x);
    assert_true(elements(first)[0] == 12);
    assert_true(elements(second)[0] == 12);
    assert_true(elements(again)[0] == 12);
    eg_bind_tape_free(inner);
    eg_bind_tape_free(outer);
    eg_tensor *all[] = {x, y, z, first, second, again};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        eg_release(all[i]);
}

TEST(variables_are_trained)
{
    eg_tensor *start = VECTOR(5), *rate = VECTOR(0.25), *w = eg_bind_variable(start, "w", NULL);

    for (int step = 0; step < 50; step++) {
        eg_bind_tape *tape = eg_bind_tape_new(NULL, NULL, NULL);
        eg_tensor *loss = applied(tape, "square", w, NULL), *g = gradient(tape, loss, w);
        eg_bind_tape_free(tape);
        eg_tensor *change = applied(NULL, "mul", g, rate), *next = applied(NULL, "sub", w, change);
        assert_int_equal(eg_bind_assign(w, next, NULL), EG_OK);
        eg_tensor *all[] = {loss, g, change, next};
        for (int i = 0; i < 4; i++)
            eg_release(all[i]);
    }
    float end;
    eg_bind_array out = {.size = sizeof out, .dtype = EG_FLOAT32, .rank = 1, .dims = {1}};
    out.data = &end;
    assert_int_equal(eg_bind_read(w, &out, NULL), EG_OK);
    assert_true(end < 1e-12F);
    assert_int_equal(eg_bind_look(w, &out, NULL), EG_INVALID);
    assert_int_equal(eg_bind_assign(start, rate, NULL), EG_INVALID);
    eg_variable_free(w);
    eg_release(start);
    eg_release(rate);
}

TEST(wrong_use_of_a_tape_is_an_error)
{
    eg_bind_tape *tape = eg_bind_tape_new(NULL, NULL, NULL);
    eg_tensor *x = VECTOR(1), *g = x;
    eg_bind_slope slope = {.size = sizeof slope, .target = x, .n = 1, .sources = &x};
    eg_error e;

    assert_int_equal(eg_bind_gradient(tape, &slope, &g, &e), EG_INVALID);
    assert_null(g);
    assert_non_null(strstr(e.message, "eg_watch"));
    assert_int_equal(eg_bind_gradient(NULL, &slope, &g, &e), EG_STATE);
    assert_int_equal(eg_bind_gradient(tape, NULL, &g, &e), EG_INVALID);
    assert_int_equal(eg_bind_gradient(tape, &slope, NULL, &e), EG_INVALID);
    slope.n = 0;
    assert_int_equal(eg_bind_gradient(tape, &slope, &g, &e), EG_INVALID);
    assert_int_equal(eg_bind_watch(tape, NULL, &e), EG_INVALID);
    assert_int_equal(eg_bind_watch(NULL, x, &e), EG_STATE);
    assert_null(eg_bind_tape_new(NULL, &(eg_tape_attrs){.size = 0}, &e));
    assert_int_equal(e.status, EG_INVALID);
    slope.n = 1;
    eg_bind_watch(tape, x, NULL);
    eg_tensor *y = applied(tape, "square", x, NULL);
    slope.target = y;
    assert_int_equal(eg_bind_gradient(tape, &slope, &g, &e), EG_OK);
    eg_release(g);
    assert_int_equal(eg_bind_gradient(tape, &slope, &g, &e), EG_STATE);
    assert_null(g);
    eg_bind_tape_free(tape);
    eg_bind_tape_free(NULL);
    eg_release(x);
    eg_release(y);
}

/* ---- threads -------------------------------------------------------------------------------- */

enum { THREADS = 4, STEPS = 200 };

static eg_tensor *shared, *made[THREADS];
static eg_bind_tape *shared_tape;

static void *work(void *number)
{
    int me = *(int *)number;

    for (int i = 0; i < STEPS; i++) {
        eg_bind_tape *tape = eg_bind_tape_new(NULL, NULL, NULL);
        eg_bind_watch(tape, shared, NULL);
        eg_tensor *y = applied(tape, "square", shared, NULL), *g = gradient(tape, y, shared);
        assert_true(elements(g)[0] == 6);
        eg_bind_tape_free(tape);
        eg_release(y);
        eg_release(g);
        eg_release(applied(shared_tape, "mul", shared, shared));
        assert_null(eg_bind_copy(NULL, NULL));
    }
    made[me] = applied(NULL, "neg", shared, NULL);
    return NULL;
}

TEST(threads_use_tensors_and_tapes_together_and_free_what_others_made)
{
    pthread_t threads[THREADS];
    int number[THREADS];

    shared = VECTOR(3);
    shared_tape = eg_bind_tape_new(NULL, NULL, NULL);
    eg_bind_watch(shared_tape, shared, NULL);
    for (int i = 0; i < THREADS; i++) {
        number[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &number[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    eg_tensor *y = applied(shared_tape, "square", shared, NULL),
              *g = gradient(shared_tape, y, shared);
    assert_true(elements(g)[0] == 6);
    for (int i = 0; i < THREADS; i++)
        eg_release(made[i]);
    eg_release(y);
    eg_release(g);
    eg_bind_tape_free(shared_tape);
    eg_release(shared);
}
