/* Functions of two float32[2,3] that use every operation which an ONNX file can hold, for tests of
 * saving.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_ONNX_SAVED_H
#define TESTS_UNIT_ONNX_SAVED_H

#include <eagre.h>

#define SAVED(name, expression)                                                                    \
    static eg_tensor *name##_body(int n, eg_tensor *const in[], void *env)                         \
    {                                                                                              \
        eg_tensor *x = in[0], *y = in[1];                                                          \
        (void)n, (void)env, (void)x, (void)y;                                                      \
        return expression;                                                                         \
    }

static inline eg_tensor *integers(eg_tensor *x)
{
    return eg_cast(eg_mul(x, 3), EG_INT32);
}

static inline eg_tensor *image(eg_tensor *x)
{
    return eg_reshape(eg_concat(EG_IN(x, eg_neg(x), eg_mul(x, 2), eg_square(x)), .axis = 0),
        EG_DIMS(1, 4, 3, 2));
}

SAVED(arithmetic, eg_div(eg_sub(eg_mul(x, y), eg_add(x, 1.5)), eg_maximum(eg_abs(y), 0.5)))
SAVED(remainders, eg_fmod(eg_minimum(x, y), 0.7))
SAVED(powers, eg_tuple(eg_pow(eg_abs(x), y), eg_pow(integers(x), 2), eg_square(x)))
SAVED(roots, eg_tuple(eg_sqrt(eg_abs(x)), eg_rsqrt(eg_add(eg_abs(x), 1)), eg_sign(x)))
SAVED(exponentials, eg_log(eg_add(eg_exp(x), eg_tanh(eg_erf(y)))))
SAVED(angles, eg_add(eg_sin(x), eg_mul(eg_cos(x), eg_tan(eg_mul(y, 0.5)))))
SAVED(arcs, eg_add(eg_asin(eg_tanh(x)), eg_mul(eg_acos(eg_tanh(y)), eg_atan(x))))
SAVED(hyperbolas, eg_add(eg_sinh(x), eg_cosh(y)))
SAVED(areas, eg_add(eg_asinh(x), eg_mul(eg_acosh(eg_add(eg_abs(y), 1)), eg_atanh(eg_tanh(x)))))
SAVED(rounded, eg_tuple(eg_floor(x), eg_ceil(x), eg_round(eg_mul(x, 3))))
SAVED(infinite, eg_isinf(eg_div(x, 0.0)))
SAVED(bits, eg_bitwise_xor(eg_bitwise_and(integers(x), 6), eg_bitwise_or(integers(y), 1)))
SAVED(inverted, eg_bitwise_invert(integers(x)))
SAVED(ordered, eg_tuple(eg_equal(x, y), eg_not_equal(x, y), eg_less(x, y), eg_less_equal(x, y)))
SAVED(logic,
    eg_logical_or(eg_logical_and(eg_greater(x, y), eg_greater_equal(x, 0)),
        eg_logical_xor(eg_less(x, 0), eg_logical_not(eg_less(y, 0)))))
SAVED(chosen, eg_where(eg_greater(x, y), eg_identity(x), eg_stop_gradient(y)))
SAVED(casts, eg_tuple(eg_cast(x, EG_FLOAT64), eg_cast(x, EG_INT64), eg_cast(x, EG_BOOL)))
SAVED(bent, eg_tuple(eg_relu(x), eg_relu6(eg_mul(x, 9)), eg_leaky_relu(x, 0.1), eg_elu(x, 0.5)))
SAVED(soft, eg_tuple(eg_sigmoid(x), eg_silu(x), eg_mish(x), eg_softplus(x), eg_softsign(x)))
SAVED(hard, eg_tuple(eg_hard_sigmoid(x), eg_hard_swish(x)))
SAVED(gaussian, eg_tuple(eg_gelu(x), eg_gelu(x, .tanh_form = true)))
SAVED(softmaxes, eg_tuple(eg_softmax(x), eg_log_softmax(x)))
SAVED(products,
    eg_tuple(eg_matmul(x, eg_transpose(y)), eg_matmul(x, y, .transpose_b = true),
        eg_matmul(x, y, .transpose_a = true)))
SAVED(determinants, eg_det(eg_matmul(x, y, .transpose_b = true)))
SAVED(sums,
    eg_tuple(eg_sum(x), eg_sum(x, .axes = EG_AXES(0)),
        eg_sum(integers(x), .axes = EG_AXES(-1), .keep_dims = true)))
SAVED(extremes, eg_tuple(eg_max(x), eg_min(x, .axes = EG_AXES(1)), eg_prod(x)))
SAVED(places, eg_tuple(eg_argmax(x, .axis = 1), eg_argmin(x, .axis = 0, .keep_dims = true)))
SAVED(shapes, eg_add(eg_reshape(x, EG_DIMS(3, 2)), eg_transpose(y)))
SAVED(wide, eg_mul(eg_broadcast_to(x, EG_DIMS(4, 2, 3)), 2))
SAVED(joined, eg_concat(EG_IN(x, y, x), .axis = 1))
SAVED(cut, eg_tuple(eg_slice(x, .begin = EG_AT(0, 1), .count = EG_AT(1, 2)), eg_flip(x)))
SAVED(picked, eg_tuple(eg_gather(x, EG_I64(1, 0, 1)), eg_gather(x, EG_I32(2, 0), .axis = 1)))
SAVED(taken, eg_take_along(x, eg_reshape(EG_I64(2, 0), EG_DIMS(2, 1))))
SAVED(normalised, eg_layer_norm(x, EG_F32(1, 2, 3), 0.5))
SAVED(convolved,
    eg_conv(image(x), eg_ones(EG_FLOAT32, EG_DIMS(2, 2, 2, 3)), .strides = EG_AT(1),
        .padding = EG_AT(1, 0), .dilations = EG_AT(1)))
SAVED(convolved_same,
    eg_conv(image(x), eg_ones(EG_FLOAT32, EG_DIMS(3, 3, 1, 4)), .same = true, .strides = EG_AT(2),
        .groups = 2))
SAVED(pooled,
    eg_tuple(eg_max_pool(image(x), .window = EG_AT(2)),
        eg_avg_pool(image(x), .window = EG_AT(2), .strides = EG_AT(1), .same = true)))

typedef struct saved_case {
    const char *name;
    eg_body body;
} saved_case;

#define SAVED_CASE(name)                                                                           \
    {                                                                                              \
#name, name##_body                                                                         \
    }

static const saved_case saved_cases[] = {
    SAVED_CASE(arithmetic),
    SAVED_CASE(remainders),
    SAVED_CASE(powers),
    SAVED_CASE(roots),
    SAVED_CASE(exponentials),
    SAVED_CASE(angles),
    SAVED_CASE(arcs),
    SAVED_CASE(hyperbolas),
    SAVED_CASE(areas),
    SAVED_CASE(rounded),
    SAVED_CASE(infinite),
    SAVED_CASE(bits),
    SAVED_CASE(inverted),
    SAVED_CASE(ordered),
    SAVED_CASE(logic),
    SAVED_CASE(chosen),
    SAVED_CASE(casts),
    SAVED_CASE(bent),
    SAVED_CASE(soft),
    SAVED_CASE(hard),
    SAVED_CASE(gaussian),
    SAVED_CASE(softmaxes),
    SAVED_CASE(products),
    SAVED_CASE(determinants),
    SAVED_CASE(sums),
    SAVED_CASE(extremes),
    SAVED_CASE(places),
    SAVED_CASE(shapes),
    SAVED_CASE(wide),
    SAVED_CASE(joined),
    SAVED_CASE(cut),
    SAVED_CASE(picked),
    SAVED_CASE(taken),
    SAVED_CASE(normalised),
    SAVED_CASE(convolved),
    SAVED_CASE(convolved_same),
    SAVED_CASE(pooled),
};

enum { SAVED_CASES = sizeof saved_cases / sizeof *saved_cases };

/* The function as a file; also `in` and `out`, its arguments and results. False after an error. */
static inline bool save_case(const saved_case *c, const char *path, eg_tensor *in[2],
    eg_tensor **out)
{
    const int64_t dims[] = {2, 3};
    eg_tensor_spec specs[] = {{"x", EG_FLOAT32, 2, dims}, {"y", EG_FLOAT32, 2, dims}};

    in[0] = eg_reshape(EG_F32(0.25, -1.5, 2, 0.5, -0.25, 1), EG_DIMS(2, 3));
    in[1] = eg_reshape(EG_F32(0.25, 1, -2, 1.5, 0.75, -1), EG_DIMS(2, 3));
    eg_function *f = eg_function_new(c->body, 2, NULL, 0);
    eg_graph *g = f ? eg_function_graph(f, 2, specs) : NULL;
    *out = f ? eg_call_of(f, 2, in) : NULL;
    if (g && *out)
        eg_onnx_save(g, path);
    eg_graph_free(g);
    eg_function_free(f);
    return eg_ok();
}

#endif
