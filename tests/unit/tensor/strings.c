/* Strings: in and out, shown, in graphs, functions and sessions, and who owns them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"
#include "base/memory.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes in use, without those that are kept for the next allocation. */
static size_t in_use(void)
{
    eg_memory_trim();
    return eg_memory_now().in_use;
}

/* ---- in and out ----------------------------------------------------------------------------- */

TEST(strings_go_in_and_come_out)
{
    EG_SCOPE;
    const char *names[] = {"Ada", NULL, "Zo\xc3\xab"}, *out[3];
    eg_tensor *x = eg_array1(names), *one = EG_STRINGS("a");
    eg_string with[3];

    assert_int_equal(eg_dtype_of(x), EG_STRING);
    assert_int_equal(eg_rank(one), 0);
    assert_int_equal(eg_read(x, EG_STRING, out, 3), EG_OK);
    assert_string_equal(out[0], "Ada");
    assert_string_equal(out[1], "");
    assert_string_equal(out[2], "Zo\xc3\xab");
    assert_int_equal(eg_read_strings(x, with, 3), EG_OK);
    assert_int_equal(with[1].length, 0);
    assert_int_equal(with[2].length, 4);
    assert_string_equal(eg_item_string(one), "a");
    const char *const *data = eg_data(x, EG_STRING);
    assert_string_equal(data[0], "Ada");
    assert_null(data[1]);
    assert_string_equal(eg_dtype_name(EG_STRING), "string");
    assert_int_equal(eg_dtype_find("string"), EG_STRING);
    assert_true(eg_isdtype(EG_STRING, "string") && !eg_isdtype(EG_STRING, "numeric"));
    assert_int_equal(eg_result_type(2, (eg_dtype[]){EG_STRING, EG_STRING}), EG_STRING);
    assert_int_equal(eg_result_type(2, (eg_dtype[]){EG_STRING, EG_INT32}), EG_NO_DTYPE);
    assert_fine();
}

TEST(any_byte_may_be_in_a_string)
{
    EG_SCOPE;
    const eg_string all[] = {{"a\0b", 3}, {"a\0c", 3}, {"a", 1}, {NULL, 0}};
    eg_tensor *x = eg_strings_of(EG_DIMS(2, 2), all);
    eg_string out[4];

    assert_prints(x, "[['a\\x00b' 'a\\x00c'] ['a' '']] string[2,2]");
    eg_read_strings(x, out, 4);
    assert_int_equal(out[1].length, 3);
    assert_memory_equal(out[1].bytes, "a\0c", 4);
    assert_values(eg_equal(x, "a"), 0, 0, 1, 0);
    assert_values(eg_equal(eg_get(x, 0, 0), eg_get(x, 0, 1)), 0);
}

TEST(wrong_uses_are_errors_that_say_what_to_write)
{
    EG_SCOPE;
    eg_tensor *x = EG_STRINGS("a", "b");
    eg_string out[2];

    eg_item(EG_STRINGS("a"));
    assert_error(EG_INVALID, "eg_item_string");
    eg_true(EG_STRINGS("a"));
    assert_error(EG_INVALID, "eg_item_string");
    assert_string_equal(eg_item_string(x), "");
    assert_error(EG_INVALID, "not one element");
    assert_string_equal(eg_item_string(EG_F32(1)), "");
    assert_error(EG_INVALID, "no string");
    assert_string_equal(eg_item_string(NULL), "");
    assert_error(EG_INVALID, "NULL");
    eg_read_strings(x, out, 3);
    assert_error(EG_INVALID, "3 strings");
    eg_read_strings(x, NULL, 2);
    assert_error(EG_INVALID, "out is NULL");
    eg_read_strings(EG_F32(1, 2), out, 2);
    assert_error(EG_INVALID, "float32[2]");
    assert_null(eg_strings_of(EG_DIMS(1), NULL));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_strings_of(EG_DIMS(1), &(eg_string){NULL, 3}));
    assert_error(EG_INVALID, "string 0");
    assert_null(eg_wrap(EG_STRING, EG_DIMS(1), &(const char *){"a"}, NULL, NULL));
    assert_error(EG_INVALID, "eg_copy");
    assert_null(eg_scalar_int(EG_STRING, 0));
    assert_error(EG_INVALID, "cannot be string");
    assert_null(eg_add(x, 1));
    assert_error(EG_INVALID, "cannot be string");
    assert_null(eg_equal(x, EG_F32(1)));
    assert_error(EG_INVALID, "eg_cast(x, EG_STRING)");
    assert_null(eg_exp(x));
    assert_error(EG_INVALID, "x is string");
    assert_null(eg_sort(x, 0));
    assert_error(EG_INVALID, "string");
    assert_null(eg_cast(x, EG_FLOAT32));
    assert_error(EG_INVALID, "element 0, 'a'");
    assert_null(eg_cast(eg_strings_of(EG_DIMS(1), &(eg_string){"1\0002", 3}), EG_INT32));
    assert_error(EG_INVALID, "element 0, '1\\x002'");
    eg_npy_save("/nowhere/at/all.npy", x);
    assert_error(EG_INVALID, "string, which the format does not have");
    assert_null(eg_ones(EG_STRING, EG_DIMS(2)));
    assert_error(EG_INVALID, "1 cannot be string");
}

