/* Graph and body side by side: what differs is found where it begins. This program's passes go
 * through a function of its own, which can be told to spoil a graph.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"
#include "op/infer.h"
#include "op/opdef.h"
#include "ops/registry.h"
#include "pass/pass.h"
#include <string.h>

static int counter, spoil;

/* The pass under another name, and what stands in its place: see CMakeLists.txt. */
eg_status __real_eg__pass_cse(eg_graph *graph);
eg_status __wrap_eg__pass_cse(eg_graph *graph);

eg_status __wrap_eg__pass_cse(eg_graph *graph)
{
    eg_status status = __real_eg__pass_cse(graph);
    bool now = spoil == 1 || (spoil == 2 && graph->n_outputs == 1);

    for (int i = 0; now && i < graph->n; i++)
        if (graph->nodes[i].op == &eg_op_maximum)
            graph->nodes[i].op = &eg_op_minimum;
    return status;
}

static eg_comparison compare(eg_function *f, eg_tensor *x)
{
    eg_comparison c = {.size = sizeof c};

    eg_function_compare(f, 1, &x, &c);
    return c;
}

static int line_of_maximum;

EG_FUNCTION(has_maximum, x)
{
    eg_tensor *a = eg_mul(x, 2);
    line_of_maximum = __LINE__ + 1;
    eg_tensor *b = eg_maximum(a, 3);
    return eg_add(eg_exp(b), a);
}

static eg_tensor *total;

EG_FUNCTION(everything, x)
{
    eg_assign_add(total, eg_sum(x));
    eg_print_with(x, &(eg_print_attrs){.size = sizeof(eg_print_attrs), .to = stderr});
    if (eg_true(eg_greater(total, 0)))
        x = eg_mul(x, total);
    eg_assign(total, eg_constant(5.0));
    return eg_tuple(eg_tanh(x), x);
}

TEST(what_is_right_is_the_same_and_nothing_is_assigned)
{
    EG_SCOPE;
    total = eg_variable(eg_constant(1.0));
    eg_function *f = eg_function_of(everything);
    for (int i = -2; i < 3; i++) {
        eg_comparison c = compare(f, EG_F32((float)i, 1));
        assert_fine();
        if (!c.same)
            fail_msg("%s", c.what);
        assert_true(c.values >= 3);
        assert_string_equal(c.what, "");
        assert_values(total, 1);
    }
    eg_call(f, EG_F32(1, 2));
    assert_values(total, 5);
    eg_function_free(f);
    eg_variable_free(total);
}

TEST(a_wrong_pass_is_found_at_the_first_node_that_it_changed)
{
    for (spoil = 1; spoil <= 2; spoil++) { /* 2: only where little is kept */
        EG_SCOPE;
        eg_function *f = eg_function_of(has_maximum);
        eg_comparison c = compare(f, EG_F32(1, 2, 0.5f));
        assert_fine();
        assert_false(c.same);
        assert_string_equal(c.operation, "Maximum");
        assert_int_equal(c.line, line_of_maximum);
        assert_non_null(strstr(c.file, "compare.c"));
        assert_int_equal(c.element, 0);
        assert_string_equal(c.graph, "2");
        assert_string_equal(c.body, "3");
        assert_non_null(strstr(c.what, "Maximum at "));
        eg_function_free(f);
    }
    spoil = 0;
}

/* ---- a wrong kernel -------------------------------------------------------------------------- */

static int kernel_runs;

static eg_status run_suspect(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    (void)job, (void)scratch;
    memcpy(out[0], in[0], 3 * sizeof(float));
    if (kernel_runs++ == 1)
        ((float *)out[0])[2] += 1;
    return EG_OK;
}

static const char *prepare_suspect(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    (void)p;
    eg__job_start(job, self->name, run_suspect);
    return NULL;
}

static const eg_kernel suspect_kernel = {"suspect", prepare_suspect, NULL};
static const eg_opdef op_suspect = {
    .name = "Suspect",
    .in = {"x"},
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&suspect_kernel),
};

EG_FUNCTION(uses_suspect, x)
{
    return eg_mul(eg_apply(&op_suspect, NULL, 1, &x), 2);
}

TEST(a_wrong_kernel_is_found)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(uses_suspect);
    kernel_runs = 5;
    eg_call(f, EG_F32(1, 2, 3));
    kernel_runs = 0; /* the call, the graph that keeps all, the body: the second is wrong */
    eg_call(f, EG_F32(1, 2, 3));
    kernel_runs = -1;
    eg_comparison c = compare(f, EG_F32(1, 2, 3));
    assert_fine();
    assert_false(c.same);
    assert_string_equal(c.operation, "Suspect");
    assert_int_equal(c.element, 2);
    eg_function_free(f);
}

