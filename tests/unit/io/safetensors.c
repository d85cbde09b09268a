/* Safetensors: what is saved loads again, and no file however wrong does harm.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "files.h"
#include <stdlib.h>
#include <string.h>

/* ---- files ---------------------------------------------------------------------------------- */

/* Whether this build reads and writes safetensors at all. */
static bool is_there(void)
{
    eg_error error;
    eg_scope *scope = eg_try_open(&error);

    eg_safetensors_load("/nowhere/at/all");
    eg_scope_close(scope);
    return error.status != EG_UNAVAILABLE;
}

/* Makes the file; comes before a test opens a scope, since it may skip the test. */
static void start(void)
{
    if (!is_there())
        skip_since("eagre was built without jansson");
    make_file("safetensors");
}

/* Writes a header with its length before it and `n` zeros behind. */
static void write_header(const char *header, size_t n)
{
    char bytes[4096] = {0};
    size_t length = strlen(header);

    assert_true(8 + length + n <= sizeof bytes);
    bytes[0] = (char)(length & 255);
    bytes[1] = (char)(length >> 8);
    memcpy(bytes + 8, header, length);
    write_file(bytes, 8 + length + n);
}

static eg_tensor *variable(const char *name, eg_tensor *value)
{
    return eg_variable_new(value, &(eg_variable_attrs){sizeof(eg_variable_attrs), .name = name});
}

/* ---- what is right -------------------------------------------------------------------------- */

/* As the reference implementation writes the tensors of the next test. */
static const char reference[] =
    "P\001\0\0\0\0\0\0"
    "{\"z\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
    "\"d\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[8,16]},"
    "\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[16,24]},"
    "\"e\":{\"dtype\":\"F32\",\"shape\":[0,2],\"data_offsets\":[24,24]},"
    "\"c\":{\"dtype\":\"I32\",\"shape\":[2],\"data_offsets\":[24,32]},"
    "\"b\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[32,35]}}    "
    "\007\0\0\0\0\0\0\0\0\0\0\0\0\0\340?\0\0\300?\0\0\0\300\003\0\0\0\374\377\377\377\001\0\001";

TEST(a_file_has_the_bytes_of_the_reference_implementation)
{
    start();
    EG_SCOPE;
    char bytes[1024];
    float a[1][2] = {{1.5f, -2}};

    eg_safetensors_save(path, 6, (const char *[]){"b", "a", "z", "d", "c", "e"},
        (eg_tensor *[]){EG_B(1, 0, 1), eg_array2(a), eg_scalar_int(EG_INT64, 7),
            eg_copy(EG_FLOAT64, EG_DIMS(1), &(double){0.5}), EG_I32(3, -4),
            eg_copy(EG_FLOAT32, EG_DIMS(0, 2), NULL)});
    assert_fine();
    assert_int_equal(read_file(bytes, sizeof bytes), sizeof reference - 1);
    assert_memory_equal(bytes, reference, sizeof reference - 1);
    unlink(path);
}

TEST(names_come_in_alphabetical_order_and_find_their_tensors)
{
    start();
    EG_SCOPE;
    write_file(reference, sizeof reference - 1);
    eg_safetensors *file = eg_safetensors_load(path);
    assert_fine();
    assert_int_equal(eg_safetensors_count(file), 6);
    for (int i = 0; i < 6; i++)
        assert_int_equal(eg_safetensors_name(file, i)[0], "abcdez"[i]);
    assert_null(eg_safetensors_name(file, 6));
    assert_null(eg_safetensors_name(file, -1));
    assert_prints(eg_safetensors_find(file, "a"), "[[ 1.5 -2. ]] float32[1,2]");
    assert_prints(eg_safetensors_find(file, "b"), "[ True False  True] bool[3]");
    assert_prints(eg_safetensors_find(file, "c"), "[ 3 -4] int32[2]");
    assert_prints(eg_safetensors_find(file, "d"), "[0.5] float64[1]");
    assert_prints(eg_safetensors_find(file, "e"), "[] float32[0,2]");
    assert_prints(eg_safetensors_find(file, "z"), "7 int64[]");
    assert_null(eg_safetensors_find(file, "y"));
    assert_error(EG_INVALID, "no tensor \"y\"");
    assert_null(eg_safetensors_find(NULL, "y"));
    assert_error(EG_INVALID, "NULL");
    eg_safetensors_free(file);
    eg_safetensors_free(NULL);
    assert_int_equal(eg_safetensors_count(NULL), 0);
    assert_null(eg_safetensors_name(NULL, 0));
    unlink(path);
}

