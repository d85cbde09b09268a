/* IDX files: two zeros, a type, the number of axes, the sizes, the elements; all big-endian.
 *
 * What the header claims is believed only as the elements arrive: memory grows with what was read,
 * so that a short file cannot ask for much. A double holds every element of every type exactly;
 * elements are converted through it, a piece of the file at a time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eagre/data.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef EG_HAVE_ZLIB
#include <zlib.h>
#endif

enum { PIECE = 1 << 14, MESSAGE = 448 };

/* Reports what is wrong with the file. Of a long path the end is shown. Returns false. */
static bool refuse(eg_status status, const char *path, const char *why)
{
    char message[MESSAGE];
    size_t n = strlen(path), most = MESSAGE / 2;

    snprintf(message, sizeof message, "%s: %s", n > most ? path + n - most : path, why);
    eg_fail(status, "eg_load_idx", message);
    return false;
}

static bool refuse_errno(const char *path, int error)
{
    char why[MESSAGE / 3];

    if (strerror_r(error, why, sizeof why) != 0)
        snprintf(why, sizeof why, "error %d", error);
    return refuse(error == ENOMEM ? EG_NO_MEMORY : EG_IO, path, why);
}

/* ---- bytes of a file, compressed or not ----------------------------------------------------- */

/* open_source gives NULL after an error. read_bytes reads up to n bytes, fewer only at the end of
 * the file; false after an error. All errors are reported. */

#ifdef EG_HAVE_ZLIB

typedef struct gzFile_s source;

static source *open_source(const char *path)
{
    errno = ENOMEM; /* gzopen sets it only where the system says no */
    source *from = gzopen(path, "rb");
    if (!from)
        refuse_errno(path, errno);
    return from;
}

static void close_source(source *from)
{
    gzclose(from);
}

/* Reports why fewer bytes came than were asked for: true where the file simply ends. */
static bool at_end(source *from, const char *path)
{
    int error;

    gzerror(from, &error);
    if (error == Z_OK || error == Z_STREAM_END)
        return true;
    if (error == Z_ERRNO)
        return refuse_errno(path, errno);
    if (error == Z_MEM_ERROR)
        return refuse(EG_NO_MEMORY, path, "out of memory");
    return refuse(EG_FORMAT, path,
        error == Z_BUF_ERROR ? "the compressed file is cut off" : "the compressed file is damaged");
}

static bool read_bytes(source *from, const char *path, void *to, int n, int *got)
{
    *got = gzread(from, to, (unsigned)n);
    return *got == n || at_end(from, path);
}

#else

typedef FILE source;

static source *open_source(const char *path)
{
    source *from = fopen(path, "rb");
    if (!from)
        refuse_errno(path, errno);
    return from;
}

static void close_source(source *from)
{
    fclose(from);
}

static bool read_bytes(source *from, const char *path, void *to, int n, int *got)
{
    static const unsigned char gzip[] = {0x1f, 0x8b};
    bool first = ftell(from) == 0;

    *got = (int)fread(to, 1, (size_t)n, from);
    if (*got < n && ferror(from))
        return refuse_errno(path, errno);
    if (first && *got >= 2 && memcmp(to, gzip, 2) == 0)
        return refuse(EG_UNAVAILABLE, path,
            "it is compressed, and this build has no zlib; gunzip it, or install zlib1g-dev and "
            "build again");
    return true;
}

#endif

/* ---- elements ------------------------------------------------------------------------------- */

/* The types of elements. Big-endian bytes of `size` make a number `bits`. */
static const struct type {
    unsigned char code;
    int size;
    bool real, is_signed;
} types[] = {
    {0x08, 1, false, false}, /* unsigned byte */
    {0x09, 1, false, true},
    {0x0B, 2, false, true},
    {0x0C, 4, false, true},
    {0x0D, 4, true, true},
    {0x0E, 8, true, true},
};

static double element(const struct type *type, const unsigned char *bytes)
{
    uint64_t bits = 0;
    double real;

    for (int i = 0; i < type->size; i++)
        bits = bits << 8 | bytes[i];
    if (type->real && type->size == 4) {
        uint32_t half = (uint32_t)bits;
        float single;
        memcpy(&single, &half, sizeof single);
        return single;
    }
    if (type->real) {
        memcpy(&real, &bits, sizeof real);
        return real;
    }
    int64_t beyond = (int64_t)1 << 8 * type->size;
    int64_t number = (int64_t)bits;
    return (double)(type->is_signed && number >= beyond / 2 ? number - beyond : number);
}

