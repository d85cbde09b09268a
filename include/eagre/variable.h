/* Variables: tensor handles with a state, accepted wherever a tensor is; and generators of random
 * keys.
 *
 * Both are things: made by _new, freed by _free, never owned by a scope.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_VARIABLE_H
#define EAGRE_VARIABLE_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eg_variable_attrs {
    size_t size;      /* sizeof(eg_variable_attrs) */
    const char *name; /* for printing, graphs and files; copied; need not be unique ["variable"] */
    bool not_trainable; /* tapes do not watch it by themselves */
} eg_variable_attrs;

/* A variable with the value of `initial`; dtype and shape stay fixed.
 *     eg_tensor *w = eg_variable_new(eg_constant(1.0, 2.0), NULL);
 * Returns NULL after an error. Thread-safe: reads see one whole value; see function.h for calls
 * that assign. Free with eg_variable_free.
 * Fails: EG_INVALID for a symbol or tuple; EG_NO_MEMORY. */
EG_API eg_tensor *eg_variable_new(eg_tensor *initial, const eg_variable_attrs *attrs);

/* Frees it; functions and graphs that use it keep what they need. NULL is fine. */
EG_API void eg_variable_free(eg_tensor *variable);

/* The name given when it was made; "" for what is no variable. Valid while the variable lives. */
EG_API const char *eg_variable_name(const eg_tensor *variable);

/* The value at this moment as an ordinary tensor, which later assignments do not change.
 * Owns: the result. Fails: EG_INVALID for what is no variable. Records: a read. */
EG_API eg_tensor *eg_value(eg_tensor *variable);

/* Gives the variable a new value of the same dtype and shape; the other two add to it or subtract
 * from it. Inside a function the assignment is part of the call: later reads of that call see it,
 * the world sees it when the call has succeeded.
 * Action. Fails: EG_INVALID for what is no variable, another dtype or shape. Records: an effect. */
EG_API eg_status eg_assign(eg_tensor *variable, eg_tensor *value);
EG_API eg_status eg_assign_add(eg_tensor *variable, eg_tensor *value);
EG_API eg_status eg_assign_sub(eg_tensor *variable, eg_tensor *value);

/* ---- random keys -------------------------------------------------------------------------- */

/* Random operations are pure functions of a key: int64[2], the seed and a stream number. The same
 * key gives the same numbers eager, traced, in a session and with any number of threads.
 *     eg_key(42)  ->  [42  0] int64[2]
 * Owns: the result. Records: a constant. */
EG_API eg_tensor *eg_key(int64_t seed);

/* A source of keys: a seed and the number of keys drawn. */
typedef struct eg_generator eg_generator;

/* A generator that starts at `seed`. NULL after an error. Free with eg_generator_free. */
EG_API eg_generator *eg_generator_new(int64_t seed);
EG_API void eg_generator_free(eg_generator *generator);

/* Puts the next key into `*key` and advances the generator; in a function the advance is part of
 * the call, like an assignment.
 * Action. Owns: `*key`, by the innermost scope; NULL after an error. Fails: EG_INVALID for NULL. */
EG_API eg_status eg_next_key(eg_generator *generator, eg_tensor **key);

/* The generator's state, a variable int64[2] of seed and keys drawn: read it to save it, assign to
 * it to go back. Belongs to the generator. */
EG_API eg_tensor *eg_generator_state(eg_generator *generator);

#ifdef __cplusplus
}
#endif

#endif
