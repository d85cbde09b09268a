/* Connectionist temporal classification beside PyTorch's, what cannot be spelt, options, mistakes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "slopes.h"

enum { EXAMPLES = 3, STEPS = 5, CLASSES = 4, SIZE = EXAMPLES * STEPS * CLASSES };

/* torch.nn.functional.ctc_loss of the log_softmax of the numbers below, blank=0, reduction='none',
 * and the gradient of its sum by these numbers. */
static const double losses[] = {4.5570182485027235, 2.9235582316088546, 1.1335626986702783};
static const double slopes[SIZE] = {-0.14788342608200414, -0.6804141105119763, 0.5625620434340821,
    0.26573549315989836, -0.006799969745293668, -0.2677974475882665, 0.16645903465946946,
    0.10813838267409072, 0.008548557579542206, 0.1162831985985192, -0.17250648862761617,
    0.04767473244955476, -0.08319433689764892, 0.3576990931860312, -0.4527948079822659,
    0.17829005169388362, -0.3569879465327705, 0.5625620434340821, -0.25175200146245597,
    0.04617790456114432, 0.05221637280327107, 0.4180769759337884, 0.04406498907059051,
    -0.51435833780765, -0.096907191611328, 0.2042566764694611, 0.1590752595819789,
    -0.266424744440112, -0.21274431537603578, 0.10706739601570713, 0.039387893813939846,
    0.06628902554638881, 0.23910933743089977, 0.03938789381393984, 0.10706739601570711,
    -0.3855646272605468, 0.0, 0.0, 0.0, 0.0, -0.08956201642036432, 0.044064989070590505,
    -0.3725799485840145, 0.4180769759337883, -0.013799890753969936, 0.1255245588448747,
    -0.37746016125080323, 0.2657354931598985};

static eg_tensor *logits(void)
{
    double x[SIZE];

    for (int i = 0; i < SIZE; i++)
        x[i] = -1 + 0.25 * ((i * i + 3 * i) % 11);
    return eg_copy(EG_FLOAT64, EG_DIMS(EXAMPLES, STEPS, CLASSES), x);
}

TEST(losses_and_gradients_are_what_pytorch_gives)
{
    for (int dtype = 0; dtype < 2; dtype++) {
        eg_tensor *dx;
        EG_TAPE_WITH(.persistent = true);
        eg_tensor *x = eg_cast(logits(), dtype ? EG_FLOAT32 : EG_FLOAT64);
        eg_watch(x);
        eg_tensor *labels = eg_reshape(EG_I32(1, 2, 3, 3, 2, -9), EG_DIMS(3, 2));
        eg_tensor *y = eg_ctc_loss(x, labels, .input_lengths = EG_I64(5, 4, 2),
            .label_lengths = EG_I32(2, 2, 1));
        eg_gradient(eg_sum(y), 1, &x, &dx);
        double room = dtype ? 1e-6 : 1e-14;
        assert_close(y, eg_copy(EG_FLOAT64, EG_DIMS(EXAMPLES), losses), room);
        assert_close(dx, eg_copy(EG_FLOAT64, EG_DIMS(EXAMPLES, STEPS, CLASSES), slopes), room);
    }
}

TEST(what_cannot_be_spelt_costs_infinity_or_nothing)
{
    EG_TAPE_WITH(.persistent = true);
    eg_tensor *x = eg_zeros(EG_FLOAT32, EG_DIMS(2, 2, 3)), *dx;
    eg_tensor *labels = eg_reshape(EG_I32(1, 1, 1, 2), EG_DIMS(2, 2));

    eg_watch(x);
    eg_tensor *y = eg_ctc_loss(x, labels), *none = eg_ctc_loss(x, labels, .zero_infinity = true);
    assert_true(isinf(eg_item(eg_max(y))));
    assert_close(none, EG_F64(0, 2.1972245773362196), 1e-6);
    eg_gradient(eg_sum(none), 1, &x, &dx);
    assert_close(eg_slice(dx, .count = EG_AT(1)), eg_zeros(EG_FLOAT32, EG_DIMS(1, 2, 3)), 0);
    eg_gradient(eg_sum(y), 1, &x, &dx);
    assert_true(isnan(eg_item(eg_max(eg_slice(dx, .count = EG_AT(1))))));
    assert_false(isnan(eg_item(eg_max(eg_slice(dx, .begin = EG_AT(1))))));
    assert_fine();
}

static eg_tensor *body(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_ctc_loss(x[0], x[1], .blank = -1, .label_lengths = EG_I32(2, 1));
}

TEST(it_has_the_gradients_that_differences_give)
{
    EG_SCOPE;
    assert_differentiable(body, NULL, 0, 2,
        (eg_tensor *[]){some(1, EG_DIMS(2, 4, 3)), eg_reshape(EG_I32(0, 1, 1, 7), EG_DIMS(2, 2))});
}

