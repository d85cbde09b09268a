/* Tensors: dtypes and shapes, native data in and out, tuples, printing.
 *
 * A tensor is an immutable value: a dtype, a shape of rank 0 to EG_MAX_RANK and its elements in
 * row-major order. Handles are opaque; results belong to the innermost scope (scope.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_TENSOR_H
#define EAGRE_TENSOR_H

#include <eagre/scope.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { EG_MAX_RANK = 8 };

/* Element types. The numbers are part of the ABI; later versions add more, so a switch over them
 * wants a default. */
typedef enum eg_dtype {
    EG_NO_DTYPE = 0, /* of NULL and of tuples */
    EG_BOOL = 1,
    EG_INT32 = 2,
    EG_INT64 = 3,
    EG_FLOAT32 = 4,
    EG_FLOAT64 = 5,
    EG_INT8 = 6,
    EG_INT16 = 7,
    EG_UINT8 = 8,
    EG_UINT16 = 9,
    EG_UINT32 = 10,
    EG_UINT64 = 11,
    EG_FLOAT16 = 12,  /* IEEE 754 binary16; in C its 16 bits as a uint16_t */
    EG_BFLOAT16 = 13, /* the upper 16 bits of a float32, likewise */
    /* A real and an imaginary part side by side, two float32 or two float64: in memory C's
     * float _Complex and double _Complex, C++'s std::complex<float> and std::complex<double>. */
    EG_COMPLEX64 = 14,
    EG_COMPLEX128 = 15,
    /* Text, or any bytes, of any length: UTF-8 by custom. In C the address of the bytes, a
     * `const char *`, behind which a NUL stands that is not counted; NULL is the empty string. */
    EG_STRING = 16
} eg_dtype;

/* "float32" and so on; "none" for EG_NO_DTYPE, "unknown" for numbers this version does not know. */
EG_API const char *eg_dtype_name(eg_dtype dtype);

/* The dtype of that name, EG_NO_DTYPE where there is none. */
EG_API eg_dtype eg_dtype_find(const char *name);

/* Bytes of one element; 0 for EG_NO_DTYPE. */
EG_API size_t eg_dtype_size(eg_dtype dtype);

/* ---- data in ------------------------------------------------------------------------------ */

/* A tensor with a copy of the elements at `data`, row-major.
 *     eg_copy(EG_INT32, EG_DIMS(2, 2), (int32_t[]){1, 2, 3, 4})  ->  [[1 2] [3 4]] int32[2,2]
 * `data` may be NULL where the shape holds no element. Of EG_STRING it holds C strings, which are
 * copied too; NULL is an empty one.
 * Owns: the result. Fails: EG_INVALID for a negative size, a rank over EG_MAX_RANK, an unknown
 * dtype; EG_NO_MEMORY. Records: a constant. */
EG_API eg_tensor *eg_copy(eg_dtype dtype, int rank, const int64_t dims[], const void *data);

/* A string with its length: it may hold any byte, NUL too. */
typedef struct eg_string {
    const char *bytes; /* NULL: none */
    size_t length;
} eg_string;

/* A tensor of strings, which are copied: eg_copy(EG_STRING, …) is the same from C strings, and
 * EG_STRINGS("a", "b") the shortest form.
 *     eg_strings_of(EG_DIMS(2), (eg_string[]){{"a\0b", 3}, {"", 0}})  ->  ['a\x00b' ''] string[2]
 * Owns: the result. Fails: EG_INVALID for a wrong shape, NULL bytes with a length; EG_NO_MEMORY.
 * Records: a constant. */
EG_API eg_tensor *eg_strings_of(int rank, const int64_t dims[], const eg_string strings[]);

/* A tensor that reads the elements at `data` in place. The bytes must not change, nor go away,
 * until `on_free(data, env)` is called (NULL: they outlive the tensor); that may happen on any
 * thread. On failure `on_free` is not called. Alignment: that of the dtype.
 * Owns: the result. Fails: as eg_copy, and EG_INVALID for data that is not aligned and for strings,
 * which are copied. */
