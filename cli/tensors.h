/* Files of tensors, whose format their ending tells: .npy, .npz, and otherwise safetensors.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_TENSORS_H
#define CLI_TENSORS_H

#include <eagre.h>

/* Whether a path ends so; whether it names a file of tensors. */
bool ends_with(const char *path, const char *ending);
bool is_tensors(const char *path);

/* An open file; after an error it has no tensor. */
typedef struct tensors {
    eg_tensor *only; /* of a .npy file */
    eg_npz *npz;
    eg_safetensors *safetensors;
} tensors;

tensors tensors_open(const char *path);
void tensors_close(tensors *t);

/* How many there are; the name of number i, "" for the only one of a .npy file. */
int tensors_count(const tensors *t);
const char *tensors_name(const tensors *t, int i);

/* The tensor of that name; of a .npy file its only one, whatever the name. NULL after an error. */
eg_tensor *tensors_find(const tensors *t, const char *name);

/* Writes them: to a .npy file only one. */
eg_status tensors_save(const char *path, int n, const char *const names[], eg_tensor *const list[]);

#endif
