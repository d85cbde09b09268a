/* Running loops.
 *
 * The state that step t finds is record t, the one it leaves record t + 1; of a sweep that runs
 * backwards it is the other way round. Sweeps run one after another over all steps. Where they are
 * to keep little (`recompute`), the steps are cut into segments: of each, every sweep keeps the
 * state that it entered with, and only the records of one segment at a time. Before a later sweep
 * runs over a segment, the sweeps that it looks at run over it again. The first sweep, whose number
 * of steps nobody knows before, begins with short segments and joins them in pairs when there are
 * many more of them than each has steps.
 *
 * Frames and what takes turns lie in the scratch memory of the run; what is kept of each step does
 * not, since nobody knows before how many steps there are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/block.h"
#include "control/lanes.h"
#include <string.h>

enum { FIRST_SEGMENT = 8, BALANCE = 2, LINE = 64 };

typedef struct track {
    char *turns, *fixed;           /* two records; one */
    char *kept, *emitted, *begins; /* a record each of states, of what is emitted, of segments */
    size_t kept_bytes, emitted_bytes, begins_bytes; /* there are */
    int64_t at;                                     /* the record where the state is now */
    int64_t first;                                  /* the step of the first record that is kept */
    int64_t held; /* the segment whose records are there; -1: none */
    bool rolls;   /* nothing is kept: records take turns */
} track;

typedef struct running {
    const eg__staged *s;
    void *const *in, *const *out;
    int64_t steps;   /* of every sweep, once the first is through */
    int64_t segment; /* steps in one */
    int64_t t;       /* the step at hand */
    size_t kept;     /* bytes of all tracks' records, kept for later sweeps */
    track *track;
    char *frame, *asking; /* room for the frame of a sweep; of the condition */
} running;

/* What a job is: the loop, and where in its scratch memory what lies. */
typedef struct prepared {
    const eg__staged *s;
    size_t frame, asking, turns, bytes;
} prepared;

_Static_assert(sizeof(prepared) <= EG__JOB_STATE, "a loop fits a job");

static const eg__lanes *lanes_of(const running *r, int sweep)
{
    return r->s->sweep[sweep].lanes;
}

/* ---- room ------------------------------------------------------------------------------------ */

static eg_status keeps_too_much(const running *r)
{
    return eg__fail(EG_NO_MEMORY, "",
        "a gradient of \"%s\" keeps more than %lld bytes%s; allow more (.most_kept)",
        eg__block_graph(r->s->sweep[0].block)->name, (long long)r->s->most_kept,
        r->s->recompute ? "" : "; run steps again instead (.recompute), or");
}

/* Makes room for `records` of `record` bytes; what is there is kept. */
static bool reserve(running *r, char **start, size_t *bytes, size_t record, int64_t records)
{
    size_t need, most = r->s->most_kept > 0 ? (size_t)r->s->most_kept : SIZE_MAX;

    if (__builtin_mul_overflow(record, (size_t)records, &need))
        return eg__fail_memory("", SIZE_MAX) == EG_OK;
    if (need <= *bytes)
        return true;
    size_t others = r->kept - *bytes;
    if (need > most - others)
        return keeps_too_much(r) == EG_OK;
    if (*bytes > 0 && need < 2 * *bytes)
        need = 2 * *bytes < most - others ? 2 * *bytes : most - others;
    char *now = eg__block_new(need);
    if (!now)
        return eg__fail_memory("", need) == EG_OK;
    if (*bytes > 0)
        memcpy(now, *start, *bytes);
    eg__block_free(*start, *bytes);
    *start = now;
    *bytes = need;
    r->kept = others + need;
    return true;
}

/* Room for the records of n steps. */
static bool has_room(running *r, int sweep, int64_t n)
{
    const eg__lanes *lanes = lanes_of(r, sweep);
    track *t = &r->track[sweep];

    if (t->rolls)
        n = 1;
    return (lanes->kept == 0 || reserve(r, &t->kept, &t->kept_bytes, lanes->kept, n + 1)) &&
        (lanes->kept_emitted == 0 ||
            reserve(r, &t->emitted, &t->emitted_bytes, lanes->kept_emitted, n));
}

