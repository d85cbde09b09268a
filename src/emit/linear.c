/* Matrix products.
 *
 * Where the columns of the right matrix lie side by side, a row of the result is the sum of its
 * rows, in the order of their numbers; else each element is a product of two rows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit/emit.h"
#include "kernel/integer.h"
#include <eagre/ops.h>

/* A product of stacks: where each matrix begins, by its place in the stack. */
typedef struct product {
    int64_t rows, inner, columns;
    int64_t a_row, a_inner, b_inner, b_column; /* strides */
    eg__walk stack;
    eg_dtype dtype;
} product;

static int64_t from_end(const eg_spec *x, int i)
{
    return x->dims[x->rank - i];
}

static void measure(product *p, const eg__work *w, const eg_matmul_attrs *attrs)
{
    const eg_spec *a = w->in[0]->spec, *b = w->in[1]->spec, *y = w->out[0]->spec;
    int64_t sa[EG_MAX_RANK], sb[EG_MAX_RANK], sy[EG_MAX_RANK];
    eg_spec la = *a, lb = *b, ly = *y;

    *p = (product){.rows = from_end(y, 2), .columns = from_end(y, 1), .dtype = y->dtype};
    p->inner = from_end(a, attrs->transpose_a ? 2 : 1);
    p->a_row = attrs->transpose_a ? 1 : p->inner;
    p->a_inner = attrs->transpose_a ? p->rows : 1;
    p->b_inner = attrs->transpose_b ? 1 : p->columns;
    p->b_column = attrs->transpose_b ? p->inner : 1;
    la.rank -= 2;
    lb.rank -= 2;
    ly.rank -= 2;
    eg__broadcast_strides(&la, &ly, sa);
    eg__broadcast_strides(&lb, &ly, sb);
    eg__strides(&ly, sy);
    for (int i = 0; i < ly.rank; i++)
        eg__walk_add(&p->stack, ly.dims[i], sy[i] * p->rows * p->columns,
            sa[i] * p->rows * p->inner, sb[i] * p->inner * p->columns);
    eg__walk_join(&p->stack);
}

void eg__add_product(eg__emitter *e, const eg__cvalue *to, const char *at, const char *a,
    const char *b)
{
    eg_dtype dtype = to->spec->dtype;
    const char *type = eg__c_type(dtype), *sum = eg__read(e, to, at);
    const char *wide = eg__dtype(dtype)->size == 8 ? "uint64_t" : "uint32_t";

    if (eg__c_is_real(dtype))
        eg__line(e, "%s += %s * %s;", sum, a, b);
    else
        eg__line(e, "%s = (%s)((%s)%s + (%s)%s * (%s)%s);", sum, type, wide, sum, wide, a, wide, b);
}

/* Each element as a product of rows. */
static void write_dots(eg__emitter *e, const eg__work *w, const product *p, const char *const at[])
{
    const char *i = p->rows == 1 ? NULL : eg__loop(e, p->rows);
    const char *j = p->columns == 1 ? NULL : eg__loop(e, p->columns);
    const char *index[] = {i, j};
    const char *y = eg__c_index(e, 2, index, (int64_t[]){p->columns, 1}, 0);
    const char *a = eg__c_index(e, 2, index, (int64_t[]){p->a_row, 0}, 0);
    const char *b = eg__c_index(e, 2, index, (int64_t[]){0, p->b_column}, 0);

    eg__write(e, w->out[0], eg__c_sum(e, at[0], y),
        eg__say(e, "%s(%s, %s, %lld)", eg__helper(e, "dot", p->dtype),
            eg__c_sum(e, eg__pointer(e, w->in[0]), eg__c_sum(e, at[1], a)),
            eg__c_sum(e, eg__pointer(e, w->in[1]), eg__c_sum(e, at[2], b)), (long long)p->inner));
    if (j)
        eg__close(e);
    if (i)
        eg__close(e);
}

