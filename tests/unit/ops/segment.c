/* Sums and means of segments, which are made of other operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "composed.h"

static eg_tensor *rows(void)
{
    return eg_reshape(EG_F64(1, 5, -3, 2, 0.5, 8), EG_DIMS(3, 2));
}

TEST(segments_are_added_up_and_averaged)
{
    EG_SCOPE;
    assert_prints(eg_segment_sum(rows(), EG_I32(2, 0, 2), 3),
        "[[-3.   2. ] [ 0.   0. ] [ 1.5 13. ]] float64[3,2]");
    assert_prints(eg_segment_mean(rows(), EG_I32(2, 0, 2), 3),
        "[[-3.    2.  ] [ 0.    0.  ] [ 0.75  6.5 ]] float64[3,2]");
    assert_prints(eg_segment_sum(EG_I8(100, 100), EG_U8(0, 0), 1), "[-56] int8[1]");
    assert_prints(eg_segment_mean(rows(), eg_reshape(EG_I32(0, 0, 1, 1, 1, 0), EG_DIMS(3, 2)), 2),
        "[ 4.66666667 -0.16666667] float64[2]");
    assert_prints(eg_segment_mean(eg_zeros(EG_FLOAT32, EG_DIMS(0)), eg_zeros(EG_INT32, EG_DIMS(0)),
                      2),
        "[0. 0.] float32[2]");
    assert_null(eg_segment_mean(EG_I32(1), EG_I32(0), 1));
    assert_error(EG_INVALID, "int32");
    assert_null(eg_segment_sum(rows(), EG_I32(2, 0, 3), 3));
    assert_error(EG_INVALID, "3");
    assert_null((eg_segment_mean)(rows(), NULL, 3));
    assert_error(EG_INVALID, "NULL");
}

EG_FUNCTION(mean_of_segments, x, ids)
{
    return eg_segment_mean(x, ids, 4);
}

TEST(means_of_segments_have_a_gradient)
{
    EG_SCOPE;
    assert_works(mean_of_segments, rows(), EG_I32(2, 0, 2));
}
