/* easy.hpp: normalisation, losses, dropout and distributions; in the order of the headers that hold
 * the prose.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_NN_HPP
#define EAGRE_CPP_NN_HPP

#include <eagre/cpp/ops.hpp>

namespace eagre
{

/* ---- ops/norm.h ----------------------------------------------------------------------------- */

inline tensor layer_norm(const operand &x, const operand &scale, const operand &offset,
    int last_axes = 1, double epsilon = 1e-5)
{
    eg_layer_norm_attrs attrs{sizeof(eg_layer_norm_attrs), last_axes, epsilon};

    x.note();
    return eg_layer_norm_with(x.in(EG_NO_DTYPE), scale.beside(x), offset.beside(x), &attrs);
}

inline tensor rms_norm(const operand &x, const operand &scale, int last_axes = 1,
    double epsilon = 1e-5)
{
    eg_layer_norm_attrs attrs{sizeof(eg_layer_norm_attrs), last_axes, epsilon};

    x.note();
    return eg_rms_norm_with(x.in(EG_NO_DTYPE), scale.beside(x), &attrs);
}

/* Where the channels are, and what is added to their variance: {1}, {-1, 1e-3}. */
struct by_channel {
    int axis = -1;
    double epsilon = 1e-5;

    eg_batch_norm_attrs plain() const noexcept
    {
        return {sizeof(eg_batch_norm_attrs), true, axis, epsilon};
    }
};

inline tensor batch_norm(const operand &x, const operand &mean, const operand &variance,
    const operand &scale, const operand &offset, const by_channel &how = {})
{
    eg_batch_norm_attrs attrs = how.plain();

    x.note();
    return eg_batch_norm_with(x.in(EG_NO_DTYPE), mean.beside(x), variance.beside(x),
        scale.beside(x), offset.beside(x), &attrs);
}

/* auto [y, mean, variance] = batch_norm_train(x, scale, offset); */
struct batch_statistics {
    tensor y, mean, variance;
};

inline batch_statistics batch_norm_train(const operand &x, const operand &scale,
    const operand &offset, const by_channel &how = {})
{
    eg_batch_norm_attrs attrs = how.plain();

    x.note();
    eg_tensor *all =
        eg_batch_norm_train_with(x.in(EG_NO_DTYPE), scale.beside(x), offset.beside(x), &attrs);
    return {eg_part(all, 0), eg_part(all, 1), eg_part(all, 2)};
}

inline tensor group_norm(const operand &x, const operand &scale, const operand &offset,
    std::int64_t groups, const by_channel &how = {})
{
    eg_batch_norm_attrs attrs = how.plain();

    x.note();
    return eg_group_norm_with(x.in(EG_NO_DTYPE), scale.beside(x), offset.beside(x), groups, &attrs);
}

inline tensor instance_norm(const operand &x, const operand &scale, const operand &offset,
    const by_channel &how = {})
{
    eg_batch_norm_attrs attrs = how.plain();

    x.note();
    return eg_instance_norm_with(x.in(EG_NO_DTYPE), scale.beside(x), offset.beside(x), &attrs);
}

/* ---- ops/loss.h ----------------------------------------------------------------------------- */

namespace detail
{

template <class Op>
tensor averaged(Op op, const operand &y, const operand &target, const axes &over, dims kept)
{
    eg_reduce_attrs attrs{sizeof(eg_reduce_attrs), over.plain(), kept == dims::keep};

    y.note();
    return op(y.beside(target), target.beside(y), &attrs);
}

} // namespace detail

inline tensor softmax_cross_entropy(const operand &logits, const operand &labels)
{
    logits.note();
    return eg_softmax_cross_entropy(logits.beside(labels), labels.beside(logits));
}

inline tensor sigmoid_cross_entropy(const operand &logits, const operand &labels)
{
    logits.note();
    return eg_sigmoid_cross_entropy(logits.beside(labels), labels.beside(logits));
}

inline tensor mean_squared_error(const operand &y, const operand &target, const axes &over = {},
    dims kept = dims::drop)
{
    return detail::averaged(eg_mean_squared_error_with, y, target, over, kept);
}

inline tensor mean_absolute_error(const operand &y, const operand &target, const axes &over = {},
    dims kept = dims::drop)
{
    return detail::averaged(eg_mean_absolute_error_with, y, target, over, kept);
}

