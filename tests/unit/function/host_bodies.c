/* Host calls: arguments, results, errors, owners, threads, texts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"
#include <pthread.h>
#include <string.h>

static eg_host *host;

static void start(void)
{
    made = 0;
    host = eg_host_new(.name = "twice and one", .call = twice_and_one, .n_out = 1);
}

EG_FUNCTION(calls_host, x)
{
    return eg_add(eg_host_call(host, EG_IN(eg_mul(x, 2))), 1);
}

/* ---- arguments and results ------------------------------------------------------------------ */

static eg_status parts(const eg_host_args *args)
{
    const int32_t *x = args->in[0].data;
    const bool *flag = args->in[1].data;

    assert_int_equal(args->in[1].rank, 0);
    *(double *)args->out[0].data = *flag ? x[0] : -1;
    ((int64_t *)args->out[1].data)[0] = args->in[0].dims[0];
    ((int64_t *)args->out[1].data)[1] = args->out[1].size;
    return EG_OK;
}

TEST(arguments_and_results_have_any_dtype_and_shape)
{
    eg_tensor_spec out[] = {{NULL, EG_FLOAT64, 0, NULL}, {NULL, EG_INT64, 1, (int64_t[]){2}}};
    eg_host *h = eg_host_new(.call = parts, .n_out = 2, .out = out);
    {
        EG_SCOPE;
        eg_tensor *y = eg_host_call(h, EG_IN(EG_I32(7, 8, 9), eg_scalar_int(EG_BOOL, 1)));
        assert_values(eg_part(y, 0), 7);
        assert_values(eg_part(y, 1), 3, 2);
        assert_fine();
    }
    eg_host_free(h);
}

static eg_status reads_sensor(const eg_host_args *args)
{
    assert_int_equal(args->n_in, 0);
    *(float *)args->out[0].data = (float)++made;
    return EG_OK;
}

EG_FUNCTION(adds_sensor, x)
{
    return eg_add(x, eg_host_call(host, 0, NULL));
}

TEST(a_host_call_may_have_no_arguments)
{
    made = 0;
    host = eg_host_new(.call = reads_sensor, .n_out = 1,
        .out = &(eg_tensor_spec){NULL, EG_FLOAT32, 0, NULL});
    {
        EG_SCOPE;
        eg_function *f = eg_function_of(adds_sensor);
        assert_values(eg_call(f, 10.0), 11);
        assert_values(eg_call(f, 10.0), 12);
        assert_values(eg_call(f, 10.0), 13);
        eg_function_free(f);
    }
    eg_host_free(host);
}

/* ---- errors --------------------------------------------------------------------------------- */

static eg_status fails(const eg_host_args *args)
{
    return args->data ? eg_fail(EG_IO, "device", "the device is gone") : EG_IO;
}

EG_FUNCTION(calls_what_fails, x)
{
    return eg_host_call(host, EG_IN(x));
}

TEST(what_a_body_reports_is_the_error_of_the_call_with_both_lines)
{
    for (int in_words = 0; in_words < 2; in_words++) {
        host = eg_host_new(.name = "device", .call = fails, .data = in_words ? &made : NULL);
        EG_SCOPE;
        eg_function *f = eg_function_of(calls_what_fails);
        for (int i = 0; i < 2; i++) {
            eg_error error = {0};
            {
                EG_TRY(&error);
                eg_call(f, EG_F32(1));
            }
            assert_int_equal(error.status, EG_IO);
            assert_non_null(strstr(error.message, "host call \"device\""));
            if (in_words)
                assert_non_null(strstr(error.message, "the device is gone"));
            assert_non_null(strstr(error.file, "host_bodies.c"));
            assert_string_equal(error.op, "HostCall");
        }
        eg_function_free(f);
        eg_host_free(host);
    }
}

static eg_tensor *state;

EG_FUNCTION(assigns_and_fails, x)
{
    eg_assign_add(state, x);
    return eg_host_call(host, EG_IN(x));
}

TEST(nothing_is_assigned_when_a_host_call_fails)
{
    host = eg_host_new(.call = fails);
    {
        EG_SCOPE;
        state = eg_variable(eg_constant(0.0));
        eg_function *f = eg_function_of(assigns_and_fails);
        for (int i = 0; i < 2; i++) {
            eg_call(f, 1.0);
            assert_error(EG_IO, "failed");
        }
        assert_values(state, 0);
        eg_function_free(f);
        eg_variable_free(state);
    }
    eg_host_free(host);
}

static eg_status no_rule(const eg_rule_call *call)
{
    (void)call;
    return EG_OK;
}

