/* The header of an array in NumPy's format: magic bytes, a version, a length, and a dictionary as
 * Python writes it, {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }.
 *
 * Only what such a dictionary needs is understood: text in quotes, True and False, whole numbers in
 * brackets. Arrays of Python objects, of text and of records are refused by name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "io/npy.h"
#include <string.h>

enum {
    MAGIC = 8,      /* bytes: six, and two of the version */
    MOST = 1 << 16, /* bytes of the dictionary: more than any array of our ranks needs */
    ALIGNMENT = 64, /* of the first element in the file */
    GROWTH = 21,    /* characters that NumPy leaves for the first size to grow */
    SHOWN = 40,     /* characters of a file that an error shows */
    DIGITS = 19,    /* that a size may have */
};

static const char magic[] = "\x93NUMPY";

/* Kinds and sizes of elements, as a dtype's name has them. */
static const struct {
    eg_dtype dtype;
    const char *name;
} types[] = {
    {EG_BOOL, "b1"},
    {EG_INT8, "i1"},
    {EG_INT16, "i2"},
    {EG_INT32, "i4"},
    {EG_INT64, "i8"},
    {EG_UINT8, "u1"},
    {EG_UINT16, "u2"},
    {EG_UINT32, "u4"},
    {EG_UINT64, "u8"},
    {EG_FLOAT16, "f2"},
    {EG_FLOAT32, "f4"},
    {EG_FLOAT64, "f8"},
    {EG_COMPLEX64, "c8"},
    {EG_COMPLEX128, "c16"},
};
enum { TYPES = sizeof types / sizeof *types };

static const char *name_of(eg_dtype dtype)
{
    for (int i = 0; i < TYPES; i++)
        if (types[i].dtype == dtype)
            return types[i].name;
    return NULL;
}

bool eg__npy_has(eg_dtype dtype)
{
    return name_of(dtype) != NULL;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void put_dictionary(const eg_spec *spec, eg__text *text)
{
    const char *name = name_of(spec->dtype);
    bool is_byte = eg__dtype(spec->dtype)->size == 1;
    char first[24];

    eg__text_format(text, "{'descr': '%c%s', 'fortran_order': False, 'shape': (",
        is_byte ? '|' : '<', name);
    for (int i = 0; i < spec->rank; i++)
        eg__text_format(text, i ? ", %lld" : "%lld", (long long)spec->dims[i]);
    eg__text_put(text, spec->rank == 1 ? ",), }" : "), }");
    if (spec->rank > 0)
        eg__text_fill(text, ' ',
            GROWTH - snprintf(first, sizeof first, "%lld", (long long)spec->dims[0]));
}

void eg__npy_put_header(const eg_spec *spec, eg__text *text)
{
    eg__text dictionary = {0};

    put_dictionary(spec, &dictionary);
    size_t before = MAGIC + 2 + dictionary.length + 1;
    size_t padding = ALIGNMENT - before % ALIGNMENT, length = dictionary.length + padding + 1;
    const char version[] = {1, 0, (char)(length & 255), (char)(length >> 8)};

    eg__text_add(text, magic, MAGIC - 2);
    eg__text_add(text, version, sizeof version);
    eg__text_add(text, dictionary.start, dictionary.length);
    eg__text_fill(text, ' ', (int)padding);
    eg__text_put(text, "\n");
    text->failed = text->failed || dictionary.failed;
    eg__text_free(&dictionary);
}

/* ---- reading the dictionary ------------------------------------------------------------------ */

typedef struct reader {
    const char *at; /* ends with '\0' */
    const eg__npy_source *from;
    eg__npy_header *header;
    bool has_descr, has_order, has_shape;
} reader;

static bool refuse(const reader *r, const char *why)
{
    return eg__npy_refuse(r->from, EG_FORMAT, why);
}

static void skip_blanks(reader *r)
{
    r->at += strspn(r->at, " \t\r\n");
}

static bool accept(reader *r, char c)
{
    skip_blanks(r);
    if (*r->at != c)
        return false;
    r->at++;
    return true;
}

static bool expect(reader *r, char c)
{
    char why[SHOWN];

    if (accept(r, c))
        return true;
    snprintf(why, sizeof why, "has a header without '%c' in its place", c);
    return refuse(r, why);
}

/* Text in quotes, without any escape. */
static bool read_text(reader *r, char *text, size_t size)
{
    skip_blanks(r);
    const char quote = *r->at;
    if (quote != '\'' && quote != '"')
        return refuse(r, "has a header with something else where a name belongs");
    const char *end = strchr(r->at + 1, quote);
    size_t n = end ? (size_t)(end - r->at) - 1 : size;
    if (n >= size)
        return refuse(r, "has a header with a name that is too long");
    memcpy(text, r->at + 1, n);
    text[n] = '\0';
    r->at = end + 1;
    return true;
}

static bool read_size(reader *r, int64_t *size)
{
    skip_blanks(r);
    size_t n = strspn(r->at, "0123456789");
    if (n == 0 || n > DIGITS)
        return refuse(r, "has a size that is no whole number");
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++)
        number = 10 * number + (uint64_t)(r->at[i] - '0');
    if (number > INT64_MAX)
        return refuse(r, "has a size that is too large");
    r->at += n;
    *size = (int64_t)number;
    return accept(r, 'L') || true; /* as Python 2 wrote long ones */
}

