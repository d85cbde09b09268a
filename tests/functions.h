/* What tests of functions share: their figures, arguments of every size, bodies of host calls.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUNCTIONS_H
#define TESTS_FUNCTIONS_H

#include "harness.h"
#include <stdatomic.h>

eg_function_info info_of(const eg_function *f);

/* So many ones. Numbers that differ with shape and seed. */
eg_tensor *ones(int n);
eg_tensor *numbers(int seed, int rank, const int64_t dims[]);

extern atomic_int made; /* calls of the bodies below */

/* Nothing but counts; y[i] = 2 x[i] + 1. */
eg_status counts_made(const eg_host_args *args);
eg_status twice_and_one(const eg_host_args *args);

#endif
