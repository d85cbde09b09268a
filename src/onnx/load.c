/* Models as the public interface has them: a file that was read, and the function that runs it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"
#include "base/attrs.h"
#include "base/file.h"
#include "base/memory.h"
#include <eagre/variable.h>

static const char load_name[] = "eg_onnx_load", read_name[] = "eg_onnx_read";

enum { MOST_ARGUMENTS = 64 };

/* ---- the function ---------------------------------------------------------------------------- */

static bool is_weight(const eg_onnx *m, int slot)
{
    for (int i = 0; i < m->graph->n_initial; i++)
        if (m->graph->initial[i].slot == slot)
            return true;
    return false;
}

/* Input number i of those that are no weights; NULL behind the last. */
static const eg__onnx_info *argument(const eg_onnx *m, int i)
{
    for (int k = 0; k < m->graph->n_in; k++)
        if (!is_weight(m, m->graph->in[k].slot) && i-- == 0)
            return &m->graph->in[k];
    return NULL;
}

static int count_arguments(const eg_onnx *m)
{
    int n = 0;

    while (argument(m, n))
        n++;
    return n;
}

static eg_tensor *result_of(int n, const eg__onnx_value out[])
{
    eg_tensor *parts[MOST_ARGUMENTS];

    for (int i = 0; i < n; i++) {
        if (out[i].kind != EG__ONNX_TENSOR)
            return eg__fail_null(EG_UNAVAILABLE, "an ONNX model",
                "output %d is a sequence or an empty optional, which no tensor is", i);
        parts[i] = out[i].tensor;
    }
    return n == 1 ? parts[0] : eg_tuple_of(n, parts);
}

/* The body of a model's function. The environment is where the model is. */
static eg_tensor *run_model(int n, eg_tensor *const in[], void *env)
{
    const eg_onnx *m = *(const eg_onnx **)env;
    eg__arena arena = {0};
    const eg__onnx_graph *g = m->graph;
    eg__onnx_value *values = eg__arena_take(&arena, sizeof *values * (size_t)(g->n_in + g->n_out));
    eg_tensor *y = NULL;

    if (!values)
        return eg__fail_memory("an ONNX model", sizeof *values), NULL;
    for (int k = 0, i = 0; k < g->n_in && i < n; k++)
        if (!is_weight(m, g->in[k].slot))
            values[k] = (eg__onnx_value){.kind = EG__ONNX_TENSOR,
                .tensor = in[i++],
                .narrow = eg__onnx_is_narrow(g->in[k].type) ? (uint8_t)g->in[k].type : 0};
    if (eg__onnx_compute(m, &arena, values, values + g->n_in))
        y = result_of(g->n_out, values + g->n_in);
    eg__arena_free(&arena);
    return y;
}

/* What each argument has to be. Names are told in errors. */
static void declare(const eg_onnx *m, int n, eg_argument arguments[])
{
    for (int i = 0; i < n; i++) {
        const eg__onnx_info *info = argument(m, i);
        arguments[i] = (eg_argument){.name = info->name, .dtype = eg__onnx_dtype(info->type)};
        arguments[i].shape.known = info->has_shape;
        arguments[i].shape.rank = info->rank;
        memcpy(arguments[i].shape.dims, info->dims, sizeof info->dims);
    }
}

static bool make_function(eg_onnx *m)
{
    int n = count_arguments(m);
    eg_argument arguments[MOST_ARGUMENTS];
    const eg_callable callable = {run_model, n, "onnx"};
    eg_function_attrs attrs = {.size = sizeof attrs, .name = m->attrs.name};

    if (n > MOST_ARGUMENTS || m->graph->n_out > MOST_ARGUMENTS || m->graph->n_out < 1) {
        eg__fail(EG_UNAVAILABLE, load_name,
            "the model has %d inputs and %d outputs; at most 64 of each, and an output, can be", n,
            m->graph->n_out);
        return false;
    }
    declare(m, n, arguments);
    attrs.signature = (eg_signature){sizeof(eg_argument), n, arguments};
    m->self = m;
    attrs.env = &m->self;
    attrs.env_size = sizeof m->self;
    m->function = eg_function_new_with(&callable, &attrs);
    return m->function != NULL;
}

/* ---- weights --------------------------------------------------------------------------------- */

static bool make_variable(eg_onnx *m, eg__onnx_initial *weight)
{
    eg_variable_attrs attrs = {.size = sizeof attrs, .name = weight->name};

    if (weight->value.narrow || eg__dtype(eg_dtype_of(weight->value.tensor))->kind != EG__REAL)
        return true;
    if (!eg__reserve(&m->variables, sizeof *m->variables, m->n_variables, &m->variables_capacity))
        return eg__fail_memory(load_name, sizeof *m->variables), false;
    eg_tensor *v = eg_variable_new(weight->value.tensor, &attrs);
    if (!v)
        return false;
    m->variables[m->n_variables++] = v;
    weight->value.tensor = v;
    weight->value.known = false;
    return true;
}

