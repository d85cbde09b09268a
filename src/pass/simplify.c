/* Simplify: arithmetic that changes nothing goes, and a division by a power of two is a
 * multiplication. Every rule holds for every bit pattern, so some need to know that a value is no
 * signaling NaN, which most arithmetic makes quiet.
 *
 * x + 0 stays where x is real: it makes 0 of -0. Nothing is reassociated.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "ops/registry.h"
#include "pass/pass.h"
#include "pass/rewrite.h"
#include "tensor/tensor.h"
#include <math.h>
#include <string.h>

enum { MOST_EQUAL = 1024 }; /* elements of a constant that are looked through */

static const eg_node *maker(const eg__rewrite *r, eg_ref x)
{
    return &r->to->nodes[x.node];
}

static bool is_of_kind(const eg_spec *spec, unsigned kinds)
{
    return kinds >> eg__dtype(spec->dtype)->kind & 1;
}

/* Whether every element of a value is the given number. */
static bool is_number(const eg__rewrite *r, eg_ref x, int number)
{
    const eg_node *node = maker(r, x);
    size_t size = eg__dtype(node->out->dtype)->size;
    _Alignas(16) char wanted[16] = {0};

    if (node->op == &eg_op_broadcast_to)
        return is_number(r, node->in[0], number);
    if (node->op != &eg_op_constant || node->out->size > MOST_EQUAL)
        return false;
    eg__set_element_int(node->out->dtype, wanted, number);
    for (int64_t i = 0; i < node->out->size; i++)
        if (memcmp((const char *)node->tensor->data + (size_t)i * size, wanted, size) != 0)
            return false;
    return node->out->size > 0;
}

