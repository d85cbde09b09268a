/* Running sums and their kin, sorting and searching.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit/emit.h"
#include "kernel/index.h"
#include <eagre/ops.h>
#include <string.h>

/* An array as [outer, n, inner] around an axis. */
typedef struct rows {
    int64_t outer, n, inner;
} rows;

static rows rows_of(const eg_spec *x, int axis)
{
    rows r = {1, 1, 1};

    axis += axis < 0 ? x->rank : 0;
    for (int i = 0; i < x->rank; i++) {
        int64_t *part = i < axis ? &r.outer : i == axis ? &r.n : &r.inner;
        *part *= x->dims[i];
    }
    return r;
}

/* What a scan starts from; `all` with one more element. */
static const char *start_of(const eg_node *node)
{
    if (strcmp(node->op->name, "CumulativeProd") == 0)
        return "1";
    return strcmp(node->op->name, "CumulativeSum") == 0 ? "0" : eg__c_lowest(node->out->dtype);
}

static const char *next_of(eg__emitter *e, const eg_node *node, const char *all, const char *x)
{
    eg_dtype dtype = node->out->dtype;
    bool sums = strcmp(node->op->name, "CumulativeSum") == 0;

    if (strcmp(node->op->name, "CumulativeMax") == 0)
        return eg__c_is_real(dtype)
            ? eg__say(e, "(%s > %s || %s != %s) ? %s : %s", x, all, x, x, x, all)
            : eg__say(e, "%s > %s ? %s : %s", x, all, x, all);
    if (eg__c_is_real(dtype))
        return eg__say(e, "%s %c %s", all, sums ? '+' : '*', x);
    return eg__say(e, "(%s)((uint64_t)%s %c (uint64_t)%s)", eg__c_type(dtype), all,
        sums ? '+' : '*', x);
}

/* The place of step number `t` along the axis, of `n` there are. */
static const char *place_of(eg__emitter *e, rows r, int64_t n, const char *const at[2],
    const char *t, bool reverse)
{
    if (reverse)
        t = eg__say(e, "(%lld - %s)", (long long)n - 1, t);
    return eg__say(e, "(%s * %lld + %s) * %lld + %s", at[0], (long long)n, t, (long long)r.inner,
        at[1]);
}

static bool write_cumulative(eg__emitter *e, const eg__work *w)
{
    const eg_cumulative_attrs *attrs = w->node->attrs;
    rows r = rows_of(w->in[0]->spec, attrs->axis), y = rows_of(w->out[0]->spec, attrs->axis);
    const char *all = eg__c_name(e, "all"), *at[2];

    if (y.outer * y.inner == 0)
        return true;
    at[0] = eg__loop(e, r.outer);
    at[1] = eg__loop(e, r.inner);
    eg__line(e, "%s %s = %s;", eg__c_type(w->node->out->dtype), all, start_of(w->node));
    if (attrs->include_initial)
        eg__write(e, w->out[0], place_of(e, y, y.n, at, "0", attrs->reverse), all);
    if (r.n > 0) {
        const char *t = eg__loop(e, r.n);
        const char *x = eg__read(e, w->in[0], place_of(e, r, r.n, at, t, attrs->reverse));
        const char *later = attrs->include_initial ? eg__say(e, "(%s + 1)", t) : t;
        const char *to = place_of(e, y, y.n, at, later, attrs->reverse);
        if (attrs->exclusive)
            eg__write(e, w->out[0], to, all);
        eg__line(e, "%s = %s;", all, next_of(e, w->node, all, x));
        if (!attrs->exclusive)
            eg__write(e, w->out[0], to, all);
        eg__close(e);
    }
    eg__close(e);
    eg__close(e);
    return true;
}

static bool write_recurrence(eg__emitter *e, const eg__work *w)
{
    const eg_recurrence_attrs *attrs = w->node->attrs;
    rows r = rows_of(w->in[0]->spec, attrs->axis);
    const char *all = eg__c_name(e, "all"), *at[2];

    at[0] = eg__loop(e, r.outer);
    at[1] = eg__loop(e, r.inner);
    eg__line(e, "%s %s = 0;", eg__c_type(w->node->out->dtype), all);
    const char *t = eg__loop(e, r.n), *place = place_of(e, r, r.n, at, t, attrs->reverse);
    eg__line(e, "%s = %s == 0 ? %s : %s * %s + %s;", all, t, eg__read(e, w->in[1], place),
        eg__read(e, w->in[0], place), all, eg__read(e, w->in[1], place));
    eg__write(e, w->out[0], place, all);
    eg__close(e);
    eg__close(e);
    eg__close(e);
    return true;
}

