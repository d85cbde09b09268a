/* NumPy's files: what is saved loads again, and no file however wrong does harm. That they are
 * NumPy's shows tests/numpy/files.py.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "files.h"
#include <stdlib.h>
#include <string.h>

/* ---- files ---------------------------------------------------------------------------------- */

static void start(void)
{
    make_file("npy");
}

/* Makes the file; comes before a test opens a scope, since it may skip the test. */
static void start_archive(void)
{
    eg_error error;
    eg_scope *scope = eg_try_open(&error);

    eg_npz_load("/nowhere/at/all");
    eg_scope_close(scope);
    if (error.status == EG_UNAVAILABLE)
        skip_since("eagre was built without minizip");
    start();
}

static void refused(eg_status status, const char *part)
{
    EG_SCOPE;
    assert_null(eg_npy_load(path));
    assert_error(status, part);
}

/* ---- arrays --------------------------------------------------------------------------------- */

static const char header_2x3[] =
    "\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
    "                                                          \n";

TEST(a_file_is_the_one_numpy_writes)
{
    const float numbers[] = {1, 2, 3, 4, 5, 6};
    char bytes[256], want[sizeof header_2x3 - 1 + sizeof numbers];

    start();
    EG_SCOPE;
    assert_int_equal(eg_npy_save(path, eg_reshape(EG_F32(1, 2, 3, 4, 5, 6), EG_DIMS(2, 3))), EG_OK);
    memcpy(want, header_2x3, sizeof header_2x3 - 1);
    memcpy(want + sizeof header_2x3 - 1, numbers, sizeof numbers);
    assert_int_equal(read_file(bytes, sizeof bytes), sizeof want);
    assert_memory_equal(bytes, want, sizeof want);
    assert_prints(eg_npy_load(path), "[[1. 2. 3.] [4. 5. 6.]] float32[2,3]");
    unlink(path);
}

TEST(a_variable_is_saved_with_the_value_it_has_now)
{
    start();
    EG_SCOPE;
    eg_tensor *v = eg_variable(EG_I64(1, 2));
    eg_assign(v, EG_I64(3, 4));
    eg_npy_save(path, v);
    assert_prints(eg_npy_load(path), "[3 4] int64[2]");
    eg_variable_free(v);
    unlink(path);
}

TEST(what_has_no_elements_to_write_is_refused_and_the_old_file_stays)
{
    start();
    EG_SCOPE;
    eg_npy_save(path, EG_I64(7));
    assert_int_equal(eg_npy_save(path, NULL), EG_INVALID);
    assert_error(EG_INVALID, "the tensor is NULL");
    assert_int_equal(eg_npy_save(path, eg_tuple(EG_I64(1), EG_I64(2))), EG_INVALID);
    assert_error(EG_INVALID, "a tuple");
    assert_int_equal(eg_npy_save(path, eg_cast(EG_I64(1), EG_BFLOAT16)), EG_INVALID);
    assert_error(EG_INVALID, "bfloat16, which the format does not have");
    assert_int_equal(eg_npy_save(NULL, EG_I64(1)), EG_INVALID);
    assert_error(EG_INVALID, "path");
    assert_int_equal(eg_npy_save("/nowhere/at/all.npy", EG_I64(1)), EG_IO);
    assert_error(EG_IO, "/nowhere/at/all.npy");
    assert_prints(eg_npy_load(path), "7 int64[]");
    unlink(path);
}

/* ---- wrong files ---------------------------------------------------------------------------- */

static void write_array(int version, const char *dictionary, size_t n)
{
    char bytes[1024] = "\x93NUMPY";
    size_t length = strlen(dictionary), before = version == 1 ? 10 : 12;

    assert_true(before + length + n <= sizeof bytes);
    bytes[6] = (char)version;
    bytes[8] = (char)length;
    memcpy(bytes + before, dictionary, length);
    write_file(bytes, before + length + n);
}

TEST(later_versions_other_orders_of_members_and_long_sizes_load)
{
    start();
    EG_SCOPE;
    write_array(2, "{\"shape\":(2L,),'fortran_order':True,'descr':'=i2'}", 4);
    assert_prints(eg_npy_load(path), "[0 0] int16[2]");
    write_array(3, "{'shape': (), 'fortran_order': False, 'descr': '|u1', }\n", 1);
    assert_prints(eg_npy_load(path), "0 uint8[]");
    unlink(path);
}

#define DICTIONARY(descr, shape) "{'descr': " descr ", 'fortran_order': False, 'shape': " shape "}"

