/* What a recording knows of sizes: what was calculated from those of its values, which attributes
 * and constants they stand in, and every answer that the host got when it compared some. With this
 * a trace is made for other sizes without running the body: see relax.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FUNCTION_SIZES_H
#define FUNCTION_SIZES_H

#include "function/trace.h"
#include "tensor/size.h"

/* A size that is not a plain number; eg__size.from is its place in the table + 1. */
typedef struct eg__size_term {
    eg__size_kind kind;
    int axis;
    eg__value value; /* whose size it is */
    eg__size a, b;   /* what it is calculated from */
    bool looked;     /* its number was a question already */
} eg__size_term;

/* A constant that counts something. */
typedef struct eg__size_count {
    eg_tensor *tensor; /* owned */
    eg__size n;
    double more, least;
} eg__size_count;

/* Of one recording: the segments that it made share it. */
struct eg__size_table {
    atomic_int refs;
    eg__size_term *terms;
    eg__size_count *counts;
    int n_terms, terms_capacity, n_counts, counts_capacity;
};

/* A comparison and its answer. */
struct eg__size_question {
    eg__size_relation how;
    bool answer;
    eg__size a, b;
    eg_site site;
};

/* An attribute that is a size. */
struct eg__size_use {
    int node;
    size_t offset;
    eg__size size;
};

eg__size_table *eg__size_table_new(void);
eg__size_table *eg__size_table_ref(eg__size_table *table);
void eg__size_table_unref(eg__size_table *table);

/* Bytes of what a segment keeps of sizes, and freeing it. */
size_t eg__segment_size_bytes(const eg__segment *segment);
void eg__segment_drop_sizes(eg__segment *segment);

#endif
