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

/* Whether functions are those that the page is about, SLEEF's and our own; if not, that is said. */
bool page_is_about_this_build(void);

#endif
