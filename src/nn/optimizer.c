/* Optimizers: Adam and gradient descent with momentum.
 *
 * Their state is variables, their step plain operations and assignments, so that inside a function
 * a training step is one graph, and saving an optimizer is saving its variables.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eagre/grad.h>
#include <eagre/nn.h>
#include <eagre/ops.h>
#include <eagre/variable.h>
#include <stdlib.h>
#include <string.h>

struct eg_optimizer {
    eg_status (*step)(eg_optimizer *o, eg_tensor *const gradients[]);
    eg_adam_attrs adam;
    eg_sgd_attrs sgd;
    int n, n_states;
    eg_tensor **variables;
    eg_tensor **states; /* Adam: the step, then mean and square of each; descent: velocities */
};

static eg_tensor *number_like(const eg_tensor *x, double value)
{
    return eg_scalar(eg_dtype_of(x), value);
}

static eg_tensor *scaled(eg_tensor *x, double factor)
{
    return eg_mul(x, number_like(x, factor));
}

/* The options a caller of any version meant. */
static bool complete(void *full, size_t size, const void *given, const char *op)
{
    size_t n = size;

    memset(full, 0, size);
    if (given)
        memcpy(&n, given, sizeof n);
    if (n < sizeof n)
        return eg_fail(EG_INVALID, op, "the options begin with their size, which is not set") &&
            false;
    if (given)
        memcpy(full, given, n < size ? n : size);
    return true;
}

/* ---- made and freed ------------------------------------------------------------------------- */

void eg_optimizer_free(eg_optimizer *o)
{
    if (!o)
        return;
    for (int i = 0; o->states && i < o->n_states; i++)
        eg_variable_free(o->states[i]);
    for (int i = 0; o->variables && i < o->n; i++)
        eg_release(o->variables[i]);
    free(o->states);
    free(o->variables);
    free(o);
}

static bool check(const char *op, int n, eg_tensor *const variables[])
{
    if (n < 1 || !variables) {
        eg_fail(EG_INVALID, op, "at least one variable is needed");
        return false;
    }
    for (int i = 0; i < n; i++) {
        eg_dtype d = eg_dtype_of(variables[i]);
        if (!*eg_variable_name(variables[i]) || (d != EG_FLOAT32 && d != EG_FLOAT64)) {
            eg_fail(EG_INVALID, op, "all that is trained must be floating-point variables");
            return false;
        }
    }
    return true;
}

static eg_optimizer *make(const char *op, int n, eg_tensor *const variables[], int n_states)
{
    eg_optimizer *o = NULL;

    if (!eg_ok() || !check(op, n, variables))
        return NULL;
    o = calloc(1, sizeof *o);
    if (o) {
        o->n = n;
        o->variables = calloc((size_t)n, sizeof *o->variables);
        o->states = calloc((size_t)n_states + 1, sizeof *o->states);
    }
    if (!o || !o->variables || !o->states) {
        eg_optimizer_free(o);
        eg_fail(EG_NO_MEMORY, op, "the optimizer could not be allocated");
        return NULL;
    }
    for (int i = 0; i < n; i++)
        o->variables[i] = eg_retain(variables[i]);
    return o;
}

/* A state variable of zeros in the shape of `like`, named "<name>/<what>". */
static bool add_state(eg_optimizer *o, eg_tensor *like, const char *what)
{
    char name[128];
    eg_variable_attrs attrs = {.size = sizeof attrs, .name = name, .not_trainable = true};
    eg_scope *scope = eg_scope_open();

    snprintf(name, sizeof name, "%.100s/%s", eg_variable_name(like), what);
    eg_tensor *state = eg_variable_new(eg_zeros_like(like), &attrs);
    eg_scope_close(scope);
    if (state)
        o->states[o->n_states++] = state;
    return state != NULL;
}

eg_tensor *eg_optimizer_state(eg_optimizer *o, int i)
{
    return o && i >= 0 && i < o->n_states ? o->states[i] : NULL;
}

static bool is_rows(eg_tensor *gradient)
{
    return eg_parts(gradient) == 2;
}

/* Checked before anything changes: a smaller gradient would be broadcast in silence. */
static bool fits(const char *op, eg_tensor *variable, eg_tensor *gradient)
{
    int first = is_rows(gradient) ? 1 : 0;
    gradient = first ? eg_part(gradient, 1) : gradient;
    bool same =
        eg_dtype_of(gradient) == eg_dtype_of(variable) && eg_rank(gradient) == eg_rank(variable);
    char message[192];

    if (!gradient || eg_is_none(gradient)) {
        eg_fail(EG_INVALID, op,
            "a gradient is missing; the loss does not depend on every variable");
        return false;
    }
    for (int i = first; same && i < eg_rank(variable); i++)
        same = eg_dim(gradient, i) == eg_dim(variable, i);
    if (same)
        return true;
    snprintf(message, sizeof message, "the gradient of %.100s has another dtype or shape than it",
        eg_variable_name(variable));
    eg_fail(EG_INVALID, op, message);
    return false;
}

