/* easy.hpp for whole programs: tapes, functions, exceptions, training, graphs, files.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.hpp"

#include <cmath>
#include <functional>
#include <memory>
#include <thread>

using eagre::array, eagre::constant, eagre::function, eagre::scope, eagre::tensor, eagre::variable;

/* ---- tapes ---------------------------------------------------------------------------------- */

TEST(gradients_come_in_the_order_of_the_sources)
{
    eagre::tape tape;
    tensor x = constant(3.0), y = constant(2.0);

    eagre::watch(x);
    eagre::watch(y);
    auto [dx, dy] = gradient(x * x * y, x, y);
    CHECK(dx.item() == 12 && dy.item() == 9);
}

TEST(tapes_nest_and_persist)
{
    eagre::tape outer(eagre::taping::persistent);
    tensor x = constant(3.0), slope;

    eagre::watch(x);
    {
        eagre::tape inner;
        eagre::watch(x);
        slope = give(gradient(x * x * x, x));
    }
    CHECK(slope.item() == 27);
    CHECK(gradient(slope, x).item() == 18);
    CHECK(gradient(slope * 2, x).item() == 36);
}

TEST(gradients_can_start_from_a_tensor)
{
    eagre::tape tape;
    tensor x = array<float>({1, 2});
    eagre::gradient_options options;

    eagre::watch(x);
    options.target_gradient = array<float>({1, 10});
    CHECK((gradient(x * x, x, options).read<float>() == std::vector<float>{2, 40}));
}

TEST(unconnected_gradients_can_be_none)
{
    eagre::tape tape;
    tensor x = constant(1.0), y = constant(1.0);
    eagre::gradient_options options;

    eagre::watch(x);
    eagre::watch(y);
    options.unconnected_none = true;
    auto both = gradient(x * 2, {x, y}, options);
    CHECK(both[0].item() == 2 && both[1].is_none());
}

/* ---- functions ------------------------------------------------------------------------------ */

TEST(a_lambda_with_a_branch_is_right_for_every_input)
{
    scope s;
    function f([](tensor x, tensor limit) { return x > limit ? square(x) : -x; }, "conditional");

    for (int i = 0; i < 3; i++) {
        CHECK(f(5.0, 4.0).item() == 25);
        CHECK(f(3.0, 4.0).item() == -3);
    }
    CHECK(f.trace_count() == 1 && f.info().branches == 1 && f.why_eager() == "");
    CHECK(f.text().find("Greater") != std::string::npos);
}

TEST(a_function_has_options_and_variables_of_its_own)
{
    scope s;
    eagre::function_options options;
    options.name = "layer";
    options.signature = {{"x", EG_FLOAT32, eagre::declared_shape({-1, 2}), EG_TAKES_BOTH, false},
        {"times", EG_NO_DTYPE, {}, EG_TAKES_BOTH, true}};
    function f(
        [](tensor x, tensor times) {
            tensor w = eagre::function_variable("w", [] { return eagre::ones(EG_FLOAT32, {2}); });
            return eagre::sum(x * w) * times;
        },
        options);

    CHECK(f(eagre::ones(EG_FLOAT32, {3, 2}), 2.0).item() == 12);
    CHECK(f(eagre::ones(EG_FLOAT32, {3, 2}), 2.0).item() == 12);
    CHECK(f(eagre::ones(EG_FLOAT32, {4, 2}), 3.0).item() == 24);
    CHECK(f.variables().size() == 1 && f.advice() == "");
    CHECK(f.trace(0)->line > 0 && !f.trace(9));
    eg_error e;
    {
        eagre::attempt here(e);
        f(eagre::ones(EG_FLOAT32, {3}), 2.0);
    }
    CHECK(std::string(e.message).find("\"x\" of layer is float32[3]") != std::string::npos);
    f.clear();
    CHECK(f.info().forgotten == 2 && f(eagre::ones(EG_FLOAT32, {3, 2}), 2.0).item() == 12);
}

TEST(a_lambda_with_a_loop_is_right_for_every_input)
{
    scope s;
    function halve([](tensor x) {
        while (eagre::ok() && x > 1)
            x /= 2;
        return x;
    });

    for (double x : {8.0, 0.5, 3.0, 8.0, 3.0})
        CHECK(halve(x).item() == (x == 3 ? 0.75 : x == 8 ? 1 : 0.5));
    CHECK(halve.trace_count() == 1 && halve.why_eager() == "" && halve.info().replays >= 2);
}

