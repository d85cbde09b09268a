/* Traces of every operation and of its gradient made for other sizes. Functions composed of
 * operations are tried where they are tested: see tests/unit/ops/composed.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include "other_sizes.h"
#include <stdlib.h>

static eg_tensor *body(int n, eg_tensor *const in[], void *env)
{
    (void)n;
    return case_apply(env, in);
}

TEST(traces_of_operations_are_made_for_other_sizes)
{
    int made = 0, fixed = 0;

    FOR_EACH_CASE(c)
    {
        eg_tensor *in[EG__MAX_IN];
        op_case own = *c;
        other_sizes found = {0};
        EG_SCOPE;
        case_inputs(c, in);
        if (case_size(c) < 200)
            try_other_sizes(&(eg_callable){body, c->n_in, c->op->name}, &own, c->n_in, in, &found);
        if (found.mistake[0])
            complain(c, "%s", found.mistake);
        if (found.fixed > 0 && getenv("EAGRE_TEST_FIXED"))
            complain(c, "fixed: %s", found.why);
        made += found.made;
        fixed += found.fixed;
    }
    print_message("%d traces were made, %d could not be\n", made, fixed);
    assert_true(made > 0);
    assert_no_complaints();
}
