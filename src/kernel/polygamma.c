/* Polygamma functions, one number at a time: n! times Hurwitz' zeta function of n + 1.
 *
 * To the right of 0 terms are added one by one until the rest is far enough out for the series of
 * Euler and Maclaurin, which has the same form for digamma but for its first term, a logarithm. To
 * the left the terms on both sides of 0 are two such sums. Around the zero of digamma its series
 * there keeps the digits that would cancel.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/polygamma.h"
#include <math.h>

enum { CHUNK = 1024, BERNOULLI = 9, TAYLOR = 36 };

static const double pi = 3.14159265358979323846;

/* Bernoulli's numbers B_2j, j = 1, 2 ..., over (2j)!. */
static const double bernoulli[BERNOULLI] = {0x1.5555555555555p-4, -0x1.6c16c16c16c17p-10,
    0x1.1566abc011567p-15, -0x1.bbd779334ef0bp-21, 0x1.66a8f2bf70ebep-26, -0x1.22805d644267fp-31,
    0x1.d6db2c4e09162p-37, -0x1.7da4e1f79955cp-42, 0x1.355871d652e9ep-47};

/* The zero of digamma to the right of 0 in two parts, and its series there but for the constant. */
static const double zero = 0x1.762d86356be3fp+0, zero_rest = 0x1.b86a722197829p-54;
static const double around_zero[TAYLOR] = {0x1.ef72bc8ee38acp-1, -0x1.c563b54aa1a35p-2,
    0x1.08b4294d50381p-2, -0x1.4fc1317257da8p-3, 0x1.b9a5b6370f3abp-4, -0x1.27baba261cc2cp-4,
    0x1.8fce02b239ca7p-5, -0x1.0fa7ec36a7d8fp-5, 0x1.723d6807edcc0p-6, -0x1.f970508e1b6a2p-7,
    0x1.5955caaa962f3p-7, -0x1.d828079282eb8p-8, 0x1.42e1acf81d8dcp-8, -0x1.b9afc7cee8a14p-9,
    0x1.2e23345f79aafp-9, -0x1.9d626f71d1f7ap-10, 0x1.1acebbd761089p-10, -0x1.82f6345c65b35p-11,
    0x1.08bdae1a261d4p-11, -0x1.6a3fddea11304p-12, 0x1.efacab6fb8985p-13, -0x1.531f5dc5eb563p-13,
    0x1.d0080f810fab5p-14, -0x1.3d7972688af67p-14, 0x1.b2691182c5c34p-15, -0x1.29357f7d6cb86p-15,
    0x1.96ae4a8e32b49p-16, -0x1.163cc7373be8bp-16, 0x1.7cb8b3916fd29p-17, -0x1.047a1894e0fdep-17,
    0x1.646b54f410bdfp-18, -0x1.e7b34a5b78a3cp-19, 0x1.4dab173747443p-19, -0x1.c891c9fca61dep-20,
    0x1.385e9fcb1c6a8p-20, -0x1.ab6cff79188aap-21};

/* n! / x^(n + 1), whose factors do not overflow before it does. */
static double term(int n, double x)
{
    double y = 1 / x;

    for (int i = 1; i <= n; i++)
        y *= i / x;
    return y;
}

/* What the series has behind its first term, of n!/(a + k)^(n + 1), k = 0, 1 ... */
static double rest_of_series(int n, double a)
{
    double power = term(n, a), sum = power / 2;

    for (int j = 0; j < BERNOULLI; j++) {
        power *= (n + 2 * j + 1) / a;
        sum += bernoulli[j] * power;
        power *= (n + 2 * j + 2) / a;
    }
    return sum;
}

/* The sum of n!/(x + k)^(n + 1), k = 0, 1 ..., of x above 0 and n above 0. */
static double sum_of_terms(int n, double x)
{
    const double far = 2 * n + 12;
    double sum = 0;

    for (; x < far; x += 1)
        sum += term(n, x);
    return sum + (term(n - 1, x) + rest_of_series(n, x));
}

/* Of x in [0.96, 1.96]. */
static double digamma_near_zero(double x)
{
    const double h = (x - zero) - zero_rest;
    double sum = 0;

    for (int i = TAYLOR - 1; i >= 0; i--)
        sum = (sum + around_zero[i]) * h;
    return sum;
}

static double digamma_right(double x)
{
    double sum = 0;

    if (x >= 0.46 && x < 0.96)
        return digamma_near_zero(x + 1) - 1 / x;
    if (x >= 0.96 && x <= 1.96)
        return digamma_near_zero(x);
    if (x > 1.96 && x < 2.96)
        return digamma_near_zero(x - 1) + 1 / (x - 1);
    for (; x < 12; x += 1)
        sum += 1 / x;
    return log(x) - (rest_of_series(0, x) + sum);
}

/* At 0, -1, -2 ..., where both sides go to infinity, of odd n to the same. */
static double at_pole(int n, double x)
{
    if (n % 2 == 1)
        return INFINITY;
    return x == 0 ? copysign(INFINITY, -x) : NAN;
}

static double digamma(double x)
{
    if (x > 0)
        return x < INFINITY ? digamma_right(x) : x;
    return digamma_right(1 - x) - pi / tan(pi * (x - rint(x)));
}

/* Left of 0 the terms are those right of it, x + k > 0, and those in front of them. */
static double higher(int n, double x)
{
    const double sign = n % 2 == 1 ? 1 : -1;

    if (x > 0)
        return x < INFINITY ? sign * sum_of_terms(n, x) : sign * 0.0;
    const double d = -x - floor(-x);
    const double front = sum_of_terms(n, d) - sum_of_terms(n, 1 - x);
    return sign * sum_of_terms(n, 1 - d) + front;
}

static double polygamma(int n, double x)
{
    if (x != x || x == -INFINITY)
        return NAN;
    if (x <= 0 && x == floor(x))
        return at_pole(n, x);
    return n == 0 ? digamma(x) : higher(n, x);
}

/* ---- all of them ---------------------------------------------------------------------------- */

typedef struct elements {
    int64_t size;
    int n;
    bool is_wide;
} elements;

typedef struct whole {
    const elements *t;
    const void *x;
    void *y;
} whole;

static void run_chunk(void *env, int chunk)
{
    const whole *w = env;
    int64_t i = (int64_t)chunk * CHUNK, end = i + CHUNK < w->t->size ? i + CHUNK : w->t->size;

    if (w->t->is_wide)
        for (; i < end; i++)
            ((double *)w->y)[i] = polygamma(w->t->n, ((const double *)w->x)[i]);
    else
        for (; i < end; i++)
            ((float *)w->y)[i] = (float)polygamma(w->t->n, (double)((const float *)w->x)[i]);
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const elements *t = (const elements *)(const void *)job->state;
    whole w = {t, in[0], out[0]};

    (void)scratch;
    eg__run_chunks((int)((t->size + CHUNK - 1) / CHUNK),
        (double)t->size * (40 + 5.0 * t->n * (t->n + 1)), run_chunk, &w);
    return EG_OK;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg_spec *x = p->in[0];

    (void)self;
    if (x->dtype != EG_FLOAT32 && x->dtype != EG_FLOAT64)
        return "it has no loop for this dtype";
    eg__job_start(job, "series", run);
    job->in_place = true;
    *(elements *)(void *)job->state =
        (elements){x->size, ((const eg__polygamma_attrs *)p->attrs)->n, x->dtype == EG_FLOAT64};
    return NULL;
}

const eg_kernel eg__polygamma_kernel = {"series", prepare, NULL};
