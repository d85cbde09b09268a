/* Gradients kept from growing too long.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eagre/nn.h>
#include <eagre/ops.h>

static bool norm_ok(const char *op, double norm)
{
    if (eg_ok() && !(norm > 0))
        eg_fail(EG_INVALID, op, "the norm is not above 0");
    return eg_ok();
}

/* Of a gradient made of rows those that add up to each place count. */
static eg_tensor *squares(eg_tensor *x)
{
    return eg_sum(eg_square(eg_parts(x) == 2 ? eg_part(eg_combine_rows(x), 1) : x));
}

static eg_tensor *scaled(eg_tensor *x, eg_tensor *scale)
{
    bool rows = eg_parts(x) == 2;
    eg_tensor *y = rows ? eg_part(x, 1) : x;

    y = eg_ok() ? eg_mul(y, eg_cast(scale, eg_dtype_of(y))) : NULL;
    return rows && y ? eg_tuple_of(2, (eg_tensor *[]){eg_part(x, 0), y}) : y;
}

/* norm / max(length, norm): 1 for what is short enough. */
static eg_tensor *factor(eg_tensor *length, double norm)
{
    eg_tensor *most = eg_scalar(eg_dtype_of(length), norm);
    return eg_div(most, eg_maximum(length, most));
}

eg_tensor *eg_clip_by_norm(eg_tensor *x, double norm)
{
    if (!norm_ok("eg_clip_by_norm", norm))
        return NULL;
    return eg_mul(x, factor(eg_sqrt(squares(x)), norm));
}

/* The length of all gradients together, in the dtype they have in common. */
static eg_tensor *length_of(int n, eg_tensor *const gradients[])
{
    eg_tensor *sum = NULL;

    for (int i = 0; i < n && eg_ok(); i++)
        sum = i == 0 ? squares(gradients[i]) : eg_add(sum, squares(gradients[i]));
    return eg_sqrt(sum);
}

eg_status eg_clip_by_global_norm(int n, eg_tensor *const gradients[], double norm,
    eg_tensor *clipped[], eg_tensor **length)
{
    static const char op[] = "eg_clip_by_global_norm";
    eg_scope *scope = eg_scope_open();

    if (norm_ok(op, norm) && (n < 1 || !gradients || !clipped))
        eg_fail(EG_INVALID, op, "gradients and room for the clipped ones are needed");
    eg_tensor *all = eg_ok() ? length_of(n, gradients) : NULL, *scale = factor(all, norm);
    for (int i = 0; clipped && i < n; i++) {
        clipped[i] = eg_ok() ? eg_give(scaled(gradients[i], scale)) : NULL;
    }
    if (length)
        *length = eg_give(all);
    for (int i = 0; clipped && i < n && !eg_ok(); i++)
        clipped[i] = NULL;
    eg_scope_close(scope);
    return eg_pending(NULL);
}
