/* Running registered tests and saying how many passed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include "function/compare.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static harness_test *first, **last = &first;
static int skipped;

void harness_add(harness_test *test)
{
    *last = test;
    last = &test->next;
}

void harness_skip(const char *why, const char *file, int line)
{
    printf("skipped: %s\n", why);
    skipped++;
    _skip(file, line);
}

void harness_fine(const char *file, int line)
{
    eg_error e;

    if (eg_pending(&e) == EG_OK)
        return;
    eg_report(NULL);
    print_error("pending: %s: %s (%s:%d)\n", e.op, e.message, e.file, e.line);
    _fail(file, line);
}

void harness_error(eg_status status, const char *part, const char *file, int line)
{
    eg_error e;
    eg_status got = eg_pending(&e);

    eg_report(NULL);
    if (got == status && strstr(e.message, part))
        return;
    print_error("expected %s with \"%s\", got %s: %s: %s\n", eg_status_name(status), part,
        eg_status_name(got), e.op, e.message);
    _fail(file, line);
}

/* Joins lines and folds runs of spaces after a newline into one space. */
static void fold(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++) {
        if (*from == '\n') {
            *to++ = ' ';
            while (from[1] == ' ')
                from++;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

void harness_prints(eg_tensor *x, const char *expected, const char *file, int line)
{
    char *text = eg_to_text(x, NULL);

    harness_fine(file, line);
    fold(text);
    bool same = strcmp(text, expected) == 0;
    if (!same)
        print_error("printed  %s\nexpected %s\n", text, expected);
    eg_free(text);
    if (!same)
        _fail(file, line);
}

void harness_values(eg_tensor *x, int n, const double expected[], const char *file, int line)
{
    EG_SCOPE;
    double got[64] = {0};
    bool same = n <= 64;

    eg_read(eg_reshape(eg_cast(x, EG_FLOAT64), EG_DIMS(-1)), EG_FLOAT64, got, same ? n : 64);
    harness_fine(file, line);
    for (int i = 0; same && i < n; i++)
        if (got[i] != expected[i]) {
            print_error("element %d is %g, not %g\n", i, got[i], expected[i]);
            same = false;
        }
    if (!same)
        _fail(file, line);
}

void harness_same_bits(eg_tensor *a, eg_tensor *b, const char *file, int line)
{
    harness_fine(file, line);
    if (a && b && eg__same_bits(a, b))
        return;
    print_error("not the same:\n");
    for (int i = 0; i < 2; i++) {
        char *text = eg_to_text(i == 0 ? a : b, NULL);
        print_error("%s\n", text ? text : "NULL");
        eg_free(text);
    }
    eg_report(NULL);
    _fail(file, line);
}

uint64_t harness_random(uint64_t *state)
{
    uint64_t x = *state ? *state : 88172645463325252u;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return x;
}

static size_t live_before;

static int before(void **state)
{
    (void)state;
    live_before = eg_memory_now().tensors;
    return 0;
}

static int after(void **state)
{
    eg_error e;
    size_t live = eg_memory_now().tensors;

    (void)state;
    if (eg_pending(&e) != EG_OK) {
        eg_report(NULL);
        print_error("left pending: %s: %s\n", e.op, e.message);
        return -1;
    }
    if (live != live_before) {
        print_error("%zu handles before the test, %zu after\n", live_before, live);
        return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    int n = 0;
    for (const harness_test *t = first; t; t = t->next)
        n++;
    struct CMUnitTest *tests = calloc((size_t)n + 1, sizeof *tests);
    if (!tests)
        return 2;
    n = 0;
    for (const harness_test *t = first; t; t = t->next)
        if (argc < 2 || strstr(t->name, argv[1]))
            tests[n++] = (struct CMUnitTest){t->name, t->run, before, after, NULL};
    int failed = _cmocka_run_group_tests(argv[0], tests, (size_t)n, NULL, NULL);
    free(tests);
    printf("%d passed, %d failed\n", n - failed - skipped, failed);
    return failed ? 1 : 0;
}
