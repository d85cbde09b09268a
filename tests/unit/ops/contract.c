/* Products of tensors along chosen axes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "composed.h"

/* 0, 1, 2, … less `from`. */
static eg_tensor *counted(eg_dtype dtype, int64_t from, int rank, const int64_t dims[])
{
    int64_t n = 1;

    for (int i = 0; i < rank; i++)
        n *= dims[i];
    return eg_cast(eg_sub(eg_reshape(eg_range(n), rank, dims), from), dtype);
}

#define REAL(from, ...)  counted(EG_FLOAT64, from, EG_DIMS(__VA_ARGS__))
#define WHOLE(from, ...) counted(EG_INT64, from, EG_DIMS(__VA_ARGS__))

TEST(vectors_multiply)
{
    EG_SCOPE;
    eg_tensor *m = WHOLE(0, 2, 3);

    assert_prints(eg_outer(EG_I32(1, 2), EG_I32(3, 4, 5)), "[[ 3  4  5] [ 6  8 10]] int32[2,3]");
    assert_prints(eg_outer(2, EG_F32(1, 2)), "[[2. 4.]] float32[1,2]");
    assert_prints(eg_vecdot(m, EG_I64(1, 2, 3), -1), "[ 8 26] int64[2]");
    assert_prints(eg_vecdot(m, m, 0), "[ 9 17 29] int64[3]");
    assert_prints(eg_vecdot(EG_I32(1, 2), EG_I32(3, 4), 0), "11 int32[]");
    assert_prints(eg_kron(EG_I32(1, 10), EG_I32(1, 2)), "[ 1  2 10 20] int32[4]");
    assert_prints(eg_kron(m, EG_I64(1, -1)),
        "[[ 0  0  1 -1  2 -2] [ 3 -3  4 -4  5 -5]] int64[2,6]");
    assert_prints(eg_kron(m, m),
        "[[ 0  0  0  0  1  2  0  2  4] [ 0  0  0  3  4  5  6  8 10] [ 0  3  6  0  4  8  0  5 10] [ "
        "9 12 15 12 16 20 15 20 25]] int64[4,9]");
    assert_prints(eg_cross(m, WHOLE(4, 2, 3), -1), "[[ 4 -8  4] [ 4 -8  4]] int64[2,3]");
    assert_prints(eg_cross(m, EG_I64(1, 0, 2), -1), "[[ 2  2 -1] [ 8 -1 -4]] int64[2,3]");
    assert_prints(eg_cross(WHOLE(0, 3, 2), WHOLE(2, 3, 2), 0),
        "[[ 4  4] [-8 -8] [ 4  4]] int64[3,2]");
    assert_null(eg_vecdot(m, EG_I64(1, 2), -1));
    assert_error(EG_INVALID, "along axis -1 x has 3 elements and y has 2");
    assert_null(eg_vecdot(m, EG_I64(1, 2, 3), 0));
    assert_error(EG_INVALID, "counted from the end");
    assert_null(eg_cross(EG_I32(1, 2), EG_I32(1, 2), -1));
    assert_error(EG_INVALID, "not 3");
    assert_null((eg_kron)(m, NULL));
    assert_error(EG_INVALID, "x is NULL");
}

static void assert_same(eg_tensor *x, eg_tensor *y)
{
    assert_int_equal(eg_rank(x), eg_rank(y));
    assert_true(eg_true(eg_all(eg_equal(x, y))));
}

TEST(kron_of_many_axes_is_that_of_their_pairs)
{
    EG_SCOPE;
    eg_tensor *x = WHOLE(1, 2, 1, 3, 1, 2), *y = WHOLE(-4, 3, 1, 2, 1, 2);
    eg_tensor *flat = eg_kron(eg_reshape(x, EG_DIMS(2, 3, 2)), eg_reshape(y, EG_DIMS(3, 2, 2)));

    assert_same(eg_kron(x, y), eg_reshape(flat, EG_DIMS(6, 1, 6, 1, 4)));
    assert_same(eg_kron(EG_I64(1, -1), y),
        eg_kron(eg_reshape(EG_I64(1, -1), EG_DIMS(1, 1, 1, 1, 2)), y));
    assert_prints(eg_kron(x, eg_zeros(EG_INT64, EG_DIMS(0))), "[] int64[2,1,3,1,0]");
}

EG_FUNCTION(many_axes, x)
{
    return eg_kron(x, x);
}

TEST(kron_of_many_axes_has_a_gradient)
{
    EG_SCOPE;
    assert_works(many_axes, REAL(1, 1, 2, 1, 3));
}

