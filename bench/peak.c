/* Loops over vectors that do not depend on each other.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "peak.h"
#include "bench.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

enum { CHAINS = 12 }; /* more than a multiplication takes, times what is begun in a cycle */

static _Atomic float kept;

/* How often a thread goes round for its share of the work, with vectors of so many numbers. */
static long rounds_of(int threads, int width)
{
    return PEAK_MILLIONS * 1000000L / 2 / CHAINS / width / threads;
}

__attribute__((target("avx512f"))) static void by_avx512(void *env, int i, int n)
{
    __m512 sums[CHAINS], x = _mm512_set1_ps(0.5F), y = _mm512_set1_ps((float)i);

    (void)env;
    for (int k = 0; k < CHAINS; k++)
        sums[k] = _mm512_setzero_ps();
    for (long round = rounds_of(n, 16); round > 0; round--)
        for (int k = 0; k < CHAINS; k++)
            sums[k] = _mm512_fmadd_ps(sums[k], x, y);
    for (int k = 1; k < CHAINS; k++)
        sums[0] = _mm512_add_ps(sums[0], sums[k]);
    kept = _mm512_reduce_add_ps(sums[0]);
}

__attribute__((target("avx2,fma"))) static void by_avx2(void *env, int i, int n)
{
    __m256 sums[CHAINS], x = _mm256_set1_ps(0.5F), y = _mm256_set1_ps((float)i);

    (void)env;
    for (int k = 0; k < CHAINS; k++)
        sums[k] = _mm256_setzero_ps();
    for (long round = rounds_of(n, 8); round > 0; round--)
        for (int k = 0; k < CHAINS; k++)
            sums[k] = _mm256_fmadd_ps(sums[k], x, y);
    for (int k = 1; k < CHAINS; k++)
        sums[0] = _mm256_add_ps(sums[0], sums[k]);
    kept = _mm256_cvtss_f32(sums[0]);
}

const char *peak_name(void)
{
    return __builtin_cpu_supports("avx512f")                              ? "avx512"
        : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? "avx2"
                                                                          : NULL;
}

eg_tensor *peak_run(void *env)
{
    bench_share(__builtin_cpu_supports("avx512f") ? by_avx512 : by_avx2, env);
    return NULL;
}

#else

const char *peak_name(void)
{
    return NULL;
}

eg_tensor *peak_run(void *env)
{
    (void)env;
    return NULL;
}

#endif
