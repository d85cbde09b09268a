/* C out: a function, a trace or a graph as a C file and its header, that need nothing but a
 * compiler.
 *
 * What is written is C11 for people to read: loops with real bounds, values named after operations,
 * arguments and variables, each operation with the line of the program that made it. It includes
 * math.h, stdint.h, stddef.h and string.h, allocates nothing and keeps nothing between calls, so
 * any number of threads may call it, each with memory of its own. For fixed shapes:
 *
 *     int model_run(const float x[784], float out[10], void *arena);
 *
 * The arena is MODEL_ARENA_BYTES bytes, aligned to 64, in which values live that come and go.
 * Arguments and results are arrays in row-major order, bool as uint8_t; they must not overlap.
 * Variables that are assigned are a struct that the caller owns (model_state, which model_init
 * fills in); others, and constants, are `static const` data.
 *
 * model_run returns MODEL_OK, or, where that can happen: MODEL_UNSEEN, the body has a branch that
 * the trace does not know; MODEL_OUT_OF_RANGE, an index is not inside or a whole number is divided
 * by 0. Then nothing is assigned, and results are what they happen to be.
 *
 * Results agree with eagre's as SEMANTICS of numbers has it between builds: + - * / and the square
 * root are exact, so that what is made of them element by element has the same bits where the
 * compiler does not contract or reorder (no -ffast-math, -ffp-contract=off); other functions are
 * those of the C library; sums are taken in another order.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_EMIT_H
#define EAGRE_EMIT_H

#include <eagre/concrete.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eg_emit_attrs {
    size_t size;      /* sizeof(eg_emit_attrs) */
    const char *name; /* what all names in the files begin with, a word of C [the file's name] */
    /* A .safetensors file for the weights, written beside: the function then takes pointers to
     * them, and model_weights_in finds these in the file's bytes, on a little-endian machine.
     * [they are in the text] */
    const char *weights;
} eg_emit_attrs;

/* Writes all ways through a function's body, for arguments of these dtypes and shapes, as
 * eg_function_graph finds them. `path` ends with .c; the header stands beside it. Arguments have
 * the names of `specs` [in0, in1, …], results are out, or out0, out1, ….
 *     eg_function_emit_c(f, 1, &(eg_tensor_spec){"x", EG_FLOAT32, 1, (int64_t[]){784}}, "model.c")
 * Both files are written whole or not at all. Action, to be done while no other thread assigns the
 * variables. Fails: as eg_function_graph; EG_INVALID for a path or name that is none, and, with the
 * operation and its line, for what has no text: complex numbers and those of 16 bits, random
 * numbers, decompositions of matrices, prints and host calls, loops whose gradient keeps a number
 * of steps that nobody knows; EG_IO. */
EG_API eg_status eg_function_emit_c_with(eg_function *function, int n, const eg_tensor_spec specs[],
    const char *path, const eg_emit_attrs *attrs);
EG_API eg_status eg_function_emit_c(eg_function *function, int n, const eg_tensor_spec specs[],
    const char *path);

/* Writes a trace, with the branches that it has: where the body asks for a value, the file does,
 * and returns MODEL_UNSEEN for an answer that was not recorded. Also what eg_function_emit_c cannot
 * write, since it has no values: bodies that read numbers. Arguments that are variables are not
 * passed. Action. Fails: as eg_function_emit_c; EG_INVALID for ways that return other shapes. */
EG_API eg_status eg_concrete_emit_c_with(const eg_concrete *concrete, const char *path,
    const eg_emit_attrs *attrs);
EG_API eg_status eg_concrete_emit_c(const eg_concrete *concrete, const char *path);

/* Writes a graph. Placeholders are its arguments; results are its named symbols, or where there are
 * none the values that nobody uses. A result assign:NAME, as eg_function_graph makes it, is
 * assigned to the variable of that name where the graph reads it. Action. Fails: as
 * eg_function_emit_c. */
EG_API eg_status eg_graph_emit_c_with(const eg_graph *graph, const char *path,
    const eg_emit_attrs *attrs);
EG_API eg_status eg_graph_emit_c(const eg_graph *graph, const char *path);

/* Whether an operation, called as graphs show it ("MatMul"), can be written. Question. */
EG_API bool eg_emits_c(const char *operation);

#ifdef __cplusplus
}
#endif

#endif
