/* Sorting, selecting, counting.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "groups.h"
#include <math.h>
#include <stdlib.h>

enum { MANY = 1000000, ROWS = 1000, COLUMNS = 1000, BEST = 100, BINS = 64 };

EG_FUNCTION(sort, x)
{
    return eg_sort(x, -1);
}

EG_FUNCTION(argsort, x)
{
    return eg_argsort(x, -1);
}

EG_FUNCTION(best, x)
{
    return eg_part(eg_top_k(x, BEST), 0);
}

EG_FUNCTION(median, x)
{
    return eg_median(x, 1);
}

EG_FUNCTION(histogram, x)
{
    return eg_histogram(x, BINS, -4, 4);
}

static bool is_sorted(eg_tensor *y, void *env)
{
    eg_tensor *x = *(eg_tensor *const *)env, *wide = eg_cast(y, EG_FLOAT64);
    const double *value = eg_data(wide, EG_FLOAT64);
    int64_t row = eg_dim(x, eg_rank(x) - 1);
    bool right = value && eg_size(y) == eg_size(x);

    for (int64_t i = 1; i < eg_size(y) && right; i++)
        right = i % row == 0 || value[i - 1] <= value[i];
    return right;
}

static bool is_order(eg_tensor *y, void *env)
{
    eg_tensor *x = *(eg_tensor *const *)env;
    return is_sorted(eg_gather(x, y), env);
}

static bool are_best(eg_tensor *y, void *env)
{
    eg_tensor *sorted = eg_sort(*(eg_tensor *const *)env, -1, .descending = true);
    bool right = eg_size(y) == BEST;

    for (int64_t i = 0; i < BEST && right; i++)
        right = bench_at(y, i) == bench_at(sorted, i);
    return right;
}

static bool are_medians(eg_tensor *y, void *env)
{
    eg_tensor *sorted = eg_sort(*(eg_tensor *const *)env, -1);

    for (int64_t i = 0; i < ROWS; i += 37) {
        int64_t at = i * COLUMNS + COLUMNS / 2;
        if (!bench_near(bench_at(y, i), (bench_at(sorted, at - 1) + bench_at(sorted, at)) / 2,
                1e-6))
            return false;
    }
    return eg_size(y) == ROWS;
}

static bool is_histogram(eg_tensor *y, void *env)
{
    eg_tensor *x = *(eg_tensor *const *)env;
    const int64_t *count = eg_data(y, EG_INT64);
    int64_t all = 0, inside = 0;

    for (int64_t i = 0; i < BINS; i++)
        all += count[i];
    for (int64_t i = 0; i < eg_size(x); i++)
        inside += fabs(bench_at(x, i)) <= 4;
    return all == inside;
}

typedef struct sorting {
    const char *name;
    const eg_callable *body;
    bool (*right)(eg_tensor *y, void *env);
    eg_dtype dtype;
    bool by_rows;
} sorting;

static void run_sorting(const sorting *s)
{
    EG_SCOPE;
    eg_tensor *x = bench_normal(1, EG_DIMS(MANY));

    if (s->dtype == EG_INT32 || s->dtype == EG_INT64)
        x = eg_mul(x, 1e8);
    x = eg_cast(x, s->dtype);
    bench_run_body(&(const bench_body){.name = s->name,
        .body = s->body,
        .in = {s->by_rows ? eg_reshape(x, EG_DIMS(ROWS, COLUMNS)) : x},
        .right = s->right});
}

void bench_sorts(void)
{
    static const sorting all[] = {
        {"sort_f32_1M", &sort_callable, is_sorted, EG_FLOAT32, false},
        {"sort_f64_1M", &sort_callable, is_sorted, EG_FLOAT64, false},
        {"sort_i32_1M", &sort_callable, is_sorted, EG_INT32, false},
        {"sort_i64_1M", &sort_callable, is_sorted, EG_INT64, false},
        {"sort_rows_1000", &sort_callable, is_sorted, EG_FLOAT32, true},
        {"argsort_f32_1M", &argsort_callable, is_order, EG_FLOAT32, false},
        {"argsort_f64_1M", &argsort_callable, is_order, EG_FLOAT64, false},
        {"top_100_of_1M", &best_callable, are_best, EG_FLOAT32, false},
        {"median_rows_1000", &median_callable, are_medians, EG_FLOAT32, true},
        {"histogram_1M", &histogram_callable, is_histogram, EG_FLOAT32, false},
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (bench_wants(all[i].name))
            run_sorting(&all[i]);
}
