/* Cases of operations, read from the tables tests/ops/golden/<family>.case. One line is one case:
 *
 *     Mul(float32[3] 1 2 3, float32[] 10) -> float32[3] 10 20 30
 *     Sum(float32[2,2] 1 2 3 4, axes=[0], keep_dims=true) -> float32[1,2] 4 6
 *     Exp(float32[2] 0 1) -> float32[2] 1 2.7182817 ~ 1e-6
 *     Add(float32[2] 1 2, float32[3] 1 2 3) -> error "do not broadcast"
 *     Tanh(float32[40,500] ramp -4 0.125 64)
 *
 * A value is its dtype, shape and elements; `ramp a b m` stands for a + b * (i mod m), in both
 * parts of complex numbers, and `spread a b d` for numbers all over [a, b) with d added on the
 * diagonals of the last two axes. Attributes are written as graphs write them. Results agree to 4
 * units in the last place, or to what stands behind `~`. A case without a result is there for the
 * tests that need none. Lines that start with # are comments.
 *
 * Everything that is tested of an operation is derived from these lines and its descriptor. With
 * EAGRE_TEST_OP=Mul in the environment only the cases of that operation are read.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OPS_CASES_H
#define TESTS_OPS_CASES_H

#include "harness.h"
#include "op/watch.h"
#include "ops/registry.h"

typedef struct op_value {
    eg_spec spec;
    void *data;
} op_value;

typedef struct op_case {
    char file[32];
    int line;
    const eg_opdef *op;
    _Alignas(16) unsigned char attrs[EG__ATTRS_SIZE];
    int n_in, n_out; /* n_out 0: no result is given */
    op_value in[EG__MAX_IN], out[EG__NAMED_OUT];
    double tolerance; /* 0: units in the last place */
    char error[96];   /* a part of the expected message; "" where it succeeds */
} op_case;

/* All cases, read once. A table that cannot be read ends the program with a line that says where
 * the trouble is. */
const op_case *cases(int *n);

/* Cases in tests/ops/jax, whose results are gradients by the real inputs: see gradients.py. */
const op_case *gradient_cases(int *n);

/* Whether the operation's tests are wanted (EAGRE_TEST_OP). */
bool op_is_wanted(const eg_opdef *op);

/* Loops over the cases that succeed. */
#define FOR_EACH_CASE(c)                                                                           \
    for (int n_##c, i_##c = 0; i_##c < (cases(&n_##c), n_##c); i_##c++)                            \
        for (const op_case *c = &cases(&n_##c)[i_##c]; c && !c->error[0]; c = NULL)

/* Loops over the operations. */
#define FOR_EACH_OP(op)                                                                            \
    for (int i_##op = 0; i_##op < EG__OPS; i_##op++)                                               \
        for (const eg_opdef *op = eg__ops[i_##op]; op && op_is_wanted(op); op = NULL)

/* A failure of one case: printed with its place in the table and counted, so that one run shows
 * all. `c` may be NULL. */
void complain(const op_case *c, const char *format, ...) EG_FORMAT(2, 3);

/* Fails the test where anything was complained about since the last time. */
#define assert_no_complaints() complaints_end(__FILE__, __LINE__)
void complaints_end(const char *file, int line);

/* Complains and ends the error where one is pending; true where none is. */
bool is_fine(const op_case *c, const char *what);

/* The tensor of a value; the inputs of a case; the case applied to inputs. */
eg_tensor *value_tensor(const op_value *v);
void case_inputs(const op_case *c, eg_tensor *in[]);
eg_tensor *case_apply(const op_case *c, eg_tensor *const in[]);

/* Result i, of one or several. */
eg_tensor *result(eg_tensor *y, int i);

/* The inputs that are promoted to one dtype have it already. */
bool dtypes_agree(const op_case *c);

/* Elements of all inputs together. */
int64_t case_size(const op_case *c);

/* The same dtypes, shapes and bits; tuples part by part. */
bool same_bits(eg_tensor *a, eg_tensor *b);

/* Whether x has the value, to the case's tolerance. */
bool agrees(const op_case *c, eg_tensor *x, const op_value *expected);

/* The elements of a value or tensor, shortened, for a message. */
const char *shown(const eg_spec *spec, const void *data, char *room, size_t size);

/* The attributes as text. */
const char *attrs_shown(const op_case *c, char *room, size_t size);

#endif
