/* Division that rounds down: the sign rule of Python, numpy's rules for infinity and zero, and an
 * error where an integer is divided by zero.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/divide.h"
#include "arrays.h"

/* ---- integers ------------------------------------------------------------------------------- */

__extension__ typedef __int128 wide;

static int64_t floor_of(int64_t x, int64_t y)
{
    wide q = (wide)x / y;
    return (int64_t)(uint64_t)(q - (q * y != x && (x < 0) != (y < 0)));
}

static int64_t rest_of(int64_t x, int64_t y)
{
    wide r = (wide)x % y;
    return (int64_t)(r != 0 && (r < 0) != (y < 0) ? r + y : r);
}

/* Quotients and remainders of all elements, whose shapes broadcast. */
static void check_ints(const array in[], const int64_t dims[2])
{
    eg_dtype dtype = in[0].spec.dtype;
    array q = array_new(dtype, 2, dims), r = array_new(dtype, 2, dims);

    assert_null(run_kernel(&eg__floor_div_kernel, NULL, 2, in, &q));
    assert_null(run_kernel(&eg__remainder_kernel, NULL, 2, in, &r));
    assert_fine();
    for (int64_t i = 0; i < q.spec.size; i++) {
        int64_t x = eg__element_int(dtype, element(&in[0], broadcast_index(&in[0], &q, i)));
        int64_t y = eg__element_int(dtype, element(&in[1], broadcast_index(&in[1], &q, i)));
        array want = vector_new(dtype, 1);
        eg__set_element_int(dtype, want.data, floor_of(x, y));
        assert_memory_equal(element(&q, i), want.data, eg__dtype(dtype)->size);
        eg__set_element_int(dtype, want.data, rest_of(x, y));
        assert_memory_equal(element(&r, i), want.data, eg__dtype(dtype)->size);
        free(want.data);
    }
    free(q.data);
    free(r.data);
}

static void without_zeros(const array *a)
{
    for (int64_t i = 0; i < a->spec.size; i++)
        if (eg__element_int(a->spec.dtype, element(a, i)) == 0)
            eg__set_element_int(a->spec.dtype, element(a, i), i % 2 ? -1 : 3);
}

TEST(integers_are_divided_by_the_rule_of_python_under_every_broadcasting)
{
    static const int64_t shapes[][2][2] = {{{1, 1000}, {1, 1000}}, {{1, 1000}, {1, 1}},
        {{1, 1}, {1, 1000}}, {{30, 1}, {1, 30}}, {{1, 7}, {90, 7}}, {{1, 0}, {1, 1}}};

    for (int dtype = EG_INT32; dtype <= EG_INT64; dtype++)
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            const int64_t *a = shapes[i][0], *b = shapes[i][1];
            array in[] = {array_new(dtype, 2, a), array_new(dtype, 2, b)};
            int64_t dims[] = {a[0] > b[0] ? a[0] : b[0], a[1] == 1 ? b[1] : a[1]};
            fill(&in[0], i, 100, true);
            fill(&in[1], i + 10, 12, true);
            without_zeros(&in[1]);
            check_ints(in, dims);
            arrays_free(2, in);
        }
}

TEST(the_smallest_integer_divided_by_minus_one_wraps)
{
    int32_t x = INT32_MIN, y = -1, z = 7;
    int64_t wide_x = INT64_MIN, wide_y = -1, wide_z = 7;
    array in[] = {{{EG_INT32, 0, 1, {0}}, &x}, {{EG_INT32, 0, 1, {0}}, &y}};
    array out = {{EG_INT32, 0, 1, {0}}, &z};
    array wide_in[] = {{{EG_INT64, 0, 1, {0}}, &wide_x}, {{EG_INT64, 0, 1, {0}}, &wide_y}};
    array wide_out = {{EG_INT64, 0, 1, {0}}, &wide_z};

    assert_null(run_kernel(&eg__floor_div_kernel, NULL, 2, in, &out));
    assert_int_equal(z, INT32_MIN);
    assert_null(run_kernel(&eg__remainder_kernel, NULL, 2, in, &out));
    assert_int_equal(z, 0);
    assert_null(run_kernel(&eg__floor_div_kernel, NULL, 2, wide_in, &wide_out));
    assert_true(wide_z == INT64_MIN);
    assert_null(run_kernel(&eg__remainder_kernel, NULL, 2, wide_in, &wide_out));
    assert_true(wide_z == 0);
}

/* A zero at `at` among n divisors is found, and nothing has been written. */
static void check_zero(const eg_kernel *kernel, eg_dtype dtype, int64_t n, int64_t at)
{
    array in[] = {vector_new(dtype, n), vector_new(dtype, n)};

    for (int64_t i = 0; i < n; i++) {
        eg__set_element_int(dtype, element(&in[0], i), 7);
        eg__set_element_int(dtype, element(&in[1], i), i == at ? 0 : 2);
    }
    assert_null(run_kernel(kernel, NULL, 2, in, &in[0]));
    assert_error(EG_INVALID, "an integer is divided by zero");
    for (int64_t i = 0; i < n; i++)
        assert_true(eg__element_int(dtype, element(&in[0], i)) == 7);
    arrays_free(2, in);
}

