/* Copying elements from one regular arrangement to another: what transpose, slice, concat and
 * broadcast come down to.
 *
 * The source and the destination are boxes of the same sizes; along each axis an element lies so
 * many bytes behind the one before it, in the source (0 repeats it) and in the destination.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_COPY_H
#define KERNEL_COPY_H

#include "kernel/isa.h"
#include "tensor/dtype.h"
#include <stddef.h>

/* Two axes of a box, the inner one last. */
typedef struct eg__plane {
    int64_t n[2], from[2], to[2];
    const char *x;
    char *y;
    int64_t before, behind; /* elements along the inner axis that other planes have of these rows */
} eg__plane;

/* The loops for elements of 1, 2, 4, 8 and 16 bytes: along lines; by square tiles, where neighbours
 * in the source are from[0] and those in the destination to[1] apart; and the same for large
 * results. NULL: there are no tiles. */
enum { EG__WIDTHS = 5 };

typedef struct eg__copy_loops {
    void (*lines)(const eg__plane *p);
    void (*tiles)(const eg__plane *p);
    void (*streams)(const eg__plane *p);
} eg__copy_loops;

/* Copies n bytes past the caches, where the machine can. After the last of them the loop `end`
 * makes them visible to other threads before anything that follows. */
typedef struct eg__stream_loops {
    void (*copy)(char *y, const char *x, size_t n);
    void (*end)(void);
    void (*rows)(const eg__plane *p); /* rows without gaps inside a row, and the end */
} eg__stream_loops;

/* Asks for n bytes that will be read soon. */
static inline void eg__fetch(const char *x, size_t n)
{
    for (size_t i = 0; i < n; i += 64)
        EG__PREFETCH(x + i);
}

/* By instruction set. A result of so many bytes had better not pass through the caches: no part of
 * it is there any more when all of it has been written. */
extern const eg__stream_loops *const eg__stream[EG__ISAS];
enum { EG__STREAM_FROM = 8 << 20 };

#ifdef EG_HAVE_X86_SETS
extern const eg__copy_loops eg__copy_avx2[], eg__copy_avx512[];
#endif
extern const eg__copy_loops eg__copy_base[];

typedef struct eg__copy {
    int rank;
    size_t element;
    int64_t dims[EG_MAX_RANK], from[EG_MAX_RANK], to[EG_MAX_RANK];
    /* The rest is found by eg__copy_plan. */
    int64_t block[EG_MAX_RANK]; /* the part of each axis that a thread takes at a time */
    int64_t blocks;
    size_t bytes;
    void (*loop)(const eg__plane *p);
} eg__copy;

/* Whether elements of that size can be copied at all. */
bool eg__copy_takes(size_t element);

/* Brings a copy, whose fields up to `to` are set, into the form that is run. */
void eg__copy_plan(eg__copy *c);

void eg__copy_run(const eg__copy *c, const void *x, void *y);

/* Copies p->n[0] rows of p->n[1] bytes each, without gaps inside a row; `whole` is how many bytes
 * the result has of which they are a part. */
void eg__copy_rows(const eg__plane *p, size_t whole);

/* Sets strides of a row-major array of the given sizes. */
void eg__copy_strides(int rank, const int64_t dims[], size_t element, int64_t stride[]);

#endif
