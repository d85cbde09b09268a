/* Attention: the kernels against the formula with whole matrices, masks, several heads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "slopes.h"

/* softmax(scores) v with the matrix of scores whole. */
static eg_tensor *whole_attention(eg_tensor *const x[3], bool causal)
{
    int64_t m = eg_dim(x[0], -2), n = eg_dim(x[1], -2);
    eg_tensor *scores =
        eg_mul(eg_matmul(x[0], x[1], .transpose_b = true), 1 / sqrt((double)eg_dim(x[0], -1)));
    eg_tensor *later = eg_greater(eg_range(n), eg_reshape(eg_range(m), EG_DIMS(m, 1)));

    if (causal)
        scores = eg_where(later, -INFINITY, scores);
    return eg_matmul(eg_softmax(scores), x[2]);
}

/* Result and gradients, by blocks, whole, or by blocks with a mask for what causal hides. */
enum { BLOCKS, WHOLE, MASKED };

static void attend(int how, bool causal, eg_tensor *const x[4], eg_tensor *z[4])
{
    eg_tensor *dx[3], *y;
    EG_TAPE_WITH(.persistent = true);

    for (int i = 0; i < 3; i++)
        eg_watch(x[i]);
    if (how == WHOLE) {
        y = whole_attention(x, causal);
    } else if (how == MASKED && causal) {
        int64_t m = eg_dim(x[0], -2), n = eg_dim(x[1], -2);
        eg_tensor *row = eg_reshape(eg_range(m), EG_DIMS(m, 1));
        y = eg_masked_attention(x[0], x[1], x[2], eg_less_equal(eg_range(n), row));
    } else if (how == MASKED) {
        y = eg_masked_attention(x[0], x[1], x[2], eg_zeros(EG_FLOAT16, EG_NO_DIMS));
    } else {
        y = eg_scaled_dot_product_attention(x[0], x[1], x[2], .causal = causal);
    }
    eg_gradient(eg_sum(eg_mul(y, x[3])), 3, x, dx);
    z[0] = eg_give(y);
    for (int i = 0; i < 3; i++)
        z[i + 1] = eg_give(dx[i]);
}

TEST(blocks_give_what_the_whole_matrix_gives)
{
    static const int64_t sizes[][5] = {{1, 1, 1, 1, 1}, {2, 7, 5, 3, 4}, {3, 100, 64, 16, 8},
        {1, 300, 700, 64, 64}, {1, 40, 9000, 4, 4}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t b = sizes[i][0], m = sizes[i][1], n = sizes[i][2], d = sizes[i][3], e = sizes[i][4];
        for (int causal = 0; causal < 2; causal++) {
            eg_tensor *blocks[4], *whole[4], *masked[4];
            EG_SCOPE;
            eg_tensor *x[] = {eg_normal(eg_key(1), EG_DIMS(b, m, d)),
                eg_normal(eg_key(2), EG_DIMS(b, n, d)), eg_normal(eg_key(3), EG_DIMS(b, n, e)),
                eg_normal(eg_key(4), EG_DIMS(b, m, e))};
            attend(BLOCKS, causal, x, blocks);
            attend(WHOLE, causal, x, whole);
            attend(MASKED, causal, x, masked);
            for (int k = 0; k < 4; k++) {
                assert_close(blocks[k], whole[k], 5e-5);
                assert_close(masked[k], whole[k], 5e-5);
            }
        }
    }
}

static eg_tensor *masked_body(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_masked_attention(x[0], x[1], x[2], x[3], .causal = true, .scale = 0.7);
}

static eg_tensor *heads_body(int n, eg_tensor *const x[], void *env)
{
    (void)env;
    return eg_multi_head_attention(x[0], x[1], n - 2, x + 2, 2, .causal = true);
}

/* Four heads of queries, two of keys and values, a bias for each place and key, capped scores. */
static eg_tensor *grouped_body(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_multi_head_attention(x[0], x[0], 4, x + 1, 4, .key_heads = 2, .softcap = 0.9,
        .mask = x[5]);
}

