/* Runs the backend test cases of the `onnx` package, which onnx_cases.py has put into one file:
 * each model eagerly, recorded and served by its graph, which must have the same bits, beside the
 * outputs that the package says.
 *
 *     onnx_cases FILE [--least N] [--only PART] [--list] [--names OUT] [--table OUT]
 *
 * Prints, for each operator, how many of its cases passed, failed, and have an operator or element
 * type that eagre does not know; --list names those that did not pass, with the reason; --names
 * writes each case and what came of it, --table the operators and versions, for docs/onnx.md, with
 * the cases that passed and have them. Exits with 1 where fewer than N passed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/model.h"
#include "base/file.h"
#include "base/memory.h"
#include <eagre.h>
#include <math.h>
#include <stdlib.h>

enum { MOST = 64, OPERATORS = 512 };

typedef enum outcome { PASSED, FAILED, UNKNOWN } outcome;

typedef struct tally {
    char name[64];
    int count[3];
} tally;

/* How far a result may be from what is wanted; rtol -1: any distance. */
typedef struct room {
    double rtol, atol;
} room;

static tally tallies[OPERATORS];
static int n_tallies;
static char why[640]; /* the case at hand did not pass */

/* ---- the file -------------------------------------------------------------------------------- */

static const unsigned char *at, *end;

static void need(size_t n)
{
    if ((size_t)(end - at) < n) {
        fputs("the file of cases is cut off\n", stderr);
        exit(2);
    }
}

static int64_t take_number(void)
{
    int64_t n;

    need(sizeof n);
    memcpy(&n, at, sizeof n);
    at += sizeof n;
    return n;
}

static double take_real(void)
{
    double x;

    need(sizeof x);
    memcpy(&x, at, sizeof x);
    at += sizeof x;
    return x;
}