TEST(a_function_has_gradients)
{
    function f([](tensor x) { return x > 0 ? x * x * x : -x; });

    for (double at : {2.0, -2.0, 2.0}) {
        eagre::tape tape;
        tensor x = constant(at);
        eagre::watch(x);
        CHECK(gradient(f(x), x).item() == (at > 0 ? 12 : -1));
    }
}

TEST(functions_move_with_their_bodies)
{
    scope s;
    auto two = std::make_shared<double>(2);
    std::weak_ptr<double> held = two;
    function f([two = std::move(two)](tensor x) { return x * *two; });
    std::vector<function> list;

    CHECK(f(3.0).item() == 6);
    list.push_back(std::move(f));
    list.emplace_back([](tensor x) { return x; });
    CHECK(list[0](4.0).item() == 8 && list[1](4.0).item() == 4);
    f = std::move(list[0]);
    CHECK(f(5.0).item() == 10);
    f = function([](tensor x) { return x + 1; });
    CHECK(f(5.0).item() == 6);
    list.clear();
    CHECK(held.expired());
}

TEST(captured_tensors_are_owned)
{
    function f = [] {
        scope s;
        return function([k = eagre::owned(constant({1.0, 2.0}))](tensor x) { return x * k; });
    }();
    scope s;

    for (int i = 0; i < 2; i++)
        CHECK_PRINTS(f(3.0), "[3. 6.] float32[2]");
}

TEST(traces_have_reasons)
{
    scope s;
    function f([](tensor x) { return x + 1; });

    f(1.0);
    f(1);
    CHECK(f.retrace(0)->rule == EG_FIRST_CALL && f.retrace(1)->rule == EG_OTHER_DTYPE);
    CHECK(!f.retrace(2));
}

TEST(bodies_are_lambdas_pointers_and_std_functions)
{
    scope s;
    tensor (*pointer)(tensor) = [](tensor x) { return x + 1; };
    std::function<tensor(tensor, tensor)> any = [](tensor x, tensor y) { return x * y; };
    function none([] { return constant(7); }), generic([](auto x, auto y) { return x - y; });

    CHECK(function(pointer)(1).item() == 2);
    CHECK(function(any)(2, 3).item() == 6);
    CHECK(none().item() == 7);
    CHECK(generic(array<double>({3}), 0.5).item() == 2.5);
    CHECK(generic.call({constant(3), constant(1)}).item() == 2);
}

struct settings {
    double scale;
};

TEST(the_environments_bytes_are_part_of_the_signature)
{
    scope s;
    eagre::function_with f([](const settings &e, tensor x) { return x * e.scale; }, settings{2});

    CHECK(f(3.0).item() == 6);
    f.env().scale = 10;
    CHECK(f(3.0).item() == 30);
    f.env().scale = 2;
    CHECK(f(3.0).item() == 6 && f.trace_count() == 2);
}

TEST(several_results_are_a_tuple)
{
    scope s;
    function f([](tensor x) { return eagre::tuple({x + 1, x * 2}); });

    for (int i = 0; i < 2; i++) {
        auto [a, b] = eagre::unpack<2>(f(3));
        CHECK(a.item() == 4 && b.item() == 6);
    }
}

TEST(a_wrong_number_of_arguments_is_an_error)
{
    eg_error e;
    function f([](tensor x) { return x; });
    {
        eagre::attempt attempt(e);
        f(1, 2);
    }
    CHECK(e.status == EG_INVALID && std::string(e.function) == __func__);
}

/* ---- exceptions ----------------------------------------------------------------------------- */

struct odd {
    int number;
};

TEST(an_exception_comes_out_of_the_call_and_undoes_it)
{
    scope s;
    variable count(constant(0));
    function f([&](tensor x) {
        scope inner;
        count += 1;
        if (x > 10)
            throw odd{7};
        return give(x + 1);
    });

    CHECK(f(1).item() == 2 && f(2).item() == 3);
    for (int i = 0; i < 2; i++) {
        int caught = 0;
        try {
            f(11);
        } catch (const odd &e) {
            caught = e.number;
        }
        CHECK(caught == 7 && eagre::ok());
    }
    CHECK(f(3).item() == 4);
    CHECK(count.value().item() == 3);
}

TEST(an_exception_passes_through_functions_inside_functions)
{
    scope s;
    function inner([](tensor x) {
        if (x < 0)
            throw std::domain_error("negative");
        return sqrt(x);
    });
    function outer([&](tensor x) { return inner(x) + 1; });
    std::string caught;

    CHECK(outer(4.0).item() == 3);
    try {
        outer(-4.0);
    } catch (const std::domain_error &e) {
        caught = e.what();
    }
    CHECK(caught == "negative" && eagre::ok());
    CHECK(outer(9.0).item() == 4);
}

