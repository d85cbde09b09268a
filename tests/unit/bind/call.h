/* Calling operations by name in the tests of bindings.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_BIND_CALL_H
#define TESTS_UNIT_BIND_CALL_H

#include "harness.h"

/* A float32 vector. */
static inline eg_tensor *vector(int n, const float *x)
{
    eg_bind_array a = {.size = sizeof a,
        .dtype = EG_FLOAT32,
        .rank = 1,
        .dims = {n},
        .data = (void *)(uintptr_t)x};
    return eg_bind_copy(&a, NULL);
}

#define VECTOR(...)                                                                                \
    vector((int)(sizeof((float[]){__VA_ARGS__}) / sizeof(float)), (float[]){__VA_ARGS__})

/* The first result of an operation of one or two inputs, which are not freed. */
static inline eg_tensor *applied(eg_bind_tape *tape, const char *op, eg_tensor *x, eg_tensor *y)
{
    eg_tensor *in[] = {x, y}, *out[EG_BIND_RESULTS];
    eg_bind_call call = {.size = sizeof call,
        .op = op,
        .n_inputs = y ? 2 : 1,
        .inputs = in,
        .tape = tape};
    eg_error e;

    if (eg_bind_apply(&call, out, &e) != EG_OK)
        fail_msg("%s: %s", e.op, e.message);
    return out[0];
}

/* The elements of a float32 tensor, as long as it lives. */
static inline const float *elements(eg_tensor *x)
{
    eg_bind_array a = {.size = sizeof a};

    assert_int_equal(eg_bind_look(x, &a, NULL), EG_OK);
    assert_int_equal(a.dtype, EG_FLOAT32);
    return a.data;
}

#endif
