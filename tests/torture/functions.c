/* Functions while memory runs out: branches that were never seen, assignments, gradients, a whole
 * training step, calls in calls, bodies that cannot be recorded.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"
#include <string.h>

/* ---- branches ------------------------------------------------------------------------------- */

EG_FUNCTION(conditional, x, threshold)
{
    if (eg_true(eg_greater(x, threshold)))
        return eg_square(x);
    return eg_tuple(eg_neg(x), eg_add(eg_exp(x), threshold));
}

static void take_branches(torture *t, void *env)
{
    eg_function *f = eg_function_of(conditional);

    (void)env;
    torture_result(t, eg_call(f, 5.0, 4.0));
    torture_result(t, eg_call(f, 6.0, 4.0));
    torture_result(t, eg_call(f, 3.0, 4.0));
    torture_result(t, eg_call(f, 2.0, 4.0));
    torture_result(t, eg_call(f, 7.0, 4.0));
    eg_function_free(f);
}

TEST(a_branch_that_was_never_seen_reports_the_allocation_that_fails)
{
    torture_sweep("branches", take_branches, NULL);
}

/* ---- other sizes ---------------------------------------------------------------------------- */

EG_FUNCTION(standardized, x)
{
    eg_tensor *z = eg_div(eg_sub(x, eg_mean(x)), eg_cast(eg_size_of(x, 0), EG_FLOAT32));
    if (eg_true(eg_greater(eg_sum(x), 0)))
        return eg_reshape(eg_std(z), EG_DIMS(1));
    return eg_softmax(z);
}

static void take_sizes(torture *t, void *env)
{
    eg_function *f = eg_function_of(standardized);

    (void)env;
    for (int64_t n = 2; n < 6; n++) {
        torture_result(t, eg_call(f, eg_cast(eg_range(n), EG_FLOAT32)));
        torture_result(t, eg_call(f, eg_neg(eg_cast(eg_range(n), EG_FLOAT32))));
    }
    eg_function_free(f);
}

TEST(a_trace_that_cannot_be_made_for_another_size_is_recorded_or_reported)
{
    torture_sweep("sizes", take_sizes, NULL);
}

/* The function stays from run to run: a failed recording must not spoil what is there. */
static void take_branches_again(torture *t, void *env)
{
    double at[] = {5, 3, 6, 2};

    for (int i = 0; i < 4; i++)
        torture_result(t, eg_call(env, at[i], 4.0));
}

TEST(a_recording_that_failed_is_made_again)
{
    static double first[][2] = {{0, 0}, {5, 0}, {3, 0}};
    bool succeeds = false;

    for (long n = 1; !succeeds; n++) {
        torture t = {.what = "after a failed recording"};
        eg_function *f = eg_function_of(conditional);
        for (int i = 1; i < 3; i++) {
            EG_SCOPE;
            torture_arm(n, false);
            eg_call(f, first[i][0], 4.0);
            succeeds = !torture_disarm();
            eg_report(NULL);
        }
        for (int i = 0; i < 2; i++, t.has_expected = true) {
            EG_SCOPE;
            t.n_results = 0;
            take_branches_again(&t, f);
            assert_fine();
        }
        assert_null(t.trouble);
        assert_null(eg_function_why_eager(f));
        eg_function_free(f);
    }
}

/* ---- assignments ---------------------------------------------------------------------------- */

EG_FUNCTION(advance, v, x)
{
    eg_assign_add(v, x);
    eg_assign(v, eg_mul(v, 2.0));
    return eg_add(v, x);
}

typedef struct counter {
    eg_function *f;
    eg_tensor *v;
} counter;

static double value_of(eg_tensor *v)
{
    eg_error ignored;
    EG_TRY(&ignored);
    double now = -1;

    eg_read(v, EG_FLOAT64, &now, 1);
    return now;
}

/* Either the call succeeds, or the variable is what it was. */
static void assign_in_call(torture *t, void *env)
{
    counter *c = env;
    double before = value_of(c->v);
    eg_tensor *y = eg_call(c->f, c->v, 1.0);
    eg_status status = eg_pending(NULL);

    if (before < 0)
        return;
    eg_report(NULL);
    double after = value_of(c->v), expected = y ? 2 * (before + 1) : before;
    if (after >= 0 && after != expected)
        t->trouble = "the variable has another value than the call says";
    eg_fail(status, "eg_call", "");
    if (after > 1e15)
        eg_assign(c->v, 0.0);
}

TEST(a_call_that_fails_assigns_nothing)
{
    EG_SCOPE;
    counter c = {eg_function_of(advance), eg_variable(EG_F64(0))};

    torture_sweep("assignments", assign_in_call, &c);
    eg_variable_free(c.v);
    eg_function_free(c.f);
}

