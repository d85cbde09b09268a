/* Serving a call from a program: piece after piece, following the guards.
 *
 * The pieces' frames stay with the call until its end, since later pieces import from them. What
 * the call assigns becomes real after everything that can fail; if another thread assigned the same
 * variable meanwhile, the call is done again.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "function/replay.h"
#include "function/residue.h"
#include "op/effect.h"
#include <string.h>

static const char op_name[] = "a call";

static bool make_room(eg__replay *r)
{
    if (r->n < r->capacity)
        return true;
    int more = r->capacity * 2;
    const eg__place **path = eg__alloc(sizeof *path * (size_t)more);
    eg__pooled_frame **frames = eg__alloc(sizeof *frames * (size_t)more);
    if (!path || !frames) {
        eg__free(path, sizeof *path * (size_t)more);
        eg__free(frames, sizeof *frames * (size_t)more);
        return eg__fail_memory(op_name, sizeof *frames * (size_t)more), false;
    }
    memcpy(path, r->path, sizeof *path * (size_t)r->n);
    memcpy(frames, r->frames, sizeof *frames * (size_t)r->n);
    if (r->path != r->few_path) {
        eg__free(r->path, sizeof *path * (size_t)r->capacity);
        eg__free(r->frames, sizeof *frames * (size_t)r->capacity);
    }
    r->path = path;
    r->frames = frames;
    r->capacity = more;
    return true;
}

static void finish(eg__replay *r)
{
    for (int i = 0; i < r->n; i++)
        if (r->frames[i])
            eg__frames_give_back(&r->path[i]->piece->frames, r->frames[i]);
    if (r->path != r->few_path) {
        eg__free(r->path, sizeof *r->path * (size_t)r->capacity);
        eg__free(r->frames, sizeof *r->frames * (size_t)r->capacity);
    }
}

/* ---- pieces --------------------------------------------------------------------------------- */

static void *data_of(const eg__replay *r, const eg__source *s)
{
    if (s->depth < 0)
        return r->key->args[s->index]->data;
    const eg__plan *plan = r->path[s->depth]->piece->plan;
    return r->frames[s->depth]->frame.at[plan->outputs[s->index].slot];
}

static void bind_imports(const eg__replay *r, const eg__place *place, eg__pooled_frame *f)
{
    const eg__plan *plan = place->piece->plan;

    for (int i = 0; i < plan->n_inputs; i++) {
        const eg__source *s = &place->imports[i];
        if (s->index >= 0)
            f->frame.at[plan->input_slot[i]] = data_of(r, s);
    }
}

/* Whether an output of a leaf gets its memory only when the call commits. */
static bool is_made_later(const eg__replay *r, const eg__place *leaf, int output)
{
    for (int i = 0; r->updates && i < leaf->n_assigned; i++)
        if (leaf->in_place[i] && leaf->assigned[i].index == output)
            return true;
    return false;
}

/* Memory for the outputs of a leaf that leave the call. */
static bool make_results(const eg__replay *r, const eg__place *place, eg__pooled_frame *f)
{
    const eg__plan *plan = place->piece->plan;

    for (int i = 0; i < plan->n_outputs; i++)
        if (!is_made_later(r, place, i) && !eg__frame_make_result(&f->frame, plan, i, &f->made[i]))
            return false;
    return true;
}

static bool run_piece(eg__replay *r, const eg__place *place)
{
    if (!make_room(r))
        return false;
    eg__pooled_frame *f = eg__frames_take(&place->piece->frames);
    if (!f)
        return false;
    r->path[r->n] = place;
    r->frames[r->n++] = f;
    bind_imports(r, place, f);
    const eg__plan *plan = place->piece->plan;
    bool leaf = place->piece->segment->end == EG__END_RETURN;
    r->updates = leaf && place->split < plan->n_steps && !r->dry && !eg__me.transaction->outer;
    return eg__frame_pin(f, plan) && make_results(r, place, f) &&
        eg__plan_run(plan, &f->frame, 0, r->updates ? place->split : plan->n_steps) == EG_OK;
}

/* ---- guards --------------------------------------------------------------------------------- */

static eg_tensor *tensor_now(const eg__source *s)
{
    return s->tensor->kind == EG__VARIABLE ? eg__variable_now(s->tensor) : eg__ref(s->tensor);
}