TEST(check_in_a_body_comes_out_as_the_same_error)
{
    scope s;
    eg_error seen{};
    function f([](tensor x) {
        tensor y = x + array<float>({1, 2, 3});
        eagre::check();
        return y;
    });

    try {
        f(array<float>({1, 2}));
    } catch (const eagre::error &e) {
        seen = e.details();
    }
    CHECK(seen.status == EG_INVALID && std::string(seen.op) == "Add" && eagre::ok());
    CHECK(f(1.0).shape() == eagre::shape(3));
}

TEST(an_error_in_a_body_stays_an_error)
{
    eg_error e;
    function f([](tensor x) { return x + array<float>({1, 2, 3}); });
    {
        eagre::attempt attempt(e);
        CHECK(!f(array<float>({1, 2})).get());
    }
    CHECK(e.status == EG_INVALID && std::string(e.op) == "Add");
}

TEST(an_exception_a_c_caller_left_behind_is_not_thrown_later)
{
    eg_error e;
    function throws([](tensor x) -> tensor {
        if (x > 0)
            throw odd{1};
        return x;
    });
    function fails([](tensor x) { return x + array<float>({1, 2, 3}); });
    {
        eagre::attempt attempt(e);
        eg_tensor *one = constant(1.0).get();
        CHECK(!eg_call_of(throws.get(), 1, &one));
    }
    CHECK(e.status == EG_INVALID);
    {
        eagre::attempt attempt(e);
        fails(array<float>({1, 2}));
    }
    CHECK(e.status == EG_INVALID && std::string(e.op) == "Add");
}

TEST(threads_throw_for_themselves)
{
    function f([](tensor x) {
        if (x > 0)
            throw odd{x.item<int>()};
        return x;
    });
    int caught[4] = {};
    std::vector<std::thread> threads;

    for (int i = 0; i < 4; i++)
        threads.emplace_back([&f, &caught, i] {
            scope s;
            try {
                f(i);
            } catch (const odd &e) {
                caught[i] = e.number;
            }
        });
    for (std::thread &t : threads)
        t.join();
    CHECK(caught[0] == 0 && caught[1] == 1 && caught[2] == 2 && caught[3] == 3);
}

/* ---- training ------------------------------------------------------------------------------- */

/* y = w*x + b; its members outlive every scope. */
class line
{
  public:
    variable w, b;

    line() : w(constant(0.0), "w"), b(constant(0.0), "b")
    {
    }

    tensor operator()(tensor x) const
    {
        return x * w + b;
    }
};

static bool is_near(const tensor &x, double y)
{
    return std::fabs(x.item() - y) < 1e-3;
}

TEST(a_line_is_trained_by_hand)
{
    scope s;
    line model;
    tensor x = array<float>({-1, 0, 1, 2}), y = 2 * x + 1;

    for (int i = 0; i < 300; i++) {
        eagre::tape tape;
        auto [dw, db] = gradient(mean(square(model(x) - y)), model.w, model.b);
        model.w -= 0.1 * dw;
        model.b -= 0.1 * db;
    }
    CHECK(is_near(model.w, 2) && is_near(model.b, 1));
}

TEST(a_training_step_is_one_function)
{
    scope s;
    line model;
    eagre::optimizer adam = eagre::adam({model.w, model.b}, {0.1});
    function step([&](tensor x, tensor y) {
        eagre::tape tape;
        tensor loss = mean(square(model(x) - y));
        adam.apply(gradient(loss, {model.w, model.b}));
        return give(loss);
    });
    tensor x = array<float>({-1, 0, 1, 2}), y = 2 * x + 1, loss;

    for (int i = 0; i < 500; i++)
        loss = step(x, y);
    CHECK(is_near(loss, 0) && is_near(model.w, 2) && is_near(model.b, 1));
    CHECK(step.trace_count() == 1 && step.info().replays > 490);
    CHECK(adam.state().size() >= 4);
}

/* Two layers; the biggest thing here, and the way a model is written as a class. */
class network
{
  public:
    std::vector<variable> weights;

    explicit network(std::int64_t seed)
    {
        eagre::generator keys(seed);
        layer(keys, 2, 8);
        layer(keys, 8, 2);
    }

    tensor operator()(tensor x) const
    {
        tensor hidden = tanh(matmul(x, weights[0]) + weights[1]);
        return matmul(hidden, weights[2]) + weights[3];
    }