TEST(strange_names_and_every_rank_survive)
{
    start();
    EG_SCOPE;
    static const char *const names[] = {"a\"b\\c/d\n", "\001", "größe/ж/木/😀", " ",
        "layer.0.weight", "a b", "x", "y", "z"};
    eg_tensor *x[9];

    for (int rank = 0; rank <= 8; rank++)
        x[rank] = eg_copy(EG_INT32, rank, (int64_t[]){1, 1, 1, 1, 1, 1, 1, 1}, &rank);
    eg_safetensors_save(path, 9, names, x);
    eg_safetensors *file = eg_safetensors_load(path);
    assert_fine();
    for (int rank = 0; rank <= 8; rank++) {
        eg_tensor *y = eg_safetensors_find(file, names[rank]);
        assert_int_equal(eg_rank(y), rank);
        assert_int_equal(eg_item_int(y), rank);
    }
    eg_safetensors_free(file);
    unlink(path);
}

TEST(complex64_survives_and_the_format_has_no_complex128)
{
    start();
    EG_SCOPE;
    eg_tensor *z = eg_complex(EG_F32(1, -3), EG_F32(2, 0.5));

    assert_int_equal(eg_safetensors_save(path, 1, (const char *[]){"z"}, &z), EG_OK);
    eg_safetensors *file = eg_safetensors_load(path);
    assert_prints(eg_safetensors_find(file, "z"), "[ 1.+2.j  -3.+0.5j] complex64[2]");
    eg_safetensors_free(file);
    z = eg_cast(z, EG_COMPLEX128);
    eg_safetensors_save(path, 1, (const char *[]){"z"}, &z);
    assert_error(EG_INVALID, "tensor 0 is complex128, which the format does not have");
    unlink(path);
}

TEST(no_tensors_make_an_empty_file)
{
    start();
    EG_SCOPE;
    assert_int_equal(eg_safetensors_save(path, 0, NULL, NULL), EG_OK);
    eg_safetensors *file = eg_safetensors_load(path);
    assert_non_null(file);
    assert_int_equal(eg_safetensors_count(file), 0);
    eg_safetensors_free(file);
    unlink(path);
}

TEST(what_others_may_write_is_read)
{
    start();
    EG_SCOPE;
    write_header("{ \"__metadata__\": {\"format\": \"pt\"},\n \"w\": {\"data_offsets\": [0, 8], "
                 "\"shape\": [2], \"dtype\": \"F32\", \"more\": [null, 1.5]} }   ",
        8);
    eg_safetensors *file = eg_safetensors_load(path);
    assert_prints(eg_safetensors_find(file, "w"), "[0. 0.] float32[2]");
    assert_int_equal(eg_safetensors_count(file), 1);
    eg_safetensors_free(file);
    /* elements that are not aligned, tensors without elements between them */
    write_header("{\"e\":{\"dtype\":\"F64\",\"shape\":[2,0],\"data_offsets\":[1,1]},"
                 "\"w\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[1,9]},"
                 "\"b\":{\"dtype\":\"BOOL\",\"shape\":[],\"data_offsets\":[0,1]}}",
        9);
    file = eg_safetensors_load(path);
    assert_prints(eg_safetensors_find(file, "w"), "[0.] float64[1]");
    assert_prints(eg_safetensors_find(file, "e"), "[] float64[2,0]");
    assert_prints(eg_safetensors_find(file, "b"), "False bool[]");
    eg_safetensors_free(file);
    unlink(path);
}

/* ---- variables ------------------------------------------------------------------------------ */

