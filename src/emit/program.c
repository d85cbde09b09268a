/* Bodies: a trace with its branches, or one graph.
 *
 * Every way through a trace ends with a return. So of a guard's outcomes all but one stand in a
 * block, and what follows the last one, that with most behind it, goes on at the same level.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit/program.h"
#include "pass/pass.h"
#include "tensor/variable.h"
#include <stdio.h>
#include <string.h>

/* ---- arguments ------------------------------------------------------------------------------ */

static bool add_value(eg__emitter *e, const eg_spec *spec, const char *name, int *n,
    const eg__cvalue *list[])
{
    eg__cvalue *v = eg__emit_take(e, sizeof *v);

    e->now = NULL;
    if (*n == EG__MOST_SIGNATURE)
        return eg__cannot(e, "there are more than %d arguments or results", EG__MOST_SIGNATURE);
    if (!eg__c_type(spec->dtype))
        return eg__cannot(e, "%s is %s, for which C11 has no type", name,
            eg_dtype_name(spec->dtype));
    if (v)
        *v = (eg__cvalue){spec, eg__c_name(e, name), true, -1};
    list[(*n)++] = v;
    return v && !eg__me.failed;
}

bool eg__c_argument(eg__emitter *e, eg__csignature *s, const eg_spec *spec, const char *name)
{
    return add_value(e, spec, name, &s->n_in, s->in);
}

bool eg__c_result(eg__emitter *e, eg__csignature *s, const eg_spec *spec, const char *name)
{
    return add_value(e, spec, name, &s->n_out, s->out);
}

static bool add_results(eg__emitter *e, eg__csignature *s, int n, const eg_spec *const spec[])
{
    char name[16];

    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, n == 1 ? "out" : "out%d", i);
        if (!eg__c_result(e, s, spec[i], name))
            return false;
    }
    return true;
}

/* ---- assignments ---------------------------------------------------------------------------- */

/* Whether a value is what some other variable of the list holds until then. */
static bool is_assigned_before(eg__emitter *e, int i, eg_tensor *const variable[],
    const eg__cvalue *value)
{
    for (int k = 0; k < i; k++)
        if (strcmp(eg__c_variable(e, variable[k], value->spec)->name, value->name) == 0)
            return true;
    return false;
}

bool eg__c_assign(eg__emitter *e, int n, eg_tensor *const variable[],
    const eg__cvalue *const value[])
{
    const eg__cvalue *from[EG__MAX_PARTS];

    for (int i = 0; i < n; i++) {
        from[i] = value[i];
        if (!is_assigned_before(e, i, variable, value[i]) || eg__me.failed)
            continue;
        eg__cvalue *aside = eg__c_declare(e, value[i]->spec, "aside");
        if (!aside)
            return false;
        eg__copy_all(e, aside, value[i]);
        from[i] = aside;
    }
    for (int i = 0; i < n && !eg__me.failed; i++) {
        eg__cvalue *to = eg__c_variable(e, variable[i], &variable[i]->spec);
        if (to)
            eg__copy_all(e, to, from[i]);
    }
    return !eg__me.failed;
}

/* ---- traces --------------------------------------------------------------------------------- */

/* A path through a trace while it is written. */
typedef struct path {
    eg__emitter *e;
    const eg__csignature *s;
    const eg__trace *trace;
    const eg__cvalue *argument[EG__MOST_ARGUMENTS]; /* NULL: a variable */
    eg__scene *scene;                               /* by depth */
} path;

static const eg__cvalue *find_source(path *p, const eg__source *from, const eg_spec *spec)
{
    if (from->tensor && from->tensor->kind == EG__VARIABLE)
        return eg__c_variable(p->e, from->tensor, spec);
    if (from->tensor)
        return eg__c_constant(p->e, from->tensor, spec);
    if (from->depth < 0)
        return from->index < 0 ? NULL : p->argument[from->index];
    return eg__scene_output(&p->scene[from->depth], from->index);
}

