/* Building oneDNN's convolutions, and the primitives that bring their filters into its order.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/conv_build.h"

#ifdef EG_HAVE_DNNL
#include <string.h>

typedef eg__conv_plan plan;

/* The same for oneDNN, with two spatial axes where the first of three is not used. */
typedef struct drawing {
    int spatial;
    dnnl_dims_t stride, dilation, before, after;
    dnnl_memory_desc_t x, w, y, plain; /* w: in whatever order suits; plain: as eagre has it */
} drawing;

#if DNNL_VERSION_MAJOR >= 3

static dnnl_status_t make_desc(dnnl_memory_desc_t *desc, int rank, const dnnl_dims_t dims,
    const dnnl_dims_t strides)
{
    if (strides)
        return dnnl_memory_desc_create_with_strides(desc, rank, dims, dnnl_f32, strides);
    return dnnl_memory_desc_create_with_tag(desc, rank, dims, dnnl_f32, dnnl_format_tag_any);
}

static void free_drawing(drawing *d)
{
    const dnnl_memory_desc_t all[] = {d->x, d->w, d->y, d->plain};

    for (int i = 0; i < 4; i++)
        if (all[i])
            dnnl_memory_desc_destroy(all[i]);
}

static dnnl_status_t make_forward(const drawing *d, const eg__blueprint *b,
    dnnl_primitive_desc_t *made)
{
    return dnnl_convolution_forward_primitive_desc_create(made, b->engine, dnnl_forward_training,
        dnnl_convolution_direct, d->x, d->w, NULL, d->y, d->stride, d->dilation, d->before,
        d->after, b->attr);
}

static dnnl_status_t make_backward(const drawing *d, int kind, eg__blueprint *to,
    dnnl_primitive_desc_t forward)
{
    if (kind == EG__CONV_INPUT)
        return dnnl_convolution_backward_data_primitive_desc_create(&to->primitive, to->engine,
            dnnl_convolution_direct, d->x, d->w, d->y, d->stride, d->dilation, d->before, d->after,
            forward, to->attr);
    return dnnl_convolution_backward_weights_primitive_desc_create(&to->primitive, to->engine,
        dnnl_convolution_direct, d->x, d->w, NULL, d->y, d->stride, d->dilation, d->before,
        d->after, forward, to->attr);
}

static dnnl_status_t make_reorder(const_dnnl_memory_desc_t from, const_dnnl_memory_desc_t to,
    eg__blueprint *b)
{
    return dnnl_reorder_primitive_desc_create(&b->primitive, from, b->engine, to, b->engine,
        b->attr);
}

static const_dnnl_memory_desc_t plain_of(const drawing *d)
{
    return d->plain;
}

#else

static dnnl_status_t make_desc(dnnl_memory_desc_t *desc, int rank, const dnnl_dims_t dims,
    const dnnl_dims_t strides)
{
    if (strides)
        return dnnl_memory_desc_init_by_strides(desc, rank, dims, dnnl_f32, strides);
    return dnnl_memory_desc_init_by_tag(desc, rank, dims, dnnl_f32, dnnl_format_tag_any);
}

static void free_drawing(drawing *d)
{
    (void)d;
}

static dnnl_status_t make_forward(const drawing *d, const eg__blueprint *b,
    dnnl_primitive_desc_t *made)
{
    dnnl_convolution_desc_t conv;
    dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(&conv, dnnl_forward_training,
        dnnl_convolution_direct, &d->x, &d->w, NULL, &d->y, d->stride, d->dilation, d->before,
        d->after);

    if (status != dnnl_success)
        return status;
    return dnnl_primitive_desc_create(made, &conv, b->attr, b->engine, NULL);
}

static dnnl_status_t make_backward(const drawing *d, int kind, eg__blueprint *to,
    dnnl_primitive_desc_t forward)
{
    dnnl_convolution_desc_t conv;
    dnnl_status_t status = kind == EG__CONV_INPUT
        ? dnnl_dilated_convolution_backward_data_desc_init(&conv, dnnl_convolution_direct, &d->x,
              &d->w, &d->y, d->stride, d->dilation, d->before, d->after)
        : dnnl_dilated_convolution_backward_weights_desc_init(&conv, dnnl_convolution_direct, &d->x,
              &d->w, NULL, &d->y, d->stride, d->dilation, d->before, d->after);

    if (status != dnnl_success)
        return status;
    return dnnl_primitive_desc_create(&to->primitive, &conv, to->attr, to->engine, forward);
}

static dnnl_status_t make_reorder(const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to,
    eg__blueprint *b)
{
    return dnnl_reorder_primitive_desc_create(&b->primitive, from, b->engine, to, b->engine,
        b->attr);
}

static const dnnl_memory_desc_t *plain_of(const drawing *d)
{
    return &d->plain;
}

#endif

