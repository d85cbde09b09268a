/* Planning and running copies from one regular arrangement to another.
 *
 * Axes that lie one behind the other on both sides are merged first. What remains is walked plane
 * by plane, a plane being the two innermost axes; where source and destination have their
 * neighbours along different axes, those two become the plane, which is copied by square tiles.
 * An axis that repeats its source is written once and then copied within the destination.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/copy.h"
#include "base/compiler.h"
#include "kernel/kernel.h"
#include <string.h>

enum {
    CHUNK = 256 << 10, /* bytes a thread takes at a time */
    TILE = 64,         /* the least of an axis of tiles in a chunk */
    LARGE = 4 << 20,   /* bytes that had better not pass through the caches */
    NEAR = 16 << 10,   /* bytes to repeat from, which stay in the first cache */
    LEAST_PAST = 512   /* bytes of a row that passes the caches */
};

#ifdef EG_HAVE_X86_SETS
extern const eg__stream_loops eg__stream_loops_base, eg__stream_loops_avx2, eg__stream_loops_avx512;
#else
extern const eg__stream_loops eg__stream_loops_base;
#endif
const eg__stream_loops *const eg__stream[EG__ISAS] = EG__EACH_ISA(&eg__stream_loops);

/* log2 of an element's bytes; -1 where there is no loop for it. */
static int width_of(size_t element)
{
    for (int i = 0; i < EG__WIDTHS; i++)
        if (element == (size_t)1 << i)
            return i;
    return -1;
}

bool eg__copy_takes(size_t element)
{
    return width_of(element) >= 0;
}

void eg__copy_strides(int rank, const int64_t dims[], size_t element, int64_t stride[])
{
    int64_t bytes = (int64_t)element;

    for (int i = rank - 1; i >= 0; i--) {
        stride[i] = bytes;
        bytes *= dims[i];
    }
}

static const eg__copy_loops *loops_of(int width)
{
    static const eg__copy_loops *const of[EG__ISAS] = EG__EACH_ISA(eg__copy);
    return &of[eg__isa_now()][width];
}

/* Whether rows of so many bytes pass the caches: where they are short, hardly a line is whole. */
static bool go_past(size_t row, size_t whole)
{
    return whole >= EG__STREAM_FROM && row >= LEAST_PAST;
}

void eg__copy_rows(const eg__plane *p, size_t whole)
{
    int width = width_of((size_t)p->n[1]);
    eg__plane bytes = {{p->n[0], p->n[1]}, {p->from[0], 1}, {p->to[0], 1}, p->x, p->y, 0, 0};
    eg__plane elements = {{1, p->n[0]}, {0, p->from[0]}, {0, p->to[0]}, p->x, p->y, 0, 0};

    if (go_past((size_t)p->n[1], whole))
        eg__stream[eg__isa_now()]->rows(&bytes);
    else if (width < 0)
        loops_of(0)->lines(&bytes);
    else
        loops_of(width)->lines(&elements);
}

/* ---- planning ------------------------------------------------------------------------------- */

static void swap_axes(eg__copy *c, int i, int k)
{
    int64_t n = c->dims[i], from = c->from[i], to = c->to[i];

    c->dims[i] = c->dims[k], c->from[i] = c->from[k], c->to[i] = c->to[k];
    c->dims[k] = n, c->from[k] = from, c->to[k] = to;
}

static void merge_axes(eg__copy *c)
{
    int n = 0;

    for (int i = 0; i < c->rank; i++) {
        int64_t size = c->dims[i], from = c->from[i], to = c->to[i];
        if (size == 1)
            continue;
        if (n > 0 && c->from[n - 1] == from * size && c->to[n - 1] == to * size)
            size *= c->dims[--n];
        c->dims[n] = size, c->from[n] = from, c->to[n] = to;
        n++;
    }
    if (n == 0) {
        c->dims[0] = 1;
        c->from[0] = c->to[0] = (int64_t)c->element;
        n = 1;
    }
    c->rank = n;
}

/* A short run on both sides is one wider element. */
static void widen_element(eg__copy *c)
{
    int last = c->rank - 1;
    int64_t e = (int64_t)c->element;

    if (last == 0 || c->from[last] != e || c->to[last] != e)
        return;
    if (width_of((size_t)(c->dims[last] * e)) < 0)
        return;
    c->element = (size_t)(c->dims[last] * e);
    c->rank--;
}

/* The axis along which the source has its neighbours, where that is not the last, which has those
 * of the destination; -1: it is not so. */
static int crossing_axis(const eg__copy *c)
{
    int last = c->rank - 1;
    int64_t e = (int64_t)c->element;

    if (c->to[last] != e || c->from[last] == e || c->from[last] == 0)
        return -1;
    for (int i = 0; i < last; i++)
        if (c->from[i] == e)
            return i;
    return -1;
}

static int64_t shorter_stride(const eg__copy *c, int axis)
{
    return c->from[axis] < c->to[axis] ? c->from[axis] : c->to[axis];
}

/* Puts the axes around a crossing plane in order, so that neighbouring planes share lines on one
 * side or the other. */
static void sort_outer_axes(eg__copy *c)
{
    for (int n = 1; n < c->rank - 2; n++)
        for (int i = n; i > 0 && shorter_stride(c, i - 1) < shorter_stride(c, i); i--)
            swap_axes(c, i - 1, i);
}

