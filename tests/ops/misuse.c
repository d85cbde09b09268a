/* Operations used wrongly: eagerly, while a graph is built and while a function is recorded. Each
 * time the result is NULL, the error names the operation and the caller's line, and the same
 * operation used rightly works afterwards.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include <stdlib.h>
#include <string.h>

static const eg_site here = {"user.c", 123, "user"};

/* An operation with arguments that do not fit. */
typedef struct mistake {
    const op_case *c; /* names the operation, and a right use of it */
    _Alignas(16) unsigned char attrs[EG__ATTRS_SIZE];
    int n;
    eg_tensor *in[EG__MAX_IN + 1];
    eg_status status;
    const char *part; /* of the message */
} mistake;

typedef enum way { EAGER, IN_GRAPH, IN_FUNCTION, WAYS } way;

static const char *const way_names[] = {"eagerly", "in a graph", "in a function"};

static eg_tensor *commit_mistake(const mistake *m)
{
    eg_at(&here);
    return eg_apply(m->c->op, m->c->op->attrs ? m->attrs : NULL, m->n, m->in);
}

/* ---- three ways ----------------------------------------------------------------------------- */

static eg_tensor *mistaken_body(int n, eg_tensor *const in[], void *env)
{
    mistake *m;

    (void)n, (void)in;
    memcpy(&m, env, sizeof m);
    return commit_mistake(m);
}

static bool in_function(const mistake *m)
{
    eg_function *f = eg_function_new(mistaken_body, 0, &m, sizeof m);
    bool succeeds = eg_call_of(f, 0, NULL) != NULL;

    eg_function_free(f);
    return succeeds;
}

/* What a graph cannot see yet, its session must. */
static bool in_graph(const mistake *m)
{
    eg_graph *graph = eg_graph_new("wrong");
    eg_tensor *y = NULL, *out;
    bool succeeds;

    {
        EG_GRAPH(graph);
        y = commit_mistake(m);
        succeeds = y != NULL;
        if (y)
            y = eg_give(result(y, 0));
    }
    if (y && (m->c->op->traits & EG__MAY_FAIL)) {
        eg_session *session = eg_session_new(graph);
        succeeds = eg_session_run(session, 0, NULL, 1, &y, &out) == EG_OK;
        eg_session_free(session);
    }
    eg_graph_free(graph);
    return succeeds;
}

static bool commit(const mistake *m, way how)
{
    if (how == IN_GRAPH)
        return in_graph(m);
    return how == IN_FUNCTION ? in_function(m) : commit_mistake(m) != NULL;
}

/* ---- what must follow ----------------------------------------------------------------------- */

static void check_error(const mistake *m, const eg_error *e, const char *what, way how)
{
    if (e->status != m->status || strcmp(e->op, m->c->op->name) != 0 ||
        !strstr(e->message, m->part))
        complain(m->c, "%s, %s: %s: %s: %s", what, way_names[how], eg_status_name(e->status), e->op,
            e->message);
    if (strcmp(e->file, here.file) != 0 || e->line != here.line ||
        strcmp(e->function, here.function) != 0)
        complain(m->c, "%s, %s: the error is at %s:%d in %s", what, way_names[how], e->file,
            e->line, e->function);
}

static void check_right_use(const op_case *c, const char *what)
{
    eg_tensor *in[EG__MAX_IN];
    EG_SCOPE;

    if (c->error[0])
        return;
    case_inputs(c, in);
    case_apply(c, in);
    is_fine(c, what);
}

static void check(const mistake *m, const char *what)
{
    for (way how = EAGER; how < WAYS; how++) {
        eg_error e;
        bool succeeds;
        {
            EG_TRY(&e);
            succeeds = commit(m, how);
        }
        if (succeeds)
            complain(m->c, "%s, %s: it succeeds", what, way_names[how]);
        else
            check_error(m, &e, what, how);
        check_right_use(m->c, what);
    }
}

/* The first case of an operation, as a mistake to be made. */
static bool mistake_set(mistake *m, const eg_opdef *op)
{
    FOR_EACH_CASE(c)
    if (c->op == op) {
        *m = (mistake){.c = c, .n = c->n_in, .status = EG_INVALID, .part = ""};
        memcpy(m->attrs, c->attrs, sizeof m->attrs);
        case_inputs(c, m->in);
        return true;
    }
    return false;
}

/* ---- inputs --------------------------------------------------------------------------------- */

static void check_input(const eg_opdef *op, int i, eg_tensor *x, eg_status status, const char *part)
{
    mistake m;

    if (!mistake_set(&m, op) || i >= m.n)
        return;
    m.in[i] = x;
    m.status = status;
    m.part = part;
    check(&m, part);
}

