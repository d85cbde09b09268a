/* Laying out a group: where each value is while a block is computed, and how large blocks are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/group.h"
#include "base/error.h"
#include "base/memory.h"
#include "kernel/copy.h"
#include "kernel/group_program.h"
#include <limits.h>
#include <string.h>

enum {
    LINE = 64,
    ROOM = 32768,       /* bytes of values a block should have in the first cache */
    SMALLEST = 256,     /* elements of a block, */
    LARGEST = 4096,     /* as many as a reduction takes at a time */
    LONG_RUN = 512,     /* elements from which a broadcast input stays in its own memory */
    CHUNK = 32768,      /* elements a thread takes at a time, */
    CHUNK_TIME = 10000, /* or as many as take these nanoseconds */
    MOST_ROOMS = 64,
    MOST_VALUES = EG__GROUP_INPUTS + EG__GROUP_MEMBERS,
};

/* What a call of a loop costs besides its elements, in nanoseconds. */
static const double call_cost = 5;

typedef eg__program_of_group program;

typedef struct laying {
    const eg__group *group;
    program *g;
    int last_use[MOST_VALUES];      /* the member that reads a value last; -1: none, INT_MAX: a
                                          reduction, when all are done */
    int register_of[MOST_VALUES];   /* -1: none yet */
    bool free[EG__GROUP_REGISTERS]; /* a temporary register whose value is not needed any more */
} laying;

/* ---- registers ------------------------------------------------------------------------------ */

static uint16_t set_register(program *g, int r, eg__register_kind kind, int index, size_t element)
{
    g->registers[r] = (eg__register){.kind = kind,
        .index = (uint16_t)index,
        .element = element,
        .advance = kind == EG__ONE ? 0 : (int64_t)element};
    return (uint16_t)r;
}

static void find_last_uses(laying *l)
{
    const eg__group *group = l->group;

    for (int v = 0; v < MOST_VALUES; v++)
        l->last_use[v] = l->register_of[v] = -1;
    for (int m = 0; m < group->n_members; m++)
        for (int k = 0; k < group->members[m].n_in; k++) {
            int *last = &l->last_use[group->members[m].in[k]];
            *last = !group->members[m].loop ? INT_MAX : *last < m ? m : *last;
        }
    memcpy(l->g->last, l->last_use, sizeof *l->last_use * (size_t)group->n_in);
}

/* ---- inputs that broadcast ------------------------------------------------------------------ */

static void describe_spread(const eg_spec *in, const eg_spec *out, eg__spread *s)
{
    int64_t bytes = (int64_t)s->element, elements = 1;

    for (int axis = out->rank - 1; axis >= 0; axis--) {
        int own = axis - (out->rank - in->rank);
        bool moves = own >= 0 && in->dims[own] != 1;
        if (out->dims[axis] == 1)
            continue;
        bool moved = s->rank > 0 && s->stride[s->rank - 1] != 0;
        if (s->rank == 0 || moved != moves) {
            s->stride[s->rank] = moves ? bytes : 0;
            s->dims[s->rank++] = 1;
        }
        s->dims[s->rank - 1] *= out->dims[axis];
        elements *= out->dims[axis];
        bytes *= moves ? out->dims[axis] : 1;
        s->period = moves ? elements : s->period;
    }
}

static bool same_spread(const eg__spread *a, const eg__spread *b)
{
    size_t size = sizeof *a->dims * (size_t)a->rank;

    return a->input == b->input && a->rank == b->rank && memcmp(a->dims, b->dims, size) == 0 &&
        memcmp(a->stride, b->stride, size) == 0;
}

static uint16_t spread_register(laying *l, int input, const eg_spec *in, const eg_spec *out)
{
    program *g = l->g;
    eg__spread *s = &g->spreads[g->n_spreads];

    *s = (eg__spread){.input = (uint16_t)input, .element = eg__dtype(in->dtype)->size};
    describe_spread(in, out, s);
    for (int r = 0; r < g->n_registers; r++) {
        const eg__register *reg = &g->registers[r];
        bool spread = reg->kind == EG__SPREAD || reg->kind == EG__EXPANDED;
        if (spread && same_spread(s, &g->spreads[reg->index]))
            return (uint16_t)r;
    }
    bool long_runs = s->dims[0] >= LONG_RUN;
    g->cuts = g->cuts || long_runs;
    g->expands = g->expands || !long_runs;
    return set_register(g, g->n_registers++, long_runs ? EG__SPREAD : EG__EXPANDED, g->n_spreads++,
        s->element);
}

/* ---- members -------------------------------------------------------------------------------- */

