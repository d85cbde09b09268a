/* easy.hpp as a C++ programmer uses it: values, operators, scopes, errors, variables.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.hpp"

#include <sstream>
#include <thread>

using eagre::array, eagre::constant, eagre::float64, eagre::int32, eagre::scope, eagre::tensor;

/* ---- values --------------------------------------------------------------------------------- */

TEST(constants_follow_the_rule_of_c)
{
    scope s;

    CHECK_PRINTS(constant(12), "12 int32[]");
    CHECK_PRINTS(constant({1.5, 2}), "[1.5 2. ] float32[2]");
    CHECK_PRINTS(constant(5000000000), "5000000000 int64[]");
    CHECK_PRINTS(constant(12) * constant(3) - constant(2), "34 int32[]");
    CHECK_PRINTS(eagre::scalar(float64, 0.1), "0.1 float64[]");
}

TEST(arrays_of_one_to_four_dimensions_go_in_and_come_out)
{
    scope s;
    const double m[2][3] = {{1, 2, 3}, {4, 5, 6}};
    tensor cube = array<int>({{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}});

    CHECK_PRINTS(array(m), "[[1. 2. 3.] [4. 5. 6.]] float64[2,3]");
    CHECK_PRINTS(array<float>({{1}, {2}}), "[[1.] [2.]] float32[2,1]");
    CHECK_PRINTS(array({true, false}), "[ True False] bool[2]");
    CHECK(cube.shape() == eagre::shape(2, 2, 2));
    CHECK(array<float>({{{{1}}}}).rank() == 4);
    CHECK((cube.read<int>() == std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}));
    CHECK(cube.data<int>()[7] == 8);
    CHECK((array({true, false}).read<bool>() == std::vector<bool>{true, false}));
    CHECK(eagre::copy(std::vector<float>{1, 2, 3, 4}, {2, -1}).shape() == eagre::shape(2, 2));
    CHECK(eagre::copy(std::vector<float>{}).size() == 0);
}

TEST(a_vector_moves_into_a_tensor)
{
    scope s;
    std::vector<double> data{1, 2, 3, 4};
    const double *before = data.data();
    tensor x = eagre::wrap(std::move(data), {2, 2});

    CHECK(x.data<double>() == before);
    CHECK_PRINTS(x + 1, "[[2. 3.] [4. 5.]] float64[2,2]");
}

TEST(numbers_take_the_dtype_of_the_tensor_beside_them)
{
    scope s;
    tensor x = array<double>({1, 2});

    CHECK_PRINTS(2 * x + 0.1, "[2.1 4.1] float64[2]");
    CHECK_PRINTS(1 - array<std::int64_t>({5}), "[-4] int64[1]");
    CHECK_PRINTS(-x / 4, "[-0.25 -0.5 ] float64[2]");
    CHECK_PRINTS(array({7, -7}) % 4, "[3 1] int32[2]");
    CHECK_PRINTS(eagre::where(x > 1, x, 0), "[0. 2.] float64[2]");
    x += 1;
    x *= 2;
    CHECK_PRINTS(x, "[4. 6.] float64[2]");
}

TEST(comparisons_are_tensors_and_branches_are_plain)
{
    scope s;
    tensor x = array<float>({1, 5}), y = constant(2.5);

    CHECK_PRINTS((x > 2) & ~(x == 5), "[False False] bool[2]");
    CHECK_PRINTS((x <= 1) | (x != 1), "[ True True] bool[2]");
    CHECK_PRINTS((x < 3) ^ (x >= 1), "[False True] bool[2]");
    CHECK(y > 2 && y < 3);
    CHECK(!(y > 3));
    CHECK(y.item() == 2.5 && constant(7).item<int>() == 7);
}

TEST(tensors_print_to_streams)
{
    scope s;
    std::ostringstream out;

    out << constant({1, 2}) << "; " << constant(3);
    CHECK(out.str() == "[1 2] int32[2]; 3 int32[]");
}

TEST(variables_and_owned_tensors_answer_what_tensors_answer)
{
    scope s;
    eagre::variable v(array<float>({{1, 2}}));
    eagre::owned kept(constant(3));

    CHECK(v.shape() == eagre::shape(1, 2) && v.dim(-1) == 2 && v.size() == 2 && v.rank() == 2);
    CHECK((v.read<float>() == std::vector<float>{1, 2}) && v.dtype() == eagre::float32);
    CHECK(kept && kept.item<int>() == 3 && kept.item<bool>() && !eagre::owned(constant(0)));
    CHECK(constant(0.5).item<bool>());
}

