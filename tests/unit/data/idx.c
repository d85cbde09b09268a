/* IDX files: the digits of the examples, every type of element, and files that lie.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "files.h"
#include <stdlib.h>
#include <string.h>

/* ---- files ---------------------------------------------------------------------------------- */

/* Where a file of the examples' data is. */
static const char *example(const char *name)
{
    static char all[1024];

    snprintf(all, sizeof all, "%s", __FILE__);
    char *tests = strstr(all, "tests/unit/data/idx.c");
    assert_non_null(tests);
    snprintf(tests, sizeof all - (size_t)(tests - all), "examples/data/%s", name);
    return all;
}

static size_t read_example(const char *name, char *bytes, size_t most)
{
    return read_file_at(example(name), bytes, most);
}

static void refused(eg_dtype dtype, eg_status status, const char *part)
{
    assert_null(eg_load_idx(path, dtype));
    assert_error(status, part);
}

/* Whether this build reads compressed files. */
static bool reads_gzip(void)
{
    eg_error error;
    eg_scope *scope = eg_try_open(&error);

    eg_load_idx(example("digits-test-labels-idx1-ubyte.gz"), EG_INT32);
    eg_scope_close(scope);
    return error.status != EG_UNAVAILABLE;
}

/* ---- what is right -------------------------------------------------------------------------- */

TEST(the_digits_of_the_examples_load)
{
    if (!reads_gzip())
        skip_since("eagre was built without zlib");
    EG_SCOPE;
    eg_tensor *x = eg_load_idx(example("digits-train-images-idx3-ubyte.gz"), EG_FLOAT32);
    eg_tensor *y = eg_load_idx(example("digits-train-labels-idx1-ubyte.gz"), EG_INT32);
    assert_fine();
    assert_int_equal(eg_rank(x), 3);
    assert_int_equal(eg_dim(x, 0), 1437);
    assert_int_equal(eg_dim(x, 1), 8);
    assert_int_equal(eg_dim(x, 2), 8);
    assert_int_equal(eg_size(y), 1437);
    const float *pixels = eg_data(x, EG_FLOAT32);
    const int32_t *labels = eg_data(y, EG_INT32);
    static const float first_row[] = {0, 0, 5, 13, 9, 1, 0, 0};
    assert_memory_equal(pixels, first_row, sizeof first_row);
    for (int i = 0; i < 10; i++)
        assert_int_equal(labels[i], i);
    for (int i = 0; i < 1437 * 64; i++)
        assert_true(pixels[i] >= 0 && pixels[i] <= 16);
    assert_int_equal(eg_size(eg_load_idx(example("digits-test-images-idx3-ubyte.gz"), EG_INT64)),
        360 * 64);
    assert_int_equal(eg_size(eg_load_idx(example("digits-test-labels-idx1-ubyte.gz"), EG_FLOAT64)),
        360);
}

static const struct {
    const char *bytes;
    size_t n;
    eg_dtype dtype;
    const char *text;
} right[] = {
    {"\0\0\x08\1\0\0\0\3\0\x7f\xff", 11, EG_INT32, "[  0 127 255] int32[3]"},
    {"\0\0\x08\1\0\0\0\3\0\x7f\xff", 11, EG_FLOAT32, "[  0. 127. 255.] float32[3]"},
    {"\0\0\x09\1\0\0\0\3\0\x80\xff", 11, EG_INT64, "[   0 -128   -1] int64[3]"},
    {"\0\0\x0b\1\0\0\0\3\1\0\x80\0\xff\xff", 14, EG_INT32, "[   256 -32768     -1] int32[3]"},
    {"\0\0\x0c\1\0\0\0\2\x80\0\0\0\0\0\0\1", 16, EG_INT32, "[-2147483648           1] int32[2]"},
    {"\0\0\x0c\1\0\0\0\2\x80\0\0\0\0\0\0\1", 16, EG_FLOAT64,
        "[-2.14748365e+09  1.00000000e+00] float64[2]"},
    {"\0\0\x0d\1\0\0\0\2\x3f\xc0\0\0\xff\x80\0\0", 16, EG_FLOAT32, "[ 1.5 -inf] float32[2]"},
    {"\0\0\x0d\1\0\0\0\2\x3f\xc0\0\0\xff\x80\0\0", 16, EG_FLOAT64, "[ 1.5 -inf] float64[2]"},
    {"\0\0\x0e\1\0\0\0\1\x3f\xb9\x99\x99\x99\x99\x99\x9a", 16, EG_FLOAT64, "[0.1] float64[1]"},
    {"\0\0\x0e\1\0\0\0\1\x3f\xb9\x99\x99\x99\x99\x99\x9a", 16, EG_FLOAT32, "[0.1] float32[1]"},
    {"\0\0\x08\0\7", 5, EG_INT32, "7 int32[]"},
    {"\0\0\x08\2\0\0\0\2\0\0\0\1\7\x08", 14, EG_INT32, "[[7] [8]] int32[2,1]"},
    {"\0\0\x08\2\0\0\0\0\0\0\0\5", 12, EG_INT32, "[] int32[0,5]"},
    {"\0\0\x08\3\xff\xff\xff\xff\0\0\1\0\0\0\0\0", 16, EG_INT32, "[] int32[4294967295,256,0]"},
};

