/* Reading the tables of cases, and what the derived tests do with a case.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include "base/number.h"
#include "function/compare.h"
#include "graph/graph.h"
#include "tensor/strings.h"
#include <ctype.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The cases of a folder. */
typedef struct table {
    const char *folder;
    bool gradients; /* their results are gradients by the real inputs */
    op_case *all;
    int n, capacity;
} table;

static int complaints;

/* ---- reading -------------------------------------------------------------------------------- */

typedef struct reader {
    table *table;
    const char *file, *p, *start;
    int line;
} reader;

__attribute__((noreturn)) static void wrong(const reader *r, const char *what)
{
    fprintf(stderr, "%s:%d:%d: %s\n", r->file, r->line, (int)(r->p - r->start) + 1, what);
    exit(2);
}

static void *take_memory(size_t size)
{
    void *memory = calloc(1, size + 1);

    if (!memory)
        exit(2);
    return memory;
}

static void spaces(reader *r)
{
    while (*r->p == ' ')
        r->p++;
}

static bool accept(reader *r, const char *token)
{
    size_t n = strlen(token);

    spaces(r);
    if (strncmp(r->p, token, n) != 0)
        return false;
    r->p += n;
    return true;
}

static void expect(reader *r, const char *token, const char *what)
{
    if (!accept(r, token))
        wrong(r, what);
}

static double number(reader *r)
{
    double x;

    spaces(r);
    if (!eg__parse_real(&r->p, &x))
        wrong(r, "this is no number");
    return x;
}

/* A dtype's name with its bracket, which tells a value from an attribute. */
static eg_dtype accept_dtype(reader *r)
{
    char word[16];
    size_t n = 0;

    spaces(r);
    while (n < sizeof word - 1 && isalnum((unsigned char)r->p[n]))
        n++;
    memcpy(word, r->p, n);
    word[n] = '\0';
    eg_dtype dtype = eg_dtype_find(word);
    if (dtype != EG_NO_DTYPE && r->p[n] == '[')
        r->p += n + 1;
    else
        dtype = EG_NO_DTYPE;
    return dtype;
}

/* Element i of `ramp a b m` or of `spread a b d`, in both parts. */
static eg_pair element_by_rule(const eg_spec *spec, int64_t i, bool ramps, const double rule[3])
{
    const double turn = (double)i * 0.6180339887498949;
    double x = rule[0] + (rule[1] - rule[0]) * (turn - floor(turn));

    if (ramps) {
        x = rule[0] + rule[1] * (double)(i % (int64_t)rule[2]);
    } else if (spec->rank > 1) {
        int64_t n = spec->dims[spec->rank - 1], m = spec->dims[spec->rank - 2];
        x += i / n % m == i % n ? rule[2] : 0;
    }
    return (eg_pair){x, x};
}

static void take_elements(reader *r, op_value *v)
{
    size_t size = eg__dtype(v->spec.dtype)->size;
    const eg_spec one = {.dtype = v->spec.dtype, .size = 1};
    const bool ramps = accept(r, "ramp ");

    if (ramps || accept(r, "spread ")) {
        double rule[3];
        for (int k = 0; k < 3; k++)
            rule[k] = number(r);
        for (int64_t i = 0; i < v->spec.size; i++)
            eg__set_element_pair(v->spec.dtype, (char *)v->data + (size_t)i * size,
                element_by_rule(&v->spec, i, ramps, rule));
        return;
    }
    for (int64_t i = 0; i < v->spec.size; i++) {
        spaces(r);
        if (!eg__literal_parse(&one, (char *)v->data + (size_t)i * size, &r->p))
            wrong(r, "this is no element of that dtype, or elements are missing");
    }
}

static bool accept_value(reader *r, op_value *v)
{
    v->spec.dtype = accept_dtype(r);
    if (v->spec.dtype == EG_NO_DTYPE)
        return false;
    while (!accept(r, "]")) {
        if (v->spec.rank == EG_MAX_RANK)
            wrong(r, "more axes than a tensor has");
        v->spec.dims[v->spec.rank++] = (int64_t)number(r);
        accept(r, ",");
    }
    if (!eg__spec_measure(&v->spec))
        wrong(r, "a shape no memory holds");
    v->data = take_memory(eg__bytes(&v->spec));
    take_elements(r, v);
    return true;
}

static void take_operation(reader *r, op_case *c)
{
    char word[40];
    size_t n = 0;

    spaces(r);
    while (n < sizeof word - 1 && isalnum((unsigned char)r->p[n]))
        n++;
    memcpy(word, r->p, n);
    word[n] = '\0';
    c->op = eg__op_find(word);
    if (!c->op)
        wrong(r, "there is no operation of that name");
    r->p += n;
    expect(r, "(", "a bracket is missing");
}

