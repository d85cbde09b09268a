/* Resizing: a table of weights for each element along the axis, and runs of rows by it.
 *
 * Elements of weight 0 are not in the table, and several places at an edge are one element, so that
 * infinities and NaN spread no further than they must. Rows that are short are computed side by
 * side with those of other positions of the outer axes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/resize.h"
#include "base/error.h"
#include "base/memory.h"
#include "kernel/isa.h"
#include <math.h>
#include <string.h>

static const int64_t most_elements = INT64_C(1)
    << 52; /* elements along an axis: their numbers are exact */

enum {
    CHUNK = 32 << 10, /* elements of the result a thread takes at a time, about */
    NARROW = 16,      /* rows with fewer elements are computed side by side, */
    WIDE = 32         /* so many elements, about */
};

/* ---- where elements lie --------------------------------------------------------------------- */

/* The result's size before it was rounded, nothing less than rounding away from a whole number. */
static double width_of(const eg__resize_attrs *a, int64_t n, int64_t m)
{
    double width = a->scale * (double)n, whole = nearbyint(width);

    if (a->scale == 0)
        return (double)m;
    return fabs(width - whole) <= 1e-9 * whole ? whole : width;
}

static double place_of_crop(const eg__resize_attrs *a, double last, double width, double i)
{
    if (width == 1)
        return (a->begin + a->end) * last / 2;
    return a->begin * last + i * (a->end - a->begin) * last / (width - 1);
}

double eg__resize_place(const eg__resize_attrs *a, int64_t n, int64_t m, int64_t at)
{
    double size = (double)n, i = (double)at, width = width_of(a, n, m);

    switch (a->coordinates) {
    case EG_PYTORCH_HALF_PIXEL:
        return width == 1 ? -0.5 : (i + 0.5) * size / width - 0.5;
    case EG_HALF_PIXEL_SYMMETRIC:
        return size / 2 * (1 - (double)m / width) + (i + 0.5) * size / width - 0.5;
    case EG_ALIGN_CORNERS:
        return width == 1 ? 0 : i * (size - 1) / (width - 1);
    case EG_ASYMMETRIC:
        return i * size / width;
    case EG_CROP:
        return place_of_crop(a, size - 1, width, i);
    default:
        return (i + 0.5) * size / width - 0.5;
    }
}

bool eg__resize_is_outside(const eg__resize_attrs *a, int64_t n, double place)
{
    return a->coordinates == EG_CROP && !(place >= 0 && place <= (double)(n - 1));
}

/* How far from a place elements have a weight. */
static double reach_of(const eg__resize_attrs *a, int64_t n, int64_t m)
{
    double each = a->method == EG_RESIZE_CUBIC ? 2 : 1, scale = width_of(a, n, m) / (double)n;

    return a->antialias && scale < 1 ? each / scale : each;
}

double eg__resize_neighbours(const eg__resize_attrs *a, int64_t n, int64_t m)
{
    return a->means ? (double)((n + m - 1) / m) : 2 * reach_of(a, n, m);
}

const char *eg__resize_check(const eg__resize_attrs *a, int64_t n, int64_t m)
{
    double width = width_of(a, n, m), size = (double)m;

    if (a->method < 0 || a->method > EG_RESIZE_CUBIC || a->coordinates < 0 ||
        a->coordinates > EG_CROP || a->rounding < 0 || a->rounding > EG_ROUND_CEIL)
        return "there is no such method, or no such convention of coordinates or rounding";
    if (a->antialias && a->method == EG_RESIZE_NEAREST)
        return "the nearest element is never smoothed: leave `antialias` out";
    if (!isfinite(a->begin) || !isfinite(a->end) || !isfinite(a->cubic_a))
        return "`begin`, `end` and `cubic_a` are finite";
    if (a->means && (n > INT32_MAX || m > INT32_MAX))
        return "means are of at most 2147483647 elements along an axis";
    if (n == 0 && m > 0)
        return "x has no elements along the axis to make others of";
    if (m < 0 || m > most_elements)
        return m < 0 ? "sizes are 0 or more" : "the result would have too many elements";
    if (n > 0 && !(width >= size - 0.501 && width < size + 1))
        return "`scale` does not lead from x's size to the result's";
    return NULL;
}

/* ---- weights -------------------------------------------------------------------------------- */

/* Of row i, the elements from[start[i]] … and their weights. All in one block of memory. */
typedef struct table {
    int64_t *start, *from;
    double *weight;
    size_t bytes;
} table;