TEST(wrong_uses_are_errors)
{
    EG_SCOPE;
    assert_null(eg_host_new(.name = "nothing"));
    assert_error(EG_INVALID, "call is NULL");
    assert_null(eg_host_new(.call = fails, .n_out = 65));
    assert_error(EG_INVALID, "65 results");
    assert_null(eg_host_new(.call = fails, .gradient = fails, .backward = no_rule));
    assert_error(EG_INVALID, "both given");
    assert_null(eg_host_new(.call = fails, .n_out = 1,
        .out = &(eg_tensor_spec){NULL, EG_FLOAT32, 1, (int64_t[]){-1}}));
    assert_error(EG_INVALID, "is negative");
    assert_null(eg_host_call(NULL, 0, NULL));
    assert_error(EG_INVALID, "host is NULL");
    eg_host *h = eg_host_new(.call = fails, .n_out = 1);
    assert_null(eg_host_call(h, 0, NULL));
    assert_error(EG_INVALID, "give .out");
    assert_null(eg_host_call(h, 65, &(eg_tensor *){NULL}));
    assert_error(EG_INVALID, "65 tensors");
    assert_null(eg_host_call(h, 1, &(eg_tensor *){NULL}));
    assert_error(EG_INVALID, "is NULL");
    eg_host_free(h);
    eg_host_free(NULL);
}

/* ---- owners, threads, itself ---------------------------------------------------------------- */

static int freed;

static void count_freed(void *data)
{
    assert_ptr_equal(data, &freed);
    freed++;
}

TEST(data_is_freed_when_the_last_owner_lets_go)
{
    freed = 0;
    host = eg_host_new(.call = twice_and_one, .n_out = 1, .data = &freed, .free_data = count_freed);
    {
        EG_SCOPE;
        eg_function *f = eg_function_of(calls_what_fails);
        eg_call(f, EG_F32(1));
        eg_host_free(host);
        assert_int_equal(freed, 0);
        eg_function_free(f);
        assert_int_equal(freed, 1);
    }
}

static eg_function *inner;

EG_FUNCTION(doubles, x)
{
    return eg_mul(x, 2);
}

/* A body that uses eagre itself: a function, a tape, a variable. */
static eg_status uses_eagre(const eg_host_args *args)
{
    EG_SCOPE;
    eg_tensor *x = eg_copy(args->in[0].dtype, args->in[0].rank, args->in[0].dims, args->in[0].data);
    eg_tensor *dx;
    EG_TAPE;
    eg_watch(x);
    eg_gradient(eg_call(inner, eg_mul(x, x)), 1, &x, &dx);
    eg_assign_add(state, eg_constant(1.0));
    assert_true(eg_executing_eagerly());
    return eg_read(dx, EG_FLOAT32, args->out[0].data, args->out[0].size);
}

TEST(a_body_may_use_eagre_itself)
{
    host = eg_host_new(.name = "inside", .call = uses_eagre, .n_out = 1);
    {
        EG_SCOPE;
        state = eg_variable(eg_constant(0.0));
        inner = eg_function_of(doubles);
        eg_function *f = eg_function_of(calls_what_fails);
        for (int i = 0; i < 3; i++)
            assert_values(eg_call(f, EG_F32(3)), 12);
        assert_null(eg_function_why_eager(f));
        assert_values(state, 3);
        eg_function_free(f);
        eg_function_free(inner);
        eg_variable_free(state);
        assert_fine();
    }
    eg_host_free(host);
}

enum { THREADS = 4, CALLS = 100 };
static eg_function *shared;

static void *call_often(void *bad)
{
    for (int i = 0; i < CALLS; i++) {
        EG_SCOPE;
        if (eg_item(eg_sum(eg_call(shared, EG_F32(1, 2)))) != 16)
            *(int *)bad = 1;
    }
    return NULL;
}

TEST(threads_call_the_host_at_once)
{
    pthread_t threads[THREADS];
    int bad[THREADS] = {0};

    start();
    {
        EG_SCOPE;
        shared = eg_function_of(calls_host);
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, call_often, &bad[i]), 0);
        for (int i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
            assert_int_equal(bad[i], 0);
        }
        assert_int_equal(made, THREADS * CALLS);
        eg_function_free(shared);
    }
    eg_host_free(host);
}

/* ---- texts and files ------------------------------------------------------------------------- */

TEST(texts_and_pictures_show_host_calls_and_files_refuse_them)
{
    start();
    {
        EG_SCOPE;
        eg_graph *graph = eg_graph_new("g");
        {
            EG_GRAPH(graph);
            eg_name(calls_host(eg_placeholder("x", EG_FLOAT32, EG_DIMS(1))), "y");
        }
        char *text = eg_graph_text(graph);
        assert_non_null(strstr(text, "HostCall(%2, name=\"twice and one\")"));
        eg_graph_parse(text);
        assert_error(EG_FORMAT, "no operation of that name");
        eg_free(text);
        eg_graph_save(graph, "/nowhere/at/all");
        assert_error(EG_INVALID, "calls code of this program");
        eg_graph_free(graph);
        eg_function *f = eg_function_of(calls_host);
        eg_call(f, EG_F32(1));
        text = eg_function_text(f);
        assert_non_null(strstr(text, "HostCall(%1, name=\"twice and one\")"));
        eg_free(text);
        eg_function_free(f);
    }
    eg_host_free(host);
}
