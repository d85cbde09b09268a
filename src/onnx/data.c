/* The elements of tensors: raw bytes, lists of numbers, or a file beside the model.
 *
 * What a tensor claims to be is compared with the bytes that are there before room is made for it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/model.h"
#include "base/memory.h"
#include "base/os.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char op_name[] = "eg_onnx_load";

/* The numbers of TensorProto's fields. */
enum {
    DIMS = 1,
    DATA_TYPE = 2,
    FLOAT_DATA = 4,
    INT32_DATA = 5,
    INT64_DATA = 7,
    NAME = 8,
    RAW_DATA = 9,
    DOUBLE_DATA = 10,
    UINT64_DATA = 11,
    EXTERNAL_DATA = 13,
    DATA_LOCATION = 14,
};

/* ---- types ----------------------------------------------------------------------------------- */

typedef struct type_row {
    const char *name;
    eg_dtype dtype;
    int bits;       /* that an element takes in raw data; 0: whole bytes */
    uint32_t field; /* where a list of its numbers is */
} type_row;

static const type_row types[EG__ONNX_TYPES] = {
    [1] = {"float32", EG_FLOAT32, 0, FLOAT_DATA},
    [2] = {"uint8", EG_UINT8, 0, INT32_DATA},
    [3] = {"int8", EG_INT8, 0, INT32_DATA},
    [4] = {"uint16", EG_UINT16, 0, INT32_DATA},
    [5] = {"int16", EG_INT16, 0, INT32_DATA},
    [6] = {"int32", EG_INT32, 0, INT32_DATA},
    [7] = {"int64", EG_INT64, 0, INT64_DATA},
    [EG__ONNX_STRING] = {"string", EG_NO_DTYPE, 0, 0},
    [9] = {"bool", EG_BOOL, 0, INT32_DATA},
    [10] = {"float16", EG_FLOAT16, 0, INT32_DATA},
    [11] = {"float64", EG_FLOAT64, 0, DOUBLE_DATA},
    [12] = {"uint32", EG_UINT32, 0, UINT64_DATA},
    [13] = {"uint64", EG_UINT64, 0, UINT64_DATA},
    [14] = {"complex64", EG_COMPLEX64, 0, FLOAT_DATA},
    [15] = {"complex128", EG_COMPLEX128, 0, DOUBLE_DATA},
    [16] = {"bfloat16", EG_BFLOAT16, 0, INT32_DATA},
    [EG__ONNX_E4M3FN] = {"float8e4m3fn", EG_UINT8, 8, INT32_DATA},
    [EG__ONNX_E4M3FNUZ] = {"float8e4m3fnuz", EG_UINT8, 8, INT32_DATA},
    [EG__ONNX_E5M2] = {"float8e5m2", EG_UINT8, 8, INT32_DATA},
    [EG__ONNX_E5M2FNUZ] = {"float8e5m2fnuz", EG_UINT8, 8, INT32_DATA},
    [EG__ONNX_UINT4] = {"uint4", EG_UINT8, 4, INT32_DATA},
    [EG__ONNX_INT4] = {"int4", EG_INT8, 4, INT32_DATA},
    [EG__ONNX_E2M1] = {"float4e2m1", EG_UINT8, 4, INT32_DATA},
    [EG__ONNX_E8M0] = {"float8e8m0", EG_UINT8, 8, INT32_DATA},
    [EG__ONNX_UINT2] = {"uint2", EG_UINT8, 2, INT32_DATA},
    [EG__ONNX_INT2] = {"int2", EG_INT8, 2, INT32_DATA},
};

static const type_row *row_of(int type)
{
    return &types[type > 0 && type < EG__ONNX_TYPES ? type : 0];
}

eg_dtype eg__onnx_dtype(int type)
{
    return row_of(type)->dtype;
}

const char *eg__onnx_type_name(int type)
{
    const char *name = row_of(type)->name;
    return name ? name : "unknown";
}

bool eg__onnx_is_narrow(int type)
{
    return row_of(type)->bits > 0;
}

