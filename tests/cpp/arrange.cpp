/* easy.hpp: tensors arranged anew, cut and spread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.hpp"

using eagre::array, eagre::scope, eagre::tensor;

TEST(tensors_are_arranged_anew)
{
    scope s;
    tensor x = array<int>({{1, 2, 3}, {4, 5, 6}});

    CHECK_PRINTS(flip(x), "[[6 5 4] [3 2 1]] int32[2,3]");
    CHECK_PRINTS(flip(x, 0), "[[4 5 6] [1 2 3]] int32[2,3]");
    CHECK_PRINTS(roll(x, 1, 1), "[[3 1 2] [6 4 5]] int32[2,3]");
    CHECK_PRINTS(repeat(x, 2, 1), "[[1 1 2 2 3 3] [4 4 5 5 6 6]] int32[2,6]");
    CHECK_PRINTS(tile(x, {1, 2}), "[[1 2 3 1 2 3] [4 5 6 4 5 6]] int32[2,6]");
    CHECK_PRINTS(pad(x, {0, 1}, {}), "[[0 1 2 3] [0 4 5 6]] int32[2,4]");
    CHECK_PRINTS(pad(flatten(x), 1, 1, eagre::padding::wrap), "[6 1 2 3 4 5 6 1] int32[8]");
    CHECK_PRINTS(put_slice(flatten(x), array<int>({7, 8}), 4), "[1 2 3 4 7 8] int32[6]");
    CHECK_PRINTS(moveaxis(x, 0, 1), "[[1 4] [2 5] [3 6]] int32[3,2]");
    CHECK_PRINTS(permute_dims(x, {1, 0}), "[[1 4] [2 5] [3 6]] int32[3,2]");
    CHECK_PRINTS(matrix_transpose(x), "[[1 4] [2 5] [3 6]] int32[3,2]");
}

TEST(tensors_are_cut_and_spread)
{
    scope s;
    tensor x = array<int>({{1, 2, 3, 4}, {5, 6, 7, 8}});

    CHECK_PRINTS(split(x, 2, 1)[1], "[[3 4] [7 8]] int32[2,2]");
    CHECK_PRINTS(split_sizes(x, {1, -1}, 1)[1], "[[2 3 4] [6 7 8]] int32[2,3]");
    CHECK(unstack(x, 1).size() == 4);
    CHECK_PRINTS(unstack(x)[1], "[5 6 7 8] int32[4]");
    CHECK_PRINTS(eagre::broadcast_arrays({x, eagre::constant(1)})[1],
        "[[1 1 1 1] [1 1 1 1]] int32[2,4]");
    CHECK_PRINTS(eagre::meshgrid({array<int>({1, 2}), array<int>({3})})[0], "[[1 2]] int32[1,2]");
    CHECK_PRINTS(eagre::meshgrid({array<int>({1, 2}), array<int>({3})},
                     eagre::grid_order::matrix)[1],
        "[[3] [3]] int32[2,1]");
}

TEST(numbers_and_matrices_are_made)
{
    scope s;
    tensor x = array<int>({{1, 2}, {3, 4}});

    CHECK_PRINTS(eagre::arange(eagre::int32, 1, 7, 2), "[1 3 5] int32[3]");
    CHECK_PRINTS(eagre::arange(eagre::float64, 0.5, 2), "[0.5 1.5] float64[2]");
    CHECK_PRINTS(eagre::linspace(eagre::float32, 0, 1, 3), "[0. 0.5 1. ] float32[3]");
    CHECK_PRINTS(eagre::linspace(eagre::float32, 0, 1, 2, eagre::range_end::open),
        "[0. 0.5] float32[2]");
    CHECK_PRINTS(eagre::eye(eagre::int32, 2, 2), "[[1 0] [0 1]] int32[2,2]");
    CHECK_PRINTS(full_like(x, 7), "[[7 7] [7 7]] int32[2,2]");
    CHECK_PRINTS(tril(x), "[[1 0] [3 4]] int32[2,2]");
    CHECK_PRINTS(triu(x), "[[1 2] [0 4]] int32[2,2]");
    CHECK_PRINTS(diag(diagonal(x)), "[[1 0] [0 4]] int32[2,2]");
    CHECK_PRINTS(trace(x), "5 int64[]");
}

TEST(elements_are_taken_and_put)
{
    scope s;
    tensor x = array<int>({{1, 2}, {3, 4}}), at = array<int>({{1, 0}});

    CHECK_PRINTS(ravel_index(at, {2, 2}), "[2] int64[1]");
    CHECK_PRINTS(take(x, -1, 1), "[2 4] int32[2]");
    CHECK_PRINTS(take(x, 5, 1, eagre::outside::wraps), "[2 4] int32[2]");
    CHECK_PRINTS(gather_nd(x, at), "[3] int32[1]");
    CHECK_PRINTS(scatter_nd(at, array<int>({5}), {2, 2}), "[[0 0] [5 0]] int32[2,2]");
    CHECK_PRINTS(scatter(x, 0, array<int>({7, 8}), eagre::scatter_how::max),
        "[[7 8] [3 4]] int32[2,2]");
    CHECK_PRINTS(tensor_scatter_nd_update(x, at, array<int>({9})), "[[1 2] [9 4]] int32[2,2]");
    CHECK_PRINTS(tensor_scatter_nd_add(x, at, array<int>({9})), "[[ 1 2] [12 4]] int32[2,2]");
    CHECK_PRINTS(tensor_scatter_nd_max(x, at, array<int>({2})), "[[1 2] [3 4]] int32[2,2]");
    CHECK_PRINTS(tensor_scatter_nd_min(x, at, array<int>({2})), "[[1 2] [2 4]] int32[2,2]");
}

TEST(brackets_pick_and_put)
{
    scope s;
    tensor x = array<int>({{1, 2, 3}, {4, 5, 6}});

    CHECK_PRINTS(get(x, {1}), "[4 5 6] int32[3]");
    CHECK_PRINTS(get(x, {eagre::every, -1}), "[3 6] int32[2]");
    CHECK_PRINTS(get(x, {eagre::ellipsis, eagre::span(eagre::open, eagre::open, -2)}),
        "[[3 1] [6 4]] int32[2,2]");
    CHECK_PRINTS(get(x, {0, eagre::new_axis, array<int>({2, 0})}), "[[3] [1]] int32[2,1]");
    CHECK_PRINTS(put(x, 0, {eagre::every, eagre::span(1, 3)}), "[[1 0 0] [4 0 0]] int32[2,3]");
    CHECK_PRINTS(put(x, 10, {array<int>({1, 1})}, eagre::scatter_how::add),
        "[[ 1 2 3] [24 25 26]] int32[2,3]");
}

TEST(masks_and_sets_have_as_many_elements_as_there_are)
{
    scope s;
    tensor x = array<int>({{3, 1, 3}, {2, 1, 0}}), big = greater(x, 1);

    CHECK_PRINTS(get(x, {big}), "[3 3 2] int32[3]");
    CHECK_PRINTS(put(x, 0, {big}), "[[0 1 0] [0 1 0]] int32[2,3]");
    CHECK_PRINTS(nonzero(big), "[[0 0 1] [0 2 0]] int64[2,3]");
    CHECK_PRINTS(argwhere(x, 2), "[[0 0] [0 1]] int64[2,2]");
    CHECK_PRINTS(boolean_mask(x, array<bool>({true, false, true}), 1), "[[3 3] [2 0]] int32[2,2]");
    CHECK_PRINTS(boolean_mask(x, big, 0, 4, -1), "[ 3 3 2 -1] int32[4]");
    CHECK_PRINTS(eagre::compress(array<bool>({true}), x), "[[3 1 3]] int32[1,3]");
    CHECK_PRINTS(masked_scatter(x, big, array<int>({7, 8, 9})), "[[7 1 8] [9 1 0]] int32[2,3]");
    CHECK_PRINTS(repeat_counts(x, array<int>({0, 2})), "[[2 1 0] [2 1 0]] int32[2,3]");
    CHECK_PRINTS(repeat_index(array<int>({1, 2})), "[0 1 1] int64[3]");
    CHECK_PRINTS(dynamic_partition(x, array<int>({1, 0}), 2)[0], "[[2 1 0]] int32[1,3]");
    CHECK_PRINTS(take_along_axis(x, array<int>({{-1}, {0}})), "[[3] [2]] int32[2,1]");
    CHECK_PRINTS(put_along_axis(x, array<int>({{-1}, {0}}), 9), "[[3 1 9] [9 1 0]] int32[2,3]");

    auto [values, indices, inverse, counts] = unique_all(x);
    CHECK_PRINTS(unique_values(x), "[0 1 2 3] int32[4]");
    CHECK_PRINTS(indices, "[5 1 3 0] int64[4]");
    CHECK_PRINTS(inverse, "[[3 1 3] [2 1 0]] int64[2,3]");
    CHECK_PRINTS(counts, "[1 2 1 2] int64[4]");
    CHECK_PRINTS(unique_inverse(x).values, "[0 1 2 3] int32[4]");
    CHECK_PRINTS(unique_counts(x, 2).counts, "[1 2] int64[2]");
    CHECK_PRINTS(union1d(values, array<int>({7})), "[0 1 2 3 7] int32[5]");
    CHECK_PRINTS(intersect1d(values, array<int>({7, 2})), "[2] int32[1]");
    CHECK_PRINTS(setdiff1d(values, array<int>({7, 2})), "[0 1 3] int32[3]");
    CHECK_PRINTS(setxor1d(values, array<int>({7, 2})), "[0 1 3 7] int32[4]");
}

TEST(tensors_are_contracted)
{
    scope s;
    tensor x = array<int>({{1, 2}, {3, 4}}), v = array<int>({1, 10});

    CHECK_PRINTS(outer(v, v), "[[ 1 10] [ 10 100]] int32[2,2]");
    CHECK_PRINTS(vecdot(x, v), "[21 43] int32[2]");
    CHECK_PRINTS(tensordot(x, v, 1), "[21 43] int32[2]");
    CHECK_PRINTS(tensordot(x, v, 0, 0), "[31 42] int32[2]");
    CHECK_PRINTS(eagre::einsum("ij,j", {x, v}), "[21 43] int32[2]");
    CHECK_PRINTS(kron(v, v), "[ 1 10 10 100] int32[4]");
    CHECK_PRINTS(cross(array<int>({1, 0, 0}), array<int>({0, 1, 0})), "[0 0 1] int32[3]");
}

int main()
{
    test::run_all();
    return 0;
}

TEST(strings_are_tensors_too)
{
    scope s;
    tensor names = eagre::strings({"Ada", "Eve"});

    CHECK_PRINTS(string_concat(names, ".txt"), "['Ada.txt' 'Eve.txt'] string[2]");
    CHECK_PRINTS(equal(names, "Eve"), "[False True] bool[2]");
    CHECK_PRINTS(where(equal(names, std::string("Eve")), "she", names), "['Ada' 'she'] string[2]");
    CHECK_PRINTS(string_lower(eagre::strings({"A", "B"}, {2, 1})), "[['a'] ['b']] string[2,1]");
    CHECK_PRINTS(string_upper(names), "['ADA' 'EVE'] string[2]");
    CHECK_PRINTS(string_length(names), "[3 3] int64[2]");
    CHECK_PRINTS(eagre::part(eagre::string_split("a b", ""), 0), "['a' 'b'] string[2]");
    CHECK_PRINTS(cast(names, eagre::string), "['Ada' 'Eve'] string[2]");
    CHECK(get(names, {0}).item<std::string>() == "Ada");
    CHECK(names.read<std::string>() == (std::vector<std::string>{"Ada", "Eve"}));
}
