/* Graphs and sessions: the computation as a blueprint, built once, run many times.
 *
 * While a graph is open on a thread operations are appended to it instead of run, and their
 * results are symbols: tensors with a dtype and a shape but no value. A session runs the part of
 * the graph that the fetches need.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_GRAPH_H
#define EAGRE_GRAPH_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eg_graph eg_graph;
typedef struct eg_session eg_session;

/* An empty graph. NULL after an error. Free with eg_graph_free, after its sessions. */
EG_API eg_graph *eg_graph_new(const char *name);
EG_API void eg_graph_free(eg_graph *graph);

/* Opens the graph for building, until the scope that is returned closes (`EG_GRAPH(graph);` in
 * easy.h). Symbols belong to scopes like any tensor; their nodes stay in the graph.
 * Fails: EG_STATE where a function is being recorded or a graph is open already. */
EG_API eg_scope *eg_graph_open(eg_graph *graph);

/* A value to be fed: a symbol with a name of its own in the open graph.
 * Owns: the result. Fails: EG_STATE without an open graph; EG_INVALID for a name that is taken or
 * not a word, or a wrong shape. */
EG_API eg_tensor *eg_placeholder(const char *name, eg_dtype dtype, int rank, const int64_t dims[]);

/* Gives a symbol a name under which it can be found and fetched, also after saving.
 * Action. Fails: EG_INVALID for what is no symbol, a name that is taken or not a word. */
EG_API eg_status eg_name(eg_tensor *symbol, const char *name);

/* The placeholder or named symbol of that name. Owns: the result. Fails: EG_INVALID. */
EG_API eg_tensor *eg_graph_symbol(eg_graph *graph, const char *name);

/* How many nodes the graph has. Question. */
EG_API int eg_graph_size(const eg_graph *graph);

/* The floating-point operations of all nodes of the graph, each once, by the shapes that it has;
 * nothing runs. What counts is said at eg_profile_flops. Question. */
EG_API double eg_graph_flops(const eg_graph *graph);

/* The graph as text, numbered by a walk from what the text it came from returned and from its named
 * symbols (or, where there are none, from the results nobody uses), constants and variables with
 * their values, bit for bit. Free with eg_free. NULL after an error. */
EG_API char *eg_graph_text(const eg_graph *graph);

/* A graph from such text, which may be hostile: a mistake is an error with its line. Variables in
 * it belong to the new graph. NULL after an error. Fails: EG_FORMAT. */
EG_API eg_graph *eg_graph_parse(const char *text);

/* The text in a file, written whole or not at all; a graph that is loaded is freed with
 * eg_graph_free, and NULL after an error. Actions. Fails: EG_IO, EG_FORMAT. */
EG_API eg_status eg_graph_save(const eg_graph *graph, const char *path);
EG_API eg_graph *eg_graph_load(const char *path);

/* ---- sessions ------------------------------------------------------------------------------ */

/* A value for a symbol. */
typedef struct eg_feed {
    eg_tensor *symbol, *value;
} eg_feed;

/* A session over a graph; the graph must outlive it. NULL after an error. Free with
 * eg_session_free. */
EG_API eg_session *eg_session_new(eg_graph *graph);
EG_API void eg_session_free(eg_session *session);

/* Computes `n_fetches` symbols from the values fed, and nothing that they do not need but effects
 * (eg_host_call, prints), each once and in order, where all that they need is fed. Any symbol may
 * be fed. The first run with some fetches and feeds plans them, later ones run the plan.
 *     eg_session_run(s, EG_FEEDS({x, a}, {y, b}), EG_IN(sum), results);
 * Action. Owns: `results`, by the innermost scope; all NULL after an error. May be called from
 * several threads. Fails: EG_INVALID for symbols of another graph, values of another dtype or
 * shape, and a placeholder that is needed but not fed, naming it. */
EG_API eg_status eg_session_run(eg_session *session, int n_feeds, const eg_feed feeds[],
    int n_fetches, eg_tensor *const fetches[], eg_tensor *results[]);

#ifdef __cplusplus
}
#endif

#endif
