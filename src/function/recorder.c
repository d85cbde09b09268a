/* Recording with guards.
 *
 * While the body walks a path that the trace knows, every operation, assignment and question must
 * be the one the trace has there, constants bit for bit. If it is not, the body depends on
 * something that is not in the signature, and the function becomes eager. Where the path ends at a
 * guard with an outcome that was never seen, recording goes on in new segments, private until they
 * are merged.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "function/recorder.h"
#include "autodiff/tape.h"
#include "base/memory.h"
#include "op/effect.h"
#include "tensor/scope.h"
#include <string.h>

static const char op_name[] = "a function";
static const eg__watch_type recorder_type;

static bool out_of_memory(size_t size)
{
    eg__fail_memory(op_name, size);
    return false;
}

static eg_status give_up(eg__recorder *r, const char *why)
{
    eg__function_give_up(r->function, "at %s:%d %s", eg__file_of(&eg__me.site), eg__me.site.line,
        why);
    r->gave_up = true;
    return EG_OK;
}

/* ---- checking against the known path --------------------------------------------------------- */

/* The next node of the known segment that is no source; NULL: there is none. */
static const eg_node *next_known(eg__recorder *r)
{
    const eg_graph *graph = r->at->graph;

    while (r->node < graph->n && (graph->nodes[r->node].op->traits & EG__SOURCE))
        r->node++;
    return r->node < graph->n ? &graph->nodes[r->node] : NULL;
}

/* The body does something else than before: it depends on what no signature sees. */
static eg_status differs(eg__recorder *r, const char *now, const char *before, const eg_site *where)
{
    char what[256];

    if (r->trace->relaxed) {
        eg__cache_forget(r->function, r->trace);
        atomic_store(&r->function->never_relaxes, true);
        r->gave_up = true;
        return EG_OK;
    }
    snprintf(what, sizeof what,
        "the body did %s where it did %s before (%.80s:%d): it depends on "
        "something that is no argument, environment, variable or generator",
        now, before, eg__file_of(where), where->line);
    return give_up(r, what);
}

static bool same_inputs(const eg__recorder *r, const eg_node *node, int n, const int in[])
{
    for (int k = 0; k < n; k++) {
        eg__value known = eg__segment_value(r->at, node->in[k]);
        if (!eg__same_value(&known, &r->values[in[k]]))
            return false;
    }
    return true;
}

static bool same_node(const eg__recorder *r, const eg_node *node, const eg_event *e, const int in[])
{
    if (node->op != e->op || node->n_in != e->n_in)
        return false;
    if (e->attrs && !eg__attrs_equal(e->op->attrs, e->attrs, node->attrs))
        return false;
    return same_inputs(r, node, e->n_in, in);
}

static eg_status check_node(eg__recorder *r, const eg_event *e, const int in[])
{
    const eg_node *node = next_known(r);

    if (!node)
        return differs(r, e->op->name, "something else", &r->at->site);
    if (node->op != e->op)
        return differs(r, e->op->name, node->op->name, &node->site);
    if (!same_node(r, node, e, in))
        return differs(r, e->op->name, "it with other arguments", &node->site);
    for (int k = 0; k < e->n_out; k++) {
        eg__value v = {.segment = r->at, .ref = {(uint32_t)r->node, (uint32_t)k}};
        if (!eg__recorder_mark(r, e->out[k], eg__recorder_add(r, v)))
            return eg__me.failed;
    }
    r->node++;
    return EG_OK;
}

/* ---- appending ------------------------------------------------------------------------------ */

static eg_status append_node(eg__recorder *r, const eg_event *e, const int in[])
{
    eg_ref refs[EG__MAX_IN];
    eg_spec out[EG__MAX_OUT];

    for (int k = 0; k < e->n_in; k++)
        if (!eg__segment_place(r->at, &r->values[in[k]], &refs[k]))
            return eg__me.failed;
    for (int k = 0; k < e->n_out; k++)
        out[k] = e->out[k]->spec;
    int node = eg__graph_add(r->at->graph, e->op, e->attrs, e->n_in, refs, out);
    if (node < 0 || !eg__recorder_note_uses(r, e, node))
        return eg__me.failed;
    r->at->graph->nodes[node].is_stopped = eg__tapes_stopped() > r->tapes_stopped;
    for (int k = 0; k < e->n_out; k++) {
        eg__value v = {.segment = r->at, .ref = {(uint32_t)node, (uint32_t)k}};
        if (!eg__recorder_mark(r, e->out[k], eg__recorder_add(r, v)))
            return eg__me.failed;
    }
    return eg__me.failed;
}

