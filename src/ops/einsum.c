/* Sums of products that an equation of letters names.
 *
 * The equation is read into labels: 0 to 51 are the letters in alphabetical order, capitals first,
 * the rest are the axes behind "...", the last one last. Each operand is first brought to distinct
 * labels of full size, and summed over those that nobody else has; then two at a time are
 * contracted until one is left.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "ops/contract.h"
#include "ops/sized.h"
#include <string.h>

enum { LETTERS = 52, LABELS = LETTERS + EG_MAX_RANK, MOST_OPERANDS = 64 };

static const char op[] = "eg_einsum";

/* The letters of an operand or of the result, and where among them "..." is; -1: nowhere. */
typedef struct letters {
    int n, dots, label[EG_MAX_RANK];
} letters;

typedef struct equation {
    int n;
    eg__labelled term[MOST_OPERANDS];
    eg__size size[LABELS];   /* 0, with count 0: not met */
    int count[LABELS], wide; /* how often a label is met; the most axes behind "..." */
    int out_rank, out[EG_MAX_RANK];
} equation;

/* ---- reading -------------------------------------------------------------------------------- */

static void skip_blanks(const char **p)
{
    while (**p == ' ')
        (*p)++;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static int label_of(char letter)
{
    return letter <= 'Z' ? letter - 'A' : 26 + letter - 'a';
}

static char letter_of(int label)
{
    return (char)(label < 26 ? 'A' + label : label < LETTERS ? 'a' + label - 26 : '.');
}

/* Reads letters up to something else; false, reported, where they are too many. */
static bool read_letters(const char **p, letters *l)
{
    *l = (letters){.dots = -1};
    for (skip_blanks(p);; skip_blanks(p)) {
        if (strncmp(*p, "...", 3) == 0 && l->dots < 0) {
            l->dots = l->n;
            *p += 3;
        } else if (is_letter(**p)) {
            if (l->n == EG_MAX_RANK)
                return eg__fail(EG_INVALID, op, "more than %d letters in a row at \"%s\"",
                           EG_MAX_RANK, *p) == EG_OK;
            l->label[l->n++] = label_of(*(*p)++);
        } else {
            return true;
        }
    }
}

/* The labels of an operand, or of the result, that has `wide` axes where the dots are. */
static int expand(const letters *l, int wide, int label[EG_MAX_RANK])
{
    int n = 0;

    for (int i = 0; i <= l->n; i++) {
        for (int k = 0; i == l->dots && k < wide; k++)
            label[n++] = LABELS - wide + k;
        if (i < l->n)
            label[n++] = l->label[i];
    }
    return n;
}

static bool note_size(equation *e, int label, eg__size size)
{
    if (e->count[label]++ == 0 || eg__size_is(e->size[label], 1))
        e->size[label] = size;
    else if (!eg__size_equal(size, e->size[label]) && !eg__size_is(size, 1))
        eg__fail(EG_INVALID, op, "axis %c has %lld elements in one place and %lld in another",
            letter_of(label), (long long)e->size[label].n, (long long)size.n);
    return !eg__me.failed;
}

static bool read_operand(equation *e, const char **p, eg_tensor *x)
{
    eg__labelled *t = &e->term[e->n];
    letters l;

    if (!eg__is_tensor(op, x) || !read_letters(p, &l))
        return false;
    int rank = eg_rank(x), wide = rank - l.n;
    if (l.dots < 0 ? wide != 0 : wide < 0) {
        eg__fail(EG_INVALID, op, "operand %d has %d axes, the equation %d", e->n, rank, l.n);
        return false;
    }
    e->wide = wide > e->wide ? wide : e->wide;
    t->x = x;
    expand(&l, wide, t->label);
    for (int i = 0; i < rank; i++)
        if (!note_size(e, t->label[i], eg__size_at(x, i)))
            return false;
    e->n++;
    return true;
}

static bool read_result(equation *e, const char **p)
{
    letters l;
    uint64_t seen = 0;

    if (!read_letters(p, &l))
        return false;
    if (e->wide > 0 && l.dots < 0)
        eg__fail(EG_INVALID, op,
            "the operands have axes behind \"...\", the result has no \"...\"");
    else if (l.n + (l.dots < 0 ? 0 : e->wide) > EG_MAX_RANK)
        eg__fail(EG_INVALID, op, "the result would have more than %d axes", EG_MAX_RANK);
    if (eg__me.failed)
        return false;
    e->out_rank = expand(&l, e->wide, e->out);
    for (int i = 0; i < e->out_rank; i++) {
        if (e->count[e->out[i]] == 0 || (seen & eg__label_bit(e->out[i]))) {
            eg__fail(EG_INVALID, op, "%c is %s", letter_of(e->out[i]),
                e->count[e->out[i]] ? "twice in the result" : "in the result, but in no operand");
            return false;
        }
        seen |= eg__label_bit(e->out[i]);
    }
    return true;
}

/* The axes behind "...", then the letters that are there once. */
static bool imply_result(equation *e)
{
    for (int i = 0; i < LABELS; i++) {
        int label = i < EG_MAX_RANK ? LETTERS + i : i - EG_MAX_RANK;
        if (e->count[label] == 0 || (label < LETTERS && e->count[label] > 1))
            continue;
        if (e->out_rank == EG_MAX_RANK) {
            eg__fail(EG_INVALID, op, "the result would have more than %d axes", EG_MAX_RANK);
            return false;
        }
        e->out[e->out_rank++] = label;
    }
    return true;
}

static bool read_equation(equation *e, const char *p, int n, eg_tensor *const x[])
{
    const char *whole = p;

    *e = (equation){0};
    for (int i = 0; i < n; i++) {
        if (i > 0 && *p++ != ',') {
            eg__fail(EG_INVALID, op, "\"%s\" is for %d operands, not %d", whole, i, n);
            return false;
        }
        if (!read_operand(e, &p, x[i]))
            return false;
    }
    bool arrow = strncmp(p, "->", 2) == 0;
    p += arrow ? 2 : 0;
    if (!(arrow ? read_result(e, &p) : imply_result(e)))
        return false;
    if (*p != '\0')
        eg__fail(EG_INVALID, op,
            *p == ',' && !arrow ? "\"%s\" is for more operands than %d"
                                : "\"%s\" is no equation from its %dth letter "
                                  "on",
            whole, *p == ',' && !arrow ? n : (int)(p - whole) + 1);
    return !eg__me.failed;
}

/* ---- one operand ---------------------------------------------------------------------------- */

/* Two axes with one label become their diagonal. */
static void take_diagonal(eg__labelled *t, int i, int k)
{
    int order[EG_MAX_RANK], label = t->label[i], n = 0, rank = eg_rank(t->x);

    if (!eg__size_equal(eg__size_at(t->x, i), eg__size_at(t->x, k)))
        eg__fail(EG_INVALID, op, "axis %c has %lld and %lld elements in one operand",
            letter_of(label), (long long)eg_dim(t->x, i), (long long)eg_dim(t->x, k));
    for (int axis = 0; axis < rank; axis++)
        if (axis != i && axis != k)
            order[n++] = axis;
    order[n] = i;
    order[n + 1] = k;
    t->x = eg_diagonal(eg__ordered(t->x, order), 0);
    for (int axis = 0; axis < n; axis++)
        t->label[axis] = t->label[order[axis]];
    t->label[n] = label;
}

static bool has_double(const eg__labelled *t, int *i, int *k)
{
    for (*i = 0; *i < eg_rank(t->x); ++*i)
        for (*k = *i + 1; *k < eg_rank(t->x); ++*k)
            if (t->label[*i] == t->label[*k])
                return true;
    return false;
}

/* Axes of size 1 that are larger elsewhere vanish. */
static void drop_thin(eg__labelled *t, const eg__size size[])
{
    eg__size dims[EG_MAX_RANK];
    int n = 0, rank = eg_rank(t->x);

    for (int i = 0; i < rank; i++)
        if (eg__size_equal(eg__size_at(t->x, i), size[t->label[i]])) {
            dims[n] = eg__size_at(t->x, i);
            t->label[n++] = t->label[i];
        }
    if (n < rank)
        t->x = eg__reshape(t->x, n, dims);
}

/* ---- contracting ---------------------------------------------------------------------------- */

/* What has to be kept when operands i and k are contracted: labels of the result, and others'. */
static uint64_t kept(const equation *e, int i, int k)
{
    uint64_t keep = 0;

    for (int label = 0; label < e->out_rank; label++)
        keep |= eg__label_bit(e->out[label]);
    for (int t = 0; t < e->n; t++)
        keep |= t == i || t == k ? 0 : eg__labels(&e->term[t]);
    return keep;
}

static double size_of(const equation *e, uint64_t set)
{
    double size = 1;

    for (int label = 0; label < LABELS; label++)
        size *= set >> label & 1 ? (double)eg__size_look(e->size[label]) : 1;
    return size;
}

/* How many more elements there are after contracting i and k. */
static double growth(const equation *e, int i, int k)
{
    uint64_t a = eg__labels(&e->term[i]), b = eg__labels(&e->term[k]);
    return size_of(e, (a | b) & kept(e, i, k)) - size_of(e, a) - size_of(e, b);
}

static void contract_best_pair(equation *e)
{
    int best_i = 0, best_k = 1;
    double best = e->n > 2 ? growth(e, 0, 1) : 0; /* sizes decide between several pairs alone */

    for (int i = 0; e->n > 2 && i < e->n; i++)
        for (int k = i + 1; k < e->n; k++) {
            double more = growth(e, i, k);
            if (more < best) {
                best = more;
                best_i = i;
                best_k = k;
            }
        }
    e->term[best_i] = eg__contract(&e->term[best_i], &e->term[best_k], kept(e, best_i, best_k));
    memmove(&e->term[best_k], &e->term[best_k + 1], sizeof *e->term * (size_t)(--e->n - best_k));
}

static void prepare(equation *e)
{
    int i, k;

    for (int t = 0; t < e->n; t++) {
        while (!eg__me.failed && has_double(&e->term[t], &i, &k))
            take_diagonal(&e->term[t], i, k);
        if (!eg__me.failed)
            drop_thin(&e->term[t], e->size);
    }
    for (int t = 0; t < e->n && !eg__me.failed; t++)
        eg__sum_labels(&e->term[t], kept(e, t, t));
}

eg_tensor *eg_einsum(const char *text, int n, eg_tensor *const x[])
{
    int order[EG_MAX_RANK];
    equation e;

    if (eg__me.failed)
        return NULL;
    if (!text || n < 1 || n > MOST_OPERANDS || !x)
        return eg__fail_null(EG_INVALID, op,
            !text ? "the equation is NULL" : "%d operands; it takes 1 to %d", x ? n : 0,
            MOST_OPERANDS);
    if (!read_equation(&e, text, n, x))
        return NULL;
    prepare(&e);
    while (e.n > 1 && !eg__me.failed)
        contract_best_pair(&e);
    if (eg__me.failed)
        return NULL;
    for (int i = 0; i < e.out_rank; i++)
        for (int k = 0; k < e.out_rank; k++)
            if (e.term[0].label[k] == e.out[i])
                order[i] = k;
    eg_tensor *y = eg__ordered(e.term[0].x, order);
    return y == x[0] ? eg_identity(y) : y;
}
