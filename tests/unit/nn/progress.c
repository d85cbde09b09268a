/* The progress bar, drawn into a file and into a terminal that the test plays.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700
#include "harness.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* Replaces the time in a line, which no test can know, by "0.0s". */
static void forget_time(char *line)
{
    for (char *s = strstr(line, "s"); s; s = strstr(s + 1, "s"))
        if (s - line > 3 && s[-2] == '.' && s[-4] == ' ')
            s[-3] = s[-1] = '0';
}

/* ---- a file --------------------------------------------------------------------------------- */

static void assert_file_has(FILE *f, const char *expected)
{
    char line[4096];

    rewind(f);
    size_t n = fread(line, 1, sizeof line - 1, f);
    line[n] = '\0';
    forget_time(line);
    assert_string_equal(line, expected);
    fclose(f);
}

TEST(a_file_gets_one_line_at_the_end)
{
    FILE *f = tmpfile();
    eg_progress *p = eg_progress_new("epoch 1", 3, f);

    for (int i = 0; i < 3; i++)
        assert_int_equal(eg_progress_step(p, "loss %.3f", 1.0 / (1 << i)), EG_OK);
    assert_int_equal(ftell(f), 0);
    eg_progress_free(p);
    assert_file_has(f, "epoch 1 3/3 [==============================] 0.0s loss 0.250\n");
}

TEST(a_loop_left_early_shows_how_far_it_came)
{
    FILE *f = tmpfile();
    eg_progress *p = eg_progress_new(NULL, 10, f);

    eg_progress_step(p, "%s", "");
    eg_progress_free(p);
    assert_file_has(f, "1/10 [===>..........................] 0.0s\n");
    f = tmpfile();
    eg_progress_free(eg_progress_new("none", 10, f));
    assert_file_has(f, "none 0/10 [>.............................] 0.0s\n");
}

TEST(an_unknown_number_of_steps_is_counted)
{
    FILE *f = tmpfile();
    eg_progress *p = eg_progress_new("rows", 0, f);

    for (int i = 0; i < 7; i++)
        eg_progress_step(p, "at %d", i);
    eg_progress_free(p);
    assert_file_has(f, "rows 7 0.0s at 6\n");
}

TEST(more_steps_than_told_leave_the_bar_full)
{
    FILE *f = tmpfile();
    eg_progress *p = eg_progress_new("x", 1, f);

    eg_progress_step(p, "a");
    eg_progress_step(p, "b");
    eg_progress_free(p);
    assert_file_has(f, "x 2/1 [==============================] 0.0s b\n");
}