TEST(every_type_converts_to_what_was_asked_for)
{
    EG_SCOPE;
    make_file("idx");
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        write_file(right[i].bytes, right[i].n);
        assert_prints(eg_load_idx(path, right[i].dtype), right[i].text);
    }
    unlink(path);
}

TEST(an_array_larger_than_a_piece_of_the_file_keeps_its_order)
{
    EG_SCOPE;
    enum { N = 100000 };
    static unsigned char bytes[8 + 2 * N] = {0, 0, 0x0b, 1, 0, N >> 16, N >> 8 & 255, N & 255};

    make_file("idx");
    for (int i = 0; i < N; i++) {
        bytes[8 + 2 * i] = (unsigned char)(i % 30000 >> 8);
        bytes[9 + 2 * i] = (unsigned char)(i % 30000);
    }
    write_file(bytes, sizeof bytes);
    const int32_t *x = eg_data(eg_load_idx(path, EG_INT32), EG_INT32);
    assert_fine();
    for (int i = 0; i < N; i++)
        assert_int_equal(x[i], i % 30000);
    unlink(path);
}

/* ---- what is wrong -------------------------------------------------------------------------- */

static const struct {
    const char *bytes;
    size_t n;
    eg_dtype dtype;
    eg_status status;
    const char *part;
} wrong[] = {
    {"", 0, EG_INT32, EG_FORMAT, "cut off"},
    {"\1\0\x08\0\7", 5, EG_INT32, EG_FORMAT, "no IDX file"},
    {"\0\1\x08\0\7", 5, EG_INT32, EG_FORMAT, "no IDX file"},
    {"\0\0\x0a\0\7", 5, EG_INT32, EG_FORMAT, "no IDX file"},
    {"\0\0\x0f\0\7", 5, EG_INT32, EG_FORMAT, "no IDX file"},
    {"\0\0\x08\x09", 4, EG_INT32, EG_FORMAT, "more than 8 axes"},
    {"\0\0\x08\xff", 4, EG_INT32, EG_FORMAT, "more than 8 axes"},
    {"\0\0\x08\0\7\7", 6, EG_INT32, EG_FORMAT, "bytes follow"},
    {"\0\0\x08\1\0\0\0\0\0", 9, EG_INT32, EG_FORMAT, "bytes follow"},
    {"\0\0\x08\1\0\0\0\2\0", 9, EG_INT32, EG_FORMAT, "cut off"},
    {"\0\0\x08\1\x80\0\0\0\0", 9, EG_INT32, EG_FORMAT, "cut off"},
    {"\0\0\x0e\2\x0f\xff\xff\xff\x0f\xff\xff\xff\0", 13, EG_FLOAT64, EG_FORMAT, "cut off"},
    {"\0\0\x0e\2\xff\xff\xff\xff\xff\xff\xff\xff\0", 13, EG_FLOAT64, EG_FORMAT, "any memory"},
    {"\0\0\x08\3\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0", 17, EG_FLOAT64, EG_FORMAT,
        "any memory"},
    {"\0\0\x0d\0\0\0\0\0", 8, EG_INT32, EG_INVALID, "real numbers"},
    {"\0\0\x0e\0\0\0\0\0\0\0\0\0", 12, EG_INT64, EG_INVALID, "real numbers"},
    {"\0\0\x08\0\1", 5, EG_BOOL, EG_INVALID, "integers or real numbers"},
    {"\0\0\x08\0\1", 5, EG_NO_DTYPE, EG_INVALID, "integers or real numbers"},
};