  private:
    void layer(eagre::generator &keys, int in, int out)
    {
        tensor key;

        keys.next_key(key);
        weights.emplace_back(eagre::glorot_uniform(key, {in, out}));
        weights.emplace_back(eagre::zeros(eagre::float32, {out}));
    }
};

TEST(a_network_learns_what_no_line_can)
{
    scope s;
    network model(7);
    eagre::optimizer adam = eagre::adam(model.weights, {0.05});
    tensor x = array<float>({{0, 0}, {0, 1}, {1, 0}, {1, 1}}), labels = array({0, 1, 1, 0});
    function step([&](tensor in, tensor want) {
        eagre::tape tape;
        tensor loss = mean(eagre::sparse_softmax_cross_entropy(model(in), want));
        adam.apply(gradient(loss, model.weights));
        return give(loss);
    });
    double first = step(x, labels).item();

    for (int i = 0; i < 200; i++) {
        scope each;
        step(x, labels);
    }
    CHECK(step(x, labels).item() < first / 10);
    CHECK(eagre::accuracy(model(x), labels).item() == 1 && step.trace_count() == 1);
}

TEST(momentum_gets_there_too)
{
    scope s;
    variable w(constant({5.0, -3.0}));
    eagre::optimizer sgd = eagre::sgd({w}, {0.1, 0.5});

    for (int i = 0; i < 100; i++) {
        eagre::tape tape;
        sgd.apply({gradient(sum(square(w - 1)), w)});
    }
    CHECK(is_near(max(abs(w - 1)), 0));
}

/* ---- graphs and files ----------------------------------------------------------------------- */

TEST(a_graph_runs_in_a_session)
{
    scope s;
    eagre::graph g("sum");
    {
        eagre::building open(g);
        tensor x = eagre::placeholder("x", eagre::float32, {2});
        CHECK(!eagre::executing_eagerly());
        eagre::name(sum(x * 3), "y");
    }
    eagre::session session(g);
    tensor x = g.symbol("x"), y = g.symbol("y");
    CHECK(session.run({{x, array<float>({1, 2})}}, y).item() == 9);
    auto both = session.run({{x, array<float>({1, 2})}}, {y, x});
    CHECK(both.size() == 2 && both[1].size() == 2);
    CHECK((session.run({{x, array<float>({1, 2})}}, {x})[0].read<float>()[1] == 2));
    CHECK(eagre::graph::parse(g.text()).text() == g.text());
}

TEST(a_session_names_what_was_not_fed)
{
    scope s;
    eg_error e;
    eagre::graph g;
    {
        eagre::building open(g);
        eagre::name(eagre::placeholder("missing", eagre::float32, {}) * 2, "y");
    }
    eagre::session session(g);
    int line = __LINE__ + 3;
    {
        eagre::attempt attempt(e);
        CHECK(!session.run({}, g.symbol("y")).get());
    }
    CHECK(e.status == EG_INVALID && e.line == line);
    CHECK(std::string(e.message).find("missing") != std::string::npos);
}

TEST(a_graph_goes_to_a_file_and_runs_again)
{
    scope s;
    eagre::graph g;
    std::string path = "cpp_test.graph";
    {
        eagre::building open(g);
        eagre::name(eagre::placeholder("x", eagre::float32, {}) * 2 + 1, "y");
    }
    g.save(path);
    eagre::graph loaded = eagre::graph::load(path);
    eagre::session session(loaded);
    CHECK(session.run({{loaded.symbol("x"), 3}}, loaded.symbol("y")).item() == 7);
    CHECK(loaded.size() == g.size());
    CHECK(loaded.flops() == 2);
    std::remove(path.c_str());
}

TEST(a_profile_counts_kernels)
{
    scope s;
    eagre::profile profile;

    profile.start();
    static_cast<void>(constant(1.0) + 2);
    profile.stop();
    CHECK(profile.events() == 1);
    CHECK(profile.flops() == 1);
    CHECK(profile.flops("Add") == 1);
    CHECK(profile.flops("Mul") == 0);
}

TEST(weights_go_to_a_file_and_come_back)
{
    scope s;
    line model, other;
    std::string path = "cpp_test.safetensors";

    model.w.assign(1.5);
    model.b.assign(-2.5);
    eagre::safetensors::save(path, {model.w, model.b});
    eagre::safetensors::restore(path, {other.w, other.b});
    CHECK(other.w.item() == 1.5 && other.b.item() == -2.5);
    eagre::safetensors file(path);
    CHECK(file.count() == 2 && file.name(0) == "b" && file.find("w").item() == 1.5);
    std::remove(path.c_str());
}

int main()
{
    test::run_all();
}
