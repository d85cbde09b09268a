/* eagre emit: a saved graph as a C file and its header.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

int command_emit(int n, char **words)
{
    eg_emit_attrs how = {.size = sizeof how};
    const char *from = NULL, *to = NULL, *value;

    for (int i = 0; i < n; i++) {
        if ((value = value_of("--name", n, words, &i)))
            how.name = value;
        else if ((value = value_of("--weights", n, words, &i)))
            how.weights = value;
        else if (words[i][0] == '-' || to)
            return USAGE;
        else if (from)
            to = words[i];
        else
            from = words[i];
    }
    if (!to)
        return USAGE;
    eg_graph *graph = (eg_graph_load)(from); /* its nodes have no line of this program */
    if (graph)
        eg_graph_emit_c_with(graph, to, &how);
    eg_graph_free(graph);
    return 0;
}
