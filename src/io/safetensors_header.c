/* The header of a safetensors file: an object in JSON that tells dtype, shape and place of each
 * tensor.
 *
 * The parser takes its memory from malloc, since its allocator belongs to the whole process; all of
 * it is given back before a call returns. Its limits on depth and numbers are enough for us, and it
 * refuses a name that comes twice. Unknown members of a tensor's description are ignored, as the
 * reference implementation does.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "io/safetensors.h"
#include "base/memory.h"
#include <string.h>

static const char save_name[] = "eg_safetensors_save", load_name[] = "eg_safetensors_load",
                  metadata[] = "__metadata__";

enum { ALIGNMENT = 8, SHOWN = 100 };

/* The names of dtypes in files, in the order in which tensors are written: that of the reference
 * implementation, large elements first, so that all are aligned. */
static const struct {
    eg_dtype dtype;
    const char *name;
} types[] = {
    {EG_UINT64, "U64"},
    {EG_INT64, "I64"},
    {EG_FLOAT64, "F64"},
    {EG_COMPLEX64, "C64"},
    {EG_FLOAT32, "F32"},
    {EG_UINT32, "U32"},
    {EG_INT32, "I32"},
    {EG_BFLOAT16, "BF16"},
    {EG_FLOAT16, "F16"},
    {EG_UINT16, "U16"},
    {EG_INT16, "I16"},
    {EG_INT8, "I8"},
    {EG_UINT8, "U8"},
    {EG_BOOL, "BOOL"},
};
enum { TYPES = sizeof types / sizeof *types };

bool eg__stored_add(eg_safetensors *file, const char *name, const eg__stored *e, const char *op)
{
    char *copy = eg__copy_text(name);

    if (!copy || !eg__reserve(&file->entries, sizeof *e, file->n, &file->capacity)) {
        eg__free_text(copy);
        eg__fail_memory(op, sizeof *e + strlen(name));
        return false;
    }
    file->entries[file->n] = *e;
    file->entries[file->n++].name = copy;
    return true;
}

int eg__stored_type(eg_dtype dtype)
{
    for (int i = 0; i < TYPES; i++)
        if (types[i].dtype == dtype)
            return i;
    return -1;
}

/* The code point whose first byte is at s and which `more` bytes continue; UINT32_MAX: none. */
static uint32_t code_point(const unsigned char *s, int more)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint32_t code = more > 0 ? *s & (0x3Fu >> more) : *s;

    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return UINT32_MAX;
        code = code << 6 | (s[i] & 0x3Fu);
    }
    bool surrogate = code >= 0xD800 && code < 0xE000;
    return code < least[more] || surrogate || code > 0x10FFFF ? UINT32_MAX : code;
}

static bool is_utf8(const char *text)
{
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        int more = *s < 0x80 ? 0 : *s < 0xE0 ? 1 : *s < 0xF0 ? 2 : 3;
        if ((*s >= 0x80 && *s < 0xC0) || *s >= 0xF8 || code_point(s, more) == UINT32_MAX)
            return false;
        s += more + 1;
    }
    return true;
}

const char *eg__stored_name_fault(const char *name)
{
    if (!name || !*name)
        return "its name is empty";
    if (strcmp(name, metadata) == 0)
        return "its name has another meaning in the format";
    return is_utf8(name) ? NULL : "its name is not UTF-8";
}

#ifdef EG_HAVE_JANSSON

#include <jansson.h>

