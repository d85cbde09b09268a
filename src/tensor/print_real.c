/* Decimal digits of real numbers.
 *
 * The C library rounds exactly and reads back exactly, so the shortest digits are found by asking
 * it for more and more of them until they read back as the same number. Its texts are never shown:
 * only their digits are taken, and read back without a point, so the host's locale has no say.
 *
 * At a power of two the neighbour below is nearer than the one above. There the digits next to the
 * correctly rounded ones may identify the number where those do not, and NumPy shows them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tensor/print_real.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MOST_DIGITS = 17,    /* that any number needs */
    MOST_PRECISION = 30, /* no number shown without exponent has more digits behind the point */
    LONGEST = 64,
};

/* The number 0.d1d2d3… times ten to the power of `point`. */
typedef struct decimal {
    char digit[LONGEST];
    int n, point;
} decimal;

/* ---- digits --------------------------------------------------------------------------------- */

/* Takes the digits of what printf wrote and returns the rest, from the exponent on. */
static const char *take_digits(decimal *d, const char *text)
{
    d->n = 0;
    for (; *text && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && d->n < LONGEST)
            d->digit[d->n++] = *text;
    return text;
}

/* Halves are read by way of a double, which is exact enough: their own rounding is so much coarser
 * that a tie of theirs needs more digits than are ever tried. */
static bool reads_back(const decimal *d, double x, eg_dtype dtype)
{
    char text[LONGEST + 16];
    uint64_t room;

    snprintf(text, sizeof text, "%.*se%d", d->n, d->digit, d->point - d->n);
    if (dtype == EG_FLOAT32)
        return strtof(text, NULL) == (float)x;
    eg__set_element_real(dtype, &room, strtod(text, NULL));
    return eg__element_real(dtype, &room) == x;
}

/* Adds one to the last digit. */
static void count_up(decimal *d)
{
    int i = d->n - 1;

    while (i >= 0 && d->digit[i] == '9')
        d->digit[i--] = '0';
    if (i >= 0) {
        d->digit[i]++;
    } else {
        d->digit[0] = '1';
        d->point++;
    }
}

/* Rounds x >= 0 to n digits; true if they identify it. */
static bool round_to(decimal *d, double x, int n, eg_dtype dtype)
{
    char text[LONGEST];
    int exponent;

    snprintf(text, sizeof text, "%.*e", n - 1, x);
    d->point = atoi(take_digits(d, text) + 1) + 1;
    if (reads_back(d, x, dtype))
        return true;
    if (frexp(x, &exponent) != 0.5)
        return false;
    decimal next = *d;
    count_up(&next);
    if (!reads_back(&next, x, dtype))
        return false;
    *d = next;
    return true;
}

/* Rounds x >= 0 to `places` digits behind the point. */
static void round_at(decimal *d, double x, int places)
{
    char text[LONGEST];

    snprintf(text, sizeof text, "%.*f", places, x);
    take_digits(d, text);
    d->point = d->n - places;
}

/* Takes off zeros at the end, but no more than leave `least` digits. */
static void trim(decimal *d, int least)
{
    while (d->n > least && d->digit[d->n - 1] == '0')
        d->n--;
}

/* The fewest digits that identify x >= 0. So few that every number of so many digits is told apart
 * are no use to try, save for the numbers near zero, which have less precision. */
static void shortest(decimal *d, double x, eg_dtype dtype)
{
    double normal = dtype == EG_FLOAT32 ? FLT_MIN : DBL_MIN;
    bool is_wide = eg__dtype(dtype)->size > 2 && x >= normal;
    int n = !is_wide ? 1 : dtype == EG_FLOAT32 ? FLT_DIG : DBL_DIG;

    while (!round_to(d, x, n, dtype) && n < MOST_DIGITS)
        n++;
    trim(d, 1);
}

static int places_of(const decimal *d)
{
    return d->n > d->point ? d->n - d->point : 0;
}

/* The digits to show of x >= 0. */
static void digits_of(decimal *d, double x, const eg__real_style *style)
{
    shortest(d, x, style->dtype);
    if (style->exponential && d->n - 1 > style->precision) {
        round_to(d, x, style->precision + 1, style->dtype);
        trim(d, 1);
    } else if (!style->exponential && places_of(d) > style->precision) {
        round_at(d, x, style->precision);
        trim(d, d->point);
    }
}

/* ---- the style ------------------------------------------------------------------------------ */

static int larger(int a, int b)
{
    return a > b ? a : b;
}

