/* Pictures of graphs and functions: the language of dot word for word, drawn files, misuse.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of the test's own, and a path in it. */
typedef struct place {
    char folder[32], path[64];
} place;

static place make_place(const char *name)
{
    place p = {.folder = "/tmp/eagre-picture-XXXXXX"};

    assert_non_null(mkdtemp(p.folder));
    snprintf(p.path, sizeof p.path, "%s/%s", p.folder, name);
    return p;
}

/* How many files the folder has; then it is removed, with the file at the path. */
static int clear_place(const place *p)
{
    DIR *folder = opendir(p->folder);
    int n = 0;

    assert_non_null(folder);
    for (struct dirent *e; (e = readdir(folder));)
        n += e->d_name[0] != '.';
    closedir(folder);
    unlink(p->path);
    rmdir(p->folder);
    return n;
}

static size_t read_file(const char *path, char *text, size_t size)
{
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    size_t n = fread(text, 1, size - 1, f);
    text[n] = '\0';
    fclose(f);
    return n;
}

static bool has_dot(void)
{
    return system("dot -V >/dev/null 2>&1") == 0;
}

static const char head[] = "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#eef3fa\", "
                           "fontname=\"sans-serif\", fontsize=11];\n"
                           "  edge [fontname=\"sans-serif\", fontsize=9];\n";

static void assert_dot(const char *text, const char *title, const char *body)
{
    char expected[8192];

    snprintf(expected, sizeof expected, "digraph \"%s\" {\n%s%s}\n", title, head, body);
    assert_string_equal(text, expected);
}

/* ---- graphs --------------------------------------------------------------------------------- */

static eg_graph *build(eg_tensor *variable)
{
    eg_graph *graph = eg_graph_new("a \"graph\"");
    EG_GRAPH(graph);
    eg_tensor *x = eg_placeholder("x", EG_FLOAT32, EG_DIMS(2, 2));

    eg_name(eg_sum(eg_mul(x, variable), .axes = EG_AXES(1)), "rows");
    return graph;
}

TEST(a_graph_is_drawn_with_names_attributes_shapes_and_values)
{
    EG_SCOPE;
    eg_tensor *v = eg_variable(eg_constant(0.5), .name = "scale");
    eg_graph *graph = build(v);
    place p = make_place("graph.dot");
    char text[4096];

    assert_int_equal(eg_graph_draw(graph, p.path), EG_OK);
    read_file(p.path, text, sizeof text);
    assert_dot(text, "a \\\"graph\\\"",
        "  s0n0 [label=\"Placeholder\\nx\\nfloat32[2,2]\", fillcolor=\"#dff0d8\"];\n"
        "  s0n1 [label=\"Variable\\nscale\\nfloat32[]\", fillcolor=\"#fcf3cf\"];\n"
        "  s0n2 [label=\"Mul\\nfloat32[2,2]\", fillcolor=\"#eef3fa\"];\n"
        "  s0n0 -> s0n2;\n"
        "  s0n1 -> s0n2;\n"
        "  s0n3 [label=\"Sum\\naxes=[1]\\nrows\\nfloat32[2]\", fillcolor=\"#eef3fa\"];\n"
        "  s0n2 -> s0n3;\n");
    assert_int_equal(clear_place(&p), 1);
    eg_graph_free(graph);
    eg_variable_free(v);
}

TEST(an_empty_graph_is_a_picture_too)
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_new("empty");
    place p = make_place("graph.dot");
    char text[4096];

    assert_int_equal(eg_graph_draw(graph, p.path), EG_OK);
    read_file(p.path, text, sizeof text);
    assert_dot(text, "empty", "");
    assert_int_equal(clear_place(&p), 1);
    eg_graph_free(graph);
}

static void assert_drawn(const eg_graph *graph, const char *name, const char *magic)
{
    place p = make_place(name);
    char text[1 << 16];

    assert_int_equal(eg_graph_draw(graph, p.path), EG_OK);
    assert_true(read_file(p.path, text, sizeof text) > 100);
    assert_memory_equal(text, magic, strlen(magic));
    assert_int_equal(clear_place(&p), 1);
}

TEST(dot_draws_svg_png_and_pdf)
{
    if (!has_dot())
        skip_since("dot is not installed (Debian: graphviz)");
    EG_SCOPE;
    eg_tensor *v = eg_variable(eg_constant(0.5), .name = "a < b & \"c\" \\n {|}");
    eg_graph *graph = build(v);

    assert_drawn(graph, "graph.svg", "<?xml");
    assert_drawn(graph, "graph.png", "\x89PNG");
    assert_drawn(graph, "graph.pdf", "%PDF");
    eg_graph_free(graph);
    eg_variable_free(v);
}

/* ---- functions ------------------------------------------------------------------------------ */

EG_FUNCTION(choose, x, limit)
{
    if (eg_true(eg_greater(x, limit)))
        return eg_square(x);
    return eg_neg(x);
}

/* The tree of `choose`: up to the question, then a branch each. */
static const char start[] = "  s0n0 [label=\"Placeholder\\nfloat32[]\", fillcolor=\"#dff0d8\"];\n"
                            "  s0n1 [label=\"Placeholder\\nfloat32[]\", fillcolor=\"#dff0d8\"];\n"
                            "  s0n2 [label=\"Greater\\nbool[]\", fillcolor=\"#eef3fa\"];\n"
                            "  s0n0 -> s0n2;\n"
                            "  s0n1 -> s0n2;\n"
                            "  s0end [label=\"true?\", shape=diamond, fillcolor=\"#e8daef\"];\n"
                            "  s0n2 -> s0end;\n"
                            "  s0end -> s1end [style=bold, label=\"true\"];\n";