static bool make_table(table *t, int64_t rows, int64_t most)
{
    size_t starts = (size_t)(rows + 1) * sizeof(int64_t), each = sizeof(int64_t) + sizeof(double);

    t->bytes = starts + (size_t)most * each;
    t->start = eg__alloc(t->bytes);
    if (!t->start) {
        eg__fail_memory("Resize", t->bytes);
        return false;
    }
    t->from = t->start + rows + 1;
    t->weight = (double *)(void *)(t->from + most);
    return true;
}

static double weight_of(const eg__resize_attrs *a, double distance)
{
    double x = fabs(distance), c = a->cubic_a == 0 ? -0.75 : a->cubic_a;

    if (a->method == EG_RESIZE_LINEAR)
        return x < 1 ? 1 - x : 0;
    if (x <= 1)
        return ((c + 2) * x - (c + 3)) * x * x + 1;
    return x < 2 ? ((c * x - 5 * c) * x + 8 * c) * x - 4 * c : 0;
}

static int64_t clamped(double x, int64_t n)
{
    return x < 0 ? 0 : x > (double)(n - 1) ? n - 1 : (int64_t)x;
}

/* Divides the weights from `begin` on by their sum. */
static void normalise(table *t, int64_t begin, int64_t end)
{
    double sum = 0;

    for (int64_t i = begin; i < end; i++)
        sum += t->weight[i];
    for (int64_t i = begin; i < end && sum != 0; i++)
        t->weight[i] /= sum;
}

/* The elements around a place, behind `at` others; returns how many there are then. */
static int64_t blend_at(table *t, int64_t at, const eg__resize_attrs *a, int64_t n, double place,
    double reach)
{
    double each = a->method == EG_RESIZE_CUBIC ? 2 : 1;
    int64_t begin = at;

    for (double i = ceil(place - reach); i <= place + reach; i++) {
        int64_t from = clamped(i, n);
        double weight = weight_of(a, (i - place) * each / reach);
        if (weight == 0 || (a->exclude_outside && (double)from != i))
            continue;
        if (at > begin && t->from[at - 1] == from) {
            t->weight[at - 1] += weight;
            continue;
        }
        t->from[at] = from;
        t->weight[at++] = weight;
    }
    if (a->antialias || a->exclude_outside)
        normalise(t, begin, at);
    return at;
}

static double nearest(int rounding, double place)
{
    double below = floor(place), rest = place - below;

    switch (rounding) {
    case EG_ROUND_PREFER_CEIL:
        return rest >= 0.5 ? below + 1 : below;
    case EG_ROUND_FLOOR:
        return below;
    case EG_ROUND_CEIL:
        return ceil(place);
    default:
        return rest > 0.5 ? below + 1 : below;
    }
}

/* The window of element i of m that share n elements evenly. */
static int64_t mean_at(table *t, int64_t at, int64_t i, int64_t n, int64_t m)
{
    int64_t from = i * n / m, end = ((i + 1) * n + m - 1) / m;

    for (int64_t k = from; k < end; k++, at++) {
        t->from[at] = k;
        t->weight[at] = 1 / (double)(end - from);
    }
    return at;
}

static bool fill_means(table *t, int64_t n, int64_t m)
{
    int64_t used = 0;

    if (!make_table(t, m, n + 2 * m))
        return false;
    for (int64_t i = 0; i < m; i++) {
        t->start[i] = used;
        used = mean_at(t, used, i, n, m);
    }
    t->start[m] = used;
    return true;
}

static bool fill_table(table *t, const eg__resize_attrs *a, int64_t n, int64_t m)
{
    double reach = reach_of(a, n, m), each = floor(2 * reach) + 1;
    int64_t used = 0;

    if (a->means)
        return fill_means(t, n, m);
    each = each < (double)n ? each : (double)n;
    if (!make_table(t, m, m * (a->method == EG_RESIZE_NEAREST ? 1 : (int64_t)each)))
        return false;
    for (int64_t i = 0; i < m; i++) {
        double place = eg__resize_place(a, n, m, i);
        t->start[i] = used;
        if (eg__resize_is_outside(a, n, place))
            continue;
        if (a->method != EG_RESIZE_NEAREST) {
            used = blend_at(t, used, a, n, place, reach);
            continue;
        }
        t->from[used] = clamped(nearest(a->rounding, place), n);
        t->weight[used++] = 1;
    }
    t->start[m] = used;
    return true;
}

