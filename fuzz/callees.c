/* Functions that random programs call: plain ones and ones that call others, branch, recurse, take
 * gradients, depend on an environment, take numbers by value, assign, draw.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

eg_tensor *callee_slope(eg_function *f, eg_tensor *x)
{
    eg_tensor *g = NULL;
    EG_TAPE;
    eg_tensor *at = eg_identity(x);

    eg_watch(at);
    eg_gradient(eg_sum(eg_square(eg_call(f, at))), EG_IN(at), &g);
    return eg_give(g);
}

/* ---- pure ------------------------------------------------------------------------------------ */

static eg_tensor *bend(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_sub(eg_tanh(in[0]), eg_mul(in[0], 0.25));
}

static eg_tensor *bend_twice(int n, eg_tensor *const in[], void *env)
{
    const state *s = *(state **)env;
    eg_tensor *once = eg_call(s->callee[0], in[0]);

    (void)n;
    return eg_add(eg_call(s->callee[0], once), once);
}

/* ---- with branches --------------------------------------------------------------------------- */

static eg_tensor *halve_large(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    if (eg_true(eg_greater(eg_max(in[0]), 1)))
        return eg_mul(in[0], 0.5);
    return eg_add(in[0], 1);
}

/* Branches itself and in its callee, before and after. */
static eg_tensor *branch_around(int n, eg_tensor *const in[], void *env)
{
    const state *s = *(state **)env;
    eg_tensor *x = eg_call(s->callee[PURE_CALLEES], in[0]);

    (void)n;
    if (eg_true(eg_less(eg_sum(x), 0)))
        return eg_call(s->callee[1], x);
    return eg_sub(eg_call(s->callee[PURE_CALLEES], eg_neg(x)), in[0]);
}

/* Calls itself while its argument is large: at most three times, since it is halved. */
static eg_tensor *recurse(int n, eg_tensor *const in[], void *env)
{
    const state *s = *(state **)env;
    eg_tensor *x = eg_minimum(eg_maximum(in[0], -8), 8);

    (void)n;
    if (eg_true(eg_less_equal(eg_max(eg_abs(x)), 1)))
        return eg_square(x);
    return eg_add(eg_call(s->callee[PURE_CALLEES + 2], eg_mul(x, 0.5)), 0.125);
}

static eg_tensor *scale(int n, eg_tensor *const in[], void *env)
{
    (void)n;
    return eg_mul(in[0], eg_constant(*(const float *)env));
}

EG_FUNCTION(power, x, n)
{
    eg_tensor *y = x;

    for (int64_t i = eg_item_int(n); i > 0; i--)
        y = program_tamed(eg_mul(y, eg_add(x, 0.5)), 1);
    return y;
}

/* Calls a function that takes a number by value: 0, 1 or 2. */
static eg_tensor *raise_by_value(int n, eg_tensor *const in[], void *env)
{
    const state *s = *(state **)env;
    eg_tensor *count = eg_remainder(eg_cast(eg_sum(in[0]), EG_INT32), 3);

    (void)n;
    return eg_call(s->power, in[0], count);
}

/* ---- with effects ---------------------------------------------------------------------------- */

static eg_tensor *assign(int n, eg_tensor *const in[], void *env)
{
    const state *s = *(state **)env;

    (void)n;
    eg_assign_add(s->variable[1], eg_tanh(eg_sum(in[0])));
    if (eg_true(eg_greater(s->variable[1], 1)))
        eg_assign(s->variable[1], eg_constant(0.25));
    return eg_add(in[0], s->variable[1]);
}

static eg_tensor *draw(int n, eg_tensor *const in[], void *env)
{
    const state *s = *(state **)env;
    eg_tensor *key;

    (void)n;
    eg_next_key(s->generator, &key);
    return eg_add(in[0], eg_uniform(key, EG_NO_DIMS));
}

/* A step of descent on a variable by the gradient through other functions. */
static eg_tensor *descend(int n, eg_tensor *const in[], void *env)
{
    const state *s = *(state **)env;
    eg_tensor *g;
    EG_TAPE;

    (void)n;
    eg_watch(s->variable[0]);
    eg_tensor *y = eg_mul(eg_call(s->callee[3], s->variable[0]), eg_sum(in[0]));
    eg_tensor *loss = eg_mean(eg_square(eg_call(s->callee[1], y)));
    eg_gradient(loss, EG_IN(s->variable[0]), &g);
    eg_assign_sub(s->variable[0], eg_tanh(g));
    return eg_give(loss);
}

bool callees_make(state *s)
{
    static const eg_callable bodies[CALLEES] = {{bend, 1, "bend"}, {bend_twice, 1, "bend_twice"},
        {halve_large, 1, "halve_large"}, {branch_around, 1, "branch_around"},
        {recurse, 1, "recurse"}, {scale, 1, "scale"}, {raise_by_value, 1, "raise_by_value"},
        {assign, 1, "assign"}, {draw, 1, "draw"}, {descend, 1, "descend"}};

    s->self = s;
    s->factor = 1.5f;
    s->power = eg_function_of(power,
        .signature = EG_SIGNATURE({.name = "x"}, {.name = "n", .by_value = true}));
    for (int i = 0; i < CALLEES; i++) {
        bool scales = bodies[i].body == scale;
        void *env = scales ? (void *)&s->factor : (void *)&s->self;
        s->callee[i] = eg_function_from(&bodies[i], env, scales ? sizeof s->factor : 0);
    }
    return eg_ok();
}
