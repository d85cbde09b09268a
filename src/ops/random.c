/* Random numbers from keys, and the generators that hand keys out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "kernel/random.h"
#include "op/effect.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include "ops/sized.h"
#include <eagre/variable.h>

static const eg_attr random_fields[] = {
    EG__ATTR(eg__random_attrs, DTYPE, dtype),
    EG__ATTR(eg__random_attrs, INDEX, dims),
    {0},
};

static eg_status key_check(eg_shapes *s)
{
    const eg_spec *key = s->in[0];

    if (key->dtype == EG_INT64 && key->rank == 1 && key->size == 2)
        return EG_OK;
    return eg__shape_error(s, "that is no key; use eg_key or eg_next_key (int64[2])");
}

static eg_status random_infer(eg_shapes *s)
{
    const eg__random_attrs *attrs = s->attrs;

    if (key_check(s) != EG_OK)
        return EG_INVALID;
    if (eg__dtype(attrs->dtype)->kind != EG__REAL)
        return eg__shape_error(s, "the dtype must be floating point, not %s",
            eg_dtype_name(attrs->dtype));
    return eg__spec_set(s->out[0], s->op->name, attrs->dtype, attrs->dims.n, attrs->dims.at);
}

const eg_opdef eg_op_uniform = {
    .name = "Uniform",
    .in = {"key"},
    .traits = EG__CONSTANT | EG__NO_FLOPS,
    .attrs = random_fields,
    .attrs_size = sizeof(eg__random_attrs),
    .infer = random_infer,
    .kernels = EG__KERNELS(&eg__uniform_kernel),
    .known_as = {"random.random", "random.stateless_uniform", "RandomUniform"},
};

const eg_opdef eg_op_normal = {
    .name = "Normal",
    .in = {"key"},
    .traits = EG__CONSTANT | EG__NO_FLOPS,
    .attrs = random_fields,
    .attrs_size = sizeof(eg__random_attrs),
    .infer = random_infer,
    .kernels = EG__KERNELS(&eg__normal_kernel),
    .known_as = {"random.standard_normal", "random.stateless_normal", "RandomNormal"},
};

const eg_opdef eg_op_truncated_normal = {
    .name = "TruncatedNormal",
    .in = {"key"},
    .traits = EG__CONSTANT | EG__NO_FLOPS,
    .attrs = random_fields,
    .attrs_size = sizeof(eg__random_attrs),
    .infer = random_infer,
    .kernels = EG__KERNELS(&eg__truncated_normal_kernel),
    .known_as = {NULL, "random.stateless_truncated_normal", NULL},
};

static eg_tensor *draw(const eg_opdef *op, eg_tensor *key, int rank, const int64_t dims[],
    const eg_random_attrs *attrs)
{
    eg_random_attrs full;
    eg_spec spec;

    if (eg__me.failed || !eg__attrs_complete(&full, sizeof full, attrs, op->name))
        return NULL;
    eg_dtype dtype = full.dtype ? full.dtype : EG_FLOAT32;
    if (eg__spec_set(&spec, op->name, dtype, rank, dims) != EG_OK)
        return NULL;
    eg__random_attrs all = {.size = sizeof all, .dtype = dtype, .dims.n = rank};
    for (int i = 0; i < rank; i++)
        all.dims.at[i] = dims[i];
    return EG__APPLY(op, &all, key);
}

eg_tensor *eg_uniform_with(eg_tensor *key, int rank, const int64_t dims[],
    const eg_random_attrs *attrs)
{
    return draw(&eg_op_uniform, key, rank, dims, attrs);
}

eg_tensor *eg__uniform_like(eg_tensor *key, const eg_tensor *x)
{
    eg__random_attrs attrs = {.size = sizeof attrs, .dtype = EG_FLOAT32, .dims.n = eg_rank(x)};
    eg__size_patch patches[EG_MAX_RANK];

    for (int i = 0; i < eg_rank(x); i++) {
        eg__size size = eg__size_at(x, i);
        attrs.dims.at[i] = size.n;
        patches[i] = EG__SIZED(eg__random_attrs, dims, i, size);
    }
    return eg__apply_sized(&eg_op_uniform, &attrs, 1, &key, eg_rank(x), patches);
}

eg_tensor *eg_normal_with(eg_tensor *key, int rank, const int64_t dims[],
    const eg_random_attrs *attrs)
{
    return draw(&eg_op_normal, key, rank, dims, attrs);
}

eg_tensor *eg_truncated_normal_with(eg_tensor *key, int rank, const int64_t dims[],
    const eg_random_attrs *attrs)
{
    return draw(&eg_op_truncated_normal, key, rank, dims, attrs);
}

/* 1 - u is exact, and 0 - 0 is 0 where a change of sign would not be. */
eg_tensor *eg_exponential_with(eg_tensor *key, int rank, const int64_t dims[],
    const eg_random_attrs *attrs)
{
    eg_tensor *u = eg_uniform_with(key, rank, dims, attrs);
    return u ? eg_sub(eg__number_like(u, 0), eg_log(eg__one_minus(u))) : NULL;
}

