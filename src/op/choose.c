/* First kernel that takes the problem wins; the others' reasons are remembered for the error.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "op/choose.h"
#include "base/message.h"
#include "base/os.h"
#include "op/widen.h"

EG_COLD static void tell_choice(const eg_opdef *op, const eg_problem *p, const char *kernel,
    const char *because)
{
    char text[EG__SPEC_TEXT];

    if (!eg__listens("kernel"))
        return;
    eg__message("kernel", "%s -> %s: %s%s%s", op->name, eg__spec_text(p->out[0], text), kernel,
        because ? " declined because " : " runs", because ? because : "");
}

/* Lets go of a job that may wait, for one of a kernel further down. */
EG_COLD static const char *pass_over(eg_job *job)
{
    const char *why = job->waits;

    if (job->drop)
        job->drop(job);
    return why;
}

bool eg__choose(const eg_opdef *op, const eg_problem *p, eg_job *job)
{
    const char *why = "it has no kernel";

    for (const eg_kernel *const *k = op->kernels; k && *k; k++) {
        why = (*k)->prepare(*k, p, job);
        if (!why && eg__me.wants_steady && job->waits && k[1])
            why = pass_over(job);
        if (EG_LIKELY(!why)) {
            if (!atomic_load_explicit(&eg__nobody_listens, memory_order_relaxed))
                tell_choice(op, p, (*k)->name, NULL);
            return true;
        }
        if (eg__me.failed) {
            eg__error_in(op->name);
            break;
        }
        tell_choice(op, p, (*k)->name, why);
    }
    if (!eg__me.failed && eg__widen(op, p, job))
        return true;
    char text[EG__SPEC_TEXT];
    eg__fail(EG_UNAVAILABLE, op->name, "no kernel makes %s: %s", eg__spec_text(p->out[0], text),
        why);
    return false;
}

bool eg__prepare(const eg_opdef *op, const eg_problem *p, eg_job *job)
{
    for (const eg_kernel *const *k = op->kernels; k && *k && !eg__me.failed; k++)
        if (!(*k)->prepare(*k, p, job))
            return true;
    return false;
}

static _Atomic(eg__timer *) timer;
static atomic_int telling; /* threads that may be in the timer's function */

void eg__timer_set(eg__timer *t)
{
    atomic_store(&timer, t);
    while (atomic_load(&telling) > 0)
        eg__os_yield();
}

int64_t eg__timer_start(void)
{
    return EG_LIKELY(!atomic_load_explicit(&timer, memory_order_relaxed)) ? 0
                                                                          : eg__os_nanoseconds();
}

void eg__timer_tell(const eg__ran *what)
{
    atomic_fetch_add(&telling, 1);
    eg__timer *t = atomic_load(&timer);
    if (t)
        t->ran(t, what);
    atomic_fetch_sub(&telling, 1);
}
