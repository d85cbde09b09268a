/* What operations compute, as their tables of cases say and as kernels must: golden values, shape
 * rule against kernel, every kernel against the last.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include "tensor/strings.h"
#include "op/choose.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- golden values -------------------------------------------------------------------------- */

static void check_golden(const op_case *c)
{
    eg_tensor *in[EG__MAX_IN];
    char got[512], want[512];
    EG_SCOPE;

    case_inputs(c, in);
    eg_tensor *y = case_apply(c, in);
    if (!is_fine(c, "it fails"))
        return;
    for (int i = 0; i < c->n_out; i++) {
        eg_tensor *x = result(y, i);
        if (!agrees(c, x, &c->out[i]))
            complain(c, "result %d is %s, not %s", i, shown(&x->spec, x->data, got, sizeof got),
                shown(&c->out[i].spec, c->out[i].data, want, sizeof want));
    }
}

TEST(each_case_gives_its_golden_value)
{
    FOR_EACH_CASE(c)
    check_golden(c);
    assert_no_complaints();
}

/* ---- kernels -------------------------------------------------------------------------------- */

enum { GUARD = 64 };

/* A case's kernel run on arrays of the test's own. */
typedef struct bench {
    const op_case *c;
    const eg_spec *in_spec[EG__MAX_IN];
    eg_spec out_spec[EG__NAMED_OUT], *out_at[EG__NAMED_OUT];
    void *in[EG__MAX_IN];
    unsigned char *out[EG__NAMED_OUT];
    int n_out;
    eg__strings strings; /* that kernels made */
} bench;

static size_t room_of(const eg_spec *spec)
{
    return (eg__bytes(spec) + 2 * GUARD) / GUARD * GUARD;
}

static void *room_new(size_t size, int fill)
{
    void *room = aligned_alloc(GUARD, size);

    assert_non_null(room);
    return memset(room, fill, size);
}

/* Inputs copied to aligned memory, outputs by the shape rule; false where that fails. */
static bool bench_open(bench *b, const op_case *c)
{
    *b = (bench){.c = c, .n_out = eg__n_out(c->op, NULL)};
    if (!dtypes_agree(c))
        return false;
    for (int i = 0; i < c->n_in; i++)
        b->in_spec[i] = &c->in[i].spec;
    for (int i = 0; i < b->n_out; i++)
        b->out_at[i] = &b->out_spec[i];
    eg_shapes s = {c->op, c->attrs, c->n_in, b->in_spec, b->out_at};
    if (c->op->infer(&s) != EG_OK)
        return is_fine(c, "the shape rule fails") && false;
    for (int i = 0; i < c->n_in; i++) {
        b->in[i] = room_new(room_of(b->in_spec[i]), 0);
        memcpy(b->in[i], c->in[i].data, eg__bytes(b->in_spec[i]));
    }
    for (int i = 0; i < b->n_out; i++)
        b->out[i] = room_new(room_of(&b->out_spec[i]), 0);
    eg__strings_open(&b->strings);
    return true;
}

static void bench_close(bench *b)
{
    eg__strings_close(&b->strings);
    for (int i = 0; i < b->c->n_in; i++)
        free(b->in[i]);
    for (int i = 0; i < b->n_out; i++)
        free(b->out[i]);
}

/* Runs a kernel over outputs filled with a byte, output 0 in `first` unless that is NULL; what the
 * kernel says of itself goes to *job. False where it does not take the problem. */
static bool bench_run(bench *b, const eg_kernel *kernel, int fill, void *first, eg_job *job)
{
    eg_problem p = {b->c->attrs, b->c->n_in, b->n_out, b->in_spec,
        (const eg_spec *const *)b->out_at};
    void *out[EG__NAMED_OUT];

    if (kernel->prepare(kernel, &p, job)) {
        is_fine(b->c, kernel->name);
        return false;
    }
    for (int i = 0; i < b->n_out; i++)
        out[i] = memset(b->out[i], fill, room_of(&b->out_spec[i]));
    out[0] = first ? first : out[0];
    unsigned char *scratch = room_new(job->scratch / GUARD * GUARD + 2 * GUARD, fill);
    eg_status status = job->run(job, b->in, out, scratch);
    for (int i = 0; i < GUARD; i++)
        if (scratch[job->scratch + (size_t)i] != (unsigned char)fill)
            complain(b->c, "%s writes %d bytes behind its scratch", kernel->name, i);
    free(scratch);
    if (job->drop)
        job->drop(job);
    if (status != EG_OK)
        is_fine(b->c, kernel->name);
    return status == EG_OK;
}

static void *copy_of(const void *bytes, size_t size)
{
    return memcpy(room_new(size, 0), bytes, size);
}

static void check_writes(bench *b, const eg_kernel *kernel)
{
    unsigned char *kept[EG__NAMED_OUT];
    eg_job job;

    if (!bench_run(b, kernel, 0x00, NULL, &job))
        return;
    for (int i = 0; i < b->n_out; i++)
        kept[i] = copy_of(b->out[i], room_of(&b->out_spec[i]));
    bench_run(b, kernel, 0xa5, NULL, &job);
    for (int i = 0; i < b->n_out; i++) {
        size_t n = eg__bytes(&b->out_spec[i]);
        if (memcmp(kept[i], b->out[i], n) != 0)
            complain(b->c, "%s does not write all of result %d", kernel->name, i);
        for (size_t k = n; k < n + GUARD && k < room_of(&b->out_spec[i]); k++)
            if (kept[i][k] != 0x00 || b->out[i][k] != 0xa5)
                complain(b->c, "%s writes behind result %d", kernel->name, i);
        free(kept[i]);
    }
    for (int i = 0; i < b->c->n_in; i++)
        if (memcmp(b->in[i], b->c->in[i].data, eg__bytes(b->in_spec[i])) != 0)
            complain(b->c, "%s changes input %d", kernel->name, i);
}