TEST(variables_are_saved_and_restored_under_their_names)
{
    start();
    EG_SCOPE;
    eg_tensor *w = variable("w", EG_F32(1, 2)), *n = variable("n", EG_I64(5));
    eg_tensor *both[] = {w, n};

    assert_int_equal(eg_safetensors_save(path, 2, NULL, both), EG_OK);
    eg_assign(w, EG_F32(8, 9));
    eg_assign(n, eg_scalar_int(EG_INT64, 0));
    assert_int_equal(eg_safetensors_restore(path, 2, both), EG_OK);
    assert_prints(w, "[1. 2.] float32[2]");
    assert_prints(n, "5 int64[]");
    assert_int_equal(eg_safetensors_save(path, 1, (const char *[]){"v"}, &w), EG_OK);
    eg_safetensors *file = eg_safetensors_load(path);
    assert_string_equal(eg_safetensors_name(file, 0), "v");
    eg_safetensors_free(file);
    eg_variable_free(w);
    eg_variable_free(n);
    unlink(path);
}

TEST(all_variables_are_restored_or_none)
{
    start();
    EG_SCOPE;
    eg_tensor *w = variable("w", EG_F32(1, 2)), *n = variable("n", EG_I64(5));
    eg_tensor *v = variable("w", EG_F32(1, 2, 3)), *absent = variable("absent", EG_I32(1));
    eg_tensor *i = variable("n", EG_I32(5));

    eg_safetensors_save(path, 2, NULL, (eg_tensor *[]){w, n});
    eg_assign(w, EG_F32(8, 9));
    assert_fine();
    assert_int_equal(eg_safetensors_restore(path, 2, (eg_tensor *[]){w, v}), EG_INVALID);
    assert_error(EG_INVALID, "variable \"w\" is float32[3], the file has float32[2]");
    assert_int_equal(eg_safetensors_restore(path, 2, (eg_tensor *[]){w, i}), EG_INVALID);
    assert_error(EG_INVALID, "variable \"n\" is int32[], the file has int64[]");
    assert_int_equal(eg_safetensors_restore(path, 2, (eg_tensor *[]){w, absent}), EG_INVALID);
    assert_error(EG_INVALID, "\"absent\"");
    assert_int_equal(eg_safetensors_restore(path, 2, (eg_tensor *[]){w, NULL}), EG_INVALID);
    assert_error(EG_INVALID, "variable 1 is NULL");
    assert_int_equal(eg_safetensors_restore(path, 2, (eg_tensor *[]){w, EG_I32(1)}), EG_INVALID);
    assert_error(EG_INVALID, "variable 1 is no variable");
    assert_int_equal(eg_safetensors_restore("/nowhere/at/all", 1, &w), EG_IO);
    assert_error(EG_IO, "/nowhere/at/all");
    assert_prints(w, "[8. 9.] float32[2]");
    eg_tensor *all[] = {w, n, v, absent, i};
    for (int k = 0; k < 5; k++)
        eg_variable_free(all[k]);
    unlink(path);
}

/* ---- what cannot be saved ------------------------------------------------------------------- */

TEST(a_failed_save_leaves_the_old_file)
{
    start();
    EG_SCOPE;
    eg_tensor *x = EG_F32(1), *two[] = {x, x}, *unnamed = variable(NULL, x);
    char bytes[8];

    write_file("old", 3);
    eg_safetensors_save(path, 2, (const char *[]){"a", "a"}, two);
    assert_error(EG_INVALID, "two tensors are named \"a\"");
    eg_safetensors_save(path, 2, (const char *[]){"a", ""}, two);
    assert_error(EG_INVALID, "tensor 1: its name is empty");
    eg_safetensors_save(path, 2, (const char *[]){"a", NULL}, two);
    assert_error(EG_INVALID, "tensor 1 has no name");
    eg_safetensors_save(path, 1, (const char *[]){"__metadata__"}, two);
    assert_error(EG_INVALID, "another meaning");
    static const char *const bad[] = {"\xff", "\x80", "a\xc3", "\xc0\x80", "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        eg_safetensors_save(path, 1, &bad[i], two);
        assert_error(EG_INVALID, "UTF-8");
    }
    eg_safetensors_save(path, 2, (const char *[]){"a", "b"}, (eg_tensor *[]){x, NULL});
    assert_error(EG_INVALID, "tensor 1 is NULL");
    eg_safetensors_save(path, 1, (const char *[]){"a"}, (eg_tensor *[]){eg_tuple_of(2, two)});
    assert_error(EG_INVALID, "tensor 0 is a tuple");
    eg_safetensors_save(path, 1, NULL, two);
    assert_error(EG_INVALID, "tensor 0 has no name");
    eg_safetensors_save(path, 2, NULL, (eg_tensor *[]){unnamed, unnamed});
    assert_error(EG_INVALID, "two tensors are named \"variable\"");
    eg_safetensors_save(path, -1, NULL, two);
    assert_error(EG_INVALID, "negative");
    eg_safetensors_save(path, 1, NULL, NULL);
    assert_error(EG_INVALID, "NULL");
    eg_safetensors_save(NULL, 1, (const char *[]){"a"}, two);
    assert_error(EG_INVALID, "path");
    eg_safetensors_save("/nowhere/at/all", 1, (const char *[]){"a"}, two);
    assert_error(EG_IO, "/nowhere/at/all");
    assert_int_equal(read_file(bytes, sizeof bytes), 3);
    eg_variable_free(unnamed);
    unlink(path);
}

