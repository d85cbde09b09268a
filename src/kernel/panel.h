/* Matrices cut into panels: [rows, columns] as [columns / width, rows, width], the last panel
 * filled up with zeros. It is the order in which oneDNN wants many filters.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_PANEL_H
#define KERNEL_PANEL_H

#include "kernel/kernel.h"

/* Cuts a matrix of float32, with the help of the worker pool where it is large. */
void eg__cut_panels(const float *x, float *to, int64_t rows, int64_t columns, int64_t width);

#endif