static uint16_t operand(laying *l, const eg__group_member *m, int k)
{
    int v = m->in[k];
    const eg_spec *in = m->in_spec[k];
    bool is_one = in->size == 1, is_whole = in->size == l->group->size;

    if (v < l->group->n_in && m->loop && !is_one && !is_whole)
        return spread_register(l, v, in, m->out);
    if (l->register_of[v] < 0)
        l->register_of[v] =
            set_register(l->g, v, is_one ? EG__ONE : EG__WHOLE, v, eg__dtype(in->dtype)->size);
    return (uint16_t)l->register_of[v];
}

static void release(laying *l, const eg__group_member *m, int at)
{
    for (int k = 0; k < m->n_in; k++) {
        int r = l->register_of[m->in[k]];
        if (r >= 0 && l->g->registers[r].kind == EG__TEMP && l->last_use[m->in[k]] == at)
            l->free[r] = true;
    }
}

static uint16_t temporary(laying *l, size_t element)
{
    for (int r = 0; r < l->g->n_registers; r++)
        if (l->free[r] && l->g->registers[r].element == element) {
            l->free[r] = false;
            return (uint16_t)r;
        }
    return set_register(l->g, l->g->n_registers++, EG__TEMP, 0, element);
}

/* How operand k goes on from element to element, where it is in its register. */
static int64_t step_of(const program *g, const eg__register *reg)
{
    if (reg->kind == EG__ONE)
        return 0;
    return reg->kind != EG__SPREAD || g->spreads[reg->index].stride[0] != 0;
}

static void add_loop(laying *l, const eg__group_member *m, int at)
{
    program *g = l->g;
    eg__group_step *step = &g->steps[g->n_steps++];
    int value = l->group->n_in + at;
    size_t element = eg__dtype(m->out->dtype)->size;

    *step = (eg__group_step){.loop = m->loop, .n_in = m->n_in};
    for (int k = 0; k < m->n_in; k++) {
        step->in[k] = operand(l, m, k);
        step->step[k] = step_of(g, &g->registers[step->in[k]]);
    }
    release(l, m, at);
    if (m->result >= 0) {
        step->out = set_register(g, g->n_in + m->result, EG__OUT, m->result, element);
        g->made[m->result] = at;
    } else {
        step->out = temporary(l, element);
        l->free[step->out] = l->last_use[value] < 0;
    }
    l->register_of[value] = step->out;
    g->cost += m->cost * (double)g->size;
}

static void add_tail(laying *l, const eg__group_member *m)
{
    program *g = l->g;

    g->made[m->result] = -1;
    g->tails[g->n_tails++] = (eg__group_tail){.job = *m->reduction,
        .from = operand(l, m, 0),
        .output = m->result,
        .scratch = g->rooms_at};
    g->rooms_at += (m->reduction->scratch + LINE - 1) / LINE * LINE;
    g->cost += 0.1 * (double)g->size;
}

static void add_members(laying *l)
{
    program *g = l->g;

    for (int i = 0; i < l->group->n_members; i++) {
        const eg__group_member *m = &l->group->members[i];
        if (m->loop)
            add_loop(l, m, i);
        else
            add_tail(l, m);
    }
    for (int r = g->n_in; r < g->n_in + g->n_out; r++)
        g->stages = g->stages ||
            (g->registers[r].kind == EG__OUT && !l->group->in_parts &&
                (size_t)g->size * g->registers[r].element >= EG__STREAM_FROM);
}

/* ---- blocks --------------------------------------------------------------------------------- */

static bool is_in_room(const program *g, const eg__register *reg)
{
    return reg->kind == EG__TEMP || reg->kind == EG__EXPANDED ||
        (reg->kind == EG__OUT && g->stages);
}

static int64_t greatest_divisor(int64_t a, int64_t b)
{
    for (int64_t rest; b > 0; b = rest) {
        rest = a % b;
        a = b;
    }
    return a;
}

/* After how many elements all inputs that are written down begin again; 0: after too many. */
static int64_t common_period(const program *g)
{
    int64_t period = 1;

    for (int r = 0; r < g->n_registers && period > 0; r++) {
        if (g->registers[r].kind != EG__EXPANDED)
            continue;
        int64_t other = g->spreads[g->registers[r].index].period;
        period = other / greatest_divisor(period, other) * period;
        period = other > LARGEST || period > LARGEST ? 0 : period;
    }
    return period;
}

/* Elements of a block by what its values take in the room. */
static int64_t comfortable(const program *g)
{
    size_t bytes = 0;

    for (int r = 0; r < g->n_registers; r++)
        bytes += is_in_room(g, &g->registers[r]) ? g->registers[r].element : 0;
    int64_t n = bytes ? (int64_t)(ROOM / bytes) / LINE * LINE : LARGEST;
    return n < SMALLEST ? SMALLEST : n < LARGEST ? n : LARGEST;
}

