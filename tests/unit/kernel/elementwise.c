/* Element-wise kernels of arithmetic, comparison, logic and selection: right at every size and
 * under every broadcasting, the same bits at every position and with any number of threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "arrays.h"

/* ---- what each function is, in the plainest words -------------------------------------------- */

typedef int64_t (*whole_function)(int64_t x, int64_t y);
typedef uint64_t (*natural_function)(uint64_t x, uint64_t y);
typedef double (*real_function)(double x, double y);

#define WHOLE(name, expression)                                                                    \
    static int64_t whole_##name(int64_t x, int64_t y)                                              \
    {                                                                                              \
        (void)x, (void)y;                                                                          \
        return (int64_t)(expression);                                                              \
    }                                                                                              \
    static uint64_t natural_##name(uint64_t x, uint64_t y)                                         \
    {                                                                                              \
        (void)x, (void)y;                                                                          \
        return (uint64_t)(expression);                                                             \
    }
#define REAL(name, expression)                                                                     \
    static double real_##name(double x, double y)                                                  \
    {                                                                                              \
        (void)x, (void)y;                                                                          \
        return expression;                                                                         \
    }

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtype-limits" /* numbers without sign are not below 0 */
#endif
WHOLE(add, (uint64_t)x + (uint64_t)y)
WHOLE(sub, (uint64_t)x - (uint64_t)y)
WHOLE(mul, (uint64_t)(x) * (uint64_t)(y))
WHOLE(maximum, x > y ? x : y)
WHOLE(minimum, x < y ? x : y)
WHOLE(neg, 0 - (uint64_t)x)
WHOLE(abs, x < 0 ? 0 - (uint64_t)x : (uint64_t)x)
WHOLE(sign, x > 0 ? 1 : x < 0 ? -1 : 0)
WHOLE(square, (uint64_t)(x) * (uint64_t)(x))
WHOLE(relu, x > 0 ? x : 0)
WHOLE(equal, x == y)
WHOLE(not_equal, x != y)
WHOLE(less, x < y)
WHOLE(less_equal, x <= y)
WHOLE(greater, x > y)
WHOLE(greater_equal, x >= y)
WHOLE(logical_and, x != 0 && y != 0)
WHOLE(logical_or, x != 0 || y != 0)
WHOLE(logical_xor, x != y)
WHOLE(logical_not, !x)
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

REAL(add, x + y)
REAL(sub, x - y)
REAL(mul, (x) * (y))
REAL(div, x / y)
REAL(maximum, isnan(x) || x > y ? x : y)
REAL(minimum, isnan(x) || x < y ? x : y)
REAL(neg, -x)
REAL(abs, fabs(x))
REAL(sign, isnan(x) ? x : (x > 0) - (x < 0))
REAL(square, (x) * (x))
REAL(sqrt, sqrt(x))
REAL(relu, isnan(x) || x > 0 ? x : 0)
REAL(equal, x == y)
REAL(not_equal, x != y)
REAL(less, x < y)
REAL(less_equal, x <= y)
REAL(greater, x > y)
REAL(greater_equal, x >= y)

typedef struct function {
    const char *name;
    const eg_kernel *kernel;
    int n_in;
    bool gives_truth, takes_truth;
    whole_function whole;
    natural_function natural;
    real_function real;
} function;

#define LOOP(name) #name, &eg__##name##_loop

