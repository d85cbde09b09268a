/* Convolutions over one, two or three spatial axes.
 *
 * x is [images, sizes, channels] and the filter w is [sizes, channels, results], which are
 * TensorFlow's layouts; with channels_first they are [images, channels, sizes] and [results,
 * channels, sizes], as in PyTorch and ONNX. The rank says how many spatial axes there are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_CONV_H
#define EAGRE_OPS_CONV_H

#include <eagre/ops/shape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Lists have one number for each spatial axis, or one for all of them. */
typedef struct eg_conv_attrs {
    size_t size;            /* sizeof(eg_conv_attrs) */
    eg_index strides;       /* how far the filter moves at a time [1] */
    eg_index dilations;     /* distance between elements that the filter sees [1] */
    int groups;             /* channels and results are cut into so many parts, that have nothing
                               to do with each other; w has the channels of one part [1] */
    bool same;              /* pad so that sizes become size / stride, rounded up; where an odd
                               number of zeros is needed the last stands behind */
    eg_index padding;       /* zeros in front of and behind each spatial axis [0] */
    eg_index padding_after; /* zeros behind, where they are not as many as in front */
    bool channels_first;    /* [images, channels, sizes], [results, channels, sizes] */
    eg_index sizes;         /* of the result, for all functions but eg_conv */
} eg_conv_attrs;

/* Sums of x's elements under a filter that moves over them: z[p] = sum over k and the channels of
 * x[stride*p + dilation*k - padding] * w[k]. The filter is not turned around. Gradient:
 * eg_conv_input_grad and eg_conv_filter_grad. A depthwise convolution has as many groups as
 * channels.
 *     eg_conv(eg_reshape(EG_F32(1, 2, 4, 8), EG_DIMS(1, 4, 1)),
 *         eg_reshape(EG_F32(1, -1), EG_DIMS(2, 1, 1)))  ->  [[[-1.] [-2.] [-4.]]] float32[1,3,1]
 *     eg_conv(eg_reshape(EG_F32(1, 2, 4, 8), EG_DIMS(1, 4, 1)), eg_ones(EG_FLOAT32, EG_DIMS(3, 1,
 *         1)), .same = true, .strides = EG_AT(2))  ->  [[[ 7.] [12.]]] float32[1,2,1]
 * Owns: the result. Fails: bool, ranks that differ or are not 3 to 5, channels that do not fit, a
 * filter that is larger than x with its padding. Records: Conv; Transpose with channels_first. */
EG_API eg_tensor *eg_conv_with(eg_tensor *x, eg_tensor *w, const eg_conv_attrs *attrs);
EG_API eg_tensor *eg_conv(eg_tensor *x, eg_tensor *w);

/* The convolution the other way round: each element of x spreads the filter, times itself, over the
 * result, `stride` apart. w is the filter of the convolution that leads back: its channels are
 * those of the result, its results those of x, with channels_first [channels of x, channels of the
 * result, sizes]. `sizes` are those of the result, of which several may be led back to x's
 * [with same: stride times x's; else the smallest]. Gradient: as eg_conv_input_grad.
 *     eg_conv_transpose(eg_reshape(EG_F32(1, 2), EG_DIMS(1, 2, 1)), eg_reshape(EG_F32(1, 10),
 *         EG_DIMS(2, 1, 1)))  ->  [[[ 1.] [12.] [20.]]] float32[1,3,1]
 * Owns: the result. Fails: as eg_conv_input_grad. Records: ConvInputGrad; Transpose with
 * channels_first. */
EG_API eg_tensor *eg_conv_transpose_with(eg_tensor *x, eg_tensor *w, const eg_conv_attrs *attrs);
EG_API eg_tensor *eg_conv_transpose(eg_tensor *x, eg_tensor *w);

/* What eg_conv(x, w) hands back to x of the gradient dz of its result, x having `sizes` [as in
 * eg_conv_transpose]. Gradient: by dz and w, with eg_conv and eg_conv_filter_grad.
 *     eg_conv_input_grad(eg_reshape(EG_F32(1, 10), EG_DIMS(2, 1, 1)), eg_reshape(EG_F32(1, 2),
 *         EG_DIMS(1, 2, 1)), .sizes = EG_AT(3))  ->  [[[ 1.] [12.] [20.]]] float32[1,3,1]
 * Owns: the result. Fails: as eg_conv; dz or sizes that no x fits. Records: ConvInputGrad;
 * Transpose with channels_first. */
EG_API eg_tensor *eg_conv_input_grad_with(eg_tensor *w, eg_tensor *dz, const eg_conv_attrs *attrs);

/* What eg_conv(x, w) hands back to w of the gradient dz of its result, w having `sizes`. Gradient:
 * by x and dz, with eg_conv_input_grad and eg_conv.
 *     eg_conv_filter_grad(eg_reshape(EG_F32(1, 2, 4), EG_DIMS(1, 3, 1)), eg_reshape(EG_F32(1, 10),
 *         EG_DIMS(1, 2, 1)), .sizes = EG_AT(2))  ->  [[[21.]] [[42.]]] float32[2,1,1]
 * Owns: the result. Fails: as eg_conv; no sizes, dz or sizes that do not fit. Records:
 * ConvFilterGrad; Transpose with channels_first. */
EG_API eg_tensor *eg_conv_filter_grad_with(eg_tensor *x, eg_tensor *dz, const eg_conv_attrs *attrs);

#ifdef __cplusplus
}
#endif

#endif
