/* Reductions.
 *
 * Where the last axes are reduced they are groups, see group.c. Else what is reduced is walked in
 * the order of memory, row after row, which adds elements in the order of their indices.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit/emit.h"
#include "kernel/reduce.h"
#include <string.h>

/* Whether only the last axes are reduced, not counting those of size 1. */
static bool reduces_last(const eg_spec *x, unsigned mask)
{
    bool kept = false;

    for (int i = x->rank - 1; i >= 0; i--) {
        if (x->dims[i] == 1)
            continue;
        if ((mask >> i & 1) && kept)
            return false;
        kept = kept || !(mask >> i & 1);
    }
    return true;
}

/* The strides with which a result moves along x's axes. */
static void result_strides(const eg_spec *x, unsigned mask, int64_t stride[])
{
    int64_t step = 1;

    for (int i = x->rank - 1; i >= 0; i--) {
        stride[i] = mask >> i & 1 ? 0 : step;
        step *= mask >> i & 1 ? 1 : x->dims[i];
    }
}

/* Sets all elements. */
static void fill(eg__emitter *e, const eg__cvalue *to, const char *number)
{
    eg__walk w = {0};

    eg__walk_add(&w, to->spec->size, 1, 0, 0);
    if (!eg__walk_open(e, &w))
        return;
    eg__write(e, to, eg__walk_at(e, &w, 0, 0), number);
    eg__walk_close(e, &w);
}

static bool write_by_rows(eg__emitter *e, const eg__work *work, unsigned mask)
{
    const eg__cvalue *x = work->in[0], *out = work->out[0];
    int64_t from[EG_MAX_RANK], to[EG_MAX_RANK];
    eg__walk w = {0};

    fill(e, out, eg__combine_first(work->node));
    eg__strides(x->spec, from);
    result_strides(x->spec, mask, to);
    for (int i = 0; i < x->spec->rank; i++)
        eg__walk_add(&w, x->spec->dims[i], to[i], from[i], 0);
    eg__walk_join(&w);
    if (!eg__walk_open(e, &w))
        return true;
    const char *at = eg__walk_at(e, &w, 0, 0);
    eg__combine(e, work->node, x->spec->dtype, eg__read(e, out, at),
        eg__read(e, x, eg__walk_at(e, &w, 1, 0)));
    eg__walk_close(e, &w);
    return true;
}

static bool write_reduction(eg__emitter *e, const eg__work *work)
{
    const eg_reduce_attrs *attrs = work->node->attrs;
    const eg_spec *x = work->in[0]->spec;
    unsigned mask = eg__reduced_axes(&attrs->axes, x->rank);

    if (x->size > 0 && reduces_last(x, mask))
        return eg__group_of_one(e, work);
    if (!work->out[0]->name) {
        eg__cvalue *own = eg__c_declare(e, work->out[0]->spec, work->node->op->name);
        if (!own)
            return false;
        *(eg__cvalue *)(uintptr_t)work->out[0] = *own;
    }
    return write_by_rows(e, work, mask);
}

/* ---- where the largest is -------------------------------------------------------------------- */

static bool write_argument(eg__emitter *e, const eg__work *work)
{
    const eg_argmax_attrs *attrs = work->node->attrs;
    const eg__cvalue *x = work->in[0], *out = work->out[0];
    int axis = attrs->axis + (attrs->axis < 0 ? x->spec->rank : 0);
    int64_t from[EG_MAX_RANK], to[EG_MAX_RANK];
    const char *sign = strcmp(work->node->op->name, "ArgMax") == 0 ? ">" : "<";
    eg__walk w = {0};

    eg__strides(x->spec, from);
    result_strides(x->spec, 1u << axis, to);
    for (int i = 0; i < x->spec->rank; i++)
        eg__walk_add(&w, i == axis ? 1 : x->spec->dims[i], to[i], from[i], 0);
    eg__walk_join(&w);
    if (!eg__walk_open(e, &w))
        return true;
    const char *best_at = eg__c_name(e, "best"), *at = eg__c_name(e, "at");
    eg__line(e, "size_t %s = 0;", best_at);
    eg__open(e, "for (size_t %s = 1; %s < %lld; %s++)", at, at, (long long)x->spec->dims[axis], at);
    const char *begin = eg__walk_at(e, &w, 1, 0);
    const char *now = eg__read(e, x, eg__c_sum(e, begin, eg__c_times(e, at, from[axis])));
    const char *best = eg__read(e, x, eg__c_sum(e, begin, eg__c_times(e, best_at, from[axis])));
    if (eg__c_is_real(x->spec->dtype))
        eg__line(e, "if (%s == %s && (%s %s %s || %s != %s))", best, best, now, sign, best, now,
            now);
    else
        eg__line(e, "if (%s %s %s)", now, sign, best);
    eg__line(e, "    %s = %s;", best_at, at);
    eg__close(e);
    eg__write(e, out, eg__walk_at(e, &w, 0, 0), eg__say(e, "(int64_t)%s", best_at));
    eg__walk_close(e, &w);
    return true;
}

static bool write_count(eg__emitter *e, const eg__work *work)
{
    const eg__cvalue *x = work->in[0], *out = work->out[0];
    eg__walk w = {0};

    eg__write(e, out, "0", "0");
    eg__walk_add(&w, x->spec->size, 1, 0, 0);
    if (!eg__walk_open(e, &w))
        return true;
    const char *now = eg__read(e, x, eg__walk_at(e, &w, 0, 0)), *all = eg__read(e, out, "0");
    eg__write(e, out, "0", eg__say(e, "%s + (%s != 0)", all, now));
    eg__walk_close(e, &w);
    return true;
}

const eg__emission eg__emit_reduce[] = {
    {"Sum", write_reduction, true},
    {"Prod", write_reduction, true},
    {"Max", write_reduction, true},
    {"Min", write_reduction, true},
    {"Any", write_reduction, true},
    {"All", write_reduction, true},
    {"ArgMax", write_argument, false},
    {"ArgMin", write_argument, false},
    {"CountNonzero", write_count, false},
    {0},
};
