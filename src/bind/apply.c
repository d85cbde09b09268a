/* Applying operations by name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bind/table.h"
#include "bind/visit.h"
#include "ops/registry.h"
#include <string.h>

/* ---- attributes ----------------------------------------------------------------------------- */

static const char *const kind_names[] = {"nothing", "a bool", "an integer", "a real", "a dtype",
    "a list of integers", "a text"};

static bool refuse_attribute(const eg_opdef *op, const char *name)
{
    eg__text text = {0};

    for (const eg_attr *t = op->attrs; t && t->name; t++)
        eg__text_format(&text, t == op->attrs ? "it has %s" : ", %s", t->name);
    eg__fail(EG_INVALID, op->name, "there is no attribute %s; %s", name ? name : "NULL",
        text.start ? text.start : "it has none");
    eg__text_free(&text);
    return false;
}

static bool refuse_value(const eg_opdef *op, const eg_attr *t, const eg_bind_value *v)
{
    bool known = v->kind > 0 && v->kind <= EG_BIND_TEXT;

    eg__fail(EG_INVALID, op->name, "%s cannot be %s \"%s\"; it is %s", t->name,
        kind_names[known ? v->kind : 0], v->kind == EG_BIND_TEXT && v->text ? v->text : "",
        kind_names[eg__bind_kind(t->kind)]);
    return false;
}

/* A value that is written as graphs write it; "false" too, which they leave out. */
static bool parse(const eg_attr *t, void *attrs, const char *value)
{
    eg__text text = {0};
    bool fine = false;

    if (!value || (t->kind == EG__ATTR_BOOL && strcmp(value, "false") == 0))
        return value != NULL;
    eg__text_format(&text, "%s=%s", t->name, value);
    if (!text.failed) {
        const char *p = text.start;
        fine = eg__attrs_parse(t, attrs, &p) && !*p;
    }
    eg__text_free(&text);
    return fine;
}

/* What a value of one number is as the attribute's kind, in *bits; false where it is none. */
static bool convert(const eg_attr *t, const eg_bind_value *v, int64_t *bits)
{
    eg_bind_kind kind = eg__bind_kind(t->kind);
    double real = v->kind == EG_BIND_REAL ? v->real : (double)v->integer;

    *bits = v->integer;
    switch (kind) {
    case EG_BIND_REAL:
        memcpy(bits, &real, sizeof real);
        return v->kind == EG_BIND_REAL || v->kind == EG_BIND_INT;
    case EG_BIND_BOOL:
        return v->kind == kind && v->integer >= 0 && v->integer <= 1;
    case EG_BIND_DTYPE:
        return v->kind == kind && v->integer >= 0 && v->integer < EG__DTYPES;
    default:
        return v->kind == kind &&
            (t->kind == EG__ATTR_INT64 || (v->integer >= INT32_MIN && v->integer <= INT32_MAX));
    }
}

static bool list_fits(const eg_attr *t, const eg_bind_value *v)
{
    if (v->kind != EG_BIND_INTS || v->n < 0 || v->n > EG_MAX_RANK || (v->n > 0 && !v->ints))
        return false;
    for (int i = 0; t->kind == EG__ATTR_AXES && i < v->n; i++)
        if (v->ints[i] < INT32_MIN || v->ints[i] > INT32_MAX)
            return false;
    return true;
}

static bool take_value(const eg_opdef *op, const eg_bind_value *v, void *attrs)
{
    const eg_attr *t = op->attrs;
    int64_t bits;

    while (t && t->name && (!v->name || strcmp(t->name, v->name) != 0))
        t++;
    if (!t || !t->name)
        return refuse_attribute(op, v->name);
    if (v->kind == EG_BIND_TEXT)
        return parse(t, attrs, v->text) || refuse_value(op, t, v);
    if (eg__bind_kind(t->kind) == EG_BIND_INTS) {
        if (!list_fits(t, v))
            return refuse_value(op, t, v);
        eg__attrs_set(t, attrs, v->n, v->ints);
        return true;
    }
    if (!convert(t, v, &bits))
        return refuse_value(op, t, v);
    eg__attrs_set(t, attrs, 1, &bits);
    return true;
}

/* ---- applying ------------------------------------------------------------------------------- */

static const eg_opdef *find(const char *name)
{
    int i = eg_bind_find(name);

    if (i >= 0 && i < EG__OPS)
        return eg__ops[i];
    eg__fail(EG_INVALID, "eg_bind_apply",
        i < 0 ? "there is no operation %.60s; eg_bind_op_at tells all"
              : "%.60s is made of operations; call it in eg_bind_run",
        name ? name : "NULL");
    return NULL;
}

static void apply(const eg_bind_call *call, eg_tensor *results[])
{
    _Alignas(16) unsigned char attrs[EG__ATTRS_SIZE];
    const eg_opdef *op = find(call->op);
    size_t size = op && op->attrs ? op->attrs_size : sizeof size;
    bool fine = op && eg__attrs_complete(attrs, size, NULL, op->name);

    if (fine && (call->n_values < 0 || (call->n_values > 0 && !call->values)))
        fine = eg__fail(EG_INVALID, op->name, "the attributes' values are NULL") == EG_OK;
    for (int i = 0; fine && i < call->n_values; i++)
        fine = take_value(op, &call->values[i], attrs);
    if (!fine)
        return;
    eg_tensor *y = eg_apply(op, op->attrs ? attrs : NULL, call->n_inputs, call->inputs);
    for (int i = 0; y && i < eg__n_out(op, NULL); i++)
        results[i] = eg__visit_keep(eg_parts(y) > 0 ? eg_part(y, i) : y);
}

eg_status eg_bind_apply(const eg_bind_call *call, eg_tensor *results[], eg_error *error)
{
    static const char op[] = "eg_bind_apply";
    eg_bind_call all = {0};
    eg__visit visit;

    for (int i = 0; results && i < EG_BIND_RESULTS; i++)
        results[i] = NULL;
    eg_bind_tape *tape = call && call->size >= offsetof(eg_bind_call, site) ? call->tape : NULL;
    eg__visit_begin(&visit, tape, error);
    if (!call || !results)
        eg__fail(EG_INVALID, op, "%s is NULL", call ? "results" : "call");
    else if (eg__attrs_complete(&all, sizeof all, call, op)) {
        eg_at(all.site);
        apply(&all, results);
    }
    return eg__visit_end(&visit);
}

eg_tensor *eg_bind_run(eg_bind_tape *tape, eg_body body, void *env, int n, eg_tensor *const in[],
    eg_error *error)
{
    static const char op[] = "eg_bind_run";
    eg_tensor *y = NULL;
    eg__visit visit;

    eg__visit_begin(&visit, tape, error);
    if (!body || n < 0 || (n > 0 && !in))
        eg__fail(EG_INVALID, op, "%s is NULL", body ? "in" : "body");
    else
        y = body(n, in, env);
    if (!eg__me.failed && !y)
        eg__fail(EG_INVALID, op, "the body returned NULL without an error");
    y = eg__me.failed ? NULL : eg__visit_keep(y);
    eg__visit_end(&visit);
    return y;
}
