/* For bindings: what an interpreter or a generator of code needs, without macros and without the
 * thread's state. The operations are a table that can be asked; they are applied by name, with
 * attributes as pairs of name and value; errors come back by a parameter; results are references
 * that the caller owns.
 *
 * Each call stands alone: no scope has to be open, and scopes, tapes, graphs and pending errors
 * of the thread are neither used nor changed. Unless a function says otherwise
 *   - it may be called from any thread;
 *   - a tensor it returns is the caller's: give it back with eg_release, from any thread;
 *   - `error` may be NULL. Where the call succeeds `*error` has the status EG_OK;
 *   - after an error the result is NULL, and so is all that it should have filled in.
 * The questions eg_dtype_of, eg_rank, eg_dim, eg_size and eg_is_none, and eg_retain and
 * eg_release, need no scope either.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_BIND_H
#define EAGRE_BIND_H

#include <eagre/grad.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the table ------------------------------------------------------------------------------ */

enum { EG_BIND_INPUTS = 8, EG_BIND_RESULTS = 4 };

/* A function that makes tensors: an operation, which graphs know by a name and eg_bind_apply
 * applies, or a function made of operations, which has no more than prose and a prototype. */
typedef struct eg_bind_op {
    size_t size;                        /* set to sizeof(eg_bind_op) before asking */
    char function[64];                  /* "eg_matmul" */
    const char *name;                   /* "MatMul"; NULL: made of operations, all else is 0 */
    int n_inputs;                       /* those that have names */
    const char *inputs[EG_BIND_INPUTS]; /* "a", "b" */
    uint32_t dtypes[EG_BIND_INPUTS];    /* bit d: the input may be of the eg_dtype with number d */
    uint32_t promoted;                  /* bit i: input i is brought to the common dtype of these */
    bool variadic;                      /* takes 1 to 64 inputs, all as the first is described */
    int n_results, n_attributes;
    const char *gradient;                  /* "yes", "zero" (wherever there is one) or "none" */
    const char *no_gradient;               /* why there is no other; NULL: there is */
    const char *numpy, *tensorflow, *onnx; /* its names elsewhere; NULL: none */
    bool flops; /* its floating-point operations are counted: see eg_profile_flops */
} eg_bind_op;

/* Fills in `op` for number i: first the operations, in the order of the headers, then what is made
 * of them. Strings live as long as the library. False behind the last. Question. */
EG_API bool eg_bind_op_at(int i, eg_bind_op *op);

/* The number of the operation, or function, of that name: as graphs, C, NumPy, TensorFlow or ONNX
 * spell it, whatever its capitals and underscores; -1 where there is none. Question. */
EG_API int eg_bind_find(const char *name);

/* What an attribute's value is. The numbers are part of the ABI. */
typedef enum eg_bind_kind {
    EG_BIND_BOOL = 1,
    EG_BIND_INT = 2,
    EG_BIND_REAL = 3,
    EG_BIND_DTYPE = 4,
    EG_BIND_INTS = 5, /* a list of at most EG_MAX_RANK */
    EG_BIND_TEXT = 6  /* of no attribute's own: the value of any other kind, as graphs write it */
} eg_bind_kind;

typedef struct eg_bind_attribute {
    size_t size; /* set to sizeof(eg_bind_attribute) before asking */
    const char *name;
    eg_bind_kind kind;
    bool required;     /* there is no default */
    char fallback[64]; /* the default, as prose or a number: "0", "false", "1e-5", "the last" */
} eg_bind_attribute;

/* Fills in `attribute` for attribute k of operation i; false behind the last. Question. */
EG_API bool eg_bind_attribute_at(int i, int k, eg_bind_attribute *attribute);

/* What the headers say of number i: its prose, and its prototypes, one a line. Of attribute k its
 * comment. Free with eg_free. NULL where nothing is said, or memory is out. */
EG_API char *eg_bind_prose(int i);
EG_API char *eg_bind_prototypes(int i);
EG_API char *eg_bind_attribute_prose(int i, int k);

/* ---- tensors -------------------------------------------------------------------------------- */

/* Elements in the host's memory. */
typedef struct eg_bind_array {
    size_t size; /* sizeof(eg_bind_array) */
    eg_dtype dtype;
    int rank;
    int64_t dims[EG_MAX_RANK];
    bool strided;                 /* strides are given; else the elements lie in row-major order */
    int64_t strides[EG_MAX_RANK]; /* bytes from one element to the next along each axis */
    void *data;                   /* the element at position 0 along each axis */
} eg_bind_array;

/* A tensor with a copy of the elements. Owns: the result, by the caller. Fails: as eg_copy. */
EG_API eg_tensor *eg_bind_copy(const eg_bind_array *array, eg_error *error);

/* A tensor that reads the elements in place, which must lie in row-major order and not change
 * until `on_free(data, env)` is called; that may happen on any thread. NULL: they outlive it.
 * Owns: the result, by the caller. Fails: as eg_wrap, and EG_INVALID for other strides. */
