/* The comfortable layer for C, built only on the plain functions below it:
 *
 *   - C numbers as arguments: eg_mul(x, 0.5). A number takes the dtype of the tensor beside it; and
 *     C strings: eg_equal(x, "a");
 *   - named options: eg_sum(x, .axes = EG_AXES(0, -1), .keep_dims = true);
 *   - the caller's file, line and function in every error, graph and profile;
 *   - EG_SCOPE; EG_TAPE; EG_TRY(&error); EG_GRAPH(graph); as declarations that last to the end of
 *     the block, so that break, continue, goto and return do what C says.
 *
 * A name without parentheses is always the plain function: its address can be taken, a debugger and
 * a binding see it. Works with gcc and clang as C11 and later; other compilers use the plain
 * functions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_EASY_H
#define EAGRE_EASY_H

#ifdef __cplusplus
#error "C++ programs include <eagre/easy.hpp>"
#endif

#include <eagre/function.h>
#include <eagre/control.h>
#include <eagre/grad.h>
#include <eagre/graph.h>
#include <eagre/concrete.h>
#include <eagre/emit.h>
#include <eagre/host.h>
#include <eagre/plan.h>
#include <eagre/ops.h>
#include <eagre/variable.h>

#include <string.h>

/* clang-format off */

/* ---- arguments ------------------------------------------------------------------------------ */

typedef enum eg_arg_kind {
    EG_ARG_END,
    EG_ARG_TENSOR,
    EG_ARG_INT,
    EG_ARG_REAL,
    EG_ARG_COMPLEX
} eg_arg_kind;

/* A tensor or a C number. A complex one is a tensor already, of complex128, and so is text. */
typedef struct eg_arg {
    union {
        eg_tensor *tensor;
        int64_t as_int;
        double as_real;
    };
    eg_arg_kind kind;
} eg_arg;

typedef struct eg_end eg_end; /* ends a list of arguments */

static inline eg_arg eg_arg_tensor(eg_tensor *x)
{
    return (eg_arg){.tensor = x, .kind = EG_ARG_TENSOR};
}

static inline eg_arg eg_arg_int(int64_t x)
{
    return (eg_arg){.as_int = x, .kind = EG_ARG_INT};
}

static inline eg_arg eg_arg_real(double x)
{
    return (eg_arg){.as_real = x, .kind = EG_ARG_REAL};
}

static inline eg_pair eg_pair_of(double _Complex x)
{
    eg_pair pair;

    memcpy(&pair, &x, sizeof pair);
    return pair;
}

static inline eg_arg eg_arg_complex(double _Complex x)
{
    return (eg_arg){
        .tensor = eg_scalar_pair(EG_COMPLEX128, eg_pair_of(x)), .kind = EG_ARG_COMPLEX};
}

static inline eg_arg eg_arg_text(const char *x)
{
    return eg_arg_tensor(eg_copy(EG_STRING, 0, NULL, &x));
}

static inline eg_arg eg_arg_end(const eg_end *unused)
{
    (void)unused;
    return (eg_arg){.kind = EG_ARG_END};
}

/* Any argument as an eg_arg. The text of x appears once in what this expands to, so that nested
 * expressions stay small. */
#define EG_T(x) EG_T_IN_((x), EG_PASTE_(eg_x_, __COUNTER__))
#define EG_T_IN_(x, name)                                                                          \
    __extension__({                                                                                \
        __auto_type name = x;                                                                      \
        _Generic(name, eg_tensor *: eg_arg_tensor, void *: eg_arg_tensor, float: eg_arg_real,      \
            double: eg_arg_real, long double: eg_arg_real, float _Complex: eg_arg_complex,         \
            double _Complex: eg_arg_complex, const eg_end *: eg_arg_end,                           \
            char *: eg_arg_text, const char *: eg_arg_text,                                        \
            default: eg_arg_int)(name);                                                            \
    })

/* Notes the place and turns arguments into tensors: numbers take the dtype of the first tensor
 * among them, or that of eg_constant where there is none; complex numbers beside a real tensor the
 * complex dtype of its precision. Owns: the tensors made. False or NULL
 * after an error. */
