/* Graphs as ONNX files: what is loaded again computes the same. That ONNX Runtime computes the same
 * shows tests/conformance/run_saved.py.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include "saved.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[64];

static void start(void)
{
    strcpy(path, "/tmp/eagre-onnx-XXXXXX");
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
}

static bool is_close(eg_tensor *a, eg_tensor *b)
{
    if (eg_dtype_of(a) != eg_dtype_of(b) || eg_rank(a) != eg_rank(b))
        return false;
    if (eg_dtype_of(a) == EG_BOOL)
        return eg_true(eg_all(eg_equal(a, b)));
    return eg_true(eg_allclose(a, b, .rtol = 1e-5, .atol = 1e-6));
}

static void comes_back(const saved_case *c)
{
    EG_SCOPE;
    eg_tensor *in[2], *want;
    assert_true(save_case(c, path, in, &want));
    eg_onnx *m = eg_onnx_load(path);
    assert_fine();
    eg_tensor *got = eg_call_of(eg_onnx_function(m), 2, in);
    assert_fine();
    assert_int_equal(eg_parts(got), eg_parts(want));
    for (int i = 0; i < eg_parts(want); i++)
        assert_true(is_close(eg_part(got, i), eg_part(want, i)));
    if (eg_parts(want) == 0)
        assert_true(is_close(got, want));
    assert_fine();
    eg_onnx_free(m);
}

TEST(what_is_saved_computes_the_same_when_it_is_loaded)
{
    start();
    for (int i = 0; i < SAVED_CASES; i++) {
        print_message("%s\n", saved_cases[i].name);
        comes_back(&saved_cases[i]);
    }
    remove(path);
}

TEST(a_graph_built_by_hand_is_saved_with_its_names_and_the_values_of_its_variables)
{
    eg_onnx_info info = {.size = sizeof info};
    start();
    EG_SCOPE;
    eg_graph *g = eg_graph_new("line");
    eg_tensor *w = eg_variable(EG_F32(2, 3), .name = "w");
    {
        EG_GRAPH(g);
        eg_tensor *x = eg_placeholder("x", EG_FLOAT32, EG_DIMS(2));
        eg_name(eg_mul(x, w), "scaled");
        eg_name(eg_add(x, 1), "moved");
    }
    eg_assign(w, EG_F32(5, 7));
    assert_int_equal(eg_onnx_save(g, path), EG_OK);
    eg_onnx *m = eg_onnx_load(path);
    assert_fine();
    assert_true(eg_onnx_output(m, 1, &info));
    assert_string_equal(info.name, "moved");
    assert_string_equal(eg_onnx_metadata(m, "producer_name"), "eagre");
    assert_string_equal(eg_onnx_metadata(m, "graph_name"), "line");
    assert_prints(eg_part(eg_call(eg_onnx_function(m), EG_F32(1, 2)), 0), "[ 5. 14.] float32[2]");
    eg_onnx_free(m);
    eg_graph_free(g);
    eg_variable_free(w);
    remove(path);
}

TEST(what_cannot_be_saved_is_named)
{
    start();
    EG_SCOPE;
    eg_graph *g = eg_graph_new("sorted");
    assert_int_equal(eg_onnx_save(g, path), EG_INVALID);
    assert_error(EG_INVALID, "no result");
    {
        EG_GRAPH(g);
        eg_name(eg_sort(eg_placeholder("x", EG_FLOAT32, EG_DIMS(2)), -1), "y");
    }
    assert_int_equal(eg_onnx_save(g, path), EG_UNAVAILABLE);
    assert_error(EG_UNAVAILABLE, "Sort at");
    assert_int_equal(eg_onnx_save(NULL, path), EG_INVALID);
    assert_error(EG_INVALID, "graph is NULL");
    eg_graph_free(g);
    remove(path);
}
