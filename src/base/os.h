/* What only the operating system can tell or do. os_posix.c is the whole port.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_OS_H
#define BASE_OS_H

#include <eagre/base.h>

/* `size` bytes of zeroed memory at a multiple of `alignment`, in huge pages where the system has
 * them; NULL where it has none left. */
void *eg__os_map(size_t size, size_t alignment);
void eg__os_unmap(void *memory, size_t size);

size_t eg__os_memory_size(void);  /* bytes of the machine, or of the process's share of it */
int eg__os_processors(void);      /* that this process may run on */
int64_t eg__os_nanoseconds(void); /* of a clock that never goes back */
void eg__os_yield(void);          /* lets other threads run */
bool eg__os_is_terminal(FILE *f);
int eg__os_columns(FILE *f); /* of the terminal; 0: unknown */
long eg__os_process(void);

/* The text of an errno, in `buffer`. */
const char *eg__os_error(int error, char *buffer, size_t size);

/* Runs a program found on PATH with the given arguments (argv ends with NULL), its output going
 * to the file at `output`. Returns its exit status, -1 where it could not be started. */
int eg__os_run(const char *const argv[], const char *output);

/* Brings what was written to `f` to the disk; renames over what is there. 0, or an errno. */
int eg__os_sync(FILE *f);
int eg__os_rename(const char *from, const char *to);
void eg__os_remove(const char *path);

#endif
