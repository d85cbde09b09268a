/* Emitted files: a folder for them, the system's compilers, and the compiled result loaded.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_EMIT_EMITTED_H
#define TESTS_UNIT_EMIT_EMITTED_H

#include "harness.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* With what would hide no mistake. */
#define EMITTED_FLAGS "-std=c11 -ffp-contract=off -Wall -Wextra -Wpedantic -Werror"

/* A folder that emitted_end removes. */
static char emitted_folder[64];

static inline const char *emitted_path(const char *name)
{
    static char path[4][160];
    static int turn;
    char *at = path[turn++ % 4];

    if (!emitted_folder[0]) {
        const char *room = getenv("TMPDIR");
        snprintf(emitted_folder, sizeof emitted_folder, "%.40s/eagre-emit-XXXXXX",
            room ? room : "/tmp");
        assert_non_null(mkdtemp(emitted_folder));
    }
    snprintf(at, 160, "%s/%s", emitted_folder, name);
    return at;
}

static inline void emitted_end(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf %s", emitted_folder);
    if (emitted_folder[0])
        assert_int_equal(system(command), 0);
    emitted_folder[0] = '\0';
}

/* Whether a program is there. */
static inline bool emitted_has(const char *program)
{
    char command[96];

    snprintf(command, sizeof command, "command -v %s > /dev/null 2>&1", program);
    return system(command) == 0;
}

/* Runs a command in the folder; what it says goes to the test's output where it fails. */
static inline bool emitted_run(const char *command)
{
    char all[1024];

    snprintf(all, sizeof all, "cd %s && (%s) > said.txt 2>&1 || (cat said.txt; false)",
        emitted_folder, command);
    return system(all) == 0;
}

/* Compiles NAME.c with a compiler into a library and loads it; NULL where that fails. */
static inline void *emitted_load(const char *compiler, const char *name)
{
    char command[400], library[176];

    snprintf(command, sizeof command, "%s -O1 " EMITTED_FLAGS " -shared -fPIC -o %s.so %s.c -lm",
        compiler, name, name);
    if (!emitted_run(command))
        return NULL;
    snprintf(library, sizeof library, "%s.so", emitted_path(name));
    return dlopen(library, RTLD_NOW | RTLD_LOCAL);
}

#endif
