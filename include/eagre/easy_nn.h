/* easy_ops.h for networks: activations, normalisation, losses, attention, recurrent
 * cells, random numbers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_EASY_NN_H
#define EAGRE_EASY_NN_H

#include <eagre/easy_ops.h>

/* clang-format off */

/* ---- ops/nn.h ------------------------------------------------------------------------------- */

#define eg_relu(x)                eg_do1(EG_HERE, eg_relu, EG_T(x))
#define eg_sigmoid(x)             eg_do1(EG_HERE, eg_sigmoid, EG_T(x))
#define eg_gelu(...)              EG_GELU_(__VA_ARGS__, )
#define EG_GELU_(x, ...)          eg_gelu_with(EG_X_(x), EG_WITH_(eg_gelu_attrs, __VA_ARGS__))
#define eg_softmax(...)           EG_SOFTMAX_(__VA_ARGS__, )
#define EG_SOFTMAX_(x, ...)       eg_softmax_with(EG_X_(x), EG_WITH_(eg_softmax_attrs, __VA_ARGS__))
#define eg_log_softmax(...)       EG_LOG_SOFTMAX_(__VA_ARGS__, )
#define EG_LOG_SOFTMAX_(x, ...)                                                                    \
    eg_log_softmax_with(EG_X_(x), EG_WITH_(eg_softmax_attrs, __VA_ARGS__))
#define eg_sparse_softmax_cross_entropy(x, labels)                                                 \
    eg_do_apart(EG_HERE, eg_sparse_softmax_cross_entropy, EG_T(x), EG_T(labels))

#define eg_dropout(x, key, rate)  eg_dropout(EG_X_(x), EG_X_(key), rate)
#define eg_embedding(x, i)        eg_do_apart(EG_HERE, eg_embedding, EG_T(x), EG_T(i))

/* ---- ops/resize.h --------------------------------------------------------------------------- */

#define EG_NUMBERS(...)                                                                            \
    ((eg_numbers){(int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)), {__VA_ARGS__}})
#define eg_resize(...)            EG_RESIZE_(__VA_ARGS__, )
#define EG_RESIZE_(x, ...)        eg_resize_with(EG_X_(x), EG_WITH_(eg_resize_attrs, __VA_ARGS__))
#define eg_resize_images(...)     EG_RESIZE_IMAGES_(__VA_ARGS__, )
#define EG_RESIZE_IMAGES_(x, height, width, ...)                                                   \
    eg_resize_images_with(EG_X_(x), height, width, EG_WITH_(eg_resize_images_attrs, __VA_ARGS__))

/* ---- ops/quantize.h ------------------------------------------------------------------------- */

#define EG_QUANTIZE_(op, x, s, z, ...)                                                             \
    eg_do_quantize(EG_HERE, op, EG_T(x), EG_T(s), EG_T(z),                                         \
        EG_WITH_(eg_quantize_attrs, __VA_ARGS__))
#define eg_quantize(...)          EG_QUANTIZE_(eg_quantize_with, __VA_ARGS__, )
#define eg_fake_quantize(...)     EG_QUANTIZE_(eg_fake_quantize_with, __VA_ARGS__, )
#define eg_dequantize(...)        EG_DEQUANTIZE_(__VA_ARGS__, )
#define EG_DEQUANTIZE_(q, s, z, ...)                                                               \
    eg_do_dequantize(EG_HERE, EG_T(q), EG_T(s), EG_T(z),                                           \
        EG_WITH_(eg_quantize_attrs, __VA_ARGS__))
#define eg_dynamic_quantize(x)    eg_dynamic_quantize(EG_X_(x))
#define eg_matmul_integer(a, b, a_zero, b_zero)                                                    \
    eg_do_integer(EG_HERE, EG_T(a), EG_T(b), EG_T(a_zero), EG_T(b_zero), NULL)
#define eg_conv_integer(...)      EG_CONV_INTEGER_(__VA_ARGS__, )
#define EG_CONV_INTEGER_(x, w, x_zero, w_zero, ...)                                                \
    eg_do_integer(EG_HERE, EG_T(x), EG_T(w), EG_T(x_zero), EG_T(w_zero),                           \
        EG_WITH_(eg_conv_attrs, __VA_ARGS__))
#define eg_qlinear_matmul(...)    (eg_at(EG_HERE), eg_qlinear_matmul(__VA_ARGS__))

/* What they become. eg_do_integer: a product without options, a convolution with them. */
EG_API eg_tensor *eg_do_quantize(const eg_site *at,
    eg_tensor *(*op)(eg_tensor *, eg_tensor *, eg_tensor *, const eg_quantize_attrs *), eg_arg x,
    eg_arg scale, eg_arg zero, const eg_quantize_attrs *o);
EG_API eg_tensor *eg_do_dequantize(const eg_site *at, eg_arg q, eg_arg scale, eg_arg zero,
    const eg_quantize_attrs *o);
EG_API eg_tensor *eg_do_integer(const eg_site *at, eg_arg a, eg_arg b, eg_arg a_zero, eg_arg b_zero,
    const eg_conv_attrs *o);

