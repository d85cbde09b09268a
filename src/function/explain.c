/* What happened to a function and why, as data and for people: counts, each trace, and advice where
 * it is traced too often.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/attrs.h"
#include "base/message.h"
#include "base/text.h"
#include "function/trace.h"
#include "tensor/variable.h"
#include <string.h>

/* Looking is no change: the lock is the one part of a function that reading it moves. */
void eg__function_lock(const eg_function *f)
{
    pthread_mutex_lock(&((eg_function *)(uintptr_t)f)->lock);
}

void eg__function_unlock(const eg_function *f)
{
    pthread_mutex_unlock(&((eg_function *)(uintptr_t)f)->lock);
}

/* ---- counts ---------------------------------------------------------------------------------- */

int64_t eg__count_served(const eg__trace *retired)
{
    int64_t n = 0;

    for (const eg__trace *t = retired; t; t = t->retired)
        n += atomic_load(&t->served);
    return n;
}

static int64_t count_served(const eg_function *f)
{
    int64_t n = f->served_by_freed + eg__count_served(f->waiting.traces) +
        eg__count_served(f->leaving.traces);

    for (const eg__trace *t = atomic_load(&f->traces); t; t = atomic_load(&t->next))
        n += atomic_load(&t->served);
    return n;
}

int64_t eg__function_calls(const eg_function *f)
{
    return count_served(f) + atomic_load(&f->other_calls);
}

int eg_function_trace_count(const eg_function *f)
{
    return f ? atomic_load(&f->n_traces) : 0;
}

void eg_function_info_now(const eg_function *f, eg_function_info *info)
{
    eg_function_info now = {0};

    if (f) {
        eg__function_lock(f);
        now.calls = eg__function_calls(f);
        now.replays = count_served(f);
        now.eager_calls = atomic_load(&f->eager_calls);
        now.traces = atomic_load(&f->n_traces);
        now.branches = atomic_load(&f->branches);
        now.bytes = f->bytes;
        now.sizes = atomic_load(&f->n_relaxed);
        now.forgotten = f->n_forgotten;
        eg__function_unlock(f);
    }
    eg__attrs_answer(info, &now, sizeof now);
}

/* Once it is there a text does not change. */
static const char *text_or_null(const eg_function *f, const char *text)
{
    eg__function_lock(f);
    bool there = text[0] != '\0';
    eg__function_unlock(f);
    return there ? text : NULL;
}

const char *eg_function_why_eager(const eg_function *f)
{
    return f ? text_or_null(f, f->why_eager) : NULL;
}

const char *eg_function_advice(const eg_function *f)
{
    return f ? text_or_null(f, f->advice) : NULL;
}

/* ---- traces ---------------------------------------------------------------------------------- */

/* "x: float32[2,3], int32[] = 3, variable "w"", as far as there is room. */
static void describe_signature(const eg__trace *t, char text[EG__SIGNATURE_TEXT])
{
    const eg_function *f = t->function;
    size_t n = 0;

    text[0] = '\0';
    for (int i = 0; i < t->n && n < EG__SIGNATURE_TEXT; i++) {
        const eg__argument *a = &t->arguments[i];
        const char *name = f->arguments && f->arguments[i].name ? f->arguments[i].name : "";
        char spec[EG__SPEC_TEXT];
        if (a->variable)
            snprintf(spec, sizeof spec, "variable \"%.100s\"", a->variable->variable->name);
        else if (a->value)
            eg__value_text(a->value, spec, sizeof spec);
        else
            eg__spec_text(&a->spec, spec);
        n += (size_t)snprintf(text + n, EG__SIGNATURE_TEXT - n, "%s%s%s%s", i ? ", " : "", name,
            *name ? ": " : "", spec);
    }
}

void eg__trace_describe(const eg__trace *t, eg_trace_info *info)
{
    char room[EG__REASON_TEXT];

    *info = (eg_trace_info){
        .size = sizeof *info,
        .calls = atomic_load(&t->served),
        .trace_time = t->trace_time,
        .plan_time = t->plan_time,
        .run_time = atomic_load(&t->run_time),
        .bytes = t->bytes,
        .on_tape = t->on_tape,
        .line = t->site.line,
    };
    for (int i = 0; i < t->n_segments; i++)
        info->paths += t->segments[i]->end == EG__END_RETURN;
    snprintf(info->file, sizeof info->file, "%s", t->site.file ? t->site.file : "");
    snprintf(info->reason, sizeof info->reason, "%s", eg__reason_text(&t->reason, room));
    memcpy(info->why_eager, t->why_eager, sizeof info->why_eager);
    describe_signature(t, info->signature);
}

