/* Eagre's operations as ONNX's: a table, by name, of the operator and of who writes it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/write.h"
#include <eagre/ops.h>
#include <string.h>

/* ---- the node being written ------------------------------------------------------------------ */

static const eg_node *node_of(const eg__onnx_writer *w)
{
    return &w->graph->nodes[w->node];
}

static const eg_spec *input_spec(const eg__onnx_writer *w, int i)
{
    return eg__spec_of(w->graph, node_of(w)->in[i]);
}

static eg__onnx_name input_name(const eg__onnx_writer *w, int i)
{
    return eg__onnx_name_of(w, node_of(w)->in[i]);
}

/* A node of one or two inputs with a new result. */
static eg__onnx_name one(eg__onnx_writer *w, const char *type, eg__onnx_name x)
{
    eg__onnx_name y = eg__onnx_new_name(w);
    eg__onnx_put_node(w, type, 1, &x, &y, NULL);
    return y;
}

static eg__onnx_name two(eg__onnx_writer *w, const char *type, eg__onnx_name x, eg__onnx_name y)
{
    eg__onnx_name z = eg__onnx_new_name(w);
    eg__onnx_put_node(w, type, 2, (eg__onnx_name[]){x, y}, &z, NULL);
    return z;
}

/* The last node, whose result is that of the node being written. */
static void end(eg__onnx_writer *w, const char *type, int n, const eg__onnx_name in[],
    eg__text *attributes)
{
    eg__onnx_name y = eg__onnx_result(w, 0);
    eg__onnx_put_node(w, type, n, in, &y, attributes);
}

static eg__onnx_name cast_to(eg__onnx_writer *w, eg__onnx_name x, eg_dtype dtype)
{
    eg__onnx_name y = eg__onnx_new_name(w);
    eg__text a = {0};

    eg__onnx_attr_integer(&a, "to", eg__onnx_type_of(dtype));
    eg__onnx_put_node(w, "Cast", 1, &x, &y, &a);
    return y;
}

static eg__onnx_name transposed(eg__onnx_writer *w, eg__onnx_name x, int n, const int64_t perm[])
{
    eg__onnx_name y = eg__onnx_new_name(w);
    eg__text a = {0};

    eg__onnx_attr_integers(&a, "perm", n, perm);
    eg__onnx_put_node(w, "Transpose", 1, &x, &y, &a);
    return y;
}

/* ---- elements -------------------------------------------------------------------------------- */

static void write_cast(eg__onnx_writer *w, const char *type)
{
    eg__onnx_name x = input_name(w, 0);
    eg__text a = {0};

    eg__onnx_attr_integer(&a, "to", eg__onnx_type_of(node_of(w)->out[0].dtype));
    end(w, type, 1, &x, &a);
}

static void write_square(eg__onnx_writer *w, const char *type)
{
    eg__onnx_name x = input_name(w, 0);
    end(w, type, 2, (eg__onnx_name[]){x, x}, NULL);
}

static void write_rsqrt(eg__onnx_writer *w, const char *type)
{
    eg__onnx_name root = one(w, "Sqrt", input_name(w, 0));
    end(w, type, 1, &root, NULL);
}

static void write_silu(eg__onnx_writer *w, const char *type)
{
    eg__onnx_name x = input_name(w, 0);
    end(w, type, 2, (eg__onnx_name[]){x, one(w, "Sigmoid", x)}, NULL);
}

static void write_not_equal(eg__onnx_writer *w, const char *type)
{
    eg__onnx_name same = two(w, "Equal", input_name(w, 0), input_name(w, 1));
    end(w, type, 1, &same, NULL);
}

static void write_fmod(eg__onnx_writer *w, const char *type)
{
    eg__onnx_name in[2] = {input_name(w, 0), input_name(w, 1)};
    eg__text a = {0};

    eg__onnx_attr_integer(&a, "fmod", 1);
    end(w, type, 2, in, &a);
}

static void write_relu6(eg__onnx_writer *w, const char *type)
{
    eg_dtype dtype = node_of(w)->out[0].dtype;
    eg__onnx_name in[3] = {input_name(w, 0), eg__onnx_number_constant(w, dtype, 0),
        eg__onnx_number_constant(w, dtype, 6)};

    end(w, type, 3, in, NULL);
}

/* Where x is above 0 x, else what is given. */
static void end_above(eg__onnx_writer *w, const char *type, eg__onnx_name otherwise)
{
    eg__onnx_name x = input_name(w, 0);
    eg__onnx_name zero = eg__onnx_number_constant(w, node_of(w)->out[0].dtype, 0);

    end(w, type, 3, (eg__onnx_name[]){two(w, "Greater", x, zero), x, otherwise}, NULL);
}

