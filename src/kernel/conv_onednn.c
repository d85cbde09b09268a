/* Convolutions of float32 through oneDNN.
 *
 * A convolution is cut by images, and one of few images by bands of its result's first axis, which
 * read bands of x that overlap; each piece is a primitive for one thread, and pieces are as many as
 * the shape says. The gradient of x is cut by images. That of w is summed over parts of the images,
 * and then over the parts in their order.
 *
 * oneDNN wants the filter in an order of its own, and so a primitive beside brings it there before
 * the pieces run, or back behind them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/conv.h"
#include "kernel/parts.h"

#ifndef EG_HAVE_DNNL

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    (void)self, (void)p, (void)job;
    return "eagre was built without oneDNN";
}

bool eg__conv_onednn_parts(const eg_job *job, eg__parts *parts)
{
    (void)job, (void)parts;
    return false;
}

#else
#include "kernel/conv_build.h"
#include "kernel/panel.h"
#include <stdatomic.h>
#include <string.h>

enum {
    SMALL = 1 << 21, /* multiplications and additions */
    MOST_PIECES = 16,
    LARGE_FILTER = 1 << 20, /* bytes, from which a piece has */
    LEAST_POSITIONS = 96,   /* positions at least */
    FILTER_SHARE = 3,       /* least nanoseconds of a piece for a byte of its filter's gradient */
};

static const double rate = 80, worth_a_piece = 50000; /* work in a nanosecond; nanoseconds */

typedef eg__conv_plan plan;

/* ---- cutting -------------------------------------------------------------------------------- */

/* Pieces are `images` images each, or of one image `bands` bands along `axis` of its result. The
 * last piece of images, and any band, may have a primitive of its own. */
typedef struct cut {
    eg__conv g;
    eg__conv_kind kind;
    int axis, bands;
    int64_t images, band;
    int chunks;
    eg__primitive *of[MOST_PIECES], *filter;
    int64_t panel; /* width of the panels that are oneDNN's order of the filter; 0: another */
    size_t ordered, scratch, filter_scratch; /* bytes: the filter in oneDNN's order; a chunk's */
} cut;

_Static_assert(sizeof(cut) <= EG__JOB_STATE, "a convolution fits a job");

static int64_t parts_of(int64_t n, int64_t part)
{
    return (n + part - 1) / part;
}

/* Each piece reads the whole filter, and one that makes a gradient of it writes it once more. */
static int64_t pieces_of(const cut *c)
{
    const eg__conv *g = &c->g;
    double filter = 4 * (double)(g->groups * g->c * g->o) * (double)eg__window_volume(g->at.k);
    double time = eg__conv_work(g) / rate, want = time / worth_a_piece;

    if (c->kind == EG__CONV_FILTER && want > 2 && want > time / (FILTER_SHARE * filter)) {
        want = time / (FILTER_SHARE * filter);
        want = want > 2 ? want : 2;
    } else if (filter > LARGE_FILTER) {
        double most = (double)(g->n * eg__window_volume(g->at.out)) / LEAST_POSITIONS;
        want = want < most ? want : most;
    }
    return want < 1 ? 1 : want > MOST_PIECES ? MOST_PIECES : (int64_t)want;
}

static void choose_cut(cut *c)
{
    const eg__conv *g = &c->g;
    int64_t pieces = pieces_of(c);

    c->axis = 0;
    while (c->axis < EG__SPATIAL - 1 && g->at.in[c->axis] == 1 && g->at.out[c->axis] == 1)
        c->axis++;
    c->bands = 1;
    c->band = g->at.out[c->axis];
    c->images = parts_of(g->n, pieces);
    if (c->kind == EG__CONV && g->n < pieces) {
        int64_t bands = parts_of(pieces, g->n), rows = parts_of(c->band, bands);
        c->band = rows;
        c->bands = (int)parts_of(g->at.out[c->axis], rows);
    }
    c->chunks = (int)parts_of(g->n, c->images) * c->bands;
}