static bool look(const eg__replay *r, const eg__place *place, const eg_spec *spec,
    unsigned char *bits)
{
    eg_tensor *held = place->asked.tensor ? tensor_now(&place->asked) : NULL;
    const void *data = held ? held->data : place->asked.tensor ? NULL : data_of(r, &place->asked);

    if (data && place->piece->segment->end == EG__END_TRUE)
        bits[0] = eg__element_true(spec->dtype, data);
    else if (data)
        memcpy(bits, data, eg__dtype(spec->dtype)->size);
    eg__unref(held);
    return data != NULL;
}

/* The place behind a guard; NULL where its outcome was never seen. */
static const eg__place *follow(const eg__replay *r, const eg__place *place)
{
    const eg__segment *s = place->piece->segment;
    unsigned char bits[16];
    const void *seen = bits;
    size_t size;

    if (s->end == EG__END_CALL) {
        if (s->callee->freed)
            return NULL;
        seen = s->callee->env;
        size = s->callee->env_size;
    } else {
        const eg_spec *spec = eg__value_spec(&s->asked);
        if (!look(r, place, spec, bits))
            return NULL;
        size = s->end == EG__END_TRUE ? 1 : eg__dtype(spec->dtype)->size;
    }
    for (int i = 0; i < place->n_children; i++)
        if (eg__outcome_is(s, &place->seen[i], seen, size))
            return place->children[i];
    return NULL;
}

/* ---- what leaves the call -------------------------------------------------------------------- */

/* A handle for a value that leaves the call, owned by the caller. */
static eg_tensor *take_value(eg__replay *r, const eg__source *s, const eg_spec *spec)
{
    if (s->tensor || s->depth < 0) {
        eg_tensor *from = s->tensor ? tensor_now(s) : eg__ref(r->key->args[s->index]);
        eg_tensor *y = from ? eg__alias(from, op_name) : NULL;
        eg__unref(from);
        return y;
    }
    eg_tensor *made = r->frames[s->depth]->made[s->index];
    if (made) /* the frame's own handle leaves first, then others like it */
        return atomic_load(&made->refs) == 1 ? eg__ref(made) : eg__alias(made, op_name);
    return eg__value_copy(spec, data_of(r, s), op_name);
}

static bool take_results(eg__replay *r, const eg__place *leaf)
{
    const eg__segment *s = leaf->piece->segment;

    for (int i = 0; i < leaf->n_results; i++) {
        r->results[i] = take_value(r, &leaf->results[i], eg__value_spec(&s->results[i]));
        if (!r->results[i])
            return false;
        r->n_results++;
    }
    return true;
}

static bool take_assigned(eg__replay *r, const eg__place *leaf)
{
    for (int i = 0; i < leaf->n_assigned; i++) {
        eg_tensor *variable = leaf->assigned_to[i];
        if (r->updates && leaf->in_place[i]) {
            if (!eg__transaction_update(variable))
                return false;
            continue;
        }
        eg_tensor *value = take_value(r, &leaf->assigned[i], &variable->spec);
        bool done = value && eg__transaction_assign(variable, value);
        eg__unref(value);
        if (!done)
            return false;
    }
    return true;
}

/* ---- gradients ------------------------------------------------------------------------------- */

static bool find_residual(const eg__replay *r, eg__residue *residue, const eg__value *v, void **at)
{
    const eg_graph *root = r->path[0]->piece->segment->graph;
    eg_tensor *held = NULL;

    if (!v->segment) {
        held = v->tensor->kind == EG__VARIABLE ? eg__variable_found(v->tensor) : v->tensor;
        if (!held)
            return false;
    } else if (v->segment->graph->nodes[v->ref.node].op == &eg_op_placeholder) {
        int i = 0;
        while (root->inputs[i] != v->ref.node)
            i++;
        held = r->key->args[i];
    } else {
        const eg__piece *p = r->path[v->segment->depth]->piece;
        int i = 0;
        while (!eg__same_ref(p->wanted[i].ref, v->ref))
            i++;
        *at = r->frames[v->segment->depth]->frame.at[p->plan->outputs[i].slot];
        return true;
    }
    *at = held->data;
    return eg__residue_hold(residue, held);
}

