/* Staged control flow as text.
 *
 *     Loop(%0, %1) {
 *         while (state 0.0)
 *             graph "eg_while" {
 *               ...
 *             }
 *         sweep (state 0.0, input 1) from 0
 *             graph "eg_while" {
 *               ...
 *             }
 *         gives state 0.0
 *     }
 *
 * In parentheses stands where the inputs of the graph come from: an input of the operation, its row
 * of the step's number, the step's number, what a sweep carried when it came to the step, what it
 * emitted there. The last states may be `variables`, see staged.h. `most` and `count` say how many
 * steps are taken at most, and which input says how many; `recompute` and `keep` what is kept for
 * later sweeps: that of few steps, so many bytes at most.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/staged.h"
#include <string.h>

static void put_port(const eg__port *p, eg__text *text)
{
    static const char *const kinds[] = {"input", "row", "step", "state", "emitted"};

    eg__text_put(text, kinds[p->kind]);
    if (p->kind == EG__PORT_INPUT || p->kind == EG__PORT_ROW)
        eg__text_format(text, " %d", p->index);
    else if (p->kind != EG__PORT_STEP)
        eg__text_format(text, " %d.%d", p->sweep, p->index);
}

/* A graph, each line further to the right. */
static void put_graph(const eg_graph *graph, eg__text *text)
{
    eg__text own = {0};

    eg__graph_put(graph, false, &own);
    for (const char *p = own.failed ? "" : own.start, *end; p && *p; p = end + 1) {
        end = strchr(p, '\n');
        eg__text_put(text, "            ");
        eg__text_add(text, p, (size_t)(end - p) + 1);
    }
    text->failed = text->failed || own.failed;
    eg__text_free(&own);
}

static void put_sweep(const eg__sweep *sweep, eg__text *text)
{
    eg__text_put(text, " (");
    for (int i = 0; i < sweep->n_ports; i++) {
        eg__text_put(text, i ? ", " : "");
        put_port(&sweep->port[i], text);
    }
    eg__text_put(text, ")");
    for (int i = 0; i < sweep->n_state; i++)
        eg__text_format(text, i ? ", %d" : " from %d", sweep->initial[i]);
    if (sweep->n_variables > 0)
        eg__text_format(text, " variables %d", sweep->n_variables);
    eg__text_put(text, sweep->backwards ? " backwards" : "");
    eg__text_put(text, "\n");
    put_graph(eg__block_graph(sweep->block), text);
}

void eg__staged_put(const eg__staged *s, eg__text *text)
{
    eg__text_put(text, "{\n");
    if (s->most >= 0)
        eg__text_format(text, "        most %lld\n", (long long)s->most);
    if (s->count >= 0)
        eg__text_format(text, "        count %d\n", s->count);
    if (s->recompute)
        eg__text_put(text, "        recompute\n");
    if (s->most_kept > 0)
        eg__text_format(text, "        keep %lld\n", (long long)s->most_kept);
    if (s->go_on.block) {
        eg__text_put(text, "        while");
        put_sweep(&s->go_on, text);
    }
    for (int i = 0; i < s->n_sweeps; i++) {
        eg__text_put(text, s->op == &eg_op_loop ? "        sweep" : "        branch");
        put_sweep(&s->sweep[i], text);
    }
    for (int i = 0; i < s->n_out && s->op == &eg_op_loop; i++) {
        eg__text_put(text, i ? ", " : "        gives ");
        put_port(&s->output[i], text);
    }
    eg__text_put(text, s->op == &eg_op_loop ? "\n    }" : "    }");
}
