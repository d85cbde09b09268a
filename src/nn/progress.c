/* A bar that shows how far a loop is.
 *
 *     label 12/45 [=======>......................] 1.2s loss 0.123
 *
 * On a terminal the line is drawn over itself, now and then; elsewhere it is written once, when the
 * bar is freed. The bar gives way to the text where the terminal is narrow, and the text is cut
 * where even that does not fit, so that the line never wraps.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eagre/nn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { TEXT = 512, LINE = 2048, BAR = 30, LEAST_BAR = 5, COLUMNS = 80 };

static const int64_t between = INT64_C(50000000); /* nanoseconds from one drawing to the next */

struct eg_progress {
    FILE *to;
    bool terminal;
    int64_t done, steps;    /* steps: 0 if unknown */
    int64_t started, drawn; /* nanoseconds; drawn: 0 if never */
    int shown;              /* columns of the line on the terminal */
    char text[TEXT];
    char label[];
};

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Columns that the terminal has for a line; its last one stays free, for some wrap there. */
static int columns(const eg_progress *p)
{
#ifdef TIOCGWINSZ
    struct winsize size;

    if (ioctl(fileno(p->to), TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
        return size.ws_col - 1;
#else
    (void)p;
#endif
    return COLUMNS - 1;
}

/* ---- the line ------------------------------------------------------------------------------- */

/* Characters of a UTF-8 text: bytes that continue one do not count. */
static int width(const char *text)
{
    int n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* Cuts a text to `most` characters. */
static void cut(char *text, int most)
{
    for (; *text; text++)
        if (((unsigned char)*text & 0xC0) != 0x80 && most-- == 0) {
            *text = '\0';
            return;
        }
}

/* Newlines and their like would break the line: they become spaces. */
static void make_plain(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            *text = ' ';
}

static void put_head(char *text, size_t size, const eg_progress *p)
{
    const char *between_them = p->label[0] ? " " : "";

    if (p->steps > 0)
        snprintf(text, size, "%s%s%lld/%lld", p->label, between_them, (long long)p->done,
            (long long)p->steps);
    else
        snprintf(text, size, "%s%s%lld", p->label, between_them, (long long)p->done);
}

static void put_tail(char *text, size_t size, const eg_progress *p)
{
    long long tenths = (now() - p->started) / 100000000, s = tenths / 10;
    const char *space = p->text[0] ? " " : "";

    if (s < 60)
        snprintf(text, size, " %lld.%llds%s%s", s, tenths % 10, space, p->text);
    else if (s < 3600)
        snprintf(text, size, " %lldm%02llds%s%s", s / 60, s % 60, space, p->text);
    else
        snprintf(text, size, " %lldh%02lldm%s%s", s / 3600, s / 60 % 60, space, p->text);
}

/* A bar of so many cells, in brackets, with a space before it. */
static void put_bar(char *text, int cells, const eg_progress *p)
{
    double share = p->done < p->steps ? (double)p->done / (double)p->steps : 1;
    int full = (int)(share * cells);

    *text++ = ' ';
    *text++ = '[';
    for (int i = 0; i < cells; i++)
        *text++ = i < full ? '=' : i == full ? '>' : '.';
    *text++ = ']';
    *text = '\0';
}

/* Makes the line, at most `most` characters long. */
static void compose(char line[LINE], const eg_progress *p, int most)
{
    char head[TEXT], tail[TEXT + 64], bar[BAR + 4] = "";

    put_head(head, sizeof head, p);
    put_tail(tail, sizeof tail, p);
    int cells = most - width(head) - width(tail) - 3;
    if (p->steps > 0 && cells >= LEAST_BAR)
        put_bar(bar, cells < BAR ? cells : BAR, p);
    snprintf(line, LINE, "%s%s%s", head, bar, tail);
    cut(line, most);
}

/* ---- drawing -------------------------------------------------------------------------------- */

/* Draws the line over what the last one left. */
static void draw(eg_progress *p)
{
    char line[LINE];
    int most = columns(p), last = p->shown < most ? p->shown : most;

    compose(line, p, most);
    p->shown = width(line);
    fprintf(p->to, "\r%s%*s", line, last > p->shown ? last - p->shown : 0, "");
    fflush(p->to);
}

eg_progress *eg_progress_new(const char *label, int64_t steps, FILE *to)
{
    if (!eg_ok())
        return NULL;
    if (steps < 0) {
        eg_fail(EG_INVALID, "eg_progress_new", "steps is negative; 0 stands for unknown");
        return NULL;
    }
    size_t n = label ? strlen(label) : 0;
    eg_progress *p = malloc(sizeof *p + n + 1);
    if (!p) {
        eg_fail(EG_NO_MEMORY, "eg_progress_new", "no memory for the bar");
        return NULL;
    }
    *p = (eg_progress){.to = to ? to : stderr, .steps = steps, .started = now()};
    p->terminal = isatty(fileno(p->to)) == 1;
    memcpy(p->label, label ? label : "", n + 1);
    make_plain(p->label);
    return p;
}

eg_status eg_progress_step(eg_progress *p, const char *format, ...)
{
    va_list args;

    if (!eg_ok())
        return eg_pending(NULL);
    if (!p)
        return eg_fail(EG_INVALID, "eg_progress_step", "the bar is NULL");
    p->done++;
    p->text[0] = '\0';
    va_start(args, format);
    if (format)
        vsnprintf(p->text, sizeof p->text, format, args);
    va_end(args);
    make_plain(p->text);
    int64_t time = p->terminal ? now() : 0;
    if (p->terminal && (p->drawn == 0 || time - p->drawn >= between)) {
        draw(p);
        p->drawn = time;
    }
    return EG_OK;
}

void eg_progress_free(eg_progress *p)
{
    char line[LINE];

    if (!p)
        return;
    if (p->terminal) {
        draw(p);
        fputs("\n", p->to);
        fflush(p->to);
    } else {
        compose(line, p, LINE);
        fprintf(p->to, "%s\n", line);
    }
    free(p);
}
