/* Mistakes with gradients: each error names the operation and the line that matters.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <stdio.h>
#include <string.h>

/* Fails unless the error inside names `op`, is reported at `line` of this file, and says `part`;
 * "LINE" in `part` stands for "mistakes.c:" and the number `other`. */
static void check(const eg_error *e, const char *op, int line, const char *part, int other)
{
    char want[200];
    const char *at = strstr(part, "LINE");

    if (at)
        snprintf(want, sizeof want, "%.*smistakes.c:%d%s", (int)(at - part), part, other, at + 4);
    const char *text = at ? strstr(e->message, "mistakes.c:") : strstr(e->message, part);
    bool placed = strstr(e->file, "mistakes.c") && e->line == line;
    if (strcmp(e->op, op) == 0 && placed && text && (!at || strstr(e->message, want + (at - part))))
        return;
    print_error("%s:%d: %s: %s\nwanted line %d: %s: %s\n", e->file, e->line, e->op, e->message,
        line, op, at ? want : part);
    fail();
}

TEST(what_is_not_on_the_tape_names_where_the_tape_was_opened)
{
    eg_error e;
    int opened, asked;
    {
        EG_TRY(&e);
        eg_tensor *x = EG_F32(3), *dx;
        opened = __LINE__ + 1;
        EG_TAPE;
        asked = __LINE__ + 1;
        eg_gradient(eg_square(x), EG_IN(x), &dx);
    }
    check(&e, "eg_gradient", asked, "LINE follows, or only through", opened);
}

TEST(a_whole_number_as_target_or_source_is_named_with_what_made_it)
{
    eg_error e[3];
    int made, asked[3];
    for (int i = 0; i < 3; i++) {
        EG_TRY(&e[i]);
        eg_tensor *x = EG_F32(3, 1, 2), *count = EG_I32(3), *dx;
        EG_TAPE_WITH(.persistent = true);
        eg_watch(x);
        made = __LINE__ + 1;
        eg_tensor *top = eg_top_k(x, 2);
        asked[i] = __LINE__ + 1;
        eg_gradient(i == 0 ? eg_part(top, 1) : i == 1 ? count : x, EG_IN(x), &dx);
        if (i < 2)
            continue;
        asked[i] = __LINE__ + 1;
        eg_gradient(eg_sum(x), EG_IN(eg_part(top, 1)), &dx);
    }
    check(&e[0], "eg_gradient", asked[0], "target 0 is int", 0);
    check(&e[0], "eg_gradient", asked[0], "which TopK made at", 0);
    check(&e[0], "eg_gradient", asked[0], "LINE; only floating-point tensors", made);
    check(&e[1], "eg_gradient", asked[1], "target 0 is int32; only floating-point tensors", 0);
    check(&e[2], "eg_gradient", asked[2], "source 0 is int", 0);
    check(&e[2], "eg_gradient", asked[2], "LINE; only floating-point tensors", made);
}

TEST(a_tape_used_twice_names_the_line_that_used_it)
{
    eg_error e;
    int first, second;
    {
        EG_TRY(&e);
        eg_tensor *x = EG_F32(3), *dx;
        EG_TAPE;
        eg_watch(x);
        eg_tensor *y = eg_square(x);
        first = __LINE__ + 1;
        eg_gradient(y, EG_IN(x), &dx);
        second = __LINE__ + 1;
        eg_gradient(y, EG_IN(x), &dx);
    }
    check(&e, "eg_gradient", second, "LINE; open it with EG_TAPE_WITH(.persistent", first);
}

TEST(a_tape_that_is_left_open_names_the_line_that_opened_it)
{
    eg_error e;
    int opened, last;
    {
        EG_TRY(&e);
        eg_scope *outer = eg_tape_open(NULL);
        eg_at(&(eg_site){__FILE__, opened = __LINE__, __func__});
        eg_scope *inner = eg_tape_open(NULL);
        last = __LINE__ + 1;
        eg_tensor *x = EG_F32(1);
        eg_watch(x);
        eg_scope_close(outer);
        eg_scope_close(inner);
    }
    check(&e, "eg_scope_close", last + 1, "the tape opened at", 0);
    check(&e, "eg_scope_close", last + 1, "LINE is still open", opened);
}