static const function functions[] = {
    {LOOP(add), 2, false, false, whole_add, natural_add, real_add},
    {LOOP(sub), 2, false, false, whole_sub, natural_sub, real_sub},
    {LOOP(mul), 2, false, false, whole_mul, natural_mul, real_mul},
    {LOOP(maximum), 2, false, false, whole_maximum, natural_maximum, real_maximum},
    {LOOP(minimum), 2, false, false, whole_minimum, natural_minimum, real_minimum},
    {LOOP(neg), 1, false, false, whole_neg, natural_neg, real_neg},
    {LOOP(abs), 1, false, false, whole_abs, natural_abs, real_abs},
    {LOOP(sign), 1, false, false, whole_sign, natural_sign, real_sign},
    {LOOP(square), 1, false, false, whole_square, natural_square, real_square},
    {LOOP(relu), 1, false, false, whole_relu, natural_relu, real_relu},
    {LOOP(div), 2, false, false, NULL, NULL, real_div},
    {LOOP(sqrt), 1, false, false, NULL, NULL, real_sqrt},
    {LOOP(equal), 2, true, true, whole_equal, natural_equal, real_equal},
    {LOOP(not_equal), 2, true, true, whole_not_equal, natural_not_equal, real_not_equal},
    {LOOP(less), 2, true, false, whole_less, natural_less, real_less},
    {LOOP(less_equal), 2, true, false, whole_less_equal, natural_less_equal, real_less_equal},
    {LOOP(greater), 2, true, false, whole_greater, natural_greater, real_greater},
    {LOOP(greater_equal), 2, true, false, whole_greater_equal, natural_greater_equal,
        real_greater_equal},
    {LOOP(logical_and), 2, true, true, whole_logical_and, natural_logical_and, NULL},
    {LOOP(logical_or), 2, true, true, whole_logical_or, natural_logical_or, NULL},
    {LOOP(logical_xor), 2, true, true, whole_logical_xor, natural_logical_xor, NULL},
    {LOOP(logical_not), 1, true, true, whole_logical_not, natural_logical_not, NULL},
};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* Logic takes truth values only, which its lack of a function of reals shows. */
static bool takes(const function *f, eg_dtype dtype)
{
    switch (eg__dtype(dtype)->kind) {
    case EG__BOOLEAN:
        return f->takes_truth;
    case EG__INTEGER:
        return f->whole && f->real;
    case EG__REAL:
        return f->real && !eg__dtype(dtype)->is_half; /* those are computed in float32 */
    default:
        return false;
    }
}

static void expected(const function *f, const array in[], const array *out, int64_t i, void *z)
{
    const void *operand[2];

    for (int k = 0; k < 2; k++) {
        const array *a = &in[k < f->n_in ? k : 0];
        operand[k] = element(a, broadcast_index(a, out, i));
    }
    eg_dtype dtype = in[0].spec.dtype;
    if (eg__dtype(dtype)->kind == EG__REAL)
        eg__set_element_real(out->spec.dtype, z,
            f->real(eg__element_real(dtype, operand[0]), eg__element_real(dtype, operand[1])));
    else if (eg__dtype(dtype)->is_unsigned)
        eg__set_element_int(out->spec.dtype, z,
            (int64_t)f->natural((uint64_t)eg__element_int(dtype, operand[0]),
                (uint64_t)eg__element_int(dtype, operand[1])));
    else
        eg__set_element_int(out->spec.dtype, z,
            f->whole(eg__element_int(dtype, operand[0]), eg__element_int(dtype, operand[1])));
}

static void check(const function *f, const array in[], const array *out)
{
    eg_dtype dtype = out->spec.dtype;

    for (int64_t i = 0; i < out->spec.size; i++) {
        double want; /* room for any element */
        expected(f, in, out, i, &want);
        if (same_value(dtype, element(out, i), &want))
            continue;
        fail_msg("%s of %s at %d of %d: %g instead of %g", f->name, eg_dtype_name(in[0].spec.dtype),
            (int)i, (int)out->spec.size, eg__element_real(dtype, element(out, i)),
            eg__element_real(dtype, &want));
    }
}

typedef void (*trial)(const function *f, const eg_kernel *kernel, eg_dtype dtype);

/* Every function, dtype and instruction set. */
static void try_all(trial t)
{
    for (int i = 0; i < FUNCTIONS; i++)
        for (int dtype = 1; dtype < EG__DTYPES; dtype++)
            for (int isa = 0; isa <= (int)eg__isa_now() && takes(&functions[i], dtype); isa++) {
                held_kernel held;
                t(&functions[i], held_to(&held, functions[i].kernel, isa), dtype);
            }
}

