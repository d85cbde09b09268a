/* Elements by index. Every index is checked before it is used.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit/emit.h"
#include "kernel/index.h"
#include <eagre/ops.h>
#include <string.h>

static long long product(const int64_t dims[], int from, int to)
{
    long long n = 1;

    for (int i = from; i < to; i++)
        n *= (long long)dims[i];
    return n;
}

/* An index, as a variable of its own, and its check. */
static const char *checked(eg__emitter *e, const char *from, long long size)
{
    const char *at = eg__c_name(e, "at");

    eg__line(e, "const int64_t %s = (int64_t)%s;", at, from);
    eg__line(e, "if (%s < 0 || %s >= %lld)", at, at, size);
    eg__line(e, "    return %s_OUT_OF_RANGE;", eg__c_upper(e, e->prefix));
    e->fails = true;
    return at;
}

/* A loop, or where there is one step none and the index 0. */
static const char *loop_of(eg__emitter *e, long long n)
{
    return n == 1 ? "0" : eg__loop(e, n);
}

static void end_loop(eg__emitter *e, long long n)
{
    if (n != 1)
        eg__close(e);
}

static void fill_zero(eg__emitter *e, const eg__cvalue *to)
{
    if (to->is_array && to->spec->size > 0)
        eg__line(e, "memset(%s, 0, %lld * sizeof *%s);", to->name, (long long)to->spec->size,
            to->name);
    else if (to->spec->size > 0)
        eg__write(e, to, "0", "0");
}

/* z + x of a dtype. */
static const char *sum(eg__emitter *e, eg_dtype dtype, const char *z, const char *x)
{
    const char *type = eg__c_type(dtype);

    return eg__c_is_real(dtype) ? eg__say(e, "%s + %s", z, x)
                                : eg__say(e, "(%s)((uint64_t)%s + (uint64_t)%s)", type, z, x);
}

static bool write_gather(eg__emitter *e, const eg__work *w)
{
    const eg_spec *x = w->in[0]->spec, *y = w->out[0]->spec;
    int axis = ((const eg_gather_attrs *)w->node->attrs)->axis;
    long long n = (long long)w->in[1]->spec->size;

    axis += axis < 0 ? x->rank : 0;
    long long before = product(x->dims, 0, axis), row = product(x->dims, axis + 1, x->rank);
    if (y->size == 0)
        return true;
    const char *i = loop_of(e, before), *j = loop_of(e, n);
    const char *at = checked(e, eg__read(e, w->in[1], j), (long long)x->dims[axis]);
    const char *l = loop_of(e, row);
    const char *to = eg__say(e, "(%s * %lld + %s) * %lld + %s", i, n, j, row, l);
    const char *from =
        eg__say(e, "(%s * %lld + (size_t)%s) * %lld + %s", i, (long long)x->dims[axis], at, row, l);
    eg__write(e, w->out[0], to, eg__read(e, w->in[0], from));
    end_loop(e, row);
    end_loop(e, n);
    end_loop(e, before);
    return true;
}

static bool write_scatter_add(eg__emitter *e, const eg__work *w)
{
    const eg__scatter_attrs *attrs = w->node->attrs;
    const eg_spec *y = w->out[0]->spec;
    int axis = attrs->axis + (attrs->axis < 0 ? y->rank : 0);
    long long n = (long long)w->in[0]->spec->size, before = product(y->dims, 0, axis);
    long long row = product(y->dims, axis + 1, y->rank);

    fill_zero(e, w->out[0]);
    if (w->in[1]->spec->size == 0)
        return true;
    const char *i = loop_of(e, before), *j = loop_of(e, n);
    const char *at = checked(e, eg__read(e, w->in[0], j), (long long)attrs->n);
    const char *l = loop_of(e, row);
    const char *from = eg__say(e, "(%s * %lld + %s) * %lld + %s", i, n, j, row, l);
    const char *to =
        eg__say(e, "(%s * %lld + (size_t)%s) * %lld + %s", i, (long long)attrs->n, at, row, l);
    eg__write(e, w->out[0], to,
        sum(e, y->dtype, eg__read(e, w->out[0], to), eg__read(e, w->in[1], from)));
    end_loop(e, row);
    end_loop(e, n);
    end_loop(e, before);
    return true;
}

/* TakeAlong and AddAlong: a list of indices for each row. */
static bool write_along(eg__emitter *e, const eg__work *w, const eg__cvalue *indices, bool adds)
{
    const eg_spec *lists = indices->spec;
    const eg_spec *rows = adds ? w->out[0]->spec : w->in[0]->spec;
    long long n = (long long)lists->dims[lists->rank - 1],
              size = (long long)rows->dims[rows->rank - 1];

    if (lists->size == 0)
        return true;
    long long many = (long long)lists->size / n;
    const char *i = loop_of(e, many), *j = loop_of(e, n);
    const char *own = eg__say(e, "%s * %lld + %s", i, n, j);
    const char *at = checked(e, eg__read(e, indices, own), size);
    const char *other = eg__say(e, "%s * %lld + (size_t)%s", i, size, at);
    if (adds)
        eg__write(e, w->out[0], other,
            sum(e, rows->dtype, eg__read(e, w->out[0], other), eg__read(e, w->in[1], own)));
    else
        eg__write(e, w->out[0], own, eg__read(e, w->in[0], other));
    end_loop(e, n);
    end_loop(e, many);
    return true;
}