static void write_leaky_relu(eg__onnx_writer *w, const char *type)
{
    end_above(w, type, two(w, "Mul", input_name(w, 1), input_name(w, 0)));
}

static void write_elu(eg__onnx_writer *w, const char *type)
{
    eg__onnx_name unit = eg__onnx_number_constant(w, node_of(w)->out[0].dtype, 1);
    eg__onnx_name below = two(w, "Sub", one(w, "Exp", input_name(w, 0)), unit);

    end_above(w, type, two(w, "Mul", input_name(w, 1), below));
}

static void write_hard_sigmoid(eg__onnx_writer *w, const char *type)
{
    eg__onnx_name x = input_name(w, 0);
    eg__text a = {0};

    eg__onnx_attr_real(&a, "alpha", 1.0 / 6);
    eg__onnx_attr_real(&a, "beta", 0.5);
    end(w, type, 1, &x, &a);
}

static void write_gelu(eg__onnx_writer *w, const char *type)
{
    const eg_gelu_attrs *attrs = node_of(w)->attrs;
    eg__onnx_name x = input_name(w, 0);
    eg__text a = {0};

    eg__onnx_attr_text(&a, "approximate", attrs && attrs->tanh_form ? "tanh" : "none");
    end(w, type, 1, &x, &a);
}

/* ---- products, reductions -------------------------------------------------------------------- */

static eg__onnx_name turned(eg__onnx_writer *w, int i)
{
    int rank = input_spec(w, i)->rank;
    int64_t perm[EG_MAX_RANK];

    for (int k = 0; k < rank; k++)
        perm[k] = k < rank - 2 ? k : 2 * rank - 3 - k;
    return transposed(w, input_name(w, i), rank, perm);
}

static void write_matmul(eg__onnx_writer *w, const char *type)
{
    const eg_matmul_attrs *attrs = node_of(w)->attrs;
    eg__onnx_name in[2] = {
        attrs && attrs->transpose_a && input_spec(w, 0)->rank > 1 ? turned(w, 0) : input_name(w, 0),
        attrs && attrs->transpose_b && input_spec(w, 1)->rank > 1 ? turned(w, 1) : input_name(w, 1),
    };

    end(w, type, 2, in, NULL);
}

/* A reduction in the dtype that it gives, over its axes as an input. */
static void write_reduction(eg__onnx_writer *w, const char *type)
{
    const eg_reduce_attrs *attrs = node_of(w)->attrs;
    eg_dtype dtype = node_of(w)->out[0].dtype;
    eg__onnx_name in[2] = {input_name(w, 0)};
    int64_t axes[EG_MAX_RANK];
    int n = attrs ? attrs->axes.n : 0;
    eg__text a = {0};

    if (input_spec(w, 0)->dtype != dtype)
        in[0] = cast_to(w, in[0], dtype);
    for (int i = 0; i < n; i++)
        axes[i] = attrs->axes.axis[i];
    if (n > 0)
        in[1] = eg__onnx_integers_constant(w, n, axes);
    eg__onnx_attr_integer(&a, "keepdims", attrs && attrs->keep_dims);
    end(w, type, n > 0 ? 2 : 1, in, &a);
}

static void write_place(eg__onnx_writer *w, const char *type)
{
    const eg_argmax_attrs *attrs = node_of(w)->attrs;
    eg__onnx_name x = input_name(w, 0);
    eg__text a = {0};

    eg__onnx_attr_integer(&a, "axis", attrs ? attrs->axis : 0);
    eg__onnx_attr_integer(&a, "keepdims", attrs && attrs->keep_dims);
    end(w, type, 1, &x, &a);
}

static void write_along(eg__onnx_writer *w, const char *type)
{
    const eg_softmax_attrs *attrs = node_of(w)->attrs;
    eg__onnx_name x = input_name(w, 0);
    eg__text a = {0};

    eg__onnx_attr_integer(&a, "axis", attrs && attrs->not_last_axis ? attrs->axis : -1);
    end(w, type, 1, &x, &a);
}

/* ---- shapes ---------------------------------------------------------------------------------- */

/* With the result's shape as an input. */
static void write_to_shape(eg__onnx_writer *w, const char *type)
{
    const eg_spec *y = &node_of(w)->out[0];
    eg__onnx_name in[2] = {input_name(w, 0), eg__onnx_integers_constant(w, y->rank, y->dims)};
    eg__text a = {0};

    if (strcmp(type, "Reshape") == 0)
        eg__onnx_attr_integer(&a, "allowzero", 1);
    end(w, type, 2, in, &a);
}