static eg_status note(eg__recorder *r, const eg_event *e)
{
    int in[EG__MAX_IN];

    for (int k = 0; k < e->n_in; k++) {
        in[k] = eg__recorder_value(r, e->in[k]);
        if (in[k] < 0)
            return eg__me.failed;
        /* The handle read from a variable is the variable's value by another name. */
        if (e->value[k] != e->in[k] && !eg__recorder_name(r, e->value[k], in[k]))
            return eg__me.failed;
    }
    return r->checking ? check_node(r, e, in) : append_node(r, e, in);
}

static eg_status applied(eg__watch *w, const eg_event *e)
{
    eg__recorder *r = (eg__recorder *)w;
    return r->gave_up ? EG_OK : note(r, e);
}

static eg_status printed(eg__watch *w, eg_tensor *x, const eg_print_attrs *attrs)
{
    eg__recorder *r = (eg__recorder *)w;
    eg__print_node how = {sizeof how, *attrs};
    eg_tensor *one[1] = {x};
    int parts = eg_parts(x);
    eg_tensor *const *in = parts ? x->tuple.part : one;
    eg_event e = {&eg_op_print, &how, NULL, parts ? parts : 1, 0, in, in, NULL, NULL, 0};

    if (r->gave_up || x->kind == EG__NONE || x->kind == EG__SPENT)
        return EG_OK;
    return note(r, &e);
}

/* ---- assignments ---------------------------------------------------------------------------- */

static eg_status check_assignment(eg__recorder *r, eg_tensor *variable, int value)
{
    static const eg_site nowhere = {0};

    if (r->assignment == r->at->n_assignments)
        return differs(r, "an assignment", "none", &nowhere);
    const eg__assignment *known = &r->at->assignments[r->assignment++];
    if (known->variable != variable || !eg__same_value(&known->value, &r->values[value]))
        return differs(r, "an assignment", "another one", &nowhere);
    return EG_OK;
}

static eg_status append_assignment(eg__recorder *r, eg_tensor *variable, int value)
{
    eg__segment *s = r->at;

    if (!eg__reserve(&s->assignments, sizeof *s->assignments, s->n_assignments,
            &s->assignments_capacity))
        return eg__fail_memory(op_name, sizeof *s->assignments);
    s->assignments[s->n_assignments++] =
        (eg__assignment){s->graph->n, eg__ref(variable), r->values[value]};
    return EG_OK;
}

/* A constant or capture that leaves the body must stay: the trace's graph keeps it. */
static bool anchor(eg__recorder *r, int value)
{
    eg_ref unused;

    if (r->checking || r->values[value].segment)
        return true;
    return eg__segment_place(r->at, &r->values[value], &unused);
}

/* Where a tape wants gradients, what is read from an assigned variable is the variable, not what
 * was assigned to it. */
static bool is_reread(eg__recorder *r, const eg_tensor *variable)
{
    if (!eg__is_floating(variable->spec.dtype))
        return false;
    const eg_node *known = r->checking ? next_known(r) : NULL;
    bool tapes = r->keeps_handles || r->trace->is_private;
    return r->checking ? known && known->op == &eg_op_reread : tapes;
}

/* The number of an assigned variable read again; -1 after an error. */
static int reread(eg__recorder *r, eg_tensor *variable, eg_tensor *value)
{
    eg_tensor *now = value->kind == EG__VARIABLE ? eg__variable_now(value) : eg__ref(value);
    eg_tensor *out = now ? eg__alias(now, op_name) : NULL, *in[2] = {value, variable};
    eg_event e = {&eg_op_reread, NULL, NULL, 2, 1, in, in, &out, NULL, 0};
    bool done = out && note(r, &e) == EG_OK && !r->gave_up;
    int i = done ? (int)out->node - 1 : -1;

    eg__unref(now);
    eg__unref(out);
    return i;
}

static eg_status assigned(eg__watch *w, eg_tensor *variable, eg_tensor *value)
{
    eg__recorder *r = (eg__recorder *)w;
    int i = r->gave_up ? -1 : eg__recorder_value(r, value);

    if (i < 0 || !anchor(r, i))
        return eg__me.failed;
    eg_status status =
        r->checking ? check_assignment(r, variable, i) : append_assignment(r, variable, i);
    if (status == EG_OK && !r->gave_up && is_reread(r, variable))
        i = reread(r, variable, value);
    if (i >= 0 && status == EG_OK && !eg__map_set(&r->pending, eg__key_of(variable), (uint32_t)i))
        out_of_memory(sizeof(eg__map_slot));
    return eg__me.failed ? eg__me.failed : eg__recorder_keep(r, variable) ? EG_OK : EG_NO_MEMORY;
}