static void put(eg_dtype dtype, void *array, int64_t i, double value)
{
    if (dtype == EG_INT32)
        ((int32_t *)array)[i] = (int32_t)value;
    else if (dtype == EG_INT64)
        ((int64_t *)array)[i] = (int64_t)value;
    else if (dtype == EG_FLOAT32)
        ((float *)array)[i] = (float)value;
    else
        ((double *)array)[i] = value;
}

/* ---- the file ------------------------------------------------------------------------------- */

typedef struct idx {
    source *from;
    const char *path;
    const struct type *type;
    eg_dtype dtype;
    int rank;
    int64_t dims[EG_MAX_RANK], n;
    void *array; /* of `room` elements, of which `n` will be needed */
    int64_t room;
} idx;

static bool read_all(idx *x, void *to, int n)
{
    int got;

    if (!read_bytes(x->from, x->path, to, n, &got))
        return false;
    return got == n || refuse(EG_FORMAT, x->path, "the file is cut off");
}

static bool read_type(idx *x)
{
    unsigned char magic[4];

    if (!read_all(x, magic, 4))
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].code == magic[2])
            x->type = &types[i];
    if (magic[0] || magic[1] || !x->type)
        return refuse(EG_FORMAT, x->path, "the file is no IDX file: its first bytes are wrong");
    x->rank = magic[3];
    if (x->rank > EG_MAX_RANK)
        return refuse(EG_FORMAT, x->path, "the array has more than 8 axes");
    if (x->type->real && (x->dtype == EG_INT32 || x->dtype == EG_INT64))
        return refuse(EG_INVALID, x->path, "the array is of real numbers; load it as EG_FLOAT32");
    return true;
}

static bool read_sizes(idx *x)
{
    const int64_t most = INT64_MAX / 64;
    bool empty = false, huge = false;

    x->n = 1;
    for (int i = 0; i < x->rank; i++) {
        unsigned char bytes[4];
        if (!read_all(x, bytes, 4))
            return false;
        x->dims[i] = (int64_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
        empty = empty || x->dims[i] == 0;
        huge = huge || (x->dims[i] > 0 && x->n > most / x->dims[i]);
        x->n = huge ? most : x->n * x->dims[i];
    }
    if (empty)
        x->n = 0;
    else if (huge)
        return refuse(EG_FORMAT, x->path, "the array has more elements than any memory holds");
    return true;
}

/* Makes room for `now` more elements behind the first `done`. */
static bool make_room(idx *x, int64_t done, int now)
{
    size_t size = eg_dtype_size(x->dtype);
    int64_t room = x->room * 2;

    if (done + now <= x->room)
        return true;
    if (room < done + now)
        room = done + now;
    if (room > x->n)
        room = x->n;
    void *array = (uint64_t)room <= SIZE_MAX / size ? realloc(x->array, (size_t)room * size) : NULL;
    if (!array)
        return refuse(EG_NO_MEMORY, x->path, "no memory for the array");
    x->array = array;
    x->room = room;
    return true;
}

static bool read_elements(idx *x)
{
    unsigned char piece[PIECE];
    int size = x->type->size, more;

    for (int64_t done = 0; done < x->n;) {
        int64_t left = x->n - done;
        int now = left < PIECE / size ? (int)left : PIECE / size;
        if (!read_all(x, piece, now * size) || !make_room(x, done, now))
            return false;
        for (int i = 0; i < now; i++, done++)
            put(x->dtype, x->array, done, element(x->type, piece + i * size));
    }
    if (!read_bytes(x->from, x->path, piece, 1, &more))
        return false;
    return more == 0 || refuse(EG_FORMAT, x->path, "bytes follow the last element");
}

eg_tensor *eg_load_idx(const char *path, eg_dtype dtype)
{
    idx x = {.path = path, .dtype = dtype};
    eg_tensor *result = NULL;

    if (!eg_ok())
        return NULL;
    if (!path) {
        eg_fail(EG_INVALID, "eg_load_idx", "the path is NULL");
        return NULL;
    }
    if (dtype != EG_INT32 && dtype != EG_INT64 && dtype != EG_FLOAT32 && dtype != EG_FLOAT64) {
        refuse(EG_INVALID, path, "an IDX file gives integers or real numbers; use EG_FLOAT32");
        return NULL;
    }
    x.from = open_source(path);
    if (!x.from)
        return NULL;
    if (read_type(&x) && read_sizes(&x) && read_elements(&x))
        result = eg_copy(dtype, x.rank, x.dims, x.array);
    close_source(x.from);
    free(x.array);
    return result;
}