static const struct {
    const char *dictionary;
    size_t n;
    eg_status status;
    const char *part;
} wrong[] = {
    {"", 0, EG_FORMAT, "without '{'"},
    {"{", 0, EG_FORMAT, "where a name belongs"},
    {"{}", 0, EG_FORMAT, "lacks dtype"},
    {"{'descr'}", 0, EG_FORMAT, "without ':'"},
    {"{'descr: 1}", 0, EG_FORMAT, "name that is too long"},
    {"{'colour': 1}", 0, EG_FORMAT, "not NumPy's"},
    {"{'descr': '<f4', 'descr': '<f4'}", 0, EG_FORMAT, "twice"},
    {"{'fortran_order': 1}", 0, EG_FORMAT, "neither True nor False"},
    {DICTIONARY("'<f4'", "2"), 8, EG_FORMAT, "without '('"},
    {DICTIONARY("'<f4'", "(-2,)"), 8, EG_FORMAT, "no whole number"},
    {DICTIONARY("'<f4'", "(2"), 8, EG_FORMAT, "does not end"},
    {DICTIONARY("'<f4'", "(2 3)"), 24, EG_FORMAT, "does not end"},
    {DICTIONARY("'<f4'", "(1,1,1,1,1,1,1,1,1)"), 4, EG_FORMAT, "too many axes"},
    {DICTIONARY("'<f4'", "(99999999999999999999,)"), 4, EG_FORMAT, "no whole number"},
    {DICTIONARY("'<f4'", "(9999999999999999999,)"), 4, EG_FORMAT, "too large"},
    {DICTIONARY("'<f4'", "(4611686018427387904, 4)"), 4, EG_FORMAT, "more elements"},
    {DICTIONARY("'<f4'", "(1000000000,)"), 4, EG_FORMAT, "is cut off"},
    {DICTIONARY("'<f4'", "(2,)") " x", 8, EG_FORMAT, "behind its header"},
    {DICTIONARY("'<f4'", "(2,)"), 7, EG_FORMAT, "is cut off"},
    {DICTIONARY("'<f4'", "(2,)"), 9, EG_FORMAT, "behind the last element"},
    {DICTIONARY("'|O'", "(2,)"), 16, EG_FORMAT, "Python objects"},
    {DICTIONARY("'<U5'", "(2,)"), 40, EG_FORMAT, "text"},
    {DICTIONARY("[('a', '<f4')]", "(2,)"), 8, EG_FORMAT, "records"},
    {DICTIONARY("'<M8[ns]'", "(2,)"), 16, EG_INVALID, "'<M8[ns]'"},
    {DICTIONARY("''", "(2,)"), 16, EG_INVALID, "''"},
    {DICTIONARY("'<f16'", "(2,)"), 32, EG_INVALID, "'<f16'"},
};

TEST(a_wrong_header_is_refused_with_one_clear_error)
{
    start();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_array(1, wrong[i].dictionary, wrong[i].n);
        refused(wrong[i].status, wrong[i].part);
    }
    unlink(path);
}

TEST(a_file_cut_off_anywhere_is_refused)
{
    start();
    char bytes[sizeof header_2x3 + 24] = {0};
    memcpy(bytes, header_2x3, sizeof header_2x3 - 1);
    for (size_t n = 0; n < sizeof header_2x3 - 1 + 24; n++) {
        write_file(bytes, n);
        refused(EG_FORMAT, "cut off");
    }
    unlink(path);
}

TEST(what_is_no_array_is_refused)
{
    start();
    write_file("\x93NUMPX\x01\x00v\x00 and more", 20);
    refused(EG_FORMAT, "no array of NumPy's");
    write_file("\x93NUMPY\x04\x00v\x00 and more", 20);
    refused(EG_FORMAT, "version");
    write_file("\x93NUMPY\x02\x00\xff\xff\xff\xff and more", 20);
    refused(EG_FORMAT, "too long");
    write_array(1, DICTIONARY("'|b1'", "(1,)"), 1);
    FILE *f = fopen(path, "r+b");
    fseek(f, -1, SEEK_END);
    fputc(2, f);
    fclose(f);
    refused(EG_FORMAT, "neither 0 nor 1");
    unlink(path);
    refused(EG_IO, "cannot open");
    EG_SCOPE;
    assert_null(eg_npy_load(NULL));
    assert_error(EG_INVALID, "path");
}

