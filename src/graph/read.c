/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/read.h"
#include "base/error.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool eg__wrong(eg__reading *r, const char *what)
{
    if (!r->broken && !eg__me.failed && r->path)
        eg__fail(EG_FORMAT, "eg_graph_load", "line %d: %s, in %s", r->line, what, r->path);
    else if (!r->broken && !eg__me.failed)
        eg__fail(EG_FORMAT, "eg_graph_parse", "line %d: %s", r->line, what);
    r->broken = true;
    return false;
}

void eg__skip(eg__reading *r)
{
    while (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r' || *r->p == '#') {
        if (*r->p == '#')
            r->p += strcspn(r->p, "\n");
        r->line += *r->p == '\n';
        r->p += *r->p != '\0';
    }
}

bool eg__accept(eg__reading *r, const char *token)
{
    size_t n = strlen(token);

    eg__skip(r);
    if (strncmp(r->p, token, n) != 0)
        return false;
    r->p += n;
    return true;
}

bool eg__expect(eg__reading *r, const char *token)
{
    char what[64];

    if (eg__accept(r, token))
        return true;
    snprintf(what, sizeof what, "\"%s\" was expected here", token);
    return eg__wrong(r, what);
}

bool eg__take_word(eg__reading *r, char word[EG__WORD])
{
    size_t n = 0;

    eg__skip(r);
    while (n < EG__WORD - 1 && (isalnum((unsigned char)r->p[n]) || r->p[n] == '_')) {
        word[n] = r->p[n];
        n++;
    }
    word[n] = '\0';
    r->p += n;
    return n > 0 || eg__wrong(r, "a word was expected here");
}

bool eg__take_name(eg__reading *r, char name[EG__WORD])
{
    size_t n = 0;

    if (!eg__expect(r, "\""))
        return false;
    while (n < EG__WORD - 1 && r->p[n] != '"' && r->p[n] != '\0' && r->p[n] != '\n') {
        name[n] = r->p[n];
        n++;
    }
    name[n] = '\0';
    r->p += n;
    return eg__expect(r, "\"");
}

bool eg__take_number(eg__reading *r, int64_t *value)
{
    char *end;

    eg__skip(r);
    errno = 0;
    *value = strtoll(r->p, &end, 10);
    if (end == r->p || errno != 0)
        return eg__wrong(r, "a whole number was expected here");
    r->p = end;
    return true;
}
