/* Strings made of strings: joined, in another case, in pieces.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/text.h"
#include "base/memory.h"
#include "tensor/strings.h"
#include <string.h>

static eg__string *element(void *array, int64_t i)
{
    return (eg__string *)array + i;
}

static eg_string string_at(const void *array, int64_t i)
{
    return eg__string_at((const eg__string *)array + i);
}

/* A job that may run out of memory, and knows as much as its kernel takes of a problem. */
static void *start(eg_job *job,
    eg_status (*run)(const eg_job *, void *const[], void *const[], void *))
{
    eg__job_start(job, "loop", run);
    job->may_fail = true;
    job->waits = "strings take memory";
    return job->state;
}

static const void *state_of(const eg_job *job)
{
    return job->state;
}

/* ---- one after the other -------------------------------------------------------------------- */

typedef struct joining {
    eg_spec out;
    int64_t stride[2][EG_MAX_RANK]; /* elements that each input moves along the axes */
} joining;

static bool put_both(eg__text *room, eg_string x, eg_string y, eg__string *to)
{
    room->length = 0;
    eg__text_add(room, x.bytes, x.length);
    eg__text_add(room, y.bytes, y.length);
    if (room->failed)
        return eg__fail_memory("", x.length + y.length) == EG_OK;
    return eg__string_put(to, room->start, room->length);
}

/* The next place of the result: where both inputs are there. */
static void advance(const joining *c, int64_t at[], int64_t from[2])
{
    for (int i = c->out.rank; i-- > 0;) {
        from[0] += c->stride[0][i];
        from[1] += c->stride[1][i];
        if (++at[i] < c->out.dims[i])
            return;
        from[0] -= c->stride[0][i] * at[i];
        from[1] -= c->stride[1][i] * at[i];
        at[i] = 0;
    }
}

static eg_status run_concat(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const joining *c = state_of(job);
    int64_t at[EG_MAX_RANK] = {0}, from[2] = {0};
    eg__text room = {0};
    bool done = true;

    (void)scratch;
    for (int64_t i = 0; i < c->out.size && done; i++) {
        done = put_both(&room, string_at(in[0], from[0]), string_at(in[1], from[1]),
            element(out[0], i));
        advance(c, at, from);
    }
    eg__text_free(&room);
    return done ? EG_OK : eg__me.failed;
}

static const char *prepare_concat(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    joining *c = start(job, run_concat);

    (void)self;
    c->out = *p->out[0];
    for (int k = 0; k < 2; k++) {
        const eg_spec *x = p->in[k];
        int64_t stride = 1;
        for (int i = c->out.rank; i-- > 0;) {
            int axis = i - (c->out.rank - x->rank);
            int64_t size = axis >= 0 ? x->dims[axis] : 1;
            c->stride[k][i] = size == 1 ? 0 : stride;
            stride *= size;
        }
    }
    return NULL;
}

const eg_kernel eg__string_concat_kernel = {.name = "loop", .prepare = prepare_concat};

/* ---- each for itself ------------------------------------------------------------------------ */

typedef struct changing {
    int64_t n;
    char first, last; /* the letters that become others */
} changing;

static eg_status run_change(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const changing *c = state_of(job);
    eg__text room = {0};
    bool done = true;

    (void)scratch;
    for (int64_t i = 0; i < c->n && done; i++) {
        eg_string x = string_at(in[0], i);
        room.length = 0;
        eg__text_add(&room, x.bytes, x.length);
        for (size_t k = 0; k < room.length && !room.failed; k++)
            if (room.start[k] >= c->first && room.start[k] <= c->last)
                room.start[k] ^= 'a' ^ 'A';
        done = room.failed ? eg__fail_memory("", x.length) == EG_OK
                           : eg__string_put(element(out[0], i), room.start, room.length);
    }
    eg__text_free(&room);
    return done ? EG_OK : eg__me.failed;
}

static const char *prepare_change(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const char *letters = self->table;
    changing *c = start(job, run_change);

    *c = (changing){p->out[0]->size, letters[0], letters[1]};
    job->in_place = true;
    return NULL;
}

const eg_kernel eg__string_lower_kernel = {"loop", prepare_change, "AZ"};
const eg_kernel eg__string_upper_kernel = {"loop", prepare_change, "az"};

typedef struct measuring {
    int64_t n;
    bool characters;
} measuring;

static eg_status run_length(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const measuring *m = state_of(job);
    int64_t *length = out[0];

    (void)scratch;
    for (int64_t i = 0; i < m->n; i++) {
        eg_string x = string_at(in[0], i);
        length[i] = (int64_t)x.length;
        for (size_t k = 0; m->characters && k < x.length; k++)
            length[i] -= (x.bytes[k] & 0xc0) == 0x80; /* continues a character */
    }
    return EG_OK;
}

