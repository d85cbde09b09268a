/* The first example: a C function of tensors, called eagerly and as a traced function.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eagre.h>

EG_FUNCTION(conditional_operation, x, threshold) /* a plain C function of two tensors */
{
    if (eg_true(eg_greater(x, threshold))) /* plain C control flow */
        return eg_square(x);
    return eg_neg(x);
}

int main(void)
{
    EG_SCOPE; /* temporaries live until the closing brace */

    eg_print(eg_sub(eg_mul(eg_constant(12), eg_constant(3)), eg_constant(2))); /* -> 34 int32[] */
    eg_print(conditional_operation(eg_constant(5.0), eg_constant(4.0))); /* -> 25. float32[] */

    eg_function *f = eg_function_of(conditional_operation);
    eg_print(eg_call(f, 5.0, 4.0)); /* -> 25. float32[] */
    eg_print(eg_call(f, 3.0, 4.0)); /* -> -3. float32[] */
    eg_function_free(f);

    return eg_report(stderr); /* 0, or the first error printed and 1 */
}
