/* Operations with a right use of theirs bent in one place: each input in every rank, with a size
 * more or less, with impossible positions; each attribute with impossible numbers. What that is
 * worth only the operation knows, but: it succeeds eagerly, in a function and in a graph, with the
 * same bits, or it fails in all of them with an error that names it and the caller's line.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include <math.h>
#include <string.h>

enum { MOST_MEMORY = 1 << 26 };

static const eg_site here = {"user.c", 321, "user"};

/* A use of an operation, right or not. */
typedef struct attempt {
    const op_case *c; /* which was bent */
    _Alignas(16) unsigned char attrs[EG__ATTRS_SIZE];
    eg_tensor *in[EG__MAX_IN];
    char what[64];
} attempt;

static eg_tensor *body(int n, eg_tensor *const in[], void *env)
{
    const attempt *a;

    memcpy(&a, env, sizeof a);
    eg_at(&here);
    return eg_apply(a->c->op, a->c->op->attrs ? a->attrs : NULL, n, in);
}

/* ---- three ways ----------------------------------------------------------------------------- */

static bool names_it(const attempt *a, const eg_error *e)
{
    return strcmp(e->op, a->c->op->name) == 0 && e->message[0] && e->line == here.line &&
        strcmp(e->file, here.file) == 0;
}

static void check_error(const attempt *a, const eg_error *e, const char *way)
{
    if (e->status != EG_INVALID || !names_it(a, e))
        complain(a->c, "%s, %s: %s: %s: %s at %s:%d", a->what, way, eg_status_name(e->status),
            e->op, e->message, e->file, e->line);
}

static void check_function(const attempt *a, eg_tensor *y, const eg_error *eager)
{
    eg_function *f = eg_function_new(body, a->c->n_in, (void *)&a, sizeof a);
    eg_error e;
    EG_TRY(&e);
    eg_tensor *z = eg_call_of(f, a->c->n_in, a->in);

    eg_pending(&e);
    if (e.status != eager->status)
        complain(a->c, "%s: eagerly %s, in a function %s: %s", a->what,
            eg_status_name(eager->status), eg_status_name(e.status), e.message);
    else if (!y)
        check_error(a, &e, "in a function");
    else if (!same_bits(y, z))
        complain(a->c, "%s: in a function the bits are others", a->what);
    eg_report(NULL);
    eg_function_free(f);
}

static void check_graph(const attempt *a, const eg_error *eager)
{
    eg_graph *graph = eg_graph_new("hostile");
    eg_error e;
    {
        EG_TRY(&e);
        EG_GRAPH(graph);
        body(a->c->n_in, a->in, &a);
    }
    if (e.status != eager->status && (e.status || !(a->c->op->traits & EG__MAY_FAIL)))
        complain(a->c, "%s: eagerly %s, in a graph %s: %s", a->what, eg_status_name(eager->status),
            eg_status_name(e.status), e.status ? e.message : eager->message);
    eg_graph_free(graph);
}

static void check(const attempt *a)
{
    eg_error e;
    EG_SCOPE;
    EG_TRY(&e);
    eg_tensor *y = body(a->c->n_in, a->in, &a);

    eg_pending(&e);
    eg_report(NULL);
    if (!y != (e.status != EG_OK))
        complain(a->c, "%s: a result and an error, or neither", a->what);
    if (e.status == EG_NO_MEMORY || e.status == EG_UNAVAILABLE)
        return;
    if (!y)
        check_error(a, &e, "eagerly");
    check_function(a, y, &e);
    check_graph(a, &e);
}

/* ---- bending -------------------------------------------------------------------------------- */

static attempt start(const op_case *c)
{
    attempt a = {.c = c};

    memcpy(a.attrs, c->attrs, sizeof a.attrs);
    case_inputs(c, a.in);
    return a;
}

static void check_shape(const op_case *c, int i, int rank, const int64_t dims[])
{
    EG_SCOPE;
    attempt a = start(c);

    snprintf(a.what, sizeof a.what, "input %d with %d axes, the first of %lld", i, rank,
        rank > 0 ? (long long)dims[0] : 0);
    a.in[i] = (eg_zeros)(c->in[i].spec.dtype, rank, dims);
    check(&a);
}

static void bend_rank(const op_case *c, int i)
{
    static const int64_t ones[] = {1, 1, 1, 1, 1, 1, 1, 1}, twos[] = {2, 2, 2, 2, 2, 2, 2, 2},
                         none[] = {0, 1, 2, 1, 2, 1, 2, 1}, huge[] = {0, 1ll << 40, 1, 1 << 16};

    for (int rank = 0; rank <= EG_MAX_RANK; rank++) {
        check_shape(c, i, rank, ones);
        check_shape(c, i, rank, twos);
        check_shape(c, i, rank, none);
        if (rank <= 4)
            check_shape(c, i, rank, huge);
    }
}

