/* Operations applied by name, and tensors of the host's arrays, without a scope.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "call.h"
#include <string.h>

#define INT(name, value)                                                                           \
    {                                                                                              \
        name, EG_BIND_INT, .integer = value                                                        \
    }
#define TEXT(name, value)                                                                          \
    {                                                                                              \
        name, EG_BIND_TEXT, .text = value                                                          \
    }
#define INTS(name, n_, value)                                                                      \
    {                                                                                              \
        name, EG_BIND_INTS, .n = n_, .ints = value                                                 \
    }

/* Applies to one vector with attributes; the status. */
static eg_status apply_with(const char *op, int n, const eg_bind_value *values, eg_tensor **y,
    eg_error *e)
{
    eg_tensor *x = VECTOR(3, 1, 2), *out[EG_BIND_RESULTS];
    eg_bind_call call = {.size = sizeof call,
        .op = op,
        .n_inputs = 1,
        .inputs = &x,
        .n_values = n,
        .values = values,
        .site = &(eg_site){"user.py", 12, "train"}};
    eg_status status = eg_bind_apply(&call, out, e);

    *y = out[0];
    eg_release(x);
    for (int i = 1; i < EG_BIND_RESULTS; i++)
        eg_release(out[i]);
    return status;
}

static void assert_gives(const char *op, int n, const eg_bind_value *values, const char *text)
{
    eg_tensor *y;
    eg_error e;

    if (apply_with(op, n, values, &y, &e) != EG_OK)
        fail_msg("%s: %s", e.op, e.message);
    char *said = eg_bind_text(y, NULL);
    assert_string_equal(said, text);
    eg_free(said);
    eg_release(y);
}

static void assert_refuses(const char *op, int n, const eg_bind_value *values, const char *part)
{
    eg_tensor *y;
    eg_error e;

    assert_int_equal(apply_with(op, n, values, &y, &e), EG_INVALID);
    assert_null(y);
    if (!strstr(e.message, part))
        fail_msg("%s: %s", e.op, e.message);
    assert_true(eg_ok());
}

TEST(attributes_are_given_by_name_in_each_kind)
{
    const eg_bind_value keep = {"keep_dims", EG_BIND_BOOL, .integer = 1},
                        axes = {"axes", EG_BIND_INTS, .n = 1, .ints = (int64_t[]){-1}},
                        epsilon = {"epsilon", EG_BIND_REAL, .real = 0.5},
                        whole = {"epsilon", EG_BIND_INT, .integer = 1},
                        dtype = {"dtype", EG_BIND_DTYPE, .integer = EG_INT64},
                        k = {"k", EG_BIND_INT, .integer = 2};

    assert_gives("sum", 0, NULL, "6. float32[]");
    assert_gives("sum", 2, (eg_bind_value[]){keep, axes}, "[6.] float32[1]");
    assert_gives("Cast", 1, &dtype, "[3 1 2] int64[3]");
    assert_gives("top_k", 1, &k, "[3. 2.] float32[2]");
    assert_refuses("layer_norm", 1, &epsilon, "inputs");
    assert_refuses("layer_norm", 1, &whole, "inputs");
}

TEST(attributes_are_given_as_text)
{
    const eg_bind_value dtype = {"dtype", EG_BIND_TEXT, .text = "int32"},
                        no = {"keep_dims", EG_BIND_TEXT, .text = "false"},
                        yes = {"keep_dims", EG_BIND_TEXT, .text = "true"},
                        axes = {"axes", EG_BIND_TEXT, .text = "[0]"};

    assert_gives("cast", 1, &dtype, "[3 1 2] int32[3]");
    assert_gives("sum", 2, (eg_bind_value[]){no, axes}, "6. float32[]");
    assert_gives("sum", 2, (eg_bind_value[]){yes, axes}, "[6.] float32[1]");
}