TEST(kernels_write_what_the_shape_rule_says_and_nothing_else)
{
    FOR_EACH_CASE(c)
    {
        bench b;
        if (c->op->kernels && bench_open(&b, c)) {
            for (const eg_kernel *const *k = c->op->kernels; *k; k++)
                check_writes(&b, *k);
            bench_close(&b);
        }
    }
    assert_no_complaints();
}

/* Whether two results of one problem differ by no more than the order of sums explains. */
static bool close_enough(const eg_spec *spec, const void *x, const void *y)
{
    eg_dtype part = eg__part_of(spec->dtype);
    size_t size = eg__dtype(part)->size, bytes = eg__bytes(spec);
    double most = 0, epsilon = part == EG_FLOAT32 ? 0x1p-23 : 0x1p-52;

    if (!eg__is_floating(spec->dtype))
        return memcmp(x, y, bytes) == 0;
    for (size_t at = 0; at < bytes; at += size) {
        double value = eg__element_real(part, (const char *)x + at);
        most = isfinite(value) && fabs(value) > most ? fabs(value) : most;
    }
    for (size_t at = 0; at < bytes; at += size) {
        double a = eg__element_real(part, (const char *)x + at);
        double b = eg__element_real(part, (const char *)y + at);
        bool same = a == b || (isnan(a) && isnan(b));
        if (!same && !(fabs(a - b) <= 64 * epsilon * most))
            return false;
    }
    return true;
}

/* Whether the kernel takes the problem. */
static bool takes(bench *b, const eg_kernel *kernel)
{
    eg_problem p = {b->c->attrs, b->c->n_in, b->n_out, b->in_spec,
        (const eg_spec *const *)b->out_at};
    eg_job job;
    bool yes = !kernel->prepare(kernel, &p, &job);

    if (yes && job.drop)
        job.drop(&job);
    return yes;
}

/* The last kernel for the problem: of its dtypes' kind, which may have kernels of its own. */
static const eg_kernel *last_of(bench *b)
{
    const eg_kernel *last = NULL;

    for (const eg_kernel *const *k = b->c->op->kernels; *k; k++)
        last = takes(b, *k) ? *k : last;
    return last;
}

static void check_against_last(bench *b, const eg_kernel *kernel, const eg_kernel *last)
{
    unsigned char *kept[EG__NAMED_OUT];
    eg_job job;

    if (kernel == last || !bench_run(b, kernel, 0, NULL, &job))
        return;
    for (int i = 0; i < b->n_out; i++)
        kept[i] = copy_of(b->out[i], room_of(&b->out_spec[i]));
    bench_run(b, last, 0, NULL, &job);
    for (int i = 0; i < b->n_out; i++) {
        if (!close_enough(&b->out_spec[i], b->out[i], kept[i]))
            complain(b->c, "result %d of %s is not that of %s", i, kernel->name, last->name);
        free(kept[i]);
    }
}

TEST(each_kernel_agrees_with_the_last)
{
    FOR_EACH_CASE(c)
    {
        bench b;
        if (!c->op->kernels || !bench_open(&b, c))
            continue;
        const eg_kernel *last = last_of(&b);
        for (const eg_kernel *const *k = c->op->kernels; *k; k++)
            check_against_last(&b, *k, last);
        bench_close(&b);
    }
    assert_no_complaints();
}

/* Puts the result in the place of input i. */
static void check_in_place(bench *b, const eg_kernel *kernel, int i)
{
    size_t n = eg__bytes(&b->out_spec[0]);
    eg_job job;

    if (!bench_run(b, kernel, 0, NULL, &job) || !job.in_place)
        return;
    unsigned char *expected = copy_of(b->out[0], room_of(&b->out_spec[0]));
    unsigned char *before = copy_of(b->in[i], room_of(b->in_spec[i]));
    if (bench_run(b, kernel, 0, b->in[i], &job) && memcmp(b->in[i], expected, n) != 0)
        complain(b->c, "%s gives something else in the place of input %d", kernel->name, i);
    memcpy(b->in[i], before, room_of(b->in_spec[i]));
    free(expected);
    free(before);
}

static void check_each_in_place(bench *b, const eg_kernel *kernel, int n_in)
{
    for (int i = 0; i < n_in; i++)
        if (eg__bytes(b->in_spec[i]) == eg__bytes(&b->out_spec[0]) &&
            b->in_spec[i]->size == b->out_spec[0].size)
            check_in_place(b, kernel, i);
}

TEST(a_result_can_take_the_place_of_an_input_where_the_kernel_says_so)
{
    FOR_EACH_CASE(c)
    {
        bench b;
        if (!c->op->kernels || !bench_open(&b, c))
            continue;
        for (const eg_kernel *const *k = c->op->kernels; *k; k++)
            check_each_in_place(&b, *k, c->n_in);
        bench_close(&b);
    }
    assert_no_complaints();
}
