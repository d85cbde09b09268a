/* Sizes that remember where they come from.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tensor/size.h"

eg__size eg__size_at(const eg_tensor *x, int axis)
{
    eg__size_watch *w = eg__me.sizes;

    if (!x || x->kind == EG__TUPLE || !eg__axis_ok(&axis, x->spec.rank))
        return eg__size_plain(0);
    return (eg__size){x->spec.dims[axis], EG_UNLIKELY(w) ? w->of(w, EG__SIZE_DIM, x, axis) : 0};
}

eg__size eg__size_all(const eg_tensor *x)
{
    eg__size_watch *w = eg__me.sizes;

    if (!x || x->kind == EG__TUPLE)
        return eg__size_plain(0);
    bool varies = EG_UNLIKELY(w) && x->spec.rank > 0;
    return (eg__size){x->spec.size, varies ? w->of(w, EG__SIZE_ALL, x, 0) : 0};
}

/* ---- arithmetic ----------------------------------------------------------------------------- */

int64_t eg__size_calculate(eg__size_kind kind, int64_t a, int64_t b)
{
    switch (kind) {
    case EG__SIZE_PLUS:
        return (int64_t)((uint64_t)a + (uint64_t)b);
    case EG__SIZE_MINUS:
        return (int64_t)((uint64_t)a - (uint64_t)b);
    case EG__SIZE_TIMES:
        return (int64_t)((uint64_t)a * (uint64_t)b);
    default:
        return b == 0 ? 0 : b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
    }
}

static eg__size made(eg__size_kind kind, eg__size a, eg__size b)
{
    eg__size_watch *w = eg__me.sizes;
    bool varies = EG_UNLIKELY(w) && (a.from || b.from);

    return (eg__size){eg__size_calculate(kind, a.n, b.n), varies ? w->made(w, kind, a, b) : 0};
}

eg__size eg__size_plus(eg__size a, eg__size b)
{
    return made(EG__SIZE_PLUS, a, b);
}

eg__size eg__size_minus(eg__size a, eg__size b)
{
    return made(EG__SIZE_MINUS, a, b);
}

eg__size eg__size_times(eg__size a, eg__size b)
{
    return made(EG__SIZE_TIMES, a, b);
}

eg__size eg__size_over(eg__size a, eg__size b)
{
    return made(EG__SIZE_OVER, a, b);
}

/* ---- questions ------------------------------------------------------------------------------ */

static bool compared(eg__size_relation how, eg__size a, eg__size b)
{
    eg__size_watch *w = eg__me.sizes;
    bool answer = how == EG__SIZE_EQUAL ? a.n == b.n : a.n < b.n;

    if (EG_UNLIKELY(w) && (a.from || b.from))
        w->compared(w, how, a, b, answer);
    return answer;
}

bool eg__size_equal(eg__size a, eg__size b)
{
    return (a.from == b.from && a.from && a.from != EG__SIZE_LOST) ||
        compared(EG__SIZE_EQUAL, a, b);
}

bool eg__size_less(eg__size a, eg__size b)
{
    return compared(EG__SIZE_LESS, a, b);
}

bool eg__size_is(eg__size a, int64_t n)
{
    return compared(EG__SIZE_EQUAL, a, eg__size_plain(n));
}

bool eg__shapes_agree(const eg_tensor *x, const eg_tensor *y)
{
    bool same = x->spec.rank == y->spec.rank;

    if (EG_LIKELY(!eg__me.sizes))
        return eg__same_shape(&x->spec, &y->spec);
    for (int i = 0; same && i < x->spec.rank; i++)
        same = eg__size_equal(eg__size_at(x, i), eg__size_at(y, i));
    return same;
}

bool eg__specs_agree(const eg_tensor *x, const eg_tensor *y)
{
    return x->spec.dtype == y->spec.dtype && eg__shapes_agree(x, y);
}

int64_t eg__size_look(eg__size a)
{
    eg__size_is(a, a.n);
    return a.n;
}

const eg_spec *eg__spec_look(const eg_tensor *x)
{
    for (int i = 0; EG_UNLIKELY(eg__me.sizes) && i < x->spec.rank; i++)
        eg__size_look(eg__size_at(x, i));
    return &x->spec;
}

void eg__sizes_lost(void)
{
    eg__size_look((eg__size){0, EG__SIZE_LOST});
}

/* ---- constants ------------------------------------------------------------------------------ */

eg_tensor *eg__size_scalar_now(eg_dtype dtype, int64_t n, double more, double least)
{
    if (more == 0 && (double)n >= least && !eg__is_floating(dtype))
        return eg_scalar_int(dtype, n);
    double value = (double)n + more;
    return eg_scalar(dtype, value > least ? value : least);
}

eg_tensor *eg__size_scalar(eg_dtype dtype, eg__size n, double more, double least)
{
    eg_tensor *x = eg__size_scalar_now(dtype, n.n, more, least);
    eg__size_watch *w = eg__me.sizes;

    if (EG_UNLIKELY(w) && x && n.from)
        w->counted(w, x, n, more, least);
    return x;
}
