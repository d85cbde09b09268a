/* NumPy's archives: a zip file of arrays, each a member NAME.npy.
 *
 * The archive stays open; an array is read when it is asked for. Before memory is taken for one its
 * size, as the archive claims it, must be possible for as many compressed bytes as there are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "io/npy.h"
#include "io/saved.h"
#include <eagre/io.h>
#include <string.h>

static const char save_name[] = "eg_npz_save", load_name[] = "eg_npz_load",
                  find_name[] = "eg_npz_find";

#ifdef EG_HAVE_MINIZIP

#include <minizip/unzip.h>
#include <minizip/zip.h>

enum {
    MOST_NAME = 1 << 10, /* bytes of a name */
    PIECE = 1 << 24,     /* bytes given to the archive at once: less than its counts hold */
    MOST_RATIO = 1032,   /* of deflate: one bit for 258 bytes, less the rest */
    SHORT = 4096,        /* bytes that may come out of next to nothing */
};

static const char suffix[] = ".npy";

typedef struct entry {
    char *name; /* without the suffix */
    unz64_file_pos at;
} entry;

struct eg_npz {
    unzFile archive;
    eg__open_file from;
    char *path;
    entry *entries; /* by name */
    int n, capacity;
};

/* ---- streams -------------------------------------------------------------------------------- */

static voidpf open_stream(voidpf opaque, const void *path, int mode)
{
    (void)path, (void)mode;
    return opaque;
}

static uLong write_stream(voidpf opaque, voidpf stream, const void *bytes, uLong n)
{
    (void)opaque;
    return (uLong)fwrite(bytes, 1, n, stream);
}

static uLong read_stream(voidpf opaque, voidpf stream, void *bytes, uLong n)
{
    (void)opaque;
    return (uLong)fread(bytes, 1, n, stream);
}

static ZPOS64_T tell_stream(voidpf opaque, voidpf stream)
{
    (void)opaque;
    return (ZPOS64_T)ftello(stream);
}

static long seek_stream(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
    (void)opaque;
    int whence = origin == ZLIB_FILEFUNC_SEEK_CUR ? SEEK_CUR
        : origin == ZLIB_FILEFUNC_SEEK_END        ? SEEK_END
                                                  : SEEK_SET;
    return fseeko(stream, (off_t)offset, whence);
}

/* The stream belongs to who opened it. */
static int leave_stream(voidpf opaque, voidpf stream)
{
    (void)opaque, (void)stream;
    return 0;
}

static int stream_error(voidpf opaque, voidpf stream)
{
    (void)opaque;
    return ferror((FILE *)stream);
}

static zlib_filefunc64_def functions_of(FILE *f)
{
    return (zlib_filefunc64_def){
        .zopen64_file = open_stream,
        .zread_file = read_stream,
        .zwrite_file = write_stream,
        .ztell64_file = tell_stream,
        .zseek64_file = seek_stream,
        .zclose_file = leave_stream,
        .zerror_file = stream_error,
        .opaque = f,
    };
}

/* ---- saving --------------------------------------------------------------------------------- */

/* What keeps a name from being a member's: other programs unpack archives into folders. */
static const char *name_fault(const char *name)
{
    if (!*name)
        return "its name is empty";
    if (strlen(name) > MOST_NAME)
        return "its name is too long";
    if (*name == '/' || strstr(name, "..") || strchr(name, '\\') || strchr(name, ':'))
        return "its name would lead out of a folder into which the archive is unpacked";
    return NULL;
}

static bool write_bytes(zipFile archive, const void *bytes, size_t n)
{
    const char *at = bytes;

    for (size_t piece; n > 0; n -= piece, at += piece) {
        piece = n < PIECE ? n : PIECE;
        if (zipWriteInFileInZip(archive, at, (unsigned)piece) != ZIP_OK)
            return false;
    }
    return true;
}