static void assign_in_new_function(torture *t, void *env)
{
    counter c = {eg_function_of(advance), env};
    assign_in_call(t, &c);
    eg_function_free(c.f);
}

TEST(a_first_call_that_fails_assigns_nothing)
{
    EG_SCOPE;
    eg_tensor *v = eg_variable(EG_F64(0));

    torture_sweep("assignments of a first call", assign_in_new_function, v);
    eg_variable_free(v);
}

/* ---- a training step ------------------------------------------------------------------------ */

typedef struct model {
    eg_tensor *w, *b;
    eg_optimizer *adam;
    eg_generator *noise;
} model;

static eg_tensor *train_step(int n, eg_tensor *const in[], void *env)
{
    model *m = env;
    eg_tensor *parameters[] = {m->w, m->b}, *gradients[2], *key;
    EG_TAPE;

    (void)n;
    eg_next_key(m->noise, &key);
    eg_tensor *x = eg_add(in[0], eg_mul(eg_normal(key, EG_DIMS(4, 3)), 0.01));
    eg_tensor *logits = eg_add(eg_matmul(x, m->w), m->b);
    eg_tensor *loss = eg_mean(eg_sparse_softmax_cross_entropy(logits, in[1]));
    eg_gradient(loss, 2, parameters, gradients);
    return eg_optimizer_apply(m->adam, 2, gradients) == EG_OK ? eg_give(loss) : NULL;
}

/* A model is made, trained and freed; `env` NULL: every step is eager. */
static void train(torture *t, void *env)
{
    model m = {.noise = eg_generator_new(7)};
    eg_tensor *in[] = {eg_uniform(eg_key(1), EG_DIMS(4, 3)), EG_I32(0, 1, 1, 0)};

    m.w = eg_variable(eg_glorot_uniform(eg_key(2), EG_DIMS(3, 2)), .name = "w");
    m.b = eg_variable(eg_zeros(EG_FLOAT32, EG_DIMS(2)), .name = "b");
    m.adam = eg_adam_new(2, (eg_tensor *[]){m.w, m.b}, NULL);
    eg_function *f = env ? eg_function_new(train_step, 2, &m, sizeof m) : NULL;
    for (int i = 0; i < 3; i++)
        torture_result(t, env ? eg_call_of(f, 2, in) : train_step(2, in, &m));
    torture_result(t, eg_value(m.w));
    eg_function_free(f);
    eg_optimizer_free(m.adam);
    eg_variable_free(m.w);
    eg_variable_free(m.b);
    eg_generator_free(m.noise);
}

TEST(a_training_step_reports_the_allocation_that_fails)
{
    static int yes;

    torture_sweep("eager training", train, NULL);
    torture_sweep("traced training", train, &yes);
}

/* ---- calls in calls, signatures, text ------------------------------------------------------- */

EG_FUNCTION(twice_conditional, x)
{
    eg_function *f = eg_function_of(conditional);
    eg_tensor *y = eg_call(f, x, 1.0);

    eg_function_free(f);
    return eg_add(y, y);
}

EG_FUNCTION(outer, x)
{
    eg_tensor *y = twice_conditional(x);
    return eg_sum(eg_mul(y, y));
}

static void call_in_call(torture *t, void *env)
{
    eg_function *f = eg_function_of(outer);

    (void)env;
    for (int i = 0; i < 2; i++)
        torture_result(t, eg_call(f, 3.0));
    eg_function_free(f);
}

TEST(a_call_inside_a_call_reports_the_allocation_that_fails)
{
    torture_sweep("calls in calls", call_in_call, NULL);
}

EG_FUNCTION(product, x, y)
{
    return eg_mul(x, y);
}

static void call_with_signatures(torture *t, void *env)
{
    eg_function *f = eg_function_of(product);
    eg_tensor *v = eg_variable(EG_F32(1, 2, 3));

    (void)env;
    torture_result(t, eg_call(f, 2.0, 3.0));
    torture_result(t, eg_call(f, EG_F32(1, 2), 3.0));
    torture_result(t, eg_call(f, EG_I32(1, 2), 3));
    torture_result(t, eg_call(f, v, v));
    torture_result(t, eg_call(f, v, 2.0));
    eg_variable_free(v);
    eg_function_free(f);
}

TEST(new_signatures_report_the_allocation_that_fails)
{
    torture_sweep("signatures", call_with_signatures, NULL);
}

