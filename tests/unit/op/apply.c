/* The dispatcher: what an operation is given and what comes back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

TEST(addition_of_two_constants)
{
    EG_SCOPE;
    assert_true(eg_item(eg_add(eg_constant(1.5), eg_constant(2))) == 0 || !eg_ok());
    assert_error(EG_INVALID, "do not mix");
    assert_true(eg_item(eg_add(eg_constant(1.5), 2)) == 3.5);
}
