/* Large arrays: element by element, along rows, rearranged. Nobody tuned for the shapes of the
 * cases whose names begin with odd_.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "groups.h"
#include <math.h>

/* ---- element by element --------------------------------------------------------------------- */

EG_FUNCTION(gelu, x)
{
    return eg_gelu(x, .tanh_form = true);
}

static bool is_gelu(eg_tensor *y, void *env)
{
    eg_tensor *const *in = env;

    for (int64_t i = 0; i < eg_size(in[0]); i += 99991) {
        double x = bench_at(in[0], i);
        double expected = 0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
        if (!bench_near(bench_at(y, i), expected, 1e-6))
            return false;
    }
    return eg_size(y) == eg_size(in[0]);
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

    for (int64_t i = 0; i < eg_size(in[0]); i++)
        sum += fmax((double)x[i] * by[i] + (double)z[i] * w[i], 0);
    return bench_near(bench_at(y, 0), sum, 1e-4);
}

static void run_gelu(const char *name, int64_t n)
{
    EG_SCOPE;
    if (bench_wants(name))
        bench_run_body(&(const bench_body){.name = name,
            .detail = "tanh form",
            .body = &gelu_callable,
            .in = {bench_normal(1, EG_DIMS(n))},
            .right = is_gelu});
}

static void run_muladd_relu_sum(const char *name, int64_t n)
{
    EG_SCOPE;
    if (bench_wants(name))
        bench_run_body(&(const bench_body){.name = name,
            .body = &muladd_relu_sum_callable,
            .in = {bench_normal(1, EG_DIMS(n)), bench_normal(2, EG_DIMS(n)),
                bench_normal(3, EG_DIMS(n)), bench_normal(4, EG_DIMS(n))},
            .right = is_muladd_relu_sum});
}

/* ---- along rows ----------------------------------------------------------------------------- */

EG_FUNCTION(softmax, x)
{
    return eg_softmax(x);
}

EG_FUNCTION(layer_norm, x, gain, offset)
{
    return eg_layer_norm(x, gain, offset);
}

EG_FUNCTION(composed_layer_norm, x, gain, offset)
{
    eg_tensor *centred = eg_sub(x, eg_mean(x, .axes = EG_AXES(-1), .keep_dims = true));
    eg_tensor *variance = eg_mean(eg_square(centred), .axes = EG_AXES(-1), .keep_dims = true);
    return eg_add(eg_mul(eg_div(centred, eg_sqrt(eg_add(variance, 1e-5))), gain), offset);
}

static bool is_softmax(eg_tensor *y, void *env)
{
    eg_tensor *const *in = env;
    int64_t rows = eg_dim(in[0], 0), n = eg_dim(in[0], 1);

    for (int64_t row = 0; row < rows; row += 93) {
        double sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += exp(bench_at(in[0], row * n + i));
        if (!bench_near(bench_at(y, row * n + 7), exp(bench_at(in[0], row * n + 7)) / sum, 1e-6))
            return false;
    }
    return eg_size(y) == rows * n;
}

static bool is_layer_norm(eg_tensor *y, void *env)
{
    eg_tensor *const *in = env;
    int64_t rows = eg_dim(in[0], 0), n = eg_dim(in[0], 1);

    for (int64_t row = 0; row < rows; row += 93) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < n; i++) {
            sum += bench_at(in[0], row * n + i);
            squares += pow(bench_at(in[0], row * n + i), 2);
        }
        double mean = sum / (double)n, variance = squares / (double)n - mean * mean;
        double expected = (bench_at(in[0], row * n + 7) - mean) / sqrt(variance + 1e-5);
        expected = expected * bench_at(in[1], 7) + bench_at(in[2], 7);
        if (!bench_near(bench_at(y, row * n + 7), expected, 1e-4))
            return false;
    }
    return true;
}

static void run_softmax(const char *name, int64_t rows, int64_t n)
{
    EG_SCOPE;
    if (bench_wants(name))
        bench_run_body(&(const bench_body){.name = name,
            .body = &softmax_callable,
            .in = {bench_normal(1, EG_DIMS(rows, n))},
            .right = is_softmax});
}

