/* Running programs that were built beside this one, for what only a fresh process shows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The folder of this program, and `name` in it. */
static bool beside(const char *name, char *path, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", path, size - 1);

    while (n > 0 && path[n - 1] != '/')
        n--;
    if (n <= 0 || (size_t)n + strlen(name) >= size)
        return false;
    strcpy(path + n, name);
    return true;
}

static void read_all(int from, char *out, int size)
{
    int used = 0;

    for (ssize_t n; used < size - 1; used += (int)n)
        if ((n = read(from, out + used, (size_t)(size - 1 - used))) <= 0)
            break;
    out[used] = '\0';
}

double bench_spawn(const char *program, const char *argument, char *out, int size)
{
    char path[512], word[128] = "";
    char *argv[] = {path, word, NULL};
    posix_spawn_file_actions_t actions;
    int ends[2], status = -1;
    pid_t child;

    strncat(word, argument, sizeof word - 1);
    if (!beside(program, path, sizeof path) || pipe(ends) != 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    double start = bench_now();
    bool started = posix_spawn(&child, path, &actions, NULL, argv, environ) == 0;
    close(ends[1]);
    read_all(ends[0], out, size);
    if (started)
        waitpid(child, &status, 0);
    double end = bench_now();
    close(ends[0]);
    posix_spawn_file_actions_destroy(&actions);
    return status == 0 ? end - start : -1;
}
