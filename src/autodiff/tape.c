/* The tape: a watcher that records what depends on watched values, and a scope.
 *
 * Handles that the tape follows are kept, so that their addresses can serve as keys. A variable is
 * one value for the tape however often it is read; the handles read from it are further names.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/tape.h"
#include "base/memory.h"
#include "op/attrs.h"
#include "tensor/variable.h"
#include <stdio.h>
#include <string.h>

static const eg__watch_type tape_type;

eg__tape *eg__tape_after(const eg__watch *w)
{
    for (w = w ? w->outer : eg__me.watch; w; w = w->outer)
        if (w->type == &tape_type)
            return (eg__tape *)(uintptr_t)w;
    return NULL;
}

eg__tape *eg__tape_innermost(void)
{
    return eg__tape_after(NULL);
}

void eg__tapes_pause(int more)
{
    for (eg__tape *tape = eg__tape_innermost(); tape; tape = eg__tape_after(&tape->watch))
        tape->paused += more;
}

uint32_t eg__tape_find(const eg__tape *tape, const eg_tensor *x)
{
    const uint32_t *id = eg__map_find(&tape->ids, eg__key_of(x));
    return id ? *id : EG__NO_VALUE;
}

static bool watches_by_itself(const eg__tape *tape, const eg_tensor *x)
{
    return !tape->only_watched && x->kind == EG__VARIABLE && x->variable->trainable &&
        eg__is_floating(x->spec.dtype);
}

bool eg__tape_follows(const eg__tape *tape, const eg_tensor *x)
{
    return !tape->paused && !tape->used_up &&
        (watches_by_itself(tape, x) || eg__tape_find(tape, x) != EG__NO_VALUE);
}

static eg_status out_of_memory(void)
{
    return eg__fail_memory("a tape", sizeof(eg__record));
}

/* Keeps a handle and makes it a name of value `id`. */
static eg_status follow(eg__tape *tape, eg_tensor *x, uint32_t id)
{
    if (!eg__reserve(&tape->kept, sizeof *tape->kept, tape->n_kept, &tape->kept_capacity) ||
        !eg__map_set(&tape->ids, eg__key_of(x), id))
        return out_of_memory();
    tape->kept[tape->n_kept++] = eg__ref(x);
    return EG_OK;
}

/* The numbers of the inputs; *any tells whether the tape follows one of them. */
static eg_status number_inputs(eg__tape *tape, const eg_event *e, uint32_t id[], bool *any)
{
    for (int i = 0; i < e->n_in; i++) {
        id[i] = eg__tape_find(tape, e->in[i]);
        if (id[i] == EG__NO_VALUE && watches_by_itself(tape, e->in[i])) {
            id[i] = tape->n_values++;
            if (follow(tape, e->in[i], id[i]) != EG_OK)
                return eg__me.failed;
        }
        if (id[i] == EG__NO_VALUE)
            continue;
        *any = true;
        bool renamed = e->value[i] != e->in[i] && eg__tape_find(tape, e->value[i]) != id[i];
        if (renamed && follow(tape, e->value[i], id[i]) != EG_OK)
            return eg__me.failed;
    }
    return EG_OK;
}

static bool number_outputs(eg__tape *tape, const eg_event *e, uint32_t id[])
{
    for (int i = 0; i < e->n_out; i++) {
        bool floating = eg__is_floating(e->out[i]->spec.dtype);
        id[i] = floating ? tape->n_values++ : EG__NO_VALUE;
        if (floating && !eg__map_set(&tape->ids, eg__key_of(e->out[i]), id[i]))
            return false;
    }
    return true;
}

static eg_status record(eg__tape *tape, const eg_event *e, uint32_t id[])
{
    bool any = false;

    if (number_inputs(tape, e, id, &any) != EG_OK || !any)
        return eg__me.failed;
    if (!eg__reserve(&tape->records, sizeof *tape->records, tape->n_records, &tape->capacity) ||
        !number_outputs(tape, e, id + e->n_in))
        return out_of_memory();
    eg__record *record = eg__record_new(&tape->memory, e, id);
    if (record)
        tape->records[tape->n_records++] = record;
    return eg__me.failed;
}

static eg_status applied(eg__watch *w, const eg_event *e)
{
    eg__tape *tape = (eg__tape *)w;
    uint32_t few[EG__MAX_IN + EG__MAX_PARTS], *id = few;
    size_t size = sizeof *id * (size_t)(e->n_in + e->n_out);

    if (tape->paused || tape->used_up || (e->op->traits & EG__CONSTANT))
        return EG_OK;
    if (e->n_in > EG__MAX_IN && !(id = eg__alloc(size)))
        return out_of_memory();
    eg_status status = record(tape, e, id);
    if (id != few)
        eg__free(id, size);
    return status;
}