EG_FUNCTION(multiplied, x, y)
{
    eg_tensor *a = eg_outer(eg_vecdot(x, y, -1), eg_vecdot(x, y, -2));
    return eg_add(eg_kron(a, x), eg_kron(eg_cross(x, y, -1), a));
}

TEST(products_of_vectors_have_gradients)
{
    EG_SCOPE;
    assert_works(multiplied, REAL(2, 2, 3), eg_mul(REAL(1, 2, 3), 0.5));
}

TEST(tensordot_sums_over_pairs_of_axes)
{
    EG_SCOPE;
    eg_tensor *a = WHOLE(0, 2, 3, 4), *b = WHOLE(0, 4, 3, 2);

    assert_prints(eg_tensordot(a, b, .n = 1),
        "[[[[  84   90] [  96  102] [ 108  114]]  [[ 228  250] [ 272  294] [ 316  338]]  [[ 372  "
        "410] [ 448  486] [ 524  562]]]   [[[ 516  570] [ 624  678] [ 732  786]]  [[ 660  730] [ "
        "800  870] [ 940 1010]]  [[ 804  890] [ 976 1062] [1148 1234]]]] int64[2,3,3,2]");
    assert_prints(eg_tensordot(a, b, .x_axes = EG_AXES(1, -1), .y_axes = EG_AXES(1, 0)),
        "[[ 880  946] [2464 2674]] int64[2,2]");
    assert_prints(eg_tensordot(a, WHOLE(0, 3, 4, 2)), "[[1012 1078] [2596 2806]] int64[2,2]");
    assert_prints(eg_tensordot(EG_I32(1, 2), EG_I32(3, 4), .n = -1), "[[3 4] [6 8]] int32[2,2]");
    assert_null(eg_tensordot(a, b, .n = 2));
    assert_error(EG_INVALID, "has 3 elements, axis 0 of y has 4");
    assert_null(eg_tensordot(a, b, .n = 4));
    assert_error(EG_INVALID, "4 axes of tensors with 3 and 3");
    assert_null(eg_tensordot(a, b, .x_axes = EG_AXES(1), .y_axes = EG_AXES(1, 0)));
    assert_error(EG_INVALID, "1 axes of x and 2 of y");
    assert_null(eg_tensordot(a, b, .x_axes = EG_AXES(1, 1), .y_axes = EG_AXES(1, 1)));
    assert_error(EG_INVALID, "named twice");
    assert_null(eg_tensordot(a, b, .x_axes = EG_AXES(3), .y_axes = EG_AXES(1)));
    assert_error(EG_INVALID, "there is no axis 3");
}

/* ---- einsum --------------------------------------------------------------------------------- */

TEST(einsum_of_one_operand)
{
    EG_SCOPE;
    eg_tensor *c = WHOLE(0, 2, 3, 4), *q = WHOLE(0, 3, 3);

    assert_prints(eg_einsum("ij", EG_IN(q)), "[[0 1 2] [3 4 5] [6 7 8]] int64[3,3]");
    assert_prints(eg_einsum("ba", EG_IN(q)), "[[0 3 6] [1 4 7] [2 5 8]] int64[3,3]");
    assert_prints(eg_einsum("ijk->kij", EG_IN(c)),
        "[[[ 0  4  8] [12 16 20]]  [[ 1  5  9] [13 17 21]]  [[ 2  6 10] [14 18 22]]  [[ 3  7 11] "
        "[15 19 23]]] int64[4,2,3]");
    assert_prints(eg_einsum("ijk -> j", EG_IN(c)), "[ 60  92 124] int64[3]");
    assert_prints(eg_einsum("ijk->", EG_IN(c)), "276 int64[]");
    assert_prints(eg_einsum("ii", EG_IN(q)), "12 int64[]");
    assert_prints(eg_einsum("ii->i", EG_IN(q)), "[0 4 8] int64[3]");
    assert_prints(eg_einsum("iii->i", EG_IN(WHOLE(0, 2, 2, 2))), "[0 7] int64[2]");
    assert_prints(eg_einsum("...j->...", EG_IN(c)), "[[ 6 22 38] [54 70 86]] int64[2,3]");
    assert_prints(eg_einsum("i...", EG_IN(c)),
        "[[[ 0 12] [ 1 13] [ 2 14] [ 3 15]]  [[ 4 16] [ 5 17] [ 6 18] [ 7 19]]  [[ 8 20] [ 9 21] "
        "[10 22] [11 23]]] int64[3,4,2]");
    assert_prints(eg_einsum("i...->...i", EG_IN(c)),
        "[[[ 0 12] [ 1 13] [ 2 14] [ 3 15]]  [[ 4 16] [ 5 17] [ 6 18] [ 7 19]]  [[ 8 20] [ 9 21] "
        "[10 22] [11 23]]] int64[3,4,2]");
    assert_prints(eg_einsum("bA", EG_IN(WHOLE(0, 2, 3))), "[[0 3] [1 4] [2 5]] int64[3,2]");
    assert_prints(eg_einsum("i->", EG_IN(EG_I32(1, 2))), "3 int32[]");
    assert_prints(eg_einsum("->", EG_IN(eg_constant(2.5))), "2.5 float32[]");
    assert_prints(eg_einsum("ij->i", EG_IN(eg_zeros(EG_FLOAT32, EG_DIMS(2, 0)))),
        "[0. 0.] float32[2]");
}

