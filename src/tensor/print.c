/* Arrays as text, character for character as NumPy's str() with its default options.
 *
 * Words (elements) are as wide as the widest that is shown. Rows that do not fit continue on the
 * next line, under their first word. An array of more elements than the threshold shows only the
 * edges of every axis, and only those are ever looked at.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tensor/print.h"
#include "tensor/print_real.h"
#include "tensor/strings.h"
#include <string.h>

enum { PRECISION = 8, THRESHOLD = 1000, EDGE_ITEMS = 3, LINE_WIDTH = 75 };

typedef struct page {
    eg__text *text;
    const eg_spec *spec;
    int64_t stride[EG_MAX_RANK + 1]; /* in bytes; the last is one element */
    int64_t edge;                    /* elements shown at each edge; 0: all are shown */
    int line_width;
    size_t line_start; /* in text */
    int word_width;    /* of integers */
    eg__real_style real, imaginary;
} page;

/* ---- which elements ------------------------------------------------------------------------- */

static bool is_cut(const page *p, int axis)
{
    return p->edge > 0 && p->spec->dims[axis] > 2 * p->edge;
}

/* The index that is shown after i. */
static int64_t next_shown(const page *p, int axis, int64_t i)
{
    return is_cut(p, axis) && i + 1 == p->edge ? p->spec->dims[axis] - p->edge : i + 1;
}

static void each_shown(page *p, int axis, const char *at, void (*visit)(page *, const char *))
{
    if (axis == p->spec->rank) {
        visit(p, at);
        return;
    }
    for (int64_t i = 0; i < p->spec->dims[axis]; i = next_shown(p, axis, i))
        each_shown(p, axis + 1, at + i * p->stride[axis], visit);
}

/* ---- words ---------------------------------------------------------------------------------- */

static void look_at_number(page *p, const char *at)
{
    eg_pair x = eg__element_pair(p->spec->dtype, at);

    eg__real_style_look(&p->real, x.re);
    eg__real_style_look(&p->imaginary, x.im);
}

static void measure_number(page *p, const char *at)
{
    eg_pair x = eg__element_pair(p->spec->dtype, at);

    eg__real_style_measure(&p->real, x.re);
    eg__real_style_measure(&p->imaginary, x.im);
}

static void put_number(page *p, const char *at)
{
    eg_pair x = eg__element_pair(p->spec->dtype, at);

    eg__real_put(p->text, &p->real, x.re);
    if (eg__is_complex(p->spec->dtype))
        eg__real_put(p->text, &p->imaginary, x.im);
}

static int integer_text(char text[24], eg_dtype dtype, const char *at)
{
    long long x = eg__element_int(dtype, at);

    if (dtype == EG_UINT64)
        return sprintf(text, "%llu", (unsigned long long)x);
    return sprintf(text, "%lld", x);
}

static void put_integer(page *p, const char *at)
{
    char text[24];

    integer_text(text, p->spec->dtype, at);
    eg__text_format(p->text, "%*s", p->word_width, text);
}

static void measure_integer(page *p, const char *at)
{
    char text[24];
    int n = integer_text(text, p->spec->dtype, at);

    if (n > p->word_width)
        p->word_width = n;
}

static void put_string(page *p, const char *at)
{
    eg__string_show(p->text, eg__string_at(at));
}

static void measure(page *p, const char *data)
{
    if (eg__dtype(p->spec->dtype)->kind == EG__INTEGER)
        each_shown(p, 0, data, measure_integer);
    if (!eg__is_floating(p->spec->dtype))
        return;
    each_shown(p, 0, data, look_at_number);
    eg__real_style_choose(&p->real);
    eg__real_style_choose(&p->imaginary);
    each_shown(p, 0, data, measure_number);
    eg__real_style_settle(&p->real);
    eg__real_style_settle(&p->imaginary);
}

static void put_word(page *p, const char *at)
{
    eg_dtype dtype = p->spec->dtype;

    if (dtype == EG_STRING)
        put_string(p, at);
    else if (eg__is_floating(dtype))
        put_number(p, at);
    else if (eg__dtype(dtype)->kind == EG__INTEGER)
        put_integer(p, at);
    else if (eg__element_int(dtype, at))
        eg__text_put(p->text, p->spec->rank > 0 ? " True" : "True");
    else
        eg__text_put(p->text, "False");
}

/* ---- lines ---------------------------------------------------------------------------------- */

