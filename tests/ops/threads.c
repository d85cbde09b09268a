/* Results of an operation do not depend on where an element stands or how many threads help.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include "base/workers.h"
#include <stdlib.h>
#include <string.h>

/* Elements that make most operations share their work; all that do at all. */
enum { MOST_SHARE = 60000, ALL_SHARE = 400000, CRUEL = 20000 };

/* The value `times` over, along a new first axis, behind axes of size 1 up to `rank`. */
static eg_tensor *tiled(const op_value *v, int64_t times, int rank)
{
    eg_spec spec = {.dtype = v->spec.dtype, .rank = rank + 1};
    size_t n = eg__bytes(&v->spec);

    spec.dims[0] = times;
    for (int i = 0; i < rank; i++) {
        int own = i - (rank - v->spec.rank);
        spec.dims[i + 1] = own < 0 ? 1 : v->spec.dims[own];
    }
    char *data = malloc(n * (size_t)times + 1);
    assert_non_null(data);
    for (int64_t i = 0; i < times; i++)
        memcpy(data + n * (size_t)i, v->data, n);
    eg_tensor *x = (eg_copy)(spec.dtype, spec.rank, spec.dims, data);
    free(data);
    return x;
}

static int widest(const op_case *c)
{
    int rank = 0;

    for (int i = 0; i < c->n_in; i++)
        rank = c->in[i].spec.rank > rank ? c->in[i].spec.rank : rank;
    return rank;
}

static void tiled_inputs(const op_case *c, int64_t times, eg_tensor *in[])
{
    for (int i = 0; i < c->n_in; i++)
        in[i] = tiled(&c->in[i], times, widest(c));
}

static void check_position(const op_case *c, int64_t times)
{
    eg_tensor *in[EG__MAX_IN];
    EG_SCOPE;

    case_inputs(c, in);
    eg_tensor *once = case_apply(c, in);
    tiled_inputs(c, times, in);
    eg_tensor *often = case_apply(c, in);
    if (!is_fine(c, "it fails when repeated"))
        return;
    size_t n = eg__bytes(&once->spec);
    for (int64_t i = 0; i < times; i++)
        if (memcmp((char *)often->data + n * (size_t)i, once->data, n) != 0) {
            complain(c, "repetition %lld of %lld has other bits", (long long)i, (long long)times);
            return;
        }
}

TEST(an_element_does_not_depend_on_its_position)
{
    FOR_EACH_CASE(c)
    if ((c->op->traits & EG__ELEMENTWISE) && widest(c) < EG_MAX_RANK && case_size(c) < 1000) {
        check_position(c, 7);
        check_position(c, 131);
    }
    assert_no_complaints();
}

/* A case's inputs, of so many elements or a few more. */
static void large_inputs(const op_case *c, int64_t enough, eg_tensor *in[])
{
    int64_t most = 0;

    for (int i = 0; i < c->n_in; i++) {
        const eg_spec *s = &c->in[i].spec;
        most = s->size > most ? s->size : most;
        enough *= i == 0 && s->dtype == EG_BOOL ? 4 : 1;
    }
    if ((c->op->traits & EG__ELEMENTWISE) && most > 0 && widest(c) < EG_MAX_RANK)
        tiled_inputs(c, enough / most + 1, in);
    else
        case_inputs(c, in);
}

static void check_threads(const op_case *c, int64_t elements)
{
    eg_tensor *in[EG__MAX_IN];
    EG_SCOPE;

    large_inputs(c, elements, in);
    eg_set_threads(1);
    eg_tensor *one = case_apply(c, in);
    if (!is_fine(c, "it fails on one thread"))
        return;
    for (int n = 2; n <= 4; n *= 2) {
        eg_set_threads(n);
        eg_tensor *several = case_apply(c, in);
        if (is_fine(c, "it fails on several threads") && !same_bits(one, several))
            complain(c, "%d threads give other bits than one", n);
    }
}

/* Whether it is the first case of its operation and dtype: threads do not depend on values. */
static bool leads(const op_case *c)
{
    int n;
    const op_case *first = cases(&n);

    for (; first < c; first++)
        if (first->op == c->op && !first->error[0] && c->n_in > 0 && case_size(first) > 0 &&
            first->in[c->n_in - 1].spec.dtype == c->in[c->n_in - 1].spec.dtype)
            return false;
    return true;
}

/* Operations that no worker helps with, however large they are: results that share their input's
 * elements, walks over elements any of which may belong to any place of the result, and strings,
 * which the calling thread makes. */
static const char *const never_shared[] = {"Reshape", "Identity", "StopGradient", "SegmentMax",
    "SegmentMin", "SegmentProd", "StringConcat", "StringLower", "StringUpper", "StringLength",
    "StringSplit", "StringPieces", "StringToNumber", "AsString"};

static bool is_never_shared(const eg_opdef *op)
{
    for (size_t i = 0; i < sizeof never_shared / sizeof *never_shared; i++)
        if (strcmp(never_shared[i], op->name) == 0)
            return true;
    return false;
}

/* Checks an operation's cases; whether workers were woken for one. */
static bool check_threads_of(const eg_opdef *op, int64_t elements)
{
    const long before = eg__shared_jobs();

    FOR_EACH_CASE(c)
    if (c->op == op && (case_size(c) >= 1000 || leads(c) || c->n_in == 0 || c->n_out == 0))
        check_threads(c, elements);
    return eg__shared_jobs() > before;
}

/* The same, with as few elements as show it. */
static bool is_shared(const eg_opdef *op)
{
    if (EG_CRUEL)
        return check_threads_of(op, CRUEL);
    return check_threads_of(op, MOST_SHARE) ||
        (!is_never_shared(op) && check_threads_of(op, ALL_SHARE));
}

TEST(results_do_not_depend_on_the_number_of_threads)
{
    int threads = eg_threads();

    FOR_EACH_OP(op)
    if (is_shared(op) == is_never_shared(op) && !EG_CRUEL)
        complain(NULL, "%s: %s", op->name,
            is_never_shared(op) ? "it is shared among threads after all"
                                : "no case is large enough to be shared among threads");
    eg_set_threads(threads);
    assert_no_complaints();
}
