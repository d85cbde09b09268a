/* Connectionist temporal classification. The loss and its gradient are kernels; what that is
 * differentiated by is the same sums made of other operations, on tapes of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/ctc.h"
#include "base/attrs.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include <eagre/grad.h>
#include <math.h>

static const eg_attr ctc_fields[] = {
    EG__ATTR(eg__ctc_attrs, INT64, blank),
    EG__ATTR(eg__ctc_attrs, BOOL, zero_infinity),
    {0},
};

enum { LOGS, LABELS, STEPS, PLACES, DZ };

/* ---- shapes --------------------------------------------------------------------------------- */

static bool counts(const eg_spec *x, int64_t examples)
{
    return x->rank == 1 && (x->dims[0] == examples || x->dims[0] == 0);
}

static eg_status ctc_shape(eg_shapes *s, eg_spec *z)
{
    const double most = 1e15; /* sums that any memory holds */
    const eg__ctc_attrs *attrs = s->attrs;
    const eg_spec *x = s->in[LOGS], *labels = s->in[LABELS];

    if (x->rank != 3 || labels->rank != 2 || labels->dims[0] != x->dims[0])
        return eg__shape_error(s,
            "logits must be [examples, steps, classes] and labels [examples, places]");
    if (!counts(s->in[STEPS], x->dims[0]) || !counts(s->in[PLACES], x->dims[0]))
        return eg__shape_error(s, "lengths must be one for each example, or none");
    if (attrs->blank < 0 || attrs->blank >= x->dims[2])
        return eg__shape_error(s, "the blank is %lld; it must be one of the classes",
            (long long)attrs->blank);
    if ((double)x->dims[1] * (double)labels->dims[1] > most)
        return eg__shape_error(s, "so many steps and places are too much for any memory");
    *z = (eg_spec){.dtype = x->dtype, .rank = 1, .dims = {x->dims[0]}};
    return eg__infer_size(s, z);
}

static eg_status ctc_infer(eg_shapes *s)
{
    return ctc_shape(s, s->out[0]);
}

static eg_status ctc_grad_infer(eg_shapes *s)
{
    eg_spec z;

    if (ctc_shape(s, &z) != EG_OK)
        return EG_INVALID;
    if (!eg__same_shape(&z, s->in[DZ]))
        return eg__shape_error(s, "dz must be one number for each example");
    *s->out[0] = *s->in[LOGS];
    return EG_OK;
}

/* ---- counts --------------------------------------------------------------------------------- */

/* Places of labels with blanks between them and at the ends, at each step. */
static double count_places(const eg_problem *p)
{
    const eg_spec *x = p->in[LOGS];
    return (double)x->dims[0] * (double)x->dims[1] * (2 * (double)p->in[LABELS]->dims[1] + 1);
}

/* log(exp(a) + exp(b) + exp(c)) + d at each place. */
static double ctc_flops(const eg_problem *p)
{
    return 7 * count_places(p);
}

/* The same from both ends, exp(a + b - loss) added to a class; each class times dz. */
static double ctc_grad_flops(const eg_problem *p)
{
    return 18 * count_places(p) + (double)p->in[LOGS]->size;
}

/* ---- made of other operations --------------------------------------------------------------- */

static const double never = -1e30; /* as good as the log of 0, and has no NaN for a gradient */

/* What the sums are made with. */
typedef struct sums {
    eg_tensor *logs, *places,
        *skip; /* places: the class of each; skip: added to the way over one */
    eg_tensor *steps, *label_lengths; /* [examples, 1] */
    int64_t n;                        /* places, blanks among them */
} sums;

static eg_tensor *whole(int64_t value)
{
    return eg_scalar_int(EG_INT64, value);
}

/* Lengths as a column; `all` for each example where none are given. */
static eg_tensor *column_of(const sums *s, eg_tensor *lengths, int64_t all)
{
    int64_t dims[] = {eg_dim(s->logs, 0)};
    eg_tensor *given =
        eg_size(lengths) > 0 ? eg_cast(lengths, EG_INT64) : eg_broadcast_to(whole(all), 1, dims);
    return eg_expand_dims(given, 1);
}

/* `n` columns of x from `first` on. */
static eg_tensor *columns(eg_tensor *x, int64_t first, int64_t n)
{
    eg_slice_attrs part = {.size = sizeof part, .begin = {2, {0, first}}, .count = {2, {-1, n}}};
    return eg_slice_with(x, &part);
}