TEST(a_claim_of_many_elements_allocates_nothing)
{
    start();
    write_array(1, DICTIONARY("'<f8'", "(1000000, 1000)"), 100);
    eg_memory_trim();
    eg_memory_reset_peak();
    size_t before = eg_memory_now().peak;
    refused(EG_FORMAT, "cut off");
    assert_true(eg_memory_now().peak - before < 100000);
    unlink(path);
}

/* ---- archives ------------------------------------------------------------------------------- */

/* What NumPy's savez_compressed wrote of x=[[0,1,2],[3,4,5]] (float32) and b/w=[1,2] (int16,
 * big-endian). */
static const char archive[] = "504b03042d0000000800000021004fe9002affffffffffffffff05001400782e6e70"
                              "7901001000980000000000000055"
                              "000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3"
                              "a09e965f54529498179f5f94920a"
                              "12774bcc294e058a17672416a402f91a463a0ac69a3a0ab50a64032e063068b00712"
                              "0e4004c40d40bcc00100504b0304"
                              "2d0000000800000021007c9bcfa9ffffffffffffffff07001400622f772e6e707901"
                              "0010008400000000000000480000"
                              "00000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9769a4aea3a09e"
                              "965f54529498179f5f94920a1277"
                              "4bcc294e058a17672416a402f91a463a9a3a0ab50a14002e0646062600504b01022d"
                              "032d0000000800000021004fe900"
                              "2a5500000098000000050000000000000000000000800100000000782e6e7079504b"
                              "01022d032d000000080000002100"
                              "7c9bcfa9480000008400000007000000000000000000000080018c000000622f772e"
                              "6e7079504b050600000000020002"
                              "00680000000d0100000000";

enum { ARCHIVE = (sizeof archive - 1) / 2 };

