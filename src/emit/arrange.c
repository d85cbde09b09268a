/* Operations that move elements.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit/emit.h"
#include "kernel/move.h"
#include <string.h>

/* Copies along a nest: array 0 of it is `to`, which begins at an element, array 1 `from`. */
static bool write_copy(eg__emitter *e, eg__walk *w, const eg__cvalue *to, const eg__cvalue *from,
    const int64_t begin[2])
{
    int last;

    eg__walk_join(w);
    last = w->n - 1;
    bool runs = last >= 0 && w->stride[0][last] == 1 && w->stride[1][last] == 1 &&
        w->count[last] >= 8 && to->is_array && from->is_array;
    int64_t run = runs ? w->count[last] : 1;
    if (runs)
        w->count[last] = 1;
    if (run == 0 || !eg__walk_open(e, w))
        return true;
    const char *out = eg__walk_at(e, w, 0, begin[0]), *in = eg__walk_at(e, w, 1, begin[1]);
    if (runs)
        eg__line(e, "memcpy(%s, %s, %lld * sizeof *%s);", eg__c_sum(e, to->name, out),
            eg__c_sum(e, from->name, in), (long long)run, to->name);
    else
        eg__write(e, to, out, eg__read(e, from, in));
    eg__walk_close(e, w);
    return true;
}

static void fill_zero(eg__emitter *e, const eg__cvalue *to)
{
    if (to->is_array)
        eg__line(e, "memset(%s, 0, %lld * sizeof *%s);", to->name, (long long)to->spec->size,
            to->name);
    else
        eg__write(e, to, "0", "0");
}

static bool write_transpose(eg__emitter *e, const eg__work *work)
{
    const eg_transpose_attrs *attrs = work->node->attrs;
    const eg_spec *x = work->in[0]->spec, *y = work->out[0]->spec;
    int64_t from[EG_MAX_RANK], to[EG_MAX_RANK];
    eg__walk w = {0};

    eg__strides(x, from);
    eg__strides(y, to);
    for (int i = 0; i < y->rank; i++) {
        int axis = attrs->axes.n == 0 ? x->rank - 1 - i : attrs->axes.axis[i];
        eg__walk_add(&w, y->dims[i], to[i], from[axis + (axis < 0 ? x->rank : 0)], 0);
    }
    return write_copy(e, &w, work->out[0], work->in[0], (int64_t[]){0, 0});
}

static bool write_broadcast(eg__emitter *e, const eg__work *work)
{
    const eg_spec *x = work->in[0]->spec, *y = work->out[0]->spec;
    int64_t from[EG_MAX_RANK], to[EG_MAX_RANK];
    eg__walk w = {0};

    eg__broadcast_strides(x, y, from);
    eg__strides(y, to);
    for (int i = 0; i < y->rank; i++)
        eg__walk_add(&w, y->dims[i], to[i], from[i], 0);
    return write_copy(e, &w, work->out[0], work->in[0], (int64_t[]){0, 0});
}

static bool write_slice(eg__emitter *e, const eg__work *work)
{
    const eg_slice_attrs *attrs = work->node->attrs;
    const eg_spec *x = work->in[0]->spec, *y = work->out[0]->spec;
    int64_t from[EG_MAX_RANK], to[EG_MAX_RANK], begin[2] = {0, 0};
    eg__walk w = {0};

    eg__strides(x, from);
    eg__strides(y, to);
    for (int i = 0; i < y->rank; i++) {
        begin[1] += eg__slice_begin(attrs, i, x->dims[i]) * from[i];
        eg__walk_add(&w, y->dims[i], to[i], from[i] * eg__slice_step(attrs, i), 0);
    }
    return write_copy(e, &w, work->out[0], work->in[0], begin);
}

/* Where a part goes, in a larger array. */
static bool write_part(eg__emitter *e, const eg__cvalue *to, const eg__cvalue *part,
    const eg_slice_attrs *place)
{
    int64_t from[EG_MAX_RANK], into[EG_MAX_RANK], begin[2] = {0, 0};
    eg__walk w = {0};

    eg__strides(part->spec, from);
    eg__strides(to->spec, into);
    for (int i = 0; i < to->spec->rank; i++) {
        begin[0] += eg__slice_begin(place, i, to->spec->dims[i]) * into[i];
        eg__walk_add(&w, part->spec->dims[i], into[i] * eg__slice_step(place, i), from[i], 0);
    }
    return write_copy(e, &w, to, part, begin);
}

static bool write_unslice(eg__emitter *e, const eg__work *work)
{
    const eg__unslice_attrs *attrs = work->node->attrs;
    eg_slice_attrs place = {.begin = attrs->begin, .step = attrs->step};

    fill_zero(e, work->out[0]);
    return work->in[0]->spec->size == 0 || write_part(e, work->out[0], work->in[0], &place);
}

static bool write_put_slice(eg__emitter *e, const eg__work *work)
{
    const eg_put_slice_attrs *attrs = work->node->attrs;
    eg_slice_attrs place = {.begin = attrs->begin, .step = attrs->step};

    eg__copy_all(e, work->out[0], work->in[0]);
    return work->in[1]->spec->size == 0 || write_part(e, work->out[0], work->in[1], &place);
}

static bool write_concat(eg__emitter *e, const eg__work *work)
{
    int axis = ((const eg_concat_attrs *)work->node->attrs)->axis;
    const eg_spec *y = work->out[0]->spec;
    int64_t to[EG_MAX_RANK], from[EG_MAX_RANK], begin[2] = {0, 0};

    axis += axis < 0 ? y->rank : 0;
    eg__strides(y, to);
    for (int k = 0; k < work->node->n_in; k++) {
        const eg_spec *x = work->in[k]->spec;
        eg__walk w = {0};
        eg__strides(x, from);
        for (int i = 0; i < x->rank; i++)
            eg__walk_add(&w, x->dims[i], to[i], from[i], 0);
        if (x->size > 0)
            write_copy(e, &w, work->out[0], work->in[k], begin);
        begin[0] += x->dims[axis] * to[axis];
    }
    return true;
}

static bool write_range(eg__emitter *e, const eg__work *work)
{
    eg__walk w = {0};

    eg__walk_add(&w, work->out[0]->spec->size, 1, 0, 0);
    if (!eg__walk_open(e, &w))
        return true;
    const char *at = eg__walk_at(e, &w, 0, 0);
    eg__write(e, work->out[0], at, eg__say(e, "(int64_t)(%s)", at));
    eg__walk_close(e, &w);
    return true;
}

const eg__emission eg__emit_arrange[] = {
    {"Transpose", write_transpose, false},
    {"BroadcastTo", write_broadcast, false},
    {"Slice", write_slice, false},
    {"Unslice", write_unslice, false},
    {"PutSlice", write_put_slice, false},
    {"Concat", write_concat, false},
    {"Range", write_range, false},
    {0},
};
