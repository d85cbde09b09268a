/* The kernels that move elements: every element of the result is looked up where it comes from,
 * and the bytes are the same whatever the threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "job.h"
#include "kernel/move.h"
#include <stdlib.h>

static const eg_dtype dtypes[] = {EG_BOOL, EG_INT32, EG_FLOAT64};

enum { DTYPES = 3, MOST_IN = 64 };

typedef struct shape {
    int rank;
    int64_t dims[EG_MAX_RANK];
} shape;

static const shape shapes[] = {
    {0, {0}},
    {1, {0}},
    {1, {1}},
    {1, {9}},
    {2, {0, 3}},
    {2, {2, 2}},
    {2, {7, 1}},
    {2, {5, 33}},
    {2, {64, 65}},
    {2, {131, 258}},
    {3, {2, 1, 5}},
    {3, {17, 18, 19}},
    {3, {4, 0, 6}},
    {3, {30, 40, 2}},
    {4, {3, 5, 7, 4}},
    {4, {2, 16, 3, 8}},
    {4, {1, 20, 20, 3}},
};

enum { SHAPES = sizeof shapes / sizeof *shapes };

/* Bytes that tell every element from its neighbours. */
static void fill(array *a, uint64_t seed)
{
    unsigned char *bytes = a->data;

    for (size_t i = 0; i < eg__bytes(&a->spec); i++)
        bytes[i] = (unsigned char)(harness_random(&seed) >> 30);
}

static array array_of(eg_dtype dtype, const shape *s)
{
    array a = array_new(dtype, s->rank, s->dims);

    fill(&a, (uint64_t)(a.spec.size + s->rank) + 1);
    return a;
}

static void positions(const eg_spec *spec, int64_t i, int64_t at[])
{
    for (int axis = spec->rank - 1; axis >= 0; axis--) {
        at[axis] = i % spec->dims[axis];
        i /= spec->dims[axis];
    }
}

static int64_t number_of(const eg_spec *spec, const int64_t at[])
{
    int64_t i = 0;

    for (int axis = 0; axis < spec->rank; axis++)
        i = i * spec->dims[axis] + at[axis];
    return i;
}

static const char *element(const array *a, int64_t i)
{
    return (const char *)a->data + (size_t)i * eg__dtype(a->spec.dtype)->size;
}

static bool same(const array *y, int64_t i, const array *x, int64_t k)
{
    return memcmp(element(y, i), element(x, k), eg__dtype(x->spec.dtype)->size) == 0;
}

/* Runs with 1, 2 and 4 threads, and demands the same bytes. */
static void compute_with_threads(const eg_kernel *kernel, const void *attrs, int n,
    const array in[], array *y)
{
    int before = eg_threads();
    size_t bytes = eg__bytes(&y->spec);
    void *alone = malloc(bytes + 1);

    assert_non_null(alone);
    eg_set_threads(1);
    compute(kernel, attrs, n, in, 1, y);
    memcpy(alone, y->data, bytes);
    for (int threads = 2; threads <= 4; threads += 2) {
        eg_set_threads(threads);
        memset(y->data, 0xff, bytes);
        compute(kernel, attrs, n, in, 1, y);
        assert_memory_equal(y->data, alone, bytes);
    }
    eg_set_threads(before);
    free(alone);
}

/* ---- transpose ------------------------------------------------------------------------------ */

static void check_transpose(const array *x, const int order[])
{
    eg_transpose_attrs attrs = {sizeof attrs, {0}};
    int64_t dims[EG_MAX_RANK] = {0}, at[EG_MAX_RANK], from[EG_MAX_RANK];
    int rank = x->spec.rank;

    for (int i = 0; order && i < rank; i++)
        attrs.axes.axis[attrs.axes.n++] = i % 2 ? order[i] - rank : order[i];
    for (int i = 0; i < rank; i++)
        dims[i] = x->spec.dims[order ? order[i] : rank - 1 - i];
    array y = array_new(x->spec.dtype, rank, dims);
    compute_with_threads(&eg__transpose_kernel, &attrs, 1, x, &y);
    for (int64_t i = 0; i < y.spec.size; i++) {
        positions(&y.spec, i, at);
        for (int k = 0; k < rank; k++)
            from[order ? order[k] : rank - 1 - k] = at[k];
        assert_true(same(&y, i, x, number_of(&x->spec, from)));
    }
    array_free(&y);
}

