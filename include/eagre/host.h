/* Code of the host as an operation: a C function that gets elements and fills in elements, and that
 * runs each time the operation runs: eagerly, in traced functions, in sessions, in each step of a
 * staged loop. For what no operation does: a library of your own, a device, a log, a file.
 *
 * Host work that merely stands in a body runs while it is recorded only; a host call runs in every
 * call. tf.py_function, jax.pure_callback and jax.experimental.io_callback are its relatives.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_HOST_H
#define EAGRE_HOST_H

#include <eagre/concrete.h>
#include <eagre/grad.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An argument's elements, row by row, to read while the call lasts. */
typedef struct eg_host_in {
    eg_dtype dtype;
    int rank;
    const int64_t *dims;
    int64_t size; /* elements */
    const void *data;
} eg_host_in;

/* Room for a result's elements, all of which are to be filled in. */
typedef struct eg_host_out {
    eg_dtype dtype;
    int rank;
    const int64_t *dims;
    int64_t size;
    void *data;
} eg_host_out;

typedef struct eg_host_args {
    int n_in, n_out;
    const eg_host_in *in;
    const eg_host_out *out;
    void *data; /* eg_host_attrs.data */
} eg_host_args;

/* What the host does. EG_OK, or the status of a failure, which becomes that of the call; eg_fail
 * says why in words. */
typedef eg_status (*eg_host_body)(const eg_host_args *args);

typedef struct eg_host_attrs {
    size_t size;       /* sizeof(eg_host_attrs) */
    const char *name;  /* in errors, texts and pictures; copied ["host"] */
    eg_host_body call; /* must be given */
    int n_out;         /* results; 0: it only looks, and the operation returns its first argument */
    const eg_tensor_spec *out; /* of the results; copied [each is like the first argument] */
    /* It depends on its arguments alone and does nothing else: calls whose results nobody needs may
     * be left out, equal ones may become one. Otherwise it has effects: every call of the body
     * makes every host call of it, once and in order. */
    bool pure;
    /* The gradient: a host body of the arguments, the results and the gradients of those results
     * that are floating point, to the gradients of those arguments that are; or a function of
     * tensors, see eg_custom_gradient, whose env is `data`. Neither: asking for it is an error. */
    eg_host_body gradient;
    eg_rule_backward backward;
    void *data;                    /* handed to all of them */
    void (*free_data)(void *data); /* when the last owner has let go; NULL: nothing to free */
} eg_host_attrs;

/* Something of the host's that operations can call. Make it once, outside of bodies.
 *     eg_host *host = eg_host_new(.name = "look up", .call = look_up, .n_out = 1, .pure = true);
 * NULL after an error; then `free_data` is not called. Free with eg_host_free.
 * Fails: EG_INVALID without `call`, for both forms of a gradient, for more than 64 results and for
 * an impossible dtype or shape; EG_NO_MEMORY. */
typedef struct eg_host eg_host;
EG_API eg_host *eg_host_new_with(const eg_host_attrs *attrs);

/* One owner less; traces, graphs and tapes that use it are owners too. NULL is fine. */
EG_API void eg_host_free(eg_host *host);

/* Calls it with 0 to 64 tensors, of any dtypes and shapes; variables enter with their values.
 *     eg_tensor *y = eg_host_call(host, EG_IN(x));
 * The body runs on the thread that makes the call, without a lock of the library, and may use all
 * of eagre: it sees a scope of its own and no tape or recording; what it assigns to variables is
 * part of the call. Functions called from several threads run it on several at once. In eg_vmap it
 * is called for each example, and must be pure; a staged loop or branch whose bodies have effects
 * has no gradient, which would repeat them. Where a call of a function starts over, because it met
 * a new branch or another thread assigned what it had read, a host call with effects that has been
 * made with the same arguments is not made again: its results are used. A graph with host calls
 * cannot be saved.
 * Owns: the result, a tuple of several. Fails: EG_INVALID for NULL; whatever the body fails with,
 * naming the line of this call. Records: HostCall. */
EG_API eg_tensor *eg_host_call(eg_host *host, int n, eg_tensor *const in[]);

#ifdef __cplusplus
}
#endif

#endif