static bool read_shape(reader *r)
{
    eg_spec *spec = &r->header->spec;

    if (!expect(r, '('))
        return false;
    for (spec->rank = 0; !accept(r, ')'); spec->rank++) {
        if (spec->rank == EG_MAX_RANK)
            return refuse(r, "has too many axes");
        if (!read_size(r, &spec->dims[spec->rank]))
            return false;
        if (!accept(r, ',') && *r->at != ')')
            return refuse(r, "has a shape that does not end");
    }
    return true;
}

static bool read_order(reader *r)
{
    skip_blanks(r);
    bool yes = strncmp(r->at, "True", 4) == 0;
    if (!yes && strncmp(r->at, "False", 5) != 0)
        return refuse(r, "has a header whose fortran_order is neither True nor False");
    r->at += yes ? 4 : 5;
    r->header->fortran_order = yes;
    return true;
}

static bool refuse_type(reader *r, const char *name)
{
    const char *kind = name + (strchr("<>|=", *name) != NULL && *name);
    char why[SHOWN + 64];

    if (*kind == 'O')
        return refuse(r, "holds Python objects, which only Python can read");
    if (*kind == 'U' || *kind == 'S')
        return refuse(r, "holds text, which no tensor does");
    snprintf(why, sizeof why, "holds elements of type '%.*s', which no tensor does", SHOWN, name);
    return eg__npy_refuse(r->from, EG_INVALID, why);
}

static bool read_descr(reader *r)
{
    char name[SHOWN];

    if (accept(r, '['))
        return refuse(r, "holds records, which no tensor does");
    if (!read_text(r, name, sizeof name))
        return false;
    bool has_order = *name && strchr("<>|=", *name);
    for (int i = 0; i < TYPES; i++)
        if (strcmp(name + has_order, types[i].name) == 0) {
            r->header->spec.dtype = types[i].dtype;
            r->header->swapped = *name == '>' && eg__dtype(types[i].dtype)->size > 1;
            return true;
        }
    return refuse_type(r, name);
}

static bool read_member(reader *r)
{
    char key[SHOWN];
    bool *has = NULL;

    if (!read_text(r, key, sizeof key) || !expect(r, ':'))
        return false;
    if (strcmp(key, "descr") == 0)
        has = &r->has_descr;
    else if (strcmp(key, "fortran_order") == 0)
        has = &r->has_order;
    else if (strcmp(key, "shape") == 0)
        has = &r->has_shape;
    if (!has || *has)
        return refuse(r,
            has ? "has a header that says something twice"
                : "has a header with a name that is not NumPy's");
    *has = true;
    return has == &r->has_descr ? read_descr(r)
        : has == &r->has_order  ? read_order(r)
                                : read_shape(r);
}

static bool read_dictionary(reader *r)
{
    if (!expect(r, '{'))
        return false;
    while (!accept(r, '}')) {
        if (!read_member(r))
            return false;
        if (!accept(r, ',') && *r->at != '}')
            return refuse(r, "has a header that does not end");
    }
    skip_blanks(r);
    if (*r->at)
        return refuse(r, "has something behind its header's end");
    if (!r->has_descr || !r->has_order || !r->has_shape)
        return refuse(r, "has a header that lacks dtype, order or shape");
    if (!eg__spec_measure(&r->header->spec))
        return refuse(r, "claims more elements than memory can have");
    return true;
}

/* ---- reading what is before it --------------------------------------------------------------- */

static bool read_length(eg__npy_source *from, size_t *length)
{
    unsigned char head[MAGIC], bytes[4] = {0};

    if (from->left < MAGIC + 2)
        return eg__npy_refuse(from, EG_FORMAT, "is cut off or no array of NumPy's");
    if (!from->read(from, head, MAGIC))
        return false;
    if (memcmp(head, magic, MAGIC - 2) != 0)
        return eg__npy_refuse(from, EG_FORMAT, "is no array of NumPy's");
    if (head[6] < 1 || head[6] > 3)
        return eg__npy_refuse(from, EG_FORMAT, "is of a version that is not known");
    size_t n = head[6] == 1 ? 2 : 4;
    if (from->left < n)
        return eg__npy_refuse(from, EG_FORMAT, "is cut off");
    if (!from->read(from, bytes, n))
        return false;
    *length = bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24;
    if (*length > MOST)
        return eg__npy_refuse(from, EG_FORMAT, "has a header that is too long");
    return *length <= from->left || eg__npy_refuse(from, EG_FORMAT, "is cut off in its header");
}

bool eg__npy_read_header(eg__npy_source *from, eg__npy_header *header)
{
    size_t length = 0;

    *header = (eg__npy_header){0};
    if (!read_length(from, &length))
        return false;
    char *text = eg__alloc(length + 1);
    if (!text)
        return eg__fail_memory(from->op, length + 1), false;
    reader r = {.at = text, .from = from, .header = header};
    bool done = from->read(from, text, length);
    text[length] = '\0';
    if (done && strlen(text) < length)
        done = refuse(&r, "has a header with a zero byte");
    done = done && read_dictionary(&r);
    eg__free(text, length + 1);
    return done;
}