static eg_tensor *unconnected(void)
{
    eg_tensor *x = EG_F32(1), *y = EG_F32(2), *g;
    EG_TAPE;

    eg_watch(x);
    eg_watch(y);
    eg_gradient_with(eg_square(x), 1, &y, &g,
        &(eg_gradient_attrs){.size = sizeof(eg_gradient_attrs), .unconnected_none = true});
    return eg_give(g);
}

static eg_tensor *spent(void)
{
    eg_tensor *x = EG_F32(1), *y, *g;
    EG_TAPE;

    eg_watch(x);
    y = eg_give(eg_square(x));
    eg_gradient(eg_square(y), 1, &x, &g);
    return y;
}

/* A symbol of another graph, in place of input i. */
static void check_foreign_symbol(const eg_opdef *op, int i)
{
    eg_graph *other = eg_graph_new("other");
    eg_tensor *symbol = NULL;
    mistake m;
    EG_SCOPE;

    if (mistake_set(&m, op) && i < m.n) {
        EG_GRAPH(other);
        const eg_spec *s = &m.c->in[i].spec;
        symbol = eg_give((eg_placeholder)("x", s->dtype, s->rank, s->dims));
    }
    if (symbol)
        check_input(op, i, symbol, EG_INVALID, "symbol of ");
    eg_graph_free(other);
}

TEST(an_input_that_is_no_value_is_named_in_the_error)
{
    FOR_EACH_OP(op)
    for (int i = 0; i < (op->variadic ? 2 : eg__n_named(op)); i++) {
        EG_SCOPE;
        check_input(op, i, NULL, EG_INVALID, "is NULL");
        check_input(op, i, eg_tuple(EG_F32(1), EG_F32(2)), EG_INVALID, "is a tuple");
        check_input(op, i, unconnected(), EG_INVALID, "is an unconnected gradient");
        check_input(op, i, spent(), EG_STATE, "is spent");
        check_foreign_symbol(op, i);
    }
    assert_no_complaints();
}

#if EG_CRUEL
TEST(an_input_whose_scope_has_closed_is_named_in_the_error)
{
    FOR_EACH_OP(op)
    for (int i = 0; i < (op->variadic ? 1 : eg__n_named(op)); i++) {
        eg_tensor *x;
        EG_SCOPE;
        {
            EG_SCOPE;
            x = EG_F32(1);
        }
        mistake m;
        if (mistake_set(&m, op) && i < m.n) {
            m.in[i] = x;
            m.status = EG_STATE;
            m.part = "was freed";
            assert_null(commit_mistake(&m));
            assert_error(m.status, m.part);
        }
    }
    assert_no_complaints();
}
#endif

static void check_kind(const eg_opdef *op, int i, eg_dtype dtype)
{
    mistake m;
    EG_SCOPE;

    if (!op->types[i] || op->types[i] & 1u << eg__dtype(dtype)->kind || !mistake_set(&m, op))
        return;
    m.in[i] = (eg_zeros)(dtype, m.in[i]->spec.rank, m.in[i]->spec.dims);
    m.part = eg_dtype_name(dtype);
    check(&m, "another dtype");
}

TEST(dtypes_that_an_input_does_not_take_are_errors)
{
    FOR_EACH_OP(op)
    for (int i = 0; i < eg__n_named(op); i++)
        for (int dtype = EG_BOOL; dtype < EG__DTYPES; dtype++)
            check_kind(op, i, (eg_dtype)dtype);
    assert_no_complaints();
}

TEST(inputs_of_kinds_that_do_not_mix_are_errors)
{
    FOR_EACH_OP(op)
    for (int i = 0; i < (op->variadic ? 2 : eg__n_named(op)); i++) {
        mistake m;
        EG_SCOPE;
        if (!mistake_set(&m, op) || !(op->variadic ? op->promote : op->promote >> i & 1) || m.n < 2)
            continue;
        bool floating = eg__is_floating(eg_dtype_of(m.in[i]));
        m.in[i] =
            (eg_zeros)(floating ? EG_INT32 : EG_FLOAT32, m.in[i]->spec.rank, m.in[i]->spec.dims);
        check(&m, "kinds that do not mix");
    }
    assert_no_complaints();
}

TEST(another_number_of_inputs_is_an_error)
{
    FOR_EACH_OP(op)
    {
        mistake m;
        EG_SCOPE;
        if (!mistake_set(&m, op))
            continue;
        int right = op->variadic ? EG__MAX_IN : m.n;
        for (int i = 0; i < EG__MAX_IN + 1; i++)
            m.in[i] = i < m.n ? m.in[i] : EG_F32(1);
        m.part = "inputs";
        m.n = right + 1;
        check(&m, "one input more");
        m.n = op->variadic ? 0 : right - 1;
        if (m.n >= 0)
            check(&m, "one input less");
        m.n = -1;
        check(&m, "-1 inputs");
    }
    assert_no_complaints();
}