/* ---- sorting -------------------------------------------------------------------------------- */

/* A place for the order of n elements. */
static const eg__cvalue *take_order(eg__emitter *e, int64_t n, const char *wish)
{
    eg_spec *spec = eg__emit_take(e, sizeof *spec);

    if (spec)
        *spec = (eg_spec){.dtype = EG_INT64, .rank = 1, .size = n, .dims = {n}};
    return spec ? eg__c_array(e, spec, wish) : NULL;
}

/* The first k of each row in order: to `values` and `places`, of which one may be NULL. */
static bool write_order(eg__emitter *e, const eg__work *w, bool descending,
    const eg__cvalue *values, const eg__cvalue *places)
{
    const eg__cvalue *x = w->in[0];
    rows r = rows_of(x->spec, -1);
    int64_t k = rows_of((values ? values : places)->spec, -1).n;
    const eg__cvalue *order = take_order(e, r.n, "order"), *room = take_order(e, r.n, "room");

    if (!order || !room)
        return false;
    const char *i = eg__loop(e, r.outer);
    eg__line(e, "%s(%s, %s, %s + %s * %lld, %lld, %d);", eg__helper(e, "sort", x->spec->dtype),
        order->name, room->name, eg__pointer(e, x), i, (long long)r.n, (long long)r.n, descending);
    const char *j = eg__loop(e, k), *from = eg__say(e, "%s[%s]", order->name, j);
    const char *to = eg__say(e, "%s * %lld + %s", i, (long long)k, j);
    if (values)
        eg__write(e, values, to,
            eg__read(e, x, eg__say(e, "%s * %lld + (size_t)%s", i, (long long)r.n, from)));
    if (places)
        eg__write(e, places, to, from);
    eg__close(e);
    eg__close(e);
    eg__c_release(e, order);
    eg__c_release(e, room);
    return true;
}

static bool write_sort(eg__emitter *e, const eg__work *w)
{
    return write_order(e, w, ((const eg_sort_attrs *)w->node->attrs)->descending, w->out[0], NULL);
}

static bool write_argsort(eg__emitter *e, const eg__work *w)
{
    return write_order(e, w, ((const eg_sort_attrs *)w->node->attrs)->descending, NULL, w->out[0]);
}

static bool write_top_k(eg__emitter *e, const eg__work *w)
{
    return write_order(e, w, true, w->out[0], w->out[1]);
}

static bool write_search(eg__emitter *e, const eg__work *w)
{
    bool right = ((const eg_searchsorted_attrs *)w->node->attrs)->right;
    const eg__cvalue *sorted = w->in[0], *values = w->in[1];
    rows s = rows_of(sorted->spec, -1), v = {1, values->spec->size, 1};
    const char *left = eg__c_name(e, "left"), *end = eg__c_name(e, "right");

    if (sorted->spec->rank > 1)
        v = rows_of(values->spec, -1);
    const char *i = eg__loop(e, v.outer), *j = eg__loop(e, v.n);
    const char *own = eg__say(e, "%s * %lld + %s", i, (long long)v.n, j);
    const char *x = eg__read(e, values, own);
    eg__line(e, "size_t %s = 0, %s = %lld;", left, end, (long long)s.n);
    eg__open(e, "while (%s < %s)", left, end);
    const char *middle = eg__c_name(e, "middle");
    eg__line(e, "const size_t %s = (%s + %s) / 2;", middle, left, end);
    const char *there =
        s.n == 0 ? x : eg__read(e, sorted, eg__say(e, "%s * %lld + %s", i, (long long)s.n, middle));
    const char *before = eg__helper(e, "before", values->spec->dtype);
    if (right)
        eg__line(e, "if (!%s(%s, %s))", before, x, there);
    else
        eg__line(e, "if (%s(%s, %s))", before, there, x);
    eg__line(e, "    %s = %s + 1;", left, middle);
    eg__line(e, "else");
    eg__line(e, "    %s = %s;", end, middle);
    eg__close(e);
    eg__write(e, w->out[0], own, eg__say(e, "(int64_t)%s", left));
    eg__close(e);
    eg__close(e);
    return true;
}

const eg__emission eg__emit_scan[] = {
    {"CumulativeSum", write_cumulative, false},
    {"CumulativeProd", write_cumulative, false},
    {"CumulativeMax", write_cumulative, false},
    {"LinearRecurrence", write_recurrence, false},
    {"Sort", write_sort, false},
    {"ArgSort", write_argsort, false},
    {"TopK", write_top_k, false},
    {"SearchSorted", write_search, false},
    {0},
};
