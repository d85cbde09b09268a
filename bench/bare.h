/* The bare oneDNN primitive, with oneDNN's own threads: what eagre's products and elementwise
 * operations are measured against. Its data stay where they are, and nothing is allocated.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct bare bare;

/* An m,k by k,n product of float32, or relu of n numbers; NULL where that is not to be had. `x` and
 * `y` are read in each run, `out` is written. Free with bare_free. */
bare *bare_product(int64_t m, int64_t n, int64_t k, const float *x, const float *y, float *out);
bare *bare_relu(int64_t n, const float *x, float *out);
void bare_run(bare *b);
void bare_free(bare *b);

/* How many threads oneDNN may use; false where it has threads of another kind. */
bool bare_set_threads(int n);

#endif
