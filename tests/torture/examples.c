/* The examples while memory runs out. Each must succeed without a word on stderr, or print one line
 * there and return 1; and hold no memory afterwards.
 *
 * Every allocation fails in turn. The cruel build, which pools nothing and so makes many more of
 * them, takes about a hundred of each example, evenly spread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"
#include <string.h>
#include <unistd.h>

int first_main(void);
int tutorial_main(int argc, char **argv);
int digits_main(int argc, char **argv);

enum { CRUEL_POINTS = 100, MOST_ARGUMENTS = 12 };

static int run_first(int argc, char **argv)
{
    (void)argc, (void)argv;
    return first_main();
}

typedef struct example {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *arguments[MOST_ARGUMENTS]; /* the last is NULL */
    eg_memory kept;                        /* what the library keeps after a run */
} example;

/* Sends a stream of the process to a file; returns the stream's old place. */
static int divert(FILE *stream, FILE *to)
{
    fflush(stream);
    int old = dup(fileno(stream));
    assert_true(old >= 0 && dup2(fileno(to), fileno(stream)) >= 0);
    return old;
}

static void restore(FILE *stream, int old)
{
    fflush(stream);
    dup2(old, fileno(stream));
    close(old);
}

/* Runs main, noting what it says on stderr. */
static int run(const example *e, long n, bool forever, char *said, size_t size, bool *failed)
{
    char arguments[MOST_ARGUMENTS][256], *argv[MOST_ARGUMENTS + 1] = {arguments[0]};
    FILE *out = tmpfile(), *err = tmpfile();
    int argc = 0;

    assert_true(out && err);
    for (; e->arguments[argc]; argc++) {
        snprintf(arguments[argc], sizeof *arguments, "%s", e->arguments[argc]);
        argv[argc] = arguments[argc];
    }
    argv[argc] = NULL;
    int old_out = divert(stdout, out), old_err = divert(stderr, err);
    torture_arm(n, forever);
    int result = e->run(argc, argv);
    *failed = torture_disarm();
    restore(stdout, old_out);
    restore(stderr, old_err);
    rewind(err);
    said[fread(said, 1, size - 1, err)] = '\0';
    fclose(out);
    fclose(err);
    eg_memory_trim();
    return result;
}

static bool is_one_line(const char *text)
{
    const char *end = strchr(text, '\n');
    return end && end[1] == '\0' && strstr(text, "error: ");
}

static bool check(const example *e, long n, bool forever)
{
    char said[2048];
    bool failed;
    int result = run(e, n, forever, said, sizeof said, &failed);
    eg_memory after = eg_memory_now();

    if (!(result == 0 && !said[0]) && !(failed && result == 1 && is_one_line(said)))
        fail_msg("%s, allocation %ld fails: it returns %d and says \"%s\"", e->name, n, result,
            said);
    if (after.in_use > e->kept.in_use || after.tensors > e->kept.tensors)
        fail_msg("%s, allocation %ld fails: %zu bytes and %zu handles are left", e->name, n,
            after.in_use - e->kept.in_use, after.tensors - e->kept.tensors);
    return failed;
}

/* How many allocations it makes, within a tenth. */
static long count_allocations(const example *e)
{
    long low = 0, high = 64;

    for (; check(e, high, false); high *= 2)
        low = high;
    while (high - low > low / 10 + 1) {
        long middle = low + (high - low) / 2;
        if (check(e, middle, false))
            low = middle;
        else
            high = middle;
    }
    return high;
}

static void sweep(example *e)
{
    char said[2048];
    bool failed;

    assert_int_equal(run(e, 0, false, said, sizeof said, &failed), 0);
    e->kept = eg_memory_now();
    check(e, 0, false);
    long step = EG_CRUEL ? count_allocations(e) / CRUEL_POINTS + 1 : 1;
    for (long n = 1; check(e, n, false); n += step)
        check(e, n, true);
}

TEST(the_first_example_reports_the_allocation_that_fails)
{
    sweep(&(example){.name = "first", .run = run_first, .arguments = {"first"}});
}

TEST(the_tutorial_reports_the_allocation_that_fails)
{
    sweep(&(example){.name = "tutorial", .run = tutorial_main, .arguments = {"tutorial"}});
}

TEST(the_digits_report_the_allocation_that_fails)
{
    const char *path = torture_path("digits.safetensors");

    sweep(&(example){.name = "digits",
        .run = digits_main,
        .arguments = {"digits", "--data", DATA, "--rows", "40", "--epochs", "1", "--seeds", "1",
            "--save", path}});
    remove(path);
}
