/* Sorting keys by the processor's own vectors, where it can press the chosen elements of one
 * together; compiled once for each instruction set.
 *
 * A quicksort: what is less than the pivot is pressed to the front, the rest goes to `room` and
 * from there behind it. Up to MOST vectors are sorted in registers, by a bitonic network. Equal
 * keys are the same to the last bit, so no order is lost. Where pivots turn out to be bad again and
 * again the part is left to the caller, whose way takes the same time for any keys.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/order.h"
#include "kernel/vector.h"
#include <stdbool.h>
#include <string.h>

#if defined(__AVX512F__) && defined(__GNUC__)
enum { MOST = 8, DEPTH = 2 };

/* Lanes that hold the larger of two whose numbers differ in bit j. */
#define UPPER(j) ((j) == 1 ? 0xaaaa : (j) == 2 ? 0xcccc : (j) == 4 ? 0xf0f0 : 0xff00)

#define T                     uint32_t
#define BITS                  32
#define PARTNER(i, x)         _mm512_xor_si512(i, _mm512_set1_epi32(x))
#define COUNT()               _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define SHUFFLE(v, i)         _mm512_permutexvar_epi32(i, v)
#define LESSER(a, b)          _mm512_min_epu32(a, b)
#define LARGER(a, b)          _mm512_max_epu32(a, b)
#define LARGER_IN(s, m, a, b) _mm512_mask_max_epu32(s, (__mmask16)(m), a, b)
#define PRESSED(m, v)         _mm512_maskz_compress_epi32((__mmask16)(m), v)
#define IS_LESS(a, b)         _mm512_cmplt_epu32_mask(a, b)
#define ALL_OF(x)             _mm512_set1_epi32((int)(x))
#define LOAD_IN(s, m, from)   _mm512_mask_loadu_epi32(s, (__mmask16)(m), from)
#define STORE_IN(to, m, v)    _mm512_mask_storeu_epi32(to, (__mmask16)(m), v)
#include "kernel/network.inc"

#define T                     uint64_t
#define BITS                  64
#define PARTNER(i, x)         _mm512_xor_si512(i, _mm512_set1_epi64(x))
#define COUNT()               _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0)
#define SHUFFLE(v, i)         _mm512_permutexvar_epi64(i, v)
#define LESSER(a, b)          _mm512_min_epu64(a, b)
#define LARGER(a, b)          _mm512_max_epu64(a, b)
#define LARGER_IN(s, m, a, b) _mm512_mask_max_epu64(s, (__mmask8)(m), a, b)
#define PRESSED(m, v)         _mm512_maskz_compress_epi64((__mmask8)(m), v)
#define IS_LESS(a, b)         _mm512_cmplt_epu64_mask(a, b)
#define ALL_OF(x)             _mm512_set1_epi64((long long)(x))
#define LOAD_IN(s, m, from)   _mm512_mask_loadu_epi64(s, (__mmask8)(m), from)
#define STORE_IN(to, m, v)    _mm512_mask_storeu_epi64(to, (__mmask8)(m), v)
#include "kernel/network.inc"

const eg__sorters EG__FOR_ISA(eg__sorters) = {sort_uint32_t, sort_uint64_t};
#else
const eg__sorters EG__FOR_ISA(eg__sorters) = {NULL, NULL};
#endif
