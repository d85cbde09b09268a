/* Profiles: what is noted from start to stop, the table, the trace file, misuse.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int count(const char *text, const char *part)
{
    int n = 0;

    for (; (text = strstr(text, part)); text += strlen(part))
        n++;
    return n;
}

static char *read_back(FILE *f)
{
    char *text = calloc(1, 1 << 16);

    assert_non_null(text);
    rewind(f);
    size_t n = fread(text, 1, (1 << 16) - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

static char *table_of(const eg_profile *p)
{
    FILE *f = tmpfile();

    assert_non_null(f);
    assert_int_equal(eg_profile_print(p, f), EG_OK);
    return read_back(f);
}

static char *trace_of(const eg_profile *p)
{
    char path[] = "/tmp/eagre-trace-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(eg_profile_save(p, path), EG_OK);
    FILE *f = fopen(path, "r");
    unlink(path);
    return read_back(f);
}

/* The number behind a key of the event at `text`. */
static double number_of(const char *text, const char *key)
{
    const char *at = strstr(text, key);

    assert_non_null(at);
    return strtod(at + strlen(key), NULL);
}

static eg_tensor *two_kernels(eg_tensor *x)
{
    return eg_sum(eg_exp(x));
}

/* ---- what is noted -------------------------------------------------------------------------- */

TEST(kernels_are_noted_from_start_to_stop)
{
    EG_SCOPE;
    eg_profile *p = eg_profile_new();
    eg_tensor *x = eg_range(100);

    x = eg_cast(x, EG_FLOAT32);
    assert_int_equal(eg_profile_events(p), 0);
    two_kernels(x);
    assert_int_equal(eg_profile_events(p), 0);
    assert_int_equal(eg_profile_start(p), EG_OK);
    two_kernels(x);
    two_kernels(x);
    assert_int_equal(eg_profile_stop(p), EG_OK);
    two_kernels(x);
    assert_int_equal(eg_profile_events(p), 4);
    eg_profile_free(p);
}

TEST(a_view_runs_no_kernel)
{
    EG_SCOPE;
    eg_profile *p = eg_profile_new();
    eg_tensor *x = eg_zeros(EG_FLOAT32, EG_DIMS(4, 5));

    eg_profile_start(p);
    eg_reshape(x, EG_DIMS(5, 4));
    eg_profile_stop(p);
    assert_int_equal(eg_profile_events(p), 0);
    eg_profile_free(p);
}

EG_FUNCTION(inner, x)
{
    return two_kernels(x);
}

static eg_function *inner_function;

EG_FUNCTION(outer, x)
{
    return eg_sqrt(eg_call(inner_function, x));
}

TEST(functions_and_functions_in_them_are_noted_too)
{
    EG_SCOPE;
    eg_profile *p = eg_profile_new();
    eg_tensor *x = eg_normal(eg_key(1), EG_DIMS(333));

    inner_function = eg_function_of(inner);
    eg_function *f = eg_function_of(outer);
    eg_call(f, x);
    eg_call(f, x);
    eg_profile_start(p);
    eg_call(f, x);
    eg_profile_stop(p);
    char *table = table_of(p);
    assert_non_null(strstr(table, "Fused                        Exp+Sum "));
    assert_non_null(strstr(table, "Sqrt "));
    assert_int_equal(eg_profile_events(p), 2);
    free(table);
    eg_function_free(f);
    eg_function_free(inner_function);
    table = table_of(p); /* the group that it names is gone */
    assert_non_null(strstr(table, "Exp+Sum "));
    free(table);
    eg_profile_free(p);
}

TEST(sessions_are_noted_too)
{
    EG_SCOPE;
    eg_profile *p = eg_profile_new();
    eg_graph *graph = eg_graph_new("g");
    eg_tensor *x, *y, *r;

    {
        EG_GRAPH(graph);
        x = eg_give(eg_placeholder("x", EG_FLOAT32, EG_DIMS(3)));
        y = eg_give(two_kernels(x));
    }
    eg_session *s = eg_session_new(graph);
    eg_profile_start(p);
    eg_session_run(s, EG_FEEDS({x, EG_F32(1, 2, 3)}), EG_IN(y), &r);
    eg_profile_stop(p);
    assert_fine();
    assert_int_equal(eg_profile_events(p), 2);
    eg_session_free(s);
    eg_graph_free(graph);
    eg_profile_free(p);
}

static void *work(void *env)
{
    EG_SCOPE;
    (void)env;
    for (int i = 0; i < 50; i++)
        eg_exp(EG_F32(1, 2));
    return eg_ok() ? NULL : "failed";
}

