/* eg_host and the operation HostCall.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "function/host.h"
#include "autodiff/backward.h"
#include "base/memory.h"
#include "op/infer.h"
#include <eagre/ops.h>
#include <string.h>

/* ---- hosts ---------------------------------------------------------------------------------- */

static void free_host(eg_host *host)
{
    eg__free(host->out, sizeof *host->out * (size_t)host->attrs.n_out);
    eg__free_text((char *)(uintptr_t)host->attrs.name);
    eg__free(host, sizeof *host);
}

static void count_owners(eg_host *host, int change)
{
    if (atomic_fetch_add_explicit(&host->refs, change, memory_order_acq_rel) + change > 0)
        return;
    if (host->attrs.free_data)
        host->attrs.free_data(host->attrs.data);
    free_host(host);
}

void eg_host_free(eg_host *host)
{
    if (host)
        count_owners(host, -1);
}

static bool attrs_ok(const eg_host_attrs *a, const char *op)
{
    if (!a->call)
        eg__fail(EG_INVALID, op, "call is NULL");
    else if (a->gradient && a->backward)
        eg__fail(EG_INVALID, op, "gradient and backward are both given; one is enough");
    else if (a->n_out < 0 || a->n_out > EG__MAX_OUT)
        eg__fail(EG_INVALID, op, "%d results; 0 to %d are possible", a->n_out, EG__MAX_OUT);
    return !eg__me.failed;
}

static bool copy_out(eg_host *host, const eg_host_attrs *given, const char *op)
{
    const eg_tensor_spec *from = given->out;

    host->out = from ? eg__alloc(sizeof *host->out * (size_t)given->n_out) : NULL;
    if (from && !host->out)
        return eg__fail_memory(op, sizeof *host->out) == EG_OK;
    for (int i = 0; from && i < given->n_out; i++)
        if (eg__spec_set(&host->out[i], op, from[i].dtype, from[i].rank, from[i].dims) != EG_OK)
            return false;
    return true;
}

eg_host *eg_host_new_with(const eg_host_attrs *given)
{
    static const char op[] = "eg_host_new";
    eg_host_attrs a;

    if (eg__me.failed || !eg__attrs_complete(&a, sizeof a, given, op) || !attrs_ok(&a, op))
        return NULL;
    eg_host *host = eg__alloc_zero(sizeof *host);
    if (!host)
        return eg__fail_memory(op, sizeof *host), NULL;
    atomic_init(&host->refs, 1);
    host->attrs = a;
    host->attrs.out = NULL;
    host->attrs.name = eg__copy_text(a.name ? a.name : "host");
    if (!host->attrs.name)
        eg__fail_memory(op, sizeof *host);
    if (host->attrs.name && copy_out(host, &a, op))
        return host;
    free_host(host);
    return NULL;
}

/* ---- calls ---------------------------------------------------------------------------------- */

eg_tensor *eg_host_call(eg_host *host, int n, eg_tensor *const in[])
{
    static const char op[] = "eg_host_call";
    eg__host_call c = {.size = sizeof c, .host = host, .n_in = n};
    eg_tensor *none[1] = {NULL};

    if (eg__me.failed)
        return NULL;
    if (!host || n < 0 || n > EG__MAX_IN || (n > 0 && !in))
        return eg__fail_null(EG_INVALID, op, host ? "%d tensors; it takes 0 to %d" : "host is NULL",
            n, EG__MAX_IN);
    if (n == 0 && !host->out)
        return eg__fail_null(EG_INVALID, op,
            "host \"%s\" has neither arguments nor dtypes and shapes for its results; give .out",
            host->attrs.name);
    c.name = host->attrs.name;
    c.n_out = host->attrs.n_out ? host->attrs.n_out : 1;
    for (int i = 0; i < c.n_out; i++)
        c.like[i] = host->out ? -1 : 0;
    if (n == 0)
        none[0] = eg_scalar_int(EG_BOOL, 0);
    return eg_apply(&eg_op_host_call, &c, n ? n : 1, n ? in : none);
}

static eg_status infer(eg_shapes *s)
{
    const eg__host_call *c = s->attrs;

    for (int i = 0; i < c->n_out; i++)
        *s->out[i] = c->like[i] < 0 ? c->host->out[i] : *s->in[c->like[i]];
    for (int i = 0; i < c->n_out; i++)
        if (s->out[i]->dtype == EG_STRING)
            return eg__shape_error(s,
                "host call \"%s\" would make strings, which it cannot: give "
                ".out, and return numbers that choose among strings",
                c->name ? c->name : "host");
    return EG_OK;
}

static unsigned more_traits(const void *attrs)
{
    return attrs && eg__host_has_effects(attrs) ? EG__EFFECT : 0;
}

