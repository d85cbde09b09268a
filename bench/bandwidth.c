/* Operations that memory limits, taking turns with STREAM's copy: what counts is the bandwidth each
 * reaches by the copy's. The shapes of the second half (`_odd`, `_long`, `_tiny`) are those nobody
 * tuned for.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "groups.h"
#include "stream.h"
#include <math.h>

enum { COPIED = 40 << 20, MOST_RANK = 3 };

/* An operation on normal numbers of the given shapes, each of which is as many numbers as its sizes
 * that are not 0 say. `of` or `sums_axes` is what is checked. */
typedef struct flow {
    const char *name;
    const eg_callable *body;
    int64_t dims[BENCH_MOST_IN][MOST_RANK];
    double (*of)(double x, double y); /* element by element */
    int64_t outer, n, inner;          /* or sums (means) of n elements */
    double by;                        /* what the sum is divided by */
    double moved;                     /* numbers read and written, at least */
} flow;

EG_FUNCTION(add, x, y)
{
    return eg_add(x, y);
}

EG_FUNCTION(mul, x, y)
{
    return eg_mul(x, y);
}

EG_FUNCTION(relu, x)
{
    return eg_relu(x);
}

EG_FUNCTION(exponential, x)
{
    return eg_exp(x);
}

EG_FUNCTION(gelu_tanh, x)
{
    return eg_gelu(x, .tanh_form = true);
}

EG_FUNCTION(gelu_erf, x)
{
    return eg_gelu(x);
}

EG_FUNCTION(sum_first, x)
{
    return eg_sum(x, .axes = EG_AXES(0));
}

EG_FUNCTION(sum_middle, x)
{
    return eg_sum(x, .axes = EG_AXES(1));
}

EG_FUNCTION(sum_last, x)
{
    return eg_sum(x, .axes = EG_AXES(-1));
}

EG_FUNCTION(mean_all, x)
{
    return eg_mean(x);
}

EG_FUNCTION(max_all, x)
{
    return eg_max(x);
}

EG_FUNCTION(softmax, x)
{
    return eg_softmax(x);
}

EG_FUNCTION(layer_norm, x, scale, offset)
{
    return eg_layer_norm(x, scale, offset);
}

EG_FUNCTION(transpose, x)
{
    return eg_transpose(x);
}

EG_FUNCTION(padded, x)
{
    return eg_pad(x, .before = EG_AT(3, 5), .after = EG_AT(2, 7));
}

EG_FUNCTION(rolled, x)
{
    return eg_roll(x, 1001, 1);
}

static double plus(double x, double y)
{
    return x + y;
}

static double times(double x, double y)
{
    return x * y;
}

static double positive(double x, double y)
{
    (void)y;
    return x > 0 ? x : 0;
}

static double power(double x, double y)
{
    (void)y;
    return exp(x);
}

static double of_tanh(double x, double y)
{
    (void)y;
    return 0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
}

static double of_erf(double x, double y)
{
    (void)y;
    return 0.5 * x * (1 + erf(x * 0.7071067811865476));
}