static bool make_variables(eg_onnx *m)
{
    for (int i = 0; m->attrs.variables && i < m->graph->n_initial; i++)
        if (!make_variable(m, &m->graph->initial[i]))
            return false;
    return true;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool check_operators(const eg_onnx *m)
{
    if (m->n_unsupported == 0 || m->attrs.allow_unknown)
        return true;
    const eg__onnx_node *node = m->unsupported[0];
    eg__fail(EG_UNAVAILABLE, load_name,
        "eagre has no operator %s of the domain \"%s\" in version %d, in the node \"%.60s\"%s",
        node->type, node->domain, node->version, node->name,
        m->n_unsupported > 1 ? "; and others" : "");
    return false;
}

static eg_onnx *read_model(eg__wire bytes, const char *folder, const eg_onnx_attrs *attrs)
{
    eg_onnx *m = eg__alloc_zero(sizeof *m);

    if (!m)
        return eg__fail_memory(load_name, sizeof *m), NULL;
    m->folder = folder;
    m->attrs = *attrs;
    m->generator = eg_generator_new(0);
    if (m->generator && eg__onnx_parse(m, bytes) && check_operators(m) && make_variables(m) &&
        make_function(m))
        return m;
    eg_onnx_free(m);
    return NULL;
}

/* The folder that a path is in, in `folder`; false where it is too long. */
static bool folder_of(const char *path, char *folder, size_t room)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 1;

    if (n + 2 > room)
        return false;
    memcpy(folder, slash ? path : ".", n);
    folder[n] = '\0';
    if (n == 0)
        strcpy(folder, "/");
    return true;
}

eg_onnx *eg_onnx_load_with(const char *path, const eg_onnx_attrs *attrs)
{
    char folder[1024];
    eg_onnx_attrs full;
    size_t n;

    if (eg__me.failed || !eg__attrs_complete(&full, sizeof full, attrs, load_name))
        return NULL;
    if (!path || !folder_of(path, folder, sizeof folder))
        return eg__fail_null(EG_INVALID, load_name, "the path is NULL, or too long");
    char *bytes = eg__file_read(path, SIZE_MAX / 4, &n, load_name);
    if (!bytes)
        return NULL;
    eg__wire wire = {(unsigned char *)bytes, (unsigned char *)bytes + n};
    eg_onnx *m = read_model(wire, folder, &full);
    eg__free(bytes, n + 1);
    if (m)
        m->folder = NULL;
    return m;
}

eg_onnx *eg_onnx_load(const char *path)
{
    return eg_onnx_load_with(path, NULL);
}

eg_onnx *eg_onnx_read_with(const void *bytes, size_t n, const eg_onnx_attrs *attrs)
{
    const unsigned char *first = bytes;
    eg_onnx_attrs full;

    if (eg__me.failed || !eg__attrs_complete(&full, sizeof full, attrs, read_name))
        return NULL;
    if (!bytes)
        return eg__fail_null(EG_INVALID, read_name, "the bytes are NULL");
    return read_model((eg__wire){first, first + n}, NULL, &full);
}

eg_onnx *eg_onnx_read(const void *bytes, size_t n)
{
    return eg_onnx_read_with(bytes, n, NULL);
}

void eg_onnx_free(eg_onnx *m)
{
    if (!m)
        return;
    eg_function_free(m->function);
    eg_generator_free(m->generator);
    for (int i = 0; i < m->n_variables; i++)
        eg_variable_free(m->variables[i]);
    for (int i = 0; i < m->n_kept; i++)
        eg__unref(m->kept[i]);
    eg__free(m->variables, (size_t)m->variables_capacity * sizeof *m->variables);
    eg__free(m->kept, (size_t)m->kept_capacity * sizeof *m->kept);
    eg__free(m->unsupported, (size_t)m->unsupported_capacity * sizeof *m->unsupported);
    eg__arena_free(&m->arena);
    eg__free(m, sizeof *m);
}

/* ---- questions ------------------------------------------------------------------------------- */

eg_function *eg_onnx_function(const eg_onnx *model)
{
    return model ? model->function : NULL;
}

static bool tell(const eg__onnx_info *from, eg_onnx_info *info)
{
    if (!from)
        return false;
    eg_onnx_info told = {.name = from->name,
        .dtype = eg__onnx_dtype(from->type),
        .type = eg__onnx_type_name(from->type),
        .is_sequence = from->is_sequence,
        .is_optional = from->is_optional,
        .shape = {from->has_shape, from->rank, {0}}};
    memcpy(told.shape.dims, from->dims, sizeof from->dims);
    memcpy(told.symbols, from->symbols, sizeof from->symbols);
    return eg__attrs_answer(info, &told, sizeof told);
}

bool eg_onnx_input(const eg_onnx *model, int i, eg_onnx_info *info)
{
    return model && i >= 0 && tell(argument(model, i), info);
}

bool eg_onnx_output(const eg_onnx *model, int i, eg_onnx_info *info)
{
    return model && i >= 0 && i < model->graph->n_out && tell(&model->graph->out[i], info);
}

eg_tensor *eg_onnx_weight(const eg_onnx *model, int i)
{
    bool there = model && i >= 0 && i < model->graph->n_initial;
    return there ? model->graph->initial[i].value.tensor : NULL;
}

const char *eg_onnx_weight_name(const eg_onnx *model, int i)
{
    bool there = model && i >= 0 && i < model->graph->n_initial;
    return there ? model->graph->initial[i].name : NULL;
}

int64_t eg_onnx_opset(const eg_onnx *model, const char *domain)
{
    for (int i = 0; model && domain && i < model->imports.n; i++)
        if (strcmp(model->imports.at[i].domain, domain) == 0)
            return model->imports.at[i].version;
    return 0;
}

const char *eg_onnx_metadata(const eg_onnx *model, const char *key)
{
    for (int i = 0; model && key && i < model->n_metadata; i++)
        if (strcmp(model->metadata[i].key, key) == 0)
            return model->metadata[i].value;
    if (model && key && strcmp(key, "producer_name") == 0)
        return model->producer;
    return model && key && strcmp(key, "graph_name") == 0 ? model->graph->name : NULL;
}

bool eg_onnx_unknown(const eg_onnx *model, int i, eg_onnx_operator *op)
{
    if (!model || i < 0 || i >= model->n_unsupported)
        return false;
    const eg__onnx_node *node = model->unsupported[i];
    const eg_onnx_operator found = {0, node->domain, node->type, node->version, node->name};
    return eg__attrs_answer(op, &found, sizeof found);
}