TEST(newlines_and_long_texts_stay_on_the_line)
{
    FILE *f = tmpfile();
    eg_progress *p = eg_progress_new("a\nb", 0, f);
    char line[4096], text[3000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    eg_progress_step(p, "%s", text);
    eg_progress_step(p, "c\td\n");
    eg_progress_free(p);
    assert_file_has(f, "a b 2 0.0s c d \n");
    f = tmpfile();
    p = eg_progress_new(text, 2, f);
    eg_progress_step(p, "%s", text);
    eg_progress_free(p);
    rewind(f);
    assert_non_null(fgets(line, sizeof line, f));
    assert_null(fgets(line, sizeof line, f));
    fclose(f);
}

TEST(wrong_use_is_an_error)
{
    EG_SCOPE;
    assert_null(eg_progress_new("x", -1, NULL));
    assert_error(EG_INVALID, "negative");
    assert_int_equal(eg_progress_step(NULL, "x"), EG_INVALID);
    assert_error(EG_INVALID, "NULL");
    eg_progress_free(NULL);
}

TEST(a_failed_scope_does_not_step)
{
    EG_SCOPE;
    FILE *f = tmpfile();
    eg_progress *p = eg_progress_new("x", 2, f);

    eg_progress_step(p, "a");
    eg_fail(EG_STATE, "test", "before");
    assert_int_equal(eg_progress_step(p, "b"), EG_STATE);
    assert_null(eg_progress_new("y", 2, f));
    eg_progress_free(p);
    assert_error(EG_STATE, "before");
    assert_file_has(f, "x 1/2 [===============>..............] 0.0s a\n");
}

/* ---- a terminal ----------------------------------------------------------------------------- */

typedef struct terminal {
    int master;
    FILE *to;
} terminal;

static terminal open_terminal(unsigned short columns)
{
    terminal t = {.master = posix_openpt(O_RDWR | O_NOCTTY)};
    struct termios raw;

    if (t.master < 0)
        skip_since("this system gives out no terminals");
    assert_int_equal(grantpt(t.master), 0);
    assert_int_equal(unlockpt(t.master), 0);
    int slave = open(ptsname(t.master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    assert_int_equal(tcgetattr(slave, &raw), 0);
    raw.c_oflag &= ~(tcflag_t)OPOST;
    tcsetattr(slave, TCSANOW, &raw);
    ioctl(slave, TIOCSWINSZ, &(struct winsize){.ws_row = 24, .ws_col = columns});
    fcntl(t.master, F_SETFL, O_NONBLOCK);
    t.to = fdopen(slave, "w");
    assert_non_null(t.to);
    return t;
}

/* What the terminal was sent since it was last asked, without the times. */
static const char *sent(const terminal *t)
{
    static char text[1 << 16];
    size_t n = 0;

    for (ssize_t got; (got = read(t->master, text + n, sizeof text - 1 - n)) > 0;)
        n += (size_t)got;
    text[n] = '\0';
    for (char *line = text; line; line = strchr(line + 1, '\r'))
        forget_time(line);
    return text;
}

static void close_terminal(const terminal *t)
{
    fclose(t->to);
    close(t->master);
}

TEST(a_terminal_shows_the_first_step_at_once_and_ends_with_a_new_line)
{
    terminal t = open_terminal(80);
    eg_progress *p = eg_progress_new("epoch", 4, t.to);

    eg_progress_step(p, "loss %d", 1);
    assert_string_equal(sent(&t), "\repoch 1/4 [=======>......................] 0.0s loss 1");
    eg_progress_step(p, "loss %d", 2);
    assert_string_equal(sent(&t), "");
    eg_progress_free(p);
    assert_string_equal(sent(&t), "\repoch 2/4 [===============>..............] 0.0s loss 2\n");
    close_terminal(&t);
}

TEST(a_shorter_line_covers_a_longer_one)
{
    terminal t = open_terminal(80);
    eg_progress *p = eg_progress_new("", 0, t.to);

    eg_progress_step(p, "long");
    assert_string_equal(sent(&t), "\r1 0.0s long");
    wait_ms(60);
    eg_progress_step(p, "é");
    assert_string_equal(sent(&t), "\r2 0.0s é   ");
    eg_progress_free(p);
    assert_string_equal(sent(&t), "\r2 0.0s é\n");
    close_terminal(&t);
}

TEST(a_terminal_is_drawn_at_most_twenty_times_a_second)
{
    terminal t = open_terminal(80);
    eg_progress *p = eg_progress_new("fast", 300, t.to);
    struct timespec start, end;
    int drawn = 0;

    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < 300; i++) {
        eg_progress_step(p, "%d", i);
        wait_ms(1);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    for (const char *at = sent(&t); *at; at++)
        drawn += *at == '\r';
    assert_true(drawn >= 2);
    assert_true(drawn <= 1 +
            20 *
                ((double)(end.tv_sec - start.tv_sec) +
                    1e-9 * (double)(end.tv_nsec - start.tv_nsec)));
    eg_progress_free(p);
    assert_non_null(strstr(sent(&t), "300/300"));
    close_terminal(&t);
}

TEST(the_line_fits_the_terminal)
{
    static const struct {
        unsigned short columns;
        const char *line;
    } all[] = {
        {0, "\rlabel 1/2 [===============>..............] 0.0s größe\n"},
        {54, "\rlabel 1/2 [===============>..............] 0.0s größe\n"},
        {53, "\rlabel 1/2 [==============>..............] 0.0s größe\n"},
        {29, "\rlabel 1/2 [==>..] 0.0s größe\n"},
        {28, "\rlabel 1/2 0.0s größe\n"},
        {21, "\rlabel 1/2 0.0s größe\n"},
        {20, "\rlabel 1/2 0.0s größ\n"},
        {18, "\rlabel 1/2 0.0s gr\n"},
        {6, "\rlabel\n"},
        {2, "\rl\n"},
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        terminal t = open_terminal(all[i].columns);
        eg_progress *p = eg_progress_new("label", 2, t.to);
        eg_progress_step(p, "größe");
        sent(&t);
        eg_progress_free(p);
        assert_string_equal(sent(&t), all[i].line);
        close_terminal(&t);
    }
}
