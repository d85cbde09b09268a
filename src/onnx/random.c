/* Random numbers. A node with a seed gives the same numbers in each call; the others draw keys from
 * the model's generator, as each call of a function may.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"
#include <eagre/variable.h>

static eg_tensor *key_of(eg__onnx_call *c)
{
    double seed = real_of(c, "seed", 0);
    eg_tensor *key = NULL;
    int64_t bits;

    if (has_attribute(c, "seed")) {
        memcpy(&bits, &seed, sizeof bits);
        return eg_key(bits);
    }
    return eg_next_key(c->run->model->generator, &key) == EG_OK ? key : NULL;
}

eg_tensor *eg__onnx_uniform(eg__onnx_call *c, const eg_tensor *x)
{
    int64_t dims[EG_MAX_RANK];
    eg_random_attrs a = {.size = sizeof a, .dtype = EG_FLOAT32};

    for (int i = 0; i < eg_rank(x); i++)
        dims[i] = eg_dim(x, i);
    return eg_uniform_with(key_of(c), eg_rank(x), dims, &a);
}

/* The dtype that is asked for, or x's. */
static eg_dtype dtype_for(eg__onnx_call *c, const eg_tensor *x)
{
    int64_t type = integer_of(c, "dtype", 0);
    eg_dtype dtype = eg__onnx_dtype((int)type);

    return type && dtype ? dtype : x ? eg_dtype_of(x) : EG_FLOAT32;
}

static eg_tensor *shifted(eg_tensor *x, double by, double from, eg_dtype dtype)
{
    return eg_cast(eg_add(eg_mul(x, like(x, by)), like(x, from)), dtype);
}

static void uniform(eg__onnx_call *c, int rank, const int64_t dims[], eg_dtype dtype)
{
    double low = real_of(c, "low", 0), high = real_of(c, "high", 1);
    eg_random_attrs a = {.size = sizeof a, .dtype = EG_FLOAT32};

    give(c, 0, shifted(eg_uniform_with(key_of(c), rank, dims, &a), high - low, low, dtype));
}

static void normal(eg__onnx_call *c, int rank, const int64_t dims[], eg_dtype dtype)
{
    double mean = real_of(c, "mean", 0), scale = real_of(c, "scale", 1);
    eg_random_attrs a = {.size = sizeof a, .dtype = EG_FLOAT32};

    give(c, 0, shifted(eg_normal_with(key_of(c), rank, dims, &a), scale, mean, dtype));
}

typedef void (*draw)(eg__onnx_call *c, int rank, const int64_t dims[], eg_dtype dtype);

static void with_shape(eg__onnx_call *c, draw f)
{
    eg_index dims = index_of(c, integers_attribute(c, "shape"));
    f(c, dims.n, dims.at, dtype_for(c, NULL));
}

static void with_like(eg__onnx_call *c, draw f)
{
    eg_tensor *x = input(c, 0);
    int64_t dims[EG_MAX_RANK];

    for (int i = 0; i < eg_rank(x); i++)
        dims[i] = eg_dim(x, i);
    f(c, eg_rank(x), dims, dtype_for(c, x));
}

static void random_uniform(eg__onnx_call *c)
{
    with_shape(c, uniform);
}

static void random_normal(eg__onnx_call *c)
{
    with_shape(c, normal);
}

static void random_uniform_like(eg__onnx_call *c)
{
    with_like(c, uniform);
}

static void random_normal_like(eg__onnx_call *c)
{
    with_like(c, normal);
}

static void bernoulli(eg__onnx_call *c)
{
    eg_tensor *p = input(c, 0);
    eg_tensor *yes = eg_less(eg__onnx_uniform(c, p), eg_cast(p, EG_FLOAT32));

    give(c, 0, eg_cast(yes, dtype_for(c, p)));
}

static void multinomial(eg__onnx_call *c)
{
    int64_t n = integer_of(c, "sample_size", 1), type = integer_of(c, "dtype", 6);
    eg_tensor *draws = eg_categorical(key_of(c), input(c, 0), n);

    give(c, 0, eg_cast(draws, eg__onnx_dtype((int)type)));
}

const eg__onnx_op eg__onnx_random[] = {
    {"RandomUniform", random_uniform, .since = {1, 22}, .stays_in_call = true},
    {"RandomNormal", random_normal, .since = {1, 22}, .stays_in_call = true},
    {"RandomUniformLike", random_uniform_like, .since = {1, 22}, .stays_in_call = true},
    {"RandomNormalLike", random_normal_like, .since = {1, 22}, .stays_in_call = true},
    {"Bernoulli", bernoulli, .since = {15, 22}, .stays_in_call = true},
    {"Multinomial", multinomial, .since = {7, 22}, .stays_in_call = true},
    {0},
};