static eg__wire take_text(void)
{
    int64_t n = take_number();

    need((size_t)n);
    eg__wire text = {at, at + n};
    at += n;
    return text;
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool read_tensor(eg__wire bytes, eg__onnx_value *value)
{
    eg_tensor *x = eg__onnx_tensor_read(bytes, NULL, value);

    value->known = false;
    value->tensor = x ? eg__own(x, "onnx_cases") : NULL;
    return x != NULL;
}

static bool read_value(char letter, eg__wire bytes, eg__arena *arena, eg__onnx_value *value);

/* A SequenceProto: its elements, tensors. */
static bool read_sequence(eg__wire bytes, eg__arena *arena, eg__onnx_value *value)
{
    eg__wire_field f;
    eg__wire from = bytes;
    uint64_t type = 1;
    int64_t n = 0;

    while (eg__wire_next(&from, &f))
        if (f.number == 2)
            type = f.value;
    uint32_t field = type == 1 ? 3 : type == 3 ? 5 : 0;
    eg__onnx_value *items =
        eg__arena_take(arena, sizeof *items * (size_t)(eg__wire_count(bytes, field) + 1));
    for (from = bytes; eg__wire_next(&from, &f);)
        if (f.number == field && !read_value(type == 1 ? 't' : 's', f.bytes, arena, &items[n++]))
            return false;
    *value = (eg__onnx_value){.kind = EG__ONNX_SEQUENCE, .n = n, .items = items};
    return true;
}

/* An OptionalProto: nothing, a tensor or a sequence. */
static bool read_optional(eg__wire bytes, eg__arena *arena, eg__onnx_value *value)
{
    eg__wire_field f;

    *value = (eg__onnx_value){.kind = EG__ONNX_EMPTY};
    while (eg__wire_next(&bytes, &f)) {
        if (f.number == 3)
            return read_value('t', f.bytes, arena, value);
        if (f.number == 5)
            return read_value('s', f.bytes, arena, value);
    }
    return true;
}

static bool read_value(char letter, eg__wire bytes, eg__arena *arena, eg__onnx_value *value)
{
    if (letter == 't')
        return read_tensor(bytes, value);
    if (letter == 's')
        return read_sequence(bytes, arena, value);
    if (letter == 'o')
        return read_optional(bytes, arena, value);
    return eg_fail(EG_UNAVAILABLE, "onnx_cases", "a value that is a map") == EG_OK;
}

static int read_values(eg__arena *arena, eg__onnx_value values[MOST])
{
    int64_t n = take_number();

    for (int64_t i = 0; i < n; i++) {
        need(1);
        char letter = (char)*at++;
        eg__wire bytes = take_text();
        if (i < MOST && eg_ok())
            read_value(letter, bytes, arena, &values[i]);
    }
    return n < MOST ? (int)n : MOST;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static bool is_near(eg_pair a, eg_pair b, room r)
{
    bool re = a.re == b.re || (isnan(a.re) && isnan(b.re)) ||
        fabs(a.re - b.re) <= r.atol + r.rtol * fabs(b.re);
    bool im = a.im == b.im || (isnan(a.im) && isnan(b.im)) ||
        fabs(a.im - b.im) <= r.atol + r.rtol * fabs(b.im);
    return re && im;
}

static bool same_tensor(const eg_tensor *got, const eg_tensor *want, room r)
{
    char a[EG__SPEC_TEXT], b[EG__SPEC_TEXT];
    size_t size = eg_dtype_size(want->spec.dtype);
    bool whole = eg__dtype(want->spec.dtype)->kind < EG__REAL;

    if (!eg__same_spec(&got->spec, &want->spec)) {
        snprintf(why, sizeof why, "gives %s, not %s", eg__spec_text(&got->spec, a),
            eg__spec_text(&want->spec, b));
        return false;
    }
    for (int64_t i = 0; i < want->spec.size && r.rtol >= 0; i++) {
        const char *x = (const char *)got->data + (size_t)i * size;
        const char *y = (const char *)want->data + (size_t)i * size;
        eg_pair p = eg__element_pair(want->spec.dtype, x);
        eg_pair q = eg__element_pair(want->spec.dtype, y);
        if (whole ? memcmp(x, y, size) != 0 : !is_near(p, q, r)) {
            snprintf(why, sizeof why, "element %lld of %s is %g, not %g", (long long)i,
                eg__spec_text(&got->spec, a), p.re, q.re);
            return false;
        }
    }
    return true;
}

static bool same_value(const eg__onnx_value *got, const eg__onnx_value *want, room r)
{
    if (got->kind != want->kind || got->n != want->n) {
        snprintf(why, sizeof why, "gives another kind of value, or another length");
        return false;
    }
    if (got->kind == EG__ONNX_TENSOR)
        return same_tensor(got->tensor, want->tensor, r);
    for (int64_t i = 0; i < want->n; i++)
        if (!same_value(&got->items[i], &want->items[i], r))
            return false;
    return true;
}

/* ---- ways to run ----------------------------------------------------------------------------- */

static bool all_tensors(int n, const eg__onnx_value values[])
{
    for (int i = 0; i < n; i++)
        if (values[i].kind != EG__ONNX_TENSOR)
            return false;
    return true;
}

/* A call of the model's function; what it returns in `out`. */
static bool call(eg_onnx *model, int n, const eg__onnx_value in[], int n_out, eg__onnx_value out[])
{
    eg_tensor *args[MOST];

    for (int i = 0; i < n; i++)
        args[i] = in[i].tensor;
    eg_tensor *y = eg_call_of(eg_onnx_function(model), n, args);
    for (int i = 0; y && i < n_out; i++)
        out[i] =
            (eg__onnx_value){.kind = EG__ONNX_TENSOR, .tensor = eg_parts(y) ? eg_part(y, i) : y};
    return y != NULL;
}

static bool compare(int n, const eg__onnx_value got[], const eg__onnx_value want[], room r)
{
    for (int i = 0; i < n; i++)
        if (!same_value(&got[i], &want[i], r))
            return false;
    return true;
}

static bool run_function(eg_onnx *model, int n, const eg__onnx_value in[], int n_out,
    const eg__onnx_value want[], room r)
{
    eg__onnx_value eager[MOST], recorded[MOST], served[MOST];
    const room none = {0};

    eg_run_functions_eagerly(true);
    bool fine = call(model, n, in, n_out, eager);
    eg_run_functions_eagerly(false);
    if (!fine || !compare(n_out, eager, want, r))
        return false;
    if (!call(model, n, in, n_out, recorded) || !call(model, n, in, n_out, served))
        return false;
    if (r.rtol < 0)
        return true;
    if (compare(n_out, recorded, eager, none) && compare(n_out, served, eager, none))
        return true;
    size_t length = strlen(why);
    snprintf(why + length, sizeof why - length, ": a recorded call differs from an eager one");
    return false;
}

static bool run_values(eg_onnx *model, eg__arena *arena, const eg__onnx_value in[], int n_out,
    const eg__onnx_value want[], room r)
{
    eg__onnx_value out[MOST] = {0};

    return model->graph->n_out <= MOST && eg__onnx_compute(model, arena, in, out) &&
        compare(n_out, out, want, r);
}

/* ---- operators shown ------------------------------------------------------------------------- */

enum { ROWS = 1024 };

/* What the cases show of the operator that eg_onnx_operator_at has under the same number. */
static struct {
    int passed;
    char first[96];
} rows[ROWS];

/* The number of the version of an operator that a node has; -1: none. */
static int row_of(const eg__onnx_node *node)
{
    eg_onnx_operator op = {.size = sizeof op};
    int found = -1;

    for (int i = 0; i < ROWS && eg_onnx_operator_at(i, &op); i++)
        if (strcmp(op.name, node->type) == 0 && strcmp(op.domain, node->domain) == 0 &&
            op.version <= node->version)
            found = i;
    return found;
}

static void note_operators(const eg__onnx_graph *g, const char *name)
{
    for (int i = 0; i < g->n_nodes; i++) {
        const eg__onnx_node *node = &g->nodes[i];
        int row = node->op ? row_of(node) : -1;
        if (row >= 0 && rows[row].passed++ == 0)
            snprintf(rows[row].first, sizeof rows->first, "%s", name);
        for (int k = 0; k < node->n_attributes; k++)
            if (node->attributes[k].graph)
                note_operators(node->attributes[k].graph, name);
    }
}

static void write_table(FILE *to)
{
    eg_onnx_operator op = {.size = sizeof op};

    fputs("| operator | version | cases | one of them |\n|---|---|---|---|\n", to);
    for (int i = 0; i < ROWS && eg_onnx_operator_at(i, &op); i++)
        fprintf(to, "| %s%s%s | %d | %d | %s |\n", op.domain, *op.domain ? "." : "", op.name,
            op.version, rows[i].passed, rows[i].first);
}

/* ---- cases ----------------------------------------------------------------------------------- */

static bool draws_numbers(const eg_onnx *m)
{
    static const char *const random[] = {"Bernoulli", "RandomUniform", "RandomNormal",
        "RandomUniformLike", "RandomNormalLike", "Multinomial"};

    for (int i = 0; i < m->graph->n_nodes; i++)
        for (size_t k = 0; k < sizeof random / sizeof *random; k++)
            if (strcmp(m->graph->nodes[i].type, random[k]) == 0)
                return true;
    return false;
}

/* Dropout in training: which elements are dropped is up to the generator. */
static bool drops_elements(const char *name)
{
    return strncmp(name, "test_training_dropout", 21) == 0 && !strstr(name, "zero_ratio");
}

static bool run_sets(eg_onnx *model, const char *name, room r)
{
    bool fine = true;

    for (int64_t sets = take_number(); sets > 0; sets--) {
        EG_SCOPE;
        eg__arena arena = {0};
        eg__onnx_value in[MOST] = {0}, want[MOST] = {0};
        int n = read_values(&arena, in), n_out = read_values(&arena, want);
        if (model && fine && eg_ok()) {
            bool random = draws_numbers(model) || drops_elements(name);
            room own = random ? (room){-1, 0} : r;
            if (all_tensors(n, in) && all_tensors(n_out, want))
                fine = run_function(model, n, in, n_out, want, own);
            else
                fine = run_values(model, &arena, in, n_out, want, own);
        }
        eg__arena_free(&arena);
    }
    return fine;
}

static outcome run_case(const char *name, room r, eg__wire bytes)
{
    eg_error error = {0};
    eg_scope *scope = eg_try_open(&error);
    eg_onnx *model = eg_onnx_read(bytes.at, eg__wire_size(bytes));

    *why = '\0';
    bool fine = run_sets(model, name, r);
    eg_scope_close(scope);
    if (model && fine && error.status == EG_OK)
        note_operators(model->graph, name);
    eg_onnx_free(model);
    if (error.status != EG_OK)
        snprintf(why, sizeof why, "%s: %s", error.op, error.message);
    if (error.status == EG_UNAVAILABLE || strstr(error.message, "holds strings"))
        return UNKNOWN;
    return fine && error.status == EG_OK ? PASSED : FAILED;
}

/* The first operator of the model's graph: which the case is about. */
static void name_operator(eg__wire bytes, char *name, size_t most)
{
    eg__wire_field f;
    eg__wire graph = {0}, node = {0};

    *name = '\0';
    while (eg__wire_next(&bytes, &f))
        if (f.number == 7)
            graph = f.bytes;
    while (eg__wire_next(&graph, &f))
        if (f.number == 1 && !node.at)
            node = f.bytes;
    while (eg__wire_next(&node, &f))
        if (f.number == 4)
            snprintf(name, most, "%.*s", (int)eg__wire_size(f.bytes), (const char *)f.bytes.at);
}

static tally *tally_of(const char *name)
{
    for (int i = 0; i < n_tallies; i++)
        if (strcmp(tallies[i].name, name) == 0)
            return &tallies[i];
    if (n_tallies == OPERATORS)
        return &tallies[OPERATORS - 1];
    snprintf(tallies[n_tallies].name, sizeof tallies->name, "%s", name);
    return &tallies[n_tallies++];
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const tally *)a)->name, ((const tally *)b)->name);
}