static bool next_order(int n, int order[])
{
    int i = n - 2, k = n - 1;

    while (i >= 0 && order[i] > order[i + 1])
        i--;
    if (i < 0)
        return false;
    while (order[k] < order[i])
        k--;
    for (int step = 0; step == 0 || i + step < n - step; step++) {
        int a = step == 0 ? i : i + step, b = step == 0 ? k : n - step;
        int held = order[a];
        order[a] = order[b];
        order[b] = held;
    }
    return true;
}

TEST(transpose_puts_axes_into_any_order)
{
    for (int i = 0; i < SHAPES; i++)
        for (int d = 0; d < DTYPES; d++) {
            array x = array_of(dtypes[d], &shapes[i]);
            int order[] = {0, 1, 2, 3};
            check_transpose(&x, NULL);
            do
                check_transpose(&x, order);
            while (next_order(shapes[i].rank, order));
            array_free(&x);
        }
}

TEST(transpose_of_eight_axes)
{
    static const shape eight[] = {{8, {2, 1, 3, 2, 1, 2, 3, 2}}, {8, {2, 3, 2, 3, 2, 3, 2, 3}}};
    uint64_t random = 3;

    for (int i = 0; i < 2; i++) {
        array x = array_of(EG_FLOAT32, &eight[i]);
        for (int times = 0; times < 50; times++) {
            int order[] = {0, 1, 2, 3, 4, 5, 6, 7};
            for (int k = 7; k > 0; k--) {
                int with = (int)(harness_random(&random) % (uint64_t)(k + 1)), held = order[k];
                order[k] = order[with];
                order[with] = held;
            }
            check_transpose(&x, order);
        }
        array_free(&x);
    }
}

/* Larger than what a thread takes at a time, and than what passes through the caches. */
TEST(large_transposes_in_whole_and_in_broken_tiles)
{
    static const shape large[] = {{2, {400, 400}}, {2, {1024, 1040}}, {2, {1101, 1003}},
        {2, {3, 150001}}, {2, {150001, 3}}, {2, {9, 60001}}, {2, {37, 30011}}, {2, {67, 17011}},
        {3, {3, 601, 603}}, {3, {5, 303, 305}}, {3, {130, 5, 700}}, {4, {40, 3, 50, 70}}};
    static const int orders[][4] = {{1, 0, 2, 3}, {2, 1, 0, 3}, {0, 2, 1, 3}, {2, 0, 1, 3},
        {3, 1, 2, 0}, {0, 3, 1, 2}};

    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        array x = array_of(large[i].rank == 4 ? EG_FLOAT64 : EG_FLOAT32, &large[i]);
        for (int k = 0; k < 6; k++)
            if ((large[i].rank == 2 && k == 0) || (large[i].rank == 3 && k < 4) ||
                (large[i].rank == 4 && k > 3))
                check_transpose(&x, orders[k]);
        array_free(&x);
    }
}

TEST(large_transposes_of_other_widths)
{
    static const shape large = {2, {2050, 2101}};
    static const eg_dtype of[] = {EG_BOOL, EG_INT16, EG_FLOAT64};

    for (int i = 0; i < 3; i++) {
        array x = array_of(of[i], &large);
        check_transpose(&x, NULL);
        array_free(&x);
    }
}

/* ---- slice, unslice ------------------------------------------------------------------------- */