/* Where band i begins in x and in the result, along the axis. */
static void find_band(const cut *c, int i, int64_t *from, int64_t *to)
{
    *to = i * c->band;
    *from = *to * c->g.at.stride[c->axis] - c->g.at.pad[c->axis];
    *from = *from < 0 ? 0 : *from;
}

static bool fits(const eg__conv *g)
{
    for (int i = 0; i < EG__SPATIAL; i++)
        if (g->at.in[i] > INT32_MAX || g->at.pad[i] > INT32_MAX || g->at.k[i] > INT32_MAX)
            return false;
    return g->n <= INT32_MAX && g->groups * g->c <= INT32_MAX && g->groups * g->o <= INT32_MAX;
}

static plan plan_of(const cut *c, int64_t images)
{
    const eg__conv *g = &c->g;
    plan p = {.build = eg__conv_build, .kind = (int32_t)c->kind, .n = (int32_t)images};

    p.groups = (int32_t)g->groups;
    p.c = (int32_t)g->c;
    p.o = (int32_t)g->o;
    for (int i = 0; i < EG__SPATIAL; i++) {
        p.in[i] = (int32_t)g->at.in[i];
        p.k[i] = (int32_t)g->at.k[i];
        p.out[i] = (int32_t)g->at.out[i];
        p.stride[i] = (int32_t)g->at.stride[i];
        p.dilation[i] = (int32_t)g->at.dilation[i];
        p.before[i] = (int32_t)g->at.pad[i];
    }
    return p;
}

/* Narrows a plan to band i; false where that would see nothing but padding. */
static bool narrow(const cut *c, int i, plan *p)
{
    const eg__window *w = &c->g.at;
    int axis = c->axis;
    int64_t from, to, rows, end;

    find_band(c, i, &from, &to);
    rows = w->out[axis] - to < c->band ? w->out[axis] - to : c->band;
    int64_t begin = to * w->stride[axis] - w->pad[axis];
    end = begin + (rows - 1) * w->stride[axis] + (w->k[axis] - 1) * w->dilation[axis] + 1;
    end = end < w->in[axis] ? end : w->in[axis];
    p->before[axis] = (int32_t)(from - begin);
    p->in[axis] = (int32_t)(end - from);
    p->out[axis] = (int32_t)rows;
    return end > from;
}

/* ---- preparing ------------------------------------------------------------------------------ */

static dnnl_status_t find_piece(cut *c, int i, const plan *p)
{
    dnnl_status_t status = eg__primitive_find(p, sizeof *p, eg__conv_build, &c->of[i]);
    bool back = c->kind == EG__CONV_FILTER;

    if (status != dnnl_success)
        return status;
    size_t scratch = (eg__primitive_scratch(c->of[i]) + 63) / 64 * 64;
    c->scratch = scratch > c->scratch ? scratch : c->scratch;
    return eg__primitive_shares(c->of[i], 1, c->filter, back ? 0 : 1) ? dnnl_success
                                                                      : dnnl_unimplemented;
}

/* Primitives of all pieces: bands, or images and the rest of them. */
static dnnl_status_t find_pieces(cut *c)
{
    int64_t rest = c->g.n % c->images;
    plan p = plan_of(c, c->images);
    int n = c->bands > 1 ? c->bands : rest > 0 ? 2 : 1;

    p.reorders = 1;
    dnnl_status_t status = eg__primitive_find(&p, sizeof p, eg__conv_build, &c->filter);
    for (int i = 0; i < n && status == dnnl_success; i++) {
        p = plan_of(c, i == 1 && c->bands == 1 ? rest : c->images);
        if (c->bands > 1 && !narrow(c, i, &p))
            return dnnl_unimplemented;
        status = find_piece(c, i, &p);
    }
    return status;
}

