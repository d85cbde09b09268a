/* Tensor arrays: tensors whose rows are written and read at a number.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/control.h"
#include "ops/compose.h"
#include <eagre/easy.h>
#include <eagre/ops/scatter.h>

eg_tensor *(eg_tensor_array)(eg_dtype dtype, int64_t n, int rank, const int64_t dims[])
{
    static const char op[] = "eg_tensor_array";
    int64_t all[EG_MAX_RANK] = {n};

    if (eg__me.failed)
        return NULL;
    if (n < 0 || rank < 0 || rank >= EG_MAX_RANK || (rank > 0 && !dims))
        return eg__fail_null(EG_INVALID, op, "%lld rows of rank %d; they have less than %d axes",
            (long long)n, rank, EG_MAX_RANK);
    for (int i = 0; i < rank; i++)
        all[i + 1] = dims[i];
    return (eg_zeros)(dtype, rank + 1, all);
}

/* The index as int64 without axes; NULL, reported, where there is no array or no such index. */
static eg_tensor *index_in(const char *op, eg_tensor *array, eg_tensor *index)
{
    if (!eg__is_tensor(op, array))
        return NULL;
    if (eg_rank(array) == 0)
        return eg__fail_null(EG_INVALID, op, "a single number is no array; eg_tensor_array is one");
    return eg__only(op, "the index", index, EG_INT64);
}

static bool is_row(const char *op, eg_tensor *array, eg_tensor *x)
{
    eg_spec row = array->spec;
    char is[EG__SPEC_TEXT], should_be[EG__SPEC_TEXT];

    if (!eg__is_tensor(op, x) ||
        eg__spec_set(&row, op, row.dtype, row.rank - 1, array->spec.dims + 1) != EG_OK)
        return false;
    if (eg__same_spec(&row, &x->spec))
        return true;
    return eg__fail(EG_INVALID, op, "x is %s; the array holds %s", eg__spec_text(&x->spec, is),
               eg__spec_text(&row, should_be)) == EG_OK;
}

eg_tensor *(eg_tensor_array_write)(eg_tensor *array, eg_tensor *index, eg_tensor *x)
{
    static const char op[] = "eg_tensor_array_write";
    eg_tensor *y = NULL;

    eg_scope *scope = eg_scope_open();
    eg_tensor *at = index_in(op, array, index);
    if (at && is_row(op, array, x))
        y = eg_give((eg_scatter_with)(array, at, x, NULL));
    eg_scope_close(scope);
    return y;
}

eg_tensor *(eg_tensor_array_read)(eg_tensor *array, eg_tensor *index)
{
    static const char op[] = "eg_tensor_array_read";

    eg_scope *scope = eg_scope_open();
    eg_tensor *at = index_in(op, array, index);
    eg_tensor *y = at ? eg_give((eg_gather_with)(array, at, NULL)) : NULL;
    eg_scope_close(scope);
    return y;
}

eg_tensor *eg_do_write(const eg_site *at, eg_tensor *array, eg_tensor *index, eg_arg x)
{
    eg_tensor *in[2];

    if (!eg_ready(at, 2, (const eg_arg[]){eg_arg_tensor(array), x}, in))
        return NULL;
    return (eg_tensor_array_write)(array, index, in[1]);
}
