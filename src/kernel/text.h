/* Kernels of strings. What they make belongs to the innermost pool of the thread that runs them, so
 * they run on one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_TEXT_H
#define KERNEL_TEXT_H

#include "kernel/kernel.h"
#include <eagre/ops/text.h>

typedef struct eg__string_split_attrs {
    size_t size;
    int64_t length; /* pieces of each string in the result */
    int64_t most;   /* splits; 0: as many as there are */
} eg__string_split_attrs;

/* Both one after the other, shapes broadcast; letters of ASCII in one case; how long they are. */
extern const eg_kernel eg__string_concat_kernel, eg__string_lower_kernel, eg__string_upper_kernel,
    eg__string_length_kernel;

/* The pieces of each string along a last axis, and how many there are; only that. */
extern const eg_kernel eg__string_split_kernel, eg__string_pieces_kernel;

/* Numbers as text, and back. */
extern const eg_kernel eg__as_string_kernel, eg__to_number_kernel;

#endif