/* ---- guards --------------------------------------------------------------------------------- */

static bool start_segment(eg__recorder *r, eg__segment *parent)
{
    if (!eg__reserve(&r->made, sizeof *r->made, r->n_made, &r->made_capacity))
        return out_of_memory(sizeof *r->made);
    eg__segment *s = eg__segment_new(r->function->callable.name, parent);
    if (!s)
        return false;
    r->made[r->n_made++] = s;
    s->sizes = eg__size_table_ref(r->sizes);
    r->at = s;
    r->checking = false;
    return true;
}

/* The trace has no child for this outcome yet: record it in new segments. */
static eg_status branch_off(eg__recorder *r, const void *seen, size_t size, int n_outcomes)
{
    eg__segment *guard = r->at;

    if (n_outcomes >= EG__MOST_OUTCOMES) {
        eg__trace_give_up(r->trace, &guard->site,
            "more than 8 outcomes were met; decide in tensors (eg_where), or stage the "
            "decision (eg_cond, eg_while)");
        r->gave_up = true;
        return EG_OK;
    }
    if (!eg__outcome_make(guard, seen, size, &r->seen))
        return eg__me.failed;
    r->n_outcomes = n_outcomes;
    r->attach_to = guard;
    return start_segment(r, guard) ? EG_OK : eg__me.failed;
}

static bool at_end_of_known(eg__recorder *r, eg__segment_end kind, const eg__value *asked,
    const eg_function *callee)
{
    eg__segment *s = r->at;
    bool same = !next_known(r) && r->assignment == s->n_assignments && s->end == kind &&
        s->callee == callee && (!asked || eg__same_value(&s->asked, asked));

    if (!same)
        differs(r, kind == EG__END_CALL ? "a call" : "a question", "something else", &s->site);
    return same;
}

/* The child for what is seen, among as many as there are now. They are compared without the lock,
 * since that may call the host; what is there does not change. */
static eg__segment *find_child(eg__recorder *r, const void *seen, size_t size, int *n)
{
    eg__outcome outcomes[EG__MOST_OUTCOMES];

    pthread_mutex_lock(&r->function->lock);
    *n = r->at->n_outcomes;
    if (*n > 0)
        memcpy(outcomes, r->at->outcomes, sizeof *outcomes * (size_t)*n);
    pthread_mutex_unlock(&r->function->lock);
    for (int i = 0; i < *n; i++)
        if (eg__outcome_is(r->at, &outcomes[i], seen, size))
            return outcomes[i].segment;
    return NULL;
}

static eg_status guard(eg__recorder *r, eg__segment_end kind, const eg__value *asked,
    eg_function *callee, const void *seen, size_t size)
{
    eg__segment *s = r->at;

    if (r->checking) {
        if (!at_end_of_known(r, kind, asked, callee))
            return EG_OK;
        int n;
        eg__segment *child = find_child(r, seen, size, &n);
        if (!child)
            return branch_off(r, seen, size, n);
        r->at = child;
        r->node = r->assignment = 0;
        return EG_OK;
    }
    s->end = kind;
    s->site = eg__me.site;
    s->callee = callee ? eg__function_ref(callee) : NULL;
    if (asked)
        s->asked = *asked;
    eg__outcome outcome;
    if (!eg__outcome_make(s, seen, size, &outcome))
        return eg__me.failed;
    if (!start_segment(r, s) || !eg__segment_add_child(s, &outcome, r->at))
        eg__outcome_free(s, &outcome);
    return eg__me.failed;
}

static bool was_answered(eg__recorder *r, uint32_t value, eg__segment_end kind)
{
    for (int i = 0; i < r->n_answered; i++)
        if (r->answered[i].value == value && r->answered[i].kind == kind)
            return true;
    if (eg__reserve(&r->answered, sizeof *r->answered, r->n_answered, &r->answered_capacity))
        r->answered[r->n_answered++] = (eg__answered){value, kind};
    else
        out_of_memory(sizeof *r->answered);
    return eg__me.failed != EG_OK;
}

/* The bits that a question's answer depends on. */
static size_t bits_of(const eg_tensor *value, eg__segment_end kind, unsigned char bits[16])
{
    if (kind == EG__END_TRUE) {
        bits[0] = eg__element_true(value->spec.dtype, value->data);
        return 1;
    }
    size_t size = eg__dtype(value->spec.dtype)->size;
    memcpy(bits, value->data, size);
    return size;
}

