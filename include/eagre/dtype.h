/* Questions about dtypes, and the constants of the Array API standard. None needs a scope, none
 * fails.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_DTYPE_H
#define EAGRE_DTYPE_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EG_E   2.718281828459045235360287471352662498
#define EG_PI  3.141592653589793238462643383279502884
#define EG_INF ((double)__builtin_inf())
#define EG_NAN ((double)__builtin_nan(""))

/* The dtype that the results of operations on these have: the one all of them promote to;
 * EG_NO_DTYPE where there is none, for kinds that do not mix, and for n < 1.
 *     eg_result_type(2, (eg_dtype[]){EG_INT8, EG_UINT8})  is EG_INT16 */
EG_API eg_dtype eg_result_type(int n, const eg_dtype dtypes[]);

/* Whether an operation would bring `from` to `to` by promotion, without an eg_cast. */
EG_API bool eg_can_cast(eg_dtype from, eg_dtype to);

/* Whether a dtype is of a kind: "bool", "signed integer", "unsigned integer", "integral",
 * "real floating", "complex floating", "numeric", or of that name: "float32". False for other
 * words, NULL and EG_NO_DTYPE. */
EG_API bool eg_isdtype(eg_dtype dtype, const char *kind);

/* The dtype that plain numbers get: "bool" bool, "integral" int32, "real floating" float32;
 * "indexing", of positions, int64. EG_NO_DTYPE for other words. */
EG_API eg_dtype eg_default_dtype(const char *kind);

/* What a floating-point dtype holds; of a complex one each of its two parts. */
typedef struct eg_real_limits {
    eg_dtype dtype; /* EG_NO_DTYPE: the one asked for is no such dtype, and all is 0 */
    int bits;
    double eps; /* the distance from 1 to the next larger number */
    double min, max;
    double smallest_normal;
} eg_real_limits;

/* What an integer dtype holds. */
typedef struct eg_int_limits {
    eg_dtype dtype; /* EG_NO_DTYPE: the one asked for is no integer, and all is 0 */
    int bits;
    int64_t min;
    uint64_t max;
} eg_int_limits;

/* The limits of a dtype. Questions. */
EG_API eg_real_limits eg_finfo(eg_dtype dtype);
EG_API eg_int_limits eg_iinfo(eg_dtype dtype);

#ifdef __cplusplus
}
#endif

#endif