/* Two records of what takes turns, one of what stays. */
static size_t turns_bytes(const eg__lanes *lanes)
{
    return 2 * lanes->turns + lanes->fixed;
}

static void start_tracks(running *r, char *turns)
{
    for (int i = 0; i < r->s->n_sweeps; i++) {
        const eg__lanes *lanes = lanes_of(r, i);
        r->track[i] = (track){.turns = turns, .fixed = turns + 2 * lanes->turns, .held = -1};
        turns += turns_bytes(lanes);
    }
}

static void free_tracks(running *r)
{
    for (int i = 0; i < r->s->n_sweeps; i++) {
        track *t = &r->track[i];
        eg__block_free(t->kept, t->kept_bytes);
        eg__block_free(t->emitted, t->emitted_bytes);
        eg__block_free(t->begins, t->begins_bytes);
    }
}

/* ---- where values lie ------------------------------------------------------------------------ */

/* Value i of a sweep's state, in record number `record`. */
static char *state_at(const running *r, int sweep, int i, int64_t record)
{
    const eg__lanes *lanes = lanes_of(r, sweep);
    const eg__lane *lane = &lanes->lane[i];
    const track *t = &r->track[sweep];

    if (lane->kind == EG__LANE_FIXED)
        return t->fixed + lane->offset;
    if (lane->kind == EG__LANE_INPUT)
        return r->in[r->s->sweep[sweep].initial[i]];
    if (lane->kind == EG__LANE_TURNS)
        return t->turns + (size_t)(record & 1) * lanes->turns + lane->offset;
    size_t place = (size_t)(t->rolls ? record & 1 : record - t->first);
    return t->kept + place * lanes->kept + lane->offset;
}

/* What a sweep emits as its output i at step t. */
static char *emitted_at(const running *r, int sweep, int i, int64_t t)
{
    const eg__lanes *lanes = lanes_of(r, sweep);
    const eg__lane *lane = &lanes->lane[i];
    const track *k = &r->track[sweep];

    if (lane->kind == EG__LANE_FIXED)
        return k->fixed + lane->offset;
    if (lane->kind == EG__LANE_STACKED)
        return (char *)r->out[lane->output] + (size_t)t * lane->bytes;
    return k->emitted + (size_t)(k->rolls ? 0 : t - k->first) * lanes->kept_emitted + lane->offset;
}

