/* The port to POSIX systems, with what Linux offers beyond.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "base/os.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

void *eg__os_map(size_t size, size_t alignment)
{
    size_t asked = size + alignment;
    char *all = mmap(NULL, asked, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (all == MAP_FAILED)
        return NULL;
    char *start = (char *)(((uintptr_t)all + alignment - 1) / alignment * alignment);
    if (start > all)
        munmap(all, (size_t)(start - all));
    if (start + size < all + asked)
        munmap(start + size, (size_t)(all + asked - (start + size)));
#ifdef MADV_HUGEPAGE
    madvise(start, size, MADV_HUGEPAGE);
#endif
    return start;
}

void eg__os_unmap(void *memory, size_t size)
{
    munmap(memory, size);
}

size_t eg__os_memory_size(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (size_t)pages * (size_t)page : (size_t)1 << 30;
}

int eg__os_processors(void)
{
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

int64_t eg__os_nanoseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

void eg__os_yield(void)
{
    sched_yield();
}

bool eg__os_is_terminal(FILE *f)
{
    return isatty(fileno(f)) == 1;
}

int eg__os_columns(FILE *f)
{
    struct winsize w;
    return ioctl(fileno(f), TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}

long eg__os_process(void)
{
    return (long)getpid();
}

const char *eg__os_error(int error, char *buffer, size_t size)
{
    return strerror_r(error, buffer, size);
}

int eg__os_run(const char *const argv[], const char *output)
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    int flags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, flags, 0666);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int error =
        posix_spawnp(&child, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        return -1;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int eg__os_sync(FILE *f)
{
    if (fflush(f) != 0 || ferror(f))
        return errno ? errno : EIO;
    return fsync(fileno(f)) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : errno;
}

int eg__os_rename(const char *from, const char *to)
{
    return rename(from, to) == 0 ? 0 : errno;
}

void eg__os_remove(const char *path)
{
    unlink(path);
}
