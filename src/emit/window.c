/* Convolutions and pools: loops over images, places of the window, elements under it and channels,
 * the last ones side by side in memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit/emit.h"
#include "kernel/conv.h"
#include "kernel/pool.h"
#include <string.h>

/* The loops over a window: places of the result, then elements under it. What is padding is
 * skipped. */
typedef struct window {
    eg__emitter *e;
    const eg__window *at;
    const char *image, *place[EG__SPATIAL], *under[EG__SPATIAL], *in[EG__SPATIAL];
    int opened; /* loops under the window */
} window;

static void open_places(window *w, int64_t images)
{
    w->image = images == 1 ? NULL : eg__loop(w->e, images);
    for (int i = 0; i < EG__SPATIAL; i++)
        w->place[i] = w->at->out[i] == 1 ? NULL : eg__loop(w->e, w->at->out[i]);
}

static void close_places(window *w)
{
    for (int i = 0; i < EG__SPATIAL; i++)
        if (w->place[i])
            eg__close(w->e);
    if (w->image)
        eg__close(w->e);
}

/* Whether the window reaches into padding along an axis. */
static bool is_padded(const eg__window *at, int i)
{
    return at->pad[i] > 0 ||
        (at->out[i] - 1) * at->stride[i] + (at->k[i] - 1) * at->dilation[i] >= at->in[i];
}

static void open_under(window *w)
{
    const eg__window *at = w->at;

    w->opened = 0;
    for (int i = 0; i < EG__SPATIAL; i++) {
        bool padded = is_padded(at, i);
        w->under[i] = at->k[i] == 1 && !padded ? NULL : eg__loop(w->e, at->k[i]);
        w->opened += w->under[i] != NULL;
        const char *index[] = {w->place[i], w->under[i]};
        const char *in =
            eg__c_index(w->e, 2, index, (int64_t[]){at->stride[i], at->dilation[i]}, 0);
        w->in[i] = in;
        if (!padded)
            continue;
        w->in[i] = eg__c_name(w->e, "at");
        eg__line(w->e, "const size_t %s = %s - %lld;", w->in[i], in, (long long)at->pad[i]);
        eg__line(w->e, "if (%s >= %lld)", w->in[i], (long long)at->in[i]);
        eg__line(w->e, "    continue;");
    }
}

static void close_under(const window *w)
{
    for (int i = 0; i < w->opened; i++)
        eg__close(w->e);
}

/* The first of c channels of an element: under the window, of the result, of the filter. */
static const char *element(const window *w, int64_t c)
{
    const eg__window *at = w->at;
    const char *text = w->image ? w->image : "0";

    for (int i = 0; i < EG__SPATIAL; i++)
        if (at->in[i] > 1 || is_padded(at, i))
            text = eg__c_sum(w->e, eg__c_times(w->e, text, at->in[i]), w->in[i]);
    return eg__c_times(w->e, text, c);
}

static const char *result(const window *w, int64_t c)
{
    const char *index[] = {w->image, w->place[0], w->place[1], w->place[2]};
    const int64_t *out = w->at->out;
    int64_t stride[] = {out[0] * out[1] * out[2] * c, out[1] * out[2] * c, out[2] * c, c};

    return eg__c_index(w->e, 4, index, stride, 0);
}

static const char *filter(const window *w, int64_t c)
{
    const int64_t *k = w->at->k;
    int64_t stride[] = {k[1] * k[2] * c, k[2] * c, c};

    return eg__c_index(w->e, 3, w->under, stride, 0);
}

static void fill(eg__emitter *e, const eg__cvalue *to, const char *number)
{
    const char *i = eg__loop(e, to->spec->size);

    eg__write(e, to, i, number);
    eg__close(e);
}

/* ---- convolutions --------------------------------------------------------------------------- */

/* What each of the three adds to, and the two that it multiplies. */
typedef struct roles {
    const eg__cvalue *x, *w, *y;
} roles;

