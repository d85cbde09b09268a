/* Drops the nodes that neither a result nor an effect depends on. Placeholders stay, since they are
 * the graph's signature, and so do nodes whose failure the caller must see.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "pass/pass.h"
#include "pass/rewrite.h"

eg_status eg__pass_prune(eg_graph *graph)
{
    size_t size = (size_t)graph->n + 1;
    bool *live = eg__alloc(size), all = true;
    eg__rewrite r;

    if (!live)
        return eg__fail_memory("prune", size);
    eg__graph_mark(graph, live);
    for (int i = 0; i < graph->n; i++)
        all = all && live[i];
    if (!all) {
        bool done = eg__rewrite_begin(&r, graph);
        for (int i = 0; done && i < graph->n; i++)
            done = !live[i] || eg__rewrite_keep(&r, i);
        eg__rewrite_end(&r, done);
    }
    eg__free(live, size);
    return eg__me.failed;
}
