/* Options from the environment.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/option.h"
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *variable, *fallback;
} options[] = {
#define EG_OPTION(name, fallback, meaning) {"EAGRE_" #name, fallback},
#include "base/option.list"
#undef EG_OPTION
};

const char *eg__option_text(eg__option option)
{
    const char *text = getenv(options[option].variable);
    return text && *text ? text : options[option].fallback;
}

int eg__option_number(eg__option option)
{
    char *end;
    const char *text = eg__option_text(option);
    long n = strtol(text, &end, 10);

    if (*end != '\0' || n < 0 || n > 1 << 30)
        return (int)strtol(options[option].fallback, NULL, 10);
    return (int)n;
}

int eg__list_names(const char *list, const char *word)
{
    size_t length = strlen(word);
    int named = 0;

    while (*list) {
        int sign = *list == '-' ? -1 : 1;
        list += *list == '-' || *list == '+';
        size_t n = strcspn(list, ",");
        if ((n == length && memcmp(list, word, n) == 0) || (n == 3 && memcmp(list, "all", 3) == 0))
            named = sign;
        list += n;
        list += *list == ',';
    }
    return named;
}
