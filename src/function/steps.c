/* What a function runs, kernel by kernel: what is in each, what that saves, and why what reads its
 * result is not in it. All of it follows from the graphs that were planned.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "function/trace.h"
#include "pass/fused.h"
#include "pass/pass.h"
#include <eagre/see.h>
#include <string.h>

/* A kernel: a node of the graph whose nodes are the steps of a plan. */
typedef struct place_of {
    const eg_graph *graph;
    const eg__role *roles; /* of its outputs; NULL: nobody waits */
    int trace, node;
    bool backward;
} place_of;

static const eg_graph *body_of(const eg_node *node)
{
    return node->op == &eg_op_fused ? ((const eg__fused_attrs *)node->attrs)->fused->body : NULL;
}

/* ---- what it is ----------------------------------------------------------------------------- */

static bool runs(const eg_node *node)
{
    return !(node->op->traits & (EG__SOURCE | EG__VIEW));
}

/* Whether a value of a body leaves it. */
static bool leaves(const eg_graph *body, uint32_t node)
{
    for (int k = 0; k < body->n_outputs; k++)
        if (body->outputs[k].node == node)
            return true;
    return false;
}

/* Bytes that the operations one by one would write and read again: of values that stay inside what
 * is written and all that is read, of others what is read. */
static int64_t bytes_saved(const eg_graph *body)
{
    int64_t bytes = 0;

    for (int i = 0; i < body->n; i++) {
        const eg_node *node = &body->nodes[i];
        if (runs(node) && !leaves(body, (uint32_t)i))
            bytes += (int64_t)eg__bytes(node->out);
        for (int k = 0; runs(node) && k < node->n_in; k++) {
            const eg_node *from = &body->nodes[node->in[k].node];
            if (from->op != &eg_op_placeholder)
                bytes += (int64_t)eg__bytes(from->out);
        }
    }
    return bytes;
}

static int count_operations(const eg_graph *body)
{
    int n = 0;

    for (int i = 0; i < body->n; i++)
        n += body->nodes[i].op != &eg_op_placeholder;
    return n;
}

/* ---- why not more --------------------------------------------------------------------------- */

/* The elements that loops make one by one, of which a group could be made; 0: there are none. */
static int64_t elements_of(const eg_graph *graph, const eg_node *node)
{
    const eg_graph *body = body_of(node);
    eg_job job;

    if (!body)
        return eg__is_loop(graph, node, &job) ? node->out->size : 0;
    for (int i = body->n; i-- > 0;)
        if (body->nodes[i].op->traits & EG__ELEMENTWISE)
            return body->nodes[i].out->size;
    return 0;
}

/* The first node that reads a value, itself or as another shape; NULL: none does. */
static const eg_node *first_reader(const eg_graph *graph, int from, int *at)
{
    for (int i = from + 1; i < graph->n; i++)
        for (int k = 0; k < graph->nodes[i].n_in; k++) {
            if ((int)graph->nodes[i].in[k].node != from)
                continue;
            *at = i;
            return graph->nodes[i].op->traits & EG__VIEW ? first_reader(graph, i, at)
                                                         : &graph->nodes[i];
        }
    return NULL;
}

static bool is_reduction(const eg_graph *graph, const eg_node *node)
{
    eg_job job;
    return eg__is_row_reduction(graph, node, &job);
}

/* Why a kernel of these elements and its reader are two. */
static const char *reason(const place_of *p, const eg_node *reader, int at, const bool early[])
{
    const eg_graph *graph = p->graph;
    const eg_node *node = &graph->nodes[p->node];
    int64_t own = elements_of(graph, node), other = elements_of(graph, reader);
    bool makes = eg__makes_parts(node->op);

    if (own == 0 && !makes)
        return "it is not made element by element, nor in parts";
    if (early[p->node] != early[at])
        return "that is made when the call can fail no more, in place";
    if (other == 0 && is_reduction(graph, reader))
        return makes ? "that is a reduction" : "reductions read groups of their own rows alone";
    if (other == 0)
        return "that takes no elements one by one";
    if (other != (makes ? node->out->size : own))
        return "that has another number of elements";
    if (makes)
        return "too few elements, or all of them made at once";
    return own < EG__FEW_ELEMENTS
        ? "few elements: one kernel would not be faster"
        : "something that the one needs is made from the other between them";
}

static bool explain(const place_of *p, eg_step_info *step)
{
    const eg_graph *graph = p->graph;
    size_t size = (size_t)graph->n + 1, outputs = (size_t)graph->n_outputs + 1;
    bool *early = eg__alloc_zero(size), *late = eg__alloc_zero(outputs);
    int at = p->node;
    bool done = early && late;
    const eg_node *reader = first_reader(graph, p->node, &at);

    if (!done)
        eg__fail_memory("eg_function_step", size);
    for (int k = 0; done && p->roles && k < graph->n_outputs; k++)
        late[k] = p->roles[k] == EG__LATE;
    if (done && reader) {
        eg__mark_early(graph, late, early);
        const eg_graph *body = body_of(reader);
        snprintf(step->why_apart, sizeof step->why_apart, "%.60s: %s",
            body ? body->name : reader->op->name, reason(p, reader, at, early));
    }
    eg__free(early, size);
    eg__free(late, outputs);
    return !eg__me.failed;
}