int eg__onnx_type_of(eg_dtype dtype)
{
    for (int type = 1; type < EG__ONNX_TYPES; type++)
        if (types[type].dtype == dtype && types[type].bits == 0)
            return type;
    return 0;
}

/* ---- where the bytes are --------------------------------------------------------------------- */

typedef struct source {
    eg__wire message, raw;
    bool has_raw;
    int64_t type;
    const char *folder;
    bool is_external;
    eg_spec spec;
} source;

static eg_tensor *refuse(const source *s, const char *why)
{
    eg__wire_field f;
    eg__wire name = {0}, at = s->message;

    while (eg__wire_next(&at, &f))
        if (f.number == NAME)
            name = f.bytes;
    eg__fail(EG_FORMAT, op_name, "the tensor \"%.*s\" %s",
        (int)(eg__wire_size(name) < 80 ? eg__wire_size(name) : 80), (const char *)name.at, why);
    return NULL;
}

static bool read_dims(source *s, int64_t dims[EG_MAX_RANK], int *rank)
{
    int64_t n = eg__wire_numbers(s->message, DIMS, EG__WIRE_VARINT);
    uint64_t bits[EG_MAX_RANK];

    if (n < 0 || n > EG_MAX_RANK)
        return refuse(s, "has more than 8 axes"), false;
    eg__wire_copy(s->message, DIMS, EG__WIRE_VARINT, bits);
    for (int i = 0; i < n; i++) {
        dims[i] = (int64_t)bits[i];
        if (dims[i] < 0)
            return refuse(s, "has a negative size"), false;
    }
    *rank = (int)n;
    return true;
}

static bool read_header(source *s)
{
    eg__wire_field f;
    eg__wire at = s->message;
    int64_t dims[EG_MAX_RANK];
    int rank;

    if (!eg__wire_ok(s->message))
        return refuse(s, "is cut off"), false;
    while (eg__wire_next(&at, &f)) {
        if (f.number == DATA_TYPE)
            s->type = (int64_t)f.value;
        if (f.number == RAW_DATA) {
            s->raw = f.bytes;
            s->has_raw = true;
        }
        if (f.number == DATA_LOCATION)
            s->is_external = f.value == 1;
    }
    if (s->type < 1 || s->type >= EG__ONNX_TYPES || !types[s->type].dtype)
        return refuse(s,
                   s->type == EG__ONNX_STRING
                       ? "holds strings, which this version of eagre does not read"
                       : "is of an element type that this version of eagre does not know"),
               false;
    return read_dims(s, dims, &rank) &&
        eg__spec_set(&s->spec, op_name, types[s->type].dtype, rank, dims) == EG_OK;
}

/* Bytes that the elements take as raw data. */
static size_t raw_size(const source *s)
{
    int bits = types[s->type].bits;

    if (bits == 0)
        return eg__bytes(&s->spec);
    return ((size_t)s->spec.size * (size_t)bits + 7) / 8;
}

/* ---- elements -------------------------------------------------------------------------------- */

/* The number in the low bits of a byte; of int4 and int2 with its sign. */
static unsigned char widened(int64_t type, unsigned char byte, int bits)
{
    unsigned char sign = (unsigned char)(1u << (bits - 1)), value = byte & ((1u << bits) - 1);

    if ((type == EG__ONNX_INT4 || type == EG__ONNX_INT2) && value & sign)
        value |= (unsigned char)~((1u << bits) - 1);
    return value;
}

static void unpack(const source *s, const unsigned char *from, unsigned char *to)
{
    int bits = types[s->type].bits, in_byte = 8 / bits;

    for (int64_t i = 0; i < s->spec.size; i++)
        to[i] = widened(s->type, (unsigned char)(from[i / in_byte] >> bits * (i % in_byte)), bits);
}

static eg_tensor *read_raw(const source *s)
{
    if (eg__wire_size(s->raw) != raw_size(s))
        return refuse(s, "has another number of bytes than its shape and type say");
    eg_tensor *x = eg__value_new(&s->spec, op_name);
    if (!x || s->spec.size == 0)
        return x;
    if (types[s->type].bits == 4 || types[s->type].bits == 2)
        unpack(s, s->raw.at, x->data);
    else
        memcpy(x->data, s->raw.at, raw_size(s));
    return x;
}

