/* Reducing rows by segments, in the order of the rows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/segment.h"
#include "base/error.h"
#include "kernel/isa.h"
#include <math.h>
#include <string.h>

enum { AT_ONCE = 256 }; /* ids */

typedef void (*join_fn)(const void *from, const int64_t ids[], int n, int64_t inner, void *to);

#define IS_NAN(x) ((x) != (x))

#define NAME       segment_max
#define EXPR(z, x) ((z) > (x) || IS_NAN(z) ? (z) : (x))
#define BODY       "kernel/segment.inc"
#include "kernel/each_integer.inc"
#include "kernel/each_real.inc"
#undef NAME
#undef EXPR

#define NAME       segment_min
#define EXPR(z, x) ((z) < (x) || IS_NAN(z) ? (z) : (x))
#include "kernel/each_integer.inc"
#include "kernel/each_real.inc"
#undef NAME
#undef EXPR

#define NAME       segment_prod
#define EXPR(z, x) ((W)(z) * (W)(x))
#include "kernel/each_integer.inc"
#include "kernel/each_real.inc"
#undef NAME
#undef EXPR
#undef BODY

/* The loops, and what no row amounts to: `real` in floating point, the least or greatest whole
 * number where that is infinite. */
typedef struct family {
    join_fn join[EG__DTYPES];
    double real;
} family;

typedef struct segments {
    join_fn join;
    int64_t rows, n, inner;
    size_t element;
    bool wide;
    double real;
    eg_dtype dtype;
} segments;

static void set_empty(const segments *s, void *element)
{
    const eg__dtype_info *d = eg__dtype(s->dtype);

    if (d->kind == EG__REAL || !isinf(s->real))
        eg__set_element_real(s->dtype, element, s->real);
    else if (d->is_unsigned)
        memset(element, s->real > 0 ? 0xff : 0, d->size);
    else
        eg__set_element_int(s->dtype, element,
            (s->real > 0 ? INT64_MAX : INT64_MIN) >> (64 - 8 * (int)d->size));
}

/* Copies the first element to all others. */
static void spread(const segments *s, char *y)
{
    for (int64_t i = 1; i < s->n * s->inner; i++)
        memcpy(y + (size_t)i * s->element, y, s->element);
}

/* Brings n ids to 64 bits; the first that is not inside, otherwise n. */
static int read_ids(const segments *s, const void *ids, int64_t at, int n, int64_t to[AT_ONCE])
{
    for (int i = 0; i < n; i++) {
        to[i] = s->wide ? ((const int64_t *)ids)[at + i] : ((const int32_t *)ids)[at + i];
        if (to[i] < 0 || to[i] >= s->n)
            return i;
    }
    return n;
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const segments *s = (const segments *)(const void *)job->state;
    const char *x = in[0];
    int64_t ids[AT_ONCE];

    (void)scratch;
    if (s->n * s->inner > 0) {
        set_empty(s, out[0]);
        spread(s, out[0]);
    }
    for (int64_t at = 0; at < s->rows; at += AT_ONCE) {
        int n = s->rows - at < AT_ONCE ? (int)(s->rows - at) : AT_ONCE;
        int inside = read_ids(s, in[1], at, n, ids);
        if (inside < n)
            return eg__fail(EG_INVALID, "",
                "segment %lld, number %lld of the ids, is not inside: there are %lld segments%s",
                (long long)ids[inside], (long long)(at + inside), (long long)s->n,
                ids[inside] < 0 ? ", counted from 0" : "");
        s->join(x + (size_t)(at * s->inner) * s->element, ids, n, s->inner, out[0]);
    }
    return EG_OK;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const family *f = self->table;
    const eg_spec *x = p->in[0], *ids = p->in[1];
    segments *s = (segments *)(void *)job->state;

    s->join = (unsigned)x->dtype < EG__DTYPES ? f->join[x->dtype] : NULL;
    s->wide = ids->dtype == EG_INT64;
    if (!s->join || (!s->wide && ids->dtype != EG_INT32))
        return "it has no loop for these dtypes";
    eg__job_start(job, "loop", run);
    job->may_fail = true;
    s->rows = ids->size;
    s->n = ((const eg__segment_attrs *)p->attrs)->n;
    s->inner = 1;
    for (int i = ids->rank; i < x->rank; i++)
        s->inner *= x->dims[i];
    s->element = eg__dtype(x->dtype)->size;
    s->dtype = x->dtype;
    s->real = f->real;
    return NULL;
}

#define LOOPS(name)                                                                                \
    {                                                                                              \
        EG__INTEGER_ROWS(name), [EG_FLOAT32] = EG__PASTE2(name, float),                            \
                                [EG_FLOAT64] = EG__PASTE2(name, double)                            \
    }
static const family of_max = {LOOPS(segment_max), -INFINITY};
static const family of_min = {LOOPS(segment_min), INFINITY};
static const family of_prod = {LOOPS(segment_prod), 1};

const eg_kernel eg__segment_max_kernel = {"loop", prepare, &of_max};
const eg_kernel eg__segment_min_kernel = {"loop", prepare, &of_min};
const eg_kernel eg__segment_prod_kernel = {"loop", prepare, &of_prod};
