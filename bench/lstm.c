/* Gradients of a recurrent layer: the sum of all results of an lstm, by its weights.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "groups.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WEIGHTS = 3, GATES = 4 };

EG_FUNCTION(slopes, x, w, u, b)
{
    int64_t state[] = {eg_dim(x, 0), eg_dim(u, 0)};
    eg_tensor *by[WEIGHTS] = {w, u, b}, *dy[WEIGHTS] = {NULL};

    EG_TAPE;
    for (int i = 0; i < WEIGHTS; i++)
        eg_watch(by[i]);
    eg_tensor *zero = eg_zeros(EG_FLOAT32, 2, state);
    eg_tensor *h = eg_part(eg_lstm(x, eg_tuple(zero, zero), w, u, b), 0);
    eg_gradient(eg_sum(h), WEIGHTS, by, dy);
    return eg_give(eg_tuple_of(WEIGHTS, dy));
}

/* ---- what must come of it ------------------------------------------------------------------- */

typedef struct sizes {
    int64_t examples, steps, inputs, n;
} sizes;

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* A step for one example: h and c become the next; the sum of h. */
static double cell(const sizes *s, const float *x, double *const weights[], double *h, double *c)
{
    int64_t gates = GATES * s->n;
    double *a = calloc((size_t)gates, sizeof *a), sum = 0;

    memcpy(a, weights[2], (size_t)gates * sizeof *a);
    for (int64_t i = 0; i < s->inputs; i++)
        for (int64_t j = 0; j < gates; j++)
            a[j] += x[i] * weights[0][i * gates + j];
    for (int64_t i = 0; i < s->n; i++)
        for (int64_t j = 0; j < gates; j++)
            a[j] += h[i] * weights[1][i * gates + j];
    for (int64_t j = 0; j < s->n; j++) {
        double let_in = sigmoid(a[j]), keep = sigmoid(a[s->n + j]);
        c[j] = keep * c[j] + let_in * tanh(a[2 * s->n + j]);
        h[j] = sigmoid(a[3 * s->n + j]) * tanh(c[j]);
        sum += h[j];
    }
    free(a);
    return sum;
}

/* The sum of the layer's results for one example. */
static double sum_for(const sizes *s, const float *x, double *const weights[])
{
    double *h = calloc((size_t)s->n, sizeof *h), *c = calloc((size_t)s->n, sizeof *c), sum = 0;

    for (int64_t step = 0; step < s->steps; step++)
        sum += cell(s, x + step * s->inputs, weights, h, c);
    free(h);
    free(c);
    return sum;
}

/* The slope of that sum, for all examples, when each weight is moved by that much of itself. */
static double slope_along(const sizes *s, eg_tensor *const in[])
{
    static const double far = 1e-5;
    const float *x = eg_data(in[0], EG_FLOAT32);
    double *moved[2][WEIGHTS], slope = 0;

    for (int k = 0; k < WEIGHTS; k++)
        for (int side = 0; side < 2; side++) {
            const float *w = eg_data(in[1 + k], EG_FLOAT32);
            moved[side][k] = malloc((size_t)eg_size(in[1 + k]) * sizeof(double));
            for (int64_t i = 0; i < eg_size(in[1 + k]); i++)
                moved[side][k][i] = w[i] * (side ? 1 + far : 1 - far);
        }
    for (int64_t i = 0; i < s->examples; i++) {
        const float *row = x + i * s->steps * s->inputs;
        slope += (sum_for(s, row, moved[1]) - sum_for(s, row, moved[0])) / (2 * far);
    }
    for (int k = 0; k < WEIGHTS; k++)
        for (int side = 0; side < 2; side++)
            free(moved[side][k]);
    return slope;
}

static bool are_slopes(eg_tensor *y, void *env)
{
    eg_tensor *const *in = env;
    sizes s = {eg_dim(in[0], 0), eg_dim(in[0], 1), eg_dim(in[0], 2), eg_dim(in[2], 0)};
    double along = 0;

    for (int k = 0; k < WEIGHTS; k++)
        for (int64_t i = 0; i < eg_size(in[1 + k]); i++)
            along += bench_at(eg_part(y, k), i) * bench_at(in[1 + k], i);
    return bench_near(along, slope_along(&s, in), 1e-3);
}

/* ---- cases ---------------------------------------------------------------------------------- */

static void run_layer(const char *name, sizes s)
{
    EG_SCOPE;
    if (!bench_wants(name))
        return;
    int64_t gates = GATES * s.n;
    bench_run_body(&(const bench_body){.name = name,
        .detail = "forwards and backwards, by the weights",
        .body = &slopes_callable,
        .in = {bench_normal(1, EG_DIMS(s.examples, s.steps, s.inputs)),
            eg_mul(bench_normal(2, EG_DIMS(s.inputs, gates)), 0.1),
            eg_mul(bench_normal(3, EG_DIMS(s.n, gates)), 0.1), bench_normal(4, EG_DIMS(gates))},
        .right = are_slopes,
        .is_no_graph = true});
}

void bench_lstm(void)
{
    run_layer("lstm_fwd_bwd", (sizes){32, 50, 128, 128});
    run_layer("odd_lstm_fwd_bwd", (sizes){12, 37, 80, 96});
}
