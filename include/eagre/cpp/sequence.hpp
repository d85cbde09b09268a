/* easy.hpp: attention and recurrent cells; in the order of the headers that hold the prose.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_SEQUENCE_HPP
#define EAGRE_CPP_SEQUENCE_HPP

#include <eagre/cpp/nn.hpp>

namespace eagre
{

/* ---- ops/attention.h ------------------------------------------------------------------------ */

/* Whether query i sees keys 0 to i only, what scores are multiplied by (0: as usual) and capped to
 * (0: not), a mask, and how many heads keys and values have (0: as many as queries). */
struct attending {
    bool causal = false;
    double scale = 0, softcap = 0;
    tensor mask = {};
    std::int64_t key_heads = 0;

    eg_attention_attrs plain() const noexcept
    {
        return {sizeof(eg_attention_attrs), causal, scale, softcap, mask.get(), key_heads};
    }
};

inline tensor scaled_dot_product_attention(const operand &q, const operand &k, const operand &v,
    const attending &how = {})
{
    eg_attention_attrs attrs = how.plain();
    return eg_scaled_dot_product_attention_with(q.alone(), k.alone(), v.alone(), &attrs);
}

inline tensor masked_attention(const operand &q, const operand &k, const operand &v,
    const operand &mask, const attending &how = {})
{
    eg_attention_attrs attrs = how.plain();
    return eg_masked_attention_with(q.alone(), k.alone(), v.alone(), mask.alone(), &attrs);
}

inline tensor multi_head_attention(const operand &x, const operand &memory, const tensors &weights,
    std::int64_t heads, const attending &how = {})
{
    eg_attention_attrs attrs = how.plain();
    return eg_multi_head_attention_with(x.alone(), memory.alone(), weights.count(), weights.data(),
        heads, &attrs);
}

/* ---- ops/recurrent.h ------------------------------------------------------------------------ */

/* Weights of the input, of the state, and offsets. */
struct cell_weights {
    tensor w, u, b;
};

struct lstm_state {
    tensor h, c;
};

inline tensor simple_rnn_cell(const operand &x, const operand &h, const cell_weights &by)
{
    return eg_simple_rnn_cell(x.alone(), h.alone(), by.w.get(), by.u.get(), by.b.get());
}

inline tensor gru_cell(const operand &x, const operand &h, const cell_weights &by)
{
    return eg_gru_cell(x.alone(), h.alone(), by.w.get(), by.u.get(), by.b.get());
}

namespace detail
{

inline eg_tensor *pair_of(const lstm_state &s)
{
    eg_tensor *both[] = {s.h.get(), s.c.get()};
    return eg_tuple_of(2, both);
}

} // namespace detail

inline lstm_state lstm_cell(const operand &x, const lstm_state &s, const cell_weights &by)
{
    x.note();
    eg_tensor *state = detail::pair_of(s);
    eg_tensor *both = eg_lstm_cell(x.alone(), state, by.w.get(), by.u.get(), by.b.get());
    return {eg_part(both, 0), eg_part(both, 1)};
}

/* The order of steps, how many each example has (none: all), and where a gru resets. */
struct running {
    bool reverse = false;
    tensor lengths = {};
    bool reset_first = false;

    eg_recurrent_attrs plain() const noexcept
    {
        return {sizeof(eg_recurrent_attrs), reverse, lengths.get(), reset_first};
    }
};

/* auto [steps, last] = gru(x, h, {w, u, b}); */
struct sequence {
    tensor steps, last;
};

struct lstm_sequence {
    tensor steps;
    lstm_state last;
};

inline sequence simple_rnn(const operand &x, const operand &h, const cell_weights &by,
    const running &how = {})
{
    eg_recurrent_attrs attrs = how.plain();
    eg_tensor *both =
        eg_simple_rnn_with(x.alone(), h.alone(), by.w.get(), by.u.get(), by.b.get(), &attrs);
    return {eg_part(both, 0), eg_part(both, 1)};
}

inline sequence gru(const operand &x, const operand &h, const cell_weights &by,
    const running &how = {})
{
    eg_recurrent_attrs attrs = how.plain();
    eg_tensor *both = eg_gru_with(x.alone(), h.alone(), by.w.get(), by.u.get(), by.b.get(), &attrs);
    return {eg_part(both, 0), eg_part(both, 1)};
}

inline lstm_sequence lstm(const operand &x, const lstm_state &s, const cell_weights &by,
    const running &how = {})
{
    eg_recurrent_attrs attrs = how.plain();

    x.note();
    eg_tensor *state = detail::pair_of(s);
    eg_tensor *all = eg_lstm_with(x.alone(), state, by.w.get(), by.u.get(), by.b.get(), &attrs);
    return {eg_part(all, 0), {eg_part(all, 1), eg_part(all, 2)}};
}

} // namespace eagre

#endif
