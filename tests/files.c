/* The file that a test works on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "files.h"
#include <stdlib.h>

char path[64];

void make_file(const char *name)
{
    snprintf(path, sizeof path, "/tmp/eagre-%s-XXXXXX", name);
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
}

void write_file(const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

size_t read_file(char *bytes, size_t most)
{
    return read_file_at(path, bytes, most);
}

size_t read_file_at(const char *where, char *bytes, size_t most)
{
    FILE *f = fopen(where, "rb");

    if (!f)
        fail_msg("%s is not there", where);
    size_t n = fread(bytes, 1, most, f);
    fclose(f);
    return n;
}
