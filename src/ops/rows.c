/* Rows of a variable, changed without a copy of the others.
 *
 * Outside of functions the kernel runs on the variable's own elements, if nobody else holds them.
 * Inside, indices are checked by an operation of their own, so that the change itself cannot fail
 * and may be made when the call commits (function/update.c).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "op/choose.h"
#include "op/watch.h"
#include "ops/compose.h"
#include "ops/registry.h"
#include "tensor/variable.h"
#include <eagre/ops/scatter.h>

static const char op_name[] = "eg_assign_rows";

/* Whether the updates fit the variable's rows. */
static bool fits(eg_tensor *const in[3], const eg_scatter_attrs *attrs)
{
    const eg_spec *spec[3] = {&in[0]->spec, &in[1]->spec, &in[2]->spec};
    eg_spec out, *outs = &out;
    eg_shapes s = {&eg_op_scatter, attrs, 3, spec, &outs};

    if (in[0]->kind != EG__VARIABLE)
        eg__fail(EG_INVALID, op_name, "what is to be changed is no variable");
    else if (spec[2]->dtype != spec[0]->dtype)
        eg__fail(EG_INVALID, op_name, "the variable is %s, the updates are %s; cast them",
            eg_dtype_name(spec[0]->dtype), eg_dtype_name(spec[2]->dtype));
    else if (eg__dtype(spec[1]->dtype)->kind != EG__INTEGER)
        eg__fail(EG_INVALID, op_name, "the indices are %s; they must be integers",
            eg_dtype_name(spec[1]->dtype));
    else
        eg_op_scatter.infer(&s);
    return !eg__me.failed;
}

/* Runs the kernel on the variable's elements; false where that cannot be. */
static bool change_in_place(eg_tensor *const in[3], const eg_scatter_attrs *attrs)
{
    const eg_spec *spec[3] = {&in[0]->spec, &in[1]->spec, &in[2]->spec};
    eg_problem p = {attrs, 3, 1, spec, spec};
    eg_job job;

    if (eg__assignments_are_watched() || eg__me.transaction || in[2]->kind != EG__VALUE ||
        !eg__choose(&eg_op_scatter, &p, &job))
        return false;
    pthread_mutex_lock(&in[0]->variable->writer);
    void *data = job.in_place ? eg__variable_begin_update(in[0], 1) : NULL;
    if (data) {
        eg__run_once(&job, op_name, (void *[]){data, in[1]->data, in[2]->data}, &data);
        eg__variable_end_update(in[0]);
    }
    pthread_mutex_unlock(&in[0]->variable->writer);
    if (job.drop)
        job.drop(&job);
    return data != NULL;
}

eg_status eg_assign_rows_with(eg_tensor *variable, eg_tensor *indices, eg_tensor *updates,
    const eg_scatter_attrs *attrs)
{
    eg_scatter_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, op_name) ||
        !eg__is_tensor(op_name, variable) || !eg__is_tensor(op_name, indices) ||
        !eg__is_tensor(op_name, updates) ||
        !fits((eg_tensor *[]){variable, indices, updates}, &full))
        return eg__me.failed;
    eg_scope *scope = eg_scope_open();
    eg_tensor *at = full.drop ? eg_cast(indices, EG_INT64)
                              : eg__brought_inside(indices, eg_dim(variable, 0), EG_OUTSIDE_FAILS);
    full.drop = true;
    if (at && !change_in_place((eg_tensor *[]){variable, at, updates}, &full) && !eg__me.failed)
        eg_assign(variable, eg_scatter_with(variable, at, updates, &full));
    eg_scope_close(scope);
    return eg__me.failed;
}