static void *look(running *r, const eg__sweep *sweep, int i)
{
    const eg__port *p = &sweep->port[i];

    switch (p->kind) {
    case EG__PORT_INPUT:
        return r->in[p->index];
    case EG__PORT_ROW:
        return (char *)r->in[p->index] + (size_t)r->t * eg__bytes(eg__block_in(sweep->block, i));
    case EG__PORT_STEP:
        return &r->t;
    case EG__PORT_STATE:
        return state_at(r, p->sweep, p->index, r->t + r->s->sweep[p->sweep].backwards);
    default:
        return emitted_at(r, p->sweep, r->s->sweep[p->sweep].n_state + p->index, r->t);
    }
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* A frame for a sweep, in which what stays is bound. */
static eg__frame lay_frame(running *r, const eg__sweep *sweep, char *room)
{
    eg__frame f;

    eg__frame_lay(&f, sweep->block->plan, room);
    for (int i = 0; i < sweep->n_ports; i++)
        if (sweep->port[i].kind == EG__PORT_INPUT || sweep->port[i].kind == EG__PORT_STEP)
            f.at[sweep->block->plan->input_slot[i]] = look(r, sweep, i);
    return f;
}

static void bind(running *r, const eg__sweep *sweep, eg__frame *f)
{
    const uint32_t *slot = sweep->block->plan->input_slot;
    const eg__lanes *lanes = sweep->lanes;

    for (int k = 0; k < lanes->n_moving; k++)
        f->at[slot[lanes->moving[k]]] = look(r, sweep, lanes->moving[k]);
}

static eg_status step(running *r, int sweep, eg__frame *f, int64_t t)
{
    const eg__sweep *s = &r->s->sweep[sweep];
    int64_t leaves = t + !s->backwards;
    void *out[2 * EG__MAX_OUT];

    r->t = t;
    bind(r, s, f);
    for (int i = 0; i < s->n_state; i++)
        out[i] = state_at(r, sweep, i, leaves);
    for (int i = s->n_state; i < s->n_state + s->n_emitted; i++)
        out[i] = emitted_at(r, sweep, i, t);
    r->track[sweep].at = leaves;
    return eg__block_run(s->block, f, out);
}

/* ---- segments -------------------------------------------------------------------------------- */

static size_t bytes_of_begin(const running *r, int sweep)
{
    const eg__lanes *lanes = lanes_of(r, sweep);
    return lanes->turns + lanes->fixed + lanes->kept;
}

/* Copies the state that a segment begins with: to what is kept of segments, or back. */
static void copy_begin(running *r, int sweep, int64_t segment, bool back)
{
    char *at = r->track[sweep].begins + (size_t)segment * bytes_of_begin(r, sweep);

    for (int i = 0; i < r->s->sweep[sweep].n_state; i++) {
        size_t bytes = lanes_of(r, sweep)->lane[i].bytes;
        if (lanes_of(r, sweep)->lane[i].kind == EG__LANE_INPUT)
            continue;
        char *state = state_at(r, sweep, i, r->track[sweep].at);
        memcpy(back ? state : at, back ? at : state, bytes);
        at += bytes;
    }
}

static bool keep_begin(running *r, int sweep, int64_t segment, int64_t segments)
{
    track *t = &r->track[sweep];

    if (!reserve(r, &t->begins, &t->begins_bytes, bytes_of_begin(r, sweep), segments))
        return false;
    copy_begin(r, sweep, segment, false);
    return true;
}

/* From now on the records that are kept are those of a segment; the state stays as it is. */
static bool move_to(running *r, int sweep, int64_t segment, int64_t n)
{
    track *t = &r->track[sweep];
    size_t record = lanes_of(r, sweep)->kept;
    int64_t first = segment * r->segment;

    if (!has_room(r, sweep, n))
        return false;
    if (record > 0 && !t->rolls && first != t->first)
        memmove(t->kept + (size_t)(t->at - first) * record,
            t->kept + (size_t)(t->at - t->first) * record, record);
    t->first = first;
    return true;
}

static int64_t steps_in(const running *r, int64_t segment)
{
    int64_t left = r->steps - segment * r->segment;
    return left < r->segment ? left : r->segment;
}

static eg_status run_steps(running *r, int sweep, int64_t segment)
{
    const eg__sweep *s = &r->s->sweep[sweep];
    int64_t n = steps_in(r, segment), first = segment * r->segment;
    eg_status status = EG_OK;
    eg__frame f = lay_frame(r, s, r->frame);

    for (int64_t k = 0; k < n && status == EG_OK; k++)
        status = step(r, sweep, &f, s->backwards ? first + n - 1 - k : first + k);
    r->track[sweep].held = segment;
    return status;
}

/* Brings back the records of a segment that a sweep has been through: it runs over it again, when
 * what it looks at is there. */
static eg_status bring_back(running *r, int sweep, int64_t segment)
{
    const eg__lanes *lanes = lanes_of(r, sweep);
    track *t = &r->track[sweep];
    eg_status status = EG_OK;

    if (t->held == segment || !eg__is_looked_at(lanes))
        return EG_OK;
    for (int i = 0; i < lanes->n_looks && status == EG_OK; i++)
        status = bring_back(r, lanes->looks[i], segment);
    if (status != EG_OK)
        return status;
    t->rolls = false;
    t->first = segment * r->segment;
    t->at = t->first + (r->s->sweep[sweep].backwards ? steps_in(r, segment) : 0);
    if (!has_room(r, sweep, steps_in(r, segment)))
        return eg__me.failed;
    copy_begin(r, sweep, segment, true);
    return run_steps(r, sweep, segment);
}

/* ---- sweeps ---------------------------------------------------------------------------------- */

static void put_initial(const running *r, int sweep)
{
    const eg__sweep *s = &r->s->sweep[sweep];

    for (int i = 0; i < s->n_state; i++)
        if (s->lanes->lane[i].kind != EG__LANE_INPUT)
            memcpy(state_at(r, sweep, i, r->track[sweep].at), r->in[s->initial[i]],
                s->lanes->lane[i].bytes);
}

static void put_results(const running *r, int sweep)
{
    for (int i = 0; i < r->s->n_out; i++) {
        const eg__port *p = &r->s->output[i];
        if (p->sweep == sweep && p->kind == EG__PORT_STATE)
            memcpy(r->out[i], state_at(r, sweep, p->index, r->track[sweep].at),
                lanes_of(r, sweep)->lane[p->index].bytes);
    }
}

/* Results that stack the same values as one before. */
static void put_copies(const running *r)
{
    for (int i = 0; i < r->s->n_out; i++) {
        const eg__port *p = &r->s->output[i];
        const eg__sweep *of = &r->s->sweep[p->sweep];
        if (p->kind != EG__PORT_EMITTED)
            continue;
        const eg__lane *lane = &of->lanes->lane[of->n_state + p->index];
        if (lane->output != i && r->steps > 0)
            memcpy(r->out[i], r->out[lane->output], (size_t)r->steps * lane->bytes);
    }
}

/* Whether the first sweep is to take step t. */
static bool goes_on(running *r, eg__frame *f, int64_t t)
{
    const eg__sweep *go_on = &r->s->go_on;
    bool yes = true;

    if (!go_on->block)
        return true;
    r->t = t;
    bind(r, go_on, f);
    return eg__block_run(go_on->block, f, (void *[]){&yes}) == EG_OK && yes;
}

/* Joins segments in pairs. */
static void join_segments(running *r, int64_t *segments)
{
    size_t bytes = bytes_of_begin(r, 0);
    char *begins = r->track[0].begins;

    *segments = (*segments + 1) / 2;
    r->segment *= 2;
    for (int64_t k = 1; k < *segments; k++)
        memcpy(begins + (size_t)k * bytes, begins + (size_t)(2 * k) * bytes, bytes);
}

/* Before the first sweep takes step t: room for it, or the beginning of a segment. */
static bool make_way(running *r, int64_t t, int64_t *segments)
{
    if (!r->track[0].rolls)
        return has_room(r, 0, t + 1);
    if (t % r->segment != 0)
        return true;
    if (*segments >= BALANCE * r->segment)
        join_segments(r, segments);
    if (t % r->segment != 0)
        return true;
    ++*segments;
    return keep_begin(r, 0, *segments - 1, *segments);
}

static eg_status first_steps(running *r, eg__frame *f, eg__frame *asks, int64_t most)
{
    eg_status status = EG_OK;
    int64_t t = 0, segments = 0;

    while (status == EG_OK && t < most && goes_on(r, asks, t) && !eg__me.failed) {
        if (!make_way(r, t, &segments))
            break;
        status = step(r, 0, f, t++);
    }
    r->steps = t;
    if (!r->track[0].rolls)
        r->track[0].held = 0;
    return status != EG_OK ? status : eg__me.failed;
}

static int64_t most_steps(const running *r)
{
    int64_t most = r->s->most < 0 ? INT64_MAX : r->s->most, count;

    if (r->s->count < 0)
        return most;
    memcpy(&count, r->in[r->s->count], sizeof count);
    return count < 0 ? 0 : count < most ? count : most;
}

static eg_status run_first(running *r)
{
    eg__block *asking = r->s->go_on.block;
    int64_t most = most_steps(r);
    bool exact = !asking && !r->track[0].rolls;

    if (!has_room(r, 0, exact ? most : 1))
        return eg__me.failed;
    put_initial(r, 0);
    eg__frame f = lay_frame(r, &r->s->sweep[0], r->frame), asks = {0};
    if (asking)
        asks = lay_frame(r, &r->s->go_on, r->asking);
    return first_steps(r, &f, &asks, most);
}

/* A later sweep over a segment. */
static eg_status run_segment(running *r, int sweep, int64_t segment, int64_t segments)
{
    const eg__lanes *lanes = lanes_of(r, sweep);
    eg_status status = EG_OK;

    for (int i = 0; i < lanes->n_looks && status == EG_OK; i++)
        status = bring_back(r, lanes->looks[i], segment);
    if (status != EG_OK)
        return status;
    if (!move_to(r, sweep, segment, steps_in(r, segment)) ||
        (segments > 1 && eg__is_looked_at(lanes) && !keep_begin(r, sweep, segment, segments)))
        return eg__me.failed;
    return run_steps(r, sweep, segment);
}

static eg_status run_later(running *r, int sweep)
{
    track *t = &r->track[sweep];
    int64_t segments = r->steps == 0 ? 0 : (r->steps - 1) / r->segment + 1;
    bool backwards = r->s->sweep[sweep].backwards;
    eg_status status = EG_OK;

    t->at = backwards ? r->steps : 0;
    t->first = backwards && segments > 0 ? (segments - 1) * r->segment : 0;
    if (!has_room(r, sweep, segments > 0 ? steps_in(r, t->first / r->segment) : 1))
        return eg__me.failed;
    put_initial(r, sweep);
    for (int64_t k = 0; k < segments && status == EG_OK; k++)
        status = run_segment(r, sweep, backwards ? segments - 1 - k : k, segments);
    return status;
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const prepared *p = (const prepared *)(const void *)job->state;
    char *room = scratch;
    running r = {.s = p->s, .in = in, .out = out, .track = scratch, .segment = INT64_MAX};
    eg_status status = EG_OK;

    r.frame = room + p->frame;
    r.asking = room + p->asking;
    start_tracks(&r, room + p->turns);
    if (r.s->recompute && eg__is_looked_at(r.s->sweep[0].lanes)) {
        r.segment = FIRST_SEGMENT;
        r.track[0].rolls = true;
    }
    for (int i = 0; i < r.s->n_sweeps && status == EG_OK; i++) {
        status = i == 0 ? run_first(&r) : run_later(&r, i);
        if (status == EG_OK)
            put_results(&r, i);
    }
    if (status == EG_OK)
        put_copies(&r);
    free_tracks(&r);
    return status;
}

/* ---- preparing ------------------------------------------------------------------------------- */

static size_t lines(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

static void lay_out(prepared *p)
{
    const eg__staged *s = p->s;
    size_t most = 0;

    p->frame = lines(sizeof(track) * (size_t)s->n_sweeps);
    for (int i = 0; i < s->n_sweeps; i++) {
        size_t room = eg__frame_room(s->sweep[i].block->plan);
        most = room > most ? room : most;
    }
    p->asking = p->frame + most;
    p->turns = p->asking + (s->go_on.block ? eg__frame_room(s->go_on.block->plan) : 0);
    p->bytes = p->turns;
    for (int i = 0; i < s->n_sweeps; i++)
        p->bytes += turns_bytes(s->sweep[i].lanes);
}

static const char *waits_for(const eg__staged *s)
{
    const eg__step *step = s->go_on.block ? eg__waiting_step(s->go_on.block->plan) : NULL;

    for (int i = 0; i < s->n_sweeps && !step; i++) {
        if (eg__is_looked_at(s->sweep[i].lanes))
            return "a gradient keeps each of its steps, in memory that is taken as it runs";
        step = eg__waiting_step(s->sweep[i].block->plan);
    }
    return step ? step->job.waits : NULL;
}

static const char *prepare(const eg_kernel *self, const eg_problem *problem, eg_job *job)
{
    prepared *p = (prepared *)(void *)job->state;

    eg__job_start(job, self->name, run);
    *p = (prepared){.s = ((const eg__staged_attrs *)problem->attrs)->staged};
    lay_out(p);
    job->may_fail = true;
    job->scratch = p->bytes;
    job->waits = waits_for(p->s);
    return NULL;
}

const eg_kernel eg__loop_kernel = {"sweeps", prepare, NULL};