EG_API bool eg_ready(const eg_site *at, int n, const eg_arg args[], eg_tensor *in[]);
EG_API eg_tensor *eg_ready1(const eg_site *at, eg_arg x);

/* The same, then an operation of one, two or three arguments. */
EG_API eg_tensor *eg_do1(const eg_site *at, eg_tensor *(*op)(eg_tensor *), eg_arg x);
EG_API eg_tensor *eg_do2(const eg_site *at, eg_tensor *(*op)(eg_tensor *, eg_tensor *), eg_arg x,
    eg_arg y);

/* A function's call, its arguments up to an EG_ARG_END. */
EG_API eg_tensor *eg_do_call(const eg_site *at, eg_function *function, const eg_arg args[]);

/* An eg_copy of n elements: rank 0 for one, else 1. */
EG_API eg_tensor *eg_do_values(const eg_site *at, eg_dtype dtype, int64_t n, const void *data);

#define EG_HERE          (&(const eg_site){__FILE__, __LINE__, __func__})
#define EG_PASTE_(a, b)  EG_PASTE2_(a, b)
#define EG_PASTE2_(a, b) a##b

/* How many arguments, 1 to 16. */
#define EG_N_(...)                                                                                 \
    EG_N2_(__VA_ARGS__, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define EG_N2_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, count, ...) count

/* f(a), f(b), … for 1 to 9 arguments. */
#define EG_MAP_(f, ...)                     EG_PASTE_(EG_MAP, EG_N_(__VA_ARGS__))(f, __VA_ARGS__)
#define EG_MAP1(f, a)                       f(a)
#define EG_MAP2(f, a, b)                    f(a), f(b)
#define EG_MAP3(f, a, b, c)                 f(a), f(b), f(c)
#define EG_MAP4(f, a, b, c, d)              f(a), f(b), f(c), f(d)
#define EG_MAP5(f, a, b, c, d, e)           f(a), f(b), f(c), f(d), f(e)
#define EG_MAP6(f, a, b, c, d, e, g)        f(a), f(b), f(c), f(d), f(e), f(g)
#define EG_MAP7(f, a, b, c, d, e, g, h)     f(a), f(b), f(c), f(d), f(e), f(g), f(h)
#define EG_MAP8(f, a, b, c, d, e, g, h, i)  EG_MAP7(f, a, b, c, d, e, g, h), f(i)
#define EG_MAP9(f, a, b, c, d, e, g, h, i, j) EG_MAP8(f, a, b, c, d, e, g, h, i), f(j)

/* ---- lists ---------------------------------------------------------------------------------- */

/* A shape, a list of tensors, bodies, feeds: each stands for two arguments, count and array. */
#define EG_DIMS(...)                                                                               \
    ((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))), ((const int64_t[]){__VA_ARGS__})
#define EG_NO_DIMS 0, ((const int64_t *)NULL)
#define EG_IN(...) EG_N_(__VA_ARGS__), ((eg_tensor *[]){__VA_ARGS__})
/* The same of tensors and numbers, 1 to 9, as loops begin with; a number is an eg_constant. */
#define EG_STATE(...) EG_N_(__VA_ARGS__), ((eg_tensor *[]){EG_MAP_(EG_X_, __VA_ARGS__)})
#define EG_BODIES(...)                                                                             \
    ((int)(sizeof((eg_body[]){__VA_ARGS__}) / sizeof(eg_body))), ((const eg_body[]){__VA_ARGS__})
#define EG_FEEDS(...)                                                                              \
    ((int)(sizeof((eg_feed[]){__VA_ARGS__}) / sizeof(eg_feed))), ((const eg_feed[]){__VA_ARGS__})

/* Lists as options: .axes = EG_AXES(0, -1), .begin = EG_AT(1, 0). */
#define EG_AXES(...) ((eg_axes){(int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), {__VA_ARGS__}})
#define EG_AT(...)                                                                                 \
    ((eg_index){(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}})

/* ---- blocks --------------------------------------------------------------------------------- */