inline tensor huber(const operand &y, const operand &target, double delta, const axes &over = {},
    dims kept = dims::drop)
{
    eg_reduce_attrs attrs{sizeof(eg_reduce_attrs), over.plain(), kept == dims::keep};

    y.note();
    return eg_huber_with(y.beside(target), target.beside(y), delta, &attrs);
}

inline tensor hinge(const operand &y, const operand &target, const axes &over = {},
    dims kept = dims::drop)
{
    return detail::averaged(eg_hinge_with, y, target, over, kept);
}

inline tensor kl_divergence(const operand &y, const operand &target)
{
    y.note();
    return eg_kl_divergence(y.beside(target), target.beside(y));
}

/* What is made of the losses of rows, and what changes them; no weights: 1 each. */
struct judging {
    eg_reduction reduction = EG_REDUCE_MEAN;
    double label_smoothing = 0;
    tensor weights = {};
    bool ignores = false;
    std::int64_t ignored_label = 0;
};

inline tensor cross_entropy(const operand &logits, const operand &labels, const judging &how = {})
{
    eg_cross_entropy_attrs attrs = {sizeof attrs, how.reduction, how.label_smoothing,
        how.weights.get(), how.ignores, how.ignored_label};
    return eg_cross_entropy_with(logits.alone(), labels.alone(), &attrs);
}

/* Lengths of inputs and labels (none: all), the blank, and whether infinity counts as 0. */
struct spelling {
    tensor input_lengths = {}, label_lengths = {};
    std::int64_t blank = 0;
    bool zero_infinity = false;
};

inline tensor ctc_loss(const operand &logits, const operand &labels, const spelling &how = {})
{
    eg_ctc_attrs attrs = {sizeof attrs, how.input_lengths.get(), how.label_lengths.get(), how.blank,
        how.zero_infinity};
    return eg_ctc_loss_with(logits.alone(), labels.alone(), &attrs);
}

/* Lengths of inputs (none: all), the blank, and whether a class may be spelt twice side by side. */
struct decoding {
    tensor input_lengths = {};
    std::int64_t blank = 0;
    bool keep_repeated = false;
};

inline tensor ctc_greedy_decode(const operand &logits, const decoding &how = {})
{
    eg_ctc_decode_attrs attrs = {sizeof attrs, how.input_lengths.get(), how.blank,
        how.keep_repeated};
    return eg_ctc_greedy_decode_with(logits.alone(), &attrs);
}

/* ---- ops/nn.h, ops/random.h: what takes a key, and its like ---------------------------------- */

inline tensor dropout(const operand &x, const operand &key, double rate)
{
    return eg_dropout(x.alone(), key.alone(), rate);
}

inline tensor embedding(const operand &table, const operand &indices)
{
    return detail::apart(eg_embedding, table, indices);
}

inline tensor truncated_normal(const operand &key, const shape &dims, eg_dtype dtype = float32)
{
    eg_random_attrs attrs{sizeof(eg_random_attrs), dtype};
    return eg_truncated_normal_with(key.alone(), dims.rank(), dims.data(), &attrs);
}

inline tensor exponential(const operand &key, const shape &dims, eg_dtype dtype = float32)
{
    eg_random_attrs attrs{sizeof(eg_random_attrs), dtype};
    return eg_exponential_with(key.alone(), dims.rank(), dims.data(), &attrs);
}

inline tensor bernoulli(const operand &key, const operand &p, const shape &dims)
{
    return eg_bernoulli(key.alone(), p.alone(), dims.rank(), dims.data());
}

inline tensor randint(const operand &key, std::int64_t low, std::int64_t high, const shape &dims,
    eg_dtype dtype = int64)
{
    eg_randint_attrs attrs{sizeof(eg_randint_attrs), dtype};
    return eg_randint_with(key.alone(), low, high, dims.rank(), dims.data(), &attrs);
}

inline tensor categorical(const operand &key, const operand &logits, std::int64_t n)
{
    return eg_categorical(key.alone(), logits.alone(), n);
}

inline tensor random_gamma(const operand &key, const operand &shape)
{
    return detail::apart(eg_random_gamma, key, shape);
}

inline tensor poisson(const operand &key, const operand &rate)
{
    return detail::apart(eg_poisson, key, rate);
}

inline tensor beta(const operand &key, const operand &a, const operand &b)
{
    key.note();
    return eg_beta(key.alone(), a.beside(b), b.beside(a));
}

inline tensor dirichlet(const operand &key, const operand &shapes)
{
    return detail::apart(eg_dirichlet, key, shapes);
}

} // namespace eagre

#endif
