/* The subcommands of `eagre`. Each gets the words behind its name, works in an open scope, and
 * returns 0 or USAGE; what goes wrong is reported to the scope and told by main.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <eagre.h>

enum { USAGE = 64 };

int command_ops(int n, char **words);
int command_passes(int n, char **words);
int command_show(int n, char **words);
int command_run(int n, char **words);
int command_emit(int n, char **words);
int command_version(int n, char **words);

/* The word behind `words[*i]` if that is `option`, moving *i onto it; NULL otherwise, and where no
 * word follows. */
const char *value_of(const char *option, int n, char **words, int *i);

#endif
