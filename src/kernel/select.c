/* Counting, numbering, picking and replacing the elements of which a mask is true.
 *
 * All go through the mask twice, by chunks: first each chunk's picks are counted, so that the
 * second time each knows where in the result its own begin. So chunks do not depend on each other,
 * nor the result on how many threads there are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/select.h"
#include "base/error.h"
#include "kernel/isa.h"
#include <string.h>

enum {
    MOST_WORDS = 1024,      /* of the mask a chunk */
    CHUNK_BYTES = 1 << 18,  /* of rows a chunk, where one word picks fewer */
    FILL_AT_ONCE = 1 << 16, /* bytes */
};

static const double ns_per_byte = 0.1;

/* A mask, and rows that it picks from. */
typedef struct mask {
    const eg__select_loops *loops;
    int width;     /* 1 << width bytes an element of the mask */
    uint64_t bits; /* an element that has any of them is true */
    int64_t n, words;
    int64_t length; /* rows of the result */
    size_t row;
    int moved; /* the loop that moves rows; EG__WORD_WIDTHS: memcpy */
    int chunks;
} mask;

/* What a run of a job is about. `start` has for each chunk how many rows the ones before it pick,
 * and in the end how many there are. */
typedef struct selecting {
    const mask *m;
    const char *mask, *from, *updates;
    char *to;
    int64_t *start;
    const eg_spec *spec; /* of what is numbered */
} selecting;

#ifdef EG_HAVE_X86_SETS
extern const eg__select_loops eg__select_base[], eg__select_avx2[], eg__select_avx512[];
#else
extern const eg__select_loops eg__select_base[];
#endif
static const eg__select_loops *const loops[EG__ISAS] = EG__EACH_ISA(eg__select);

/* ---- masks ---------------------------------------------------------------------------------- */

/* The loop for elements of that many bytes; EG__WORD_WIDTHS: there is none. */
static int width_of(size_t bytes)
{
    int width = 0;

    while (width < EG__WORD_WIDTHS && (size_t)1 << width != bytes)
        width++;
    return width;
}

/* False where no loop reads masks of that dtype. */
static bool set_mask(mask *m, const eg_spec *spec, size_t row)
{
    const eg__dtype_info *d = eg__dtype(spec->dtype);

    *m = (mask){.loops = loops[eg__isa_now()], .n = spec->size, .row = row};
    m->width = width_of(d->size);
    if (m->width == EG__WORD_WIDTHS || d->kind == EG__NO_KIND)
        return false;
    m->bits = UINT64_MAX >> (64 - 8 * d->size);
    m->bits >>= d->kind == EG__REAL;
    m->moved = width_of(row);
    m->words = CHUNK_BYTES / EG__WORD / (int64_t)(row < CHUNK_BYTES ? row + 1 : CHUNK_BYTES);
    m->words = m->words < 1 ? 1 : m->words > MOST_WORDS ? MOST_WORDS : m->words;
    m->chunks = (int)((m->n + m->words * EG__WORD - 1) / (m->words * EG__WORD));
    return true;
}

/* The first element of a chunk, and how many there are. */
static int64_t chunk_begin(const mask *m, int chunk)
{
    return (int64_t)chunk * m->words * EG__WORD;
}

static int64_t chunk_size(const mask *m, int chunk)
{
    int64_t left = m->n - chunk_begin(m, chunk), most = m->words * EG__WORD;
    return left < most ? left : most;
}

static int64_t words_of(const mask *m, int chunk)
{
    return (chunk_size(m, chunk) + EG__WORD - 1) / EG__WORD;
}

static void read_words(const selecting *s, int chunk, uint64_t words[MOST_WORDS])
{
    const mask *m = s->m;
    const char *from = s->mask + ((size_t)chunk_begin(m, chunk) << m->width);

    m->loops->truth[m->width](from, chunk_size(m, chunk), m->bits, words);
}

static int count_bits(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555u;
    word = (word & 0x3333333333333333u) + (word >> 2 & 0x3333333333333333u);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (int)(word * 0x0101010101010101u >> 56);
}

