/* Recurrent cells against their formulas one number at a time; sequences against cells step by
 * step; gradients, lengths, directions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "slopes.h"

enum { SIMPLE, GRU, LSTM, KINDS };
enum { INPUTS = 3, N = 2 };

static const int gates[] = {1, 3, 4};

/* x, h, w, u, b and, for an lstm, c. */
static void arguments(int kind, int rank, const int64_t dims[], eg_tensor *x[6])
{
    int64_t width = gates[kind] * N;

    x[0] = some(1, rank, dims);
    x[1] = some(2, EG_DIMS(dims[0], N));
    x[2] = some(3, EG_DIMS(INPUTS, width));
    x[3] = some(4, EG_DIMS(N, width));
    x[4] = kind == GRU ? some(5, EG_DIMS(2, width)) : some(5, EG_DIMS(width));
    x[5] = some(6, EG_DIMS(dims[0], N));
}

static eg_tensor *cell(int kind, eg_tensor *const x[6])
{
    if (kind == SIMPLE)
        return eg_simple_rnn_cell(x[0], x[1], x[2], x[3], x[4]);
    if (kind == GRU)
        return eg_gru_cell(x[0], x[1], x[2], x[3], x[4]);
    return eg_lstm_cell(x[0], eg_tuple(x[1], x[5]), x[2], x[3], x[4]);
}

static eg_tensor *sequence(int kind, eg_tensor *const x[6], bool reverse, eg_tensor *lengths)
{
    if (kind == SIMPLE)
        return eg_simple_rnn(x[0], x[1], x[2], x[3], x[4], .reverse = reverse, .lengths = lengths);
    if (kind == GRU)
        return eg_gru(x[0], x[1], x[2], x[3], x[4], .reverse = reverse, .lengths = lengths);
    return eg_lstm(x[0], eg_tuple(x[1], x[5]), x[2], x[3], x[4], .reverse = reverse,
        .lengths = lengths);
}

/* ---- one number at a time ------------------------------------------------------------------- */

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* The next h[j] of the only example; the input's products and the state's with their offsets. */
static double next_h(int kind, const double in[], const double own[], const double h[], double c,
    int j)
{
    double both[4];

    for (int i = 0; i < gates[kind]; i++)
        both[i] = in[i * N + j] + own[i * N + j];
    if (kind == SIMPLE)
        return tanh(both[0]);
    if (kind == GRU) {
        double z = sigmoid(both[0]), r = sigmoid(both[1]);
        return z * h[j] + (1 - z) * tanh(in[2 * N + j] + r * own[2 * N + j]);
    }
    c = sigmoid(both[1]) * c + sigmoid(both[0]) * tanh(both[2]);
    return sigmoid(both[3]) * tanh(c);
}

TEST(cells_are_what_their_formulas_give)
{
    for (int kind = 0; kind < KINDS; kind++) {
        double x[INPUTS], h[N], w[INPUTS * 8], u[N * 8], b[16] = {0}, c[N], got[N];
        double in[8], own[8];
        eg_tensor *a[6];
        int width = gates[kind] * N;
        EG_SCOPE;
        arguments(kind, EG_DIMS(1, INPUTS), a);
        eg_read(a[0], EG_FLOAT64, x, INPUTS);
        eg_read(a[1], EG_FLOAT64, h, N);
        eg_read(a[2], EG_FLOAT64, w, eg_size(a[2]));
        eg_read(a[3], EG_FLOAT64, u, eg_size(a[3]));
        eg_read(a[4], EG_FLOAT64, b, eg_size(a[4]));
        eg_read(a[5], EG_FLOAT64, c, N);
        eg_tensor *y = cell(kind, a);
        eg_read(kind == LSTM ? eg_part(y, 0) : y, EG_FLOAT64, got, N);
        assert_fine();
        for (int g = 0; g < width; g++) {
            in[g] = b[g];
            own[g] = kind == GRU ? b[width + g] : 0;
            for (int i = 0; i < INPUTS; i++)
                in[g] += x[i] * w[i * width + g];
            for (int i = 0; i < N; i++)
                own[g] += h[i] * u[i * width + g];
        }
        for (int j = 0; j < N; j++)
            assert_true(fabs(got[j] - next_h(kind, in, own, h, c[j], j)) < 1e-14);
    }
}

/* ---- sequences ------------------------------------------------------------------------------ */

/* Goes on by one step in the place of h and c. */
static void advance(int kind, eg_tensor *a[6], eg_tensor *x)
{
    eg_tensor *in[] = {x, a[1], a[2], a[3], a[4], a[5]}, *next = cell(kind, in);

    a[1] = kind == LSTM ? eg_part(next, 0) : next;
    a[5] = kind == LSTM ? eg_part(next, 1) : a[5];
}

