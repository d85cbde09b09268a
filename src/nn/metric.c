/* Initial weights and metrics.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eagre/nn.h>
#include <eagre/ops.h>

eg_tensor *eg_glorot_uniform(eg_tensor *key, int rank, const int64_t dims[])
{
    if (!eg_ok())
        return NULL;
    if (rank < 2 || !dims) {
        eg_fail(EG_INVALID, "eg_glorot_uniform",
            "weights of rank 2 or more have fans; use eg_zeros "
            "for a bias");
        return NULL;
    }
    double fans = (double)(dims[rank - 1] + dims[rank - 2]);
    eg_tensor *spread = eg_sqrt(eg_scalar(EG_FLOAT64, fans > 0 ? 6 / fans : 0));
    eg_tensor *even = eg_sub(eg_uniform_with(key, rank, dims, NULL), eg_scalar(EG_FLOAT32, 0.5));

    return eg_mul(even, eg_mul(eg_cast(spread, EG_FLOAT32), eg_scalar(EG_FLOAT32, 2)));
}

/* One label for each row: a smaller array would be broadcast in silence. */
static bool one_each(const eg_tensor *rows, const eg_tensor *labels)
{
    bool fits = eg_rank(rows) == eg_rank(labels);

    for (int i = 0; fits && i < eg_rank(labels); i++)
        fits = eg_dim(rows, i) == eg_dim(labels, i);
    if (!fits)
        eg_fail(EG_INVALID, "eg_accuracy", "the labels are not one for each row of the logits");
    return fits;
}

eg_tensor *eg_accuracy(eg_tensor *logits, eg_tensor *labels)
{
    eg_argmax_attrs last = {.size = sizeof last, .axis = -1};
    eg_tensor *guess = eg_argmax_with(logits, &last);

    if (guess && labels && !one_each(guess, labels))
        return NULL;
    return eg_mean(eg_cast(eg_equal(guess, labels), EG_FLOAT32));
}