/* ---- finding it ----------------------------------------------------------------------------- */

/* Looks for kernel number *i of a plan; counts down by those that it passes. */
static bool find_in(const eg__plan *plan, int *i, place_of *p)
{
    for (int k = 0; plan && k < plan->run->n; k++)
        if (runs(&plan->run->nodes[k]) && (*i)-- == 0) {
            p->graph = plan->run;
            p->node = k;
            return true;
        }
    return false;
}

/* In the order of the pieces, behind each path what its gradient runs. */
static bool find_in_program(const eg__program *program, int *i, place_of *p)
{
    for (int k = 0; program && k < program->n_places; k++) {
        const eg__place *place = &program->places[k];
        p->roles = place->piece->roles;
        p->backward = false;
        if (find_in(place->piece->plan, i, p))
            return true;
        p->roles = NULL;
        p->backward = true;
        if (place->derivative && find_in(place->derivative->plan, i, p))
            return true;
    }
    return false;
}

static const eg__trace *trace_of(const eg_function *f, int number)
{
    const eg__trace *t = atomic_load(&f->traces);

    while (t && t->number != number)
        t = atomic_load(&t->next);
    return t;
}

static bool find(const eg_function *f, int i, place_of *p)
{
    for (p->trace = 0; p->trace < atomic_load(&f->n_traces); p->trace++) {
        const eg__trace *t = trace_of(f, p->trace);
        if (t && find_in_program(atomic_load(&t->program), &i, p))
            return true;
    }
    return false;
}

static void describe(const place_of *p, eg_step_info *step)
{
    const eg_node *node = &p->graph->nodes[p->node];
    const eg_graph *body = body_of(node);
    char spec[EG__SPEC_TEXT] = "";

    *step = (eg_step_info){
        .size = sizeof *step,
        .trace = p->trace,
        .backward = p->backward,
        .operations = body ? count_operations(body) : 1,
        .bytes_saved = body ? bytes_saved(body) : 0,
        .flops = eg__node_flops(p->graph, node),
        .line = node->site.line,
    };
    if (node->n_out > 0)
        eg__spec_text(node->out, spec);
    snprintf(step->name, sizeof step->name, "%s", body ? body->name : node->op->name);
    snprintf(step->result, sizeof step->result, "%.100s", spec);
    snprintf(step->file, sizeof step->file, "%.150s", node->site.file ? node->site.file : "");
}

bool eg_function_step(const eg_function *f, int i, eg_step_info *step)
{
    eg_step_info now;
    place_of p = {.graph = NULL};
    size_t size;

    if (!f || !step || i < 0 || eg__me.failed)
        return false;
    eg__function_lock(f);
    bool found = find(f, i, &p);
    if (found) {
        describe(&p, &now);
        found = explain(&p, &now);
    }
    eg__function_unlock(f);
    memcpy(&size, step, sizeof size);
    if (!found || size < sizeof size)
        return false;
    now.size = size;
    memcpy(step, &now, size < sizeof now ? size : sizeof now);
    return true;
}

/* ---- for people ----------------------------------------------------------------------------- */

static void print_step(const eg_step_info *step, FILE *to)
{
    fprintf(to, "  %s%s : %s", step->backward ? "gradient: " : "", step->name, step->result);
    if (step->line > 0)
        fprintf(to, ", %s:%d", step->file, step->line);
    if (step->operations > 1)
        fprintf(to, "\n    %d operations, %.1f kB less memory traffic", step->operations,
            (double)step->bytes_saved * 1e-3);
    if (step->why_apart[0])
        fprintf(to, "\n    apart from %s", step->why_apart);
    fputc('\n', to);
}

eg_status eg_function_print_steps(const eg_function *f, FILE *to)
{
    static const char op[] = "eg_function_print_steps";
    eg_step_info step = {.size = sizeof step};
    int trace = -1;

    if (eg__me.failed)
        return eg__me.failed;
    if (!f || !to)
        return eg__fail(EG_INVALID, op, "%s is NULL", f ? "to" : "function");
    for (int i = 0; eg_function_step(f, i, &step); i++) {
        if (step.trace != trace)
            fprintf(to, "%s, trace %d:\n", f->callable.name, step.trace);
        trace = step.trace;
        print_step(&step, to);
    }
    if (eg__me.failed)
        return eg__me.failed;
    return ferror(to) ? eg__fail(EG_IO, op, "it could not be written") : EG_OK;
}
