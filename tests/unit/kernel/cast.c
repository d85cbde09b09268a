/* Conversion between every two dtypes on every instruction set: what C converts as C does, and what
 * C leaves undefined by the rule of saturation.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "arrays.h"

/* The whole number of a dtype that a real one becomes: of uint64 its bits. */
static int64_t saturated(double x, eg_dtype to)
{
    const eg__dtype_info *d = eg__dtype(to);
    int unused = 64 - 8 * (int)d->size + !d->is_unsigned;

    if (isnan(x))
        return 0;
    if (x <= d->lowest)
        return d->is_unsigned ? 0 : -(int64_t)(UINT64_MAX >> unused) - 1;
    if (x > d->highest)
        return (int64_t)(UINT64_MAX >> unused);
    return d->is_unsigned ? (int64_t)(uint64_t)x : (int64_t)x;
}

/* Rounded once, whatever the number of bits. */
static void real_of_whole(eg_dtype from, const void *x, eg_dtype to, void *z)
{
    int64_t whole = eg__element_int(from, x);
    uint64_t natural = (uint64_t)whole;

    if (from == EG_UINT64 && to == EG_FLOAT32)
        *(float *)z = (float)natural;
    else if (from == EG_UINT64)
        eg__set_element_real(to, z, (double)natural);
    else
        eg__set_element_int(to, z, whole);
}

static void expected(eg_dtype from, const void *x, eg_dtype to, void *z)
{
    bool is_real = eg__dtype(from)->kind == EG__REAL;
    double real = eg__element_real(from, x);

    if (to == EG_BOOL)
        *(bool *)z = is_real ? real != 0 : eg__element_int(from, x) != 0;
    else if (eg__dtype(to)->kind == EG__REAL && is_real)
        eg__set_element_real(to, z, real);
    else if (is_real)
        eg__set_element_int(to, z, saturated(real, to));
    else if (eg__dtype(to)->kind == EG__REAL)
        real_of_whole(from, x, to, z);
    else
        eg__set_element_int(to, z, eg__element_int(from, x));
}

/* The same where one of the two is complex. */
static void expected_complex(eg_dtype from, const void *x, eg_dtype to, void *z)
{
    if (to == EG_BOOL) {
        *(bool *)z = eg__element_true(from, x);
    } else if (eg__is_complex(from)) {
        eg__set_element_pair(to, z, eg__element_pair(from, x));
    } else {
        memset(z, 0, eg__dtype(to)->size);
        expected(from, x, eg__part_of(to), z);
    }
}

static void check_loop(eg_loop loop, const array *x, eg_dtype to)
{
    array z = vector_new(to, x->spec.size);
    const void *in[] = {x->data};
    double want[2]; /* room for any element */

    loop(x->spec.size, in, (const int64_t[]){1}, z.data);
    for (int64_t i = 0; i < x->spec.size; i++) {
        if (eg__is_complex(x->spec.dtype) || eg__is_complex(to))
            expected_complex(x->spec.dtype, element(x, i), to, want);
        else
            expected(x->spec.dtype, element(x, i), to, want);
        if (!same_value(to, element(&z, i), want))
            fail_msg("%g of %s to %s gives %g", eg__element_real(x->spec.dtype, element(x, i)),
                eg_dtype_name(x->spec.dtype), eg_dtype_name(to),
                eg__element_real(to, element(&z, i)));
    }
    free(z.data);
}

/* Numbers of every size, among them the edges of the integers' ranges. */
static array numbers(eg_dtype dtype, int64_t n)
{
    static const double edges[] = {2147483647, 2147483648., 2147483646.5, -2147483648.,
        -2147483649., -2147483648.5, 0x1p63, -0x1p63, 0x1.fffffffffffffp62, 0x1.fffffep30,
        0x1.fffffep62, 0.99, -0.99, 0x1p-1060, 1e300, -1e300, 16777217, 9007199254740993.};
    array x = dtype == EG_STRING ? vector_new(dtype, n) : filled(dtype, n, (uint64_t)n + 5);

    for (int64_t i = 0; i < n && eg__dtype(dtype)->kind == EG__REAL; i += 3)
        eg__set_element_real(dtype, element(&x, i), edges[i / 3 % 18]);
    for (int64_t i = 1; i < n && dtype == EG_INT64; i += 3)
        ((uint64_t *)x.data)[i] *= UINT64_C(1844674407370955);
    return x;
}

/* Strings are read and written with memory that loops do not have. */
static bool becomes(eg_dtype from, eg_dtype to)
{
    if (from == EG_STRING || to == EG_STRING)
        return false;
    return !eg__is_complex(from) || eg__is_complex(to) || to == EG_BOOL;
}

static void check_casts_of(const array *x)
{
    for (int to = 1; to < EG__DTYPES; to++)
        for (int isa = 0; isa <= (int)eg__isa_now(); isa++) {
            const eg_loop *loops = eg__cast_loops[isa][x->spec.dtype];
            if (becomes(x->spec.dtype, to))
                check_loop(loops[to], x, to);
            else
                assert_true(!loops || !loops[to]);
        }
}

TEST(every_dtype_of_numbers_becomes_every_other_but_complex_ones_no_real_one)
{
    static const int64_t sizes[] = {0, 1, 3, 8, 17, 64, 200, 1001};

    for (int from = 1; from < EG__DTYPES; from++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            array x = numbers(from, sizes[s]);
            check_casts_of(&x);
            free(x.data);
        }
}

TEST(conversion_saturates_and_makes_zero_of_nan)
{
    const float x[] = {1.7f, -1.7f, 3e9f, -3e9f, NAN, INFINITY, -INFINITY, 2147483520.f};
    const int32_t want[] = {1, -1, INT32_MAX, INT32_MIN, 0, INT32_MAX, INT32_MIN, 2147483520};
    array in = vector_new(EG_FLOAT32, 8), out = vector_new(EG_INT32, 8);

    memcpy(in.data, x, sizeof x);
    assert_null(run_kernel(&eg__cast_loop, NULL, 1, &in, &out));
    assert_memory_equal(out.data, want, sizeof want);
    assert_null(run_kernel(&eg__cast_loop, NULL, 1, &in, &in)); /* float32 to float32 */
    assert_memory_equal(in.data, x, sizeof x);
    free(in.data);
    free(out.data);
}

static void check_in_place(eg_dtype from, eg_dtype to)
{
    enum { N = 40003 };
    array x = numbers(from, N), z = vector_new(to, N);

    assert_null(run_kernel(&eg__cast_loop, NULL, 1, &x, &z));
    array over = {z.spec, x.data};
    assert_null(run_kernel(&eg__cast_loop, NULL, 1, &x, &over));
    assert_true(same_bits(&over, &z));
    free(x.data);
    free(z.data);
}

TEST(conversion_between_dtypes_of_one_size_may_be_in_place)
{
    check_in_place(EG_FLOAT32, EG_INT32);
    check_in_place(EG_INT32, EG_FLOAT32);
    check_in_place(EG_FLOAT64, EG_INT64);
    check_in_place(EG_INT64, EG_FLOAT64);
}

TEST(an_unknown_dtype_is_declined)
{
    array in = vector_new(EG_FLOAT32, 1), out = vector_new(EG_FLOAT32, 1);

    out.spec.dtype = (eg_dtype)77;
    assert_non_null(run_kernel(&eg__cast_loop, NULL, 1, &in, &out));
    out.spec.dtype = EG_NO_DTYPE;
    assert_non_null(run_kernel(&eg__cast_loop, NULL, 1, &in, &out));
    free(in.data);
    free(out.data);
}
