/* Reading a graph's text back.
 *
 * The text may be hostile. Every size is checked before anything is allocated for it, operands must
 * have been defined above, specs are inferred again and must agree with what is written, and a
 * mistake is one error naming the line.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/number.h"
#include "graph/graph.h"
#include "graph/read.h"
#include "tensor/strings.h"
#include "tensor/variable.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = EG__WORD, MOST_NESTED = 32 };

typedef struct reader {
    eg__reading *at;
    eg_graph *graph;
    uint32_t *node_of; /* the node with each number of the text */
    uint32_t n;
    int capacity;
    eg__map names; /* by hash: the node of that name */
} reader;

static bool take_ref(reader *r, eg_ref *ref)
{
    int64_t node, result = 0;

    if (!eg__expect(r->at, "%") || !eg__take_number(r->at, &node))
        return false;
    if (*r->at->p == '.') {
        r->at->p++;
        if (!eg__take_number(r->at, &result))
            return false;
    }
    if (node < 0 || node >= (int64_t)r->n)
        return eg__wrong(r->at, "this value is not defined above");
    *ref = (eg_ref){r->node_of[node], (uint32_t)result};
    if (result < 0 || result >= r->graph->nodes[ref->node].n_out)
        return eg__wrong(r->at, "that node has no such result");
    return true;
}

static bool take_spec(reader *r, eg_spec *spec)
{
    char word[WORD];
    int64_t dims[EG_MAX_RANK];
    int rank = 0;

    if (!eg__take_word(r->at, word) || !eg__expect(r->at, "["))
        return false;
    while (!eg__accept(r->at, "]")) {
        if (rank == EG_MAX_RANK)
            return eg__wrong(r->at, "more axes than eagre knows");
        if ((rank > 0 && !eg__expect(r->at, ",")) || !eg__take_number(r->at, &dims[rank++]))
            return false;
    }
    if (eg__spec_set(spec, "eg_graph_parse", eg_dtype_find(word), rank, dims) == EG_OK)
        return true;
    eg__clear_error();
    return eg__wrong(r->at, "that is no dtype and shape");
}

/* ---- literals ------------------------------------------------------------------------------- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_bytes(const eg_spec *spec, unsigned char *data, const char **p)
{
    size_t n = eg__bytes(spec);

    for (size_t i = 0; i < n; i++) {
        int high = hex((*p)[0]), low = high < 0 ? -1 : hex((*p)[1]);
        if (low < 0)
            return false;
        data[i] = (unsigned char)(high << 4 | low);
        if (spec->dtype == EG_BOOL && data[i] > 1)
            return false;
        *p += 2;
    }
    return true;
}

/* A whole number of the dtype; of uint64 its bits. */
static bool parse_whole(const eg__dtype_info *d, const char **p, int64_t *whole)
{
    char *end;

    errno = 0;
    if (d->is_unsigned && d->size == 8)
        *whole = (int64_t)strtoull(*p, &end, 10);
    else
        *whole = strtoll(*p, &end, 10);
    if (end == *p || errno != 0 || (d->is_unsigned && **p == '-'))
        return false;
    if (d->size < 8 && ((double)*whole < d->lowest || (double)*whole > d->highest))
        return false;
    *p = end;
    return true;
}

/* A real part, an imaginary one with its j, or both. */
static bool parse_pair(const char **p, eg_pair *x)
{
    *x = (eg_pair){0, 0};
    if (!eg__parse_real(p, &x->re))
        return false;
    if (**p == 'j') {
        *x = (eg_pair){0, x->re};
    } else if (**p == '+' || **p == '-') {
        *p += **p == '+';
        if (!eg__parse_real(p, &x->im) || **p != 'j')
            return false;
    } else {
        return true;
    }
    (*p)++;
    return true;
}

static bool parse_element(eg_dtype dtype, void *at, const char **p)
{
    const eg__dtype_info *d = eg__dtype(dtype);
    double real;
    int64_t whole;
    eg_pair pair;

    if (d->kind == EG__TEXT)
        return eg__string_parse(at, p);
    if (d->kind == EG__COMPLEX) {
        if (!parse_pair(p, &pair))
            return false;
        eg__set_element_pair(dtype, at, pair);
        return true;
    }
    if (d->kind == EG__REAL) {
        if (!eg__parse_real(p, &real))
            return false;
        eg__set_element_real(dtype, at, real);
        return true;
    }
    if (!parse_whole(d, p, &whole))
        return false;
    eg__set_element_int(dtype, at, whole);
    return true;
}

