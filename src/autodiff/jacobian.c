/* Jacobians: the walk back is made once, on symbols, and run for many rows at once.
 *
 * A row is the gradient of one element of the target; `seeds` has a row's incoming gradient for
 * each. Where the tape has calls of functions, whose gradients are plans of their own, rows are
 * computed one after the other.
 *
 * A complex target has two rows an element, the gradients of its real and of its imaginary part: 1
 * and i come in. With p + iq as source and g, h as these, dp + i dq each, the derivative of what is
 * holomorphic is conj(g), and as well i conj(h); it is half of their sum, and what is not
 * holomorphic is found where they differ.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/batch.h"
#include "autodiff/tape.h"
#include "ops/sized.h"
#include <eagre/ops.h>
#include <string.h>

enum { CHUNK_SIZE = 1 << 20 }; /* elements of the larger tensor, of all rows at once */

/* Which rows there are. */
typedef struct rows {
    const char *op;
    eg__tape *tape;
    eg_tensor *y, *x;
    int64_t n;        /* rows in all */
    int64_t examples; /* each with its own rows: 1, or the size of axis 0 */
    bool imaginary;   /* rows of the imaginary part of a complex target */
} rows;

/* ---- several rows at once ------------------------------------------------------------------- */

static bool has_calls(const eg__tape *tape)
{
    for (int i = 0; i < tape->n_records; i++)
        if (tape->records[i]->payload)
            return true;
    return false;
}

static bool is_complex(const eg_tensor *x)
{
    return eg__is_complex(x->spec.dtype);
}

static eg_tensor *times_i(eg_tensor *x)
{
    return eg_mul(x, eg_scalar_pair(x ? x->spec.dtype : EG_COMPLEX64, (eg_pair){0, 1}));
}

/* The incoming gradients of `count` rows from `first` on, in front of the target's axes. */
static eg_tensor *make_seeds(const rows *r, int64_t first, int64_t count)
{
    eg_one_hot_attrs hot = {.size = sizeof hot, .dtype = eg__part_of(eg_dtype_of(r->y))};
    const int64_t one[3] = {count, 1, r->n}, all[3] = {count, r->examples, r->n};
    int64_t dims[EG_MAX_RANK + 1] = {count};
    eg_tensor *at = eg_add(eg_range(count), eg_scalar_int(EG_INT64, first));
    eg_tensor *seeds = eg_reshape(eg_one_hot_with(at, r->n, &hot), 3, one);

    if (is_complex(r->y))
        seeds = eg_cast(seeds, eg_dtype_of(r->y));
    if (r->imaginary)
        seeds = times_i(seeds);
    memcpy(dims + 1, eg__spec_look(r->y)->dims, sizeof *dims * (size_t)r->y->spec.rank);
    return eg_reshape(eg_broadcast_to(seeds, 3, all), r->y->spec.rank + 1, dims);
}

static eg_tensor *zero_rows(const rows *r, int64_t count)
{
    int64_t dims[EG_MAX_RANK + 1] = {count};

    memcpy(dims + 1, eg__spec_look(r->x)->dims, sizeof *dims * (size_t)r->x->spec.rank);
    return eg_zeros(r->x->spec.dtype, r->x->spec.rank + 1, dims);
}

/* The walk back from a symbol: whether the source is connected; its gradient is wanted then. */
static bool walk_back(const rows *r, eg_graph *graph)
{
    int at = eg__graph_add_input(graph, NULL, eg__spec_look(r->y));
    eg_tensor *seed = at < 0 ? NULL : eg__symbol(graph, (eg_ref){(uint32_t)at, 0}, r->op);
    eg_tensor *g = seed ? eg__tape_pull(r->tape, r->y, r->x, seed) : NULL;

    return g && eg__graph_want(graph, (eg_ref){g->node - 1, g->result});
}

static eg_tensor *rows_at_once(const rows *r, eg_tensor *seeds)
{
    eg_tensor *result = NULL;
    eg_graph *graph = eg__graph_new(r->op);

    if (!graph)
        return NULL;
    eg__watch *others = eg__graph_alone(graph);
    eg_scope *scope = eg_scope_open();
    bool connected = walk_back(r, graph);
    eg_scope_close(scope);
    eg__graph_done(graph, others);
    if (connected)
        eg__batch_run(graph, eg_dim(seeds, 0), &seeds, &result);
    else if (!eg__me.failed)
        result = zero_rows(r, eg_dim(seeds, 0));
    eg_graph_free(graph);
    return result;
}

