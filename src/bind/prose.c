/* Reading the public headers, which the library carries with it. Their layout is held by tests: a
 * group is a comment and the prototypes right below it, between empty lines; a struct's field has
 * its comment behind it, the default in brackets at its end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bind/table.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char prefix[] = "EG_API eg_tensor *";

static bool is_word_part(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The first place at or behind `text` where a line begins with a prototype that returns a tensor,
 * behind its prefix; NULL: none. */
static const char *next_prototype(const char *text)
{
    const char *at = text;

    while ((at = strstr(at, prefix)) != NULL && at[-1] != '\n')
        at++;
    return at ? at + sizeof prefix - 1 : NULL;
}

/* The name of a function without what tells its long form. */
static void take_name(const char *at, char *function)
{
    size_t n = 0;

    while (n < EG__FUNCTION - 1 && is_word_part(at[n]))
        n++;
    if (n > 5 && strncmp(at + n - 5, "_with", 5) == 0)
        n -= 5;
    memcpy(function, at, n);
    function[n] = '\0';
}

static bool is_operation(const char *function)
{
    const char *word;

    for (int i = 0; (word = eg__op_word(i)) != NULL; i++)
        if (strcmp(word, function + 3) == 0)
            return true;
    return false;
}

bool eg__composed_at(int k, char *function)
{
    char last[EG__FUNCTION] = "";

    for (const eg__header *h = eg__headers; h->text; h++)
        for (const char *at = h->text; (at = next_prototype(at)) != NULL;) {
            take_name(at, function);
            bool again = strcmp(function, last) == 0;
            memcpy(last, function, sizeof last);
            if (!again && !is_operation(function) && k-- == 0)
                return true;
        }
    return false;
}

/* The first prototype of the function, behind its prefix; NULL: none. */
static const char *find(const char *function)
{
    char name[EG__FUNCTION];

    for (const eg__header *h = eg__headers; h->text; h++)
        for (const char *at = h->text; (at = next_prototype(at)) != NULL;) {
            take_name(at, name);
            if (strcmp(name, function) == 0)
                return at;
        }
    return NULL;
}

/* Adds bytes with each run of blanks and line ends as one blank. */
static void put_folded(const char *from, const char *to, eg__text *text)
{
    for (; from < to; from++) {
        bool blank = isspace((unsigned char)*from);
        if (!blank)
            eg__text_add(text, from, 1);
        else if (from + 1 < to && !isspace((unsigned char)from[1]))
            eg__text_put(text, " ");
    }
}

void eg__put_prototypes(const char *function, eg__text *text)
{
    char name[EG__FUNCTION];
    const char *at = find(function), *end;

    for (; at && (end = strchr(at, ';')) != NULL; at = next_prototype(end)) {
        take_name(at, name);
        if (strcmp(name, function) != 0)
            break;
        eg__text_put(text, "eg_tensor *");
        put_folded(at, end + 1, text);
        eg__text_put(text, "\n");
    }
}

/* ---- prose ---------------------------------------------------------------------------------- */

/* The last comment that begins a line in front of `at` and behind the empty line before. */
static const char *comment_above(const char *at)
{
    const char *found = NULL;

    for (; at[-1] != '\n' || at[-2] != '\n'; at--)
        if (at[-1] == '\n' && at[0] == '/' && at[1] == '*' && !found)
            found = at + 2;
    return at[0] == '/' && at[1] == '*' && !found ? at + 2 : found;
}

/* Adds a comment without what frames its lines. */
static void put_comment(const char *at, eg__text *text)
{
    const char *end = strstr(at, "*/");

    while (*at == ' ')
        at++;
    while (end > at && end[-1] == ' ')
        end--;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        eg__text_add(text, at, (size_t)(stop - at));
        eg__text_put(text, "\n");
        at = stop < end ? stop + 1 : end;
        at += strspn(at, " ");
        if (*at == '*' && at < end)
            at += at[1] == ' ' ? 2 : 1;
    }
}

void eg__put_prose(const char *function, eg__text *text)
{
    const char *at = find(function), *comment = at ? comment_above(at) : NULL;

    if (comment)
        put_comment(comment, text);
}

/* ---- fields --------------------------------------------------------------------------------- */

/* The beginning of the struct that the function takes its attributes in; NULL: none. */
static const char *find_struct(const char *function)
{
    char opening[2 * EG__FUNCTION] = "typedef struct ";
    size_t n = strlen(opening);
    const char *at = find(function), *end = at ? strchr(at, ';') : NULL;

    at = at ? strstr(at, "const eg_") : NULL;
    if (!at || at > end)
        return NULL;
    at += strlen("const ");
    while (n < sizeof opening - 3 && is_word_part(*at))
        opening[n++] = *at++;
    memcpy(opening + n, " {", 3);
    for (const eg__header *h = eg__headers; h->text; h++)
        if ((at = strstr(h->text, opening)) != NULL)
            return at;
    return NULL;
}

static bool is_field(const char *at, const char *field, size_t n)
{
    return strncmp(at, field, n) == 0 && !is_word_part(at[n]) && !is_word_part(at[-1]);
}

/* The place behind a field's name in the text of its struct; NULL: none. */
static const char *find_field(const char *at, const char *field)
{
    size_t n = strlen(field);

    for (at = strchr(at, '{') + 1; *at != '}'; at++) {
        if (at[0] == '/' && at[1] == '*')
            at = strstr(at, "*/") + 1;
        else if (is_field(at, field, n))
            return at + n;
    }
    return NULL;
}

bool eg__put_field_prose(const char *function, const char *field, eg__text *text)
{
    const char *at = find_struct(function);

    at = at ? find_field(at, field) : NULL;
    if (!at)
        return false;
    at = strchr(at, ';') + 1;
    at += strspn(at, " \n");
    if (at[0] == '/' && at[1] == '*') {
        at += 2;
        put_folded(at + strspn(at, " "), strstr(at, " */"), text);
    }
    return true;
}
