/* The table of element types. Code asks the table, it never switches over all dtypes: more come.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TENSOR_DTYPE_H
#define TENSOR_DTYPE_H

#include <eagre/tensor.h>

enum { EG__DTYPES = 6 }; /* one more than the largest eg_dtype */

/* dtypes of one kind promote to the wider; kinds do not mix. */
typedef enum eg__kind { EG__NO_KIND, EG__BOOLEAN, EG__INTEGER, EG__REAL } eg__kind;

typedef struct eg__dtype_info {
    const char *name;
    size_t size;
    eg__kind kind;
    int digits;             /* significant decimal digits that identify a value (real kinds) */
    double lowest, highest; /* what eg_scalar accepts (integer kinds) */
} eg__dtype_info;

/* The row of a dtype; that of EG_NO_DTYPE for numbers out of range. */
const eg__dtype_info *eg__dtype(eg_dtype dtype);

/* "bool", "integer", "floating point". */
const char *eg__kind_name(eg__kind kind);

/* Reads or writes one element as a double or an integer. Writing converts like C; the caller has
 * checked the range. */
double eg__element_real(eg_dtype dtype, const void *element);
int64_t eg__element_int(eg_dtype dtype, const void *element);
void eg__set_element_real(eg_dtype dtype, void *element, double value);
void eg__set_element_int(eg_dtype dtype, void *element, int64_t value);

#endif
