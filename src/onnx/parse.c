/* From the bytes of a model to its graphs: names are looked up once, and what is wrong is said with
 * the node or value that it is about.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/parse.h"
#include "base/hash.h"
#include "base/memory.h"
#include <string.h>

static const char op_name[] = "eg_onnx_load";

/* ---- names ----------------------------------------------------------------------------------- */

static uint64_t hash_of(const char *name)
{
    return eg__hash_bytes(0, name, strlen(name));
}

static int find(const eg__onnx_names *n, const char *name)
{
    const uint32_t *slot = eg__map_find(&n->slots, hash_of(name));

    return slot && strcmp(n->known[*slot], name) == 0 ? (int)*slot : -1;
}

/* A slot for a new name of the graph; -1, reported, where it has that name already. */
static int define(eg__onnx_parser *p, const char *name)
{
    eg__onnx_names *n = p->at;

    if (eg__map_find(&n->slots, hash_of(name)))
        return eg__onnx_wrong("the value", name, "is made twice"), -1;
    if (!eg__reserve(&n->known, sizeof *n->known, n->n, &n->capacity) ||
        !eg__map_set(&n->slots, hash_of(name), (uint32_t)n->n))
        return eg__fail_memory(op_name, sizeof *n->known), -1;
    n->known[n->n] = name;
    return n->n++;
}

static bool look_up(const eg__onnx_parser *p, const char *name, eg__onnx_ref *ref)
{
    int up = 0;

    *ref = (eg__onnx_ref){-1, 0};
    if (*name == '\0')
        return true;
    for (const eg__onnx_names *n = p->at; n; n = n->outer, up++) {
        int slot = find(n, name);
        if (slot >= 0) {
            *ref = (eg__onnx_ref){up, slot};
            return true;
        }
    }
    return eg__onnx_wrong("the value", name, "is used, but nothing before makes it");
}

static void names_begin(eg__onnx_parser *p, eg__onnx_names *n, bool is_inner)
{
    *n = (eg__onnx_names){.outer = is_inner ? p->at : NULL};
    p->at = n;
}

