/* Clipping by length.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

TEST(what_is_longer_is_scaled_down_and_what_is_shorter_stays)
{
    EG_SCOPE;
    assert_prints(eg_clip_by_norm(EG_F32(3, 4), 1), "[0.6 0.8] float32[2]");
    assert_prints(eg_clip_by_norm(EG_F32(3, 4), 5), "[3. 4.] float32[2]");
    assert_prints(eg_clip_by_norm(EG_F64(0, 0), 5), "[0. 0.] float64[2]");
    assert_fine();
}

TEST(the_global_norm_is_that_of_all_gradients_together)
{
    EG_SCOPE;
    eg_tensor *g[] = {EG_F32(3), EG_F64(0, 4)}, *length;

    assert_int_equal(eg_clip_by_global_norm(2, g, 2.5, g, &length), EG_OK);
    assert_prints(g[0], "1.5 float32[]");
    assert_prints(g[1], "[0. 2.] float64[2]");
    assert_prints(length, "5. float64[]");
}

TEST(mistakes_in_clipping_are_errors)
{
    EG_SCOPE;
    eg_tensor *g[] = {EG_F32(3), NULL}, *out[2] = {g[0], g[0]};

    assert_null(eg_clip_by_norm(g[0], 0));
    assert_error(EG_INVALID, "above 0");
    assert_null(eg_clip_by_norm(EG_I32(1), 1));
    assert_true(eg_pending(NULL) == EG_INVALID);
    eg_report(NULL);
    assert_int_equal(eg_clip_by_global_norm(2, g, 1, out, NULL), EG_INVALID);
    assert_error(EG_INVALID, "NULL");
    assert_null(out[0]);
    assert_int_equal(eg_clip_by_global_norm(0, g, 1, out, NULL), EG_INVALID);
    assert_error(EG_INVALID, "needed");
}
