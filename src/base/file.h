/* Files: written whole or not at all, read whole with a limit.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <eagre/base.h>

/* A file being written aside, under a name of its own in the same folder. */
typedef struct eg__new_file {
    FILE *f;
    char *aside;
    const char *path, *op;
} eg__new_file;

/* Opens it; then write to `.f`. `op` is the function's name for errors. */
eg_status eg__file_begin(eg__new_file *file, const char *path, const char *op);

/* Puts it in its place at `path` if everything was written and nothing is pending on this thread;
 * otherwise removes it and reports. */
eg_status eg__file_end(eg__new_file *file);

/* Gives it up and removes it. */
void eg__file_drop(eg__new_file *file);

/* Writes `n` bytes to `path`, whole or not at all. */
eg_status eg__file_write(const char *path, const void *bytes, size_t n, const char *op);

/* A file being read. */
typedef struct eg__open_file {
    FILE *f;
    const char *path, *op;
    uint64_t left; /* bytes not yet read */
} eg__open_file;

/* Opens and measures it; false, reported in the name of `op`, where that fails. */
bool eg__file_open(eg__open_file *file, const char *path, const char *op);

/* Reads the next n bytes; false, reported, where there are fewer. */
bool eg__file_take(eg__open_file *file, void *to, size_t n);

/* Reports what is wrong with it; false. */
bool eg__file_refuse(const eg__open_file *file, eg_status status, const char *why);

void eg__file_close(eg__open_file *file);

/* The whole file in memory from eg__alloc, of `*n` bytes plus a final '\0'; NULL after an error.
 * Longer files than `most` are refused. */
char *eg__file_read(const char *path, size_t most, size_t *n, const char *op);

#endif
