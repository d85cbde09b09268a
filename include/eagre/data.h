/* Data sets. Built on the public operations alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_DATA_H
#define EAGRE_DATA_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The array in an IDX file, the format of MNIST, plain or compressed with gzip, converted to
 * `dtype`: unsigned and signed bytes, 16- and 32-bit integers, both floats.
 *     eg_load_idx("digits-train-images-idx3-ubyte.gz", EG_FLOAT32)     a float32[1437,8,8]
 * Owns: the result. Fails: EG_IO; EG_FORMAT for a file that is cut off, too long or no IDX;
 * EG_INVALID for an integer dtype that could not hold the values (a float file, or int32 for
 * nothing: all integer files fit int32); EG_UNAVAILABLE for a compressed file where eagre was built
 * without zlib. */
EG_API eg_tensor *eg_load_idx(const char *path, eg_dtype dtype);

#ifdef __cplusplus
}
#endif

#endif
