/* What happened to a function: counts, reasons, the recorded trees as text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "function/trace.h"
#include "op/attrs.h"
#include "tensor/variable.h"
#include <string.h>

/* Looking is no change: the lock is the one part of a function that reading it moves. */
void eg__function_lock(const eg_function *f)
{
    pthread_mutex_lock(&((eg_function *)(uintptr_t)f)->lock);
}

void eg__function_unlock(const eg_function *f)
{
    pthread_mutex_unlock(&((eg_function *)(uintptr_t)f)->lock);
}

int eg_function_trace_count(const eg_function *f)
{
    return f ? atomic_load(&f->n_traces) : 0;
}

static const eg__trace *trace_number(const eg_function *f, int i)
{
    const eg__trace *t = f ? atomic_load(&f->traces) : NULL;

    while (t && t->number != i)
        t = t->next;
    return t;
}

void eg_function_info_now(const eg_function *f, eg_function_info *info)
{
    eg_function_info now = {0};

    if (!info)
        return;
    size_t size = info->size;
    if (f) {
        now.calls = atomic_load(&f->calls);
        now.replays = atomic_load(&f->replays);
        now.eager_calls = atomic_load(&f->eager_calls);
        now.traces = atomic_load(&f->n_traces);
        now.branches = atomic_load(&f->branches);
        now.sizes = atomic_load(&f->n_relaxed);
        for (const eg__trace *t = atomic_load(&f->traces); t; t = t->next)
            now.bytes += t->bytes;
    }
    memcpy(info, &now, size < sizeof now ? size : sizeof now);
    memcpy(info, &size, sizeof size < size ? sizeof size : size);
}

bool eg_function_retrace(const eg_function *f, int i, eg_retrace *reason)
{
    const eg__trace *t = trace_number(f, i);
    size_t size = reason ? reason->size : 0;

    if (!t || size < sizeof size)
        return false;
    memcpy(reason, &t->reason, size < sizeof t->reason ? size : sizeof t->reason);
    reason->size = size;
    return true;
}

const char *eg_function_why_eager(const eg_function *f)
{
    return f && f->why_eager[0] ? f->why_eager : NULL;
}

const char *eg__reason_text(const eg_retrace *r, char room[EG__REASON_TEXT])
{
    static const char *const what[] = {
        [EG_FIRST_CALL] = "the first call",
        [EG_OTHER_DTYPE] = "another dtype",
        [EG_OTHER_SHAPE] = "another shape",
        [EG_OTHER_VARIABLE] = "another variable",
        [EG_OTHER_ENV] = "the environment's bytes changed",
        [EG_OTHER_GRADIENTS] = "a tape wants other gradients",
    };

    if (r->argument < 0)
        return what[r->rule];
    snprintf(room, EG__REASON_TEXT, "%s: argument %d was %s, now %s%s%s", what[r->rule],
        r->argument, r->before, r->now, r->fixed[0] ? "; " : "", r->fixed);
    return room;
}

eg_status eg_function_report(const eg_function *f, FILE *to)
{
    eg_function_info info = {.size = sizeof info};

    if (eg__me.failed)
        return eg__me.failed;
    if (!f || !to)
        return eg__fail(EG_INVALID, "eg_function_report", "%s is NULL", f ? "to" : "function");
    eg_function_info_now(f, &info);
    fprintf(to,
        "%s: %lld calls, %lld from graphs, %lld eager; %d traces, %d further branches, "
        "%zu bytes\n",
        f->callable.name, (long long)info.calls, (long long)info.replays,
        (long long)info.eager_calls, info.traces, info.branches, info.bytes);
    if (info.sizes > 0)
        fprintf(to, "  %d traces made for other sizes\n", info.sizes);
    for (int i = 0; i < info.traces; i++) {
        const eg__trace *t = trace_number(f, i);
        char room[EG__REASON_TEXT];
        if (t)
            fprintf(to, "  trace: %s\n", eg__reason_text(&t->reason, room));
    }
    if (f->why_eager[0])
        fprintf(to, "  runs eagerly %s\n", f->why_eager);
    return ferror(to) ? eg__fail(EG_IO, "eg_function_report", "it could not be written") : EG_OK;
}

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
        else
            eg__text_put(text, eg__spec_text(&a->spec, spec));
    }
    eg__text_put(text, ")\n");
    put_segment(&n, t->segments[0], 4);
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
    for (int i = 0; i < atomic_load(&f->n_traces) && !eg__me.failed; i++) {
        const eg__trace *t = trace_number(f, i);
        if (t)
            eg__trace_put(t, &text);
    }
    eg__function_unlock(f);
    if (!eg__me.failed)
        return eg__text_take(&text, op);
    eg__text_free(&text);
    return NULL;
}
