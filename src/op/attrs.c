/* Comparing, hashing, printing and parsing attribute structs through their tables.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "op/attrs.h"
#include "base/hash.h"
#include "base/number.h"
#include "tensor/dtype.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A field as a list of whole numbers, which is what every kind is; a real is its bits. */
typedef struct field {
    int n;
    int64_t v[EG_MAX_RANK];
} field;

static field get(const eg_attr *a, const void *attrs)
{
    const char *at = (const char *)attrs + a->offset;
    field f = {.n = 1};

    switch (a->kind) {
    case EG__ATTR_BOOL:
        f.v[0] = *(const bool *)at;
        break;
    case EG__ATTR_INT:
        f.v[0] = *(const int *)at;
        break;
    case EG__ATTR_INT64:
        f.v[0] = *(const int64_t *)at;
        break;
    case EG__ATTR_REAL:
        memcpy(&f.v[0], at, sizeof(double));
        break;
    case EG__ATTR_DTYPE:
        f.v[0] = *(const eg_dtype *)at;
        break;
    case EG__ATTR_AXES:
        f.n = ((const eg_axes *)at)->n;
        for (int i = 0; i < f.n; i++)
            f.v[i] = ((const eg_axes *)at)->axis[i];
        break;
    case EG__ATTR_INDEX:
        f.n = ((const eg_index *)at)->n;
        for (int i = 0; i < f.n; i++)
            f.v[i] = ((const eg_index *)at)->at[i];
        break;
    case EG__ATTR_HOST:
        f.v[0] = (int64_t)(intptr_t) * (void *const *)at;
        break;
    case EG__ATTR_LABEL:
        break;
    }
    return f;
}

static void put(const eg_attr *a, void *attrs, const field *f)
{
    char *at = (char *)attrs + a->offset;

    switch (a->kind) {
    case EG__ATTR_BOOL:
        *(bool *)at = f->v[0] != 0;
        break;
    case EG__ATTR_INT:
        *(int *)at = (int)f->v[0];
        break;
    case EG__ATTR_INT64:
        *(int64_t *)at = f->v[0];
        break;
    case EG__ATTR_REAL:
        memcpy(at, &f->v[0], sizeof(double));
        break;
    case EG__ATTR_DTYPE:
        *(eg_dtype *)at = (eg_dtype)f->v[0];
        break;
    case EG__ATTR_AXES:
        ((eg_axes *)at)->n = f->n;
        for (int i = 0; i < f->n; i++)
            ((eg_axes *)at)->axis[i] = (int)f->v[i];
        break;
    case EG__ATTR_INDEX:
        ((eg_index *)at)->n = f->n;
        for (int i = 0; i < f->n; i++)
            ((eg_index *)at)->at[i] = f->v[i];
        break;
    case EG__ATTR_HOST:
    case EG__ATTR_LABEL:
        break;
    }
}

void eg__attrs_set(const eg_attr *a, void *attrs, int n, const int64_t v[])
{
    field f = {.n = n};

    for (int i = 0; i < n; i++)
        f.v[i] = v[i];
    put(a, attrs, &f);
}

static bool is_list(const eg_attr *a)
{
    return a->kind == EG__ATTR_AXES || a->kind == EG__ATTR_INDEX;
}

bool eg__attrs_equal(const eg_attr *table, const void *a, const void *b)
{
    for (const eg_attr *t = table; t && t->name; t++) {
        field x = get(t, a), y = get(t, b);
        if (x.n != y.n || memcmp(x.v, y.v, sizeof x.v) != 0)
            return false;
    }
    return true;
}

uint64_t eg__attrs_hash(const eg_attr *table, const void *attrs, uint64_t hash)
{
    for (const eg_attr *t = table; t && t->name; t++) {
        field f = get(t, attrs);
        hash = eg__hash_word(hash, (uint64_t)f.n);
        for (int i = 0; i < f.n; i++)
            hash = eg__hash_word(hash, (uint64_t)f.v[i]);
    }
    return hash;
}

static void put_real(const field *f, eg__text *text)
{
    double value;

    memcpy(&value, &f->v[0], sizeof value);
    eg__put_real(text, value, 17);
}

