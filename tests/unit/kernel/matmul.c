/* The kernels of matrix products: against three plain loops, within the error a sum in any order
 * can have; and the same bits whatever the threads, the place in memory, the number of times.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "job.h"
#include "kernel/isa.h"
#include "kernel/matmul.h"
#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>

typedef struct sizes {
    int64_t m, n, k;
} sizes;

typedef struct product {
    sizes s;
    eg_matmul_attrs attrs;
    array in[2], out;
} product;

static const eg_kernel *const kernels[] = {&eg__matmul_small, &eg__matmul_onednn,
    &eg__matmul_reference};

enum { KERNELS = 3 };

/* Numbers that are no small fractions, whole ones that overflow now and then. */
static void fill(array *a, uint64_t *seed)
{
    for (int64_t i = 0; i < a->spec.size; i++) {
        int64_t bits = (int64_t)harness_random(seed);
        switch (a->spec.dtype) {
        case EG_FLOAT32:
            ((float *)a->data)[i] = (float)(bits >> 32) * 0x1p-31f;
            break;
        case EG_FLOAT64:
            ((double *)a->data)[i] = (double)bits * 0x1p-63;
            break;
        case EG_INT32:
            ((int32_t *)a->data)[i] = (int32_t)(bits >> 40);
            break;
        default:
            ((int64_t *)a->data)[i] = bits >> (i % 3 ? 50 : 20);
        }
    }
}

static product product_new(eg_dtype dtype, sizes s, bool ta, bool tb)
{
    product p = {s, {sizeof p.attrs, ta, tb}, {{{0}, NULL}}, {{0}, NULL}};
    uint64_t seed = (uint64_t)(s.m * 7919 + s.n * 104729 + s.k * 31 + ta + 2 * tb);

    p.in[0] = ta ? array_new(dtype, EG_DIMS(s.k, s.m)) : array_new(dtype, EG_DIMS(s.m, s.k));
    p.in[1] = tb ? array_new(dtype, EG_DIMS(s.n, s.k)) : array_new(dtype, EG_DIMS(s.k, s.n));
    p.out = array_new(dtype, EG_DIMS(s.m, s.n));
    fill(&p.in[0], &seed);
    fill(&p.in[1], &seed);
    return p;
}

static void product_free(product *p)
{
    array_free(&p->in[0]);
    array_free(&p->in[1]);
    array_free(&p->out);
}

/* False where the kernel declines. */
static bool multiply(const eg_kernel *kernel, product *p)
{
    const char *why = run_kernel(kernel, &p->attrs, 2, p->in, 1, &p->out);

    assert_fine();
    return !why;
}

static int64_t a_at(const product *p, int64_t i, int64_t q)
{
    return p->attrs.transpose_a ? q * p->s.m + i : i * p->s.k + q;
}

static int64_t b_at(const product *p, int64_t q, int64_t j)
{
    return p->attrs.transpose_b ? j * p->s.k + q : q * p->s.n + j;
}

static void check_real(const product *p, int64_t i, int64_t j)
{
    eg_dtype dtype = p->out.spec.dtype;
    size_t size = eg__dtype(dtype)->size;
    double sum = 0, bound = 0, epsilon = dtype == EG_FLOAT32 ? 0x1p-24 : 0x1p-53;

    for (int64_t q = 0; q < p->s.k; q++) {
        double a = eg__element_real(dtype, (char *)p->in[0].data + (size_t)a_at(p, i, q) * size);
        double b = eg__element_real(dtype, (char *)p->in[1].data + (size_t)b_at(p, q, j) * size);
        sum += a * b;
        bound += fabs(a * b);
    }
    double got = eg__element_real(dtype, (char *)p->out.data + (size_t)(i * p->s.n + j) * size);
    assert_true(fabs(got - sum) <= (double)(2 * p->s.k + 2) * epsilon * bound);
}

