/* Models from ONNX files: what is loaded is a function, and no file however wrong does harm. That
 * operators compute what ONNX says shows tests/conformance.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include "bytes.h"
#include <stdio.h>
#include <unistd.h>

static eg_onnx *read_bytes(const bytes *b)
{
    return eg_onnx_read(b->at, b->n);
}

static void refused(const bytes *b, eg_status status, const char *part)
{
    EG_SCOPE;
    assert_null(read_bytes(b));
    assert_error(status, part);
}

/* ---- functions ------------------------------------------------------------------------------- */

TEST(a_loaded_model_is_a_function_that_is_traced_once_a_signature)
{
    bytes b = dense_model();
    EG_SCOPE;
    eg_onnx *m = read_bytes(&b);
    assert_fine();
    eg_function *f = eg_onnx_function(m);
    eg_tensor *x = eg_reshape(EG_F32(1, 2, 3, 4), EG_DIMS(2, 2));
    assert_prints(eg_call(f, x), "[[ 5.5  0. ] [11.5  0. ]] float32[2,2]");
    assert_prints(eg_call(f, x), "[[ 5.5  0. ] [11.5  0. ]] float32[2,2]");
    assert_int_equal(eg_function_trace_count(f), 1);
    assert_null(eg_function_why_eager(f));
    assert_prints(eg_call(f, eg_reshape(EG_F32(0, 50), EG_DIMS(1, 2))),
        "[[100.5  50. ]] float32[1,2]");
    eg_onnx_free(m);
}

TEST(arguments_are_what_the_model_declares)
{
    bytes b = dense_model();
    EG_SCOPE;
    eg_onnx *m = read_bytes(&b);
    assert_null(eg_call(eg_onnx_function(m), EG_F32(1, 2)));
    assert_error(EG_INVALID, "x");
    eg_onnx_free(m);
}

TEST(weights_that_are_variables_can_be_trained)
{
    bytes b = dense_model();
    eg_onnx_attrs attrs = {.size = sizeof attrs, .name = "dense", .variables = true};
    EG_SCOPE;
    eg_onnx *m = eg_onnx_read_with(b.at, b.n, &attrs);
    assert_fine();
    eg_tensor *w = eg_onnx_weight(m, 0), *x = eg_reshape(EG_F32(1, 2), EG_DIMS(1, 2));
    assert_string_equal(eg_variable_name(w), "w");
    for (int i = 0; i < 3; i++) {
        EG_TAPE;
        eg_tensor *loss = eg_sum(eg_call(eg_onnx_function(m), x)), *slope;
        eg_gradient(loss, EG_IN(w), &slope);
        assert_prints(slope, "[[1. 0.] [2. 0.]] float32[2,2]");
        eg_assign_sub(w, eg_mul(slope, 0.5));
    }
    assert_prints(eg_value(w), "[[-0.5 -1. ] [-1.   3. ]] float32[2,2]");
    eg_onnx_free(m);
}

TEST(shapes_computed_of_shapes_are_no_reads)
{
    bytes b = shape_model();
    EG_SCOPE;
    eg_onnx *m = read_bytes(&b);
    assert_fine();
    eg_function *f = eg_onnx_function(m);
    for (int i = 0; i < 2; i++) {
        assert_prints(eg_call(f, eg_zeros(EG_FLOAT32, EG_DIMS(1, 2))), "[[0.] [0.]] float32[2,1]");
        assert_prints(eg_call(f, eg_zeros(EG_FLOAT32, EG_DIMS(2, 1))), "[[0. 0.]] float32[1,2]");
    }
    assert_null(eg_function_why_eager(f));
    assert_int_equal(eg_function_trace_count(f), 2);
    eg_onnx_free(m);
}

