/* Making, running and showing random programs.
 *
 * All registers have shapes that broadcast with one another: [], [3], [2,1], [2,3].
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

static uint64_t draw(uint64_t *seed)
{
    uint64_t x = *seed ? *seed : 88172645463325252u;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *seed = x;
}

static int below(uint64_t *seed, int n)
{
    return (int)(draw(seed) >> 33) % n;
}

void program_make(program *p, uint64_t *seed, bool pure)
{
    p->n = 1 + below(seed, MOST_INSTRUCTIONS);
    p->scale = (float)(1 + below(seed, 3));
    for (int i = 0; i < MOST_INSTRUCTIONS; i++) {
        int most = pure ? CHOOSE + 1 : KINDS;
        p->code[i] = (instruction){
            .kind = (unsigned char)(below(seed, 3) ? below(seed, MATMUL + 1) : below(seed, most)),
            .which = (unsigned char)below(seed, 64),
            .to = (unsigned char)below(seed, REGISTERS),
            .a = (unsigned char)below(seed, REGISTERS),
            .b = (unsigned char)below(seed, REGISTERS),
            .number = (float)(below(seed, 17) - 8) / 4,
        };
    }
}

void program_arguments(uint64_t *seed, eg_tensor *args[ARGUMENTS])
{
    static const int64_t dims[4][2] = {{0, 0}, {3, 0}, {2, 1}, {2, 3}};
    static const int rank[4] = {0, 1, 2, 2};
    static const int size[4] = {1, 3, 2, 6};

    for (int i = 0; i < ARGUMENTS; i++) {
        int shape = below(seed, 6) ? 3 : below(seed, 4);
        float v[6];
        for (int k = 0; k < size[shape]; k++)
            v[k] = (float)(below(seed, 9) - 4) / 2;
        args[i] = eg_copy(EG_FLOAT32, rank[shape], dims[shape], v);
    }
    if (below(seed, 4) == 0)
        args[1] = args[0];
}

/* ---- instructions --------------------------------------------------------------------------- */

static eg_tensor *unary(int which, eg_tensor *x)
{
    switch (which % 12) {
    case 0:
        return eg_neg(x);
    case 1:
        return eg_abs(x);
    case 2:
        return eg_tanh(x);
    case 3:
        return eg_exp(eg_minimum(x, 4));
    case 4:
        return eg_log(eg_add(eg_abs(x), 0.5));
    case 5:
        return eg_relu(x);
    case 6:
        return eg_sigmoid(x);
    case 7:
        return eg_square(eg_tanh(x));
    case 8:
        return eg_sqrt(eg_abs(x));
    case 9:
        return eg_gelu(x, .tanh_form = true);
    case 10:
        return eg_cast(eg_cast(x, EG_FLOAT64), EG_FLOAT32);
    default:
        return eg_softmax(eg_add(x, EG_F32(0, 0, 0)));
    }
}

static eg_tensor *binary(int which, eg_tensor *x, eg_tensor *y)
{
    switch (which % 7) {
    case 0:
        return eg_add(x, y);
    case 1:
        return eg_sub(x, y);
    case 2:
        return eg_mul(x, y);
    case 3:
        return eg_maximum(x, y);
    case 4:
        return eg_div(x, eg_add(eg_square(y), 1));
    case 5:
        return eg_where(eg_less(x, y), x, y);
    default:
        return eg_cast(eg_greater_equal(x, y), EG_FLOAT32);
    }
}

static eg_tensor *reduce(int which, eg_tensor *x)
{
    if (eg_rank(x) == 0 || which % 4 == 0)
        return eg_sum(x);
    if (which % 4 == 1)
        return eg_mean(x, .axes = EG_AXES(-1), .keep_dims = eg_rank(x) == 2);
    if (which % 4 == 2)
        return eg_max(x, .axes = EG_AXES(0));
    return eg_min(x);
}

static eg_tensor *row_of(eg_tensor *x)
{
    return eg_add(eg_sum(x), EG_F32(0, 1, 2));
}

static eg_tensor *product(eg_tensor *x, eg_tensor *y)
{
    eg_tensor *square = eg_mul(row_of(x), eg_reshape(row_of(y), EG_DIMS(3, 1)));
    return eg_matmul(square, row_of(y));
}

/* An index that is often, but not always, inside a row of three. */
static eg_tensor *pick(eg_tensor *x, eg_tensor *from)
{
    eg_tensor *index = eg_cast(eg_add(eg_sum(from), 1.5), EG_INT32);
    return eg_gather(row_of(x), eg_reshape(index, EG_DIMS(1)));
}

static eg_tensor *divide(eg_tensor *x, eg_tensor *y)
{
    eg_tensor *a = eg_cast(eg_sum(x), EG_INT32), *b = eg_cast(eg_sum(y), EG_INT32);
    return eg_cast(eg_floor_div(a, b), EG_FLOAT32);
}

static eg_tensor *gradient(int which, eg_tensor *x)
{
    eg_tensor *g = NULL;
    EG_TAPE;
    eg_tensor *at = eg_identity(x);

    eg_watch(at);
    eg_gradient(binary(which, unary(which, at), eg_mul(at, 0.5)), EG_IN(at), &g);
    return eg_give(g);
}

/* Keeps numbers small, so that programs do not run off to infinity at once. */
static eg_tensor *tamed(eg_tensor *x, float scale)
{
    return eg_mul(eg_tanh(eg_mul(x, 0.25)), 4 * scale);
}

/* ---- staged control flow --------------------------------------------------------------------- */

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
    return tamed(eg_mul(unary(s->which % 11, in[n - 1]), by), 1);
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

