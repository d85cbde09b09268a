/* Making, running and showing random programs.
 *
 * All registers have shapes that broadcast with one another: [], [3], [2,1], [2,3].
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

enum { LONG = 2048 }; /* rows of a large matrix of three columns */

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
    p->is_tuple = p->n % 3;
    p->scale = (float)(1 + below(seed, 3));
    for (int i = 0; i < MOST_INSTRUCTIONS; i++) {
        int most = pure ? PURE : KINDS;
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

void program_arguments(uint64_t *seed, int rows, eg_tensor *args[ARGUMENTS])
{
    const int64_t dims[4][2] = {{0, 0}, {3, 0}, {rows, 1}, {rows, 3}};
    static const int rank[4] = {0, 1, 2, 2};
    const int size[4] = {1, 3, rows, 3 * rows};

    for (int i = 0; i < ARGUMENTS; i++) {
        int shape = below(seed, 6) ? 3 : below(seed, 4);
        float v[3 * MOST_ROWS];
        for (int k = 0; k < size[shape]; k++)
            v[k] = (float)(below(seed, 9) - 4) / 2;
        args[i] = eg_copy(EG_FLOAT32, rank[shape], dims[shape], v);
    }
    if (below(seed, 4) == 0)
        args[1] = args[0];
}

/* ---- instructions --------------------------------------------------------------------------- */

eg_tensor *program_unary(int which, eg_tensor *x)
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

eg_tensor *program_row(eg_tensor *x)
{
    return eg_add(eg_sum(x), EG_F32(0, 1, 2));
}

/* Of so many rows that operations behind a product go on with parts of it. */
static eg_tensor *long_product(int which, eg_tensor *x, eg_tensor *square)
{
    eg_tensor *rows = eg_arange(EG_FLOAT32, 0, 1, 1.0 / LONG);
    eg_tensor *z = eg_mul(program_row(x), eg_reshape(rows, EG_DIMS(LONG, 1)));

    z = eg_relu(eg_add(eg_matmul(z, square), program_row(x)));
    if (which % 2)
        z = eg_cast(eg_neg(eg_tanh(eg_cast(z, EG_BFLOAT16))), EG_FLOAT32);
    return eg_sum(z, .axes = EG_AXES(0));
}

static eg_tensor *product(int which, eg_tensor *x, eg_tensor *y)
{
    eg_tensor *square = eg_mul(program_row(x), eg_reshape(program_row(y), EG_DIMS(3, 1)));

    return which % 8 < 2 ? long_product(which, x, square) : eg_matmul(square, program_row(y));
}

/* An index that is often, but not always, inside a row of three. */
static eg_tensor *pick(eg_tensor *x, eg_tensor *from)
{
    eg_tensor *index = eg_cast(eg_add(eg_sum(from), 1.5), EG_INT32);
    return eg_gather(program_row(x), eg_reshape(index, EG_DIMS(1)));
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
    eg_gradient(binary(which % 6, program_unary(which, at), eg_mul(at, 0.5)), EG_IN(at), &g);
    return eg_give(g);
}

static eg_tensor *hidden(int which, eg_tensor *x)
{
    EG_STOP_RECORDING;
    return eg_give(program_unary(which, x));
}

/* Keeps numbers small, so that programs do not run off to infinity at once. */
eg_tensor *program_tamed(eg_tensor *x, float scale)
{
    return eg_mul(eg_tanh(eg_mul(x, 0.25)), 4 * scale);
}

/* ---- the machine ----------------------------------------------------------------------------- */

typedef struct machine {
    const program *p;
    eg_tensor *r[REGISTERS];
    int at;
    eg_tensor *left; /* the result of an early return */
} machine;

static eg_tensor *stage(const machine *m, const instruction *i, eg_tensor *a, eg_tensor *b)
{
    if (i->kind == LOOP)
        return staged_loop(i->which, i->number, a, b);
    if (i->kind == CHOOSE)
        return staged_choice(i->which, i->number, a, b);
    if (i->kind == NEST)
        return staged_nest(i->which, i->number, a, b);
    return staged_effects(m->p->state, i->which, i->number, a, b);
}

static void compute(machine *m, const instruction *i)
{
    eg_tensor *a = m->r[i->a], *b = m->r[i->b], *y = NULL;
    eg_function *const *callee = m->p->state->callee;

    switch (i->kind) {
    case UNARY:
        y = program_unary(i->which, a);
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
        y = product(i->which, a, b);
        break;
    case LOOP:
    case CHOOSE:
    case NEST:
    case STAGE:
        y = stage(m, i, a, b);
        break;
    case HIDE:
        y = hidden(i->which, a);
        break;
    case DERIVE:
        y = derived(i->which, a);
        break;
    case COMPOSE:
        y = eg_call(callee[i->which % PURE_CALLEES], a);
        break;
    case PICK:
        y = eg_sum(pick(a, b));
        break;
    case DIVIDE:
        y = divide(a, b);
        break;
    case MASK:
        y = eg_sum(eg_boolean_mask(a, eg_greater(a, i->number)));
        break;
    case GRADIENT:
        y = gradient(i->which, a);
        break;
    case SLOPE:
        y = callee_slope(callee[i->which % (PURE_CALLEES + BRANCHING_CALLEES)], a);
        break;
    case AFFECT:
        y = eg_call(callee[CALLEES - 1 - i->which % EFFECTFUL_CALLEES], a);
        break;
    default:
        y = eg_call(callee[PURE_CALLEES + i->which % BRANCHING_CALLEES], a);
    }
    m->r[i->to] = program_tamed(y, m->p->scale);
}

static void repeat(machine *m, const instruction *i)
{
    for (int k = 0; k < 3 && eg_true(eg_greater(eg_sum(m->r[i->a]), i->number)); k++) {
        if (i->which % 2 && eg_true(eg_less(eg_max(m->r[i->a]), i->number)))
            break;
        m->r[i->a] = eg_sub(eg_mul(m->r[i->a], 0.5), 1);
    }
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
    } else if (i->kind == REPEAT) {
        repeat(m, i);
    } else {
        int64_t way = eg_item_int(eg_remainder(eg_cast(eg_sum(a), EG_INT32), 3));
        m->r[i->to] = way == 0 ? eg_add(a, 1) : way == 1 ? eg_neg(a) : a;
    }
}

