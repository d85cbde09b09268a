/* Cross-entropy with its options beside PyTorch's, gradients, mistakes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "slopes.h"

enum { ROWS = 5, CLASSES = 4, SIZE = ROWS * CLASSES };

static eg_tensor *logits(void)
{
    double x[SIZE];

    for (int i = 0; i < SIZE; i++)
        x[i] = -1 + 0.25 * ((i * i + 3 * i) % 11);
    return eg_copy(EG_FLOAT64, EG_DIMS(ROWS, CLASSES), x);
}

static eg_tensor *probabilities(void)
{
    double x[SIZE];

    for (int i = 0; i < SIZE; i++)
        x[i] = 0.3 * (i * 5 % 7);
    return eg_softmax(eg_copy(EG_FLOAT64, EG_DIMS(ROWS, CLASSES), x));
}

static eg_tensor *class_weights(void)
{
    return eg_copy(EG_FLOAT64, EG_DIMS(CLASSES), ((double[]){0.5, 1.5, 2, 0.25}));
}

/* Of torch.nn.functional.cross_entropy: labels that are integers, one of them ignored, then
 * probabilities; by reduction, without and with smoothing of 0.1, without and with weights. */
static const double reduced[2][2][2][2] = {{{{2.1497987012702655, 1.8778894027785136},
                                                {2.1015637985086246, 1.5532230141984815}},
                                               {{2.0997987012702657, 1.8604514333918174},
                                                   {2.028078465255377, 1.5393673693504857}}},
    {{{8.599194805081062, 9.389447013892568}, {8.931646143661654, 7.766115070992408}},
        {{8.399194805081063, 9.302257166959087}, {8.619333477335351, 7.696836846752428}}}};
static const double rows[2][ROWS] = {{2.954900921316381, 0.6274388012663659, 0.0,
                                         1.1404161002397464, 3.8965776545128588},
    {1.971064545357101, 1.2899222496312959, 1.161443851770236, 1.0334514823885719,
        2.2409547176052236}};

typedef struct setting {
    int reduction, smoothing, weights, dense;
} setting;

static eg_tensor *entropy_of(const setting *s, eg_tensor *x, eg_tensor *labels, eg_tensor *weights)
{
    return eg_cross_entropy(x, labels, .reduction = (eg_reduction)s->reduction,
        .label_smoothing = s->smoothing ? 0.1 : 0, .weights = s->weights ? weights : NULL,
        .ignores = !s->dense, .ignored_label = -1);
}

static eg_tensor *labels_of(const setting *s)
{
    return s->dense ? probabilities() : EG_I32(1, 3, -1, 0, 2);
}

TEST(losses_are_what_pytorch_gives)
{
    for (int i = 0; i < 16; i++) {
        setting s = {i / 8, i / 4 % 2, i / 2 % 2, i % 2};
        EG_SCOPE;
        eg_tensor *y = entropy_of(&s, logits(), labels_of(&s), class_weights());
        double expected = reduced[s.reduction][s.smoothing][s.weights][s.dense];
        assert_close(y, eg_copy(EG_FLOAT64, EG_NO_DIMS, &expected), 1e-14);
    }
    for (int dense = 0; dense < 2; dense++) {
        setting s = {EG_REDUCE_NONE, 1, 1, dense};
        EG_SCOPE;
        assert_close(entropy_of(&s, logits(), labels_of(&s), class_weights()),
            eg_copy(EG_FLOAT64, EG_DIMS(ROWS), rows[dense]), 1e-14);
    }
}

static eg_tensor *body(int n, eg_tensor *const x[], void *env)
{
    setting s;

    (void)n;
    memcpy(&s, env, sizeof s);
    return entropy_of(&s, x[0], x[1], x[2]);
}

TEST(they_have_the_gradients_that_differences_give)
{
    for (int i = 0; i < 8; i++) {
        setting s = {i % 3, i / 2 % 2, i / 4, i % 2};
        EG_SCOPE;
        assert_differentiable(body, &s, sizeof s, 3,
            (eg_tensor *[]){logits(), labels_of(&s), class_weights()});
    }
}

TEST(edges_and_mistakes)
{
    EG_SCOPE;
    eg_tensor *x = logits(), *labels = EG_I32(1, 3, 0, 0, 2);

    assert_true(isnan(eg_item(eg_cross_entropy(eg_zeros(EG_FLOAT32, EG_DIMS(2, 3)), EG_I32(7, 7),
        .ignores = true, .ignored_label = 7))));
    assert_close(eg_cross_entropy(x, labels), eg_mean(eg_sparse_softmax_cross_entropy(x, labels)),
        0);
    assert_null(eg_cross_entropy(x, NULL));
    assert_error(EG_INVALID, "and labels");
    assert_null(eg_cross_entropy(labels, labels));
    assert_error(EG_INVALID, "logits of floating point");
    assert_null(eg_cross_entropy(x, labels, .label_smoothing = 1.5));
    assert_error(EG_INVALID, "label_smoothing is 1.5");
    assert_null(eg_cross_entropy(x, labels, .weights = EG_F32(1, 2)));
    assert_error(EG_INVALID, "one for each of the 4 classes");
    assert_null(eg_cross_entropy(x, probabilities(), .ignores = true));
    assert_error(EG_INVALID, "only labels that are integers");
    assert_null(eg_cross_entropy(x, labels, .reduction = (eg_reduction)3));
    assert_error(EG_INVALID, "no reduction 3");
    assert_null(eg_cross_entropy(x, EG_F64(1, 2)));
    assert_error(EG_INVALID, "one shape");
    assert_null(eg_cross_entropy(x, EG_I32(1, 2, 3, 4, 0)));
    assert_error(EG_INVALID, "label 4 of row 3");
}
