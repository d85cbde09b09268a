/* Arrays with other sizes along their axes, and images with other heights and widths.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_RESIZE_H
#define EAGRE_OPS_RESIZE_H

#include <eagre/ops/shape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an element of the result is made of. */
typedef enum eg_resize_method {
    EG_RESIZE_LINEAR = 0, /* both neighbours along each axis, by their distance */
    EG_RESIZE_NEAREST = 1,
    EG_RESIZE_CUBIC = 2 /* four neighbours along each axis, by Keys' polynomial */
} eg_resize_method;

/* Where in x element i of the result lies: s is the result's size to x's, n the size of x, m that
 * of the result before rounding. */
typedef enum eg_resize_coordinates {
    EG_HALF_PIXEL = 0,           /* (i + 1/2) / s - 1/2 */
    EG_HALF_PIXEL_SYMMETRIC = 1, /* the same, with the middle of x in the middle of the result */
    EG_PYTORCH_HALF_PIXEL = 2,   /* the same as the first; the first element where m is 1 */
    EG_ALIGN_CORNERS = 3,        /* i * (n - 1) / (m - 1) */
    EG_ASYMMETRIC = 4,           /* i / s */
    EG_CROP = 5 /* from `begin` to `end` of x, of which 0 and 1 are the first and last element */
} eg_resize_coordinates;

/* Which neighbour is the nearest. */
typedef enum eg_resize_rounding {
    EG_ROUND_PREFER_FLOOR = 0, /* of two that are as near the first */
    EG_ROUND_PREFER_CEIL = 1,  /* of two that are as near the second */
    EG_ROUND_FLOOR = 2,
    EG_ROUND_CEIL = 3
} eg_resize_rounding;

/* What `sizes` say. */
typedef enum eg_resize_aspect {
    EG_STRETCH = 0,    /* the sizes */
    EG_NOT_LARGER = 1, /* the largest sizes within, of x's proportions */
    EG_NOT_SMALLER = 2 /* the smallest that are enough, of x's proportions */
} eg_resize_aspect;

/* A list of real numbers as an option: `.scales = EG_NUMBERS(0.5, 2)`. */
typedef struct eg_numbers {
    int n;
    double at[8];
} eg_numbers;

/* Lists have one number for each of the axes. */
typedef struct eg_resize_attrs {
    size_t size;       /* sizeof(eg_resize_attrs) */
    eg_index sizes;    /* of the result along the axes */
    eg_numbers scales; /* instead of sizes: the result's size to x's, rounded down */
    eg_axes axes;      /* which are resized [all] */
    eg_resize_method method;
    eg_resize_coordinates coordinates;
    eg_resize_rounding rounding;
    eg_resize_aspect aspect;
    double cubic_a;        /* of the polynomial, -0.5 in TensorFlow [-0.75, also for 0] */
    bool exclude_outside;  /* neighbours outside of x do not count; else they are the edge */
    bool antialias;        /* where axes shrink all elements count, not just the neighbours */
    eg_numbers begin, end; /* of EG_CROP, along the axes */
    double extrapolation;  /* what EG_CROP puts outside of x [0] */
} eg_resize_attrs;

/* x with other sizes along some axes, as ONNX's Resize. An element of weight 0 does not count, be
 * it NaN or infinite. 16-bit numbers are computed in float32. Gradient: dz by the same weights.
 *     eg_resize(EG_F32(1, 2, 4), .sizes = EG_AT(6))  ->  [1.   1.25 1.75 2.5  3.5  4.  ] float32[6]
 *     eg_resize(EG_F32(1, 2, 4), .sizes = EG_AT(5),
 *         .coordinates = EG_ALIGN_CORNERS)  ->  [1.  1.5 2.  3.  4. ] float32[5]
 *     eg_resize(EG_I32(1, 2), .scales = EG_NUMBERS(2),
 *         .method = EG_RESIZE_NEAREST)  ->  [1 1 2 2] int32[4]
 * Owns: the result. Fails: complex numbers; whole ones and bool, but for the nearest element;
 * neither or both of sizes and scales, or not one for each axis; axes outside or twice; a smoothed
 * nearest element; an axis without elements that is to have some; EG_CROP without begin and end.
 * Records: Resize for each axis that changes, Cast, Where. */
EG_API eg_tensor *eg_resize_with(eg_tensor *x, const eg_resize_attrs *attrs);
EG_API eg_tensor *eg_resize(eg_tensor *x);

typedef struct eg_resize_images_attrs {
    size_t size; /* sizeof(eg_resize_images_attrs) */
    eg_resize_method method;
    bool preserve_aspect_ratio; /* no larger than height and width, in x's proportions */
    bool antialias;             /* as of eg_resize */
    bool channels_first;        /* [channels, height, width] */
} eg_resize_images_attrs;

/* Images of another height and width, as tf.image.resize: half pixels, a cubic polynomial of -0.5
 * that leaves out what is outside. x is [height, width, channels], or many of them. Whole numbers
 * become float32, but for the nearest element. Gradient: as of eg_resize.
 *     eg_resize_images(eg_reshape(EG_F32(1, 2, 3, 4), EG_DIMS(2, 2, 1)), 1,
 *         2)  ->  [[[2.] [3.]]] float32[1,2,1]
 * Owns: the result. Fails: a rank other than 3 and 4, a negative size; as eg_resize. Records: as
 * eg_resize. */
EG_API eg_tensor *eg_resize_images_with(eg_tensor *x, int64_t height, int64_t width,
    const eg_resize_images_attrs *attrs);
EG_API eg_tensor *eg_resize_images(eg_tensor *x, int64_t height, int64_t width);

#ifdef __cplusplus
}
#endif

#endif