TEST(scopes_that_are_left_open_are_no_mistake)
{
    EG_SCOPE;
    eg_scope *outer = eg_scope_open();
    eg_scope_open();
    eg_scope_open();
    eg_scope_close(outer);
    assert_fine();
}

TEST(an_error_is_not_replaced_by_a_tape_left_open)
{
    eg_error e;
    {
        EG_TRY(&e);
        eg_scope *outer = eg_scope_open();
        eg_tape_open(NULL);
        eg_add(EG_F32(1, 2), EG_F32(1, 2, 3));
        eg_scope_close(outer);
    }
    assert_string_equal(e.op, "Add");
}

/* One of the ways to read a tensor. */
static void read_it(int way, eg_tensor *y, eg_tensor *variable)
{
    eg_tensor *dx;

    switch (way) {
    case 0:
        eg_neg(y);
        break;
    case 1:
        eg_item(y);
        break;
    case 2:
        eg_gradient(y, EG_IN(y), &dx);
        break;
    case 3:
        eg_assign(variable, y);
        break;
    default:
        eg_watch(y);
    }
}

TEST(a_spent_intermediate_names_what_made_it_and_where)
{
    static const char *const by[] = {"Neg", "eg_item", "eg_gradient", "eg_assign", "eg_watch"};
    int made = 0;

    for (int i = 0; i < 5; i++) {
        eg_error e;
        eg_tensor *v = NULL;
        {
            EG_TRY(&e);
            v = eg_variable(EG_F32(1));
            eg_tensor *x = EG_F32(3), *dx;
            EG_TAPE;
            eg_watch(x);
            made = __LINE__ + 1;
            eg_tensor *y = eg_square(x);
            eg_gradient(eg_exp(y), EG_IN(x), &dx);
            eg_tape_reset();
            read_it(i, y, v);
        }
        check(&e, by[i], e.line, "after Square made it at", 0);
        check(&e, by[i], e.line, "LINE; eg_retain it before", made);
        eg_variable_free(v);
    }
}

static eg_tensor *doubled(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_mul(in[0], 2);
}

static eg_status of_another_shape(const eg_rule_call *c)
{
    c->dx[0] = EG_F32(1, 2, 3);
    return EG_OK;
}

static eg_status of_too_many(const eg_rule_call *c)
{
    c->dx[1] = c->dy;
    return EG_OK;
}

TEST(a_rule_with_the_wrong_count_or_shape_is_named_with_the_line_that_applied_it)
{
    const eg_rule rules[] = {{"doubled", doubled, of_another_shape, NULL},
        {"doubled", doubled, of_too_many, NULL}};
    const char *const says[] = {"gradient 0 is float32[3]", "gradient 1 was filled in"};
    int applied = 0, asked = 0;

    for (int i = 0; i < 2; i++) {
        eg_error e;
        {
            EG_TRY(&e);
            eg_tensor *x = EG_F32(3), *dx;
            EG_TAPE;
            eg_watch(x);
            applied = __LINE__ + 1;
            eg_tensor *y = eg_custom_gradient(&rules[i], EG_IN(x));
            asked = __LINE__ + 1;
            eg_gradient(y, EG_IN(x), &dx);
        }
        if (i == 1)
            check(&e, "doubled", asked, says[i], 0);
        check(&e, "doubled", e.line, says[i], 0);
        check(&e, "doubled", e.line, "LINE: gradient", applied);
    }
}

static eg_status asks_what_has_no_gradient(eg_tensor *x, eg_tensor **dx)
{
    EG_TAPE;
    eg_watch(x);
    return eg_gradient(eg_square(x), EG_IN(x, EG_I32(1)), dx);
}

TEST(after_an_error_gradients_are_null)
{
    EG_SCOPE;
    eg_tensor *dx[2] = {EG_F32(1), EG_F32(1)};
    assert_int_equal(asks_what_has_no_gradient(EG_F32(1), dx), EG_INVALID);
    assert_null(dx[0]);
    assert_null(dx[1]);
    assert_error(EG_INVALID, "source 1 is int32");
}
