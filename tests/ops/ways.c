/* Every way to run an operation gives the same bits: eagerly, in a function on first and later
 * calls, with constants for arguments, in a session, from a graph's text; and so do gradients.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include <stdio.h>
#include <string.h>

/* ---- functions ------------------------------------------------------------------------------ */

static eg_tensor *body(int n, eg_tensor *const in[], void *env)
{
    const op_case *c;

    (void)n;
    memcpy(&c, env, sizeof c);
    return case_apply(c, in);
}

/* The same with inputs that are constants of the trace. */
static eg_tensor *closed_body(int n, eg_tensor *const in[], void *env)
{
    const op_case *c;
    eg_tensor *own[EG__MAX_IN];

    (void)n, (void)in;
    memcpy(&c, env, sizeof c);
    case_inputs(c, own);
    return case_apply(c, own);
}

static void check_calls(const op_case *c, eg_body how, int n, const char *what)
{
    eg_tensor *in[EG__MAX_IN];
    eg_function_info info = {.size = sizeof info};
    EG_SCOPE;

    case_inputs(c, in);
    eg_tensor *expected = case_apply(c, in);
    eg_function *f = eg_function_new(how, n, &c, sizeof c);
    for (int i = 0; i < 4; i++) {
        eg_tensor *y = eg_call_of(f, n, in);
        if (is_fine(c, what) && !same_bits(y, expected))
            complain(c, "%s: call %d has other bits than eager execution", what, i + 1);
    }
    eg_function_info_now(f, &info);
    if (info.eager_calls > 0)
        complain(c, "%s: it runs eagerly: %s", what, eg_function_why_eager(f));
    else if (info.replays < 2)
        complain(c, "%s: %lld of 4 calls were replays", what, (long long)info.replays);
    eg_function_free(f);
}

TEST(a_function_gives_the_bits_of_eager_execution)
{
    FOR_EACH_CASE(c)
    check_calls(c, body, c->n_in, "as a function");
    assert_no_complaints();
}

TEST(a_function_of_constants_gives_the_bits_of_eager_execution)
{
    FOR_EACH_CASE(c)
    if (case_size(c) < 1000)
        check_calls(c, closed_body, 0, "as a function of constants");
    assert_no_complaints();
}

/* ---- sessions and text ---------------------------------------------------------------------- */

typedef struct built {
    eg_graph *graph;
    int n_out;
    eg_tensor *in[EG__MAX_IN], *out[EG__NAMED_OUT];
} built;

/* The operation in a graph, its inputs fed or constants, its results named. */
static void build(built *b, const op_case *c, bool fed)
{
    char name[16];

    *b = (built){.graph = eg_graph_new("case"), .n_out = eg__n_out(c->op, NULL)};
    EG_GRAPH(b->graph);
    for (int i = 0; i < c->n_in; i++) {
        const eg_spec *s = &c->in[i].spec;
        snprintf(name, sizeof name, "x%d", i);
        b->in[i] = eg_give(
            fed ? (eg_placeholder)(name, s->dtype, s->rank, s->dims) : value_tensor(&c->in[i]));
    }
    eg_tensor *y = case_apply(c, b->in);
    for (int i = 0; i < b->n_out; i++) {
        snprintf(name, sizeof name, "y%d", i);
        b->out[i] = eg_give(eg_identity(result(y, i)));
        eg_name(b->out[i], name);
    }
}

static void check_session(const op_case *c, const built *b, bool fed, eg_tensor *expected,
    const char *what)
{
    eg_feed feeds[EG__MAX_IN];
    eg_tensor *out[EG__NAMED_OUT];
    eg_session *session = eg_session_new(b->graph);

    for (int i = 0; i < c->n_in; i++)
        feeds[i] = (eg_feed){b->in[i], value_tensor(&c->in[i])};
    for (int run = 0; run < 2; run++) {
        eg_session_run(session, fed ? c->n_in : 0, feeds, b->n_out, b->out, out);
        if (!is_fine(c, what))
            break;
        for (int i = 0; i < b->n_out; i++)
            if (!same_bits(out[i], result(expected, i)))
                complain(c, "%s: run %d has other bits than eager execution", what, run + 1);
    }
    eg_session_free(session);
}