static const eg__watch_type tape_type = {.name = "tape", .applied = applied};

/* ---- opening and closing -------------------------------------------------------------------- */

void eg__tape_forget(eg__tape *tape)
{
    for (int i = 0; i < tape->n_records; i++)
        eg__record_let_go(tape->records[i]);
    eg__arena_free(&tape->memory);
    for (int i = 0; i < tape->n_kept; i++)
        eg__unref(tape->kept[i]);
    eg__map_free(&tape->ids);
    tape->ids = (eg__map){0};
    tape->n_records = tape->n_kept = 0;
    tape->n_values = 0;
}

const char *eg__place_text(const eg_site *site, char room[EG__PLACE_TEXT])
{
    const char *file = eg__file_of(site);
    size_t length = strlen(file), most = EG__PLACE_TEXT - 16;

    snprintf(room, EG__PLACE_TEXT, site->file ? "%s:%d" : "%s",
        length > most ? file + length - most : file, site->line);
    return room;
}

static void close_tape(eg_scope *scope)
{
    eg__tape *tape = scope->env;
    char at[EG__PLACE_TEXT];

    if (scope->left_open && !eg__me.failed)
        eg__fail(EG_STATE, "eg_scope_close",
            "the tape opened at %s is still open inside what is closed: close it first",
            eg__place_text(&tape->opened, at));
    eg__watch_end(&tape->watch);
    eg__tape_forget(tape);
    eg__free(tape->records, sizeof *tape->records * (size_t)tape->capacity);
    eg__free(tape->kept, sizeof *tape->kept * (size_t)tape->kept_capacity);
    eg__free(tape, sizeof *tape);
}

eg_scope *eg_tape_open(const eg_tape_attrs *attrs)
{
    eg_tape_attrs all;
    eg_scope *scope = eg__scope_open(EG__TAPE_SCOPE);

    if (eg__scope_is_inert(scope) || !eg__attrs_complete(&all, sizeof all, attrs, "eg_tape_open"))
        return scope;
    eg__tape *tape = eg__alloc_zero(sizeof *tape);
    if (!tape) {
        eg__fail_memory("eg_tape_open", sizeof *tape);
        return scope;
    }
    tape->watch.type = &tape_type;
    tape->scope = scope;
    tape->opened = eg__me.site;
    tape->persistent = all.persistent;
    tape->only_watched = all.only_watched;
    scope->env = tape;
    scope->on_close = close_tape;
    eg__watch_begin(&tape->watch);
    return scope;
}

eg_status eg_watch(eg_tensor *x)
{
    static const char op[] = "eg_watch";
    eg__tape *tape = eg__tape_innermost();

    if (eg__me.failed)
        return eg__me.failed;
    if (!tape && eg__me.recording)
        return eg__fail(EG_STATE, op,
            "no tape is open in the body; one around the call follows arguments and variables: "
            "eg_watch them before the call, or write EG_TAPE; in the body");
    if (!tape)
        return eg__fail(EG_STATE, op, "no tape is open; write EG_TAPE; before");
    if (x && x->kind == EG__SPENT)
        return eg__refuse_spent(op, "x", x);
    if (!x || !eg__is_floating(eg_dtype_of(x)) || x->kind > EG__SYMBOL)
        return eg__fail(EG_INVALID, op, "x is %s; only floating-point tensors have gradients",
            x ? eg_dtype_name(eg_dtype_of(x)) : "NULL");
    if (eg__tape_find(tape, x) != EG__NO_VALUE)
        return EG_OK;
    return follow(tape, x, tape->n_values++);
}

/* ---- stopping and starting anew ------------------------------------------------------------- */

static _Thread_local int stopped;

int eg__tapes_stopped(void)
{
    return stopped;
}

static void resume(eg_scope *scope)
{
    if (scope->env)
        ((eg__tape *)scope->env)->paused--;
    else
        stopped--;
}

eg_scope *eg_stop_recording(void)
{
    eg__tape *tape = eg__tape_innermost();
    eg_scope *scope = eg__scope_open(EG__PLAIN_SCOPE);

    if (eg__scope_is_inert(scope))
        return scope;
    if (tape)
        tape->paused++;
    else
        stopped++;
    scope->env = tape;
    scope->on_close = resume;
    return scope;
}

eg_status eg_tape_reset(void)
{
    eg__tape *tape = eg__tape_innermost();

    if (eg__me.failed)
        return eg__me.failed;
    if (!tape)
        return eg__fail(EG_STATE, "eg_tape_reset", "no tape is open; write EG_TAPE; before");
    eg__tape_forget(tape);
    tape->used_up = false;
    return EG_OK;
}
