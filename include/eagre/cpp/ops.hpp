/* easy.hpp: reductions, shapes, indices, activations, random numbers; in the order of the headers
 * that hold the prose.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_OPS_HPP
#define EAGRE_CPP_OPS_HPP

#include <eagre/cpp/elementary.hpp>

namespace eagre
{

/* Axes as an option: 0, {0, -1}; {} are all of them. */
class axes
{
  public:
    axes() noexcept = default;

    axes(int axis) noexcept : axes({axis})
    {
    }

    axes(std::initializer_list<int> list) noexcept
    {
        for (int axis : list)
            if (plain_.n++ < EG_MAX_RANK)
                plain_.axis[plain_.n - 1] = axis;
    }

    const eg_axes &plain() const noexcept
    {
        return plain_;
    }

  private:
    eg_axes plain_{};
};

/* Positions, counts or steps along the first axes: 2, {0, 2}. */
class positions
{
  public:
    positions() noexcept = default;

    positions(std::int64_t at) noexcept : positions({at})
    {
    }

    positions(std::initializer_list<std::int64_t> list) noexcept
    {
        for (std::int64_t at : list)
            if (plain_.n++ < EG_MAX_RANK)
                plain_.at[plain_.n - 1] = at;
    }

    const eg_index &plain() const noexcept
    {
        return plain_;
    }

  private:
    eg_index plain_{};
};

enum class dims { drop, keep }; /* reduced axes vanish, or stay with size 1 */

namespace detail
{

template <class Op> tensor reduced(Op op, const operand &x, const axes &over, dims kept)
{
    eg_reduce_attrs attrs{sizeof(eg_reduce_attrs), over.plain(), kept == dims::keep};
    return op(x.alone(), &attrs);
}

} // namespace detail

/* ---- ops/reduce.h --------------------------------------------------------------------------- */

inline tensor sum(const operand &x, const axes &over = {}, dims kept = dims::drop)
{
    return detail::reduced(eg_sum_with, x, over, kept);
}

inline tensor mean(const operand &x, const axes &over = {}, dims kept = dims::drop)
{
    return detail::reduced(eg_mean_with, x, over, kept);
}

inline tensor max(const operand &x, const axes &over = {}, dims kept = dims::drop)
{
    return detail::reduced(eg_max_with, x, over, kept);
}

inline tensor min(const operand &x, const axes &over = {}, dims kept = dims::drop)
{
    return detail::reduced(eg_min_with, x, over, kept);
}

inline tensor argmax(const operand &x, int axis = 0, dims kept = dims::drop)
{
    eg_argmax_attrs attrs{sizeof(eg_argmax_attrs), axis, kept == dims::keep};
    return eg_argmax_with(x.alone(), &attrs);
}

/* ---- ops/shape.h ---------------------------------------------------------------------------- */

inline tensor reshape(const operand &x, const shape &dims)
{
    return eg_reshape(x.alone(), dims.rank(), dims.data());
}

inline tensor expand_dims(const operand &x, int axis)
{
    return eg_expand_dims(x.alone(), axis);
}

inline tensor squeeze(const operand &x, int axis)
{
    return eg_squeeze(x.alone(), axis);
}

inline tensor transpose(const operand &x, const axes &order = {})
{
    eg_transpose_attrs attrs{sizeof(eg_transpose_attrs), order.plain()};
    return eg_transpose_with(x.alone(), &attrs);
}

inline tensor broadcast_to(const operand &x, const shape &dims)
{
    return eg_broadcast_to(x.alone(), dims.rank(), dims.data());
}

inline tensor concat(const tensors &list, int axis = 0, const place &at = place())
{
    eg_concat_attrs attrs{sizeof(eg_concat_attrs), axis};

    at.note();
    return eg_concat_with(list.count(), list.data(), &attrs);
}

inline tensor stack(const tensors &list, int axis = 0, const place &at = place())
{
    eg_concat_attrs attrs{sizeof(eg_concat_attrs), axis};

    at.note();
    return eg_stack_with(list.count(), list.data(), &attrs);
}

inline tensor slice(const operand &x, const positions &begin, const positions &count = {},
    const positions &step = {})
{
    eg_slice_attrs attrs{sizeof(eg_slice_attrs), begin.plain(), count.plain(), step.plain()};
    return eg_slice_with(x.alone(), &attrs);
}

