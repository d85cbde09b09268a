/* The functions whose errors are measured: as eagre computes them, quickly in doubles, and exactly.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ACCURACY_FUNCTIONS_H
#define TESTS_ACCURACY_FUNCTIONS_H

#include <eagre/ops.h>
#include <mpfr.h>

typedef struct function {
    const char *name;
    int n_in;
    eg_tensor *(*of)(eg_tensor *x, eg_tensor *y);
    double (*quick)(double x, double y);
    void (*exact)(mpfr_t z, mpfr_t x, mpfr_t y);
    double low, high; /* where arguments are searched for more closely */
} function;

extern const function functions[];
extern const int n_functions;

#endif