static int64_t cut_units(program *g)
{
    int64_t block = comfortable(g), period = common_period(g);

    if (g->n_tails > 0) {
        eg__reduce_units(&g->tails[0].job, &g->units);
        g->together = g->units.units > 1 || block < g->units.row ? 1 : block / g->units.row;
        g->together = g->together < g->units.rows ? g->together : g->units.rows;
        block = g->together * g->units.unit;
        period = g->units.units > 1 ? 0 : period;
    } else {
        if (period > 0)
            block = block < period ? period : block / period * period;
        block = block < g->size ? block : g->size;
        g->units = (eg__units){1, g->size, block, (g->size + block - 1) / block};
        g->together = 1;
    }
    g->period = period;
    g->blocks = (g->units.rows * g->units.units + g->together - 1) / g->together;
    g->expands_once = g->expands && period > 0 && block % period == 0;
    g->expands = g->expands && !g->expands_once;
    return block;
}

static void lay_room(program *g, int64_t block)
{
    for (int r = 0; r < g->n_registers; r++) {
        eg__register *reg = &g->registers[r];
        if (!is_in_room(g, reg))
            continue;
        reg->room = g->room;
        g->room += ((size_t)block * reg->element + LINE - 1) / LINE * LINE;
    }
}

static void share_out(program *g, int64_t block, bool in_parts)
{
    double each = g->cost / (double)g->size;
    int64_t chunk = each * CHUNK > CHUNK_TIME ? (int64_t)(CHUNK_TIME / each) : CHUNK;

    g->cost += call_cost * (double)g->n_steps * (double)g->blocks;
    g->in_chunk = chunk > block ? chunk / block : 1;
    int64_t chunks = (g->blocks + g->in_chunk - 1) / g->in_chunk;
    int threads = eg_threads();
    g->rooms = threads < MOST_ROOMS ? threads : MOST_ROOMS;
    if (!in_parts)
        g->rooms = g->cost <= EG__WORTH_WAKING ? 1 : chunks < g->rooms ? (int)chunks : g->rooms;
}

/* ---- the job -------------------------------------------------------------------------------- */

static bool may_overwrite(const eg_job *job, int out, int in)
{
    const program *g = eg__group_of(job);
    const eg__register *from = &g->registers[in];

    bool same = from->element == g->registers[g->n_in + out].element;
    bool is_whole = from->kind == EG__WHOLE || g->size == 1;
    return same && is_whole && g->made[out] >= 0 && g->made[out] >= g->last[in];
}

static void drop(eg_job *job)
{
    program *g = *(program **)(void *)job->state;

    eg__free(g, g->bytes);
}

static void *carve(char **at, size_t size)
{
    void *part = *at;

    *at += (size + LINE - 1) / LINE * LINE;
    return part;
}

/* The program with room for as much as the group can need. */
static program *new_program(const eg__group *group)
{
    size_t members = (size_t)group->n_members, operands = members * EG__MOST_OPERANDS;
    size_t registers = (size_t)(group->n_in + group->n_out) + members + operands;
    size_t bytes = sizeof(program) + sizeof(eg__register) * registers +
        sizeof(eg__spread) * (operands + 1) + sizeof(eg__group_step) * members + 6 * LINE;

    for (int m = 0; m < group->n_members; m++)
        bytes += group->members[m].loop ? 0 : sizeof(eg__group_tail);
    program *g = eg__alloc_zero(bytes);
    if (!g)
        return eg__fail_memory("a group", bytes), NULL;
    char *at = (char *)g;
    carve(&at, sizeof *g);
    g->bytes = bytes;
    g->size = group->size;
    g->n_in = group->n_in;
    g->n_out = group->n_out;
    g->n_registers = g->n_in + g->n_out;
    g->registers = carve(&at, sizeof(eg__register) * registers);
    g->spreads = carve(&at, sizeof(eg__spread) * (operands + 1));
    g->steps = carve(&at, sizeof(eg__group_step) * members);
    g->tails = (eg__group_tail *)(void *)at;
    return g;
}

bool eg__group_prepare(const eg__group *group, eg_job *job)
{
    laying l = {.group = group, .g = new_program(group)};
    program *g = l.g;

    if (!g)
        return false;
    find_last_uses(&l);
    add_members(&l);
    int64_t block = cut_units(g);
    lay_room(g, block);
    share_out(g, block, group->in_parts);
    bool small = g->blocks == 1 && !g->cuts && !g->expands && !g->expands_once && g->n_tails == 0;
    eg__job_start(job, "group", small ? eg__group_run_small : eg__group_run);
    job->drop = drop;
    job->may_overwrite = may_overwrite;
    job->scratch = g->rooms_at + g->room * (size_t)g->rooms;
    memcpy(job->state, &g, sizeof g);
    return true;
}
