/* The table of element types. Code asks the table, it never switches over all dtypes: more come.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TENSOR_DTYPE_H
#define TENSOR_DTYPE_H

#include <eagre/tensor.h>

enum { EG__DTYPES = 17 }; /* one more than the largest eg_dtype */

/* dtypes of one kind promote to a common one; kinds do not mix, but real and complex numbers, which
 * are both floating point. */
typedef enum eg__kind {
    EG__NO_KIND,
    EG__TEXT,
    EG__BOOLEAN,
    EG__INTEGER,
    EG__REAL,
    EG__COMPLEX
} eg__kind;

typedef struct eg__dtype_info {
    const char *name;
    size_t size;
    eg__kind kind;
    bool is_unsigned;
    bool is_half;           /* a real of 16 bits, computed in float32 */
    int digits;             /* significant decimal digits that identify a value, or a part of it */
    double lowest, highest; /* what eg_scalar accepts (integer kinds) */
    double (*real)(const void *element);
    int64_t (*integer)(const void *element); /* of uint64 the same bits */
    void (*set_real)(void *element, double value);
    void (*set_integer)(void *element, int64_t value);
    eg_dtype part; /* of a complex dtype: that of its two parts */
} eg__dtype_info;

/* The row of a dtype; that of EG_NO_DTYPE for numbers out of range. */
const eg__dtype_info *eg__dtype(eg_dtype dtype);

/* "string", "bool", "integer", "floating point", "complex". */
const char *eg__kind_name(eg__kind kind);

static inline bool eg__is_complex(eg_dtype dtype)
{
    return eg__dtype(dtype)->kind == EG__COMPLEX;
}

/* Real or complex: what has a derivative. */
static inline bool eg__is_floating(eg_dtype dtype)
{
    return eg__dtype(dtype)->kind >= EG__REAL;
}

/* The dtype of a number's parts, which a real one is itself; the complex dtype of such parts, or
 * EG_NO_DTYPE. */
eg_dtype eg__part_of(eg_dtype dtype);
eg_dtype eg__complex_of(eg_dtype part);

/* The dtype that holds the values of both, as the Array API promotes; EG_NO_DTYPE where kinds do
 * not mix, and for uint64 beside a signed integer. */
eg_dtype eg__promote(eg_dtype a, eg_dtype b);

/* Reads or writes one element as a double or an integer. Writing converts like C; the caller has
 * checked the range. Of a complex element it is the real part; writing makes the other zero. */
static inline double eg__element_real(eg_dtype dtype, const void *element)
{
    return eg__dtype(dtype)->real(element);
}

static inline int64_t eg__element_int(eg_dtype dtype, const void *element)
{
    return eg__dtype(dtype)->integer(element);
}

static inline void eg__set_element_real(eg_dtype dtype, void *element, double value)
{
    eg__dtype(dtype)->set_real(element, value);
}

static inline void eg__set_element_int(eg_dtype dtype, void *element, int64_t value)
{
    eg__dtype(dtype)->set_integer(element, value);
}

/* The same of any number as a complex one. Writing to a real dtype drops the imaginary part. */
eg_pair eg__element_pair(eg_dtype dtype, const void *element);
void eg__set_element_pair(eg_dtype dtype, void *element, eg_pair value);

/* Whether an element is not zero, in either part. */
static inline bool eg__element_true(eg_dtype dtype, const void *element)
{
    eg_pair x = eg__element_pair(dtype, element);
    return x.re != 0 || x.im != 0;
}

#endif
