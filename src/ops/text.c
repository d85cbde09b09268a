/* Operations of strings, and conversions between strings and numbers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "ops/text.h"
#include "base/attrs.h"
#include "kernel/text.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/registry.h"
#include <eagre/ops/text.h>

/* ---- each for itself, and two in one -------------------------------------------------------- */

const eg_opdef eg_op_string_concat = {
    .name = "StringConcat",
    .in = {"x", "y"},
    .types = {EG__TEXTS, EG__TEXTS},
    .traits = EG__ELEMENTWISE | EG__ASSOCIATES | EG__CONSTANT | EG__NO_FLOPS,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__string_concat_kernel),
    .known_as = {"strings.add", "strings.join", "StringConcat"},
};

eg_tensor *eg_string_concat(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_string_concat, NULL, x, y);
}

const eg_opdef eg_op_string_lower = {
    .name = "StringLower",
    .in = {"x"},
    .types = {EG__TEXTS},
    .traits = EG__ELEMENTWISE | EG__CONSTANT | EG__NO_FLOPS,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__string_lower_kernel),
    .known_as = {"strings.lower", "strings.lower", "StringNormalizer"},
};

eg_tensor *eg_string_lower(eg_tensor *x)
{
    return EG__APPLY(&eg_op_string_lower, NULL, x);
}

const eg_opdef eg_op_string_upper = {
    .name = "StringUpper",
    .in = {"x"},
    .types = {EG__TEXTS},
    .traits = EG__ELEMENTWISE | EG__CONSTANT | EG__NO_FLOPS,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__string_upper_kernel),
    .known_as = {"strings.upper", "strings.upper", "StringNormalizer"},
};

eg_tensor *eg_string_upper(eg_tensor *x)
{
    return EG__APPLY(&eg_op_string_upper, NULL, x);
}

static const eg_attr length_fields[] = {
    EG__ATTR(eg_string_length_attrs, BOOL, characters),
    {0},
};

static eg_status length_infer(eg_shapes *s)
{
    *s->out[0] = *s->in[0];
    s->out[0]->dtype = EG_INT64;
    return EG_OK;
}

const eg_opdef eg_op_string_length = {
    .name = "StringLength",
    .in = {"x"},
    .types = {EG__TEXTS},
    .traits = EG__ELEMENTWISE | EG__CONSTANT | EG__NO_FLOPS,
    .attrs = length_fields,
    .attrs_size = sizeof(eg_string_length_attrs),
    .infer = length_infer,
    .kernels = EG__KERNELS(&eg__string_length_kernel),
    .known_as = {"strings.str_len", "strings.length", NULL},
};

eg_tensor *eg_string_length_with(eg_tensor *x, const eg_string_length_attrs *attrs)
{
    return EG__APPLY(&eg_op_string_length, attrs, x);
}

eg_tensor *eg_string_length(eg_tensor *x)
{
    return eg_string_length_with(x, NULL);
}

/* ---- in pieces ------------------------------------------------------------------------------ */

static const eg_attr split_fields[] = {
    EG__ATTR(eg__string_split_attrs, INT64, length),
    EG__ATTR(eg__string_split_attrs, INT64, most),
    {0},
};

static const eg_attr pieces_fields[] = {EG__ATTR(eg__string_split_attrs, INT64, most), {0}};

static eg_status check_split(eg_shapes *s)
{
    const eg__string_split_attrs *attrs = s->attrs;

    if (s->in[1]->size != 1)
        return eg__shape_error(s, "there is one delimiter for all, of one element");
    if (attrs->most < 0)
        return eg__shape_error(s, "%lld splits at most: that is negative", (long long)attrs->most);
    if (attrs->length < 0)
        return eg__shape_error(s, "the length %lld is negative", (long long)attrs->length);
    return EG_OK;
}

static eg_status pieces_infer(eg_shapes *s)
{
    *s->out[0] = *s->in[0];
    s->out[0]->dtype = EG_INT64;
    return check_split(s);
}

/* How many pieces each string has; recorded beside StringSplit. */
const eg_opdef eg_op_string_pieces = {
    .name = "StringPieces",
    .in = {"x", "delimiter"},
    .types = {EG__TEXTS, EG__TEXTS},
    .traits = EG__CONSTANT | EG__NO_FLOPS,
    .attrs = pieces_fields,
    .attrs_size = sizeof(eg__string_split_attrs),
    .infer = pieces_infer,
    .kernels = EG__KERNELS(&eg__string_pieces_kernel),
};

