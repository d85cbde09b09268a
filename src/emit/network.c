/* Softmax, norms, losses, attention, recurrent layers.
 *
 * What has a composition in the library is written as that: it is drawn as a graph, which goes
 * through the passes and is written like any other.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/block.h"
#include "emit/emit.h"
#include "kernel/norm.h"
#include "ops/attention.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/recurrent.h"
#include "pass/pass.h"
#include <string.h>

/* ---- compositions --------------------------------------------------------------------------- */

typedef void (*composition)(const void *attrs, eg_tensor *const in[], eg_tensor *out[]);

/* The graph of what `compose` does to inputs like the node's; NULL after an error. */
static eg_graph *drawn(const eg__work *w, composition compose)
{
    eg_tensor *in[EG__MAX_IN] = {NULL}, *out[EG__MAX_OUT] = {NULL};
    eg_site site = eg__me.site;
    eg__drawing d;

    if (!eg__draw(&d, w->node->op->name))
        return NULL;
    eg__me.site = w->node->site;
    for (int k = 0; k < w->node->n_in && !eg__me.failed; k++)
        in[k] = eg__draw_input(&d, w->in[k]->spec);
    if (!eg__me.failed)
        compose(w->node->attrs, in, out);
    for (int k = 0; k < w->node->n_out && !eg__me.failed; k++)
        eg__draw_output(&d, out[k]);
    eg__draw_leave(&d);
    eg__me.site = site;
    if (!eg__me.failed && eg__passes_run(d.graph) == EG_OK)
        return d.graph;
    eg_graph_free(d.graph);
    return NULL;
}

static bool write_composed(eg__emitter *e, const eg__work *w, composition compose)
{
    eg_graph *graph = drawn(w, compose);

    if (!graph || !eg__emit_keep(e, graph))
        return false;
    eg_graph *run = eg__passes_plan(graph, NULL);
    return run && eg__emit_keep(e, run) && eg__graph_write(e, run, w->in, w->out);
}

/* ---- softmax -------------------------------------------------------------------------------- */

static bool takes_plain(eg__emitter *e, const eg__work *w)
{
    return eg__c_is_plain(w->in[0]->spec->dtype) ||
        eg__cannot(e, "it is written for float32 and float64");
}

static bool write_softmax(eg__emitter *e, const eg__work *w)
{
    const eg_softmax_attrs *attrs = w->node->attrs;
    const eg_spec *x = w->in[0]->spec;
    bool logs = strcmp(w->node->op->name, "LogSoftmax") == 0;
    int axis = attrs->not_last_axis ? attrs->axis : -1;
    int64_t inner = 1, outer = 1;

    if (!takes_plain(e, w))
        return false;
    axis += axis < 0 ? x->rank : 0;
    for (int i = 0; i < x->rank; i++) {
        outer *= i < axis ? x->dims[i] : 1;
        inner *= i > axis ? x->dims[i] : 1;
    }
    const char *helper = eg__helper(e, logs ? "log_softmax" : "softmax", x->dtype);
    const char *i = outer == 1 ? NULL : eg__loop(e, outer);
    const char *j = inner == 1 ? NULL : eg__loop(e, inner);
    const char *at =
        eg__c_index(e, 2, (const char *[]){i, j}, (int64_t[]){x->dims[axis] * inner, 1}, 0);
    eg__line(e, "%s(%s, %s, %lld, %lld);", helper, eg__c_sum(e, eg__pointer(e, w->out[0]), at),
        eg__c_sum(e, eg__pointer(e, w->in[0]), at), (long long)x->dims[axis], (long long)inner);
    if (j)
        eg__close(e);
    if (i)
        eg__close(e);
    return true;
}

/* ---- norms ---------------------------------------------------------------------------------- */

static const char *parameter(eg__emitter *e, const eg__cvalue *v)
{
    const char *name;

    if (v->is_array)
        return eg__say(e, "%s, %d", v->name, v->spec->size > 1);
    name = eg__c_name(e, "only");
    eg__line(e, "const %s %s = %s;", eg__c_type(v->spec->dtype), name, v->name);
    return eg__say(e, "&%s, 0", name);
}