/* ---- ops/norm.h ----------------------------------------------------------------------------- */

#define eg_layer_norm(...)        EG_LAYER_NORM_(__VA_ARGS__, )
#define EG_LAYER_NORM_(x, s, o, ...)                                                               \
    eg_do_layer_norm(EG_HERE, EG_T(x), EG_T(s), EG_T(o), EG_WITH_(eg_layer_norm_attrs, __VA_ARGS__))
#define eg_rms_norm(...)          EG_RMS_NORM_(__VA_ARGS__, )
#define EG_RMS_NORM_(x, s, ...)                                                                    \
    eg_do_rms_norm(EG_HERE, EG_T(x), EG_T(s), EG_WITH_(eg_layer_norm_attrs, __VA_ARGS__))
#define eg_batch_norm(...)        EG_BATCH_NORM_(__VA_ARGS__, )
#define EG_BATCH_NORM_(x, m, v, s, o, ...)                                                         \
    eg_batch_norm_with(EG_X_(x), EG_X_(m), EG_X_(v), EG_X_(s), EG_X_(o),                           \
        EG_WITH_(eg_batch_norm_attrs, __VA_ARGS__))
#define eg_batch_norm_train(...)  EG_BATCH_NORM_TRAIN_(__VA_ARGS__, )
#define EG_BATCH_NORM_TRAIN_(x, s, o, ...)                                                         \
    eg_batch_norm_train_with(EG_X_(x), EG_X_(s), EG_X_(o),                                         \
        EG_WITH_(eg_batch_norm_attrs, __VA_ARGS__))
#define eg_group_norm(...)        EG_GROUP_NORM_(__VA_ARGS__, )
#define EG_GROUP_NORM_(x, s, o, n, ...)                                                            \
    eg_group_norm_with(EG_X_(x), EG_X_(s), EG_X_(o), n,                                            \
        EG_WITH_(eg_batch_norm_attrs, __VA_ARGS__))
#define eg_instance_norm(...)     EG_INSTANCE_NORM_(__VA_ARGS__, )
#define EG_INSTANCE_NORM_(x, s, o, ...)                                                            \
    eg_instance_norm_with(EG_X_(x), EG_X_(s), EG_X_(o),                                            \
        EG_WITH_(eg_batch_norm_attrs, __VA_ARGS__))

/* ---- ops/loss.h ----------------------------------------------------------------------------- */

#define eg_softmax_cross_entropy(x, y) eg_do2(EG_HERE, eg_softmax_cross_entropy, EG_T(x), EG_T(y))
#define eg_cross_entropy(...)     EG_CROSS_ENTROPY_(__VA_ARGS__, )
#define EG_CROSS_ENTROPY_(x, labels, ...)                                                          \
    eg_cross_entropy_with(EG_X_(x), EG_X_(labels), EG_WITH_(eg_cross_entropy_attrs, __VA_ARGS__))
