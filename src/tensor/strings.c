/* The table of strings, pools, and strings as text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tensor/strings.h"
#include "base/hash.h"
#include "base/memory.h"
#include <pthread.h>
#include <stddef.h>
#include <string.h>

/* ---- the table ------------------------------------------------------------------------------ */

typedef struct entry {
    struct entry *next;
    uint64_t hash;
    size_t length;
    atomic_llong owners; /* becomes 0, and 1 again, under the lock only */
    char bytes[];
} entry;

enum { FEW = 64, MOST_IN_SLOT = 2 };

static entry *few_slots[FEW];

static struct {
    pthread_mutex_t lock;
    entry **slot;
    size_t n_slots, n;
} table = {PTHREAD_MUTEX_INITIALIZER, few_slots, FEW, 0};

static entry *entry_of(eg__string s)
{
    return (entry *)(uintptr_t)(s - offsetof(entry, bytes));
}

static size_t size_of(size_t length)
{
    return offsetof(entry, bytes) + length + 1;
}

static void free_slots(entry **slots, size_t n)
{
    if (slots != few_slots)
        eg__free(slots, n * sizeof *slots);
}

/* The rest is called with the lock held. */
static entry *find(const char *bytes, size_t n, uint64_t hash)
{
    entry *e = table.slot[hash % table.n_slots];

    while (e && (e->hash != hash || e->length != n || memcmp(e->bytes, bytes, n) != 0))
        e = e->next;
    if (e)
        atomic_fetch_add_explicit(&e->owners, 1, memory_order_relaxed);
    return e;
}

static void link_entry(entry *e)
{
    entry **at = &table.slot[e->hash % table.n_slots];

    e->next = *at;
    *at = e;
}

/* Moves all entries to other slots and gives the old ones. */
static entry **exchange_slots(entry **slots, size_t n)
{
    entry **old = table.slot;
    size_t n_old = table.n_slots;

    memset(slots, 0, n * sizeof *slots);
    table.slot = slots;
    table.n_slots = n;
    for (size_t i = 0; i < n_old; i++)
        for (entry *e = old[i], *next; e; e = next) {
            next = e->next;
            link_entry(e);
        }
    return old;
}

/* More slots, if there are too few; chains are longer where memory is out. The memory is taken and
 * given back while the lock is not held, since it may be the host's function that does so. */
static void grow(void)
{
    pthread_mutex_lock(&table.lock);
    size_t n = table.n_slots, more = n * 4;
    bool full = table.n > n * MOST_IN_SLOT;
    pthread_mutex_unlock(&table.lock);
    entry **slots = full ? eg__alloc(more * sizeof *slots) : NULL;
    if (!slots)
        return;
    pthread_mutex_lock(&table.lock);
    bool first = table.n_slots == n;
    entry **old = first ? exchange_slots(slots, more) : slots;
    pthread_mutex_unlock(&table.lock);
    free_slots(old, first ? n : more);
}

/* The string of these bytes with one owner more; NULL where memory is out. */
static entry *take(const char *bytes, size_t n)
{
    uint64_t hash = eg__hash_bytes((uint64_t)(uintptr_t)&table, bytes, n);

    pthread_mutex_lock(&table.lock);
    entry *e = find(bytes, n, hash);
    pthread_mutex_unlock(&table.lock);
    if (e)
        return e;
    entry *made = eg__alloc(size_of(n));
    if (!made)
        return NULL;
    made->hash = hash;
    made->length = n;
    atomic_init(&made->owners, 1);
    memcpy(made->bytes, bytes, n);
    made->bytes[n] = '\0';
    grow();
    pthread_mutex_lock(&table.lock);
    e = find(bytes, n, hash); /* another thread may have been faster */
    if (!e) {
        link_entry(made);
        table.n++;
    }
    pthread_mutex_unlock(&table.lock);
    if (e)
        eg__free(made, size_of(n));
    return e ? e : made;
}

static void hold(eg__string s)
{
    if (s)
        atomic_fetch_add_explicit(&entry_of(s)->owners, 1, memory_order_relaxed);
}