static inline void eg_scope_leave(eg_scope **scope)
{
    eg_scope_close(*scope);
}

/* A scope, a tape, a place where errors end, a graph being built: to the end of the block. */
#define EG_BLOCK_(open)                                                                            \
    eg_scope *EG_PASTE_(eg_scope_, __COUNTER__) __attribute__((unused, cleanup(eg_scope_leave))) = \
        (open)
#define EG_SCOPE EG_BLOCK_(eg_scope_open())
#define EG_TAPE  EG_BLOCK_((eg_at(EG_HERE), eg_tape_open(NULL)))
#define EG_TAPE_WITH(...)                                                                          \
    EG_BLOCK_((eg_at(EG_HERE),                                                                     \
        eg_tape_open(&(const eg_tape_attrs){.size = sizeof(eg_tape_attrs), __VA_ARGS__})))
#define EG_FORWARD        EG_BLOCK_(eg_forward_open())
#define EG_STOP_RECORDING EG_BLOCK_(eg_stop_recording())
#define EG_TRY(error)   EG_BLOCK_(eg_try_open(error))
#define EG_GRAPH(graph) EG_BLOCK_((eg_at(EG_HERE), eg_graph_open(graph)))

/* ---- data in -------------------------------------------------------------------------------- */

static inline eg_number eg_number_int(int64_t x)
{
    return (eg_number){.real = false, .as_int = x};
}

static inline eg_number eg_number_real(double x)
{
    return (eg_number){.real = true, .as_real = x};
}

static inline eg_number eg_number_complex(double _Complex x)
{
    eg_pair pair = eg_pair_of(x);
    return (eg_number){.real = true, .is_complex = true, .as_real = pair.re, .as_imag = pair.im};
}

#define EG_NUMBER_(x)                                                                              \
    _Generic((x), float: eg_number_real, double: eg_number_real,                                   \
        float _Complex: eg_number_complex, double _Complex: eg_number_complex,                     \
        default: eg_number_int)(x)

/* eg_constant(12), eg_constant(1.5, 2): one number or several, int32, float32 or complex64. */
#define eg_constant(...)                                                                           \
    (eg_at(EG_HERE), eg_constant_of(EG_N_(__VA_ARGS__),                                            \
                         (const eg_number[]){EG_MAP_(EG_NUMBER_, __VA_ARGS__)}))

/* EG_F32(1, 2, 3): the same with the dtype said, of any number of values. */
#define EG_VALUES_(dtype, type, ...)                                                               \
    eg_do_values(EG_HERE, dtype, (int64_t)(sizeof((type[]){__VA_ARGS__}) / sizeof(type)),          \
        (const type[]){__VA_ARGS__})
#define EG_F32(...) EG_VALUES_(EG_FLOAT32, float, __VA_ARGS__)
#define EG_F64(...) EG_VALUES_(EG_FLOAT64, double, __VA_ARGS__)
#define EG_I32(...) EG_VALUES_(EG_INT32, int32_t, __VA_ARGS__)
#define EG_I64(...) EG_VALUES_(EG_INT64, int64_t, __VA_ARGS__)
#define EG_I8(...)  EG_VALUES_(EG_INT8, int8_t, __VA_ARGS__)
#define EG_I16(...) EG_VALUES_(EG_INT16, int16_t, __VA_ARGS__)
#define EG_U8(...)  EG_VALUES_(EG_UINT8, uint8_t, __VA_ARGS__)
#define EG_U16(...) EG_VALUES_(EG_UINT16, uint16_t, __VA_ARGS__)
#define EG_U32(...) EG_VALUES_(EG_UINT32, uint32_t, __VA_ARGS__)
#define EG_U64(...) EG_VALUES_(EG_UINT64, uint64_t, __VA_ARGS__)
#define EG_B(...)   EG_VALUES_(EG_BOOL, bool, __VA_ARGS__)
#define EG_C64(...) EG_VALUES_(EG_COMPLEX64, float _Complex, __VA_ARGS__)
#define EG_C128(...) EG_VALUES_(EG_COMPLEX128, double _Complex, __VA_ARGS__)
#define EG_STRINGS(...) EG_VALUES_(EG_STRING, char *, __VA_ARGS__)

