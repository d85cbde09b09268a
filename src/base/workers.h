/* Large work on several threads: a small pool that parks.
 *
 * One job at a time. The caller works too, and takes every chunk no worker has taken, so a busy
 * machine costs at most the chunks that workers already hold. Workers spin a few microseconds for
 * the next job, then sleep. Nobody else's threads are touched.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_WORKERS_H
#define BASE_WORKERS_H

/* Calls fn(env, i) once for each i in [0, n), in no order, and returns when all have returned. The
 * chunks must not depend on how many threads there are, or results would. */
void eg__parallel(int n, void (*fn)(void *env, int i), void *env);

/* How many jobs were offered to workers so far. */
long eg__shared_jobs(void);

#endif
