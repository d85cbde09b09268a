/* Normalisation: values brought to mean 0 and deviation 1 over some of their axes.
 *
 * Deviations are those of the whole population: the sum of squares is divided by the count. In all
 * of them `epsilon` is added to the variance, so that nothing is divided by zero.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_NORM_H
#define EAGRE_OPS_NORM_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eg_layer_norm_attrs {
    size_t size;    /* sizeof(eg_layer_norm_attrs) */
    int last_axes;  /* how many axes, counted from the last, are normalised as one [1] */
    double epsilon; /* [1e-5] */
} eg_layer_norm_attrs;

/* (x - mean) / sqrt(variance + epsilon) * scale + offset, with the mean and variance of the last
 * axis or axes. scale and offset have the shape of these axes, or are single numbers. Gradient: to
 * x, to scale and to offset. Source: Ba, Kiros and Hinton, arXiv:1607.06450.
 *     eg_layer_norm(EG_F32(1, 3), 1, EG_F32(0, 10))  ->  [-0.999995 10.999995] float32[2]
 * Owns: the result. Fails: integers, bool, more axes than there are, shapes that do not fit, a
 * negative epsilon. Records: LayerNorm. */
EG_API eg_tensor *eg_layer_norm_with(eg_tensor *x, eg_tensor *scale, eg_tensor *offset,
    const eg_layer_norm_attrs *attrs);
EG_API eg_tensor *eg_layer_norm(eg_tensor *x, eg_tensor *scale, eg_tensor *offset);

/* x / sqrt(mean(x*x) + epsilon) * scale, over the last axis or axes: a layer_norm that leaves the
 * mean where it is. Gradient: to x and to scale. Source: Zhang and Sennrich, arXiv:1910.07467.
 *     eg_rms_norm(EG_F32(3, 4), EG_F32(1, 2))  ->  [0.8485278 2.2627409] float32[2]
 * Owns: the result. Fails: as eg_layer_norm. Records: RmsNorm. */
EG_API eg_tensor *eg_rms_norm_with(eg_tensor *x, eg_tensor *scale,
    const eg_layer_norm_attrs *attrs);
EG_API eg_tensor *eg_rms_norm(eg_tensor *x, eg_tensor *scale);

typedef struct eg_batch_norm_attrs {
    size_t size;        /* sizeof(eg_batch_norm_attrs) */
    bool not_last_axis; /* the channels are those of `axis` instead of the last */
    int axis;
    double epsilon; /* [1e-5] */
} eg_batch_norm_attrs;

/* (x - mean) / sqrt(variance + epsilon) * scale + offset with the statistics given, one number for
 * each channel: batch normalisation as it is used after training. Gradient: to all five.
 *     eg_batch_norm(EG_F32(5, 6), EG_F32(1, 2), EG_F32(4, 4), EG_F32(1, 1),
 *         EG_F32(0, 0))  ->  [1.9999975 1.9999975] float32[2]
 * Owns: the result. Fails: integers, bool, rank 0, statistics that do not have one number for each
 * channel. Records: Add, Sqrt, Div, Mul, Sub, Reshape. */
EG_API eg_tensor *eg_batch_norm_with(eg_tensor *x, eg_tensor *mean, eg_tensor *variance,
    eg_tensor *scale, eg_tensor *offset, const eg_batch_norm_attrs *attrs);
EG_API eg_tensor *eg_batch_norm(eg_tensor *x, eg_tensor *mean, eg_tensor *variance,
    eg_tensor *scale, eg_tensor *offset);

/* The same with the statistics of x itself, over all axes but that of the channels: a tuple of the
 * result, the mean and the variance, from which a running mean and variance can be kept. Gradient:
 * to x, scale and offset. Source: Ioffe and Szegedy, arXiv:1502.03167.
 *     eg_part(eg_batch_norm_train(eg_reshape(EG_F32(1, 2, 3, 6), EG_DIMS(2, 2)),
 *         EG_F32(1, 1), EG_F32(0, 0)), 1)  ->  [2. 4.] float32[2]
 * Owns: the result. Fails: as eg_batch_norm. Records: Sum, Div, Sub, Square, Add, Sqrt, Mul,
 * Reshape. */
EG_API eg_tensor *eg_batch_norm_train_with(eg_tensor *x, eg_tensor *scale, eg_tensor *offset,
    const eg_batch_norm_attrs *attrs);
EG_API eg_tensor *eg_batch_norm_train(eg_tensor *x, eg_tensor *scale, eg_tensor *offset);

/* Axis 0 counts examples and the channels are cut into `groups` of neighbours; each group of each
 * example is normalised by itself, then scaled by channel. Gradient: to x, scale and offset.
 * Source: Wu and He, arXiv:1803.08494.
 *     eg_group_norm(eg_reshape(EG_F32(1, 3, 5, 9), EG_DIMS(1, 4)), EG_F32(1, 1, 1, 1),
 *         EG_F32(0, 0, 0, 0), 2)  ->  [[-0.999995  0.999995 -0.9999988 0.9999988]] float32[1,4]
 * Owns: the result. Fails: as eg_batch_norm, a number of groups that does not divide the channels,
 * channels along axis 0. Records: as eg_batch_norm_train. */
EG_API eg_tensor *eg_group_norm_with(eg_tensor *x, eg_tensor *scale, eg_tensor *offset,
    int64_t groups, const eg_batch_norm_attrs *attrs);
EG_API eg_tensor *eg_group_norm(eg_tensor *x, eg_tensor *scale, eg_tensor *offset, int64_t groups);

/* eg_group_norm with one channel a group. Gradient: to x, scale and offset. Source: Ulyanov,
 * Vedaldi and Lempitsky, arXiv:1607.08022.
 *     eg_instance_norm(eg_reshape(EG_F32(1, 2, 3, 6), EG_DIMS(1, 2, 2)), EG_F32(1, 1),
 *         EG_F32(0, 0))  ->  [[[-0.999995  -0.99999875] [ 0.999995   0.99999875]]] float32[1,2,2]
 * Owns: the result. Fails: as eg_group_norm. Records: as eg_batch_norm_train. */
EG_API eg_tensor *eg_instance_norm_with(eg_tensor *x, eg_tensor *scale, eg_tensor *offset,
    const eg_batch_norm_attrs *attrs);
EG_API eg_tensor *eg_instance_norm(eg_tensor *x, eg_tensor *scale, eg_tensor *offset);

#ifdef __cplusplus
}
#endif

#endif