/* ---- choices -------------------------------------------------------------------------------- */

/* The attributes of a draw beside x: float64 where x is. */
static eg_random_attrs beside(const eg_tensor *x)
{
    bool is_wide = eg_dtype_of(x) == EG_FLOAT64;
    return (eg_random_attrs){sizeof(eg_random_attrs), is_wide ? EG_FLOAT64 : EG_FLOAT32};
}

eg_tensor *eg_bernoulli(eg_tensor *key, eg_tensor *p, int rank, const int64_t dims[])
{
    eg_random_attrs attrs = beside(p);
    eg_tensor *u = p ? eg_uniform_with(key, rank, dims, &attrs) : NULL;
    return eg_less(u, eg_broadcast_to(p, rank, dims));
}

/* Whether an integer dtype holds both. */
static bool holds(eg_dtype dtype, int64_t low, int64_t high)
{
    const eg__dtype_info *d = eg__dtype(dtype);
    int bits = (int)d->size * 8 - !d->is_unsigned;

    if (d->kind != EG__INTEGER || (d->is_unsigned && low < 0))
        return false;
    return bits >= 63 || (high < INT64_C(1) << bits && low >= -(INT64_C(1) << bits));
}

eg_tensor *eg_randint_with(eg_tensor *key, int64_t low, int64_t high, int rank,
    const int64_t dims[], const eg_randint_attrs *attrs)
{
    eg_random_attrs wide = {sizeof wide, EG_FLOAT64};
    eg_randint_attrs full;
    int64_t span;

    if (eg__me.failed || !eg__attrs_complete(&full, sizeof full, attrs, "eg_randint"))
        return NULL;
    eg_dtype dtype = full.dtype ? full.dtype : EG_INT64;
    if (__builtin_sub_overflow(high, low, &span) || span < 1 || span > INT64_C(1) << 53 ||
        !holds(dtype, low, high - 1))
        return eg__fail_null(EG_INVALID, "eg_randint",
            "numbers from %lld up to %lld as %s: the dtype must be an integer that holds them, and "
            "there must be 1 to 2^53",
            (long long)low, (long long)high, eg_dtype_name(dtype));
    eg_tensor *u = eg_uniform_with(key, rank, dims, &wide);
    eg_tensor *steps = u ? eg_cast(eg__scale(u, (double)span), EG_INT64) : NULL;
    return steps ? eg_cast(eg_add(steps, eg_scalar_int(EG_INT64, low)), dtype) : NULL;
}

eg_tensor *eg_categorical(eg_tensor *key, eg_tensor *logits, int64_t n)
{
    eg_random_attrs attrs = beside(logits);
    eg_argmax_attrs last = {sizeof last, -1, false};
    int rank = eg_rank(logits);
    int64_t dims[EG_MAX_RANK + 1];

    if (!eg__me.failed && logits && (rank < 1 || rank == EG_MAX_RANK))
        return eg__fail_null(EG_INVALID, "eg_categorical",
            "logits of rank %d; an axis of classes is needed, and room for one of draws", rank);
    for (int i = 0; i < rank - 1; i++)
        dims[i] = eg_dim(logits, i);
    dims[rank > 0 ? rank - 1 : 0] = n;
    dims[rank] = eg_dim(logits, -1);
    eg_tensor *u = logits ? eg_uniform_with(key, rank + 1, dims, &attrs) : NULL;
    eg_tensor *noise = eg_log(eg_neg(eg_log(u)));
    return eg_argmax_with(eg_sub(eg_expand_dims(logits, -2), noise), &last);
}

/* ---- a parameter for each number ------------------------------------------------------------ */

static eg_status parameter_infer(eg_shapes *s)
{
    *s->out[0] = *s->in[1];
    return key_check(s);
}

static const eg_attr gamma_fields[] = {EG__ATTR(eg__gamma_attrs, BOOL, log), {0}};

const eg_opdef eg_op_random_gamma = {
    .name = "RandomGamma",
    .in = {"key", "shape"},
    .types = {0, EG__REALS},
    .traits = EG__CONSTANT | EG__NO_FLOPS,
    .no_gradient = "which draws are accepted depends on the shape",
    .attrs = gamma_fields,
    .attrs_size = sizeof(eg__gamma_attrs),
    .infer = parameter_infer,
    .kernels = EG__KERNELS(&eg__gamma_kernel),
    .known_as = {"random.standard_gamma", "random.stateless_gamma", NULL},
};