static void check_whole(const product *p, int64_t i, int64_t j)
{
    eg_dtype dtype = p->out.spec.dtype;
    size_t size = eg__dtype(dtype)->size;
    uint64_t sum = 0;

    for (int64_t q = 0; q < p->s.k; q++)
        sum +=
            (uint64_t)eg__element_int(dtype, (char *)p->in[0].data + (size_t)a_at(p, i, q) * size) *
            (uint64_t)eg__element_int(dtype, (char *)p->in[1].data + (size_t)b_at(p, q, j) * size);
    int64_t got = eg__element_int(dtype, (char *)p->out.data + (size_t)(i * p->s.n + j) * size);
    assert_true((uint64_t)got == (dtype == EG_INT32 ? (uint64_t)(int32_t)(uint32_t)sum : sum));
}

/* All elements of a small product, some of a large one. */
static void check(const product *p)
{
    int64_t step = p->out.spec.size / 2000 + 1;
    bool real = eg__dtype(p->out.spec.dtype)->kind == EG__REAL;

    for (int64_t at = 0; at < p->out.spec.size; at += step)
        (real ? check_real : check_whole)(p, at / p->s.n, at % p->s.n);
}

static int check_kernels(eg_dtype dtype, sizes s, bool ta, bool tb)
{
    product p = product_new(dtype, s, ta, tb);
    int computed = 0;

    for (int k = 0; k < KERNELS; k++) {
        memset(p.out.data, 0xff, eg__bytes(&p.out.spec));
        if (!multiply(kernels[k], &p))
            continue;
        check(&p);
        computed++;
    }
    product_free(&p);
    return computed;
}

static const sizes small_sizes[] = {{1, 1, 1}, {1, 1, 5}, {2, 2, 2}, {3, 1, 7}, {1, 3, 70},
    {5, 1, 131}, {1, 33, 9}, {9, 33, 5}, {16, 16, 16}, {17, 19, 23}, {8, 32, 256}, {7, 31, 257},
    {13, 65, 33}, {40, 40, 40}, {1, 300, 64}, {300, 1, 65}, {64, 10, 100}};
static const sizes large_sizes[] = {{64, 64, 64}, {129, 65, 70}, {100, 101, 515}, {1, 1000, 700},
    {900, 1, 800}, {70, 700, 129}, {300, 520, 200}, {33, 1030, 259}};

enum {
    SMALL_SIZES = sizeof small_sizes / sizeof *small_sizes,
    LARGE_SIZES = sizeof large_sizes / sizeof *large_sizes,
};

TEST(every_kernel_agrees_with_three_loops)
{
    for (int dtype = EG_INT32; dtype <= EG_FLOAT64; dtype++)
        for (int i = 0; i < SMALL_SIZES + LARGE_SIZES; i++)
            for (int t = 0; t < 4; t++) {
                sizes s = i < SMALL_SIZES ? small_sizes[i] : large_sizes[i - SMALL_SIZES];
                assert_true(check_kernels((eg_dtype)dtype, s, t & 1, t & 2) >= 1);
            }
}

TEST(some_kernel_is_faster_than_the_reference_for_each_product_of_float32)
{
    product p = product_new(EG_FLOAT32, (sizes){100, 100, 100}, false, false);
    const char *why = run_kernel(&eg__matmul_onednn, &p.attrs, 2, p.in, 1, &p.out);

    if (why)
        assert_string_equal(why, "eagre was built without oneDNN");
    product_free(&p);
    for (int i = 0; i < SMALL_SIZES + LARGE_SIZES && !why; i++) {
        sizes s = i < SMALL_SIZES ? small_sizes[i] : large_sizes[i - SMALL_SIZES];
        assert_true(check_kernels(EG_FLOAT32, s, false, true) >= 2);
    }
}

TEST(empty_products_are_empty_and_empty_sums_are_zero)
{
    static const sizes empty[] = {{0, 3, 2}, {3, 0, 2}, {0, 0, 0}, {3, 2, 0}, {400, 300, 0}};

    for (int dtype = EG_INT32; dtype <= EG_FLOAT64; dtype++)
        for (int i = 0; i < 5; i++)
            for (int t = 0; t < 4; t++)
                check_kernels((eg_dtype)dtype, empty[i], t & 1, t & 2);
}

/* ---- leading axes --------------------------------------------------------------------------- */

typedef struct batches {
    int rank_a, rank_b, rank;
    int64_t a[4], b[4], out[4];
} batches;