eg_status eg_optimizer_apply(eg_optimizer *o, int n, eg_tensor *const gradients[])
{
    static const char op[] = "eg_optimizer_apply";

    if (!eg_ok())
        return eg_pending(NULL);
    if (!o || !gradients)
        return eg_fail(EG_INVALID, op, o ? "gradients is NULL" : "optimizer is NULL");
    if (n != o->n)
        return eg_fail(EG_INVALID, op, "it needs one gradient for each of its variables");
    for (int i = 0; i < n; i++)
        if (!fits(op, o->variables[i], gradients[i]))
            return eg_pending(NULL);
    eg_scope *scope = eg_scope_open();
    o->step(o, gradients);
    eg_scope_close(scope);
    return eg_pending(NULL);
}

/* ---- rows -------------------------------------------------------------------------------------

 * A gradient made of rows changes only those rows, of the variable and of what belongs to it: means
 * and velocities of other rows stay as they are, as in PyTorch's SparseAdam. */

/* Places that stand for nothing give any row; nothing is put there later. */
static eg_tensor *rows_of(eg_tensor *variable, eg_tensor *places)
{
    eg_take_attrs clip = {.size = sizeof clip, .outside = EG_OUTSIDE_CLIPS};
    return eg_take_with(variable, places, &clip);
}

static void put_rows(eg_tensor *variable, eg_tensor *places, eg_tensor *rows, eg_scatter_how how)
{
    eg_scatter_attrs attrs = {.size = sizeof attrs, .how = how, .drop = true};
    eg_assign_rows_with(variable, places, rows, &attrs);
}

/* ---- Adam ----------------------------------------------------------------------------------- */

enum { POWER_1, POWER_2, MOMENTS }; /* states: the betas' powers, then two moments a variable */

/* rate * sqrt(1 - beta_2^t) / (1 - beta_1^t), in double, and advances the powers. */
static eg_tensor *adam_rate(eg_optimizer *o)
{
    eg_tensor *p1 = scaled(o->states[POWER_1], o->adam.beta_1);
    eg_tensor *p2 = scaled(o->states[POWER_2], o->adam.beta_2);
    eg_tensor *one = eg_scalar(EG_FLOAT64, 1);
    eg_tensor *rate = eg_div(eg_sqrt(eg_sub(one, p2)), eg_sub(one, p1));

    eg_assign(o->states[POWER_1], p1);
    eg_assign(o->states[POWER_2], p2);
    return scaled(rate, o->adam.rate);
}

/* Both in their shares. What is made on the way is freed at once: parameters are large, and their
 * first updates need memory that is new to the process. */
static eg_tensor *blend(eg_tensor *old, eg_tensor *now, double share)
{
    eg_scope *scope = eg_scope_open();
    eg_tensor *y = eg_give(eg_add(scaled(old, share), scaled(now, 1 - share)));

    eg_scope_close(scope);
    return y;
}

/* What is subtracted, and the new mean and square, from the old ones in *m and *v. */
static eg_tensor *adam_move(const eg_adam_attrs *a, eg_tensor *g, eg_tensor *rate, eg_tensor **m,
    eg_tensor **v)
{
    *m = blend(*m, g, a->beta_1);
    *v = blend(*v, eg_square(g), a->beta_2);
    eg_scope *scope = eg_scope_open();
    eg_tensor *spread = eg_add(eg_sqrt(*v), number_like(g, a->epsilon));
    eg_tensor *step = eg_give(eg_div(eg_mul(eg_cast(rate, eg_dtype_of(g)), *m), spread));

    eg_scope_close(scope);
    return step;
}

static void adam_update(eg_optimizer *o, int i, eg_tensor *g, eg_tensor *rate)
{
    eg_tensor *mean = o->states[MOMENTS + 2 * i], *square = o->states[MOMENTS + 2 * i + 1];
    eg_tensor *m = mean, *v = square;

    if (is_rows(g)) {
        eg_tensor *combined = eg_combine_rows(g), *at = eg_part(combined, 0);
        m = rows_of(mean, at);
        v = rows_of(square, at);
        eg_tensor *step = adam_move(&o->adam, eg_part(combined, 1), rate, &m, &v);
        put_rows(mean, at, m, EG_SCATTER_SET);
        put_rows(square, at, v, EG_SCATTER_SET);
        put_rows(o->variables[i], at, eg_neg(step), EG_SCATTER_ADD);
        return;
    }
    eg_tensor *step = adam_move(&o->adam, g, rate, &m, &v);
    eg_assign(mean, m);
    eg_assign(square, v);
    eg_assign_sub(o->variables[i], step);
}