/* The graph read back from its text, with the symbols of the same names. */
static bool reread(built *again, const built *b, const op_case *c, bool fed)
{
    char name[16], *text = eg_graph_text(b->graph);

    *again = (built){.graph = eg_graph_parse(text), .n_out = b->n_out};
    char *second = eg_graph_text(again->graph);
    if (second && strcmp(text, second) != 0)
        complain(c, "its graph prints as\n%sand after reading that as\n%s", text, second);
    for (int i = 0; i < b->n_out && second; i++) {
        snprintf(name, sizeof name, "y%d", i);
        again->out[i] = eg_graph_symbol(again->graph, name);
    }
    for (int i = 0; i < c->n_in && fed && second; i++) {
        snprintf(name, sizeof name, "x%d", i);
        again->in[i] = eg_graph_symbol(again->graph, name);
    }
    eg_free(text);
    eg_free(second);
    return is_fine(c, "its graph's text");
}

static void check_graph(const op_case *c, bool fed)
{
    eg_tensor *in[EG__MAX_IN];
    built b, again;
    EG_SCOPE;

    case_inputs(c, in);
    eg_tensor *expected = case_apply(c, in);
    build(&b, c, fed);
    if (is_fine(c, "building its graph")) {
        check_session(c, &b, fed, expected, "in a session");
        if (reread(&again, &b, c, fed))
            check_session(c, &again, fed, expected, "in a session of the graph that was read");
        eg_graph_free(again.graph);
    }
    eg_graph_free(b.graph);
}

TEST(a_session_and_a_graph_read_from_text_give_the_bits_of_eager_execution)
{
    FOR_EACH_CASE(c)
    check_graph(c, true);
    assert_no_complaints();
}

TEST(graphs_of_constants_print_exactly_and_fold_to_the_bits_of_eager_execution)
{
    FOR_EACH_CASE(c)
    if (case_size(c) < 1000)
        check_graph(c, false);
    assert_no_complaints();
}

/* ---- gradients ------------------------------------------------------------------------------ */

static bool is_floating(const eg_tensor *x)
{
    return x && eg__is_floating(eg_dtype_of(x));
}

/* The gradient of the sum of the first result by the inputs that have one, through a call of `f`
 * unless that is NULL; how many there are. */
static int gradient(const op_case *c, eg_function *f, eg_tensor *dx[])
{
    eg_tensor *in[EG__MAX_IN], *x[EG__MAX_IN];
    int n = 0;
    EG_TAPE;

    case_inputs(c, in);
    for (int i = 0; i < c->n_in; i++)
        if (is_floating(in[i])) {
            eg_watch(in[i]);
            x[n++] = in[i];
        }
    eg_tensor *y = result(f ? eg_call_of(f, c->n_in, in) : case_apply(c, in), 0);
    if (n == 0 || !is_floating(y))
        return 0;
    eg_gradient(y, n, x, dx);
    for (int i = 0; i < n && eg_ok(); i++)
        eg_give(dx[i]);
    return eg_ok() ? n : 0;
}

static void check_gradients(const op_case *c)
{
    eg_tensor *eager[EG__MAX_IN], *called[EG__MAX_IN];
    EG_SCOPE;

    int n = gradient(c, NULL, eager);
    if (!is_fine(c, "its gradient") || n == 0)
        return;
    eg_function *f = eg_function_new(body, c->n_in, &c, sizeof c);
    for (int i = 0; i < 3; i++) {
        gradient(c, f, called);
        for (int k = 0; is_fine(c, "its gradient through a call") && k < n; k++)
            if (!same_bits(eager[k], called[k]))
                complain(c, "gradient %d through call %d has other bits than the eager one", k,
                    i + 1);
    }
    eg_function_free(f);
}

TEST(gradients_through_a_call_are_the_eager_ones_bit_for_bit)
{
    FOR_EACH_CASE(c)
    if (!(c->op->traits & EG__CONSTANT))
        check_gradients(c);
    assert_no_complaints();
}
