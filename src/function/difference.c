/* The first difference between a graph and a body, in words.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "function/compare.h"
#include <string.h>

static void name_place(eg_comparison *c, const char *op, const eg_site *site)
{
    c->same = false;
    snprintf(c->operation, sizeof c->operation, "%s", op);
    snprintf(c->file, sizeof c->file, "%s", eg__file_of(site));
    c->line = site->line;
}

static int64_t first_difference(const eg_tensor *a, const eg_tensor *b)
{
    size_t size = eg__dtype(a->spec.dtype)->size;
    const char *x = a->data, *y = b->data;
    int64_t i = 0;

    while (memcmp(x + (size_t)i * size, y + (size_t)i * size, size) == 0)
        i++;
    return i;
}

static void put_element(const eg_tensor *x, int64_t i, char room[64])
{
    eg_spec one = {.dtype = x->spec.dtype, .size = 1};
    eg__text text = {0};

    eg__literal_put(&one, (const char *)x->data + (size_t)i * eg__dtype(one.dtype)->size, &text);
    snprintf(room, 64, "%s", text.failed || !text.start ? "?" : text.start);
    eg__text_free(&text);
}

void eg__differ_in_value(eg_comparison *c, const char *op, const eg_site *site, const char *which,
    const eg_tensor *graph, const eg_tensor *body)
{
    char a[EG__SPEC_TEXT], b[EG__SPEC_TEXT];

    name_place(c, op, site);
    if (!eg__same_spec(&graph->spec, &body->spec)) {
        snprintf(c->graph, sizeof c->graph, "%s", eg__spec_text(&graph->spec, a));
        snprintf(c->body, sizeof c->body, "%s", eg__spec_text(&body->spec, b));
        snprintf(c->what, sizeof c->what,
            "%s at %.200s:%d: %s is %s in the graph and %s in the body", op, c->file, c->line,
            which, c->graph, c->body);
        return;
    }
    c->element = first_difference(graph, body);
    put_element(graph, c->element, c->graph);
    put_element(body, c->element, c->body);
    snprintf(c->what, sizeof c->what,
        "%s at %.200s:%d: element %lld of %s is %s in the graph and %s in the body", op, c->file,
        c->line, (long long)c->element, which, c->graph, c->body);
}

void eg__differ_in_kind(eg_comparison *c, const char *op, const eg_site *site, const char *graph,
    const char *body)
{
    name_place(c, op, site);
    snprintf(c->graph, sizeof c->graph, "%s", graph);
    snprintf(c->body, sizeof c->body, "%s", body);
    snprintf(c->what, sizeof c->what,
        "%.200s:%d: the graph has %s where the body has %s: the body depends on something that is "
        "no "
        "argument, environment, variable or generator",
        c->file, c->line, graph, body);
}
