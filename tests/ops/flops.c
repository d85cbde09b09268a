/* Floating-point operations of every operation: the same count eagerly, in a function and of a
 * graph; and none that computes is counted as nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include "op/flops.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static eg_tensor *body(int n, eg_tensor *const in[], void *env)
{
    const op_case *c;

    (void)n;
    memcpy(&c, env, sizeof c);
    return case_apply(c, in);
}

/* What a call counts, or the case itself where f is NULL. */
static double count(const op_case *c, eg_function *f, eg_tensor *const in[])
{
    eg_profile *p = eg_profile_new();

    eg_profile_start(p);
    if (f)
        eg_call_of(f, c->n_in, in);
    else
        case_apply(c, in);
    eg_profile_stop(p);
    double flops = eg_profile_flops(p, NULL);
    eg_profile_free(p);
    return flops;
}

static double count_in_graph(const op_case *c)
{
    eg_graph *graph = eg_graph_new("case");
    eg_tensor *in[EG__MAX_IN];
    char name[16];

    {
        EG_GRAPH(graph);
        for (int i = 0; i < c->n_in; i++) {
            const eg_spec *s = &c->in[i].spec;
            snprintf(name, sizeof name, "x%d", i);
            in[i] = (eg_placeholder)(name, s->dtype, s->rank, s->dims);
        }
        case_apply(c, in);
    }
    double flops = eg_graph_flops(graph);
    eg_graph_free(graph);
    return flops;
}

static double check(const op_case *c)
{
    eg_tensor *in[EG__MAX_IN];
    EG_SCOPE;

    case_inputs(c, in);
    double eager = count(c, NULL, in), in_graph = count_in_graph(c);
    eg_function *f = eg_function_new(body, c->n_in, &c, sizeof c);
    eg_call_of(f, c->n_in, in);
    double replayed = count(c, f, in);
    eg_function_free(f);
    if (!is_fine(c, "counting"))
        return 0;
    if (!(eager >= 0) || eager != floor(eager))
        complain(c, "its count is %g", eager);
    if (replayed != eager)
        complain(c, "it counts %g in a function, %g eagerly", replayed, eager);
    if (in_graph != eager)
        complain(c, "it counts %g in a graph, %g eagerly", in_graph, eager);
    return eager;
}

TEST(the_count_is_the_same_eagerly_in_functions_and_of_graphs)
{
    FOR_EACH_CASE(c)
    check(c);
    assert_no_complaints();
}

static bool is_floating(const eg_tensor *x)
{
    return (1u << eg__dtype(eg_dtype_of(x))->kind & EG__FLOATING) != 0;
}

/* Whether floating point goes in and comes out. */
static bool computes(const op_case *c)
{
    eg_tensor *in[EG__MAX_IN];
    bool is_in = false;
    EG_SCOPE;

    case_inputs(c, in);
    for (int i = 0; i < c->n_in; i++)
        is_in = is_in || is_floating(in[i]);
    return is_in && is_floating(result(case_apply(c, in), 0));
}

TEST(what_computes_with_floating_point_is_counted)
{
    FOR_EACH_OP(op)
    {
        bool should = false, does = false;
        FOR_EACH_CASE(c)
        if (c->op == op && !does) {
            should = should || computes(c);
            does = check(c) > 0;
        }
        bool moves = (op->traits & (EG__NO_FLOPS | EG__VIEW)) != 0;
        if (does != eg__has_flops(op))
            complain(NULL, "%s says that it %s, but no case shows it", op->name,
                does ? "counts nothing" : "is counted");
        if (should && !does && !moves)
            complain(NULL,
                "%s is counted as nothing: say its .flops, or EG__NO_FLOPS where nothing is "
                "computed",
                op->name);
        if (moves && (op->flops || op->flops_each))
            complain(NULL, "%s has EG__NO_FLOPS, or is a view, and a count", op->name);
    }
    assert_no_complaints();
}
