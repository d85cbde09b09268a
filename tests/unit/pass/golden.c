/* Each pass by itself, text in and text out: golden/passes has PASS-CASE.in and PASS-CASE.out, the
 * lines between the braces. EAGRE_GOLDEN=write writes the second kind anew.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include "pass/pass.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 14 };

/* golden/passes/name, beside the tests. */
static void find_path(const char *name, char path[], size_t size)
{
    char here[512] = __FILE__;
    char *unit = strstr(here, "unit/pass/golden.c");

    assert_non_null(unit);
    *unit = '\0';
    snprintf(path, size, "%sgolden/passes/%s", here, name);
}

static void read_file(const char *name, char text[])
{
    char path[1024];
    size_t n;

    find_path(name, path, sizeof path);
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s is not there", path);
    n = fread(text, 1, MOST - 1, f);
    text[n] = '\0';
    fclose(f);
}

static const eg_pass *pass_of(const char *name)
{
    size_t n = strcspn(name, "-");

    for (int i = 0; eg__passes[i].name; i++)
        if (strlen(eg__passes[i].name) == n && memcmp(eg__passes[i].name, name, n) == 0)
            return &eg__passes[i];
    fail_msg("%s: there is no such pass", name);
    return NULL;
}

/* Without the C lines, which stand in texts of fused nodes. */
static void drop_comments(char *text)
{
    for (char *at; (at = strstr(text, "  # ")) != NULL;) {
        char *end = strchr(at, '\n');
        memmove(at, end, strlen(end) + 1);
    }
}

/* What the pass, and then dropping what it left over, makes of the text. */
static char *after(const eg_pass *pass, const char *lines)
{
    static char text[MOST + 32];

    snprintf(text, sizeof text, "graph \"g\" {\n%s}\n", lines);
    eg_graph *graph = eg_graph_parse(text);
    assert_fine();
    assert_int_equal(pass->run ? pass->run(graph) : pass->run_late(graph, NULL), EG_OK);
    assert_int_equal(eg__graph_verify(graph, pass->name), EG_OK);
    assert_int_equal(eg__pass_prune(graph), EG_OK);
    char *got = eg_graph_text(graph);
    eg_graph_free(graph);
    drop_comments(got);
    return got;
}

static void write_file(const char *name, const char *got)
{
    char path[1024];
    const char *first = strchr(got, '\n') + 1;

    find_path(name, path, sizeof path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fwrite(first, 1, strlen(first) - 2, f);
    fclose(f);
}

static void check(const char *in)
{
    EG_SCOPE;
    static char lines[MOST], wanted[MOST], whole[MOST + 32];
    char out[256];

    snprintf(out, sizeof out, "%.*sout", (int)strlen(in) - 2, in);
    read_file(in, lines);
    char *got = after(pass_of(in), lines);
    if (getenv("EAGRE_GOLDEN"))
        write_file(out, got);
    read_file(out, wanted);
    snprintf(whole, sizeof whole, "graph \"g\" {\n%s}\n", wanted);
    if (strcmp(got, whole) != 0)
        fail_msg("%s became\n%snot\n%s", in, got, whole);
    eg_free(got);
}

TEST(each_pass_makes_of_each_text_what_stands_beside_it)
{
    char path[1024];
    int n = 0;

    find_path("", path, sizeof path);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        size_t length = strlen(e->d_name);
        if (length < 4 || strcmp(e->d_name + length - 3, ".in") != 0)
            continue;
        check(e->d_name);
        n++;
    }
    closedir(d);
    assert_true(n >= 9);
}

TEST(the_list_of_passes_says_what_each_did)
{
    EG_SCOPE;
    eg_pass_info first = {.size = sizeof first}, p = {.size = sizeof p};
    eg_graph *graph = eg_graph_parse("graph \"g\" {\n"
                                     "  %0 = Placeholder() \"x\" : float32[2]\n"
                                     "  %1 = Neg(%0) : float32[2]\n"
                                     "  return %1\n"
                                     "}\n");
    int n = 0;

    assert_true(eg_pass_list(0, &first));
    assert_string_equal(first.name, "fold");
    assert_int_equal(eg__passes_run(graph), EG_OK);
    for (; eg_pass_list(n, &p); n++) {
        assert_true(p.is_on);
        assert_true(strlen(p.what) > 10);
    }
    assert_true(n >= 8);
    assert_true(eg_pass_list(0, &p));
    assert_int_equal(p.runs, first.runs + 1);
    assert_int_equal(p.nodes_before, first.nodes_before + 2);
    assert_int_equal(p.nodes_after, first.nodes_after + 2);
    assert_true(p.nanoseconds >= first.nanoseconds);
    assert_false(eg_pass_list(n, &p));
    assert_false(eg_pass_list(-1, &p));
    assert_false(eg_pass_list(0, NULL));
    eg_graph_free(graph);
}
