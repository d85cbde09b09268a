/* One body in all the ways there are to run it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

typedef struct ways {
    const bench_body *b;
    eg_function *function;
    eg_session *session;
    eg_feed feeds[BENCH_MOST_IN];
    eg_tensor *fetch;
} ways;

static eg_tensor *run_eager(void *env)
{
    const ways *w = env;
    return w->b->body->body(w->b->body->n_in, w->b->in, NULL);
}

static eg_tensor *run_function(void *env)
{
    const ways *w = env;
    return eg_call_of(w->function, w->b->body->n_in, w->b->in);
}

static eg_tensor *run_session(void *env)
{
    const ways *w = env;
    eg_tensor *result = NULL;

    eg_session_run(w->session, w->b->body->n_in, w->feeds, 1, &w->fetch, &result);
    return result;
}

static bool is_right(eg_tensor *result, void *env)
{
    const ways *w = env;
    return w->b->right(result, (void *)(uintptr_t)w->b->in);
}

/* The body as a graph, a placeholder for each input. */
static void build_graph(eg_graph *graph, const bench_body *b)
{
    static const char *const names[BENCH_MOST_IN] = {"a", "b", "c", "d"};
    eg_tensor *in[BENCH_MOST_IN];

    EG_GRAPH(graph);
    for (int i = 0; i < b->body->n_in; i++) {
        int64_t dims[EG_MAX_RANK];
        for (int axis = 0; axis < eg_rank(b->in[i]); axis++)
            dims[axis] = eg_dim(b->in[i], axis);
        in[i] = eg_placeholder(names[i], eg_dtype_of(b->in[i]), eg_rank(b->in[i]), dims);
    }
    eg_name(b->body->body(b->body->n_in, in, NULL), "result");
}

static void run_graph(const bench_work *work, ways *w)
{
    static const char *const names[BENCH_MOST_IN] = {"a", "b", "c", "d"};
    eg_graph *graph = eg_graph_new(w->b->name);

    build_graph(graph, w->b);
    w->session = eg_session_new(graph);
    w->fetch = eg_graph_symbol(graph, "result");
    for (int i = 0; i < w->b->body->n_in; i++)
        w->feeds[i] = (eg_feed){eg_graph_symbol(graph, names[i]), w->b->in[i]};
    bench_run(1, work);
    eg_session_free(w->session);
    eg_graph_free(graph);
}

void bench_run_body(const bench_body *b)
{
    static const struct {
        const char *mode;
        eg_tensor *(*run)(void *);
    } modes[] = {{"eager", run_eager}, {"function", run_function}, {"session", run_session}};
    bench_work works[3];

    if (!bench_wants(b->name))
        return;
    ways w = {.b = b, .function = eg_function_from(b->body, NULL, 0)};
    for (int i = 0; i < 3; i++)
        works[i] = (bench_work){.name = b->name,
            .mode = modes[i].mode,
            .detail = b->detail,
            .ops = b->ops,
            .run = modes[i].run,
            .right = is_right,
            .env = &w,
            .n_in = b->body->n_in,
            .in = b->in};
    EG_SCOPE;
    bench_run(2, works);
    if (!b->is_no_graph && bench_wants_mode("session"))
        run_graph(&works[2], &w);
    eg_function_free(w.function);
}
