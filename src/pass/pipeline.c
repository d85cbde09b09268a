/* The order of the passes, and what happens around each of them.
 *
 * EAGRE_PASSES=-cse switches one off, -all all of them. EAGRE_PASS_LIMIT=n stops after the first n
 * that the process runs. EAGRE_DUMP=folder writes the graph's text, and a picture in the language
 * of graphviz, before the first and after each. EAGRE_VERIFY=1, and always the cruel build, checks
 * the graph after each and names the pass that broke it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/attrs.h"
#include "base/file.h"
#include "base/message.h"
#include "base/option.h"
#include "base/os.h"
#include "graph/dot.h"
#include "pass/pass.h"
#include <eagre/see.h>

const eg_pass eg__passes[] = {
    {.name = "fold", .what = "computes what depends on constants alone", .run = eg__pass_fold},
    {.name = "cse", .what = "computes equal things once", .run = eg__pass_cse},
    {.name = "prune", .what = "drops what nothing needs", .run = eg__pass_prune},
    {.name = "unfold",
        .what = "puts branches that are known, and the steps of loops of few, in their place",
        .run = eg__pass_unfold,
        .when_planning = true},
    {.name = "hoist",
        .what = "computes before a loop what is the same in each step",
        .run = eg__pass_hoist,
        .when_planning = true},
    {.name = "simplify",
        .what =
            "drops arithmetic that changes nothing, multiplies where it can instead of dividing",
        .run = eg__pass_simplify,
        .when_planning = true},
    {.name = "broadcast",
        .what = "repeats elements behind operations, or never",
        .run = eg__pass_broadcast,
        .when_planning = true},
    {.name = "transpose",
        .what = "joins transposes, drops those that move nothing",
        .run = eg__pass_transpose,
        .when_planning = true},
    {.name = "widen",
        .what = "computes narrow dtypes in wide ones, between casts that can be fused",
        .run = eg__pass_widen,
        .when_planning = true},
    {.name = "prune",
        .what = "drops what those before left over",
        .run = eg__pass_prune,
        .when_planning = true},
    {.name = "fuse",
        .what = "runs element-wise operations and reductions of what they make together",
        .run_late = eg__pass_fuse,
        .when_planning = true},
    {.name = "attach",
        .what = "goes on with parts of products and convolutions while they are in a cache",
        .run_late = eg__pass_attach,
        .when_planning = true},
    {0},
};

enum { PASSES = sizeof eg__passes / sizeof *eg__passes - 1 };

static struct counter {
    atomic_llong runs, before, after, nanoseconds;
} counters[PASSES];

static void write_dump(const char *path, eg__text *text)
{
    if (!text->failed && text->start)
        eg__file_write(path, text->start, text->length, "EAGRE_DUMP");
    eg__text_free(text);
}

/* The graph as text, and as a picture for graphviz. */
static void dump(const eg_graph *graph, unsigned serial, int step, const char *after)
{
    const char *folder = eg__option_text(EG__OPTION_DUMP);
    char path[512], name[64];
    eg__text text = {0}, picture = {0};

    if (!*folder)
        return;
    snprintf(name, sizeof name, "%s", graph->name);
    for (char *c = name; *c; c++)
        *c = *c == '/' ? '_' : *c;
    snprintf(path, sizeof path, "%s/%s-%u-%d-%s.txt", folder, name, serial, step, after);
    eg__graph_put(graph, true, &text);
    write_dump(path, &text);
    snprintf(path, sizeof path, "%s/%s-%u-%d-%s.dot", folder, name, serial, step, after);
    eg__dot_graph(graph, &picture);
    write_dump(path, &picture);
}

static bool is_on(const eg_pass *pass)
{
    return eg__list_names(eg__option_text(EG__OPTION_PASSES), pass->name) >= 0;
}

/* Whether the limit lets one more pass run; counts those it was asked for. */
static bool is_within_limit(long *number)
{
    static atomic_long asked;
    int limit = eg__option_number(EG__OPTION_PASS_LIMIT);

    *number = atomic_fetch_add(&asked, 1) + 1;
    return limit < 0 || *number <= limit;
}

static bool verifies(void)
{
    return EG_CRUEL || eg__option_number(EG__OPTION_VERIFY);
}

static void note(int i, const eg_graph *graph, long number, int before, int64_t spent)
{
    struct counter *c = &counters[i];

    atomic_fetch_add(&c->runs, 1);
    atomic_fetch_add(&c->before, before);
    atomic_fetch_add(&c->after, graph->n);
    atomic_fetch_add(&c->nanoseconds, spent);
    if (eg__listens("pass"))
        eg__message("pass", "%s: %s: %d nodes -> %d in %.1f us (pass %ld)", graph->name,
            eg__passes[i].name, before, graph->n, 1e-3 * (double)spent, number);
}

static eg_status run_one(int i, eg_graph *graph, const bool late[])
{
    const eg_pass *pass = &eg__passes[i];
    int before = graph->n;
    long number;

    if (!is_within_limit(&number))
        return EG_OK;
    int64_t start = eg__os_nanoseconds();
    eg_status status = pass->run ? pass->run(graph) : pass->run_late(graph, late);
    if (status != EG_OK)
        return status;
    note(i, graph, number, before, eg__os_nanoseconds() - start);
    return verifies() ? eg__graph_verify(graph, pass->name) : EG_OK;
}

static eg_status run_all(eg_graph *graph, const bool late[], bool planning)
{
    static atomic_uint serials;
    unsigned serial = atomic_fetch_add(&serials, 1);
    eg_status status = EG_OK;

    if (verifies())
        status = eg__graph_verify(graph, "recording");
    dump(graph, serial, 0, planning ? "planned" : "recorded");
    for (int i = 0; i < PASSES && status == EG_OK; i++) {
        if (eg__passes[i].when_planning != planning || !is_on(&eg__passes[i]))
            continue;
        status = run_one(i, graph, late);
        dump(graph, serial, i + 1, eg__passes[i].name);
    }
    return status;
}

eg_status eg__passes_run(eg_graph *graph)
{
    return run_all(graph, NULL, false);
}

eg_graph *eg__passes_plan(const eg_graph *graph, const bool late[])
{
    eg_graph *copy = eg__graph_copy(graph);
    bool done = copy != NULL;

    for (int i = 0; done && i < graph->n_outputs; i++)
        done = eg__graph_want(copy, graph->outputs[i]);
    if (done && run_all(copy, late, true) == EG_OK)
        return copy;
    eg_graph_free(copy);
    return NULL;
}

bool eg_pass_list(int i, eg_pass_info *info)
{
    if (i < 0 || i >= PASSES)
        return false;
    struct counter *c = &counters[i];
    eg_pass_info now = {
        .name = eg__passes[i].name,
        .what = eg__passes[i].what,
        .is_on = is_on(&eg__passes[i]),
        .when_planning = eg__passes[i].when_planning,
        .runs = atomic_load(&c->runs),
        .nodes_before = atomic_load(&c->before),
        .nodes_after = atomic_load(&c->after),
        .nanoseconds = atomic_load(&c->nanoseconds),
    };
    return eg__attrs_answer(info, &now, sizeof now);
}
