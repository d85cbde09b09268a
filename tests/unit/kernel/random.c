/* Random numbers: Philox against its authors' vectors and a plain text of it, the distributions
 * against theirs, and every element the same wherever it is computed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "job.h"
#include "kernel/random.h"
#include <math.h>
#include <stdlib.h>

enum { MANY = 1000000 };

/* ---- Philox 4x32-10, as its paper has it ---------------------------------------------------- */

static void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1];

    memcpy(out, counter, 16);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53 * out[0], p1 = (uint64_t)0xCD9E8D57 * out[2];
        uint32_t next[4] = {(uint32_t)(p1 >> 32) ^ out[1] ^ k0, (uint32_t)p1,
            (uint32_t)(p0 >> 32) ^ out[3] ^ k1, (uint32_t)p0};
        memcpy(out, next, 16);
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
}

static uint32_t word_of(const int64_t key[2], uint64_t at)
{
    uint64_t block = at / 4, seed = (uint64_t)key[0], stream = (uint64_t)key[1];
    uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream,
        (uint32_t)(stream >> 32)};
    uint32_t out[4];

    philox(counter, (uint32_t[]){(uint32_t)seed, (uint32_t)(seed >> 32)}, out);
    return out[at % 4];
}

TEST(philox_has_the_known_answers)
{
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } known[] = {
        {{0}, {0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff},
            {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0},
            {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };

    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        philox(known[i].counter, known[i].key, out);
        assert_memory_equal(out, known[i].answer, 16);
    }
}

/* ---- drawing -------------------------------------------------------------------------------- */

static array draw(const eg_kernel *kernel, eg_dtype dtype, int64_t seed, int64_t stream, int64_t n)
{
    eg__random_attrs attrs = {sizeof attrs, dtype, {1, {n}}};
    array key = array_new(EG_INT64, EG_DIMS(2)), out = array_new(dtype, EG_DIMS(n));

    ((int64_t *)key.data)[0] = seed;
    ((int64_t *)key.data)[1] = stream;
    compute(kernel, &attrs, 1, &key, 1, &out);
    array_free(&key);
    return out;
}

static const int64_t keys[][2] = {{0, 0}, {7, 0}, {7, 1}, {-1, -1}, {INT64_MIN, INT64_MAX},
    {0x299f31d0a4093822, 0x0370734413198a2e}};

enum { KEYS = sizeof keys / sizeof *keys };

TEST(uniform_numbers_are_the_upper_bits_of_the_words)
{
    for (int i = 0; i < KEYS; i++) {
        array f = draw(&eg__uniform_kernel, EG_FLOAT32, keys[i][0], keys[i][1], 1001);
        array d = draw(&eg__uniform_kernel, EG_FLOAT64, keys[i][0], keys[i][1], 1001);
        for (uint64_t at = 0; at < 1001; at++) {
            uint64_t low = word_of(keys[i], 2 * at), high = word_of(keys[i], 2 * at + 1);
            assert_true(((float *)f.data)[at] == (float)(word_of(keys[i], at) >> 8) * 0x1p-24f);
            assert_true(((double *)d.data)[at] == (double)((high << 32 | low) >> 11) * 0x1p-53);
        }
        array_free(&f);
        array_free(&d);
    }
}

/* The chance of less than -|z| against what the words say: z within 8 units of its last place. */
static void check_tail(double z, double tail, double epsilon)
{
    double got = 0.5 * erfc(fabs(z) / sqrt(2.0));
    assert_true(fabs(got - tail) <= 8 * epsilon * (1 + z * z) * tail);
}

TEST(normal_numbers_invert_the_cumulative_function)
{
    for (int i = 0; i < KEYS; i++) {
        array f = draw(&eg__normal_kernel, EG_FLOAT32, keys[i][0], keys[i][1], 50001);
        array d = draw(&eg__normal_kernel, EG_FLOAT64, keys[i][0], keys[i][1], 50001);
        for (uint64_t at = 0; at < 50001; at++) {
            double u = ((double)word_of(keys[i], at) + 0.5) * 0x1p-32;
            float z = ((float *)f.data)[at];
            assert_int_equal(signbit(z) != 0, u < 0.5);
            check_tail(z, u < 0.5 ? u : 1 - u, 0x1p-23);
            uint64_t low = word_of(keys[i], 2 * at), high = word_of(keys[i], 2 * at + 1);
            uint64_t n = (high << 32 | low) >> 11, half = (uint64_t)1 << 52;
            double y = ((double *)d.data)[at];
            assert_int_equal(signbit(y) != 0, n < half);
            check_tail(y, ((double)(n < half ? n : 2 * half - 1 - n) + 0.5) * 0x1p-53, 0x1p-52);
        }
        array_free(&f);
        array_free(&d);
    }
}

/* FNV-1a of the elements' bits. */
static uint64_t hash_of(eg_dtype dtype, int64_t n)
{
    array a = draw(&eg__normal_kernel, dtype, 7, 0, n);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (int64_t i = 0; i < n; i++) {
        uint32_t narrow;
        uint64_t wide;
        memcpy(&narrow, (char *)a.data + i * 4, sizeof narrow);
        memcpy(&wide, (char *)a.data + (dtype == EG_FLOAT64 ? i * 8 : 0), sizeof wide);
        hash = (hash ^ (dtype == EG_FLOAT64 ? wide : narrow)) * UINT64_C(0x100000001b3);
    }
    array_free(&a);
    return hash;
}