/* Each row as a sum of rows. */
static void write_rows(eg__emitter *e, const eg__work *w, const product *p, const char *const at[])
{
    const char *i = p->rows == 1 ? NULL : eg__loop(e, p->rows);
    const char *index[] = {i, NULL, NULL};
    const char *row = eg__c_index(e, 1, index, (int64_t[]){p->columns}, 0);
    const char *j = eg__loop(e, p->columns);

    eg__write(e, w->out[0], eg__c_sum(e, eg__c_sum(e, at[0], row), j), "0");
    eg__close(e);
    if (p->inner > 0) {
        index[1] = eg__loop(e, p->inner);
        const char *a = eg__c_index(e, 2, index, (int64_t[]){p->a_row, p->a_inner}, 0);
        const char *factor = eg__c_name(e, "factor");
        eg__line(e, "const %s %s = %s;", eg__c_type(p->dtype), factor,
            eg__read(e, w->in[0], eg__c_sum(e, at[1], a)));
        index[2] = eg__loop(e, p->columns);
        const char *b = eg__c_index(e, 3, index, (int64_t[]){0, p->b_inner, p->b_column}, 0);
        const char *to = eg__c_sum(e, eg__c_sum(e, at[0], row), index[2]);
        eg__add_product(e, w->out[0], to, factor, eg__read(e, w->in[1], eg__c_sum(e, at[2], b)));
        eg__close(e);
        eg__close(e);
    }
    if (i)
        eg__close(e);
}

static bool write_matmul(eg__emitter *e, const eg__work *w)
{
    product p;

    measure(&p, w, w->node->attrs);
    if (!eg__walk_open(e, &p.stack))
        return true;
    const char *at[] = {eg__walk_at(e, &p.stack, 0, 0), eg__walk_at(e, &p.stack, 1, 0),
        eg__walk_at(e, &p.stack, 2, 0)};
    bool is_vector = p.columns == 1 && (p.b_inner == 1 || p.inner == 1);
    bool dots =
        eg__c_is_plain(p.dtype) && p.a_inner == 1 && (p.b_inner == 1 || is_vector) && p.inner > 0;
    if (dots)
        write_dots(e, w, &p, at);
    else
        write_rows(e, w, &p, at);
    eg__walk_close(e, &p.stack);
    return true;
}

/* ---- products of bytes ----------------------------------------------------------------------- */

/* What stands for 0: one number, or one for each row or column. */
static const char *zero(eg__emitter *e, const eg__cvalue *v, const char *at)
{
    return v->spec->size == 0 ? "0" : eg__read(e, v, v->spec->size == 1 ? "0" : at);
}

static bool write_matmul_integer(eg__emitter *e, const eg__work *w)
{
    const eg_matmul_attrs plain = {.size = sizeof plain};
    product p;

    measure(&p, w, &plain);
    if (!eg__walk_open(e, &p.stack))
        return true;
    const char *i = eg__loop(e, p.rows), *j = eg__loop(e, p.columns), *sum = eg__c_name(e, "sum");
    eg__line(e, "int32_t %s = 0;", sum);
    if (p.inner > 0) {
        const char *k = eg__loop(e, p.inner);
        const char *a = eg__c_sum(e, eg__walk_at(e, &p.stack, 1, 0),
            eg__say(e, "%s * %lld + %s", i, (long long)p.inner, k));
        const char *b = eg__c_sum(e, eg__walk_at(e, &p.stack, 2, 0),
            eg__say(e, "%s * %lld + %s", k, (long long)p.columns, j));
        eg__line(e, "%s += (%s - %s) * (%s - %s);", sum, eg__read(e, w->in[0], a),
            zero(e, w->in[2], i), eg__read(e, w->in[1], b), zero(e, w->in[3], j));
        eg__close(e);
    }
    eg__write(e, w->out[0],
        eg__c_sum(e, eg__walk_at(e, &p.stack, 0, 0),
            eg__say(e, "%s * %lld + %s", i, (long long)p.columns, j)),
        sum);
    eg__close(e);
    eg__close(e);
    eg__walk_close(e, &p.stack);
    return true;
}

const eg__emission eg__emit_linear[] = {
    {"MatMul", write_matmul, false},
    {"MatMulInteger", write_matmul_integer, false},
    {0},
};
