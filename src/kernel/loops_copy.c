/* Copying along lines and by tiles, compiled once for each instruction set.
 *
 * Results too large for the caches are written past them where the machine can: a store to a line
 * that is not there fetches it first, and in a transposition no prefetcher sees it coming.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/copy.h"
#include <stdbool.h>
#include <string.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

enum {
    LINE = 64,
    STRIP = 64,         /* columns of the destination written side by side */
    STREAM_BYTES = 256, /* the same, in bytes, past the caches */
    STREAM_ROWS = 128,
    PITCH = STREAM_BYTES + LINE
};

typedef struct two_words {
    uint64_t word[2];
} two_words;

#define E uint8_t
#include "kernel/lines.inc"
#undef E
#define E uint16_t
#include "kernel/lines.inc"
#undef E
#define E uint32_t
#include "kernel/lines.inc"
#undef E
#define E uint64_t
#include "kernel/lines.inc"
#undef E
#define E two_words
#include "kernel/lines.inc"
#undef E

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define HAVE_TILES
#endif
#endif

static inline void stream_line(char *y, const char *x)
{
#if defined(__AVX512F__)
    _mm512_stream_si512((void *)y, _mm512_loadu_si512(x));
#elif defined(__SSE2__)
    for (int i = 0; i < LINE; i += 16)
        _mm_stream_si128((void *)(y + i), _mm_loadu_si128((const void *)(x + i)));
#else
    memcpy(y, x, LINE);
#endif
}

/* Only whole lines pass the caches. */
static void stream(char *y, const char *x, size_t n)
{
    size_t head = -(uintptr_t)y % LINE;

    head = head < n ? head : n;
    if (head > 0)
        memcpy(y, x, head);
    for (; head + LINE <= n; head += LINE)
        stream_line(y + head, x + head);
    if (head < n)
        memcpy(y + head, x + head, n - head);
}

/* Makes what was streamed visible to other threads before anything that follows. */
static void stream_end(void)
{
#ifdef __SSE2__
    _mm_sfence();
#endif
}

static void stream_rows(const eg__plane *p)
{
    const size_t row = (size_t)(p->n[1] * p->from[1]);

    for (int64_t i = 0; i < p->n[0]; i++)
        stream(p->y + i * p->to[0], p->x + i * p->from[0], row);
    stream_end();
}

const eg__stream_loops EG__FOR_ISA(eg__stream_loops) = {stream, stream_end, stream_rows};

#ifdef HAVE_TILES
#define LOW_2   0, 2
#define HIGH_2  1, 3
#define LOW_4   0, 4, 1, 5
#define HIGH_4  2, 6, 3, 7
#define LOW_8   0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_8  4, 12, 5, 13, 6, 14, 7, 15
#define LOW_16  0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_16 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31

#define E    uint8_t
#define SIDE 16
#define LOW  LOW_16
#define HIGH HIGH_16
#include "kernel/tile.inc"
#undef E
#undef SIDE
#undef LOW
#undef HIGH

#define E    uint16_t
#define SIDE 8
#define LOW  LOW_8
#define HIGH HIGH_8
#include "kernel/tile.inc"
#undef E
#undef SIDE
#undef LOW
#undef HIGH

/* Shuffles across the whole of a register are quick where it has 64 bytes. */
#define E uint32_t
#ifdef __AVX512F__
#define SIDE 16
#define LOW  LOW_16
#define HIGH HIGH_16
#else
#define SIDE 4
#define LOW  LOW_4
#define HIGH HIGH_4
#endif
#include "kernel/tile.inc"
#undef E
#undef SIDE
#undef LOW
#undef HIGH

#define E uint64_t
#ifdef __AVX512F__
#define SIDE 8
#define LOW  LOW_8
#define HIGH HIGH_8
#else
#define SIDE 2
#define LOW  LOW_2
#define HIGH HIGH_2
#endif
#include "kernel/tile.inc"
#undef E
#undef SIDE
#undef LOW
#undef HIGH
#define TILES(e) tiles_##e, streams_##e
#else
#define TILES(e) NULL, NULL
#endif

const eg__copy_loops EG__FOR_ISA(eg__copy)[EG__WIDTHS] = {
    {lines_uint8_t, TILES(uint8_t)},
    {lines_uint16_t, TILES(uint16_t)},
    {lines_uint32_t, TILES(uint32_t)},
    {lines_uint64_t, TILES(uint64_t)},
    {lines_two_words, NULL, NULL},
};
