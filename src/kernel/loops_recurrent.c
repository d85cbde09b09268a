/* The gates of recurrent cells, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/recurrent_loops.h"
#include <string.h>

#define BODY "kernel/recurrent.inc"
#include "kernel/each_real.inc"

#define ROW(T)                                                                                     \
    {                                                                                              \
        {T##_simple, T##_gru, T##_lstm}, {T##_simple_back, T##_gru_back, T##_lstm_back}, T##_add,  \
            T##_pack                                                                               \
    }

const eg__cell_loops EG__FOR_ISA(eg__cell)[EG__DTYPES] = {
    [EG_FLOAT32] = ROW(float),
    [EG_FLOAT64] = ROW(double),
};
