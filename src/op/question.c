/* The host looks at values: items, raw reads, printing. The watchers hear of it first, since what
 * a traced function shows to the host must be guarded, or makes it eager.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "op/effect.h"
#include "op/watch.h"
#include "tensor/print.h"
#include "tensor/strings.h"
#include <string.h>

bool eg_executing_eagerly(void)
{
    return !eg__me.recording && !eg__is_symbolic(&eg__me);
}

static eg_status refuse(const char *op, const eg_tensor *x)
{
    if (!x)
        return eg__fail(EG_INVALID, op, "x is NULL");
    switch (x->kind) {
    case EG__SPENT:
        return eg__refuse_spent(op, "x", x);
    case EG__SYMBOL:
        return eg__fail(EG_STATE, op,
            "x is a symbol of a graph and has no value yet; run the "
            "graph in a session, or decide in tensors (eg_where, eg_cond, eg_while)");
    case EG__DEAD:
        return eg__fail(EG_STATE, op, "x was freed when its scope closed; eg_give or eg_retain it");
    case EG__NONE:
        return eg__fail(EG_INVALID, op, "x is an unconnected gradient; ask with eg_is_none");
    default:
        return eg__fail(EG_INVALID, op, "x is a tuple; take its parts with eg_part");
    }
}

/* The value behind x, with one more owner, after the watchers were asked. */
static eg_tensor *look_at(eg_tensor *x, eg__ask how, const char *op)
{
    if (eg__me.failed)
        return NULL;
    if (x && (x->kind == EG__SYMBOL || x->kind == EG__VARIABLE)) {
        eg_tensor *answer = eg__watch_answered(x, how);
        if (answer || eg__me.failed)
            return answer;
    }
    if (!x || (x->kind != EG__VALUE && x->kind != EG__VARIABLE)) {
        refuse(op, x);
        return NULL;
    }
    eg_tensor *value = x->kind == EG__VARIABLE ? eg__variable_now(x) : eg__ref(x);
    if (value && eg__watch_asked(x, how) != EG_OK) {
        eg__unref(value);
        return NULL;
    }
    return value;
}

static eg_tensor *look_at_item(eg_tensor *x, eg__ask how, const char *op)
{
    char text[EG__SPEC_TEXT];

    if (!eg__me.failed && x && x->kind <= EG__SYMBOL && x->spec.size != 1)
        return eg__fail_null(EG_INVALID, op,
            "x is %s, which is not one element; pick one or reduce", eg__spec_text(&x->spec, text));
    if (!eg__me.failed && x && x->spec.dtype == EG_STRING && how != EG__ASK_RAW)
        return eg__fail_null(EG_INVALID, op,
            "x is a string; use eg_item_string, or compare it: eg_true(eg_equal(x, \"a\"))");
    return look_at(x, how, op);
}

/* The same of a number that is not complex. */
static eg_tensor *look_at_real_item(eg_tensor *x, const char *op)
{
    if (!eg__me.failed && x && x->kind <= EG__SYMBOL && eg__is_complex(x->spec.dtype))
        return eg__fail_null(EG_INVALID, op,
            "x is %s; use eg_item_pair, or take its eg_real, eg_imag or eg_abs",
            eg_dtype_name(x->spec.dtype));
    return look_at_item(x, EG__ASK_ITEM, op);
}

double eg_item(eg_tensor *x)
{
    eg_tensor *value = look_at_real_item(x, "eg_item");
    double item = value ? eg__element_real(value->spec.dtype, value->data) : 0;

    eg__unref(value);
    return item;
}

int64_t eg_item_int(eg_tensor *x)
{
    eg_tensor *value = look_at_real_item(x, "eg_item_int");
    int64_t item = 0;

    if (value && eg__dtype(value->spec.dtype)->kind == EG__REAL) {
        double real = eg__element_real(value->spec.dtype, value->data);
        if (real >= -0x1p63 && real < 0x1p63 && real == (double)(int64_t)real)
            item = (int64_t)real;
        else
            eg__fail(EG_INVALID, "eg_item_int", "%g is no whole number of 64 bits; use eg_item",
                real);
    } else if (value) {
        item = eg__element_int(value->spec.dtype, value->data);
    }
    eg__unref(value);
    return item;
}

eg_pair eg_item_pair(eg_tensor *x)
{
    eg_tensor *value = look_at_item(x, EG__ASK_ITEM, "eg_item_pair");
    eg_pair item = value ? eg__element_pair(value->spec.dtype, value->data) : (eg_pair){0, 0};

    eg__unref(value);
    return item;
}

bool eg_true(eg_tensor *x)
{
    eg_tensor *value = look_at_item(x, EG__ASK_TRUE, "eg_true");
    bool yes = value && eg__element_true(value->spec.dtype, value->data);

    eg__unref(value);
    return yes;
}

static void read_strings(const eg_tensor *value, const char *out[])
{
    for (int64_t i = 0; i < value->spec.size; i++)
        out[i] = eg__string_at((const eg__string *)value->data + i).bytes;
}

eg_status eg_read(eg_tensor *x, eg_dtype dtype, void *out, int64_t count)
{
    static const char op[] = "eg_read";
    char text[EG__SPEC_TEXT];
    eg_tensor *value = look_at(x, EG__ASK_RAW, op);

    if (!value)
        return eg__me.failed;
    if (value->spec.dtype != dtype || value->spec.size != count)
        eg__fail(EG_INVALID, op, "x is %s with %lld elements, not %lld of %s",
            eg__spec_text(&value->spec, text), (long long)value->spec.size, (long long)count,
            eg_dtype_name(dtype));
    else if (!out && count > 0)
        eg__fail(EG_INVALID, op, "out is NULL");
    else if (dtype == EG_STRING)
        read_strings(value, out);
    else if (count > 0)
        memcpy(out, value->data, eg__bytes(&value->spec));
    eg__unref(value);
    return eg__me.failed;
}