TEST(einsum_of_two_operands)
{
    EG_SCOPE;
    eg_tensor *a = WHOLE(5, 2, 3), *b = WHOLE(3, 3, 4), *c = WHOLE(7, 2, 3, 4);

    assert_prints(eg_einsum("ij,jk", EG_IN(a, b)),
        "[[ -4 -16 -28 -40] [  5   2  -1  -4]] int64[2,4]");
    assert_prints(eg_einsum("ij,jk->ki", EG_IN(a, b)),
        "[[ -4   5] [-16   2] [-28  -1] [-40  -4]] int64[4,2]");
    assert_prints(eg_einsum("ij,ij->", EG_IN(a, a)), "55 int64[]");
    assert_prints(eg_einsum("ij,ij->ji", EG_IN(a, a)), "[[25  4] [16  1] [ 9  0]] int64[3,2]");
    assert_prints(eg_einsum("ij,kl->il", EG_IN(a, b)),
        "[[ -36  -72 -108 -144] [  -9  -18  -27  -36]] int64[2,4]");
    assert_prints(eg_einsum("bij,bj->bi", EG_IN(eg_matrix_transpose(c), a)),
        "[[ 44  32  20   8] [-19 -22 -25 -28]] int64[2,4]");
    assert_prints(eg_einsum("bij,jk->bik", EG_IN(eg_matrix_transpose(c), b)),
        "[[[ 23  14   5  -4] [ 26  20  14   8] [ 29  26  23  20] [ 32  32  32  32]]  [[ 59  86 113 "
        "140] [ 62  92 122 152] [ 65  98 131 164] [ 68 104 140 176]]] int64[2,4,4]");
    assert_prints(eg_einsum("bij,bkj->bik", EG_IN(c, c)),
        "[[[126  38 -50] [ 38  14 -10] [-50 -10  30]]  [[174 278 382] [278 446 614] [382 614 "
        "846]]] int64[2,3,3]");
    assert_prints(eg_einsum("bji,bjk->kib", EG_IN(c, c)),
        "[[[ 59 275] [ 50 302] [ 41 329] [ 32 356]]  [[ 50 302] [ 44 332] [ 38 362] [ 32 392]]  [[ "
        "41 329] [ 38 362] [ 35 395] [ 32 428]]  [[ 32 356] [ 32 392] [ 32 428] [ 32 464]]] "
        "int64[4,4,2]");
    assert_prints(eg_einsum("ijk,ilk->jl", EG_IN(c, c)),
        "[[300 316 332] [316 460 604] [332 604 876]] int64[3,3]");
    assert_prints(eg_einsum("...j,jk->...k", EG_IN(a, b)),
        "[[ -4 -16 -28 -40] [  5   2  -1  -4]] int64[2,4]");
    assert_prints(eg_einsum("...ij,...jk", EG_IN(c, eg_transpose(b))),
        "[[[  38  -50 -138] [  14  -10  -34] [ -10   30   70]]  [[ -34   70  174] [ -58  110  278] "
        "[ -82  150  382]]] int64[2,3,3]");
    assert_prints(eg_einsum("...,...", EG_IN(c, b)),
        "[[[ 21  12   5   0] [ -3  -4  -3   0] [  5  12  21  32]]  [[-15 -12  -7   0] [  9  20  33 "
        " 48] [ 65  84 105 128]]] int64[2,3,4]");
    assert_prints(eg_einsum("i,", EG_IN(EG_I32(1, 2), eg_constant(3))), "[3 6] int32[2]");
    assert_prints(eg_einsum("ij,jk->ik", EG_IN(WHOLE(0, 2, 1), b)),
        "[[ 0  0  0  0] [ 3  6  9 12]] int64[2,4]");
}