static void look_at_function(torture *t, void *env)
{
    eg_function *f = eg_function_of(conditional);

    (void)env;
    eg_call(f, 5.0, 4.0);
    eg_call(f, 3.0, 4.0);
    char *text = eg_function_text(f);
    torture_text(t, text);
    eg_free(text);
    FILE *to = tmpfile();
    eg_function_report(f, to);
    fclose(to);
    if (eg_function_draw(f, torture_path("f.dot")) == EG_OK)
        torture_file(t, torture_path("f.dot"));
    remove(torture_path("f.dot"));
    eg_function_free(f);
}

TEST(looking_at_a_function_reports_the_allocation_that_fails)
{
    torture_sweep("a function's text", look_at_function, NULL);
}

/* ---- bodies that cannot be recorded --------------------------------------------------------- */

EG_FUNCTION(looks_at_data, x)
{
    float sum = 0, at[3] = {0};

    eg_read(x, EG_FLOAT32, at, 3);
    for (int i = 0; i < 3; i++)
        sum += at[i];
    return eg_mul(x, sum);
}

static void call_eagerly(torture *t, void *env)
{
    eg_function *f = eg_function_of(looks_at_data);

    (void)env;
    for (int i = 0; i < 2; i++)
        torture_result(t, eg_call(f, EG_F32(1, 2, 3)));
    eg_function_free(f);
}

TEST(a_function_that_runs_eagerly_reports_the_allocation_that_fails)
{
    torture_sweep("an eager function", call_eagerly, NULL);
}

/* ---- gradients ------------------------------------------------------------------------------ */

EG_FUNCTION(curve, x, y)
{
    if (eg_true(eg_greater(eg_sum(x), 0)))
        return eg_sum(eg_mul(eg_tanh(x), y));
    return eg_sum(eg_exp(eg_mul(x, y)));
}

static void differentiate(torture *t, void *env)
{
    eg_function *f = eg_function_of(curve);
    double at[] = {1, -1, 2};

    (void)env;
    for (int i = 0; i < 3; i++) {
        eg_tensor *x = EG_F32(0.5, 1, 1.5), *y = EG_F32(1, 2, 3), *g[2];
        EG_TAPE;
        x = eg_mul(x, at[i]);
        eg_watch(x);
        eg_watch(y);
        eg_gradient(eg_call(f, x, y), EG_IN(x, y), g);
        torture_result(t, g[0]);
        torture_result(t, g[1]);
    }
    eg_function_free(f);
}

TEST(gradients_by_path_report_the_allocation_that_fails)
{
    torture_sweep("gradients through branches", differentiate, NULL);
}

static void differentiate_twice(torture *t, void *env)
{
    eg_tensor *x = EG_F32(0.5, 1), *g, *gg;
    EG_TAPE_WITH(.persistent = true);

    (void)env;
    eg_watch(x);
    {
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_sum(eg_mul(eg_exp(x), x)), EG_IN(x), &g);
        eg_give(g);
    }
    for (int i = 0; i < 2; i++) {
        eg_gradient(eg_sum(g), EG_IN(x), &gg);
        torture_result(t, gg);
    }
}

TEST(second_derivatives_report_the_allocation_that_fails)
{
    torture_sweep("second derivatives", differentiate_twice, NULL);
}

/* More sources than an operation has inputs. */
enum { MANY = 70 };

static eg_tensor *product_of_many(int n, eg_tensor *const in[], void *env)
{
    eg_tensor *const *v = env, *y = v[0];

    (void)n, (void)in;
    for (int i = 1; i < MANY; i++)
        y = eg_mul(y, v[i]);
    return y;
}

/* The function stays, for to trace so much anew each time would take long. */
typedef struct many {
    eg_function *f;
    eg_tensor *v[MANY];
} many;

static void differentiate_many(torture *t, void *env)
{
    many *m = env;
    eg_tensor *g[MANY];
    EG_TAPE;

    eg_gradient(eg_call_of(m->f, 0, NULL), MANY, m->v, g);
    torture_result(t, g[0]);
    torture_result(t, g[MANY - 1]);
}

TEST(gradients_by_many_variables_report_the_allocation_that_fails)
{
    many m;
    EG_SCOPE;

    for (int i = 0; i < MANY; i++)
        m.v[i] = eg_variable(eg_constant(1.0 + i / 64.0));
    m.f = eg_function_new(product_of_many, 0, m.v, sizeof m.v);
    torture_sweep("many variables", differentiate_many, &m);
    eg_function_free(m.f);
    for (int i = 0; i < MANY; i++)
        eg_variable_free(m.v[i]);
}

/* ---- gradients made of rows ----------------------------------------------------------------- */

