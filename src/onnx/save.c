/* A graph as an ONNX file.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/write.h"
#include "base/file.h"
#include "base/memory.h"
#include "op/effect.h"

static const char save_name[] = "eg_onnx_save";

/* ---- inputs and outputs ---------------------------------------------------------------------- */

/* ValueInfoProto. */
static void put_value(eg__text *to, uint32_t field, const char *name, const eg_spec *spec)
{
    eg__text shape = {0}, tensor = {0}, type = {0}, info = {0};

    for (int i = 0; i < spec->rank; i++) {
        eg__text size = {0};
        eg__onnx_put_integer(&size, 1, spec->dims[i]);
        eg__onnx_put_part(&shape, 1, &size);
    }
    eg__onnx_put_integer(&tensor, 1, eg__onnx_type_of(spec->dtype));
    eg__onnx_put_part(&tensor, 2, &shape);
    eg__onnx_put_part(&type, 1, &tensor);
    eg__onnx_put_text(&info, 1, name);
    eg__onnx_put_part(&info, 2, &type);
    eg__onnx_put_part(to, field, &info);
}

static void put_inputs(eg__onnx_writer *w, eg__text *to)
{
    const eg_graph *g = w->graph;

    for (int i = 0; i < g->n_inputs; i++) {
        eg__onnx_name name = eg__onnx_name_of(w, (eg_ref){g->inputs[i], 0});
        put_value(to, 11, name.at, &g->nodes[g->inputs[i]].out[0]);
    }
}

static bool is_named_result(const eg_node *node)
{
    return node->name && node->op != &eg_op_placeholder;
}

/* What the graph wants, or where it says nothing of that, what has a name. */
static int put_outputs(eg__onnx_writer *w, eg__text *to)
{
    const eg_graph *g = w->graph;
    int n = 0;

    for (int i = 0; i < g->n_outputs; i++, n++) {
        eg__onnx_name name = eg__onnx_name_of(w, g->outputs[i]);
        put_value(to, 12, name.at, eg__spec_of(g, g->outputs[i]));
    }
    for (int i = 0; i < g->n && g->n_outputs == 0; i++) {
        if (!is_named_result(&g->nodes[i]))
            continue;
        put_value(to, 12, g->nodes[i].name, &g->nodes[i].out[0]);
        n++;
    }
    return n;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static bool refuse(const eg_node *node)
{
    eg__fail(EG_UNAVAILABLE, save_name, "%s at %s:%d cannot be written to an ONNX file yet",
        node->op->name, node->site.file ? node->site.file : "?", node->site.line);
    return false;
}

static bool put_source(eg__onnx_writer *w, const eg_node *node)
{
    eg__onnx_name name = eg__onnx_result(w, 0);
    bool is_variable = node->op == &eg_op_variable;
    eg_tensor *value = is_variable ? eg__variable_now(node->tensor) : eg__ref(node->tensor);

    if (!value)
        return false;
    eg__onnx_put_constant(w, name.at, value);
    eg__unref(value);
    return true;
}

static bool put_node(eg__onnx_writer *w, uint32_t i)
{
    const eg_node *node = &w->graph->nodes[i];

    w->node = i;
    w->made = 0;
    for (int k = 0; k < node->n_out; k++)
        if (eg__onnx_type_of(node->out[k].dtype) == 0)
            return refuse(node);
    if (node->op == &eg_op_placeholder)
        return true;
    if (node->op == &eg_op_constant || node->op == &eg_op_variable)
        return put_source(w, node);
    return eg__onnx_write_node(w) || refuse(node);
}

static bool put_nodes(eg__onnx_writer *w)
{
    const eg_graph *g = w->graph;
    bool *live = eg__alloc_zero((size_t)g->n + 1), fine = live != NULL;

    if (!live)
        eg__fail_memory(save_name, (size_t)g->n);
    else if (g->n_outputs > 0)
        eg__graph_mark(g, live);
    for (int i = 0; fine && i < g->n; i++)
        if (g->n_outputs == 0 || live[i])
            fine = put_node(w, (uint32_t)i);
    eg__free(live, (size_t)g->n + 1);
    return fine;
}

/* ---- models ---------------------------------------------------------------------------------- */

static void put_model(eg__onnx_writer *w, eg__text *values, eg__text *model)
{
    eg__text graph = {0}, import = {0};

    graph.failed = w->nodes.failed || w->constants.failed || values->failed;
    eg__text_add(&graph, w->nodes.start, w->nodes.length);
    eg__onnx_put_text(&graph, 2, w->graph->name && *w->graph->name ? w->graph->name : "graph");
    if (w->constants.length > 0)
        eg__text_add(&graph, w->constants.start, w->constants.length);
    eg__text_add(&graph, values->start, values->length);
    eg__onnx_put_integer(model, 1, EG__ONNX_IR);
    eg__onnx_put_text(model, 2, "eagre");
    eg__onnx_put_text(model, 3, eg_version());
    eg__onnx_put_text(&import, 1, "");
    eg__onnx_put_integer(&import, 2, EG__ONNX_OPSET);
    eg__onnx_put_part(model, 8, &import);
    eg__onnx_put_part(model, 7, &graph);
}

static void save(eg__onnx_writer *w, const char *path)
{
    eg__text values = {0}, model = {0};

    put_inputs(w, &values);
    if (put_outputs(w, &values) == 0) {
        eg__fail(EG_INVALID, save_name, "no result of the graph has a name: name it with eg_name");
    } else if (put_nodes(w)) {
        put_model(w, &values, &model);
        if (model.failed)
            eg__fail_memory(save_name, model.length);
        else
            eg__file_write(path, model.start, model.length, save_name);
    }
    eg__text_free(&values);
    eg__text_free(&model);
}

eg_status eg_onnx_save(const eg_graph *graph, const char *path)
{
    eg__onnx_writer w = {.graph = graph, .op = save_name};

    if (eg__me.failed)
        return eg__me.failed;
    if (!graph || !path)
        return eg__fail(EG_INVALID, save_name, "the %s is NULL", graph ? "path" : "graph");
    save(&w, path);
    eg__text_free(&w.nodes);
    eg__text_free(&w.constants);
    return eg__me.failed;
}
