/* Looking closely at functions: the graph of all their paths.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CONCRETE_H
#define EAGRE_CONCRETE_H

#include <eagre/function.h>
#include <eagre/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A dtype and a shape, and a name where one is needed. */
typedef struct eg_tensor_spec {
    const char *name; /* NULL: none */
    eg_dtype dtype;
    int rank;
    const int64_t *dims;
} eg_tensor_spec;

/* The function as one graph for arguments of these dtypes and shapes, to run in sessions, to save
 * and to export. The body runs on symbols, which have no values. Where it asks eg_true, or eg_item
 * of a bool, it runs again for each answer; equal questions get the same answer, what follows alike
 * on all sides is there once, and what differs becomes the branches of a Switch. At most 64 ways
 * through the body are tried.
 *     eg_graph *g = eg_function_graph(f, 1, &(eg_tensor_spec){"x", EG_FLOAT32, 1, (int64_t[]){2}});
 * Placeholders have the names given [in0, in1, …], results are out0, out1, …. Variables are read
 * when the graph runs. What the body assigns to a variable is a result too, assign:NAME of its name
 * (and assign:NAME:2 of the next one of that name), for the caller to fetch and assign. What the
 * body prints, and host calls with effects, happen in each run of a session.
 * NULL after an error. Free with eg_graph_free.
 * Fails: EG_INVALID for another number of specs or names that are taken or no words; EG_STATE, with
 * line and what to write instead, where the body reads elements or numbers, takes more than 64 ways
 * or depends on what is no argument, environment or variable; whatever the body fails with. */
EG_API eg_graph *eg_function_graph(eg_function *function, int n, const eg_tensor_spec specs[]);

#ifdef __cplusplus
}
#endif

#endif
