/* eagre: looks at what the library has, and at graphs and weights in files; runs saved graphs.
 *
 * Exits with 0, with 1 after one line on stderr that says what went wrong, or with 64 where the
 * words were wrong.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include <errno.h>
#include <string.h>

typedef struct command {
    const char *name, *words, *summary;
    int (*run)(int n, char **words);
} command;

static const command commands[] = {
    {"ops", "[--gradients | --json] [NAME]...",
        "the operations: inputs, attributes, gradient, TensorFlow's name;\n"
        "      of each NAME, as C, graphs, NumPy, TensorFlow or ONNX spell it, all that is known;\n"
        "      with --gradients which have one and why others do not; with --json for programs",
        command_ops},
    {"passes", "", "the passes over graphs, in the order in which they run, and what they do",
        command_passes},
    {"show", "FILE [--svg OUT] [--dot OUT]",
        "a saved graph, checked: its text, what it is made of, its picture in OUT;\n"
        "      of a file that ends in .safetensors, .npz or .npy the names, dtypes and shapes",
        command_show},
    {"run", "GRAPH [--feed NAME=FILE[:TENSOR]]... [--fetch NAME]... [--save OUT]",
        "runs a saved graph and prints the results: of each NAME, or of all that are named;\n"
        "      feeds come from files that end in .safetensors, .npz or .npy, where TENSOR is\n"
        "      called NAME unless told; with --save the results go to such a file instead",
        command_run},
    {"emit", "GRAPH OUT.c [--name NAME] [--weights FILE]",
        "writes a saved graph as C: OUT.c and its header, whose names begin with NAME;\n"
        "      with --weights constants and variables go to a .safetensors file",
        command_emit},
    {"version", "", "the version, the instruction set, the libraries it was built with",
        command_version},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(void)
{
    puts("usage: eagre COMMAND\n");
    for (int i = 0; i < COMMANDS; i++)
        printf("  eagre %s%s%s\n      %s\n\n", commands[i].name, *commands[i].words ? " " : "",
            commands[i].words, commands[i].summary);
    puts("  eagre COMMAND --help shows the words of one command.");
}

static void print_usage(const command *c, FILE *to)
{
    fprintf(to, "usage: eagre %s%s%s\n", c->name, *c->words ? " " : "", c->words);
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

const char *value_of(const char *option, int n, char **words, int *i)
{
    if (strcmp(words[*i], option) != 0 || *i + 1 >= n)
        return NULL;
    return words[++*i];
}

int command_version(int n, char **words)
{
    (void)words;
    if (n > 0)
        return USAGE;
    char *about = eg_about();
    if (about)
        fputs(about, stdout);
    eg_free(about);
    return 0;
}

/* What was printed must have arrived, or the command has failed. */
static void check_output(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        eg_fail(EG_IO, "eagre", strerror(errno));
}

/* As eg_report, without the place in this program's source, which tells its user nothing. */
static int report(void)
{
    eg_error e;

    if (eg_pending(&e) != EG_OK)
        fprintf(stderr, "error: %s: %s\n", e.op, e.message);
    return eg_report(NULL);
}

static int run(const command *c, int n, char **words)
{
    EG_SCOPE;

    for (int i = 0; i < n; i++)
        if (is_help(words[i])) {
            print_usage(c, stdout);
            return 0;
        }
    int status = c->run(n, words);
    if (status == USAGE) {
        print_usage(c, stderr);
        return USAGE;
    }
    check_output();
    return report();
}

int main(int argc, char **argv)
{
    if (argc == 2 && is_help(argv[1])) {
        print_help();
        return 0;
    }
    for (int i = 0; i < COMMANDS && argc > 1; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return run(&commands[i], argc - 2, argv + 2);
    if (argc > 1)
        fprintf(stderr, "eagre: there is no command %s; eagre --help shows those there are\n",
            argv[1]);
    else
        fputs("usage: eagre COMMAND; eagre --help shows the commands\n", stderr);
    return USAGE;
}
