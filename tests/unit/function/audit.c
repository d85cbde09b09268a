/* EAGRE_AUDIT=1: every call that a graph serves is compared with the body. This program's passes go
 * through a function of its own, which can be told to spoil a graph: see CMakeLists.txt.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"
#include "ops/registry.h"
#include "pass/pass.h"
#include <stdlib.h>

static bool spoil;

eg_status __real_eg__pass_cse(eg_graph *graph);
eg_status __wrap_eg__pass_cse(eg_graph *graph);

eg_status __wrap_eg__pass_cse(eg_graph *graph)
{
    eg_status status = __real_eg__pass_cse(graph);

    for (int i = 0; spoil && i < graph->n; i++)
        if (graph->nodes[i].op == &eg_op_maximum)
            graph->nodes[i].op = &eg_op_minimum;
    return status;
}

__attribute__((constructor)) static void set_options(void)
{
    setenv("EAGRE_AUDIT", "1", 1);
}

static eg_tensor *total;
static int counter;

EG_FUNCTION(has_maximum, x)
{
    eg_assign_add(total, eg_sum(eg_maximum(eg_mul(x, 2), 3)));
    return eg_mul(total, 2);
}

TEST(a_difference_names_the_first_node_and_assigns_nothing)
{
    EG_SCOPE;
    total = eg_variable(eg_constant(0.0));
    eg_function *f = eg_function_of(has_maximum);
    spoil = true;
    assert_values(eg_call(f, EG_F32(1, 2)), 14); /* recorded: the body's own */
    assert_values(total, 7);
    eg_call(f, EG_F32(1, 2));
    assert_error(EG_INTERNAL, "Maximum at ");
    assert_values(total, 7);
    spoil = false;
    eg_function_free(f);
    eg_variable_free(total);
}

TEST(what_is_right_is_served)
{
    EG_SCOPE;
    total = eg_variable(eg_constant(0.0));
    eg_function *f = eg_function_of(has_maximum);
    for (int i = 1; i < 4; i++)
        assert_values(eg_call(f, EG_F32(1, 2)), 14 * i);
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
    eg_variable_free(total);
    assert_fine();
}

EG_FUNCTION(counts, x)
{
    return eg_mul(x, (double)++counter);
}

TEST(a_body_that_breaks_the_contract_runs_eagerly)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(counts);
    counter = 0;
    for (int i = 1; i < 4; i++)
        assert_values(eg_call(f, 1.0), i);
    assert_non_null(eg_function_why_eager(f));
    eg_function_free(f);
    assert_fine();
}

static eg_host *host;

EG_FUNCTION(notes_once, x)
{
    return eg_host_call(host, EG_IN(eg_neg(x)));
}

TEST(host_calls_are_made_once_in_an_audited_call)
{
    host = eg_host_new(.call = counts_made);
    {
        EG_SCOPE;
        eg_function *f = eg_function_of(notes_once);
        made = 0;
        for (int i = 0; i < 3; i++)
            assert_values(eg_call(f, 2.0), -2);
        assert_int_equal(made, 3);
        eg_function_free(f);
    }
    eg_host_free(host);
}
