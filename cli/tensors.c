/* Reading and writing files of tensors by their endings.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tensors.h"
#include <string.h>

bool ends_with(const char *path, const char *ending)
{
    size_t n = strlen(path), m = strlen(ending);
    return n >= m && strcmp(path + n - m, ending) == 0;
}

bool is_tensors(const char *path)
{
    return ends_with(path, ".safetensors") || ends_with(path, ".npz") || ends_with(path, ".npy");
}

tensors tensors_open(const char *path)
{
    tensors t = {0};

    if (ends_with(path, ".npy"))
        t.only = eg_npy_load(path);
    else if (ends_with(path, ".npz"))
        t.npz = eg_npz_load(path);
    else
        t.safetensors = eg_safetensors_load(path);
    return t;
}

void tensors_close(tensors *t)
{
    eg_npz_free(t->npz);
    eg_safetensors_free(t->safetensors);
}

int tensors_count(const tensors *t)
{
    return t->only ? 1 : t->npz ? eg_npz_count(t->npz) : eg_safetensors_count(t->safetensors);
}

const char *tensors_name(const tensors *t, int i)
{
    if (t->only)
        return i == 0 ? "" : NULL;
    return t->npz ? eg_npz_name(t->npz, i) : eg_safetensors_name(t->safetensors, i);
}

eg_tensor *tensors_find(const tensors *t, const char *name)
{
    if (!eg_ok() || t->only)
        return t->only;
    return t->npz ? eg_npz_find(t->npz, name) : eg_safetensors_find(t->safetensors, name);
}

eg_status tensors_save(const char *path, int n, const char *const names[], eg_tensor *const list[])
{
    if (ends_with(path, ".npz"))
        return eg_npz_save_with(path, n, names, list, NULL);
    if (!ends_with(path, ".npy"))
        return eg_safetensors_save(path, n, names, list);
    if (n == 1)
        return eg_npy_save(path, list[0]);
    return eg_fail(EG_INVALID, "eagre run",
        "a .npy file holds one tensor; fetch one, or save .npz");
}
