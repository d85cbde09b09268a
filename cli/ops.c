/* eagre ops: the table of operations, a page of each, how many have gradients.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "ops.h"
#include "command.h"
#include <stdlib.h>
#include <string.h>

const char *const kind_names[] = {"", "bool", "int", "real", "dtype", "ints"};

bool take_op(int i, eg_bind_op *op)
{
    *op = (eg_bind_op){.size = sizeof *op};
    return eg_bind_op_at(i, op);
}

bool take_attribute(int i, int k, eg_bind_attribute *attribute)
{
    *attribute = (eg_bind_attribute){.size = sizeof *attribute};
    return eg_bind_attribute_at(i, k, attribute);
}

/* ---- words ---------------------------------------------------------------------------------- */

static bool is_option(const char *word)
{
    return word[0] == '-';
}

/* Without names every operation is wanted. */
static bool is_wanted(int i, int n, char **words)
{
    bool any = false;

    for (int k = 0; k < n; k++) {
        if (!is_option(words[k]) && eg_bind_find(words[k]) == i)
            return true;
        any = any || !is_option(words[k]);
    }
    return !any;
}

static bool has_option(const char *option, int n, char **words)
{
    for (int i = 0; i < n; i++)
        if (strcmp(words[i], option) == 0)
            return true;
    return false;
}

/* ---- tables --------------------------------------------------------------------------------- */

enum { COLUMNS = 4, CELL = 256 };

/* The columns that have others behind them; the last is printed as it is. */
typedef struct row {
    char text[COLUMNS][CELL];
    const char *last;
} row;

/* Appends a word to a list; what does not fit is cut off. */
static void add_word(char *list, const char *word)
{
    size_t n = strlen(list);
    snprintf(list + n, CELL - n, "%s%s", n ? ", " : "", word);
}

static row row_of(int i, const eg_bind_op *op)
{
    eg_bind_attribute a;
    row r = {.last = op->tensorflow ? op->tensorflow : ""};

    add_word(r.text[0], op->name);
    for (int k = 0; k < op->n_inputs; k++)
        add_word(r.text[1], op->inputs[k]);
    if (op->variadic)
        add_word(r.text[1], "...");
    for (int k = 0; take_attribute(i, k, &a); k++)
        add_word(r.text[2], a.name);
    add_word(r.text[3], op->gradient);
    return r;
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

/* The first sentence of a prose, on one line. */
static void print_sentence(const char *prose)
{
    for (const char *p = prose; p && *p; p++) {
        bool ends = (*p == '.' || *p == ';') && (p[1] == ' ' || p[1] == '\n');
        if (ends || (p[0] == '\n' && p[1] == ' '))
            break;
        putchar(*p == '\n' ? ' ' : *p);
    }
    putchar('\n');
}

static void print_composed(int i)
{
    eg_bind_op op;

    puts("\nmade of operations");
    for (; take_op(i, &op); i++) {
        char *prose = eg_bind_prose(i);
        printf("%-28s ", op.function);
        print_sentence(prose);
        eg_free(prose);
    }
}

static void print_table(void)
{
    row titles = {{"operation", "inputs", "attributes", "gradient"}, "in TensorFlow"};
    int width[COLUMNS] = {0}, i;
    eg_bind_op op;

    widen(width, &titles);
    for (i = 0; take_op(i, &op) && op.name; i++) {
        row r = row_of(i, &op);
        widen(width, &r);
    }
    print_row(width, &titles);
    for (i = 0; take_op(i, &op) && op.name; i++) {
        row r = row_of(i, &op);
        print_row(width, &r);
    }
    print_composed(i);
}

/* Which operations have a gradient, why the others have none, and how many these are. */
static void print_gradients(int n, char **words)
{
    int yes = 0, zero = 0, none = 0, composed = 0;
    eg_bind_op op;

    for (int i = 0; take_op(i, &op); i++) {
        if (!is_wanted(i, n, words))
            continue;
        composed += !op.name;
        if (!op.name)
            continue;
        yes += strcmp(op.gradient, "yes") == 0;
        zero += strcmp(op.gradient, "zero") == 0;
        none += strcmp(op.gradient, "none") == 0;
        printf("%-32s %-4s %s\n", op.name, op.gradient, op.no_gradient ? op.no_gradient : "");
    }
    printf("%d operations have a gradient, of %d it is zero, %d have none; "
           "%d functions are differentiated through what they are made of\n",
        yes, zero, none, composed);
}

/* ---- the command ---------------------------------------------------------------------------- */

static bool check_words(int n, char **words)
{
    char message[128];

    for (int i = 0; i < n; i++)
        if (!is_option(words[i]) && eg_bind_find(words[i]) < 0) {
            snprintf(message, sizeof message, "there is no operation %.60s; eagre ops lists all",
                words[i]);
            eg_fail(EG_INVALID, "eagre ops", message);
            return false;
        }
    return true;
}

static void print_pages(int n, char **words)
{
    eg_bind_op op;
    const char *between = "";

    for (int i = 0; take_op(i, &op); i++)
        if (is_wanted(i, n, words)) {
            fputs(between, stdout);
            print_page(i, &op);
            between = "\n";
        }
}

static void print_json(int n, char **words)
{
    eg_bind_op op;
    const char *between = "[\n";

    for (int i = 0; take_op(i, &op); i++)
        if (is_wanted(i, n, words)) {
            fputs(between, stdout);
            print_op_json(i, &op);
            between = ",\n";
        }
    puts("\n]");
}

int command_ops(int n, char **words)
{
    bool gradients = has_option("--gradients", n, words), json = has_option("--json", n, words);
    int options = 0;

    for (int i = 0; i < n; i++)
        options += is_option(words[i]);
    if (options > 1 || options != gradients + json)
        return USAGE;
    if (!check_words(n, words))
        return 0;
    if (gradients)
        print_gradients(n, words);
    else if (json)
        print_json(n, words);
    else if (n > 0)
        print_pages(n, words);
    else
        print_table();
    return 0;
}
