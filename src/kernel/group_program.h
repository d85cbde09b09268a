/* What a group is run by, between group.c, which lays it out, and group_run.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_GROUP_PROGRAM_H
#define KERNEL_GROUP_PROGRAM_H

#include "kernel/group.h"

/* Where a loop finds an operand or puts its result, at element i of the group. */
typedef enum eg__register_kind {
    EG__ONE,      /* the only element of an input */
    EG__WHOLE,    /* element i of an input */
    EG__SPREAD,   /* an input that broadcasts: in its own memory, as long as it just advances or
                     stays */
    EG__EXPANDED, /* the same written down for the block in the room */
    EG__TEMP,     /* in the room */
    EG__OUT,      /* element i of an output */
} eg__register_kind;

/* First come those of the inputs and of the outputs, in their order. */
typedef struct eg__register {
    eg__register_kind kind;
    uint16_t index;  /* of the input or output; of a spread one in `spreads` */
    size_t element;  /* bytes */
    size_t room;     /* where in the room */
    int64_t advance; /* bytes by which it moves with i; 0 of EG__ONE */
} eg__register;

/* How an input broadcasts: axes of the group, innermost first, along which it moves or stays. */
typedef struct eg__spread {
    uint16_t input;
    int rank;
    size_t element;
    int64_t dims[EG_MAX_RANK], stride[EG_MAX_RANK]; /* bytes; 0: it stays */
    int64_t period;                                 /* elements after which it repeats itself */
} eg__spread;

typedef struct eg__group_step {
    eg_loop loop;
    uint16_t in[EG__MOST_OPERANDS], out; /* registers */
    int n_in;
    int64_t step[EG__MOST_OPERANDS];
} eg__group_step;

typedef struct eg__group_tail {
    eg_job job;
    uint16_t from; /* register */
    int output;
    size_t scratch;
} eg__group_tail;

enum {
    EG__GROUP_REGISTERS =
        EG__GROUP_INPUTS + EG__GROUP_OUTPUTS + EG__GROUP_MEMBERS * (1 + EG__MOST_OPERANDS)
};

/* Elements are taken in blocks, each a unit or several, see eg__units: a group without reductions
 * is one row. */
typedef struct eg__program_of_group {
    size_t bytes; /* of this and all it points to */
    int n_in, n_out, n_registers, n_spreads, n_steps, n_tails;
    int64_t size;
    eg__units units;
    int64_t together;         /* units in a block */
    int64_t period;           /* after which inputs that are written down begin again; 0: none */
    int64_t blocks, in_chunk; /* how many there are, and how many a thread takes at a time */
    double cost;              /* nanoseconds of one thread */
    bool cuts;                /* a spread input is in its own memory: blocks end where it turns */
    bool expands;             /* each block, */
    bool expands_once;        /* or once for all blocks of a chunk */
    bool stages;              /* outputs go past the caches: they have a place in the room */
    size_t room, rooms_at;    /* bytes of a room; where in the scratch they begin */
    int rooms;
    int last[EG__GROUP_INPUTS];  /* the member that reads an input last, */
    int made[EG__GROUP_OUTPUTS]; /* that makes an output; -1: a reduction */
    eg__register *registers;
    eg__spread *spreads;
    eg__group_step *steps;
    eg__group_tail *tails;
} eg__program_of_group;

static inline const eg__program_of_group *eg__group_of(const eg_job *job)
{
    return *(eg__program_of_group *const *)(const void *)job->state;
}

eg_status eg__group_run(const eg_job *job, void *const in[], void *const out[], void *scratch);

/* One block, no reduction. */
eg_status eg__group_run_small(const eg_job *job, void *const in[], void *const out[],
    void *scratch);

#endif
