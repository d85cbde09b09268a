/* Host calls and symbolic traces while memory runs out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"

static eg_status twice(const eg_host_args *args)
{
    for (int64_t i = 0; i < args->out[0].size; i++)
        ((float *)args->out[0].data)[i] = 2 * ((const float *)args->in[0].data)[i];
    return EG_OK;
}

static eg_status looks(const eg_host_args *args)
{
    return args->n_out == 0 ? EG_OK : EG_INTERNAL;
}

typedef struct hosts {
    eg_host *twice, *looks;
} hosts;

static hosts host;

EG_FUNCTION(calls_hosts, x)
{
    x = eg_host_call(host.twice, EG_IN(x));
    eg_host_call(host.looks, EG_IN(x));
    return eg_true(eg_greater(eg_sum(x), 0)) ? eg_mul(x, 2) : eg_add(x, 1);
}

static void run_hosts(torture *t, void *env)
{
    (void)env;
    host.twice = eg_host_new(.name = "twice", .call = twice, .n_out = 1, .pure = true,
        .gradient = twice, .out = &(eg_tensor_spec){NULL, EG_FLOAT32, 1, (int64_t[]){2}});
    host.looks = eg_host_new(.call = looks);
    eg_function *f = eg_function_of(calls_hosts);
    torture_result(t, eg_call(f, EG_F32(1, 2)));
    torture_result(t, eg_call(f, EG_F32(-1, -2)));
    {
        eg_tensor *x = EG_F32(1, 2), *dx = NULL;
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_host_call(host.twice, EG_IN(x)), 1, &x, &dx);
        torture_result(t, dx);
    }
    eg_function_free(f);
    eg_host_free(host.twice);
    eg_host_free(host.looks);
}

TEST(host_calls_report_the_allocation_that_fails)
{
    torture_sweep("host calls", run_hosts, NULL);
}

static eg_tensor *total;

/* Work that assigns to `total`. */
static void sweep_with_total(const char *what, torture_fn *run)
{
    {
        EG_SCOPE;
        total = eg_variable(eg_constant(0.0));
    }
    torture_sweep(what, run, NULL);
    eg_variable_free(total);
}

EG_FUNCTION(decides, x)
{
    eg_assign_add(total, eg_sum(x));
    for (int i = 0; i < 2; i++)
        x = eg_true(eg_greater(eg_sum(x), i)) ? eg_mul(x, 0.5) : eg_add(x, 1);
    eg_print_with(x, &(eg_print_attrs){.size = sizeof(eg_print_attrs), .to = stderr});
    switch (eg_item_int(eg_argmax(x))) {
    case 0:
        return eg_tuple(x, eg_neg(x));
    default:
        return eg_tuple(eg_add(x, total), x);
    }
}

static void run_symbolic(torture *t, void *env)
{
    eg_tensor_spec spec = {"x", EG_FLOAT32, 1, (int64_t[]){2}};
    eg_function *f = eg_function_of(decides);
    eg_graph *graph = eg_function_graph(f, 1, &spec);
    char *text = graph ? eg_graph_text(graph) : NULL;

    (void)env;
    torture_text(t, text);
    eg_free(text);
    eg_graph_free(graph);
    eg_function_free(f);
}

TEST(symbolic_traces_report_the_allocation_that_fails)
{
    sweep_with_total("symbolic", run_symbolic);
}

EG_FUNCTION(assigns, x)
{
    eg_assign_add(total, eg_sum(x));
    return eg_true(eg_greater(total, 0)) ? eg_mul(x, total) : eg_neg(x);
}

static void run_concrete(torture *t, void *env)
{
    eg_function *f = eg_function_of(assigns);
    eg_concrete *c = eg_function_concrete(f, EG_IN(EG_F32(1, 2)));
    eg_tensor *x = EG_F32(1, 2), *dx = NULL;

    (void)env;
    eg_concrete_extend(c, EG_IN(EG_F32(-100, -2)));
    eg_function_free(f);
    char *text = eg_concrete_text(c);
    torture_text(t, text);
    eg_free(text);
    eg_assign(total, eg_constant(0.0));
    torture_result(t, eg_concrete_call(c, EG_IN(x)));
    {
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_concrete_call(c, EG_IN(x)), 1, &x, &dx);
        torture_result(t, dx);
    }
    eg_concrete_free(c);
}

TEST(concrete_functions_report_the_allocation_that_fails)
{
    sweep_with_total("concrete", run_concrete);
}

static void run_compare(torture *t, void *env)
{
    eg_function *f = eg_function_of(assigns);
    eg_comparison c = {.size = sizeof c};

    (void)env;
    eg_function_compare(f, EG_IN(EG_F32(1, 2)), &c);
    torture_text(t, eg_ok() ? c.what : NULL);
    if (eg_ok() && !c.same)
        t->trouble = "graph and body differ";
    eg_function_free(f);
}

TEST(comparisons_report_the_allocation_that_fails)
{
    sweep_with_total("compare", run_compare);
}
