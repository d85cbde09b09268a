/* Large arrays: element by element, along rows, rearranged.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "groups.h"
#include <math.h>

enum { ELEMENTS = 10000000, ROWS = 1024, SIDE = 4096, TABLE = 100000, WIDTH = 64 };

/* ---- element by element --------------------------------------------------------------------- */

EG_FUNCTION(gelu, x)
{
    return eg_gelu(x, .tanh_form = true);
}

static bool is_gelu(eg_tensor *y, void *env)
{
    eg_tensor *const *in = env;

    for (int64_t i = 0; i < ELEMENTS; i += 99991) {
        double x = bench_at(in[0], i);
        double expected = 0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
        if (!bench_near(bench_at(y, i), expected, 1e-6))
            return false;
    }
    return eg_size(y) == ELEMENTS;
}

EG_FUNCTION(muladd_relu_sum, x, y, z, w)
{
    return eg_sum(eg_relu(eg_add(eg_mul(x, y), eg_mul(z, w))));
}

static bool is_muladd_relu_sum(eg_tensor *y, void *env)
{
    eg_tensor *const *in = env;
    const float *x = eg_data(in[0], EG_FLOAT32), *by = eg_data(in[1], EG_FLOAT32);
    const float *z = eg_data(in[2], EG_FLOAT32), *w = eg_data(in[3], EG_FLOAT32);
    double sum = 0;

    for (int64_t i = 0; i < ELEMENTS; i++)
        sum += fmax((double)x[i] * by[i] + (double)z[i] * w[i], 0);
    return bench_near(bench_at(y, 0), sum, 1e-4);
}

static void elementwise_cases(void)
{
    EG_SCOPE;
    if (bench_wants("gelu_10M"))
        bench_run_body(&(const bench_body){.name = "gelu_10M",
            .detail = "tanh form",
            .body = &gelu_callable,
            .in = {bench_normal(1, EG_DIMS(ELEMENTS))},
            .right = is_gelu});
    if (bench_wants("muladd_relu_sum_10M"))
        bench_run_body(&(const bench_body){.name = "muladd_relu_sum_10M",
            .body = &muladd_relu_sum_callable,
            .in = {bench_normal(1, EG_DIMS(ELEMENTS)), bench_normal(2, EG_DIMS(ELEMENTS)),
                bench_normal(3, EG_DIMS(ELEMENTS)), bench_normal(4, EG_DIMS(ELEMENTS))},
            .right = is_muladd_relu_sum});
}

/* ---- along rows ----------------------------------------------------------------------------- */

EG_FUNCTION(softmax, x)
{
    return eg_softmax(x);
}

EG_FUNCTION(layer_norm, x, gain, offset)
{
    eg_tensor *centred = eg_sub(x, eg_mean(x, .axes = EG_AXES(-1), .keep_dims = true));
    eg_tensor *variance = eg_mean(eg_square(centred), .axes = EG_AXES(-1), .keep_dims = true);
    return eg_add(eg_mul(eg_div(centred, eg_sqrt(eg_add(variance, 1e-5))), gain), offset);
}

static bool is_softmax(eg_tensor *y, void *env)
{
    eg_tensor *const *in = env;

    for (int64_t row = 0; row < ROWS; row += 93) {
        double sum = 0;
        for (int64_t i = 0; i < ROWS; i++)
            sum += exp(bench_at(in[0], row * ROWS + i));
        if (!bench_near(bench_at(y, row * ROWS + 7), exp(bench_at(in[0], row * ROWS + 7)) / sum,
                1e-6))
            return false;
    }
    return eg_size(y) == (int64_t)ROWS * ROWS;
}

static bool is_layer_norm(eg_tensor *y, void *env)
{
    eg_tensor *const *in = env;

    for (int64_t row = 0; row < ROWS; row += 93) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < ROWS; i++) {
            sum += bench_at(in[0], row * ROWS + i);
            squares += pow(bench_at(in[0], row * ROWS + i), 2);
        }
        double mean = sum / ROWS, deviation = sqrt(squares / ROWS - mean * mean + 1e-5);
        double expected = (bench_at(in[0], row * ROWS + 7) - mean) / deviation;
        expected = expected * bench_at(in[1], 7) + bench_at(in[2], 7);
        if (!bench_near(bench_at(y, row * ROWS + 7), expected, 1e-4))
            return false;
    }
    return true;
}