/* Makes the crossing axis, if there is one, one of the plane; chooses the loop for the plane. */
static bool choose_loop(eg__copy *c)
{
    const eg__copy_loops *loops = loops_of(width_of(c->element));
    int last = c->rank - 1, crossing = crossing_axis(c);

    bool has_rows = c->from[last] == (int64_t)c->element && c->to[last] == (int64_t)c->element;
    c->loop = has_rows && go_past((size_t)c->dims[last] * c->element, c->bytes)
        ? eg__stream[eg__isa_now()]->rows
        : loops->lines;
    if (crossing < 0)
        return false;
    for (; crossing < last - 1; crossing++)
        swap_axes(c, crossing, crossing + 1);
    sort_outer_axes(c);
    if (loops->tiles && c->dims[last] >= 4 && c->dims[last - 1] >= 4)
        c->loop = c->bytes < LARGE ? loops->tiles : loops->streams;
    else if (c->dims[last - 1] > c->dims[last])
        swap_axes(c, last - 1, last);
    return true;
}

/* Cuts axes, outermost first, until a block is small enough. Where the plane crosses, its last axis
 * comes before the other, so that a block has long runs of the source; neither is cut finely. */
static void cut_blocks(eg__copy *c, bool crosses)
{
    size_t bytes = c->bytes;
    int last = c->rank - 1;

    memcpy(c->block, c->dims, sizeof c->block);
    c->blocks = 1;
    for (int i = 0; i <= last && bytes > CHUNK; i++) {
        bool of_plane = crosses && i >= last - 1;
        int axis = of_plane ? 2 * last - 1 - i : i;
        int64_t n = c->dims[axis], least = of_plane ? TILE : 1;
        int64_t part = CHUNK / ((int64_t)bytes / n) / least * least;
        part = part < least ? least : part;
        c->block[axis] = part < n ? part : n;
        c->blocks *= (n + c->block[axis] - 1) / c->block[axis];
        bytes = bytes / (size_t)n * (size_t)c->block[axis];
    }
}

void eg__copy_plan(eg__copy *c)
{
    c->bytes = c->element;
    for (int i = 0; i < c->rank; i++)
        c->bytes *= (size_t)c->dims[i];
    if (c->bytes == 0)
        return;
    merge_axes(c);
    widen_element(c);
    bool crosses = choose_loop(c);
    if (c->bytes > CHUNK)
        cut_blocks(c, crosses);
}

/* ---- running -------------------------------------------------------------------------------- */

/* Repeats the block at y so that there are n of it. */
static void repeat(char *y, size_t block, int64_t n)
{
    const size_t end = block * (size_t)n, near = block < NEAR ? NEAR / block * block : block;
    size_t done = block;

    while (done < end) {
        size_t part = done < near ? done : near;
        part = part < end - done ? part : end - done;
        memcpy(y + done, y, part);
        done += part;
    }
}

/* Whether an axis repeats its source, into a destination without gaps. `n`: the sizes at hand. */
static bool repeats(const eg__copy *c, const int64_t n[], int axis)
{
    int64_t bytes = (int64_t)c->element;

    if (c->from[axis] != 0 || n[axis] == 1)
        return false;
    for (int i = c->rank - 1; i > axis; i--) {
        if (c->to[i] != bytes)
            return false;
        bytes *= n[i];
    }
    return c->to[axis] == bytes;
}

/* A part of a copy: its sizes, and what the last axis has of elements before and behind it. */
typedef struct box {
    int64_t n[EG_MAX_RANK], before, behind;
} box;

static void run_axes(const eg__copy *c, const box *b, int axis, const char *x, char *y)
{
    const int64_t *n = b->n;
    int last = c->rank - 1;

    if (axis == last) {
        eg__plane line = {{1, n[last]}, {0, c->from[last]}, {0, c->to[last]}, x, y, 0, 0};
        c->loop(&line);
    } else if (EG_UNLIKELY(repeats(c, n, axis))) {
        run_axes(c, b, axis + 1, x, y);
        repeat(y, (size_t)c->to[axis], n[axis]);
    } else if (axis == last - 1) {
        eg__plane plane = {{n[axis], n[last]}, {c->from[axis], c->from[last]},
            {c->to[axis], c->to[last]}, x, y, b->before, b->behind};
        c->loop(&plane);
    } else {
        for (int64_t i = 0; i < n[axis]; i++, x += c->from[axis], y += c->to[axis])
            run_axes(c, b, axis + 1, x, y);
    }
}

typedef struct whole {
    const eg__copy *c;
    const char *x;
    char *y;
} whole;

static void run_block(void *env, int index)
{
    const whole *w = env;
    const eg__copy *c = w->c;
    int64_t left = index;
    const char *x = w->x;
    char *y = w->y;
    box b;

    for (int i = c->rank - 1; i >= 0; i--) {
        int64_t parts = (c->dims[i] + c->block[i] - 1) / c->block[i];
        int64_t at = left % parts * c->block[i];
        left /= parts;
        b.n[i] = c->block[i] < c->dims[i] - at ? c->block[i] : c->dims[i] - at;
        if (i == c->rank - 1) {
            b.before = at;
            b.behind = c->dims[i] - at - b.n[i];
        }
        x += at * c->from[i];
        y += at * c->to[i];
    }
    run_axes(c, &b, 0, x, y);
}

void eg__copy_run(const eg__copy *c, const void *x, void *y)
{
    if (c->bytes > CHUNK) {
        whole w = {c, x, y};
        eg__run_chunks((int)c->blocks, (double)c->bytes * 0.07, run_block, &w);
    } else if (c->bytes > 0) {
        box all = {.before = 0};
        memcpy(all.n, c->dims, sizeof all.n);
        run_axes(c, &all, 0, x, y);
    }
}
