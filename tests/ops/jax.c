/* Gradients against JAX's, which jax/gradients.py wrote down.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include <math.h>

enum { MOST = 512 };

/* What the gradient of result k starts from, as gradients.py has it. */
static eg_tensor *weights(eg_tensor *y, int k)
{
    double w[MOST];

    for (int64_t i = 0; i < eg_size(y); i++)
        w[i] = cos(0.5 * (double)i + k);
    return (eg_copy)(EG_FLOAT64, y->spec.rank, y->spec.dims, w);
}

/* The results that are real, as one target, and where its gradient starts. */
static eg_tensor *target_of(const op_case *c, eg_tensor *y, eg_tensor **start)
{
    eg_tensor *part[EG__NAMED_OUT], *from[EG__NAMED_OUT];
    int n = 0;

    for (int k = 0; k < eg__n_out(c->op, NULL); k++) {
        part[n] = result(y, k);
        if (eg_dtype_of(part[n]) != EG_FLOAT64 || eg_size(part[n]) > MOST)
            continue;
        from[n] = weights(part[n], n);
        n++;
    }
    *start = eg_tuple_of(n, from);
    return eg_tuple_of(n, part);
}

static void check(const op_case *c)
{
    eg_tensor *in[EG__MAX_IN], *real[EG__NAMED_OUT], *dx[EG__NAMED_OUT], *start;
    int n = 0;
    EG_TAPE;

    case_inputs(c, in);
    for (int i = 0; i < c->n_in && n < EG__NAMED_OUT; i++)
        if (eg_dtype_of(in[i]) == EG_FLOAT64)
            eg_watch(real[n++] = in[i]);
    eg_tensor *target = target_of(c, case_apply(c, in), &start);
    eg_gradient(target, n, real, dx, .target_gradient = start);
    if (!is_fine(c, "its gradient"))
        return;
    for (int i = 0; i < n; i++)
        if (!agrees(c, dx[i], &c->out[i])) {
            char got[200], said[200];
            complain(c, "gradient %d is %s, JAX says %s", i,
                shown(&dx[i]->spec, dx[i]->data, got, sizeof got),
                shown(&c->out[i].spec, c->out[i].data, said, sizeof said));
        }
}

TEST(gradients_are_what_jax_says)
{
    int n;
    const op_case *all = gradient_cases(&n);

    for (int i = 0; i < n; i++)
        check(&all[i]);
    assert_no_complaints();
}