static eg_dtype result_of(const function *f, eg_dtype dtype)
{
    return f->gives_truth ? EG_BOOL : dtype;
}

/* ---- values --------------------------------------------------------------------------------- */

static void try_sizes(const function *f, const eg_kernel *kernel, eg_dtype dtype)
{
    static const int64_t sizes[] = {0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 127, 1025};

    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        array in[] = {filled(dtype, sizes[s], s), filled(dtype, sizes[s], s + 100)};
        array out = vector_new(result_of(f, dtype), sizes[s]);
        assert_null(run_kernel(kernel, NULL, f->n_in, in, &out));
        check(f, in, &out);
        arrays_free(2, in);
        free(out.data);
    }
}

TEST(functions_agree_with_their_definition_at_every_size)
{
    try_all(try_sizes);
}

static void try_scalars(const function *f, const eg_kernel *kernel, eg_dtype dtype)
{
    for (int k = 0; k < f->n_in && f->n_in > 1; k++)
        for (int64_t n = 0; n < 70; n += 23) {
            array in[] = {filled(dtype, k == 0 ? 1 : n, 7 + (uint64_t)n),
                filled(dtype, k ? 1 : n, 3)};
            array out = vector_new(result_of(f, dtype), n);
            in[k].spec.rank = 0;
            assert_null(run_kernel(kernel, NULL, 2, in, &out));
            check(f, in, &out);
            arrays_free(2, in);
            free(out.data);
        }
}

TEST(a_scalar_on_either_side_meets_every_element)
{
    try_all(try_scalars);
}

/* Random shapes of which each axis may be 1 or missing in each operand. */
static void random_shapes(uint64_t *state, int n_in, array in[], array *out, eg_dtype dtype)
{
    int64_t dims[5], own[5];
    int rank = (int)(harness_random(state) % 6);

    for (int i = 0; i < rank; i++)
        dims[i] = 1 + (int64_t)(harness_random(state) % 20 / 4);
    if (rank > 0 && harness_random(state) % 10 == 0)
        dims[harness_random(state) % (uint64_t)rank] = 0;
    for (int k = 0; k < n_in; k++) {
        int skip = k > 0 && rank > 0 ? (int)(harness_random(state) % (uint64_t)rank) : 0;
        for (int i = skip; i < rank; i++)
            own[i - skip] = k > 0 && harness_random(state) % 3 == 0 ? 1 : dims[i];
        in[k] = array_new(dtype, rank - skip, own);
        fill(&in[k], harness_random(state), 50, true);
    }
    *out = array_new(dtype, rank, dims);
}

TEST(any_two_shapes_that_broadcast_are_walked_in_step)
{
    uint64_t state = 42;

    for (int i = 0; i < 2000; i++) {
        const function *f = &functions[i % 3]; /* add, sub, mul */
        array in[2], out;
        random_shapes(&state, 2, in, &out, i % 2 ? EG_FLOAT32 : EG_INT64);
        array turned[] = {in[1], in[0]};
        assert_null(run_kernel(f->kernel, NULL, 2, in, &out));
        check(f, in, &out);
        assert_null(run_kernel(f->kernel, NULL, 2, turned, &out));
        check(f, turned, &out);
        arrays_free(2, in);
        free(out.data);
    }
}

/* ---- large arrays, threads ------------------------------------------------------------------ */