static void write_transpose(eg__onnx_writer *w, const char *type)
{
    const eg_transpose_attrs *attrs = node_of(w)->attrs;
    int rank = input_spec(w, 0)->rank;
    eg__onnx_name x = input_name(w, 0);
    int64_t perm[EG_MAX_RANK];
    eg__text a = {0};

    for (int i = 0; i < rank; i++) {
        perm[i] = attrs && attrs->axes.n ? attrs->axes.axis[i] : rank - 1 - i;
        perm[i] += perm[i] < 0 ? rank : 0;
    }
    eg__onnx_attr_integers(&a, "perm", rank, perm);
    end(w, type, 1, &x, &a);
}

static void write_concat(eg__onnx_writer *w, const char *type)
{
    const eg_concat_attrs *attrs = node_of(w)->attrs;
    eg__onnx_name in[EG__MAX_IN];
    eg__text a = {0};

    for (int i = 0; i < node_of(w)->n_in; i++)
        in[i] = input_name(w, i);
    eg__onnx_attr_integer(&a, "axis", attrs ? attrs->axis : 0);
    end(w, type, node_of(w)->n_in, in, &a);
}

static void write_slice(eg__onnx_writer *w, const char *type)
{
    const eg_slice_attrs *attrs = node_of(w)->attrs;
    const eg_spec *x = input_spec(w, 0), *y = &node_of(w)->out[0];
    int64_t begin[EG_MAX_RANK], stop[EG_MAX_RANK], axes[EG_MAX_RANK], step[EG_MAX_RANK];

    for (int i = 0; i < x->rank; i++) {
        axes[i] = i;
        step[i] = attrs && i < attrs->step.n ? attrs->step.at[i] : 1;
        begin[i] = attrs && i < attrs->begin.n ? attrs->begin.at[i] : step[i] < 0 ? -1 : 0;
        begin[i] += begin[i] < 0 ? x->dims[i] : 0;
        stop[i] = begin[i] + y->dims[i] * step[i];
        if (stop[i] < 0)
            stop[i] = INT64_MIN;
    }
    eg__onnx_name in[5] = {input_name(w, 0), eg__onnx_integers_constant(w, x->rank, begin),
        eg__onnx_integers_constant(w, x->rank, stop), eg__onnx_integers_constant(w, x->rank, axes),
        eg__onnx_integers_constant(w, x->rank, step)};
    end(w, type, 5, in, NULL);
}

static void write_gather(eg__onnx_writer *w, const char *type)
{
    const eg_gather_attrs *attrs = node_of(w)->attrs;
    eg__onnx_name in[2] = {input_name(w, 0), input_name(w, 1)};
    eg__text a = {0};

    eg__onnx_attr_integer(&a, "axis", attrs ? attrs->axis : 0);
    end(w, type, 2, in, &a);
}

static void write_take_along(eg__onnx_writer *w, const char *type)
{
    eg__onnx_name in[2] = {input_name(w, 0), input_name(w, 1)};
    eg__text a = {0};

    eg__onnx_attr_integer(&a, "axis", input_spec(w, 0)->rank - 1);
    end(w, type, 2, in, &a);
}

/* ---- networks -------------------------------------------------------------------------------- */

/* The last `last_axes` axes are normalised; scale and offset have their shape, or are numbers. */
static void write_layer_norm(eg__onnx_writer *w, const char *type)
{
    const eg_layer_norm_attrs *attrs = node_of(w)->attrs;
    const eg_spec *x = input_spec(w, 0);
    int last = attrs && attrs->last_axes ? attrs->last_axes : 1;
    eg__onnx_name in[3] = {input_name(w, 0)};
    eg__text a = {0};

    for (int i = 1; i < 3; i++) {
        in[i] = input_name(w, i);
        if (input_spec(w, i)->rank == last)
            continue;
        eg__onnx_name shape = eg__onnx_integers_constant(w, last, x->dims + x->rank - last);
        in[i] = two(w, "Expand", in[i], shape);
    }
    eg__onnx_attr_integer(&a, "axis", -last);
    eg__onnx_attr_real(&a, "epsilon", attrs && attrs->epsilon != 0 ? attrs->epsilon : 1e-5);
    end(w, type, 3, in, &a);
}