static eg_status split_infer(eg_shapes *s)
{
    const eg__string_split_attrs *attrs = s->attrs;
    const eg_spec *x = s->in[0];
    eg_spec *out = s->out[0];

    *out = *s->out[1] = *x;
    s->out[1]->dtype = EG_INT64;
    if (x->rank == EG_MAX_RANK)
        return eg__shape_error(s, "the result would have more than %d axes", EG_MAX_RANK);
    out->dims[out->rank++] = attrs->length;
    eg_status status = check_split(s);
    return status == EG_OK ? eg__infer_size(s, out) : status;
}

const eg_opdef eg_op_string_split = {
    .name = "StringSplit",
    .in = {"x", "delimiter"},
    .n_out = 2,
    .types = {EG__TEXTS, EG__TEXTS},
    .traits = EG__CONSTANT | EG__NO_FLOPS,
    .attrs = split_fields,
    .attrs_size = sizeof(eg__string_split_attrs),
    .infer = split_infer,
    .kernels = EG__KERNELS(&eg__string_split_kernel),
    .known_as = {NULL, "strings.split", "StringSplit"},
};

static eg_tensor *most_pieces(eg_tensor *counts)
{
    return eg_size(counts) == 0 ? eg_scalar_int(EG_INT64, 0) : eg_max(counts);
}

eg_tensor *eg_string_split_with(eg_tensor *x, eg_tensor *delimiter,
    const eg_string_split_attrs *attrs)
{
    static const char op[] = "eg_string_split";
    eg__string_split_attrs all = {.size = sizeof all};
    eg_tensor *in[] = {x, delimiter};
    eg_string_split_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, op) || !eg__is_tensor(op, x) ||
        !eg__is_tensor(op, delimiter))
        return NULL;
    all.most = full.most;
    eg_tensor *counts = full.length ? NULL : eg_apply(&eg_op_string_pieces, &all, 2, in);
    all.length = eg__length(op, full.length, most_pieces, counts);
    return eg_apply(&eg_op_string_split, &all, 2, in);
}

eg_tensor *eg_string_split(eg_tensor *x, eg_tensor *delimiter)
{
    return eg_string_split_with(x, delimiter, NULL);
}

/* ---- numbers -------------------------------------------------------------------------------- */

typedef struct to_number_attrs {
    size_t size;
    eg_dtype dtype;
} to_number_attrs;

static const eg_attr to_number_fields[] = {EG__ATTR(to_number_attrs, DTYPE, dtype), {0}};

static eg_status to_number_infer(eg_shapes *s)
{
    eg_dtype dtype = ((const to_number_attrs *)s->attrs)->dtype;

    if (eg__dtype(dtype)->size == 0)
        return eg__shape_error(s, "%d is no dtype; use EG_FLOAT32 and its like", (int)dtype);
    if (dtype == EG_STRING || eg__is_complex(dtype))
        return eg__shape_error(s,
            "text is not read as %s; the dtype is one of real numbers or bool",
            eg_dtype_name(dtype));
    *s->out[0] = *s->in[0];
    s->out[0]->dtype = dtype;
    return EG_OK;
}

const eg_opdef eg_op_string_to_number = {
    .name = "StringToNumber",
    .in = {"x"},
    .types = {EG__TEXTS},
    .traits = EG__ELEMENTWISE | EG__CONSTANT | EG__MAY_FAIL | EG__NO_FLOPS,
    .attrs = to_number_fields,
    .attrs_size = sizeof(to_number_attrs),
    .infer = to_number_infer,
    .kernels = EG__KERNELS(&eg__to_number_kernel),
    .known_as = {"astype", "strings.to_number", "Cast"},
};

static eg_status as_string_infer(eg_shapes *s)
{
    *s->out[0] = *s->in[0];
    s->out[0]->dtype = EG_STRING;
    return eg__infer_size(s, s->out[0]);
}

const eg_opdef eg_op_as_string = {
    .name = "AsString",
    .in = {"x"},
    .types = {EG__ORDERED},
    .traits = EG__ELEMENTWISE | EG__CONSTANT | EG__NO_FLOPS,
    .infer = as_string_infer,
    .kernels = EG__KERNELS(&eg__as_string_kernel),
    .known_as = {"astype", "strings.as_string", "Cast"},
};

eg_tensor *eg__cast_text(eg_tensor *x, eg_dtype dtype)
{
    to_number_attrs attrs = {.size = sizeof attrs, .dtype = dtype};

    if (dtype != EG_STRING)
        return EG__APPLY(&eg_op_string_to_number, &attrs, x);
    return eg_dtype_of(x) == EG_STRING ? eg_identity(x) : EG__APPLY(&eg_op_as_string, NULL, x);
}