static void names_end(eg__onnx_parser *p, eg__onnx_names *n, eg__onnx_names *before)
{
    eg__map_free(&n->slots);
    eg__free(n->known, (size_t)n->capacity * sizeof *n->known);
    p->at = before;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static int64_t version_of(const eg__onnx_parser *p, const char *domain)
{
    for (int i = 0; i < p->imports->n; i++)
        if (strcmp(p->imports->at[i].domain, domain) == 0)
            return p->imports->at[i].version;
    return 0;
}

static bool parse_function(eg__onnx_parser *p, eg__onnx_function *f);

/* The model's function that a node calls, if there is one. */
static bool find_function(eg__onnx_parser *p, eg__onnx_node *node, const char *overload)
{
    for (int i = 0; i < p->model->n_functions; i++) {
        eg__onnx_function *f = &p->model->functions[i];
        if (strcmp(f->name, node->type) == 0 && strcmp(f->domain, node->domain) == 0 &&
            strcmp(f->overload, overload) == 0) {
            node->calls = f;
            return parse_function(p, f);
        }
    }
    return true;
}

static bool find_operator(eg__onnx_parser *p, eg__onnx_node *node, const char *overload)
{
    eg_onnx *m = p->model;
    int64_t version = version_of(p, node->domain);

    if (!find_function(p, node, overload))
        return false;
    if (node->calls)
        return true;
    if (version < 1 || version > INT32_MAX)
        return eg__onnx_wrong("the node", node->type,
            "is of a domain that the model does not import");
    node->version = (int)version;
    node->op = eg__onnx_find(node->domain, node->type, node->version);
    if (node->op)
        return true;
    if (!eg__reserve(&m->unsupported, sizeof(eg__onnx_node *), m->n_unsupported,
            &m->unsupported_capacity)) {
        eg__fail_memory(op_name, sizeof node);
        return false;
    }
    m->unsupported[m->n_unsupported++] = node;
    return true;
}

static bool take_refs(eg__onnx_parser *p, eg__wire message, uint32_t number, eg__onnx_node *node)
{
    int64_t n = eg__wire_count(message, number);
    eg__onnx_ref *refs = eg__onnx_room(p, n, sizeof *refs);
    eg__wire_field f;
    const char *name;

    while (refs && eg__wire_next(&message, &f)) {
        if (f.number != number)
            continue;
        if (!eg__onnx_take_name(p, f.bytes, &name) || !look_up(p, name, &refs[node->n_in++]))
            return false;
    }
    node->in = refs;
    return refs != NULL;
}

static bool take_outputs(eg__onnx_parser *p, eg__wire message, eg__onnx_node *node)
{
    int64_t n = eg__wire_count(message, 2);
    int *slots = eg__onnx_room(p, n, sizeof *slots);
    eg__wire_field f;
    const char *name;

    while (slots && eg__wire_next(&message, &f)) {
        if (f.number != 2)
            continue;
        if (!eg__onnx_take_name(p, f.bytes, &name))
            return false;
        int slot = *name ? define(p, name) : -1;
        if (*name && slot < 0)
            return false;
        slots[node->n_out++] = slot;
    }
    node->out = slots;
    return slots != NULL;
}

static bool take_node(eg__onnx_parser *p, eg__wire message, eg__onnx_node *node)
{
    eg__wire_field f;
    eg__wire at = message;
    const char *overload = "";
    bool fine = true;

    if (!eg__wire_ok(message))
        return eg__onnx_wrong("a node", "", "is cut off");
    node->name = node->type = node->domain = "";
    while (fine && eg__wire_next(&at, &f)) {
        if (f.number == 3)
            fine = eg__onnx_take_name(p, f.bytes, &node->name);
        if (f.number == 4)
            fine = eg__onnx_take_name(p, f.bytes, &node->type);
        if (f.number == 7)
            fine = eg__onnx_take_name(p, f.bytes, &node->domain);
        if (f.number == 8)
            fine = eg__onnx_take_name(p, f.bytes, &overload);
    }
    if (strcmp(node->domain, "ai.onnx") == 0)
        node->domain = "";
    if (!fine || !find_operator(p, node, overload) || !take_refs(p, message, 1, node))
        return false;
    node->attributes = eg__onnx_take_attributes(p, message, 5, &node->n_attributes);
    return node->attributes && take_outputs(p, message, node);
}

/* ---- inputs and outputs ---------------------------------------------------------------------- */

static bool take_shape(eg__onnx_parser *p, eg__wire message, eg__onnx_info *info)
{
    eg__wire_field f, size;

    info->has_shape = true;
    while (eg__wire_next(&message, &f)) {
        if (f.number != 1)
            continue;
        if (info->rank == EG_MAX_RANK)
            return eg__onnx_wrong("the value", info->name, "has more than 8 axes");
        int i = info->rank++;
        info->dims[i] = -1;
        while (eg__wire_next(&f.bytes, &size)) {
            if (size.number == 1)
                info->dims[i] = (int64_t)size.value;
            if (size.number == 2 && !eg__onnx_take_name(p, size.bytes, &info->symbols[i]))
                return false;
        }
        if (info->dims[i] < 0)
            info->dims[i] = -1;
    }
    return true;
}

/* TypeProto; those of sequences and optionals have another inside. */
static bool take_type(eg__onnx_parser *p, eg__wire message, eg__onnx_info *info, int deep)
{
    eg__wire_field f, inner;

    while (eg__wire_next(&message, &f)) {
        info->is_sequence |= f.number == 4;
        info->is_optional |= f.number == 9;
        info->is_other |= f.number == 5 || f.number == 7 || f.number == 8;
        if (f.number != 1 && f.number != 4 && f.number != 9)
            continue;
        while (eg__wire_next(&f.bytes, &inner)) {
            if (f.number == 1 && inner.number == 1)
                info->type = inner.value < EG__ONNX_TYPES ? (int)inner.value : -1;
            if (f.number == 1 && inner.number == 2 && !take_shape(p, inner.bytes, info))
                return false;
            if (f.number != 1 && inner.number == 1 && deep < 4 &&
                !take_type(p, inner.bytes, info, deep + 1))
                return false;
        }
    }
    return true;
}

static bool take_info(eg__onnx_parser *p, eg__wire message, eg__onnx_info *info)
{
    eg__wire_field f;
    eg__wire at = message;

    if (!eg__wire_ok(message))
        return eg__onnx_wrong("an input or output", "", "is cut off");
    info->name = "";
    while (eg__wire_next(&at, &f))
        if (f.number == 1 && !eg__onnx_take_name(p, f.bytes, &info->name))
            return false;
    for (at = message; eg__wire_next(&at, &f);)
        if (f.number == 2 && !take_type(p, f.bytes, info, 0))
            return false;
    return true;
}

static eg__onnx_info *take_infos(eg__onnx_parser *p, eg__wire message, uint32_t number, int *n)
{
    int64_t count = eg__wire_count(message, number), i = 0;
    eg__onnx_info *room = eg__onnx_room(p, count, sizeof *room);
    eg__wire_field f;

    while (room && eg__wire_next(&message, &f))
        if (f.number == number && !take_info(p, f.bytes, &room[i++]))
            return NULL;
    *n = (int)i;
    return room;
}

/* ---- graphs ---------------------------------------------------------------------------------- */

static bool take_weight(eg__onnx_parser *p, const eg__wire_field *f, eg__onnx_initial *weight)
{
    eg__wire_field inner;
    eg__wire at = f->bytes;

    weight->name = "";
    if (f->number == 15) {
        if (!eg__onnx_take_sparse(p, f->bytes, &weight->value, &weight->name))
            return false;
    } else if (!eg__onnx_take_tensor(p, f->bytes, &weight->value)) {
        return false;
    }
    while (f->number == 5 && eg__wire_next(&at, &inner))
        if (inner.number == 8 && !eg__onnx_take_name(p, inner.bytes, &weight->name))
            return false;
    weight->slot = find(p->at, weight->name); /* a default of an input */
    if (weight->slot < 0)
        weight->slot = define(p, weight->name);
    return weight->slot >= 0;
}

static bool take_weights(eg__onnx_parser *p, eg__wire message, eg__onnx_graph *g)
{
    int64_t n = eg__wire_count(message, 5) + eg__wire_count(message, 15);
    eg__wire_field f;

    g->initial = eg__onnx_room(p, n, sizeof *g->initial);
    while (g->initial && eg__wire_next(&message, &f))
        if ((f.number == 5 || f.number == 15) && !take_weight(p, &f, &g->initial[g->n_initial++]))
            return false;
    return g->initial != NULL;
}

static bool take_nodes(eg__onnx_parser *p, eg__wire message, uint32_t number, eg__onnx_graph *g)
{
    int64_t n = eg__wire_count(message, number);
    eg__wire_field f;

    g->nodes = eg__onnx_room(p, n, sizeof *g->nodes);
    while (g->nodes && eg__wire_next(&message, &f))
        if (f.number == number && !take_node(p, f.bytes, &g->nodes[g->n_nodes++]))
            return false;
    return g->nodes != NULL;
}

/* Outputs are values that nodes made, or inputs, or in a subgraph values from outside. */
static bool find_results(eg__onnx_parser *p, eg__onnx_graph *g)
{
    g->results = eg__onnx_room(p, g->n_out, sizeof *g->results);
    for (int i = 0; g->results && i < g->n_out; i++)
        if (!look_up(p, g->out[i].name, &g->results[i]) || g->results[i].up < 0)
            return false;
    return g->results != NULL;
}

static bool define_inputs(eg__onnx_parser *p, eg__onnx_graph *g)
{
    for (int i = 0; i < g->n_in; i++) {
        g->in[i].slot = define(p, g->in[i].name);
        if (g->in[i].slot < 0)
            return false;
    }
    return true;
}

static bool fill_graph(eg__onnx_parser *p, eg__wire bytes, eg__onnx_graph *g)
{
    eg__wire_field f;
    eg__wire at = bytes;

    if (!eg__wire_ok(bytes))
        return eg__onnx_wrong("the graph", "", "is cut off or no graph");
    g->name = "";
    while (eg__wire_next(&at, &f))
        if (f.number == 2 && !eg__onnx_take_name(p, f.bytes, &g->name))
            return false;
    g->in = take_infos(p, bytes, 11, &g->n_in);
    g->out = g->in ? take_infos(p, bytes, 12, &g->n_out) : NULL;
    return g->out && define_inputs(p, g) && take_weights(p, bytes, g) &&
        take_nodes(p, bytes, 1, g) && find_results(p, g);
}

eg__onnx_graph *eg__onnx_take_graph(eg__onnx_parser *p, eg__wire bytes, bool is_inner)
{
    eg__onnx_names *before = p->at, inside;
    eg__onnx_graph *g = eg__onnx_room(p, 1, sizeof *g);

    if (g && p->deep == EG__ONNX_MOST_DEEP)
        return eg__onnx_wrong("the model", "", "has graphs inside one another, too deep"), NULL;
    if (!g)
        return NULL;
    p->deep++;
    names_begin(p, &inside, is_inner);
    bool fine = fill_graph(p, bytes, g);
    g->n_slots = inside.n;
    names_end(p, &inside, before);
    p->deep--;
    return fine ? g : NULL;
}

/* ---- functions ------------------------------------------------------------------------------- */

static bool take_imports(eg__onnx_parser *p, eg__wire message, uint32_t number,
    eg__onnx_imports *imports)
{
    int64_t n = eg__wire_count(message, number);
    eg__wire_field f, inner;

    imports->at = eg__onnx_room(p, n, sizeof *imports->at);
    while (imports->at && eg__wire_next(&message, &f)) {
        if (f.number != number)
            continue;
        eg__onnx_import *import = &imports->at[imports->n++];
        import->domain = "";
        while (eg__wire_next(&f.bytes, &inner)) {
            if (inner.number == 1 && !eg__onnx_take_name(p, inner.bytes, &import->domain))
                return false;
            if (inner.number == 2)
                import->version = (int64_t)inner.value;
        }
        if (strcmp(import->domain, "ai.onnx") == 0)
            import->domain = "";
    }
    return imports->at != NULL;
}

/* The names of a function's inputs or outputs, which say nothing of types. */
static eg__onnx_info *take_plain_infos(eg__onnx_parser *p, eg__wire message, uint32_t number,
    int *n)
{
    int64_t count = eg__wire_count(message, number), i = 0;
    eg__onnx_info *room = eg__onnx_room(p, count, sizeof *room);
    eg__wire_field f;

    while (room && eg__wire_next(&message, &f))
        if (f.number == number && !eg__onnx_take_name(p, f.bytes, &room[i++].name))
            return NULL;
    *n = (int)i;
    return room;
}

static bool fill_function(eg__onnx_parser *p, eg__onnx_function *f, eg__onnx_graph *g)
{
    g->name = f->name;
    f->defaults = eg__onnx_take_attributes(p, f->bytes, 11, &f->n_defaults);
    if (!f->defaults || !take_imports(p, f->bytes, 9, &f->imports))
        return false;
    g->in = take_plain_infos(p, f->bytes, 4, &g->n_in);
    g->out = g->in ? take_plain_infos(p, f->bytes, 5, &g->n_out) : NULL;
    g->initial = eg__onnx_room(p, 0, sizeof *g->initial);
    return g->out && g->initial && define_inputs(p, g) && take_nodes(p, f->bytes, 7, g) &&
        find_results(p, g);
}

/* Reads the body of a function when the first node calls it; one that calls itself is refused. */
static bool parse_function(eg__onnx_parser *p, eg__onnx_function *f)
{
    eg__onnx_names *before = p->at, inside;
    const eg__onnx_imports *imports = p->imports;

    if (f->graph)
        return true;
    if (f->parsing || p->deep == EG__ONNX_MOST_DEEP)
        return eg__onnx_wrong("the function", f->name, "calls itself, or functions too deep");
    eg__onnx_graph *g = eg__onnx_room(p, 1, sizeof *g);
    if (!g)
        return false;
    f->parsing = true;
    p->deep++;
    p->imports = &f->imports;
    names_begin(p, &inside, false);
    bool fine = fill_function(p, f, g);
    g->n_slots = inside.n;
    names_end(p, &inside, before);
    p->imports = imports;
    p->deep--;
    f->parsing = false;
    f->graph = fine ? g : NULL;
    return fine;
}

static bool take_function(eg__onnx_parser *p, eg__wire bytes, eg__onnx_function *f)
{
    eg__wire_field field;
    eg__wire at = bytes;
    bool fine = eg__wire_ok(bytes) || eg__onnx_wrong("a function", "", "is cut off");

    f->bytes = bytes;
    f->name = f->domain = f->overload = "";
    while (fine && eg__wire_next(&at, &field)) {
        if (field.number == 1)
            fine = eg__onnx_take_name(p, field.bytes, &f->name);
        if (field.number == 10)
            fine = eg__onnx_take_name(p, field.bytes, &f->domain);
        if (field.number == 13)
            fine = eg__onnx_take_name(p, field.bytes, &f->overload);
    }
    return fine;
}

/* ---- the model ------------------------------------------------------------------------------- */

static bool take_functions(eg__onnx_parser *p, eg__wire message)
{
    eg_onnx *m = p->model;
    int64_t n = eg__wire_count(message, 25);
    eg__wire_field f;

    m->functions = eg__onnx_room(p, n, sizeof *m->functions);
    while (m->functions && eg__wire_next(&message, &f))
        if (f.number == 25 && !take_function(p, f.bytes, &m->functions[m->n_functions++]))
            return false;
    return m->functions != NULL;
}

static bool take_metadata(eg__onnx_parser *p, eg__wire message)
{
    eg_onnx *m = p->model;
    int64_t n = eg__wire_count(message, 14);
    eg__wire_field f, inner;

    m->metadata = eg__onnx_room(p, n, sizeof *m->metadata);
    while (m->metadata && eg__wire_next(&message, &f)) {
        if (f.number != 14)
            continue;
        eg__onnx_entry *entry = &m->metadata[m->n_metadata++];
        entry->key = entry->value = "";
        while (eg__wire_next(&f.bytes, &inner)) {
            const char **to = inner.number == 1 ? &entry->key : &entry->value;
            if ((inner.number == 1 || inner.number == 2) && !eg__onnx_take_name(p, inner.bytes, to))
                return false;
        }
    }
    return m->metadata != NULL;
}

static bool fill_model(eg__onnx_parser *p, eg__wire bytes)
{
    eg_onnx *m = p->model;
    eg__wire_field f;
    eg__wire at = bytes, graph = {0};

    m->producer = "";
    while (eg__wire_next(&at, &f)) {
        if (f.number == 1)
            m->ir_version = (int64_t)f.value;
        if (f.number == 2 && !eg__onnx_take_name(p, f.bytes, &m->producer))
            return false;
        if (f.number == 7)
            graph = f.bytes;
    }
    if (!graph.at)
        return eg__onnx_wrong("the file", "", "has no graph: it is no ONNX model");
    if (!take_imports(p, bytes, 8, &m->imports) || !take_metadata(p, bytes) ||
        !take_functions(p, bytes))
        return false;
    return (m->graph = eg__onnx_take_graph(p, graph, false)) != NULL;
}

bool eg__onnx_parse(eg_onnx *model, eg__wire bytes)
{
    eg__onnx_parser p = {.model = model, .imports = &model->imports};

    if (!eg__wire_ok(bytes))
        return eg__onnx_wrong("the file", "", "is cut off, or no ONNX model");
    return fill_model(&p, bytes) && eg__me.failed == EG_OK;
}