inline tensor zeros(eg_dtype dtype, const shape &dims, const place &at = place())
{
    at.note();
    return eg_zeros(dtype, dims.rank(), dims.data());
}

inline tensor ones(eg_dtype dtype, const shape &dims, const place &at = place())
{
    at.note();
    return eg_ones(dtype, dims.rank(), dims.data());
}

inline tensor full(const operand &value, const shape &dims)
{
    return eg_full(value.alone(), dims.rank(), dims.data());
}

inline tensor size_of(const operand &x, int axis)
{
    return eg_size_of(x.alone(), axis);
}

inline tensor zeros_like(const operand &x)
{
    return eg_zeros_like(x.alone());
}

inline tensor ones_like(const operand &x)
{
    return eg_ones_like(x.alone());
}

inline tensor range(std::int64_t n, const place &at = place())
{
    at.note();
    return eg_range(n);
}

inline tensor identity(const operand &x)
{
    return eg_identity(x.alone());
}

inline tensor stop_gradient(const operand &x)
{
    return eg_stop_gradient(x.alone());
}

/* ---- ops/index.h ---------------------------------------------------------------------------- */

inline tensor gather(const operand &x, const operand &indices, int axis = 0)
{
    eg_gather_attrs attrs{sizeof(eg_gather_attrs), axis};
    return detail::apart(eg_gather_with, x, indices, &attrs);
}

inline tensor take_along(const operand &x, const operand &indices)
{
    return detail::apart(eg_take_along, x, indices);
}

inline tensor scatter_add(const operand &indices, const operand &updates, std::int64_t n,
    int axis = 0)
{
    return detail::apart(eg_scatter_add, indices, updates, n, axis);
}

inline tensor add_along(const operand &indices, const operand &updates, std::int64_t n)
{
    return detail::apart(eg_add_along, indices, updates, n);
}

inline tensor one_hot(const operand &indices, std::int64_t depth, eg_dtype dtype = float32)
{
    eg_one_hot_attrs attrs{sizeof(eg_one_hot_attrs), dtype};
    return eg_one_hot_with(indices.alone(), depth, &attrs);
}

/* auto [values, indices] = top_k(x, 3); */
struct largest {
    tensor values, indices;
};

inline largest top_k(const operand &x, std::int64_t k)
{
    eg_tensor *both = eg_top_k(x.alone(), k);
    return {eg_part(both, 0), eg_part(both, 1)};
}

/* ---- ops/nn.h ------------------------------------------------------------------------------- */

inline tensor relu(const operand &x)
{
    return eg_relu(x.alone());
}

inline tensor sigmoid(const operand &x)
{
    return eg_sigmoid(x.alone());
}

enum class gelu_form { exact, tanh };

inline tensor gelu(const operand &x, gelu_form form = gelu_form::exact)
{
    eg_gelu_attrs attrs{sizeof(eg_gelu_attrs), form == gelu_form::tanh};
    return eg_gelu_with(x.alone(), &attrs);
}

inline tensor softmax(const operand &x, int axis = -1)
{
    eg_softmax_attrs attrs{sizeof(eg_softmax_attrs), true, axis};
    return eg_softmax_with(x.alone(), &attrs);
}

inline tensor log_softmax(const operand &x, int axis = -1)
{
    eg_softmax_attrs attrs{sizeof(eg_softmax_attrs), true, axis};
    return eg_log_softmax_with(x.alone(), &attrs);
}

inline tensor sparse_softmax_cross_entropy(const operand &logits, const operand &labels)
{
    return detail::apart(eg_sparse_softmax_cross_entropy, logits, labels);
}

/* ---- ops/random.h and its keys -------------------------------------------------------------- */

inline tensor key(std::int64_t seed, const place &at = place())
{
    at.note();
    return eg_key(seed);
}

inline tensor uniform(const operand &key, const shape &dims, eg_dtype dtype = float32)
{
    eg_random_attrs attrs{sizeof(eg_random_attrs), dtype};
    return eg_uniform_with(key.alone(), dims.rank(), dims.data(), &attrs);
}

inline tensor normal(const operand &key, const shape &dims, eg_dtype dtype = float32)
{
    eg_random_attrs attrs{sizeof(eg_random_attrs), dtype};
    return eg_normal_with(key.alone(), dims.rank(), dims.data(), &attrs);
}

inline tensor permutation(const operand &key, std::int64_t n)
{
    return eg_permutation(key.alone(), n);
}

} // namespace eagre

#endif
