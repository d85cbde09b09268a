/* Files written whole or not at all, and read with a limit.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include "base/file.h"
#include "base/memory.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/eagre-file-XXXXXX", path[64];

__attribute__((constructor)) static void make_folder(void)
{
    if (!mkdtemp(folder))
        abort();
    snprintf(path, sizeof path, "%s/file", folder);
}

__attribute__((destructor)) static void drop_folder(void)
{
    unlink(path);
    rmdir(folder);
}

static int files(void)
{
    DIR *d = opendir(folder);
    int n = 0;

    for (struct dirent *e; (e = readdir(d)) != NULL;)
        n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
    closedir(d);
    return n;
}

static void assert_holds(const char *expected)
{
    size_t n;
    char *text = eg__file_read(path, 1000, &n, "test");

    assert_fine();
    assert_int_equal(n, strlen(expected));
    assert_string_equal(text, expected);
    eg__free(text, n + 1);
}

TEST(a_file_is_replaced_when_everything_is_written)
{
    EG_SCOPE;
    assert_int_equal(eg__file_write(path, "old", 3, "test"), EG_OK);
    assert_holds("old");
    assert_int_equal(eg__file_write(path, "newer", 5, "test"), EG_OK);
    assert_holds("newer");
    assert_int_equal(files(), 1);
}

TEST(a_file_given_up_or_failed_leaves_the_old_one_and_nothing_else)
{
    EG_SCOPE;
    eg__new_file file;

    assert_int_equal(eg__file_write(path, "old", 3, "test"), EG_OK);
    assert_int_equal(eg__file_begin(&file, path, "test"), EG_OK);
    fputs("half", file.f);
    eg__file_drop(&file);
    assert_holds("old");
    assert_int_equal(eg__file_begin(&file, path, "test"), EG_OK);
    eg_fail(EG_INVALID, "test", "while writing");
    assert_true(eg__file_end(&file) != EG_OK);
    assert_error(EG_INVALID, "while writing");
    assert_holds("old");
    assert_int_equal(files(), 1);
}

TEST(what_cannot_be_opened_or_is_too_long_is_named)
{
    EG_SCOPE;
    size_t n;

    assert_int_equal(eg__file_write("/nowhere/at/all", "x", 1, "test"), EG_IO);
    assert_error(EG_IO, "/nowhere/at/all");
    assert_null(eg__file_read("/nowhere/at/all", 10, &n, "test"));
    assert_error(EG_IO, "/nowhere/at/all");
    assert_int_equal(eg__file_write(path, "four", 4, "test"), EG_OK);
    assert_null(eg__file_read(path, 3, &n, "test"));
    assert_true(eg_pending(NULL) != EG_OK);
    eg_report(NULL);
    assert_null(eg__file_read(folder, 3, &n, "test"));
    assert_true(eg_pending(NULL) != EG_OK);
    eg_report(NULL);
}