/* The products of one element under the window: channels by results. */
static void write_products(window *win, const eg__conv *g, eg__conv_kind kind, const roles *r)
{
    eg__emitter *e = win->e;
    int64_t channels = g->groups * g->c, results = g->groups * g->o;
    const char *x0 = element(win, channels), *y0 = result(win, results);
    const char *w0 = filter(win, g->c * results);
    const char *group = g->groups == 1 ? NULL : eg__loop(e, g->groups);
    const char *c = eg__loop(e, g->c);
    const char *index[] = {group, c, NULL};
    const char *x = eg__c_sum(e, x0, eg__c_index(e, 2, index, (int64_t[]){g->c, 1}, 0));
    index[2] = eg__loop(e, g->o);
    const char *y = eg__c_sum(e, y0, eg__c_index(e, 3, index, (int64_t[]){g->o, 0, 1}, 0));
    const char *w = eg__c_sum(e, w0, eg__c_index(e, 3, index, (int64_t[]){g->o, results, 1}, 0));
    if (kind == EG__CONV)
        eg__add_product(e, r->y, y, eg__read(e, r->x, x), eg__read(e, r->w, w));
    else if (kind == EG__CONV_INPUT)
        eg__add_product(e, r->x, x, eg__read(e, r->y, y), eg__read(e, r->w, w));
    else
        eg__add_product(e, r->w, w, eg__read(e, r->x, x), eg__read(e, r->y, y));
    eg__close(e);
    eg__close(e);
    if (group)
        eg__close(e);
}

static bool write_conv_of(eg__emitter *e, const eg__work *w, eg__conv_kind kind)
{
    const eg_spec *in[] = {w->in[0]->spec, w->in[1]->spec}, *out[] = {w->out[0]->spec};
    eg_problem p = {w->node->attrs, 2, 1, in, out};
    roles r = {w->in[0], w->in[1], w->out[0]};
    eg__conv g;

    if (kind == EG__CONV_INPUT)
        r = (roles){w->out[0], w->in[0], w->in[1]};
    if (kind == EG__CONV_FILTER)
        r = (roles){w->in[0], w->out[0], w->in[1]};
    fill(e, w->out[0], "0");
    if (in[0]->size == 0 || in[1]->size == 0)
        return true;
    eg__conv_read(&g, kind, &p);
    window win = {.e = e, .at = &g.at};
    open_places(&win, g.n);
    open_under(&win);
    write_products(&win, &g, kind, &r);
    close_under(&win);
    close_places(&win);
    return true;
}

static bool write_conv(eg__emitter *e, const eg__work *w)
{
    return write_conv_of(e, w, EG__CONV);
}

static bool write_conv_input(eg__emitter *e, const eg__work *w)
{
    return write_conv_of(e, w, EG__CONV_INPUT);
}

static bool write_conv_filter(eg__emitter *e, const eg__work *w)
{
    return write_conv_of(e, w, EG__CONV_FILTER);
}

/* ---- pools ---------------------------------------------------------------------------------- */

static bool set_pool(eg__window *at, const eg__work *w, const eg_spec *x)
{
    return !eg__pool_set(at, w->node->attrs, x);
}

static int64_t channels_of(const eg_spec *x)
{
    return x->dims[x->rank - 1];
}

static bool write_max_pool(eg__emitter *e, const eg__work *w)
{
    const eg_spec *x = w->in[0]->spec;
    int64_t c = channels_of(x);
    eg__window at;
    window win = {.e = e, .at = &at};

    if (!set_pool(&at, w, x))
        return eg__cannot(e, "its window does not fit");
    fill(e, w->out[0], eg__c_lowest(x->dtype));
    open_places(&win, x->dims[0]);
    open_under(&win);
    const char *from = element(&win, c), *to = result(&win, c), *j = eg__loop(e, c);
    const char *now = eg__c_name(e, "now");
    const char *most = eg__read(e, w->out[0], eg__c_sum(e, to, j));
    eg__line(e, "const %s %s = %s;", eg__c_type(x->dtype), now,
        eg__read(e, w->in[0], eg__c_sum(e, from, j)));
    if (eg__c_is_real(x->dtype))
        eg__line(e, "if (%s > %s || %s != %s)", now, most, now, now);
    else
        eg__line(e, "if (%s > %s)", now, most);
    eg__line(e, "    %s = %s;", most, now);
    eg__close(e);
    close_under(&win);
    close_places(&win);
    return true;
}

