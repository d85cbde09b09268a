/* What an operator of ONNX is here, and what its function is given: one call of it, with inputs,
 * attributes and room for outputs. Functions compute with eagre's public operations, so that what
 * a model does is recorded, differentiated and optimised like any other code.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ONNX_OPERATOR_H
#define ONNX_OPERATOR_H

#include "onnx/model.h"
#include <eagre/dtype.h>
#include <eagre/ops.h>
#include <string.h>

enum { EG__ONNX_VERSIONS = 12, EG__ONNX_MOST_OUT = 64 };

/* A graph that is being computed, with its values. */
typedef struct eg__onnx_frame {
    const eg__onnx_graph *graph;
    eg__onnx_value *values;
    struct eg__onnx_frame *outer; /* of a subgraph: the one around it */
    /* Of a function: the call, and the frame that the call is in, for attributes. */
    const eg__onnx_node *call;
    struct eg__onnx_frame *caller;
} eg__onnx_frame;

typedef struct eg__onnx_run {
    const eg_onnx *model;
    eg__arena *arena;
    int deep;
} eg__onnx_run;

typedef struct eg__onnx_call {
    eg__onnx_run *run;
    eg__onnx_frame *frame;
    const eg__onnx_node *node;
    int version; /* of the operator's domain */
    int n_in, n_out;
    eg__onnx_value *in, *out;
} eg__onnx_call;

typedef struct eg__onnx_op {
    const char *name;
    void (*compute)(eg__onnx_call *c);
    int16_t since[EG__ONNX_VERSIONS]; /* the versions, rising, that are computed; 0: no more */
    bool takes_narrow;                /* also of element types that no dtype is */
    bool stays_in_call; /* not ahead of the call: it has subgraphs, or draws numbers */
} eg__onnx_op;

/* The operators of a family, up to one without a name. */
typedef struct eg__onnx_family {
    const char *domain;
    const eg__onnx_op *ops;
} eg__onnx_family;

extern const eg__onnx_op eg__onnx_math[], eg__onnx_activations[], eg__onnx_logic[],
    eg__onnx_reductions[], eg__onnx_shapes[], eg__onnx_indexing[], eg__onnx_networks[],
    eg__onnx_norms[], eg__onnx_quantized[], eg__onnx_recurrent[], eg__onnx_control[],
    eg__onnx_sequences[], eg__onnx_random[], eg__onnx_losses[], eg__onnx_images[],
    eg__onnx_signals[], eg__onnx_casts[], eg__onnx_training[], eg__onnx_attention[],
    eg__onnx_learners[], eg__onnx_preview[];

/* ---- inputs and outputs ---------------------------------------------------------------------- */

static inline bool has(const eg__onnx_call *c, int i)
{
    return i < c->n_in && c->in[i].kind == EG__ONNX_TENSOR;
}

/* Input i; NULL where it was left out. */
static inline eg_tensor *input(const eg__onnx_call *c, int i)
{
    return has(c, i) ? c->in[i].tensor : NULL;
}

/* Sets output i, if anybody wants it. */
static inline void give(eg__onnx_call *c, int i, eg_tensor *x)
{
    if (i < c->n_out && x)
        c->out[i] = (eg__onnx_value){.kind = EG__ONNX_TENSOR, .tensor = x};
}

/* The same with the element type of an input. */
static inline void give_as(eg__onnx_call *c, int i, eg_tensor *x, int like)
{
    give(c, i, x);
    if (i < c->n_out)
        c->out[i].narrow = c->in[like].narrow;
}

/* Gives up: says what is wrong with the node. */
void eg__onnx_refuse(eg__onnx_call *c, const char *why);

/* ---- attributes ------------------------------------------------------------------------------ */

/* The attribute of that name, also through the calls of functions; NULL where it is not given. */
const eg__onnx_attribute *eg__onnx_attribute_of(const eg__onnx_call *c, const char *name);
bool eg__onnx_has_attribute(const eg__onnx_call *c, const char *name);
int64_t eg__onnx_integer_of(const eg__onnx_call *c, const char *name, int64_t otherwise);
double eg__onnx_real_of(const eg__onnx_call *c, const char *name, double otherwise);
/* Whether a text attribute is that word; `otherwise` stands for one that is not given. */
bool eg__onnx_word_is(const eg__onnx_call *c, const char *name, const char *word,
    const char *otherwise);