/* All members have the first day that an archive can name, as NumPy's: the same arrays, the same
 * bytes. */
static bool begin_member(zipFile archive, const char *name, const eg_spec *spec, bool compress)
{
    const zip_fileinfo first_day = {.tmz_date = {.tm_year = 1980, .tm_mon = 0, .tm_mday = 1}};
    char member[MOST_NAME + sizeof suffix];

    snprintf(member, sizeof member, "%s%s", name, suffix);
    return zipOpenNewFileInZip64(archive, member, &first_day, NULL, 0, NULL, 0, NULL,
               compress ? Z_DEFLATED : 0, compress ? Z_DEFAULT_COMPRESSION : 0,
               eg__bytes(spec) > INT32_MAX) == ZIP_OK;
}

static eg_status add_member(zipFile archive, const char *name, const eg_tensor *x, bool compress)
{
    eg__text header = {0};
    bool done = begin_member(archive, name, &x->spec, compress);

    eg__npy_put_header(&x->spec, &header);
    done = done && !header.failed && write_bytes(archive, header.start, header.length) &&
        (x->spec.size == 0 || write_bytes(archive, x->data, eg__bytes(&x->spec)));
    bool lacked = header.failed;
    eg__text_free(&header);
    if (lacked)
        return eg__fail_memory(save_name, sizeof header);
    if (!done || zipCloseFileInZip(archive) != ZIP_OK)
        return eg__fail(EG_IO, save_name, "\"%.64s\" cannot be written", name);
    return EG_OK;
}

/* Whether tensor i has the name of an earlier one. */
static bool is_repeated(int i, eg_tensor *const tensors[], const char *const names[],
    const char *name)
{
    for (int k = 0; k < i; k++)
        if (strcmp(eg__saved_name(save_name, k, tensors[k], names), name) == 0)
            return true;
    return false;
}

static eg_status save_one(zipFile archive, int i, eg_tensor *const tensors[],
    const char *const names[], bool compress)
{
    char which[24];

    snprintf(which, sizeof which, "tensor %d", i);
    eg_tensor *value = eg__saved_value(save_name, which, tensors[i], eg__npy_has);
    const char *name = value ? eg__saved_name(save_name, i, tensors[i], names) : NULL;
    const char *fault = name ? name_fault(name) : NULL;
    if (fault)
        eg__fail(EG_INVALID, save_name, "%s: %s", which, fault);
    else if (name && is_repeated(i, tensors, names, name))
        eg__fail(EG_INVALID, save_name, "two tensors are named \"%.64s\"", name);
    else if (name)
        add_member(archive, name, value, compress);
    eg__unref(value);
    return eg__me.failed;
}

eg_status eg_npz_save_with(const char *path, int n, const char *const names[],
    eg_tensor *const tensors[], const eg_npz_attrs *attrs)
{
    eg__new_file out;

    if (eg__me.failed)
        return eg__me.failed;
    if (n < 0 || (n > 0 && !tensors))
        return eg__fail(EG_INVALID, save_name, n < 0 ? "n is negative" : "tensors is NULL");
    if (eg__file_begin(&out, path, save_name) != EG_OK)
        return eg__me.failed;
    zlib_filefunc64_def functions = functions_of(out.f);
    zipFile archive = zipOpen2_64(path, APPEND_STATUS_CREATE, NULL, &functions);
    if (!archive)
        eg__fail_memory(save_name, sizeof functions);
    for (int i = 0; archive && i < n && !eg__me.failed; i++)
        save_one(archive, i, tensors, names, attrs && attrs->compress);
    if (archive && zipClose(archive, NULL) != ZIP_OK && !eg__me.failed)
        eg__fail(EG_IO, save_name, "cannot write %s", path);
    return eg__file_end(&out);
}

/* ---- loading -------------------------------------------------------------------------------- */