TEST(an_attribute_that_does_not_fit_is_refused)
{
    static const int64_t too_large[] = {INT64_MAX};
    static const struct {
        const char *op;
        eg_bind_value value;
        const char *part;
    } wrong[] = {
        {"sum", INT("axis", 0), "there is no attribute axis; it has axes, keep_dims"},
        {"neg", INT("axis", 0), "it has none"},
        {"sum", INT(NULL, 0), "there is no attribute NULL"},
        {"sum", INT("axes", 0), "axes cannot be an integer \"\"; it is a list of integers"},
        {"sum", INTS("axes", 9, NULL), "axes cannot be"},
        {"sum", INTS("axes", -1, NULL), "axes cannot be"},
        {"sum", INTS("axes", 1, NULL), "axes cannot be"},
        {"sum", INTS("axes", 1, too_large), "axes cannot be"},
        {"sum", {"keep_dims", EG_BIND_BOOL, .integer = 2}, "keep_dims cannot be a bool"},
        {"sum", {"keep_dims", .integer = 1}, "keep_dims cannot be nothing"},
        {"sum", {"keep_dims", (eg_bind_kind)99, .n = 0}, "keep_dims cannot be nothing"},
        {"sum", TEXT("keep_dims", "maybe"), "a text \"maybe\"; it is a bool"},
        {"sum", TEXT("keep_dims", NULL), "keep_dims cannot be a text"},
        {"argmax", INT("axis", INT64_MIN), "axis cannot be an integer"},
        {"argmax", TEXT("axis", "1, keep_dims=true"), "axis cannot be a text"},
        {"cast", {"dtype", EG_BIND_DTYPE, .integer = 99}, "dtype cannot be a dtype"},
        {"cast", TEXT("dtype", "float128"), "dtype cannot be a text"},
        {"cast", {"dtype", EG_BIND_DTYPE, .integer = 0}, "0 is no dtype"},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refuses(wrong[i].op, 1, &wrong[i].value, wrong[i].part);
}

TEST(errors_name_the_operation_and_the_place_that_was_given)
{
    eg_tensor *y;
    eg_error e;

    assert_int_equal(apply_with("add", 0, NULL, &y, &e), EG_INVALID);
    assert_string_equal(e.op, "Add");
    assert_string_equal(e.file, "user.py");
    assert_int_equal(e.line, 12);
    assert_string_equal(e.function, "train");
    assert_refuses("plus", 0, NULL, "there is no operation plus");
    assert_refuses(NULL, 0, NULL, "there is no operation NULL");
    assert_refuses("mean", 0, NULL, "mean is made of operations");
    assert_refuses("sum", 1, NULL, "values are NULL");
    assert_int_equal(apply_with("sum", 0, NULL, &y, NULL), EG_OK);
    eg_release(y);
}

TEST(a_call_that_is_no_call_is_refused)
{
    eg_tensor *out[EG_BIND_RESULTS];
    eg_error e;
    eg_bind_call call = {.op = "neg"};

    assert_int_equal(eg_bind_apply(NULL, out, &e), EG_INVALID);
    assert_int_equal(eg_bind_apply(&call, out, &e), EG_INVALID);
    assert_non_null(strstr(e.message, "size"));
    call.size = sizeof call;
    assert_int_equal(eg_bind_apply(&call, NULL, &e), EG_INVALID);
    assert_int_equal(eg_bind_apply(&call, out, &e), EG_INVALID);
    call.n_inputs = 1;
    assert_int_equal(eg_bind_apply(&call, out, &e), EG_INVALID);
    assert_null(out[0]);
}

/* ---- arrays --------------------------------------------------------------------------------- */

TEST(arrays_go_in_and_out_with_any_strides)
{
    const int32_t there[2][3] = {{1, 2, 3}, {4, 5, 6}};
    int32_t back[6] = {0};
    eg_bind_array turned = {.size = sizeof turned,
        .dtype = EG_INT32,
        .rank = 2,
        .dims = {3, 2},
        .strided = true,
        .strides = {-4, 12},
        .data = (void *)(uintptr_t)&there[0][2]};
    eg_tensor *x = eg_bind_copy(&turned, NULL);
    char *text = eg_bind_text(x, NULL);

    assert_string_equal(text, "[[3 6]\n [2 5]\n [1 4]] int32[3,2]");
    eg_free(text);
    turned.data = back + 2;
    assert_int_equal(eg_bind_read(x, &turned, NULL), EG_OK);
    assert_memory_equal(back, there, sizeof there);
    turned.strided = false;
    turned.data = back;
    assert_int_equal(eg_bind_read(x, &turned, NULL), EG_OK);
    assert_memory_equal(back, ((int32_t[]){3, 6, 2, 5, 1, 4}), sizeof back);
    turned.dims[0] = 2;
    assert_int_equal(eg_bind_read(x, &turned, NULL), EG_INVALID);
    eg_release(x);
}

static void count_free(void *data, void *env)
{
    (void)data;
    ++*(int *)env;
}

TEST(an_array_is_wrapped_without_copying)
{
    static const float data[4] = {1, 2, 3, 4};
    eg_bind_array a = {.size = sizeof a,
        .dtype = EG_FLOAT32,
        .rank = 2,
        .dims = {2, 2},
        .data = (void *)(uintptr_t)data};
    eg_bind_array seen = {.size = sizeof seen};
    int freed = 0;
    eg_error e;

    eg_tensor *x = eg_bind_wrap(&a, count_free, &freed, &e);
    assert_int_equal(e.status, EG_OK);
    assert_int_equal(eg_bind_look(x, &seen, &e), EG_OK);
    assert_ptr_equal(seen.data, data);
    assert_int_equal(seen.dtype, EG_FLOAT32);
    assert_int_equal(seen.rank, 2);
    assert_int_equal(seen.dims[1], 2);
    assert_int_equal(seen.strides[0], 8);
    assert_int_equal(seen.strides[1], 4);
    eg_release(x);
    assert_int_equal(freed, 1);
    a.strided = true;
    assert_null(eg_bind_wrap(&a, count_free, &freed, &e));
    assert_non_null(strstr(e.message, "eg_bind_copy"));
    assert_int_equal(freed, 1);
}

TEST(arrays_that_are_none_are_refused)
{
    eg_bind_array a = {.size = sizeof a, .dtype = EG_FLOAT32, .rank = 1, .dims = {2}};
    eg_error e;

    assert_null(eg_bind_copy(&a, &e));
    assert_non_null(strstr(e.message, "data is NULL"));
    assert_null(eg_bind_copy(NULL, &e));
    a.rank = 9;
    assert_null(eg_bind_copy(&a, &e));
    a.rank = 1;
    a.dims[0] = -1;
    assert_null(eg_bind_wrap(&a, NULL, NULL, &e));
    a.dims[0] = 0;
    eg_tensor *empty = eg_bind_copy(&a, &e);
    assert_int_equal(e.status, EG_OK);
    assert_int_equal(eg_bind_read(empty, &a, &e), EG_OK);
    eg_release(empty);
    a.dtype = (eg_dtype)99;
    assert_null(eg_bind_copy(&a, &e));
    a.size = 0;
    assert_null(eg_bind_copy(&a, &e));
    assert_int_equal(eg_bind_look(NULL, &a, &e), EG_INVALID);
    assert_int_equal(eg_bind_look(NULL, NULL, &e), EG_INVALID);
    assert_int_equal(eg_bind_read(NULL, &a, NULL), EG_INVALID);
    assert_null(eg_bind_text(NULL, &e));
    assert_int_equal(e.status, EG_INVALID);
}

/* ---- beside the thread's own state ---------------------------------------------------------- */

TEST(the_threads_own_error_scope_and_tape_stay_as_they_are)
{
    EG_TAPE;
    eg_tensor *x = EG_F32(2), *g;
    eg_error e;

    eg_watch(x);
    eg_tensor *mine = eg_square(x), *y = applied(NULL, "square", x, NULL);
    assert_true(elements(y)[0] == 4);
    assert_true(eg_ok());
    eg_gradient(mine, 1, &x, &g);
    assert_prints(g, "4. float32[]");
    eg_fail(EG_IO, "host", "before");
    assert_null(eg_bind_copy(NULL, &e));
    assert_int_equal(e.status, EG_INVALID);
    eg_tensor *z = applied(NULL, "neg", y, NULL);
    assert_true(elements(z)[0] == -4);
    assert_error(EG_IO, "before");
    eg_release(y);
    eg_release(z);
}

static eg_tensor *body(int n, eg_tensor *const in[], void *env)
{
    (void)n;
    ++*(int *)env;
    return eg_mean(eg_stack(EG_IN(in[0], in[1]), .axis = 0), .axes = EG_AXES(0));
}

static eg_tensor *body_without_result(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)in, (void)env;
    return NULL;
}

TEST(a_body_may_use_every_function)
{
    eg_tensor *in[] = {VECTOR(1, 2), VECTOR(3, 6)};
    int calls = 0;
    eg_error e;

    eg_tensor *y = eg_bind_run(NULL, body, &calls, 2, in, &e);
    assert_int_equal(e.status, EG_OK);
    assert_true(elements(y)[0] == 2 && elements(y)[1] == 4 && calls == 1);
    assert_null(eg_bind_run(NULL, body_without_result, NULL, 2, in, &e));
    assert_non_null(strstr(e.message, "NULL without an error"));
    assert_null(eg_bind_run(NULL, NULL, NULL, 2, in, &e));
    assert_null(eg_bind_run(NULL, body, NULL, 2, NULL, &e));
    assert_null(eg_bind_run(NULL, body, &calls, 2, (eg_tensor *[]){y, NULL}, &e));
    assert_int_equal(e.status, EG_INVALID);
    eg_release(y);
    eg_release(in[0]);
    eg_release(in[1]);
}
