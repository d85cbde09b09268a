/* Element-wise jobs that cannot take every number: the elements of input 1 are searched for one
 * before anything is written, so that a run that fails has changed nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_CHECKED_H
#define KERNEL_CHECKED_H

#include "kernel/elementwise.h"

/* Whether one of n elements is such a number. */
typedef bool (*eg__finder)(int64_t n, const void *elements);

/* Puts the search in front of a job that eg__elementwise_with prepared; `error` is what a find is
 * reported with. NULL for `finds`: any number will do. */
void eg__check_first(eg__finder finds, const char *error, const eg_problem *p, eg_job *job);

#endif
