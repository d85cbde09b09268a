/* What is tested of an operation that is made of others: that a function gives the same bits as
 * eager code, recorded and served, also with other sizes, and that its gradient agrees with
 * differences.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_OPS_COMPOSED_H
#define TESTS_UNIT_OPS_COMPOSED_H

#include "harness.h"
#include "other_sizes.h"
#include <math.h>
#include <string.h>

enum { MOST_IN = 4, MOST_ELEMENTS = 256 };

/* A sum of the elements of y, each bent and with a weight of its own. */
static inline eg_tensor *weighed(eg_tensor *y)
{
    eg_tensor *z = eg_cast(eg_reshape(y, EG_DIMS(-1)), EG_FLOAT64);
    eg_tensor *weight = eg_add(eg_cast(eg_range(eg_size(y)), EG_FLOAT64), 0.7);
    return eg_sum(eg_mul(eg_add(z, eg_mul(eg_square(z), 0.3)), eg_sub(1.9, eg_square(weight))));
}

static inline double loss_of(const eg_callable *c, int n, eg_tensor *const x[])
{
    EG_SCOPE;
    return eg_item(weighed(c->body(n, x, NULL)));
}

/* The same inputs, element k of input i moved by h. */
static inline double moved_loss(const eg_callable *c, int n, eg_tensor *const x[], int i, int64_t k,
    double h)
{
    double values[MOST_ELEMENTS];
    eg_tensor *in[MOST_IN];
    int64_t dims[EG_MAX_RANK];
    EG_SCOPE;

    memcpy(in, x, sizeof *in * (size_t)n);
    eg_read(x[i], EG_FLOAT64, values, eg_size(x[i]));
    values[k] += h;
    for (int d = 0; d < eg_rank(x[i]); d++)
        dims[d] = eg_dim(x[i], d);
    in[i] = eg_copy(EG_FLOAT64, eg_rank(x[i]), dims, values);
    return loss_of(c, n, in);
}

/* The gradient of the float64 inputs against differences. */
static inline void assert_gradient(const eg_callable *c, int n, eg_tensor *const x[])
{
    eg_tensor *wanted[MOST_IN], *dx[MOST_IN];
    int of[MOST_IN], m = 0;
    EG_TAPE;

    for (int i = 0; i < n; i++)
        if (eg_dtype_of(x[i]) == EG_FLOAT64) {
            eg_watch(x[i]);
            of[m] = i;
            wanted[m++] = x[i];
        }
    eg_gradient(weighed(c->body(n, x, NULL)), m, wanted, dx);
    assert_fine();
    for (int i = 0; i < m; i++) {
        double got[MOST_ELEMENTS];
        assert_int_equal(eg_read(dx[i], EG_FLOAT64, got, eg_size(x[of[i]])), EG_OK);
        for (int64_t k = 0; k < eg_size(x[of[i]]); k++) {
            double up = moved_loss(c, n, x, of[i], k, 1e-4);
            double slope = (up - moved_loss(c, n, x, of[i], k, -1e-4)) / 2e-4;
            assert_true(fabs(slope - got[k]) <= 1e-5 * (1 + fabs(slope)));
        }
    }
}

/* All of it; the inputs of the function are tensors. */
static inline void assert_composed(const eg_callable *c, int n, eg_tensor *const x[])
{
    eg_function *f = eg_function_from(c, NULL, 0);
    other_sizes found = {0};
    EG_SCOPE;

    char *eager = eg_to_text(c->body(n, x, NULL), NULL);
    assert_fine();
    for (int i = 0; i < 3; i++) {
        char *served = eg_to_text(eg_call_of(f, n, x), NULL);
        assert_string_equal(served, eager);
        eg_free(served);
    }
    eg_free(eager);
    assert_gradient(c, n, x);
    eg_function_free(f);
    try_other_sizes(c, NULL, n, x, &found);
    assert_string_equal(found.mistake, "");
}

#define assert_works(name, ...) assert_composed(&name##_callable, EG_IN(__VA_ARGS__))

#endif
