/* A plan of a random program beside its function: on the ways that both know they give the same
 * bits, and where one fails the other does.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "program.h"
#include <string.h>

enum { CALLS = 6, MOST_OUT = 2, MOST_BYTES = 1024 };

/* What a call of the function gave, as bytes; false where it failed. */
static bool call(eg_function *f, eg_tensor *args[], unsigned char bytes[MOST_OUT][MOST_BYTES])
{
    eg_error e;
    EG_TRY(&e);
    eg_tensor *y = eg_call_of(f, ARGUMENTS, args);
    int n = eg_parts(y) ? eg_parts(y) : 1;

    for (int i = 0; i < n && eg_ok(); i++) {
        eg_tensor *part = eg_parts(y) ? eg_part(y, i) : y;
        eg_read(part, eg_dtype_of(part), bytes[i], eg_size(part));
    }
    return eg_ok();
}

/* Whether the arguments have the plan's shapes; their buffers. */
static bool fits(const eg_plan *plan, eg_tensor *args[], eg_plan_in in[])
{
    eg_plan_value v = {.size = sizeof v};
    bool fit = true;

    for (int i = 0; fit && i < ARGUMENTS; i++) {
        eg_plan_input(plan, i, &v);
        fit = eg_rank(args[i]) == v.rank;
        for (int k = 0; fit && k < v.rank; k++)
            fit = eg_dim(args[i], k) == v.dims[k];
        in[i] = (eg_plan_in){eg_data(args[i], EG_FLOAT32), v.bytes};
    }
    return fit;
}

static eg_plan_status run(eg_plan *plan, const eg_plan_in in[],
    unsigned char bytes[MOST_OUT][MOST_BYTES])
{
    eg_plan_value v = {.size = sizeof v};
    eg_plan_out out[MOST_OUT];
    int n = 0;

    for (; n < MOST_OUT && eg_plan_output(plan, n, &v); n++)
        out[n] = (eg_plan_out){bytes[n], v.bytes};
    return eg_plan_run(plan, ARGUMENTS, in, n, out);
}

static const char *compare(eg_plan *plan, eg_function *f, uint64_t *random)
{
    for (int i = 0; i < CALLS; i++) {
        _Alignas(16) unsigned char expected[MOST_OUT][MOST_BYTES] = {{0}};
        _Alignas(16) unsigned char got[MOST_OUT][MOST_BYTES] = {{0}};
        eg_tensor *args[ARGUMENTS];
        eg_plan_in in[ARGUMENTS];
        EG_SCOPE;

        program_arguments(random, 2, args);
        if (!fits(plan, args, in))
            continue;
        bool done = call(f, args, expected);
        eg_plan_status status = run(plan, in, got);
        if (status == EG_PLAN_UNSEEN || eg_function_why_eager(f))
            return NULL; /* from here on states differ */
        if (done != (status == EG_PLAN_OK))
            return done ? eg_plan_status_name(status) : "the plan does not fail";
        if (done && memcmp(expected, got, sizeof got) != 0)
            return "other bits";
    }
    return NULL;
}

const char *planned_difference(eg_function *f, uint64_t *random)
{
    eg_tensor *args[ARGUMENTS];
    eg_plan *plan = NULL;
    eg_error e;
    const char *difference = NULL;
    EG_SCOPE;

    program_arguments(random, 2, args);
    {
        EG_TRY(&e);
        plan = eg_plan_new(f, ARGUMENTS, args);
    }
    if (plan)
        difference = compare(plan, f, random);
    eg_plan_free(plan);
    return difference;
}