const char *eg__onnx_word_of(const eg__onnx_call *c, const char *name, const char *otherwise);

/* ---- lists of integers ----------------------------------------------------------------------- */

typedef struct eg__onnx_integers {
    int64_t n;
    const int64_t *at;
} eg__onnx_integers;

/* Those of an attribute; n = 0 where it is not given. */
eg__onnx_integers eg__onnx_integers_attribute(const eg__onnx_call *c, const char *name);

/* The elements of input i, which the host has to know: those of a value that depends on the
 * call's arguments become guards. n = 0 after an error and where it is left out. */
eg__onnx_integers eg__onnx_integers_in(eg__onnx_call *c, int i);

/* The attribute before version `since`, input i from then on. */
eg__onnx_integers eg__onnx_integers_since(eg__onnx_call *c, int since, const char *name, int i);

/* The only element of input i, as the host has to know it. */
int64_t eg__onnx_integer_in(eg__onnx_call *c, int i, int64_t otherwise);
double eg__onnx_real_in(eg__onnx_call *c, int i, double otherwise);
const double *eg__onnx_reals_in(eg__onnx_call *c, int i, int64_t *n);

/* Room in the run's memory; NULL, reported, where there is none. */
void *eg__onnx_take(const eg__onnx_call *c, int64_t n, size_t size);

/* As an option of eagre's; more than 8 are refused. */
eg_axes eg__onnx_axes_of(eg__onnx_call *c, eg__onnx_integers list);
eg_index eg__onnx_index_of(eg__onnx_call *c, eg__onnx_integers list);

/* An axis from 0 on; refused where it is outside. */
int eg__onnx_axis_of(eg__onnx_call *c, int64_t axis, int rank);

/* ---- shorthands ------------------------------------------------------------------------------ */

/* A number in the dtype of x. */
static inline eg_tensor *like(const eg_tensor *x, double value)
{
    return eg_scalar(eg_dtype_of(x), value);
}

eg_tensor *eg__onnx_reshaped(eg_tensor *x, eg__onnx_integers dims);
eg_tensor *eg__onnx_int64s(int64_t n, const int64_t at[]);

/* Computes a subgraph of the call: attribute `g` of the node. */
bool eg__onnx_run_graph(eg__onnx_call *c, const eg__onnx_graph *g, const eg__onnx_value in[],
    eg__onnx_value out[]);

/* The options of a convolution of x with w, for channels in front of the sizes; false, reported,
 * where they make no sense. In network.c. */
bool eg__onnx_conv_attrs(eg__onnx_call *c, const eg_tensor *x, const eg_tensor *w,
    eg_conv_attrs *attrs);

/* Input 1, before version 7 with its axes where `broadcast` and `axis` say. In math.c. */
eg_tensor *eg__onnx_second(const eg__onnx_call *c);

/* Random numbers from 0 to below 1, float32, of x's shape. In random.c. */
eg_tensor *eg__onnx_uniform(eg__onnx_call *c, const eg_tensor *x);

/* The same, as the operators say it. */
#define integer_of         eg__onnx_integer_of
#define real_of            eg__onnx_real_of
#define word_is            eg__onnx_word_is
#define word_of            eg__onnx_word_of
#define attribute_of       eg__onnx_attribute_of
#define has_attribute      eg__onnx_has_attribute
#define refuse             eg__onnx_refuse
#define integers_in        eg__onnx_integers_in
#define integers_attribute eg__onnx_integers_attribute
#define integers_since     eg__onnx_integers_since
#define integer_in         eg__onnx_integer_in
#define real_in            eg__onnx_real_in
#define reals_in           eg__onnx_reals_in
#define axes_of            eg__onnx_axes_of
#define index_of           eg__onnx_index_of
#define axis_of            eg__onnx_axis_of
#define reshaped           eg__onnx_reshaped
#define int64s             eg__onnx_int64s
#define take               eg__onnx_take

#endif
