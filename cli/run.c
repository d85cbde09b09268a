/* eagre run: a saved graph in a session, fed from files of tensors.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "listing.h"
#include "tensors.h"
#include <string.h>

enum { MOST = 64, NAME = 128 };

typedef struct job {
    const char *path, *save;
    const char *given[MOST]; /* NAME=FILE[:TENSOR] */
    int n_given;
    char names[MOST][NAME]; /* to fetch */
    int n_names;
    eg_feed feeds[MOST];
    eg_tensor *fetches[MOST], *results[MOST];
} job;

static void refuse(const char *what, const char *word)
{
    char message[256];

    snprintf(message, sizeof message, "%s%.160s", what, word);
    eg_fail(EG_INVALID, "eagre run", message);
}

/* ---- words ---------------------------------------------------------------------------------- */

static bool add_name(job *j, const char *name)
{
    if (j->n_names == MOST || strlen(name) >= NAME)
        return false;
    strcpy(j->names[j->n_names++], name);
    return true;
}

static bool add_feed(job *j, const char *given)
{
    const char *equals = strchr(given, '=');

    if (j->n_given == MOST || !equals || equals == given || equals - given >= NAME || !equals[1])
        return false;
    j->given[j->n_given++] = given;
    return true;
}

static bool take_words(job *j, int n, char **words)
{
    const char *value;

    for (int i = 0; i < n; i++) {
        bool fine = true;
        if ((value = value_of("--feed", n, words, &i)))
            fine = add_feed(j, value);
        else if ((value = value_of("--fetch", n, words, &i)))
            fine = add_name(j, value);
        else if ((value = value_of("--save", n, words, &i)))
            j->save = value;
        else if (words[i][0] == '-' || j->path)
            fine = false;
        else
            j->path = words[i];
        if (!fine)
            return false;
    }
    return j->path != NULL;
}

/* ---- feeds and fetches ---------------------------------------------------------------------- */

/* The tensor that FILE[:TENSOR] means; `name` is that of the symbol. */
static eg_tensor *load_value(const char *where, const char *name)
{
    char path[1024];
    const char *colon = strrchr(where, ':');
    size_t length = colon ? (size_t)(colon - where) : strlen(where);

    if (length >= sizeof path) {
        refuse("the path is too long: ", where);
        return NULL;
    }
    memcpy(path, where, length);
    path[length] = '\0';
    tensors file = tensors_open(path);
    eg_tensor *value = tensors_find(&file, colon ? colon + 1 : name);
    tensors_close(&file);
    return value;
}

static void find_feeds(job *j, eg_graph *graph)
{
    char name[NAME];

    for (int i = 0; i < j->n_given && eg_ok(); i++) {
        const char *equals = strchr(j->given[i], '=');
        snprintf(name, sizeof name, "%.*s", (int)(equals - j->given[i]), j->given[i]);
        j->feeds[i].symbol = eg_graph_symbol(graph, name);
        j->feeds[i].value = load_value(equals + 1, name);
    }
}

/* Where no fetch is named, all results that have names. */
static void name_results(job *j, const eg_graph *graph)
{
    char *text = eg_graph_text(graph);
    const char *at = text;
    listed node;

    while (text && next_node(&at, &node))
        if (is_result(&node) && !add_name(j, node.name))
            refuse("more results than one run fetches; use --fetch in ", j->path);
    eg_free(text);
    if (j->n_names == 0)
        refuse("nothing to fetch: no result has a name in ", j->path);
}

static void find_fetches(job *j, eg_graph *graph)
{
    if (j->n_names == 0)
        name_results(j, graph);
    for (int i = 0; i < j->n_names && eg_ok(); i++)
        j->fetches[i] = eg_graph_symbol(graph, j->names[i]);
}

/* ---- the run -------------------------------------------------------------------------------- */

static void give_results(const job *j)
{
    const char *names[MOST];

    for (int i = 0; i < j->n_names; i++)
        names[i] = j->names[i];
    if (j->save) {
        tensors_save(j->save, j->n_names, names, j->results);
        return;
    }
    for (int i = 0; i < j->n_names && eg_ok(); i++) {
        printf("%s:\n", names[i]);
        eg_print(j->results[i]);
    }
}

static void run_graph(job *j)
{
    eg_graph *graph = eg_graph_load(j->path);

    if (!graph)
        return;
    find_feeds(j, graph);
    find_fetches(j, graph);
    eg_session *session = eg_ok() ? eg_session_new(graph) : NULL;
    if (session &&
        eg_session_run(session, j->n_given, j->feeds, j->n_names, j->fetches, j->results) == EG_OK)
        give_results(j);
    eg_session_free(session);
    eg_graph_free(graph);
}

int command_run(int n, char **words)
{
    static job j;

    if (!take_words(&j, n, words))
        return USAGE;
    run_graph(&j);
    return 0;
}