TEST(an_integer_divided_by_zero_is_an_error_that_changes_nothing)
{
    for (int dtype = EG_INT32; dtype <= EG_INT64; dtype++) {
        check_zero(&eg__floor_div_kernel, dtype, 1, 0);
        check_zero(&eg__remainder_kernel, dtype, 17, 16);
        check_zero(&eg__remainder_kernel, dtype, 17, 0);
        check_zero(&eg__floor_div_kernel, dtype, 70000, 69999);
        check_zero(&eg__floor_div_kernel, dtype, 300000, 140000);
    }
}

TEST(a_result_without_elements_divides_by_nothing)
{
    array in[] = {vector_new(EG_INT32, 0), vector_new(EG_INT32, 1)}, out = vector_new(EG_INT32, 0);

    assert_null(run_kernel(&eg__floor_div_kernel, NULL, 2, in, &out)); /* the divisor is 0 */
    assert_fine();
    arrays_free(2, in);
    free(out.data);
}

static bool may_fail(eg_dtype dtype)
{
    eg_spec spec = {dtype, 0, 1, {0}};
    const eg_spec *in[] = {&spec, &spec}, *out[] = {&spec};
    eg_problem p = {NULL, 2, 1, in, out};
    eg_job job;

    assert_null(eg__floor_div_kernel.prepare(&eg__floor_div_kernel, &p, &job));
    return job.may_fail;
}

TEST(only_division_of_integers_may_fail)
{
    assert_true(may_fail(EG_INT32));
    assert_true(may_fail(EG_INT64));
    assert_false(may_fail(EG_FLOAT32));
    assert_false(may_fail(EG_FLOAT64));
}

/* ---- floating point ------------------------------------------------------------------------- */

/* x, y, numpy.floor_divide, numpy.remainder, as numpy 2.4 gives them. */
static const double golden[][4] = {
    {7, 2, 3, 1},
    {-7, 2, -4, 1},
    {7, -2, -4, -1},
    {-7, -2, 3, -1},
    {0.5, 1, 0, 0.5},
    {-0.5, 1, -1, 0.5},
    {6, 2, 3, 0},
    {-6, 2, -3, 0},
    {6, -2, -3, -0.0},
    {0, 3, 0, 0},
    {-0.0, 3, -0.0, 0},
    {0, -3, -0.0, -0.0},
    {1, INFINITY, 0, 1},
    {-1, INFINITY, -1, INFINITY},
    {1, -INFINITY, -1, -INFINITY},
    {INFINITY, 2, NAN, NAN},
    {-INFINITY, 2, NAN, NAN},
    {INFINITY, INFINITY, NAN, NAN},
    {1, 0, INFINITY, NAN},
    {-1, 0, -INFINITY, NAN},
    {1, -0.0, -INFINITY, NAN},
    {0, 0, NAN, NAN},
    {INFINITY, 0, INFINITY, NAN},
    {NAN, 1, NAN, NAN},
    {1, NAN, NAN, NAN},
    {3.5, 2, 1, 1.5},
    {-3.5, 2, -2, 0.5},
    {1e30, 3.5, 0x1.cd98a8b00a10bp+97, 1.5},
};

static void check_golden(const double row[4], eg_dtype dtype)
{
    array in[] = {vector_new(dtype, 1), vector_new(dtype, 1)};
    array z = vector_new(dtype, 1), want = vector_new(dtype, 1);
    const eg_kernel *const kernels[] = {&eg__floor_div_kernel, &eg__remainder_kernel};

    eg__set_element_real(dtype, in[0].data, row[0]);
    eg__set_element_real(dtype, in[1].data, row[1]);
    for (int k = 0; k < 2; k++) {
        eg__set_element_real(dtype, want.data, row[2 + k]);
        assert_null(run_kernel(kernels[k], NULL, 2, in, &z));
        if (!same_value(dtype, z.data, want.data))
            fail_msg("%g and %g (%s): %g instead of %g", row[0], row[1], eg_dtype_name(dtype),
                eg__element_real(dtype, z.data), row[2 + k]);
    }
    arrays_free(2, in);
    free(z.data);
    free(want.data);
}

TEST(floating_point_division_agrees_with_numpy)
{
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        check_golden(golden[i], EG_FLOAT64);
        if (fabs(golden[i][0]) != 1e30)
            check_golden(golden[i], EG_FLOAT32);
    }
}

TEST(quotient_and_remainder_of_floating_point_numbers_belong_together)
{
    enum { N = 20000 };
    array in[] = {vector_new(EG_FLOAT64, N), vector_new(EG_FLOAT64, N)};
    array q = vector_new(EG_FLOAT64, N), r = vector_new(EG_FLOAT64, N);

    fill(&in[0], 1, 1000, false);
    fill(&in[1], 2, 7, false);
    assert_null(run_kernel(&eg__floor_div_kernel, NULL, 2, in, &q));
    assert_null(run_kernel(&eg__remainder_kernel, NULL, 2, in, &r));
    for (int64_t i = 0; i < N; i++) {
        double x = ((double *)in[0].data)[i], y = ((double *)in[1].data)[i];
        double quotient = ((double *)q.data)[i], rest = ((double *)r.data)[i];
        assert_true(quotient == floor(quotient) && fabs(rest) <= fabs(y));
        assert_true(rest == 0 || (rest < 0) == (y < 0));
        assert_true(fabs(fma(quotient, y, rest) - x) <= 1e-12 * fabs(x));
    }
    arrays_free(2, in);
    free(q.data);
    free(r.data);
}