static bool write_max_pool_index(eg__emitter *e, const eg__work *w)
{
    const eg_spec *x = w->in[0]->spec;
    int64_t c = channels_of(x);
    const char *best = eg__c_name(e, "best"), *none = eg__c_name(e, "none");
    eg__window at;
    window win = {.e = e, .at = &at};

    if (!set_pool(&at, w, x))
        return eg__cannot(e, "its window does not fit");
    open_places(&win, x->dims[0]);
    const char *to = result(&win, c), *j = eg__loop(e, c);
    eg__line(e, "size_t %s = 0;", best);
    eg__line(e, "int %s = 1;", none);
    open_under(&win);
    const char *now_at = eg__c_name(e, "now");
    eg__line(e, "const size_t %s = %s;", now_at, eg__c_sum(e, element(&win, c), j));
    const char *now = eg__read(e, w->in[0], now_at), *most = eg__read(e, w->in[0], best);
    if (eg__c_is_real(x->dtype))
        eg__open(e, "if (%s || (%s == %s && (%s > %s || %s != %s)))", none, most, most, now, most,
            now, now);
    else
        eg__open(e, "if (%s || %s > %s)", none, now, most);
    eg__line(e, "%s = %s;", best, now_at);
    eg__line(e, "%s = 0;", none);
    eg__close(e);
    close_under(&win);
    eg__write(e, w->out[0], eg__c_sum(e, to, j),
        eg__say(e, "(int64_t)(%s %% %lld)", best,
            (long long)(x->dims[0] ? x->size / x->dims[0] : 1)));
    eg__close(e);
    close_places(&win);
    return true;
}

/* How many elements a mean is of: a variable, or a number. */
static const char *write_divisor(window *w, const eg_pool_attrs *attrs)
{
    bool padded = false;

    for (int i = 0; i < EG__SPATIAL; i++)
        padded = padded || is_padded(w->at, i);
    if (attrs->count_padding || !padded)
        return eg__say(w->e, "%lld", (long long)eg__window_volume(w->at->k));
    const char *count = eg__c_name(w->e, "count");
    eg__line(w->e, "size_t %s = 0;", count);
    open_under(w);
    eg__line(w->e, "%s++;", count);
    close_under(w);
    return count;
}

static bool write_avg_pool(eg__emitter *e, const eg__work *w)
{
    const eg_spec *x = w->in[0]->spec;
    int64_t c = channels_of(x);
    const char *type = eg__c_type(x->dtype);
    eg__window at;
    window win = {.e = e, .at = &at};

    if (!set_pool(&at, w, x))
        return eg__cannot(e, "its window does not fit");
    fill(e, w->out[0], "0");
    open_places(&win, x->dims[0]);
    const char *over = write_divisor(&win, w->node->attrs), *to = result(&win, c);
    open_under(&win);
    const char *from = element(&win, c), *j = eg__loop(e, c);
    const char *sum = eg__read(e, w->out[0], eg__c_sum(e, to, j));
    eg__line(e, "%s += %s;", sum, eg__read(e, w->in[0], eg__c_sum(e, from, j)));
    eg__close(e);
    close_under(&win);
    j = eg__loop(e, c);
    eg__line(e, "%s /= (%s)%s;", eg__read(e, w->out[0], eg__c_sum(e, to, j)), type, over);
    eg__close(e);
    close_places(&win);
    return true;
}

static bool write_avg_pool_grad(eg__emitter *e, const eg__work *w)
{
    const eg_spec *x = w->out[0]->spec;
    int64_t c = channels_of(x);
    const char *type = eg__c_type(x->dtype);
    eg__window at;
    window win = {.e = e, .at = &at};

    if (!set_pool(&at, w, x))
        return eg__cannot(e, "its window does not fit");
    fill(e, w->out[0], "0");
    open_places(&win, x->dims[0]);
    const char *over = write_divisor(&win, w->node->attrs), *from = result(&win, c);
    open_under(&win);
    const char *to = element(&win, c), *j = eg__loop(e, c);
    eg__line(e, "%s += %s / (%s)%s;", eg__read(e, w->out[0], eg__c_sum(e, to, j)),
        eg__read(e, w->in[0], eg__c_sum(e, from, j)), type, over);
    eg__close(e);
    close_under(&win);
    close_places(&win);
    return true;
}

const eg__emission eg__emit_window[] = {
    {"Conv", write_conv, false},
    {"ConvInputGrad", write_conv_input, false},
    {"ConvFilterGrad", write_conv_filter, false},
    {"MaxPool", write_max_pool, false},
    {"MaxPoolIndex", write_max_pool_index, false},
    {"AvgPool", write_avg_pool, false},
    {"AvgPoolGrad", write_avg_pool_grad, false},
    {0},
};