static int count_out(const void *attrs)
{
    return attrs ? ((const eg__host_call *)attrs)->n_out : 1;
}

static void hold(const void *attrs, int change)
{
    count_owners(((const eg__host_call *)attrs)->host, change);
}

/* ---- gradients ------------------------------------------------------------------------------ */

static eg_status refuse(const eg_host *host, const char *what)
{
    return eg__fail(EG_INVALID, host->attrs.name, "%s", what);
}

/* The gradient as another host call: of arguments, results and their gradients. */
static eg_status call_host(eg_backward *b, eg_host *host)
{
    eg__host_call c = {.size = sizeof c, .host = host, .name = host->attrs.name};
    eg_tensor *in[EG__MAX_IN];
    int n = 0, most = b->n_in + 2 * b->n_out;

    if (most > EG__MAX_IN)
        return refuse(host, "arguments, results and their gradients are more than 64 tensors");
    for (int i = 0; i < b->n_in; i++)
        in[n++] = b->x[i];
    for (int i = 0; i < b->n_out; i++)
        in[n++] = b->y[i];
    for (int i = 0; i < b->n_out; i++)
        if (b->dy[i])
            in[n++] = b->dy[i];
    c.n_in = n;
    c.is_gradient = true;
    for (int i = 0; i < b->n_in; i++)
        if (eg__is_floating(b->x[i]->spec.dtype))
            c.like[c.n_out++] = (int8_t)i;
    eg_tensor *dx = eg_apply(&eg_op_host_call, &c, n, in);
    for (int k = 0; dx && k < c.n_out; k++)
        b->dx[c.like[k]] = c.n_out == 1 ? dx : eg_part(dx, k);
    return eg__me.failed;
}

static bool fits(const eg_host *host, const eg_backward *b, int i, const eg_tensor *dx)
{
    char got[EG__SPEC_TEXT], want[EG__SPEC_TEXT];

    if (dx->kind <= EG__SYMBOL && eg__specs_agree(dx, b->x[i]))
        return true;
    eg__fail(EG_INVALID, host->attrs.name, "gradient %d is %s, its argument %s; they must agree", i,
        dx->kind <= EG__SYMBOL ? eg__spec_text(&dx->spec, got) : "no tensor",
        eg__spec_text(&b->x[i]->spec, want));
    return false;
}

/* The gradient as a function of tensors. */
static eg_status call_backward(eg_backward *b, const eg_host *host, int n_in)
{
    bool tuple = b->n_out > 1;
    eg_tensor *dx[EG__MAX_IN] = {NULL};
    eg_tensor *y = eg__rule_sees(tuple, b->n_out, b->y),
              *dy = eg__rule_sees(tuple, b->n_out, b->dy);
    eg_rule_call call = {n_in, b->x, y, dy, dx, host->attrs.data};
    eg_site site = eg__me.site;

    if (eg__me.failed)
        return eg__me.failed;
    eg_status status = host->attrs.backward(&call);
    eg__me.site = site;
    if (status != EG_OK && !eg__me.failed)
        refuse(host, "its backward function failed without saying why");
    for (int i = 0; i < n_in && !eg__me.failed; i++)
        if (dx[i] && dx[i]->kind != EG__NONE && fits(host, b, i, dx[i]))
            b->dx[i] = dx[i];
    return eg__me.failed;
}

static eg_status grad(eg_backward *b)
{
    const eg__host_call *c = b->attrs;

    if (eg__host_only_looks(c)) {
        b->dx[0] = b->dy[0];
        return EG_OK;
    }
    if (c->is_gradient)
        return refuse(c->host,
            "a gradient in C has none itself; write .backward with operations instead");
    if (c->host->attrs.backward)
        return call_backward(b, c->host, c->n_in);
    if (c->host->attrs.gradient)
        return call_host(b, c->host);
    return refuse(c->host,
        "it has no gradient: give .gradient or .backward, or use eg_stop_gradient on its result");
}

static const eg_attr fields[] = {
    EG__ATTR(eg__host_call, HOST, host),
    EG__ATTR(eg__host_call, LABEL, name),
    EG__ATTR(eg__host_call, BOOL, is_gradient),
    {0},
};

const eg_opdef eg_op_host_call = {
    .name = "HostCall",
    .in = {"x"},
    .variadic = true,
    .count_out = count_out,
    .traits = EG__HOST,
    .more_traits = more_traits,
    .attrs = fields,
    .attrs_size = sizeof(eg__host_call),
    .hold = hold,
    .infer = infer,
    .kernels = EG__KERNELS(&eg__host_kernel),
    .grad = grad,
};
