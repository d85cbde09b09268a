/* The table of options: what the environment may say. It is read once, when first asked for.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_OPTION_H
#define BASE_OPTION_H

#include <stdbool.h>

typedef enum eg__option {
#define EG_OPTION(name, fallback, meaning) EG__OPTION_##name,
#include "base/option.list"
#undef EG_OPTION
    EG__OPTIONS
} eg__option;

/* The option's text, or its default. */
const char *eg__option_text(eg__option option);

/* Its value as a whole number; the default where the text is none. */
int eg__option_number(eg__option option);

/* Whether a list like "a,b" or "-a" names a word: 1 named, -1 named with a minus, 0 not named. A
 * list "all" names every word. */
int eg__list_names(const char *list, const char *word);

#endif
