/* What the host calls: a file and its header, written whole or not at all.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/attrs.h"
#include "base/file.h"
#include "base/memory.h"
#include "emit/program.h"
#include "function/concrete.h"
#include "io/safetensors.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_PATH = 1000 };

/* What is to be written; one of the last three. */
typedef struct order {
    const char *op, *what, *path;
    const eg_emit_attrs *attrs;
    const eg__trace *trace;
    const eg_graph *graph;
} order;

/* ---- names ---------------------------------------------------------------------------------- */

static bool is_word(const char *name)
{
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The prefix: what was given, or the file's name. False, reported, where there is none. */
static bool take_names(eg__emitter *e, const order *o, char header[LONGEST_PATH + 1])
{
    size_t n = o->path ? strlen(o->path) : 0;
    const char *name = o->attrs->name;

    if (n < 3 || n > LONGEST_PATH || strcmp(o->path + n - 2, ".c") != 0 ||
        base_name(o->path) + 2 == o->path + n)
        return eg__fail(EG_INVALID, o->op, "the path %.200s does not end with a name and .c",
                   o->path ? o->path : "NULL") == EG_OK;
    memcpy(header, o->path, n + 1);
    header[n - 1] = 'h';
    if (!name) {
        char text[LONGEST_PATH + 1];
        snprintf(text, sizeof text, "%.*s", (int)(n - 2 - (size_t)(base_name(o->path) - o->path)),
            base_name(o->path));
        name = eg__c_word(e, text);
    }
    if (!is_word(name) || strlen(name) > 48)
        return eg__fail(EG_INVALID, o->op, "the name %.100s is no word of C of at most 48 letters",
                   name) == EG_OK;
    e->prefix = name;
    return !eg__me.failed;
}

/* ---- weights -------------------------------------------------------------------------------- */

/* The header of a file that was written, in memory of n + 1 bytes; NULL after an error. */
static char *read_header(eg__emitter *e, const char *path, size_t *n)
{
    unsigned char size[8];
    eg__open_file file;
    char *header = NULL;

    *n = 0;
    if (!eg__file_open(&file, path, e->op))
        return NULL;
    bool done = eg__file_take(&file, size, sizeof size);
    for (int i = 7; done && i >= 0; i--)
        *n = *n << 8 | size[i];
    if (done && *n < EG__MOST_HEADER)
        header = eg__emit_take(e, *n + 1);
    done = header && eg__file_take(&file, header, *n);
    eg__file_close(&file);
    return done ? header : NULL;
}

/* Where each weight begins in a file, as its header says. */
static bool find_offsets(eg__emitter *e, const char *path)
{
    eg_safetensors stored = {0};
    size_t n;
    const char *header = read_header(e, path, &n);
    bool done = header && eg__header_parse(&stored, header, n, path);

    for (int i = 0; done && i < e->n_weights; i++)
        for (int k = 0; k < stored.n; k++)
            if (strcmp(stored.entries[k].name, e->weights[i].field) == 0)
                e->weights[i].offset = 8 + n + stored.entries[k].begin;
    for (int k = 0; k < stored.n; k++)
        eg__free_text(stored.entries[k].name);
    eg__free(stored.entries, sizeof *stored.entries * (size_t)stored.capacity);
    return done;
}

static bool save_weights(eg__emitter *e, const char *path)
{
    size_t n = (size_t)e->n_weights + 1;
    const char **names = eg__emit_take(e, sizeof *names * n);
    eg_tensor **values = eg__emit_take(e, sizeof(eg_tensor *) * n);

    if (!names || !values)
        return false;
    for (int i = 0; i < e->n_weights; i++) {
        names[i] = e->weights[i].field;
        values[i] = e->weights[i].tensor;
    }
    return eg_safetensors_save(path, e->n_weights, names, values) == EG_OK && find_offsets(e, path);
}

/* ---- files ---------------------------------------------------------------------------------- */

/* Both, or, where one cannot be put in its place, none. */
static void put_in_place(const order *o, const char *header, const eg__text *h, const eg__text *c)
{
    eg__new_file first, second;

    if (eg__file_begin(&first, header, o->op) != EG_OK)
        return;
    if (eg__file_begin(&second, o->path, o->op) != EG_OK) {
        eg__file_drop(&first);
        return;
    }
    if (fwrite(h->start, 1, h->length, first.f) != h->length ||
        fwrite(c->start, 1, c->length, second.f) != c->length)
        eg__fail(EG_IO, o->op, "%.200s cannot be written", o->path);
    if (eg__file_end(&first) != EG_OK)
        eg__file_drop(&second);
    else if (eg__file_end(&second) != EG_OK)
        remove(header);
}

static void write_files(eg__emitter *e, const order *o, const eg__csignature *s, const char *header)
{
    eg__text h = {0}, c = {0};

    eg__c_header(e, s, &h);
    eg__c_source(e, s, base_name(header), &c);
    if (h.failed || c.failed || e->body.failed || e->helpers.failed)
        eg__fail_memory(o->op, c.capacity);
    if (!eg__me.failed)
        put_in_place(o, header, &h, &c);
    eg__text_free(&h);
    eg__text_free(&c);
}

/* ---- one emission --------------------------------------------------------------------------- */

bool eg__emit_keep(eg__emitter *e, eg_graph *graph)
{
    if (!graph)
        return !eg__me.failed;
    if (eg__reserve(&e->kept, sizeof(eg_graph *), e->n_kept, &e->kept_capacity)) {
        e->kept[e->n_kept++] = graph;
        return true;
    }
    eg_graph_free(graph);
    return eg__fail_memory(e->op, sizeof graph) == EG_OK;
}

static void end(eg__emitter *e)
{
    for (int i = 0; i < e->n_held; i++)
        eg__unref(e->held[i]);
    for (int i = 0; i < e->n_kept; i++)
        eg_graph_free(e->kept[i]);
    eg__free(e->held, sizeof(eg_tensor *) * (size_t)e->held_capacity);
    eg__free(e->kept, sizeof(eg_graph *) * (size_t)e->kept_capacity);
    eg__free(e->rooms, sizeof *e->rooms * (size_t)e->rooms_capacity);
    eg__free(e->uses, sizeof *e->uses * (size_t)e->uses_capacity);
    eg__free(e->weights, sizeof *e->weights * (size_t)e->weights_capacity);
    eg__free(e->states, sizeof *e->states * (size_t)e->states_capacity);
    eg__map_free(&e->names);
    eg__text_free(&e->body);
    eg__text_free(&e->helpers);
    eg__arena_free(&e->memory);
}

static eg_status emit(const order *o)
{
    eg__emitter e = {.op = o->op, .depth = 1, .has_weights = o->attrs->weights != NULL};
    eg__csignature *s = eg__emit_take(&e, sizeof *s);
    char header[LONGEST_PATH + 1];
    eg_scope *scope = eg_scope_open();
    bool done = s && take_names(&e, o, header);

    if (done) {
        s->what = o->what;
        done = o->trace ? eg__c_trace(&e, s, o->trace) : eg__c_graph(&e, s, o->graph);
    }
    if (done && e.has_weights && e.n_weights > 0)
        done = save_weights(&e, o->attrs->weights);
    if (done && !eg__me.failed)
        write_files(&e, o, s, header);
    end(&e);
    eg_scope_close(scope);
    return eg__me.failed;
}

/* ---- in public ------------------------------------------------------------------------------ */

eg_status eg_graph_emit_c_with(const eg_graph *graph, const char *path, const eg_emit_attrs *attrs)
{
    static const char op[] = "eg_graph_emit_c";
    eg_emit_attrs full;

    if (eg__me.failed || !eg__attrs_complete(&full, sizeof full, attrs, op))
        return eg__me.failed;
    if (!graph)
        return eg__fail(EG_INVALID, op, "graph is NULL");
    return emit(&(order){op, graph->name, path, &full, NULL, graph});
}

eg_status eg_graph_emit_c(const eg_graph *graph, const char *path)
{
    return eg_graph_emit_c_with(graph, path, NULL);
}

eg_status eg_concrete_emit_c_with(const eg_concrete *c, const char *path,
    const eg_emit_attrs *attrs)
{
    static const char op[] = "eg_concrete_emit_c";
    eg_emit_attrs full;

    if (eg__me.failed || !eg__attrs_complete(&full, sizeof full, attrs, op))
        return eg__me.failed;
    if (!c)
        return eg__fail(EG_INVALID, op, "concrete is NULL");
    unsigned side = eg__function_enter(c->function); /* the program stays while it is looked at */
    eg_status status = emit(&(order){op, c->function->callable.name, path, &full, c->trace, NULL});
    eg__function_leave(c->function, side);
    return status;
}

eg_status eg_concrete_emit_c(const eg_concrete *c, const char *path)
{
    return eg_concrete_emit_c_with(c, path, NULL);
}

eg_status eg_function_emit_c_with(eg_function *f, int n, const eg_tensor_spec specs[],
    const char *path, const eg_emit_attrs *attrs)
{
    static const char op[] = "eg_function_emit_c";
    eg_emit_attrs full;

    if (eg__me.failed || !eg__attrs_complete(&full, sizeof full, attrs, op))
        return eg__me.failed;
    if (!f)
        return eg__fail(EG_INVALID, op, "function is NULL");
    eg_graph *graph = eg_function_graph(f, n, specs);
    if (graph)
        emit(&(order){op, f->callable.name, path, &full, NULL, graph});
    eg_graph_free(graph);
    return eg__me.failed;
}

eg_status eg_function_emit_c(eg_function *f, int n, const eg_tensor_spec specs[], const char *path)
{
    return eg_function_emit_c_with(f, n, specs, path, NULL);
}

bool eg_emits_c(const char *operation)
{
    const eg_opdef *op = operation ? eg__graph_op(operation) : NULL;
    return op && (op->traits & (EG__SOURCE | EG__VIEW) || eg__emission_of(op));
}