/* eg_array2(m) for `float m[2][3]`: C arrays of one to four dimensions. */
#define EG_DTYPE_OF_(x)                                                                            \
    _Generic((x), bool: EG_BOOL, int8_t: EG_INT8, int16_t: EG_INT16, int32_t: EG_INT32,            \
        int64_t: EG_INT64, uint8_t: EG_UINT8, uint16_t: EG_UINT16, uint32_t: EG_UINT32,            \
        uint64_t: EG_UINT64, float: EG_FLOAT32, double: EG_FLOAT64,                                \
        float _Complex: EG_COMPLEX64, double _Complex: EG_COMPLEX128, char *: EG_STRING,           \
        const char *: EG_STRING)
#define EG_LENGTH_(a) ((int64_t)(sizeof(a) / sizeof((a)[0])))
#define eg_array1(a)                                                                               \
    (eg_at(EG_HERE), eg_copy(EG_DTYPE_OF_((a)[0]), 1, (const int64_t[]){EG_LENGTH_(a)}, (a)))
#define eg_array2(a)                                                                               \
    (eg_at(EG_HERE), eg_copy(EG_DTYPE_OF_((a)[0][0]), 2,                                           \
                         (const int64_t[]){EG_LENGTH_(a), EG_LENGTH_((a)[0])}, (a)))
#define eg_array3(a)                                                                               \
    (eg_at(EG_HERE),                                                                               \
        eg_copy(EG_DTYPE_OF_((a)[0][0][0]), 3,                                                     \
            (const int64_t[]){EG_LENGTH_(a), EG_LENGTH_((a)[0]), EG_LENGTH_((a)[0][0])}, (a)))
#define eg_array4(a)                                                                               \
    (eg_at(EG_HERE), eg_copy(EG_DTYPE_OF_((a)[0][0][0][0]), 4,                                     \
                         (const int64_t[]){EG_LENGTH_(a), EG_LENGTH_((a)[0]),                      \
                             EG_LENGTH_((a)[0][0]), EG_LENGTH_((a)[0][0][0])},                     \
                         (a)))

/* ---- functions ------------------------------------------------------------------------------ */

/* Defines a plain C function of 1 to 8 tensors that eg_function_of can wrap:
 *     EG_FUNCTION(scaled_sum, x, y)
 *     {
 *         return eg_mul(eg_add(x, y), 0.5);
 *     }
 */
