/* Models from files while memory runs out: read, called, recorded, with gradients.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"
#include "unit/onnx/bytes.h"
#include "unit/onnx/saved.h"
#include <stdio.h>

static void load_and_call(torture *t, void *env)
{
    const bytes *b = env;
    eg_onnx_attrs attrs = {.size = sizeof attrs, .variables = true};
    eg_onnx *m = eg_onnx_read_with(b->at, b->n, &attrs);

    for (int i = 0; i < 2; i++)
        torture_result(t,
            m ? eg_call(eg_onnx_function(m), eg_ones(EG_FLOAT32, EG_DIMS(1, 2))) : NULL);
    eg_onnx_free(m);
}

static void load_and_branch(torture *t, void *env)
{
    const bytes *b = env;
    eg_onnx *m = eg_onnx_read(b->at, b->n);

    for (int i = 0; i < 2; i++)
        torture_result(t, m ? eg_call(eg_onnx_function(m), EG_F32(i, -0.5)) : NULL);
    eg_onnx_free(m);
}

static void save(torture *t, void *env)
{
    const char *path = env;
    eg_tensor *in[2], *out;

    if (save_case(&saved_cases[SAVED_CASES - 1], path, in, &out))
        torture_file(t, path);
    remove(path);
}

TEST(saving_a_model_reports_the_allocation_that_fails)
{
    char path[128];

    snprintf(path, sizeof path, "%s", torture_path("pooled.onnx"));
    torture_sweep("a saved model", save, path);
}

TEST(models_report_the_allocation_that_fails)
{
    bytes dense = dense_model(), shape = shape_model(), branch = branch_model();

    torture_sweep("a dense layer", load_and_call, &dense);
    torture_sweep("a shape of shapes", load_and_call, &shape);
    torture_sweep("a branch", load_and_branch, &branch);
}
