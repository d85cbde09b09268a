/* Masks as words, and elements picked and put by them, compiled once for each instruction set.
 *
 * Where registers have masks, 16 elements are moved at a time: those of 1 and 2 bytes as if they
 * had 4. Elsewhere each bit that is set is looked up.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/isa.h"
#include "kernel/select.h"
#include <string.h>
#if defined(__SSE2__) && defined(__GNUC__)
#include <immintrin.h>
#endif

#if defined(__GNUC__)
#define BITS(word)  __builtin_popcountll(word)
#define FIRST(word) __builtin_ctzll(word)
#else
static int BITS(uint64_t word)
{
    int n = 0;

    for (; word; word &= word - 1)
        n++;
    return n;
}
#define FIRST(word) BITS(((word) & -(word)) - 1)
#endif

#if defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__GNUC__)
#define HAVE_MASKS

static inline uint64_t whole_1(const uint8_t *x, uint8_t bits)
{
    return _mm512_test_epi8_mask(_mm512_loadu_si512(x), _mm512_set1_epi8((char)bits));
}

static inline uint64_t whole_2(const uint16_t *x, uint16_t bits)
{
    const __m512i all = _mm512_set1_epi16((short)bits);
    const uint64_t low = _mm512_test_epi16_mask(_mm512_loadu_si512(x), all);

    return low | (uint64_t)_mm512_test_epi16_mask(_mm512_loadu_si512(x + 32), all) << 32;
}

static inline uint64_t whole_4(const uint32_t *x, uint32_t bits)
{
    const __m512i all = _mm512_set1_epi32((int)bits);
    uint64_t word = 0;

    for (int i = 0; i < EG__WORD; i += 16)
        word |= (uint64_t)_mm512_test_epi32_mask(_mm512_loadu_si512(x + i), all) << i;
    return word;
}

static inline uint64_t whole_8(const uint64_t *x, uint64_t bits)
{
    const __m512i all = _mm512_set1_epi64((long long)bits);
    uint64_t word = 0;

    for (int i = 0; i < EG__WORD; i += 8)
        word |= (uint64_t)_mm512_test_epi64_mask(_mm512_loadu_si512(x + i), all) << i;
    return word;
}

#define LOAD_1(x, lanes)     _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8((__mmask16)(lanes), x))
#define LOAD_2(x, lanes)     _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16((__mmask16)(lanes), x))
#define LOAD_4(x, lanes)     _mm512_maskz_loadu_epi32((__mmask16)(lanes), x)
#define LOAD_8(x, lanes)     _mm512_maskz_loadu_epi64((__mmask8)(lanes), x)
#define STORE_1(y, lanes, v) _mm512_mask_cvtepi32_storeu_epi8(y, (__mmask16)(lanes), v)
#define STORE_2(y, lanes, v) _mm512_mask_cvtepi32_storeu_epi16(y, (__mmask16)(lanes), v)
#define STORE_4(y, lanes, v) _mm512_mask_storeu_epi32(y, (__mmask16)(lanes), v)
#define STORE_8(y, lanes, v) _mm512_mask_storeu_epi64(y, (__mmask8)(lanes), v)
#define COMPRESS_4(lanes, v) _mm512_maskz_compress_epi32((__mmask16)(lanes), v)
#define COMPRESS_8(lanes, v) _mm512_maskz_compress_epi64((__mmask8)(lanes), v)
#define EXPAND_4(lanes, v)   _mm512_maskz_expand_epi32((__mmask16)(lanes), v)
#define EXPAND_8(lanes, v)   _mm512_maskz_expand_epi64((__mmask8)(lanes), v)

#elif defined(__SSE2__) && defined(__GNUC__)

static inline uint64_t whole_1(const uint8_t *x, uint8_t bits)
{
    const __m128i all = _mm_set1_epi8((char)bits), zero = _mm_setzero_si128();
    uint64_t word = 0;

    for (int i = 0; i < EG__WORD; i += 16) {
        const __m128i v = _mm_and_si128(_mm_loadu_si128((const void *)(x + i)), all);
        word |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, zero)) << i;
    }
    return ~word;
}
#endif

#define E uint8_t
#if defined(__SSE2__) && defined(__GNUC__)
#define WHOLE whole_1
#endif
#ifdef HAVE_MASKS
#define LANES    16
#define ALL      0xffff
#define LOAD     LOAD_1
#define STORE    STORE_1
#define COMPRESS COMPRESS_4
#define EXPAND   EXPAND_4
#endif
#include "kernel/select.inc"

#define E uint16_t
#ifdef HAVE_MASKS
#define WHOLE    whole_2
#define LANES    16
#define ALL      0xffff
#define LOAD     LOAD_2
#define STORE    STORE_2
#define COMPRESS COMPRESS_4
#define EXPAND   EXPAND_4
#endif
#include "kernel/select.inc"

#define E uint32_t
#ifdef HAVE_MASKS
#define WHOLE    whole_4
#define LANES    16
#define ALL      0xffff
#define LOAD     LOAD_4
#define STORE    STORE_4
#define COMPRESS COMPRESS_4
#define EXPAND   EXPAND_4
#endif
#include "kernel/select.inc"

#define E uint64_t
#ifdef HAVE_MASKS
#define WHOLE    whole_8
#define LANES    8
#define ALL      0xff
#define LOAD     LOAD_8
#define STORE    STORE_8
#define COMPRESS COMPRESS_8
#define EXPAND   EXPAND_8
#endif
#include "kernel/select.inc"

static void number(const uint64_t words[], int64_t n_words, int64_t first, int64_t *to)
{
    for (int64_t w = 0; w < n_words; w++, first += EG__WORD) {
        uint64_t word = words[w];
#ifdef HAVE_MASKS
        __m512i at =
            _mm512_add_epi64(_mm512_set1_epi64(first), _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7));
        for (; word; word >>= 8) {
            const uint32_t lanes = (uint32_t)(word & 0xff);
            const int n = BITS(lanes);
            STORE_8(to, (1u << n) - 1, COMPRESS_8(lanes, at));
            at = _mm512_add_epi64(at, _mm512_set1_epi64(8));
            to += n;
        }
#else
        for (; word; word &= word - 1)
            *to++ = first + FIRST(word);
#endif
    }
}

const eg__select_loops EG__FOR_ISA(eg__select)[1] = {{
    {truth_uint8_t, truth_uint16_t, truth_uint32_t, truth_uint64_t},
    {pick_uint8_t, pick_uint16_t, pick_uint32_t, pick_uint64_t},
    {put_uint8_t, put_uint16_t, put_uint32_t, put_uint64_t},
    number,
}};