static void check_slice(const array *x, const eg_slice_attrs *attrs)
{
    int64_t dims[EG_MAX_RANK] = {0}, at[EG_MAX_RANK];
    int rank = x->spec.rank;

    for (int i = 0; i < rank; i++) {
        int64_t begin = eg__slice_begin(attrs, i, x->spec.dims[i]);
        int64_t step = eg__slice_step(attrs, i);
        dims[i] = i < attrs->count.n && attrs->count.at[i] >= 0
            ? attrs->count.at[i]
            : (x->spec.dims[i] - begin + step - 1) / step;
    }
    array y = array_new(x->spec.dtype, rank, dims);
    compute_with_threads(&eg__slice_kernel, attrs, 1, x, &y);
    for (int64_t i = 0; i < y.spec.size; i++) {
        positions(&y.spec, i, at);
        for (int k = 0; k < rank; k++)
            at[k] = eg__slice_begin(attrs, k, x->spec.dims[k]) + at[k] * eg__slice_step(attrs, k);
        assert_true(same(&y, i, x, number_of(&x->spec, at)));
    }
    array_free(&y);
}

/* Lists of a random length, naming parts that are inside. */
static eg_slice_attrs random_part(const eg_spec *x, uint64_t *random)
{
    eg_slice_attrs a = {.size = sizeof a};
    uint64_t pick = harness_random(random);

    a.begin.n = a.count.n = a.step.n = (int)(pick % (uint64_t)(x->rank + 1));
    for (int i = 0; i < a.begin.n; i++) {
        int64_t begin = (int64_t)(harness_random(random) % (uint64_t)(x->dims[i] + 1));
        a.step.at[i] = (int64_t)(harness_random(random) % 3) + 1;
        int64_t most = (x->dims[i] - begin + a.step.at[i] - 1) / a.step.at[i];
        a.begin.at[i] = pick >> i & 16 && begin < x->dims[i] ? begin - x->dims[i] : begin;
        a.count.at[i] = (int64_t)(harness_random(random) % (uint64_t)(most + 2)) - 1;
    }
    return a;
}

TEST(slice_takes_every_regular_part)
{
    uint64_t random = 11;

    for (int i = 0; i < SHAPES; i++)
        for (int d = 0; d < DTYPES; d++) {
            array x = array_of(dtypes[d], &shapes[i]);
            for (int times = 0; times < 12; times++) {
                eg_slice_attrs attrs = random_part(&x.spec, &random);
                check_slice(&x, &attrs);
            }
            array_free(&x);
        }
}

TEST(large_slices)
{
    array x = array_of(EG_FLOAT32, &(shape){2, {900, 1000}});

    check_slice(&x, &(eg_slice_attrs){.begin = {2, {1, 7}}, .count = {2, {-1, 900}}});
    check_slice(&x, &(eg_slice_attrs){.step = {2, {1, 2}}});
    check_slice(&x, &(eg_slice_attrs){.begin = {1, {-500}}, .step = {1, {3}}});
    array_free(&x);
}

static void check_unslice(const array *x, const eg__unslice_attrs *attrs)
{
    array y = array_new(x->spec.dtype, x->spec.rank, attrs->dims.at);
    char *back = calloc(eg__bytes(&y.spec) + 1, 1);
    int64_t at[EG_MAX_RANK];
    size_t bytes = eg__dtype(x->spec.dtype)->size;

    assert_non_null(back);
    for (int64_t i = 0; i < x->spec.size; i++) {
        positions(&x->spec, i, at);
        for (int k = 0; k < x->spec.rank; k++)
            at[k] = attrs->begin.at[k] + at[k] * attrs->step.at[k];
        memcpy(back + (size_t)number_of(&y.spec, at) * bytes, element(x, i), bytes);
    }
    compute_with_threads(&eg__unslice_kernel, attrs, 1, x, &y);
    assert_memory_equal(y.data, back, eg__bytes(&y.spec));
    free(back);
    array_free(&y);
}

