/* Functions that are called for hours: no memory is kept for a call, nor for a trace that is gone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <unistd.h>

/* Sanitizers take memory of their own, and time. */
enum { CALLS = EG_CRUEL ? 20000 : 1000000, RETRACES = EG_CRUEL ? 200 : 1000 };

/* What the system has given to the process, in bytes. */
static long resident(void)
{
    long pages = 0, all;
    FILE *f = fopen("/proc/self/statm", "r");

    if (!f)
        skip_since("the system does not tell how much memory a process has");
    if (fscanf(f, "%ld %ld", &all, &pages) != 2)
        pages = 0;
    fclose(f);
    return pages * sysconf(_SC_PAGESIZE);
}

static void assert_flat(size_t in_use, long resident_before)
{
    assert_true(eg_memory_now().in_use <= in_use);
    if (!EG_CRUEL && resident() > resident_before + (1 << 20))
        fail_msg("%ld bytes resident, %ld before", resident(), resident_before);
}

static eg_tensor *total;

EG_FUNCTION(steps, x)
{
    eg_assign_add(total, x);
    if (eg_true(eg_greater(total, 100)))
        eg_assign(total, eg_constant(0.0));
    return eg_mul(total, x);
}

TEST(a_million_calls_need_no_more_memory_than_a_thousand)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(steps);
    eg_tensor *x = eg_constant(1.0);
    size_t in_use = 0;
    long before = 0;

    total = eg_variable(eg_constant(0.0));
    for (int i = 0; i < CALLS; i++) {
        EG_SCOPE;
        eg_call(f, x);
        if (i == 1000) {
            in_use = eg_memory_now().in_use;
            before = resident();
        }
    }
    assert_flat(in_use, before);
    assert_int_equal(eg_function_trace_count(f), 1);
    eg_function_free(f);
    eg_variable_free(total);
}

EG_FUNCTION(normalises, x)
{
    eg_tensor *centred = eg_sub(x, eg_mean(x));

    if (eg_true(eg_greater(eg_max(x), 2)))
        return eg_softmax(centred);
    return eg_div(centred, eg_sqrt(eg_add(eg_mean(eg_square(centred)), 1e-6)));
}

/* Ten signatures with two branches each, one of them with a gradient, then all are gone. */
static void trace_and_free(int size)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(normalises);

    for (int i = 0; i < 10; i++) {
        EG_SCOPE;
        EG_TAPE;
        eg_tensor *x = eg_ones(EG_FLOAT32, EG_DIMS(size, i + 2)), *g;
        eg_watch(x);
        eg_gradient(eg_call(f, x), EG_IN(x), &g);
        eg_call(f, eg_mul(eg_stop_gradient(x), 3));
    }
    eg_function_free(f);
}

TEST(a_thousand_retraces_leave_nothing_behind)
{
    size_t in_use = 0;
    long before = 0;

    for (int i = 0; i < RETRACES / 10; i++) {
        trace_and_free(i % 10 + 1);
        if (i == RETRACES / 20) {
            EG_SCOPE;
            in_use = eg_memory_now().in_use;
            before = resident();
        }
    }
    assert_flat(in_use, before);
}
