/* Instruction sets. Files of loops are compiled once for each (EG_ISA names the one at hand), and
 * the best the machine has is chosen when the first kernel is prepared.
 *
 * Nothing depends on which: within one set every element's bits are the same wherever it lies in
 * its array, because loops use the same operations in their vector body and in their tail.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ISA_H
#define KERNEL_ISA_H

typedef enum eg__isa { EG__BASE, EG__AVX2, EG__AVX512, EG__ISAS } eg__isa;

/* Nanoseconds of work from which eg__run_chunks shares it out: waking a worker and waiting for it
 * costs some ten thousand. */
enum { EG__WORTH_WAKING = 30000 };

/* The set in use, at most EAGRE_ISA. */
eg__isa eg__isa_now(void);
const char *eg__isa_name(eg__isa isa);

/* name_base, name_avx2, name_avx512: the symbol of the set being compiled. */
#define EG__PASTE(a, b)  a##_##b
#define EG__PASTE2(a, b) EG__PASTE(a, b)
#ifdef EG_ISA
#define EG__FOR_ISA(name) EG__PASTE2(name, EG_ISA)
#endif

/* Rows of a table by dtype: name_int8_t and so on, of a name that may be a macro. */
#define EG__INTEGER_ROWS(name)                                                                     \
    [EG_INT8] = EG__PASTE2(name, int8_t), [EG_INT16] = EG__PASTE2(name, int16_t),                  \
    [EG_INT32] = EG__PASTE2(name, int32_t), [EG_INT64] = EG__PASTE2(name, int64_t),                \
    [EG_UINT8] = EG__PASTE2(name, uint8_t), [EG_UINT16] = EG__PASTE2(name, uint16_t),              \
    [EG_UINT32] = EG__PASTE2(name, uint32_t), [EG_UINT64] = EG__PASTE2(name, uint64_t)

/* A table with one entry for each set. */
#ifdef EG_HAVE_X86_SETS
#define EG__EACH_ISA(name)                                                                         \
    {                                                                                              \
        name##_base, name##_avx2, name##_avx512                                                    \
    }
#else
#define EG__EACH_ISA(name)                                                                         \
    {                                                                                              \
        name##_base, name##_base, name##_base                                                      \
    }
#endif

/* Fused multiply-add where the set has it, otherwise two roundings. */
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define EG__FMA_F32(a, b, c) __builtin_fmaf(a, b, c)
#define EG__FMA_F64(a, b, c) __builtin_fma(a, b, c)
#else
#define EG__FMA_F32(a, b, c) ((a) * (b) + (c))
#define EG__FMA_F64(a, b, c) ((a) * (b) + (c))
#endif

/* Asks for a cache line that will be read soon. */
#if defined(__GNUC__)
#define EG__PREFETCH(address) __builtin_prefetch(address)
#else
#define EG__PREFETCH(address) ((void)(address))
#endif

/* Loops are for their results alone: nobody asks afterwards which exceptions they raised, and gcc
 * makes vectors of what it may compute in vain. */
#if defined(EG_ISA) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-trapping-math")
#endif

/* Promises that no iteration depends on another, also where output and input are one array. clang
 * warns where it cannot make use of that, which with sanitizers is always. */
#if defined(__clang__)
#if __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer) ||             \
    __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define EG__INDEPENDENT
#else
#define EG__INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#endif
#elif defined(__GNUC__)
#define EG__INDEPENDENT _Pragma("GCC ivdep")
#else
#define EG__INDEPENDENT
#endif

#endif
