/* An example whose first step fails. The example is compiled with its main called example_main.
 * BROKEN=memory: there is no memory; else: an error is pending already.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eagre.h>
#include <stdlib.h>
#include <string.h>

int example_main(int argc, char **argv);

int main(int argc, char **argv)
{
    const char *how = getenv("BROKEN");

    if (how && strcmp(how, "memory") == 0) {
        eg_set_memory_limit(1);
        return example_main(argc, argv);
    }
    EG_SCOPE;
    eg_fail(EG_STATE, "test", "broken in its first step");
    return example_main(argc, argv);
}
