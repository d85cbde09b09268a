/* Options from the environment.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/option.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *variable, *fallback;
} options[] = {
#define EG_OPTION(name, fallback, meaning) {"EAGRE_" #name, fallback},
#include "base/option.list"
#undef EG_OPTION
};

enum { LONGEST = 256 };

static struct {
    char text[LONGEST];
    int number;
} values[EG__OPTIONS];

static int number_of(const char *text, const char *fallback)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (end == text || *end != '\0' || n < 0 || n > 1 << 30)
        return (int)strtol(fallback, NULL, 10);
    return (int)n;
}

/* Everything at once, so that later questions cost nothing. Texts that are too long count as not
 * set: half a list would be worse. */
static void read_all(void)
{
    for (int i = 0; i < EG__OPTIONS; i++) {
        const char *text = getenv(options[i].variable);
        if (!text || !*text || strlen(text) >= LONGEST)
            text = options[i].fallback;
        strcpy(values[i].text, text);
        values[i].number = number_of(text, options[i].fallback);
    }
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

const char *eg__option_text(eg__option option)
{
    pthread_once(&once, read_all);
    return values[option].text;
}

int eg__option_number(eg__option option)
{
    pthread_once(&once, read_all);
    return values[option].number;
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
