/* Operations: plain functions from tensors to tensors, one prototype and all its prose each.
 *
 * Common to all of them. Results belong to the innermost scope. A pending error or a NULL argument
 * gives NULL; the first error stays on the scope, with the operation, what it saw and what to
 * write instead. Shapes broadcast as in NumPy; dtypes of one kind promote to the wider, kinds
 * never mix silently. The same inputs give the same bits, eager, in a function, in a session and
 * with any number of threads. Any thread may call them.
 *
 * An example line `expression  ->  text` shows what eg_print prints, lines joined by spaces; all
 * of them are run as tests.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_H
#define EAGRE_OPS_H

#include <eagre/ops/math.h>
#include <eagre/ops/elementary.h>
#include <eagre/ops/complex.h>
#include <eagre/ops/bits.h>
#include <eagre/ops/compare.h>
#include <eagre/ops/reduce.h>
#include <eagre/ops/missing.h>
#include <eagre/ops/scan.h>
#include <eagre/ops/sort.h>
#include <eagre/ops/segment.h>
#include <eagre/ops/shape.h>
#include <eagre/ops/arrange.h>
#include <eagre/ops/create.h>
#include <eagre/ops/index.h>
#include <eagre/ops/scatter.h>
#include <eagre/ops/pick.h>
#include <eagre/ops/select.h>
#include <eagre/ops/unique.h>
#include <eagre/ops/linalg.h>
#include <eagre/ops/contract.h>
#include <eagre/ops/fft.h>
#include <eagre/ops/nn.h>
#include <eagre/ops/norm.h>
#include <eagre/ops/loss.h>
#include <eagre/ops/attention.h>
#include <eagre/ops/recurrent.h>
#include <eagre/ops/conv.h>
#include <eagre/ops/pool.h>
#include <eagre/ops/resize.h>
#include <eagre/ops/quantize.h>
#include <eagre/ops/activation.h>
#include <eagre/ops/random.h>
#include <eagre/ops/text.h>

#endif
