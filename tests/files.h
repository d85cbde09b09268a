/* Files in tests: one that is the test's own, at `path`.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FILES_H
#define TESTS_FILES_H

#include "harness.h"
#include <stdio.h>
#include <unistd.h>

extern char path[64]; /* of the file that a test works on, which removes it in the end */

/* Makes it, empty; `name` is part of its name. */
void make_file(const char *name);

/* Makes its bytes these; reads at most so many of them, and of another file. */
void write_file(const void *bytes, size_t n);
size_t read_file(char *bytes, size_t most);
size_t read_file_at(const char *where, char *bytes, size_t most);

#endif
