/* The C++ tests' harness: one macro, and a count at the end.
 *
 *     TEST(a_sentence_that_is_proved)
 *     {
 *         CHECK(1 + 1 == 2);
 *     }
 *
 * The first check that does not hold ends the program with 1. After each test nothing may be
 * pending and every handle it made must be gone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CHECK_HPP
#define TESTS_CHECK_HPP

#include <eagre/easy.hpp>

#include <cstdlib>

struct test {
    const char *name;
    void (*run)();
    test *next;

    inline static test *first = nullptr, **last = &first;
    inline static int passed = 0;

    test(const char *called, void (*function)()) : name(called), run(function), next(nullptr)
    {
        *last = this;
        last = &next;
    }

    [[noreturn]] static void fail(const char *file, int line, const char *what)
    {
        std::printf("%s:%d: %s\n%d passed, 1 failed\n", file, line, what, passed);
        std::exit(1);
    }

    static void run_all()
    {
        for (const test *t = first; t; t = t->next, passed++) {
            std::size_t before = eg_memory_now().tensors;
            t->run();
            if (eagre::report(stdout) != 0 || eg_memory_now().tensors != before)
                fail(t->name, 0, "an error or a handle is left over");
        }
        std::printf("%d passed, 0 failed\n", passed);
    }
};

#define TEST(name)                                                                                 \
    static void name();                                                                            \
    static test name##_registers(#name, name);                                                     \
    static void name()

#define CHECK(holds) static_cast<bool>(holds) ? (void)0 : test::fail(__FILE__, __LINE__, #holds)

/* Checks how a tensor prints; lines are joined by a space. */
#define CHECK_PRINTS(x, expected) check_prints((x), (expected), __FILE__, __LINE__)

inline void check_prints(const eagre::tensor &x, const char *expected, const char *file, int line)
{
    std::string folded;

    for (char c : eagre::to_text(x)) {
        bool blank = c == ' ' || c == '\n';
        if (!blank || folded.empty() || folded.back() != ' ')
            folded += blank ? ' ' : c;
    }
    if (folded != expected)
        test::fail(file, line, folded.c_str());
}

#endif
