/* Running records backwards: the one algorithm behind tapes and the gradients of functions.
 *
 * A record is an operation that was applied, with handles (or symbols) of its inputs and outputs
 * and the numbers of the values they are. Values have numbers because one value can have several
 * handles: a variable and what was read from it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTODIFF_BACKWARD_H
#define AUTODIFF_BACKWARD_H

#include "base/arena.h"
#include "op/watch.h"

static const uint32_t EG__NO_VALUE = UINT32_MAX; /* an input that nothing depends on */

typedef struct eg__record {
    const eg_opdef *op;
    void *attrs; /* copied; NULL: none */
    eg__payload *payload;
    eg_site site;
    int n_in, n_out;
    uint32_t *id; /* inputs, then outputs */
    /* Inputs, then outputs, with an owner; but for inputs that have a number, which are kept as
     * what an earlier record made or as what is watched. */
    eg_tensor **handle;
} eg__record;

/* A record of an event, in an arena; NULL, reported, where memory is out. `id` as in the struct. */
eg__record *eg__record_new(eg__arena *arena, const eg_event *e, const uint32_t id[]);

/* Lets go what a record holds; its own memory is the arena's. */
void eg__record_let_go(eg__record *record);

/* What to differentiate. */
typedef struct eg__backward_run {
    eg__record **records;
    int n_records;
    uint32_t n_values; /* numbers are below this */
    int n_targets;
    const uint32_t *targets;
    eg_tensor *const *seeds; /* gradients of the targets to start from */
    int n_sources;
    const uint32_t *sources;
    eg_tensor **gradients; /* of the sources, each with an owner; NULL: no path to the target */
    bool sparse;           /* gradients that only consist of rows are tuples of places and rows */
    eg_tensor *const *seed_when; /* by target: whether its seed arrives (flow.h); NULL: all do */
    eg_tensor **gradient_when;   /* to fill in, each with an owner; NULL: nobody asks */
    /* Called when a record has served its purpose, with its index; may let it go. NULL: nothing. */
    void (*finished)(void *env, int record);
    void *env;
} eg__backward_run;

/* Runs backwards, applying operations through the dispatcher. */
eg_status eg__backward(eg__backward_run *run);

/* The gradient of one operation, dy, which is overwritten, for `b`'s: of complex numbers as
 * eg_gradient defines it. False after an error. */
bool eg__differentiate(const eg_backward *b, eg_tensor *dy[]);

/* What a computation returned, or the gradients by it, as the author of its gradient sees it: a
 * tensor, or a tuple with none where there is no gradient. NULL after an error. custom.c */
eg_tensor *eg__rule_sees(bool is_tuple, int n, eg_tensor *const part[]);

#endif