TEST(both_ways_of_a_branch_are_recorded)
{
    bytes b = branch_model();
    eg_function_info info = {.size = sizeof info};
    EG_SCOPE;
    eg_onnx *m = read_bytes(&b);
    assert_fine();
    eg_function *f = eg_onnx_function(m);
    for (int i = 0; i < 3; i++) {
        assert_prints(eg_call(f, EG_F32(1, 2)), "[2. 4.] float32[2]");
        assert_prints(eg_call(f, EG_F32(1, -2)), "[-1.  2.] float32[2]");
    }
    eg_function_info_now(f, &info);
    assert_int_equal(info.traces, 1);
    assert_true(info.replays >= 4 && info.eager_calls == 0);
    eg_onnx_free(m);
}

TEST(a_branch_becomes_a_switch_in_the_graph_of_all_paths)
{
    bytes b = branch_model();
    EG_SCOPE;
    eg_onnx *m = read_bytes(&b);
    eg_tensor_spec x = {"x", EG_FLOAT32, 1, (int64_t[]){2}};
    eg_graph *g = eg_function_graph(eg_onnx_function(m), 1, &x);
    assert_fine();
    char *text = eg_graph_text(g);
    assert_non_null(strstr(text, "Switch"));
    eg_free(text);
    eg_graph_free(g);
    eg_onnx_free(m);
}

/* ---- questions ------------------------------------------------------------------------------- */

TEST(a_model_says_what_it_takes_and_what_it_is)
{
    bytes b = dense_model();
    eg_onnx_info info = {.size = sizeof info};
    EG_SCOPE;
    eg_onnx *m = read_bytes(&b);
    assert_true(eg_onnx_input(m, 0, &info));
    assert_string_equal(info.name, "x");
    assert_string_equal(info.type, "float32");
    assert_int_equal(info.dtype, EG_FLOAT32);
    assert_int_equal(info.shape.rank, 2);
    assert_int_equal(info.shape.dims[0], -1);
    assert_string_equal(info.symbols[0], "n");
    assert_int_equal(info.shape.dims[1], 2);
    assert_false(eg_onnx_input(m, 1, &info));
    assert_true(eg_onnx_output(m, 0, &info));
    assert_string_equal(info.name, "y");
    assert_false(eg_onnx_output(m, 1, &info) || eg_onnx_output(m, -1, &info));
    assert_string_equal(eg_onnx_weight_name(m, 1), "b");
    assert_prints(eg_onnx_weight(m, 1), "[   0.5 -100. ] float32[2]");
    assert_null(eg_onnx_weight(m, 2));
    assert_int_equal(eg_onnx_opset(m, ""), 17);
    assert_int_equal(eg_onnx_opset(m, "other"), 0);
    assert_string_equal(eg_onnx_metadata(m, "author"), "nobody");
    assert_string_equal(eg_onnx_metadata(m, "producer_name"), "by hand");
    assert_string_equal(eg_onnx_metadata(m, "graph_name"), "dense");
    assert_null(eg_onnx_metadata(m, "mood"));
    assert_null(eg_onnx_function(NULL));
    eg_onnx_free(m);
}

TEST(operators_are_listed_with_their_versions)
{
    eg_onnx_operator op = {.size = sizeof op};
    int n = 0, adds = 0;

    while (eg_onnx_operator_at(n, &op)) {
        adds += strcmp(op.name, "Add") == 0;
        n++;
    }
    assert_true(n > 300 && adds >= 3);
    assert_false(eg_onnx_operator_at(-1, &op));
}

TEST(operators_that_are_not_there_are_named)
{
    bytes g = {.n = 0}, part = node_of("Dream", "x", "y");
    eg_onnx_attrs attrs = {.size = sizeof attrs, .allow_unknown = true};
    eg_onnx_operator op = {.size = sizeof op};

    put_text(&part, 3, "third");
    put_bytes(&g, 1, &part);
    put_value(&g, 11, "x", 1, 0, NULL);
    put_value(&g, 12, "y", 1, 0, NULL);
    bytes b = model_of(&g, 17);
    refused(&b, EG_UNAVAILABLE, "no operator Dream");
    EG_SCOPE;
    eg_onnx *m = eg_onnx_read_with(b.at, b.n, &attrs);
    assert_fine();
    assert_true(eg_onnx_unknown(m, 0, &op));
    assert_string_equal(op.name, "Dream");
    assert_string_equal(op.node, "third");
    assert_int_equal(op.version, 17);
    assert_false(eg_onnx_unknown(m, 1, &op));
    assert_null(eg_call(eg_onnx_function(m), 1.5));
    assert_error(EG_UNAVAILABLE, "third");
    eg_onnx_free(m);
}

