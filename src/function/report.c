/* The recorded trees of a function as text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "function/trace.h"
#include "op/attrs.h"
#include "tensor/variable.h"
#include <string.h>

/* ---- trees as text --------------------------------------------------------------------------- */

/* Numbers along a path: each value computed gets the next one. */
typedef struct numbering {
    eg__text *text;
    const eg__segment *at[256]; /* segments whose numbers are known, by depth */
    uint32_t *number[256];      /* by depth and node */
    uint32_t next[256];         /* the first free number when a depth begins */
} numbering;

static void put_value(const numbering *n, const eg__value *v)
{
    eg__text *text = n->text;

    if (v->segment) {
        uint32_t number = n->number[v->segment->depth][v->ref.node];
        eg__text_format(text, v->ref.result ? "%%%u.%u" : "%%%u", number, v->ref.result);
    } else if (v->tensor->kind == EG__VARIABLE) {
        eg__text_format(text, "%s", v->tensor->variable->name);
    } else if (v->tensor->spec.size <= 8) {
        eg__text_put(text, v->tensor->spec.rank ? "[" : "");
        eg__literal_put(&v->tensor->spec, v->tensor->data, text);
        eg__text_put(text, v->tensor->spec.rank ? "]" : "");
    } else {
        char spec[EG__SPEC_TEXT];
        eg__text_format(text, "captured %s", eg__spec_text(&v->tensor->spec, spec));
    }
}

static void put_node(numbering *n, const eg__segment *s, int i, int indent)
{
    const eg_node *node = &s->graph->nodes[i];
    eg__text *text = n->text;

    eg__text_fill(text, ' ', indent);
    if (node->n_out > 0)
        eg__text_format(text, "%%%u = ", n->number[s->depth][i]);
    eg__text_format(text, "%s(", node->op->name);
    for (int k = 0; k < node->n_in; k++) {
        eg__value v = eg__segment_value(s, node->in[k]);
        eg__text_put(text, k ? ", " : "");
        put_value(n, &v);
    }
    if (node->attrs)
        eg__attrs_text(node->op->attrs, node->attrs, node->n_in == 0, text);
    eg__text_put(text, ")");
    for (int k = 0; k < node->n_out; k++) {
        char spec[EG__SPEC_TEXT];
        eg__text_format(text, k ? ", %s" : " : %s", eg__spec_text(&node->out[k], spec));
    }
    eg__text_put(text, "\n");
}

static void put_assignments(numbering *n, const eg__segment *s, int *next, int before, int indent)
{
    for (; *next < s->n_assignments && s->assignments[*next].at <= before; ++*next) {
        const eg__assignment *a = &s->assignments[*next];
        eg__text_fill(n->text, ' ', indent);
        eg__text_format(n->text, "%s := ", a->variable->variable->name);
        put_value(n, &a->value);
        eg__text_put(n->text, "\n");
    }
}

static bool number_segment(numbering *n, const eg__segment *s)
{
    int d = s->depth;

    n->at[d] = s;
    n->next[d] = d == 0 ? 0 : n->next[d];
    n->number[d] = eg__alloc(sizeof(uint32_t) * ((size_t)s->graph->n + 1));
    if (!n->number[d])
        return eg__fail_memory("eg_function_text", (size_t)s->graph->n), false;
    uint32_t next = n->next[d];
    for (int i = 0; i < s->graph->n; i++) {
        const eg_node *node = &s->graph->nodes[i];
        bool shown = !(node->op->traits & EG__SOURCE) || (d == 0 && node->op == &eg_op_placeholder);
        n->number[d][i] = shown && node->n_out > 0 ? next++ : 0;
    }
    n->next[d + 1] = next;
    return true;
}

static void put_segment(numbering *n, const eg__segment *s, int indent);

/* A question with a yes or no: both sides, one of which may not have been met. */
static void put_choice(numbering *n, const eg__segment *s, int indent)
{
    for (int side = 1; side >= 0; side--) {
        const eg__segment *child = eg__segment_child(s, &(bool){side}, sizeof(bool));
        eg__text_fill(n->text, ' ', indent);
        if (side) {
            eg__text_put(n->text, "if ");
            put_value(n, &s->asked);
            eg__text_put(n->text, "\n");
        } else {
            eg__text_put(n->text, "else\n");
        }
        if (child)
            put_segment(n, child, indent + 4);
        else
            eg__text_fill(n->text, ' ', indent + 4);
        eg__text_put(n->text, child ? "" : "(not met yet)\n");
    }
}