/* Channels last, of x or y. */
static dnnl_status_t draw_array(dnnl_memory_desc_t *desc, const plan *p, bool is_y, int spatial)
{
    const int32_t *sizes = is_y ? p->out : p->in;
    int64_t channels = (int64_t)p->groups * (is_y ? p->o : p->c), step = channels;
    dnnl_dims_t dims = {p->n, channels}, strides = {0, 1};

    for (int i = spatial - 1; i >= 0; i--) {
        dims[2 + i] = sizes[EG__SPATIAL - spatial + i];
        strides[2 + i] = step;
        step *= dims[2 + i];
    }
    strides[0] = step;
    return make_desc(desc, spatial + 2, dims, strides);
}

/* [groups, results, channels, sizes], or without groups where there is one. */
static dnnl_status_t draw_filter(drawing *d, const plan *p)
{
    dnnl_dims_t all = {p->groups, p->o, p->c}, step = {p->o, 1, (int64_t)p->groups * p->o};
    int64_t next = step[2] * p->c;
    int skip = p->groups == 1, rank = 3 + d->spatial - skip;

    for (int i = d->spatial - 1; i >= 0; i--) {
        all[3 + i] = p->k[EG__SPATIAL - d->spatial + i];
        step[3 + i] = next;
        next *= all[3 + i];
    }
    dnnl_dims_t dims, strides;
    memcpy(dims, all + skip, (size_t)rank * sizeof *dims);
    memcpy(strides, step + skip, (size_t)rank * sizeof *strides);
    dnnl_status_t status = make_desc(&d->w, rank, dims, NULL);
    return status == dnnl_success ? make_desc(&d->plain, rank, dims, strides) : status;
}

static dnnl_status_t draw(drawing *d, const plan *p)
{
    d->spatial = p->in[0] == 1 && p->k[0] == 1 && p->out[0] == 1 ? 2 : 3;
    for (int i = 0; i < d->spatial; i++) {
        int axis = EG__SPATIAL - d->spatial + i;
        int64_t reach = (int64_t)(p->k[axis] - 1) * p->dilation[axis] + 1;
        d->stride[i] = p->stride[axis];
        d->dilation[i] = p->dilation[axis] - 1;
        d->before[i] = p->before[axis];
        d->after[i] =
            (int64_t)(p->out[axis] - 1) * p->stride[axis] + reach - p->in[axis] - p->before[axis];
    }
    dnnl_status_t status = draw_array(&d->x, p, false, d->spatial);
    if (status == dnnl_success)
        status = draw_array(&d->y, p, true, d->spatial);
    return status == dnnl_success ? draw_filter(d, p) : status;
}

static dnnl_status_t make_conv(const drawing *d, int kind, eg__blueprint *to)
{
    dnnl_primitive_desc_t forward = NULL;
    dnnl_status_t status = make_forward(d, to, kind == EG__CONV ? &to->primitive : &forward);

    if (kind == EG__CONV || status != dnnl_success)
        return status;
    status = make_backward(d, kind, to, forward);
    dnnl_primitive_desc_destroy(forward);
    return status;
}

static dnnl_query_t filter_of(int kind)
{
    return kind == EG__CONV_FILTER ? dnnl_query_diff_weights_md : dnnl_query_weights_md;
}

/* Makes of the convolution that was drawn the primitive for its filter. */
static dnnl_status_t turn_to_reorder(const drawing *d, int kind, eg__blueprint *to)
{
    dnnl_primitive_desc_t conv = to->primitive;
    bool back = kind == EG__CONV_FILTER;
    dnnl_status_t status = dnnl_unimplemented;

    to->primitive = NULL;
    if (back)
        status =
            make_reorder(dnnl_primitive_desc_query_md(conv, filter_of(kind), 0), plain_of(d), to);
    else
        status =
            make_reorder(plain_of(d), dnnl_primitive_desc_query_md(conv, filter_of(kind), 0), to);
    dnnl_primitive_desc_destroy(conv);
    return status;
}

static void name_args(int kind, bool reorders, eg__blueprint *to)
{
    static const int args[EG__CONV_KINDS][3] = {
        {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
        {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC},
        {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST},
    };
    static const dnnl_query_t memory[EG__CONV_KINDS][3] = {
        {dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md},
        {dnnl_query_diff_dst_md, dnnl_query_weights_md, dnnl_query_diff_src_md},
        {dnnl_query_src_md, dnnl_query_diff_weights_md, dnnl_query_diff_dst_md},
    };

    to->n_args = reorders ? 2 : 3;
    for (int i = 0; i < to->n_args; i++) {
        to->arg[i] = reorders ? (i ? DNNL_ARG_TO : DNNL_ARG_FROM) : args[kind][i];
        to->memory[i] = reorders ? (i ? dnnl_query_dst_md : dnnl_query_src_md) : memory[kind][i];
    }
}

dnnl_status_t eg__conv_build(const void *key, eg__blueprint *to)
{
    const plan *p = key;
    drawing d = {0};
    dnnl_status_t status = draw(&d, p);

    if (status == dnnl_success)
        status = make_conv(&d, p->kind, to);
    if (status == dnnl_success && p->reorders)
        status = turn_to_reorder(&d, p->kind, to);
    free_drawing(&d);
    name_args(p->kind, p->reorders != 0, to);
    return status;
}

#endif