eg_tensor *eg_random_gamma(eg_tensor *key, eg_tensor *shape)
{
    return EG__APPLY(&eg_op_random_gamma, NULL, key, shape);
}

const eg_opdef eg_op_poisson = {
    .name = "Poisson",
    .in = {"key", "rate"},
    .types = {0, EG__REALS},
    .traits = EG__CONSTANT | EG__NO_FLOPS,
    .no_gradient = "it is piecewise constant",
    .infer = parameter_infer,
    .kernels = EG__KERNELS(&eg__poisson_kernel),
    .known_as = {"random.poisson", "random.stateless_poisson", NULL},
};

eg_tensor *eg_poisson(eg_tensor *key, eg_tensor *rate)
{
    return EG__APPLY(&eg_op_poisson, NULL, key, rate);
}

/* The logarithms of gamma numbers: quotients of these are in range where the numbers are not. */
static eg_tensor *log_gamma(eg_tensor *key, eg_tensor *shape)
{
    static const eg__gamma_attrs attrs = {sizeof attrs, true};
    return EG__APPLY(&eg_op_random_gamma, &attrs, key, shape);
}

eg_tensor *eg_beta(eg_tensor *key, eg_tensor *a, eg_tensor *b)
{
    static const eg_concat_attrs first = {sizeof first, 0};
    eg_tensor *both[2] = {a, b};

    if (!eg__is_tensor("eg_beta", a) || !eg__is_tensor("eg_beta", b) ||
        eg_broadcast_arrays(2, both, both) != EG_OK)
        return NULL;
    eg_tensor *x = log_gamma(key, eg_stack_with(2, both, &first));
    return eg_sigmoid(
        eg_sub(eg_squeeze(eg__along(x, 0, 0, 1, 1), 0), eg_squeeze(eg__along(x, 0, 1, 1, 1), 0)));
}

eg_tensor *eg_dirichlet(eg_tensor *key, eg_tensor *shapes)
{
    if (!eg__is_tensor("eg_dirichlet", shapes))
        return NULL;
    if (eg_rank(shapes) < 1)
        return eg__fail_null(EG_INVALID, "eg_dirichlet",
            "shapes is a single number; it takes an axis of them");
    return eg_softmax(log_gamma(key, shapes));
}

/* ---- permutations --------------------------------------------------------------------------- */

eg_tensor *eg_permutation(eg_tensor *key, int64_t n)
{
    eg_random_attrs wide = {sizeof wide, EG_FLOAT64};
    eg_tensor *order = eg_top_k(eg_uniform_with(key, 1, &n, &wide), n);

    return order ? eg_part(order, 1) : NULL;
}

/* ---- keys and generators -------------------------------------------------------------------- */

eg_tensor *eg_key(int64_t seed)
{
    return eg_copy(EG_INT64, 1, (int64_t[]){2}, (int64_t[]){seed, 0});
}

/* The state is a variable of the seed and the number of the next stream, so that transactions,
 * traces and sessions treat a draw like any assignment. */
struct eg_generator {
    eg_tensor *state;
};

eg_generator *eg_generator_new(int64_t seed)
{
    static const eg_variable_attrs attrs = {sizeof attrs, "generator", true};
    eg_generator *generator = eg__me.failed ? NULL : eg__alloc_zero(sizeof *generator);

    if (!generator) {
        if (!eg__me.failed)
            eg__fail_memory("eg_generator_new", sizeof *generator);
        return NULL;
    }
    eg_scope *scope = eg_scope_open();
    generator->state = eg_variable_new(eg_key(seed), &attrs);
    eg_scope_close(scope);
    if (generator->state)
        return generator;
    eg__free(generator, sizeof *generator);
    return NULL;
}

void eg_generator_free(eg_generator *generator)
{
    if (!generator)
        return;
    eg_variable_free(generator->state);
    eg__free(generator, sizeof *generator);
}

eg_tensor *eg_generator_state(eg_generator *generator)
{
    return generator ? generator->state : NULL;
}

eg_status eg_next_key(eg_generator *generator, eg_tensor **key)
{
    if (key)
        *key = NULL;
    if (eg__me.failed)
        return eg__me.failed;
    if (!generator || !key)
        return eg__fail(EG_INVALID, "eg_next_key", "%s is NULL", generator ? "key" : "generator");
    eg_scope *scope = eg_scope_open();
    eg_tensor *now = eg_value(generator->state);
    eg_tensor *step = eg_copy(EG_INT64, 1, (int64_t[]){2}, (int64_t[]){0, 1});
    if (eg_assign(generator->state, eg_add(now, step)) == EG_OK)
        *key = scope ? eg_give(now) : NULL;
    eg_scope_close(scope);
    return eg__me.failed;
}