static eg_tensor *loop(staged *s, eg_tensor *x)
{
    eg_while_attrs few = {.size = sizeof few, .most = 4};

    if (s->which % 3 == 0)
        return eg_for(eg_remainder(eg_cast(eg_sum(x), EG_INT64), 4), next, s, 1, &x);
    if (s->which % 3 == 1)
        return eg_while_with(is_below, next, s, 1, &x, &few);
    eg_tensor *y = eg_scan(cell, s, 1, EG_IN(eg_sum(x), row_of(x)));
    return eg_add(eg_part(y, 0), eg_part(y, 1));
}

static eg_tensor *choose(staged *s, eg_tensor *x)
{
    return eg_cond(is_below(1, &x, s), next, opposite, s, 1, &x);
}

/* ---- the machine ----------------------------------------------------------------------------- */

typedef struct machine {
    const program *p;
    eg_tensor *r[REGISTERS];
    int at;
    eg_tensor *left; /* the result of an early return */
} machine;

static void compute(machine *m, const instruction *i)
{
    eg_tensor *a = m->r[i->a], *b = m->r[i->b], *y = NULL;
    staged s = {i->which, i->number, b};

    switch (i->kind) {
    case UNARY:
        y = unary(i->which, a);
        break;
    case BINARY:
        y = binary(i->which, a, b);
        break;
    case REDUCE:
        y = reduce(i->which, a);
        break;
    case CONSTANT:
        y = eg_constant(i->number);
        break;
    case MATMUL:
        y = product(a, b);
        break;
    case LOOP:
        y = loop(&s, a);
        break;
    case CHOOSE:
        y = choose(&s, a);
        break;
    case PICK:
        y = eg_sum(pick(a, b));
        break;
    case DIVIDE:
        y = divide(a, b);
        break;
    case GRADIENT:
        y = gradient(i->which, a);
        break;
    default:
        y = eg_call(m->p->state->callee, a);
    }
    m->r[i->to] = tamed(y, m->p->scale);
}

static void branch(machine *m, const instruction *i)
{
    eg_tensor *a = m->r[i->a];

    if (i->kind == SKIP_IF) {
        if (eg_true(eg_greater(eg_sum(a), i->number)))
            m->at += i->b % 4;
    } else if (i->kind == LEAVE_IF) {
        if (eg_true(eg_less(eg_sum(a), -1)))
            m->left = m->r[i->to];
    } else {
        int64_t way = eg_item_int(eg_remainder(eg_cast(eg_sum(a), EG_INT32), 3));
        m->r[i->to] = way == 0 ? eg_add(a, 1) : way == 1 ? eg_neg(a) : a;
    }
}

static void effect(machine *m, const instruction *i)
{
    state *s = m->p->state;
    eg_tensor *v = s->variable[i->b % 2], *key;

    if (i->kind == ASSIGN) {
        eg_assign(v, i->b % 2 ? eg_sum(m->r[i->a]) : row_of(m->r[i->a]));
    } else if (i->kind == READ) {
        m->r[i->to] = eg_mul(v, 1);
    } else if (i->kind == DRAW) {
        eg_next_key(s->generator, &key);
        m->r[i->to] = eg_uniform(key, EG_DIMS(3));
    } else {
        eg_print(m->r[i->a], .to = s->printed);
    }
}

eg_tensor *program_body(int n, eg_tensor *const in[], void *env)
{
    machine m = {.p = env};

    for (int i = 0; i < REGISTERS; i++)
        m.r[i] = in[i % n];
    for (; m.at < m.p->n && !m.left && eg_ok(); m.at++) {
        const instruction *i = &m.p->code[m.at];
        if (i->kind == SKIP_IF || i->kind == LEAVE_IF || i->kind == SWITCH)
            branch(&m, i);
        else if (i->kind == ASSIGN || i->kind == READ || i->kind == DRAW || i->kind == PRINT)
            effect(&m, i);
        else
            compute(&m, i);
    }
    if (m.left)
        return m.left;
    return m.p->n % 3 ? eg_tuple(m.r[0], m.r[REGISTERS - 1]) : m.r[0];
}

/* ---- state ----------------------------------------------------------------------------------- */

EG_FUNCTION(helper, x)
{
    if (eg_true(eg_greater(eg_max(x), 1)))
        return eg_mul(x, 0.5);
    return eg_add(x, 1);
}

bool state_make(state *s)
{
    EG_SCOPE;
    s->variable[0] = eg_variable(EG_F32(1, 2, 3), .name = "row");
    s->variable[1] = eg_variable(EG_F32(0.5), .name = "number");
    s->generator = eg_generator_new(1);
    s->callee = eg_function_of(helper);
    s->printed = tmpfile();
    return eg_ok() && s->printed;
}

void state_free(state *s)
{
    eg_variable_free(s->variable[0]);
    eg_variable_free(s->variable[1]);
    eg_generator_free(s->generator);
    eg_function_free(s->callee);
    if (s->printed)
        fclose(s->printed);
}

void program_print(const program *p, FILE *to)
{
    static const char *const names[KINDS] = {"unary", "binary", "reduce", "constant", "matmul",
        "loop", "choose", "pick", "divide", "skip_if", "switch", "leave_if", "assign", "read",
        "draw", "print", "gradient", "call"};

    fprintf(to, "scale %g, result %s\n", (double)p->scale, p->n % 3 ? "tuple" : "r0");
    for (int i = 0; i < p->n; i++) {
        const instruction *c = &p->code[i];
        fprintf(to, "  %2d %-8s which %-2d to %d a %d b %d number %g\n", i, names[c->kind],
            c->which, c->to, c->a, c->b, (double)c->number);
    }
}