/* Moves the frames of this call to the residue, with handles of the leaf's outputs in them. */
static bool hand_over_frames(eg__replay *r, eg__residue *residue)
{
    size_t size = sizeof(void *) * ((size_t)r->n + 1);

    residue->pieces = eg__alloc(size);
    residue->frames = eg__alloc(size);
    if (!residue->pieces || !residue->frames) {
        eg__free(residue->pieces, size);
        eg__free(residue->frames, size);
        residue->pieces = NULL;
        residue->frames = NULL;
        return eg__fail_memory(op_name, size), false;
    }
    residue->n_frames = r->n;
    for (int i = 0; i < r->n; i++) {
        residue->pieces[i] = eg__piece_ref(r->path[i]->piece);
        residue->frames[i] = r->frames[i];
        r->frames[i] = NULL;
    }
    return true;
}

static bool note_on_tape(eg__replay *r, const eg__place *leaf)
{
    eg__derivative *d = leaf->derivative;
    eg__residue *residue = eg__residue_new(r->trace->function, d);

    if (!residue)
        return false;
    bool done = true;
    for (int i = 0; done && i < d->n_residuals; i++)
        done = find_residual(r, residue, &d->residuals[i], &residue->residual[i]);
    if (!done || !hand_over_frames(r, residue)) {
        eg__payload_unref(&residue->payload);
        return false;
    }
    return eg__residue_note(residue, r->key->args, r->results) == EG_OK;
}

/* ---- a call ---------------------------------------------------------------------------------- */

static eg__outcome_of_call run_path(eg__replay *r, const eg__program *program)
{
    const eg__place *place = &program->places[0];

    for (;;) {
        if (!run_piece(r, place))
            return EG__CALL_DONE;
        if (place->piece->segment->end == EG__END_RETURN)
            break;
        place = follow(r, place);
        if (!place)
            return eg__me.failed ? EG__CALL_DONE : EG__CALL_MISSED;
    }
    if (!take_results(r, place) || !take_assigned(r, place))
        return EG__CALL_DONE;
    if (r->trace->on_tape && !r->dry)
        note_on_tape(r, place);
    return EG__CALL_DONE;
}

static eg_tensor *join(eg__replay *r, bool is_tuple, int n)
{
    for (int i = 0; i < n; i++)
        r->results[i] = eg__own(r->results[i], op_name);
    eg_tensor *result = is_tuple ? eg_tuple_of(n, r->results) : r->results[0];
    return eg__me.failed ? NULL : result;
}

/* Ends the transaction: commits if the call came to its end, else forgets what it assigned. */
static eg__outcome_of_call close_transaction(eg__replay *r, eg__transaction *t,
    eg__outcome_of_call outcome)
{
    bool done = outcome == EG__CALL_DONE && !eg__me.failed && !r->dry;
    eg_status status = EG_OK;

    if (done && r->updates) {
        done = eg__transaction_commit_with(t, eg__replay_update, r, &status);
        return done || status != EG_OK ? EG__CALL_DONE : EG__CALL_AGAIN;
    }
    if (done && eg__transaction_prepare(t))
        return eg__transaction_commit(t) ? EG__CALL_DONE : EG__CALL_AGAIN;
    eg__transaction_drop(t);
    return outcome;
}

eg__outcome_of_call eg__replay_call(eg__trace *trace, const eg__key *key, bool dry,
    eg_tensor **result)
{
    const eg__program *program = atomic_load(&trace->program);
    eg__replay r = {.trace = trace, .key = key, .capacity = EG__FEW_PIECES, .dry = dry};
    eg_tensor *results[EG__MAX_PARTS];
    eg__transaction t;

    r.results = results;
    r.path = r.few_path;
    r.frames = r.few_frames;
    *result = NULL;
    eg__transaction_begin(&t);
    eg__outcome_of_call outcome = close_transaction(&r, &t, run_path(&r, program));
    if (outcome == EG__CALL_DONE && !eg__me.failed) {
        const eg__segment *leaf = r.path[r.n - 1]->piece->segment;
        *result = join(&r, leaf->is_tuple, leaf->n_results);
        r.n_results = 0;
    }
    for (int i = 0; i < r.n_results; i++)
        eg__unref(r.results[i]);
    finish(&r);
    return outcome;
}