static const eg__trace *find_trace(const eg_function *f, int number)
{
    const eg__trace *t = atomic_load(&f->traces);

    while (t && t->number != number)
        t = atomic_load(&t->next);
    return t;
}

static const eg__past *find_past(const eg_function *f, int number)
{
    for (int i = 0; f->past && i < EG__MOST_PAST && i < f->n_past; i++)
        if (f->past[i].number == number)
            return &f->past[i];
    return NULL;
}

/* Trace number i, or what is remembered of it. */
static bool look_up(const eg_function *f, int i, eg_trace_info *info, eg_retrace *reason)
{
    eg__function_lock(f);
    const eg__trace *t = find_trace(f, i);
    const eg__past *past = t ? NULL : find_past(f, i);
    if (t)
        eg__trace_describe(t, info);
    else if (past)
        *info = past->info;
    if (t || past)
        *reason = t ? t->reason : past->reason;
    eg__function_unlock(f);
    return t || past;
}

bool eg_function_trace_now(const eg_function *f, int i, eg_trace_info *info)
{
    eg_trace_info now;
    eg_retrace reason;

    return f && look_up(f, i, &now, &reason) && eg__attrs_answer(info, &now, sizeof now);
}

bool eg_function_retrace(const eg_function *f, int i, eg_retrace *reason)
{
    eg_trace_info info;
    eg_retrace now;

    return f && look_up(f, i, &info, &now) && eg__attrs_answer(reason, &now, sizeof now);
}

const char *eg__reason_text(const eg_retrace *r, char room[EG__REASON_TEXT])
{
    static const char *const what[] = {
        [EG_FIRST_CALL] = "the first call",
        [EG_OTHER_DTYPE] = "another dtype",
        [EG_OTHER_SHAPE] = "another shape",
        [EG_OTHER_VARIABLE] = "another variable",
        [EG_OTHER_ENV] = "the environment changed",
        [EG_OTHER_GRADIENTS] = "a tape wants other gradients",
        [EG_OTHER_VALUE] = "another value",
        [EG_FORGOTTEN] = "its trace was forgotten",
    };

    const char *and = r->fixed[0] ? "; " : "";
    if (r->argument >= 0 && r->name[0])
        snprintf(room, EG__REASON_TEXT, "%s: \"%s\" was %s, now %s%s%s", what[r->rule], r->name,
            r->before, r->now, and, r->fixed);
    else if (r->argument >= 0)
        snprintf(room, EG__REASON_TEXT, "%s: argument %d was %s, now %s%s%s", what[r->rule],
            r->argument, r->before, r->now, and, r->fixed);
    else if (r->before[0])
        snprintf(room, EG__REASON_TEXT, "%s: %s, now %s", what[r->rule], r->before, r->now);
    else
        return what[r->rule];
    return room;
}

/* ---- advice ---------------------------------------------------------------------------------- */

static const char *const cures[] = {
    [EG_FIRST_CALL] = "",
    [EG_OTHER_DTYPE] = "cast it to one dtype (eg_cast)",
    [EG_OTHER_SHAPE] = "leave its sizes free (eg_size_of instead of eg_dim), or bring it to one "
                       "shape (eg_pad)",
    [EG_OTHER_VARIABLE] = "pass eg_value of it, or make a function for each variable",
    [EG_OTHER_ENV] =
        "keep what changes from call to call (a counter, a pointer, padding) out of the "
        "environment and pass it as a tensor",
    [EG_OTHER_GRADIENTS] = "watch the same arguments in every call",
    [EG_OTHER_VALUE] = "take it as a tensor, without .by_value",
    [EG_FORGOTTEN] = "raise .most_bytes",
};

static bool same_cause(const eg_retrace *a, const eg_retrace *b)
{
    return a->rule == b->rule && a->argument == b->argument;
}

