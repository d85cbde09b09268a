/* A line is fitted by a traced training step; prints "w 2.00 b 1.00 traces 1".
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eagre.h>

static eg_tensor *w, *b;

EG_FUNCTION(step, x, y)
{
    EG_TAPE;
    eg_tensor *loss = eg_mean(eg_square(eg_sub(eg_add(eg_mul(x, w), b), y)));
    eg_tensor *slopes[2];

    eg_gradient(loss, EG_IN(w, b), slopes);
    eg_assign_sub(w, eg_mul(slopes[0], 0.1));
    eg_assign_sub(b, eg_mul(slopes[1], 0.1));
    return eg_give(loss);
}

int main(void)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(step);
    eg_tensor *x = EG_F32(-1, 0, 1, 2), *y = EG_F32(-1, 1, 3, 5);

    w = eg_variable(0.0);
    b = eg_variable(0.0);
    for (int i = 0; i < 200; i++)
        eg_call(f, x, y);
    printf("w %.2f b %.2f traces %d\n", eg_item(w), eg_item(b), eg_function_trace_count(f));
    eg_function_free(f);
    eg_variable_free(w);
    eg_variable_free(b);
    return eg_report(stderr);
}
