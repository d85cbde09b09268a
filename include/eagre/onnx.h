/* Models in ONNX files: loaded, they are functions like any other.
 *
 * A loaded model is called with eg_call, one argument for each input, and returns its output, or a
 * tuple of them. It can be differentiated, called in other functions, traced, and seen like every
 * function. Sizes that a model leaves open are those of the arguments: each signature has a trace
 * of its own. Where shapes depend on the values of arguments, these values are guarded, as those
 * that eg_item asks for.
 *
 * Element types that eagre has no dtype for are held in whole bytes: uint4 and uint2 as uint8, int4
 * and int2 as int8, the floating-point types of 8 bits and fewer by their codes as uint8.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_ONNX_H
#define EAGRE_ONNX_H

#include <eagre/function.h>
#include <eagre/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A model in memory, with its weights. */
typedef struct eg_onnx eg_onnx;

typedef struct eg_onnx_attrs {
    size_t size;        /* sizeof(eg_onnx_attrs) */
    const char *name;   /* of the function, in errors and reports; copied ["onnx"] */
    bool variables;     /* weights of floating point are variables, to be trained */
    bool allow_unknown; /* load models with operators that eagre does not have, to look at */
} eg_onnx_attrs;

/* Reads a model from a file, or from n bytes, which need not stay. It may be hostile: what it
 * claims is compared with what is there before memory is taken, and external data is read from the
 * model's folder and those below it alone. `attrs` may be NULL. NULL after an error. Free with
 * eg_onnx_free.
 *     eg_onnx *model = eg_onnx_load("resnet.onnx");
 *     eg_tensor *y = eg_call(eg_onnx_function(model), x);
 * Fails: EG_IO; EG_FORMAT for what is no such file, naming the node or value; EG_UNAVAILABLE for an
 * operator that eagre does not have, naming it; EG_INVALID for attrs without size; EG_NO_MEMORY. */
EG_API eg_onnx *eg_onnx_load_with(const char *path, const eg_onnx_attrs *attrs);
EG_API eg_onnx *eg_onnx_load(const char *path);
EG_API eg_onnx *eg_onnx_read_with(const void *bytes, size_t n, const eg_onnx_attrs *attrs);
EG_API eg_onnx *eg_onnx_read(const void *bytes, size_t n);

/* Frees the model, its weights and its function, of which no call may be in progress. NULL is
 * fine. */
EG_API void eg_onnx_free(eg_onnx *model);

/* The model as a function, which belongs to the model. Arguments and results are tensors in the
 * order of eg_onnx_input and eg_onnx_output. NULL for NULL. Question. */
EG_API eg_function *eg_onnx_function(const eg_onnx *model);

/* An input or an output of a model, as it is declared there. */
typedef struct eg_onnx_info {
    size_t size; /* set to sizeof(eg_onnx_info) before asking */
    const char *name;
    eg_dtype dtype;   /* EG_NO_DTYPE: not said, or none of eagre's */
    const char *type; /* "float32", "int4", "string"; "unknown" */
    bool is_sequence, is_optional;
    eg_shape shape;                   /* sizes that are open are -1 */
    const char *symbols[EG_MAX_RANK]; /* the name of an open size; NULL: it has none */
} eg_onnx_info;

/* Fills in `info` for input, or output, number i; false behind the last. Strings live as long as
 * the model. Weights that a file lists among its inputs are none. Questions. */
EG_API bool eg_onnx_input(const eg_onnx *model, int i, eg_onnx_info *info);
EG_API bool eg_onnx_output(const eg_onnx *model, int i, eg_onnx_info *info);

/* The weight of number i, in the order of the file, and its name; NULL behind the last. It belongs
 * to the model; with `variables` those of floating point are variables. Questions. */
EG_API eg_tensor *eg_onnx_weight(const eg_onnx *model, int i);
EG_API const char *eg_onnx_weight_name(const eg_onnx *model, int i);

/* The version of a domain's operators that the model is written for ("" is ONNX's own); 0 where it
 * does not say. Question. */
EG_API int64_t eg_onnx_opset(const eg_onnx *model, const char *domain);

/* What the model says of itself under a key; NULL where it says nothing. "producer_name" and
 * "graph_name" are there too. Question. */
EG_API const char *eg_onnx_metadata(const eg_onnx *model, const char *key);

/* An operator, in a model or among those that eagre has. */
typedef struct eg_onnx_operator {
    size_t size; /* set to sizeof(eg_onnx_operator) before asking */
    const char *domain, *name;
    int version;      /* the version of the domain in which it became what it is */
    const char *node; /* the name of the node that has it; "" where there is none */
} eg_onnx_operator;

/* Fills in `op` for number i of the nodes whose operator eagre does not have; false behind the
 * last. Question. */
EG_API bool eg_onnx_unknown(const eg_onnx *model, int i, eg_onnx_operator *op);

/* Fills in `op` for number i of the operators, and their versions, that eagre has; false behind the
 * last. Question. */
EG_API bool eg_onnx_operator_at(int i, eg_onnx_operator *op);

/* Writes a graph, as one is built or eg_function_graph makes it, to an ONNX file of opset 20, whole
 * or not at all: its placeholders are the inputs, what it returns (or, where it was built by hand,
 * what has a name) the outputs, values of variables as they are now the weights, inside of it.
 *     eg_graph *g = eg_function_graph(f, 1, &(eg_tensor_spec){"x", EG_FLOAT32, 1, (int64_t[]){2}});
 *     eg_onnx_save(g, "f.onnx");
 * Action. Fails: EG_INVALID for NULL and for a graph without results; EG_UNAVAILABLE for an
 * operation that cannot be written, naming it and its line: those that can are in docs/onnx.md;
 * EG_IO; EG_NO_MEMORY. */
EG_API eg_status eg_onnx_save(const eg_graph *graph, const char *path);

#ifdef __cplusplus
}
#endif

#endif
