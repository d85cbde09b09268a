/* eg_vmap over every case: two examples, of which all inputs vary or only some, give what one
 * gives.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include <string.h>

enum { EXAMPLES = 2, LARGE = 20000 };

static eg_tensor *body(int n, eg_tensor *const in[], void *env)
{
    (void)n;
    return case_apply(env, in);
}

/* The value twice. */
static eg_tensor *doubled(eg_tensor *x)
{
    int64_t dims[EG_MAX_RANK + 1] = {EXAMPLES};

    memcpy(dims + 1, x->spec.dims, sizeof *dims * (size_t)x->spec.rank);
    return eg_broadcast_to(x, x->spec.rank + 1, dims);
}

static eg_tensor *example(eg_tensor *y, int i)
{
    eg_tensor *one = eg_slice(y, .begin = EG_AT(i), .count = EG_AT(1));
    return eg_reshape(one, eg_rank(y) - 1, y->spec.dims + 1);
}

static void compare(const op_case *c, eg_tensor *y, eg_tensor *expected)
{
    for (int k = 0; k < eg__n_out(c->op, NULL); k++) {
        eg_tensor *want = result(expected, k), *all = result(y, k);
        op_value value = {want->spec, want->data};
        for (int i = 0; i < EXAMPLES; i++)
            if (eg_rank(all) != eg_rank(want) + 1 || !agrees(c, example(all, i), &value))
                complain(c, "as example %d of %d it gives another result %d", i, EXAMPLES, k);
    }
}

/* `varying`: which inputs are mapped. */
static void check(const op_case *c, uint64_t varying)
{
    eg_tensor *in[EG__MAX_IN];
    int axes[EG__MAX_IN];
    EG_SCOPE;

    case_inputs(c, in);
    eg_tensor *expected = case_apply(c, in);
    for (int i = 0; i < c->n_in; i++) {
        bool varies = varying >> i & 1;
        axes[i] = varies ? 0 : EG_NOT_MAPPED;
        in[i] = varies ? doubled(in[i]) : in[i];
    }
    eg_tensor *y = eg_vmap(body, (void *)(uintptr_t)c, c->n_in, in, axes);
    if (is_fine(c, "for many examples"))
        compare(c, y, expected);
}

/* One more axis must be possible. */
static bool fits(const op_case *c)
{
    EG_SCOPE;
    eg_tensor *in[EG__MAX_IN];

    case_inputs(c, in);
    eg_tensor *y = case_apply(c, in);
    for (int k = 0; y && k < eg__n_out(c->op, NULL); k++)
        if (eg_rank(result(y, k)) >= EG_MAX_RANK)
            return false;
    for (int i = 0; i < c->n_in; i++)
        if (eg_rank(in[i]) >= EG_MAX_RANK)
            return false;
    return c->n_in > 0 && case_size(c) < LARGE;
}

TEST(many_examples_give_what_each_gives)
{
    FOR_EACH_CASE(c)
    {
        if (!fits(c))
            continue;
        check(c, ~UINT64_C(0));
        for (int i = 0; i < c->n_in && c->n_in > 1; i++)
            check(c, UINT64_C(1) << i);
    }
    assert_no_complaints();
}