TEST(unslice_puts_a_part_among_zeros)
{
    static const shape more[] = {{2, {700, 301}}, {1, {200001}}};
    uint64_t random = 17;

    for (int i = 0; i < SHAPES + 2; i++)
        for (int d = 0; d < DTYPES; d++) {
            const shape *s = i < SHAPES ? &shapes[i] : &more[i - SHAPES];
            array x = array_of(dtypes[d], s);
            eg__unslice_attrs a = {.size = sizeof a};
            a.begin.n = a.step.n = a.dims.n = s->rank;
            for (int k = 0; k < s->rank; k++) {
                a.begin.at[k] = (int64_t)(harness_random(&random) % 4);
                a.step.at[k] = (int64_t)(harness_random(&random) % 3) + 1;
                a.dims.at[k] = a.begin.at[k] + s->dims[k] * a.step.at[k];
            }
            check_unslice(&x, &a);
            array_free(&x);
        }
}

/* ---- broadcast_to --------------------------------------------------------------------------- */

static void check_broadcast(eg_dtype dtype, const shape *from, const shape *to)
{
    array x = array_of(dtype, from), y = array_new(dtype, to->rank, to->dims);
    int64_t at[EG_MAX_RANK] = {0};
    int added = to->rank - from->rank;

    compute_with_threads(&eg__broadcast_to_kernel, NULL, 1, &x, &y);
    for (int64_t i = 0; i < y.spec.size; i++) {
        positions(&y.spec, i, at);
        for (int k = 0; k < from->rank; k++)
            at[added + k] = from->dims[k] == 1 ? 0 : at[added + k];
        assert_true(same(&y, i, &x, number_of(&x.spec, at + added)));
    }
    array_free(&x);
    array_free(&y);
}

/* Every set of axes of every shape, some of them left away in front. */
/* From the shape without its first `left` axes and with size 1 where the mask has a bit. */
static void check_repeated(const shape *to, int left, unsigned mask)
{
    shape from = {to->rank - left, {0}};

    for (int k = left; k < to->rank; k++)
        from.dims[k - left] = mask >> k & 1 ? 1 : to->dims[k];
    for (int d = 0; d < DTYPES; d++)
        check_broadcast(dtypes[d], &from, to);
}

TEST(broadcast_to_repeats_any_axes)
{
    for (int i = 0; i < SHAPES; i++)
        for (unsigned mask = 0; mask < 1u << shapes[i].rank; mask++)
            for (int left = 0; left <= shapes[i].rank; left++)
                check_repeated(&shapes[i], left, mask);
}

TEST(large_broadcasts)
{
    check_broadcast(EG_FLOAT32, &(shape){1, {3}}, &(shape){2, {200001, 3}});
    check_broadcast(EG_FLOAT32, &(shape){2, {70001, 1}}, &(shape){2, {70001, 9}});
    check_broadcast(EG_FLOAT64, &(shape){0, {0}}, &(shape){1, {300001}});
    check_broadcast(EG_FLOAT32, &(shape){1, {901}}, &(shape){2, {700, 901}});
    check_broadcast(EG_BOOL, &(shape){4, {9, 1, 50, 1}}, &(shape){4, {9, 40, 50, 60}});
}

/* ---- concat --------------------------------------------------------------------------------- */

static void compute_concat(const eg_concat_attrs *attrs, int n, const array in[], array *y)
{
    const eg_spec *specs[MOST_IN], *out = &y->spec;
    void *data[MOST_IN];
    eg_problem p = {attrs, n, 1, specs, &out};
    eg_job job;

    for (int i = 0; i < n; i++) {
        specs[i] = &in[i].spec;
        data[i] = in[i].spec.size > 0 ? in[i].data : NULL;
    }
    assert_null(eg__concat_kernel.prepare(&eg__concat_kernel, &p, &job));
    eg_job moved = job;
    memset(&job, 0xff, sizeof job);
    assert_int_equal(moved.run(&moved, data, &y->data, NULL), EG_OK);
    if (moved.drop)
        moved.drop(&moved);
}

