/* Derivatives of a body at arguments: what tapes and forward mode are opened for.
 *
 * The body sees fresh handles of its arguments, so that whoever watches outside knows where they
 * come from and nothing inside is mixed up with what the caller watches.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "op/opdef.h"
#include "ops/sized.h"
#include <eagre/grad.h>
#include <eagre/ops.h>

static bool arguments_fit(const char *op, eg_body body, int n, const void *x, const void *other)
{
    if (eg__me.failed)
        return false;
    if (!body || !x || !other)
        eg__fail(EG_INVALID, op, "the %s NULL", !body ? "body is" : "arguments or directions are");
    else if (n < 1 || n > EG__MAX_IN)
        eg__fail(EG_INVALID, op, "%d arguments; it takes 1 to %d", n, EG__MAX_IN);
    return !eg__me.failed;
}

/* Fresh handles of the arguments. */
static bool refresh(const char *op, int n, eg_tensor *const x[], eg_tensor *in[])
{
    for (int i = 0; i < n && !eg__me.failed; i++) {
        if (!x[i])
            eg__fail(EG_INVALID, op, "argument %d is NULL", i);
        in[i] = eg_identity(x[i]);
    }
    return !eg__me.failed;
}

static void set_tangents(int n, eg_tensor *const in[], eg_tensor *const v[])
{
    for (int i = 0; i < n && !eg__me.failed; i++)
        if (v[i])
            eg_set_tangent(in[i], v[i]);
}

static eg_tensor *run(const char *op, eg_body body, void *env, int n, eg_tensor *const in[])
{
    eg_tensor *y = eg__me.failed ? NULL : body(n, in, env);

    if (!y && !eg__me.failed)
        eg__fail(EG_INVALID, op, "the body returned NULL without an error");
    return eg__me.failed ? NULL : y;
}

eg_tensor *eg_jvp(eg_body body, void *env, int n, eg_tensor *const x[], eg_tensor *const v[],
    eg_tensor **tangent)
{
    static const char op[] = "eg_jvp";
    eg_tensor *in[EG__MAX_IN];

    if (tangent)
        *tangent = NULL;
    if (!arguments_fit(op, body, n, x, tangent ? (const void *)v : NULL))
        return NULL;
    eg_scope *scope = eg_forward_open();
    if (refresh(op, n, x, in))
        set_tangents(n, in, v);
    eg_tensor *y = run(op, body, env, n, in);
    eg_tensor *dy = y ? eg_tangent(y) : NULL;
    y = eg_give(dy ? y : NULL);
    *tangent = eg_give(dy);
    eg_scope_close(scope);
    return y;
}

eg_tensor *eg_vjp(eg_body body, void *env, int n, eg_tensor *const x[], eg_tensor *u,
    eg_tensor *dx[])
{
    static const char op[] = "eg_vjp";
    eg_tape_attrs only = {.size = sizeof only, .only_watched = true};
    eg_gradient_attrs from = {.size = sizeof from, .target_gradient = u, .unconnected_none = true};
    eg_tensor *in[EG__MAX_IN];

    for (int i = 0; dx && i < n; i++)
        dx[i] = NULL;
    if (!arguments_fit(op, body, n, x, u ? (const void *)dx : NULL))
        return NULL;
    eg_scope *tape = eg_tape_open(&only);
    bool ready = refresh(op, n, x, in);
    for (int i = 0; ready && i < n; i++)
        eg_watch(in[i]);
    eg_tensor *y = run(op, body, env, n, in);
    if (y)
        eg_gradient_with(y, n, in, dx, &from);
    for (int i = 0; i < n; i++) {
        if (!eg__me.failed && eg_is_none(dx[i]))
            dx[i] = eg__full_like(in[i], 0);
        dx[i] = eg__me.failed ? NULL : eg_give(dx[i]);
    }
    y = eg__me.failed ? NULL : eg_give(y);
    eg_scope_close(tape);
    return y;
}

/* The gradient of the body's result by the arguments, which a scope around may follow. */
static void gradients(const char *op, eg_body body, void *env, int n, eg_tensor *const in[],
    eg_tensor *dx[])
{
    eg_tape_attrs only = {.size = sizeof only, .only_watched = true};
    eg_scope *tape = eg_tape_open(&only);

    for (int i = 0; i < n && !eg__me.failed; i++)
        eg_watch(in[i]);
    eg_tensor *y = run(op, body, env, n, in);
    if (y)
        eg_gradient(y, n, in, dx);
    for (int i = 0; i < n && !eg__me.failed; i++)
        eg_give(dx[i]);
    eg_scope_close(tape);
}

eg_status eg_hvp(eg_body body, void *env, int n, eg_tensor *const x[], eg_tensor *const v[],
    eg_tensor *hv[])
{
    static const char op[] = "eg_hvp";
    eg_tensor *in[EG__MAX_IN], *dx[EG__MAX_IN];

    for (int i = 0; hv && i < n; i++)
        hv[i] = NULL;
    if (!arguments_fit(op, body, n, x, hv ? (const void *)v : NULL))
        return eg__me.failed;
    eg_scope *scope = eg_forward_open();
    if (refresh(op, n, x, in))
        set_tangents(n, in, v);
    gradients(op, body, env, n, in, dx);
    for (int i = 0; i < n && !eg__me.failed; i++)
        hv[i] = eg_give(eg_tangent(dx[i]));
    for (int i = 0; i < n && eg__me.failed; i++)
        hv[i] = NULL;
    eg_scope_close(scope);
    return eg__me.failed;
}

eg_tensor *eg_hessian(eg_body body, void *env, eg_tensor *x)
{
    static const char op[] = "eg_hessian";
    eg_tape_attrs how = {.size = sizeof how, .persistent = true, .only_watched = true};
    eg_tensor *in, *dx, *hessian = NULL;

    if (!arguments_fit(op, body, 1, x, x))
        return NULL;
    eg_scope *tape = eg_tape_open(&how);
    if (refresh(op, 1, &x, &in) && eg_watch(in) == EG_OK) {
        gradients(op, body, env, 1, &in, &dx);
        bool is_complex = !eg__me.failed && eg__is_complex(eg_dtype_of(dx));
        /* The gradient is the conjugate of the derivative, which is what can be holomorphic. */
        hessian = eg_give(eg__me.failed ? NULL : eg_jacobian(is_complex ? eg_conj(dx) : dx, in));
    }
    eg_scope_close(tape);
    return hessian;
}
