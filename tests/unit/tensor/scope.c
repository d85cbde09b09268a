/* Scopes own results and hold the first error (SEMANTICS S).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <pthread.h>
#include <string.h>

static size_t live(void)
{
    return eg_memory_now().tensors;
}

TEST(closing_a_scope_frees_what_it_owns)
{
    size_t before = live();
    {
        EG_SCOPE;
        eg_constant(1, 2, 3);
        eg_constant(4);
        assert_int_equal(live(), before + 2);
    }
    assert_int_equal(live(), before);
}

static int leave_by_return(void)
{
    EG_SCOPE;
    eg_constant(1);
    return 7;
}

TEST(return_break_continue_and_goto_close_the_scope)
{
    size_t before = live();

    assert_int_equal(leave_by_return(), 7);
    assert_int_equal(live(), before);
    for (int i = 0; i < 3; i++) {
        EG_SCOPE;
        eg_constant(i);
        if (i == 1)
            continue;
        if (i == 2)
            break;
    }
    assert_int_equal(live(), before);
    {
        EG_SCOPE;
        eg_constant(1);
        goto out;
    }
out:
    assert_int_equal(live(), before);
}

TEST(closing_an_outer_scope_closes_inner_ones)
{
    size_t before = live();
    eg_scope *outer = eg_scope_open();
    eg_scope_open();
    eg_scope_open();

    eg_constant(1);
    eg_scope_close(outer);
    assert_int_equal(live(), before);
    eg_constant(1);
    assert_error(EG_STATE, "no scope is open");
}

TEST(a_scope_closed_twice_or_null_is_ignored)
{
    eg_scope *outer = eg_scope_open(), *inner = eg_scope_open();

    eg_scope_close(inner);
    eg_scope_close(inner);
    eg_constant(1);
    eg_scope_close(NULL);
    eg_scope_close(outer);
    assert_true(eg_ok());
}

TEST(without_a_scope_an_operation_is_an_error_that_says_so)
{
    assert_null(eg_constant(1));
    assert_error(EG_STATE, "EG_SCOPE;");
}

static eg_tensor *given(void)
{
    EG_SCOPE;
    eg_constant(1);
    return eg_give(eg_constant(42));
}

TEST(give_hands_a_result_to_the_callers_scope)
{
    EG_SCOPE;
    size_t before = live();
    eg_tensor *x = given();

    assert_int_equal(live(), before + 1);
    assert_int_equal(eg_item_int(x), 42);
}

TEST(give_of_what_the_scope_does_not_own_does_nothing)
{
    EG_SCOPE;
    eg_tensor *outer = eg_constant(1);
    {
        EG_SCOPE;
        assert_ptr_equal(eg_give(outer), outer);
        assert_null(eg_give(NULL));
    }
    assert_int_equal(eg_item_int(outer), 1);
}

TEST(give_from_the_outermost_scope_is_an_error)
{
    EG_SCOPE;
    assert_null(eg_give(eg_constant(1)));
    assert_error(EG_STATE, "eg_retain");
}

TEST(give_of_a_tuple_hands_over_its_parts)
{
    EG_SCOPE;
    eg_tensor *t;
    {
        EG_SCOPE;
        t = eg_give(eg_tuple(eg_constant(1), eg_constant(2)));
    }
    assert_int_equal(eg_item_int(eg_part(t, 0)), 1);
    assert_int_equal(eg_item_int(eg_part(t, 1)), 2);
}

TEST(retained_tensors_outlive_scopes)
{
    eg_tensor *x;
    {
        EG_SCOPE;
        x = eg_retain(eg_constant(5));
    }
    EG_SCOPE;
    assert_int_equal(eg_item_int(x), 5);
    eg_release(x);
}

static void *release_it(void *x)
{
    eg_release(x);
    return NULL;
}

TEST(release_is_legal_from_any_thread)
{
    pthread_t thread;
    eg_tensor *x;
    {
        EG_SCOPE;
        x = eg_retain(eg_constant(1.0, 2.0));
    }
    assert_int_equal(pthread_create(&thread, NULL, release_it, x), 0);
    pthread_join(thread, NULL);
}

TEST(replace_keeps_loop_carried_memory_flat)
{
    EG_SCOPE;
    eg_tensor *x = eg_constant(1.0);
    eg_replace(&x, eg_add(x, 1.0));
    size_t before = live();

    for (int i = 0; i < 1000; i++) {
        EG_SCOPE;
        assert_int_equal(eg_replace(&x, eg_add(x, 1.0)), EG_OK);
    }
    assert_int_equal(live(), before);
    assert_true(eg_item(x) == 1002);
}

TEST(replace_by_null_leaves_the_old_value)
{
    EG_SCOPE;
    eg_tensor *x = eg_constant(3);

    assert_int_equal(eg_replace(&x, (eg_tensor *)NULL), EG_INVALID);
    assert_error(EG_INVALID, "y is NULL");
    assert_int_equal(eg_item_int(x), 3);
}

TEST(a_failed_scope_is_inert_until_it_ends)
{
    eg_error e;
    {
        EG_TRY(&e);
        assert_null(eg_add(EG_F32(1, 2), EG_F32(1, 2, 3)));
        assert_false(eg_ok());
        assert_null(eg_constant(1));
        {
            EG_SCOPE;
            assert_null(eg_constant(1));
            assert_true(eg_item(eg_constant(9)) == 0);
            assert_int_equal(eg_print(eg_constant(9)), EG_INVALID);
        }
        assert_false(eg_true(eg_constant(1)));
    }
    assert_true(eg_ok());
    assert_int_equal(e.status, EG_INVALID);
    assert_string_equal(e.op, "Add");
    assert_non_null(strstr(e.message, "float32[2] and float32[3]"));
    assert_non_null(strstr(e.file, "scope.c"));
    assert_true(e.line > 0);
    assert_string_equal(e.function, __func__);
}

TEST(the_first_error_stays)
{
    eg_error e;
    {
        EG_TRY(&e);
        eg_add(EG_F32(1, 2), EG_F32(1, 2, 3));
        eg_reshape(eg_constant(1), EG_DIMS(3));
    }
    assert_string_equal(e.op, "Add");
}

TEST(error_of_inner_scope_moves_to_outer)
{
    eg_error e;
    {
        EG_TRY(&e);
        {
            EG_SCOPE;
            eg_exp(eg_constant(1));
        }
        assert_false(eg_ok());
    }
    assert_string_equal(e.op, "Exp");
    assert_non_null(strstr(e.message, "eg_cast"));
}

TEST(a_try_inside_a_failed_scope_leaves_the_outer_error)
{
    eg_error outer, inner;
    {
        EG_TRY(&outer);
        eg_exp(eg_constant(1));
        {
            EG_TRY(&inner);
            eg_constant(1);
        }
        assert_false(eg_ok());
        assert_int_equal(inner.status, EG_INVALID);
    }
    assert_int_equal(outer.status, EG_INVALID);
}

TEST(a_try_without_an_error_reports_ok)
{
    eg_error e = {.status = EG_IO};
    {
        EG_TRY(&e);
        eg_constant(1);
    }
    assert_int_equal(e.status, EG_OK);
}

TEST(report_prints_one_line_and_ends_the_error)
{
    char line[600] = "";
    FILE *f = tmpfile();
    EG_SCOPE;

    eg_add(EG_F32(1, 2), EG_F32(1, 2, 3));
    assert_int_equal(eg_report(f), 1);
    assert_true(eg_ok());
    assert_int_equal(eg_report(f), 0);
    rewind(f);
    assert_non_null(fgets(line, sizeof line, f));
    assert_non_null(strstr(line, "error: Add: float32[2] and float32[3]: the shapes do not"));
    assert_null(fgets(line, sizeof line, f));
    fclose(f);
}

TEST(null_among_arguments_names_the_argument)
{
    EG_SCOPE;
    assert_null(eg_add(NULL, eg_constant(1)));
    assert_error(EG_INVALID, "x is NULL");
    assert_null(eg_add(eg_constant(1), NULL));
    assert_error(EG_INVALID, "y is NULL");
}

TEST(a_users_own_error_is_the_scopes)
{
    eg_error e;
    {
        EG_TRY(&e);
        eg_fail(EG_IO, "my_loader", "the tape drive is on fire");
        assert_null(eg_constant(1));
    }
    assert_string_equal(e.op, "my_loader");
    assert_int_equal(e.status, EG_IO);
}

static void *use_without_a_scope(void *unused)
{
    (void)unused;
    eg_scope *scope = eg_scope_open();
    eg_constant(1.0, 2.0, 3.0);
    eg_scope_open();
    eg_constant(1);
    (void)scope;
    return NULL; /* the thread's end closes what it left open */
}

TEST(a_thread_that_ends_frees_what_it_left)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, use_without_a_scope, NULL), 0);
    pthread_join(thread, NULL);
}