/* The table that leads back from m rows to n. */
static bool transpose_table(table *to, const table *t, int64_t n, int64_t m)
{
    if (!make_table(to, n, t->start[m]))
        return false;
    memset(to->start, 0, (size_t)(n + 1) * sizeof(int64_t));
    for (int64_t i = 0; i < t->start[m]; i++)
        to->start[t->from[i] + 1]++;
    for (int64_t i = 0; i < n; i++)
        to->start[i + 1] += to->start[i];
    for (int64_t row = 0; row < m; row++)
        for (int64_t i = t->start[row]; i < t->start[row + 1]; i++) {
            int64_t at = to->start[t->from[i]]++;
            to->from[at] = row;
            to->weight[at] = t->weight[i];
        }
    memmove(to->start + 1, to->start, (size_t)n * sizeof(int64_t));
    to->start[0] = 0;
    return true;
}

/* ---- runs ----------------------------------------------------------------------------------- */

typedef struct resize {
    eg__blend_loop loop; /* NULL: elements are copied */
    table table;
    int64_t outer, n, m, inner, lanes, at_once; /* m: of the result; lanes: rows side by side */
    size_t element, scratch;
    int chunks;
} resize;

_Static_assert(sizeof(resize) <= EG__JOB_STATE, "a resizing fits a job");

typedef struct pass {
    const resize *r;
    const char *x;
    char *y, *scratch;
} resize_pass;

#define COPY(bytes)                                                                                \
    case bytes:                                                                                    \
        for (int64_t i = 0; i < n; i++)                                                            \
            memcpy(y + i * bytes, x + from[i] * bytes, bytes);                                     \
        return

/* Rows of so many bytes, one for each row of the result. */
static void copy_rows(const char *x, char *y, const int64_t from[], int64_t n, size_t bytes)
{
    switch (bytes) {
        COPY(1);
        COPY(2);
        COPY(3);
        COPY(4);
        COPY(8);
        COPY(12);
        COPY(16);
    default:
        for (int64_t i = 0; i < n; i++)
            memcpy(y + (size_t)i * bytes, x + (size_t)from[i] * bytes, bytes);
    }
}

/* The same where some rows have nothing to copy. */
static void copy_some(const table *t, const char *x, char *y, int64_t at, int64_t n, size_t bytes)
{
    for (int64_t i = at; i < at + n; i++, y += bytes)
        if (t->start[i] < t->start[i + 1])
            memcpy(y, x + (size_t)t->from[t->start[i]] * bytes, bytes);
        else
            memset(y, 0, bytes);
}

/* Rows [at, at + n) of position `outer`. */
static void run_rows(const resize_pass *p, int64_t outer, int64_t at, int64_t n)
{
    const resize *r = p->r;
    const table *t = &r->table;
    size_t row = (size_t)r->inner * r->element;
    const char *x = p->x + (size_t)(outer * r->n) * row;
    char *y = p->y + (size_t)(outer * r->m + at) * row;

    if (r->loop)
        r->loop(&(eg__blend){x, y, at, at + n, r->inner, t->start, t->from, t->weight});
    else if (t->start[r->m] == r->m)
        copy_rows(x, y, t->from + at, n, row);
    else
        copy_some(t, x, y, at, n, row);
}

/* Copies rows between an array, where those of a position lie together, and the scratch, where
 * those of all positions stand side by side. */
static void gather(char *array, char *scratch, int64_t rows, int64_t lanes, size_t row, bool back)
{
    for (int64_t lane = 0; lane < lanes; lane++)
        for (int64_t i = 0; i < rows; i++) {
            char *here = array + (size_t)(lane * rows + i) * row;
            char *there = scratch + (size_t)(i * lanes + lane) * row;
            memcpy(back ? here : there, back ? there : here, row);
        }
}

static void run_lanes(const resize_pass *p, int64_t outer, int64_t lanes, char *scratch)
{
    const resize *r = p->r;
    const table *t = &r->table;
    size_t row = (size_t)r->inner * r->element;
    char *y = scratch + (size_t)(r->n * lanes) * row;

    gather((char *)(uintptr_t)p->x + (size_t)(outer * r->n) * row, scratch, r->n, lanes, row,
        false);
    r->loop(&(eg__blend){scratch, y, 0, r->m, r->inner * lanes, t->start, t->from, t->weight});
    gather(p->y + (size_t)(outer * r->m) * row, y, r->m, lanes, row, true);
}

