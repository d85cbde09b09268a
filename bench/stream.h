/* The machine's bandwidth, to measure memory-bound operations by: loops over two arrays on as many
 * threads as the library has, each over a share of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include "bench.h"

/* A run goes over the arrays so many times at least, so that starting threads does not count. */
enum { STREAM_ROUNDS = 4 };

typedef struct stream stream;

/* Two arrays of so many bytes; NULL where there is no memory. Free with stream_free. */
stream *stream_new(int64_t bytes);
void stream_free(stream *s);

/* How many times a run goes over them: more of small ones than of large ones. */
int stream_rounds(const stream *s);

/* Works: STREAM's copy, and reading one array. `env` is a stream; ops are its rounds. */
eg_tensor *stream_copy(void *env);
eg_tensor *stream_read(void *env);

#endif
