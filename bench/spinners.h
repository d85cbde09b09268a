/* Other programs, which keep the machine busy.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_SPINNERS_H
#define BENCH_SPINNERS_H

/* Starts n processes that compute for ever, or as many as can be started; ends them. They end with
 * this process in any case. */
void spinners_start(int n);
void spinners_stop(void);

#endif
