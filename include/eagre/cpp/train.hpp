/* easy.hpp: initial weights, optimizers, metrics, progress, data sets, weights in files.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_TRAIN_HPP
#define EAGRE_CPP_TRAIN_HPP

#include <eagre/cpp/data.hpp>

namespace eagre
{

/* Weights of a dense layer before training. */
inline tensor glorot_uniform(const operand &key, const shape &dims)
{
    return eg_glorot_uniform(key.alone(), dims.rank(), dims.data());
}

/* The share of rows whose largest logit is at the label. */
inline tensor accuracy(const operand &logits, const operand &labels)
{
    eg_tensor *x = logits.alone();
    return eg_accuracy(x, labels.alone());
}

/* x, scaled down to a length of at most `norm`. */
inline tensor clip_by_norm(const operand &x, double norm)
{
    return eg_clip_by_norm(x.alone(), norm);
}

/* A gradient made of places and rows, those of one place added up. */
inline tensor combine_rows(const operand &gradient)
{
    return eg_combine_rows(gradient.alone());
}

/* Gradients scaled down together, so that the length of all is at most `norm`. */
inline std::vector<tensor> clip_by_global_norm(const tensors &gradients, double norm,
    const place &at = place())
{
    std::vector<eg_tensor *> clipped(static_cast<std::size_t>(gradients.count()));

    at.note();
    eg_clip_by_global_norm(gradients.count(), gradients.data(), norm, clipped.data(), nullptr);
    return std::vector<tensor>(clipped.begin(), clipped.end());
}

/* ---- optimizers ----------------------------------------------------------------------------- */

/* Changes variables, which must outlive it, by their gradients: see adam and sgd. */
class optimizer
{
  public:
    explicit optimizer(eg_optimizer *made) noexcept : it_(made)
    {
    }

    /* One step; the gradients come in the variables' order. */
    void apply(const tensors &gradients, const place &at = place())
    {
        at.note();
        eg_optimizer_apply(it_.get(), gradients.count(), gradients.data());
    }

    /* Its own variables, for saving. */
    std::vector<tensor> state() const
    {
        std::vector<tensor> all;

        for (int i = 0; eg_tensor *x = eg_optimizer_state(it_.get(), i); i++)
            all.push_back(x);
        return all;
    }

  private:
    detail::thing<eg_optimizer, eg_optimizer_free> it_;
};

/* The settings of `adam`. */
struct adam_options {
    double rate = 0.001, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
};

/* Adam over the variables (nn.h): adam({w, b}, {0.1}). */
inline optimizer adam(const tensors &variables, const adam_options &o = {},
    const place &at = place())
{
    eg_adam_attrs attrs{sizeof(eg_adam_attrs), o.rate, o.beta_1, o.beta_2, o.epsilon};

    at.note();
    return optimizer(eg_adam_new(variables.count(), variables.data(), &attrs));
}

/* The settings of `sgd`. */
struct sgd_options {
    double rate = 0.01, momentum = 0;
};

/* Stochastic gradient descent over the variables (nn.h). */
inline optimizer sgd(const tensors &variables, const sgd_options &o = {}, const place &at = place())
{
    eg_sgd_attrs attrs{sizeof(eg_sgd_attrs), o.rate, o.momentum};

    at.note();
    return optimizer(eg_sgd_new(variables.count(), variables.data(), &attrs));
}

/* ---- progress ------------------------------------------------------------------------------- */

/* A bar for `steps` steps; the line ends with this object. */
class progress
{
  public:
    progress(const char *label, std::int64_t steps, FILE *to = nullptr, const place &at = place())
        : it_((at.note(), eg_progress_new(label, steps, to)))
    {
    }

    /* One more step is done; the text stands behind the bar. */
    void step(const std::string &text = "")
    {
        eg_progress_step(it_.get(), "%s", text.c_str());
    }

  private:
    detail::thing<eg_progress, eg_progress_free> it_;
};

/* ---- files ---------------------------------------------------------------------------------- */

/* The array in an IDX file, plain or compressed with gzip. */
inline tensor load_idx(const std::string &path, eg_dtype dtype, const place &at = place())
{
    at.note();
    return eg_load_idx(path.c_str(), dtype);
}

/* The array of a .npy file, and a tensor written as one. */
inline tensor npy_load(const std::string &path, const place &at = place())
{
    at.note();
    return eg_npy_load(path.c_str());
}

inline void npy_save(const std::string &path, const tensor &x, const place &at = place())
{
    at.note();
    eg_npy_save(path.c_str(), x.get());
}

/* An open .npz archive; after an error it has no array. */
class npz
{
  public:
    explicit npz(const std::string &path, const place &at = place())
        : it_((at.note(), eg_npz_load(path.c_str())))
    {
    }

    /* How many arrays it has. */
    int count() const noexcept
    {
        return eg_npz_count(it_.get());
    }

    /* The name of number i in alphabetical order. */
    std::string name(int i) const
    {
        const char *name = eg_npz_name(it_.get(), i);
        return name ? name : "";
    }

    /* The array of that name. */
    tensor find(const char *name, const place &at = place()) const
    {
        at.note();
        return eg_npz_find(it_.get(), name);
    }

    /* Writes tensors under the given names, one each. */
    static void save(const std::string &path, const std::vector<const char *> &names,
        const tensors &list, bool compress = false, const place &at = place())
    {
        const eg_npz_attrs attrs = {sizeof attrs, compress};

        at.note();
        if (names.size() == static_cast<std::size_t>(list.count()))
            eg_npz_save_with(path.c_str(), list.count(), names.data(), list.data(), &attrs);
        else
            eg_fail(EG_INVALID, "eg_npz_save", "there are not as many names as tensors");
    }

  private:
    detail::thing<eg_npz, eg_npz_free> it_;
};

/* A safetensors file in memory; after an error it has no tensor. */
class safetensors
{
  public:
    explicit safetensors(const std::string &path, const place &at = place())
        : it_((at.note(), eg_safetensors_load(path.c_str())))
    {
    }

    /* How many tensors it has. */
    int count() const noexcept
    {
        return eg_safetensors_count(it_.get());
    }

    /* The name of number i in alphabetical order. */
    std::string name(int i) const
    {
        const char *name = eg_safetensors_name(it_.get(), i);
        return name ? name : "";
    }

    /* The tensor of that name, copied out. */
    tensor find(const char *name, const place &at = place()) const
    {
        at.note();
        return eg_safetensors_find(it_.get(), name);
    }

    /* Writes variables under their names, whole or not at all. */
    static void save(const std::string &path, const tensors &variables, const place &at = place())
    {
        at.note();
        eg_safetensors_save(path.c_str(), variables.count(), nullptr, variables.data());
    }

    /* Writes tensors under the given names, one each. */
    static void save(const std::string &path, const std::vector<const char *> &names,
        const tensors &list, const place &at = place())
    {
        at.note();
        if (names.size() == static_cast<std::size_t>(list.count()))
            eg_safetensors_save(path.c_str(), list.count(), names.data(), list.data());
        else
            eg_fail(EG_INVALID, "safetensors::save", "as many names as tensors are needed");
    }

    /* Gives variables the values stored under their names: all of them, or none. */
    static void restore(const std::string &path, const tensors &variables,
        const place &at = place())
    {
        at.note();
        eg_safetensors_restore(path.c_str(), variables.count(), variables.data());
    }

  private:
    detail::thing<eg_safetensors, eg_safetensors_free> it_;
};

} // namespace eagre

#endif