TEST(the_same_key_gives_the_same_numbers_on_every_machine)
{
    static const float uniform[] = {0.954597116f, 0.750152171f, 0.114177346f};
    static const float normal[] = {1.69116235f, 0.674968898f, -1.20460773f};
    array u = draw(&eg__uniform_kernel, EG_FLOAT32, 7, 0, 3);
    array n = draw(&eg__normal_kernel, EG_FLOAT32, 7, 0, 3);

    assert_memory_equal(u.data, uniform, sizeof uniform);
    assert_memory_equal(n.data, normal, sizeof normal);
    array_free(&u);
    array_free(&n);
    assert_int_equal(hash_of(EG_FLOAT32, 100000), UINT64_C(0x50ac572c1d1d37f9));
    assert_int_equal(hash_of(EG_FLOAT64, 100000), UINT64_C(0x18dd5ef9361ee299));
}

/* Numbers drawn alone are the first of many drawn by one thread. */
static void check_sizes(const eg_kernel *kernel, eg_dtype dtype, int threads)
{
    static const int64_t sizes[] = {0, 1, 2, 3, 4, 5, 63, 64, 65, 127, 128, 129, 16383, 16384,
        16385, 100003};

    eg_set_threads(1);
    array all = draw(kernel, dtype, 3, 5, 100003);
    eg_set_threads(threads);
    for (int i = 0; i < 16; i++) {
        array some = draw(kernel, dtype, 3, 5, sizes[i]);
        assert_memory_equal(some.data, all.data, eg__bytes(&some.spec));
        array_free(&some);
    }
    array_free(&all);
}

TEST(an_element_is_the_same_in_any_size_and_on_any_number_of_threads)
{
    static const eg_kernel *const kernels[] = {&eg__uniform_kernel, &eg__normal_kernel};
    int before = eg_threads();

    for (int t = 1; t <= 4; t += t)
        for (int k = 0; k < 2; k++)
            for (int dtype = EG_FLOAT32; dtype <= EG_FLOAT64; dtype++)
                check_sizes(kernels[k], (eg_dtype)dtype, t);
    eg_set_threads(before);
}

TEST(other_dtypes_are_declined)
{
    eg__random_attrs attrs = {sizeof attrs, EG_INT32, {1, {3}}};
    array key = array_new(EG_INT64, EG_DIMS(2)), out = array_new(EG_INT32, EG_DIMS(3));

    assert_non_null(run_kernel(&eg__uniform_kernel, &attrs, 1, &key, 1, &out));
    array_free(&key);
    array_free(&out);
}

/* ---- distributions -------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The numbers as doubles. */
static double *as_doubles(const array *a)
{
    double *x = malloc(MANY * sizeof *x);

    assert_non_null(x);
    for (int i = 0; i < MANY; i++)
        x[i] = eg__element_real(a->spec.dtype,
            (char *)a->data + (size_t)i * eg__dtype(a->spec.dtype)->size);
    return x;
}

/* Moments within five standard errors; Kolmogorov's distance below what one in 10^5 exceeds. */
static void check_sample(double *x, double mean, double variance, double kurtosis,
    double (*cumulative)(double))
{
    double sum = 0, squares = 0, lag = 0, distance = 0;

    for (int i = 0; i < MANY; i++) {
        sum += x[i] - mean;
        squares += (x[i] - mean) * (x[i] - mean);
        lag += i > 0 ? (x[i] - mean) * (x[i - 1] - mean) : 0;
    }
    assert_true(fabs(sum / MANY) < 5 * sqrt(variance / MANY));
    assert_true(fabs(squares / MANY - variance) < 5 * variance * sqrt((kurtosis - 1) / MANY));
    assert_true(fabs(lag / MANY) < 5 * variance / sqrt(MANY));
    qsort(x, MANY, sizeof *x, by_size);
    for (int i = 0; i < MANY; i++) {
        double p = cumulative(x[i]);
        distance = fmax(distance, fmax(p - i / (double)MANY, (i + 1) / (double)MANY - p));
    }
    assert_true(distance < 2.5 / sqrt(MANY));
}

static double cumulative_uniform(double x)
{
    return x;
}

static double cumulative_normal(double x)
{
    return 0.5 * erfc(-x / sqrt(2.0));
}

TEST(a_million_numbers_are_distributed_as_they_should_be)
{
    for (int dtype = EG_FLOAT32; dtype <= EG_FLOAT64; dtype++) {
        array u = draw(&eg__uniform_kernel, (eg_dtype)dtype, 42, 3, MANY);
        array n = draw(&eg__normal_kernel, (eg_dtype)dtype, 42, 4, MANY);
        double *x = as_doubles(&u), *z = as_doubles(&n);
        check_sample(x, 0.5, 1 / 12.0, 1.8, cumulative_uniform);
        check_sample(z, 0, 1, 3, cumulative_normal);
        assert_true(x[0] >= 0 && x[MANY - 1] < 1);
        assert_true(z[0] < -4 && z[MANY - 1] > 4);
        free(x);
        free(z);
        array_free(&u);
        array_free(&n);
    }
}
