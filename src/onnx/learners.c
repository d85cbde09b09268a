/* Operators of ai.onnx.ml, for models of scikit-learn and its like.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

static void binarizer(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg_tensor *above = eg_greater(x, like(x, real_of(c, "threshold", 0)));

    give(c, 0, eg_cast(above, eg_dtype_of(x)));
}

/* Columns of x, by index; of a list a row. */
static void array_feature_extractor(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg_take_attrs last = {.size = sizeof last, .axis = -1};
    int64_t all = -1;
    eg_tensor *y = eg_take_with(x, eg_reshape(input(c, 1), 1, &all), &last);

    give(c, 0, eg_rank(x) == 1 ? eg_expand_dims(y, 0) : y);
}

const eg__onnx_op eg__onnx_learners[] = {
    {"Binarizer", binarizer, .since = {1}},
    {"ArrayFeatureExtractor", array_feature_extractor, .since = {1}},
    {0},
};
