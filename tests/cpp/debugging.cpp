/* easy.hpp: host calls, functions as graphs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.hpp"

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

int main()
{
    test::run_all();
}
