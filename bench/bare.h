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

/* A convolution of float32 with channels last: square images, a square window, padding all around.
 * The filter, [window, window, channels, results], is brought into oneDNN's order once. */
typedef struct bare_shape {
    int64_t images, size, channels, results, window, stride, padding;
} bare_shape;

static inline int64_t bare_shape_size(const bare_shape *s)
{
    return (s->size + 2 * s->padding - s->window) / s->stride + 1;
}

bare *bare_conv(const bare_shape *s, const float *x, const float *w, float *out);

void bare_run(bare *b);
void bare_free(bare *b);

/* How many threads oneDNN may use; false where it has threads of another kind. */
bool bare_set_threads(int n);

#endif
