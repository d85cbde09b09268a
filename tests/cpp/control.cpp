/* easy.hpp: branches and loops with lambdas as bodies, eagerly, in functions and backwards.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.hpp"

#include <stdexcept>

using eagre::scope, eagre::tensor, eagre::constant;

/* The same eagerly and in a function, which is traced once. */
template <class F> static void check_both(const F &body, const tensor &x, const char *expected)
{
    eagre::function f(body);

    CHECK_PRINTS(body(x), expected);
    CHECK_PRINTS(f(x), expected);
    CHECK_PRINTS(f(x), expected);
    CHECK(f.trace_count() == 1 && f.why_eager().empty());
}

TEST(branches_take_what_they_capture)
{
    scope s;
    tensor w = constant(10.0);
    auto choose = [w](tensor x) {
        return eagre::cond(
            x > 0, [&] { return x * w; }, [&] { return -x; });
    };

    check_both(choose, constant(2.0), "20. float32[]");
    check_both(choose, constant(-3.0), "3. float32[]");
}

TEST(branches_take_tensors_and_return_several)
{
    scope s;
    auto order = [](tensor x) {
        auto swap = [](tensor a, tensor b) { return std::array{b, a}; };
        auto keep = [](tensor a, tensor b) { return std::array{a, b}; };
        auto [low, high] = eagre::cond(x > 1, swap, keep, {x, constant(1.0)});
        return high - low * 10;
    };

    check_both(order, constant(3.0), "-7. float32[]");
    check_both(order, constant(-3.0), "31. float32[]");
}

TEST(bodies_are_chosen_by_number)
{
    scope s;
    auto chosen = [](tensor which) {
        return eagre::switch_(
            which, {which}, [](tensor i) { return i; }, [](tensor i) { return i * 10; },
            [](tensor i) { return i * i; });
    };

    check_both(chosen, constant(1), "10 int32[]");
    check_both(chosen, constant(7), "49 int32[]");
    check_both(chosen, constant(-7), "-7 int32[]");
}

TEST(loops_go_on_while_it_is_said)
{
    scope s;
    auto root = [](tensor of) {
        auto far = [](tensor x, tensor a) { return abs(x * x - a) > 1e-5; };
        auto step = [](tensor x, tensor a) { return std::array{(x + a / x) / 2, a}; };
        return eagre::while_(far, step, {ones_like(of), of}, {100, true})[0];
    };
    auto halves = [](tensor x) {
        return eagre::while_([](tensor y) { return y > 1; }, [](tensor y) { return y / 2; }, {x});
    };

    check_both(root, constant(9.0), "3. float32[]");
    check_both(halves, constant(12.0), "0.75 float32[]");
}

TEST(loops_of_a_given_length_know_their_step)
{
    scope s;
    auto polynomial = [](tensor x) {
        auto step = [&](tensor i, tensor sum) { return sum * x + cast(i, eagre::float32); };
        return eagre::for_(4, step, {constant(0.0)});
    };

    check_both(polynomial, constant(2.0), "11. float32[]");
}

TEST(rows_are_walked)
{
    scope s;
    tensor x = eagre::array<float>({1, 2, 3});
    auto sums = [](tensor rows) {
        auto step = [](tensor sum, tensor row) { return std::array{sum + row, sum * row}; };
        auto [last, kept] = eagre::scan(step, {constant(0.0)}, {rows});
        return kept + last;
    };
    auto backwards = [](tensor rows) {
        auto step = [](tensor y, tensor row) { return y * 10 + row; };
        return eagre::fold(step, {constant(0.0)}, {rows}, {0, true});
    };
    auto squares = [](tensor rows) {
        return eagre::map([](tensor row) { return row * row; }, {rows});
    };

    check_both(sums, x, "[ 6. 8. 15.] float32[3]");
    check_both(backwards, x, "321. float32[]");
    check_both(squares, x, "[1. 4. 9.] float32[3]");
}

TEST(arrays_are_written_in_loops)
{
    scope s;
    auto powers = [](tensor x) {
        tensor rows = eagre::tensor_array(eagre::float32, 4);
        auto step = [](tensor i, tensor y, tensor list) {
            return std::array{y * 2, tensor_array_write(list, i, y)};
        };
        tensor all = eagre::for_(4, step, {x, rows})[1];
        return eagre::tensor_array_write(all, 0, 5) + eagre::tensor_array_read(all, 1);
    };

    check_both(powers, constant(1.0), "[ 7. 4. 6. 10.] float32[4]");
}

TEST(gradients_flow_through_what_ran)
{
    scope s;
    eagre::function f([](tensor x) {
        tensor root = sqrt(x); /* its derivative at 0 is infinite */
        return eagre::cond(
            x > 0, [&] { return x * root; }, [&] { return x * 3; });
    });
    for (double at : {0.0, 4.0}) {
        tensor x = constant(at);
        eagre::tape tape;
        watch(x);
        CHECK_PRINTS(gradient(f(x), x), "3. float32[]");
    }
}

TEST(bodies_that_take_another_number_are_errors)
{
    scope s;
    auto one = [](tensor a) { return a; };
    eg_error e;
    {
        eagre::attempt attempt(e);
        eagre::cond(constant(1), one, one);
    }
    CHECK(std::string(e.message).find("takes 1 tensors and is given 0") != std::string::npos);
    {
        eagre::attempt attempt(e);
        eagre::map([](tensor a, tensor b) { return a + b; }, {constant(1.0)});
    }
    CHECK(e.status == EG_INVALID);
}

TEST(exceptions_come_out_of_loops)
{
    scope s;
    bool caught = false;
    eagre::function f([](tensor x) {
        return eagre::for_(3,
            [](tensor, tensor y) -> tensor {
                throw std::runtime_error("no");
                return y;
            },
            {x});
    });

    for (int i = 0; i < 2; i++) {
        try {
            f(1.0);
        } catch (const std::runtime_error &e) {
            caught = std::string(e.what()) == "no";
        }
        CHECK(caught);
    }
}

int main()
{
    test::run_all();
    return 0;
}
