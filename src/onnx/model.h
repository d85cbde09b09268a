/* An ONNX model in memory: graphs of nodes whose names have been looked up. Everything but tensors
 * and subgraphs' variables lies in the model's arena.
 * Source: github.com/onnx/onnx, onnx/onnx.proto and docs/IR.md.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ONNX_MODEL_H
#define ONNX_MODEL_H

#include "base/arena.h"
#include "onnx/wire.h"
#include "tensor/tensor.h"
#include <eagre/onnx.h>
#include <eagre/variable.h>

/* The element types of ONNX that no dtype of eagre is: their tensors are of uint8 or int8 and hold
 * one code, or one number of fewer bits, in each element. */
typedef enum eg__onnx_type {
    EG__ONNX_FLOAT = 1,
    EG__ONNX_STRING = 8,
    EG__ONNX_E4M3FN = 17,
    EG__ONNX_E4M3FNUZ = 18,
    EG__ONNX_E5M2 = 19,
    EG__ONNX_E5M2FNUZ = 20,
    EG__ONNX_UINT4 = 21,
    EG__ONNX_INT4 = 22,
    EG__ONNX_E2M1 = 23,
    EG__ONNX_E8M0 = 24,
    EG__ONNX_UINT2 = 25,
    EG__ONNX_INT2 = 26,
    EG__ONNX_TYPES
} eg__onnx_type;

typedef enum eg__onnx_kind {
    EG__ONNX_ABSENT = 0, /* an input that is left out, an output not made yet */
    EG__ONNX_TENSOR,
    EG__ONNX_SEQUENCE,
    EG__ONNX_EMPTY /* an optional without element */
} eg__onnx_kind;

/* What a name stands for. */
typedef struct eg__onnx_value {
    eg__onnx_kind kind;
    bool known;        /* it does not depend on the arguments of the call */
    bool stays;        /* it is the model's own: the same handle in each call */
    uint8_t narrow;    /* an eg__onnx_type that no dtype is; 0: the tensor's dtype */
    eg_tensor *tensor; /* its elements */
    int64_t n;         /* of a sequence */
    const struct eg__onnx_value *items;
} eg__onnx_value;

/* ---- what a file says ------------------------------------------------------------------------ */

typedef struct eg__onnx_text {
    const char *at; /* ends with '\0', and may have others before */
    size_t n;
} eg__onnx_text;

typedef struct eg__onnx_attribute {
    const char *name;
    const char *outer; /* in a function: the attribute of the call that it stands for */
    int64_t integer;
    double real;
    eg__onnx_text text;
    eg__onnx_value tensor;
    struct eg__onnx_graph *graph;
    int64_t n; /* of the list that it is */
    const int64_t *integers;
    const double *reals;
    const eg__onnx_text *texts;
    bool has_text;
} eg__onnx_attribute;

/* A name that was looked up: a value of the graph, or of one around it. */
typedef struct eg__onnx_ref {
    int up; /* how many graphs further out; -1: there is none */
    int slot;
} eg__onnx_ref;

typedef struct eg__onnx_node {
    const char *name, *type, *domain;
    const struct eg__onnx_op *op;    /* who computes it */
    struct eg__onnx_function *calls; /* or the model's function that it calls */
    int version;                     /* of its domain */
    int n_in, n_out, n_attributes;
    const eg__onnx_ref *in;
    const int *out; /* slots; -1: nobody wants it */
    const eg__onnx_attribute *attributes;
} eg__onnx_node;

/* An input or output, as declared. */
typedef struct eg__onnx_info {
    const char *name;
    int slot;
    int type; /* of its elements; 0: not said */
    bool is_sequence, is_optional, is_other;
    bool has_shape;
    int rank;
    int64_t dims[EG_MAX_RANK];        /* -1: any */
    const char *symbols[EG_MAX_RANK]; /* the name of a size that is any; NULL: none */
} eg__onnx_info;

typedef struct eg__onnx_initial {
    int slot;
    eg__onnx_value value;
    const char *name;
} eg__onnx_initial;

typedef struct eg__onnx_graph {
    const char *name;
    int n_nodes, n_in, n_out, n_initial, n_slots;
    eg__onnx_node *nodes;
    eg__onnx_info *in, *out;
    eg__onnx_ref *results; /* where outputs come from */
    eg__onnx_initial *initial;
} eg__onnx_graph;

/* The version of a domain that a model, or a function, is written for. */
typedef struct eg__onnx_import {
    const char *domain;
    int64_t version;
} eg__onnx_import;

typedef struct eg__onnx_imports {
    int n;
    eg__onnx_import *at;
} eg__onnx_imports;

/* A function of the model: its graph, the names of its attributes and their defaults. */
typedef struct eg__onnx_function {
    const char *domain, *name, *overload;
    eg__onnx_graph *graph; /* NULL until it is parsed */
    bool parsing;
    eg__onnx_imports imports;
    int n_defaults;
    const eg__onnx_attribute *defaults;
    eg__wire bytes;
} eg__onnx_function;

typedef struct eg__onnx_entry {
    const char *key, *value;
} eg__onnx_entry;

struct eg_onnx {
    eg__arena arena;
    eg__onnx_graph *graph;
    eg__onnx_imports imports;
    int n_functions;
    eg__onnx_function *functions;
    int n_metadata;
    eg__onnx_entry *metadata;
    const char *producer, *folder;
    int64_t ir_version;
    eg_function *function;
    const struct eg_onnx *self; /* what the function gets as its environment */
    eg_generator *generator;    /* of nodes that draw numbers and say no seed */
    eg_onnx_attrs attrs;
    eg_tensor **kept; /* tensors of the model, owned */
    int n_kept, kept_capacity;
    eg_tensor **variables; /* of weights, where they are */
    int n_variables, variables_capacity;
    eg__onnx_node **unsupported; /* nodes that nobody computes */
    int n_unsupported, unsupported_capacity;
};

/* ---- parse.c --------------------------------------------------------------------------------- */

/* Fills in an empty model from the bytes of a file, which need not stay; false, reported, where
 * they are wrong. */
bool eg__onnx_parse(eg_onnx *model, eg__wire bytes);

/* ---- data.c ---------------------------------------------------------------------------------- */

/* The tensor that a TensorProto holds; NULL, reported, where it is wrong. The caller owns it.
 * `folder` is where external data lies, NULL: it may not have any. */
eg_tensor *eg__onnx_tensor_read(eg__wire bytes, const char *folder, eg__onnx_value *value);

/* The dtype whose elements are those of an ONNX type; that of the codes where no dtype is. */
eg_dtype eg__onnx_dtype(int type);
int eg__onnx_type_of(eg_dtype dtype);
bool eg__onnx_is_narrow(int type);
const char *eg__onnx_type_name(int type);

/* ---- call.c -------------------------------------------------------------------------------- */

/* The dense tensor of a sparse one's values and places. One owner: the caller. */
eg_tensor *eg__onnx_dense(const eg__onnx_value *values, const eg__onnx_value *places,
    const eg__onnx_attribute *dims);

/* ---- operators.c ---------------------------------------------------------------------------- */

/* Who computes an operator as of a version of its domain; NULL: nobody. */
const struct eg__onnx_op *eg__onnx_find(const char *domain, const char *name, int version);

/* ---- run.c ----------------------------------------------------------------------------------- */

/* Computes the model's outputs from values for its inputs. The tensors belong to the innermost
 * scope, the items of sequences to `arena`. False after an error. */
bool eg__onnx_compute(const eg_onnx *model, eg__arena *arena, const eg__onnx_value in[],
    eg__onnx_value out[]);

#endif