static void set_number(const source *s, unsigned char *to, uint64_t bits)
{
    size_t size = eg__dtype(s->spec.dtype)->size;

    if (types[s->type].field == INT32_DATA || s->spec.dtype == EG_UINT32) {
        int32_t low = (int32_t)(uint32_t)bits;
        memcpy(to, &low, size < 4 ? size : 4);
    } else {
        memcpy(to, &bits, size < 8 ? size : 8);
    }
}

static eg_tensor *read_numbers(const source *s)
{
    uint32_t field = types[s->type].field;
    eg__wire_type type = field == FLOAT_DATA ? EG__WIRE_32
        : field == DOUBLE_DATA               ? EG__WIRE_64
                                             : EG__WIRE_VARINT;
    int64_t n = eg__wire_numbers(s->message, field, type), size = s->spec.size;
    int bits = types[s->type].bits;
    bool is_pair = eg__is_complex(s->spec.dtype), is_packed = bits == 4 || bits == 2;
    int64_t want = is_pair ? 2 * size : is_packed ? (size * bits + 7) / 8 : size;

    if (n != want)
        return refuse(s, "has another number of elements than its shape says");
    eg_tensor *x = eg__value_new(&s->spec, op_name);
    size_t room = (size_t)n * sizeof(uint64_t);
    uint64_t *numbers = x && n > 0 ? eg__alloc(room) : NULL;
    if (!x || n == 0)
        return x;
    if (!numbers) {
        eg__unref(x);
        return eg__fail_null(EG_NO_MEMORY, op_name, "no memory for the elements of a tensor");
    }
    eg__wire_copy(s->message, field, type, numbers);
    unsigned char *bytes = (unsigned char *)numbers, *to = x->data;
    size_t part = is_pair ? eg__dtype(s->spec.dtype)->size / 2 : eg__dtype(s->spec.dtype)->size;
    for (int64_t i = 0; is_packed && i < n; i++)
        bytes[i] = (unsigned char)numbers[i];
    if (is_packed)
        unpack(s, bytes, to);
    for (int64_t i = 0; !is_packed && i < n; i++, to += part) {
        if (is_pair)
            memcpy(to, &numbers[i], part);
        else
            set_number(s, to, numbers[i]);
    }
    eg__free(numbers, room);
    return x;
}

/* ---- external data --------------------------------------------------------------------------- */

typedef struct outside {
    char file[512];
    int64_t offset, length; /* length -1: what the tensor needs */
} outside;

static bool is_key(eg__wire text, const char *key)
{
    return eg__wire_size(text) == strlen(key) && memcmp(text.at, key, strlen(key)) == 0;
}

static bool read_number(eg__wire text, int64_t *value)
{
    char digits[24];
    size_t n = eg__wire_size(text);

    if (n == 0 || n > 18)
        return false;
    memcpy(digits, text.at, n);
    digits[n] = '\0';
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        *value = *value * 10 + (digits[i] - '0');
    }
    return true;
}

static bool read_entry(outside *o, eg__wire entry)
{
    eg__wire_field f;
    eg__wire key = {0}, value = {0};

    while (eg__wire_next(&entry, &f)) {
        if (f.number == 1)
            key = f.bytes;
        if (f.number == 2)
            value = f.bytes;
    }
    size_t n = eg__wire_size(value);
    if (is_key(key, "location")) {
        if (n == 0 || n >= sizeof o->file || memchr(value.at, 0, n))
            return false;
        memcpy(o->file, value.at, n);
        o->file[n] = '\0';
    }
    if (is_key(key, "offset"))
        return read_number(value, &o->offset);
    if (is_key(key, "length"))
        return read_number(value, &o->length);
    return true;
}

/* Whether a path stays in its folder: it does not begin at the root, nor climb. */
static bool stays_inside(const char *path)
{
    if (*path == '\0' || *path == '/' || strchr(path, '\\'))
        return false;
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return false;
    }
    return true;
}

