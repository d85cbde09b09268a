/* The tests' harness: one page over cmocka.
 *
 *     TEST(error_of_inner_scope_moves_to_outer)
 *     {
 *         …
 *     }
 *
 * A test is named by the sentence it proves. Tests register themselves and are listed nowhere.
 * After each one nothing may be pending and every handle it made must be gone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <eagre.h>

typedef struct harness_test {
    const char *name;
    void (*run)(void **);
    struct harness_test *next;
} harness_test;

void harness_add(harness_test *test);

#define TEST(name)                                                                                 \
    static void name(void **);                                                                     \
    __attribute__((constructor)) static void name##_registers(void)                                \
    {                                                                                              \
        static harness_test test = {#name, name, NULL};                                            \
        harness_add(&test);                                                                        \
    }                                                                                              \
    static void name(void **state_ __attribute__((unused)))

/* Ends the test as skipped, which is neither passed nor failed; `why` is printed. */
#define skip_since(why) harness_skip((why), __FILE__, __LINE__)
void harness_skip(const char *why, const char *file, int line);

/* Fails unless `x` prints as `expected` (lines joined by a space), spaces at line starts folded. */
#define assert_prints(x, expected) harness_prints((x), (expected), __FILE__, __LINE__)
void harness_prints(eg_tensor *x, const char *expected, const char *file, int line);

/* Fails unless x, flattened, has just these elements. */
#define assert_values(x, ...)                                                                      \
    harness_values((x), (int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)),                   \
        (const double[]){__VA_ARGS__}, __FILE__, __LINE__)
void harness_values(eg_tensor *x, int n, const double expected[], const char *file, int line);

/* Fails unless a and b are alike bit for bit: dtype, shape and elements, part by part. */
#define assert_same_bits(a, b) harness_same_bits((a), (b), __FILE__, __LINE__)
void harness_same_bits(eg_tensor *a, eg_tensor *b, const char *file, int line);

/* Fails unless an error is pending whose message contains `part`; ends the error. */
#define assert_error(status, part) harness_error((status), (part), __FILE__, __LINE__)
void harness_error(eg_status status, const char *part, const char *file, int line);

/* Fails if an error is pending, showing it. */
#define assert_fine() harness_fine(__FILE__, __LINE__)
void harness_fine(const char *file, int line);

/* A fast, seeded source of test data: xorshift, the same everywhere. */
uint64_t harness_random(uint64_t *state);

#endif