TEST(shapes_that_do_not_broadcast_are_errors)
{
    FOR_EACH_OP(op)
    for (int i = 0; i < eg__n_named(op); i++) {
        mistake m;
        EG_SCOPE;
        if (!(op->traits & EG__ELEMENTWISE) || eg__n_named(op) < 2 || !mistake_set(&m, op))
            continue;
        for (int k = 0; k < m.n; k++)
            m.in[k] = (eg_zeros)(eg_dtype_of(m.in[k]), EG_DIMS(2, k == i ? 3 : 2));
        m.part = "[2,3]";
        check(&m, "shapes that do not broadcast");
    }
    assert_no_complaints();
}

/* ---- attributes ----------------------------------------------------------------------------- */

/* Whether the operation has a place for the value at all: an axis that counts, not any number. */
static bool is_axis(const eg_attr *t)
{
    return t->kind == EG__ATTR_AXES || (t->kind == EG__ATTR_INT && strcmp(t->name, "axis") == 0);
}

static void set_axis(mistake *m, const eg_attr *t, int axis)
{
    eg_axes *axes = (eg_axes *)(void *)(m->attrs + t->offset);

    if (t->kind == EG__ATTR_AXES)
        *axes = (eg_axes){1, {axis}};
    else
        memcpy(m->attrs + t->offset, &axis, sizeof axis);
}

/* An axis is looked at only where not_last_axis says so. */
static void look_at_axis(mistake *m)
{
    for (const eg_attr *t = m->c->op->attrs; t->name; t++)
        if (strcmp(t->name, "not_last_axis") == 0)
            *(bool *)(m->attrs + t->offset) = true;
}

static void check_axes(const eg_opdef *op, const eg_attr *t)
{
    static const int wrong[] = {8, -9, 99, INT32_MAX, INT32_MIN};

    for (size_t i = 0; is_axis(t) && i < sizeof wrong / sizeof *wrong; i++) {
        mistake m;
        EG_SCOPE;
        if (!mistake_set(&m, op))
            return;
        look_at_axis(&m);
        set_axis(&m, t, wrong[i]);
        check(&m, "an axis that is not there");
    }
}

static void check_length(const eg_opdef *op, const eg_attr *t)
{
    static const int wrong[] = {9, -1, INT32_MAX, INT32_MIN};

    if (t->kind != EG__ATTR_AXES && t->kind != EG__ATTR_INDEX)
        return;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        mistake m;
        EG_SCOPE;
        if (!mistake_set(&m, op))
            return;
        memcpy(m.attrs + t->offset, &wrong[i], sizeof wrong[i]);
        m.part = t->name;
        check(&m, "a list of impossible length");
    }
}

static void check_dtype(const eg_opdef *op, const eg_attr *t)
{
    static const int wrong[] = {-1, 0, EG__DTYPES, 99, INT32_MAX};

    for (size_t i = 0; t->kind == EG__ATTR_DTYPE && i < sizeof wrong / sizeof *wrong; i++) {
        mistake m;
        EG_SCOPE;
        if (!mistake_set(&m, op))
            return;
        memcpy(m.attrs + t->offset, &wrong[i], sizeof wrong[i]);
        m.part = "dtype";
        check(&m, "a number that is no dtype");
    }
}

/* Sizes below zero and beyond any memory; what is a size and no position must be refused. */
static void check_size(const eg_opdef *op, const eg_attr *t)
{
    static const int64_t wrong[] = {INT64_MIN, -2, INT64_MAX / 2, INT64_MAX};
    bool is_dims = t->kind == EG__ATTR_INDEX && strcmp(t->name, "dims") == 0;
    bool is_size =
        t->kind == EG__ATTR_INT64 && strcmp(t->name, "fill") != 0 && strcmp(t->name, "most") != 0;

    if (!is_dims && !is_size)
        return;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        mistake m;
        EG_SCOPE;
        if (!mistake_set(&m, op))
            return;
        if (is_dims)
            *(eg_index *)(void *)(m.attrs + t->offset) = (eg_index){2, {wrong[i], 16}};
        else
            memcpy(m.attrs + t->offset, &wrong[i], sizeof wrong[i]);
        check(&m, "an impossible size");
    }
}

TEST(attributes_out_of_range_are_errors)
{
    FOR_EACH_OP(op)
    for (const eg_attr *t = op->attrs; t && t->name; t++) {
        check_axes(op, t);
        check_length(op, t);
        check_dtype(op, t);
        check_size(op, t);
    }
    assert_no_complaints();
}

/* ---- mistakes of the tables ----------------------------------------------------------------- */

