/* The table of operations for bindings: what a descriptor says, in the words of C.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bind/table.h"
#include "base/attrs.h"
#include "bind/visit.h"
#include "op/flops.h"
#include "ops/registry.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const words[] = {
#define EG_OP(name) #name,
#include "ops/ops.list"
#undef EG_OP
    NULL};

_Static_assert((int)EG_BIND_INPUTS == EG__NAMED_IN && (int)EG_BIND_RESULTS == EG__NAMED_OUT,
    "what bindings see has room for every operation");

const char *eg__op_word(int i)
{
    return words[i];
}

/* ---- operations ----------------------------------------------------------------------------- */

static uint32_t dtypes_of_kinds(unsigned kinds)
{
    uint32_t dtypes = 0;

    for (int d = 1; d < EG__DTYPES; d++)
        if (!kinds || kinds & 1u << eg__dtype((eg_dtype)d)->kind)
            dtypes |= 1u << d;
    return dtypes;
}

static int count_attributes(const eg_opdef *op)
{
    int n = 0;

    for (const eg_attr *a = op->attrs; a && a->name; a++)
        n += eg__bind_kind(a->kind) != 0;
    return n;
}

static const char *no_gradient(const eg_opdef *op)
{
    if (op->grad)
        return NULL;
    return op->no_gradient ? op->no_gradient : "no floating point goes in, or none comes out";
}

static void describe(const eg_opdef *op, eg_bind_op *now)
{
    now->name = op->name;
    now->n_inputs = eg__n_named(op);
    for (int i = 0; i < now->n_inputs; i++) {
        now->inputs[i] = op->in[i];
        now->dtypes[i] = dtypes_of_kinds(op->types[i]);
    }
    now->promoted = op->promote;
    now->variadic = op->variadic;
    now->n_results = eg__n_out(op, NULL);
    now->n_attributes = count_attributes(op);
    now->gradient = op->grad ? "yes" : op->traits & EG__CONSTANT ? "zero" : "none";
    now->no_gradient = no_gradient(op);
    now->numpy = op->known_as.numpy;
    now->tensorflow = op->known_as.tensorflow;
    now->onnx = op->known_as.onnx;
    now->flops = eg__has_flops(op);
}

bool eg_bind_op_at(int i, eg_bind_op *op)
{
    eg_bind_op now = {0};

    if (i < 0)
        return false;
    if (i < EG__OPS) {
        snprintf(now.function, sizeof now.function, "eg_%s", words[i]);
        describe(eg__ops[i], &now);
    } else if (!eg__composed_at(i - EG__OPS, now.function)) {
        return false;
    }
    return eg__attrs_answer(op, &now, sizeof now);
}

/* ---- names ---------------------------------------------------------------------------------- */

/* "MatMul", "matmul", "mat_mul" and "MATMUL" are one name. */
static bool is_spelled(const char *name, const char *word)
{
    for (;; name++, word++) {
        while (*name == '_')
            name++;
        while (*word == '_')
            word++;
        if (tolower((unsigned char)*name) != tolower((unsigned char)*word))
            return false;
        if (!*name)
            return true;
    }
}

/* Whether a name elsewhere, as "linalg.matmul", is that word, as "tf.matmul". */
static bool is_known_as(const char *name, const char *word)
{
    const char *last = name ? strrchr(name, '.') : NULL, *dot = strrchr(word, '.');

    return name && is_spelled(last ? last + 1 : name, dot ? dot + 1 : word);
}

static int find_elsewhere(const char *word)
{
    for (int i = 0; i < EG__OPS; i++) {
        const eg_opdef *op = eg__ops[i];
        if (is_known_as(op->known_as.numpy, word) || is_known_as(op->known_as.tensorflow, word) ||
            is_known_as(op->known_as.onnx, word))
            return i;
    }
    return -1;
}

static int find_own(const char *word)
{
    char function[EG__FUNCTION];

    for (int i = 0; i < EG__OPS; i++)
        if (is_spelled(eg__ops[i]->name, word))
            return i;
    for (int k = 0; eg__composed_at(k, function); k++)
        if (is_spelled(function + 3, word))
            return EG__OPS + k;
    return -1;
}