/* A list of one number for each spatial axis, which may be given as one for all of them. */
static void spread(const eg_index *list, int n, int64_t otherwise, int64_t to[])
{
    for (int i = 0; i < n; i++)
        to[i] = list->n == 0 ? otherwise : list->at[list->n == 1 ? 0 : i];
}

static void put_window(eg__text *a, const eg_index *strides, const eg_index *before,
    const eg_index *after, int n)
{
    int64_t pads[2 * EG_MAX_RANK] = {0}, list[EG_MAX_RANK] = {0};

    spread(strides, n, 1, list);
    eg__onnx_attr_integers(a, "strides", n, list);
    spread(before, n, 0, pads);
    spread(after->n ? after : before, n, 0, pads + n);
    eg__onnx_attr_integers(a, "pads", 2 * n, pads);
}

/* Channels from the last place to the second, and back; w from [sizes, in, out] to [out, in,
 * sizes]. */
static void channels_first(int rank, int64_t perm[])
{
    perm[0] = 0;
    perm[1] = rank - 1;
    for (int i = 2; i < rank; i++)
        perm[i] = i - 1;
}

static void end_channels_last(eg__onnx_writer *w, eg__onnx_name y, int rank)
{
    int64_t perm[EG_MAX_RANK];
    eg__text a = {0};

    perm[0] = 0;
    for (int i = 1; i < rank - 1; i++)
        perm[i] = i + 1;
    perm[rank - 1] = 1;
    eg__onnx_attr_integers(&a, "perm", rank, perm);
    end(w, "Transpose", 1, &y, &a);
}

static void write_conv(eg__onnx_writer *w, const char *type)
{
    const eg_conv_attrs *attrs = node_of(w)->attrs;
    int rank = input_spec(w, 0)->rank, n = rank - 2;
    int64_t perm[EG_MAX_RANK], list[EG_MAX_RANK] = {0};
    eg__text a = {0};
    eg__onnx_name y = eg__onnx_new_name(w), in[2];

    channels_first(rank, perm);
    in[0] = transposed(w, input_name(w, 0), rank, perm);
    perm[0] = rank - 1;
    perm[1] = rank - 2;
    for (int i = 2; i < rank; i++)
        perm[i] = i - 2;
    in[1] = transposed(w, input_name(w, 1), rank, perm);
    if (attrs->same) {
        spread(&attrs->strides, n, 1, list);
        eg__onnx_attr_integers(&a, "strides", n, list);
        eg__onnx_attr_text(&a, "auto_pad", "SAME_UPPER");
    } else {
        put_window(&a, &attrs->strides, &attrs->padding, &attrs->padding_after, n);
    }
    spread(&attrs->dilations, n, 1, list);
    eg__onnx_attr_integers(&a, "dilations", n, list);
    eg__onnx_attr_integer(&a, "group", attrs->groups ? attrs->groups : 1);
    eg__onnx_put_node(w, type, 2, in, &y, &a);
    end_channels_last(w, y, rank);
}

static void write_pool(eg__onnx_writer *w, const char *type)
{
    const eg_pool_attrs *attrs = node_of(w)->attrs;
    int rank = input_spec(w, 0)->rank, n = rank - 2;
    int64_t perm[EG_MAX_RANK], list[EG_MAX_RANK] = {0};
    eg__onnx_name y = eg__onnx_new_name(w), x;
    const eg_index *strides = attrs->strides.n ? &attrs->strides : &attrs->window;
    eg__text a = {0};

    channels_first(rank, perm);
    x = transposed(w, input_name(w, 0), rank, perm);
    spread(&attrs->window, n, 1, list);
    eg__onnx_attr_integers(&a, "kernel_shape", n, list);
    if (attrs->same) {
        spread(strides, n, 1, list);
        eg__onnx_attr_integers(&a, "strides", n, list);
        eg__onnx_attr_text(&a, "auto_pad", "SAME_UPPER");
    } else {
        put_window(&a, strides, &attrs->padding, &attrs->padding_after, n);
    }
    if (strcmp(type, "AveragePool") == 0)
        eg__onnx_attr_integer(&a, "count_include_pad", attrs->count_padding);
    eg__onnx_put_node(w, type, 1, &x, &y, &a);
    end_channels_last(w, y, rank);
}

static void write_same(eg__onnx_writer *w, const char *type)
{
    eg__onnx_name in[4];
    int n = node_of(w)->n_in;

    for (int i = 0; i < n && i < 4; i++)
        in[i] = input_name(w, i);
    end(w, type, n, in, NULL);
}

/* ---- the table ------------------------------------------------------------------------------- */

