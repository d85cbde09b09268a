/* Vectors as wide as the instruction set being compiled has them, for loops whose sums have to
 * stay in registers. Elsewhere plain loops are left to the compiler.
 *
 * A vector type is made by EG__VECTOR(T). Its arithmetic is C's, element by element, and rounds
 * each operation; EG__FMA_V32 and EG__FMA_V64 are fused where EG__FMA_F32 and EG__FMA_F64 are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_VECTOR_H
#define KERNEL_VECTOR_H

#include "kernel/isa.h"
#include <stdint.h>

#if defined(__AVX512F__)
enum { EG__VECTOR_BYTES = 64 };
#elif defined(__AVX2__)
enum { EG__VECTOR_BYTES = 32 };
#else
enum { EG__VECTOR_BYTES = 16 };
#endif

/* Elsewhere a vector is one element. */
#if defined(__GNUC__)
#define EG__VECTOR(T) __attribute__((vector_size(EG__VECTOR_BYTES))) T
#define EG__LANES(T)  (EG__VECTOR_BYTES / (int)sizeof(T))
#else
#define EG__VECTOR(T) T
#define EG__LANES(T)  1
#endif

#if defined(__AVX512F__) && defined(__GNUC__)
#include <immintrin.h>
#define EG__FMA_V32(a, b, c) _mm512_fmadd_ps(a, b, c)
#define EG__FMA_V64(a, b, c) _mm512_fmadd_pd(a, b, c)
#elif defined(__AVX2__) && defined(__FMA__) && defined(__GNUC__)
#include <immintrin.h>
#define EG__FMA_V32(a, b, c) _mm256_fmadd_ps(a, b, c)
#define EG__FMA_V64(a, b, c) _mm256_fmadd_pd(a, b, c)
#else
#define EG__FMA_V32(a, b, c) ((a) * (b) + (c))
#define EG__FMA_V64(a, b, c) ((a) * (b) + (c))
#endif

/* The products of the low halves of 64-bit elements, whatever the high halves hold. */
#if defined(__AVX512F__) && defined(__GNUC__)
#define EG__MUL_U32(a, b) ((EG__VECTOR(uint64_t))_mm512_mul_epu32((__m512i)(a), (__m512i)(b)))
#elif defined(__AVX2__) && defined(__GNUC__)
#define EG__MUL_U32(a, b) ((EG__VECTOR(uint64_t))_mm256_mul_epu32((__m256i)(a), (__m256i)(b)))
#elif defined(__SSE2__) && defined(__GNUC__)
#include <emmintrin.h>
#define EG__MUL_U32(a, b) ((EG__VECTOR(uint64_t))_mm_mul_epu32((__m128i)(a), (__m128i)(b)))
#else
#define EG__MUL_U32(a, b) (((a)&0xffffffffu) * ((b)&0xffffffffu))
#endif

/* Asks for a cache line that the second cache will be asked for. */
#if defined(__GNUC__)
#define EG__PREFETCH_FAR(address) __builtin_prefetch(address, 0, 2)
#else
#define EG__PREFETCH_FAR(address) ((void)(address))
#endif

/* Unrolls the loop behind it, whose length is a small constant. Not in sanitizers' builds, where a
 * check at every access would make that a matter of minutes. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define EG__SANITIZED
#endif
#endif
#if defined(EG__SANITIZED) || defined(__SANITIZE_ADDRESS__)
#define EG__UNROLL
#elif defined(__clang__)
#define EG__UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define EG__UNROLL _Pragma("GCC unroll 16")
#else
#define EG__UNROLL
#endif

#endif