static bool write_take_along(eg__emitter *e, const eg__work *w)
{
    return write_along(e, w, w->in[1], false);
}

static bool write_add_along(eg__emitter *e, const eg__work *w)
{
    fill_zero(e, w->out[0]);
    return write_along(e, w, w->in[0], true);
}

static bool write_one_hot(eg__emitter *e, const eg__work *w)
{
    const eg__hot_attrs *attrs = w->node->attrs;
    long long n = (long long)w->in[0]->spec->size, depth = (long long)attrs->depth;

    fill_zero(e, w->out[0]);
    if (w->out[0]->spec->size == 0)
        return true;
    const char *i = loop_of(e, n), *at = eg__c_name(e, "at");
    eg__line(e, "const int64_t %s = (int64_t)%s;", at, eg__read(e, w->in[0], i));
    eg__open(e, "if (%s >= 0 && %s < %lld)", at, at, depth);
    eg__write(e, w->out[0], eg__say(e, "%s * %lld + (size_t)%s", i, depth, at), "1");
    eg__close(e);
    end_loop(e, n);
    return true;
}

/* ---- scatter -------------------------------------------------------------------------------- */

static const char *changed(eg__emitter *e, eg_scatter_how how, eg_dtype dtype, const char *z,
    const char *x)
{
    const char *sign = how == EG_SCATTER_MAX ? ">" : "<";

    if (how == EG_SCATTER_SET)
        return x;
    if (how == EG_SCATTER_ADD)
        return sum(e, dtype, z, x);
    if (eg__c_is_real(dtype))
        return eg__say(e, "(%s %s %s || %s != %s) ? %s : %s", x, sign, z, x, x, x, z);
    return eg__say(e, "%s %s %s ? %s : %s", x, sign, z, x, z);
}

static bool write_scatter(eg__emitter *e, const eg__work *w)
{
    const eg_scatter_attrs *attrs = w->node->attrs;
    const eg_spec *y = w->out[0]->spec;
    long long n = (long long)w->in[1]->spec->size, row = product(y->dims, 1, y->rank);
    const char *at = eg__c_name(e, "at");

    eg__copy_all(e, w->out[0], w->in[0]);
    if (w->in[2]->spec->size == 0)
        return true;
    const char *i = eg__loop(e, n);
    eg__line(e, "const int64_t %s = (int64_t)%s;", at, eg__read(e, w->in[1], i));
    eg__line(e, "if (%s < 0 || %s >= %lld)", at, at, (long long)y->dims[0]);
    if (attrs->drop)
        eg__line(e, "    continue;");
    else
        eg__line(e, "    return %s_OUT_OF_RANGE;", eg__c_upper(e, e->prefix));
    e->fails = e->fails || !attrs->drop;
    const char *l = loop_of(e, row);
    const char *to = eg__say(e, "(size_t)%s * %lld + %s", at, row, l);
    const char *from = eg__say(e, "%s * %lld + %s", i, row, l);
    eg__write(e, w->out[0], to,
        changed(e, attrs->how, y->dtype, eg__read(e, w->out[0], to), eg__read(e, w->in[2], from)));
    end_loop(e, row);
    eg__close(e);
    return true;
}

static const char *brought_inside(eg__emitter *e, const char *at, long long size,
    eg_outside outside)
{
    if (outside == EG_OUTSIDE_WRAPS)
        return eg__say(e, "(%s %% %lld + %lld) %% %lld", at, size, size, size);
    return eg__say(e, "%s < 0 ? 0 : %s >= %lld ? %lld : %s", at, at, size, size - 1, at);
}

static bool write_ravel_index(eg__emitter *e, const eg__work *w)
{
    const eg_ravel_index_attrs *attrs = w->node->attrs;
    long long n = (long long)w->out[0]->spec->size;
    int axes = attrs->dims.n;

    const char *i = loop_of(e, n), *place = eg__c_name(e, "place");
    eg__line(e, "int64_t %s = 0;", place);
    for (int k = 0; k < axes; k++) {
        long long size = (long long)attrs->dims.at[k];
        const char *at = eg__c_name(e, "at"), *in = at;
        eg__line(e, "%sint64_t %s = (int64_t)%s;", attrs->outside ? "const " : "", at,
            eg__read(e, w->in[0], eg__say(e, "%s * %d + %d", i, axes, k)));
        if (attrs->outside == EG_OUTSIDE_FAILS) {
            eg__line(e, "%s += %s < 0 ? %lld : 0;", at, at, size);
            eg__line(e, "if (%s < 0 || %s >= %lld)", at, at, size);
            eg__line(e, "    return %s_OUT_OF_RANGE;", eg__c_upper(e, e->prefix));
            e->fails = true;
        } else {
            in = eg__say(e, "(%s)", brought_inside(e, at, size, attrs->outside));
        }
        eg__line(e, "%s = %s * %lld + %s;", place, place, size, in);
    }
    eg__write(e, w->out[0], i, place);
    end_loop(e, n);
    return true;
}

const eg__emission eg__emit_index[] = {
    {"Gather", write_gather, false},
    {"ScatterAdd", write_scatter_add, false},
    {"TakeAlong", write_take_along, false},
    {"AddAlong", write_add_along, false},
    {"OneHot", write_one_hot, false},
    {"Scatter", write_scatter, false},
    {"RavelIndex", write_ravel_index, false},
    {0},
};
