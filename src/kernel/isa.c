/* Choosing the instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/isa.h"
#include "base/option.h"
#include "base/workers.h"
#include "kernel/kernel.h"
#include <stdatomic.h>
#include <string.h>

static const char *const names[EG__ISAS] = {"base", "avx2", "avx512"};

const char *eg__isa_name(eg__isa isa)
{
    return names[isa];
}

static eg__isa best(void)
{
#ifdef EG_HAVE_X86_SETS
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
        return EG__AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return EG__AVX2;
#endif
    return EG__BASE;
}

eg__isa eg__isa_now(void)
{
    static atomic_int chosen; /* the set + 1 */
    int now = atomic_load_explicit(&chosen, memory_order_relaxed);

    if (now > 0)
        return (eg__isa)(now - 1);
    eg__isa isa = best();
    for (int i = 0; i < (int)isa; i++)
        if (strcmp(eg__option_text(EG__OPTION_ISA), names[i]) == 0)
            isa = (eg__isa)i;
    atomic_store(&chosen, (int)isa + 1);
    return isa;
}

void eg__run_chunks(int n_chunks, double work, void (*fn)(void *env, int chunk), void *env)
{
    if (work > EG__WORTH_WAKING) {
        eg__parallel(n_chunks, fn, env);
        return;
    }
    for (int i = 0; i < n_chunks; i++)
        fn(env, i);
}
