/* Reading staged control flow: the form of text.c, which may be hostile.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/staged.h"
#include "graph/read.h"
#include <string.h>

enum { MOST_PORTS = 256, MOST_STATES = 2 * EG__MAX_OUT };

typedef struct reader {
    eg__reading *at;
    eg__staged *s;
} reader;

static bool take_index(reader *r, int most, int *index)
{
    int64_t number;

    if (!eg__take_number(r->at, &number))
        return false;
    if (number < 0 || number >= most)
        return eg__wrong(r->at, "there is none of that number");
    *index = (int)number;
    return true;
}

static bool take_port(reader *r, eg__port *port)
{
    static const char *const kinds[] = {"input", "row", "step", "state", "emitted"};
    char word[EG__WORD];
    int kind = 0;

    if (!eg__take_word(r->at, word))
        return false;
    while (kind < 5 && strcmp(word, kinds[kind]) != 0)
        kind++;
    if (kind == 5)
        return eg__wrong(r->at, "a value comes from an input, row, step, state or emitted");
    *port = (eg__port){.kind = (eg__port_kind)kind};
    if (kind == EG__PORT_STEP)
        return true;
    if (kind == EG__PORT_INPUT || kind == EG__PORT_ROW)
        return take_index(r, EG__MAX_IN, &port->index);
    return take_index(r, MOST_PORTS, &port->sweep) && eg__expect(r->at, ".") &&
        take_index(r, MOST_PORTS, &port->index);
}

static bool take_ports(reader *r, eg__sweep *sweep)
{
    sweep->port = eg__staged_take(r->s, sizeof *sweep->port * MOST_PORTS);
    if (!sweep->port || !eg__expect(r->at, "("))
        return false;
    while (!eg__accept(r->at, ")")) {
        if (sweep->n_ports == MOST_PORTS)
            return eg__wrong(r->at, "more values than a step can look at");
        if ((sweep->n_ports > 0 && !eg__expect(r->at, ",")) ||
            !take_port(r, &sweep->port[sweep->n_ports++]))
            return false;
    }
    return true;
}

static bool take_initial(reader *r, eg__sweep *sweep)
{
    sweep->initial = eg__staged_take(r->s, sizeof *sweep->initial * MOST_STATES);
    if (!sweep->initial)
        return false;
    if (!eg__accept(r->at, "from"))
        return true;
    do {
        if (sweep->n_state == MOST_STATES)
            return eg__wrong(r->at, "more states than a sweep can carry");
        if (!take_index(r, EG__MAX_IN, &sweep->initial[sweep->n_state++]))
            return false;
    } while (eg__accept(r->at, ","));
    return true;
}

static bool take_sweep(reader *r, eg__sweep *sweep)
{
    if (!take_ports(r, sweep) || !take_initial(r, sweep))
        return false;
    if (eg__accept(r->at, "variables") && !take_index(r, sweep->n_state + 1, &sweep->n_variables))
        return false;
    sweep->backwards = eg__accept(r->at, "backwards");
    eg_graph *graph = eg__graph_read(r->at);
    if (!graph)
        return false;
    for (int i = 0; i < graph->n; i++)
        if (graph->nodes[i].op == &eg_op_variable) {
            eg_graph_free(graph);
            return eg__wrong(r->at, "a graph in a graph has no variables");
        }
    sweep->block = eg__block_of(graph);
    return sweep->block != NULL;
}

static bool take_results(reader *r)
{
    eg__staged *s = r->s;

    s->n_out = 0;
    do {
        if (s->n_out == EG__MAX_OUT)
            return eg__wrong(r->at, "more results than any operation has");
        if (!take_port(r, &s->output[s->n_out++]))
            return false;
    } while (eg__accept(r->at, ","));
    return true;
}

static bool take_head(reader *r)
{
    if (!eg__expect(r->at, "{"))
        return false;
    if (eg__accept(r->at, "most") && !eg__take_number(r->at, &r->s->most))
        return false;
    if (eg__accept(r->at, "count") && !take_index(r, EG__MAX_IN, &r->s->count))
        return false;
    r->s->recompute = eg__accept(r->at, "recompute");
    if (eg__accept(r->at, "keep") && !eg__take_number(r->at, &r->s->most_kept))
        return false;
    return !eg__accept(r->at, "while") || take_sweep(r, &r->s->go_on);
}

static bool take_all(reader *r)
{
    bool loops = r->s->op == &eg_op_loop;

    if (!take_head(r))
        return false;
    r->s->n_sweeps = 0;
    while (eg__accept(r->at, loops ? "sweep" : "branch")) {
        if (r->s->n_sweeps == EG__MAX_OUT)
            return eg__wrong(r->at, "more sweeps or branches than there can be");
        if (!take_sweep(r, &r->s->sweep[r->s->n_sweeps++]))
            return false;
    }
    return (!loops || (eg__expect(r->at, "gives") && take_results(r))) && eg__expect(r->at, "}");
}

bool eg__staged_parse(const eg_opdef *op, eg__staged_attrs *attrs, int n_in,
    const eg_spec *const in[], struct eg__reading *at)
{
    reader r = {at, eg__staged_new(op, n_in, EG__MAX_OUT, EG__MAX_OUT)};
    const char *fault = NULL;

    if (!r.s)
        return false;
    for (int i = 0; i < n_in; i++)
        r.s->in[i] = *in[i];
    attrs->staged = r.s;
    if (take_all(&r) && !(fault = eg__staged_fault(r.s)))
        return (attrs->staged = eg__staged_settle(r.s)) != NULL;
    eg__staged_unref(r.s);
    return eg__wrong(at, fault ? fault : "this is no staged control flow");
}