TEST(shapes_are_values)
{
    std::vector<std::int64_t> dims{2, 3}, nine(9, 1);
    eagre::shape known = dims;
    std::int64_t product = 1;
    eg_error e;

    for (std::int64_t n : known)
        product *= n;
    CHECK(product == 6 && known == eagre::shape(2, 3) && known != eagre::shape(3, 2));
    CHECK(known[-1] == 3 && known[2] == 0 && known.rank() == 2 && eagre::shape().rank() == 0);
    CHECK(eagre::shape(2) != eagre::shape(2, 1));
    {
        eagre::attempt attempt(e);
        eagre::zeros(float64, nine);
    }
    CHECK(e.status == EG_INVALID);
}

TEST(printing_has_options)
{
    scope s;
    eagre::print_options options;

    options.precision = 2;
    CHECK(eagre::to_text(constant(1.23456), options) == "1.23 float32[]");
    options.to = std::tmpfile();
    CHECK(options.to);
    eagre::print(7, options);
    CHECK(std::ftell(options.to) == 10);
    std::fclose(options.to);
}

TEST(tuples_come_apart)
{
    scope s;
    auto [a, b] = eagre::unpack<2>(eagre::tuple({constant(1), constant(2)}));
    auto [values, indices] = eagre::top_k(array<float>({3, 9, 4}), 2);

    CHECK(a.item() == 1 && b.item() == 2);
    CHECK_PRINTS(values, "[9. 4.] float32[2]");
    CHECK_PRINTS(indices, "[1 2] int64[2]");
}

/* ---- operations ----------------------------------------------------------------------------- */

TEST(options_are_arguments)
{
    scope s;
    tensor x = array<float>({{1, 9}, {4, 7}});

    CHECK_PRINTS(sum(x), "21. float32[]");
    CHECK_PRINTS(sum(x, 0), "[ 5. 16.] float32[2]");
    CHECK_PRINTS(mean(x, {0, -1}, eagre::dims::keep), "[[5.25]] float32[1,1]");
    CHECK_PRINTS(argmax(x, 1), "[1 1] int64[2]");
    CHECK_PRINTS(matmul(x, x, eagre::transposed::b), "[[82. 67.] [67. 65.]] float32[2,2]");
    CHECK_PRINTS(transpose(x, {1, 0}), "[[1. 4.] [9. 7.]] float32[2,2]");
    CHECK_PRINTS(slice(x, 1), "[[4. 7.]] float32[1,2]");
    CHECK_PRINTS(slice(x, {0, 1}, {-1, 1}), "[[9.] [7.]] float32[2,1]");
    CHECK_PRINTS(eagre::concat({x, x}, 1), "[[1. 9. 1. 9.] [4. 7. 4. 7.]] float32[2,4]");
    CHECK_PRINTS(gather(x, array({1, 0}), -1), "[[9. 1.] [7. 4.]] float32[2,2]");
    CHECK_PRINTS(eagre::one_hot(constant(1), 3, int32), "[0 1 0] int32[3]");
    CHECK_PRINTS(softmax(array<float>({{0, 0}}), 0), "[[1. 1.]] float32[1,2]");
    CHECK_PRINTS(gelu(constant(1.0), eagre::gelu_form::tanh), "0.841192 float32[]");
    tensor line = eagre::reshape(array<float>({1, 2, 4, 8}), {1, 4, 1});
    tensor pair = eagre::reshape(array<float>({1, -1}), {2, 1, 1});
    eagre::conv_options apart;
    apart.strides = 2;
    CHECK_PRINTS(conv(line, pair, apart), "[[[-1.] [-4.]]] float32[1,2,1]");
    eagre::pool_options two;
    two.window = 2;
    CHECK_PRINTS(max_pool(line, two), "[[[2.] [8.]]] float32[1,2,1]");
    eagre::resize_options wide;
    wide.scales = {1, 2, 1};
    CHECK_PRINTS(resize(max_pool(line, two), wide), "[[[2. ] [3.5] [6.5] [8. ]]] float32[1,4,1]");
    CHECK_PRINTS(resize_images(max_pool(line, two), 2, 2, {EG_RESIZE_NEAREST}),
        "[[[2.] [8.]] [[2.] [8.]]] float32[2,2,1]");
    CHECK_PRINTS(global_avg_pool(line), "[[3.75]] float32[1,1]");
    CHECK_PRINTS(eagre::cast<int>(constant(1.7)), "1 int32[]");
    CHECK_PRINTS(eagre::zeros(float64, {}), "0. float64[]");
    CHECK_PRINTS(eagre::full(7, {3}), "[7 7 7] int32[3]");
}

TEST(random_numbers_are_functions_of_a_key)
{
    scope s;
    eagre::generator g(7), h(7);
    tensor a, b;

    g.next_key(a);
    h.next_key(b);
    CHECK(normal(a, {4}).read<float>() == normal(b, {4}).read<float>());
    g.next_key(a);
    CHECK(normal(a, {4}).read<float>() != normal(b, {4}).read<float>());
    CHECK(uniform(eagre::key(1), {2, 2}, float64).dtype() == float64);
}

/* ---- scopes and errors ---------------------------------------------------------------------- */

