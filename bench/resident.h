/* What the system has given the process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_RESIDENT_H
#define BENCH_RESIDENT_H

/* Bytes that are resident, and were at most since the start or the last resident_forget; 0 where
 * the system does not say. */
double resident_now(void);
double resident_most(void);

void resident_forget(void);

#endif