/* Takes an entry out of the table; the slots to free with it, if it was the last. */
static entry **unlink_entry(entry *e, size_t *n)
{
    entry **at = &table.slot[e->hash % table.n_slots];

    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    *n = table.n_slots;
    return --table.n == 0 && table.slot != few_slots ? exchange_slots(few_slots, FEW) : NULL;
}

static void let_go(eg__string s)
{
    entry *e = s ? entry_of(s) : NULL, **slots = NULL;
    long long owners = e ? atomic_load_explicit(&e->owners, memory_order_relaxed) : 0;
    size_t n = 0;

    while (owners > 1)
        if (atomic_compare_exchange_weak_explicit(&e->owners, &owners, owners - 1,
                memory_order_release, memory_order_relaxed))
            return;
    if (!e)
        return;
    pthread_mutex_lock(&table.lock);
    bool last = atomic_fetch_sub_explicit(&e->owners, 1, memory_order_acq_rel) == 1;
    if (last)
        slots = unlink_entry(e, &n);
    pthread_mutex_unlock(&table.lock);
    if (last)
        eg__free(e, size_of(e->length));
    if (slots)
        free_slots(slots, n);
}

/* ---- pools ---------------------------------------------------------------------------------- */

void eg__strings_open(eg__strings *pool)
{
    *pool = (eg__strings){.outer = eg__me.strings};
    eg__me.strings = pool;
}

void eg__strings_close(eg__strings *pool)
{
    eg__me.strings = pool->outer;
    eg__strings_release(pool);
}

void eg__strings_release(eg__strings *pool)
{
    for (int i = 0; i < pool->n; i++)
        let_go(pool->made[i]);
    eg__free(pool->made, sizeof *pool->made * (size_t)pool->capacity);
    pool->made = NULL;
    pool->n = pool->capacity = 0;
}

bool eg__string_put(void *element, const char *bytes, size_t n)
{
    eg__strings *pool = eg__me.strings;
    eg__string s = NULL;

    if (n > 0) {
        if (!pool)
            return eg__fail(EG_INTERNAL, "", "nobody would own the string that is made") == EG_OK;
        bool has_room = eg__reserve(&pool->made, sizeof s, pool->n, &pool->capacity);
        entry *e = has_room ? take(bytes, n) : NULL;
        if (!e)
            return eg__fail_memory("", n) == EG_OK;
        s = pool->made[pool->n++] = e->bytes;
    }
    memcpy(element, &s, sizeof s);
    return true;
}

eg_string eg__string_at(const void *element)
{
    eg__string s;

    memcpy(&s, element, sizeof s);
    return s ? (eg_string){s, entry_of(s)->length} : (eg_string){"", 0};
}

/* ---- values --------------------------------------------------------------------------------- */

static void let_all_go(void *data, void *n)
{
    const eg__string *s = data;

    for (size_t i = 0; i < (size_t)(uintptr_t)n; i++)
        let_go(s[i]);
}

void eg__strings_settle(eg_tensor *x)
{
    if (x->spec.dtype != EG_STRING || !x->buffer || x->buffer->on_free)
        return;
    const eg__string *s = x->data;
    for (int64_t i = 0; i < x->spec.size; i++)
        hold(s[i]);
    x->buffer->env = (void *)(uintptr_t)x->spec.size;
    x->buffer->on_free = let_all_go;
}

eg_tensor *eg__strings_value(const eg_spec *spec, const char *const c[], const eg_string with[],
    const char *op)
{
    eg_tensor *x = eg__value_new(spec, op);
    eg__strings pool;
    bool done = x != NULL;

    eg__strings_open(&pool);
    for (int64_t i = 0; done && i < spec->size; i++) {
        const char *bytes = with ? with[i].bytes : c[i];
        size_t n = !bytes ? 0 : with ? with[i].length : strlen(bytes);
        done = eg__string_put((eg__string *)x->data + i, bytes, n);
    }
    if (done)
        eg__strings_settle(x);
    eg__strings_close(&pool);
    if (done || !x)
        return x;
    eg__unref(x);
    eg__error_in(op);
    return NULL;
}

