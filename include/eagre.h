/* eagre: eager tensors, gradients, functions, graphs and sessions for C.
 *
 * The whole public interface. Each header below stands alone, compiles as C11 and as C++17, and
 * holds the prose of its subject. `eagre/easy.h` is the comfortable layer for C: C numbers as
 * arguments, named options, the caller's file and line; C++ programs take `eagre/easy.hpp`.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_H
#define EAGRE_H

#include <eagre/base.h>
#include <eagre/scope.h>
#include <eagre/tensor.h>
#include <eagre/dtype.h>
#include <eagre/variable.h>
#include <eagre/ops.h>
#include <eagre/control.h>
#include <eagre/grad.h>
#include <eagre/function.h>
#include <eagre/graph.h>
#include <eagre/concrete.h>
#include <eagre/emit.h>
#include <eagre/host.h>
#include <eagre/plan.h>
#include <eagre/nn.h>
#include <eagre/data.h>
#include <eagre/io.h>
#include <eagre/see.h>
#include <eagre/bind.h>
#include <eagre/onnx.h>

#ifndef __cplusplus
#include <eagre/easy.h>
#endif

#endif
