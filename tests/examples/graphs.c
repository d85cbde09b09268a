/* Writes a graph, what to feed it and what it then gives: FOLDER/model.graph and
 * FOLDER/{feeds,results}.safetensors. Another process has to get the same bits from the graph.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eagre.h>

enum { FETCHES = 4 };

static const char *const names[FETCHES] = {"share", "spread", "slope", "order"};

/* Layers, a draw, a gradient, an operation with two results: something of everything. */
static void build(eg_graph *graph, eg_tensor *weights, eg_tensor *bias)
{
    EG_GRAPH(graph);
    EG_TAPE;
    eg_tensor *out[FETCHES];
    eg_tensor *x = eg_placeholder("x", EG_FLOAT32, EG_DIMS(7, 13));
    eg_tensor *key = eg_placeholder("key", EG_INT64, EG_DIMS(2));

    eg_watch(x);
    eg_tensor *logits = eg_add(eg_matmul(eg_gelu(x, .tanh_form = true), weights), bias);
    logits = eg_add(logits, eg_mul(eg_normal(key, EG_DIMS(7, 5)), 0.1));
    out[0] = eg_softmax(logits);
    out[1] = eg_sqrt(eg_mean(eg_square(logits), .axes = EG_AXES(0)));
    eg_gradient(eg_sum(eg_tanh(logits)), EG_IN(x), &out[2]);
    out[3] = eg_cast(eg_part(eg_top_k(out[0], 3), 1), EG_FLOAT64);
    for (int i = 0; i < FETCHES; i++)
        eg_name(out[i], names[i]);
}

static void run_and_save(eg_graph *graph, const char *folder)
{
    char path[1024];
    eg_tensor *x = eg_graph_symbol(graph, "x"), *key = eg_graph_symbol(graph, "key");
    eg_tensor *fed[] = {eg_normal(eg_key(5), EG_DIMS(7, 13)), eg_key(6)};
    eg_tensor *out[FETCHES], *results[FETCHES];
    eg_session *s = eg_session_new(graph);

    for (int i = 0; i < FETCHES; i++)
        out[i] = eg_graph_symbol(graph, names[i]);
    eg_session_run(s, EG_FEEDS({x, fed[0]}, {key, fed[1]}), FETCHES, out, results);
    snprintf(path, sizeof path, "%s/model.graph", folder);
    eg_graph_save(graph, path);
    snprintf(path, sizeof path, "%s/feeds.safetensors", folder);
    eg_safetensors_save(path, 2, (const char *const[]){"x", "key"}, fed);
    snprintf(path, sizeof path, "%s/results.safetensors", folder);
    eg_safetensors_save(path, FETCHES, names, results);
    eg_session_free(s);
}

int main(int argc, char **argv)
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_new("model");
    eg_tensor *weights =
        eg_variable(eg_glorot_uniform(eg_key(1), EG_DIMS(13, 5)), .name = "weights");
    eg_tensor *bias = eg_variable(eg_uniform(eg_key(2), EG_DIMS(5)), .name = "bias");

    if (argc == 2) {
        build(graph, weights, bias);
        run_and_save(graph, argv[1]);
    }
    eg_graph_free(graph);
    eg_variable_free(weights);
    eg_variable_free(bias);
    return argc == 2 ? eg_report(stderr) : 64;
}