typedef struct row {
    const char *name, *onnx; /* the operator that it becomes, perhaps among others */
    void (*write)(eg__onnx_writer *w, const char *type);
} row;

static const row rows[] = {
    {"Add", "Add", write_same},
    {"Sub", "Sub", write_same},
    {"Mul", "Mul", write_same},
    {"Div", "Div", write_same},
    {"Fmod", "Mod", write_fmod},
    {"Maximum", "Max", write_same},
    {"Minimum", "Min", write_same},
    {"Pow", "Pow", write_same},
    {"WholePow", "Pow", write_same},
    {"Neg", "Neg", write_same},
    {"Abs", "Abs", write_same},
    {"Sign", "Sign", write_same},
    {"Square", "Mul", write_square},
    {"Sqrt", "Sqrt", write_same},
    {"Rsqrt", "Reciprocal", write_rsqrt},
    {"Exp", "Exp", write_same},
    {"Log", "Log", write_same},
    {"Tanh", "Tanh", write_same},
    {"Erf", "Erf", write_same},
    {"Sin", "Sin", write_same},
    {"Cos", "Cos", write_same},
    {"Tan", "Tan", write_same},
    {"Asin", "Asin", write_same},
    {"Acos", "Acos", write_same},
    {"Atan", "Atan", write_same},
    {"Sinh", "Sinh", write_same},
    {"Cosh", "Cosh", write_same},
    {"Asinh", "Asinh", write_same},
    {"Acosh", "Acosh", write_same},
    {"Atanh", "Atanh", write_same},
    {"Floor", "Floor", write_same},
    {"Ceil", "Ceil", write_same},
    {"Round", "Round", write_same},
    {"IsInf", "IsInf", write_same},
    {"BitwiseAnd", "BitwiseAnd", write_same},
    {"BitwiseOr", "BitwiseOr", write_same},
    {"BitwiseXor", "BitwiseXor", write_same},
    {"BitwiseInvert", "BitwiseNot", write_same},
    {"Equal", "Equal", write_same},
    {"NotEqual", "Not", write_not_equal},
    {"Less", "Less", write_same},
    {"LessEqual", "LessOrEqual", write_same},
    {"Greater", "Greater", write_same},
    {"GreaterEqual", "GreaterOrEqual", write_same},
    {"LogicalAnd", "And", write_same},
    {"LogicalOr", "Or", write_same},
    {"LogicalXor", "Xor", write_same},
    {"LogicalNot", "Not", write_same},
    {"Where", "Where", write_same},
    {"Identity", "Identity", write_same},
    {"StopGradient", "Identity", write_same},
    {"Cast", "Cast", write_cast},
    {"Relu", "Relu", write_same},
    {"Relu6", "Clip", write_relu6},
    {"LeakyRelu", "Where", write_leaky_relu},
    {"Elu", "Where", write_elu},
    {"Sigmoid", "Sigmoid", write_same},
    {"HardSigmoid", "HardSigmoid", write_hard_sigmoid},
    {"HardSwish", "HardSwish", write_same},
    {"Silu", "Mul", write_silu},
    {"Mish", "Mish", write_same},
    {"Softplus", "Softplus", write_same},
    {"Softsign", "Softsign", write_same},
    {"Gelu", "Gelu", write_gelu},
    {"Softmax", "Softmax", write_along},
    {"LogSoftmax", "LogSoftmax", write_along},
    {"MatMul", "MatMul", write_matmul},
    {"Det", "Det", write_same},
    {"Sum", "ReduceSum", write_reduction},
    {"Prod", "ReduceProd", write_reduction},
    {"Max", "ReduceMax", write_reduction},
    {"Min", "ReduceMin", write_reduction},
    {"ArgMax", "ArgMax", write_place},
    {"ArgMin", "ArgMin", write_place},
    {"Reshape", "Reshape", write_to_shape},
    {"BroadcastTo", "Expand", write_to_shape},
    {"Transpose", "Transpose", write_transpose},
    {"Concat", "Concat", write_concat},
    {"Slice", "Slice", write_slice},
    {"Gather", "Gather", write_gather},
    {"TakeAlong", "GatherElements", write_take_along},
    {"LayerNorm", "LayerNormalization", write_layer_norm},
    {"Conv", "Conv", write_conv},
    {"MaxPool", "MaxPool", write_pool},
    {"AvgPool", "AveragePool", write_pool},
};

bool eg__onnx_write_node(eg__onnx_writer *w)
{
    const char *name = node_of(w)->op->name;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;
        rows[i].write(w, rows[i].onnx);
        return true;
    }
    return false;
}