TEST(einsum_of_several_operands)
{
    EG_SCOPE;
    eg_tensor *a = WHOLE(5, 2, 3), *b = WHOLE(3, 3, 4), *c = WHOLE(7, 2, 3, 4);

    assert_prints(eg_einsum("ij,jk,ik->", EG_IN(a, b, WHOLE(0, 2, 4))), "-196 int64[]");
    assert_prints(eg_einsum("ij,jk,kl->il", EG_IN(a, b, WHOLE(0, 4, 2))),
        "[[-384 -472] [ -24  -22]] int64[2,2]");
    assert_prints(eg_einsum("i,j,k->kji", EG_IN(EG_I32(1, 2), EG_I32(3, 4), EG_I32(5, 6))),
        "[[[15 30] [20 40]]  [[18 36] [24 48]]] int32[2,2,2]");
    assert_prints(eg_einsum("abc,ab,bc,a", EG_IN(c, a, b, EG_I64(1, 2))), "-444 int64[]");
    assert_prints(eg_einsum("ii,i,...i->...", EG_IN(WHOLE(0, 3, 3), EG_I64(1, 2, 3), a)),
        "[-104   -8] int64[2]");
}

TEST(equations_that_do_not_fit_are_refused)
{
    EG_SCOPE;
    eg_tensor *a = WHOLE(0, 2, 3), *b = WHOLE(0, 3, 4);

    assert_null(eg_einsum("ij,ij->", EG_IN(a, b)));
    assert_error(EG_INVALID, "axis i has 2 elements in one place and 3 in another");
    assert_null(eg_einsum("ijk", EG_IN(a)));
    assert_error(EG_INVALID, "operand 0 has 2 axes, the equation 3");
    assert_null(eg_einsum("ijk...", EG_IN(a)));
    assert_error(EG_INVALID, "operand 0 has 2 axes");
    assert_null(eg_einsum("ii", EG_IN(a)));
    assert_error(EG_INVALID, "axis i has");
    assert_null(eg_einsum("ij->ik", EG_IN(a)));
    assert_error(EG_INVALID, "k is in the result, but in no operand");
    assert_null(eg_einsum("ij->ii", EG_IN(a)));
    assert_error(EG_INVALID, "i is twice in the result");
    assert_null(eg_einsum("i...->i", EG_IN(a)));
    assert_error(EG_INVALID, "the result has no \"...\"");
    assert_null(eg_einsum("ij", EG_IN(a, b)));
    assert_error(EG_INVALID, "is for 1 operands, not 2");
    assert_null(eg_einsum("ij,jk", EG_IN(a)));
    assert_error(EG_INVALID, "is for more operands than 1");
    assert_null(eg_einsum("ij->i?", EG_IN(a)));
    assert_error(EG_INVALID, "is no equation from its 6th letter on");
    assert_null(eg_einsum("abcdefghi", EG_IN(a)));
    assert_error(EG_INVALID, "more than 8 letters");
    assert_null(eg_einsum(NULL, EG_IN(a)));
    assert_error(EG_INVALID, "the equation is NULL");
    assert_null(eg_einsum("", 0, NULL));
    assert_error(EG_INVALID, "0 operands");
    assert_null(eg_einsum("ij,jk", EG_IN(a, (eg_tensor *)NULL)));
    assert_error(EG_INVALID, "x is NULL");
    assert_null(eg_einsum("ij,jk", EG_IN(eg_cast(a, EG_BOOL), eg_cast(b, EG_BOOL))));
    assert_error(EG_INVALID, "bool");
    assert_null(eg_einsum("abcde,fghij->abcdefghi",
        EG_IN(eg_ones(EG_INT32, EG_DIMS(1, 1, 1, 1, 1)),
            eg_ones(EG_INT32, EG_DIMS(1, 1, 1, 1, 1)))));
    assert_error(EG_INVALID, "more than 8 letters");
}

EG_FUNCTION(contracted, x, y, z)
{
    eg_tensor *a = eg_einsum("bij,bjk,kl->bil", EG_IN(x, y, z));
    eg_tensor *b = eg_einsum("bii,...i->...", EG_IN(a, eg_tensordot(x, z, .n = 1)));
    return eg_einsum("...,kk->...", EG_IN(b, z));
}

TEST(contractions_have_gradients)
{
    EG_SCOPE;
    assert_works(contracted, eg_mul(REAL(3, 2, 2, 2), 0.1), eg_mul(REAL(5, 2, 2, 2), 0.2),
        eg_mul(REAL(1, 2, 2), 0.3));
}
