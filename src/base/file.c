/* Saving aside and renaming, so that a reader sees the old file or the new one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/text.h"
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

static eg_status fail_errno(const char *op, const char *what, const char *path, int error)
{
    char buffer[128];
    return eg__fail(EG_IO, op, "%s %s: %s", what, path, eg__os_error(error, buffer, sizeof buffer));
}

static char *name_aside(const char *path)
{
    static atomic_uint serial;
    char tail[64];

    snprintf(tail, sizeof tail, ".%ld-%u.part", eg__os_process(), atomic_fetch_add(&serial, 1));
    size_t n = strlen(path), size = n + strlen(tail) + 1;
    char *aside = eg__alloc(size);
    if (!aside)
        return NULL;
    memcpy(aside, path, n);
    memcpy(aside + n, tail, size - n);
    return aside;
}

eg_status eg__file_begin(eg__new_file *file, const char *path, const char *op)
{
    *file = (eg__new_file){.path = path, .op = op};
    if (eg__me.failed)
        return eg__me.failed;
    if (!path || !*path)
        return eg__fail(EG_INVALID, op, "the path is %s", path ? "empty" : "NULL");
    file->aside = name_aside(path);
    if (!file->aside)
        return eg__fail_memory(op, strlen(path));
    file->f = fopen(file->aside, "wbx");
    if (file->f)
        return EG_OK;
    int error = errno;
    eg__free_text(file->aside);
    return fail_errno(op, "cannot write", path, error);
}

void eg__file_drop(eg__new_file *file)
{
    if (!file->f)
        return;
    fclose(file->f);
    eg__os_remove(file->aside);
    eg__free_text(file->aside);
    file->f = NULL;
}

eg_status eg__file_end(eg__new_file *file)
{
    if (!file->f)
        return eg__me.failed;
    int error = eg__os_sync(file->f);
    if (fclose(file->f) != 0 && !error)
        error = errno;
    file->f = NULL;
    if (!error && !eg__me.failed)
        error = eg__os_rename(file->aside, file->path);
    if (error || eg__me.failed)
        eg__os_remove(file->aside);
    eg__free_text(file->aside);
    if (error)
        return fail_errno(file->op, "cannot write", file->path, error);
    return eg__me.failed;
}

eg_status eg__file_write(const char *path, const void *bytes, size_t n, const char *op)
{
    eg__new_file file;

    if (eg__file_begin(&file, path, op) != EG_OK)
        return eg__me.failed;
    fwrite(bytes, 1, n, file.f);
    return eg__file_end(&file);
}

/* ---- reading -------------------------------------------------------------------------------- */

static bool open_file(eg__open_file *file, const char *path, const char *op)
{
    *file = (eg__open_file){.path = path, .op = op};
    if (!path)
        return eg__fail(EG_INVALID, op, "the path is NULL") == EG_OK;
    file->f = fopen(path, "rb");
    return file->f || fail_errno(op, "cannot open", path, errno) == EG_OK;
}

static bool measure(eg__open_file *file)
{
    off_t end = fseeko(file->f, 0, SEEK_END) == 0 ? ftello(file->f) : -1;

    if (end < 0 || fseeko(file->f, 0, SEEK_SET) != 0)
        return fail_errno(file->op, "cannot measure", file->path, errno) == EG_OK;
    file->left = (uint64_t)end;
    return true;
}

bool eg__file_open(eg__open_file *file, const char *path, const char *op)
{
    if (!open_file(file, path, op))
        return false;
    if (measure(file))
        return true;
    eg__file_close(file);
    return false;
}

bool eg__file_refuse(const eg__open_file *file, eg_status status, const char *why)
{
    return eg__fail(status, file->op, "%s %s", file->path, why) == EG_OK;
}

bool eg__file_take(eg__open_file *file, void *to, size_t n)
{
    file->left -= n < file->left ? n : file->left;
    if (fread(to, 1, n, file->f) == n)
        return true;
    return ferror(file->f) ? fail_errno(file->op, "cannot read", file->path, errno) == EG_OK
                           : eg__file_refuse(file, EG_FORMAT, "is cut off");
}

void eg__file_close(eg__open_file *file)
{
    fclose(file->f);
    file->f = NULL;
}

static char *read_all(const eg__open_file *file, size_t most, size_t *n)
{
    const char *path = file->path, *op = file->op;
    eg__text all = {0};
    char buffer[4096];
    size_t got;

    while (
        (got = fread(buffer, 1, sizeof buffer, file->f)) > 0 && all.length <= most && !all.failed)
        eg__text_add(&all, buffer, got);
    if (ferror(file->f))
        fail_errno(op, "cannot read", path, errno);
    else if (all.length > most)
        eg__fail(EG_FORMAT, op, "%s is longer than %zu bytes", path, most);
    else if (all.failed)
        eg__fail_memory(op, all.length);
    char *bytes = eg__me.failed ? NULL : eg__alloc(all.length + 1);
    if (bytes)
        memcpy(bytes, all.start ? all.start : "", all.length + 1);
    else if (!eg__me.failed)
        eg__fail_memory(op, all.length);
    *n = all.length;
    eg__text_free(&all);
    return bytes;
}

char *eg__file_read(const char *path, size_t most, size_t *n, const char *op)
{
    eg__open_file file;

    if (eg__me.failed || !open_file(&file, path, op))
        return NULL;
    char *bytes = read_all(&file, most, n);
    eg__file_close(&file);
    return bytes;
}
