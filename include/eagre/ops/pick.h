/* The compact way to index: what NumPy writes in brackets.
 *
 * Along each axis, from the first on, one pick says what is meant: a position, a range, a list of
 * positions or a mask as a tensor, or all. EG_ELLIPSIS stands for as many axes as are left; without
 * one the rest follows whole. In easy.h picks are arguments:
 * eg_get(x, 1, EG_ALL, EG_RANGE(0, 4, 2)).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_PICK_H
#define EAGRE_OPS_PICK_H

#include <eagre/ops/scatter.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum eg_pick_kind {
    EG_PICK_INDEX = 0,    /* the position `begin`, negative: from the end; the axis vanishes */
    EG_PICK_RANGE = 1,    /* from `begin` up to before `end`, `step` apart */
    EG_PICK_NEW_AXIS = 2, /* an axis of size 1 that x does not have */
    EG_PICK_ELLIPSIS = 3, /* all of as many axes as are left: at most once */
    EG_PICK_LIST = 4      /* the positions in `list`: whole numbers of any shape; or, for as many
                             axes as it has, the places where a bool mask is true */
} eg_pick_kind;

typedef struct eg_pick {
    eg_pick_kind kind;
    int64_t begin, end, step;
    eg_tensor *list;
} eg_pick;

/* Leaves an end of a range open: there it goes as far as the axis. */
#define EG_OPEN INT64_MIN

/* The part of x that n picks name. Ranges go as in NumPy: ends outside are cut, negative ones count
 * from the end, a negative step goes towards the front. Lists broadcast against each other and are
 * read together; their axes stand where the first one was, or in front of all where something
 * other than a list or a position is between them. A mask, of the shape of the axes it is for, is
 * the lists of positions where it is true: how many these are depends on its values, as in
 * select.h. Gradient: dz put back, added up where lists name a place more than once.
 *     eg_get(eg_reshape(EG_I32(1, 2, 3, 4), EG_DIMS(2, 2)), EG_ALL, 0)  ->  [1 3] int32[2]
 *     eg_get(EG_I32(1, 2, 3, 4, 5), EG_RANGE(EG_OPEN, EG_OPEN, -2))  ->  [5 3 1] int32[3]
 *     eg_get(EG_I32(1, 2, 3), EG_NEW_AXIS, EG_RANGE(1, 3))  ->  [[2 3]] int32[1,2]
 *     eg_get(EG_I32(1, 2, 3), EG_I32(2, 2, -1))  ->  [3 3 3] int32[3]
 *     eg_get(EG_I32(1, 2, 3), EG_B(1, 0, 1))  ->  [1 3] int32[2]
 * Owns: the result. Fails: more picks than axes, positions outside, step 0, two ellipses, lists
 * that are not integers or do not broadcast, masks of another shape; masks while a graph is built.
 * Records: Slice, Reshape; for lists RavelIndex, Gather, Transpose; for masks CountNonzero,
 * BooleanMask or Nonzero; what is not needed is left out. */
EG_API eg_tensor *eg_get_with(eg_tensor *x, int n, const eg_pick picks[]);

/* x with the part that n picks name replaced by v, or changed by it (`how`), v broadcast to its
 * shape. In easy.h eg_put replaces and eg_put_add adds. A mask that is the only list, its axes side
 * by side, works while a graph is built too. Gradient: as eg_scatter; v's is summed over what was
 * broadcast.
 *     eg_put(EG_I32(1, 2, 3, 4), 0, EG_RANGE(1, 3))  ->  [1 0 0 4] int32[4]
 *     eg_put_add(EG_I32(1, 2, 3), 10, EG_I32(2, 0, 2))  ->  [11  2 23] int32[3]
 *     eg_put(EG_I32(1, 2, 3), 0, EG_B(1, 0, 1))  ->  [0 2 0] int32[3]
 *     eg_put(EG_I32(1, 2, 3), EG_I32(7, 8), EG_B(1, 0, 1))  ->  [7 2 8] int32[3]
 * Owns: the result. Fails: as eg_get; a v that does not broadcast. Records: PutSlice, Scatter and
 * what eg_get does; for a mask Where or MaskedScatter. */
EG_API eg_tensor *eg_put_with(eg_tensor *x, eg_tensor *v, eg_scatter_how how, int n,
    const eg_pick picks[]);

#ifdef __cplusplus
}
#endif

#endif
