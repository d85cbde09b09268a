/* Reading the page's tables.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "page.h"
#include "kernel/isa.h"
#include <eagre/ops.h>
#include <eagre/see.h>
#include <stdlib.h>
#include <string.h>

bool page_says(FILE *page, const char *of, const char *name, int n, double errors[])
{
    char line[512], title[64];
    bool here = false;

    snprintf(title, sizeof title, "## %s %s\n", of, eg__isa_name(eg__isa_now()));
    rewind(page);
    while (fgets(line, sizeof line, page)) {
        if (line[0] == '#')
            here = strcmp(line, title) == 0;
        char *cell = strtok(line, "| ");
        if (!here || !cell || strcmp(cell, name) != 0)
            continue;
        for (int i = 0; i < n; i++) {
            cell = strtok(NULL, "|");
            errors[i] = cell ? strtod(cell, NULL) : 0;
        }
        return true;
    }
    return false;
}

bool page_is_about_this_build(void)
{
    char *about = eg_about();
    const bool is = about && strstr(about, "SLEEF") && !strstr(about, "SLEEF            no");

    eg_free(about);
    if (!is)
        printf("skipped: built without SLEEF, whose errors the page is about\n");
    return is;
}

int page_check(const char *name, int n, int (*check)(int function_number, FILE *page))
{
    FILE *page = fopen(name, "r");
    int wrong = 0;

    if (!page) {
        perror(name);
        return 2;
    }
    for (int i = 0; i < n; i++)
        wrong += check(i, page);
    fclose(page);
    printf("%d functions, %d errors above the page's\n", n, wrong);
    return wrong > 0;
}