static void drop(eg_job *job)
{
    cut *c = (cut *)(void *)job->state;

    eg__primitive_release(c->filter);
    c->filter = NULL;
    for (int i = 0; i < MOST_PIECES; i++) {
        eg__primitive_release(c->of[i]);
        c->of[i] = NULL;
    }
}

/* Pieces that do not all want the filter in one order become one piece. */
static dnnl_status_t find_primitives(eg_job *job)
{
    cut *c = (cut *)(void *)job->state;
    dnnl_status_t status = find_pieces(c);

    if (status != dnnl_unimplemented || c->chunks == 1)
        return status;
    drop(job);
    c->images = c->g.n;
    c->band = c->g.at.out[c->axis];
    c->bands = c->chunks = 1;
    return find_pieces(c);
}

/* ---- running -------------------------------------------------------------------------------- */

typedef struct pass {
    const cut *c;
    char *x, *y, *filter, *scratch; /* filter: in oneDNN's order, of each piece if it is computed */
    atomic_int failed;              /* the first status that is none of success */
    const eg__then *then;           /* NULL: nothing */
} pass;

static void note(pass *p, dnnl_status_t status)
{
    int none = dnnl_success;

    if (status != dnnl_success)
        atomic_compare_exchange_strong(&p->failed, &none, (int)status);
}

/* Elements of one step along the axis that bands are cut along. */
static int64_t step_of(const cut *c, const int64_t sizes[], int64_t channels)
{
    int64_t step = channels * c->g.groups;

    for (int i = c->axis + 1; i < EG__SPATIAL; i++)
        step *= sizes[i];
    return step;
}

/* Goes on with the images, or the band of one, that a piece has made. */
static void go_on(const pass *p, int64_t image, int band, int64_t at)
{
    const cut *c = p->c;
    const eg__conv *g = &c->g;
    bool back = c->kind == EG__CONV_INPUT;
    int64_t images = g->n - image < c->images ? g->n - image : c->images, n;

    n = images * (back ? eg__window_volume(g->at.in) * g->c : eg__window_volume(g->at.out) * g->o) *
        g->groups;
    if (c->bands > 1) {
        int64_t rows = g->at.out[c->axis] - band * c->band;
        n = (rows < c->band ? rows : c->band) * step_of(c, g->at.out, g->o);
    }
    eg__part_made(p->then, 0, 1, at, n);
}

static void run_piece(void *env, int chunk)
{
    pass *p = env;
    const cut *c = p->c;
    const eg__conv *g = &c->g;
    int64_t image = chunk / c->bands * c->images, from = 0, to = 0;
    int which = c->bands > 1 ? chunk % c->bands : image + c->images > g->n;

    if (c->bands > 1)
        find_band(c, which, &from, &to);
    from =
        image * eg__window_volume(g->at.in) * g->groups * g->c + from * step_of(c, g->at.in, g->c);
    to = image * eg__window_volume(g->at.out) * g->groups * g->o + to * step_of(c, g->at.out, g->o);
    void *x = (float *)(void *)p->x + from, *y = (float *)(void *)p->y + to, *w = p->filter;
    if (c->kind == EG__CONV_FILTER)
        w = p->filter + (size_t)chunk * c->ordered;
    void *data[3] = {c->kind == EG__CONV_INPUT ? y : x, w, c->kind == EG__CONV_INPUT ? x : y};
    note(p, eg__primitive_run(c->of[which], data, p->scratch + (size_t)chunk * c->scratch));
    if (p->then)
        go_on(p, image, which, c->kind == EG__CONV_INPUT ? from : to);
}

/* Adds up the filters of all pieces in the first, in their order. */
static void add_filters(const pass *p)
{
    size_t n = p->c->ordered / sizeof(float);
    float *sum = (float *)(void *)p->filter;

    for (int chunk = 1; chunk < p->c->chunks; chunk++)
        for (size_t i = 0; i < n; i++)
            sum[i] += sum[(size_t)chunk * n + i];
}