/* Whether a file has the elements; it is then read from there on. */
static bool find_elements(const source *s, const outside *o, FILE *f)
{
    off_t end = fseeko(f, 0, SEEK_END) == 0 ? ftello(f) : -1;

    if (end < 0)
        return refuse(s, "has its elements in a file that cannot be measured"), false;
    if (o->length >= 0 && (size_t)o->length != raw_size(s))
        return refuse(s, "has another number of bytes than its shape and type say"), false;
    if (o->offset > (int64_t)end || raw_size(s) > (size_t)((int64_t)end - o->offset))
        return refuse(s, "has elements behind the end of the file that they are in"), false;
    if (fseeko(f, (off_t)o->offset, SEEK_SET) != 0)
        return refuse(s, "has elements in a file that cannot be read"), false;
    return true;
}

static bool copy_from(const source *s, FILE *f, void *to)
{
    if (fread(to, 1, raw_size(s), f) == raw_size(s))
        return true;
    return refuse(s, "has elements in a file that cannot be read"), false;
}

static eg_tensor *read_file(const source *s, const outside *o, FILE *f)
{
    bool is_packed = raw_size(s) < (size_t)s->spec.size;
    eg_tensor *x = NULL;

    if (!find_elements(s, o, f))
        return NULL;
    if (is_packed) {
        size_t n = raw_size(s);
        void *bytes = eg__alloc(n);
        source inside = *s;
        if (!bytes)
            return eg__fail_memory(op_name, n), NULL;
        inside.raw = (eg__wire){bytes, (unsigned char *)bytes + n};
        if (copy_from(s, f, bytes))
            x = read_raw(&inside);
        eg__free(bytes, n);
        return x;
    }
    x = eg__value_new(&s->spec, op_name);
    if (x && s->spec.size > 0 && !copy_from(s, f, x->data)) {
        eg__unref(x);
        return NULL;
    }
    return x;
}

static eg_tensor *read_outside(const source *s)
{
    outside o = {.length = -1};
    eg__wire_field field;
    eg__wire at = s->message;
    char path[2048];

    while (eg__wire_next(&at, &field))
        if (field.number == EXTERNAL_DATA && !read_entry(&o, field.bytes))
            return refuse(s, "has a place for external data that makes no sense");
    if (!stays_inside(o.file))
        return refuse(s, "has external data outside of the model's folder");
    if (!s->folder)
        return refuse(s, "has external data, and the model is in no folder: load it from a file");
    if (snprintf(path, sizeof path, "%s/%s", s->folder, o.file) >= (int)sizeof path)
        return refuse(s, "has a path for external data that is too long");
    FILE *f = fopen(path, "rb");
    if (!f) {
        char buffer[128];
        const char *why = eg__os_error(errno, buffer, sizeof buffer);
        return eg__fail_null(EG_IO, op_name, "cannot open the external data %s: %s", path, why);
    }
    eg_tensor *x = read_file(s, &o, f);
    fclose(f);
    return x;
}

/* Booleans other than 0 and 1 nobody expects later. */
static bool booleans_ok(const source *s, const eg_tensor *x)
{
    const unsigned char *byte = x->data;

    for (int64_t i = 0; s->spec.dtype == EG_BOOL && i < s->spec.size; i++)
        if (byte[i] > 1)
            return refuse(s, "has a boolean that is neither 0 nor 1"), false;
    return true;
}

eg_tensor *eg__onnx_tensor_read(eg__wire bytes, const char *folder, eg__onnx_value *value)
{
    source s = {.message = bytes, .folder = folder};

    if (!read_header(&s))
        return NULL;
    eg_tensor *x = s.is_external ? read_outside(&s) : s.has_raw ? read_raw(&s) : read_numbers(&s);
    if (!x || !booleans_ok(&s, x)) {
        eg__unref(x);
        return NULL;
    }
    *value = (eg__onnx_value){.kind = EG__ONNX_TENSOR,
        .known = true,
        .narrow = eg__onnx_is_narrow((int)s.type) ? (uint8_t)s.type : 0,
        .tensor = x};
    return x;
}
