/* Pictures of graphs and functions: the language of graphviz, and through its program dot the
 * formats it draws.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/os.h"
#include "function/concrete.h"
#include "graph/dot.h"
#include <eagre/see.h>
#include <string.h>

/* ---- functions ------------------------------------------------------------------------------ */

/* An edge from a value to a node; constants and variables are drawn beside each use. */
static void put_edge(const eg__segment *s, eg_ref in, int to, eg__text *text)
{
    eg__value v = eg__segment_value(s, in);

    if (v.segment)
        eg__text_format(text, "  s%dn%u -> s%dn%d;\n", v.segment->number, v.ref.node, s->number,
            to);
    else
        eg__text_format(text, "  s%dn%u -> s%dn%d;\n", s->number, in.node, s->number, to);
}

static void put_end(const eg__segment *s, const char *label, const char *shape,
    const eg__value values[], int n, eg__text *text)
{
    eg__text_format(text, "  s%dend [label=\"%s\", shape=%s, fillcolor=\"#e8daef\"];\n", s->number,
        label, shape);
    for (int i = 0; i < n; i++)
        if (values[i].segment)
            eg__text_format(text, "  s%dn%u -> s%dend;\n", values[i].segment->number,
                values[i].ref.node, s->number);
}

static void put_outcome(const eg__segment *s, const eg__outcome *o, eg__text *text)
{
    const eg__segment *child = o->segment;

    eg__text_format(text, "  s%dend -> s%dend [style=bold, label=\"", s->number, child->number);
    if (s->end == EG__END_TRUE)
        eg__text_put(text, *(const bool *)o->bytes ? "true" : "false");
    else if (s->end == EG__END_ITEM)
        eg__literal_put(eg__value_spec(&s->asked), o->bytes, text);
    eg__text_put(text, "\"];\n");
}

static void put_segment(const eg__segment *s, eg__text *text)
{
    for (int i = 0; i < s->graph->n; i++) {
        const eg_node *node = &s->graph->nodes[i];
        if (node->op == &eg_op_placeholder && s->parent)
            continue;
        eg__dot_node(node, s->number, i, text);
        for (int k = 0; k < node->n_in; k++)
            put_edge(s, node->in[k], i, text);
    }
    if (s->end == EG__END_RETURN)
        put_end(s, "return", "oval", s->results, s->n_results, text);
    else if (s->end == EG__END_CALL)
        put_end(s, s->callee->callable.name, "diamond", NULL, 0, text);
    else
        put_end(s, s->end == EG__END_TRUE ? "true?" : "which?", "diamond", &s->asked, 1, text);
    for (int i = 0; i < s->n_outcomes; i++)
        put_outcome(s, &s->outcomes[i], text);
}

static void put_trace(const eg_function *f, const eg__trace *trace, eg__text *text)
{
    eg__dot_start(text, f->callable.name);
    for (int i = 0; trace && i < trace->n_segments; i++)
        put_segment(trace->segments[i], text);
    eg__text_put(text, "}\n");
}

/* ---- files ---------------------------------------------------------------------------------- */

/* Runs dot on a file of its language. */
static void run_dot(const char *source, const char *format, const char *path, const char *op)
{
    char type[8];
    const char *argv[] = {"dot", type, source, NULL};
    eg__new_file picture;

    snprintf(type, sizeof type, "-T%s", format);
    if (eg__file_begin(&picture, path, op) != EG_OK)
        return;
    int status = eg__os_run(argv, picture.aside);
    if (status < 0 || status == 127)
        eg__fail(EG_UNAVAILABLE, op,
            "dot is not installed, so %s cannot be drawn; it belongs to the package graphviz",
            path);
    else if (status != 0)
        eg__fail(EG_IO, op, "dot could not draw %s; it ended with status %d", path, status);
    eg__file_end(&picture);
}

static eg_status draw_with_dot(const eg__text *text, const char *format, const char *path,
    const char *op)
{
    eg__new_file source;

    if (eg__file_begin(&source, path, op) != EG_OK)
        return eg__me.failed;
    fwrite(text->start, 1, text->length, source.f);
    if (fflush(source.f) == 0)
        run_dot(source.aside, format, path, op);
    else
        eg__fail(EG_IO, op, "cannot write %s: the disk may be full", path);
    eg__file_drop(&source);
    return eg__me.failed;
}

static eg_status draw(eg__text *text, const char *path, const char *op)
{
    static const char *const formats[] = {"svg", "png", "pdf"};
    const char *ending = path ? strrchr(path, '.') : NULL;

    if (text->failed)
        return eg__fail_memory(op, text->length);
    if (ending && strcmp(ending, ".dot") == 0)
        return eg__file_write(path, text->start, text->length, op);
    for (size_t i = 0; ending && i < sizeof formats / sizeof *formats; i++)
        if (strcmp(ending + 1, formats[i]) == 0)
            return draw_with_dot(text, formats[i], path, op);
    return eg__fail(EG_INVALID, op, "%s must end in .dot, .svg, .png or .pdf",
        path ? path : "the path is NULL and");
}

eg_status eg_graph_draw(const eg_graph *graph, const char *path)
{
    static const char op[] = "eg_graph_draw";
    eg__text text = {0};

    if (eg__me.failed)
        return eg__me.failed;
    if (!graph)
        return eg__fail(EG_INVALID, op, "graph is NULL");
    eg__dot_graph(graph, &text);
    draw(&text, path, op);
    eg__text_free(&text);
    return eg__me.failed;
}

eg_status eg_function_draw(const eg_function *function, const char *path)
{
    static const char op[] = "eg_function_draw";
    eg__text text = {0};

    if (eg__me.failed)
        return eg__me.failed;
    if (!function)
        return eg__fail(EG_INVALID, op, "function is NULL");
    eg__function_lock(function);
    put_trace(function, atomic_load(&function->traces), &text);
    eg__function_unlock(function);
    draw(&text, path, op);
    eg__text_free(&text);
    return eg__me.failed;
}

eg_status eg_concrete_draw(const eg_concrete *c, const char *path)
{
    static const char op[] = "eg_concrete_draw";
    eg__text text = {0};

    if (eg__me.failed)
        return eg__me.failed;
    if (!c)
        return eg__fail(EG_INVALID, op, "concrete is NULL");
    put_trace(c->function, c->trace, &text);
    draw(&text, path, op);
    eg__text_free(&text);
    return eg__me.failed;
}
