/* Numbers as text. printf and strtod use the host's decimal point, so it is exchanged for a full
 * stop on the way out and back on the way in.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"
#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 64 };

static bool reads_back(const char *text, double value, int digits)
{
    double read = strtod(text, NULL);
    return digits <= 9 ? (float)read == (float)value : read == value;
}

/* Replaces the first `from` in the text by `to`; false where that does not fit. */
static bool exchange(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from);
    size_t n = strlen(from), m = strlen(to);

    if (!at || strcmp(from, to) == 0)
        return true;
    if (strlen(text) - n + m >= LONGEST)
        return false;
    memmove(at + m, at + n, strlen(at + n) + 1);
    memcpy(at, to, m);
    return true;
}

void eg__put_real(eg__text *text, double value, int digits)
{
    char buffer[LONGEST];

    if (!isfinite(value)) {
        eg__text_put(text, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return;
    }
    for (int n = 1; n <= digits; n++) {
        snprintf(buffer, sizeof buffer, "%.*g", n, value);
        if (reads_back(buffer, value, digits))
            break;
    }
    exchange(buffer, localeconv()->decimal_point, ".");
    eg__text_put(text, buffer);
}

static bool take_word(const char **p, const char *word, double meaning, double *value)
{
    size_t n = strlen(word);

    if (strncmp(*p, word, n) != 0)
        return false;
    *p += n;
    *value = meaning;
    return true;
}

/* Whether letter n belongs to the number that starts at p: a sign only at its start and that of its
 * exponent. */
static bool continues(const char *p, size_t n)
{
    if (p[n] == '+' || p[n] == '-')
        return n == 0 || p[n - 1] == 'e' || p[n - 1] == 'E';
    return isdigit((unsigned char)p[n]) || (p[n] && strchr(".eE", p[n]));
}

bool eg__parse_real(const char **p, double *value)
{
    char buffer[LONGEST], *end;
    size_t n = 0;

    if (take_word(p, "nan", (double)NAN, value) || take_word(p, "inf", (double)INFINITY, value) ||
        take_word(p, "-inf", -(double)INFINITY, value))
        return true;
    while (n < sizeof buffer - 1 && continues(*p, n))
        n++;
    memcpy(buffer, *p, n);
    buffer[n] = '\0';
    if (n == 0 || !exchange(buffer, ".", localeconv()->decimal_point))
        return false;
    *value = strtod(buffer, &end);
    *p += n;
    return end != buffer && *end == '\0';
}