/* The reason that most of the last traces have, as the newest of them has it. */
static const eg_retrace *usual_reason(const eg_function *f)
{
    const eg_retrace *last[EG__OFTEN], *usual = NULL;
    int n = 0, most = 0;

    for (const eg__trace *t = atomic_load(&f->traces); t && n < EG__OFTEN;
         t = atomic_load(&t->next))
        last[n++] = &t->reason;
    for (int i = 0; i < n; i++) {
        int same = 0;
        for (int k = 0; k < n; k++)
            same += same_cause(last[i], last[k]);
        if (last[i]->rule != EG_FIRST_CALL && same > most) {
            most = same;
            usual = last[i];
        }
    }
    return usual;
}

/* With the lock held: true once, when a function is traced in too many of its calls. */
static bool is_too_often(eg_function *f, const eg__trace *t)
{
    int64_t now = eg__function_calls(f);

    f->calls_at[t->number % EG__OFTEN] = now;
    if (f->advice[0] || t->number + 1 < EG__OFTEN)
        return false;
    return now - f->calls_at[(t->number + 1) % EG__OFTEN] < EG__FEW_CALLS;
}

static void advise(eg_function *f, const eg__trace *t)
{
    const eg_retrace *r = usual_reason(f);
    char which[EG__ARGUMENT_TEXT], reason[EG__REASON_TEXT];

    if (!r)
        return;
    snprintf(f->advice, sizeof f->advice,
        "traced %d times in %d calls or fewer, the last at %.100s:%d; what keeps changing is %s "
        "(%.160s); %s",
        EG__OFTEN, EG__FEW_CALLS, eg__file_of(&t->site), t->site.line,
        r->argument >= 0              ? eg__argument_text(f, r->argument, which)
            : r->rule == EG_OTHER_ENV ? "the environment"
            : r->rule == EG_FORGOTTEN ? "nothing"
                                      : "the gradients",
        eg__reason_text(r, reason), cures[r->rule]);
}

void eg__explain_trace(eg_function *f, const eg__trace *t)
{
    char room[EG__REASON_TEXT];

    pthread_mutex_lock(&f->lock);
    bool advised = is_too_often(f, t);
    if (advised)
        advise(f, t);
    pthread_mutex_unlock(&f->lock);
    if (!eg__listens("function"))
        return;
    eg__message("function", "%s is traced: %s", f->callable.name,
        eg__reason_text(&t->reason, room));
    if (advised && f->advice[0])
        eg__message("function", "%s was %s", f->callable.name, f->advice);
}

/* ---- for people ------------------------------------------------------------------------------ */

static double us(int64_t nanoseconds)
{
    return (double)nanoseconds * 1e-3;
}

static void print_trace(const eg_function *f, int i, FILE *to)
{
    eg_trace_info t = {.size = sizeof t};

    if (!eg_function_trace_now(f, i, &t))
        return;
    fprintf(to, "  trace %d (%s): %s", i, t.signature, t.reason);
    if (t.line > 0)
        fprintf(to, ", at %s:%d", t.file, t.line);
    fprintf(to, "\n    %lld calls, %d paths, %zu bytes; traced in %.0f us, planned in %.0f us",
        (long long)t.calls, t.paths, t.bytes, us(t.trace_time), us(t.plan_time));
    if (t.run_time > 0)
        fprintf(to, ", ran %.0f us", us(t.run_time));
    fprintf(to, "%s%s%s\n", t.forgotten ? ", forgotten" : "", t.why_eager[0] ? "; eager " : "",
        t.why_eager);
}

eg_status eg_function_report(const eg_function *f, FILE *to)
{
    eg_function_info info = {.size = sizeof info};

    if (eg__me.failed)
        return eg__me.failed;
    if (!f || !to)
        return eg__fail(EG_INVALID, "eg_function_report", "%s is NULL", f ? "to" : "function");
    eg_function_info_now(f, &info);
    fprintf(to,
        "%s: %lld calls, %lld from graphs, %lld eager; %d traces, %d further branches, "
        "%zu bytes\n",
        f->callable.name, (long long)info.calls, (long long)info.replays,
        (long long)info.eager_calls, info.traces, info.branches, info.bytes);
    if (info.sizes > 0)
        fprintf(to, "  %d traces made for other sizes\n", info.sizes);
    for (int i = 0; i < info.traces; i++)
        print_trace(f, i, to);
    const char *why = eg_function_why_eager(f), *advice = eg_function_advice(f);
    if (why)
        fprintf(to, "  runs eagerly %s\n", why);
    if (advice)
        fprintf(to, "  %s\n", advice);
    return ferror(to) ? eg__fail(EG_IO, "eg_function_report", "it could not be written") : EG_OK;
}