static void put_label(const eg_attr *t, const void *attrs, eg__text *text)
{
    const char *label;

    memcpy(&label, (const char *)attrs + t->offset, sizeof label);
    eg__text_format(text, "\"%s\"", label);
}

static void put_list(const field *f, eg__text *text)
{
    eg__text_put(text, "[");
    for (int i = 0; i < f->n; i++)
        eg__text_format(text, i ? ",%lld" : "%lld", (long long)f->v[i]);
    eg__text_put(text, "]");
}

void eg__attrs_text(const eg_attr *table, const void *attrs, bool first, eg__text *text)
{
    for (const eg_attr *t = table; t && t->name; t++) {
        field f = get(t, attrs);
        bool label = t->kind == EG__ATTR_LABEL;
        if ((is_list(t) ? f.n == 0 : f.v[0] == 0 && !label) || t->kind == EG__ATTR_HOST)
            continue;
        eg__text_format(text, first ? "%s=" : ", %s=", t->name);
        first = false;
        if (label)
            put_label(t, attrs, text);
        else if (is_list(t))
            put_list(&f, text);
        else if (t->kind == EG__ATTR_REAL)
            put_real(&f, text);
        else if (t->kind == EG__ATTR_DTYPE)
            eg__text_put(text, eg_dtype_name((eg_dtype)f.v[0]));
        else if (t->kind == EG__ATTR_BOOL)
            eg__text_put(text, "true");
        else
            eg__text_format(text, "%lld", (long long)f.v[0]);
    }
}

static bool parse_number(const char **p, int64_t *value)
{
    char *end;

    if (**p != '-' && !isdigit((unsigned char)**p))
        return false;
    errno = 0;
    *value = strtoll(*p, &end, 10);
    if (end == *p || errno != 0)
        return false;
    *p = end;
    return true;
}

static bool parse_real(const char **p, int64_t *bits)
{
    double value;

    if (!eg__parse_real(p, &value))
        return false;
    memcpy(bits, &value, sizeof value);
    return true;
}

static bool parse_list(const char **p, field *f)
{
    f->n = 0;
    if (*(*p)++ != '[')
        return false;
    while (**p != ']') {
        if (f->n == EG_MAX_RANK || (f->n > 0 && *(*p)++ != ','))
            return false;
        if (!parse_number(p, &f->v[f->n++]))
            return false;
    }
    (*p)++;
    return true;
}

/* The word at p, of at most `size` - 1 letters; its length. */
static size_t take_word(const char *p, char *word, size_t size)
{
    size_t n = 0;

    while (n + 1 < size && (isalnum((unsigned char)p[n]) || p[n] == '_')) {
        word[n] = p[n];
        n++;
    }
    word[n] = '\0';
    return n;
}

static bool parse_value(const eg_attr *t, const char **p, field *f)
{
    char word[32];

    f->n = 1;
    if (is_list(t))
        return parse_list(p, f);
    if (t->kind == EG__ATTR_REAL)
        return parse_real(p, &f->v[0]);
    if (t->kind == EG__ATTR_INT || t->kind == EG__ATTR_INT64)
        return parse_number(p, &f->v[0]) &&
            (t->kind == EG__ATTR_INT64 || (f->v[0] >= INT32_MIN && f->v[0] <= INT32_MAX));
    size_t n = take_word(*p, word, sizeof word);
    f->v[0] = t->kind == EG__ATTR_BOOL ? strcmp(word, "true") == 0 : (int64_t)eg_dtype_find(word);
    if (f->v[0] == 0)
        return false;
    *p += n;
    return true;
}

bool eg__attrs_parse(const eg_attr *table, void *attrs, const char **p)
{
    char word[32];
    size_t n = take_word(*p, word, sizeof word);
    const eg_attr *t = table;

    while (t && t->name && strcmp(t->name, word) != 0)
        t++;
    if (n == 0 || !t || !t->name || (*p)[n] != '=')
        return false;
    *p += n + 1;
    field f = {0};
    if (!parse_value(t, p, &f))
        return false;
    put(t, attrs, &f);
    return true;
}