TEST(other_threads_are_noted_under_their_own_numbers)
{
    enum { THREADS = 3 };
    EG_SCOPE;
    eg_profile *p = eg_profile_new();
    pthread_t threads[THREADS];
    void *failed;

    eg_profile_start(p);
    eg_exp(EG_F32(1, 2));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    eg_profile_stop(p);
    char *trace = trace_of(p);
    assert_int_equal(eg_profile_events(p), 1 + THREADS * 50);
    assert_int_equal(count(trace, "\"tid\": 0,"), 1);
    for (int i = 1; i <= THREADS; i++) {
        char tid[16];
        snprintf(tid, sizeof tid, "\"tid\": %d,", i);
        assert_in_range(count(trace, tid), 1, THREADS * 50);
    }
    free(trace);
    eg_profile_free(p);
}

static atomic_bool stop_working;

static void *work_on(void *env)
{
    while (!atomic_load(&stop_working))
        if (work(env))
            return "failed";
    return NULL;
}

TEST(a_profile_can_be_stopped_and_freed_while_others_work)
{
    EG_SCOPE;
    pthread_t thread;
    void *failed;

    atomic_store(&stop_working, false);
    assert_int_equal(pthread_create(&thread, NULL, work_on, NULL), 0);
    for (int i = 0; i < 200; i++) {
        eg_profile *p = eg_profile_new();
        assert_int_equal(eg_profile_start(p), EG_OK);
        eg_exp(EG_F32(1, 2));
        assert_true(eg_profile_events(p) >= 1 && eg_profile_flops(p, "Exp") >= 2);
        assert_int_equal(eg_profile_stop(p), EG_OK);
        assert_true(eg_profile_events(p) >= 1);
        eg_profile_free(p);
    }
    atomic_store(&stop_working, true);
    pthread_join(thread, &failed);
    assert_null(failed);
}

/* ---- the table ------------------------------------------------------------------------------ */

TEST(the_table_adds_up_by_operation_and_implementation)
{
    EG_SCOPE;
    eg_profile *p = eg_profile_new();
    eg_tensor *x = eg_normal(eg_key(1), EG_DIMS(300, 300));
    char op[32], implementation[32];
    double total, mean, share, flops, rate, all = 0, shares = 0, last = 1e300;
    int runs, rows = 0, used;

    eg_profile_start(p);
    for (int i = 0; i < 3; i++)
        two_kernels(x);
    eg_neg(x);
    eg_profile_stop(p);
    char *table = table_of(p), *line = strchr(table, '\n') + 1;
    assert_ptr_equal(strstr(table, "operation "), table);
    for (; sscanf(line, "%31s %31s %d %lf %lf %lf%% %lf %lf%n", op, implementation, &runs, &total,
               &mean, &share, &flops, &rate, &used) == 8;
         line = strchr(line, '\n') + 1) {
        assert_int_equal(runs, strcmp(op, "Neg") == 0 ? 1 : 3);
        assert_true(total <= last);
        assert_true(mean > total / runs - 0.11 && mean < total / runs + 0.11);
        assert_float_equal(flops, 90000.0 * runs, 0);
        assert_float_equal(rate, 1e-3 * flops / total, 0.01 + 0.1 * rate);
        last = total;
        all += total;
        shares += share;
        rows++;
    }
    assert_int_equal(rows, 3);
    assert_int_equal(strncmp(line, "7 kernels, ", 11), 0);
    assert_non_null(strstr(line, "stop, 630000 FLOPs, "));
    assert_true(strtod(line + 11, NULL) > all - 0.3 && strtod(line + 11, NULL) < all + 0.3);
    assert_true(shares > 99.7 && shares < 100.3);
    free(table);
    eg_profile_free(p);
}

TEST(an_empty_profile_prints_and_saves)
{
    EG_SCOPE;
    eg_profile *p = eg_profile_new();
    char *table = table_of(p), *trace = trace_of(p);

    assert_non_null(strstr(table,
        "\n0 kernels, 0.0 us in kernels, 0.0 us from start to stop, 0 FLOPs, "
        "0.00 GFLOP/s\n"));
    assert_string_equal(trace, "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n]}\n");
    free(table);
    free(trace);
    eg_profile_free(p);
}

/* ---- the trace ------------------------------------------------------------------------------ */

TEST(the_trace_has_times_in_microseconds_since_the_start)
{
    EG_SCOPE;
    eg_profile *p = eg_profile_new();
    double end = 0;

    eg_profile_start(p);
    for (int i = 0; i < 5; i++)
        eg_matmul(eg_ones(EG_FLOAT32, EG_DIMS(100, 100)), eg_ones(EG_FLOAT32, EG_DIMS(100, 100)));
    eg_profile_stop(p);
    char *trace = trace_of(p), *at = trace;
    assert_int_equal(count(trace, "\"ph\": \"X\""), eg_profile_events(p));
    assert_int_equal(count(trace, "{\"name\": \"MatMul\""), 5);
    while ((at = strstr(at, "{\"name\""))) {
        assert_true(number_of(at, "\"ts\": ") >= end - 0.002);
        assert_true(number_of(at, "\"dur\": ") >= 0);
        end = number_of(at, "\"ts\": ") + number_of(at, "\"dur\": ");
        at++;
    }
    assert_true(end > 0 && end < 60e6);
    assert_int_equal(count(trace, "\"result\": \"float32[100,100]\""), eg_profile_events(p));
    assert_int_equal(count(trace, "\"flops\": 2000000}"), 5);
    free(trace);
    eg_profile_free(p);
}

