/* Real numbers as text: shortest, exact, in every locale.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include "base/number.h"
#include <float.h>
#include <math.h>
#include <string.h>

static void check_prints(double value, int digits, const char *expected)
{
    eg__text text = {0};

    eg__put_real(&text, value, digits);
    assert_string_equal(text.start, expected);
    eg__text_free(&text);
}

TEST(the_shortest_text_that_reads_back_is_written)
{
    check_prints(0.1, 17, "0.1");
    check_prints(1.0 / 3, 17, "0.3333333333333333");
    check_prints((double)0.1f, 9, "0.1");
    check_prints(-0.0, 17, "-0");
    check_prints(1e300, 17, "1e+300");
    check_prints(INFINITY, 9, "inf");
    check_prints(-INFINITY, 9, "-inf");
    check_prints(NAN, 9, "nan");
}

static void check_round_trip(double value)
{
    eg__text text = {0};
    double back;

    eg__put_real(&text, value, 17);
    const char *p = text.start;
    assert_true(eg__parse_real(&p, &back));
    assert_int_equal(*p, '\0');
    assert_memory_equal(&back, &value, sizeof value);
    eg__text_free(&text);
}

TEST(doubles_come_back_bit_for_bit)
{
    uint64_t state = 7, bits;
    double value;

    for (int i = 0; i < 20000; i++) {
        bits = harness_random(&state);
        memcpy(&value, &bits, sizeof value);
        if (!isnan(value))
            check_round_trip(value);
    }
    check_round_trip(DBL_MAX);
    check_round_trip(DBL_TRUE_MIN);
}

TEST(what_is_no_number_is_refused)
{
    static const char *const wrong[] = {"", "x", "-", ".", "e5", "+"};
    double value;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *p = wrong[i];
        assert_false(eg__parse_real(&p, &value));
    }
}