static void train_table(torture *t, void *env)
{
    eg_tensor *table = eg_variable(eg_ones(EG_FLOAT32, EG_DIMS(8, 40))), *g = NULL;
    eg_optimizer *adam = eg_adam(EG_IN(table), .rate = 0.5);
    {
        EG_TAPE;
        eg_tensor *found = eg_gather(table, EG_I32(3, 5, 3));
        eg_gradient(eg_sum(eg_square(found)), EG_IN(table), &g, .sparse = true);
        eg_clip_by_global_norm(1, &g, 1.0, &g, NULL);
        eg_optimizer_apply(adam, 1, &g);
    }
    (void)env;
    torture_result(t, eg_value(table));
    eg_optimizer_free(adam);
    eg_variable_free(table);
}

TEST(sparse_gradients_report_the_allocation_that_fails)
{
    torture_sweep("sparse gradients", train_table, NULL);
}

/* ---- forward mode --------------------------------------------------------------------------- */

static eg_tensor *bend(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_tuple(eg_matmul(in[0], eg_tanh(in[0])), eg_prod(in[0]));
}

static eg_tensor *bowl(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_sum(eg_mul(eg_square(in[0]), eg_softmax(in[0])));
}

static void move_along(torture *t, void *env)
{
    eg_tensor *x = eg_reshape(EG_F64(1, 2, 3, 4), EG_DIMS(2, 2)), *v = eg_mul(x, 0.5), *dy, *hv;

    (void)env;
    torture_result(t, eg_jvp(bend, NULL, 1, &x, &v, &dy));
    torture_result(t, dy);
    torture_result(t, eg_vjp(bowl, NULL, 1, &x, eg_scalar(EG_FLOAT64, 2), &dy));
    torture_result(t, dy);
    eg_hvp(bowl, NULL, 1, &x, &v, &hv);
    torture_result(t, hv);
    torture_result(t, eg_hessian(bowl, NULL, x));
    torture_result(t,
        eg_vmap(bend, NULL, 1, (eg_tensor *[]){eg_stack(EG_IN(x, v), .axis = 0)}, NULL));
}

TEST(forward_mode_reports_the_allocation_that_fails)
{
    torture_sweep("forward mode", move_along, NULL);
}

/* ---- what tapes do not see, and what a body must not do -------------------------------------- */

typedef struct keeper {
    eg_tensor *kept;
    eg_function *self;
} keeper;

static eg_tensor *keeps(int n, eg_tensor *const in[], void *env)
{
    const keeper *k = env;
    eg_tensor *hidden;

    (void)n;
    {
        EG_STOP_RECORDING;
        hidden = eg_give(eg_tanh(in[0]));
    }
    eg_assign_add(k->kept, hidden);
    if (eg_true(eg_less(eg_sum(in[0]), 0)))
        return eg_tuple(eg_square(in[0]), eg_constant(1.0));
    return eg_mul(eg_add(in[0], hidden), k->kept);
}

static void differentiate_what_is_kept(torture *t, void *env)
{
    keeper k = {.kept = eg_variable(EG_F32(1, 2), .name = "kept")};
    eg_function *f = eg_function_new(keeps, 1, &k, sizeof k);
    eg_tensor *at[] = {EG_F32(1, 2), EG_F32(-1, -2), EG_F32(3, 4)}, *g[2] = {NULL, NULL};

    (void)env;
    for (int i = 0; i < 3; i++) {
        EG_TAPE;
        eg_watch(at[i]);
        eg_tensor *y = eg_call(f, at[i]);
        eg_gradient(eg_parts(y) ? eg_part(y, 0) : y, EG_IN(at[i], k.kept), g);
        torture_result(t, g[0]);
        torture_result(t, g[1]);
    }
    torture_result(t, eg_value(k.kept));
    eg_function_free(f);
    eg_variable_free(k.kept);
}

TEST(gradients_around_assignments_report_the_allocation_that_fails)
{
    torture_sweep("gradients around assignments", differentiate_what_is_kept, NULL);
}

static eg_tensor *calls_itself(int n, eg_tensor *const in[], void *env)
{
    const keeper *k = env;

    (void)n;
    if (eg_true(eg_less(in[0], 1)))
        return in[0];
    return eg_add(eg_call(k->self, eg_mul(in[0], 0.5)), 1);
}

static void recurse(torture *t, void *env)
{
    keeper k = {.kept = NULL};
    k.self = eg_function_new(calls_itself, 1, &k, sizeof k);

    (void)env;
    torture_result(t, eg_call(k.self, 6.0));
    torture_result(t, eg_call(k.self, 1.0));
    torture_result(t, eg_call(k.self, 7.0));
    eg_function_free(k.self);
}

TEST(recursion_reports_the_allocation_that_fails)
{
    torture_sweep("recursion", recurse, NULL);
}
