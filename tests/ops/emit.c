/* Operations as C: for the first cases of each operation a file is emitted, all are compiled
 * together, and what they compute is compared with eager execution: bit for bit where C has the
 * same arithmetic, else within what SEMANTICS B5 allows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include "unit/emit/emitted.h"
#include <eagre/emit.h>
#include <math.h>

enum { MOST = 1200, EACH = 2, LARGEST = 500 };

static const op_case *written[MOST];
static int n_written;

/* Operations whose results have the same bits wherever arithmetic is that of IEEE 754. */
static bool is_exact(const char *op)
{
    static const char *const ops[] = {"Add", "Sub", "Mul", "Div", "Neg", "Abs", "Square", "Sqrt",
        "Maximum", "Minimum", "Where", "Relu", "Relu6", "Floor", "Ceil", "Round", "Trunc", "Equal",
        "Less", "Greater", "Cast", "Transpose", "Slice", "Unslice", "PutSlice", "Concat", "Gather",
        "TakeAlong", "OneHot", "BroadcastTo", "Max", "Min", "ArgMax", "ArgMin", "Sort", "TopK",
        "MaxPool", "MaxPoolIndex", "Dequantize", "Quantize", "HardSwish", "Scatter"};

    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (strcmp(ops[i], op) == 0)
            return true;
    return false;
}

static bool is_written(const eg_opdef *op)
{
    return eg_emits_c(op->name);
}

/* Cases of RecurrentGrad have what Recurrent kept, which C finds anew. */
static bool has_own_inputs(const eg_opdef *op)
{
    return strcmp(op->name, "RecurrentGrad") != 0;
}

static bool has_types(const op_case *c, eg_tensor *y)
{
    for (int i = 0; i < c->n_in; i++)
        if (c->in[i].spec.dtype >= EG_FLOAT16)
            return false;
    for (int i = 0; i < (eg_parts(y) ? eg_parts(y) : 1); i++)
        if (eg_dtype_of(result(y, i)) >= EG_FLOAT16)
            return false;
    return true;
}

/* The operation as a graph, and that as a file. */
static bool write_case(const op_case *c, int number)
{
    eg_tensor *in[EG__MAX_IN];
    char name[32];
    eg_graph *graph = eg_graph_new(c->op->name);
    eg_scope *scope = eg_graph_open(graph);

    for (int i = 0; i < c->n_in; i++) {
        snprintf(name, sizeof name, "x%d", i);
        in[i] = eg_placeholder(name, c->in[i].spec.dtype, c->in[i].spec.rank, c->in[i].spec.dims);
    }
    eg_tensor *y = case_apply(c, in);
    for (int i = 0; y && i < (eg_parts(y) ? eg_parts(y) : 1); i++) {
        snprintf(name, sizeof name, "y%d", i);
        eg_name(eg_identity(result(y, i)), name);
    }
    eg_scope_close(scope);
    snprintf(name, sizeof name, "c%d.c", number);
    eg_graph_emit_c(graph, emitted_path(name));
    eg_graph_free(graph);
    return is_fine(c, "as C");
}

/* A file that includes all others, with a function for each that takes lists of pointers. */
static void write_all(const int *n_out)
{
    FILE *f = fopen(emitted_path("all.c"), "w");

    assert_non_null(f);
    for (int i = 0; i < n_written; i++) {
        const char *between = "";
        fprintf(f, "#include \"c%d.c\"\n", i);
        fprintf(f, "int call_%d(void **in, void **out, void *arena);\n", i);
        fprintf(f, "int call_%d(void **in, void **out, void *arena)\n{\n    (void)in;\n", i);
        fprintf(f, "    return C%d_ARENA_BYTES > (1 << 22) ? 9 : c%d_run(", i, i);
        for (int k = 0; k < written[i]->n_in; k++, between = ", ")
            fprintf(f, "%sin[%d]", between, k);
        for (int k = 0; k < n_out[i]; k++, between = ", ")
            fprintf(f, "%sout[%d]", between, k);
        fprintf(f, "%sarena);\n}\n", between);
    }
    fclose(f);
}

/* ---- comparing ------------------------------------------------------------------------------ */

static double largest(const eg_spec *spec, const void *data)
{
    double most = 1;

    for (int64_t i = 0; i < spec->size; i++) {
        double x = fabs(eg__element_real(spec->dtype,
            (const char *)data + (size_t)i * eg__dtype(spec->dtype)->size));
        most = isfinite(x) && x > most ? x : most;
    }
    return most;
}

