/* Safetensors: eight bytes that say how long the header is, the header in JSON, the elements.
 *
 * A file is read as if it came from an enemy. Before the elements are read, the header must be
 * such that the tensors cover them exactly, without a gap or overlap, each as long as its dtype and
 * shape say. Booleans other than 0 and 1 are refused too. What is left after loading cannot be
 * wrong, so finding a tensor is a plain copy.
 *
 * Files are written as the reference implementation writes them, byte for byte.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "io/safetensors.h"
#include "base/memory.h"
#include "io/saved.h"
#include "op/effect.h"
#include <eagre/variable.h>
#include <stdlib.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "safetensors files hold little-endian elements, which this file copies as they are"
#endif

static const char save_name[] = "eg_safetensors_save", load_name[] = "eg_safetensors_load",
                  find_name[] = "eg_safetensors_find", restore_name[] = "eg_safetensors_restore";

enum { LENGTH = 8 }; /* bytes that tell the header's length */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const eg__stored *)a)->name, ((const eg__stored *)b)->name);
}

static int by_place(const void *a, const void *b)
{
    const eg__stored *x = a, *y = b;

    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

static int by_type_and_name(const void *a, const void *b)
{
    int x = ((const eg__stored *)a)->type, y = ((const eg__stored *)b)->type;
    return x != y ? x - y : by_name(a, b);
}

static void sort(eg_safetensors *file, int (*order)(const void *, const void *))
{
    if (file->n > 1)
        qsort(file->entries, (size_t)file->n, sizeof(eg__stored), order);
}

static void clear(eg_safetensors *file)
{
    for (int i = 0; i < file->n; i++) {
        eg__free_text(file->entries[i].name);
        eg__unref(file->entries[i].value);
    }
    eg__free(file->entries, sizeof(eg__stored) * (size_t)file->capacity);
    eg__free(file->data, file->size);
}

/* ---- saving --------------------------------------------------------------------------------- */

static bool has_dtype(eg_dtype dtype)
{
    return eg__stored_type(dtype) >= 0;
}

/* Adds tensor i with the value it has now. */
static eg_status collect(eg_safetensors *file, int i, eg_tensor *x, const char *const names[])
{
    char which[24];

    snprintf(which, sizeof which, "tensor %d", i);
    eg_tensor *value = eg__saved_value(save_name, which, x, has_dtype);
    const char *name = value ? eg__saved_name(save_name, i, x, names) : NULL;
    const char *fault = name ? eg__stored_name_fault(name) : NULL;
    if (fault)
        eg__fail(EG_INVALID, save_name, "%s: %s", which, fault);
    if (name && !fault) {
        eg__stored e = {.spec = x->spec, .type = eg__stored_type(x->spec.dtype), .value = value};
        if (eg__stored_add(file, name, &e, save_name))
            return EG_OK;
    }
    eg__unref(value);
    return eg__me.failed;
}

/* Puts the entries into their order and gives them places. */
static eg_status arrange(eg_safetensors *file)
{
    size_t at = 0;

    sort(file, by_name);
    for (int i = 1; i < file->n; i++)
        if (by_name(&file->entries[i - 1], &file->entries[i]) == 0)
            return eg__fail(EG_INVALID, save_name, "two tensors are named \"%.64s\"",
                file->entries[i].name);
    sort(file, by_type_and_name);
    for (int i = 0; i < file->n; i++) {
        file->entries[i].begin = at;
        at += eg__bytes(&file->entries[i].spec);
        file->entries[i].end = at;
    }
    return EG_OK;
}

static void write_all(const eg_safetensors *file, const char *path)
{
    eg__text header = {0};
    eg__new_file out;
    unsigned char length[LENGTH];

    if (eg__header_compose(&header, file) && eg__file_begin(&out, path, save_name) == EG_OK) {
        for (int i = 0; i < LENGTH; i++)
            length[i] = (unsigned char)((uint64_t)header.length >> 8 * i);
        fwrite(length, 1, LENGTH, out.f);
        fwrite(header.start, 1, header.length, out.f);
        for (int i = 0; i < file->n; i++)
            if (file->entries[i].spec.size > 0)
                fwrite(file->entries[i].value->data, 1, eg__bytes(&file->entries[i].spec), out.f);
        eg__file_end(&out);
    }
    eg__text_free(&header);
}

eg_status eg_safetensors_save(const char *path, int n, const char *const names[],
    eg_tensor *const tensors[])
{
    eg_safetensors file = {0};
    eg_status status = EG_OK;

    if (eg__me.failed || !eg__header_is_there(save_name))
        return eg__me.failed;
    if (n < 0 || (n > 0 && !tensors))
        return eg__fail(EG_INVALID, save_name, n < 0 ? "n is negative" : "tensors is NULL");
    for (int i = 0; i < n && status == EG_OK; i++)
        status = collect(&file, i, tensors[i], names);
    if (status == EG_OK && arrange(&file) == EG_OK)
        write_all(&file, path);
    clear(&file);
    return eg__me.failed;
}

/* ---- loading -------------------------------------------------------------------------------- */

/* Reads the length of the header, which must be in the file; what follows it is left. */
static bool read_length(eg__open_file *from, size_t *header)
{
    unsigned char bytes[LENGTH];
    bool is_long = from->left >= LENGTH;
    uint64_t claimed = 0;

    if (!eg__file_take(from, bytes, LENGTH))
        return false;
    if (!is_long)
        return eg__file_refuse(from, EG_IO, "is no ordinary file");
    for (int i = 0; i < LENGTH; i++)
        claimed |= (uint64_t)bytes[i] << 8 * i;
    if (claimed < 2 || claimed > EG__MOST_HEADER)
        return eg__file_refuse(from, EG_FORMAT, "is no safetensors file: no header is that long");
    if (claimed > from->left)
        return eg__file_refuse(from, EG_FORMAT,
            "is cut off or no safetensors file: its header ends behind it");
    *header = (size_t)claimed;
    return from->left - claimed <= PTRDIFF_MAX || eg__file_refuse(from, EG_FORMAT, "is too long");
}

static bool read_header(eg_safetensors *file, eg__open_file *from)
{
    size_t n = 0;

    if (!read_length(from, &n))
        return false;
    char *header = eg__alloc(n);
    if (!header)
        return eg__fail_memory(load_name, n), false;
    bool good = eg__file_take(from, header, n) && eg__header_parse(file, header, n, from->path);
    eg__free(header, n);
    return good;
}

/* Whether the entries cover the bytes behind the header, each byte once. */
static bool check_places(eg_safetensors *file, const eg__open_file *from)
{
    size_t at = 0;

    sort(file, by_place);
    for (int i = 0; i < file->n; i++) {
        if (file->entries[i].begin != at)
            return eg__file_refuse(from, EG_FORMAT,
                file->entries[i].begin < at ? "has tensors that overlap"
                                            : "has a gap between tensors");
        at = file->entries[i].end;
    }
    if (at != from->left)
        return eg__file_refuse(from, EG_FORMAT,
            at > from->left ? "is cut off: elements are missing at its end"
                            : "has bytes that belong to no tensor at its end");
    sort(file, by_name);
    return true;
}

static bool check_booleans(const eg_safetensors *file, const eg__open_file *from)
{
    for (int i = 0; i < file->n; i++) {
        const eg__stored *e = &file->entries[i];
        const char *fault = e->spec.dtype == EG_BOOL
            ? eg__booleans_fault(file->data + e->begin, e->end - e->begin)
            : NULL;
        if (fault)
            return eg__file_refuse(from, EG_FORMAT, fault);
    }
    return true;
}

static bool load(eg_safetensors *file, eg__open_file *from)
{
    if (!read_header(file, from) || !check_places(file, from))
        return false;
    size_t n = (size_t)from->left;
    file->data = eg__alloc(n);
    if (!file->data)
        return eg__fail_memory(load_name, n), false;
    file->size = n;
    return eg__file_take(from, file->data, n) && check_booleans(file, from);
}

eg_safetensors *eg_safetensors_load(const char *path)
{
    eg__open_file from;

    if (eg__me.failed || !eg__header_is_there(load_name) || !eg__file_open(&from, path, load_name))
        return NULL;
    eg_safetensors *file = eg__alloc_zero(sizeof *file);
    if (!file) {
        eg__fail_memory(load_name, sizeof *file);
    } else if (!load(file, &from)) {
        eg_safetensors_free(file);
        file = NULL;
    }
    eg__file_close(&from);
    return file;
}

void eg_safetensors_free(eg_safetensors *file)
{
    if (!file)
        return;
    clear(file);
    eg__free(file, sizeof *file);
}

/* ---- what is in it -------------------------------------------------------------------------- */

int eg_safetensors_count(const eg_safetensors *file)
{
    return file ? file->n : 0;
}

const char *eg_safetensors_name(const eg_safetensors *file, int i)
{
    return file && i >= 0 && i < file->n ? file->entries[i].name : NULL;
}

static const eg__stored *find(const eg_safetensors *file, const char *name)
{
    const eg__stored wanted = {.name = (char *)(uintptr_t)name};

    return file->n == 0
        ? NULL
        : bsearch(&wanted, file->entries, (size_t)file->n, sizeof *file->entries, by_name);
}

static eg_tensor *copy_out(const eg_safetensors *file, const eg__stored *e)
{
    return eg_copy(e->spec.dtype, e->spec.rank, e->spec.dims, file->data + e->begin);
}

eg_tensor *eg_safetensors_find(eg_safetensors *file, const char *name)
{
    if (eg__me.failed)
        return NULL;
    if (!file || !name)
        return eg__fail_null(EG_INVALID, find_name, "%s is NULL", file ? "name" : "file");
    const eg__stored *e = find(file, name);
    if (!e)
        return eg__fail_null(EG_INVALID, find_name, "the file has no tensor \"%.64s\"", name);
    return copy_out(file, e);
}

/* ---- restoring ------------------------------------------------------------------------------ */

static eg_status restore(const eg_safetensors *file, int i, eg_tensor *variable)
{
    char ours[EG__SPEC_TEXT], theirs[EG__SPEC_TEXT];

    if (!variable || variable->kind != EG__VARIABLE)
        return eg__fail(EG_INVALID, restore_name, "variable %d is %s", i,
            variable ? "no variable" : "NULL");
    const eg__stored *e = find(file, eg_variable_name(variable));
    if (!e)
        return eg__fail(EG_INVALID, restore_name, "the file has no tensor \"%.64s\"",
            eg_variable_name(variable));
    if (!eg__same_spec(&e->spec, &variable->spec))
        return eg__fail(EG_INVALID, restore_name, "variable \"%.64s\" is %s, the file has %s",
            eg_variable_name(variable), eg__spec_text(&variable->spec, ours),
            eg__spec_text(&e->spec, theirs));
    return eg_assign(variable, copy_out(file, e));
}

/* The assignments wait in a transaction until all of them have been made. */
eg_status eg_safetensors_restore(const char *path, int n, eg_tensor *const variables[])
{
    eg__transaction all;

    if (eg__me.failed)
        return eg__me.failed;
    if (n < 0 || (n > 0 && !variables))
        return eg__fail(EG_INVALID, restore_name, n < 0 ? "n is negative" : "variables is NULL");
    eg_safetensors *file = eg_safetensors_load(path);
    if (!file)
        return eg__me.failed;
    eg_scope *scope = eg_scope_open();
    eg__transaction_begin(&all);
    for (int i = 0; i < n && !eg__me.failed; i++)
        restore(file, i, variables[i]);
    if (eg__me.failed || !eg__transaction_prepare(&all))
        eg__transaction_drop(&all);
    else if (!eg__transaction_commit(&all))
        eg__fail(EG_STATE, restore_name, "another thread assigned a variable meanwhile; try again");
    eg_scope_close(scope);
    eg_safetensors_free(file);
    return eg__me.failed;
}
