/* Reading a model: what the files that do it share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ONNX_PARSE_H
#define ONNX_PARSE_H

#include "base/map.h"
#include "onnx/model.h"

enum { EG__ONNX_MOST_DEEP = 32, EG__ONNX_MOST_COUNT = 1 << 24 };

/* Where names are looked up: a graph being read, and those around it. */
typedef struct eg__onnx_names {
    eg__map slots;
    const char **known; /* by slot, to compare */
    int n, capacity;
    struct eg__onnx_names *outer;
} eg__onnx_names;

typedef struct eg__onnx_parser {
    eg_onnx *model;
    const eg__onnx_imports *imports; /* of the model or function being read */
    eg__onnx_names *at;
    int deep;
} eg__onnx_parser;

/* ---- parts.c --------------------------------------------------------------------------------- */

/* Reports that what is called by a name is wrong; false. */
bool eg__onnx_wrong(const char *what, const char *name, const char *why);

/* Room for n things in the model's arena; NULL, reported, where there is none. */
void *eg__onnx_room(eg__onnx_parser *p, int64_t n, size_t size);

/* A name: text without '\0' inside. */
bool eg__onnx_take_name(eg__onnx_parser *p, eg__wire bytes, const char **name);

/* Tensors, which the model then keeps; a sparse one is made dense. */
bool eg__onnx_take_tensor(eg__onnx_parser *p, eg__wire bytes, eg__onnx_value *value);
bool eg__onnx_take_sparse(eg__onnx_parser *p, eg__wire bytes, eg__onnx_value *value,
    const char **name);

/* The attributes in fields of that number; NULL, reported, where one is wrong. */
const eg__onnx_attribute *eg__onnx_take_attributes(eg__onnx_parser *p, eg__wire message,
    uint32_t number, int *n);

/* ---- parse.c --------------------------------------------------------------------------------- */

/* A graph; an inner one may use the names around it. NULL, reported, where it is wrong. */
eg__onnx_graph *eg__onnx_take_graph(eg__onnx_parser *p, eg__wire bytes, bool is_inner);

#endif