static void try_large(const int64_t x_dims[2], const int64_t y_dims[2])
{
    int64_t dims[] = {x_dims[0] > y_dims[0] ? x_dims[0] : y_dims[0],
        x_dims[1] > y_dims[1] ? x_dims[1] : y_dims[1]};
    array in[] = {array_new(EG_FLOAT32, 2, x_dims), array_new(EG_FLOAT32, 2, y_dims)};
    array one = array_new(EG_FLOAT32, 2, dims), two = array_new(EG_FLOAT32, 2, dims);
    int threads = eg_threads();

    fill(&in[0], 1, 50, true);
    fill(&in[1], 2, 50, true);
    eg_set_threads(1);
    assert_null(run_kernel(functions[0].kernel, NULL, 2, in, &one));
    check(&functions[0], in, &one);
    for (int n = 2; n <= 3; n++) {
        eg_set_threads(n);
        assert_null(run_kernel(functions[0].kernel, NULL, 2, in, &two));
        assert_true(same_bits(&one, &two));
    }
    eg_set_threads(threads);
    arrays_free(2, in);
    free(one.data);
    free(two.data);
}

TEST(large_arrays_are_right_and_the_same_with_any_number_of_threads)
{
    static const int64_t shapes[][2][2] = {{{1, 500001}, {1, 500001}}, {{1, 500001}, {1, 1}},
        {{1, 1}, {1, 400000}}, {{150000, 3}, {1, 3}}, {{150000, 3}, {150000, 1}},
        {{7, 1}, {1, 65537}}, {{600, 700}, {1, 700}}, {{1, 2500000}, {1, 2500000}},
        {{1511, 1501}, {1, 1501}}, {{700001, 3}, {1, 3}}};

    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        try_large(shapes[i][0], shapes[i][1]);
}

TEST(a_large_array_may_be_divided_by_a_scalar)
{
    enum { N = 2200000 };
    array in[] = {filled(EG_FLOAT64, N, 5), vector_new(EG_FLOAT64, 1)};
    array out = vector_new(EG_FLOAT64, N);

    *(double *)in[1].data = 3;
    assert_null(run_kernel(&eg__div_loop, NULL, 2, in, &out));
    for (int64_t i = 0; i < N; i++) {
        double want = ((double *)in[0].data)[i] / 3;
        assert_true(same_value(EG_FLOAT64, element(&out, i), &want));
    }
    arrays_free(2, in);
    free(out.data);
}

/* ---- position ------------------------------------------------------------------------------- */

/* A part of an array, sharing its elements. */
static array part(const array *a, int64_t at, int64_t n)
{
    array p = {.spec = a->spec, .data = element(a, a->spec.size == 1 ? 0 : at)};

    p.spec.dims[0] = p.spec.size = a->spec.size == 1 ? 1 : n;
    return p;
}

static void try_parts(const eg_kernel *kernel, int n_in, const array in[], const array *whole)
{
    static char room[8 * 400];
    int64_t size = whole->spec.size;
    size_t bytes = eg__dtype(whole->spec.dtype)->size;

    for (int64_t at = 0; at < size; at++)
        for (int64_t n = at % 3 + 1; at + n <= size; n += 1 + n / 2) {
            array parts[3], out = {.spec = whole->spec, .data = room};
            for (int k = 0; k < n_in; k++)
                parts[k] = part(&in[k], at, n);
            out.spec.size = out.spec.dims[0] = n;
            assert_null(run_kernel(kernel, NULL, n_in, parts, &out));
            assert_memory_equal(room, element(whole, at), (size_t)n * bytes);
        }
}

static void try_positions(const function *f, const eg_kernel *kernel, eg_dtype dtype)
{
    enum { N = 149 };
    array in[] = {filled(dtype, N, 11), filled(dtype, N, 12)};
    array out = vector_new(result_of(f, dtype), N);

    assert_null(run_kernel(kernel, NULL, f->n_in, in, &out));
    try_parts(kernel, f->n_in, in, &out);
    for (int k = 0; k < f->n_in && f->n_in > 1; k++) {
        array scalar[] = {in[0], in[1]};
        scalar[k].spec.size = scalar[k].spec.dims[0] = 1;
        assert_null(run_kernel(kernel, NULL, f->n_in, scalar, &out));
        try_parts(kernel, f->n_in, scalar, &out);
    }
    arrays_free(2, in);
    free(out.data);
}

