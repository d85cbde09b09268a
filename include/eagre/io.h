/* Files, in standard formats only: safetensors for named tensors.
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

#ifdef __cplusplus
}
#endif

#endif
