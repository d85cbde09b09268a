/* Running a group: chunks of blocks by threads, each in a room of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/os.h"
#include "kernel/copy.h"
#include "kernel/group_program.h"
#include <stdatomic.h>
#include <string.h>

typedef eg__program_of_group program;

typedef eg__group_whole whole;

/* What one thread does: a block, from element `at` on. */
typedef struct block {
    const whole *w;
    char *room;
    int64_t at, n;
    int64_t unit, units;
} block;

/* ---- inputs that broadcast ------------------------------------------------------------------ */

/* Where a spread input is at element `at`; its places along the axes in index[]. */
static int64_t find(const eg__spread *s, int64_t at, int64_t index[])
{
    int64_t offset = 0;

    for (int i = 0; i < s->rank; i++) {
        index[i] = at % s->dims[i];
        at /= s->dims[i];
        offset += index[i] * s->stride[i];
    }
    return offset;
}

/* Writes an element down n times. */
static void repeat(char *y, const char *x, size_t element, int64_t n)
{
    uint64_t v = 0;

    memcpy(&v, x, element < sizeof v ? element : sizeof v);
    switch (element) {
    case 4:
        for (int64_t i = 0; i < n; i++)
            memcpy(y + 4 * i, &v, 4);
        break;
    case 8:
        for (int64_t i = 0; i < n; i++)
            memcpy(y + 8 * i, &v, 8);
        break;
    default:
        for (int64_t i = 0; i < n; i++)
            memcpy(y + (int64_t)element * i, x, element);
    }
}

/* Goes on by the rest of an innermost run: index[0] is at its end. */
static int64_t turn(const eg__spread *s, int64_t index[])
{
    int64_t move = 0;

    for (int i = 0; i < s->rank && index[i] == s->dims[i]; i++) {
        move -= index[i] * s->stride[i];
        index[i] = 0;
        if (i + 1 < s->rank) {
            index[i + 1]++;
            move += s->stride[i + 1];
        }
    }
    return move;
}

/* Writes down elements [at, at + n). */
static void expand(const eg__spread *s, const char *x, int64_t at, int64_t n, char *y)
{
    int64_t index[EG_MAX_RANK];

    x += find(s, at, index);
    while (n > 0) {
        int64_t left = s->dims[0] - index[0], run = left < n ? left : n;
        if (s->stride[0])
            memcpy(y, x, (size_t)run * s->element);
        else
            repeat(y, x, s->element, run);
        index[0] += run;
        x += run * s->stride[0];
        x += turn(s, index);
        y += (size_t)run * s->element;
        n -= run;
    }
}

static void expand_all(const block *b)
{
    const program *g = b->w->g;

    for (int r = 0; r < g->n_registers; r++) {
        const eg__register *reg = &g->registers[r];
        if (reg->kind != EG__EXPANDED)
            continue;
        const eg__spread *s = &g->spreads[reg->index];
        expand(s, b->w->in[s->input], b->at, b->n, b->room + reg->room);
    }
}

/* ---- a block -------------------------------------------------------------------------------- */

/* How many elements from `at` on there are until a spread input turns, at most n. */
static int64_t until_turn(const program *g, int64_t at, int64_t n)
{
    for (int r = 0; r < g->n_registers; r++) {
        if (g->registers[r].kind != EG__SPREAD)
            continue;
        int64_t run = g->spreads[g->registers[r].index].dims[0], left = run - at % run;
        n = left < n ? left : n;
    }
    return n;
}

static void *find_register(const block *b, const eg__register *reg, int64_t at)
{
    const whole *w = b->w;
    char *room = b->room + reg->room + (at - b->at) * reg->advance;
    int64_t index[EG_MAX_RANK];

    switch (reg->kind) {
    case EG__ONE:
    case EG__WHOLE:
        return (char *)w->in[reg->index] + at * reg->advance;
    case EG__SPREAD: {
        const eg__spread *s = &w->g->spreads[reg->index];
        return (char *)w->in[s->input] + find(s, at, index);
    }
    case EG__OUT:
        return w->past ? room : (char *)w->out[reg->index] + at * reg->advance;
    default:
        return room;
    }
}

static inline void run_steps(const program *g, void *const reg[], int64_t n)
{
    for (int s = 0; s < g->n_steps; s++) {
        const eg__group_step *step = &g->steps[s];
        const void *in[EG__MOST_OPERANDS];
        for (int k = 0; k < step->n_in; k++)
            in[k] = reg[step->in[k]];
        step->loop(n, in, step->step, reg[step->out]);
    }
}

static void run_piece(const block *b, int64_t at, int64_t n)
{
    const program *g = b->w->g;
    void *reg[EG__GROUP_REGISTERS];

    for (int r = 0; r < g->n_registers; r++)
        reg[r] = find_register(b, &g->registers[r], at);
    run_steps(g, reg, n);
}

static void run_tails(const block *b)
{
    const program *g = b->w->g;
    bool alone = g->units.units > 1;
    const int64_t shape[2] = {alone ? 1 : b->units, alone ? b->n : g->units.row};

    for (int t = 0; t < g->n_tails; t++) {
        const eg__group_tail *tail = &g->tails[t];
        eg__reduce_pieces(&tail->job, find_register(b, &g->registers[tail->from], b->at),
            b->w->partials[t], b->unit, shape);
    }
}

