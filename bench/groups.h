/* The groups of cases, each a file.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_GROUPS_H
#define BENCH_GROUPS_H

void bench_tiny(void);
void bench_functions(void);
void bench_chains(void);
void bench_products(void);
void bench_arrays(void);
void bench_images(void);
void bench_bandwidth(void);
void bench_vectors(void);
void bench_sorts(void);
void bench_mlp(void);
void bench_lstm(void);
void bench_tape_memory(void);
void bench_start(void);
void bench_limits(void);

#endif