static bool write_norm(eg__emitter *e, const eg__work *w)
{
    const eg_layer_norm_attrs *attrs = w->node->attrs;
    const eg_spec *x = w->in[0]->spec;
    bool centers = strcmp(w->node->op->name, "LayerNorm") == 0;
    int64_t row = 1;

    if (!takes_plain(e, w))
        return false;
    for (int i = 0; i < eg__norm_axes(attrs); i++)
        row *= x->dims[x->rank - 1 - i];
    const char *helper = eg__helper(e, centers ? "layer_norm" : "rms_norm", x->dtype);
    const char *scale = parameter(e, w->in[1]), *offset = centers ? parameter(e, w->in[2]) : NULL;
    const char *epsilon = eg__c_real(e, EG_FLOAT64, eg__norm_epsilon(attrs));
    const char *i = x->size == row ? NULL : eg__loop(e, x->size / row);
    const char *at = eg__c_index(e, 1, &i, &row, 0);
    eg__line(e, "%s(%s, %s, %lld, %s%s%s, %s);", helper,
        eg__c_sum(e, eg__pointer(e, w->out[0]), at), eg__c_sum(e, eg__pointer(e, w->in[0]), at),
        (long long)row, scale, offset ? ", " : "", offset ? offset : "", epsilon);
    if (i)
        eg__close(e);
    return true;
}

/* From x, scale and dz the gradients of x and, as rows, of scale and offset. */
static void norm_gradient(const eg_layer_norm_attrs *attrs, eg_tensor *const in[], eg_tensor *out[],
    bool centers)
{
    int rank = eg_rank(in[0]), axes = eg__norm_axes(attrs);
    unsigned last = ((1u << axes) - 1) << (rank - axes);
    eg_reduce_attrs over = eg__over(last, true), rows = eg__over(((1u << rank) - 1) & ~last, false);
    eg_tensor *d = centers ? eg_sub(in[0], eg_mean_with(in[0], &over)) : in[0];
    eg_tensor *variance = eg_mean_with(eg_square(d), &over);
    eg_tensor *r = eg_div(eg__number_like(in[0], 1),
        eg_sqrt(eg_add(variance, eg__number_like(in[0], eg__norm_epsilon(attrs)))));
    eg_tensor *n = eg_mul(d, r), *g = eg_mul(in[2], in[1]), *slope = eg_mul(in[2], n);
    eg_tensor *left = centers ? eg_sub(g, eg_mean_with(g, &over)) : g;

    out[0] = eg_mul(r, eg_sub(left, eg_mul(n, eg_mean_with(eg_mul(g, n), &over))));
    out[1] = rank > axes ? eg_sum_with(slope, &rows) : slope;
    if (centers)
        out[2] = rank > axes ? eg_sum_with(in[2], &rows) : eg_identity(in[2]);
}

static void layer_norm_gradient(const void *attrs, eg_tensor *const in[], eg_tensor *out[])
{
    norm_gradient(attrs, in, out, true);
}

static void rms_norm_gradient(const void *attrs, eg_tensor *const in[], eg_tensor *out[])
{
    norm_gradient(attrs, in, out, false);
}

static bool write_layer_norm_grad(eg__emitter *e, const eg__work *w)
{
    return write_composed(e, w, layer_norm_gradient);
}

static bool write_rms_norm_grad(eg__emitter *e, const eg__work *w)
{
    return write_composed(e, w, rms_norm_gradient);
}

/* ---- cross-entropy -------------------------------------------------------------------------- */

static void cross_entropy(const void *attrs, eg_tensor *const in[], eg_tensor *out[])
{
    eg_tensor *at = eg_take_along(eg_log_softmax(in[0]), eg_expand_dims(in[1], -1));

    (void)attrs;
    out[0] = eg_neg(eg_squeeze(at, -1));
}

