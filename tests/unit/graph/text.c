/* Graphs: building, names, text that parses back, hostile text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <string.h>

static eg_graph *build(void)
{
    eg_graph *graph = eg_graph_new("sum");
    EG_GRAPH(graph);
    eg_tensor *x = eg_placeholder("x", EG_FLOAT32, EG_DIMS(2, 2));
    eg_tensor *y = eg_mul(eg_add(x, 1), eg_constant(0.1));
    eg_name(eg_sum(y, .axes = EG_AXES(1), .keep_dims = true), "rows");
    return graph;
}

TEST(a_graph_prints_numbered_from_its_results)
{
    EG_SCOPE;
    eg_graph *graph = build();
    char *text = eg_graph_text(graph);

    assert_string_equal(text,
        "graph \"sum\" {\n"
        "  %0 = Placeholder() \"x\" : float32[2,2]\n"
        "  %1 = Constant(1) : float32[]\n"
        "  %2 = Add(%0, %1) : float32[2,2]\n"
        "  %3 = Constant(0.1) : float32[]\n"
        "  %4 = Mul(%2, %3) : float32[2,2]\n"
        "  %5 = Sum(%4, axes=[1], keep_dims=true) \"rows\" : float32[2,1]\n"
        "  return %5\n"
        "}\n");
    eg_graph *again = eg_graph_parse(text);
    char *twice = eg_graph_text(again);
    assert_string_equal(twice, text);
    eg_free(twice);
    eg_free(text);
    eg_graph_free(again);
    eg_graph_free(graph);
}

TEST(symbols_have_no_value_and_say_what_to_do)
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_new("g");
    {
        EG_GRAPH(graph);
        assert_false(eg_executing_eagerly());
        eg_tensor *x = eg_placeholder("x", EG_FLOAT32, EG_NO_DIMS);
        assert_int_equal(eg_rank(x), 0);
        assert_false(eg_true(eg_greater(x, 1)));
        assert_error(EG_STATE, "session");
        float v;
        eg_read(x, EG_FLOAT32, &v, 1);
        assert_error(EG_STATE, "eg_where");
        assert_null(eg_placeholder("x", EG_FLOAT32, EG_NO_DIMS));
        assert_error(EG_INVALID, "taken");
        assert_null(eg_placeholder("two words", EG_FLOAT32, EG_NO_DIMS));
        assert_error(EG_INVALID, "no name");
        eg_give(x);
    }
    assert_true(eg_executing_eagerly());
    eg_tensor *x = eg_graph_symbol(graph, "x");
    assert_null(eg_neg(x));
    assert_error(EG_INVALID, "not being built");
    assert_null(eg_graph_symbol(graph, "nobody"));
    assert_error(EG_INVALID, "nobody");
    assert_null(eg_placeholder("y", EG_FLOAT32, EG_NO_DIMS));
    assert_error(EG_STATE, "no graph is open");
    eg_graph_free(graph);
}

static void refuses(const char *text, const char *part)
{
    eg_graph *graph = eg_graph_parse(text);
    assert_null(graph);
    assert_error(EG_FORMAT, part);
}

TEST(wrong_text_is_an_error_with_its_line)
{
    EG_SCOPE;
    refuses("", "line 1");
    refuses("graph \"g\" {\n  %0 = Placeholder() \"x\" : float32[2]\n", "line 3");
    refuses("graph \"g\" {\n  %0 = Nothing() : float32[2]\n}", "line 2: there is no operation");
    refuses("graph \"g\" {\n  %0 = Neg(%0) : float32[2]\n}", "not defined above");
    refuses("graph \"g\" {\n  %1 = Constant(1) : float32[]\n}", "numbered one after another");
    refuses("graph \"g\" {\n  %0 = Constant(1) : float99[]\n}", "no dtype");
    refuses("graph \"g\" {\n  %0 = Constant(1) : float32[-1]\n}", "no dtype and shape");
    refuses("graph \"g\" {\n  %0 = Constant(1) : float32[1,1,1,1,1,1,1,1,1]\n}", "more axes");
    refuses("graph \"g\" {\n  %0 = Constant(1) : float32[4000000000]\n}", "fewer elements");
    refuses("graph \"g\" {\n  %0 = Constant(1, 2) : float32[]\n}", "not elements");
    refuses("graph \"g\" {\n  %0 = Constant(bytes 00) : float32[]\n}", "fewer elements");
    refuses("graph \"g\" {\n  %0 = Constant(bytes 02) : bool[]\n}", "not elements");
    refuses("graph \"g\" {\n  %0 = Constant(99999999999) : int32[]\n}", "not elements");
    refuses("graph \"g\" {\n  %0 = Constant(1) : int32[]\n  %1 = Exp(%0) : int32[]\n}",
        "line 3: the operation does not take an input of this dtype");
    refuses("graph \"g\" {\n  %0 = Constant(1) : float32[]\n  %1 = Exp(%0, %0) : float32[]\n}",
        "number of inputs");
    refuses("graph \"g\" {\n  %0 = Constant(1) : float32[]\n  %1 = Exp(%0) : float64[]\n}",
        "another dtype or shape");
    refuses("graph \"g\" {\n  %0 = Constant(1) : float32[]\n  %1 = Sum(%0, axes=[7]) : "
            "float32[]\n}",
        "do not fit");
    refuses("graph \"g\" {\n  %0 = Constant(1) : float32[]\n  %1 = Sum(%0, axe=[7]) : float32[]\n}",
        "neither a value nor an attribute");
    refuses("graph \"g\" {\n  %0 = Constant(1) : float32[]\n  return %0.3\n}", "no such result");
    refuses("graph \"g\" {\n  %0 = Placeholder() \"x\" : float32[]\n"
            "  %1 = Placeholder() \"x\" : float32[]\n}",
        "name is taken");
    refuses("graph \"g\" {\n}\nmore", "follows the graph's end");
}

TEST(every_prefix_of_a_text_is_refused_or_whole)
{
    EG_SCOPE;
    eg_graph *graph = build();
    char *text = eg_graph_text(graph);
    size_t n = strlen(text);

    for (size_t i = 0; i + 2 < n; i++) {
        char saved = text[i];
        text[i] = '\0';
        eg_graph *part = eg_graph_parse(text);
        assert_null(part);
        assert_int_equal(eg_report(NULL), 1);
        text[i] = saved;
    }
    eg_free(text);
    eg_graph_free(graph);
}

TEST(constants_of_every_dtype_come_back_bit_for_bit)
{
    EG_SCOPE;
    const uint32_t odd_nan = 0x7fc12345;
    float odd;
    memcpy(&odd, &odd_nan, sizeof odd);
    float f[] = {0.1f, -0.0f, 1e-45f, 3.4028235e38f, (float)(1 / 3.0)};
    float g[] = {odd, 1};
    double d[] = {0.1, 5e-324, 1.7976931348623157e308};
    eg_tensor *all[] = {eg_array1(f), eg_array1(g), eg_array1(d), EG_B(true, false),
        EG_I64(INT64_MIN, INT64_MAX), EG_I32(INT32_MIN), eg_zeros(EG_FLOAT32, EG_DIMS(0, 3)),
        eg_range(1000)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        eg_graph *graph = eg_graph_new("g");
        {
            EG_GRAPH(graph);
            eg_name(eg_identity(all[i]), "y");
        }
        char *text = eg_graph_text(graph);
        eg_graph *again = eg_graph_parse(text);
        assert_fine();
        eg_session *s = eg_session_new(again);
        eg_tensor *y;
        eg_session_run(s, 0, NULL, EG_IN(eg_graph_symbol(again, "y")), &y);
        assert_fine();
        size_t size = (size_t)eg_size(y) * eg_dtype_size(eg_dtype_of(y));
        assert_int_equal(eg_dtype_of(y), eg_dtype_of(all[i]));
        assert_int_equal(eg_size(y), eg_size(all[i]));
        assert_memory_equal(eg_data(y, eg_dtype_of(y)), eg_data(all[i], eg_dtype_of(y)), size);
        eg_free(text);
        eg_session_free(s);
        eg_graph_free(again);
        eg_graph_free(graph);
    }
}
