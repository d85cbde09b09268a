/* eagre ops: the table of operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include <ctype.h>
#include <string.h>

static bool is_option(const char *word)
{
    return word[0] == '-';
}

/* "MatMul", "matmul", "mat_mul" and "eg_matmul" are one name. */
static bool is_name(const char *name, const char *word)
{
    word += strncmp(word, "eg_", 3) == 0 ? 3 : 0;
    while (*name && *word) {
        if (*word == '_' && *name != '_') {
            word++;
            continue;
        }
        if (tolower((unsigned char)*name++) != tolower((unsigned char)*word++))
            return false;
    }
    return !*name && !*word;
}

/* Without names every operation is wanted. */
static bool is_wanted(const char *name, int n, char **words)
{
    bool any = false;

    for (int i = 0; i < n; i++) {
        if (!is_option(words[i]) && is_name(name, words[i]))
            return true;
        any = any || !is_option(words[i]);
    }
    return !any;
}

static bool is_known(const char *name)
{
    eg_op_info op = {.size = sizeof op};

    for (int i = 0; eg_op_info_at(i, &op); i++)
        if (is_name(op.name, name))
            return true;
    return false;
}

enum { COLUMNS = 4 };

/* The four columns that have others behind them; the last is printed as it is. */
typedef struct row {
    const char *text[COLUMNS];
    const char *last;
} row;

static const row titles = {{"operation", "inputs", "attributes", "gradient"}, "in TensorFlow"};

static row row_of(const eg_op_info *op)
{
    return (row){{op->name, op->inputs, op->attributes, op->gradient},
        op->tensorflow ? op->tensorflow : ""};
}

static void widen(int width[], const row *r)
{
    for (int i = 0; i < COLUMNS; i++) {
        int n = (int)strlen(r->text[i]);
        width[i] = n > width[i] ? n : width[i];
    }
}

static void print_row(const int width[], const row *r)
{
    for (int i = 0; i < COLUMNS; i++)
        printf("%-*s ", width[i], r->text[i]);
    printf("%s\n", r->last);
}

static void print_table(int n, char **words, bool gradients)
{
    eg_op_info op = {.size = sizeof op};
    int width[COLUMNS] = {0};

    widen(width, &titles);
    for (int i = 0; eg_op_info_at(i, &op); i++) {
        row r = row_of(&op);
        widen(width, &r);
    }
    print_row(width, &titles);
    for (int i = 0; eg_op_info_at(i, &op); i++) {
        row r = row_of(&op);
        if (is_wanted(op.name, n, words) && (!gradients || strcmp(op.gradient, "yes") == 0))
            print_row(width, &r);
    }
}

int command_ops(int n, char **words)
{
    char message[128];
    bool gradients = false;

    for (int i = 0; i < n; i++) {
        if (strcmp(words[i], "--gradients") == 0) {
            gradients = true;
        } else if (is_option(words[i])) {
            return USAGE;
        } else if (!is_known(words[i])) {
            snprintf(message, sizeof message, "there is no operation %.60s; eagre ops lists all",
                words[i]);
            eg_fail(EG_INVALID, "eagre ops", message);
            return 0;
        }
    }
    print_table(n, words, gradients);
    return 0;
}
