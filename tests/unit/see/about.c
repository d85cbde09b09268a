/* What the library says of itself.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <stdio.h>
#include <string.h>

TEST(about_says_version_set_threads_and_libraries)
{
    EG_SCOPE;
    char line[64], *about = eg_about();
    static const char *const words[] = {"\ninstruction set  ", "\noperations       ",
        "\noneDNN           ", "\nSLEEF            ", "\njansson          ", "\nzlib             "};

    snprintf(line, sizeof line, "eagre            %s\n", eg_version());
    assert_ptr_equal(strstr(about, line), about);
    snprintf(line, sizeof line, "\nthreads          %d\n", eg_threads());
    assert_non_null(strstr(about, line));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_non_null(strstr(about, words[i]));
    eg_free(about);
    eg_fail(EG_STATE, "test", "before");
    assert_null(eg_about());
    assert_error(EG_STATE, "before");
}
