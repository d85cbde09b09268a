/* The driver of the passes: switches, dumps, messages.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include "pass/pass.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/eagre-dump-XXXXXX";

/* Options are read once, so they are set before anything asks. */
__attribute__((constructor(101))) static void set_options(void)
{
    if (!mkdtemp(folder))
        abort();
    setenv("EAGRE_DUMP", folder, 1);
    setenv("EAGRE_PASSES", "-cse", 1);
    setenv("EAGRE_VERIFY", "1", 1);
}

static const char source[] = "graph \"g\" {\n"
                             "  %0 = Placeholder() \"x\" : float32[2]\n"
                             "  %1 = Neg(%0) : float32[2]\n"
                             "  %2 = Neg(%0) : float32[2]\n"
                             "  %3 = Add(%1, %2) : float32[2]\n"
                             "  return %3\n"
                             "}\n";

/* Removes the dumped files and counts them. */
static int sweep(void)
{
    DIR *d = opendir(folder);
    char path[512];
    int n = 0;

    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        assert_int_equal(unlink(path), 0);
        n++;
    }
    closedir(d);
    return n;
}

static char seen[4096];

static void note(const char *kind, const char *text, void *env)
{
    (void)env;
    if (strcmp(kind, "pass") == 0)
        strncat(seen, text, sizeof seen - strlen(seen) - 1);
}

TEST(a_pass_that_is_switched_off_does_not_run_and_each_other_is_dumped)
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_parse(source);

    eg_set_message_handler(note, NULL);
    assert_int_equal(eg__passes_run(graph), EG_OK);
    eg_set_message_handler(NULL, NULL);
    assert_int_equal(graph->n, 4);
    assert_non_null(strstr(seen, "g: fold: 4 nodes -> 4"));
    assert_non_null(strstr(seen, "g: prune: 4 nodes -> 4"));
    assert_null(strstr(seen, "cse"));
    assert_int_equal(sweep(), 2 * 3); /* text and picture */
    eg_graph_free(graph);
    rmdir(folder);
}
