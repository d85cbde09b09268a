/* Functions that stand in front of the one that is written, each once for a dtype where a formula
 * or a loop calls it.
 *
 * Marks in texts: $X is the type of the argument, $x its short name, $f what math.h puts behind its
 * functions, $l its lowest number, $V a type for its bits, $B whether a comes before b; $R, $r, $L
 * the same of the result and $N its highest; $U an unsigned type as wide as the result, at least of
 * 32 bits, $D a signed one for the argument; $p the prefix of the file's names. $h{name} is another
 * function for the same argument, $t{name} one for this argument and result.
 *
 * What float32 would lose is computed in double and rounded once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "emit/emit.h"
#include <string.h>

static const struct {
    const char *name, *text;
} helpers[] = {
#define HELPER(name, text) {name, text},
#include "emit/helpers.list"
#undef HELPER
};

enum { HELPERS = sizeof helpers / sizeof *helpers };

/* ---- texts ---------------------------------------------------------------------------------- */

static bool is_wide(eg_dtype dtype)
{
    return eg__dtype(dtype)->size == 8;
}

static const char *mark(eg__emitter *e, char c, eg_dtype dtype, eg_dtype result)
{
    switch (c) {
    case 'X':
        return eg__c_type(dtype);
    case 'x':
        return eg__c_short(dtype);
    case 'f':
        return dtype == EG_FLOAT64 ? "" : "f";
    case 'R':
        return eg__c_type(result);
    case 'r':
        return eg__c_short(result);
    case 'U':
        return is_wide(result) ? "uint64_t" : "uint32_t";
    case 'D':
        return eg__dtype(dtype)->size >= 4 ? "int64_t" : "int32_t";
    case 'L':
        return eg__c_lowest(result);
    case 'N':
        return eg__c_highest(result);
    case 'l':
        return eg__c_lowest(dtype);
    case 'V':
        return is_wide(dtype) ? "uint64_t" : "uint32_t";
    case 'B':
        return eg__c_is_real(dtype) ? "a < b || (a == a && b != b)" : "a < b";
    case 'p':
        return e->prefix;
    default:
        return "$";
    }
}

/* The function that is named in braces at *p. */
static const char *called(eg__emitter *e, const char **p, eg_dtype dtype, eg_dtype result)
{
    char name[48];
    const char *end = strchr(*p, '}');
    int n = (int)(end - *p - 2);

    snprintf(name, sizeof name, "%.*s", n, *p + 2);
    bool both = **p == 't';
    *p = end;
    return both ? eg__helper_to(e, name, dtype, result) : eg__helper(e, name, dtype);
}

const char *eg__fill_in(eg__emitter *e, const char *text, eg_dtype dtype, eg_dtype result,
    const char *const operand[])
{
    eg__text filled = {0};

    eg__text_put(&filled, "");
    for (const char *p = text; *p; p++) {
        if (*p != '$') {
            eg__text_add(&filled, p, 1);
            continue;
        }
        p++;
        if (*p >= '0' && *p <= '2')
            eg__text_put(&filled, operand[*p - '0']);
        else if (p[1] == '{')
            eg__text_put(&filled, called(e, &p, dtype, result));
        else
            eg__text_put(&filled, mark(e, *p, dtype, result));
    }
    const char *said = filled.failed ? "" : eg__say(e, "%s", filled.start);
    if (filled.failed)
        eg__fail_memory(e->op, filled.capacity);
    eg__text_free(&filled);
    return said;
}

/* ---- functions ------------------------------------------------------------------------------ */

static int find(const char *name)
{
    int i = 0;

    while (i < HELPERS && strcmp(helpers[i].name, name) != 0)
        i++;
    return i;
}

/* Adds a function, behind those it calls; nothing where it is there. */
static void add(eg__emitter *e, int helper, eg_dtype dtype, eg_dtype result)
{
    for (int i = 0; i < e->n_uses; i++)
        if (e->uses[i].helper == helper && e->uses[i].dtype == dtype && e->uses[i].result == result)
            return;
    if (!eg__reserve(&e->uses, sizeof *e->uses, e->n_uses, &e->uses_capacity)) {
        eg__fail_memory(e->op, sizeof *e->uses);
        return;
    }
    e->uses[e->n_uses++] = (eg__helper_use){helper, dtype, result};
    const char *text = eg__fill_in(e, helpers[helper].text, dtype, result, NULL);
    eg__text_put(&e->helpers, "\n");
    eg__text_put(&e->helpers, text);
}

const char *eg__helper(eg__emitter *e, const char *name, eg_dtype dtype)
{
    int i = find(name);

    if (i == HELPERS) {
        eg__fail(EG_INTERNAL, e->op, "there is no helper %s", name);
        return "";
    }
    add(e, i, dtype, dtype);
    return eg__say(e, "%s_%s_%s", e->prefix, name, eg__c_short(dtype));
}

const char *eg__helper_to(eg__emitter *e, const char *name, eg_dtype dtype, eg_dtype result)
{
    int i = find(name);

    if (i == HELPERS) {
        eg__fail(EG_INTERNAL, e->op, "there is no helper %s", name);
        return "";
    }
    add(e, i, dtype, result);
    return eg__say(e, "%s_%s_%s_of_%s", e->prefix, name, eg__c_short(result), eg__c_short(dtype));
}