static eg_status guard_value(eg__recorder *r, eg_tensor *x, int i, eg__segment_end kind)
{
    unsigned char bits[16];
    eg_tensor *now = x->kind == EG__VARIABLE ? eg__variable_now(x) : eg__ref(x);

    if (!now)
        return eg__me.failed;
    size_t size = bits_of(now, kind, bits);
    eg__unref(now);
    return guard(r, kind, &r->values[i], NULL, bits, size);
}

/* In a strict function the host does not read what depends on the call. */
static eg_status refuse_read(const eg__recorder *r, eg__ask how)
{
    static const char *const instead[] = {
        [EG__ASK_TRUE] = "decide in tensors (eg_where), or stage the decision (eg_cond, eg_while)",
        [EG__ASK_ITEM] = "stage the decision (eg_switch, eg_for), or take it by value",
        [EG__ASK_RAW] = "compute with tensors, or return it and read it after the call",
    };
    return eg__fail(EG_STATE, "eg_call",
        "the body reads a value, which depends on the call, and %.64s is strict; %s",
        r->function->callable.name, instead[how]);
}

static eg_status asked(eg__watch *w, eg_tensor *x, eg__ask how)
{
    eg__recorder *r = (eg__recorder *)w;
    int i = r->gave_up ? -1 : eg__recorder_value(r, x);
    eg__segment_end kind = how == EG__ASK_TRUE ? EG__END_TRUE : EG__END_ITEM;

    if (i < 0)
        return eg__me.failed;
    const eg_tensor *fixed = r->values[i].segment ? NULL : r->values[i].tensor;
    if (fixed && fixed->kind != EG__VARIABLE) {
        eg__recorder_look_at_constant(r, fixed);
        return eg__me.failed;
    }
    if (eg__me.running && eg__me.running->strict)
        return refuse_read(r, how);
    if (how == EG__ASK_RAW)
        return give_up(r,
            "the body reads all elements of a tensor, which no guard can follow; "
            "compute with tensors instead");
    if (was_answered(r, (uint32_t)i, kind))
        return eg__me.failed;
    return guard_value(r, x, i, kind);
}

static const eg__watch_type recorder_type = {
    .name = "recorder",
    .applied = applied,
    .asked = asked,
    .assigned = assigned,
    .printed = printed,
};

bool eg__recorder_calls(eg_function *callee)
{
    for (eg__watch *w = eg__me.watch; w; w = w->outer) {
        eg__recorder *r = (eg__recorder *)w;
        if (w->type != &recorder_type || r->gave_up)
            continue;
        if (atomic_load(&callee->eager)) {
            eg__function_give_up(r->function, "it calls %s, which runs eagerly: %.300s",
                callee->callable.name, callee->why_eager);
            r->gave_up = true;
        } else if (eg__has_env(callee)) {
            guard(r, EG__END_CALL, NULL, callee, callee->env, callee->env_size);
        }
    }
    return !eg__me.failed;
}

/* ---- beginning and ending ------------------------------------------------------------------- */

/* How many owners of a handle are the recorder itself. */
static int owned_by_recorder(const eg__recorder *r, const eg_tensor *x)
{
    return r->keeps_handles && x->node ? 1 : 0;
}

static void add_survivor(eg__recorder *r, eg_tensor *x)
{
    if (atomic_load(&x->refs) == 1 + owned_by_recorder(r, x) && !x->scope)
        return;
    for (int i = 0; i < r->n_survivors; i++)
        if (r->survivors[i] == x)
            return;
    if (eg__reserve(&r->survivors, sizeof *r->survivors, r->n_survivors, &r->survivors_capacity))
        r->survivors[r->n_survivors++] = eg__ref(x);
    else
        out_of_memory(sizeof x);
}

static void outlives(eg_tensor *x)
{
    for (eg__watch *w = eg__me.watch; w; w = w->outer)
        if (w->type == &recorder_type)
            add_survivor((eg__recorder *)w, x);
}

