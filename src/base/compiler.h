/* Everything that depends on the compiler, each with a fallback.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

#if defined(__GNUC__)
#define EG_LIKELY(x)    __builtin_expect(!!(x), 1)
#define EG_UNLIKELY(x)  __builtin_expect(!!(x), 0)
#define EG_FORMAT(f, a) __attribute__((format(printf, f, a)))
#define EG_COLD         __attribute__((cold, noinline))
#define EG_HOT_INLINE   static inline __attribute__((always_inline))
#define EG_TLS_FAST     __attribute__((tls_model("initial-exec")))
#else
#define EG_LIKELY(x)   (x)
#define EG_UNLIKELY(x) (x)
#define EG_FORMAT(f, a)
#define EG_COLD
#define EG_HOT_INLINE static inline
#define EG_TLS_FAST
#endif

/* EG_CRUEL: the build that hurts itself on purpose. No pool keeps anything, freed memory and
 * handles are poisoned and quarantined, graphs are verified after every pass. */
#ifndef EG_CRUEL
#define EG_CRUEL 0
#endif

#endif
