/* bench_first_step [THREADS]: prints the nanoseconds that the first call of the MLP's training step
 * takes as a function, in a process that has done nothing else.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "model.h"
#include <stdlib.h>

int main(int argc, char *argv[])
{
    model m;
    eg_tensor *in[2];

    EG_SCOPE;
    if (argc > 1)
        eg_set_threads(atoi(argv[1]));
    model_new(&m, &model_mlp);
    model_batch(&model_mlp, in);
    eg_function *f = eg_function_new(model_step, 2, &m, sizeof m);
    double start = bench_now();
    eg_tensor *loss = eg_call_of(f, 2, in);
    bench_at(loss, 0);
    double end = bench_now();
    if (eg_function_trace_count(f) == 1 && !eg_function_why_eager(f))
        printf("%.0f\n", end - start);
    eg_function_free(f);
    model_free(&m);
    return eg_report(stderr);
}
