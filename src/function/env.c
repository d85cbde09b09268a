/* Environments of functions: compared and kept by the host's callbacks, or as bytes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "base/memory.h"
#include "function/trace.h"
#include <string.h>

static const char op_name[] = "a function";

bool eg__has_env(const eg_function *f)
{
    return f->env_size > 0 || f->env_type.equal;
}

uint64_t eg__env_hash(const eg_function *f, const void *env)
{
    if (f->env_type.equal)
        return f->env_type.hash ? f->env_type.hash(env) : 0;
    return f->env_size > 0 ? eg__hash_bytes(0, env, f->env_size) : 0;
}

bool eg__env_equal(const eg_function *f, const void *a, const void *b)
{
    if (f->env_type.equal)
        return f->env_type.equal(a, b);
    return f->env_size == 0 || memcmp(a, b, f->env_size) == 0;
}

void *eg__env_copy(const eg_function *f, const void *env)
{
    void *copy = f->env_type.copy ? f->env_type.copy(env) : eg__alloc(f->env_size + 1);

    if (!copy)
        return eg__fail_null(EG_NO_MEMORY, op_name, "the environment could not be copied");
    if (!f->env_type.copy && f->env_size > 0)
        memcpy(copy, env, f->env_size);
    return copy;
}

void eg__env_free(const eg_function *f, void *copy)
{
    if (!f->env_type.copy)
        eg__free(copy, f->env_size + 1);
    else if (copy && f->env_type.free)
        f->env_type.free(copy);
}