/* ---- files that are wrong -------------------------------------------------------------------- */

TEST(a_model_cut_off_anywhere_is_an_error_or_a_model)
{
    bytes models[] = {dense_model(), shape_model(), branch_model()};

    for (size_t k = 0; k < sizeof models / sizeof *models; k++)
        for (size_t n = 0; n < models[k].n; n++) {
            EG_SCOPE;
            eg_error error;
            eg_scope *inner = eg_try_open(&error);
            eg_onnx *m = eg_onnx_read(models[k].at, n);
            eg_scope_close(inner);
            assert_true((m == NULL) == (error.status != EG_OK));
            eg_onnx_free(m);
        }
}

/* A graph of one node and of x and y. */
static bytes with_node(bytes node)
{
    bytes g = {.n = 0};

    put_bytes(&g, 1, &node);
    put_value(&g, 11, "x", 1, 0, NULL);
    put_value(&g, 12, "y", 1, 0, NULL);
    return model_of(&g, 17);
}

TEST(names_are_made_once_and_before_they_are_used)
{
    bytes b = with_node(node_of("Neg", "z", "y"));
    refused(&b, EG_FORMAT, "\"z\" is used, but nothing before makes it");
    b = with_node(node_of("Neg", "y", "y"));
    refused(&b, EG_FORMAT, "\"y\" is used");
    b = with_node(node_of("Neg", "x", "x"));
    refused(&b, EG_FORMAT, "\"x\" is made twice");
    b = with_node(node_of("Neg", "x", "z"));
    refused(&b, EG_FORMAT, "\"y\" is used");
}

TEST(graphs_inside_one_another_end)
{
    bytes g = {.n = 0};

    put_value(&g, 12, "x", 1, 0, NULL);
    for (int i = 0; i < 40; i++) {
        bytes node = node_of("If", "x", ""), outer = {.n = 0};
        put_subgraph(&node, "then_branch", &g);
        put_bytes(&outer, 1, &node);
        g = outer;
    }
    put_value(&g, 11, "x", 1, 0, NULL);
    put_value(&g, 12, "x", 1, 0, NULL);
    bytes b = model_of(&g, 17);
    refused(&b, EG_FORMAT, "too deep");
}

TEST(functions_that_call_themselves_are_refused)
{
    bytes f = {.n = 0}, node = node_of("Loopy", "a", "b"), import = {.n = 0};

    put_text(&node, 7, "mine");
    put_text(&f, 1, "Loopy");
    put_text(&f, 4, "a");
    put_text(&f, 5, "b");
    put_bytes(&f, 7, &node);
    put_text(&f, 10, "mine");
    put_number(&import, 2, 17);
    put_bytes(&f, 9, &import);
    node = node_of("Loopy", "x", "y");
    put_text(&node, 7, "mine");
    bytes b = with_node(node);
    put_bytes(&b, 25, &f);
    refused(&b, EG_FORMAT, "calls itself");
}

static bytes with_weight(const bytes *tensor)
{
    bytes g = {.n = 0}, node = node_of("Add", "x w", "y");

    put_bytes(&g, 1, &node);
    put_bytes(&g, 5, tensor);
    put_value(&g, 11, "x", 1, 0, NULL);
    put_value(&g, 12, "y", 1, -1, NULL);
    return model_of(&g, 17);
}