TEST(bits_of_an_element_do_not_depend_on_its_position)
{
    try_all(try_positions);
}

static void try_forms(const function *f, const eg_kernel *kernel, eg_dtype dtype)
{
    enum { N = 149 };
    array in[] = {filled(dtype, N, 21), filled(dtype, N, 22)};
    array stays = vector_new(result_of(f, dtype), N), advances = vector_new(result_of(f, dtype), N);
    size_t bytes = eg__dtype(dtype)->size;

    for (int64_t i = 0; i < N && f->n_in == 2; i++)
        for (int k = 0; k < 2; k++) {
            array scalar[] = {in[0], in[1]}, same[] = {in[0], in[1]};
            scalar[k] = part(&in[k], i, 1);
            same[k] = vector_new(dtype, N);
            for (int64_t j = 0; j < N; j++)
                memcpy(element(&same[k], j), element(&in[k], i), bytes);
            assert_null(run_kernel(kernel, NULL, 2, scalar, &stays));
            assert_null(run_kernel(kernel, NULL, 2, same, &advances));
            assert_true(same_bits(&stays, &advances));
            free(same[k].data);
        }
    arrays_free(2, in);
    free(stays.data);
    free(advances.data);
}

TEST(bits_of_an_element_do_not_depend_on_the_form_of_broadcasting)
{
    try_all(try_forms);
}

/* ---- in place ------------------------------------------------------------------------------- */

static void try_in_place(const function *f, const eg_kernel *kernel, eg_dtype dtype)
{
    enum { N = 331 };

    for (int k = 0; k < f->n_in && result_of(f, dtype) == dtype; k++) {
        array in[] = {filled(dtype, N, 31), filled(dtype, N, 32)};
        array out = vector_new(dtype, N);
        assert_null(run_kernel(kernel, NULL, f->n_in, in, &out));
        assert_null(run_kernel(kernel, NULL, f->n_in, in, &in[k]));
        assert_true(same_bits(&in[k], &out));
        arrays_free(2, in);
        free(out.data);
    }
}

TEST(a_result_may_be_written_over_an_argument)
{
    try_all(try_in_place);
}

TEST(a_large_result_has_the_same_bits_past_the_caches_and_over_an_argument)
{
    const function *f = &functions[0];
    array in[] = {filled(EG_FLOAT32, 2200001, 31), filled(EG_FLOAT32, 2200001, 32)};
    array out = vector_new(EG_FLOAT32, 2200001);

    assert_null(run_kernel(f->kernel, NULL, 2, in, &out));
    assert_null(run_kernel(f->kernel, NULL, 2, in, &in[1]));
    assert_true(same_bits(&in[1], &out));
    arrays_free(2, in);
    free(out.data);
}

static bool allows_in_place(const eg_kernel *kernel, eg_spec x, eg_spec y, eg_spec z)
{
    const eg_spec *in[] = {&x, &y}, *out[] = {&z};
    eg_problem p = {NULL, 2, 1, in, out};
    eg_job job;

    assert_null(kernel->prepare(kernel, &p, &job));
    return job.in_place;
}

TEST(in_place_is_refused_where_elements_of_two_sizes_would_meet)
{
    eg_spec one = {EG_INT64, 1, 1, {1}}, eight = {EG_INT64, 1, 8, {8}};
    eg_spec truths = {EG_BOOL, 1, 8, {8}}, floats = {EG_FLOAT32, 1, 8, {8}};

    assert_true(allows_in_place(&eg__add_loop, eight, eight, eight));
    assert_false(allows_in_place(&eg__equal_loop, eight, one, truths)); /* 8 bytes both */
    assert_true(allows_in_place(&eg__less_loop, floats, floats, truths));
}

/* ---- where ---------------------------------------------------------------------------------- */