static void take_arguments(reader *r, op_case *c)
{
    eg__attrs_complete(c->attrs, c->op->attrs_size ? c->op->attrs_size : sizeof(size_t), NULL,
        NULL);
    while (!accept(r, ")")) {
        if (c->n_in < EG__MAX_IN && accept_value(r, &c->in[c->n_in]))
            c->n_in++;
        else if (!c->op->attrs || !eg__attrs_parse(c->op->attrs, c->attrs, &r->p))
            wrong(r, "this is neither a value nor an attribute of the operation");
        accept(r, ",");
        spaces(r);
    }
    if (c->op->variadic ? c->n_in < 1 : c->n_in != eg__n_named(c->op))
        wrong(r, "the operation takes another number of inputs");
}

static void take_error(reader *r, op_case *c)
{
    expect(r, "\"", "a message in quotes is missing");
    size_t n = strcspn(r->p, "\"");
    if (n == 0 || n >= sizeof c->error)
        wrong(r, "no message, or one that is too long");
    memcpy(c->error, r->p, n);
    r->p += n + 1;
}

/* How many inputs are real; no more than there is room for results. */
static int n_real(const op_case *c)
{
    int n = 0;

    for (int i = 0; i < c->n_in; i++)
        n += eg__dtype(c->in[i].spec.dtype)->kind == EG__REAL;
    return n < EG__NAMED_OUT ? n : EG__NAMED_OUT;
}

static void take_results(reader *r, op_case *c)
{
    if (accept(r, "error")) {
        take_error(r, c);
        return;
    }
    int most = r->table->gradients ? n_real(c) : eg__n_out(c->op, NULL);
    do {
        if (c->n_out == most || !accept_value(r, &c->out[c->n_out]))
            wrong(r, "this is no result of the operation");
        c->n_out++;
    } while (accept(r, ","));
    if (c->n_out != most)
        wrong(r, "a result is missing");
    if (accept(r, "~"))
        c->tolerance = number(r);
}

static void drop_values(const op_case *c)
{
    for (int i = 0; i < c->n_in; i++)
        free(c->in[i].data);
    for (int i = 0; i < c->n_out; i++)
        free(c->out[i].data);
}

static void take_line(reader *r)
{
    static op_case c;

    spaces(r);
    if (*r->p == '#' || *r->p == '\0')
        return;
    c = (op_case){.line = r->line};
    snprintf(c.file, sizeof c.file, "%s", r->file);
    take_operation(r, &c);
    take_arguments(r, &c);
    if (accept(r, "->"))
        take_results(r, &c);
    spaces(r);
    if (*r->p)
        wrong(r, "the line goes on unexpectedly");
    if (!op_is_wanted(c.op)) {
        drop_values(&c);
        return;
    }
    table *t = r->table;
    if (t->n == t->capacity) {
        t->capacity = t->capacity ? t->capacity * 2 : 64;
        t->all = realloc(t->all, sizeof *t->all * (size_t)t->capacity);
        if (!t->all)
            exit(2);
    }
    t->all[t->n++] = c;
}

static void read_table(table *t, const char *name)
{
    static char path[512], line[1 << 16];
    reader r = {.table = t, .file = name, .p = line, .start = line};

    snprintf(path, sizeof path, "%s/%s", t->folder, name);
    FILE *f = fopen(path, "r");
    if (!f)
        wrong(&r, "the table cannot be read");
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        r.line++;
        r.p = r.start = line;
        take_line(&r);
    }
    fclose(f);
}

static int is_table(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".case") == 0;
}

static const op_case *read_once(table *t, int *n)
{
    struct dirent **names;

    if (!t->all) {
        static eg__strings strings; /* of the tables; they stay */
        eg__strings_open(&strings);
        int count = scandir(t->folder, &names, is_table, alphasort);
        for (int i = 0; i < count; i++) {
            read_table(t, names[i]->d_name);
            free(names[i]);
        }
        if (count <= 0 || !t->all)
            wrong(&(reader){.file = t->folder, .p = "", .start = ""}, "no case was found");
        free(names);
        eg__me.strings = strings.outer;
    }
    *n = t->n;
    return t->all;
}

const op_case *cases(int *n)
{
    static table golden = {.folder = TABLES "/golden"};
    return read_once(&golden, n);
}

const op_case *gradient_cases(int *n)
{
    static table jax = {.folder = TABLES "/jax", .gradients = true};
    return read_once(&jax, n);
}

bool op_is_wanted(const eg_opdef *op)
{
    const char *only = getenv("EAGRE_TEST_OP");
    return !only || !*only || strcmp(only, op->name) == 0;
}