/* Brings w into oneDNN's order, unless it has it: one panel is the filter as it is. */
static void order_filter(pass *p, void *w, void *scratch)
{
    const cut *c = p->c;
    const eg__conv *g = &c->g;

    if (c->panel == g->o)
        p->filter = w;
    else if (c->panel > 0)
        eg__cut_panels(w, (float *)(void *)p->filter, eg__window_volume(g->at.k) * g->c, g->o,
            c->panel);
    else
        note(p, eg__primitive_run(c->filter, (void *[]){w, p->filter}, scratch));
}

static eg_status run_parts(const eg_job *job, void *const in[], void *const out[], void *scratch,
    const eg__then *then)
{
    const cut *c = (const cut *)(const void *)job->state;
    bool back = c->kind == EG__CONV_FILTER;
    char *behind = (char *)scratch + c->ordered * (size_t)(back ? c->chunks : 1);
    void *x = c->kind == EG__CONV_INPUT ? out[0] : in[0], *y = c->kind == EG__CONV ? out[0] : in[1];
    void *w = c->kind == EG__CONV ? in[1] : back ? out[0] : in[0];
    pass p = {c, x, y, scratch, behind + c->filter_scratch, dnnl_success, then};

    if (!back)
        order_filter(&p, w, behind);
    if (atomic_load(&p.failed) == dnnl_success)
        eg__run_chunks(c->chunks, eg__conv_work(&c->g) / rate, run_piece, &p);
    if (back && atomic_load(&p.failed) == dnnl_success) {
        add_filters(&p);
        note(&p, eg__primitive_run(c->filter, (void *[]){scratch, w}, behind));
    }
    return eg__dnnl_report((dnnl_status_t)atomic_load(&p.failed), "convolve");
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    return run_parts(job, in, out, scratch, NULL);
}

bool eg__conv_onednn_parts(const eg_job *job, eg__parts *parts)
{
    const cut *c = (const cut *)(const void *)job->state;

    if (job->run != run || c->kind == EG__CONV_FILTER)
        return false;
    *parts = (eg__parts){run_parts, c->chunks, 0};
    return true;
}

static size_t lines(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    cut *c = (cut *)(void *)job->state;

    if (p->out[0]->dtype != EG_FLOAT32)
        return "oneDNN convolves float32 only";
    eg__job_start(job, "oneDNN", run);
    *c = (cut){.kind = (eg__conv_kind)(self - eg__conv_onednn)};
    eg__conv_read(&c->g, c->kind, p);
    if (eg__conv_work(&c->g) < SMALL)
        return "the convolution is small";
    if (!fits(&c->g))
        return "oneDNN's sizes have 32 bits";
    choose_cut(c);
    dnnl_status_t status = find_primitives(job);
    if (status == dnnl_success) {
        bool back = c->kind == EG__CONV_FILTER;
        c->ordered = lines(eg__primitive_size(c->filter, back ? 0 : 1));
        c->panel = back || c->g.groups > 1 ? 0 : eg__primitive_panel(c->filter, 1);
        c->filter_scratch = lines(eg__primitive_scratch(c->filter));
        job->drop = drop;
        job->may_fail = true;
        job->waits = EG__DNNL_WAITS;
        job->scratch = c->ordered * (size_t)(back ? c->chunks : 1) + c->filter_scratch +
            c->scratch * (size_t)c->chunks;
        return NULL;
    }
    drop(job);
    if (status == dnnl_unimplemented || status == dnnl_invalid_arguments)
        return "oneDNN has no implementation for these sizes";
    eg__dnnl_report(status, "prepare a convolution");
    return "oneDNN failed";
}

#endif

const eg_kernel eg__conv_onednn[EG__CONV_KINDS] = {
    {.name = "oneDNN", .prepare = prepare},
    {.name = "oneDNN", .prepare = prepare},
    {.name = "oneDNN", .prepare = prepare},
};
