/* Nests of loops.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit/emit.h"
#include <string.h>

void eg__strides(const eg_spec *spec, int64_t stride[])
{
    int64_t step = 1;

    for (int i = spec->rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= spec->dims[i];
    }
}

void eg__broadcast_strides(const eg_spec *spec, const eg_spec *out, int64_t stride[])
{
    int64_t own[EG_MAX_RANK];
    int front = out->rank - spec->rank;

    eg__strides(spec, own);
    for (int i = 0; i < out->rank; i++)
        stride[i] = i < front || spec->dims[i - front] == 1 ? 0 : own[i - front];
}

void eg__walk_add(eg__walk *w, int64_t count, int64_t a, int64_t b, int64_t c)
{
    w->count[w->n] = count;
    w->stride[0][w->n] = a;
    w->stride[1][w->n] = b;
    w->stride[2][w->n] = c;
    w->n++;
}

static bool goes_on(const eg__walk *w, int outer, int inner)
{
    for (int k = 0; k < EG__WALKED; k++)
        if (w->stride[k][outer] != w->stride[k][inner] * w->count[inner])
            return false;
    return true;
}

static void move_axis(eg__walk *w, int to, int from)
{
    w->count[to] = w->count[from];
    for (int k = 0; k < EG__WALKED; k++)
        w->stride[k][to] = w->stride[k][from];
}

void eg__walk_join(eg__walk *w)
{
    int n = 0;

    for (int i = 0; i < w->n; i++) {
        if (w->count[i] == 1)
            continue;
        if (n > 0 && goes_on(w, n - 1, i)) {
            w->count[i] *= w->count[n - 1];
            n--;
        }
        move_axis(w, n++, i);
    }
    w->n = n;
}

const char *eg__loop_index(const eg__emitter *e)
{
    static const char *const names[] = {"i", "j", "l", "m", "n", "o", "u", "i7", "i8", "i9", "i10",
        "i11", "i12", "i13", "i14", "i15", "i16", "i17", "i18", "i19", "i20", "i21", "i22", "i23"};
    enum { NAMES = sizeof names / sizeof *names };
    int depth = e->depth > 0 ? e->depth - 1 : 0;

    return names[depth < NAMES ? depth : NAMES - 1];
}

const char *eg__loop(eg__emitter *e, int64_t count)
{
    const char *i = eg__loop_index(e);

    eg__open(e, "for (size_t %s = 0; %s < %lld; %s++)", i, i, (long long)count, i);
    return i;
}

bool eg__walk_open(eg__emitter *e, eg__walk *w)
{
    for (int i = 0; i < w->n; i++)
        if (w->count[i] == 0)
            return false;
    for (int i = 0; i < w->n; i++)
        w->index[i] = w->count[i] == 1 ? NULL : eg__loop(e, w->count[i]);
    return true;
}

void eg__walk_close(eg__emitter *e, const eg__walk *w)
{
    for (int i = 0; i < w->n; i++)
        if (w->index[i])
            eg__close(e);
}

const char *eg__c_index(eg__emitter *e, int n, const char *const index[], const int64_t stride[],
    int64_t begin)
{
    const char *text = begin ? eg__say(e, "%lld", (long long)begin) : "";

    for (int i = n - 1; i >= 0; i--) {
        long long step = (long long)stride[i];
        if (step == 0 || !index[i])
            continue;
        const char *times = step == 1 || step == -1
            ? index[i]
            : eg__say(e, "%s * %lld", index[i], step < 0 ? -step : step);
        if (step < 0)
            text = eg__say(e, "%s - %s", text, times);
        else
            text = *text ? eg__say(e, "%s + %s", times, text) : times;
    }
    return *text ? text : "0";
}

const char *eg__walk_at(eg__emitter *e, const eg__walk *w, int k, int64_t begin)
{
    return eg__c_index(e, w->n, w->index, w->stride[k], begin);
}

const char *eg__c_sum(eg__emitter *e, const char *a, const char *b)
{
    if (strcmp(a, "0") == 0)
        return b;
    return strcmp(b, "0") == 0 ? a : eg__say(e, "%s + %s", a, b);
}

const char *eg__c_times(eg__emitter *e, const char *a, int64_t by)
{
    if (by == 1 || strcmp(a, "0") == 0)
        return a;
    return eg__say(e, strpbrk(a, "+-") ? "(%s) * %lld" : "%s * %lld", a, (long long)by);
}