static void count_chunk(void *env, int chunk)
{
    const selecting *s = env;
    uint64_t words[MOST_WORDS];
    int64_t n = words_of(s->m, chunk), count = 0;

    read_words(s, chunk, words);
    for (int64_t i = 0; i < n; i++)
        count += count_bits(words[i]);
    s->start[chunk + 1] = count;
}

/* Fills in `start`; how many elements are true. */
static int64_t count_all(selecting *s)
{
    const mask *m = s->m;

    s->start[0] = 0;
    eg__run_chunks(m->chunks, (double)m->n * (double)(1 << m->width) * ns_per_byte, count_chunk, s);
    for (int i = 0; i < m->chunks; i++)
        s->start[i + 1] += s->start[i];
    return s->start[m->chunks];
}

/* Reads the words of a chunk without the picks for which the result has no room; how many of its
 * picks are left. */
static int64_t read_picks(const selecting *s, int chunk, uint64_t words[MOST_WORDS])
{
    int64_t room = s->m->length - s->start[chunk];
    int64_t picks = s->start[chunk + 1] - s->start[chunk], n = words_of(s->m, chunk), i = 0;

    if (room <= 0 || picks == 0)
        return 0;
    read_words(s, chunk, words);
    if (picks <= room)
        return picks;
    for (int64_t left = room; i < n; left -= count_bits(words[i++]))
        for (uint64_t high = (uint64_t)1 << 63; count_bits(words[i]) > left; high >>= 1)
            words[i] &= ~high;
    return room;
}

/* The size of memory that `start` takes. */
static size_t start_bytes(const mask *m)
{
    return ((size_t)m->chunks + 1) * sizeof(int64_t);
}

static double work_of(const mask *m)
{
    return ((double)m->n + (double)m->length * (double)m->row) * ns_per_byte;
}

static const char *const no_such_mask = "it has no loop for this dtype";

/* ---- count_nonzero -------------------------------------------------------------------------- */

static eg_status run_count(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    selecting s = {.m = (const mask *)(const void *)job->state, .mask = in[0], .start = scratch};

    *(int64_t *)out[0] = count_all(&s);
    return EG_OK;
}

static const char *prepare_count(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    mask *m = (mask *)(void *)job->state;

    (void)self;
    eg__job_start(job, "words", run_count);
    if (!set_mask(m, p->in[0], 0))
        return no_such_mask;
    job->scratch = start_bytes(m);
    return NULL;
}

/* ---- nonzero -------------------------------------------------------------------------------- */

typedef struct numbering {
    mask m;
    eg_spec spec;
    int64_t fill;
} numbering;

_Static_assert(sizeof(numbering) <= EG__JOB_STATE, "it fits a job");

/* Writes n positions among all elements, which rise, as positions along each axis, `length` apart.
 * Divides only where a position is not in the row of the last one. */
static void write_places(const eg_spec *x, const int64_t at[], int64_t n, int64_t length,
    int64_t *to)
{
    const int64_t size = x->dims[x->rank - 1];
    int64_t begin = -size, place[EG_MAX_RANK] = {0};

    for (int64_t i = 0; i < n; i++) {
        if (at[i] - begin >= size) {
            int64_t row = at[i] / size;
            begin = row * size;
            for (int axis = x->rank - 2; axis >= 0; axis--) {
                place[axis] = row % x->dims[axis];
                row /= x->dims[axis];
            }
        }
        for (int axis = 0; axis < x->rank - 1; axis++)
            to[axis * length + i] = place[axis];
        to[(x->rank - 1) * length + i] = at[i] - begin;
    }
}

