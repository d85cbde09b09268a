/* Questions of a body that is traced on symbols: each forks the way through it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "function/symbolic.h"

static const char op_name[] = "eg_function_graph";

static bool copy_assignments(eg__stretch *to, const eg__stretch *from)
{
    for (int i = 0; i < from->n_assigned; i++) {
        if (!eg__reserve(&to->assigned, sizeof *to->assigned, i, &to->assigned_capacity) ||
            !eg__reserve(&to->becomes, sizeof *to->becomes, i, &to->becomes_capacity))
            return eg__fail_memory(op_name, sizeof *to->becomes) == EG_OK;
        to->assigned[i] = from->assigned[i];
        to->becomes[i] = from->becomes[i];
        to->n_assigned = i + 1;
    }
    return true;
}

/* What the host asks for as a question with few answers: bits, or numbers from `low` on. */
static bool find_answers(const eg__symbolic *s, eg_ref r, eg__ask how, eg__stretch *q)
{
    const eg_spec *spec = eg__spec_of(s->pool, r);
    const eg__dtype_info *d = eg__dtype(spec->dtype);
    int64_t range[2];

    q->asked = r;
    q->as_truth = how == EG__ASK_TRUE || d->kind == EG__BOOLEAN;
    q->low = 0;
    q->n_answers = 2;
    if (q->as_truth)
        return true;
    if (d->kind == EG__INTEGER && eg__symbolic_range(s->pool, r, 0, range) &&
        range[1] - range[0] < EG__MOST_WAYS) {
        q->low = range[0];
        q->n_answers = (int)(range[1] - range[0]) + 1;
        return true;
    }
    eg__fail(EG_STATE, op_name,
        "at %s:%d the body reads a number, which has no value yet and too many that it could "
        "have; compare it in tensors and ask eg_true, or stage the decision (eg_switch, eg_while)",
        eg__file_of(&eg__me.site), eg__me.site.line);
    return false;
}

static bool same_question(const eg__stretch *a, eg_ref asked, bool as_truth)
{
    return eg__same_ref(a->asked, asked) && a->as_truth == as_truth;
}

/* Ends the stretch with a question; false, reported, where that makes too many ways. */
static bool fork_way(eg__symbolic *s, const eg__stretch *q)
{
    eg__stretch *at = s->at;

    s->ways += q->n_answers - 1;
    if (s->ways > EG__MOST_WAYS)
        return eg__fail(EG_STATE, op_name,
                   "at %s:%d the body has more than %d ways through it; decide in tensors "
                   "(eg_where) or stage the decision (eg_cond, eg_while)",
                   eg__file_of(&eg__me.site), eg__me.site.line, EG__MOST_WAYS) == EG_OK;
    at->site = eg__me.site;
    at->asked = q->asked;
    at->as_truth = q->as_truth;
    at->low = q->low;
    at->n_answers = q->n_answers;
    at->assignments = s->assignments;
    return true;
}

/* Goes on behind the first answer that has not been tried to its end; which it is, -1 after an
 * error. */
static int take_answer(eg__symbolic *s)
{
    eg__stretch *at = s->at;
    int i = 0;

    while (i < at->n_tried && at->answer[i]->done)
        i++;
    s->position = 0;
    if (i == at->n_tried) {
        eg__stretch *next = eg__stretch_new();
        if (!next)
            return -1;
        at->answer[at->n_tried++] = next;
        s->position = -1;
        if (!copy_assignments(next, at))
            return -1;
    } else {
        at->answer[i]->n_assigned = 0;
        if (!copy_assignments(at->answer[i], at))
            return -1;
    }
    s->at = at->answer[i];
    s->assignments = 0;
    return i;
}

static bool ask(eg__symbolic *s, eg__stretch *q, int64_t *value)
{
    eg__stretch *at = s->at;

    for (int i = 0; i < s->n_answered; i++)
        if (eg__same_ref(s->answered[i].asked, q->asked) &&
            s->answered[i].as_truth == q->as_truth) {
            *value = s->answered[i].value;
            return true;
        }
    if (eg__symbolic_knows(s)) {
        if (s->position < at->nodes.n || at->n_answers == 0 ||
            !same_question(at, q->asked, q->as_truth) || at->assignments != s->assignments)
            return eg__symbolic_differs("a question", "something else", &at->site) == EG_OK;
    } else if (!fork_way(s, q)) {
        return false;
    }
    int i = take_answer(s);
    if (i < 0)
        return false;
    *value = at->low + i;
    s->answered[s->n_answered++] = (struct eg__answer){q->asked, q->as_truth, *value};
    return true;
}

/* The answer as an element: of bool for a bit, else of the dtype that was asked for. */
static eg_tensor *element(eg_dtype dtype, int64_t value)
{
    eg_spec spec;
    eg_tensor *x = NULL;

    if (eg__spec_set(&spec, op_name, dtype, 0, NULL) == EG_OK)
        x = eg__value_new(&spec, op_name);
    if (x)
        eg__set_element_int(dtype, x->data, value);
    return x;
}

eg_tensor *eg__symbolic_answered(eg__watch *w, eg_tensor *x, eg__ask how)
{
    eg__symbolic *s = (eg__symbolic *)w;
    eg__stretch q;
    int64_t value = 0;
    eg_ref r;

    if (!eg__symbolic_ref(s, x, &r))
        return NULL;
    const eg_node *node = &s->pool->nodes[r.node];
    if (node->op == &eg_op_constant)
        return eg__ref(node->tensor);
    if (how == EG__ASK_RAW)
        return eg__fail_null(EG_STATE, op_name,
            "at %s:%d the body reads elements, which have no values yet; compute with tensors, or "
            "call the host in every run (eg_host_call)",
            eg__file_of(&eg__me.site), eg__me.site.line);
    if (!find_answers(s, r, how, &q) || !ask(s, &q, &value))
        return NULL;
    return element(q.as_truth ? EG_BOOL : x->spec.dtype, value);
}

eg_status eg__symbolic_asked(eg__watch *w, eg_tensor *x, eg__ask how)
{
    if (x->kind != EG__VARIABLE)
        return EG_OK;
    eg__unref(eg__symbolic_answered(w, x, how));
    return eg__me.failed;
}