static void check_steps(int kind, int64_t steps, bool reverse)
{
    eg_tensor *a[6];
    EG_SCOPE;

    arguments(kind, EG_DIMS(2, 1, INPUTS), a);
    a[0] = eg_cast(eg_normal(eg_key(1), EG_DIMS(2, steps, INPUTS)), EG_FLOAT64);
    eg_tensor *all = sequence(kind, a, reverse, NULL);
    assert_fine();
    assert_int_equal(eg_parts(all), kind == LSTM ? 3 : 2);
    assert_int_equal(eg_dim(eg_part(all, 0), 1), steps);
    for (int64_t i = 0; i < steps; i++) {
        int64_t at = reverse ? steps - 1 - i : i;
        eg_tensor *x = eg_slice(a[0], .begin = EG_AT(0, at), .count = EG_AT(-1, 1));
        advance(kind, a, eg_squeeze(x, 1));
        eg_tensor *y = eg_slice(eg_part(all, 0), .begin = EG_AT(0, at), .count = EG_AT(-1, 1));
        assert_close(eg_squeeze(y, 1), a[1], 1e-12);
    }
    assert_close(eg_part(all, 1), a[1], 1e-12);
    if (kind == LSTM)
        assert_close(eg_part(all, 2), a[5], 1e-12);
}

TEST(a_sequence_is_its_cell_step_by_step)
{
    static const int64_t steps[] = {1, 2, 5, 64, 65, 130};

    for (int kind = 0; kind < KINDS; kind++)
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
            for (int reverse = 0; reverse < 2; reverse++)
                check_steps(kind, steps[i], reverse);
}

TEST(steps_beyond_an_examples_length_change_nothing)
{
    for (int kind = 0; kind < KINDS; kind++)
        for (int reverse = 0; reverse < 2; reverse++) {
            eg_tensor *a[6], *one[6];
            EG_SCOPE;
            arguments(kind, EG_DIMS(3, 4, INPUTS), a);
            eg_tensor *all = sequence(kind, a, reverse, EG_I32(4, 2, 0));
            eg_tensor *full = sequence(kind, a, reverse, NULL);
            for (int i = 0; i < 6; i++)
                one[i] = i == 0 || i == 1 || i == 5
                    ? eg_slice(a[i], .begin = EG_AT(1), .count = EG_AT(1))
                    : a[i];
            one[0] = eg_slice(one[0], .count = EG_AT(-1, 2));
            eg_tensor *alone = sequence(kind, one, reverse, NULL);
            eg_tensor *y = eg_part(all, 0), *h = eg_part(all, 1);
            assert_fine();
            assert_close(eg_slice(y, .count = EG_AT(1)),
                eg_slice(eg_part(full, 0), .count = EG_AT(1)), 1e-14);
            assert_close(eg_slice(y, .begin = EG_AT(1), .count = EG_AT(1, 2)), eg_part(alone, 0),
                1e-14);
            assert_close(eg_slice(h, .begin = EG_AT(1), .count = EG_AT(1)), eg_part(alone, 1),
                1e-14);
            assert_close(eg_slice(h, .begin = EG_AT(2)), eg_slice(a[1], .begin = EG_AT(2)), 0);
            assert_true(eg_item(eg_max(eg_abs(eg_slice(y, .begin = EG_AT(1, 2))))) == 0);
        }
}

/* ---- gradients ------------------------------------------------------------------------------ */

typedef struct setting {
    int kind;
    int sequence, reverse, lengths, reset_first;
} setting;

static eg_tensor *body(int n, eg_tensor *const x[], void *env)
{
    setting s;

    (void)n;
    memcpy(&s, env, sizeof s);
    if (!s.sequence)
        return cell(s.kind, x);
    if (s.reset_first)
        return eg_gru(x[0], x[1], x[2], x[3], x[4], .reset_first = true, .reverse = s.reverse);
    return sequence(s.kind, x, s.reverse, s.lengths ? EG_I64(3, 1) : NULL);
}

TEST(cells_and_sequences_have_the_gradients_that_differences_give)
{
    for (int kind = 0; kind < KINDS; kind++)
        for (int form = 0; form < 4; form++) {
            setting s = {kind, form > 0, form == 2, form == 3, 0};
            eg_tensor *a[6];
            EG_SCOPE;
            if (form == 0)
                arguments(kind, EG_DIMS(2, INPUTS), a);
            else
                arguments(kind, EG_DIMS(2, 3, INPUTS), a);
            assert_differentiable(body, &s, sizeof s, kind == LSTM ? 6 : 5, a);
        }
}