static void run_layer_norm(const char *name, const eg_callable *body, int64_t rows, int64_t n)
{
    EG_SCOPE;
    if (bench_wants(name))
        bench_run_body(&(const bench_body){.name = name,
            .body = body,
            .in = {bench_normal(1, EG_DIMS(rows, n)), bench_normal(2, EG_DIMS(n)),
                bench_normal(3, EG_DIMS(n))},
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

/* Sums of elements: number i of n is of `added` elements, `step` apart, from i * start on. */
typedef struct strided {
    int64_t n, start, added, step;
} strided;

static bool are_sums(eg_tensor *y, eg_tensor *x, strided s)
{
    for (int64_t i = 0; i < s.n; i += 111) {
        double sum = 0;
        for (int64_t k = 0; k < s.added; k++)
            sum += bench_at(x, i * s.start + k * s.step);
        if (!bench_near(bench_at(y, i), sum, 1e-3))
            return false;
    }
    return eg_size(y) == s.n;
}

static bool are_sums_of_columns(eg_tensor *y, void *env)
{
    eg_tensor *x = *(eg_tensor *const *)env;
    return are_sums(y, x, (strided){eg_dim(x, 1), 1, eg_dim(x, 0), eg_dim(x, 1)});
}

static bool are_sums_of_rows(eg_tensor *y, void *env)
{
    eg_tensor *x = *(eg_tensor *const *)env;
    return are_sums(y, x, (strided){eg_dim(x, 0), eg_dim(x, 1), eg_dim(x, 1), 1});
}

static bool is_transposed(eg_tensor *y, void *env)
{
    eg_tensor *input = *(eg_tensor *const *)env;
    const float *x = eg_data(input, EG_FLOAT32), *z = eg_data(y, EG_FLOAT32);
    int64_t rows = eg_dim(input, 0), columns = eg_dim(input, 1);

    for (int64_t i = 0; i < columns; i++)
        for (int64_t k = 0; k < rows; k++)
            if (z[i * rows + k] != x[k * columns + i])
                return false;
    return true;
}

static void matrix_cases(void)
{
    static const struct {
        const char *name;
        int64_t rows, columns;
        const eg_callable *body;
        bool (*right)(eg_tensor *y, void *env);
    } all[] = {
        {"sum_axis0_4096", 4096, 4096, &sum_of_columns_callable, are_sums_of_columns},
        {"sum_axis1_4096", 4096, 4096, &sum_of_rows_callable, are_sums_of_rows},
        {"transpose_4096", 4096, 4096, &transpose_callable, is_transposed},
        {"odd_sum_axis0", 6007, 2311, &sum_of_columns_callable, are_sums_of_columns},
        {"odd_sum_axis1", 6007, 2311, &sum_of_rows_callable, are_sums_of_rows},
        {"odd_transpose", 2903, 4507, &transpose_callable, is_transposed},
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        EG_SCOPE;
        if (bench_wants(all[i].name))
            bench_run_body(&(const bench_body){.name = all[i].name,
                .body = all[i].body,
                .in = {bench_normal(1, EG_DIMS(all[i].rows, all[i].columns))},
                .right = all[i].right});
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
    int64_t n = eg_dim(in[0], 1);

    for (int64_t i = 0; i < eg_size(in[1]); i += 97)
        for (int64_t k = 0; k < n; k++)
            if (bench_at(y, i * n + k) != bench_at(in[0], rows[i] * n + k))
                return false;
    return eg_size(y) == eg_size(in[1]) * n;
}

static void run_gather(const char *name, int64_t rows, int64_t n, int64_t taken)
{
    EG_SCOPE;
    if (!bench_wants(name))
        return;
    eg_tensor *share = eg_uniform(eg_key(2), EG_DIMS(taken));
    bench_run_body(&(const bench_body){.name = name,
        .body = &gather_callable,
        .in = {bench_normal(1, EG_DIMS(rows, n)), eg_cast(eg_mul(share, (double)rows), EG_INT32)},
        .right = is_gathered});
}

void bench_arrays(void)
{
    run_gelu("gelu_10M", 10000000);
    run_gelu("odd_gelu", 6543211);
    run_muladd_relu_sum("muladd_relu_sum_10M", 10000000);
    run_muladd_relu_sum("odd_muladd_relu_sum", 3000017);
    run_softmax("softmax_1024", 1024, 1024);
    run_softmax("odd_softmax", 3001, 1337);
    run_layer_norm("layernorm_1024", &layer_norm_callable, 1024, 1024);
    run_layer_norm("layernorm_composed_1024", &composed_layer_norm_callable, 1024, 1024);
    run_layer_norm("odd_layernorm", &layer_norm_callable, 2777, 900);
    matrix_cases();
    run_gather("gather_100k_64", 100000, 64, 100000);
    run_gather("odd_gather", 50021, 300, 30011);
}
