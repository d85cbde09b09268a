/* Every operation in a plan: it is refused with a reason, or it runs on the caller's buffers,
 * aligned to no more than their elements, with the bits of eager execution, and takes neither
 * memory nor a lock.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include "counted.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64, FEWER = 4 };

static eg_tensor *body(int n, eg_tensor *const in[], void *env)
{
    const op_case *c;

    (void)n;
    memcpy(&c, env, sizeof c);
    return case_apply(c, in);
}

/* The plan of a case; NULL where it may be refused. */
static eg_plan *plan_case(const op_case *c, eg_tensor *const in[], int *refused)
{
    eg_function *f = eg_function_new(body, c->n_in, &c, sizeof c);
    eg_plan *plan = eg_plan_new(f, c->n_in, in);
    eg_error e;

    if (!plan && eg_pending(&e) == EG_STATE && strstr(e.message, "bounded time")) {
        eg_report(NULL);
        puts(e.message);
        ++*refused;
    }
    eg_function_free(f);
    return is_fine(c, "as a plan") ? plan : NULL;
}

/* A buffer's memory and, in it, an address that is a multiple of no more than `alignment`. */
typedef struct room {
    char *memory, *data;
    size_t bytes;
} room;

static room room_for(const op_case *c, const eg_plan_value *v)
{
    room r = {malloc(v->bytes + 2 * LINE), NULL, v->bytes};
    bool keeps =
        strncmp(c->op->name, "Recurrent", 9) == 0; /* float64 in an int32 that stays inside */

    r.data = r.memory + (LINE - (uintptr_t)r.memory % LINE) % LINE + (keeps ? 8 : v->alignment);
    memset(r.data, 0xee, v->bytes);
    return r;
}

static int fill(const op_case *c, const eg_plan *plan, eg_tensor *const in[], room rooms[],
    eg_plan_in buffers[])
{
    eg_plan_value v = {.size = sizeof v};
    int n = 0;

    for (; eg_plan_input(plan, n, &v); n++) {
        rooms[n] = room_for(c, &v);
        if (v.bytes > 0)
            memcpy(rooms[n].data, eg_data(in[n], v.dtype), v.bytes);
        buffers[n] = (eg_plan_in){rooms[n].data, v.bytes};
    }
    return n;
}

static void compare(const op_case *c, const eg_plan *plan, eg_tensor *expected, const room rooms[])
{
    eg_plan_value v = {.size = sizeof v};

    for (int i = 0; eg_plan_output(plan, i, &v); i++) {
        eg_tensor *y = eg_copy(v.dtype, v.rank, v.dims, rooms[i].data);
        if (is_fine(c, "as a plan") && !same_bits(y, result(expected, i)))
            complain(c, "as a plan: result %d has other bits than eager execution", i);
    }
}

static void run_twice(const op_case *c, eg_plan *plan, eg_tensor *const in[], eg_tensor *expected)
{
    room from[EG__MAX_IN], to[EG__MAX_OUT];
    eg_plan_in ins[EG__MAX_IN];
    eg_plan_out outs[EG__MAX_OUT];
    eg_plan_value v = {.size = sizeof v};
    int n_in = fill(c, plan, in, from, ins), n_out = 0;

    for (; eg_plan_output(plan, n_out, &v); n_out++) {
        to[n_out] = room_for(c, &v);
        outs[n_out] = (eg_plan_out){to[n_out].data, v.bytes};
    }
    for (int i = 0; i < 2; i++) {
        counted_start();
        eg_plan_status status = eg_plan_run(plan, n_in, ins, n_out, outs);
        long calls = counted_stop();
        if (status != EG_PLAN_OK)
            complain(c, "as a plan: run %d ends with \"%s\"", i + 1, eg_plan_status_name(status));
        else
            compare(c, plan, expected, to);
        if (calls > 0)
            complain(c, "as a plan: %ld calls for memory or locks in run %d", calls, i + 1);
    }
    for (int i = 0; i < n_in; i++)
        free(from[i].memory);
    for (int i = 0; i < n_out; i++)
        free(to[i].memory);
}

TEST(a_plan_gives_the_bits_of_eager_execution_and_takes_neither_memory_nor_locks)
{
    int refused = 0, planned = 0;
    bool counts = counted_works();

    FOR_EACH_CASE(c)
    {
        EG_SCOPE;
        eg_tensor *in[EG__MAX_IN];
        if (!counts && i_c % FEWER != 0) /* the debug builds, which take their time */
            continue;
        case_inputs(c, in);
        eg_tensor *expected = case_apply(c, in);
        eg_plan *plan = plan_case(c, in, &refused);
        if (plan)
            run_twice(c, plan, in, expected);
        planned += plan != NULL;
        eg_plan_free(plan);
    }
    printf("%d cases planned, %d refused; calls %s counted\n", planned, refused,
        counts ? "were" : "cannot be");
    assert_no_complaints();
    assert_true(planned >= refused);
}
