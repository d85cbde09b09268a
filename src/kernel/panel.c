/* Cutting into panels: rows are read one after another, each panel is written from front to back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/panel.h"
#include <string.h>

enum { CHUNK = 64 << 10 /* elements a thread takes at a time, about */ };

typedef struct panels {
    const float *x;
    float *to;
    int64_t rows, columns, width, at_once;
} panels;

/* n elements; the usual numbers of them without a call. */
static inline void copy(float *to, const float *x, int64_t n)
{
    switch (n) {
    case 16:
        memcpy(to, x, 16 * sizeof *to);
        break;
    case 32:
        memcpy(to, x, 32 * sizeof *to);
        break;
    case 48:
        memcpy(to, x, 48 * sizeof *to);
        break;
    case 64:
        memcpy(to, x, 64 * sizeof *to);
        break;
    default:
        memcpy(to, x, (size_t)n * sizeof *to);
    }
}

static void cut_rows(void *env, int chunk)
{
    const panels *p = env;
    int64_t row = chunk * p->at_once;
    int64_t end = row + p->at_once < p->rows ? row + p->at_once : p->rows;
    int64_t whole = p->columns / p->width * p->width, rest = p->columns - whole;

    for (; row < end; row++) {
        const float *x = p->x + row * p->columns;
        float *to = p->to + row * p->width;
        for (int64_t i = 0; i < whole; i += p->width, to += p->rows * p->width)
            copy(to, x + i, p->width);
        if (rest > 0) {
            memcpy(to, x + whole, (size_t)rest * sizeof *to);
            memset(to + rest, 0, (size_t)(p->width - rest) * sizeof *to);
        }
    }
}

void eg__cut_panels(const float *x, float *to, int64_t rows, int64_t columns, int64_t width)
{
    panels p = {x, to, rows, columns, width, 1 + CHUNK / (columns + 1)};
    int64_t chunks = (rows + p.at_once - 1) / p.at_once;

    while (chunks > INT32_MAX) {
        p.at_once *= 2;
        chunks = (rows + p.at_once - 1) / p.at_once;
    }
    eg__run_chunks((int)chunks, (double)rows * (double)columns * 0.4, cut_rows, &p);
}
