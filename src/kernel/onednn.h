/* oneDNN, tamed: what all adapters to it share.
 *
 * A primitive is built once for a problem and kept in a small table that the whole process shares;
 * who uses it holds a reference. oneDNN's own threads are not used: a primitive is built for one
 * thread and runs on the thread that calls it, so that the order of its sums cannot depend on how
 * many there are, and work is shared out by eg__run_chunks.
 *
 * Only here and in the adapters does it show which version of oneDNN there is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ONEDNN_H
#define KERNEL_ONEDNN_H

#include "kernel/kernel.h"

#ifdef EG_HAVE_DNNL
#include <oneapi/dnnl/dnnl.h>

/* Of every job that runs a primitive. */
#define EG__DNNL_WAITS "oneDNN takes memory in each run"

enum { EG__PRIMITIVE_ARGS = 6, EG__PRIMITIVE_KEY = 128 };

typedef struct eg__primitive eg__primitive;

/* What a builder is given and fills in. */
typedef struct eg__blueprint {
    dnnl_engine_t engine;            /* given */
    dnnl_primitive_attr_t attr;      /* given: scratch memory comes from the user */
    dnnl_primitive_desc_t primitive; /* the caller's from then on */
    int n_args;
    int arg[EG__PRIMITIVE_ARGS];             /* DNNL_ARG_SRC, … as eg__primitive_run takes them */
    dnnl_query_t memory[EG__PRIMITIVE_ARGS]; /* dnnl_query_src_md, … of each */
} eg__blueprint;

typedef dnnl_status_t (*eg__builder)(const void *key, eg__blueprint *to);

/* The primitive of a key of at most EG__PRIMITIVE_KEY bytes, which begins with the builder's
 * address or another word that no other kind of key begins with. */
dnnl_status_t eg__primitive_find(const void *key, size_t size, eg__builder build,
    eg__primitive **found);
void eg__primitive_release(eg__primitive *primitive);

/* Bytes that a run needs as scratch memory. */
size_t eg__primitive_scratch(const eg__primitive *primitive);

/* Bytes of an argument; whether an argument of one has the order of an argument of another. */
size_t eg__primitive_size(const eg__primitive *primitive, int arg);
bool eg__primitive_shares(const eg__primitive *a, int a_arg, const eg__primitive *b, int b_arg);

/* Where an argument, seen as a matrix whose columns are its first axis and whose rows are its last
 * axes and then its second, is cut into panels (see panel.h): their width; otherwise 0. */
int64_t eg__primitive_panel(const eg__primitive *primitive, int arg);

/* Runs it on arrays, one for each argument, and waits. On any number of threads at once. */
dnnl_status_t eg__primitive_run(eg__primitive *primitive, void *const data[], void *scratch);

/* Reports a status as an error of this thread, unless it is success. */
eg_status eg__dnnl_report(dnnl_status_t status, const char *what);

#endif
#endif