static void run_chunk(void *env, int chunk)
{
    const resize_pass *p = env;
    const resize *r = p->r;
    bool together = r->lanes > 1;
    int64_t units = together ? r->outer : r->outer * r->m, at = chunk * r->at_once;
    int64_t end = at + r->at_once < units ? at + r->at_once : units, n;

    for (; at < end; at += n) {
        n = together ? r->lanes : r->m - at % r->m;
        n = n < end - at ? n : end - at;
        if (together)
            run_lanes(p, at, n, p->scratch + (size_t)chunk * r->scratch);
        else
            run_rows(p, at / r->m, at % r->m, n);
    }
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const resize *r = (const resize *)(const void *)job->state;
    resize_pass p = {r, in[0], out[0], scratch};
    double elements = (double)(r->outer * r->inner), taps = (double)r->table.start[r->m];

    eg__run_chunks(r->chunks, elements * (0.1 * taps + 0.1 * (double)r->m), run_chunk, &p);
    return EG_OK;
}

static void drop(eg_job *job)
{
    resize *r = (resize *)(void *)job->state;

    eg__free(r->table.start, r->table.bytes);
    r->table.start = NULL;
}

/* ---- the kernels ---------------------------------------------------------------------------- */

static void cut(resize *r)
{
    bool together = r->loop && r->inner < NARROW && r->outer > 1;
    int64_t units = together ? r->outer : r->outer * r->m;
    int64_t each = together ? r->m * r->inner : r->inner;

    r->lanes = together ? (WIDE + r->inner - 1) / r->inner : 1;
    r->lanes = r->lanes < r->outer ? r->lanes : r->outer;
    r->at_once = CHUNK / each + 1;
    r->at_once = (r->at_once + r->lanes - 1) / r->lanes * r->lanes;
    while ((units + r->at_once - 1) / r->at_once > 256)
        r->at_once *= 2;
    r->chunks = (int)((units + r->at_once - 1) / r->at_once);
    r->scratch =
        together ? ((size_t)((r->n + r->m) * r->lanes * r->inner) * r->element + 63) / 64 * 64 : 0;
}

static bool find_table(resize *r, const eg__resize_attrs *a, bool back)
{
    table t;

    if (!back)
        return fill_table(&r->table, a, r->n, r->m);
    if (!fill_table(&t, a, r->m, r->n))
        return false;
    bool made = transpose_table(&r->table, &t, r->m, r->n);
    eg__free(t.start, t.bytes);
    return made;
}

static eg_status run_nothing(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    (void)job, (void)in, (void)out, (void)scratch;
    return EG_OK;
}

#ifdef EG_HAVE_X86_SETS
extern const eg__blend_loop eg__resize_avx2[], eg__resize_avx512[];
#endif
extern const eg__blend_loop eg__resize_base[];
static const eg__blend_loop *const loops[EG__ISAS] = EG__EACH_ISA(eg__resize);

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg__resize_attrs *a = p->attrs;
    const eg_spec *x = p->in[0], *y = p->out[0];
    bool back = self == &eg__resize_grad_kernel;
    resize *r = (resize *)(void *)job->state;
    int axis = a->axis + (a->axis < 0 ? x->rank : 0);

    *r = (resize){.outer = 1, .inner = 1, .n = x->dims[axis], .m = y->dims[axis]};
    if (back || a->means || a->method != EG_RESIZE_NEAREST) {
        r->loop = (unsigned)x->dtype < EG__DTYPES ? loops[eg__isa_now()][x->dtype] : NULL;
        if (!r->loop)
            return "it has no loop for this dtype";
    }
    if (y->size == 0) {
        eg__job_start(job, "nothing", run_nothing);
        return NULL;
    }
    for (int i = 0; i < x->rank; i++)
        *(i < axis ? &r->outer : &r->inner) *= i == axis ? 1 : x->dims[i];
    r->element = eg__dtype(x->dtype)->size;
    eg__job_start(job, "table of weights", run);
    if (!find_table(r, a, back))
        return "memory is out";
    job->drop = drop;
    cut(r);
    job->scratch = (size_t)r->chunks * r->scratch;
    return NULL;
}

const eg_kernel eg__resize_kernel = {"table of weights", prepare, NULL};
const eg_kernel eg__resize_grad_kernel = {"table of weights", prepare, NULL};