EG_API eg_tensor *eg_wrap(eg_dtype dtype, int rank, const int64_t dims[], const void *data,
    void (*on_free)(void *data, void *env), void *env);

/* One element of the given dtype, rank 0, converted from a double. Integers beyond the dtype's
 * range and fractions for an integer dtype are errors, so nothing is lost in silence.
 *     eg_scalar(EG_FLOAT64, 0.5)  ->  0.5 float64[]
 * Owns: the result. Fails: EG_INVALID. Records: a constant. */
EG_API eg_tensor *eg_scalar(eg_dtype dtype, double value);

/* The same from an integer.
 *     eg_scalar_int(EG_INT64, 7)  ->  7 int64[] */
EG_API eg_tensor *eg_scalar_int(eg_dtype dtype, int64_t value);

/* A complex number, in C as in languages that have none. */
typedef struct eg_pair {
    double re, im;
} eg_pair;

/* One complex element. The macro eg_constant(1 + 2 * I) and EG_C64(1 + 2 * I) are shorter.
 *     eg_scalar_pair(EG_COMPLEX64, (eg_pair){1, -2})  ->  1.-2.j complex64[]
 * Owns: the result. Fails: EG_INVALID for a dtype that is not complex. Records: a constant. */
EG_API eg_tensor *eg_scalar_pair(eg_dtype dtype, eg_pair value);

/* A C number, as eg_constant and the macros of easy.h pass it. */
typedef struct eg_number {
    bool real;       /* a fraction, or the real part of a complex number */
    bool is_complex; /* as_imag is its imaginary part */
    union {
        double as_real;
        int64_t as_int;
    };
    double as_imag;
} eg_number;

/* The tensor behind eg_constant(...): rank 0 for n = 1, else rank 1. Whole numbers make int32
 * (int64 if one does not fit), any fraction makes all of them float32, any complex number
 * complex64.
 *     eg_constant(12)        ->  12 int32[]
 *     eg_constant(1.5, 2)    ->  [1.5 2. ] float32[2]
 * Owns: the result. Fails: EG_INVALID for n < 1; EG_NO_MEMORY. Records: a constant. */
EG_API eg_tensor *eg_constant_of(int n, const eg_number numbers[]);

/* ---- what a tensor is --------------------------------------------------------------------- */

/* Questions; all accept NULL (EG_NO_DTYPE, 0). eg_dim counts a negative axis from the end and
 * gives 0 for an axis that is not there. eg_size is the number of elements.
 * In a function being recorded eg_dim and eg_size are guards: the trace serves only sizes that give
 * the same answer. eg_size_of (ops/shape.h) is a size as a tensor, which leaves it free. */
EG_API eg_dtype eg_dtype_of(const eg_tensor *x);
EG_API int eg_rank(const eg_tensor *x);
EG_API int64_t eg_dim(const eg_tensor *x, int axis);
EG_API int64_t eg_size(const eg_tensor *x);

/* True for a gradient that is not connected, when that was asked for (grad.h). */
EG_API bool eg_is_none(const eg_tensor *x);

/* ---- data out ----------------------------------------------------------------------------- */

/* Copies all elements to `out`. `dtype` and `count` say what `out` holds and must be exactly what
 * `x` has. Inside a function being recorded a raw read cannot be guarded: that function runs
 * eagerly from then on, and its report says so. Of strings the addresses are copied, as C strings
 * that stay as long as the elements of `x`.
 * Action. Fails: EG_INVALID for another dtype or count; EG_STATE for a spent tensor or a symbol. */
EG_API eg_status eg_read(eg_tensor *x, eg_dtype dtype, void *out, int64_t count);

/* The same of strings, with their lengths. */
EG_API eg_status eg_read_strings(eg_tensor *x, eg_string out[], int64_t count);

/* The only string of `x`, which stays as long as the elements of `x`; "" after an error. A raw
 * read, as eg_read is: a function that decides by text compares tensors,
 * eg_true(eg_equal(x, "a")).
 *     eg_item_string(EG_STRINGS("abc"))  ->  abc
 * Question. Fails: EG_INVALID unless `x` is one string. */
