/* Files, in standard formats only: safetensors for named tensors, NumPy's for arrays.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_IO_H
#define EAGRE_IO_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes n named tensors (or variables: their values) to a safetensors file, whole or not at all.
 * `names` may be NULL where all are variables: then theirs are used.
 * Source: huggingface.co/docs/safetensors, format.
 * Action. Fails: EG_INVALID for NULL, an empty or repeated name, a symbol; EG_IO. */
EG_API eg_status eg_safetensors_save(const char *path, int n, const char *const names[],
    eg_tensor *const tensors[]);

/* A safetensors file in memory. */
typedef struct eg_safetensors eg_safetensors;

/* Reads a file, which may be hostile: every claim in it is checked against its length before
 * anything is allocated. NULL after an error. Free with eg_safetensors_free.
 * Fails: EG_IO; EG_FORMAT; EG_INVALID for a dtype this version does not know. */
EG_API eg_safetensors *eg_safetensors_load(const char *path);
EG_API void eg_safetensors_free(eg_safetensors *file);

/* How many tensors it has; the name of number i in alphabetical order, NULL behind the last.
 * Questions. */
EG_API int eg_safetensors_count(const eg_safetensors *file);
EG_API const char *eg_safetensors_name(const eg_safetensors *file, int i);

/* The tensor of that name, copied out. Owns: the result. Fails: EG_INVALID where there is none. */
EG_API eg_tensor *eg_safetensors_find(eg_safetensors *file, const char *name);

/* Gives n variables the values stored under their names: all of them, or none.
 * Action. Fails: as eg_safetensors_load and eg_safetensors_find; EG_INVALID for another dtype or
 * shape, naming the variable. */
EG_API eg_status eg_safetensors_restore(const char *path, int n, eg_tensor *const variables[]);

/* ---- NumPy's files -------------------------------------------------------------------------- */

/* Writes a tensor (or a variable's value) as a .npy file, whole or not at all, byte for byte as
 * numpy.save does. Source: numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
 *     eg_npy_save("x.npy", x)
 * Action. Fails: EG_INVALID for NULL, a symbol, bfloat16, which NumPy does not have; EG_IO. */
EG_API eg_status eg_npy_save(const char *path, eg_tensor *x);

/* The array of a .npy file, of either byte order and either order of indices. The file may be
 * hostile: what it claims is compared with its length before anything is allocated.
 *     eg_npy_load("x.npy")
 * Owns: the result. Fails: EG_IO; EG_FORMAT, also for arrays of Python objects, text and records;
 * EG_INVALID for elements of a type that eagre lacks. */
EG_API eg_tensor *eg_npy_load(const char *path);

typedef struct eg_npz_attrs {
    size_t size;   /* sizeof(eg_npz_attrs) */
    bool compress; /* as numpy.savez_compressed does */
} eg_npz_attrs;

/* Writes n named tensors to a .npz archive, as numpy.savez does. `names` may be NULL where all are
 * variables: then theirs are used. The same arrays give the same bytes.
 *     eg_npz_save("xy.npz", 2, names, tensors)
 * Action. Fails: as eg_npy_save; EG_INVALID for an empty or repeated name and for one that leads
 * out of a folder; EG_UNAVAILABLE in a build without minizip. */
EG_API eg_status eg_npz_save_with(const char *path, int n, const char *const names[],
    eg_tensor *const tensors[], const eg_npz_attrs *attrs);
EG_API eg_status eg_npz_save(const char *path, int n, const char *const names[],
    eg_tensor *const tensors[]);

/* An open .npz archive. One thread at a time may use it. */
typedef struct eg_npz eg_npz;

/* Opens an archive, compressed or not, and lists its arrays; they are read when they are asked for.
 * NULL after an error. Free with eg_npz_free, which NULL is fine for.
 * Fails: EG_IO; EG_FORMAT; EG_UNAVAILABLE in a build without minizip. */
EG_API eg_npz *eg_npz_load(const char *path);
EG_API void eg_npz_free(eg_npz *file);

/* How many arrays it has; the name of number i in alphabetical order, NULL behind the last.
 * Questions. */
EG_API int eg_npz_count(const eg_npz *file);
EG_API const char *eg_npz_name(const eg_npz *file, int i);

/* The array of that name. Owns: the result. Fails: as eg_npy_load; EG_INVALID where there is
 * none. */
EG_API eg_tensor *eg_npz_find(eg_npz *file, const char *name);

#ifdef __cplusplus
}
#endif

#endif