int eg_bind_find(const char *name)
{
    if (!name)
        return -1;
    for (int i = 0; i < EG__OPS; i++)
        if (strcmp(eg__ops[i]->name, name) == 0)
            return i;
    const char *dot = strrchr(name, '.'), *word = dot ? dot + 1 : name;
    if (strncmp(word, "eg_", 3) == 0)
        word += 3;
    int found = *word ? find_own(word) : -1;
    return found >= 0 || !*word ? found : find_elsewhere(word);
}

/* ---- attributes ----------------------------------------------------------------------------- */

eg_bind_kind eg__bind_kind(eg__attr_kind kind)
{
    static const eg_bind_kind kinds[] = {
        [EG__ATTR_BOOL] = EG_BIND_BOOL,
        [EG__ATTR_INT] = EG_BIND_INT,
        [EG__ATTR_INT64] = EG_BIND_INT,
        [EG__ATTR_REAL] = EG_BIND_REAL,
        [EG__ATTR_DTYPE] = EG_BIND_DTYPE,
        [EG__ATTR_AXES] = EG_BIND_INTS,
        [EG__ATTR_INDEX] = EG_BIND_INTS,
        [EG__ATTR_HOST] = 0,
        [EG__ATTR_LABEL] = 0,
    };

    return kinds[kind];
}

static const eg_attr *attribute(int i, int k)
{
    const eg_attr *a = i >= 0 && i < EG__OPS && k >= 0 ? eg__ops[i]->attrs : NULL;

    for (; a && a->name; a++)
        if (eg__bind_kind(a->kind) != 0 && k-- == 0)
            return a;
    return NULL;
}

/* The comment of an attribute, which may be empty; false where it has no field in the headers. */
static bool put_comment(int i, const eg_attr *a, eg__text *text)
{
    char function[EG__FUNCTION];

    snprintf(function, sizeof function, "eg_%s", words[i]);
    return eg__put_field_prose(function, a->name, text);
}

/* What stands in brackets at the end of a comment, else what zero means for the kind. */
static void take_fallback(const char *comment, eg_bind_attribute *now)
{
    static const char *const zero[] = {[EG_BIND_BOOL] = "false",
        [EG_BIND_INT] = "0",
        [EG_BIND_REAL] = "0",
        [EG_BIND_DTYPE] = "",
        [EG_BIND_INTS] = "none"};
    const char *open = comment ? strrchr(comment, '[') : NULL, *close = NULL;

    if (open)
        close = strchr(open, ']');
    if (close && !close[1])
        snprintf(now->fallback, sizeof now->fallback, "%.*s", (int)(close - open - 1), open + 1);
    else
        snprintf(now->fallback, sizeof now->fallback, "%s", zero[now->kind]);
}

bool eg_bind_attribute_at(int i, int k, eg_bind_attribute *attribute_)
{
    const eg_attr *a = attribute(i, k);
    eg__text text = {0};

    if (!a)
        return false;
    eg_bind_attribute now = {.name = a->name, .kind = eg__bind_kind(a->kind)};
    now.required = !put_comment(i, a, &text);
    if (!now.required)
        take_fallback(text.start, &now);
    eg__text_free(&text);
    return eg__attrs_answer(attribute_, &now, sizeof now);
}

/* ---- prose ---------------------------------------------------------------------------------- */

/* Hands the text over; NULL where it is empty or memory is out. */
static char *take(eg__text *text)
{
    eg__visit visit;
    char *taken = NULL;

    eg__visit_begin(&visit, NULL, NULL);
    if (text->length > 0)
        taken = eg__text_take(text, "eg_bind_prose");
    else
        eg__text_free(text);
    eg__visit_end(&visit);
    return taken;
}

char *eg_bind_prose(int i)
{
    eg_bind_op op = {.size = sizeof op};
    eg__text text = {0};

    if (eg_bind_op_at(i, &op))
        eg__put_prose(op.function, &text);
    return take(&text);
}

char *eg_bind_prototypes(int i)
{
    eg_bind_op op = {.size = sizeof op};
    eg__text text = {0};

    if (eg_bind_op_at(i, &op))
        eg__put_prototypes(op.function, &text);
    return take(&text);
}

char *eg_bind_attribute_prose(int i, int k)
{
    const eg_attr *a = attribute(i, k);
    eg__text text = {0};

    if (a)
        put_comment(i, a, &text);
    return take(&text);
}
