/* Numbers as text as Python writes them, and read from text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"
#include "kernel/text.h"
#include "tensor/strings.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct converting {
    int64_t n;
    eg_dtype dtype; /* of the numbers */
    size_t size;
} converting;

/* ---- written -------------------------------------------------------------------------------- */

enum { LONGEST = 40, MOST_DIGITS = 17, LAST_PLAIN = 16, FIRST_PLAIN = -4 };

/* The fewest significant digits that mean this number among those of its dtype, and the exponent of
 * the first of them. */
static int digits_of(eg_dtype dtype, const void *number, char digits[MOST_DIGITS + 1],
    int *exponent)
{
    double x = fabs(eg__element_real(dtype, number));
    uint64_t magnitude = 0, again = 0;
    int n = 0, most = eg__dtype(dtype)->digits;

    eg__set_element_real(dtype, &magnitude, x);
    for (int k = 1; k <= most && (k == 1 || again != magnitude); k++) {
        char text[LONGEST];
        snprintf(text, sizeof text, "%.*e", k - 1, x);
        eg__set_element_real(dtype, &again, strtod(text, NULL));
        n = 0;
        const char *p = text;
        for (; *p != 'e'; p++) /* the locale's point stands between them */
            if (isdigit((unsigned char)*p))
                digits[n++] = *p;
        *exponent = atoi(p + 1);
    }
    return n;
}