EG_API eg_tensor *eg_bind_wrap(const eg_bind_array *array, void (*on_free)(void *data, void *env),
    void *env, eg_error *error);

/* Fills in `array` with what x is: its elements are valid, and stay the same, as long as x lives.
 * `array->size` has to be set. Action. Fails: EG_INVALID for NULL and for variables, whose elements
 * move (apply Identity to them); EG_STATE for a spent tensor. */
EG_API eg_status eg_bind_look(eg_tensor *x, eg_bind_array *array, eg_error *error);

/* Copies x's elements to `array`, which says where and how they are to lie; dtype and shape are
 * those of x. Action. Fails: EG_INVALID for another dtype or shape; as eg_read. */
EG_API eg_status eg_bind_read(eg_tensor *x, const eg_bind_array *array, eg_error *error);

/* The text that eg_print prints; free with eg_free. */
EG_API char *eg_bind_text(eg_tensor *x, eg_error *error);

/* A variable, which tapes watch by themselves, and a new value for it. Owns: the variable, by the
 * caller, who frees it with eg_variable_free. Fails: as eg_variable_new and eg_assign. */
EG_API eg_tensor *eg_bind_variable(eg_tensor *initial, const char *name, eg_error *error);
EG_API eg_status eg_bind_assign(eg_tensor *variable, eg_tensor *value, eg_error *error);

/* ---- tapes ---------------------------------------------------------------------------------- */

/* A tape as an object, which remembers what is applied with it and belongs to no thread; calls
 * with one tape wait for each other. */
typedef struct eg_bind_tape eg_bind_tape;

/* A tape; what is applied with it `outer` remembers too, gradients included (NULL: nobody).
 * `attrs` as for eg_tape_open, may be NULL. Free with eg_bind_tape_free, inner tapes first.
 * NULL after an error. Fails: EG_NO_MEMORY; EG_INVALID for attrs without size. */
EG_API eg_bind_tape *eg_bind_tape_new(eg_bind_tape *outer, const eg_tape_attrs *attrs,
    eg_error *error);
EG_API void eg_bind_tape_free(eg_bind_tape *tape);

/* From here on the tape remembers what depends on x. Action. Fails: as eg_watch. */
EG_API eg_status eg_bind_watch(eg_bind_tape *tape, eg_tensor *x, eg_error *error);

/* What to differentiate by what; as the arguments of eg_gradient_with. */
typedef struct eg_bind_slope {
    size_t size; /* sizeof(eg_bind_slope) */
    eg_tensor *target;
    int n;
    eg_tensor *const *sources;
    eg_tensor *target_gradient; /* start from this, shaped like the target [ones] */
    bool unconnected_none;      /* "none" (eg_is_none) instead of zeros where there is no path */
} eg_bind_slope;

/* The gradients of the target by each of the n sources, by this tape. A tape that is not
 * persistent is used up, and lets go of what it remembered.
 * Action. Owns: the n gradients, by the caller. Fails: as eg_gradient. */
EG_API eg_status eg_bind_gradient(eg_bind_tape *tape, const eg_bind_slope *slope,
    eg_tensor *gradients[], eg_error *error);

/* ---- applying ------------------------------------------------------------------------------- */

/* A value for an attribute. */
typedef struct eg_bind_value {
    const char *name;
    eg_bind_kind kind;   /* says which of these holds it */
    int64_t integer;     /* bool, int, dtype; an int will do for a real too */
    double real;         /* real */
    const char *text;    /* text: "true", "0.5", "float32", "[0,-1]" */
    int n;               /* ints: how many */
    const int64_t *ints; /* ints */
} eg_bind_value;

typedef struct eg_bind_call {
    size_t size;    /* sizeof(eg_bind_call) */
    const char *op; /* as eg_bind_find takes it */
    int n_inputs;
    eg_tensor *const *inputs;
    int n_values;
    const eg_bind_value *values; /* attributes; what is not among them has its default */
    eg_bind_tape *tape;          /* remembers it; NULL: nobody */
    const eg_site *site;         /* the caller's source, for errors; NULL: unknown */
} eg_bind_call;

/* Applies an operation. `results` has room for EG_BIND_RESULTS; those the operation does not have
 * are NULL. Action. Owns: the results, by the caller. Fails: EG_INVALID for a name that no
 * operation has, an attribute it does not have, a value of another kind; as the operation. */
EG_API eg_status eg_bind_apply(const eg_bind_call *call, eg_tensor *results[], eg_error *error);

/* Runs body(n, in, env) where a scope is open and every public function may be used, also those
 * made of operations; what it returns, a tensor or a tuple, is the result. The tape, unless NULL,
 * remembers. Owns: the result, by the caller. Fails: what the body fails with; EG_INVALID where it
 * returns NULL without an error. */
EG_API eg_tensor *eg_bind_run(eg_bind_tape *tape, eg_body body, void *env, int n,
    eg_tensor *const in[], eg_error *error);

#ifdef __cplusplus
}
#endif

#endif