bool eg__header_is_there(const char *op)
{
    (void)op;
    return true;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Text from a file as an error may show it: short and printable. */
static const char *shown(const char *from, char text[SHOWN])
{
    size_t n = 0;

    for (; from[n] && n + 1 < SHOWN; n++)
        text[n] = (unsigned char)from[n] < ' ' || from[n] == 127 ? '?' : from[n];
    text[n] = '\0';
    return text;
}

static bool refuse(eg_status status, const char *path, const char *name, const char *why)
{
    char text[SHOWN];

    eg__fail(status, load_name, "%s: tensor \"%s\": %s", path, shown(name, text), why);
    return false;
}

/* A whole number, not negative, from an array; false where there is none. */
static bool take_number(const json_t *array, size_t i, int64_t *number)
{
    const json_t *item = json_array_get(array, i);

    *number = json_integer_value(item);
    return json_is_integer(item) && *number >= 0;
}

static const char *take_dtype(eg__stored *e, const json_t *info)
{
    const char *name = json_string_value(json_object_get(info, "dtype"));

    if (!name)
        return "its dtype is missing or no string";
    for (e->type = 0; e->type < TYPES; e->type++)
        if (strcmp(types[e->type].name, name) == 0)
            break;
    e->spec.dtype = e->type < TYPES ? types[e->type].dtype : EG_NO_DTYPE;
    return NULL;
}

static const char *take_shape(eg__stored *e, const json_t *info)
{
    const json_t *shape = json_object_get(info, "shape");

    if (!json_is_array(shape))
        return "its shape is missing or no list";
    if (json_array_size(shape) > EG_MAX_RANK)
        return "its rank is larger than 8";
    e->spec.rank = (int32_t)json_array_size(shape);
    for (int i = 0; i < e->spec.rank; i++)
        if (!take_number(shape, (size_t)i, &e->spec.dims[i]))
            return "a size in its shape is no whole number, or negative, or too large";
    return eg__spec_measure(&e->spec) ? NULL : "it has too many elements for any memory";
}

static const char *take_place(eg__stored *e, const json_t *info)
{
    const json_t *offsets = json_object_get(info, "data_offsets");
    int64_t begin, end;

    if (!json_is_array(offsets) || json_array_size(offsets) != 2)
        return "its data_offsets are missing or no pair";
    if (!take_number(offsets, 0, &begin) || !take_number(offsets, 1, &end) || begin > end)
        return "its data_offsets are no whole numbers, or negative, or in the wrong order";
    if ((uint64_t)(end - begin) != eg__bytes(&e->spec))
        return "its data_offsets do not fit its dtype and shape";
    e->begin = (size_t)begin;
    e->end = (size_t)end;
    return NULL;
}

static bool take_entry(eg_safetensors *file, const char *name, const json_t *info, const char *path)
{
    eg__stored e = {0};
    const char *why = json_is_object(info) ? take_dtype(&e, info) : "it is no JSON object";

    if (!why && e.type == TYPES)
        return refuse(EG_INVALID, path, name, "this version does not know its dtype");
    if (!why)
        why = take_shape(&e, info);
    if (!why)
        why = take_place(&e, info);
    return why ? refuse(EG_FORMAT, path, name, why) : eg__stored_add(file, name, &e, load_name);
}

static bool check_metadata(json_t *map, const char *path)
{
    const char *key;
    json_t *value;

    if (!json_is_object(map))
        return refuse(EG_FORMAT, path, metadata, "it is no JSON object");
    json_object_foreach(map, key, value) if (!json_is_string(value)) return refuse(EG_FORMAT, path,
        metadata, "a value in it is no string");
    return true;
}

bool eg__header_parse(eg_safetensors *file, const char *header, size_t n, const char *path)
{
    json_error_t error = {0};
    json_t *root = json_loadb(header, n, JSON_REJECT_DUPLICATES, &error), *info;
    const char *name;
    char text[SHOWN];
    bool good = root && header[0] == '{';

    /* the parser says nothing where memory is out, unless it happens inside of a word */
    if (!root && (!error.text[0] || json_error_code(&error) == json_error_out_of_memory))
        eg__fail_memory(load_name, n);
    else if (!good)
        eg__fail(EG_FORMAT, load_name, "%s: the header is no JSON object: %s", path,
            root ? "it does not start with {" : shown(error.text, text));
    json_object_foreach(root, name, info) good = good &&
        (strcmp(name, metadata) == 0 ? check_metadata(info, path)
                                     : take_entry(file, name, info, path));
    json_decref(root);
    return good;
}

/* ---- writing -------------------------------------------------------------------------------- */

static json_t *describe(const eg__stored *e)
{
    json_t *info = json_object(), *shape = json_array(), *offsets = json_array();
    int failed = 0;

    for (int i = 0; i < e->spec.rank; i++)
        failed |= json_array_append_new(shape, json_integer(e->spec.dims[i]));
    failed |= json_array_append_new(offsets, json_integer((json_int_t)e->begin));
    failed |= json_array_append_new(offsets, json_integer((json_int_t)e->end));
    failed |= json_object_set_new(info, "dtype", json_string(types[e->type].name));
    failed |= json_object_set_new(info, "shape", shape);
    failed |= json_object_set_new(info, "data_offsets", offsets);
    if (!failed)
        return info;
    json_decref(info);
    return NULL;
}

static int append(const char *bytes, size_t n, void *text)
{
    eg__text_add(text, bytes, n);
    return 0;
}

bool eg__header_compose(eg__text *text, const eg_safetensors *file)
{
    json_t *root = json_object();
    int failed = !root;

    for (int i = 0; i < file->n && !failed; i++)
        failed |=
            json_object_set_new_nocheck(root, file->entries[i].name, describe(&file->entries[i]));
    failed = failed || json_dump_callback(root, append, text, JSON_COMPACT) != 0;
    json_decref(root);
    while (!failed && !text->failed && text->length % ALIGNMENT != 0)
        eg__text_put(text, " ");
    if (failed || text->failed)
        eg__fail_memory(save_name, text->length);
    else if (text->length > EG__MOST_HEADER)
        eg__fail(EG_INVALID, save_name, "the names are too long: the header has %zu bytes",
            text->length);
    return !eg__me.failed;
}

#else

bool eg__header_is_there(const char *op)
{
    eg__fail(EG_UNAVAILABLE, op, "this build has no JSON; install libjansson-dev and build again");
    return false;
}

bool eg__header_parse(eg_safetensors *file, const char *header, size_t n, const char *path)
{
    (void)file, (void)header, (void)n, (void)path;
    return eg__header_is_there(load_name);
}

bool eg__header_compose(eg__text *text, const eg_safetensors *file)
{
    (void)text, (void)file;
    return eg__header_is_there(save_name);
}

#endif