static void print_tallies(const int sum[3])
{
    qsort(tallies, (size_t)n_tallies, sizeof *tallies, by_name);
    printf("%-32s %8s %8s %8s\n", "operator", "passed", "failed", "unknown");
    for (int i = 0; i < n_tallies; i++)
        printf("%-32s %8d %8d %8d\n", tallies[i].name, tallies[i].count[PASSED],
            tallies[i].count[FAILED], tallies[i].count[UNKNOWN]);
    printf("%-32s %8d %8d %8d\n", "all", sum[PASSED], sum[FAILED], sum[UNKNOWN]);
}

typedef struct options {
    const char *path, *only;
    int least;
    bool list;
    FILE *names, *table;
} options;

static options take_words(int argc, char **argv)
{
    options o = {0};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0)
            o.list = true;
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            o.only = argv[++i];
        else if (strcmp(argv[i], "--least") == 0 && i + 1 < argc)
            o.least = atoi(argv[++i]);
        else if (strcmp(argv[i], "--names") == 0 && i + 1 < argc)
            o.names = fopen(argv[++i], "w");
        else if (strcmp(argv[i], "--table") == 0 && i + 1 < argc)
            o.table = fopen(argv[++i], "w");
        else
            o.path = argv[i];
    }
    return o;
}

/* Goes past a case that is not to be run. */
static void skip_case(void)
{
    for (int64_t sets = take_number(); sets > 0; sets--)
        for (int k = 0; k < 2; k++)
            for (int64_t n = take_number(); n > 0; n--) {
                at++;
                take_text();
            }
}

