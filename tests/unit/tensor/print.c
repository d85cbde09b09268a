/* Printing: the table of what NumPy prints, and what is eagre's own around it.
 *
 * tests/numpy_print.py writes the table, so these tests need no Python.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include "tensor/dtype.h"
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 8192, TEXT = 1 << 20 };

/* A line of the table: an array, how to print it, and the text NumPy gives. */
typedef struct golden {
    eg_dtype dtype;
    int rank;
    int64_t dims[EG_MAX_RANK], n;
    eg_print_attrs attrs;
    char head[LINE], text[TEXT];
} golden;

static FILE *open_table(void)
{
    const char *other = getenv("EAGRE_PRINT_CASES");
    char path[1024];

    if (other)
        return fopen(other, "r");
    snprintf(path, sizeof path, "%s", __FILE__);
    char *unit = strstr(path, "unit/tensor/print.c");
    if (!unit)
        return NULL;
    strcpy(unit, "golden/print.case");
    return fopen(path, "r");
}

/* Reads the next case; false at the end. The head of the one after is left in the file. */
static bool next_case(FILE *f, golden *g)
{
    char line[LINE];
    size_t n = 0;

    do {
        if (!fgets(g->head, LINE, f))
            return false;
    } while (g->head[0] == '#');
    g->text[0] = '\0';
    for (long at = ftell(f); fgets(line, LINE, f); at = ftell(f)) {
        if (line[0] != '|') {
            fseek(f, at, SEEK_SET);
            break;
        }
        n += (size_t)snprintf(g->text + n, TEXT - n, "%s", line + 1);
    }
    g->text[n - 1] = '\0';
    return true;
}

static void take_option(golden *g, const char *word)
{
    sscanf(word, "precision=%d", &g->attrs.precision);
    sscanf(word, "edge_items=%d", &g->attrs.edge_items);
    sscanf(word, "line_width=%d", &g->attrs.line_width);
    long long threshold = 0;
    if (sscanf(word, "threshold=%lld", &threshold) == 1)
        g->attrs.threshold = threshold;
}

/* Takes dtype, shape and options from the head; returns where the values start. */
static char *take_head(golden *g)
{
    char *values = strstr(g->head, ": ");

    assert_non_null(values);
    *values = '\0';
    char *word = strtok(g->head, " ");
    g->dtype = eg_dtype_find(word);
    assert_int_not_equal(g->dtype, EG_NO_DTYPE);
    char *shape = strtok(NULL, " ");
    g->rank = 0;
    g->n = 1;
    for (char *p = shape + 1; *p && *p != ']'; p += *p == ',') {
        g->dims[g->rank] = strtoll(p, &p, 10);
        g->n *= g->dims[g->rank++];
    }
    g->attrs = (eg_print_attrs){.size = sizeof g->attrs};
    while ((word = strtok(NULL, " ")))
        take_option(g, word);
    return values + 2;
}

/* Takes the next value of the list, or computes number i of a ramp. */
static void take_value(const golden *g, char **at, int64_t i, void *out)
{
    const eg__dtype_info *d = eg__dtype(g->dtype);
    void *element = (char *)out + (size_t)i * d->size;
    double a, b;
    int64_t m;

    if (sscanf(*at, "ramp %lf %lf %" SCNd64, &a, &b, &m) == 3)
        eg__set_element_real(g->dtype, element, a + b * (double)(i % m));
    else if (d->kind == EG__REAL)
        eg__set_element_real(g->dtype, element,
            g->dtype == EG_FLOAT32 ? (double)strtof(*at, at) : strtod(*at, at));
    else if (d->is_unsigned)
        eg__set_element_int(g->dtype, element, (int64_t)strtoull(*at, at, 10));
    else
        eg__set_element_int(g->dtype, element, strtoll(*at, at, 10));
}

static eg_tensor *make(const golden *g, char *values)
{
    void *data = malloc((size_t)g->n * 8 + 8);

    assert_non_null(data);
    for (int64_t i = 0; i < g->n; i++)
        take_value(g, &values, i, data);
    eg_tensor *x = eg_copy(g->dtype, g->rank, g->dims, data);
    free(data);
    return x;
}

static bool same(golden *g, const char *text)
{
    char *end = g->text + strlen(g->text);

    end += sprintf(end, " %s[", eg_dtype_name(g->dtype));
    for (int i = 0; i < g->rank; i++)
        end += sprintf(end, i ? ",%lld" : "%lld", (long long)g->dims[i]);
    strcpy(end, "]");
    return strcmp(text, g->text) == 0;
}