static const char squared[] = "  s1n1 [label=\"Square\\nfloat32[]\", fillcolor=\"#eef3fa\"];\n"
                              "  s0n0 -> s1n1;\n"
                              "  s1end [label=\"return\", shape=oval, fillcolor=\"#e8daef\"];\n"
                              "  s1n1 -> s1end;\n";
static const char negated[] = "  s2n1 [label=\"Neg\\nfloat32[]\", fillcolor=\"#eef3fa\"];\n"
                              "  s0n0 -> s2n1;\n"
                              "  s2end [label=\"return\", shape=oval, fillcolor=\"#e8daef\"];\n"
                              "  s2n1 -> s2end;\n";

TEST(a_function_is_drawn_as_a_tree_with_the_branches_that_were_met)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(choose);
    place p = make_place("choose.dot");
    char text[4096];
    char body[4096];

    eg_function_draw(f, p.path);
    read_file(p.path, text, sizeof text);
    assert_dot(text, "choose", "");
    eg_call(f, 5.0, 4.0);
    eg_function_draw(f, p.path);
    read_file(p.path, text, sizeof text);
    snprintf(body, sizeof body, "%s%s", start, squared);
    assert_dot(text, "choose", body);
    eg_call(f, 3.0, 4.0);
    eg_function_draw(f, p.path);
    read_file(p.path, text, sizeof text);
    snprintf(body, sizeof body, "%s  s0end -> s2end [style=bold, label=\"false\"];\n%s%s", start,
        squared, negated);
    assert_dot(text, "choose", body);
    assert_fine();
    assert_int_equal(clear_place(&p), 1);
    eg_function_free(f);
}

EG_FUNCTION(times, x, n)
{
    for (int64_t i = eg_item_int(n); i > 0; i--)
        x = eg_mul(x, 2);
    return x;
}

TEST(the_values_that_a_function_asked_for_stand_on_its_edges)
{
    if (!has_dot())
        skip_since("dot is not installed (Debian: graphviz)");
    EG_SCOPE;
    eg_function *f = eg_function_of(times);
    place p = make_place("times.svg");
    char text[1 << 16];

    eg_call(f, 1.5, 1);
    eg_call(f, 1.5, 3);
    assert_int_equal(eg_function_draw(f, p.path), EG_OK);
    read_file(p.path, text, sizeof text);
    assert_non_null(strstr(text, ">which?<"));
    assert_non_null(strstr(text, ">1<"));
    assert_non_null(strstr(text, ">3<"));
    assert_int_equal(clear_place(&p), 1);
    eg_function_free(f);
}

/* ---- misuse --------------------------------------------------------------------------------- */

static void refuses(const eg_graph *graph, const char *path, eg_status status, const char *part)
{
    assert_int_equal(eg_graph_draw(graph, path), status);
    assert_error(status, part);
}

TEST(a_picture_that_cannot_be_written_is_named_and_nothing_is_left)
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_new("g");
    place p = make_place("taken.dot");
    char path[128];

    for (const char *const *ending = (const char *const[]){"dot", "svg", NULL}; *ending; ending++) {
        snprintf(path, sizeof path, "%s/nowhere/g.%s", p.folder, *ending);
        refuses(graph, path, EG_IO, path);
    }
    assert_int_equal(mkdir(p.path, 0700), 0);
    refuses(graph, p.path, EG_IO, p.path);
    assert_int_equal(rmdir(p.path), 0);
    assert_int_equal(clear_place(&p), 0);
    eg_graph_free(graph);
}

TEST(other_endings_and_null_are_errors)
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_new("g");

    refuses(graph, "/tmp/eagre-never.gif", EG_INVALID, "must end in");
    refuses(graph, "/tmp/eagre-never", EG_INVALID, "must end in");
    refuses(graph, "", EG_INVALID, "must end in");
    refuses(graph, NULL, EG_INVALID, "NULL");
    refuses(NULL, "/tmp/eagre-never.dot", EG_INVALID, "graph is NULL");
    assert_int_equal(eg_function_draw(NULL, "/tmp/eagre-never.dot"), EG_INVALID);
    assert_error(EG_INVALID, "function is NULL");
    eg_fail(EG_STATE, "test", "before");
    assert_int_equal(eg_graph_draw(graph, "/tmp/eagre-never.dot"), EG_STATE);
    assert_error(EG_STATE, "before");
    assert_int_equal(access("/tmp/eagre-never.dot", F_OK), -1);
    eg_graph_free(graph);
}

TEST(without_dot_the_package_is_named_and_nothing_is_left)
{
    EG_SCOPE;
    const char *path = getenv("PATH");
    char *saved = strdup(path ? path : "");
    eg_graph *graph = eg_graph_new("g");
    place p = make_place("g.svg");

    setenv("PATH", p.folder, 1);
    refuses(graph, p.path, EG_UNAVAILABLE, "graphviz");
    setenv("PATH", saved, 1);
    assert_int_equal(clear_place(&p), 0);
    eg_graph_free(graph);
    free(saved);
}