void eg__real_style_look(eg__real_style *style, double x)
{
    double size = fabs(x);

    if (!isfinite(x)) {
        style->special = larger(style->special, x < 0 || style->is_imaginary ? 4 : 3);
        return;
    }
    if (size > style->most)
        style->most = size;
    if (size > 0 && (style->least == 0 || size < style->least))
        style->least = size;
}

/* A double rounded to the dtype. */
static double rounded(eg_dtype dtype, double x)
{
    uint64_t room;

    eg__set_element_real(dtype, &room, x);
    return eg__element_real(dtype, &room);
}

/* The number of digits a dtype promises to keep, at most 8, is the power of ten from which on
 * numbers have exponents. */
static double first_with_exponent(eg_dtype dtype)
{
    switch (dtype) {
    case EG_FLOAT64:
        return 1e8;
    case EG_FLOAT32:
        return 1e6;
    case EG_FLOAT16:
        return 1e3;
    default:
        return 1e2;
    }
}

/* NumPy compares in the array's own precision: a float32 0.0001 is not less than 0.0001. */
static bool wants_exponents(const eg__real_style *style)
{
    eg_dtype dtype = style->dtype;
    double most = style->most, least = style->least;

    if (most == 0)
        return false;
    return most >= first_with_exponent(dtype) || least < rounded(dtype, 0.0001) ||
        rounded(dtype, most / least) > 1000.0;
}

void eg__real_style_choose(eg__real_style *style)
{
    style->exponential = wants_exponents(style);
    if (style->precision > MOST_PRECISION)
        style->precision = MOST_PRECISION;
}

void eg__real_style_measure(eg__real_style *style, double x)
{
    decimal d;

    if (!isfinite(x))
        return;
    digits_of(&d, fabs(x), style);
    int sign = style->is_imaginary || signbit(x) != 0;
    if (style->exponential) {
        style->left = larger(style->left, sign + 1);
        style->right = larger(style->right, d.n - 1);
        style->exponent = larger(style->exponent, abs(d.point - 1) > 99 ? 3 : 2);
    } else {
        style->left = larger(style->left, sign + larger(d.point, 1));
        style->right = larger(style->right, places_of(&d));
    }
}

void eg__real_style_settle(eg__real_style *style)
{
    if (style->exponential) {
        style->precision = style->right;
        style->right += style->exponent + 2;
    }
    style->left = larger(style->left, style->special - style->right - 1);
}

/* ---- text ----------------------------------------------------------------------------------- */

static const char *unit_of(const eg__real_style *style)
{
    return style->is_imaginary ? "j" : "";
}

static const char *sign_of(const eg__real_style *style, double x)
{
    return signbit(x) ? "-" : style->is_imaginary ? "+" : "";
}

static void put_special(eg__text *text, const eg__real_style *style, double x)
{
    static const char *const words[] = {"nan", "inf", "-inf", "+nan", "+inf", "-inf"};
    const char *word = words[(isnan(x) ? 0 : x > 0 ? 1 : 2) + (style->is_imaginary ? 3 : 0)];

    eg__text_format(text, "%*s%s", style->left + 1 + style->right, word, unit_of(style));
}

/* Digits `from` to `to`, counted from the first; zeros stand where there are none. */
static void put_digits(eg__text *text, const decimal *d, int from, int to)
{
    for (int i = from; i < to; i++)
        eg__text_add(text, i >= 0 && i < d->n ? &d->digit[i] : "0", 1);
}

static void put_exponential(eg__text *text, const eg__real_style *style, double x)
{
    decimal d;

    round_to(&d, fabs(x), style->precision + 1, style->dtype);
    eg__text_format(text, "%*s%c.", style->left - 1, sign_of(style, x), d.digit[0]);
    put_digits(text, &d, 1, style->precision + 1);
    int exponent = d.point - 1;
    eg__text_format(text, "e%c%0*d%s", exponent < 0 ? '-' : '+', style->exponent, abs(exponent),
        unit_of(style));
}

void eg__real_put(eg__text *text, const eg__real_style *style, double x)
{
    decimal d;

    if (!isfinite(x)) {
        put_special(text, style, x);
        return;
    }
    if (style->exponential) {
        put_exponential(text, style, x);
        return;
    }
    digits_of(&d, fabs(x), style);
    int whole = larger(d.point, 1), places = places_of(&d);
    eg__text_format(text, "%*s", style->left - whole, sign_of(style, x));
    put_digits(text, &d, d.point - whole, d.point);
    eg__text_add(text, ".", 1);
    put_digits(text, &d, d.point, d.point + places);
    eg__text_put(text, unit_of(style));
    eg__text_fill(text, ' ', style->right - places);
}
