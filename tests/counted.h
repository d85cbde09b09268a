/* What a run must not do, counted: calls that take memory or give it back, and locks, in all of the
 * program, shared libraries included. Linked into programs that ask for it; with sanitizers, which
 * have an allocator of their own, nothing is counted.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_COUNTED_H
#define TESTS_COUNTED_H

#include <stdbool.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TESTS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TESTS_SANITIZED 1
#endif
#endif

/* Whether anything is counted. */
bool counted_works(void);

/* Begins at 0; the calls of this thread since then. */
void counted_start(void);
long counted_stop(void);

#endif