TEST(a_wrong_file_is_refused_with_one_clear_error)
{
    EG_SCOPE;
    make_file("idx");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_file(wrong[i].bytes, wrong[i].n);
        refused(wrong[i].dtype, wrong[i].status, wrong[i].part);
        write_file(wrong[i].bytes, wrong[i].n);
        refused(wrong[i].dtype, wrong[i].status, path);
    }
    unlink(path);
}

TEST(a_file_cut_off_anywhere_is_refused)
{
    EG_SCOPE;
    make_file("idx");
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        for (size_t n = 0; n < right[i].n; n++) {
            write_file(right[i].bytes, n);
            refused(right[i].dtype, EG_FORMAT, "cut off");
        }
    unlink(path);
}

TEST(a_compressed_file_cut_off_anywhere_is_refused)
{
    if (!reads_gzip())
        skip_since("eagre was built without zlib");
    EG_SCOPE;
    char bytes[1024];

    make_file("idx");
    size_t all = read_example("digits-test-labels-idx1-ubyte.gz", bytes, sizeof bytes);
    for (size_t n = 0; n < all; n++) {
        write_file(bytes, n);
        refused(EG_INT32, EG_FORMAT, path);
    }
    unlink(path);
}

TEST(a_compressed_file_with_a_changed_byte_is_refused_or_the_same)
{
    if (!reads_gzip())
        skip_since("eagre was built without zlib");
    EG_SCOPE;
    char bytes[1024];
    int loaded = 0;

    make_file("idx");
    size_t all = read_example("digits-test-labels-idx1-ubyte.gz", bytes, sizeof bytes);
    for (size_t i = 0; i < all; i++) {
        bytes[i] = (char)(bytes[i] ^ 0x55);
        write_file(bytes, all);
        eg_tensor *x = eg_load_idx(path, EG_INT32);
        assert_int_equal(x == NULL, !eg_ok());
        assert_true(!x || eg_size(x) == 360);
        loaded += x != NULL;
        eg_report(NULL);
        bytes[i] = (char)(bytes[i] ^ 0x55);
    }
    assert_true(loaded < 60); /* time, name and system in the header are free */
    unlink(path);
}

TEST(a_build_without_zlib_names_the_package_it_lacks)
{
    EG_SCOPE;
    if (reads_gzip())
        return;
    assert_null(eg_load_idx(example("digits-test-labels-idx1-ubyte.gz"), EG_INT32));
    assert_error(EG_UNAVAILABLE, "zlib1g-dev");
}

TEST(what_cannot_be_opened_is_an_error_of_input)
{
    EG_SCOPE;
    make_file("idx");
    unlink(path);
    refused(EG_INT32, EG_IO, path);
    assert_null(eg_load_idx("/tmp", EG_INT32));
    assert_error(EG_IO, "/tmp");
    assert_null(eg_load_idx(NULL, EG_INT32));
    assert_error(EG_INVALID, "path");
    char longest[2000];
    memset(longest, 'a', sizeof longest);
    strcpy(longest + sizeof longest - 6, "/end!");
    assert_null(eg_load_idx(longest, EG_INT32));
    assert_error(EG_IO, "/end!: ");
}

TEST(nothing_is_loaded_in_a_failed_scope)
{
    EG_SCOPE;
    make_file("idx");
    write_file("\0\0\x08\0\7", 5);
    eg_fail(EG_STATE, "test", "before");
    refused(EG_INT32, EG_STATE, "before");
    unlink(path);
}
