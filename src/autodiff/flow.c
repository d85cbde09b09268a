/* SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/flow.h"
#include "graph/graph.h"
#include "ops/gradient.h"

eg_tensor *eg__flow_either(eg_tensor *a, eg_tensor *b)
{
    if (!a || !b)
        return NULL;
    return a == b ? a : eg_logical_or(a, b);
}

eg__flow eg__flow_join(eg__flow a, eg__flow b)
{
    if (!a.value || !b.value)
        return a.value ? a : b;
    eg_tensor *sum = eg_add(a.value, b.value);
    if (a.when == b.when)
        return (eg__flow){sum, a.when, a.open || b.open};
    if (a.when)
        sum = eg__select(a.when, sum, b.value);
    if (b.when)
        sum = eg__select(b.when, sum, a.value);
    return (eg__flow){sum, eg__flow_either(a.when, b.when), a.open && a.when && b.when};
}

eg_tensor *eg__flow_value(const eg__flow *f)
{
    if (!f->value || !f->when || !f->open)
        return f->value;
    return eg__select(f->when, f->value, eg__number_like(f->value, 0));
}