/* One of 64 of these does what no recording can follow: the function becomes eager. */
static void fault(machine *m, const instruction *i)
{
    eg_tensor *first = eg_sum(m->r[i->a]);
    float seen = 0;
    eg_error e;

    if (i->which == 0 && eg_read(first, EG_FLOAT32, &seen, 1) == EG_OK)
        m->r[i->to] = eg_mul(first, eg_constant(seen));
    if (i->which == 1) {
        EG_TRY(&e);
        eg_gather(first, EG_I32(9));
    }
}

static void decide(const machine *m, const instruction *i)
{
    state *s = m->p->state;

    if (eg_true(eg_greater(eg_sum(m->r[i->a]), i->number)))
        eg_assign(s->variable[0], program_row(m->r[i->b]));
    else if (eg_true(eg_greater(eg_sum(m->r[i->b]), i->number)))
        eg_assign_add(s->variable[1], eg_tanh(eg_sum(m->r[i->a])));
    else
        return;
    if (i->which % 2 && eg_true(eg_greater(s->variable[1], 0)))
        eg_assign(s->variable[1], eg_mul(eg_sum(s->variable[0]), 0.125));
}

static void effect(machine *m, const instruction *i)
{
    state *s = m->p->state;
    eg_tensor *v = s->variable[i->b % 2], *key;

    if (i->kind == ASSIGN) {
        eg_assign(v, i->b % 2 ? eg_sum(m->r[i->a]) : program_row(m->r[i->a]));
    } else if (i->kind == DECIDE) {
        decide(m, i);
    } else if (i->kind == FAULT) {
        fault(m, i);
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
        if (i->kind >= SKIP_IF && i->kind <= LEAVE_IF)
            branch(&m, i);
        else if (i->kind >= FAULT && i->kind < AFFECT)
            effect(&m, i);
        else
            compute(&m, i);
    }
    if (m.left)
        return m.left;
    return m.p->is_tuple ? eg_tuple(m.r[0], m.r[REGISTERS - 1]) : m.r[0];
}

/* ---- state ----------------------------------------------------------------------------------- */

bool state_make(state *s)
{
    EG_SCOPE;
    s->variable[0] = eg_variable(EG_F32(1, 2, 3), .name = "row");
    s->variable[1] = eg_variable(EG_F32(0.5), .name = "number");
    s->generator = eg_generator_new(1);
    s->printed = tmpfile();
    return callees_make(s) && eg_ok() && s->printed;
}

void state_free(state *s)
{
    eg_variable_free(s->variable[0]);
    eg_variable_free(s->variable[1]);
    eg_generator_free(s->generator);
    for (int i = 0; i < CALLEES; i++)
        eg_function_free(s->callee[i]);
    eg_function_free(s->power);
    if (s->printed)
        fclose(s->printed);
}

void program_print(const program *p, FILE *to)
{
    static const char *const names[KINDS] = {"unary", "binary", "reduce", "constant", "matmul",
        "loop", "choose", "nest", "gradient", "compose", "hide", "derive", "pick", "divide", "mask",
        "skip_if", "switch", "repeat", "leave_if", "call", "slope", "fault", "assign", "decide",
        "read", "draw", "print", "affect", "stage"};

    fprintf(to, "scale %g, result %s\n", (double)p->scale, p->is_tuple ? "tuple" : "r0");
    for (int i = 0; i < p->n; i++) {
        const instruction *c = &p->code[i];
        fprintf(to, "  %2d %-8s which %-2d to %d a %d b %d number %g\n", i, names[c->kind],
            c->which, c->to, c->a, c->b, (double)c->number);
    }
}