static void bend_sizes(const op_case *c, int i)
{
    const eg_spec *s = &c->in[i].spec;

    for (int axis = 0; axis < s->rank; axis++)
        for (int change = -1; change <= 1; change++) {
            int64_t dims[EG_MAX_RANK];
            memcpy(dims, s->dims, sizeof dims);
            dims[axis] = change ? dims[axis] + change : 0;
            if (dims[axis] >= 0 && s->size < 10000)
                check_shape(c, i, s->rank, dims);
        }
}

/* Positions and labels are whole numbers: impossible ones. */
static void bend_positions(const op_case *c, int i)
{
    static const int64_t wrong[] = {-1, -9, 1000, INT64_MAX, INT64_MIN};
    const eg_spec *s = &c->in[i].spec;

    for (size_t k = 0; eg__dtype(s->dtype)->kind == EG__INTEGER && k < 5; k++) {
        EG_SCOPE;
        attempt a = start(c);
        snprintf(a.what, sizeof a.what, "input %d full of %lld", i, (long long)wrong[k]);
        eg_tensor *one = (eg_cast)((eg_scalar_int)(EG_INT64, wrong[k]), s->dtype);
        a.in[i] = (eg_full)(one, s->rank, s->dims);
        check(&a);
    }
}

static void check_field(const op_case *c, const eg_attr *t, int n, const int64_t v[])
{
    EG_SCOPE;
    attempt a = start(c);

    snprintf(a.what, sizeof a.what, "%s with %d numbers, the first %lld", t->name, n,
        (long long)v[0]);
    eg__attrs_set(t, a.attrs, n, v);
    check(&a);
}

/* One of a list's numbers, or one more, is impossible. */
static void bend_list(const op_case *c, const eg_attr *t)
{
    static const int64_t wrong[] = {0, 1, 2, -1, -2, 9, 1ll << 31, 1ll << 40, INT64_MAX, INT64_MIN,
        INT64_MAX / 2};
    int64_t v[EG_MAX_RANK];

    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
        for (int n = 0; n <= EG_MAX_RANK; n++) {
            for (int i = 0; i < EG_MAX_RANK; i++)
                v[i] = i + 1 < n ? 1 : wrong[k];
            check_field(c, t, n, v);
        }
}

static void bend_number(const op_case *c, const eg_attr *t)
{
    static const int64_t wrong[] = {0, 1, 2, -1, -2, 3, 7, 9, 64, 65, 1000, INT32_MAX, INT32_MIN,
        1ll << 40, INT64_MAX, INT64_MIN};
    static const double reals[] = {0, -1, 0.5, 1e308, INFINITY, -INFINITY, NAN};

    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
        if (t->kind != EG__ATTR_BOOL || wrong[k] == 0 || wrong[k] == 1)
            check_field(c, t, 1, &wrong[k]);
    for (size_t k = 0; t->kind == EG__ATTR_REAL && k < sizeof reals / sizeof *reals; k++) {
        int64_t bits;
        memcpy(&bits, &reals[k], sizeof bits);
        check_field(c, t, 1, &bits);
    }
}

static void bend_dtype(const op_case *c, int i)
{
    for (int d = 1; d < EG__DTYPES; d++) {
        const eg_spec *s = &c->in[i].spec;
        EG_SCOPE;
        attempt a = start(c);
        snprintf(a.what, sizeof a.what, "input %d as %s", i, eg_dtype_name((eg_dtype)d));
        a.in[i] = (d == EG_STRING ? eg_zeros : eg_ones)((eg_dtype)d, s->rank, s->dims);
        check(&a);
    }
}

/* The first case that succeeds and is small enough to be bent often. */
static const op_case *case_of(const eg_opdef *op)
{
    FOR_EACH_CASE(c)
    if (c->op == op && case_size(c) > 0 && case_size(c) < 1000)
        return c;
    FOR_EACH_CASE(c)
    if (c->op == op)
        return c;
    return NULL;
}

static void bend(const eg_opdef *op)
{
    const op_case *c = case_of(op);

    if (!c)
        return;
    for (int i = 0; i < c->n_in && i < 4; i++) {
        bend_rank(c, i);
        bend_sizes(c, i);
        bend_positions(c, i);
        bend_dtype(c, i);
    }
    for (const eg_attr *t = op->attrs; t && t->name; t++) {
        if (t->kind == EG__ATTR_AXES || t->kind == EG__ATTR_INDEX)
            bend_list(c, t);
        else
            bend_number(c, t);
    }
}

TEST(an_operation_that_is_bent_does_the_same_in_every_mode)
{
    eg_set_memory_limit(eg_memory_now().in_use + MOST_MEMORY);
    FOR_EACH_OP(op)
    bend(op);
    eg_set_memory_limit(0);
    assert_no_complaints();
}