/* Writes a piece; a leaf's results go where the caller wants them. */
static bool write_piece(path *p, const eg__place *place)
{
    const eg__segment *segment = place->piece->segment;
    const eg_graph *graph = place->piece->plan->run;
    size_t n = (size_t)graph->n_inputs + 1, m = (size_t)graph->n_outputs + 1;
    const eg__cvalue **in = eg__emit_take(p->e, sizeof *in * n);
    const eg__cvalue **want = eg__emit_take(p->e, sizeof *want * m);

    if (!in || !want)
        return false;
    memset(want, 0, sizeof *want * m);
    for (int i = 0; i < graph->n_inputs; i++)
        in[i] = find_source(p, &place->imports[i], graph->nodes[graph->inputs[i]].out);
    for (int k = 0; k < place->n_results; k++)
        if (!place->results[k].tensor && place->results[k].depth == segment->depth)
            want[place->results[k].index] = p->s->out[k];
    return eg__scene_write(&p->scene[segment->depth], p->e, graph, in, want);
}

static bool write_return(path *p, const eg__place *leaf)
{
    const eg__segment *segment = leaf->piece->segment;
    const eg__cvalue *value[EG__MAX_PARTS];

    p->e->now = NULL;
    if (leaf->n_results != p->s->n_out)
        return eg__cannot(p->e, "ways through the body return different numbers of results");
    if (leaf->n_assigned > EG__MAX_PARTS)
        return eg__cannot(p->e, "more than %d variables are assigned", EG__MAX_PARTS);
    for (int k = 0; k < leaf->n_results; k++) {
        const eg_spec *spec = eg__value_spec(&segment->results[k]);
        if (!eg__same_spec(spec, p->s->out[k]->spec))
            return eg__cannot(p->e, "ways through the body return different shapes");
        const eg__cvalue *from = find_source(p, &leaf->results[k], spec);
        if (!from)
            return false;
        eg__copy_all(p->e, p->s->out[k], from);
    }
    for (int i = 0; i < leaf->n_assigned; i++)
        if (!(value[i] = find_source(p, &leaf->assigned[i], &leaf->assigned_to[i]->spec)))
            return false;
    if (!eg__c_assign(p->e, leaf->n_assigned, leaf->assigned_to, value))
        return false;
    eg__line(p->e, "return %s_OK;", eg__c_upper(p->e, p->e->prefix));
    return true;
}

/* The question whether a value has the outcome that leads to child i. */
static const char *question(path *p, const eg__place *place, int i)
{
    const eg__segment *segment = place->piece->segment;
    const eg_spec *spec = eg__value_spec(&segment->asked);
    const eg__cvalue *asked = find_source(p, &place->asked, spec);
    const void *seen = place->seen[i].bytes;
    uint64_t bits = 0;

    if (!asked)
        return "";
    const char *x = eg__read(p->e, asked, "0");
    if (segment->end == EG__END_TRUE)
        return eg__say(p->e, *(const unsigned char *)seen ? "%s != 0" : "!(%s != 0)", x);
    if (!eg__c_is_real(spec->dtype))
        return eg__say(p->e, "%s == %s", x, eg__c_literal(p->e, spec->dtype, seen));
    memcpy(&bits, seen, place->seen[i].size < sizeof bits ? place->seen[i].size : sizeof bits);
    return eg__say(p->e, "%s(%s) == UINT64_C(0x%llx)", eg__helper(p->e, "bits", spec->dtype), x,
        (unsigned long long)bits);
}

/* How many places there are from one on. */
static int count_places(const eg__place *place)
{
    int n = 1;

    while (place->n_children == 1) {
        place = place->children[0];
        n++;
    }
    for (int i = 0; i < place->n_children; i++)
        n += count_places(place->children[i]);
    return n;
}

static int longest_child(const eg__place *place)
{
    int best = 0, most = 0;

    for (int i = 0; place->n_children > 1 && i < place->n_children; i++) {
        int n = count_places(place->children[i]);
        best = n > most ? i : best;
        most = n > most ? n : most;
    }
    return best;
}

static bool write_way(path *p, const eg__place *place);

/* Writes the branches but one, whose number is given; -1 after an error. */
static int write_branches(path *p, const eg__place *place)
{
    const eg__segment *segment = place->piece->segment;
    const eg_site *site = &segment->site;
    int last = longest_child(place);

    if (segment->end == EG__END_CALL && place->n_children > 1) {
        p->e->now = NULL;
        eg__cannot(p->e, "what it does depends on the environment of a function that it calls");
        return -1;
    }
    if (segment->end == EG__END_CALL)
        return 0;
    const char *file = site->file ? strrchr(site->file, '/') : NULL;
    if (site->file && !strstr(site->file, "*/"))
        eg__line(p->e, "/* if: %s:%d */", file ? file + 1 : site->file, site->line);
    for (int i = 0; i < place->n_children; i++) {
        if (i == last)
            continue;
        eg__open(p->e, "if (%s)", question(p, place, i));
        if (!write_way(p, place->children[i]))
            return -1;
        eg__close(p->e);
    }
    bool knows_both = segment->end == EG__END_TRUE && place->n_children == 2;
    if (!knows_both) {
        eg__line(p->e, "if (!(%s))", question(p, place, last));
        eg__line(p->e, "    return %s_UNSEEN;", eg__c_upper(p->e, p->e->prefix));
        p->e->fails = true;
    }
    return eg__me.failed ? -1 : last;
}

