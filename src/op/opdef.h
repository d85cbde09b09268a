/* What an operation is: one descriptor, filled in like a form, next to its shape rule and gradient
 * in src/ops. Everything else that concerns every operation (printing, saving, comparing, folding,
 * tests) is derived from it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OP_OPDEF_H
#define OP_OPDEF_H

#include "kernel/kernel.h"
#include "op/attrs.h"
#include "tensor/tensor.h"

enum {
    EG__MAX_IN = 64,
    EG__MAX_OUT = 64,
    EG__NAMED_IN = 8,
    EG__NAMED_OUT = 4, /* of operations that the attributes do not give more */
    EG__NO_RESULT = -1
};

/* Sets of kinds that an input may have; 0 is any. */
enum {
    EG__TEXTS = 1 << EG__TEXT,
    EG__BOOLS = 1 << EG__BOOLEAN,
    EG__INTS = 1 << EG__INTEGER,
    EG__REALS = 1 << EG__REAL,
    EG__COMPLEXES = 1 << EG__COMPLEX,
    EG__NUMERIC = EG__INTS | EG__REALS,
    EG__BITS = EG__BOOLS | EG__INTS,
    EG__ORDERED = EG__BOOLS | EG__NUMERIC,
    EG__FLOATING = EG__REALS | EG__COMPLEXES,
    EG__NUMBERS = EG__NUMERIC | EG__COMPLEXES,
};

/* Facts that passes, tapes and tests ask for. */
enum {
    EG__ELEMENTWISE = 1 << 0, /* an element of the result depends on the elements at its place */
    EG__COMMUTES = 1 << 1,
    EG__ASSOCIATES = 1 << 2, /* but for rounding */
    EG__VIEW = 1 << 3,       /* result i is input i's elements under another spec: no kernel */
    EG__CONSTANT = 1 << 4,   /* its derivative is zero wherever there is one: no gradient */
    EG__MAY_FAIL = 1 << 5,   /* on values, not shapes: is never dropped where its error is missed */
    EG__SOURCE = 1 << 6,     /* a node without inputs that no kernel computes: see graph/ */
    EG__ALIAS = 1 << 8,      /* a view that graphs need not hold once their gradients are taken */
    EG__EFFECT = 1 << 7,     /* is never dropped, merged or moved past another effect */
    EG__LINEAR = 1 << 9,     /* in all real inputs together: their tangents go through it */
    EG__PRODUCT = 1 << 10,   /* linear in each real input while the others stay */
    /* It has a complex derivative, by which its gradient multiplies as if all were real: of complex
     * numbers the walk takes the conjugate before and behind, see eg_gradient. */
    EG__HOLOMORPHIC = 1 << 11,
    EG__NESTS = 1 << 12,    /* runs other operations, which are timed themselves */
    EG__HOST = 1 << 13,     /* calls code of the host: never computed ahead of time, nor saved */
    EG__NO_FLOPS = 1 << 14, /* it moves, compares, fills in or draws: nothing is computed */
    /* Values decide what its gradient comes from and goes to: see dy_when of eg_backward. */
    EG__PARTIAL = 1 << 15,
};

typedef struct eg_opdef eg_opdef;
struct eg__reading;                     /* see graph/read.h */
typedef struct eg__payload eg__payload; /* see watch.h */

/* What a shape rule sees and fills in: specs of the inputs, specs of the outputs. */
typedef struct eg_shapes {
    const eg_opdef *op;
    const void *attrs;
    int n_in;
    const eg_spec *const *in;
    eg_spec *const *out;
} eg_shapes;

/* What a gradient sees and fills in. All are handles of the forward operation or symbols standing
 * for them; the gradient is written with the public operations. */
typedef struct eg_backward {
    const eg_opdef *op;
    const void *attrs;
    eg__payload *payload; /* of a call; NULL: none */
    int n_in, n_out;
    eg_tensor *const *x;  /* inputs */
    eg_tensor *const *y;  /* outputs */
    eg_tensor *const *dy; /* gradients of the outputs; zeros where nothing arrived */
    const bool *wanted;   /* inputs whose gradient anybody asked for */
    eg_tensor **dx;       /* to fill in; NULL stays NULL: zero */
    /* Of an operation that is EG__PARTIAL: dy is NULL where nothing arrives. Bools without axes say
     * of each dy and dx whether it arrives, of a dx that is filled in; NULL: it does. Where it does
     * not, it is zeros. Both may be NULL: all arrive, nobody asks. */
    eg_tensor *const *dy_when;
    eg_tensor **dx_when;
} eg_backward;