static tensor hypotenuse(tensor a, tensor b)
{
    scope s;
    return give(sqrt(square(a) + square(b)));
}

TEST(scopes_own_and_give)
{
    scope outer;
    std::size_t before = eg_memory_now().tensors;
    tensor c = hypotenuse(constant(3.0), constant(4.0));

    CHECK(c.item() == 5);
    CHECK(eg_memory_now().tensors == before + 3);
}

TEST(replacing_keeps_memory_flat)
{
    scope s;
    tensor x = constant(1.0);
    std::size_t before = eg_memory_now().tensors;

    for (int i = 0; i < 1000; i++) {
        scope step;
        replace(x, x * 0.5 + 1);
    }
    CHECK(eg_memory_now().tensors == before);
    CHECK(x.item() == 2);
}

TEST(owned_tensors_outlive_scopes)
{
    eagre::owned kept;
    {
        scope s;
        kept = eagre::owned(constant({1, 2}));
    }
    eagre::owned copy = kept, moved = std::move(kept);
    scope s;
    CHECK_PRINTS(copy + moved, "[2 4] int32[2]");
    CHECK(!kept.get());
    eagre::owned &same = copy;
    copy = same;
    moved = eagre::owned(constant(5));
    CHECK_PRINTS(copy * moved, "[ 5 10] int32[2]");
}

TEST(a_thread_may_keep_what_another_made)
{
    eagre::owned result;
    std::thread([&result] {
        scope s;
        result = eagre::owned(constant(2.0) * 21);
    }).join();
    CHECK(result.item() == 42);
}

TEST(an_attempt_ends_what_failed_inside_and_nothing_else)
{
    scope s;
    eg_error inner, outer;
    {
        eagre::attempt around(outer);
        {
            eagre::attempt attempt(inner);
            eagre::reshape(constant({1, 2, 3}), {2, 2});
            CHECK(!eagre::ok());
        }
        CHECK(eagre::ok() && constant(1).item() == 1);
    }
    CHECK(inner.status == EG_INVALID && outer.status == EG_OK);
}

TEST(a_failed_scope_is_inert)
{
    eg_error e;
    {
        eagre::attempt attempt(e);
        eagre::variable never(constant({1, 2}) + constant({1, 2, 3}));
        never += 1;
        CHECK(!never.get() && never.item() == 0 && never.read<int>().empty());
        CHECK(eagre::to_text(never).empty() && never.shape() == eagre::shape());
    }
    CHECK(e.status == EG_INVALID && std::string(e.op) == "Add");
}

TEST(the_first_error_names_the_callers_line)
{
    eg_error e;
    int line = __LINE__ + 4;
    {
        eagre::attempt attempt(e);
        tensor x = array<float>({1, 2}), y = array<float>({1, 2, 3});
        tensor bad = 2 * (x + y) - 1;
        CHECK(!bad.get() && !eagre::ok());
    }
    CHECK(eagre::ok() && e.status == EG_INVALID && e.line == line);
    CHECK(std::string(e.file) == __FILE__ && std::string(e.function) == __func__);
    CHECK(std::string(e.op) == "Add");
}

TEST(places_reach_what_has_no_tensor_argument)
{
    eg_error e;
    int line = __LINE__ + 3;
    {
        eagre::attempt attempt(e);
        eagre::zeros(float64, {-1});
    }
    CHECK(e.status == EG_INVALID && e.line == line);
    line = __LINE__ + 3;
    {
        eagre::attempt attempt(e);
        eagre::load_idx("no such file", eagre::float32);
    }
    CHECK(e.status == EG_IO && e.line == line);
}

TEST(check_throws_the_pending_error)
{
    scope outer;
    bool caught = false;

    try {
        scope inner;
        static_cast<void>(constant({1, 2}) + constant({1, 2, 3}));
        eagre::check();
    } catch (const eagre::error &e) {
        caught =
            e.status() == EG_INVALID && std::string(e.what()).find("Add: ") != std::string::npos;
    }
    CHECK(caught && eagre::ok());
    CHECK(constant(1).item() == 1);
    eagre::check();
}

/* ---- variables ------------------------------------------------------------------------------ */

TEST(variables_are_tensors_with_a_state)
{
    scope s;
    eagre::variable w(constant({1.0, 2.0}), "w");
    tensor before = w.value();

    w += 1;
    w -= w * 0.5;
    CHECK_PRINTS(w, "[1. 1.5] float32[2]");
    CHECK_PRINTS(before, "[1. 2.] float32[2]");
    w.assign(before);
    CHECK_PRINTS(w + w, "[2. 4.] float32[2]");
    CHECK(std::string(w.name()) == "w");
    std::vector<eagre::variable> list;
    list.push_back(std::move(w));
    list.emplace_back(array<float>({3}));
    CHECK_PRINTS(eagre::concat(list), "[1. 2. 3.] float32[3]");
}

int main()
{
    test::run_all();
}
