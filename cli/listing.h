/* A graph's text read line by line: what the nodes are called and which operations they are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LISTING_H
#define CLI_LISTING_H

#include <stdbool.h>

typedef struct listed {
    char op[64], name[128], spec[256]; /* name "": none; what is longer is cut off */
} listed;

/* Reads on from *text to the next node of what eg_graph_text made; false behind the last. */
bool next_node(const char **text, listed *node);

/* Whether it is a result with a name, which a session can fetch. */
bool is_result(const listed *node);

/* Whether it waits for a value to be fed. */
bool is_feed(const listed *node);

#endif
