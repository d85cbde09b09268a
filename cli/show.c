/* eagre show: a graph or a file of weights, for people.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "listing.h"
#include "tensors.h"
#include <string.h>

static void print_spec(const eg_tensor *x)
{
    printf("%s[", eg_dtype_name(eg_dtype_of(x)));
    for (int i = 0; i < eg_rank(x); i++)
        printf("%s%lld", i ? "," : "", (long long)eg_dim(x, i));
    printf("]");
}

/* ---- weights -------------------------------------------------------------------------------- */

static void show_weights(const char *path)
{
    tensors file = tensors_open(path);
    int64_t elements = 0, bytes = 0;

    for (int i = 0; i < tensors_count(&file) && eg_ok(); i++) {
        EG_SCOPE;
        eg_tensor *x = tensors_find(&file, tensors_name(&file, i));
        printf("%-32s ", tensors_name(&file, i));
        print_spec(x);
        printf("\n");
        elements += eg_size(x);
        bytes += eg_size(x) * (int64_t)eg_dtype_size(eg_dtype_of(x));
    }
    if (eg_ok())
        printf("%d tensors, %lld elements, %lld bytes\n", tensors_count(&file), (long long)elements,
            (long long)bytes);
    tensors_close(&file);
}

/* ---- graphs --------------------------------------------------------------------------------- */

/* Prints "what name spec; name spec" of the nodes that are of this kind. */
static void print_names(const char *text, const char *what, bool (*is_kind)(const listed *))
{
    listed node;
    int n = 0;

    while (next_node(&text, &node))
        if (is_kind(&node))
            printf("%s %s %s", n++ ? ";" : what, node.name, node.spec);
    if (n > 0)
        printf("\n");
}

static bool was_before(const char *text, const char *end, const char *op)
{
    listed node;

    while (text < end && next_node(&text, &node) && text < end)
        if (strcmp(node.op, op) == 0)
            return true;
    return false;
}

static int count_op(const char *text, const char *op)
{
    listed node;
    int n = 0;

    while (next_node(&text, &node))
        n += strcmp(node.op, op) == 0;
    return n;
}

/* Prints how many nodes there are of each operation, in the order of their first appearance. */
static void print_counts(const char *text)
{
    const char *at = text, *between = ": ";
    listed node;
    int n = 0;

    while (next_node(&at, &node))
        n++;
    printf("%d nodes", n);
    for (at = text; next_node(&at, &node);) {
        if (was_before(text, at, node.op))
            continue;
        printf("%s%d %s", between, count_op(text, node.op), node.op);
        between = ", ";
    }
    printf("\n");
}

static void show_graph(const char *path, const char *svg, const char *dot)
{
    eg_graph *graph = eg_graph_load(path);
    char *text = graph ? eg_graph_text(graph) : NULL;

    if (text) {
        fputs(text, stdout);
        print_counts(text);
        printf("%.0f floating-point operations\n", eg_graph_flops(graph));
        print_names(text, "feeds:", is_feed);
        print_names(text, "results:", is_result);
    }
    if (svg && eg_ok())
        eg_graph_draw(graph, svg);
    if (dot && eg_ok())
        eg_graph_draw(graph, dot);
    eg_free(text);
    eg_graph_free(graph);
}

int command_show(int n, char **words)
{
    const char *path = NULL, *svg = NULL, *dot = NULL, *value;

    for (int i = 0; i < n; i++) {
        if ((value = value_of("--svg", n, words, &i)) && ends_with(value, ".svg"))
            svg = value;
        else if (!value && (value = value_of("--dot", n, words, &i)) && ends_with(value, ".dot"))
            dot = value;
        else if (value || path || words[i][0] == '-')
            return USAGE;
        else
            path = words[i];
    }
    if (!path)
        return USAGE;
    if (!is_tensors(path))
        show_graph(path, svg, dot);
    else if (svg || dot)
        return USAGE;
    else
        show_weights(path);
    return 0;
}