static void put_finite(eg__text *text, const char digits[], int n, int exponent)
{
    if (exponent < FIRST_PLAIN || exponent >= LAST_PLAIN) {
        eg__text_add(text, digits, 1);
        eg__text_put(text, n > 1 ? "." : "");
        eg__text_add(text, digits + 1, (size_t)n - 1);
        eg__text_format(text, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
        return;
    }
    int before = exponent + 1; /* digits before the point */
    eg__text_put(text, before <= 0 ? "0." : "");
    eg__text_fill(text, '0', before < 0 ? -before : 0);
    for (int i = 0; i < n || i < before + 1; i++) {
        eg__text_put(text, i == before && i > 0 ? "." : "");
        eg__text_add(text, i < n ? &digits[i] : "0", 1);
    }
}

static void put_real(eg__text *text, eg_dtype dtype, const void *at)
{
    double x = eg__element_real(dtype, at);
    char digits[MOST_DIGITS + 1];
    int exponent = 0;

    if (isnan(x)) {
        eg__text_put(text, "nan");
        return;
    }
    eg__text_put(text, signbit(x) ? "-" : "");
    if (isinf(x)) {
        eg__text_put(text, "inf");
        return;
    }
    int n = digits_of(dtype, at, digits, &exponent);
    put_finite(text, digits, n, exponent);
}

static void put_number(eg__text *text, eg_dtype dtype, const void *at)
{
    if (eg__dtype(dtype)->kind == EG__REAL)
        put_real(text, dtype, at);
    else if (dtype == EG_BOOL)
        eg__text_put(text, eg__element_true(dtype, at) ? "True" : "False");
    else
        eg__text_format(text, dtype == EG_UINT64 ? "%llu" : "%lld",
            (long long)eg__element_int(dtype, at));
}

static eg_status run_as_string(const eg_job *job, void *const in[], void *const out[],
    void *scratch)
{
    const converting *c = (const converting *)(const void *)job->state;
    eg__text room = {0};
    bool done = true;

    (void)scratch;
    for (int64_t i = 0; i < c->n && done; i++) {
        room.length = 0;
        put_number(&room, c->dtype, (const char *)in[0] + (size_t)i * c->size);
        done = room.failed ? eg__fail_memory("", LONGEST) == EG_OK
                           : eg__string_put((eg__string *)out[0] + i, room.start, room.length);
    }
    eg__text_free(&room);
    return done ? EG_OK : eg__me.failed;
}

/* ---- read ----------------------------------------------------------------------------------- */

static bool is_word(const char *p, const char *word)
{
    while (*word && tolower((unsigned char)*p) == *word) {
        p++;
        word++;
    }
    return *p == *word;
}

/* Whether the text is a sign and digits; then `*whole` is its value, and `*fits` whether the dtype
 * has it. */
static bool read_whole(const eg__dtype_info *d, const char *p, uint64_t *whole, bool *fits)
{
    size_t sign = *p == '-' || *p == '+';
    char *end;

    if (!p[sign] || p[sign + strspn(p + sign, "0123456789")])
        return false;
    errno = 0;
    if (d->is_unsigned) {
        *whole = strtoull(p + sign, &end, 10);
        *fits = errno == 0 && (*p != '-' || *whole == 0) &&
            *whole <= UINT64_MAX >> (64 - 8 * (int)d->size);
        return true;
    }
    long long x = strtoll(p, &end, 10);
    *fits = errno == 0 && x >= INT64_MIN >> (64 - 8 * (int)d->size) &&
        x <= INT64_MAX >> (64 - 8 * (int)d->size);
    *whole = (uint64_t)x;
    return true;
}

static bool read_real(const char *p, double *value)
{
    const char *digits = p + (*p == '-' || *p == '+');

    if (is_word(digits, "nan"))
        *value = (double)NAN;
    else if (is_word(digits, "inf") || is_word(digits, "infinity"))
        *value = (double)INFINITY;
    else if (*digits == '-' || *digits == '+' || !eg__parse_real(&digits, value) || *digits)
        return false;
    *value = *p == '-' ? -*value : *value;
    return true;
}

static bool read_bool(const char *p, bool *value)
{
    *value = is_word(p, "true") || is_word(p, "1");
    return *value || is_word(p, "false") || is_word(p, "0");
}

/* Writes the number that a text means; false where it means none of the dtype. */
static bool read_number(eg_dtype dtype, eg_string x, void *to)
{
    const eg__dtype_info *d = eg__dtype(dtype);
    uint64_t whole;
    double real;
    bool fits = true;

    if (strlen(x.bytes) != x.length)
        return false;
    if (dtype == EG_BOOL)
        return read_bool(x.bytes, to);
    if (d->kind == EG__INTEGER && read_whole(d, x.bytes, &whole, &fits)) {
        eg__set_element_int(dtype, to, (int64_t)whole);
        return fits;
    }
    if (!read_real(x.bytes, &real))
        return false;
    if (d->kind == EG__INTEGER) {
        real = trunc(real);
        fits = real >= d->lowest && real <= d->highest;
    }
    if (fits)
        eg__set_element_real(dtype, to, real);
    return fits;
}

static eg_status refuse(const converting *c, eg_string x, int64_t i)
{
    eg__text shown = {0};
    eg_string some = {x.bytes, x.length < 40 ? x.length : 40};

    eg__string_show(&shown, some);
    eg__fail(EG_INVALID, "", "element %lld, %s%s, is no number of %s", (long long)i,
        shown.start && !shown.failed ? shown.start : "a string",
        some.length < x.length ? "..." : "", eg_dtype_name(c->dtype));
    eg__text_free(&shown);
    return EG_INVALID;
}

static eg_status run_to_number(const eg_job *job, void *const in[], void *const out[],
    void *scratch)
{
    const converting *c = (const converting *)(const void *)job->state;

    (void)scratch;
    for (int64_t i = 0; i < c->n; i++) {
        eg_string x = eg__string_at((const eg__string *)in[0] + i);
        if (!read_number(c->dtype, x, (char *)out[0] + (size_t)i * c->size))
            return refuse(c, x, i);
    }
    return EG_OK;
}

/* ---- both ----------------------------------------------------------------------------------- */

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    converting *c = (converting *)(void *)job->state;
    bool writes = self->table != NULL;

    eg__job_start(job, "loop", writes ? run_as_string : run_to_number);
    c->n = p->out[0]->size;
    c->dtype = writes ? p->in[0]->dtype : p->out[0]->dtype;
    c->size = eg__dtype(c->dtype)->size;
    job->may_fail = true;
    job->waits = "strings take memory";
    job->in_place = p->n_in == 1 && c->size == sizeof(eg__string);
    return NULL;
}

const eg_kernel eg__as_string_kernel = {"loop", prepare, "writes"};
const eg_kernel eg__to_number_kernel = {"loop", prepare, NULL};
