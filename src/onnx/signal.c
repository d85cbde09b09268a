/* Signals: windows and Fourier transforms.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

/* ---- windows --------------------------------------------------------------------------------- */

/* a0 + a1*cos(2 pi i / n) + a2*cos(4 pi i / n), n one less where the window is not periodic. */
static void window(eg__onnx_call *c, double a0, double a1, double a2)
{
    int64_t size = integer_in(c, 0, 0), type = integer_of(c, "output_datatype", EG__ONNX_FLOAT);
    double n = (double)(integer_of(c, "periodic", 1) ? size : size - 1);
    eg_dtype dtype = eg__onnx_dtype((int)type);

    if (size < 0 || !dtype) {
        refuse(c, "has a negative size, or an element type that eagre does not hold");
        return;
    }
    eg_tensor *i = eg_cast(eg_range(size), EG_FLOAT64);
    eg_tensor *angle = eg_mul(i, like(i, n > 0 ? 2 * EG_PI / n : 0));
    eg_tensor *y = eg_add(eg_mul(eg_cos(angle), like(i, a1)), like(i, a0));
    y = eg_add(y, eg_mul(eg_cos(eg_add(angle, angle)), like(i, a2)));
    give(c, 0, eg_cast(y, dtype));
}

static void hann(eg__onnx_call *c)
{
    window(c, 0.5, -0.5, 0);
}

static void hamming(eg__onnx_call *c)
{
    window(c, 25.0 / 46, -21.0 / 46, 0);
}

static void blackman(eg__onnx_call *c)
{
    window(c, 0.42, -0.5, 0.08);
}

/* ---- Fourier transforms ---------------------------------------------------------------------- */

/* Number i along the last axis, without it. */
static eg_tensor *part(eg_tensor *x, int64_t i)
{
    int n = eg_rank(x);
    eg_slice_attrs a = {.size = sizeof a, .begin = {n, {0}}, .count = {n, {0}}};

    for (int k = 0; k < n; k++)
        a.count.at[k] = k == n - 1 ? 1 : eg_dim(x, k);
    a.begin.at[n - 1] = i;
    return eg_squeeze(eg_slice_with(x, &a), -1);
}

/* Real and imaginary parts along a new last axis. */
static eg_tensor *as_pairs(eg_tensor *x)
{
    eg_concat_attrs last = {.size = sizeof last, .axis = -1};
    eg_tensor *parts[2] = {eg_real(x), eg_imag(x)};

    return eg_stack_with(2, parts, &last);
}

static void dft(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int rank = eg_rank(x);
    int64_t axis = c->version < 20 ? integer_of(c, "axis", 1) : integer_in(c, 2, -2);
    bool inverse = integer_of(c, "inverse", 0) != 0, half = integer_of(c, "onesided", 0) != 0;
    eg_fft_attrs a = {.size = sizeof a, .n = integer_in(c, 1, 0)};
    bool pairs = eg_dim(x, -1) == 2;
    int at = axis_of(c, axis, rank);

    if (rank < 2 || at == rank - 1 || (!pairs && eg_dim(x, -1) != 1) || !eg_ok()) {
        refuse(c, "wants an axis of parts at the end, and another one to transform along");
        return;
    }
    eg_tensor *z = pairs ? eg_complex(part(x, 0), part(x, 1)) : part(x, 0);
    if (inverse && half)
        give(c, 0, eg_expand_dims(eg_irfft_with(z, at, &a), -1));
    else if (half)
        give(c, 0, as_pairs(eg_rfft_with(pairs ? eg_real(z) : z, at, &a)));
    else
        give(c, 0, as_pairs(inverse ? eg_ifft_with(z, at, &a) : eg_fft_with(z, at, &a)));
}

const eg__onnx_op eg__onnx_signals[] = {
    {"HannWindow", hann, .since = {17}},
    {"HammingWindow", hamming, .since = {17}},
    {"BlackmanWindow", blackman, .since = {17}},
    {"DFT", dft, .since = {17, 20}},
    {0},
};