TEST(mistakes)
{
    EG_SCOPE;
    eg_tensor *x = eg_zeros(EG_FLOAT32, EG_DIMS(1, 2, 3)),
              *labels = eg_ones(EG_INT32, EG_DIMS(1, 1));

    assert_null(eg_ctc_loss(x, NULL));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_ctc_loss(x, labels, .blank = 3));
    assert_error(EG_INVALID, "the blank is 3");
    assert_null(eg_ctc_loss(x, labels, .blank = -4));
    assert_error(EG_INVALID, "the blank is -1");
    assert_null(eg_ctc_loss(x, labels, .input_lengths = eg_mul(eg_ones(EG_INT32, EG_DIMS(1)), 3)));
    assert_error(EG_INVALID, "has 3 steps of 2");
    assert_null(eg_ctc_loss(x, labels, .label_lengths = eg_ones(EG_FLOAT32, EG_DIMS(1))));
    assert_error(EG_INVALID, "label_lengths is float32");
    assert_null(eg_ctc_loss(x, eg_zeros(EG_INT32, EG_DIMS(1, 1))));
    assert_error(EG_INVALID, "label 0 of example 0 is 0");
}

/* ---- decoding ------------------------------------------------------------------------------- */

static eg_tensor *steps_of_words(void)
{
    double x[3 * 6 * 3];

    for (int i = 0; i < 3 * 6 * 3; i++)
        x[i] = -1 + 0.25 * ((i * i * 5 + 3 * i) % 13);
    return eg_copy(EG_FLOAT64, EG_DIMS(3, 6, 3), x);
}

static eg_tensor *decode_body(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    eg_tensor *all = eg_ctc_greedy_decode(x[0], .input_lengths = EG_I32(6, 4, 0), .blank = -1);
    return eg_part(all, 2);
}

TEST(the_likeliest_class_of_each_step_is_merged_and_blanks_are_dropped)
{
    EG_SCOPE;
    eg_tensor *x = steps_of_words(), *all = eg_ctc_greedy_decode(x);

    assert_prints(eg_part(all, 0),
        "[[ 1  2  1  2  1 -1] [ 2  1  1 -1 -1 -1] [ 1  2  1  2 -1 -1]] int64[3,6]");
    assert_prints(eg_part(all, 1), "[5 3 4] int64[3]");
    assert_close(eg_part(all, 2), EG_F64(-5, -5.5, -7), 1e-15);
    all = eg_ctc_greedy_decode(x, .input_lengths = EG_I32(6, 4, 0), .blank = -1);
    assert_prints(eg_part(all, 0),
        "[[ 1  1  1 -1 -1 -1] [ 0  1  0 -1 -1 -1] [-1 -1 -1 -1 -1 -1]] int64[3,6]");
    assert_prints(eg_part(all, 1), "[3 3 0] int64[3]");
    assert_close(eg_part(all, 2), EG_F64(-5, -3.5, 0), 1e-15);
    all = eg_ctc_greedy_decode(eg_cast(x, EG_FLOAT16), .keep_repeated = true);
    assert_prints(eg_part(all, 0),
        "[[ 1  2  1  1  2  1] [ 2  1  1 -1 -1 -1] [ 1  2  1  1  2 -1]] int64[3,6]");
    assert_int_equal(eg_dtype_of(eg_part(all, 2)), EG_FLOAT16);
}

TEST(nothing_is_decoded_to_nothing)
{
    EG_SCOPE;
    eg_tensor *all = eg_ctc_greedy_decode(eg_zeros(EG_FLOAT32, EG_DIMS(2, 0, 3)));

    assert_prints(eg_part(all, 1), "[0 0] int64[2]");
    assert_int_equal(eg_size(eg_part(all, 0)), 0);
    all = eg_ctc_greedy_decode(eg_zeros(EG_FLOAT32, EG_DIMS(0, 4, 3)));
    assert_int_equal(eg_dim(eg_part(all, 0), 1), 4);
    assert_int_equal(eg_size(eg_part(all, 2)), 0);
}

TEST(the_cost_of_decoding_has_a_gradient_also_in_a_function)
{
    EG_SCOPE;
    eg_tensor *x = steps_of_words();
    eg_function *f = eg_function_new(decode_body, 1, NULL, 0);

    assert_differentiable(decode_body, NULL, 0, 1, &x);
    for (int i = 0; i < 3; i++)
        assert_close(eg_call_of(f, 1, &x), EG_F64(-5, -3.5, 0), 1e-15);
    eg_function_free(f);
}

TEST(mistakes_of_decoding)
{
    EG_SCOPE;
    eg_tensor *x = eg_zeros(EG_FLOAT32, EG_DIMS(2, 3, 4));

    assert_null((eg_ctc_greedy_decode)(NULL));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_ctc_greedy_decode(eg_zeros(EG_FLOAT32, EG_DIMS(2, 3))));
    assert_error(EG_INVALID, "of rank 2");
    assert_null(eg_ctc_greedy_decode(eg_zeros(EG_INT32, EG_DIMS(2, 3, 4))));
    assert_error(EG_INVALID, "the logits are int32");
    assert_null(eg_ctc_greedy_decode(x, .blank = 4));
    assert_error(EG_INVALID, "the blank is 4; it must be one of the 4 classes");
    assert_null(eg_ctc_greedy_decode(x, .blank = -5));
    assert_error(EG_INVALID, "the blank is -5");
    assert_null(eg_ctc_greedy_decode(x, .input_lengths = EG_I32(1)));
    assert_error(EG_INVALID, "one for each example");
    assert_null(eg_ctc_greedy_decode(x, .input_lengths = EG_F32(1, 2)));
    assert_error(EG_INVALID, "lengths must be integers");
    assert_null(eg_ctc_greedy_decode(eg_zeros(EG_FLOAT32, EG_DIMS(2, 3, 0))));
    assert_error(EG_INVALID, "one of the 0 classes");
}