#define eg_sigmoid_cross_entropy(x, y) eg_do2(EG_HERE, eg_sigmoid_cross_entropy, EG_T(x), EG_T(y))
#define EG_LOSS_(op, x, y, ...)                                                                    \
    eg_do_loss(EG_HERE, op, EG_T(x), EG_T(y), EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_mean_squared_error(...)     EG_LOSS_(eg_mean_squared_error_with, __VA_ARGS__, )
#define eg_mean_absolute_error(...)    EG_LOSS_(eg_mean_absolute_error_with, __VA_ARGS__, )
#define eg_huber(...)             EG_HUBER_(__VA_ARGS__, )
#define EG_HUBER_(x, y, delta, ...)                                                                \
    eg_huber_with(EG_X_(x), EG_X_(y), delta, EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_hinge(...)             EG_LOSS_(eg_hinge_with, __VA_ARGS__, )
#define eg_kl_divergence(y, t)    eg_do2(EG_HERE, eg_kl_divergence, EG_T(y), EG_T(t))
#define eg_ctc_loss(...)          EG_CTC_LOSS_(__VA_ARGS__, )
#define EG_CTC_LOSS_(x, labels, ...)                                                               \
    eg_ctc_loss_with(EG_X_(x), EG_X_(labels), EG_WITH_(eg_ctc_attrs, __VA_ARGS__))
#define eg_ctc_greedy_decode(...) EG_CTC_GREEDY_DECODE_(__VA_ARGS__, )
#define EG_CTC_GREEDY_DECODE_(x, ...)                                                              \
    eg_ctc_greedy_decode_with(EG_X_(x), EG_WITH_(eg_ctc_decode_attrs, __VA_ARGS__))

/* ---- ops/attention.h ------------------------------------------------------------------------ */

#define eg_scaled_dot_product_attention(...) EG_ATTENTION_(__VA_ARGS__, )
#define EG_ATTENTION_(q, k, v, ...)                                                                \
    eg_scaled_dot_product_attention_with(EG_X_(q), EG_X_(k), EG_X_(v),                             \
        EG_WITH_(eg_attention_attrs, __VA_ARGS__))
#define eg_masked_attention(...)  EG_MASKED_ATTENTION_(__VA_ARGS__, )
#define EG_MASKED_ATTENTION_(q, k, v, mask, ...)                                                   \
    eg_masked_attention_with(EG_X_(q), EG_X_(k), EG_X_(v), EG_X_(mask),                            \
        EG_WITH_(eg_attention_attrs, __VA_ARGS__))
#define eg_multi_head_attention(...) EG_MULTI_HEAD_(__VA_ARGS__, )
#define EG_MULTI_HEAD_(x, m, n, weights, heads, ...)                                               \
    eg_multi_head_attention_with(EG_X_(x), EG_X_(m), n, weights, heads,                            \
        EG_WITH_(eg_attention_attrs, __VA_ARGS__))

/* ---- ops/recurrent.h ------------------------------------------------------------------------ */

#define EG_CELL_(op, x, h, w, u, b) op(EG_X_(x), EG_X_(h), EG_X_(w), EG_X_(u), EG_X_(b))
#define eg_simple_rnn_cell(...)   EG_CELL_(eg_simple_rnn_cell, __VA_ARGS__)
#define eg_gru_cell(...)          EG_CELL_(eg_gru_cell, __VA_ARGS__)
#define eg_lstm_cell(...)         EG_CELL_(eg_lstm_cell, __VA_ARGS__)
#define EG_STEPS_(op, x, h, w, u, b, ...)                                                          \
    op(EG_X_(x), EG_X_(h), EG_X_(w), EG_X_(u), EG_X_(b), EG_WITH_(eg_recurrent_attrs, __VA_ARGS__))
#define eg_simple_rnn(...)        EG_STEPS_(eg_simple_rnn_with, __VA_ARGS__, )
#define eg_gru(...)               EG_STEPS_(eg_gru_with, __VA_ARGS__, )
#define eg_lstm(...)              EG_STEPS_(eg_lstm_with, __VA_ARGS__, )

/* ---- ops/random.h --------------------------------------------------------------------------- */

#define eg_uniform(...)           EG_UNIFORM_(__VA_ARGS__, )
#define EG_UNIFORM_(key, rank, dims, ...)                                                          \
    eg_uniform_with(EG_X_(key), rank, dims, EG_WITH_(eg_random_attrs, __VA_ARGS__))
#define eg_normal(...)            EG_NORMAL_(__VA_ARGS__, )
#define EG_NORMAL_(key, rank, dims, ...)                                                           \
    eg_normal_with(EG_X_(key), rank, dims, EG_WITH_(eg_random_attrs, __VA_ARGS__))
#define eg_truncated_normal(...)  EG_TRUNCATED_NORMAL_(__VA_ARGS__, )
#define EG_TRUNCATED_NORMAL_(key, rank, dims, ...)                                                 \
    eg_truncated_normal_with(EG_X_(key), rank, dims, EG_WITH_(eg_random_attrs, __VA_ARGS__))
#define eg_exponential(...)       EG_EXPONENTIAL_(__VA_ARGS__, )
#define EG_EXPONENTIAL_(key, rank, dims, ...)                                                      \
    eg_exponential_with(EG_X_(key), rank, dims, EG_WITH_(eg_random_attrs, __VA_ARGS__))
#define eg_bernoulli(key, p, ...) eg_bernoulli(EG_X_(key), EG_X_(p), __VA_ARGS__)
#define eg_randint(...)           EG_RANDINT_(__VA_ARGS__, )
#define EG_RANDINT_(key, low, high, rank, dims, ...)                                               \
    eg_randint_with(EG_X_(key), low, high, rank, dims, EG_WITH_(eg_randint_attrs, __VA_ARGS__))
#define eg_categorical(key, x, n) eg_categorical(EG_X_(key), EG_X_(x), n)
#define eg_random_gamma(key, x)   eg_do_apart(EG_HERE, eg_random_gamma, EG_T(key), EG_T(x))
#define eg_poisson(key, rate)     eg_do_apart(EG_HERE, eg_poisson, EG_T(key), EG_T(rate))
#define eg_beta(key, a, b)        eg_do_beta(EG_HERE, EG_T(key), EG_T(a), EG_T(b))
#define eg_dirichlet(key, x)      eg_do_apart(EG_HERE, eg_dirichlet, EG_T(key), EG_T(x))
#define eg_permutation(key, n)    eg_permutation(EG_X_(key), n)

/* clang-format on */

/* ---- what the macros above call ------------------------------------------------------------- */

/* Numbers beside a tensor, and options. */
EG_API eg_tensor *eg_do_layer_norm(const eg_site *at, eg_arg x, eg_arg scale, eg_arg offset,
    const eg_layer_norm_attrs *o);
EG_API eg_tensor *eg_do_rms_norm(const eg_site *at, eg_arg x, eg_arg scale,
    const eg_layer_norm_attrs *o);
EG_API eg_tensor *eg_do_beta(const eg_site *at, eg_arg key, eg_arg a, eg_arg b);
EG_API eg_tensor *eg_do_loss(const eg_site *at,
    eg_tensor *(*op)(eg_tensor *, eg_tensor *, const eg_reduce_attrs *), eg_arg y, eg_arg target,
    const eg_reduce_attrs *o);

#endif
