/* The errors of elementary functions beside MPFR.
 *
 *     accuracy --page FILE         compares a sample with the table on the page; exits with 1 where
 *                                  an error is larger than the page says
 *     accuracy --table [NAME]...   prints the page's table for the instruction set in use, from
 *                                  thirty thousand arguments of each kind, of float32 ten
 *                                  times as many
 *     accuracy --all NAME...       the largest errors over all float32 (some minutes each)
 *
 * EAGRE_ISA=base or avx2 chooses a lower instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "page.h"
#include "search.h"
#include "kernel/isa.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE = 2000, MANY = 30000 };

static const eg_dtype dtypes[] = {EG_FLOAT32, EG_FLOAT64, EG_FLOAT16, EG_BFLOAT16};

enum { DTYPES = sizeof dtypes / sizeof *dtypes };

/* ---- the table ------------------------------------------------------------------------------ */

static void print_cell(const function *f, const worst *w)
{
    printf(" %.2f", ceil(w->error * 100) / 100);
    if (w->error == 0)
        printf(" |");
    else if (f->n_in == 1)
        printf(" at `%a` |", w->x);
    else
        printf(" at `%a, %a` |", w->x, w->y);
}

static void print_row(const function *f)
{
    printf("| %s |", f->name);
    for (int i = 0; i < DTYPES; i++) {
        const worst w = search(f, dtypes[i], dtypes[i] == EG_FLOAT32 ? 10 * MANY : MANY);
        print_cell(f, &w);
    }
    printf("\n");
    fflush(stdout);
}

static bool is_named(const function *f, int n, char *const names[])
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], f->name) == 0)
            return true;
    return n == 0;
}

static int print_table(int n, char *const names[])
{
    printf("## With %s\n\n| function |", eg__isa_name(eg__isa_now()));
    for (int i = 0; i < DTYPES; i++)
        printf(" %s |", eg_dtype_name(dtypes[i]));
    printf("\n|---|---|---|---|---|\n");
    for (int i = 0; i < n_functions; i++)
        if (is_named(&functions[i], n, names))
            print_row(&functions[i]);
    return 0;
}

static int print_all_float32(int n, char *const names[])
{
    for (int i = 0; i < n_functions; i++) {
        const function *f = &functions[i];
        if (f->n_in == 1 && is_named(f, n, names)) {
            const worst w = search_float32(f, 1);
            printf("| %s |", f->name);
            print_cell(f, &w);
            printf("\n");
            fflush(stdout);
        }
    }
    return 0;
}

/* ---- the page ------------------------------------------------------------------------------- */

/* How many dtypes have errors above what the page says. */
static int check(int function_number, FILE *page)
{
    const function *f = &functions[function_number];
    double errors[DTYPES];
    int wrong = 0;

    if (!page_says(page, "With", f->name, DTYPES, errors)) {
        printf("%s: the page has no row for it\n", f->name);
        return 1;
    }
    for (int i = 0; i < DTYPES; i++) {
        const worst w = search(f, dtypes[i], SAMPLE);
        if (w.error <= errors[i])
            continue;
        printf("%s of %s: %a, %a gives %a: %.3f units, the page says %.2f\n", f->name,
            eg_dtype_name(dtypes[i]), w.x, w.y, w.got, w.error, errors[i]);
        wrong++;
    }
    return wrong;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    int status = 64;

    if (!page_is_about_this_build())
        return SKIPPED;
    eg_scope *scope = eg_scope_open();
    if (strcmp(what, "--page") == 0 && argc == 3)
        status = page_check(argv[2], n_functions, check);
    else if (strcmp(what, "--table") == 0)
        status = print_table(argc - 2, argv + 2);
    else if (strcmp(what, "--all") == 0 && argc > 2)
        status = print_all_float32(argc - 2, argv + 2);
    else
        fprintf(stderr, "usage: accuracy --page FILE | --table [NAME]... | --all NAME...\n");
    if (!eg_ok())
        status = 2;
    eg_report(stderr);
    eg_scope_close(scope);
    return status;
}