TEST(zeros_are_empty_strings)
{
    EG_SCOPE;
    assert_prints(eg_zeros(EG_STRING, EG_DIMS(2)), "['' ''] string[2]");
    assert_prints(eg_zeros_like(EG_STRINGS("a", "b")), "['' ''] string[2]");
    assert_prints(eg_zeros(EG_STRING, EG_DIMS(0)), "[] string[0]");
}

/* ---- shown ---------------------------------------------------------------------------------- */

/* Expected are the texts of NumPy 1.26 for arrays of str, without the dtype. */
TEST(strings_are_shown_as_python_shows_them)
{
    EG_SCOPE;
    assert_prints(EG_STRINGS("a", "bcd"), "['a' 'bcd'] string[2]");
    assert_prints(EG_STRINGS("it's"), "\"it's\" string[]");
    assert_prints(EG_STRINGS("'\"", "\""), "['\\'\"' '\"'] string[2]");
    assert_prints(EG_STRINGS("\\\n\t\r\x1b\x7f"), "'\\\\\\n\\t\\r\\x1b\\x7f' string[]");
    assert_prints(EG_STRINGS("Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x98\x80"),
        "'Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x98\x80' string[]");
    /* No UTF-8: alone, cut off, too long, half of a pair, a control. */
    assert_prints(EG_STRINGS("\xff", "\xe2\x82", "\xc1\x81", "\xed\xa0\x80", "\xc2\x85"),
        "['\\xff' '\\xe2\\x82' '\\xc1\\x81' '\\xed\\xa0\\x80' '\\xc2\\x85'] string[5]");
    assert_prints(eg_full(EG_STRINGS("abcdefghij"), EG_DIMS(8)),
        "['abcdefghij' 'abcdefghij' 'abcdefghij' 'abcdefghij' 'abcdefghij' 'abcdefghij' "
        "'abcdefghij' 'abcdefghij'] string[8]");
}

TEST(long_strings_go_to_lines_of_their_own)
{
    EG_SCOPE;
    char text[300];
    char *shown;

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    shown = eg_to_text(EG_STRINGS("a", text, "b"), NULL);
    assert_fine();
    char *end = strstr(shown, "\n '");
    assert_ptr_equal(shown + 4, end);
    assert_non_null(strstr(end + 300, "'\n 'b'] string[3]"));
    eg_free(shown);
    /* A character of two bytes is one column: five words of 14 fit. */
    shown = eg_to_text(eg_full(EG_STRINGS("\xc3\xab\xc3\xab\xc3\xab\xc3\xab\xc3\xab\xc3\xab"
                                          "\xc3\xab\xc3\xab\xc3\xab\xc3\xab\xc3\xab"),
                           EG_DIMS(5)),
        NULL);
    assert_null(strchr(shown, '\n'));
    eg_free(shown);
}

/* ---- graphs --------------------------------------------------------------------------------- */