static void row_cases(void)
{
    EG_SCOPE;
    if (!bench_wants("softmax_1024") && !bench_wants("layernorm_1024"))
        return;
    eg_tensor *x = bench_normal(1, EG_DIMS(ROWS, ROWS));
    bench_run_body(&(const bench_body){.name = "softmax_1024",
        .body = &softmax_callable,
        .in = {x},
        .right = is_softmax});
    bench_run_body(&(const bench_body){.name = "layernorm_1024",
        .detail = "composed of means and arithmetic",
        .body = &layer_norm_callable,
        .in = {x, bench_normal(2, EG_DIMS(ROWS)), bench_normal(3, EG_DIMS(ROWS))},
        .right = is_layer_norm});
}

/* ---- a large matrix ------------------------------------------------------------------------- */

EG_FUNCTION(sum_of_columns, x)
{
    return eg_sum(x, .axes = EG_AXES(0));
}

EG_FUNCTION(sum_of_rows, x)
{
    return eg_sum(x, .axes = EG_AXES(1));
}

EG_FUNCTION(transpose, x)
{
    return eg_transpose(x);
}

/* Whether y[i] is the sum of the elements that are `step` apart from start * i on. */
static bool are_sums(eg_tensor *y, eg_tensor *x, int64_t start, int64_t step)
{
    for (int64_t i = 0; i < SIDE; i += 111) {
        double sum = 0;
        for (int64_t k = 0; k < SIDE; k++)
            sum += bench_at(x, i * start + k * step);
        if (!bench_near(bench_at(y, i), sum, 1e-3))
            return false;
    }
    return eg_size(y) == SIDE;
}

static bool are_sums_of_columns(eg_tensor *y, void *env)
{
    return are_sums(y, *(eg_tensor *const *)env, 1, SIDE);
}

static bool are_sums_of_rows(eg_tensor *y, void *env)
{
    return are_sums(y, *(eg_tensor *const *)env, SIDE, 1);
}

static bool is_transposed(eg_tensor *y, void *env)
{
    const float *x = eg_data(*(eg_tensor *const *)env, EG_FLOAT32), *z = eg_data(y, EG_FLOAT32);

    for (int64_t i = 0; i < SIDE; i++)
        for (int64_t k = 0; k < SIDE; k++)
            if (z[i * SIDE + k] != x[k * SIDE + i])
                return false;
    return true;
}

static void matrix_cases(void)
{
    const bench_body bodies[] = {
        {.name = "sum_axis0_4096", .body = &sum_of_columns_callable, .right = are_sums_of_columns},
        {.name = "sum_axis1_4096", .body = &sum_of_rows_callable, .right = are_sums_of_rows},
        {.name = "transpose_4096", .body = &transpose_callable, .right = is_transposed},
    };
    eg_tensor *x = NULL;

    EG_SCOPE;
    for (int i = 0; i < 3; i++) {
        bench_body b = bodies[i];
        if (!bench_wants(b.name))
            continue;
        b.in[0] = x = x ? x : bench_normal(1, EG_DIMS(SIDE, SIDE));
        bench_run_body(&b);
    }
}

/* ---- rows of a table ------------------------------------------------------------------------ */

EG_FUNCTION(gather, table, rows)
{
    return eg_gather(table, rows);
}

static bool is_gathered(eg_tensor *y, void *env)
{
    eg_tensor *const *in = env;
    const int32_t *rows = eg_data(in[1], EG_INT32);

    for (int64_t i = 0; i < TABLE; i += 97)
        for (int64_t k = 0; k < WIDTH; k++)
            if (bench_at(y, i * WIDTH + k) != bench_at(in[0], rows[i] * WIDTH + k))
                return false;
    return eg_size(y) == (int64_t)TABLE * WIDTH;
}

static void gather_case(void)
{
    EG_SCOPE;
    if (!bench_wants("gather_100k_64"))
        return;
    eg_tensor *share = eg_uniform(eg_key(2), EG_DIMS(TABLE));
    bench_run_body(&(const bench_body){.name = "gather_100k_64",
        .body = &gather_callable,
        .in = {bench_normal(1, EG_DIMS(TABLE, WIDTH)), eg_cast(eg_mul(share, TABLE), EG_INT32)},
        .right = is_gathered});
}

void bench_arrays(void)
{
    elementwise_cases();
    row_cases();
    matrix_cases();
    gather_case();
}