static bool refuse(const eg_npz *file, const char *why)
{
    return eg__file_refuse(&file->from, EG_FORMAT, why);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

/* Lists the member at which the archive stands. */
static bool add_entry(eg_npz *file)
{
    char name[MOST_NAME + sizeof suffix];
    unz_file_info64 info;
    entry e;

    if (unzGetCurrentFileInfo64(file->archive, &info, name, sizeof name, NULL, 0, NULL, 0) !=
            UNZ_OK ||
        unzGetFilePos64(file->archive, &e.at) != UNZ_OK)
        return refuse(file, "is damaged");
    if (info.size_filename >= sizeof name)
        return refuse(file, "has a member whose name is too long");
    size_t n = strlen(name), tail = sizeof suffix - 1;
    if (n < info.size_filename)
        return refuse(file, "has a member with a zero byte in its name");
    if (n >= tail && strcmp(name + n - tail, suffix) == 0)
        name[n - tail] = '\0';
    e.name = eg__copy_text(name);
    if (!e.name || !eg__reserve(&file->entries, sizeof e, file->n, &file->capacity)) {
        eg__free_text(e.name);
        return eg__fail_memory(load_name, sizeof e + n), false;
    }
    file->entries[file->n++] = e;
    return true;
}

static bool list(eg_npz *file)
{
    int status = unzGoToFirstFile(file->archive);

    for (; status == UNZ_OK; status = unzGoToNextFile(file->archive))
        if (!add_entry(file))
            return false;
    if (status != UNZ_END_OF_LIST_OF_FILE)
        return refuse(file, "is damaged");
    if (file->n > 1)
        qsort(file->entries, (size_t)file->n, sizeof *file->entries, by_name);
    for (int i = 1; i < file->n; i++)
        if (by_name(&file->entries[i - 1], &file->entries[i]) == 0)
            return refuse(file, "has two members of one name");
    return true;
}

static bool open_archive(eg_npz *file, const char *path)
{
    file->path = eg__copy_text(path);
    if (!file->path)
        return eg__fail_memory(load_name, strlen(path)), false;
    if (!eg__file_open(&file->from, file->path, load_name))
        return false;
    zlib_filefunc64_def functions = functions_of(file->from.f);
    file->archive = unzOpen2_64(path, &functions);
    return file->archive ? list(file) : refuse(file, "is no archive, or is cut off");
}

eg_npz *eg_npz_load(const char *path)
{
    if (eg__me.failed)
        return NULL;
    if (!path)
        return eg__fail_null(EG_INVALID, load_name, "the path is NULL");
    eg_npz *file = eg__alloc_zero(sizeof *file);
    if (!file)
        return eg__fail_memory(load_name, sizeof *file), NULL;
    if (open_archive(file, path))
        return file;
    eg_npz_free(file);
    return NULL;
}

void eg_npz_free(eg_npz *file)
{
    if (!file)
        return;
    for (int i = 0; i < file->n; i++)
        eg__free_text(file->entries[i].name);
    eg__free(file->entries, sizeof *file->entries * (size_t)file->capacity);
    eg__free_text(file->path);
    if (file->archive)
        unzClose(file->archive);
    if (file->from.f)
        eg__file_close(&file->from);
    eg__free(file, sizeof *file);
}

int eg_npz_count(const eg_npz *file)
{
    return file ? file->n : 0;
}

const char *eg_npz_name(const eg_npz *file, int i)
{
    return file && i >= 0 && i < file->n ? file->entries[i].name : NULL;
}

/* ---- arrays --------------------------------------------------------------------------------- */

static bool read_member(eg__npy_source *from, void *to, size_t n)
{
    char *at = to;

    from->left -= n;
    for (size_t piece; n > 0; n -= piece, at += piece) {
        piece = n < PIECE ? n : PIECE;
        if (unzReadCurrentFile(from->stream, at, (unsigned)piece) != (int)piece)
            return eg__npy_refuse(from, EG_FORMAT, "is damaged");
    }
    return true;
}

/* Goes to a member and opens it; tells how many bytes it says it has. */
static bool open_member(eg_npz *file, const entry *e, eg__npy_source *from)
{
    unz_file_info64 info;

    if (unzGoToFilePos64(file->archive, &e->at) != UNZ_OK ||
        unzGetCurrentFileInfo64(file->archive, &info, NULL, 0, NULL, 0, NULL, 0) != UNZ_OK)
        return eg__npy_refuse(from, EG_FORMAT, "is damaged");
    if (info.flag & 1)
        return eg__npy_refuse(from, EG_FORMAT, "is encrypted");
    if (info.uncompressed_size > SHORT &&
        (info.uncompressed_size - SHORT) / MOST_RATIO > info.compressed_size)
        return eg__npy_refuse(from, EG_FORMAT, "claims more bytes than it can have");
    if (unzOpenCurrentFile(file->archive) != UNZ_OK)
        return eg__npy_refuse(from, EG_FORMAT, "is damaged, or packed in a way that is not known");
    from->left = info.uncompressed_size;
    return true;
}

static eg_tensor *read_entry(eg_npz *file, const entry *e)
{
    char what[160];
    eg__npy_source from = {.read = read_member,
        .stream = file->archive,
        .what = what,
        .op = find_name};

    snprintf(what, sizeof what, "\"%.64s\" of %.80s", e->name, file->path);
    if (!open_member(file, e, &from))
        return NULL;
    eg_tensor *y = eg__npy_read(&from);
    int status = unzCloseCurrentFile(file->archive);
    if (!y || status == UNZ_OK)
        return y;
    eg__unref(y);
    return eg__npy_refuse(&from, EG_FORMAT, "is damaged: its checksum is another"), NULL;
}

eg_tensor *eg_npz_find(eg_npz *file, const char *name)
{
    if (eg__me.failed)
        return NULL;
    if (!file || !name)
        return eg__fail_null(EG_INVALID, find_name, "%s is NULL", file ? "name" : "file");
    const entry wanted = {.name = (char *)(uintptr_t)name};
    const entry *e = file->n == 0
        ? NULL
        : bsearch(&wanted, file->entries, (size_t)file->n, sizeof *file->entries, by_name);
    if (!e)
        return eg__fail_null(EG_INVALID, find_name, "the archive has no array \"%.64s\"", name);
    eg_tensor *y = read_entry(file, e);
    return y ? eg__own(y, find_name) : NULL;
}

#else /* ---- without minizip ------------------------------------------------------------------ */

struct eg_npz {
    char unused;
};

static eg_status unavailable(const char *op)
{
    if (eg__me.failed)
        return eg__me.failed;
    return eg__fail(EG_UNAVAILABLE, op,
        "eagre was built without minizip (Debian: libminizip-dev); .npy files need none");
}

eg_status eg_npz_save_with(const char *path, int n, const char *const names[],
    eg_tensor *const tensors[], const eg_npz_attrs *attrs)
{
    (void)path, (void)n, (void)names, (void)tensors, (void)attrs;
    return unavailable(save_name);
}

eg_npz *eg_npz_load(const char *path)
{
    (void)path;
    unavailable(load_name);
    return NULL;
}

void eg_npz_free(eg_npz *file)
{
    (void)file;
}

int eg_npz_count(const eg_npz *file)
{
    (void)file;
    return 0;
}

const char *eg_npz_name(const eg_npz *file, int i)
{
    (void)file, (void)i;
    return NULL;
}

eg_tensor *eg_npz_find(eg_npz *file, const char *name)
{
    (void)file, (void)name;
    unavailable(find_name);
    return NULL;
}

#endif

eg_status(
    eg_npz_save)(const char *path, int n, const char *const names[], eg_tensor *const tensors[])
{
    return (eg_npz_save_with)(path, n, names, tensors, NULL);
}