TEST(graphs_are_written_and_read_with_their_strings)
{
    EG_SCOPE;
    eg_graph *g = eg_graph_new("names");
    eg_tensor *y;
    {
        EG_GRAPH(g);
        eg_tensor *x = eg_placeholder("x", EG_STRING, EG_DIMS(2));
        y = eg_give(eg_string_concat(x, EG_STRINGS("a)b;\"#\\\n", "\x01z")));
        eg_name(y, "y");
    }
    assert_fine();
    char *text = eg_graph_text(g);
    assert_non_null(strstr(text, "\"a)b;\\\"#\\\\\\n\", \"\\x01z\""));
    eg_graph *again = eg_graph_parse(text);
    assert_fine();
    char *twice = eg_graph_text(again);
    assert_string_equal(text, twice);
    for (int i = 0; i < 2; i++) {
        eg_graph *graph = i ? again : g;
        eg_session *session = eg_session_new(graph);
        eg_tensor *fetched = i ? eg_graph_symbol(graph, "y") : y, *out = NULL;
        eg_session_run(session, EG_FEEDS({eg_graph_symbol(graph, "x"), EG_STRINGS("1", "2")}), 1,
            &fetched, &out);
        assert_prints(out, "['1a)b;\"#\\\\\\n' '2\\x01z'] string[2]");
        eg_session_free(session);
    }
    eg_free(text);
    eg_free(twice);
    eg_graph_free(g);
    eg_graph_free(again);
}

TEST(hostile_texts_are_refused)
{
    static const char *const literals[] = {"bytes 0000000000000000", "\"a", "a", "\"\\q\"",
        "\"\\x0\"", "\"a\" \"b\"", "\"a\", \"b\"", "", "\"a\\", "\"\\"};

    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
        EG_SCOPE;
        char text[200];
        snprintf(text, sizeof text, "graph \"g\" {\n    %%0 = Const(%s) : string[1]\n}\n",
            literals[i]);
        assert_null(eg_graph_parse(text));
        assert_error(EG_FORMAT, "line 2");
    }
}

/* ---- functions ------------------------------------------------------------------------------ */

EG_FUNCTION(greets, x)
{
    eg_tensor *whole = eg_string_concat(eg_string_concat("dear ", x), "!");
    return eg_tuple(whole, eg_equal(whole, "dear ada!"), eg_string_length(whole));
}

TEST(functions_serve_strings_without_the_body)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(greets);

    for (int i = 0; i < 4; i++) {
        eg_tensor *y = eg_call(f, i % 2 ? EG_STRINGS("ada", "eve") : EG_STRINGS("bob", "ada"));
        assert_prints(eg_part(y, 0),
            i % 2 ? "['dear ada!' 'dear eve!'] string[2]" : "['dear bob!' 'dear ada!'] string[2]");
        assert_values(eg_part(y, 1), i % 2, 1 - i % 2);
        assert_values(eg_part(y, 2), 9, 9);
    }
    assert_int_equal(info_of(f).replays, 3);
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
}

static eg_tensor *last;

EG_FUNCTION(remembers, x)
{
    eg_tensor *before = eg_value(last);
    eg_assign(last, eg_string_concat(last, x));
    if (eg_true(eg_equal(x, "stop")))
        eg_assign(last, "");
    return before;
}

TEST(variables_hold_strings)
{
    EG_SCOPE;
    last = eg_variable("");
    eg_function *f = eg_function_of(remembers);

    for (int i = 0; i < 3; i++) {
        eg_assign(last, "");
        eg_call(f, "a");
        eg_call(f, "b");
        assert_string_equal(eg_item_string(last), "ab");
        assert_string_equal(eg_item_string(eg_call(f, "stop")), "ab");
        assert_string_equal(eg_item_string(last), "");
    }
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
    eg_variable_free(last);
    assert_fine();
}

EG_FUNCTION(reads_text, x)
{
    return strcmp(eg_item_string(x), "a") == 0 ? eg_constant(1) : eg_constant(2);
}

TEST(a_body_that_reads_text_runs_eagerly)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(reads_text);

    assert_values(eg_call(f, "a"), 1);
    assert_values(eg_call(f, "b"), 2);
    assert_values(eg_call(f, "a"), 1);
    assert_non_null(eg_function_why_eager(f));
    eg_function_free(f);
}

EG_FUNCTION(is_short, x)
{
    return eg_less(eg_string_length(x), 9);
}

EG_FUNCTION(doubles, x)
{
    return eg_string_concat(x, x);
}