static eg_tensor *one_row(const rows *r, eg_tensor *seeds, int64_t i)
{
    eg_slice_attrs one = {.size = sizeof one, .begin = {1, {i}}, .count = {1, {1}}};
    int64_t dims[EG_MAX_RANK + 1] = {1};
    eg_tensor *seed =
        eg_reshape(eg_slice_with(seeds, &one), r->y->spec.rank, eg__spec_look(r->y)->dims);
    eg_tensor *row = eg__me.failed ? NULL : eg__tape_pull(r->tape, r->y, r->x, seed);

    if (!row)
        return eg__me.failed ? NULL : zero_rows(r, 1);
    memcpy(dims + 1, eg__spec_look(r->x)->dims, sizeof *dims * (size_t)r->x->spec.rank);
    return eg_reshape(row, r->x->spec.rank + 1, dims);
}

static eg_tensor *rows_in_turn(const rows *r, eg_tensor *seeds)
{
    eg_tensor *row[EG__MAX_IN];
    int n = (int)eg_dim(seeds, 0);

    for (int i = 0; i < n && !eg__me.failed; i++)
        row[i] = one_row(r, seeds, i);
    return eg__me.failed ? NULL : eg_concat_with(n, row, NULL);
}

/* ---- all rows ------------------------------------------------------------------------------- */

static int64_t chunk_size(const rows *r)
{
    int64_t y = eg_size(r->y), x = eg_size(r->x), larger = y > x ? y : x;
    int64_t most = CHUNK_SIZE / (larger > 0 ? larger : 1);

    return most < 1 ? 1 : most > r->n ? r->n : most;
}

static eg_tensor *all_rows(const rows *r)
{
    bool calls = has_calls(r->tape);
    int64_t chunk = calls ? EG__MAX_IN : chunk_size(r);
    eg_tensor *piece[EG__MAX_IN];
    int n = 0;

    for (int64_t at = 0; at < r->n && !eg__me.failed; at += chunk) {
        eg_tensor *seeds = make_seeds(r, at, at + chunk < r->n ? chunk : r->n - at);
        if (n == EG__MAX_IN) {
            piece[0] = eg_concat_with(n, piece, NULL);
            n = 1;
        }
        if (seeds)
            piece[n++] = calls ? rows_in_turn(r, seeds) : rows_at_once(r, seeds);
    }
    return eg__me.failed ? NULL : n == 1 ? piece[0] : eg_concat_with(n, piece, NULL);
}

/* ---- complex numbers ------------------------------------------------------------------------ */

/* Whether two derivatives are the same but for rounding; where values cannot be looked at, yes. */
static bool agree(eg_tensor *x, eg_tensor *y)
{
    if (!eg_executing_eagerly())
        return true;
    eg_tensor *size = eg_max(eg_add(eg_abs(x), eg_abs(y)));
    eg_tensor *apart = eg_max(eg_abs(eg_sub(x, y)));
    return !(eg_item(apart) > 1e-3 * eg_item(size));
}

/* The derivative of complex numbers by complex ones. */
static eg_tensor *holomorphic(const rows *r, eg_tensor *g, eg_tensor *h)
{
    eg_tensor *one = eg_conj(g), *other = times_i(eg_conj(h));

    if (!eg__me.failed && !agree(one, other) && !eg__me.failed)
        eg__fail(EG_INVALID, r->op,
            "the target is not holomorphic in the source, so no complex number is its derivative; "
            "take that of its eg_real and eg_imag by real tensors that eg_complex joins");
    eg_tensor *sum = eg_add(one, other);
    return sum ? eg_mul(sum, eg_scalar_pair(sum->spec.dtype, (eg_pair){0.5, 0})) : NULL;
}

