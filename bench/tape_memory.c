/* What a tape needs: the most memory of a chain and of a network, forwards and backwards. The same
 * are in tape_memory.py for PyTorch.
 *
 * "memory" counts the bytes of tensors in use, "resident" is what the system gave the process; both
 * are more than before the run.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "groups.h"
#include "resident.h"

enum { STEPS = 1000, CHAIN = 1 << 18, LAYERS = 6, WIDTH = 1024, BATCH = 256 };

/* ---- what is run ---------------------------------------------------------------------------- */

EG_FUNCTION(slope_of_tanhs, x)
{
    eg_tensor *dx = NULL, *y = x;

    EG_TAPE;
    eg_watch(x);
    for (int i = 0; i < STEPS; i++)
        y = eg_tanh(y);
    eg_gradient(y, 1, &x, &dx);
    return eg_give(dx);
}

/* The same of multiplications by a number, whose gradients need none of what was computed. */
EG_FUNCTION(slope_of_products, x)
{
    eg_tensor *dx = NULL, *y = x;

    EG_TAPE;
    eg_watch(x);
    for (int i = 0; i < STEPS; i++)
        y = eg_mul(y, 1.0001);
    eg_gradient(y, 1, &x, &dx);
    return eg_give(dx);
}

/* Fully connected layers with relu; the gradients by their weights. */
EG_FUNCTION(slopes_of_layers, x, a, b, c, d, e, f)
{
    eg_tensor *w[LAYERS] = {a, b, c, d, e, f}, *dw[LAYERS], *y = x;

    EG_TAPE;
    for (int i = 0; i < LAYERS; i++)
        eg_watch(w[i]);
    for (int i = 0; i < LAYERS; i++)
        y = eg_relu(eg_matmul(y, w[i]));
    eg_gradient(eg_sum(y), LAYERS, w, dw);
    return eg_give(eg_tuple_of(LAYERS, dw));
}

/* ---- measuring ------------------------------------------------------------------------------ */

static void measure(const char *name, const char *mode, eg_tensor *(*run)(void *), void *env)
{
    char memory[64], resident[64];

    snprintf(memory, sizeof memory, "memory_tape_%s", name);
    snprintf(resident, sizeof resident, "resident_tape_%s", name);
    eg_memory_trim();
    eg_memory_reset_peak();
    resident_forget();
    double before = (double)eg_memory_now().in_use, had = resident_now();
    {
        EG_SCOPE;
        run(env);
    }
    double most = (double)eg_memory_now().peak - before, has = resident_most() - had;
    bench_emit_bytes(&(const bench_work){.name = memory, .mode = mode, .detail = "in use"}, most);
    bench_emit_bytes(&(const bench_work){.name = resident, .mode = mode, .detail = "resident"},
        has);
}

typedef struct call {
    const eg_callable *body;
    eg_function *function;
    eg_tensor *in[1 + LAYERS];
} call;

static eg_tensor *run_eager(void *env)
{
    const call *c = env;
    return c->body->body(c->body->n_in, c->in, NULL);
}

static eg_tensor *run_function(void *env)
{
    const call *c = env;
    return eg_call_of(c->function, c->body->n_in, c->in);
}

/* A function is called before it is measured: recording runs it eagerly. */
static void measure_both(const char *name, call c)
{
    measure(name, "eager", run_eager, &c);
    c.function = eg_function_from(c.body, NULL, 0);
    {
        EG_SCOPE;
        run_function(&c);
    }
    measure(name, "function", run_function, &c);
    eg_function_free(c.function);
}

/* Whether a case is wanted, in either way of measuring. */
static bool wants(const char *name)
{
    char memory[64], resident[64];

    snprintf(memory, sizeof memory, "memory_tape_%s", name);
    snprintf(resident, sizeof resident, "resident_tape_%s", name);
    return bench_wants(memory) || bench_wants(resident);
}

void bench_tape_memory(void)
{
    EG_SCOPE;
    eg_tensor *x = bench_normal(1, EG_DIMS(CHAIN));

    if (wants("tanh_1000"))
        measure_both("tanh_1000", (call){.body = &slope_of_tanhs_callable, .in = {x}});
    if (wants("mul_1000"))
        measure_both("mul_1000", (call){.body = &slope_of_products_callable, .in = {x}});
    if (!wants("layers_6"))
        return;
    call layers = {.body = &slopes_of_layers_callable,
        .in = {bench_normal(2, EG_DIMS(BATCH, WIDTH))}};
    for (int i = 1; i <= LAYERS; i++)
        layers.in[i] = eg_mul(bench_normal(2 + i, EG_DIMS(WIDTH, WIDTH)), 0.04);
    measure_both("layers_6", layers);
}