#define EG_FUNCTION(name, ...)                                                                     \
    static eg_tensor *name(EG_MAP_(EG_PARAMETER_, __VA_ARGS__));                                   \
    static eg_tensor *name##_body(int n_, eg_tensor *const in_[], void *env_)                      \
    {                                                                                              \
        (void)env_;                                                                                \
        return eg_body_fits(#name, EG_N_(__VA_ARGS__), n_)                                         \
            ? name(EG_PASTE_(EG_FIRST, EG_N_(__VA_ARGS__))(in_))                                   \
            : NULL;                                                                                \
    }                                                                                              \
    __attribute__((unused)) static const eg_callable name##_callable = {                           \
        name##_body, EG_N_(__VA_ARGS__), #name};                                                   \
    static eg_tensor *name(EG_MAP_(EG_PARAMETER_, __VA_ARGS__))

/* Defines a body of 1 to 8 tensors with an environment, which stands first: `decay` is then an
 * eg_body, for staged control flow and eg_function_new.
 *     EG_BODY(decay, const settings *s, x)
 *     {
 *         return eg_mul(x, s->rate);
 *     }
 */
#define EG_BODY(name, env, ...)                                                                    \
    static eg_tensor *name##_of(env, EG_MAP_(EG_PARAMETER_, __VA_ARGS__));                         \
    static eg_tensor *name(int n_, eg_tensor *const in_[], void *env_)                             \
    {                                                                                              \
        return eg_body_fits(#name, EG_N_(__VA_ARGS__), n_)                                         \
            ? name##_of(env_, EG_PASTE_(EG_FIRST, EG_N_(__VA_ARGS__))(in_))                        \
            : NULL;                                                                                \
    }                                                                                              \
    static eg_tensor *name##_of(env, EG_MAP_(EG_PARAMETER_, __VA_ARGS__))

/* Whether a body that takes n tensors was given as many; otherwise that is reported. */
EG_API bool eg_body_fits(const char *name, int n, int given);

#define EG_PARAMETER_(x) eg_tensor *x
#define EG_FIRST1(v)     v[0]
#define EG_FIRST2(v)     v[0], v[1]
#define EG_FIRST3(v)     v[0], v[1], v[2]
#define EG_FIRST4(v)     v[0], v[1], v[2], v[3]
#define EG_FIRST5(v)     v[0], v[1], v[2], v[3], v[4]
#define EG_FIRST6(v)     v[0], v[1], v[2], v[3], v[4], v[5]
#define EG_FIRST7(v)     v[0], v[1], v[2], v[3], v[4], v[5], v[6]
#define EG_FIRST8(v)     v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]

/* Wraps what EG_FUNCTION defined, with options: eg_function_of(train, .strict = true). */
#define eg_function_of(...) EG_FUNCTION_OF_(__VA_ARGS__, )
#define EG_FUNCTION_OF_(name, ...)                                                                 \
    EG_AT_(eg_function_new_with(&name##_callable, EG_WITH_(eg_function_attrs, __VA_ARGS__)))

/* What its arguments have to be, an eg_argument each: .signature = EG_SIGNATURE({.name = "x",
 * .dtype = EG_FLOAT32, .shape = EG_SHAPE(-1, 784)}, {.name = "n", .by_value = true}). */
#define EG_SIGNATURE(...)                                                                          \
    {.size = sizeof(eg_argument),                                                                  \
        .n = (int)(sizeof((eg_argument[]){__VA_ARGS__}) / sizeof(eg_argument)),                    \
        .arguments = (const eg_argument[]){__VA_ARGS__}}
#define EG_SHAPE(...)                                                                              \
    {.known = true, .rank = (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),             \
        .dims = {__VA_ARGS__}}
#define EG_SCALAR {.known = true}

/* eg_call(f, x, 2.0): up to 8 tensors or numbers. */
#define eg_call(...) EG_CALL_(__VA_ARGS__, (const eg_end *)NULL)
#define EG_CALL_(f, ...)                                                                           \
    eg_do_call(EG_HERE, (f), (const eg_arg[]){EG_MAP_(EG_T, __VA_ARGS__)})

/* ---- plans ---------------------------------------------------------------------------------- */

#define eg_plan_new(...)          EG_PLAN_NEW_(__VA_ARGS__, )
#define EG_PLAN_NEW_(f, n, in, ...)                                                                \
    EG_AT_(eg_plan_new_with(f, n, in, EG_WITH_(eg_plan_attrs, __VA_ARGS__)))
#define eg_concrete_plan(...)     EG_CONCRETE_PLAN_(__VA_ARGS__, )
#define EG_CONCRETE_PLAN_(c, ...)                                                                  \
    EG_AT_(eg_concrete_plan_with(c, EG_WITH_(eg_plan_attrs, __VA_ARGS__)))

/* The buffers of a run, 1 to 9 arrays each, whose bytes are taken from their types:
 *     float x[64], y[8];
 *     eg_plan_run(plan, EG_FROM(x), EG_INTO(y)); */
#define EG_FROM(...)                                                                               \
    EG_N_(__VA_ARGS__), ((const eg_plan_in[]){EG_MAP_(EG_BUFFER_, __VA_ARGS__)})
#define EG_INTO(...)                                                                               \
    EG_N_(__VA_ARGS__), ((const eg_plan_out[]){EG_MAP_(EG_BUFFER_, __VA_ARGS__)})
#define EG_BUFFER_(x)             {(x), sizeof(x)}

/* clang-format on */

#include <eagre/easy_ops.h>
#include <eagre/easy_linalg.h>
#include <eagre/easy_nn.h>

#endif
