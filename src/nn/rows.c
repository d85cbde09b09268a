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

/* Where in a sorted list another place begins: 1, and 0 where it is the same as before. */
static eg_tensor *beginnings(eg_tensor *sorted)
{
    eg_slice_attrs rest = {.size = sizeof rest, .begin = {1, {1}}};
    eg_slice_attrs front = {.size = sizeof front, .count = {1, {eg_dim(sorted, 0) - 1}}};
    eg_tensor *differs = eg_not_equal(eg_slice_with(sorted, &rest), eg_slice_with(sorted, &front));
    eg_tensor *first = eg_ones(EG_INT64, 1, (const int64_t[]){1});
    eg_tensor *both[] = {first, eg_cast(differs, EG_INT64)};

    return eg_concat_with(2, both, NULL);
}

eg_tensor *eg_combine_rows(eg_tensor *gradient)
{
    eg_cumulative_attrs along = {.size = sizeof along};

    if (!eg_ok())
        return NULL;
    if (!is_pair(gradient)) {
        eg_fail(EG_INVALID, "eg_combine_rows", "it takes places and as many rows");
        return NULL;
    }
    eg_tensor *places = eg_part(gradient, 0), *rows = eg_part(gradient, 1);
    int64_t n = eg_dim(places, 0);
    if (n == 0)
        return gradient;
    eg_scope *scope = eg_scope_open();
    eg_tensor *order = eg_argsort_with(places, 0, NULL), *sorted = eg_gather(places, order);
    eg_tensor *one = eg_scalar_int(EG_INT64, 1);
    eg_tensor *group = eg_sub(eg_cumulative_sum_with(beginnings(sorted), &along), one);
    eg_tensor *at = eg_segment_max(sorted, group, n);
    eg_tensor *sums = eg_segment_sum(eg_gather(rows, order), group, n);
    eg_tensor *pair[] = {at, sums};
    eg_tensor *combined = eg_ok() ? eg_give(eg_tuple_of(2, pair)) : NULL;
    eg_scope_close(scope);
    return combined;
}