/* Writes all that can follow from a place on. */
static bool write_way(path *p, const eg__place *place)
{
    int first = place->piece->segment->depth, next;
    bool done = true;

    for (;; place = place->children[next]) {
        done = write_piece(p, place);
        if (done && place->n_children == 0) {
            done = write_return(p, place);
            break;
        }
        next = done ? write_branches(p, place) : -1;
        if (next < 0) {
            done = false;
            break;
        }
    }
    for (int i = first; i <= place->piece->segment->depth; i++)
        eg__scene_end(&p->scene[i]);
    return done;
}

static bool add_arguments(path *p, eg__csignature *s)
{
    const eg__trace *t = p->trace;
    char name[32];

    for (int i = 0; i < t->n; i++) {
        const eg__argument *a = &t->arguments[i];
        const eg_argument *declared = t->function->arguments;
        snprintf(name, sizeof name, "in%d", i);
        p->argument[i] = NULL;
        if (a->variable)
            continue;
        if (a->value)
            p->argument[i] = eg__c_constant(p->e, a->value, &a->spec);
        else if (eg__c_argument(p->e, s, &a->spec,
                     declared && declared[i].name ? declared[i].name : name))
            p->argument[i] = s->in[s->n_in - 1];
        if (!p->argument[i])
            return false;
    }
    return true;
}

static const eg__place *first_leaf(const eg__program *program)
{
    const eg__place *place = &program->places[0];

    while (place->n_children > 0)
        place = place->children[0];
    return place;
}

static bool add_signature(path *p, eg__csignature *s, const eg__program *program)
{
    const eg__place *leaf = first_leaf(program);
    const eg_spec *spec[EG__MAX_PARTS];
    int n = leaf->n_results;

    for (int i = 0; i < program->n_places; i++)
        for (int k = 0; k < program->places[i].n_assigned; k++)
            if (!eg__c_assigned(p->e, program->places[i].assigned_to[k]))
                return false;
    for (int k = 0; k < n && k < EG__MAX_PARTS; k++)
        spec[k] = eg__value_spec(&leaf->piece->segment->results[k]);
    return add_arguments(p, s) && add_results(p->e, s, n, spec);
}

bool eg__c_trace(eg__emitter *e, eg__csignature *s, const eg__trace *trace)
{
    const eg__program *program = atomic_load(&trace->program);
    path p = {.e = e, .s = s, .trace = trace};

    if (!program)
        return eg__fail(EG_STATE, e->op, "the trace has no program") == EG_OK;
    size_t size = sizeof *p.scene * ((size_t)program->n_places + 1);
    p.scene = eg__emit_take(e, size);
    if (!p.scene || !add_signature(&p, s, program))
        return false;
    memset(p.scene, 0, size);
    return write_way(&p, &program->places[0]);
}

/* ---- graphs --------------------------------------------------------------------------------- */

/* The variable that a result "assign:NAME" belongs to; NULL: there is none. */
static eg_tensor *assigned_by(const eg_graph *graph, const char *name)
{
    static const char prefix[] = "assign:";

    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return NULL;
    for (int i = 0; i < graph->n; i++)
        if (graph->nodes[i].op == &eg_op_variable &&
            strcmp(eg_variable_name(graph->nodes[i].tensor), name + sizeof prefix - 1) == 0)
            return graph->nodes[i].tensor;
    return NULL;
}

/* What a graph gives: the results, then what variables become. */
typedef struct wishes {
    int n, n_assigned;
    eg_ref ref[EG__MOST_SIGNATURE];
    const char *name[EG__MOST_SIGNATURE];
    eg_tensor *variable[EG__MAX_PARTS];
    eg_ref becomes[EG__MAX_PARTS];
} wishes;

