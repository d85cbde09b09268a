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

static void print_row(const char *name, const char *inputs, const char *attributes,
    const char *gradient, const char *tensorflow)
{
    printf("%-28s %-26s %-28s %-8s %s\n", name, inputs, attributes, gradient, tensorflow);
}

int command_ops(int n, char **words)
{
    eg_op_info op = {.size = sizeof op};
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
    print_row("operation", "inputs", "attributes", "gradient", "in TensorFlow");
    for (int i = 0; eg_op_info_at(i, &op); i++)
        if (is_wanted(op.name, n, words) && (!gradients || strcmp(op.gradient, "yes") == 0))
            print_row(op.name, op.inputs, op.attributes, op.gradient,
                op.tensorflow ? op.tensorflow : "");
    return 0;
}
