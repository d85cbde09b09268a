/* Concrete functions: traces taken out, looked at, run.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"
#include <pthread.h>
#include <string.h>

static eg_tensor *total;
static int bodies;

EG_FUNCTION(adds_up, x)
{
    bodies++;
    eg_assign_add(total, eg_sum(x));
    if (eg_true(eg_greater(eg_sum(x), 0)))
        return eg_mul(x, total);
    return eg_tuple(x, eg_neg(x));
}

EG_FUNCTION(scales, x)
{
    return eg_add(eg_mul(x, 3), 1);
}

TEST(a_trace_runs_after_its_function_was_freed_and_without_the_body)
{
    EG_SCOPE;
    total = eg_variable(eg_constant(0.0), .name = "total");
    eg_function *f = eg_function_of(adds_up);
    eg_concrete *c = eg_function_concrete(f, EG_IN(EG_F32(1, 2)));
    assert_fine();
    assert_values(total, 0); /* nothing is assigned */
    assert_int_equal(eg_function_trace_count(f), 0);
    eg_function_free(f);
    bodies = 0;
    assert_values(eg_concrete_call(c, EG_IN(EG_F32(3, 4))), 21, 28);
    assert_values(eg_concrete_call(c, EG_IN(EG_F32(3, 4))), 42, 56);
    assert_values(total, 14);
    assert_int_equal(bodies, 0);
    eg_concrete_call(c, EG_IN(EG_F32(-3, -4)));
    assert_error(EG_STATE, "not recorded");
    assert_values(total, 14);
    eg_concrete_extend(c, EG_IN(EG_F32(-3, -4)));
    assert_error(EG_STATE, "freed");
    eg_concrete_free(c);
    eg_variable_free(total);
}

TEST(a_trace_is_extended_by_the_ways_of_other_arguments)
{
    EG_SCOPE;
    total = eg_variable(eg_constant(0.0), .name = "total");
    eg_function *f = eg_function_of(adds_up);
    eg_concrete *c = eg_function_concrete(f, EG_IN(EG_F32(1, 2)));
    assert_int_equal(eg_concrete_extend(c, EG_IN(EG_F32(-1, -2))), EG_OK);
    assert_values(total, 0);
    eg_concrete_info info = {.size = sizeof info};
    eg_concrete_info_now(c, &info);
    assert_int_equal(info.paths, 2);
    assert_int_equal(info.guards, 1);
    eg_function_free(f);
    assert_values(eg_part(eg_concrete_call(c, EG_IN(EG_F32(-3, -4))), 1), 3, 4);
    assert_values(eg_concrete_call(c, EG_IN(EG_F32(9, 0))), 18, 0);
    assert_values(total, 2);
    eg_concrete_free(c);
    eg_variable_free(total);
    assert_fine();
}

TEST(a_trace_tells_about_itself)
{
    EG_SCOPE;
    total = eg_variable(eg_constant(0.0), .name = "total");
    eg_function *f = eg_function_of(adds_up);
    eg_concrete *c = eg_function_concrete(f, EG_IN(EG_F32(1, 2)));
    eg_concrete_info info = {.size = sizeof info};
    eg_dtype dtype;
    int64_t dims[EG_MAX_RANK];
    int rank;

    eg_concrete_info_now(c, &info);
    assert_int_equal(info.inputs, 1);
    assert_int_equal(info.outputs, 1);
    assert_int_equal(info.reads, 1);
    assert_int_equal(info.assigns, 1);
    assert_int_equal(info.nodes, 5); /* two sums, Add, Greater, Mul */
    assert_true(info.flops >= 4 && info.bytes > 0);
    assert_true(eg_concrete_input(c, 0, &dtype, &rank, dims));
    assert_true(dtype == EG_FLOAT32 && rank == 1 && dims[0] == 2);
    assert_false(eg_concrete_input(c, 1, &dtype, &rank, dims));
    assert_true(eg_concrete_output(c, 0, &dtype, &rank, dims));
    assert_false(eg_concrete_output(c, 1, NULL, NULL, NULL));
    assert_ptr_equal(eg_concrete_reads(c, 0), total);
    assert_ptr_equal(eg_concrete_assigns(c, 0), total);
    assert_null(eg_concrete_reads(c, 1));
    assert_null(eg_concrete_assigns(c, -1));
    char *text = eg_concrete_text(c);
    assert_non_null(strstr(text, "total := "));
    assert_non_null(strstr(text, "(not met yet)"));
    eg_free(text);
    eg_concrete_draw(c, "concrete.txt");
    assert_error(EG_INVALID, ".dot");
    eg_concrete_free(c);
    eg_function_free(f);
    eg_variable_free(total);
}

TEST(a_trace_is_made_from_dtypes_and_shapes)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(scales);
    eg_concrete *c =
        eg_function_concrete_of(f, 1, &(eg_tensor_spec){NULL, EG_FLOAT64, 1, (int64_t[]){3}});
    assert_values(eg_concrete_call(c, EG_IN(EG_F64(1, 2, 3))), 4, 7, 10);
    eg_concrete_free(c);
    eg_function_free(f);
    assert_fine();
}