EG_FUNCTION(loops, x)
{
    x = eg_while(is_short_body, doubles_body, NULL, EG_IN(x));
    return eg_cond(eg_equal(x, "aaaaaaaaaaaaaaaa"), doubles_body, doubles_body, NULL, EG_IN(x));
}

TEST(staged_loops_and_branches_carry_strings)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(loops);

    for (int i = 0; i < 3; i++) {
        assert_string_equal(eg_item_string(loops(EG_STRINGS("abc"))), "abcabcabcabcabcabcabcabc");
        assert_string_equal(eg_item_string(eg_call(f, "abc")), "abcabcabcabcabcabcabcabc");
    }
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
    assert_fine();
}

static eg_status sees(const eg_host_args *args)
{
    const char *const *x = args->in[0].data;

    made += !x[0] && strcmp(x[1], "b") == 0;
    return EG_OK;
}

TEST(host_calls_see_strings_and_make_none)
{
    eg_host *host = eg_host_new(.call = sees);
    eg_host *maker = eg_host_new(.call = sees, .n_out = 1);
    {
        EG_SCOPE;
        made = 0;
        eg_host_call(host, EG_IN(EG_STRINGS("", "b")));
        assert_null(eg_host_call(maker, EG_IN(EG_STRINGS("", "b"))));
        assert_error(EG_INVALID, "would make strings");
    }
    eg_host_free(host);
    eg_host_free(maker);
}

/* ---- who owns them -------------------------------------------------------------------------- */

TEST(memory_stays_flat_and_comes_back)
{
    size_t before = in_use(), middle = 0;
    {
        EG_SCOPE;
        eg_tensor *x = EG_STRINGS("start", "here");
        for (int i = 0; i < 2000; i++) {
            EG_SCOPE;
            char text[32];
            snprintf(text, sizeof text, "number %d", i);
            eg_tensor *y = eg_stack(EG_IN(eg_get(x, 1), EG_STRINGS(text)));
            eg_replace(&x, eg_string_concat(y, ""));
            if (i == 100)
                middle = in_use();
        }
        assert_prints(x, "['number 1998' 'number 1999'] string[2]");
        assert_true(in_use() < middle + 4096);
    }
    assert_int_equal(in_use(), before);
}

TEST(a_view_keeps_the_strings_of_what_is_gone)
{
    EG_SCOPE;
    eg_tensor *kept;
    {
        EG_SCOPE;
        char text[] = "gone soon";
        eg_tensor *x = eg_string_upper(EG_STRINGS(text, "other"));
        memset(text, '?', sizeof text - 1);
        kept = eg_give(eg_get(eg_reshape(x, EG_DIMS(1, 2)), 0, 0));
    }
    assert_string_equal(eg_item_string(kept), "GONE SOON");
}

enum { THREADS = 4, TURNS = 300, KINDS = 40 };

static void *make_strings(void *bad)
{
    for (int i = 0; i < TURNS; i++) {
        EG_SCOPE;
        char text[32];
        snprintf(text, sizeof text, "text %d", i % KINDS);
        eg_tensor *x = eg_string_upper(EG_STRINGS(text, text, "same"));
        snprintf(text, sizeof text, "TEXT %d", i % KINDS);
        eg_tensor *y = eg_equal(x, text);
        bool right = eg_true(eg_get(y, 0)) && eg_true(eg_get(y, 1)) && !eg_true(eg_get(y, 2));
        *(int *)bad += !right || !eg_ok();
    }
    return NULL;
}

TEST(threads_share_strings)
{
    pthread_t threads[THREADS];
    int bad[THREADS] = {0};

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_strings, &bad[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(bad[i], 0);
    }
}

TEST(many_strings_are_found_and_all_are_let_go)
{
    size_t before = in_use();
    {
        EG_SCOPE;
        eg_tensor *numbers = eg_range(20000), *x = eg_cast(numbers, EG_STRING);
        assert_true(eg_true(eg_all(eg_equal(eg_cast(x, EG_INT64), numbers))));
        assert_true(eg_true(eg_all(eg_equal(eg_cast(numbers, EG_STRING), x))));
        assert_string_equal(eg_item_string(eg_get(x, 19999)), "19999");
    }
    assert_int_equal(in_use(), before);
}
