/* Writing a model: nodes of ONNX, one after another, and the constants that they need.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ONNX_WRITE_H
#define ONNX_WRITE_H

#include "base/text.h"
#include "graph/graph.h"
#include "onnx/model.h"

enum { EG__ONNX_OPSET = 20, EG__ONNX_IR = 9, EG__ONNX_NAME = 96 };

/* The name of a value. */
typedef struct eg__onnx_name {
    char at[EG__ONNX_NAME];
} eg__onnx_name;

typedef struct eg__onnx_writer {
    const eg_graph *graph;
    const char *op;            /* the function's name, for errors */
    eg__text nodes, constants; /* fields of GraphProto */
    uint32_t node;             /* of the graph, being written */
    int made;                  /* names that were made up */
} eg__onnx_writer;

/* ---- write.c --------------------------------------------------------------------------------- */

/* Fields of a message. */
void eg__onnx_put_integer(eg__text *to, uint32_t field, int64_t value);
void eg__onnx_put_real(eg__text *to, uint32_t field, float value);
void eg__onnx_put_bytes(eg__text *to, uint32_t field, const void *bytes, size_t n);
void eg__onnx_put_text(eg__text *to, uint32_t field, const char *text);

/* Puts a part as a field, and frees it. */
void eg__onnx_put_part(eg__text *to, uint32_t field, eg__text *part);

/* Attributes of a node, in `to`. */
void eg__onnx_attr_integer(eg__text *to, const char *name, int64_t value);
void eg__onnx_attr_real(eg__text *to, const char *name, double value);
void eg__onnx_attr_text(eg__text *to, const char *name, const char *value);
void eg__onnx_attr_integers(eg__text *to, const char *name, int n, const int64_t at[]);

/* Writes a node with up to 4 inputs and one output, and frees its attributes (NULL: none). */
void eg__onnx_put_node(eg__onnx_writer *w, const char *type, int n, const eg__onnx_name in[],
    const eg__onnx_name *out, eg__text *attributes);

/* The name of a value of the graph; of result `i` of the node being written; a new one. */
eg__onnx_name eg__onnx_name_of(const eg__onnx_writer *w, eg_ref r);
eg__onnx_name eg__onnx_result(const eg__onnx_writer *w, int i);
eg__onnx_name eg__onnx_new_name(eg__onnx_writer *w);

/* The value that a constant has, under a name. */
void eg__onnx_put_constant(eg__onnx_writer *w, const char *name, const eg_tensor *x);

/* A constant of int64, or one number of a dtype. */
eg__onnx_name eg__onnx_integers_constant(eg__onnx_writer *w, int n, const int64_t at[]);
eg__onnx_name eg__onnx_number_constant(eg__onnx_writer *w, eg_dtype dtype, double value);

/* ---- writers.c ------------------------------------------------------------------------------- */

/* Writes the node being written; false where ONNX, or this writer, has nothing for it. */
bool eg__onnx_write_node(eg__onnx_writer *w);

#endif
