/* eagre passes: what is done to graphs before they run.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

int command_passes(int n, char **words)
{
    eg_pass_info pass = {.size = sizeof pass};

    (void)words;
    if (n > 0)
        return USAGE;
    for (int i = 0; eg_pass_list(i, &pass); i++)
        printf("%-10s %-4s %-9s %s\n", pass.name, pass.is_on ? "on" : "off",
            pass.when_planning ? "planning" : "graph", pass.what);
    return 0;
}