static const flow flows[] = {
    {"bw_add_10M", &add_callable, {{10000000}, {10000000}}, plus, .moved = 3e7},
    {"bw_mul_10M", &mul_callable, {{10000000}, {10000000}}, times, .moved = 3e7},
    {"bw_relu_10M", &relu_callable, {{10000000}}, positive, .moved = 2e7},
    {"bw_exp_10M", &exponential_callable, {{10000000}}, power, .moved = 2e7},
    {"bw_gelu_tanh_10M", &gelu_tanh_callable, {{10000000}}, of_tanh, .moved = 2e7},
    {"bw_gelu_erf_10M", &gelu_erf_callable, {{10000000}}, of_erf, .moved = 2e7},
    {"bw_sum_first", &sum_first_callable, {{4096, 4096}}, NULL, 1, 4096, 4096, 1, 4096. * 4097},
    {"bw_sum_middle", &sum_middle_callable, {{256, 256, 256}}, NULL, 256, 256, 256, 1, 16842752},
    {"bw_sum_last", &sum_last_callable, {{4096, 4096}}, NULL, 4096, 4096, 1, 1, 4096. * 4097},
    {"bw_mean_all", &mean_all_callable, {{4096, 4096}}, NULL, 1, 1 << 24, 1, 1 << 24, 1 << 24},
    {"bw_max_all", &max_all_callable, {{4096, 4096}}, .moved = 1 << 24},
    {"bw_softmax_1024", &softmax_callable, {{1024, 1024}}, .moved = 2 << 20},
    {"bw_softmax_8192", &softmax_callable, {{8192, 1024}}, .moved = 16 << 20},
    {"bw_layer_norm_1024", &layer_norm_callable, {{1024, 1024}, {1024}, {1024}}, .moved = 2 << 20},
    {"bw_layer_norm_8192", &layer_norm_callable, {{8192, 1024}, {1024}, {1024}}, .moved = 16 << 20},
    {"bw_transpose_4096", &transpose_callable, {{4096, 4096}}, .moved = 2 << 24},
    {"bw_pad_4096", &padded_callable, {{4096, 4096}}, .moved = 2 << 24},
    {"bw_roll_4096", &rolled_callable, {{4096, 4096}}, .moved = 2 << 24},
    {"bw_add_odd", &add_callable, {{3001, 3331}, {3001, 3331}}, plus, .moved = 3 * 9996331.},
    {"bw_add_row_odd", &add_callable, {{3001, 3331}, {3331}}, .moved = 2 * 9996331.},
    {"bw_relu_odd", &relu_callable, {{7654321}}, positive, .moved = 2 * 7654321.},
    {"bw_exp_odd", &exponential_callable, {{7654321}}, power, .moved = 2 * 7654321.},
    {"bw_sum_first_odd", &sum_first_callable, {{5003, 1999}}, NULL, 1, 5003, 1999, 1, 1e7},
    {"bw_sum_middle_odd", &sum_middle_callable, {{31, 4999, 67}}, NULL, 31, 4999, 67, 1, 10382923},
    {"bw_sum_last_odd", &sum_last_callable, {{77773, 129}}, NULL, 77773, 129, 1, 1, 77773 * 130.},
    {"bw_sum_last_long", &sum_last_callable, {{3, 5000011}}, NULL, 3, 5000011, 1, 1, 15000033},
    {"bw_sum_last_tiny", &sum_last_callable, {{3000001, 3}}, NULL, 3000001, 3, 1, 1, 12000004},
    {"bw_softmax_odd", &softmax_callable, {{9973, 771}}, .moved = 2 * 9973 * 771.},
    {"bw_softmax_long", &softmax_callable, {{7, 1000003}}, .moved = 2 * 7000021.},
    {"bw_softmax_tiny", &softmax_callable, {{700001, 10}}, .moved = 2 * 7000010.},
    {"bw_layer_norm_odd", &layer_norm_callable, {{9973, 771}, {771}, {771}}, .moved = 15378366},
    {"bw_layer_norm_long", &layer_norm_callable, {{7, 1000003}, {1000003}, {1000003}},
        .moved = 14000042},
    {"bw_transpose_odd", &transpose_callable, {{4099, 3001}}, .moved = 2 * 4099 * 3001.},
};

/* ---- what must come of it ------------------------------------------------------------------- */

typedef struct flow_run {
    const flow *f;
    eg_tensor *in[BENCH_MOST_IN];
} flow_run;

static bool is_sum(const flow_run *r, eg_tensor *y, int64_t at)
{
    const flow *f = r->f;
    int64_t first = at / f->inner * f->n * f->inner + at % f->inner;
    double sum = 0;

    for (int64_t i = 0; i < f->n; i++)
        sum += bench_at(r->in[0], first + i * f->inner);
    return bench_near(bench_at(y, at), sum / f->by, 1e-3);
}

static bool is_right(eg_tensor *y, void *env)
{
    const flow_run *r = env;
    bool right = eg_size(y) > 0;

    for (int64_t i = 0; i < eg_size(y) && right && r->f->of; i += 99991) {
        double other = r->in[1] ? bench_at(r->in[1], i) : 0;
        right = bench_near(bench_at(y, i), r->f->of(bench_at(r->in[0], i), other), 1e-6);
    }
    for (int64_t i = 0; i < eg_size(y) && right && r->f->n > 0; i += 1 + eg_size(y) / 37)
        right = is_sum(r, y, i);
    return right;
}

/* As often as the copy, so that both find in the caches what is left of their own arrays. */
static eg_tensor *run_eager(void *env)
{
    flow_run *r = env;

    for (int i = 1; i < STREAM_ROUNDS; i++) {
        EG_SCOPE;
        r->f->body->body(r->f->body->n_in, r->in, NULL);
    }
    return r->f->body->body(r->f->body->n_in, r->in, NULL);
}

static void run_flow(const flow *f, stream *s)
{
    flow_run r = {f, {NULL}};

    EG_SCOPE;
    for (int k = 0; k < f->body->n_in; k++) {
        int rank = 0;
        while (rank < MOST_RANK && f->dims[k][rank] > 0)
            rank++;
        r.in[k] = bench_normal(k + 1, rank, f->dims[k]);
    }
    bench_run(2,
        (const bench_work[]){{.name = f->name,
                                 .mode = "eager",
                                 .ops = STREAM_ROUNDS,
                                 .bytes = f->moved * sizeof(float),
                                 .run = run_eager,
                                 .right = is_right,
                                 .env = &r},
            {.name = f->name,
                .mode = "stream_copy",
                .peer = "C",
                .detail = "of 40 MiB, for its bandwidth",
                .ops = STREAM_ROUNDS,
                .bytes = 2. * COPIED,
                .run = stream_copy,
                .env = s}});
}

void bench_bandwidth(void)
{
    stream *s = NULL;

    for (size_t i = 0; i < sizeof flows / sizeof flows[0]; i++)
        if (bench_wants(flows[i].name) && (s || (s = stream_new(COPIED))))
            run_flow(&flows[i], s);
    stream_free(s);
}