TEST(a_gru_may_reset_before_its_product)
{
    setting s = {GRU, 1, 1, 0, 1};
    double x[INPUTS], h[N], w[INPUTS * 3 * N], u[N * 3 * N], b[6 * N], got[N], in[3 * N],
        own[3 * N];
    const int width = 3 * N;
    eg_tensor *a[6];
    EG_SCOPE;

    arguments(GRU, EG_DIMS(1, 1, INPUTS), a);
    eg_read(a[0], EG_FLOAT64, x, INPUTS);
    eg_read(a[1], EG_FLOAT64, h, N);
    eg_read(a[2], EG_FLOAT64, w, eg_size(a[2]));
    eg_read(a[3], EG_FLOAT64, u, eg_size(a[3]));
    eg_read(a[4], EG_FLOAT64, b, eg_size(a[4]));
    eg_tensor *y = eg_gru(a[0], a[1], a[2], a[3], a[4], .reset_first = true);
    eg_read(eg_part(y, 1), EG_FLOAT64, got, N);
    assert_fine();
    for (int g = 0; g < width; g++) {
        in[g] = b[g];
        own[g] = b[width + g];
        for (int i = 0; i < INPUTS; i++)
            in[g] += x[i] * w[i * width + g];
        for (int i = 0; i < N && g < 2 * N; i++)
            own[g] += h[i] * u[i * width + g];
    }
    for (int g = 2 * N; g < width; g++)
        for (int i = 0; i < N; i++)
            own[g] += sigmoid(in[N + i] + own[N + i]) * h[i] * u[i * width + g];
    for (int j = 0; j < N; j++) {
        double z = sigmoid(in[j] + own[j]);
        double expected = z * h[j] + (1 - z) * tanh(in[2 * N + j] + own[2 * N + j]);
        assert_true(fabs(got[j] - expected) < 1e-14);
    }
    arguments(GRU, EG_DIMS(2, 3, INPUTS), a);
    assert_differentiable(body, &s, sizeof s, 5, a);
    assert_null(eg_simple_rnn(a[0], a[1], a[2], a[3], a[4], .reset_first = true));
    assert_error(EG_INVALID, "do not fit");
    arguments(SIMPLE, EG_DIMS(2, 3, INPUTS), a);
    assert_null(eg_simple_rnn(a[0], a[1], a[2], a[3], a[4], .reset_first = true));
    assert_error(EG_INVALID, "only eg_gru");
}

/* ---- layers --------------------------------------------------------------------------------- */

/* Numbers first + step * (i mod period). */
static eg_tensor *stairs(double first, double step, int period, int rank, const int64_t dims[])
{
    double v[SLOPES_MOST];
    int64_t n = 1;

    for (int i = 0; i < rank; i++)
        n *= dims[i];
    for (int64_t i = 0; i < n && i < SLOPES_MOST; i++)
        v[i] = first + step * (double)(i % period);
    return eg_copy(EG_FLOAT64, rank, dims, v);
}

/* Both directions of layer `layer`, side by side. */
static eg_tensor *both_ways(int kind, int layer, eg_tensor *x)
{
    eg_tensor *way[2], *zero = eg_zeros(EG_FLOAT64, EG_DIMS(2, 2)), *in[6];
    int64_t width = gates[kind] * N;

    for (int reverse = 0; reverse < 2; reverse++) {
        int k = 2 * layer + reverse;
        eg_tensor *b = stairs(-0.25, 0.0625, 5 + k, EG_DIMS(width));
        eg_tensor *own_b = stairs(0.25, -0.0625, 6 + k, EG_DIMS(width));
        in[0] = x;
        in[1] = in[5] = zero;
        in[2] = stairs(-0.5 + 0.1 * k, 0.125, 9, EG_DIMS(eg_dim(x, 2), width));
        in[3] = stairs(0.4 - 0.1 * k, -0.125, 7, EG_DIMS(N, width));
        in[4] = kind == GRU ? eg_stack(2, ((eg_tensor *[]){b, own_b})) : b;
        way[reverse] = eg_part(sequence(kind, in, reverse, NULL), 0);
    }
    return eg_concat(2, way, .axis = 2);
}

