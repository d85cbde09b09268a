/* eagre for C++17: operators, scopes that close by themselves, functions made from lambdas.
 *
 *     eagre::scope scope;
 *     eagre::function f([](eagre::tensor x, eagre::tensor limit) {
 *         return x > limit ? square(x) : -x;
 *     });
 *     std::cout << f(3.0, 4.0) << "\n";                    // -3. float32[]
 *     return eagre::report(stderr);
 *
 * Header only, built on the plain functions alone, whose headers hold the prose and whose rules all
 * stand: results belong to the innermost scope, the first error stays on it, and nothing throws
 * unless asked to. `check()` asks: it turns a pending error into an exception. A `tensor` is a
 * handle, as cheap to copy as the pointer in it; `owned` is one that outlives scopes; `variable`
 * and the other things are freed with the object that holds them. C++ numbers are arguments
 * wherever tensors are, in the dtype of the tensor beside them, and every error, graph and profile
 * names the caller's line. Actions return nothing here, since the scope holds the error anyway.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_EASY_HPP
#define EAGRE_EASY_HPP

#include <eagre/cpp/value.hpp>
#include <eagre/cpp/operand.hpp>
#include <eagre/cpp/error.hpp>
#include <eagre/cpp/scope.hpp>
#include <eagre/cpp/data.hpp>
#include <eagre/cpp/ops.hpp>
#include <eagre/cpp/nn.hpp>
#include <eagre/cpp/sequence.hpp>
#include <eagre/cpp/arrange.hpp>
#include <eagre/cpp/conv.hpp>
#include <eagre/cpp/vision.hpp>
#include <eagre/cpp/scan.hpp>
#include <eagre/cpp/scatter.hpp>
#include <eagre/cpp/select.hpp>
#include <eagre/cpp/text.hpp>
#include <eagre/cpp/fft.hpp>
#include <eagre/cpp/linalg.hpp>
#include <eagre/cpp/contract.hpp>
#include <eagre/cpp/function.hpp>
#include <eagre/cpp/control.hpp>
#include <eagre/cpp/graph.hpp>
#include <eagre/cpp/host.hpp>
#include <eagre/cpp/concrete.hpp>
#include <eagre/cpp/plan.hpp>
#include <eagre/cpp/train.hpp>

#endif
