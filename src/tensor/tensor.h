/* The handle behind eg_tensor, and how one is made, owned and let go.
 *
 * A handle is a value (elements, inline when tiny, else in a buffer that handles may share), a
 * variable, a symbol of a graph, a tuple, or "none" (an unconnected gradient). Values never
 * change. A handle counts its owners: the scope it is listed in, retains, tapes, traces.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TENSOR_TENSOR_H
#define TENSOR_TENSOR_H

#include "base/error.h"
#include "tensor/spec.h"
#include <stdatomic.h>

typedef enum eg__handle_kind {
    EG__VALUE = 1,
    EG__VARIABLE,
    EG__SYMBOL,
    EG__TUPLE,
    EG__NONE,
    EG__SPENT, /* a value whose elements a tape has freed */
    EG__DEAD,  /* freed; seen only in the cruel build's quarantine */
} eg__handle_kind;

/* In the cruel build nearly all elements lie in blocks of their own, whose ends are watched. */
enum { EG__INLINE = EG_CRUEL ? 1 : 64, EG__MAX_PARTS = 64 };

/* Elements that handles share. */
typedef struct eg_buffer {
    atomic_int refs;
    void *data;
    size_t size;                            /* bytes of the block; 0: foreign, freed by on_free */
    void (*on_free)(void *data, void *env); /* of strings: lets them go, before the block goes */
    void *env;
} eg_buffer;

struct eg_tensor {
    eg_spec spec;
    atomic_int refs;
    eg__handle_kind kind;
    void *data;        /* the elements of a value */
    eg_buffer *buffer; /* who has them; NULL: they are inline */
    struct eg_scope *scope;
    eg_tensor *next, **link; /* the scope's list */
    uint64_t recording;      /* the recording it was made in, 0: none */
    uint32_t node, result;   /* what it is there or in `graph`: node number + 1, its n-th result */
    union {
        _Alignas(16) unsigned char elements[EG__INLINE];
        struct eg__variable *variable;
        struct eg_graph *graph; /* of a symbol */
        struct {
            int n;
            eg_tensor **part;
        } tuple;
        struct {
            const char *op; /* what made it, at a line of a file: the end of its name */
            int line;
            char file[40];
        } spent;
    };
};

/* A new handle with one owner, the caller, and no scope; only kind and the recording are set.
 * NULL, reported, where memory is out. */
eg_tensor *eg__handle_new(eg__handle_kind kind, const char *op);

/* Lists a handle in the innermost scope, which takes over the caller's ownership, and returns it.
 * NULL gives NULL. Where no scope is open the handle is let go and the error reported. */
eg_tensor *eg__own(eg_tensor *x, const char *op);

/* Gives a value with its spec set room for its elements; who fills it with strings settles them,
 * see strings.h. */
bool eg__make_room(eg_tensor *x, const char *op);

/* Whether a C number is one of the dtype's values; of reals it only comes near one, and 0 stands
 * for the empty string. */
bool eg__dtype_holds(eg_dtype dtype, double value);

/* A value with room for its elements, owned by the caller. */
eg_tensor *eg__value_new(const eg_spec *spec, const char *op);

/* The same with a copy of elements. */
eg_tensor *eg__value_copy(const eg_spec *spec, const void *data, const char *op);

/* Another handle of the same value (or symbol, or none), owned by the caller. */
eg_tensor *eg__alias(eg_tensor *x, const char *op);

/* Whether two values or tuples are alike bit for bit, with their dtypes and shapes. */
bool eg__same_bits(const eg_tensor *a, const eg_tensor *b);

/* One more owner; one owner less. */
eg_tensor *eg__ref(eg_tensor *x);
void eg__unref_slow(eg_tensor *x);

static inline void eg__unref(eg_tensor *x)
{
    if (x)
        eg__unref_slow(x);
}

/* A buffer of `size` bytes with one owner. */
eg_buffer *eg__buffer_new(size_t size, const char *op);
void eg__buffer_unref(eg_buffer *buffer);

/* Frees the elements of a value and marks it spent; `op` made it, at a place. */
void eg__spend(eg_tensor *x, const char *op, const eg_site *site);

/* Reports that what `name` stands for is spent: who made it, where, and the cure. */
eg_status eg__refuse_spent(const char *op, const char *name, const eg_tensor *x);

#endif
