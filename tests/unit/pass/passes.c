/* Each pass by itself: a graph's text before and after.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include "pass/pass.h"
#include <string.h>

/* Fails unless the pass, and then dropping what it left over, makes `after` of `before`, both the
 * lines between the braces. */
static void check(eg_status (*pass)(eg_graph *), const char *before, const char *after)
{
    EG_SCOPE;
    char text[2048];

    snprintf(text, sizeof text, "graph \"g\" {\n%s}\n", before);
    eg_graph *graph = eg_graph_parse(text);
    assert_fine();
    assert_int_equal(pass(graph), EG_OK);
    assert_int_equal(eg__graph_verify(graph, "the pass"), EG_OK);
    assert_int_equal(eg__pass_prune(graph), EG_OK);
    char *got = eg_graph_text(graph);
    snprintf(text, sizeof text, "graph \"g\" {\n%s}\n", after);
    assert_string_equal(got, text);
    eg_free(got);
    eg_graph_free(graph);
}

TEST(fold_computes_what_depends_on_constants_alone)
{
    check(eg__pass_fold,
        "  %0 = Placeholder() \"x\" : float32[2]\n"
        "  %1 = Constant(2) : float32[]\n"
        "  %2 = Constant(0.5) : float32[]\n"
        "  %3 = Add(%1, %2) : float32[]\n"
        "  %4 = Square(%3) : float32[]\n"
        "  %5 = Mul(%0, %4) : float32[2]\n"
        "  return %5\n",
        "  %0 = Placeholder() \"x\" : float32[2]\n"
        "  %1 = Constant(6.25) : float32[]\n"
        "  %2 = Mul(%0, %1) : float32[2]\n"
        "  return %2\n");
}

TEST(fold_keeps_what_may_fail_what_has_a_name_and_what_is_large)
{
    static const char kept[] = "  %0 = Constant(1, 2) : float32[2]\n"
                               "  %1 = Constant(7) : int32[]\n"
                               "  %2 = Gather(%0, %1) : float32[]\n"
                               "  %3 = Constant(3) : float32[]\n"
                               "  %4 = Neg(%3) \"minus\" : float32[]\n"
                               "  %5 = BroadcastTo(%3, dims=[200,200]) : float32[200,200]\n"
                               "  return %2, %4, %5\n";

    check(eg__pass_fold, kept, kept);
}

TEST(cse_computes_equal_things_once)
{
    check(eg__pass_cse,
        "  %0 = Placeholder() \"x\" : float32[2]\n"
        "  %1 = Constant(2) : float32[]\n"
        "  %2 = Mul(%0, %1) : float32[2]\n"
        "  %3 = Constant(2) : float32[]\n"
        "  %4 = Mul(%0, %3) : float32[2]\n"
        "  %5 = Add(%2, %4) : float32[2]\n"
        "  return %5\n",
        "  %0 = Placeholder() \"x\" : float32[2]\n"
        "  %1 = Constant(2) : float32[]\n"
        "  %2 = Mul(%0, %1) : float32[2]\n"
        "  %3 = Add(%2, %2) : float32[2]\n"
        "  return %3\n");
}

TEST(cse_tells_arguments_attributes_bits_and_placeholders_apart)
{
    static const char kept[] = "  %0 = Placeholder() \"x\" : float32[2]\n"
                               "  %1 = Placeholder() \"y\" : float32[2]\n"
                               "  %2 = Add(%0, %1) : float32[2]\n"
                               "  %3 = Add(%1, %0) : float32[2]\n"
                               "  %4 = Sum(%0) : float32[]\n"
                               "  %5 = Sum(%0, keep_dims=true) : float32[1]\n"
                               "  %6 = Constant(0) : float32[]\n"
                               "  %7 = Constant(-0) : float32[]\n"
                               "  return %2, %3, %4, %5, %6, %7\n";

    check(eg__pass_cse, kept, kept);
}

TEST(prune_drops_what_no_result_needs_and_keeps_the_signature)
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_parse("graph \"g\" {\n"
                                     "  %0 = Placeholder() \"x\" : float32[2]\n"
                                     "  %1 = Placeholder() \"y\" : float32[2]\n"
                                     "  %2 = Add(%0, %0) : float32[2]\n"
                                     "  return %2\n"
                                     "}\n");
    eg_ref dead[] = {{2, 0}};

    assert_fine();
    assert_true(eg__graph_apply(graph, eg__graph_op("Exp"), NULL, 1, dead) == 3);
    assert_int_equal(graph->n, 4);
    assert_int_equal(eg__pass_prune(graph), EG_OK);
    assert_int_equal(graph->n, 3);
    assert_int_equal(graph->n_inputs, 2);
    assert_int_equal(eg__graph_verify(graph, "prune"), EG_OK);
    eg_graph_free(graph);
}

TEST(the_verifier_names_the_pass_and_what_it_broke)
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_parse("graph \"g\" {\n"
                                     "  %0 = Placeholder() \"x\" : float32[2]\n"
                                     "  %1 = Neg(%0) : float32[2]\n"
                                     "  return %1\n"
                                     "}\n");

    assert_fine();
    graph->nodes[1].out[0].dims[0] = 3;
    assert_true(eg__graph_verify(graph, "breaker") != EG_OK);
    assert_error(EG_INTERNAL, "breaker");
    graph->nodes[1].out[0].dims[0] = 2;
    ((eg_ref *)graph->nodes[1].in)->node = 1;
    assert_true(eg__graph_verify(graph, "breaker") != EG_OK);
    assert_error(EG_INTERNAL, "comes later");
    eg_graph_free(graph);
}
