/* Structs of options and answers of another version.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/attrs.h"
#include "base/error.h"
#include <string.h>

static bool is_zero(const unsigned char *bytes, size_t n)
{
    while (n > 0 && bytes[n - 1] == 0)
        n--;
    return n == 0;
}

EG_COLD static bool refuse(const char *op, const char *why)
{
    eg__fail(EG_INVALID, op, "%s", why);
    return false;
}

bool eg__attrs_complete(void *full, size_t size, const void *given, const char *op)
{
    size_t n = 0;

    memset(full, 0, size);
    if (given) {
        memcpy(&n, given, sizeof n);
        if (EG_UNLIKELY(n < sizeof n))
            return refuse(op,
                "the options begin with their size, which is not set; "
                "write .size = sizeof(…)");
        if (EG_UNLIKELY(n > size && !is_zero((const unsigned char *)given + size, n - size)))
            return refuse(op, "an option is set that this version of eagre does not know");
        memcpy(full, given, n < size ? n : size);
    }
    memcpy(full, &size, sizeof size);
    return true;
}

bool eg__attrs_answer(void *to, const void *now, size_t size)
{
    size_t theirs = 0;

    if (to)
        memcpy(&theirs, to, sizeof theirs);
    if (theirs < sizeof theirs)
        return false;
    memcpy(to, now, theirs < size ? theirs : size);
    memcpy(to, &theirs, sizeof theirs);
    return true;
}