struct eg_opdef {
    const char *name;             /* as graphs show it: "MatMul" */
    const char *in[EG__NAMED_IN]; /* names of the inputs, as in the prototype */
    bool variadic;                /* any number of inputs, at least one, all like the first */
    int n_out;                    /* 0 means 1, EG__NO_RESULT none */
    int (*count_out)(const void *attrs); /* where the attributes say how many; NULL: n_out */
    unsigned types[EG__NAMED_IN];        /* kinds each input may have */
    unsigned promote; /* bit i: input i is brought to the common dtype of these */
    unsigned traits;
    unsigned (*more_traits)(const void *attrs); /* by the attributes; NULL: none. See eg__traits */
    const eg_attr *attrs;                       /* fields of the attribute struct; NULL: none */
    size_t attrs_size;
    /* One owner more (1) or less (-1) of what the attributes point to. NULL: they own nothing. */
    void (*hold)(const void *attrs, int change);
    /* Appends what stands behind the arguments in a graph's text. NULL: nothing does. */
    void (*put)(const void *attrs, eg__text *text);
    /* Reads it back into complete attributes, which own what they point to; false, reported, where
     * it is wrong, hostile perhaps. */
    bool (*parse)(void *attrs, int n_in, const eg_spec *const in[], struct eg__reading *at);
    eg_status (*infer)(eg_shapes *s);
    const eg_kernel *const *kernels; /* fastest first, reference last, then NULL */
    eg_status (*grad)(eg_backward *b);
    /* The gradient by input 0 as rows and their places along its first axis (int64[n]), which may
     * repeat and add up; both stay NULL where it has no such form. NULL: it never has. */
    void (*grad_rows)(eg_backward *b, eg_tensor **places, eg_tensor **rows);
    /* Of what is EG__CONSTANT though floating point goes in and comes out: why. */
    const char *no_gradient;
    /* Its floating-point operations, see flops.h: how many an element of result 0 takes [1 where it
     * is EG__ELEMENTWISE], or a count of its own. */
    int flops_each;
    double (*flops)(const eg_problem *p);
    struct {
        const char *numpy, *tensorflow, *onnx; /* its names elsewhere, for the documentation */
    } known_as;
};

#define EG__KERNELS(...) ((const eg_kernel *const[]){__VA_ARGS__, NULL})

static inline int eg__n_out(const eg_opdef *op, const void *attrs)
{
    if (op->count_out)
        return op->count_out(attrs);
    return op->n_out == EG__NO_RESULT ? 0 : op->n_out ? op->n_out : 1;
}

/* The traits of an operation with these attributes. */
static inline unsigned eg__traits(const eg_opdef *op, const void *attrs)
{
    return op->more_traits ? op->traits | op->more_traits(attrs) : op->traits;
}

/* How many inputs are named; a variadic operation names one. */
static inline int eg__n_named(const eg_opdef *op)
{
    int n = 0;
    while (n < EG__NAMED_IN && op->in[n])
        n++;
    return n;
}

/* One owner more or less of what the attributes point to. */
static inline void eg__attrs_hold(const eg_opdef *op, const void *attrs, int change)
{
    if (op->hold && attrs)
        op->hold(attrs, change);
}

/* Applies an operation: checks, infers, then runs it at once, records it, or both; see apply.c.
 * The result is a tuple for operations with several outputs. */
eg_tensor *eg_apply(const eg_opdef *op, const void *attrs, int n, eg_tensor *const in[]);

/* The same with the inputs written out: EG__APPLY(&eg_op_add, NULL, x, y). */
#define EG__APPLY(op, attrs, ...)                                                                  \
    eg_apply(op, attrs, (int)(sizeof((eg_tensor *[]){__VA_ARGS__}) / sizeof(eg_tensor *)),         \
        (eg_tensor *[]){__VA_ARGS__})

#endif