static void fill(unsigned char bytes[ARCHIVE])
{
    for (int i = 0; i < ARCHIVE; i++) {
        const char pair[3] = {archive[2 * i], archive[2 * i + 1], 0};
        bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
}

TEST(an_archive_of_numpy_loads)
{
    unsigned char bytes[ARCHIVE];

    start_archive();
    EG_SCOPE;
    fill(bytes);
    write_file(bytes, ARCHIVE);
    eg_npz *file = eg_npz_load(path);
    assert_int_equal(eg_npz_count(file), 2);
    assert_string_equal(eg_npz_name(file, 0), "b/w");
    assert_string_equal(eg_npz_name(file, 1), "x");
    assert_null(eg_npz_name(file, 2));
    assert_prints(eg_npz_find(file, "x"), "[[0. 1. 2.] [3. 4. 5.]] float32[2,3]");
    assert_prints(eg_npz_find(file, "b/w"), "[1 2] int16[2]");
    assert_prints(eg_npz_find(file, "x"), "[[0. 1. 2.] [3. 4. 5.]] float32[2,3]");
    assert_null(eg_npz_find(file, "y"));
    assert_error(EG_INVALID, "no array \"y\"");
    eg_npz_free(file);
    unlink(path);
}

static void same_after(bool compress)
{
    EG_SCOPE;
    const char *const names[] = {"a", "model/b", "empty"};
    eg_tensor *x[] = {eg_reshape(eg_arange(EG_INT32, 0, 60000, 1), EG_DIMS(200, 300)),
        EG_B(true, false), eg_zeros(EG_FLOAT64, EG_DIMS(0, 3))};

    assert_int_equal(eg_npz_save(path, 3, names, x, .compress = compress), EG_OK);
    eg_npz *file = eg_npz_load(path);
    assert_int_equal(eg_npz_count(file), 3);
    for (int i = 0; i < 3; i++) {
        eg_tensor *y = eg_npz_find(file, names[i]);
        assert_true(eg_true(eg_all(eg_equal(y, x[i]))));
        assert_int_equal(eg_size(y), eg_size(x[i]));
        assert_int_equal(eg_dtype_of(y), eg_dtype_of(x[i]));
    }
    eg_npz_free(file);
}

TEST(an_archive_loads_what_was_saved)
{
    start_archive();
    same_after(false);
    same_after(true);
    unlink(path);
}

TEST(the_same_arrays_give_the_same_bytes_and_variables_bring_their_names)
{
    char first[2048], second[2048];

    start_archive();
    EG_SCOPE;
    eg_tensor *v[] = {eg_variable(EG_F32(1, 2), .name = "v"), eg_variable(EG_I64(3), .name = "w")};
    assert_int_equal(eg_npz_save(path, 2, NULL, v), EG_OK);
    size_t n = read_file(first, sizeof first);
    assert_int_equal(eg_npz_save(path, 2, NULL, v), EG_OK);
    assert_int_equal(read_file(second, sizeof second), n);
    assert_memory_equal(first, second, n);
    eg_npz *file = eg_npz_load(path);
    assert_prints(eg_npz_find(file, "w"), "3 int64[]");
    eg_npz_free(file);
    eg_variable_free(v[0]);
    eg_variable_free(v[1]);
    unlink(path);
}

static void not_saved(int n, const char *const names[], eg_tensor *const x[], const char *part)
{
    EG_SCOPE;
    assert_int_equal(eg_npz_save(path, n, names, x), EG_INVALID);
    assert_error(EG_INVALID, part);
    assert_prints(eg_npy_load(path), "7 int64[]");
}

TEST(wrong_names_and_tensors_are_refused_and_the_old_file_stays)
{
    start_archive();
    EG_SCOPE;
    eg_tensor *x[] = {EG_I64(1), EG_I64(2)}, *wrong_one[] = {NULL};
    static char long_name[2000];

    memset(long_name, 'n', sizeof long_name - 1);
    eg_npy_save(path, EG_I64(7));
    not_saved(2, (const char *[]){"a", "a"}, x, "two tensors are named \"a\"");
    not_saved(1, (const char *[]){""}, x, "empty");
    not_saved(1, (const char *[]){"../a"}, x, "lead out of");
    not_saved(1, (const char *[]){"/a"}, x, "lead out of");
    not_saved(1, (const char *[]){long_name}, x, "too long");
    not_saved(1, NULL, x, "no name");
    not_saved(1, (const char *[]){"a"}, wrong_one, "tensor 0 is NULL");
    not_saved(-1, NULL, x, "negative");
    not_saved(1, NULL, NULL, "tensors is NULL");
    unlink(path);
}

/* Loads an archive and all it has; the first status that is not EG_OK. */
static eg_status load_all(void)
{
    EG_SCOPE;
    eg_npz *file = eg_npz_load(path);
    for (int i = 0; i < eg_npz_count(file) && eg_ok(); i++)
        eg_npz_find(file, eg_npz_name(file, i));
    eg_npz_free(file);
    eg_status status = eg_pending(NULL);
    eg_report(NULL);
    return status;
}

TEST(an_archive_cut_off_or_with_any_byte_changed_loads_or_is_refused)
{
    unsigned char bytes[ARCHIVE];
    int loaded = 0;

    start_archive();
    fill(bytes);
    for (size_t n = 0; n < ARCHIVE; n++) {
        write_file(bytes, n);
        eg_status status = load_all();
        /* Zeros at the very end say nothing. */
        assert_true(status == EG_FORMAT || (status == EG_OK && n >= ARCHIVE - 4));
    }
    for (int i = 0; i < 3 * ARCHIVE; i++) {
        eg_memory_trim();
        size_t before = eg_memory_now().in_use;
        fill(bytes);
        bytes[i / 3] = i % 3 == 0 ? bytes[i / 3] ^ 1 : i % 3 == 1 ? 0xff : 0;
        write_file(bytes, ARCHIVE);
        loaded += load_all() == EG_OK;
        eg_memory_trim();
        assert_int_equal(eg_memory_now().in_use, before);
    }
    assert_in_range(loaded, 1, 3 * ARCHIVE - 100);
    unlink(path);
}

TEST(a_member_that_claims_much_allocates_nothing)
{
    unsigned char bytes[ARCHIVE];

    start_archive();
    fill(bytes);
    for (int i = 0; i < 4; i++)
        bytes[269 + 24 + i] = 0x7f; /* the size of the first member in the list at the end */
    write_file(bytes, ARCHIVE);
    eg_memory_trim();
    eg_memory_reset_peak();
    size_t before = eg_memory_now().peak;
    assert_int_equal(load_all(), EG_FORMAT);
    assert_true(eg_memory_now().peak - before < 100000);
    unlink(path);
}

TEST(what_is_no_archive_is_an_error_of_input)
{
    start_archive();
    EG_SCOPE;
    assert_null(eg_npz_load(path));
    assert_error(EG_FORMAT, "no archive");
    unlink(path);
    assert_null(eg_npz_load(path));
    assert_error(EG_IO, "cannot open");
    assert_null(eg_npz_load(NULL));
    assert_error(EG_INVALID, "path");
    assert_null(eg_npz_find(NULL, "x"));
    assert_error(EG_INVALID, "file is NULL");
    assert_int_equal(eg_npz_count(NULL), 0);
    eg_npz_free(NULL);
}
