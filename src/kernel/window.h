/* Windows that move over the spatial axes of an array: what convolutions and pools have in common.
 *
 * Arrays are [images, up to three spatial axes, channels]. With fewer than three, axes of size 1
 * stand in front.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_WINDOW_H
#define KERNEL_WINDOW_H

#include "tensor/spec.h"
#include <eagre/ops/shape.h>

enum { EG__SPATIAL = 3 };

typedef struct eg__window {
    int64_t in[EG__SPATIAL], k[EG__SPATIAL], out[EG__SPATIAL];
    int64_t stride[EG__SPATIAL], dilation[EG__SPATIAL], pad[EG__SPATIAL]; /* pad: in front */
} eg__window;

/* Options as they are given: no number stands for the default, one for all axes. */
typedef struct eg__window_rule {
    const eg_index *strides, *dilations, *padding, *padding_after; /* NULL: none can be given */
    bool same;
} eg__window_rule;

/* Where a window of sizes k over sizes `in` stops, of `rank` axes. NULL, or what is wrong. */
const char *eg__window_set(eg__window *w, const eg__window_rule *rule, int rank, const int64_t in[],
    const int64_t k[]);

/* The sizes with which a window of that rule has as many stops as `out`, of all the smallest. */
const char *eg__window_grow(const eg__window_rule *rule, int rank, const int64_t out[],
    const int64_t k[], int64_t in[]);

static inline int64_t eg__window_volume(const int64_t sizes[EG__SPATIAL])
{
    return sizes[0] * sizes[1] * sizes[2];
}

/* Position `at` of a volume as one number for each axis; what is left is the image. */
static inline int64_t eg__window_at(int64_t at, const int64_t sizes[EG__SPATIAL],
    int64_t place[EG__SPATIAL])
{
    for (int i = EG__SPATIAL - 1; i >= 0; i--) {
        place[i] = at % sizes[i];
        at /= sizes[i];
    }
    return at;
}

#endif