TEST(masks_and_heads_have_the_gradients_that_differences_give)
{
    EG_SCOPE;
    assert_differentiable(masked_body, NULL, 0, 4,
        (eg_tensor *[]){some(1, EG_DIMS(2, 3, 2)), some(2, EG_DIMS(2, 4, 2)),
            some(3, EG_DIMS(2, 4, 3)), some(4, EG_DIMS(3, 4))});
    assert_differentiable(heads_body, NULL, 0, 6,
        (eg_tensor *[]){some(1, EG_DIMS(2, 3, 4)), some(2, EG_DIMS(2, 2, 3)),
            some(3, EG_DIMS(4, 4)), some(4, EG_DIMS(3, 4)), some(5, EG_DIMS(3, 6)),
            some(6, EG_DIMS(6, 2))});
    assert_differentiable(grouped_body, NULL, 0, 6,
        (eg_tensor *[]){some(1, EG_DIMS(2, 3, 2)), some(2, EG_DIMS(2, 4)), some(3, EG_DIMS(2, 2)),
            some(4, EG_DIMS(2, 4)), some(5, EG_DIMS(8, 2)), some(6, EG_DIMS(4, 3, 3))});
}

TEST(heads_are_attentions_of_their_own)
{
    EG_SCOPE;
    eg_tensor *x = some(1, EG_DIMS(3, 4)), *memory = some(2, EG_DIMS(5, 4)), *head[2];
    eg_tensor *w[] = {some(3, EG_DIMS(4, 4)), some(4, EG_DIMS(4, 4)), some(5, EG_DIMS(4, 6)),
        some(6, EG_DIMS(6, 3)), some(7, EG_DIMS(4)), some(8, EG_DIMS(4)), some(9, EG_DIMS(6)),
        some(10, EG_DIMS(3))};
    eg_tensor *q = eg_add(eg_matmul(x, w[0]), w[4]), *k = eg_add(eg_matmul(memory, w[1]), w[5]);
    eg_tensor *v = eg_add(eg_matmul(memory, w[2]), w[6]);

    for (int i = 0; i < 2; i++)
        head[i] = eg_scaled_dot_product_attention(eg_slice(q, .begin = EG_AT(0, 2 * i),
                                                      .count = EG_AT(-1, 2)),
            eg_slice(k, .begin = EG_AT(0, 2 * i), .count = EG_AT(-1, 2)),
            eg_slice(v, .begin = EG_AT(0, 3 * i), .count = EG_AT(-1, 3)));
    eg_tensor *expected = eg_add(eg_matmul(eg_concat(2, head, .axis = 1), w[3]), w[7]);
    assert_close(eg_multi_head_attention(x, memory, 8, w, 2), expected, 1e-12);
}

TEST(attention_refuses_what_does_not_fit)
{
    EG_SCOPE;
    eg_tensor *x = eg_zeros(EG_FLOAT32, EG_DIMS(3, 4)), *w[8];

    for (int i = 0; i < 8; i++)
        w[i] = eg_zeros(EG_FLOAT32, EG_DIMS(4, 4));
    assert_null(eg_multi_head_attention(x, x, 3, w, 2));
    assert_error(EG_INVALID, "3 weights are given");
    assert_null(eg_multi_head_attention(x, x, 4, w, 3));
    assert_error(EG_INVALID, "3 heads do not divide 4 columns");
    assert_null(eg_multi_head_attention(x, NULL, 4, w, 2));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_masked_attention(x, x, x, NULL));
    assert_error(EG_INVALID, "the mask is NULL");
    assert_null(eg_masked_attention(EG_F32(1, 2), x, x, x));
    assert_error(EG_INVALID, "two axes or more");
    assert_null(eg_masked_attention(x, NULL, x, x));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_multi_head_attention(x, x, 4, w, 4, .key_heads = 3));
    assert_error(EG_INVALID, "3 heads do not divide 4 columns");
    assert_null(eg_masked_attention(x, x, x, EG_F32(1, 2)));
    assert_error(EG_INVALID, "broadcast");
}
