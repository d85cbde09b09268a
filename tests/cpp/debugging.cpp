/* easy.hpp: host calls, functions as graphs, concrete functions, comparisons.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.hpp"

#include <memory>
#include <stdexcept>

using eagre::array, eagre::constant, eagre::function, eagre::scope, eagre::tensor;

TEST(a_lambda_is_an_operation)
{
    scope s;
    double factor = 3;
    int calls = 0;
    eagre::host scale("scale", [&](const eg_host_args &a) {
        calls++;
        for (std::int64_t i = 0; i < a.in[0].size; i++)
            static_cast<float *>(a.out[0].data)[i] =
                static_cast<float>(factor) * static_cast<const float *>(a.in[0].data)[i];
    });
    function f([&](tensor x) { return scale(x) + 1; });

    CHECK_PRINTS(scale(array<float>({1, 2})), "[3. 6.] float32[2]");
    CHECK_PRINTS(f(array<float>({1, 2})), "[4. 7.] float32[2]");
    factor = 5;
    CHECK_PRINTS(f(array<float>({1, 2})), "[ 6. 11.] float32[2]");
    CHECK(calls == 3 && f.trace_count() == 1);
}

TEST(an_exception_of_a_host_comes_out_of_the_call)
{
    scope s;
    eagre::host fails("fails", [](const eg_host_args &) { throw std::runtime_error("no device"); });
    function f([&](tensor x) { return fails(x); });
    int caught = 0;

    for (int i = 0; i < 2; i++) {
        try {
            f(constant(1.0));
        } catch (const std::runtime_error &e) {
            caught += std::string(e.what()) == "no device";
        }
    }
    CHECK(caught == 2 && eagre::ok());
}

TEST(a_function_becomes_a_graph_of_all_its_ways)
{
    scope s;
    function f([](tensor x) { return sum(x) > 0 ? x * 2 : x - 1; });
    eagre::graph g = eagre::function_graph(f, {{"x", EG_FLOAT32, {2}}});
    eagre::session session(g);
    tensor x = g.symbol("x"), y = g.symbol("out0");

    CHECK_PRINTS(session.run({{x, array<float>({1, 2})}}, y), "[2. 4.] float32[2]");
    CHECK_PRINTS(session.run({{x, array<float>({-1, -2})}}, y), "[-2. -3.] float32[2]");
}

TEST(a_trace_outlives_its_function)
{
    scope s;
    auto f = std::make_unique<function>([](tensor x) { return x * 3; });
    eagre::concrete c(*f, {array<float>({1, 2})});
    eagre::concrete moved = std::move(c);

    f.reset();
    CHECK_PRINTS(moved(array<float>({3, 4})), "[ 9. 12.] float32[2]");
    CHECK(moved.info().nodes == 1 && moved.text().find("Mul") != std::string::npos);
}

TEST(a_body_with_a_counter_differs_from_its_graph)
{
    scope s;
    int calls = 0;
    function f([&](tensor x) { return x * static_cast<double>(++calls); });

    f(constant(1.0));
    eg_comparison c = eagre::compare(f, {constant(1.0)});
    CHECK(!c.same && std::string(c.operation) == "Mul" && std::string(c.body) == "2");
    function right([](tensor x) { return x * 2; });
    CHECK(eagre::compare(right, {constant(1.0)}).same);
}

TEST(a_plan_runs_on_arrays_and_vectors)
{
    scope s;
    eagre::variable total(constant(0.0), "total");
    function f([&](tensor x) {
        total += sum(x);
        return sum(x) > 0 ? x * total : -x;
    });
    f(array<float>({1, 2}));
    f(array<float>({-4, -2}));
    total.assign(0.0);
    eagre::plan p(f, {array<float>({0, 0})});
    std::array<float, 2> x{1, 2};
    std::vector<float> y(2), state(1);

    CHECK(p.run(eagre::from(x), eagre::into(y)) == EG_PLAN_OK && y[0] == 3 && y[1] == 6);
    eagre::plan clone = p.clone();
    CHECK(p.run(eagre::from(x), eagre::into(y)) == EG_PLAN_OK && y[1] == 12);
    CHECK(p.get_state(0, state) && state[0] == 6);
    CHECK(clone.run(eagre::from(x), eagre::into(y)) == EG_PLAN_OK && y[1] == 6);
    y.resize(3);
    CHECK(p.run(eagre::from(x), eagre::into(y)) == EG_PLAN_SIZE);
    CHECK(p.input(0)->bytes == 8 && !p.input(1) && p.state(0)->name == std::string("total"));
    p.reset();
    CHECK(p.get_state(0, state) && state[0] == 0 && p.info().paths == 2);
    std::vector<char> memory(p.bytes());
    eagre::plan placed = p.clone_in(memory.data(), memory.size());
    CHECK(placed.set_state(0, std::array<float, 1>{5}) && placed.stopped_at().file == nullptr);
    eagre::plan whole(eagre::concrete(f, {array<float>({1, 2})}));
    CHECK(whole.info().paths == 1 && eagre::ok());
}

int main()
{
    test::run_all();
}
