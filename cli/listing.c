/* Reading a graph's text. A line of a node is
 *     `  %2 = Add(%0, %1) "sum" : float32[2,2]`
 * where the number, the name and what it is can be missing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "listing.h"
#include <stdio.h>
#include <string.h>

/* Copies the text from `from` up to `to`. */
static void copy(char *target, size_t size, const char *from, const char *to)
{
    snprintf(target, size, "%.*s", (int)(to - from), from);
}

/* The last place in a line where " : " begins, or its end. */
static const char *find_spec(const char *line, const char *end)
{
    for (const char *s = end - 3; s > line; s--)
        if (strncmp(s, " : ", 3) == 0)
            return s;
    return end;
}

static bool read_line(const char *line, const char *end, listed *node)
{
    const char *op = line + strspn(line, " "), *spec = find_spec(line, end), *name = spec;

    if (*op == '%')
        op += strcspn(op, "=") + 2;
    const char *open = op + strcspn(op, "( \n");
    if (*open != '(')
        return false;
    if (spec[-1] == '"')
        for (name = spec - 1; name > open && name[-1] != '"';)
            name--;
    copy(node->op, sizeof node->op, op, open);
    copy(node->name, sizeof node->name, name, name < spec ? spec - 1 : spec);
    copy(node->spec, sizeof node->spec, spec < end ? spec + 3 : end, end);
    return true;
}

bool next_node(const char **text, listed *node)
{
    while (**text) {
        const char *line = *text, *end = line + strcspn(line, "\n");
        *text = *end ? end + 1 : end;
        if (read_line(line, end, node))
            return true;
    }
    return false;
}

bool is_feed(const listed *node)
{
    return strcmp(node->op, "Placeholder") == 0;
}

bool is_result(const listed *node)
{
    return node->name[0] && !is_feed(node) && strcmp(node->op, "Variable") != 0;
}