static void put_outcome(numbering *n, const eg__segment *s, int i, int indent)
{
    const eg__outcome *o = &s->outcomes[i];
    eg__text *text = n->text;

    eg__text_fill(text, ' ', indent);
    if (s->end == EG__END_CALL) {
        eg__text_format(text, "when %s has environment %d\n", s->callee->callable.name, i);
    } else {
        eg_spec one = *eg__value_spec(&s->asked);
        eg__text_put(text, "when ");
        put_value(n, &s->asked);
        eg__text_put(text, " is ");
        eg__literal_put(&one, o->bytes, text);
        eg__text_put(text, "\n");
    }
    put_segment(n, o->segment, indent + 4);
}

static void put_return(numbering *n, const eg__segment *s, int indent)
{
    eg__text_fill(n->text, ' ', indent);
    eg__text_put(n->text, s->is_tuple ? "return (" : "return ");
    for (int i = 0; i < s->n_results; i++) {
        eg__text_put(n->text, i ? ", " : "");
        put_value(n, &s->results[i]);
    }
    eg__text_put(n->text, s->is_tuple ? ")\n" : "\n");
}

static void put_segment(numbering *n, const eg__segment *s, int indent)
{
    int assignment = 0;

    if (s->depth + 1 >= 256) {
        eg__text_fill(n->text, ' ', indent);
        eg__text_put(n->text, "...\n");
        return;
    }
    if (!number_segment(n, s))
        return;
    for (int i = 0; i < s->graph->n; i++) {
        put_assignments(n, s, &assignment, i, indent);
        if (!(s->graph->nodes[i].op->traits & EG__SOURCE))
            put_node(n, s, i, indent);
    }
    put_assignments(n, s, &assignment, s->graph->n, indent);
    if (s->end == EG__END_RETURN)
        put_return(n, s, indent);
    if (s->end == EG__END_TRUE)
        put_choice(n, s, indent);
    for (int i = 0; s->end != EG__END_TRUE && i < s->n_outcomes; i++)
        put_outcome(n, s, i, indent);
    eg__free(n->number[s->depth], sizeof(uint32_t) * ((size_t)s->graph->n + 1));
}

static void put_argument_value(eg__text *text, const eg_tensor *value)
{
    char room[EG__SPEC_TEXT + 32];

    eg__value_text(value, room, sizeof room);
    eg__text_put(text, room);
}

void eg__trace_put(const eg__trace *t, eg__text *text)
{
    numbering n = {.text = text};
    char spec[EG__SPEC_TEXT];

    eg__text_format(text, "%s(", t->function->callable.name);
    for (int i = 0; i < t->n; i++) {
        const eg__argument *a = &t->arguments[i];
        eg__text_format(text, i ? ", %%%d: " : "%%%d: ", i);
        if (a->variable)
            eg__text_format(text, "variable %s", a->variable->variable->name);
        else if (a->value)
            put_argument_value(text, a->value);
        else
            eg__text_put(text, eg__spec_text(&a->spec, spec));
    }
    eg__text_put(text, ")\n");
    put_segment(&n, t->segments[0], 4);
}

/* Traces are listed newest first. */
static const eg__trace *oldest_behind(const eg_function *f, const eg__trace *newer)
{
    const eg__trace *t = atomic_load(&f->traces), *oldest = NULL;

    for (; t && t != newer; t = atomic_load(&t->next))
        oldest = t;
    return oldest;
}

char *eg_function_text(const eg_function *f)
{
    static const char op[] = "eg_function_text";
    eg__text text = {0};

    if (eg__me.failed)
        return NULL;
    if (!f)
        return eg__fail_null(EG_INVALID, op, "function is NULL");
    eg__function_lock(f);
    const eg__trace *last = NULL;
    for (const eg__trace *t; !eg__me.failed && (t = oldest_behind(f, last)); last = t)
        if (!t->relaxed)
            eg__trace_put(t, &text);
    eg__function_unlock(f);
    if (!eg__me.failed)
        return eg__text_take(&text, op);
    eg__text_free(&text);
    return NULL;
}