TEST(what_a_tensor_claims_is_compared_with_its_bytes)
{
    const int64_t large[] = {1 << 20, 1 << 20}, negative[] = {-4}, pair[] = {2};
    const int64_t nine[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    const float two[] = {1, 2};
    const unsigned char wild[] = {1, 7};

    bytes t = tensor_of("w", 1, 2, large, two, sizeof two), b = with_weight(&t);
    refused(&b, EG_FORMAT, "another number of bytes");
    t = tensor_of("w", 1, 1, negative, two, sizeof two), b = with_weight(&t);
    refused(&b, EG_FORMAT, "negative size");
    t = tensor_of("w", 1, 9, nine, two, sizeof two), b = with_weight(&t);
    refused(&b, EG_FORMAT, "more than 8 axes");
    t = tensor_of("w", 77, 1, pair, two, sizeof two), b = with_weight(&t);
    refused(&b, EG_FORMAT, "element type");
    t = tensor_of("w", 9, 1, pair, wild, sizeof wild), b = with_weight(&t);
    refused(&b, EG_FORMAT, "neither 0 nor 1");
}

/* ---- external data --------------------------------------------------------------------------- */

static bytes outside_tensor(const char *location, const char *offset)
{
    const int64_t pair[] = {2};
    const char *const words[][2] = {{"location", location}, {"offset", offset}, {"length", "8"}};
    bytes t = {.n = 0};

    put_number(&t, 1, pair[0]);
    put_number(&t, 2, 1);
    put_text(&t, 8, "w");
    put_number(&t, 14, 1);
    for (int i = 0; i < 3; i++) {
        bytes entry = {.n = 0};
        put_text(&entry, 1, words[i][0]);
        put_text(&entry, 2, words[i][1]);
        put_bytes(&t, 13, &entry);
    }
    return t;
}

static void write_file(const char *path, const void *data, size_t n)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    fclose(f);
}

TEST(external_data_is_read_from_the_models_folder_and_no_other)
{
    char folder[] = "/tmp/eagre-onnx-XXXXXX", model[64], data[64];
    const float numbers[] = {0, 3, 4};
    const char *const bad[] = {"../w.bin", "/etc/passwd", "a/../../w.bin", "", ".."};

    assert_non_null(mkdtemp(folder));
    snprintf(model, sizeof model, "%s/m.onnx", folder);
    snprintf(data, sizeof data, "%s/w.bin", folder);
    write_file(data, numbers, sizeof numbers);
    bytes t = outside_tensor("w.bin", "4"), b = with_weight(&t);
    write_file(model, b.at, b.n);
    EG_SCOPE;
    eg_onnx *m = eg_onnx_load(model);
    assert_fine();
    assert_prints(eg_call(eg_onnx_function(m), 10.0f), "[13. 14.] float32[2]");
    eg_onnx_free(m);
    refused(&b, EG_FORMAT, "in no folder");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        t = outside_tensor(bad[i], "4"), b = with_weight(&t);
        write_file(model, b.at, b.n);
        assert_null(eg_onnx_load(model));
        assert_error(EG_FORMAT, "external data");
    }
    t = outside_tensor("w.bin", "8"), b = with_weight(&t);
    write_file(model, b.at, b.n);
    assert_null(eg_onnx_load(model));
    assert_error(EG_FORMAT, "behind the end");
    t = outside_tensor("v.bin", "4"), b = with_weight(&t);
    write_file(model, b.at, b.n);
    assert_null(eg_onnx_load(model));
    assert_error(EG_IO, "v.bin");
    remove(model);
    remove(data);
    rmdir(folder);
}

TEST(wrong_arguments_are_errors)
{
    eg_onnx_attrs attrs = {.size = 1};
    EG_SCOPE;
    assert_null(eg_onnx_load("/nowhere/at/all.onnx"));
    assert_error(EG_IO, "/nowhere/at/all.onnx");
    assert_null(eg_onnx_load(NULL));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_onnx_read(NULL, 3));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_onnx_read_with("", 0, &attrs));
    assert_error(EG_INVALID, "size");
    assert_null(eg_onnx_read("", 0));
    assert_error(EG_FORMAT, "no graph");
    eg_onnx_free(NULL);
}
