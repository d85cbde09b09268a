/* Making and freeing handles and the elements behind them.
 *
 * A tiny eager operation is mostly this file, so freed handles are kept by the thread and elements
 * of up to 64 bytes lie in the handle. The cruel build keeps nothing: it poisons a freed handle and
 * holds it in quarantine for a while, so that a use after free is named instead of obeyed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/block.h"
#include "base/memory.h"
#include "base/store.h"
#include "tensor/scope.h"
#include "tensor/strings.h"
#include "tensor/tensor.h"
#include "tensor/variable.h"
#include <stdio.h>
#include <string.h>

enum { SPARES = 1024, QUARANTINE = 64 };

static void count_live(eg__thread *me, int change)
{
    if (EG_UNLIKELY(!me->store)) {
        eg__store_count(change);
        return;
    }
    __atomic_store_n(&me->live_tensors, me->live_tensors + change, __ATOMIC_RELAXED);
}

eg_tensor *eg__handle_new(eg__handle_kind kind, const char *op)
{
    eg__thread *me = &eg__me;
    eg_tensor *x = me->spare_tensors;

    if (EG_LIKELY(x != NULL)) {
        me->spare_tensors = x->next;
        me->n_spare_tensors--;
    } else {
        x = eg__thread_start(me) ? eg__alloc(sizeof *x) : NULL;
        if (!x)
            return eg__fail_memory(op, sizeof *x), NULL;
    }
    count_live(me, 1);
    atomic_init(&x->refs, 1);
    x->kind = kind;
    x->data = NULL;
    x->buffer = NULL;
    x->scope = NULL;
    x->recording = me->recording;
    x->node = 0;
    x->result = 0;
    return x;
}

#if EG_CRUEL
static _Thread_local eg_tensor *quarantine[QUARANTINE];
static _Thread_local int next_in_quarantine;

static void let_go(eg__thread *me, eg_tensor *x)
{
    memset(x, 0xDD, sizeof *x);
    x->kind = EG__DEAD;
    x->scope = NULL;
    if (!me->store) { /* nobody would empty this thread's quarantine */
        eg__free(x, sizeof *x);
        return;
    }
    eg__free(quarantine[next_in_quarantine], sizeof *x);
    quarantine[next_in_quarantine] = x;
    next_in_quarantine = (next_in_quarantine + 1) % QUARANTINE;
}

void eg__handles_trim(eg__thread *me)
{
    (void)me;
    for (int i = 0; i < QUARANTINE; i++) {
        eg__free(quarantine[i], sizeof *quarantine[i]);
        quarantine[i] = NULL;
    }
}
#else
static void let_go(eg__thread *me, eg_tensor *x)
{
    if (me->n_spare_tensors >= SPARES || !me->store) {
        eg__free(x, sizeof *x);
        return;
    }
    x->next = me->spare_tensors;
    me->spare_tensors = x;
    me->n_spare_tensors++;
}

void eg__handles_trim(eg__thread *me)
{
    for (eg_tensor *x = me->spare_tensors, *next; x; x = next) {
        next = x->next;
        eg__free(x, sizeof *x);
    }
    me->spare_tensors = NULL;
    me->n_spare_tensors = 0;
}
#endif

static void drop_parts(eg_tensor *x)
{
    for (int i = 0; i < x->tuple.n; i++)
        eg__unref(x->tuple.part[i]);
    eg__free(x->tuple.part, sizeof *x->tuple.part * (size_t)x->tuple.n);
}

static void drop(eg_tensor *x)
{
    eg__thread *me = &eg__me;

    if (x->buffer)
        eg__buffer_unref(x->buffer);
    if (x->kind == EG__TUPLE)
        drop_parts(x);
    if (x->kind == EG__VARIABLE)
        eg__variable_drop(x->variable);
    count_live(me, -1);
    let_go(me, x);
}

eg_tensor *eg__ref(eg_tensor *x)
{
    if (x)
        atomic_fetch_add_explicit(&x->refs, 1, memory_order_relaxed);
    return x;
}

void eg__unref_slow(eg_tensor *x)
{
    if (atomic_load_explicit(&x->refs, memory_order_acquire) == 1 ||
        atomic_fetch_sub_explicit(&x->refs, 1, memory_order_acq_rel) == 1)
        drop(x);
}