static void check_where(const array in[], const array *out)
{
    size_t bytes = eg__dtype(out->spec.dtype)->size;

    for (int64_t i = 0; i < out->spec.size; i++) {
        bool c = *(bool *)element(&in[0], broadcast_index(&in[0], out, i));
        const array *from = &in[c ? 1 : 2];
        assert_memory_equal(element(out, i), element(from, broadcast_index(from, out, i)), bytes);
    }
}

/* `stays` says for each operand in a bit whether it is a single element. */
static void try_where(const eg_kernel *kernel, eg_dtype dtype, int stays, int64_t n, uint64_t seed)
{
    array in[] = {filled(EG_BOOL, stays & 1 ? 1 : n, seed), filled(dtype, stays & 2 ? 1 : n, 41),
        filled(dtype, stays & 4 ? 1 : n, 42)};
    array out = vector_new(dtype, n);

    assert_null(run_kernel(kernel, NULL, 3, in, &out));
    check_where(in, &out);
    if (!(stays & 4) && n > 1) {
        assert_null(run_kernel(kernel, NULL, 3, in, &in[2]));
        assert_true(same_bits(&in[2], &out));
    }
    arrays_free(3, in);
    free(out.data);
}

static void try_where_sizes(const eg_kernel *kernel, eg_dtype dtype)
{
    static const int64_t sizes[] = {1, 0, 2, 17, 64, 150};

    for (int stays = 0; stays < 8; stays++)
        for (int i = 0; i < 18; i++)
            try_where(kernel, dtype, stays, sizes[i % 6], (uint64_t)i);
    try_where(kernel, dtype, 0, 70001, 1);
}

TEST(where_takes_elements_as_the_condition_says)
{
    held_kernel held;

    for (int isa = 0; isa <= (int)eg__isa_now(); isa++)
        for (int dtype = 1; dtype < EG__DTYPES; dtype++)
            try_where_sizes(held_to(&held, &eg__where_loop, isa), dtype);
}

TEST(where_broadcasts_three_shapes)
{
    uint64_t state = 43;

    for (int i = 0; i < 500; i++) {
        array in[3], out;
        random_shapes(&state, 3, in, &out, EG_FLOAT64);
        array condition = array_new(EG_BOOL, in[2].spec.rank, in[2].spec.dims);
        fill(&condition, harness_random(&state), 1, false);
        array turned[] = {condition, in[0], in[1]};
        assert_null(run_kernel(&eg__where_loop, NULL, 3, turned, &out));
        check_where(turned, &out);
        arrays_free(3, in);
        free(condition.data);
        free(out.data);
    }
}

TEST(where_repeats_short_rows)
{
    const int64_t many[] = {9001, 3}, few[] = {1, 3};
    array in[] = {array_new(EG_BOOL, 2, many), array_new(EG_FLOAT32, 2, few),
        array_new(EG_FLOAT32, 2, few)};
    array out = array_new(EG_FLOAT32, 2, many);

    for (int k = 0; k < 3; k++)
        fill(&in[k], (uint64_t)k, 9, false);
    assert_null(run_kernel(&eg__where_loop, NULL, 3, in, &out));
    check_where(in, &out);
    arrays_free(3, in);
    free(out.data);
}

/* ---- refusals ------------------------------------------------------------------------------- */

TEST(a_dtype_without_a_loop_is_declined_with_a_reason)
{
    array in[] = {filled(EG_BOOL, 3, 1), filled(EG_BOOL, 3, 2)}, out = vector_new(EG_BOOL, 3);

    assert_string_equal(run_kernel(&eg__add_loop, NULL, 2, in, &out),
        "it has no loop for this dtype");
    in[0].spec.dtype = in[1].spec.dtype = EG_INT32;
    assert_non_null(run_kernel(&eg__div_loop, NULL, 2, in, &out));
    in[0].spec.dtype = in[1].spec.dtype = (eg_dtype)99;
    assert_non_null(run_kernel(&eg__add_loop, NULL, 2, in, &out));
    arrays_free(2, in);
    free(out.data);
}