bool eg__literal_parse(const eg_spec *spec, void *data, const char **p)
{
    size_t size = eg__dtype(spec->dtype)->size;

    if (spec->dtype != EG_STRING && strncmp(*p, "bytes ", 6) == 0) {
        *p += 6;
        return parse_bytes(spec, data, p);
    }
    for (int64_t i = 0; i < spec->size; i++) {
        if (i > 0 && *(*p)++ != ',')
            return false;
        *p += strspn(*p, " ");
        if (!parse_element(spec->dtype, (char *)data + (size_t)i * size, p))
            return false;
    }
    return true;
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* The bracket behind the elements of a literal, its semicolon or the end of the line, which may all
 * stand in quotes too. */
static const char *end_of_literal(const char *p)
{
    for (bool quoted = false; *p && *p != '\n'; p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (quoted && *p == '\\' && p[1])
            p++;
        else if (!quoted && (*p == ';' || *p == ')'))
            break;
    }
    return p;
}

/* What a line says, before it is believed. */
typedef struct line {
    const eg_opdef *op;
    _Alignas(16) unsigned char attrs[EG__ATTRS_SIZE];
    eg_ref in[EG__MAX_IN];
    int n_in, n_spec;
    const char *literal; /* where the elements of a constant or variable stand */
    bool fixed;          /* "; not trainable" */
    bool held;           /* the attributes own something */
    char name[WORD];     /* "" for none */
    eg_spec spec[EG__MAX_OUT];
} line;

static bool take_argument(reader *r, line *l)
{
    eg__skip(r->at);
    if (*r->at->p == '%' && l->n_in < EG__MAX_IN)
        return take_ref(r, &l->in[l->n_in++]);
    if (l->op->attrs && eg__attrs_parse(l->op->attrs, l->attrs, &r->at->p))
        return true;
    return eg__wrong(r->at, "this is neither a value nor an attribute of the operation");
}

static bool take_arguments(reader *r, line *l)
{
    size_t size = l->op->attrs_size ? l->op->attrs_size : sizeof(size_t);

    if (!eg__expect(r->at, "("))
        return false;
    if (l->op == &eg_op_constant || l->op == &eg_op_variable) {
        eg__skip(r->at);
        l->literal = r->at->p;
        r->at->p = end_of_literal(r->at->p);
        l->fixed = eg__accept(r->at, "; not trainable");
        return eg__expect(r->at, ")");
    }
    eg__attrs_complete(l->attrs, size, NULL, NULL);
    for (bool first = true; !eg__accept(r->at, ")"); first = false)
        if ((!first && !eg__expect(r->at, ",")) || !take_argument(r, l))
            return false;
    return true;
}

static bool take_specs(reader *r, line *l)
{
    if (!eg__accept(r->at, ":"))
        return true;
    do {
        if (l->n_spec == EG__MAX_OUT)
            return eg__wrong(r->at, "more results than any operation has");
        if (!take_spec(r, &l->spec[l->n_spec++]))
            return false;
    } while (eg__accept(r->at, ","));
    return true;
}

static uint64_t hash_of(const char *name)
{
    return eg__hash_bytes(0, name, strlen(name));
}

static bool is_taken(const reader *r, const char *name)
{
    const uint32_t *at = eg__map_find(&r->names, hash_of(name));
    return at && strcmp(r->graph->nodes[*at].name, name) == 0;
}

/* What an operation writes behind its arguments. */
static bool take_rest(reader *r, line *l)
{
    const eg_spec *in[EG__MAX_IN];

    for (int i = 0; i < l->n_in; i++)
        in[i] = eg__spec_of(r->graph, l->in[i]);
    l->held = l->op->parse(l->attrs, l->n_in, in, r->at);
    return l->held;
}

static bool take_line(reader *r, line *l)
{
    char word[WORD];

    if (!eg__take_word(r->at, word))
        return false;
    l->op = eg__graph_op(word);
    if (!l->op)
        return eg__wrong(r->at, "there is no operation of that name");
    if (!take_arguments(r, l) || (l->op->parse && !take_rest(r, l)))
        return false;
    eg__skip(r->at);
    if (*r->at->p == '"' && !eg__take_name(r->at, l->name))
        return false;
    if (l->op != &eg_op_variable && l->name[0] && is_taken(r, l->name))
        return eg__wrong(r->at, "this name is taken");
    return take_specs(r, l);
}

/* ---- nodes ---------------------------------------------------------------------------------- */

/* Whether the text of a literal is long enough for the elements its shape claims. */
static bool literal_fits(const eg_spec *spec, const char *p)
{
    size_t length = (size_t)(end_of_literal(p) - p);

    if (strncmp(p, "bytes ", 6) == 0)
        return length - 6 >= eg__bytes(spec) * 2;
    return spec->size == 0 || length >= (size_t)spec->size * 2 - 1;
}

static bool parse_elements(eg_tensor *value, const char *p)
{
    eg__strings pool;

    eg__strings_open(&pool);
    bool right = eg__literal_parse(&value->spec, value->data, &p) && strchr(";) \n", *p);
    if (right)
        eg__strings_settle(value);
    eg__strings_close(&pool);
    return right;
}

static eg_tensor *make_literal(reader *r, const line *l)
{
    const char *p = l->literal;

    if (l->n_spec != 1 || !literal_fits(&l->spec[0], p))
        return eg__wrong(r->at, "there are fewer elements than the shape says"), NULL;
    eg_tensor *value = eg__value_new(&l->spec[0], "eg_graph_parse");
    if (!value || parse_elements(value, p))
        return value;
    eg__unref(value);
    eg__error_in("eg_graph_parse");
    return eg__wrong(r->at, "these are not elements of that dtype and shape"), NULL;
}

static eg_tensor *make_variable(reader *r, const line *l, eg_tensor *value)
{
    eg_graph *graph = r->graph;
    eg_variable_attrs attrs = {sizeof attrs, l->name, l->fixed};
    eg_tensor *variable = eg_variable_new(value, &attrs);

    if (!variable)
        return NULL;
    if (eg__reserve(&graph->owned, sizeof *graph->owned, graph->n_owned, &graph->owned_capacity))
        return graph->owned[graph->n_owned++] = variable;
    eg_variable_free(variable);
    return eg__fail_memory("eg_graph_parse", sizeof *graph->owned), NULL;
}

static int add_tensor(reader *r, const line *l)
{
    eg_tensor *value = make_literal(r, l), *tensor = value;

    if (value && l->op == &eg_op_variable)
        tensor = make_variable(r, l, value);
    int at = tensor ? eg__graph_add_tensor(r->graph, l->op, tensor) : -1;
    eg__unref(value);
    return at;
}

static bool inputs_fit(reader *r, const line *l)
{
    if (l->op->variadic ? l->n_in < 1 : l->n_in != eg__n_named(l->op))
        return eg__wrong(r->at, "the operation has another number of inputs");
    for (int i = 0; i < l->n_in; i++) {
        const eg_spec *spec = eg__spec_of(r->graph, l->in[i]);
        unsigned kinds = l->op->types[l->op->variadic ? 0 : i];
        if (kinds && !(kinds & 1u << eg__dtype(spec->dtype)->kind))
            return eg__wrong(r->at, "the operation does not take an input of this dtype");
        bool promoted = l->op->variadic ? l->op->promote != 0 : (l->op->promote >> i & 1) != 0;
        int first = l->op->promote & 1 || l->op->variadic ? 0 : 1;
        if (promoted && spec->dtype != eg__spec_of(r->graph, l->in[first])->dtype)
            return eg__wrong(r->at, "the inputs' dtypes differ; the text must cast them");
    }
    return true;
}

static int add_operation(reader *r, const line *l)
{
    if (!inputs_fit(r, l))
        return -1;
    int at = eg__graph_apply(r->graph, l->op, l->op->attrs_size ? l->attrs : NULL, l->n_in, l->in);
    if (at < 0 && eg__me.failed == EG_INVALID) {
        eg__clear_error();
        eg__wrong(r->at, "the shapes of the inputs do not fit the operation");
    }
    return at;
}

static int add_node(reader *r, const line *l)
{
    if (l->op == &eg_op_constant || l->op == &eg_op_variable)
        return add_tensor(r, l);
    if (l->op != &eg_op_placeholder)
        return add_operation(r, l);
    if (l->n_spec != 1 || (!l->name[0] && r->at->depth == 1) || l->n_in > 0)
        return eg__wrong(r->at, "a placeholder has a name, a dtype and a shape, and no input"), -1;
    return eg__graph_add_input(r->graph, NULL, &l->spec[0]);
}

static bool finish_node(reader *r, const line *l, int at)
{
    eg_node *node = &r->graph->nodes[at];

    if (l->n_spec != node->n_out)
        return eg__wrong(r->at, "the operation has another number of results");
    for (int i = 0; i < node->n_out; i++)
        if (!eg__same_spec(&l->spec[i], &node->out[i]))
            return eg__wrong(r->at, "the operation gives another dtype or shape");
    if (l->op == &eg_op_variable || !l->name[0])
        return true;
    node->name = eg__arena_text(&r->graph->arena, l->name);
    if (node->name && eg__map_set(&r->names, hash_of(l->name), (uint32_t)at))
        return true;
    eg__fail_memory("eg_graph_parse", WORD);
    return false;
}

/* "%3 = Mul(%0, %1) "name" : float32[2]", or an effect without the left side. */
static bool take_node_of(reader *r, line *l)
{
    int64_t number = (int64_t)r->n;
    bool defines = eg__accept(r->at, "%");
    int own_line = r->at->line, line_behind;

    if (defines && (!eg__take_number(r->at, &number) || !eg__expect(r->at, "=")))
        return false;
    if (number != (int64_t)r->n)
        return eg__wrong(r->at, "values are numbered one after another, from %0");
    if (!take_line(r, l))
        return false;
    if (!eg__reserve(&r->node_of, sizeof *r->node_of, (int)r->n, &r->capacity))
        return eg__fail_memory("eg_graph_parse", sizeof *r->node_of), false;
    line_behind = r->at->line;
    r->at->line = own_line;
    int at = add_node(r, l);
    if (at < 0 || !finish_node(r, l, at))
        return false;
    r->at->line = line_behind;
    if (defines != (r->graph->nodes[at].n_out > 0))
        return eg__wrong(r->at, "only an operation with a result has a number");
    r->node_of[r->n++] = (uint32_t)at;
    return true;
}

static bool take_node(reader *r)
{
    line l = {0};
    bool taken = take_node_of(r, &l);

    if (l.held)
        eg__attrs_hold(l.op, l.attrs, -1);
    return taken;
}

static bool take_graph(reader *r)
{
    char name[WORD];
    eg_ref ref;

    if (!eg__expect(r->at, "graph") || !eg__take_name(r->at, name) || !eg__expect(r->at, "{"))
        return false;
    r->graph = eg__graph_new(name);
    if (!r->graph)
        return false;
    while (!eg__accept(r->at, "}")) {
        if (!eg__accept(r->at, "return")) {
            if (!take_node(r))
                return false;
            continue;
        }
        do {
            if (!take_ref(r, &ref) || !eg__graph_want(r->graph, ref))
                return false;
        } while (eg__accept(r->at, ","));
    }
    return true;
}

eg_graph *eg__graph_read(eg__reading *at)
{
    reader r = {.at = at};
    bool whole = at->depth < MOST_NESTED || eg__wrong(at, "too many graphs in graphs");

    at->depth++;
    whole = whole && take_graph(&r);
    at->depth--;
    eg__free(r.node_of, sizeof *r.node_of * (size_t)r.capacity);
    eg__map_free(&r.names);
    if (whole)
        return r.graph;
    eg__wrong(at, "it is not understood");
    eg_graph_free(r.graph);
    return NULL;
}

static eg_graph *parse(const char *text, const char *path)
{
    eg__reading at = {.p = text, .path = path, .line = 1};
    eg_graph *graph = eg__graph_read(&at);

    if (!graph)
        return NULL;
    eg__skip(&at);
    if (*at.p == '\0')
        return graph;
    eg__wrong(&at, "text follows the graph's end");
    eg_graph_free(graph);
    return NULL;
}

eg_graph *eg_graph_parse(const char *text)
{
    if (eg__me.failed)
        return NULL;
    if (!text)
        return eg__fail_null(EG_INVALID, "eg_graph_parse", "text is NULL");
    return parse(text, NULL);
}

/* False, reported, for what only this process can run. */
static bool can_be_saved(const eg_graph *graph)
{
    for (int i = 0; graph && !eg__me.failed && i < graph->n; i++) {
        const eg_node *node = &graph->nodes[i];
        if (eg__traits(node->op, node->attrs) & EG__HOST)
            eg__fail(EG_INVALID, "eg_graph_save",
                "%s at %s:%d calls code of this program, which no file holds; feed its result "
                "through a placeholder, or write it with operations",
                node->op->name, eg__file_of(&node->site), node->site.line);
    }
    return !eg__me.failed;
}

eg_status eg_graph_save(const eg_graph *graph, const char *path)
{
    char *text = can_be_saved(graph) ? eg_graph_text(graph) : NULL;

    if (text)
        eg__file_write(path, text, strlen(text), "eg_graph_save");
    eg_free(text);
    return eg__me.failed;
}

eg_graph *eg_graph_load(const char *path)
{
    const size_t most = (size_t)1 << 31;
    size_t n;
    char *text = eg__file_read(path, most, &n, "eg_graph_load");

    if (!text)
        return NULL;
    eg_graph *graph = NULL;
    if (strlen(text) == n)
        graph = parse(text, path);
    else
        eg__fail(EG_FORMAT, "eg_graph_load", "%s is no text", path);
    eg__free(text, n + 1);
    return graph;
}
