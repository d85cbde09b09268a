/* Which values an integer of a symbolic trace can have: few of them are a question with so many
 * answers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "function/symbolic.h"
#include "ops/registry.h"
#include <eagre/ops/reduce.h>

enum { DEEPEST = 10, LARGE = 1 << 20 }; /* how far it looks; what it counts with */

static bool between(int64_t low, int64_t high, int64_t range[2])
{
    range[0] = low;
    range[1] = high;
    return low <= high && low >= -LARGE && high <= LARGE;
}

static bool range_of_constant(const eg_tensor *x, int64_t range[2])
{
    const eg__dtype_info *d = eg__dtype(x->spec.dtype);
    int64_t low = INT64_MAX, high = INT64_MIN;

    if (d->kind != EG__INTEGER || x->kind != EG__VALUE || x->spec.size > 64)
        return false;
    for (int64_t i = 0; i < x->spec.size; i++) {
        int64_t v = eg__element_int(x->spec.dtype, (const char *)x->data + (size_t)i * d->size);
        low = v < low ? v : low;
        high = v > high ? v : high;
    }
    return between(low, high, range);
}

/* The place of a largest or smallest element. */
static bool range_of_place(const eg_graph *pool, const eg_node *node, int64_t range[2])
{
    const eg_argmax_attrs *attrs = node->attrs;
    const eg_spec *x = eg__spec_of(pool, node->in[0]);
    int axis = attrs->axis;

    return eg__axis_ok(&axis, x->rank) && between(0, x->dims[axis] - 1, range);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Of an operation on two numbers in the ranges x and y. */
static bool range_of_two(const eg_opdef *op, const int64_t x[2], const int64_t y[2],
    int64_t range[2])
{
    if (op == &eg_op_add)
        return between(x[0] + y[0], x[1] + y[1], range);
    if (op == &eg_op_sub)
        return between(x[0] - y[1], x[1] - y[0], range);
    if (op == &eg_op_minimum)
        return between(least(x[0], y[0]), least(x[1], y[1]), range);
    if (op == &eg_op_maximum)
        return between(most(x[0], y[0]), most(x[1], y[1]), range);
    if (op != &eg_op_mul)
        return false;
    int64_t a = x[0] * y[0], b = x[0] * y[1], c = x[1] * y[0], d = x[1] * y[1];
    return between(least(least(a, b), least(c, d)), most(most(a, b), most(c, d)), range);
}

/* What the dtype cannot hold wraps around. */
static bool holds(eg_dtype dtype, const int64_t range[2])
{
    return eg__dtype_holds(dtype, (double)range[0]) && eg__dtype_holds(dtype, (double)range[1]);
}

static bool find(const eg_graph *pool, eg_ref r, int depth, int64_t range[2])
{
    const eg_node *node = &pool->nodes[r.node];
    const eg_spec *x = node->n_in > 0 ? eg__spec_of(pool, node->in[0]) : NULL;
    int64_t a[2], b[2];

    if (node->op == &eg_op_constant)
        return range_of_constant(node->tensor, range);
    if (node->op == &eg_op_argmax || node->op == &eg_op_argmin)
        return range_of_place(pool, node, range);
    if (node->op == &eg_op_cast && x->dtype == EG_BOOL)
        return between(0, 1, range);
    if (!x || depth == DEEPEST)
        return false;
    if (node->n_in == 1 && (node->op == &eg_op_cast || (node->op->traits & EG__VIEW)))
        return eg__symbolic_range(pool, node->in[0], depth + 1, range);
    if (node->n_in != 2 || !eg__symbolic_range(pool, node->in[1], depth + 1, b))
        return false;
    if (node->op == &eg_op_remainder) /* has the sign of the divisor */
        return b[0] > 0 && between(0, b[1] - 1, range);
    return eg__symbolic_range(pool, node->in[0], depth + 1, a) &&
        range_of_two(node->op, a, b, range);
}

bool eg__symbolic_range(const eg_graph *pool, eg_ref r, int depth, int64_t range[2])
{
    eg_dtype dtype = eg__spec_of(pool, r)->dtype;

    return eg__dtype(dtype)->kind == EG__INTEGER && find(pool, r, depth, range) &&
        holds(dtype, range);
}