eg_buffer *eg__buffer_new(size_t size, const char *op)
{
    eg_buffer *buffer = eg__block_new(sizeof *buffer);
    void *data = buffer ? eg__block_new(size) : NULL;

    if (!data) {
        eg__block_free(buffer, sizeof *buffer);
        return eg__fail_memory(op, size), NULL;
    }
    buffer->data = data;
    buffer->size = size;
    buffer->on_free = NULL;
    atomic_init(&buffer->refs, 1);
    return buffer;
}

void eg__buffer_unref(eg_buffer *buffer)
{
    if (atomic_load_explicit(&buffer->refs, memory_order_acquire) != 1 &&
        atomic_fetch_sub_explicit(&buffer->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (buffer->on_free)
        buffer->on_free(buffer->data, buffer->env);
    if (buffer->size > 0)
        eg__block_free(buffer->data, buffer->size);
    eg__block_free(buffer, sizeof *buffer);
}

bool eg__make_room(eg_tensor *x, const char *op)
{
    size_t size = eg__bytes(&x->spec);

    if (EG_LIKELY(size <= EG__INLINE && (x->spec.dtype != EG_STRING || size == 0))) {
        x->data = x->elements;
        return true;
    }
    x->buffer = eg__buffer_new(size, op);
    if (!x->buffer)
        return false;
    x->data = x->buffer->data;
    return true;
}

eg_tensor *eg__value_new(const eg_spec *spec, const char *op)
{
    eg_tensor *x = eg__handle_new(EG__VALUE, op);

    if (!x)
        return NULL;
    x->spec = *spec;
    if (eg__make_room(x, op))
        return x;
    eg__unref(x);
    return NULL;
}

bool eg__same_bits(const eg_tensor *a, const eg_tensor *b)
{
    int n = eg_parts(a);

    if (n != eg_parts(b))
        return false;
    for (int i = 0; i < n; i++)
        if (!eg__same_bits(a->tuple.part[i], b->tuple.part[i]))
            return false;
    return n > 0 ||
        (eg__same_spec(&a->spec, &b->spec) &&
            (a->data == b->data || memcmp(a->data, b->data, eg__bytes(&a->spec)) == 0));
}

eg_tensor *eg__value_copy(const eg_spec *spec, const void *data, const char *op)
{
    eg_tensor *x = eg__value_new(spec, op);

    if (x && spec->size > 0) {
        memcpy(x->data, data, eg__bytes(spec));
        eg__strings_settle(x);
    }
    return x;
}

eg_tensor *eg__alias(eg_tensor *x, const char *op)
{
    eg_tensor *y = eg__handle_new(x->kind, op);

    if (!y)
        return NULL;
    y->spec = x->spec;
    if (x->kind == EG__SYMBOL) {
        y->graph = x->graph;
        y->node = x->node;
        y->result = x->result;
    } else if (x->buffer) {
        atomic_fetch_add_explicit(&x->buffer->refs, 1, memory_order_relaxed);
        y->buffer = x->buffer;
        y->data = x->data;
    } else if (x->kind == EG__VALUE) {
        y->data = y->elements;
        memcpy(y->elements, x->data, eg__bytes(&x->spec));
    }
    return y;
}

void eg__spend(eg_tensor *x, const char *op, const eg_site *site)
{
    const char *file = site->file ? site->file : "";
    size_t length = strlen(file), most = sizeof x->spent.file - 1;

    if (x->buffer)
        eg__buffer_unref(x->buffer);
    x->buffer = NULL;
    x->data = NULL;
    x->kind = EG__SPENT;
    x->spent.op = op;
    x->spent.line = site->line;
    strcpy(x->spent.file, length > most ? file + length - most : file);
}

eg_status eg__refuse_spent(const char *op, const char *name, const eg_tensor *x)
{
    char place[sizeof x->spent.file + 24] = "";

    if (x->spent.file[0])
        snprintf(place, sizeof place, " at %s:%d", x->spent.file, x->spent.line);
    return eg__fail(EG_STATE, op,
        "%s is spent: eg_gradient freed it after %s made it%s; eg_retain it before, or use a "
        "persistent tape",
        name, x->spent.op, place);
}

eg_tensor *eg_retain(eg_tensor *x)
{
    return eg__ref(x);
}

void eg_release(eg_tensor *x)
{
    eg__unref(x);
}

void eg_memory_trim(void)
{
    eg__handles_trim(&eg__me);
    eg__scopes_trim(&eg__me);
    eg__block_trim_thread(&eg__me);
    eg__block_trim();
}
