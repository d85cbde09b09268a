/* The kernels of complex.list.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/complex_library.h"

#ifdef EG_HAVE_X86_SETS
#define EG_LOOP(name, by, cost, wide)                                                              \
    extern const eg_loop eg__##name##_base[], eg__##name##_avx2[], eg__##name##_avx512[];
#else
#define EG_LOOP(name, by, cost, wide) extern const eg_loop eg__##name##_base[];
#endif
#include "kernel/complex.list"
#undef EG_LOOP

#define EG_LOOP(name, by, cost, wide)                                                              \
    static const eg_loops name##_loops = {EG__EACH_ISA(eg__##name), by, cost, wide};               \
    const eg_kernel eg__##name##_loop = {"loop", eg__elementwise_prepare, &name##_loops};
#include "kernel/complex.list"
#undef EG_LOOP