/* x with its last `n` columns gone and as many of `with` in front. */
static eg_tensor *shifted(eg_tensor *x, int64_t n, eg_tensor *with)
{
    eg_concat_attrs across = {sizeof across, 1};
    int64_t dims[] = {eg_dim(x, 0), n};
    eg_tensor *both[] = {eg_broadcast_to(with, 2, dims), columns(x, 0, eg_dim(x, 1) - n)};

    return eg_concat_with(2, both, &across);
}

static void set_places(sums *s, eg_tensor *labels, int64_t blank)
{
    eg_concat_attrs behind = {sizeof behind, 2}, across = {sizeof across, 1};
    int64_t examples = eg_dim(labels, 0), n = eg_dim(labels, 1), one[] = {examples, 1};
    int64_t pairs[] = {examples, 2 * n}, all[] = {examples, n};
    eg_tensor *none = whole(blank), *front = eg_broadcast_to(none, 2, one);
    eg_tensor *used = eg_less(eg_range(n), s->label_lengths);
    eg_tensor *own = eg_where(used, eg_cast(labels, EG_INT64), none);
    eg_tensor *spread[] = {own, eg_broadcast_to(none, 2, all)};
    eg_tensor *rest = eg_reshape(eg_stack_with(2, spread, &behind), 2, pairs);

    s->n = 2 * n + 1;
    s->places = n > 0 ? eg_concat_with(2, (eg_tensor *[]){front, rest}, &across) : front;
    if (n == 0) {
        s->skip = eg__number_like(s->logs, never);
        return;
    }
    eg_tensor *differs = eg_logical_and(eg_not_equal(s->places, shifted(s->places, 2, none)),
        eg_not_equal(s->places, none));
    s->skip = eg_where(differs, eg__number_like(s->logs, 0), eg__number_like(s->logs, never));
}

/* Row `step` of the emissions [examples, steps, n]. */
static eg_tensor *row_at(const sums *s, eg_tensor *emissions, int64_t step)
{
    eg_slice_attrs part = {.size = sizeof part, .begin = {2, {0, step}}, .count = {2, {-1, 1}}};
    int64_t dims[] = {eg_dim(s->logs, 0), s->n};

    return eg_reshape(eg_slice_with(emissions, &part), 2, dims);
}

static eg_tensor *next_sums(const sums *s, eg_tensor *a, eg_tensor *emit)
{
    eg_tensor *none = eg__number_like(a, never), *b = s->n > 1 ? shifted(a, 1, none) : none;
    eg_tensor *c = s->n > 1 ? eg_add(shifted(a, 2, none), s->skip) : none;

    return eg_add(eg_logaddexp(eg_logaddexp(a, b), c), emit);
}

/* The sums after all steps. */
static eg_tensor *last_sums(const sums *s)
{
    int64_t steps = eg_dim(s->logs, 1), dims[] = {eg_dim(s->logs, 0), steps, s->n};
    eg_tensor *is_first = eg_equal(eg_range(s->n), whole(0));
    eg_tensor *begin =
        eg_where(is_first, eg__number_like(s->logs, 0), eg__number_like(s->logs, never));
    eg_tensor *a = eg_broadcast_to(begin, 2, (int64_t[]){dims[0], s->n});
    eg_tensor *emissions =
        eg_take_along(s->logs, eg_broadcast_to(eg_expand_dims(s->places, 1), 3, dims));

    for (int64_t i = 0; i < steps && !eg__me.failed; i++) {
        eg_tensor *goes_on = eg_less(whole(i), s->steps);
        a = eg_where(goes_on, next_sums(s, a, row_at(s, emissions, i)), a);
    }
    return a;
}

/* The operation Ctc of the inputs `in`. */
static eg_tensor *compose(const eg__ctc_attrs *attrs, eg_tensor *const in[])
{
    sums s = {.logs = in[LOGS]};
    int64_t flat[] = {eg_dim(in[LOGS], 0)};
    double other = attrs->zero_infinity ? 0 : INFINITY;

    s.steps = column_of(&s, in[STEPS], eg_dim(in[LOGS], 1));
    s.label_lengths = column_of(&s, in[PLACES], eg_dim(in[LABELS], 1));
    set_places(&s, in[LABELS], attrs->blank);
    eg_tensor *a = last_sums(&s), *end = eg_add(s.label_lengths, s.label_lengths);
    eg_tensor *is_empty = eg_equal(end, whole(0));
    eg_tensor *before = eg_maximum(eg_sub(end, whole(1)), whole(0));
    eg_tensor *second = eg_where(is_empty, eg__number_like(a, never), eg_take_along(a, before));
    eg_tensor *loss = eg_reshape(eg_neg(eg_logaddexp(eg_take_along(a, end), second)), 1, flat);
    eg_tensor *is_possible = eg_less(loss, eg__number_like(loss, -never / 2));

    return eg_where(is_possible, loss, eg__number_like(loss, other));
}

