/* Strings: joined, in another case, in pieces. Moving and comparing operations take them like other
 * dtypes: eg_equal and eg_not_equal, eg_where, eg_concat, eg_stack, eg_split, eg_gather, eg_get,
 * eg_slice, eg_reshape, eg_transpose, eg_broadcast_to, eg_repeat, eg_boolean_mask and their kin;
 * eg_cast writes numbers as text and reads them. They have no gradients.
 *
 * Strings are bytes. Where characters matter they are those of UTF-8; where letters do, only those
 * of ASCII, as in TensorFlow. What calls of a function and loops make on the way stays until the
 * call ends.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_TEXT_H
#define EAGRE_OPS_TEXT_H

#include <eagre/ops/shape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* y behind x, element by element. Shapes broadcast. No gradient.
 *     eg_string_concat(EG_STRINGS("a", "b"), ".png")  ->  ['a.png' 'b.png'] string[2]
 * Owns: the result. Fails: what is no string, shapes that do not broadcast. Records:
 * StringConcat. */
EG_API eg_tensor *eg_string_concat(eg_tensor *x, eg_tensor *y);

/* The letters A to Z as small ones; all other bytes stay. No gradient.
 *     eg_string_lower(EG_STRINGS("Ab", "5C"))  ->  ['ab' '5c'] string[2]
 * Owns: the result. Fails: what is no string. Records: StringLower. */
EG_API eg_tensor *eg_string_lower(eg_tensor *x);

/* The letters a to z as capitals; all other bytes stay. No gradient.
 *     eg_string_upper(EG_STRINGS("Ab", "5c"))  ->  ['AB' '5C'] string[2]
 * Owns: the result. Fails: what is no string. Records: StringUpper. */
EG_API eg_tensor *eg_string_upper(eg_tensor *x);

typedef struct eg_string_length_attrs {
    size_t size;     /* sizeof(eg_string_length_attrs) */
    bool characters; /* counted are characters of UTF-8 [bytes] */
} eg_string_length_attrs;

/* How long each string is, int64. No gradient.
 *     eg_string_length(EG_STRINGS("abc", ""))  ->  [3 0] int64[2]
 *     eg_string_length(EG_STRINGS("Zoë"), .characters = true)  ->  3 int64[]
 * Owns: the result. Fails: what is no string. Records: StringLength. */
EG_API eg_tensor *eg_string_length_with(eg_tensor *x, const eg_string_length_attrs *attrs);
EG_API eg_tensor *eg_string_length(eg_tensor *x);

typedef struct eg_string_split_attrs {
    size_t size;    /* sizeof(eg_string_split_attrs) */
    int64_t most;   /* how often each string is split at most [as often as possible] */
    int64_t length; /* how many pieces the result has of each [as many as the string with most] */
} eg_string_split_attrs;

/* The pieces of each string along a new last axis, with empty strings behind the last, and how many
 * there are, int64: a tuple. Pieces stand between delimiters; with "" as delimiter they are words,
 * between blanks, tabs and ends of lines. How long the new axis is depends on values: in a function
 * it is a guard, and while a graph is built .length has to say it. No gradient.
 *     eg_part(eg_string_split(EG_STRINGS("a,b", "c"), ","),
 *         0)  ->  [['a' 'b'] ['c' '']] string[2,2]
 *     eg_part(eg_string_split(EG_STRINGS("a b", " c "), ""), 1)  ->  [2 1] int64[2]
 *     eg_part(eg_string_split(EG_STRINGS("a-b-c"), "-", .most = 1), 0)  ->  ['a' 'b-c'] string[2]
 * Owns: the result. Fails: what is no string, more than one delimiter, negative options; without a
 * length while a graph is built. Records: StringPieces, StringSplit. */
EG_API eg_tensor *eg_string_split_with(eg_tensor *x, eg_tensor *delimiter,
    const eg_string_split_attrs *attrs);
EG_API eg_tensor *eg_string_split(eg_tensor *x, eg_tensor *delimiter);

#ifdef __cplusplus
}
#endif

#endif