static int64_t batch_of(int rank, const int64_t dims[], int out_rank, const int64_t at[])
{
    int64_t batch = 0;

    for (int i = 0; i < rank; i++)
        batch = batch * dims[i] + (dims[i] == 1 ? 0 : at[out_rank - rank + i]);
    return batch;
}

static array with_lead(eg_dtype dtype, int rank, const int64_t lead[], int64_t m, int64_t n)
{
    int64_t dims[EG_MAX_RANK];

    for (int i = 0; i < rank; i++)
        dims[i] = lead[i];
    dims[rank] = m;
    dims[rank + 1] = n;
    return array_new(dtype, rank + 2, dims);
}

static array matrix_of(const array *a, int64_t batch)
{
    array part = {{a->spec.dtype, 2, 0, {0}}, NULL};

    part.spec.dims[0] = a->spec.dims[a->spec.rank - 2];
    part.spec.dims[1] = a->spec.dims[a->spec.rank - 1];
    part.spec.size = part.spec.dims[0] * part.spec.dims[1];
    part.data = (char *)a->data + (size_t)batch * eg__bytes(&part.spec);
    return part;
}

static void check_batches(const batches *b, eg_dtype dtype, sizes s, bool ta, bool tb)
{
    product p = {s, {sizeof p.attrs, ta, tb}, {{{0}, NULL}}, {{0}, NULL}};
    uint64_t seed = 5;

    p.in[0] = with_lead(dtype, b->rank_a, b->a, ta ? s.k : s.m, ta ? s.m : s.k);
    p.in[1] = with_lead(dtype, b->rank_b, b->b, tb ? s.n : s.k, tb ? s.k : s.n);
    p.out = with_lead(dtype, b->rank, b->out, s.m, s.n);
    fill(&p.in[0], &seed);
    fill(&p.in[1], &seed);
    for (int k = 0; k < KERNELS; k++) {
        memset(p.out.data, 0xff, eg__bytes(&p.out.spec));
        if (!multiply(kernels[k], &p))
            continue;
        int64_t n = p.out.spec.size / (s.m * s.n), at[4] = {0};
        for (int64_t i = 0; i < n; i++) {
            product one = {s, p.attrs,
                {matrix_of(&p.in[0], batch_of(b->rank_a, b->a, b->rank, at)),
                    matrix_of(&p.in[1], batch_of(b->rank_b, b->b, b->rank, at))},
                matrix_of(&p.out, i)};
            check(&one);
            for (int axis = b->rank - 1; axis >= 0 && ++at[axis] == b->out[axis]; axis--)
                at[axis] = 0;
        }
    }
    product_free(&p);
}