eg_status eg_read_strings(eg_tensor *x, eg_string out[], int64_t count)
{
    static const char op[] = "eg_read_strings";
    char text[EG__SPEC_TEXT];
    eg_tensor *value = look_at(x, EG__ASK_RAW, op);

    if (!value)
        return eg__me.failed;
    if (value->spec.dtype != EG_STRING || value->spec.size != count)
        eg__fail(EG_INVALID, op, "x is %s with %lld elements, not %lld strings",
            eg__spec_text(&value->spec, text), (long long)value->spec.size, (long long)count);
    else if (!out && count > 0)
        eg__fail(EG_INVALID, op, "out is NULL");
    else
        for (int64_t i = 0; i < count; i++)
            out[i] = eg__string_at((const eg__string *)value->data + i);
    eg__unref(value);
    return eg__me.failed;
}

const char *eg_item_string(eg_tensor *x)
{
    static const char op[] = "eg_item_string";
    char text[EG__SPEC_TEXT];
    const char *item = "";

    if (!eg__me.failed && x && x->kind <= EG__SYMBOL && x->spec.dtype != EG_STRING) {
        eg__fail(EG_INVALID, op, "x is %s and no string; use eg_item, or eg_cast it",
            eg__spec_text(&x->spec, text));
        return item;
    }
    eg_tensor *value = look_at_item(x, EG__ASK_RAW, op);
    if (value)
        item = eg__string_at(value->data).bytes;
    eg__unref(value);
    return item;
}

const void *eg_data(eg_tensor *x, eg_dtype dtype)
{
    static const char op[] = "eg_data";
    char text[EG__SPEC_TEXT];

    if (x && x->kind == EG__VARIABLE)
        return eg__fail_null(EG_INVALID, op, "x is a variable, whose elements move; use eg_value");
    eg_tensor *value = look_at(x, EG__ASK_RAW, op);
    if (!value)
        return NULL;
    const void *data = value->data;
    if (value->spec.dtype != dtype)
        data = eg__fail_null(EG_INVALID, op, "x is %s, not %s; eg_cast it",
            eg__spec_text(&value->spec, text), eg_dtype_name(dtype));
    eg__unref(value);
    return data;
}

/* ---- printing ------------------------------------------------------------------------------- */

static void put_one(eg__text *text, eg_tensor *x, const eg_print_attrs *attrs, const char *op)
{
    if (x->kind == EG__VALUE) {
        eg__print_value(text, &x->spec, x->data, attrs);
        return;
    }
    if (x->kind == EG__SYMBOL) {
        char spec[EG__SPEC_TEXT];
        eg__text_format(text, "symbol %%%u: %s", x->node - 1, eg__spec_text(&x->spec, spec));
        return;
    }
    if (x->kind == EG__NONE) {
        eg__text_put(text, "none");
        return;
    }
    eg_tensor *value = x->kind == EG__VARIABLE ? eg__variable_now(x) : NULL;
    if (value)
        eg__print_value(text, &value->spec, value->data, attrs);
    else
        refuse(op, x);
    eg__unref(value);
}

static bool put_all(eg__text *text, eg_tensor *x, const eg_print_attrs *attrs, const char *op)
{
    if (!x) {
        refuse(op, x);
        return false;
    }
    int parts = eg_parts(x);
    for (int i = 0; i < parts; i++) {
        eg__text_put(text, i ? "\n " : "(");
        put_one(text, x->tuple.part[i], attrs, op);
        eg__text_put(text, i + 1 < parts ? "," : ")");
    }
    if (parts == 0)
        put_one(text, x, attrs, op);
    if (text->failed)
        eg__fail_memory(op, text->length);
    return !eg__me.failed;
}

static eg_status print_now(eg_tensor *x, const eg_print_attrs *attrs)
{
    eg__text text = {0};

    if (put_all(&text, x, attrs, "eg_print")) {
        FILE *to = attrs->to ? attrs->to : stdout;
        eg__text_put(&text, "\n");
        if (text.failed)
            eg__fail_memory("eg_print", text.length);
        else if (fwrite(text.start, 1, text.length, to) != text.length)
            eg__fail(EG_IO, "eg_print", "the text could not be written");
        else
            eg__me.printed++;
    }
    eg__text_free(&text);
    return eg__me.failed;
}

eg_status eg_print_with(eg_tensor *x, const eg_print_attrs *attrs)
{
    eg_print_attrs all;

    if (eg__me.failed || !eg__attrs_complete(&all, sizeof all, attrs, "eg_print"))
        return eg__me.failed;
    if (x && eg__watch_printed(x, &all) != EG_OK)
        return eg__me.failed;
    if (eg__me.skip_prints > 0) {
        eg__me.skip_prints--;
        return EG_OK;
    }
    return print_now(x, &all);
}

eg_status eg_print(eg_tensor *x)
{
    return eg_print_with(x, NULL);
}

char *eg_to_text(eg_tensor *x, const eg_print_attrs *attrs)
{
    eg_print_attrs all;
    eg__text text = {0};

    if (eg__me.failed || !eg__attrs_complete(&all, sizeof all, attrs, "eg_to_text"))
        return NULL;
    if (x && x->kind <= EG__VARIABLE && eg__watch_asked(x, EG__ASK_RAW) != EG_OK)
        return NULL;
    if (put_all(&text, x, &all, "eg_to_text"))
        return eg__text_take(&text, "eg_to_text");
    eg__text_free(&text);
    return NULL;
}