/* ---- complaining ---------------------------------------------------------------------------- */

void complain(const op_case *c, const char *format, ...)
{
    va_list args;
    char text[1024];

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (c)
        print_error("%s:%d: %s: %s\n", c->file, c->line, c->op->name, text);
    else
        print_error("%s\n", text);
    complaints++;
}

void complaints_end(const char *file, int line)
{
    int n = complaints;

    complaints = 0;
    if (n > 0) {
        print_error("%d complaints\n", n);
        _fail(file, line);
    }
}

bool is_fine(const op_case *c, const char *what)
{
    eg_error e;

    if (eg_pending(&e) == EG_OK)
        return true;
    complain(c, "%s: %s: %s: %s", what, eg_status_name(e.status), e.op, e.message);
    eg_report(NULL);
    return false;
}

const char *shown(const eg_spec *spec, const void *data, char *room, size_t size)
{
    eg__text text = {0};
    char name[EG__SPEC_TEXT];

    eg__text_format(&text, "%s ", eg__spec_text(spec, name));
    if (spec->size <= 256)
        eg__literal_put(spec, data, &text);
    snprintf(room, size, "%s", text.start ? text.start : "");
    eg__text_free(&text);
    return room;
}

const char *attrs_shown(const op_case *c, char *room, size_t size)
{
    eg__text text = {0};

    eg__attrs_text(c->op->attrs, c->attrs, true, &text);
    snprintf(room, size, "%s", text.start ? text.start : "");
    eg__text_free(&text);
    return room;
}

/* ---- using a case --------------------------------------------------------------------------- */

eg_tensor *value_tensor(const op_value *v)
{
    return (eg_copy)(v->spec.dtype, v->spec.rank, v->spec.dims, v->data);
}

void case_inputs(const op_case *c, eg_tensor *in[])
{
    for (int i = 0; i < c->n_in; i++)
        in[i] = value_tensor(&c->in[i]);
}

eg_tensor *case_apply(const op_case *c, eg_tensor *const in[])
{
    return eg_apply(c->op, c->op->attrs ? c->attrs : NULL, c->n_in, in);
}

eg_tensor *result(eg_tensor *y, int i)
{
    return eg_parts(y) > 0 ? (eg_part)(y, i) : y;
}

bool dtypes_agree(const op_case *c)
{
    eg_dtype common = EG_NO_DTYPE;

    for (int i = 0; i < c->n_in; i++) {
        if (!(c->op->promote >> (c->op->variadic ? 0 : i) & 1))
            continue;
        if (common != EG_NO_DTYPE && c->in[i].spec.dtype != common)
            return false;
        common = c->in[i].spec.dtype;
    }
    return true;
}

int64_t case_size(const op_case *c)
{
    int64_t n = 0;

    for (int i = 0; i < c->n_in; i++)
        n += c->in[i].spec.size;
    return n;
}

bool same_bits(eg_tensor *a, eg_tensor *b)
{
    return a && b && eg__same_bits(a, b);
}

/* The distance between x and its neighbour away from zero, in float32 or float64. */
static double last_place(eg_dtype dtype, double x)
{
    if (dtype == EG_FLOAT32)
        return (double)(nextafterf(fabsf((float)x), INFINITY) - fabsf((float)x));
    return nextafter(fabs(x), (double)INFINITY) - fabs(x);
}

/* The elements of an array, or the parts of complex ones. */
static eg_dtype part_of(eg_dtype dtype, size_t *size)
{
    eg_dtype part = eg__part_of(dtype);

    *size = eg__dtype(part)->size;
    return part;
}

static bool agrees_at(const op_case *c, eg_dtype dtype, const char *x, const char *y)
{
    if (eg__dtype(dtype)->kind != EG__REAL)
        return memcmp(x, y, eg__dtype(dtype)->size) == 0;
    double got = eg__element_real(dtype, x), want = eg__element_real(dtype, y);
    if (isnan(got) || isnan(want))
        return isnan(got) && isnan(want);
    if (got == want)
        return c->tolerance > 0 || signbit(got) == signbit(want);
    if (isinf(got) || isinf(want))
        return false;
    double room = c->tolerance > 0 ? c->tolerance : 4 * last_place(dtype, want);
    return fabs(got - want) <= room;
}

bool agrees(const op_case *c, eg_tensor *x, const op_value *expected)
{
    size_t size, bytes = eg__bytes(&expected->spec);
    eg_dtype part = part_of(expected->spec.dtype, &size);

    if (!x || !eg__same_spec(&x->spec, &expected->spec))
        return false;
    for (size_t at = 0; at < bytes; at += size)
        if (!agrees_at(c, part, (const char *)x->data + at, (const char *)expected->data + at))
            return false;
    return true;
}
