/* Groups: several element-wise kernels over arrays of one size, and reductions of what they make,
 * run together. A thread takes a block that stays in the first caches through all of them, so what
 * one makes and another reads never goes to memory.
 *
 * The loops are those of the single kernels and a reduction gets the pieces that it would cut
 * itself, so the bits are the same.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_GROUP_H
#define KERNEL_GROUP_H

#include "kernel/copy.h"
#include "kernel/elementwise.h"
#include "kernel/parts.h"
#include "kernel/reduce.h"

enum {
    EG__GROUP_INPUTS = 64,
    EG__GROUP_OUTPUTS = 64,
    EG__GROUP_MEMBERS = 128,
};

/* An operation of a group. Values are numbered: first the inputs, then what each member makes. */
typedef struct eg__group_member {
    eg_loop loop; /* NULL: a reduction, of operand 0 */
    double cost;  /* nanoseconds an element */
    const eg_job *reduction;
    int n_in, in[EG__MOST_OPERANDS];           /* values */
    const eg_spec *in_spec[EG__MOST_OPERANDS]; /* as this member sees them */
    const eg_spec *out;
    int result; /* the output it is; -1: what it makes is for others of the group */
} eg__group_member;

typedef struct eg__group {
    int n_in, n_out, n_members;
    int64_t size; /* elements of what each loop makes */
    const eg__group_member *members;
    bool in_parts; /* it is run by eg__group_run_parts alone; there are no reductions */
} eg__group;

/* Prepares a job, which keeps copies of everything; false where memory is out. */
bool eg__group_prepare(const eg__group *group, eg_job *job);

/* A run of a group a part at a time, as what it reads is made: room for it, and its beginning. */
typedef struct eg__group_whole {
    const struct eg__program_of_group *g;
    void *const *in, *const *out;
    char *scratch;
    void *const *partials;        /* of each reduction */
    const eg__stream_loops *past; /* the caches; NULL: through them */
    _Atomic uint64_t taken;       /* rooms in use */
} eg__group_whole;

void eg__group_begin(eg__group_whole *w, const eg_job *job, void *const in[], void *const out[],
    void *scratch);

/* Elements [at, at + n), `env` being that room; on any number of threads at once. */
void eg__group_part(void *env, int64_t at, int64_t n);

/* Nanoseconds of one thread, an estimate. */
double eg__group_cost(const eg_job *job);

#endif
