/* Graphs and sessions while memory runs out: built, named, printed, drawn, saved, loaded and run.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"

/* What is built and looked at again and again. */
typedef struct network {
    eg_graph *graph;
    eg_tensor *x, *hidden, *y;
} network;

static void build(network *n, eg_tensor *w)
{
    EG_GRAPH(n->graph);
    n->x = eg_give(eg_placeholder("x", EG_FLOAT32, EG_DIMS(2, 3)));
    n->hidden = eg_give(eg_relu(eg_matmul(n->x, w)));
    n->y = eg_give(eg_softmax(eg_add(n->hidden, eg_mul(eg_constant(1.0, 2.0), 0.5))));
    eg_name(n->hidden, "hidden");
    eg_name(n->y, "y");
}

static eg_tensor *weights(void)
{
    return eg_variable(eg_reshape(EG_F32(1, 2, -3, 4, 5, 0.1f), EG_DIMS(3, 2)), .name = "w");
}

static void build_and_run(torture *t, void *env)
{
    network n = {.graph = eg_graph_new("network")};
    eg_tensor *w = weights(), *out[2];

    (void)env;
    build(&n, w);
    eg_tensor *value = eg_reshape(EG_F32(1, -2, 3, 4, 5, -6), EG_DIMS(2, 3));
    eg_session *session = eg_session_new(n.graph);
    for (int i = 0; i < 2; i++) {
        eg_session_run(session, EG_FEEDS({n.x, value}), EG_IN(n.hidden, n.y), out);
        torture_result(t, out[0]);
        torture_result(t, out[1]);
    }
    eg_session_run(session, EG_FEEDS({n.hidden, out[0]}), EG_IN(n.y), out);
    torture_result(t, out[0]);
    eg_session_free(session);
    eg_graph_free(n.graph);
    eg_variable_free(w);
}

TEST(building_and_running_reports_the_allocation_that_fails)
{
    torture_sweep("a graph and its session", build_and_run, NULL);
}

/* The session stays; its graph is planned anew after a failure. */
static void run_again(torture *t, void *env)
{
    network *n = env;
    eg_session *session = eg_session_new(n->graph);
    eg_tensor *value = eg_reshape(EG_F32(1, -2, 3, 4, 5, -6), EG_DIMS(2, 3)), *out[2];

    for (int i = 0; i < 2; i++) {
        eg_session_run(session, EG_FEEDS({n->x, value}), EG_IN(n->y, n->hidden), out);
        torture_result(t, out[0]);
        torture_result(t, out[1]);
    }
    eg_session_free(session);
}

TEST(runs_of_one_graph_report_the_allocation_that_fails)
{
    EG_SCOPE;
    network n = {.graph = eg_graph_new("network")};
    eg_tensor *w = weights();

    build(&n, w);
    torture_sweep("runs of one graph", run_again, &n);
    eg_graph_free(n.graph);
    eg_variable_free(w);
}

/* ---- text and files ------------------------------------------------------------------------- */

static void print_and_parse(torture *t, void *env)
{
    network *n = env, again = {0};
    char *text = eg_graph_text(n->graph);

    torture_text(t, text);
    again.graph = eg_graph_parse(text);
    eg_free(text);
    text = eg_graph_text(again.graph);
    torture_text(t, text);
    eg_free(text);
    again.x = eg_graph_symbol(again.graph, "x");
    again.hidden = eg_graph_symbol(again.graph, "hidden");
    again.y = eg_graph_symbol(again.graph, "y");
    run_again(t, &again);
    eg_graph_free(again.graph);
}

/* A file is whole or as it was before. */
static void save_and_load(torture *t, void *env)
{
    network *n = env;
    const char *path = torture_path("graph.txt");

    if (eg_graph_save(n->graph, path) == EG_OK)
        torture_file(t, path);
    eg_graph *again = eg_graph_load(path);
    char *text = eg_graph_text(again);
    torture_text(t, text);
    eg_free(text);
    eg_graph_free(again);
    path = torture_path("graph.dot");
    if (eg_graph_draw(n->graph, path) == EG_OK)
        torture_file(t, path);
    remove(path);
}

TEST(texts_and_files_of_graphs_report_the_allocation_that_fails)
{
    EG_SCOPE;
    network n = {.graph = eg_graph_new("network")};
    eg_tensor *w = weights();

    build(&n, w);
    torture_sweep("a graph's text", print_and_parse, &n);
    torture_sweep("a graph's files", save_and_load, &n);
    remove(torture_path("graph.txt"));
    eg_graph_free(n.graph);
    eg_variable_free(w);
}