/* Pieces of sizes[i] along an axis of a shape. */
static void check_concat(eg_dtype dtype, const shape *s, int axis, int n, const int64_t sizes[])
{
    eg_concat_attrs attrs = {sizeof attrs, n % 2 ? axis : axis - s->rank};
    array in[MOST_IN], y;
    shape whole = *s, part = *s;
    int64_t at[EG_MAX_RANK];

    whole.dims[axis] = 0;
    for (int i = 0; i < n; i++) {
        part.dims[axis] = sizes[i];
        whole.dims[axis] += sizes[i];
        in[i] = array_new(dtype, part.rank, part.dims);
        fill(&in[i], (uint64_t)i + 1);
    }
    y = array_new(dtype, whole.rank, whole.dims);
    compute_concat(&attrs, n, in, &y);
    for (int64_t i = 0; i < y.spec.size; i++) {
        int k = 0;
        positions(&y.spec, i, at);
        for (; at[axis] >= sizes[k]; k++)
            at[axis] -= sizes[k];
        assert_true(same(&y, i, &in[k], number_of(&in[k].spec, at)));
    }
    for (int i = 0; i < n; i++)
        array_free(&in[i]);
    array_free(&y);
}

TEST(concat_joins_any_number_along_any_axis)
{
    static const int64_t sizes[MOST_IN] = {1, 2, 0, 5, 1, 3, 0, 0, 4, 17, 1, 1};

    for (int i = 1; i < SHAPES; i++)
        for (int axis = 0; axis < shapes[i].rank; axis++)
            for (int n = 1; n <= MOST_IN; n += n < 5 ? 1 : 18)
                check_concat(dtypes[(i + n) % DTYPES], &shapes[i], axis, n, sizes);
}

TEST(large_concats_of_short_and_of_long_rows)
{
    static const int64_t sizes[] = {100000, 70001, 3};

    for (int threads = 1; threads <= 4; threads++) {
        eg_set_threads(threads);
        check_concat(EG_FLOAT32, &(shape){1, {0}}, 0, 3, sizes);
        check_concat(EG_FLOAT32, &(shape){2, {3, 0}}, 1, 3, sizes);
        check_concat(EG_FLOAT32, &(shape){2, {70001, 0}}, 1, 4, (int64_t[]){1, 2, 3, 4});
        check_concat(EG_INT64, &(shape){3, {300, 0, 20}}, 1, 2, (int64_t[]){7, 30});
    }
    eg_set_threads(2);
}

TEST(memory_that_is_out_is_reported_by_a_concat_of_many)
{
    array x = array_new(EG_INT32, EG_DIMS(1)), y = array_new(EG_INT32, EG_DIMS(MOST_IN));
    const eg_spec *specs[MOST_IN], *out = &y.spec;
    eg_concat_attrs attrs = {.size = sizeof attrs};
    eg_problem p = {&attrs, MOST_IN, 1, specs, &out};
    eg_job job;

    for (int i = 0; i < MOST_IN; i++)
        specs[i] = &x.spec;
    eg_set_memory_limit(1);
    assert_non_null(eg__concat_kernel.prepare(&eg__concat_kernel, &p, &job));
    eg_set_memory_limit(0);
    assert_error(EG_NO_MEMORY, "");
    array_free(&x);
    array_free(&y);
}

/* ---- range ---------------------------------------------------------------------------------- */

TEST(range_counts_from_zero)
{
    for (int64_t n = 0; n < 500000; n = n * 3 + 1) {
        array y = array_new(EG_INT64, EG_DIMS(n));
        eg__range_attrs attrs = {sizeof attrs, n};
        compute_with_threads(&eg__range_kernel, &attrs, 0, NULL, &y);
        for (int64_t i = 0; i < n; i++)
            assert_true(((int64_t *)y.data)[i] == i);
        array_free(&y);
    }
}