static bool wish(eg__emitter *e, wishes *w, const eg_graph *graph, eg_ref r, const char *name)
{
    eg_tensor *variable = name ? assigned_by(graph, name) : NULL;

    if (w->n == EG__MOST_SIGNATURE || w->n_assigned == EG__MAX_PARTS)
        return eg__cannot(e, "there are too many results");
    if (variable) {
        w->variable[w->n_assigned] = variable;
        w->becomes[w->n_assigned++] = r;
        return eg__c_assigned(e, variable);
    }
    w->ref[w->n] = r;
    w->name[w->n++] = name;
    return true;
}

static bool find_wishes(eg__emitter *e, wishes *w, const eg_graph *graph)
{
    for (int i = 0; i < graph->n; i++) {
        const eg_node *node = &graph->nodes[i];
        if (node->name && !(node->op->traits & EG__SOURCE) && node->n_out > 0 &&
            !wish(e, w, graph, (eg_ref){(uint32_t)i, 0}, node->name))
            return false;
    }
    return true;
}

/* A copy of the graph that gives what is wished for. */
static eg_graph *copy_for(eg__emitter *e, wishes *w, const eg_graph *graph)
{
    eg_graph *copy = eg__graph_copy(graph);
    bool done = copy != NULL;

    if (done && w->n + w->n_assigned == 0) {
        done = eg__graph_want_leaves(copy) == EG_OK;
        for (int k = 0; done && k < copy->n_outputs; k++)
            done = wish(e, w, graph, copy->outputs[k], NULL);
        copy->n_outputs = 0;
    }
    for (int k = 0; done && k < w->n; k++)
        done = eg__graph_want(copy, w->ref[k]);
    for (int k = 0; done && k < w->n_assigned; k++)
        done = eg__graph_want(copy, w->becomes[k]);
    if (done && eg__passes_run(copy) == EG_OK)
        return copy;
    eg_graph_free(copy);
    return NULL;
}

static bool graph_signature(eg__emitter *e, eg__csignature *s, const eg_graph *graph,
    const wishes *w)
{
    char name[24];

    for (int i = 0; i < graph->n_inputs; i++) {
        const eg_node *node = &graph->nodes[graph->inputs[i]];
        snprintf(name, sizeof name, "in%d", i);
        if (!eg__c_argument(e, s, node->out, node->name ? node->name : name))
            return false;
    }
    for (int k = 0; k < w->n; k++) {
        bool only = w->n == 1 && (!w->name[k] || strcmp(w->name[k], "out0") == 0);
        snprintf(name, sizeof name, only ? "out" : "out%d", k);
        if (!eg__c_result(e, s, eg__spec_of(graph, w->ref[k]),
                only || !w->name[k] ? name : w->name[k]))
            return false;
    }
    return true;
}

static bool write_graph(eg__emitter *e, const eg__csignature *s, const eg_graph *run,
    const wishes *w)
{
    const eg__cvalue *want[EG__MOST_SIGNATURE + EG__MAX_PARTS] = {NULL};
    const eg__cvalue *value[EG__MAX_PARTS];
    eg__scene scene;

    for (int k = 0; k < w->n; k++)
        want[k] = s->out[k];
    bool done = eg__scene_write(&scene, e, run, s->in, want);
    for (int k = 0; done && k < w->n; k++)
        eg__copy_all(e, s->out[k], eg__scene_output(&scene, k));
    for (int k = 0; done && k < w->n_assigned; k++)
        value[k] = eg__scene_output(&scene, w->n + k);
    done = done && eg__c_assign(e, w->n_assigned, w->variable, value);
    eg__scene_end(&scene);
    if (done)
        eg__line(e, "return %s_OK;", eg__c_upper(e, e->prefix));
    return done && !eg__me.failed;
}

bool eg__c_graph(eg__emitter *e, eg__csignature *s, const eg_graph *graph)
{
    wishes *w = eg__emit_take(e, sizeof *w);

    if (!w)
        return false;
    memset(w, 0, sizeof *w);
    if (!find_wishes(e, w, graph))
        return false;
    eg_graph *copy = copy_for(e, w, graph);
    if (!copy)
        return false;
    eg_graph *run = graph_signature(e, s, graph, w) ? eg__passes_plan(copy, NULL) : NULL;
    bool done = run && write_graph(e, s, run, w);
    /* Texts, specs and tensors of both are looked at until the files are written. */
    bool kept = eg__emit_keep(e, copy);
    return eg__emit_keep(e, run) && kept && done;
}
