/* Gradients that are rows and their places: what eg_gradient gives with `.sparse`.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eagre/nn.h>
#include <eagre/ops.h>

static bool is_pair(eg_tensor *g)
{
    return eg_parts(g) == 2 && eg_rank(eg_part(g, 0)) == 1 && eg_rank(eg_part(g, 1)) > 0 &&
        eg_dim(eg_part(g, 0), 0) == eg_dim(eg_part(g, 1), 0);
}

eg_tensor *eg_combine_rows(eg_tensor *gradient)
{
    eg_unique_attrs rest = {.size = sizeof rest, .fill = -1};

    if (!eg_ok())
        return NULL;
    if (!is_pair(gradient)) {
        eg_fail(EG_INVALID, "eg_combine_rows", "it takes places and as many rows");
        return NULL;
    }
    rest.length = eg_dim(eg_part(gradient, 0), 0);
    if (rest.length == 0)
        return gradient;
    eg_scope *scope = eg_scope_open();
    eg_tensor *places = eg_cast(eg_part(gradient, 0), EG_INT64);
    eg_tensor *unique = eg_unique_inverse_with(places, &rest);
    eg_tensor *sums = eg_segment_sum(eg_part(gradient, 1), eg_part(unique, 1), rest.length);
    eg_tensor *pair[] = {eg_part(unique, 0), sums};
    eg_tensor *combined = eg_ok() ? eg_give(eg_tuple_of(2, pair)) : NULL;
    eg_scope_close(scope);
    return combined;
}
