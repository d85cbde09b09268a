/* Reading text word by word.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GRAPH_READ_H
#define GRAPH_READ_H

#include <stdbool.h>
#include <stdint.h>

enum { EG__WORD = 256 };

/* A place in a text. */
typedef struct eg__reading {
    const char *p, *path; /* path NULL: the text is in no file */
    int line, depth;      /* depth: of graphs in graphs */
    bool broken;          /* a mistake was reported */
} eg__reading;

/* Reports a mistake, the first only, as EG_FORMAT with the line; false. */
bool eg__wrong(eg__reading *r, const char *what);

/* Skips blanks, ends of lines and comments. */
void eg__skip(eg__reading *r);

/* Moves behind the token if it comes next; with `expect` it is a mistake where it does not. */
bool eg__accept(eg__reading *r, const char *token);
bool eg__expect(eg__reading *r, const char *token);

/* A word of letters, digits and underlines; a name in quotes; a whole number. */
bool eg__take_word(eg__reading *r, char word[EG__WORD]);
bool eg__take_name(eg__reading *r, char name[EG__WORD]);
bool eg__take_number(eg__reading *r, int64_t *value);

#endif