static void run_next(const options *o, int sum[3])
{
    static const char *const words[] = {"passed", "failed", "unknown"};
    char name[128], about[64];
    eg__wire text = take_text();
    room r = {take_real(), 0};
    r.atol = take_real();
    eg__wire bytes = take_text();

    snprintf(name, sizeof name, "%.*s", (int)eg__wire_size(text), (const char *)text.at);
    if (o->only && !strstr(name, o->only)) {
        skip_case();
        return;
    }
    outcome got = run_case(name, r, bytes);
    name_operator(bytes, about, sizeof about);
    tally_of(about)->count[got]++;
    sum[got]++;
    if (o->list && got != PASSED)
        printf("%s %s: %s\n", words[got], name, why);
    if (o->names)
        fprintf(o->names, "%s %s\n", name, words[got]);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    options o = take_words(argc, argv);
    int sum[3] = {0};
    size_t n;
    EG_SCOPE;

    char *bytes = o.path ? eg__file_read(o.path, SIZE_MAX / 4, &n, "onnx_cases") : NULL;
    if (!bytes) {
        eg_report(stderr);
        return 2;
    }
    at = (const unsigned char *)bytes;
    end = at + n;
    while (at < end)
        run_next(&o, sum);
    print_tallies(sum);
    eg__free(bytes, n + 1);
    if (o.names)
        fclose(o.names);
    if (o.table) {
        write_table(o.table);
        fclose(o.table);
    }
    return sum[PASSED] >= o.least ? 0 : 1;
}