TEST(cases_that_fail_say_what_their_tables_say)
{
    int n;
    const op_case *all = cases(&n);

    for (int i = 0; i < n; i++) {
        mistake m = {.c = &all[i], .n = all[i].n_in, .status = EG_INVALID, .part = all[i].error};
        EG_SCOPE;
        if (!all[i].error[0])
            continue;
        memcpy(m.attrs, all[i].attrs, sizeof m.attrs);
        case_inputs(&all[i], m.in);
        check(&m, "a case that fails");
    }
    assert_no_complaints();
}

/* Whether a mistake lies in the values alone: another case of the same shapes succeeds. */
static bool same_signature(const op_case *a, const op_case *b)
{
    if (a->op != b->op || a->n_in != b->n_in || !(a->op->traits & EG__MAY_FAIL) ||
        (a->op->attrs && !eg__attrs_equal(a->op->attrs, a->attrs, b->attrs)))
        return false;
    for (int i = 0; i < a->n_in; i++)
        if (!eg__same_spec(&a->in[i].spec, &b->in[i].spec))
            return false;
    return true;
}

static eg_tensor *body_of_case(int n, eg_tensor *const in[], void *env)
{
    const op_case *c;

    memcpy(&c, env, sizeof c);
    eg_at(&here);
    return eg_apply(c->op, c->op->attrs ? c->attrs : NULL, n, in);
}

/* Records the good case, then calls with the bad one: the replay must fail as the body would. */
static void check_replay(const op_case *good, const op_case *bad)
{
    eg_function *f = eg_function_new(body_of_case, good->n_in, &good, sizeof good);
    mistake m = {.c = bad, .status = EG_INVALID, .part = bad->error};
    eg_tensor *in[EG__MAX_IN], *wrong[EG__MAX_IN];
    EG_SCOPE;

    case_inputs(good, in);
    case_inputs(bad, wrong);
    for (int i = 0; i < 3; i++) {
        eg_error e;
        eg_call_of(f, good->n_in, in);
        if (!is_fine(good, "before and after a call that fails"))
            break;
        {
            EG_TRY(&e);
            eg_call_of(f, bad->n_in, wrong);
        }
        check_error(&m, &e, "a replay with bad values", IN_FUNCTION);
    }
    eg_function_free(f);
}

TEST(a_replay_with_bad_values_fails_as_its_body_would)
{
    int n, checked = 0;
    const op_case *all = cases(&n);

    for (int i = 0; i < n; i++)
        for (int k = 0; k < n && all[i].error[0]; k++)
            if (!all[k].error[0] && same_signature(&all[i], &all[k])) {
                check_replay(&all[k], &all[i]);
                checked++;
                break;
            }
    assert_no_complaints();
    assert_true(checked > 0 || getenv("EAGRE_TEST_OP"));
}

/* ---- after an error ------------------------------------------------------------------------- */

static eg_tensor *body_that_fails_first(int n, eg_tensor *const in[], void *env)
{
    const op_case *c;

    memcpy(&c, env, sizeof c);
    eg_fail(EG_IO, "body", "the first error");
    return eg_apply(c->op, c->op->attrs ? c->attrs : NULL, n, in);
}

/* The operation behind an error of somebody else's; NULL, unless it does something after all. */
static eg_tensor *apply_after_error(const op_case *c, way how, eg_tensor *const in[])
{
    eg_tensor *y = NULL;

    if (how == IN_FUNCTION) {
        eg_function *f = eg_function_new(body_that_fails_first, c->n_in, &c, sizeof c);
        y = eg_call_of(f, c->n_in, in);
        eg_function_free(f);
    } else if (how == IN_GRAPH) {
        eg_graph *graph = eg_graph_new("inert");
        {
            EG_GRAPH(graph);
            y = body_that_fails_first(c->n_in, in, &c);
        }
        if (eg_graph_size(graph) > 0)
            complain(c, "after an error it is appended to the graph");
        eg_graph_free(graph);
    } else {
        y = body_that_fails_first(c->n_in, in, &c);
    }
    return y;
}

static void check_inert(const op_case *c)
{
    eg_tensor *in[EG__MAX_IN];
    EG_SCOPE;

    case_inputs(c, in);
    size_t live = eg_memory_now().tensors;
    for (way how = EAGER; how < WAYS; how++) {
        eg_error e;
        EG_TRY(NULL);
        eg_tensor *y = apply_after_error(c, how, in);
        eg_pending(&e);
        if (y || strcmp(e.message, "the first error") != 0)
            complain(c, "%s it does not keep still after an error: %s", way_names[how], e.message);
    }
    if (eg_memory_now().tensors != live)
        complain(c, "after an error it makes handles");
}

TEST(after_an_error_an_operation_does_nothing_and_the_first_error_stays)
{
    FOR_EACH_CASE(c)
    check_inert(c);
    assert_no_complaints();
}