TEST(leading_axes_broadcast)
{
    static const batches cases[] = {
        {1, 1, 1, {3}, {3}, {3}},
        {1, 0, 1, {4}, {0}, {4}},
        {0, 1, 1, {0}, {4}, {4}},
        {2, 2, 2, {2, 1}, {1, 3}, {2, 3}},
        {3, 1, 3, {2, 1, 3}, {3}, {2, 1, 3}},
        {1, 3, 3, {3}, {2, 2, 1}, {2, 2, 3}},
        {1, 2, 2, {1}, {1, 2}, {1, 2}},
        {2, 2, 2, {5, 1}, {1, 1}, {5, 1}},
        {1, 1, 1, {40}, {40}, {40}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int t = 0; t < 4; t++) {
            check_batches(&cases[i], EG_FLOAT32, (sizes){3, 5, 4}, t & 1, t & 2);
            check_batches(&cases[i], EG_FLOAT32, (sizes){40, 70, 50}, t & 1, t & 2);
            check_batches(&cases[i], EG_INT64, (sizes){1, 3, 2}, t & 1, t & 2);
        }
}

/* ---- bits ----------------------------------------------------------------------------------- */

static const sizes probed[] = {{1000, 500, 300}, {512, 512, 511}, {127, 1033, 509}, {64, 2048, 257},
    {2048, 64, 129}, {5000, 10, 37}, {10, 900, 1001}, {1, 3000, 1001}, {3000, 1, 999},
    {300, 300, 1}};

/* Calls check(p, kernel) for all probed products, the first result in p->out, room for another. */
static void probe(eg_dtype dtype, void (*check_one)(product *p, const eg_kernel *kernel))
{
    for (size_t i = 0; i < 4 * (sizeof probed / sizeof *probed); i++) {
        product p = product_new(dtype, probed[i / 4], i & 1, i & 2);
        for (int k = 0; k < KERNELS; k++)
            if (multiply(kernels[k], &p))
                check_one(&p, kernels[k]);
        product_free(&p);
    }
}

static void assert_same_bits_again(product *p, const eg_kernel *kernel)
{
    product again = *p;

    again.out = array_new(p->out.spec.dtype, p->out.spec.rank, p->out.spec.dims);
    assert_true(multiply(kernel, &again));
    assert_memory_equal(again.out.data, p->out.data, eg__bytes(&p->out.spec));
    array_free(&again.out);
}

static void with_other_threads(product *p, const eg_kernel *kernel)
{
    static const int counts[] = {1, 2, 4, 2};

    for (int i = 0; i < 4; i++) {
        eg_set_threads(counts[i]);
        assert_same_bits_again(p, kernel);
    }
}

TEST(bits_do_not_depend_on_the_number_of_threads_or_the_run)
{
    int before = eg_threads();

    probe(EG_FLOAT32, with_other_threads);
    probe(EG_FLOAT64, with_other_threads);
    eg_set_threads(before);
}

/* A copy that begins `offset` elements after a cache line. */
static array shifted(const array *a, int64_t offset, array *whole)
{
    size_t element = eg__dtype(a->spec.dtype)->size;
    array moved = *a;

    *whole = array_new(a->spec.dtype, EG_DIMS(a->spec.size + offset));
    moved.data = (char *)whole->data + (size_t)offset * element;
    memcpy(moved.data, a->data, eg__bytes(&a->spec));
    return moved;
}

static void at_another_place(product *p, const eg_kernel *kernel)
{
    array whole[3];
    product moved = *p;

    for (int i = 0; i < 2; i++)
        moved.in[i] = shifted(&p->in[i], 1 + 2 * i, &whole[i]);
    moved.out = shifted(&p->out, 7, &whole[2]);
    memset(moved.out.data, 0xff, eg__bytes(&moved.out.spec));
    assert_true(multiply(kernel, &moved));
    assert_memory_equal(moved.out.data, p->out.data, eg__bytes(&p->out.spec));
    for (int i = 0; i < 3; i++)
        array_free(&whole[i]);
}

TEST(bits_do_not_depend_on_where_the_arrays_lie)
{
    probe(EG_FLOAT32, at_another_place);
}

TEST(own_loops_sum_from_first_to_last)
{
    product p = product_new(EG_FLOAT64, (sizes){150, 77, 700}, false, true);
    bool fused = eg__isa_now() != EG__BASE;

    assert_true(multiply(&eg__matmul_reference, &p));
    const double *a = p.in[0].data, *b = p.in[1].data, *c = p.out.data;
    for (int64_t i = 0; i < 150; i++)
        for (int64_t j = 0; j < 77; j++) {
            double sum = 0;
            for (int64_t q = 0; q < 700; q++)
                sum = fused ? fma(a[i * 700 + q], b[j * 700 + q], sum)
                            : sum + a[i * 700 + q] * b[j * 700 + q];
            assert_true(c[i * 77 + j] == sum);
        }
    product_free(&p);
}

/* ---- threads -------------------------------------------------------------------------------- */

static int tasks_of_this_process(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int n = 0;

    for (struct dirent *e; tasks && (e = readdir(tasks));)
        n += e->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return n;
}

TEST(onednn_starts_no_threads_of_its_own)
{
    int before = tasks_of_this_process(), threads = eg_threads();
    product p = product_new(EG_FLOAT32, (sizes){700, 650, 600}, false, false);

    eg_set_threads(1);
    multiply(&eg__matmul_onednn, &p);
    assert_int_equal(tasks_of_this_process(), before);
    eg_set_threads(threads);
    product_free(&p);
}

typedef struct shared_job {
    eg_job job;
    product *p;
    bool same;
} shared_job;

static void *run_shared(void *env)
{
    shared_job *s = env;
    size_t bytes = eg__bytes(&s->p->out.spec);
    void *out = eg__block_new(bytes), *in[] = {s->p->in[0].data, s->p->in[1].data};

    s->same = out != NULL;
    for (int i = 0; i < 20 && s->same; i++) {
        void *scratch = s->job.scratch ? eg__block_new(s->job.scratch) : NULL;
        s->same = s->job.run(&s->job, in, &out, scratch) == EG_OK &&
            memcmp(out, s->p->out.data, bytes) == 0;
        eg__block_free(scratch, s->job.scratch);
    }
    eg__block_free(out, bytes);
    return NULL;
}

TEST(one_job_runs_on_several_threads_at_once)
{
    for (int k = 0; k < KERNELS; k++) {
        product p = product_new(EG_FLOAT32, (sizes){37, 141, 12}, true, false);
        const eg_spec *in[] = {&p.in[0].spec, &p.in[1].spec}, *out[] = {&p.out.spec};
        eg_problem problem = {&p.attrs, 2, 1, in, out};
        shared_job shared[3];
        pthread_t thread[3];
        if (multiply(kernels[k], &p)) {
            assert_null(kernels[k]->prepare(kernels[k], &problem, &shared[0].job));
            shared[0].p = &p;
            shared[1] = shared[2] = shared[0];
            for (int i = 0; i < 3; i++)
                assert_int_equal(pthread_create(&thread[i], NULL, run_shared, &shared[i]), 0);
            for (int i = 0; i < 3; i++) {
                pthread_join(thread[i], NULL);
                assert_true(shared[i].same);
            }
            if (shared[0].job.drop)
                shared[0].job.drop(&shared[0].job);
        }
        product_free(&p);
    }
}

/* ---- oneDNN's primitives -------------------------------------------------------------------- */

TEST(jobs_outlive_their_place_among_cached_primitives)
{
    enum { JOBS = 400 };
    static eg_job jobs[JOBS];
    product p = product_new(EG_FLOAT32, (sizes){40, 40 + JOBS, 43}, false, true);
    const eg_spec *in[] = {&p.in[0].spec, &p.in[1].spec}, *out[] = {&p.out.spec};
    eg_problem problem = {&p.attrs, 2, 1, in, out};
    void *data[] = {p.in[0].data, p.in[1].data};

    for (int i = 0; i < JOBS; i++) {
        p.in[1].spec.dims[0] = p.out.spec.dims[1] = 40 + i;
        if (eg__matmul_onednn.prepare(&eg__matmul_onednn, &problem, &jobs[i]))
            break;
        if (i < JOBS - 1)
            continue;
        for (int j = 0; j < JOBS; j++) {
            void *scratch = eg__block_new(jobs[j].scratch + 1);
            p.s.n = 40 + j;
            assert_int_equal(jobs[j].run(&jobs[j], data, &p.out.data, scratch), EG_OK);
            check_real(&p, 39, 39 + j);
            jobs[j].drop(&jobs[j]);
            eg__block_free(scratch, jobs[j].scratch + 1);
        }
    }
    p.in[1].spec.dims[0] = p.out.spec.dims[1] = 40 + JOBS;
    product_free(&p);
}

static const char *reason(const eg_kernel *kernel, eg_dtype dtype, sizes s)
{
    product p = product_new(dtype, s, false, false);
    const char *why = run_kernel(kernel, &p.attrs, 2, p.in, 1, &p.out);

    product_free(&p);
    return why;
}

TEST(a_kernel_says_why_it_declines)
{
    sizes large = {500, 500, 500}, small = {2, 2, 2};

    assert_string_equal(reason(&eg__matmul_small, EG_FLOAT32, large), "the product is large");
    assert_string_equal(reason(&eg__matmul_small, EG_FLOAT64, small), "it takes float32 only");
    assert_non_null(reason(&eg__matmul_onednn, EG_FLOAT64, large));
    assert_non_null(reason(&eg__matmul_reference, EG_BOOL, small));
    assert_null(reason(&eg__matmul_small, EG_FLOAT32, small));
}