static void new_line(page *p, int indent)
{
    eg__text_put(p->text, "\n");
    p->line_start = p->text->length;
    eg__text_fill(p->text, ' ', indent);
}

/* How many characters the line has: in UTF-8 bytes that continue one are not counted. */
static size_t columns(const page *p)
{
    size_t n = 0;

    for (size_t i = p->line_start; i < p->text->length; i++)
        n += ((unsigned char)p->text->start[i] & 0xc0) != 0x80;
    return n;
}

/* Takes the word that starts at `word` to a new line if it reaches beyond the last column that
 * leaves room for the closing brackets. */
static void wrap(page *p, size_t word, int indent)
{
    eg__text *text = p->text;
    size_t n = text->length - word, end = word;

    if (text->failed || word - p->line_start <= (size_t)indent ||
        columns(p) + (size_t)indent <= (size_t)p->line_width)
        return;
    eg__text_fill(text, ' ', 1 + indent); /* room for it */
    if (text->failed)
        return;
    while (text->start[end - 1] == ' ')
        end--;
    size_t to = end + 1 + (size_t)indent;
    memmove(text->start + to, text->start + word, n);
    text->start[end] = '\n';
    memset(text->start + end + 1, ' ', (size_t)indent);
    text->length = to + n;
    text->start[text->length] = '\0';
    p->line_start = end + 1;
}

static void put_row(page *p, const char *at)
{
    int axis = p->spec->rank - 1;
    int64_t n = p->spec->dims[axis];

    for (int64_t i = 0; i < n; i = next_shown(p, axis, i)) {
        size_t word = p->text->length;
        put_word(p, at + i * p->stride[axis]);
        wrap(p, word, axis + 1);
        if (i + 1 < n)
            eg__text_put(p->text, " ");
        if (next_shown(p, axis, i) == i + 1)
            continue;
        word = p->text->length;
        eg__text_put(p->text, "...");
        wrap(p, word, axis + 1);
        eg__text_put(p->text, " ");
    }
}

/* Ends the part of an axis: lines between parts, one more for each axis inside. */
static void end_part(page *p, int axis)
{
    for (int i = axis + 2; i < p->spec->rank; i++)
        eg__text_put(p->text, "\n");
    new_line(p, axis + 1);
}

static void put_axis(page *p, int axis, const char *at);

static void put_parts(page *p, int axis, const char *at)
{
    int64_t n = p->spec->dims[axis];

    for (int64_t i = 0; i < n; i = next_shown(p, axis, i)) {
        put_axis(p, axis + 1, at + i * p->stride[axis]);
        if (i + 1 < n)
            end_part(p, axis);
        if (next_shown(p, axis, i) == i + 1)
            continue;
        eg__text_put(p->text, "...");
        end_part(p, axis);
    }
}

static void put_axis(page *p, int axis, const char *at)
{
    eg__text_put(p->text, "[");
    if (axis == p->spec->rank - 1)
        put_row(p, at);
    else
        put_parts(p, axis, at);
    eg__text_put(p->text, "]");
}

/* ---- arrays --------------------------------------------------------------------------------- */

static int64_t or_else(int64_t given, int64_t otherwise)
{
    return given > 0 ? given : otherwise;
}

void eg__print_value(eg__text *text, const eg_spec *spec, const void *data,
    const eg_print_attrs *attrs)
{
    char spec_text[EG__SPEC_TEXT];
    page p = {.text = text, .spec = spec, .line_start = text->length};

    p.line_width = (int)or_else(attrs->line_width, LINE_WIDTH);
    if (spec->size > or_else(attrs->threshold, THRESHOLD))
        p.edge = or_else(attrs->edge_items, EDGE_ITEMS);
    p.real.dtype = eg__part_of(spec->dtype);
    p.real.precision = (int)or_else(attrs->precision, PRECISION);
    p.imaginary = p.real;
    p.imaginary.is_imaginary = true;
    p.stride[spec->rank] = (int64_t)eg__dtype(spec->dtype)->size;
    for (int i = spec->rank; i > 0; i--)
        p.stride[i - 1] = p.stride[i] * (i < spec->rank ? spec->dims[i] : 1);
    if (spec->size > 0)
        measure(&p, data);
    if (spec->size == 0)
        eg__text_put(text, "[]");
    else if (spec->rank == 0)
        put_word(&p, data);
    else
        put_axis(&p, 0, data);
    eg__text_format(text, " %s", eg__spec_text(spec, spec_text));
}