/* ---- a body that depends on what no signature sees ------------------------------------------- */

EG_FUNCTION(counts, x)
{
    return eg_add(eg_mul(x, (double)++counter), 1);
}

TEST(a_counter_that_became_a_constant_is_found)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(counts);
    counter = 0;
    eg_call(f, EG_F32(1, 2));
    eg_comparison c = compare(f, EG_F32(1, 2));
    assert_fine();
    assert_false(c.same);
    assert_string_equal(c.operation, "Mul");
    assert_string_equal(c.graph, "1");
    assert_string_equal(c.body, "2");
    assert_non_null(strstr(c.what, "took for a constant"));
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
}

EG_FUNCTION(alternates, x)
{
    if (counter++ % 2)
        return eg_sub(x, 1);
    return eg_add(x, 1);
}

EG_FUNCTION(stops_early, x)
{
    x = eg_add(x, 1);
    return counter++ ? x : eg_mul(x, 2);
}

EG_FUNCTION(goes_on, x)
{
    x = eg_add(x, 1);
    return counter++ ? eg_mul(x, 2) : x;
}

EG_FUNCTION(assigns_sometimes, x)
{
    if (counter++)
        eg_assign(total, x);
    return eg_add(x, 1);
}

TEST(a_body_that_does_other_things_is_found)
{
    static const struct {
        const eg_callable *callable;
        const char *graph, *body;
    } cases[] = {
        {&alternates_callable, "Add", "Sub"},
        {&stops_early_callable, "Mul", "its end"},
        {&goes_on_callable, "its end", "Mul"},
        {&assigns_sometimes_callable, "none", "an assignment"},
    };

    EG_SCOPE;
    total = eg_variable(eg_constant(1.0));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        eg_function *f = eg_function_from(cases[i].callable, NULL, 0);
        counter = 0;
        eg_call(f, eg_constant(1.0));
        eg_comparison c = compare(f, eg_constant(1.0));
        assert_fine();
        assert_false(c.same);
        assert_string_equal(c.graph, cases[i].graph);
        assert_string_equal(c.body, cases[i].body);
        assert_int_equal(c.element, -1);
        assert_non_null(strstr(c.what, "compare.c:"));
        eg_function_free(f);
    }
    assert_values(total, 1);
    eg_variable_free(total);
}

/* ---- gradients, host calls ------------------------------------------------------------------- */

static eg_host *host;

EG_FUNCTION(step, x)
{
    eg_tensor *dx;

    EG_TAPE;
    eg_watch(x);
    eg_gradient(eg_sum(eg_tanh(eg_mul(x, x))), 1, &x, &dx);
    eg_host_call(host, EG_IN(dx));
    return eg_give(dx);
}

TEST(gradients_are_compared_and_host_calls_made_once)
{
    host = eg_host_new(.call = counts_made);
    {
        EG_SCOPE;
        eg_function *f = eg_function_of(step);
        eg_call(f, EG_F32(1, 2));
        made = 0;
        eg_comparison c = compare(f, EG_F32(3, 4));
        assert_fine();
        if (!c.same)
            fail_msg("%s", c.what);
        assert_int_equal(made, 1);
        assert_true(c.values > 5);
        eg_function_free(f);
    }
    eg_host_free(host);
}

EG_FUNCTION(reads, x)
{
    float v[1] = {0};

    eg_read(x, EG_FLOAT32, v, 1);
    return eg_mul(x, v[0]);
}

TEST(wrong_uses_are_errors)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(reads);
    eg_comparison c = {.size = sizeof c}, none = {.size = 0};
    eg_tensor *x = eg_constant(1.0);

    eg_function_compare(f, 1, &x, &c);
    assert_error(EG_STATE, "runs eagerly");
    eg_function_compare(f, 1, &x, NULL);
    assert_error(EG_INVALID, "NULL");
    eg_function_compare(f, 1, &x, &none);
    assert_error(EG_INVALID, "size");
    eg_function_compare(NULL, 1, &x, &c);
    assert_error(EG_INVALID, "NULL");
    eg_function_compare(f, 2, &x, &c);
    assert_error(EG_INVALID, "takes 1");
    eg_function_free(f);
}