static void stream(const block *b)
{
    const whole *w = b->w;

    for (int k = 0; k < w->g->n_out; k++) {
        const eg__register *reg = &w->g->registers[w->g->n_in + k];
        if (reg->kind == EG__OUT)
            w->past->copy((char *)w->out[k] + b->at * reg->advance, b->room + reg->room,
                (size_t)b->n * reg->element);
    }
}

static void find_block(block *b, int64_t index)
{
    const program *g = b->w->g;
    const eg__units *u = &g->units;
    int64_t all = u->rows * u->units;

    b->unit = index * g->together;
    b->units = g->together < all - b->unit ? g->together : all - b->unit;
    int64_t column = b->unit % u->units * u->unit, row = b->unit / u->units;
    b->at = row * u->row + column;
    b->n = u->units == 1            ? b->units * u->row
        : u->row - column < u->unit ? u->row - column
                                    : u->unit;
}

static void run_block(const block *b)
{
    const program *g = b->w->g;

    if (g->expands)
        expand_all(b);
    for (int64_t at = b->at, end = b->at + b->n, n; at < end; at += n) {
        n = g->cuts ? until_turn(g, at, end - at) : end - at;
        run_piece(b, at, n);
    }
    run_tails(b);
    if (b->w->past)
        stream(b);
}

/* ---- the whole ------------------------------------------------------------------------------ */

/* A room that no other thread is in; there is one, or will be in a moment. */
static int enter(whole *w)
{
    for (;; eg__os_yield())
        for (int i = 0; i < w->g->rooms; i++) {
            uint64_t bit = UINT64_C(1) << i;
            if (!(atomic_fetch_or_explicit(&w->taken, bit, memory_order_acquire) & bit))
                return i;
        }
}

static void leave(whole *w, int room)
{
    atomic_fetch_and_explicit(&w->taken, ~(UINT64_C(1) << room), memory_order_release);
}

static void run_chunk(void *env, int chunk)
{
    whole *w = env;
    const program *g = w->g;
    int room = enter(w);
    block b = {.w = w, .room = w->scratch + g->rooms_at + g->room * (size_t)room};
    int64_t at = chunk * g->in_chunk, end = at + g->in_chunk;

    end = end < g->blocks ? end : g->blocks;
    for (int64_t i = at; i < end; i++) {
        find_block(&b, i);
        if (i == at && g->expands_once)
            expand_all(&b);
        run_block(&b);
    }
    if (w->past)
        w->past->end();
    leave(w, room);
}

/* Not where an output lies over an input: its lines are in the caches. */
static const eg__stream_loops *way_past(const whole *w)
{
    if (!w->g->stages)
        return NULL;
    for (int k = 0; k < w->g->n_in; k++)
        for (int o = 0; o < w->g->n_out; o++)
            if (w->in[k] == w->out[o])
                return NULL;
    return eg__stream[eg__isa_now()];
}

eg_status eg__group_run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const program *g = eg__group_of(job);
    void *partials[EG__GROUP_OUTPUTS];
    whole w = {.g = g, .in = in, .out = out, .scratch = scratch, .partials = partials};

    w.past = way_past(&w);
    for (int t = 0; t < g->n_tails; t++)
        partials[t] = eg__reduce_partials(&g->tails[t].job, out[g->tails[t].output],
            (char *)scratch + g->tails[t].scratch);
    eg__run_chunks((int)((g->blocks + g->in_chunk - 1) / g->in_chunk), g->cost, run_chunk, &w);
    for (int t = 0; t < g->n_tails; t++)
        eg__reduce_rest(&g->tails[t].job, out[g->tails[t].output],
            (char *)scratch + g->tails[t].scratch);
    return EG_OK;
}

/* ---- in parts ------------------------------------------------------------------------------- */

void eg__group_begin(eg__group_whole *w, const eg_job *job, void *const in[], void *const out[],
    void *scratch)
{
    *w = (whole){.g = eg__group_of(job), .in = in, .out = out, .scratch = scratch};
}

/* Inputs that broadcast are written down once for a part that begins where they do. */
void eg__group_part(void *env, int64_t at, int64_t n)
{
    whole *w = env;
    const program *g = w->g;
    int room = enter(w);
    block b = {.w = w, .room = w->scratch + g->rooms_at + g->room * (size_t)room, .units = 1};
    bool once = g->expands_once && at % g->period == 0;

    for (int64_t end = at + n; at < end; at += b.n) {
        bool first = b.n == 0;
        b.at = at;
        b.n = end - at < g->units.unit ? end - at : g->units.unit;
        if (g->expands_once && (first || !once))
            expand_all(&b);
        run_block(&b);
    }
    leave(w, room);
}

double eg__group_cost(const eg_job *job)
{
    return eg__group_of(job)->cost;
}

eg_status eg__group_run_small(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const program *g = eg__group_of(job);
    void *reg[EG__GROUP_REGISTERS], **at = reg;

    for (int k = 0; k < g->n_in; k++)
        *at++ = in[k];
    for (int k = 0; k < g->n_out; k++)
        *at++ = out[k];
    for (int r = g->n_in + g->n_out; r < g->n_registers; r++)
        *at++ = (char *)scratch + g->registers[r].room;
    run_steps(g, reg, g->size);
    return EG_OK;
}
