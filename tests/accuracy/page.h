/* The page that says how large errors are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ACCURACY_PAGE_H
#define TESTS_ACCURACY_PAGE_H

#include <stdbool.h>
#include <stdio.h>

enum { SKIPPED = 77 };

/* Reads the n errors of a row of the page's table for the instruction set, under the heading
 * "## <of> avx512"; false where there is no such row. */
bool page_says(FILE *page, const char *of, const char *name, int n, double errors[]);

/* Opens the page and calls `check` for functions 0 to n - 1, which gives how many errors it found
 * above the page's, and says so. The exit status: 0 if there are none. */
int page_check(const char *name, int n, int (*check)(int function_number, FILE *page));

/* Whether functions are those that the page is about, SLEEF's and our own; if not, that is said. */
bool page_is_about_this_build(void);

#endif