static void number_chunk(void *env, int chunk)
{
    const selecting *s = env;
    const mask *m = s->m;
    uint64_t words[MOST_WORDS];
    int64_t at[EG__WORD], begin = chunk_begin(m, chunk), n = words_of(m, chunk);
    int64_t *to = (int64_t *)(void *)s->to + s->start[chunk];

    if (s->spec->rank == 0 || read_picks(s, chunk, words) == 0)
        return;
    if (s->spec->rank == 1) {
        m->loops->number(words, n, begin, to);
        return;
    }
    for (int64_t w = 0; w < n; w++) {
        int picks = count_bits(words[w]);
        m->loops->number(words + w, 1, begin + w * EG__WORD, at);
        write_places(s->spec, at, picks, m->length, to);
        to += picks;
    }
}

static eg_status run_nonzero(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const numbering *w = (const numbering *)(const void *)job->state;
    const mask *m = &w->m;
    selecting s = {.m = m, .mask = in[0], .to = out[0], .start = scratch, .spec = &w->spec};
    int64_t count = count_all(&s), *to = out[0];

    eg__run_chunks(m->chunks, work_of(m), number_chunk, &s);
    for (int axis = 0; axis < w->spec.rank; axis++)
        for (int64_t i = count; i < m->length; i++)
            to[axis * m->length + i] = w->fill;
    return EG_OK;
}

static const char *prepare_nonzero(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    numbering *w = (numbering *)(void *)job->state;
    const eg__nonzero_attrs *attrs = p->attrs;

    (void)self;
    eg__job_start(job, "words", run_nonzero);
    if (!set_mask(&w->m, p->in[0], 0))
        return no_such_mask;
    w->m.row = sizeof(int64_t) * (size_t)p->in[0]->rank;
    w->m.length = attrs->length;
    w->spec = *p->in[0];
    w->fill = attrs->fill;
    job->scratch = start_bytes(&w->m);
    return NULL;
}

/* ---- compress ------------------------------------------------------------------------------- */

typedef struct compression {
    mask m;
    size_t element;
    uint64_t fill[2]; /* an element */
} compression;

static int first_bit(uint64_t word)
{
    return count_bits((word & -word) - 1);
}

/* Takes the lowest run of bits out of a word: where it begins, and its length in *n. */
static int take_run(uint64_t *word, int *n)
{
    int begin = first_bit(*word);
    uint64_t behind = ~(*word >> begin);

    *n = behind ? first_bit(behind) : EG__WORD;
    *word = begin + *n < EG__WORD ? *word >> (begin + *n) << (begin + *n) : 0;
    return begin;
}

/* Rows of any size: picked from `from`, or put there, run after run. */
static void move_rows(const mask *m, const uint64_t words[], int64_t n_words, char *spread,
    char *dense, bool puts)
{
    for (int64_t w = 0; w < n_words; w++, spread += EG__WORD * m->row)
        for (uint64_t word = words[w]; word;) {
            int n, begin = take_run(&word, &n);
            char *at = spread + (size_t)begin * m->row;
            memcpy(puts ? at : dense, puts ? dense : at, (size_t)n * m->row);
            dense += (size_t)n * m->row;
        }
}

static void compress_chunk(void *env, int chunk)
{
    const selecting *s = env;
    const mask *m = s->m;
    uint64_t words[MOST_WORDS];
    const char *from = s->from + (size_t)chunk_begin(m, chunk) * m->row;
    char *to = s->to + (size_t)s->start[chunk] * m->row;

    if (read_picks(s, chunk, words) == 0)
        return;
    if (m->moved < EG__WORD_WIDTHS)
        m->loops->pick[m->moved](from, words, words_of(m, chunk), to);
    else
        move_rows(m, words, words_of(m, chunk), (char *)(uintptr_t)from, to, false);
}

/* Fills n elements: the first one, then twice as many each time, up to a piece. */
static void fill(const compression *w, char *to, size_t n)
{
    size_t bytes = n * w->element, done = w->element;

    if (n == 0)
        return;
    memcpy(to, w->fill, w->element);
    while (done < bytes) {
        size_t more = done < FILL_AT_ONCE ? done : FILL_AT_ONCE;
        more = more < bytes - done ? more : bytes - done;
        memcpy(to + done, to, more);
        done += more;
    }
}