/* ---- gradients ------------------------------------------------------------------------------ */

/* The gradient of `compose` by its first input, recorded. */
static eg_tensor *compose_gradient(const eg__ctc_attrs *attrs, eg_tensor *const in[])
{
    eg_tape_attrs only = {.size = sizeof only, .only_watched = true};
    eg_gradient_attrs from = {.size = sizeof from, .target_gradient = in[DZ]};
    eg_tensor *dx = NULL;
    eg_scope *tape = eg_tape_open(&only);

    eg_watch(in[LOGS]);
    eg_gradient_with(compose(attrs, in), 1, in, &dx, &from);
    eg_give(dx);
    eg_scope_close(tape);
    return dx;
}

static eg_status ctc_grad_grad(eg_backward *g)
{
    eg_tape_attrs only = {.size = sizeof only, .only_watched = true};
    eg_gradient_attrs from = {.size = sizeof from, .target_gradient = g->dy[0]};
    eg_tensor *source[] = {g->x[LOGS], g->x[DZ]}, *found[2] = {NULL};
    eg_scope *tape = eg_tape_open(&only);

    eg_watch(source[0]);
    eg_watch(source[1]);
    eg_gradient_with(compose_gradient(g->attrs, g->x), 2, source, found, &from);
    g->dx[LOGS] = g->wanted[LOGS] ? eg_give(found[0]) : NULL;
    g->dx[DZ] = g->wanted[DZ] ? eg_give(found[1]) : NULL;
    eg_scope_close(tape);
    return eg__done();
}

const eg_opdef eg_op_ctc_grad = {
    .name = "CtcGrad",
    .in = {"log_probs", "labels", "input_lengths", "label_lengths", "dz"},
    .types = {EG__REALS, EG__INTS, EG__INTS, EG__INTS, EG__REALS},
    .promote = 1 << LOGS | 1 << DZ,
    .traits = EG__MAY_FAIL,
    .attrs = ctc_fields,
    .attrs_size = sizeof(eg__ctc_attrs),
    .infer = ctc_grad_infer,
    .flops = ctc_grad_flops,
    .kernels = EG__KERNELS(&eg__ctc_grad_kernel),
    .grad = ctc_grad_grad,
};

static eg_status ctc_grad(eg_backward *b)
{
    b->dx[LOGS] = EG__APPLY(&eg_op_ctc_grad, b->attrs, b->x[LOGS], b->x[LABELS], b->x[STEPS],
        b->x[PLACES], b->dy[0]);
    return eg__done();
}

const eg_opdef eg_op_ctc = {
    .name = "Ctc",
    .in = {"log_probs", "labels", "input_lengths", "label_lengths"},
    .types = {EG__REALS, EG__INTS, EG__INTS, EG__INTS},
    .traits = EG__MAY_FAIL,
    .attrs = ctc_fields,
    .attrs_size = sizeof(eg__ctc_attrs),
    .infer = ctc_infer,
    .flops = ctc_flops,
    .kernels = EG__KERNELS(&eg__ctc_kernel),
    .grad = ctc_grad,
    .known_as = {NULL, "nn.ctc_loss", NULL},
};

/* ---- the function --------------------------------------------------------------------------- */

/* The lengths, or none. */
static eg_tensor *given(eg_tensor *lengths)
{
    return lengths ? lengths : eg_zeros(EG_INT64, 1, (const int64_t[]){0});
}

eg_tensor *eg_ctc_loss_with(eg_tensor *logits, eg_tensor *labels, const eg_ctc_attrs *attrs)
{
    eg_ctc_attrs full;

    if (eg__me.failed || !eg__attrs_complete(&full, sizeof full, attrs, "eg_ctc_loss"))
        return NULL;
    if (!logits || !labels)
        return eg__fail_null(EG_INVALID, "eg_ctc_loss", "an argument is NULL");
    eg__ctc_attrs own = {sizeof own, full.blank, full.zero_infinity};
    own.blank += own.blank < 0 ? eg_dim(logits, -1) : 0;
    return EG__APPLY(&eg_op_ctc, &own, eg_log_softmax(logits), labels, given(full.input_lengths),
        given(full.label_lengths));
}

eg_tensor *eg_ctc_loss(eg_tensor *logits, eg_tensor *labels)
{
    return eg_ctc_loss_with(logits, labels, NULL);
}
