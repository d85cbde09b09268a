/* NumPy's files of one array: a header, then the elements.
 *
 * A file may be hostile. What the header claims is compared with the length of what follows before
 * anything is allocated; booleans other than 0 and 1 are refused, since nobody expects them later.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "io/npy.h"
#include "base/memory.h"
#include "io/saved.h"
#include <eagre/io.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "elements are written as they are, and said to be little-endian"
#endif

static const char save_name[] = "eg_npy_save", load_name[] = "eg_npy_load";

/* ---- elements ------------------------------------------------------------------------------- */

bool eg__npy_refuse(const eg__npy_source *from, eg_status status, const char *why)
{
    eg__fail(status, from->op, "%s %s", from->what, why);
    return false;
}

/* Turns round the bytes of n numbers; a complex one is two. */
static void swap(unsigned char *bytes, size_t n, size_t size)
{
    for (; n > 0; n--, bytes += size)
        for (size_t i = 0; i < size / 2; i++) {
            unsigned char held = bytes[i];
            bytes[i] = bytes[size - 1 - i];
            bytes[size - 1 - i] = held;
        }
}

static void put_in_order(const eg__npy_header *h, void *data)
{
    size_t size = eg__dtype(h->spec.dtype)->size, n = (size_t)h->spec.size;
    bool is_pair = h->spec.dtype == EG_COMPLEX64 || h->spec.dtype == EG_COMPLEX128;

    if (h->swapped)
        swap(data, is_pair ? 2 * n : n, is_pair ? size / 2 : size);
}

/* Copies elements whose first index changes fastest into the usual order. */
static void reorder(const eg_spec *spec, const char *from, char *to)
{
    size_t size = eg__dtype(spec->dtype)->size, at = 0, stride[EG_MAX_RANK];
    int64_t index[EG_MAX_RANK] = {0};

    for (int i = 0; i < spec->rank; i++)
        stride[i] = i == 0 ? size : stride[i - 1] * (size_t)spec->dims[i - 1];
    for (int64_t n = spec->size; n > 0; n--, to += size) {
        memcpy(to, from + at, size);
        for (int i = spec->rank; i-- > 0;) {
            at += stride[i];
            if (++index[i] < spec->dims[i])
                break;
            at -= stride[i] * (size_t)spec->dims[i];
            index[i] = 0;
        }
    }
}

static bool read_reordered(eg__npy_source *from, const eg__npy_header *h, eg_tensor *y)
{
    size_t n = eg__bytes(&h->spec);
    char *bytes = eg__alloc(n);

    if (!bytes)
        return eg__fail_memory(from->op, n), false;
    bool done = from->read(from, bytes, n);
    if (done)
        reorder(&h->spec, bytes, y->data);
    eg__free(bytes, n);
    return done;
}

static bool read_elements(eg__npy_source *from, const eg__npy_header *h, eg_tensor *y)
{
    if (h->spec.size == 0)
        return true;
    bool turned = h->fortran_order && h->spec.rank > 1;
    if (!(turned ? read_reordered(from, h, y) : from->read(from, y->data, eg__bytes(&h->spec))))
        return false;
    put_in_order(h, y->data);
    const char *fault =
        y->spec.dtype == EG_BOOL ? eg__booleans_fault(y->data, (size_t)y->spec.size) : NULL;
    return !fault || eg__npy_refuse(from, EG_FORMAT, fault);
}

eg_tensor *eg__npy_read(eg__npy_source *from)
{
    eg__npy_header h;

    if (!eg__npy_read_header(from, &h))
        return NULL;
    if (from->left != eg__bytes(&h.spec))
        return eg__npy_refuse(from, EG_FORMAT,
                   from->left < eg__bytes(&h.spec) ? "is cut off: elements are missing at its end"
                                                   : "has bytes behind the last element"),
               NULL;
    eg_tensor *y = eg__value_new(&h.spec, from->op);
    if (y && read_elements(from, &h, y))
        return y;
    eg__unref(y);
    return NULL;
}

/* ---- files ---------------------------------------------------------------------------------- */

static bool read_file(eg__npy_source *from, void *to, size_t n)
{
    from->left -= n;
    return eg__file_take(from->stream, to, n);
}

eg_tensor *eg_npy_load(const char *path)
{
    eg__open_file file;

    if (eg__me.failed || !eg__file_open(&file, path, load_name))
        return NULL;
    eg__npy_source from = {.read = read_file,
        .stream = &file,
        .left = file.left,
        .what = path,
        .op = load_name};
    eg_tensor *y = eg__npy_read(&from);
    eg__file_close(&file);
    return y ? eg__own(y, load_name) : NULL;
}

eg_status eg_npy_save(const char *path, eg_tensor *x)
{
    eg__text header = {0};
    eg__new_file out;

    if (eg__me.failed)
        return eg__me.failed;
    eg_tensor *value = eg__saved_value(save_name, "the tensor", x, eg__npy_has);
    if (!value)
        return eg__me.failed;
    eg__npy_put_header(&value->spec, &header);
    if (header.failed) {
        eg__fail_memory(save_name, header.length);
    } else if (eg__file_begin(&out, path, save_name) == EG_OK) {
        fwrite(header.start, 1, header.length, out.f);
        if (value->spec.size > 0)
            fwrite(value->data, 1, eg__bytes(&value->spec), out.f);
        eg__file_end(&out);
    }
    eg__text_free(&header);
    eg__unref(value);
    return eg__me.failed;
}
