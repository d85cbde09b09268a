/* Zeros.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ZERO_H
#define KERNEL_ZERO_H

#include "kernel/kernel.h"

/* Fills `bytes` bytes with zeros, with the help of the worker pool where they are many. */
void eg__zero(void *to, size_t bytes);

/* Prepares a job that fills its result with zeros: of a sum over nothing. */
void eg__prepare_zeros(const eg_spec *out, eg_job *job);

#endif