TEST(a_trace_is_part_of_tapes_recordings_and_graphs)
{
    EG_SCOPE;
    total = eg_variable(eg_constant(1.0), .name = "total");
    eg_function *f = eg_function_of(adds_up);
    eg_concrete *c = eg_function_concrete(f, EG_IN(EG_F32(1, 2)));
    eg_tensor *x = EG_F32(3, 4), *dx;
    {
        EG_TAPE;
        eg_watch(x);
        eg_tensor *y = eg_concrete_call(c, 1, &x);
        assert_values(y, 24, 32);
        eg_gradient(y, 1, &x, &dx);
        eg_give(dx);
    }
    assert_values(dx, 8, 8); /* a tape does not look through an assignment */
    assert_values(total, 8);
    eg_concrete_free(c);
    eg_function_free(f);
    f = eg_function_of(scales);
    c = eg_function_concrete(f, EG_IN(EG_F32(1, 2)));
    eg_graph *graph = eg_graph_new("g");
    {
        EG_GRAPH(graph);
        eg_tensor *p = eg_placeholder("x", EG_FLOAT32, EG_DIMS(2));
        eg_name(eg_concrete_call(c, 1, &p), "y");
    }
    assert_fine();
    eg_session *session = eg_session_new(graph);
    eg_tensor *fetch = eg_graph_symbol(graph, "y"), *y;
    eg_session_run(session, EG_FEEDS({eg_graph_symbol(graph, "x"), x}), 1, &fetch, &y);
    assert_values(y, 10, 13);
    eg_session_free(session);
    eg_graph_free(graph);
    eg_concrete_free(c);
    eg_function_free(f);
    eg_variable_free(total);
    assert_fine();
}

static eg_concrete *within;

EG_FUNCTION(calls_concrete, x)
{
    return eg_neg(eg_concrete_call(within, EG_IN(x)));
}

TEST(a_function_may_call_a_concrete_one)
{
    EG_SCOPE;
    total = eg_variable(eg_constant(1.0), .name = "total");
    eg_function *f = eg_function_of(adds_up), *g = eg_function_of(calls_concrete);
    within = eg_function_concrete(f, EG_IN(EG_F32(1, 2)));
    eg_concrete_extend(within, EG_IN(EG_F32(-1, -2)));
    eg_function_free(f);
    for (int i = 0; i < 3; i++)
        assert_values(eg_call(g, EG_F32(1, 0)), -2 - i, 0);
    assert_int_equal(eg_function_trace_count(g), 1);
    assert_null(eg_function_why_eager(g));
    eg_function_free(g);
    eg_concrete_free(within);
    eg_variable_free(total);
    assert_fine();
}

TEST(arguments_of_another_signature_are_errors_that_name_them)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(scales);
    eg_concrete *c = eg_function_concrete(f, EG_IN(EG_F32(1, 2)));
    eg_tensor *v = eg_variable(EG_F32(1, 2), .name = "v");

    eg_concrete_call(c, EG_IN(EG_F32(1, 2, 3)));
    assert_error(EG_INVALID, "argument 0 is float32[3], but it was recorded for float32[2]");
    eg_concrete_call(c, EG_IN(v));
    assert_error(EG_INVALID, "argument 0 is variable v");
    eg_concrete_call(c, 0, NULL);
    assert_error(EG_INVALID, "takes 1");
    eg_concrete_call(NULL, 0, NULL);
    assert_error(EG_INVALID, "NULL");
    eg_function_concrete(NULL, 0, NULL);
    assert_error(EG_INVALID, "NULL");
    eg_function_concrete_of(f, 1, NULL);
    assert_error(EG_INVALID, "NULL");
    eg_concrete_free(NULL);
    eg_concrete_free(c);
    eg_function_free(f);
    eg_variable_free(v);
}

EG_FUNCTION(reads_all, x)
{
    float v[2] = {0};

    eg_read(x, EG_FLOAT32, v, 2);
    return eg_mul(x, v[0]);
}

TEST(what_cannot_be_recorded_has_no_concrete_function)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(reads_all);
    assert_null(eg_function_concrete(f, EG_IN(EG_F32(1, 2))));
    assert_error(EG_STATE, "reads all elements");
    eg_function_free(f);
}

static void *call_often(void *bad)
{
    for (int i = 0; i < 100; i++) {
        EG_SCOPE;
        if (eg_item(eg_sum(eg_concrete_call(within, EG_IN(EG_F32(1, 2))))) != 11)
            *(int *)bad = 1;
    }
    eg_concrete_free(within);
    return NULL;
}

TEST(threads_share_it_and_the_last_owner_frees_it)
{
    pthread_t threads[4];
    int bad[4] = {0};

    EG_SCOPE;
    eg_function *f = eg_function_of(scales);
    within = eg_function_concrete(f, EG_IN(EG_F32(1, 2)));
    eg_function_free(f);
    for (int i = 0; i < 4; i++)
        eg_concrete_retain(within);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &bad[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(bad[i], 0);
    }
    eg_concrete_free(within);
}

static eg_host *host;

EG_FUNCTION(notes_once, x)
{
    return eg_host_call(host, EG_IN(x));
}

static eg_function *noting;

EG_FUNCTION(looks_at_functions, x)
{
    eg_comparison c = {.size = sizeof c};
    x = eg_host_call(host, EG_IN(x));
    eg_concrete_free(eg_function_concrete(noting, EG_IN(x)));
    eg_function_compare(noting, EG_IN(x), &c);
    return eg_host_call(host, EG_IN(x));
}

TEST(looking_closely_inside_of_a_call_leaves_its_host_calls_alone)
{
    host = eg_host_new(.call = counts_made);
    {
        EG_SCOPE;
        noting = eg_function_of(notes_once);
        eg_function *f = eg_function_of(looks_at_functions);
        made = 0;
        {
            EG_FORWARD; /* under which a call runs its body */
            eg_call(f, EG_F32(1, 2));
        }
        assert_fine();
        assert_int_equal(made, 4); /* its own two, one to record, one to compare */
        eg_function_free(f);
        eg_function_free(noting);
    }
    eg_host_free(host);
}