/* How far elements may be apart. */
static double allowed(const op_case *c, eg_tensor *const in[], const eg_tensor *y)
{
    double most = largest(&y->spec, y->data), n = 16;

    if (is_exact(c->op->name) || eg__dtype(y->spec.dtype)->kind != EG__REAL)
        return 0;
    for (int k = 0; k < c->n_in; k++) {
        n += (double)in[k]->spec.size;
        if (eg__dtype(in[k]->spec.dtype)->kind == EG__REAL)
            most = fmax(most, largest(&in[k]->spec, in[k]->data));
    }
    return n * most * (y->spec.dtype == EG_FLOAT64 ? 0x1p-52 : 0x1p-23);
}

static bool is_near(double a, double b, double by)
{
    return a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= by;
}

static void check_result(const op_case *c, eg_tensor *const in[], const eg_tensor *y,
    const void *made)
{
    size_t size = eg__dtype(y->spec.dtype)->size;
    double by = allowed(c, in, y);

    for (int64_t i = 0; i < y->spec.size; i++) {
        double a = eg__element_real(y->spec.dtype, (const char *)y->data + (size_t)i * size);
        double b = eg__element_real(y->spec.dtype, (const char *)made + (size_t)i * size);
        if (!is_near(a, b, by)) {
            complain(c, "as C element %lld is %.9g, not %.9g", (long long)i, b, a);
            return;
        }
    }
}

typedef int (*call)(void **in, void **out, void *arena);

static void check_case(const op_case *c, void *library, int number, void *arena)
{
    eg_tensor *in[EG__MAX_IN];
    void *from[EG__MAX_IN], *to[EG__MAX_OUT];
    char name[32];
    call run;
    EG_SCOPE;

    case_inputs(c, in);
    eg_tensor *y = case_apply(c, in);
    int n = eg_parts(y) ? eg_parts(y) : 1;
    for (int i = 0; i < c->n_in; i++)
        from[i] = in[i]->data;
    for (int i = 0; i < n; i++)
        to[i] = calloc((size_t)result(y, i)->spec.size + 1, 8);
    snprintf(name, sizeof name, "call_%d", number);
    void *found = dlsym(library, name);
    memcpy(&run, &found, sizeof run);
    int status = run(from, to, arena);
    if (status != 0)
        complain(c, "as C it returns %d", status);
    for (int i = 0; i < n; i++) {
        bool kept = strcmp(c->op->name, "Recurrent") == 0 && i == 2; /* for gradients alone */
        if (status == 0 && !kept)
            check_result(c, in, result(y, i), to[i]);
        free(to[i]);
    }
}

TEST(operations_as_c_compute_what_they_do)
{
    int of_op = 0, n_out[MOST];
    const eg_opdef *last = NULL;

    if (!emitted_has("gcc"))
        skip_since("there is no gcc");
    FOR_EACH_CASE(c)
    {
        EG_SCOPE;
        eg_tensor *in[EG__MAX_IN];
        of_op = c->op == last ? of_op + 1 : 0;
        last = c->op;
        if (!is_written(c->op) || !has_own_inputs(c->op) || of_op >= EACH || n_written == MOST ||
            case_size(c) > LARGEST)
            continue;
        case_inputs(c, in);
        eg_tensor *y = case_apply(c, in);
        if (!y || !has_types(c, y) || !write_case(c, n_written))
            continue;
        n_out[n_written] = eg_parts(y) ? eg_parts(y) : 1;
        written[n_written++] = c;
    }
    assert_no_complaints();
    write_all(n_out);
    void *library = emitted_load("gcc", "all"), *arena = aligned_alloc(64, 1 << 22);
    assert_non_null(library);
    for (int i = 0; i < n_written; i++)
        check_case(written[i], library, i, arena);
    free(arena);
    dlclose(library);
    emitted_end();
    assert_no_complaints();
}

/* The number is that of docs/emit.md. */
TEST(most_operations_can_be_written_as_c)
{
    int yes = 0, no = 0;

    FOR_EACH_OP(op)
    {
        yes += is_written(op);
        no += !is_written(op);
        if (!is_written(op))
            print_message("not as C: %s\n", op->name);
    }
    print_message("%d operations can be written as C, %d cannot\n", yes, no);
    assert_true(getenv("EAGRE_TEST_OP") || yes >= 100);
}