/* The derivative of every element, by rows. */
static eg_tensor *derivative(rows *r)
{
    eg_tensor *g = all_rows(r);

    if (!g || !is_complex(r->y))
        return g;
    r->imaginary = true;
    eg_tensor *h = all_rows(r);
    return is_complex(r->x) ? holomorphic(r, g, h) : eg_complex(g, h);
}

static bool is_floating(const eg_tensor *x)
{
    return x && x->kind <= EG__SYMBOL && eg__is_floating(x->spec.dtype);
}

/* Whether a Jacobian can be made, of that many axes. */
static bool fits(rows *r, int axes)
{
    r->tape = eg__tape_innermost();
    if (!r->tape || !r->tape->persistent)
        eg__fail(EG_STATE, r->op, "%s; write EG_TAPE_WITH(.persistent = true);",
            r->tape ? "the tape gives one gradient only" : "no tape is open");
    else if (eg__tape_find(r->tape, r->y) == EG__NO_VALUE)
        eg__fail(EG_INVALID, r->op,
            "the target does not depend on anything the tape follows; "
            "eg_watch the source before, or use a trainable variable");
    else if (axes > EG_MAX_RANK)
        eg__fail(EG_INVALID, r->op, "the result would have %d axes; at most %d", axes, EG_MAX_RANK);
    return !eg__me.failed;
}

static bool are_floating(const rows *r)
{
    if (!eg__me.failed && (!is_floating(r->y) || !is_floating(r->x)))
        eg__fail(EG_INVALID, r->op, "the %s is no floating-point tensor",
            is_floating(r->y) ? "source" : "target");
    return !eg__me.failed;
}

/* The dtype of the derivative. */
static eg_dtype dtype_of(const rows *r)
{
    bool widens = is_complex(r->y) && !is_complex(r->x);
    eg_dtype part = eg__promote(EG_FLOAT32, eg__part_of(eg_dtype_of(r->x)));
    return widens ? eg__complex_of(part) : eg_dtype_of(r->x);
}

eg_tensor *eg_jacobian(eg_tensor *target, eg_tensor *source)
{
    rows r = {.op = "eg_jacobian", .y = target, .x = source, .examples = 1};
    int64_t dims[2 * EG_MAX_RANK];

    if (!are_floating(&r) || !fits(&r, target->spec.rank + source->spec.rank))
        return NULL;
    int rank = target->spec.rank, axes = rank + source->spec.rank;
    memcpy(dims, eg__spec_look(target)->dims, sizeof *dims * (size_t)rank);
    memcpy(dims + rank, eg__spec_look(source)->dims, sizeof *dims * (size_t)source->spec.rank);
    r.n = eg_size(target);
    if (r.n == 0 || eg_size(source) == 0)
        return eg_zeros(dtype_of(&r), axes, dims);
    eg_scope *scope = eg_scope_open();
    eg_tensor *jacobian = eg_give(eg_reshape(derivative(&r), axes, dims));
    eg_scope_close(scope);
    return jacobian;
}

eg_tensor *eg_batch_jacobian(eg_tensor *target, eg_tensor *source)
{
    rows r = {.op = "eg_batch_jacobian", .y = target, .x = source};
    int64_t dims[2 * EG_MAX_RANK];

    if (!are_floating(&r) || !fits(&r, target->spec.rank + source->spec.rank - 1))
        return NULL;
    int rank = target->spec.rank, axes = rank + source->spec.rank - 1;
    if (rank == 0 || source->spec.rank == 0 || eg_dim(target, 0) != eg_dim(source, 0))
        return eg__fail_null(EG_INVALID, r.op,
            "target and source must have one axis of examples in front, of the same size");
    memcpy(dims, eg__spec_look(target)->dims, sizeof *dims * (size_t)rank);
    memcpy(dims + rank, eg__spec_look(source)->dims + 1, sizeof *dims * (size_t)(axes - rank));
    r.examples = dims[0];
    r.n = r.examples > 0 ? eg_size(target) / r.examples : 0;
    if (r.n == 0 || eg_size(source) == 0)
        return eg_zeros(dtype_of(&r), axes, dims);
    eg_scope *scope = eg_scope_open();
    eg_tensor *jacobian = eg_give(eg_reshape(eg_moveaxis(derivative(&r), 0, 1), axes, dims));
    eg_scope_close(scope);
    return jacobian;
}
