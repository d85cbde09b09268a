/* Staged control flow of random programs: loops, branches, loops of loops and branches.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

/* What bodies find in their environment. */
typedef struct staged {
    int which;
    float number;
    eg_tensor *other;
} staged;

/* The last argument, changed, in its shape. */
static eg_tensor *next(int n, eg_tensor *const in[], void *env)
{
    const staged *s = env;
    eg_tensor *by = eg_add(eg_tanh(eg_sum(s->other)), 0.5);
    return program_tamed(eg_mul(program_unary(s->which % 11, in[n - 1]), by), 1);
}

static eg_tensor *opposite(int n, eg_tensor *const in[], void *env)
{
    (void)env;
    return eg_neg(in[n - 1]);
}

static eg_tensor *is_below(int n, eg_tensor *const in[], void *env)
{
    const staged *s = env;
    return eg_less(eg_sum(in[n - 1]), s->number);
}

static eg_tensor *cell(int n, eg_tensor *const in[], void *env)
{
    const staged *s = env;
    eg_tensor *after = eg_tanh(eg_add(in[0], eg_mul(in[n - 1], eg_sum(s->other))));
    return eg_tuple(after, eg_mul(in[0], in[n - 1]));
}

static eg_tensor *after(int n, eg_tensor *const in[], void *env)
{
    return eg_part(cell(n, in, env), 0);
}

/* Row t of three. */
static eg_tensor *write(int n, eg_tensor *const in[], void *env)
{
    const staged *s = env;
    eg_tensor *rows = in[n - 1], *old = eg_tensor_array_read(rows, in[0]);

    rows = eg_tensor_array_write(rows, in[0], eg_tanh(eg_add(old, eg_sum(s->other))));
    return s->which % 2 ? eg_add(rows, eg_mul(in[n - 1], 0.5)) : rows;
}

/* How often a loop runs: 0 to 3 times. */
static eg_tensor *count_of(eg_tensor *x)
{
    return eg_remainder(eg_cast(eg_sum(x), EG_INT64), 4);
}

static eg_tensor *loop(staged *s, eg_tensor *x)
{
    eg_while_attrs few = {.size = sizeof few, .most = 4};

    if (s->which % 7 == 0)
        return eg_for(count_of(x), next, s, 1, &x, .recompute = s->which % 2);
    if (s->which % 7 == 1)
        return eg_while_with(is_below, next, s, 1, &x, &few);
    if (s->which % 7 == 2)
        return eg_fold(after, s, 1, EG_IN(eg_sum(x), program_row(x)), .reverse = s->which % 2);
    if (s->which % 7 == 3)
        return eg_map(opposite, s, EG_IN(program_row(x)));
    if (s->which % 7 == 4)
        return eg_for(count_of(x), write, s, EG_IN(program_row(x)));
    eg_tensor *y = eg_scan(cell, s, 1, EG_IN(eg_sum(x), program_row(x)));
    return eg_add(eg_part(y, 0), eg_part(y, 1));
}

eg_tensor *staged_loop(int which, float number, eg_tensor *x, eg_tensor *other)
{
    return loop(&(staged){which, number, other}, x);
}

eg_tensor *staged_choice(int which, float number, eg_tensor *x, eg_tensor *other)
{
    staged s = {which, number, other};
    return eg_cond(is_below(1, &x, &s), next, opposite, &s, 1, &x);
}

/* ---- nested ---------------------------------------------------------------------------------- */

/* A step with a loop in it, or a branch; in x's shape. */
static eg_tensor *inner(int n, eg_tensor *const in[], void *env)
{
    const staged *s = env;
    staged in_it = {s->which / 4, s->number - 1, in[n - 1]};
    eg_tensor *x = in[n - 1];

    if (s->which % 4 < 2)
        return eg_for(count_of(eg_mul(x, 2)), next, &in_it, 1, &x);
    if (s->which % 4 == 2)
        return eg_cond(is_below(1, &x, &in_it), next, opposite, &in_it, 1, &x);
    eg_tensor *sum = eg_sum(loop(&(staged){s->which, s->number, s->other}, x));
    return program_tamed(eg_add(x, sum), 1);
}

/* A branch with loops in it. */
static eg_tensor *deeper(int n, eg_tensor *const in[], void *env)
{
    const staged *s = env;
    eg_while_attrs few = {.size = sizeof few, .most = 2};
    staged in_it = {s->which, s->number, s->other};

    return eg_while_with(is_below, inner, &in_it, 1, &in[n - 1], &few);
}

eg_tensor *staged_nest(int which, float number, eg_tensor *x, eg_tensor *other)
{
    staged s = {which, number, other};

    if (which % 5 == 0)
        return eg_switch(count_of(x), 3, (const eg_body[]){inner, deeper, opposite}, &s, 1, &x);
    if (which % 5 == 1)
        return eg_cond(is_below(1, &x, &s), deeper, inner, &s, 1, &x);
    if (which % 5 == 2)
        return eg_for(count_of(other), deeper, &s, 1, &x);
    return eg_for(count_of(x), inner, &s, 1, &x);
}

/* ---- effects --------------------------------------------------------------------------------- */

typedef struct acting {
    staged s;
    state *state;
} acting;

/* The last argument, changed; what else is done `which` says. */
static eg_tensor *act(int n, eg_tensor *const in[], void *env)
{
    const acting *a = env;
    eg_tensor *x = in[n - 1], **v = a->state->variable, *key;

    if (a->s.which & 1)
        eg_assign_add(v[1], eg_mul(eg_tanh(eg_sum(x)), 0.25));
    if (a->s.which & 2) {
        eg_next_key(a->state->generator, &key);
        x = eg_add(x, eg_sum(eg_uniform(key, EG_DIMS(2))));
    }
    if (a->s.which & 4)
        eg_print(x, .to = a->state->printed);
    if (a->s.which & 8)
        eg_assign(v[0], eg_add(eg_mul(program_row(x), 0.125), eg_mul(v[0], 0.25)));
    if ((a->s.which & 9) == 9)
        x = eg_add(x, eg_gather(v[0], eg_cast(eg_mul(v[1], 4), EG_INT32)));
    return program_tamed(eg_mul(x, eg_add(v[1], 0.5)), 1);
}

static eg_tensor *act_or_not(int n, eg_tensor *const in[], void *env)
{
    acting *a = env;
    return eg_cond(is_below(n, in, &a->s), act, opposite, a, 1, &in[n - 1]);
}

/* Says when to stop by a variable. */
static eg_tensor *is_calm(int n, eg_tensor *const in[], void *env)
{
    const acting *a = env;
    return eg_logical_and(is_below(n, in, env), eg_less(a->state->variable[1], 1));
}

eg_tensor *staged_effects(state *s, int which, float number, eg_tensor *x, eg_tensor *other)
{
    acting a = {{which / 4, number, other}, s};
    eg_while_attrs few = {.size = sizeof few, .most = 3};

    x = eg_sum(x);
    if (which % 4 == 0)
        return eg_for(count_of(other), act, &a, 1, &x);
    if (which % 4 == 1)
        return eg_while_with(is_calm, act, &a, 1, &x, &few);
    if (which % 4 == 2)
        return act_or_not(1, &x, &a);
    return eg_for(count_of(other), act_or_not, &a, 1, &x, .recompute = which & 32);
}