/* How many cases there are, and how many print as they should; shows the first that do not. */
static void check_table(int *cases, int *good)
{
    golden *g = malloc(sizeof *g);
    FILE *f = open_table();

    *cases = *good = 0;
    assert_non_null(f);
    assert_non_null(g);
    while (next_case(f, g)) {
        EG_SCOPE;
        char *text = eg_to_text(make(g, take_head(g)), &g->attrs);
        assert_fine();
        bool right = same(g, text);
        if (!right && *cases - *good < 10)
            print_error("NumPy prints\n%s\neagre prints\n%s\n", g->text, text);
        *good += right;
        ++*cases;
        eg_free(text);
    }
    fclose(f);
    free(g);
}

TEST(arrays_print_as_numpy_prints_them)
{
    int cases, good;

    check_table(&cases, &good);
    assert_int_equal(good, cases);
    assert_true(cases > 1000);
}

/* Whether numbers are now written as in Germany, one half as 0,5. */
static bool is_set_to_commas(void)
{
    return setlocale(LC_NUMERIC, "de_DE.UTF-8") && localeconv()->decimal_point[0] == ',';
}

/* Makes that locale in a folder of its own, where the machine does not have it. */
static bool make_commas(char folder[])
{
    char command[128];

    if (!mkdtemp(folder))
        return false;
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >%s/log 2>&1",
        folder, folder);
    return system(command) == 0 && setenv("LOCPATH", folder, 1) == 0 && is_set_to_commas();
}

static void drop_folder(const char *folder)
{
    char command[64];

    snprintf(command, sizeof command, "rm -r %s", folder);
    unsetenv("LOCPATH");
    assert_int_equal(system(command), 0);
}

TEST(numbers_have_a_point_in_every_locale)
{
    char folder[] = "/tmp/eagre-locale-XXXXXX";
    bool made = !is_set_to_commas();

    if (made && !make_commas(folder)) {
        drop_folder(folder);
        skip_since("no locale writes 0,5 and localedef can make none (Debian: locales)");
    }
    EG_SCOPE;
    char *text = eg_to_text(EG_F64(0.1, 1.0 / 3, 1e-9), NULL);
    char *near = eg_to_text(EG_F32(0.5, 0.1, 2.25), NULL);
    setlocale(LC_NUMERIC, "C");
    if (made)
        drop_folder(folder);
    assert_string_equal(text, "[1.00000000e-01 3.33333333e-01 1.00000000e-09] float64[3]");
    assert_string_equal(near, "[0.5  0.1  2.25] float32[3]");
    eg_free(text);
    eg_free(near);
}

TEST(dtype_and_shape_stand_behind)
{
    EG_SCOPE;
    assert_prints(eg_constant(34), "34 int32[]");
    assert_prints(eg_scalar(EG_FLOAT32, 3), "3. float32[]");
    assert_prints(eg_scalar(EG_FLOAT64, 2.5), "2.5 float64[]");
    assert_prints(eg_scalar(EG_BOOL, 1), "True bool[]");
    assert_prints(EG_F32(1, 2), "[1. 2.] float32[2]");
    assert_prints(eg_constant(1.5, -2, 100), "[  1.5  -2.  100. ] float32[3]");
    assert_prints(eg_copy(EG_FLOAT32, EG_DIMS(0), NULL), "[] float32[0]");
    assert_prints(eg_copy(EG_INT64, EG_DIMS(3, 0), NULL), "[] int64[3,0]");
    assert_prints(eg_copy(EG_INT32, EG_DIMS(2, 2), (int32_t[]){1, 2, 3, 4}),
        "[[1 2] [3 4]] int32[2,2]");
}

TEST(a_tuple_wraps_its_parts_as_if_they_stood_alone)
{
    EG_SCOPE;
    int32_t numbers[40];

    for (int i = 0; i < 40; i++)
        numbers[i] = i;
    eg_tensor *x = eg_array1(numbers);
    char *alone = eg_to_text(x, NULL), *part = eg_to_text(eg_tuple_of(1, &x), NULL);
    assert_non_null(part);
    assert_memory_equal(part + 1, alone, strlen(alone));
    eg_free(alone);
    eg_free(part);
}

TEST(only_the_shown_edges_of_a_large_array_are_looked_at)
{
    EG_SCOPE;
    enum { SIDE = 3000 };
    static float numbers[SIDE][SIDE];

    numbers[SIDE / 2][SIDE / 2] = 1e30f;
    assert_prints(eg_wrap(EG_FLOAT32, EG_DIMS(SIDE, SIDE), numbers, NULL, NULL),
        "[[0. 0. 0. ... 0. 0. 0.] [0. 0. 0. ... 0. 0. 0.] [0. 0. 0. ... 0. 0. 0.] ... "
        "[0. 0. 0. ... 0. 0. 0.] [0. 0. 0. ... 0. 0. 0.] [0. 0. 0. ... 0. 0. 0.]] "
        "float32[3000,3000]");
}