eg_tensor *eg_strings_of(int rank, const int64_t dims[], const eg_string strings[])
{
    static const char op[] = "eg_strings_of";
    eg_spec spec;

    if (eg__me.failed || eg__spec_set(&spec, op, EG_STRING, rank, dims) != EG_OK)
        return NULL;
    if (!strings && spec.size > 0)
        return eg__fail_null(EG_INVALID, op, "strings is NULL");
    for (int64_t i = 0; i < spec.size; i++)
        if (!strings[i].bytes && strings[i].length > 0)
            return eg__fail_null(EG_INVALID, op, "string %lld has a length, but its bytes are NULL",
                (long long)i);
    return eg__own(eg__strings_value(&spec, NULL, strings, op), op);
}

/* ---- as text -------------------------------------------------------------------------------- */

static bool continues(unsigned char c)
{
    return c >> 6 == 2;
}

/* How many bytes the character at s takes that is to be shown as it is, in UTF-8; 0: the byte there
 * is to be shown by its number. */
static size_t shown_bytes(const char *s, size_t left)
{
    const unsigned char *c = (const unsigned char *)s;
    size_t n = c[0] < 0x80 ? 1 : c[0] >> 5 == 6 ? 2 : c[0] >> 4 == 14 ? 3 : c[0] >> 3 == 30 ? 4 : 0;

    if (n == 1)
        return c[0] >= ' ' && c[0] < 0x7f;
    if (n == 0 || n > left)
        return 0;
    uint32_t code = c[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (!continues(c[i]))
            return 0;
        code = code << 6 | (c[i] & 0x3fu);
    }
    static const uint32_t least[] = {0, 0, 0xa1, 0x800, 0x10000}; /* below 0xa1 are controls */
    bool is_half = code >> 11 == 0x1b;                            /* of a pair in UTF-16 */
    return code < least[n] || code == 0xad || is_half || code > 0x10ffff ? 0 : n;
}

void eg__string_quote(eg__text *text, eg_string s, char quote)
{
    static const char letters[] = "\\\n\r\t", names[] = "\\nrt";

    eg__text_add(text, &quote, 1);
    for (size_t i = 0, n; i<s.length; i += n> 0 ? n : 1) {
        char c = s.bytes[i];
        const char *letter = c ? strchr(letters, c) : NULL;
        n = shown_bytes(s.bytes + i, s.length - i);
        if (letter || c == quote)
            eg__text_format(text, "\\%c", letter ? names[letter - letters] : c);
        else if (n > 0)
            eg__text_add(text, s.bytes + i, n);
        else
            eg__text_format(text, "\\x%02x", (unsigned)(unsigned char)c);
    }
    eg__text_add(text, &quote, 1);
}

void eg__string_show(eg__text *text, eg_string s)
{
    bool has_single = memchr(s.bytes, '\'', s.length) != NULL;
    bool has_double = memchr(s.bytes, '"', s.length) != NULL;

    eg__string_quote(text, s, has_single && !has_double ? '"' : '\'');
}

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* What stands behind a backslash: -1 where that means nothing. */
static int escaped(const char **p)
{
    char c = *(*p)++;

    if (c == 'x') {
        int high = digit_of(**p), low = high < 0 ? -1 : digit_of((*p)[1]);
        *p += low < 0 ? 0 : 2;
        return low < 0 ? -1 : 16 * high + low;
    }
    return c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c && strchr("\\\"'", c) ? c : -1;
}

bool eg__string_parse(void *element, const char **p)
{
    eg__text text = {0};
    bool right = *(*p)++ == '"';

    while (right && **p != '"') {
        int c = (unsigned char)*(*p)++;
        if (c == '\\')
            c = escaped(p);
        else if (c < ' ')
            c = -1; /* the end of the line or of everything */
        right = c >= 0;
        eg__text_add(&text, &(char){(char)c}, right);
    }
    *p += right;
    if (text.failed)
        right = eg__fail_memory("", text.length) == EG_OK;
    right = right && eg__string_put(element, text.start, text.length);
    eg__text_free(&text);
    return right;
}
