/* Drawing the bodies that users write.
 *
 * What a body uses from outside becomes an input, and the variables it assigns become outputs: what
 * they held before is one of the things from outside, and whoever runs the block assigns them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/staged.h"
#include "base/memory.h"

/* ---- bodies inside one another -------------------------------------------------------------- */

bool eg__body_enter(const char *op, bool draws)
{
    int most = draws ? EG__MOST_DRAWINGS : EG__MOST_BODIES;

    if ((draws ? eg__me.drawings : eg__me.bodies) >= most)
        return eg__fail(EG_INVALID, op,
                   "there are %d bodies inside one another%s: a body that calls itself has to end "
                   "somewhere%s",
                   most, draws ? ", all being recorded" : "",
                   draws ? ", and while it is recorded no value says where: write a loop (eg_while)"
                         : "") == EG_OK;
    eg__me.bodies++;
    eg__me.drawings = (uint16_t)(eg__me.drawings + draws);
    return true;
}

void eg__body_leave(bool draws)
{
    eg__me.bodies--;
    eg__me.drawings = (uint16_t)(eg__me.drawings - draws);
}

/* ---- what it uses and gives ----------------------------------------------------------------- */

/* Whether a constant of the drawing was made in it, so that nobody outside has it. */
static bool is_local(const eg__drawing *d, const eg_tensor *x)
{
    return x->kind == EG__VALUE && (x->scope == d->scope || atomic_load(&x->refs) == 1);
}

static bool too_many(const char *op)
{
    return eg__fail(EG_INVALID, op, "a body uses more than %d tensors from outside", EG__MAX_IN) ==
        EG_OK;
}

/* What comes from outside becomes inputs. */
static bool capture(eg__drawn *drawn, const eg__drawing *d, const char *op)
{
    eg_graph *graph = d->graph;

    for (int i = 0; i < graph->n; i++) {
        eg_node *node = &graph->nodes[i];
        if (!node->tensor || is_local(d, node->tensor))
            continue;
        if (drawn->n_captured == EG__MAX_IN)
            return too_many(op);
        if (!eg__reserve(&graph->inputs, sizeof *graph->inputs, graph->n_inputs,
                &graph->inputs_capacity))
            return eg__fail_memory(op, sizeof *graph->inputs) == EG_OK;
        drawn->captured[drawn->n_captured++] = node->tensor;
        node->tensor = NULL;
        node->op = &eg_op_placeholder;
        graph->inputs[graph->n_inputs++] = (uint32_t)i;
    }
    return true;
}

bool eg__results_of(const char *op, eg_tensor *y, int *n, eg_tensor *results[])
{
    if (!y || y->kind > EG__TUPLE) {
        if (!eg__me.failed)
            eg__fail(EG_INVALID, op, "a body returned %s; return a tensor or a tuple",
                y ? "what is no tensor" : "NULL without an error");
        return false;
    }
    *n = y->kind == EG__TUPLE ? y->tuple.n : 1;
    for (int i = 0; i < *n; i++)
        results[i] = y->kind == EG__TUPLE ? y->tuple.part[i] : y;
    return !eg__me.failed;
}

static bool take_results(eg__drawn *drawn, eg__drawing *d, eg_tensor *y, const char *op)
{
    eg_tensor *result[EG__MAX_PARTS];

    if (!eg__results_of(op, y, &drawn->n_results, result))
        return false;
    for (int i = 0; i < drawn->n_results; i++)
        if (!eg__draw_output(d, result[i]))
            return false;
    return capture(drawn, d, op);
}

static bool take_assigned(eg__drawn *drawn, const char *op)
{
    eg_graph *graph = drawn->graph;

    if (graph->n_effects > EG__MAX_PARTS)
        return eg__fail(EG_INVALID, op, "a body assigns more than %d variables", EG__MAX_PARTS) ==
            EG_OK;
    for (int i = 0; i < graph->n_effects; i++)
        drawn->assigned[i] = graph->effects[i];
    drawn->n_assigned = graph->n_effects;
    graph->n_effects = 0;
    return true;
}

/* ---- drawing -------------------------------------------------------------------------------- */