/* Of torch.nn.GRU and torch.nn.LSTM with num_layers=2, bidirectional=True. */
static const double layered[2][24] = {
    {0.029668383823097548, 0.045409433141029604, 0.03521807386626216, 0.052888258997874374,
        0.034200329452083233, 0.04701727019687896, 0.018352499864563873, 0.025903754609371187,
        0.02640511856105636, 0.026135396300959148, -0.00025737629018835346, -0.002935711787283196,
        0.10034598417433394, 0.14703362818093083, 0.14169915352204576, 0.19110827290009327,
        0.06810290570060981, 0.10370396759058753, 0.04466257813649016, 0.06643603172876972,
        0.04858255997878904, 0.06655834693676044, 0.019781536504115668, 0.02760767521818375},
    {0.0012212402890585535, 0.010346933453493056, -0.00462512411745767, 0.014762415752611448,
        -0.00096487080709502, 0.013002922242483913, -0.005200968931124047, 0.012173424858494762,
        -0.003673020775604661, 0.013563307937173079, -0.0037516586100734403, 0.008770006498247176,
        -0.00015064154239236938, 0.011630263703625783, -0.0038098672170542493, 0.01875647106316495,
        -0.0005149207082589018, 0.014475607026040647, -0.003859712974808008, 0.013346449049869487,
        -0.0026281629108587815, 0.014557596925930455, -0.003058038619402564, 0.009017202573954825},
};

TEST(two_layers_in_both_directions_are_what_pytorch_gives)
{
    EG_SCOPE;
    for (int kind = GRU; kind <= LSTM; kind++) {
        eg_tensor *x = stairs(-1, 0.25, 7, EG_DIMS(2, 3, 2));
        eg_tensor *expected = eg_copy(EG_FLOAT64, EG_DIMS(2, 3, 4), layered[kind - GRU]);
        assert_close(both_ways(kind, 1, both_ways(kind, 0, x)), expected, 1e-15);
    }
}

TEST(steps_at_once_have_the_bits_of_cells)
{
    static const int64_t sizes[][2] = {{1, 5}, {3, 1}, {17, 3}, {40, 33}};

    for (int i = 0; i < 16 * KINDS; i++) {
        int kind = i / 16, dtype = i / 4 % 2 ? EG_FLOAT32 : EG_FLOAT64, steps = 2 + i / 8 % 2 * 5;
        int64_t b = sizes[i % 4][0], n = sizes[i % 4][1], width = gates[kind] * n;
        EG_SCOPE;
        eg_tensor *a[] = {eg_normal(eg_key(1), EG_DIMS(b, steps, 4)),
            eg_normal(eg_key(2), EG_DIMS(b, n)), eg_normal(eg_key(3), EG_DIMS(4, width)),
            eg_normal(eg_key(4), EG_DIMS(n, width)),
            kind == GRU ? eg_normal(eg_key(5), EG_DIMS(2, width))
                        : eg_normal(eg_key(5), EG_DIMS(width)),
            eg_normal(eg_key(6), EG_DIMS(b, n))};
        for (int k = 0; k < 6; k++)
            a[k] = eg_cast(a[k], (eg_dtype)dtype);
        eg_tensor *last = eg_part(sequence(kind, a, false, NULL), 1);
        for (int64_t at = 0; at < steps; at++)
            advance(kind, a,
                eg_squeeze(eg_slice(a[0], .begin = EG_AT(0, at), .count = EG_AT(-1, 1)), 1));
        assert_close(last, a[1], 0);
    }
}

TEST(sequences_of_no_step_and_mistakes)
{
    eg_tensor *a[6], *b[6];
    EG_SCOPE;

    for (int kind = 0; kind < KINDS; kind++) {
        arguments(kind, EG_DIMS(2, 0, INPUTS), a);
        eg_tensor *none = sequence(kind, a, false, NULL);
        assert_int_equal(eg_size(eg_part(none, 0)), 0);
        assert_close(eg_part(none, 1), a[1], 0);
        for (int wrong = 1; wrong < 5; wrong++) {
            memcpy(b, a, sizeof b);
            b[wrong] = some(1, EG_DIMS(3, 3));
            assert_null(sequence(kind, b, false, NULL));
            assert_error(EG_INVALID, "do not fit");
            b[wrong] = NULL;
            assert_null(sequence(kind, b, false, NULL));
            assert_error(EG_INVALID, "NULL");
        }
        assert_null(sequence(kind, a, false, EG_I32(1, 2, 3)));
        assert_error(EG_INVALID, "lengths must be integers");
        assert_null(sequence(kind, a, false, EG_F32(1, 2)));
        assert_error(EG_INVALID, "lengths must be integers");
        assert_null(cell(kind, a));
        assert_error(EG_INVALID, "x needs 2 axes");
    }
    assert_null(eg_lstm_cell(a[0], a[1], a[2], a[3], a[4]));
    assert_error(EG_INVALID, "a tuple of h and c");
}
