/* Every operation while memory runs out: eagerly, on a new thread, with a tape, in a function, in a
 * graph. The cases are the first of each operation and dtype, small and large.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include "torture.h"
#include <string.h>

/* Elements of more than a handle holds itself, and of more than is quick. */
enum { MANY = 32, TOO_MANY = 400 };

static bool is_large(const op_case *c)
{
    return case_size(c) >= MANY;
}

/* Whether it is the first small or large case of its operation with these dtypes. */
static bool leads(const op_case *c)
{
    int n;
    const op_case *first = cases(&n);

    for (; first < c; first++)
        if (first->op == c->op && !first->error[0] && first->n_in == c->n_in &&
            is_large(first) == is_large(c) &&
            (c->n_in == 0 || first->in[0].spec.dtype == c->in[0].spec.dtype))
            return false;
    return case_size(c) <= TOO_MANY;
}

/* The first small or large case of its operation alone, for what takes longer. */
static bool is_first(const op_case *c)
{
    int n;
    const op_case *first = cases(&n);

    while (first->op != c->op || first->error[0] || is_large(first) != is_large(c))
        first++;
    return first == c && case_size(c) <= TOO_MANY;
}

static const char *name_of(const op_case *c)
{
    static char name[80];

    snprintf(name, sizeof name, "%s:%d: %s", c->file, c->line, c->op->name);
    return name;
}

static void apply(torture *t, void *env)
{
    eg_tensor *in[EG__MAX_IN];

    case_inputs(env, in);
    torture_result(t, case_apply(env, in));
}

TEST(operations_report_the_allocation_that_fails)
{
    FOR_EACH_CASE(c)
    if (leads(c))
        torture_sweep(name_of(c), apply, (void *)(uintptr_t)c);
}

TEST(operations_on_a_new_thread_report_the_allocation_that_fails)
{
    FOR_EACH_CASE(c)
    if (is_first(c))
        torture_sweep_threads(name_of(c), apply, (void *)(uintptr_t)c);
}

/* ---- gradients ------------------------------------------------------------------------------ */

static int floats(const op_case *c, eg_tensor *const in[], eg_tensor *x[])
{
    int n = 0;

    for (int i = 0; i < c->n_in; i++)
        if (eg__is_floating(c->in[i].spec.dtype))
            x[n++] = in[i];
    return n;
}

static void differentiate(const op_case *c, torture *t, eg_function *f)
{
    eg_tensor *in[EG__MAX_IN], *x[EG__MAX_IN], *dx[EG__MAX_IN];
    EG_TAPE;

    case_inputs(c, in);
    int n = floats(c, in, x);
    for (int i = 0; i < n; i++)
        eg_watch(x[i]);
    eg_tensor *y = f ? eg_call_of(f, c->n_in, in) : case_apply(c, in);
    eg_gradient(y ? result(y, 0) : NULL, n, x, dx);
    for (int i = 0; i < n; i++)
        torture_result(t, dx[i]);
}

static bool has_gradient(const op_case *c)
{
    bool floating = c->n_out > 0 && eg__is_floating(c->out[0].spec.dtype);

    for (int i = 0; i < c->n_in; i++)
        if (floating && c->op->grad && eg__is_floating(c->in[i].spec.dtype))
            return true;
    return false;
}

static void differentiate_eagerly(torture *t, void *env)
{
    differentiate(env, t, NULL);
}

TEST(gradients_report_the_allocation_that_fails)
{
    FOR_EACH_CASE(c)
    if (leads(c) && has_gradient(c))
        torture_sweep(name_of(c), differentiate_eagerly, (void *)(uintptr_t)c);
}

/* ---- functions ------------------------------------------------------------------------------ */

static eg_tensor *body(int n, eg_tensor *const in[], void *env)
{
    const op_case *c;

    (void)n;
    memcpy(&c, env, sizeof c);
    return case_apply(c, in);
}

/* Traces and replays. */
static void call(torture *t, void *env)
{
    const op_case *c = env;
    eg_tensor *in[EG__MAX_IN];
    eg_function *f = eg_function_new(body, c->n_in, &c, sizeof c);

    case_inputs(c, in);
    for (int i = 0; i < 3; i++)
        torture_result(t, eg_call_of(f, c->n_in, in));
    eg_function_free(f);
}

TEST(functions_of_an_operation_report_the_allocation_that_fails)
{
    FOR_EACH_CASE(c)
    if (is_first(c))
        torture_sweep(name_of(c), call, (void *)(uintptr_t)c);
}

static void differentiate_calls(torture *t, void *env)
{
    const op_case *c = env;
    eg_function *f = eg_function_new(body, c->n_in, &c, sizeof c);

    for (int i = 0; i < 2; i++)
        differentiate(c, t, f);
    eg_function_free(f);
}

TEST(gradients_through_functions_report_the_allocation_that_fails)
{
    FOR_EACH_CASE(c)
    if (is_first(c) && has_gradient(c))
        torture_sweep(name_of(c), differentiate_calls, (void *)(uintptr_t)c);
}

/* ---- graphs --------------------------------------------------------------------------------- */

/* Builds, prints, reads back and runs. */
static void build(torture *t, void *env)
{
    const op_case *c = env;
    eg_tensor *in[EG__MAX_IN], *y = NULL, *out = NULL;
    eg_graph *graph = eg_graph_new("case");

    {
        EG_GRAPH(graph);
        case_inputs(c, in);
        y = case_apply(c, in);
        y = eg_give(eg_identity(y ? result(y, 0) : NULL));
        eg_name(y, "y");
    }
    char *text = eg_graph_text(graph);
    torture_text(t, text);
    eg_graph *again = eg_graph_parse(text);
    eg_session *session = eg_session_new(again);
    y = eg_graph_symbol(again, "y");
    for (int i = 0; i < 2; i++) {
        eg_session_run(session, 0, NULL, 1, &y, &out);
        torture_result(t, out);
    }
    eg_free(text);
    eg_session_free(session);
    eg_graph_free(again);
    eg_graph_free(graph);
}

TEST(graphs_of_an_operation_report_the_allocation_that_fails)
{
    FOR_EACH_CASE(c)
    if (is_first(c))
        torture_sweep(name_of(c), build, (void *)(uintptr_t)c);
}