/* What the body did that no graph can do again. */
static bool is_pure(const eg__thread *before, const char *op)
{
    if (eg__me.failed)
        return false;
    if (before->errors_ended != eg__me.errors_ended)
        eg__fail(EG_INVALID, op,
            "a body ended an error by itself (EG_TRY, eg_report), which cannot be recorded; let "
            "the error pass");
    else if (before->things_made != eg__me.things_made)
        eg__fail(EG_INVALID, op,
            "a body made a variable, which cannot be recorded; make it before, outside");
    return !eg__me.failed;
}

/* While the body runs errors are at its lines; before and behind at the line of the call. */
static void run_body(eg__drawn *drawn, eg__drawing *d, eg_body body, void *env,
    eg_tensor *const in[], const char *op)
{
    eg__thread before = eg__me;

    eg_tensor *y = body(drawn->n_args, in, env);
    eg__me.site = before.site;
    if (is_pure(&before, op) && take_results(drawn, d, y, op))
        take_assigned(drawn, op);
}

bool eg__draw_body(eg__drawn *drawn, eg_body body, void *env, int n, const eg_spec *const args[],
    const char *op)
{
    eg_tensor *in[EG__MAX_IN];
    eg__drawing d;

    *drawn = (eg__drawn){.n_args = n};
    if (!eg__body_enter(op, true))
        return false;
    if (eg__draw(&d, op)) {
        d.graph->has_effects = d.graph->keeps_failures = true;
        drawn->graph = d.graph;
        for (int i = 0; i < n && !eg__me.failed; i++)
            in[i] = eg__draw_input(&d, args[i]);
        if (!eg__me.failed)
            run_body(drawn, &d, body, env, in, op);
        eg__draw_leave(&d);
    }
    eg__body_leave(true);
    return !eg__me.failed;
}

/* ---- variables ------------------------------------------------------------------------------ */

static bool find_assigned(const eg__drawn *drawn, const eg_tensor *variable, eg_ref *r)
{
    for (int i = 0; i < drawn->n_assigned; i++)
        if (drawn->assigned[i].variable == variable) {
            *r = drawn->assigned[i].value;
            return true;
        }
    return false;
}

/* What a variable that is not assigned holds: an input. */
static bool find_held(eg__drawn *drawn, const char *op, eg_tensor *variable, eg_ref *r)
{
    int k = 0;

    while (k < drawn->n_captured && drawn->captured[k] != variable)
        k++;
    if (k == EG__MAX_IN)
        return too_many(op);
    if (k == drawn->n_captured) {
        if (eg__graph_add_input(drawn->graph, NULL, &variable->spec) < 0)
            return false;
        drawn->captured[drawn->n_captured++] = eg__ref(variable);
    }
    *r = (eg_ref){drawn->graph->inputs[drawn->n_args + k], 0};
    return true;
}

bool eg__drawn_carry(eg__drawn *drawn, const char *op, int at, int n, eg_tensor *const variables[])
{
    eg_graph *graph = drawn->graph;
    eg_ref value;

    if (graph->n_outputs + n > EG__MAX_OUT)
        return eg__fail(EG_INVALID, op, "a body returns and assigns %d values; at most %d",
                   graph->n_outputs + n, EG__MAX_OUT) == EG_OK;
    for (int i = 0; i < n; i++) {
        if ((!find_assigned(drawn, variables[i], &value) &&
                !find_held(drawn, op, variables[i], &value)) ||
            !eg__graph_want(graph, value))
            return false;
        for (int k = graph->n_outputs - 1; k > at + i; k--)
            graph->outputs[k] = graph->outputs[k - 1];
        graph->outputs[at + i] = value;
    }
    return true;
}

bool eg__drawn_finish(eg__drawn *drawn)
{
    eg_graph *graph = drawn->graph;

    drawn->graph = NULL;
    drawn->block = eg__block_of(graph);
    return drawn->block != NULL;
}

void eg__drawn_free(eg__drawn *drawn)
{
    eg_graph_free(drawn->graph);
    eg__block_unref(drawn->block);
    for (int i = 0; i < drawn->n_captured; i++)
        eg__unref(drawn->captured[i]);
    for (int i = 0; i < drawn->n_assigned; i++)
        eg__unref(drawn->assigned[i].variable);
}
