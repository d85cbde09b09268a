/* Writing C while memory runs out: whole files or none.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"
#include <stdio.h>

static eg_tensor *weight;

static eg_tensor *half(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_tuple(eg_add(eg_mul(in[1], 0.5), weight));
}

EG_FUNCTION(model, x)
{
    eg_tensor *y = eg_for(3, half, NULL, EG_IN(eg_matmul(x, eg_transpose(x))));
    if (eg_true(eg_greater(eg_sum(y), 0)))
        eg_assign(weight, eg_gelu(y));
    return eg_softmax(y);
}

static void emit_model(torture *t, void *env)
{
    eg_tensor_spec x = {"x", EG_FLOAT32, 2, (int64_t[]){2, 2}};
    eg_function *f = eg_function_of(model);

    (void)env;
    if (f && eg_function_emit_c(f, 1, &x, "torture_model.c") == EG_OK) {
        torture_file(t, "torture_model.c");
        torture_file(t, "torture_model.h");
    }
    eg_function_free(f);
}

TEST(a_file_of_c_is_written_or_the_allocation_that_fails_reported)
{
    weight = NULL;
    EG_SCOPE;
    weight = eg_variable(eg_zeros(EG_FLOAT32, EG_DIMS(2, 2)), .name = "weight");
    torture_sweep("emit", emit_model, NULL);
    eg_variable_free(weight);
    remove("torture_model.c");
    remove("torture_model.h");
}
