/* Tensors compared with the numbers they should hold.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_OPS_VALUES_H
#define TESTS_UNIT_OPS_VALUES_H

#include "harness.h"
#include <math.h>

/* Fails unless x has that shape and these elements; NaN is NaN, zeros have their signs. */
#define assert_is(x, dims, ...)                                                                    \
    values_are(__FILE__, __LINE__, (const double[]){__VA_ARGS__}, (x), dims)

static inline void values_are(const char *file, int line, const double values[], eg_tensor *x,
    int rank, const int64_t dims[])
{
    harness_fine(file, line);
    _assert_int_equal(eg_rank(x), rank, file, line);
    for (int i = 0; i < rank; i++)
        _assert_int_equal(eg_dim(x, i), dims[i], file, line);
    double got[256];
    int64_t n = eg_size(x);
    _assert_int_equal(n <= 256, 1, file, line);
    eg_read(eg_cast(x, EG_FLOAT64), EG_FLOAT64, got, n);
    harness_fine(file, line);
    for (int64_t i = 0; i < n; i++) {
        bool same = isnan(got[i]) ? isnan(values[i]) != 0
                                  : got[i] == values[i] && signbit(got[i]) == signbit(values[i]);
        if (!same)
            print_error("element %lld is %g, not %g\n", (long long)i, got[i], values[i]);
        _assert_int_equal(same, 1, file, line);
    }
}

#endif