static bool is_any(const eg_opdef *op, const eg_opdef *const list[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (op == list[i])
            return true;
    return false;
}
#define IS_ANY(op, ...)                                                                            \
    is_any(op, (const eg_opdef *const[]){__VA_ARGS__},                                             \
        sizeof((const eg_opdef *const[]){__VA_ARGS__}) / sizeof(const eg_opdef *))

/* Whether a real value is never a signaling NaN. Sums and products can be: they may give a NaN in
 * their first input as it is. */
static bool is_quiet(const eg__rewrite *r, eg_ref x)
{
    return IS_ANY(maker(r, x)->op, &eg_op_sub, &eg_op_div, &eg_op_square, &eg_op_sqrt) ||
        !is_of_kind(eg__spec_of(r->to, x), EG__REALS);
}

/* ---- neutral elements ----------------------------------------------------------------------- */

static const struct neutral {
    const eg_opdef *op;
    unsigned kinds; /* for which it holds */
    int number, at; /* the neutral number, and as which input; -1: any */
} neutrals[] = {
    {&eg_op_add, EG__INTS, 0, -1},
    {&eg_op_sub, EG__NUMERIC, 0, 1},
    {&eg_op_mul, EG__NUMERIC, 1, -1},
    {&eg_op_div, EG__REALS, 1, 1},
    {&eg_op_bitwise_or, EG__INTS, 0, -1},
    {&eg_op_bitwise_xor, EG__INTS, 0, -1},
    {&eg_op_bitwise_left_shift, EG__INTS, 0, 1},
    {&eg_op_bitwise_right_shift, EG__INTS, 0, 1},
    {&eg_op_logical_or, EG__BOOLS, 0, -1},
    {&eg_op_logical_xor, EG__BOOLS, 0, -1},
    {&eg_op_logical_and, EG__BOOLS, 1, -1},
};

/* The input that a node gives back as it is; -1: none. */
static int neutral_operand(const eg__rewrite *r, const eg_node *node)
{
    for (size_t i = 0; i < sizeof neutrals / sizeof *neutrals; i++) {
        const struct neutral *n = &neutrals[i];
        if (node->op != n->op || !is_of_kind(node->out, n->kinds))
            continue;
        for (int k = 0; k < 2; k++)
            if (n->at != 1 - k && is_number(r, r->in[k], n->number) && is_quiet(r, r->in[1 - k]))
                return 1 - k;
    }
    return -1;
}

/* ---- twice the same ------------------------------------------------------------------------- */

/* Whether x makes of what `inner` makes the value that inner was made of. */
static bool undoes(const eg__rewrite *r, const eg_node *node, const eg_node *inner)
{
    if (node->op != inner->op || node->n_in != 1)
        return false;
    const eg__dtype_info *ends = eg__dtype(node->out->dtype);
    if (IS_ANY(node->op, &eg_op_neg, &eg_op_logical_not, &eg_op_bitwise_invert))
        return ends->kind != EG__COMPLEX && (!ends->is_half || is_quiet(r, inner->in[0]));
    if (node->op != &eg_op_cast)
        return false;
    const eg__dtype_info *middle = eg__dtype(inner->out->dtype);
    if (ends->kind == EG__BOOLEAN)
        return true;
    if (ends->kind == EG__INTEGER && middle->kind == EG__INTEGER)
        return middle->size >= ends->size;
    return ends->kind == EG__REAL && middle->kind == EG__REAL && !ends->is_half &&
        middle->size > ends->size && is_quiet(r, inner->in[0]);
}

/* Whether a second application changes nothing. */
static bool is_idempotent(const eg_opdef *op)
{
    return IS_ANY(op, &eg_op_abs, &eg_op_relu, &eg_op_floor, &eg_op_ceil, &eg_op_round,
        &eg_op_trunc);
}

static bool gives_equal_operands(const eg_node *node)
{
    if (IS_ANY(node->op, &eg_op_logical_and, &eg_op_logical_or, &eg_op_bitwise_and,
            &eg_op_bitwise_or))
        return true;
    return IS_ANY(node->op, &eg_op_maximum, &eg_op_minimum) && is_of_kind(node->out, EG__INTS);
}

/* What a node's result is without it; false: it is needed. */
static bool find_same(const eg__rewrite *r, const eg_node *node, eg_ref *same)
{
    const eg_node *inner = node->n_in == 1 ? maker(r, r->in[0]) : NULL;

    if (inner && inner->n_in == 1 && undoes(r, node, inner)) {
        *same = inner->in[0];
        return true;
    }
    if (inner && node->op == inner->op && is_idempotent(node->op) &&
        !is_of_kind(node->out, EG__COMPLEXES)) {
        *same = r->in[0];
        return true;
    }
    if (node->op == &eg_op_identity || (inner && node->op == &eg_op_stop_gradient)) {
        *same = r->in[0];
        return true;
    }
    if (node->n_in == 2 && eg__same_ref(r->in[0], r->in[1]) && gives_equal_operands(node)) {
        *same = r->in[0];
        return true;
    }
    if (node->op == &eg_op_where && eg__same_ref(r->in[1], r->in[2])) {
        *same = r->in[1];
        return true;
    }
    int k = node->n_in == 2 ? neutral_operand(r, node) : -1;
    if (k >= 0)
        *same = r->in[k];
    return k >= 0;
}

/* ---- cheaper -------------------------------------------------------------------------------- */

/* The constant 1/c of a constant c that is one power of two; NULL: it is not, or memory is out.
 * Its reciprocal has to be one that is not rounded, nor below the normal numbers. */
static eg_tensor *reciprocal(const eg__rewrite *r, eg_ref x)
{
    const eg_node *node = maker(r, x);
    int exponent;

    if (node->op != &eg_op_constant || node->out->size != 1 ||
        (node->out->dtype != EG_FLOAT32 && node->out->dtype != EG_FLOAT64))
        return NULL;
    double c = eg__element_real(node->out->dtype, node->tensor->data);
    if (!isfinite(c) || fabs(frexp(c, &exponent)) != 0.5 || exponent < -100 || exponent > 100)
        return NULL;
    eg_tensor *value = eg__value_new(node->out, "simplify");
    if (value && node->out->dtype == EG_FLOAT32)
        *(float *)value->data = (float)(1 / c);
    else if (value)
        *(double *)value->data = 1 / c;
    return value;
}

/* x / 2^k as 2^-k * x: the same quotient is rounded once, and a NaN made quiet. */
static int multiply_instead(eg__rewrite *r, const eg_node *node)
{
    eg_tensor *value = node->op == &eg_op_div ? reciprocal(r, r->in[1]) : NULL;

    if (!value)
        return -1;
    int at = eg__graph_add_tensor(r->to, &eg_op_constant, value);
    eg__unref(value);
    if (at < 0)
        return -1;
    eg_ref in[2] = {{(uint32_t)at, 0}, r->in[0]};
    r->to->nodes[at].site = node->site;
    at = eg__graph_add(r->to, &eg_op_mul, NULL, 2, in, node->out);
    if (at >= 0)
        r->to->nodes[at].site = node->site;
    return at;
}

static bool visit(eg__rewrite *r, int i)
{
    const eg_node *node = &r->from->nodes[i];
    eg_ref same;

    eg__rewrite_inputs(r, i);
    if (node->n_out == 1 && !node->name && find_same(r, node, &same) &&
        eg__same_spec(eg__spec_of(r->to, same), node->out)) {
        eg__rewrite_put_one(r, i, 0, same);
        return true;
    }
    int at = node->name ? -1 : multiply_instead(r, node);
    if (at >= 0)
        eg__rewrite_put(r, i, (uint32_t)at);
    return at >= 0 || (!eg__me.failed && eg__rewrite_keep(r, i));
}

eg_status eg__pass_simplify(eg_graph *graph)
{
    eg__rewrite r;
    bool done = eg__rewrite_begin(&r, graph);

    for (int i = 0; done && i < graph->n; i++)
        done = visit(&r, i);
    return eg__rewrite_end(&r, done);
}