/* dz (p - hot), where a label that is not inside is an error. */
static void cross_entropy_gradient(const void *attrs, eg_tensor *const in[], eg_tensor *out[])
{
    eg_tensor *labels = eg_expand_dims(in[1], -1), *dz = eg_expand_dims(in[2], -1);
    eg_tensor *hot = eg_add_along(labels, eg_ones_like(dz), eg_dim(in[0], -1));

    (void)attrs;
    out[0] = eg_mul(dz, eg_sub(eg_softmax(in[0]), hot));
}

static bool write_cross_entropy(eg__emitter *e, const eg__work *w)
{
    return write_composed(e, w, cross_entropy);
}

static bool write_cross_entropy_grad(eg__emitter *e, const eg__work *w)
{
    return write_composed(e, w, cross_entropy_gradient);
}

/* ---- attention ------------------------------------------------------------------------------ */

static void attend(const void *attrs, eg_tensor *const in[], eg_tensor *out[])
{
    out[0] = eg__attention_whole(attrs, in);
}

static void attend_back(const void *attrs, eg_tensor *const in[], eg_tensor *out[])
{
    eg__attention_whole_gradient(attrs, (eg_tensor *[]){in[0], in[1], in[2], NULL}, in[3], 3, out);
}

/* The mask's gradient, too, or nothing. */
static void attend_masked_back(const void *attrs, eg_tensor *const in[], eg_tensor *out[])
{
    const eg__attention_attrs *a = attrs;
    int64_t none[] = {0};

    eg__attention_whole_gradient(a, in, in[4], a->mask_gradient ? 4 : 3, out);
    if (!a->mask_gradient)
        out[3] = eg_zeros(eg_dtype_of(in[0]), 1, none);
}

static bool write_attention(eg__emitter *e, const eg__work *w)
{
    return write_composed(e, w, attend);
}

static bool write_attention_grad(eg__emitter *e, const eg__work *w)
{
    return write_composed(e, w, attend_back);
}

static bool write_masked_attention_grad(eg__emitter *e, const eg__work *w)
{
    return write_composed(e, w, attend_masked_back);
}

/* ---- recurrent layers ----------------------------------------------------------------------- */

/* What the way back keeps is not needed: that is composed anew from the inputs. */
static void recur(const void *attrs, eg_tensor *const in[], eg_tensor *out[])
{
    const eg__recurrent_attrs *a = attrs;
    int64_t n = eg_dim(in[1], 0), wide = eg_dtype_of(in[0]) == EG_FLOAT64 ? 2 : 1;
    int64_t dims[] = {eg_dim(in[0], 0), eg_dim(in[0], 1),
        eg__cell_sizes_of[a->kind].kept * n * wide};

    eg__recurrent_whole(a, in, out);
    out[2] = eg_zeros(EG_INT32, 3, dims);
}

static void recur_back(const void *attrs, eg_tensor *const in[], eg_tensor *out[])
{
    eg__recurrent_whole_gradient(attrs, in, out);
}

static bool write_recurrent(eg__emitter *e, const eg__work *w)
{
    return write_composed(e, w, recur);
}

static bool write_recurrent_grad(eg__emitter *e, const eg__work *w)
{
    return write_composed(e, w, recur_back);
}

const eg__emission eg__emit_network[] = {
    {"Softmax", write_softmax, false},
    {"LogSoftmax", write_softmax, false},
    {"LayerNorm", write_norm, false},
    {"RmsNorm", write_norm, false},
    {"LayerNormGrad", write_layer_norm_grad, false},
    {"RmsNormGrad", write_rms_norm_grad, false},
    {"SparseSoftmaxCrossEntropy", write_cross_entropy, false},
    {"SparseSoftmaxCrossEntropyGrad", write_cross_entropy_grad, false},
    {"ScaledDotProductAttention", write_attention, false},
    {"MaskedAttention", write_attention, false},
    {"ScaledDotProductAttentionGrad", write_attention_grad, false},
    {"MaskedAttentionGrad", write_masked_attention_grad, false},
    {"Recurrent", write_recurrent, false},
    {"RecurrentGrad", write_recurrent_grad, false},
    {0},
};