bool eg__recorder_begin(eg__recorder *r, eg_function *f, eg__trace *trace, eg__watch **others)
{
    static atomic_uint_least64_t numbers;

    *r = (eg__recorder){.watch.type = &recorder_type, .function = f, .trace = trace};
    r->number = atomic_fetch_add(&numbers, 1) + 1;
    r->keeps_handles = trace->on_tape;
    r->errors_ended = eg__me.errors_ended;
    r->things_made = eg__me.things_made;
    r->makings = atomic_load(&f->makings);
    r->tapes_stopped = eg__tapes_stopped();
    pthread_mutex_lock(&f->lock);
    r->at = trace->n_segments > 0 ? trace->segments[0] : NULL;
    pthread_mutex_unlock(&f->lock);
    r->checking = r->at != NULL;
    if (!eg__recorder_watch_sizes(r) || (!r->checking && !start_segment(r, NULL)))
        return false;
    *others = eg__me.watch;
    eg__me.watch = &r->watch;
    eg__me.recording = r->number;
    eg__me.outlives = outlives;
    eg__me.sizes = &r->size_watch;
    return true;
}

void eg__recorder_end(eg__recorder *r, eg__watch *others)
{
    (void)r;
    eg__me.watch = others;
    eg__me.recording = 0;
    eg__me.sizes = NULL;
}

void eg__recorder_free(eg__recorder *r)
{
    for (int i = 0; i < r->n_made; i++)
        eg__segment_free(r->made[i]);
    for (int i = 0; i < r->n_kept; i++)
        eg__unref(r->kept[i]);
    for (int i = 0; i < r->n_survivors; i++)
        eg__unref(r->survivors[i]);
    for (int i = 0; i < r->handles_capacity; i++)
        eg__unref(r->handles[i]);
    if (r->seen.bytes)
        eg__outcome_free(r->attach_to, &r->seen);
    eg__recorder_free_sizes(r);
    eg__map_free(&r->foreign);
    eg__map_free(&r->pending);
    eg__free(r->made, sizeof *r->made * (size_t)r->made_capacity);
    eg__free(r->values, sizeof *r->values * (size_t)r->values_capacity);
    eg__free(r->handles, sizeof *r->handles * (size_t)r->handles_capacity);
    eg__free(r->kept, sizeof *r->kept * (size_t)r->kept_capacity);
    eg__free(r->survivors, sizeof *r->survivors * (size_t)r->survivors_capacity);
    eg__free(r->answered, sizeof *r->answered * (size_t)r->answered_capacity);
}

static bool check_return(eg__recorder *r, int n, const int value[], bool is_tuple)
{
    eg__segment *s = r->at;
    bool same = !next_known(r) && r->assignment == s->n_assignments && s->end == EG__END_RETURN &&
        s->n_results == n && s->is_tuple == is_tuple;

    for (int i = 0; same && i < n; i++)
        same = eg__same_value(&s->results[i], &r->values[value[i]]);
    if (!same)
        differs(r, "a return", "something else, or returned something else", &s->site);
    return true;
}

bool eg__recorder_return(eg__recorder *r, int n, eg_tensor *const results[], bool is_tuple)
{
    eg__segment *s = r->at;
    int value[EG__MAX_PARTS];

    for (int i = 0; i < n; i++) {
        value[i] = r->gave_up ? -1 : eg__recorder_value(r, results[i]);
        if (value[i] < 0 || !anchor(r, value[i]))
            return !eg__me.failed;
    }
    if (r->checking)
        return check_return(r, n, value, is_tuple);
    s->results = eg__alloc(sizeof *s->results * (size_t)n);
    if (!s->results)
        return out_of_memory(sizeof *s->results);
    s->n_results = n;
    for (int i = 0; i < n; i++)
        s->results[i] = r->values[value[i]];
    s->end = EG__END_RETURN;
    s->is_tuple = is_tuple;
    s->site = eg__me.site;
    return true;
}

static bool is_held_elsewhere(const eg__recorder *r, const eg_tensor *x, int owners)
{
    return x->recording == r->number &&
        (x->scope || atomic_load(&x->refs) > owners + owned_by_recorder(r, x));
}

void eg__recorder_look_for_escapes(eg__recorder *r, int n, eg_tensor *const results[])
{
    bool escapes = false;

    for (int i = 0; i < r->n_survivors; i++)
        escapes = escapes || is_held_elsewhere(r, r->survivors[i], 1);
    for (int i = 0; i < n; i++) {
        int owners = 0;
        for (int k = 0; k < n; k++)
            owners += results[k] == results[i];
        escapes = escapes || is_held_elsewhere(r, results[i], owners);
    }
    if (r->gave_up)
        return;
    if (escapes)
        give_up(r,
            "a tensor made in the body is still held elsewhere after it; return it "
            "instead");
    else if (r->errors_ended != eg__me.errors_ended)
        give_up(r, "the body ends an error by itself (EG_TRY), which a graph cannot");
    r->makes_things = r->things_made != eg__me.things_made;
}