static eg_status adam_step(eg_optimizer *o, eg_tensor *const gradients[])
{
    eg_tensor *rate = adam_rate(o);

    for (int i = 0; i < o->n && eg_ok(); i++) {
        eg_scope *scope = eg_scope_open();
        adam_update(o, i, gradients[i], rate);
        eg_scope_close(scope);
    }
    return eg_pending(NULL);
}

static bool add_power(eg_optimizer *o, const char *name)
{
    eg_variable_attrs attrs = {.size = sizeof attrs, .name = name, .not_trainable = true};
    eg_scope *scope = eg_scope_open();
    eg_tensor *state = eg_variable_new(eg_scalar(EG_FLOAT64, 1), &attrs);

    eg_scope_close(scope);
    if (state)
        o->states[o->n_states++] = state;
    return state != NULL;
}

eg_optimizer *eg_adam_new(int n, eg_tensor *const variables[], const eg_adam_attrs *attrs)
{
    static const char op[] = "eg_adam_new";
    eg_adam_attrs all;
    eg_optimizer *o =
        complete(&all, sizeof all, attrs, op) ? make(op, n, variables, 2 * n + 2) : NULL;

    if (!o)
        return NULL;
    o->adam = all;
    o->adam.rate = o->adam.rate != 0 ? o->adam.rate : 0.001;
    o->adam.beta_1 = o->adam.beta_1 != 0 ? o->adam.beta_1 : 0.9;
    o->adam.beta_2 = o->adam.beta_2 != 0 ? o->adam.beta_2 : 0.999;
    o->adam.epsilon = o->adam.epsilon != 0 ? o->adam.epsilon : 1e-7;
    o->step = adam_step;
    bool done = add_power(o, "adam/beta_1_power") && add_power(o, "adam/beta_2_power");
    for (int i = 0; done && i < n; i++)
        done = add_state(o, variables[i], "adam_m") && add_state(o, variables[i], "adam_v");
    if (done)
        return o;
    eg_optimizer_free(o);
    return NULL;
}

/* ---- gradient descent ----------------------------------------------------------------------- */

static void sgd_update_rows(eg_optimizer *o, int i, eg_tensor *g)
{
    eg_tensor *w = o->variables[i];

    if (o->n_states == 0) {
        put_rows(w, eg_part(g, 0), scaled(eg_part(g, 1), -o->sgd.rate), EG_SCATTER_ADD);
        return;
    }
    eg_tensor *combined = eg_combine_rows(g), *at = eg_part(combined, 0);
    eg_tensor *velocity = eg_sub(scaled(rows_of(o->states[i], at), o->sgd.momentum),
        scaled(eg_part(combined, 1), o->sgd.rate));
    put_rows(o->states[i], at, velocity, EG_SCATTER_SET);
    put_rows(w, at, velocity, EG_SCATTER_ADD);
}

static void sgd_update(eg_optimizer *o, int i, eg_tensor *g)
{
    eg_tensor *step = scaled(g, o->sgd.rate);

    if (o->n_states == 0) {
        eg_assign_sub(o->variables[i], step);
        return;
    }
    eg_tensor *velocity = eg_sub(scaled(o->states[i], o->sgd.momentum), step);
    eg_assign(o->states[i], velocity);
    eg_assign_add(o->variables[i], velocity);
}

static eg_status sgd_step(eg_optimizer *o, eg_tensor *const gradients[])
{
    for (int i = 0; i < o->n && eg_ok(); i++) {
        eg_scope *scope = eg_scope_open();
        if (is_rows(gradients[i]))
            sgd_update_rows(o, i, gradients[i]);
        else
            sgd_update(o, i, gradients[i]);
        eg_scope_close(scope);
    }
    return eg_pending(NULL);
}

eg_optimizer *eg_sgd_new(int n, eg_tensor *const variables[], const eg_sgd_attrs *attrs)
{
    static const char op[] = "eg_sgd_new";
    eg_sgd_attrs all;
    eg_optimizer *o = complete(&all, sizeof all, attrs, op) ? make(op, n, variables, n) : NULL;
    bool done = true;

    if (!o)
        return NULL;
    o->sgd = all;
    o->sgd.rate = o->sgd.rate != 0 ? o->sgd.rate : 0.01;
    o->step = sgd_step;
    for (int i = 0; o->sgd.momentum != 0 && done && i < n; i++)
        done = add_state(o, variables[i], "velocity");
    if (done)
        return o;
    eg_optimizer_free(o);
    return NULL;
}