static eg_status run_compress(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const compression *w = (const compression *)(const void *)job->state;
    const mask *m = &w->m;
    selecting s = {.m = m, .mask = in[1], .from = in[0], .to = out[0], .start = scratch};

    if (m->row == 0)
        return EG_OK;
    int64_t count = count_all(&s);
    eg__run_chunks(m->chunks, work_of(m), compress_chunk, &s);
    if (count < m->length)
        fill(w, s.to + (size_t)count * m->row, (size_t)(m->length - count) * (m->row / w->element));
    return EG_OK;
}

/* The bytes of a row of x behind the first axes. */
static size_t row_of(const eg_spec *x, int axes)
{
    size_t row = eg__dtype(x->dtype)->size;

    for (int i = axes; i < x->rank; i++)
        row *= (size_t)x->dims[i];
    return row;
}

static const char *prepare_compress(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    compression *w = (compression *)(void *)job->state;
    const eg__compress_attrs *attrs = p->attrs;
    const eg_spec *x = p->in[0];

    (void)self;
    eg__job_start(job, "words", run_compress);
    if (!set_mask(&w->m, p->in[1], row_of(x, p->in[1]->rank)) ||
        eg__dtype(x->dtype)->size > sizeof w->fill)
        return no_such_mask;
    w->m.length = attrs->length;
    w->element = eg__dtype(x->dtype)->size;
    eg__set_element_real(x->dtype, w->fill, attrs->fill);
    job->scratch = start_bytes(&w->m);
    return NULL;
}

/* ---- masked_scatter ------------------------------------------------------------------------- */

typedef struct replacement {
    mask m; /* length: of the updates */
    bool any_count;
} replacement;

static void replace_chunk(void *env, int chunk)
{
    const selecting *s = env;
    const mask *m = s->m;
    uint64_t words[MOST_WORDS];
    size_t begin = (size_t)chunk_begin(m, chunk) * m->row;
    const char *updates = s->updates + (size_t)s->start[chunk] * m->row;
    char *to = s->to + begin;

    memcpy(to, s->from + begin, (size_t)chunk_size(m, chunk) * m->row);
    if (read_picks(s, chunk, words) == 0)
        return;
    if (m->moved < EG__WORD_WIDTHS)
        m->loops->put[m->moved](updates, words, words_of(m, chunk), to);
    else
        move_rows(m, words, words_of(m, chunk), to, (char *)(uintptr_t)updates, true);
}

static eg_status run_replace(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const replacement *w = (const replacement *)(const void *)job->state;
    const mask *m = &w->m;
    selecting s = {m, in[1], in[0], in[2], out[0], scratch, NULL};
    int64_t count = count_all(&s);

    if (count != m->length && !w->any_count)
        return eg__fail(EG_INVALID, "",
            "the mask is true at %lld places, but there are %lld updates", (long long)count,
            (long long)m->length);
    if (m->row > 0)
        eg__run_chunks(m->chunks, work_of(m) + (double)m->n * (double)m->row * ns_per_byte,
            replace_chunk, &s);
    return EG_OK;
}

static const char *prepare_replace(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    replacement *w = (replacement *)(void *)job->state;
    const eg_spec *x = p->in[0];

    (void)self;
    eg__job_start(job, "words", run_replace);
    if (!set_mask(&w->m, p->in[1], row_of(x, p->in[1]->rank)))
        return no_such_mask;
    w->m.length = p->in[2]->dims[0];
    w->any_count = ((const eg__masked_scatter_attrs *)p->attrs)->any_count;
    job->may_fail = !w->any_count;
    job->scratch = start_bytes(&w->m);
    return NULL;
}

const eg_kernel eg__count_nonzero_kernel = {"words", prepare_count, NULL};
const eg_kernel eg__nonzero_kernel = {"words", prepare_nonzero, NULL};
const eg_kernel eg__compress_kernel = {"words", prepare_compress, NULL};
const eg_kernel eg__masked_scatter_kernel = {"words", prepare_replace, NULL};
