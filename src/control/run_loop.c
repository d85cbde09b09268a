/* Running loops.
 *
 * A sweep has a track: records of its state, one after the other, and records of what it emits.
 * The state that step t finds is record t, the one it leaves t + 1; of a sweep that runs backwards
 * it is the other way round. Where nobody looks at them later, two records take turns.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/block.h"
#include "control/staged.h"
#include <string.h>

enum { LINE = 64 };

typedef struct track {
    char *state, *emitted;
    size_t state_bytes, emitted_bytes; /* there are */
} track;

typedef struct running {
    const eg__staged *s;
    void *const *in, *const *out;
    int64_t steps; /* of every sweep, once the first is through */
    int64_t t;     /* the step at hand */
    track *track;
} running;

static size_t to_line(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

bool eg__sweep_prepare(eg__staged *s, eg__sweep *sweep)
{
    int n = sweep->block->plan->n_outputs;

    sweep->moving = eg__staged_take(s, sizeof *sweep->moving * ((size_t)sweep->n_ports + 1));
    sweep->offset = eg__staged_take(s, sizeof *sweep->offset * ((size_t)n + 1));
    if (!sweep->moving || !sweep->offset)
        return false;
    sweep->n_moving = 0;
    for (int i = 0; i < sweep->n_ports; i++)
        if (sweep->port[i].kind != EG__PORT_INPUT && sweep->port[i].kind != EG__PORT_STEP)
            sweep->moving[sweep->n_moving++] = i;
    sweep->state_record = sweep->emitted_record = LINE;
    for (int i = 0; i < n; i++) {
        size_t *record = i < sweep->n_state ? &sweep->state_record : &sweep->emitted_record;
        sweep->offset[i] = *record - LINE;
        *record += to_line(eg__bytes(eg__block_out(sweep->block, i)));
    }
    return true;
}

/* ---- tracks --------------------------------------------------------------------------------- */

/* Makes room for `records` of `record` bytes; what is there is kept. */
static bool reserve(char **start, size_t *bytes, size_t record, int64_t records)
{
    size_t need;

    if (__builtin_mul_overflow(record, (size_t)records, &need))
        return eg__fail_memory("", SIZE_MAX) == EG_OK;
    if (need <= *bytes)
        return true;
    need = *bytes > 0 && need < 2 * *bytes ? 2 * *bytes : need;
    char *now = eg__block_new(need);
    if (!now)
        return eg__fail_memory("", need) == EG_OK;
    if (*bytes > 0)
        memcpy(now, *start, *bytes);
    eg__block_free(*start, *bytes);
    *start = now;
    *bytes = need;
    return true;
}

static bool has_room(const eg__sweep *sweep, track *t, int64_t steps)
{
    return reserve(&t->state, &t->state_bytes, sweep->state_record,
               sweep->keeps_state ? steps + 1 : 2) &&
        reserve(&t->emitted, &t->emitted_bytes, sweep->emitted_record,
            sweep->keeps_emitted ? steps : 1);
}

static void free_tracks(running *r)
{
    for (int i = 0; i < r->s->n_sweeps; i++) {
        eg__block_free(r->track[i].state, r->track[i].state_bytes);
        eg__block_free(r->track[i].emitted, r->track[i].emitted_bytes);
    }
}

/* The state that step t of a sweep finds, or leaves. */
static char *state_at(const running *r, int sweep, int64_t t, bool leaves)
{
    const eg__sweep *s = &r->s->sweep[sweep];
    int64_t record = t + (leaves != s->backwards);

    return r->track[sweep].state + (size_t)(s->keeps_state ? record : record & 1) * s->state_record;
}

static char *emitted_at(const running *r, int sweep, int64_t t)
{
    const eg__sweep *s = &r->s->sweep[sweep];
    return r->track[sweep].emitted + (size_t)(s->keeps_emitted ? t : 0) * s->emitted_record;
}

/* ---- steps ---------------------------------------------------------------------------------- */

static void *look(running *r, const eg__sweep *sweep, int i)
{
    const eg__port *p = &sweep->port[i];
    const eg__sweep *of = &r->s->sweep[p->sweep];

    switch (p->kind) {
    case EG__PORT_INPUT:
        return r->in[p->index];
    case EG__PORT_ROW:
        return (char *)r->in[p->index] + (size_t)r->t * eg__bytes(eg__block_in(sweep->block, i));
    case EG__PORT_STEP:
        return &r->t;
    case EG__PORT_STATE:
        return state_at(r, p->sweep, r->t, false) + of->offset[p->index];
    default:
        return emitted_at(r, p->sweep, r->t) + of->offset[of->n_state + p->index];
    }
}

/* A frame for a sweep, in which what stays is bound; NULL after an error. */
static eg__pooled_frame *take_frame(running *r, const eg__sweep *sweep)
{
    eg__pooled_frame *f = eg__frames_take(&sweep->block->frames);

    for (int i = 0; f && i < sweep->n_ports; i++)
        if (sweep->port[i].kind == EG__PORT_INPUT || sweep->port[i].kind == EG__PORT_STEP)
            f->frame.at[sweep->block->plan->input_slot[i]] = look(r, sweep, i);
    return f;
}

static void bind(running *r, const eg__sweep *sweep, eg__pooled_frame *f)
{
    const uint32_t *slot = sweep->block->plan->input_slot;

    for (int k = 0; k < sweep->n_moving; k++)
        f->frame.at[slot[sweep->moving[k]]] = look(r, sweep, sweep->moving[k]);
}

static eg_status step(running *r, int sweep, eg__pooled_frame *f, int64_t t)
{
    const eg__sweep *s = &r->s->sweep[sweep];
    void *out[2 * EG__MAX_OUT];

    r->t = t;
    bind(r, s, f);
    char *state = state_at(r, sweep, t, true), *emitted = emitted_at(r, sweep, t);
    for (int i = 0; i < s->n_state + s->n_emitted; i++)
        out[i] = (i < s->n_state ? state : emitted) + s->offset[i];
    return eg__block_run(s->block, f, out);
}

/* Copies what a sweep emitted at a step to the outputs that stack it. */
static void stack(const running *r, int sweep, int64_t t)
{
    for (int i = 0; i < r->s->n_out; i++) {
        const eg__port *p = &r->s->output[i];
        if (p->kind != EG__PORT_EMITTED || p->sweep != sweep)
            continue;
        const eg__sweep *s = &r->s->sweep[sweep];
        size_t bytes = eg__bytes(eg__block_out(s->block, s->n_state + p->index));
        memcpy((char *)r->out[i] + (size_t)t * bytes,
            emitted_at(r, sweep, t) + s->offset[s->n_state + p->index], bytes);
    }
}

/* ---- sweeps --------------------------------------------------------------------------------- */

/* Whether the first sweep is to take step t. */
static bool goes_on(running *r, eg__pooled_frame *f, int64_t t)
{
    const eg__sweep *go_on = &r->s->go_on;
    bool yes = true;

    if (!go_on->block)
        return true;
    r->t = t;
    bind(r, go_on, f);
    return eg__block_run(go_on->block, f, (void *[]){&yes}) == EG_OK && yes;
}

static eg_status first_steps(running *r, eg__pooled_frame *f, eg__pooled_frame *asks, int64_t most)
{
    eg_status status = EG_OK;
    int64_t t = 0;

    while (status == EG_OK && t < most && goes_on(r, asks, t) && !eg__me.failed) {
        if (!has_room(&r->s->sweep[0], &r->track[0], t + 1))
            break;
        status = step(r, 0, f, t);
        if (status == EG_OK)
            stack(r, 0, t);
        t++;
    }
    r->steps = t;
    return status != EG_OK ? status : eg__me.failed;
}

static eg_status later_steps(running *r, int sweep, eg__pooled_frame *f)
{
    eg_status status = EG_OK;

    for (int64_t k = 0; k < r->steps && status == EG_OK; k++) {
        int64_t t = r->s->sweep[sweep].backwards ? r->steps - 1 - k : k;
        status = step(r, sweep, f, t);
        if (status == EG_OK)
            stack(r, sweep, t);
    }
    return status;
}

/* Where a sweep's state is when it begins, when it is done. */
static char *end_of(const running *r, int sweep, bool done)
{
    bool at_last = done != r->s->sweep[sweep].backwards;
    return state_at(r, sweep, at_last ? r->steps : 0, r->s->sweep[sweep].backwards);
}

static void put_initial(const running *r, int sweep)
{
    const eg__sweep *s = &r->s->sweep[sweep];
    char *at = end_of(r, sweep, false);

    for (int i = 0; i < s->n_state; i++)
        memcpy(at + s->offset[i], r->in[s->initial[i]], eg__bytes(eg__block_out(s->block, i)));
}

static int64_t most_steps(const running *r)
{
    int64_t most = r->s->most < 0 ? INT64_MAX : r->s->most, count;

    if (r->s->count < 0)
        return most;
    memcpy(&count, r->in[r->s->count], sizeof count);
    return count < 0 ? 0 : count < most ? count : most;
}

static eg_status run_sweep(running *r, int sweep, eg__pooled_frame *f)
{
    const eg__sweep *s = &r->s->sweep[sweep];
    track *t = &r->track[sweep];

    if (!has_room(s, t, sweep == 0 ? 1 : r->steps))
        return eg__me.failed;
    put_initial(r, sweep);
    if (sweep > 0)
        return later_steps(r, sweep, f);
    eg__block *asking = r->s->go_on.block;
    eg__pooled_frame *asks = asking ? take_frame(r, &r->s->go_on) : NULL;
    if (asking && !asks)
        return eg__me.failed;
    eg_status status = first_steps(r, f, asks, most_steps(r));
    if (asks)
        eg__frames_give_back(&asking->frames, asks);
    return status;
}

static void put_outputs(const running *r)
{
    for (int i = 0; i < r->s->n_out; i++) {
        const eg__port *p = &r->s->output[i];
        if (p->kind == EG__PORT_STATE)
            memcpy(r->out[i], end_of(r, p->sweep, true) + r->s->sweep[p->sweep].offset[p->index],
                eg__bytes(&r->s->out[i]));
    }
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    running r = {.in = in, .out = out, .track = scratch};
    eg_status status = EG_OK;

    memcpy(&r.s, job->state, sizeof r.s);
    memset(r.track, 0, sizeof *r.track * (size_t)r.s->n_sweeps);
    for (int i = 0; i < r.s->n_sweeps && status == EG_OK; i++) {
        eg__pooled_frame *f = take_frame(&r, &r.s->sweep[i]);
        if (!f) {
            status = eg__me.failed;
            break;
        }
        status = run_sweep(&r, i, f);
        eg__frames_give_back(&r.s->sweep[i].block->frames, f);
    }
    if (status == EG_OK)
        put_outputs(&r);
    free_tracks(&r);
    return status;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg__staged_attrs *attrs = p->attrs;

    eg__job_start(job, self->name, run);
    job->may_fail = true;
    job->scratch = sizeof(track) * (size_t)attrs->staged->n_sweeps;
    memcpy(job->state, &attrs->staged, sizeof attrs->staged);
    return NULL;
}

const eg_kernel eg__loop_kernel = {"sweeps", prepare, NULL};