TEST(a_profile_started_again_goes_on)
{
    EG_SCOPE;
    eg_profile *p = eg_profile_new();
    double last = 0;

    for (int i = 0; i < 3; i++) {
        eg_profile_start(p);
        eg_exp(EG_F32(1, 2));
        eg_profile_stop(p);
    }
    assert_int_equal(eg_profile_events(p), 3);
    char *trace = trace_of(p), *at = trace;
    for (int i = 0; i < 3; i++) {
        at = strstr(at + 1, "{\"name\"");
        assert_non_null(at);
        assert_true(number_of(at, "\"ts\": ") >= last);
        last = number_of(at, "\"ts\": ");
    }
    free(trace);
    eg_profile_free(p);
}

/* ---- misuse --------------------------------------------------------------------------------- */

TEST(one_profile_runs_at_a_time)
{
    EG_SCOPE;
    eg_profile *a = eg_profile_new(), *b = eg_profile_new();

    eg_profile_start(a);
    assert_int_equal(eg_profile_start(b), EG_STATE);
    assert_error(EG_STATE, "running already");
    assert_int_equal(eg_profile_start(a), EG_STATE);
    assert_error(EG_STATE, "running already");
    assert_int_equal(eg_profile_print(a, stdout), EG_STATE);
    assert_error(EG_STATE, "still running");
    assert_int_equal(eg_profile_save(a, "/tmp/eagre-never.json"), EG_STATE);
    assert_error(EG_STATE, "still running");
    assert_int_equal(access("/tmp/eagre-never.json", F_OK), -1);
    eg_exp(EG_F32(1));
    eg_profile_free(a); /* stops it */
    assert_int_equal(eg_profile_start(b), EG_OK);
    assert_int_equal(eg_profile_stop(b), EG_OK);
    assert_int_equal(eg_profile_events(b), 0);
    eg_profile_free(b);
}

TEST(wrong_use_of_a_profile_is_an_error)
{
    EG_SCOPE;
    eg_profile *p = eg_profile_new();

    assert_int_equal(eg_profile_start(NULL), EG_INVALID);
    assert_error(EG_INVALID, "NULL");
    assert_int_equal(eg_profile_stop(NULL), EG_INVALID);
    assert_error(EG_INVALID, "NULL");
    assert_int_equal(eg_profile_stop(p), EG_INVALID);
    assert_error(EG_INVALID, "not running");
    assert_int_equal(eg_profile_print(NULL, stdout), EG_INVALID);
    assert_error(EG_INVALID, "NULL");
    assert_int_equal(eg_profile_print(p, NULL), EG_INVALID);
    assert_error(EG_INVALID, "NULL");
    assert_int_equal(eg_profile_save(p, NULL), EG_INVALID);
    assert_error(EG_INVALID, "NULL");
    assert_int_equal(eg_profile_events(NULL), 0);
    eg_profile_free(NULL);
    eg_fail(EG_STATE, "test", "before");
    assert_null(eg_profile_new());
    assert_int_equal(eg_profile_start(p), EG_STATE);
    assert_error(EG_STATE, "before");
    eg_profile_free(p);
}

TEST(a_path_that_cannot_be_written_is_named_and_nothing_is_left)
{
    char folder[] = "/tmp/eagre-see-XXXXXX", path[64];
    EG_SCOPE;
    eg_profile *p = eg_profile_new();

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/nowhere/trace.json", folder);
    assert_int_equal(eg_profile_save(p, path), EG_IO);
    assert_error(EG_IO, path);
    snprintf(path, sizeof path, "%s/taken", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(eg_profile_save(p, path), EG_IO);
    assert_error(EG_IO, path);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder), 0);
    eg_profile_free(p);
}

TEST(a_table_that_does_not_arrive_is_an_error)
{
    FILE *full = fopen("/dev/full", "w");

    if (!full)
        skip_since("this system has no /dev/full");
    EG_SCOPE;
    eg_profile *p = eg_profile_new();
    setvbuf(full, NULL, _IONBF, 0);
    assert_int_equal(eg_profile_print(p, full), EG_IO);
    assert_error(EG_IO, "table");
    fclose(full);
    eg_profile_free(p);
}
