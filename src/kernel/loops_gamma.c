/* The logarithm of the gamma function, compiled once for each instruction set. A float32 is
 * computed as a float64 and rounded once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include "kernel/library.h"
#include <math.h>
#include <string.h>

#define NAME lgamma
#define OF   EG__OF_DOUBLES(lgamma, u10)
#include "kernel/library.inc"

#define NAME      lgamma
#define LOOP      lgamma_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

EG__REAL_TABLE(lgamma)