static const char *prepare_length(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg_string_length_attrs *attrs = p->attrs;
    measuring *m = start(job, run_length);

    (void)self;
    *m = (measuring){p->out[0]->size, attrs->characters};
    job->may_fail = false;
    job->waits = NULL;
    job->in_place = true;
    return NULL;
}

const eg_kernel eg__string_length_kernel = {.name = "loop", .prepare = prepare_length};

/* ---- in pieces ------------------------------------------------------------------------------ */

typedef struct splitting {
    int64_t n, length, most; /* strings; pieces to put, -1: only counted; splits, 0: any number */
} splitting;

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Takes the next piece off *rest, which follows `done` others; false where there is none. */
static bool take_word(eg_string *rest, int64_t done, int64_t most, eg_string *piece)
{
    size_t n = 0;

    while (rest->length > 0 && is_blank(*rest->bytes)) {
        rest->bytes++;
        rest->length--;
    }
    while (n < rest->length && ((most > 0 && done >= most) || !is_blank(rest->bytes[n])))
        n++;
    *piece = (eg_string){rest->bytes, n};
    *rest = (eg_string){rest->bytes + n, rest->length - n};
    return n > 0;
}

/* What is searched for, as Knuth, Morris and Pratt do, so that no text takes long: border[i] is how
 * long a beginning of it ends with byte i, the whole left out. */
typedef struct delimiter {
    eg_string text;
    size_t *border;
} delimiter;

static size_t match(const delimiter *d, size_t matched, char next)
{
    while (matched > 0 && d->text.bytes[matched] != next)
        matched = d->border[matched - 1];
    return matched + (d->text.bytes[matched] == next);
}

static bool make_delimiter(delimiter *d, eg_string text)
{
    *d = (delimiter){text, eg__alloc(text.length * sizeof *d->border + 1)};
    if (!d->border)
        return eg__fail_memory("", text.length * sizeof *d->border) == EG_OK;
    for (size_t i = 0; i < text.length; i++)
        d->border[i] = i == 0 ? 0 : match(d, d->border[i - 1], text.bytes[i]);
    return true;
}

static void free_delimiter(delimiter *d)
{
    eg__free(d->border, d->text.length * sizeof *d->border + 1);
}

static const char *find(eg_string x, const delimiter *d)
{
    size_t matched = 0;

    for (size_t i = 0; i < x.length; i++) {
        matched = match(d, matched, x.bytes[i]);
        if (matched == d->text.length)
            return x.bytes + i + 1 - matched;
    }
    return NULL;
}

/* The same between delimiters; *rest has no bytes behind the last piece. */
static bool take_part(eg_string *rest, const delimiter *d, int64_t done, int64_t most,
    eg_string *piece)
{
    const char *end = most > 0 && done >= most ? NULL : find(*rest, d);

    *piece = *rest;
    if (!rest->bytes)
        return false;
    if (!end) {
        *rest = (eg_string){NULL, 0};
        return true;
    }
    piece->length = (size_t)(end - rest->bytes);
    *rest = (eg_string){end + d->text.length, rest->length - piece->length - d->text.length};
    return true;
}

/* Puts at most s->length pieces, and empty strings for those that are missing; how many there are,
 * -1 after an error. */
static int64_t split(const splitting *s, eg_string rest, const delimiter *d, eg__string *to)
{
    int64_t n = 0;
    eg_string piece;

    while (d->text.length > 0 ? take_part(&rest, d, n, s->most, &piece)
                              : take_word(&rest, n, s->most, &piece)) {
        if (n < s->length && !eg__string_put(to + n, piece.bytes, piece.length))
            return -1;
        n++;
    }
    for (int64_t i = n; i < s->length; i++)
        to[i] = NULL;
    return n;
}

static eg_status run_split(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const splitting *s = state_of(job);
    bool counts = s->length < 0;
    int64_t *n = out[counts ? 0 : 1];
    delimiter d;
    bool done = make_delimiter(&d, string_at(in[1], 0));

    (void)scratch;
    if (!done)
        return eg__me.failed;
    for (int64_t i = 0; i < s->n && done; i++) {
        n[i] = split(s, string_at(in[0], i), &d, counts ? NULL : element(out[0], i * s->length));
        done = n[i] >= 0;
    }
    free_delimiter(&d);
    return done ? EG_OK : eg__me.failed;
}

static const char *prepare_split(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg__string_split_attrs *attrs = p->attrs;
    splitting *s = start(job, run_split);

    *s = (splitting){p->in[0]->size, self->table ? -1 : attrs->length, attrs->most};
    return NULL;
}

const eg_kernel eg__string_split_kernel = {"loop", prepare_split, NULL};
const eg_kernel eg__string_pieces_kernel = {"loop", prepare_split, "counts"};