TEST(nothing_happens_in_a_failed_scope)
{
    start();
    EG_SCOPE;
    eg_tensor *x = EG_F32(1);

    unlink(path);
    eg_fail(EG_STATE, "test", "before");
    assert_int_equal(eg_safetensors_save(path, 1, (const char *[]){"a"}, &x), EG_STATE);
    assert_int_equal(eg_safetensors_restore(path, 0, NULL), EG_STATE);
    assert_null(eg_safetensors_load(path));
    assert_error(EG_STATE, "before");
    assert_int_not_equal(access(path, F_OK), 0);
}

/* ---- hostile files -------------------------------------------------------------------------- */

static void refused(eg_status status, const char *part)
{
    size_t before = eg_memory_now().in_use;

    assert_null(eg_safetensors_load(path));
    assert_error(status, part);
    assert_int_equal(eg_memory_now().in_use, before);
}

#define INFO(dtype, shape, offsets)                                                                \
    "{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define ONE(dtype, shape, offsets) "{\"w\":" INFO(dtype, shape, offsets) "}"
#define F32_AT(offsets)            INFO("\"F32\"", "[1]", offsets)
#define TWO(a, b)                  "{\"a\":" F32_AT(a) ",\"b\":" F32_AT(b) "}"

static const struct {
    const char *header;
    size_t data;
    eg_status status;
    const char *part;
} wrong[] = {
    {"[]", 0, EG_FORMAT, "no JSON object"},
    {"12", 0, EG_FORMAT, "no JSON object"},
    {"{\"w\":", 0, EG_FORMAT, "no JSON object"},
    {"{} {}", 0, EG_FORMAT, "no JSON object"},
    {" {}", 0, EG_FORMAT, "does not start with {"},
    {"{\"\xff\":1}", 0, EG_FORMAT, "no JSON object"},
    {"{\"\\u0000\":1}", 0, EG_FORMAT, "no JSON object"},
    {"{\"w\":12}", 0, EG_FORMAT, "\"w\": it is no JSON object"},
    {"{\"w\":{}}", 0, EG_FORMAT, "\"w\": its dtype is missing"},
    {"{\"\\u001b[2J\\n\":{}}", 0, EG_FORMAT, "\"?[2J?\": its dtype is missing"},
    {ONE("4", "[1]", "[0,4]"), 4, EG_FORMAT, "dtype is missing or no string"},
    {ONE("\"F4\"", "[1]", "[0,2]"), 2, EG_INVALID, "does not know its dtype"},
    {ONE("\"F32\"", "1", "[0,4]"), 4, EG_FORMAT, "shape is missing or no list"},
    {ONE("\"F32\"", "[1.0]", "[0,4]"), 4, EG_FORMAT, "no whole number"},
    {ONE("\"F32\"", "[\"1\"]", "[0,4]"), 4, EG_FORMAT, "no whole number"},
    {ONE("\"F32\"", "[-1]", "[0,4]"), 4, EG_FORMAT, "negative"},
    {ONE("\"F32\"", "[-1,-1]", "[0,4]"), 4, EG_FORMAT, "negative"},
    {ONE("\"F32\"", "[99999999999999999999]", "[0,4]"), 4, EG_FORMAT, "too big"},
    {ONE("\"F32\"", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, EG_FORMAT, "rank"},
    {ONE("\"F32\"", "[4611686018427387904]", "[0,0]"), 0, EG_FORMAT, "too many elements"},
    {ONE("\"F32\"", "[4294967296,4294967296]", "[0,0]"), 0, EG_FORMAT, "too many elements"},
    {ONE("\"F32\"", "[1000000000000]", "[0,4000000000000]"), 4, EG_FORMAT, "is cut off"},
    {ONE("\"F32\"", "[1000000000000]", "[0,4]"), 4, EG_FORMAT, "do not fit"},
    {ONE("\"F32\"", "[2]", "[0,4]"), 4, EG_FORMAT, "do not fit"},
    {ONE("\"F32\"", "[1]", "[0,4,8]"), 8, EG_FORMAT, "no pair"},
    {ONE("\"F32\"", "[1]", "4"), 4, EG_FORMAT, "no pair"},
    {ONE("\"F32\"", "[1]", "[-4,0]"), 4, EG_FORMAT, "negative"},
    {ONE("\"F32\"", "[1]", "[4,0]"), 4, EG_FORMAT, "wrong order"},
    {ONE("\"F32\"", "[1]", "[0.0,4]"), 4, EG_FORMAT, "no whole numbers"},
    {ONE("\"F32\"", "[1]", "[9223372036854775803,9223372036854775807]"), 4, EG_FORMAT, "gap"},
    {ONE("\"F32\"", "[1]", "[1,5]"), 5, EG_FORMAT, "gap"},
    {ONE("\"F32\"", "[1]", "[0,4]"), 5, EG_FORMAT, "belong to no tensor"},
    {ONE("\"F32\"", "[1]", "[0,4]"), 3, EG_FORMAT, "is cut off"},
    {"{}", 1, EG_FORMAT, "belong to no tensor"},
    {TWO("[0,4]", "[0,4]"), 4, EG_FORMAT, "overlap"},
    {TWO("[0,4]", "[2,6]"), 6, EG_FORMAT, "overlap"},
    {TWO("[4,8]", "[4,8]"), 8, EG_FORMAT, "gap"},
    {TWO("[0,4]", "[5,9]"), 9, EG_FORMAT, "gap"},
    {"{\"w\":" INFO("\"F32\"", "[1]", "[0,4]") ",\"w\":" INFO("\"F32\"", "[1]", "[4,8]") "}", 8,
        EG_FORMAT, "duplicate"},
    {"{\"w\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 0, EG_FORMAT, "duplicate"},
    {"{\"__metadata__\":[]}", 0, EG_FORMAT, "__metadata__"},
    {"{\"__metadata__\":{\"a\":1}}", 0, EG_FORMAT, "no string"},
};

TEST(a_wrong_header_is_refused_with_one_clear_error)
{
    start();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_header(wrong[i].header, wrong[i].data);
        refused(wrong[i].status, wrong[i].part);
    }
    unlink(path);
}

TEST(a_file_cut_off_anywhere_is_refused)
{
    start();
    for (size_t n = 0; n < sizeof reference - 1; n++) {
        write_file(reference, n);
        refused(EG_FORMAT, "is cut off");
    }
    unlink(path);
}

TEST(a_file_with_any_byte_changed_loads_or_is_refused)
{
    char bytes[sizeof reference];
    int loaded = 0;

    start();
    for (size_t i = 0; i < 3 * (sizeof reference - 1); i++) {
        eg_memory_trim();
        size_t at = i / 3, before = eg_memory_now().in_use;
        eg_scope *scope = eg_scope_open();
        memcpy(bytes, reference, sizeof reference);
        bytes[at] = i % 3 == 0 ? (char)(bytes[at] ^ 1) : i % 3 == 1 ? '\xff' : '9';
        write_file(bytes, sizeof reference - 1);
        eg_safetensors *file = eg_safetensors_load(path);
        assert_int_equal(file == NULL, !eg_ok());
        for (int k = 0; k < eg_safetensors_count(file); k++)
            assert_non_null(eg_safetensors_find(file, eg_safetensors_name(file, k)));
        loaded += file != NULL;
        eg_safetensors_free(file);
        eg_scope_close(scope);
        eg_report(NULL);
        eg_memory_trim();
        assert_int_equal(eg_memory_now().in_use, before);
    }
    assert_true(loaded > 10);
    unlink(path);
}

TEST(a_length_that_lies_is_refused)
{
    static const char *const lengths[] = {"\0\0\0\0\0\0\0\0", "\001\0\0\0\0\0\0\0",
        "\377\377\377\377\377\377\377\377", "\0\0\0\0\0\0\0\200", "\001\341\365\005\0\0\0\0",
        "\0\341\365\005\0\0\0\0", "Q\003\0\0\0\0\0\0"};
    char bytes[sizeof reference];

    start();
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        memcpy(bytes, reference, sizeof reference);
        memcpy(bytes, lengths[i], 8);
        write_file(bytes, sizeof reference - 1);
        refused(EG_FORMAT, "no safetensors file");
    }
    unlink(path);
}

TEST(deep_nesting_is_refused)
{
    enum { DEPTH = 100000 };
    static char bytes[8 + 5 + DEPTH];

    start();
    memset(bytes, '[', sizeof bytes);
    memcpy(bytes, "\245\206\001\0\0\0\0\0{\"w\":", 13);
    write_file(bytes, sizeof bytes);
    refused(EG_FORMAT, "no JSON object");
    unlink(path);
}

TEST(a_boolean_of_two_is_refused)
{
    char bytes[sizeof reference];

    start();
    memcpy(bytes, reference, sizeof reference);
    bytes[sizeof reference - 2] = 2;
    write_file(bytes, sizeof reference - 1);
    refused(EG_FORMAT, "neither 0 nor 1");
    unlink(path);
}

TEST(a_claim_of_much_data_allocates_nothing)
{
    start();
    write_header(ONE("\"F32\"", "[1000000000]", "[0,4000000000]"), 100);
    eg_memory_trim();
    eg_memory_reset_peak();
    size_t before = eg_memory_now().peak;
    refused(EG_FORMAT, "is cut off");
    assert_true(eg_memory_now().peak - before < 100000);
    unlink(path);
}

TEST(a_build_without_json_names_the_package_it_lacks)
{
    EG_SCOPE;
    if (is_there())
        return;
    assert_null(eg_safetensors_load("/nowhere/at/all"));
    assert_error(EG_UNAVAILABLE, "libjansson-dev");
    assert_int_equal(eg_safetensors_save("/nowhere/at/all", 0, NULL, NULL), EG_UNAVAILABLE);
    assert_error(EG_UNAVAILABLE, "libjansson-dev");
    assert_int_equal(eg_safetensors_restore("/nowhere/at/all", 0, NULL), EG_UNAVAILABLE);
    assert_error(EG_UNAVAILABLE, "libjansson-dev");
}

TEST(what_is_no_file_is_an_error_of_input)
{
    start();
    unlink(path);
    refused(EG_IO, "cannot open");
    assert_null(eg_safetensors_load("/tmp"));
    assert_error(EG_IO, "/tmp");
    assert_null(eg_safetensors_load(NULL));
    assert_error(EG_INVALID, "path");
}

/* ---- memory --------------------------------------------------------------------------------- */

/* Saves, loads and restores; returns the first status that is not EG_OK. */
static eg_status round_trip(eg_tensor *w, eg_tensor *n)
{
    eg_tensor *both[] = {w, n};

    eg_safetensors_save(path, 2, NULL, both);
    eg_safetensors *file = eg_safetensors_load(path);
    eg_safetensors_find(file, "w");
    eg_safetensors_free(file);
    eg_safetensors_restore(path, 2, both);
    return eg_pending(NULL);
}

TEST(running_out_of_memory_anywhere_is_reported_and_leaks_nothing)
{
    start();
    EG_SCOPE;
    eg_tensor *w = variable("w", EG_F32(1, 2)), *n = variable("n", EG_I64(5));
    eg_status status = EG_NO_MEMORY;

    assert_int_equal(round_trip(w, n), EG_OK);
    for (size_t room = 1; status != EG_OK; room += 8) {
        assert_true(room < 1000000);
        eg_memory_trim();
        size_t before = eg_memory_now().in_use;
        eg_scope *scope = eg_scope_open();
        eg_set_memory_limit(before + room);
        status = round_trip(w, n);
        eg_set_memory_limit(0);
        eg_report(NULL);
        eg_scope_close(scope);
        eg_memory_trim();
        assert_true(status == EG_OK || status == EG_NO_MEMORY);
        assert_int_equal(eg_memory_now().in_use, before);
    }
    assert_prints(w, "[1. 2.] float32[2]");
    eg_variable_free(w);
    eg_variable_free(n);
    unlink(path);
}