EG_API const char *eg_item_string(eg_tensor *x);

/* The elements in place, without copying: valid as long as `x` lives. Of strings these are their
 * addresses, NULL for an empty one. NULL where `x` has another
 * dtype or an error is pending. Inside a function: as eg_read.
 * Fails: as eg_read. */
EG_API const void *eg_data(eg_tensor *x, eg_dtype dtype);

/* The only element of `x` as a double, or as an integer. Inside a function being recorded the
 * answer becomes a guard: later calls follow the branch that was recorded for their own value.
 *     eg_item(eg_constant(2.5))  ->  2.5
 * Question. Fails: EG_INVALID unless `x` has one element, and for a complex one; eg_item_int: a
 * fraction. */
EG_API double eg_item(eg_tensor *x);
EG_API int64_t eg_item_int(eg_tensor *x);

/* The same as a complex number, of any dtype. */
EG_API eg_pair eg_item_pair(eg_tensor *x);

/* Whether the only element of `x` is not zero: `if (eg_true(eg_greater(x, limit))) …`. Guards as
 * eg_item does. Zero after an error, so loops are written while (eg_ok() && !eg_true(done)).
 * Question. Fails: EG_INVALID unless `x` has one element. */
EG_API bool eg_true(eg_tensor *x);

/* ---- printing ----------------------------------------------------------------------------- */

/* How eg_print shows elements; zero fields are the defaults in brackets. */
typedef struct eg_print_attrs {
    size_t size;       /* sizeof(eg_print_attrs) */
    int precision;     /* digits after the point at most [8] */
    int64_t threshold; /* more elements than this are summarised by their edges [1000] */
    int edge_items;    /* elements shown at each edge [3] */
    int line_width;    /* columns [75] */
    FILE *to;          /* [stdout] */
} eg_print_attrs;

/* Prints `x` as NumPy would, then its dtype and shape:
 *     eg_constant(1.5, -2, 100)  ->  [  1.5  -2.  100. ] float32[3]
 *     EG_STRINGS("it's", "tab\t")  ->  ["it's" 'tab\t'] string[2]
 * A symbol prints its shape and origin; a tuple prints its parts. Inside a function it is an
 * effect: once per call, traced or not, in program order.
 * Action. Fails: EG_INVALID for NULL without a pending error; EG_STATE for a spent tensor;
 * EG_IO. */
EG_API eg_status eg_print_with(eg_tensor *x, const eg_print_attrs *attrs);
EG_API eg_status eg_print(eg_tensor *x);

/* The same text as a string; free with eg_free. NULL after an error. A raw read (see eg_read). */
EG_API char *eg_to_text(eg_tensor *x, const eg_print_attrs *attrs);

/* ---- tuples ------------------------------------------------------------------------------- */

/* Several tensors as one result, for functions that return more than one. Tuples do not nest.
 * Owns: the result; it keeps its parts. Fails: EG_INVALID for n < 1, NULL or a tuple among the
 * parts. */
EG_API eg_tensor *eg_tuple_of(int n, eg_tensor *const parts[]);

/* Part `i` of a tuple, as a handle that the tuple keeps alive; eg_retain or eg_give moves it on.
 *     eg_part(eg_top_k(eg_constant(3, 9, 4), 2), 1)  ->  [1 2] int64[2]
 * Fails: EG_INVALID where `x` is no tuple or has no such part. */
EG_API eg_tensor *eg_part(eg_tensor *x, int i);

/* How many parts: 0 for what is no tuple. Question. */
EG_API int eg_parts(const eg_tensor *x);

/* ---- process-wide state of execution ------------------------------------------------------ */

/* True where operations return values at once and nothing records them: outside of functions
 * being traced and of graphs being built. Question. */
EG_API bool eg_executing_eagerly(void);

#ifdef __cplusplus
}
#endif

#endif
