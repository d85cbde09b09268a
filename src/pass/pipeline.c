/* The order of the passes, and what happens around each of them.
 *
 * EAGRE_PASSES=-cse switches one off, -all all of them. EAGRE_DUMP=folder writes the graph's text
 * before the first and after each. EAGRE_VERIFY=1, and always the cruel build, checks the graph
 * after each and names the pass that broke it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/message.h"
#include "base/option.h"
#include "base/os.h"
#include "pass/pass.h"
#include <string.h>

const eg_pass eg__passes[] = {
    {"fold", "computes what depends on constants alone", .run = eg__pass_fold},
    {"cse", "computes equal things once", .run = eg__pass_cse},
    {"prune", "drops what nothing needs", .run = eg__pass_prune},
    {"fuse", "runs element-wise operations and sums of them together", .plan = eg__pass_fuse},
    {0},
};

static void dump(const eg_graph *graph, unsigned serial, int step, const char *after)
{
    const char *folder = eg__option_text(EG__OPTION_DUMP);
    char path[512], name[64];
    eg__text text = {0};

    if (!*folder)
        return;
    snprintf(name, sizeof name, "%s", graph->name);
    for (char *c = name; *c; c++)
        *c = *c == '/' ? '_' : *c;
    snprintf(path, sizeof path, "%s/%s-%u-%d-%s.txt", folder, name, serial, step, after);
    eg__graph_put(graph, true, &text);
    if (!text.failed && text.start)
        eg__file_write(path, text.start, text.length, "EAGRE_DUMP");
    eg__text_free(&text);
}

static bool is_on(const eg_pass *pass)
{
    return eg__list_names(eg__option_text(EG__OPTION_PASSES), pass->name) >= 0;
}

static bool verifies(void)
{
    return EG_CRUEL || eg__option_number(EG__OPTION_VERIFY);
}

static void tell(const eg_pass *pass, const eg_graph *graph, int before, int64_t start)
{
    if (eg__listens("pass"))
        eg__message("pass", "%s: %s: %d nodes -> %d in %.1f us", graph->name, pass->name, before,
            graph->n, 1e-3 * (double)(eg__os_nanoseconds() - start));
}

static eg_status run_one(const eg_pass *pass, eg_graph *graph)
{
    int before = graph->n;
    int64_t start = eg__os_nanoseconds();
    eg_status status = pass->run(graph);

    if (status == EG_OK)
        tell(pass, graph, before, start);
    if (status == EG_OK && verifies())
        status = eg__graph_verify(graph, pass->name);
    return status;
}

static unsigned next_serial(void)
{
    static atomic_uint serials;

    return atomic_fetch_add(&serials, 1);
}

eg_status eg__passes_run(eg_graph *graph)
{
    unsigned serial = next_serial();
    eg_status status = EG_OK;

    if (verifies())
        status = eg__graph_verify(graph, "recording");
    dump(graph, serial, 0, "recorded");
    for (int i = 0; eg__passes[i].name && status == EG_OK; i++) {
        if (!eg__passes[i].run || !is_on(&eg__passes[i]))
            continue;
        status = run_one(&eg__passes[i], graph);
        dump(graph, serial, i + 1, eg__passes[i].name);
    }
    return status;
}

/* ---- passes for planning -------------------------------------------------------------------- */

/* Puts the graph that a pass makes in the place of *graph, which is freed unless it is `first`. */
static eg_status plan_one(const eg_pass *pass, eg_graph **graph, eg_graph *first, const bool late[])
{
    int64_t start = eg__os_nanoseconds();
    eg_graph *made = pass->plan(*graph, late);

    if (!made)
        return eg__me.failed;
    tell(pass, made, (*graph)->n, start);
    if (*graph != first)
        eg_graph_free(*graph);
    *graph = made;
    return verifies() ? eg__graph_verify(made, pass->name) : EG_OK;
}

eg_graph *eg__passes_plan(eg_graph *graph, const bool late[])
{
    unsigned serial = next_serial();
    eg_graph *planned = graph;
    eg_status status = EG_OK;

    for (int i = 0; eg__passes[i].name && status == EG_OK; i++) {
        if (!eg__passes[i].plan || !is_on(&eg__passes[i]))
            continue;
        status = plan_one(&eg__passes[i], &planned, graph, late);
        if (status == EG_OK)
            dump(planned, serial, i + 1, eg__passes[i].name);
    }
    if (status != EG_OK && planned != graph)
        eg_graph_free(planned);
    return status == EG_OK && planned != graph ? planned : NULL;
}
