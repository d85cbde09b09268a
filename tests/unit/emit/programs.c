/* Functions as C: what whole programs compute when they are compiled, with gcc and clang, against
 * what eagre computes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "emitted.h"
#include <math.h>

static _Alignas(64) unsigned char arena[1 << 20];
static const char *const compilers[] = {"gcc", "clang"};

typedef int (*one_one)(const float *x, float *y, void *arena);
typedef int (*with_state)(const float *x, float *y, void *state, void *arena);
typedef int (*with_weights)(const float *x, float *y, const void *weights, void *arena);
typedef void (*starter)(void *state);
typedef void (*finder)(void *weights, const void *file);

#define FIND(to, library, name)                                                                    \
    do {                                                                                           \
        void *found_ = dlsym(library, name);                                                       \
        assert_non_null(found_);                                                                   \
        memcpy(&(to), &found_, sizeof(to));                                                        \
    } while (0)

/* Whether n numbers are within some units of the largest. */
static void assert_near(const float *a, eg_tensor *y, double by)
{
    float b[256];
    double most = 1;
    int n = (int)eg_size(y);

    assert_true(n <= 256);
    assert_int_equal(eg_read(y, EG_FLOAT32, b, (size_t)n), EG_OK);
    for (int i = 0; i < n; i++)
        most = fmax(most, fabs((double)b[i]));
    for (int i = 0; i < n; i++)
        if (!(fabs((double)a[i] - (double)b[i]) <= by * most * 0x1p-23) && a[i] != b[i])
            fail_msg("element %d is %.9g, not %.9g", i, (double)a[i], (double)b[i]);
}

static void fill(float *x, int n)
{
    for (int i = 0; i < n; i++)
        x[i] = (float)((i * 37 % 101) - 50) / 25.0f;
}

static bool can_compile(const char *compiler)
{
    return emitted_has(compiler);
}

/* ---- branches ------------------------------------------------------------------------------- */

static eg_tensor *total;

EG_FUNCTION(add_positive, x)
{
    if (eg_true(eg_greater(eg_sum(x), 0)))
        eg_assign_add(total, eg_sum(x));
    return eg_mul(x, total);
}

static void run_branches(void *library)
{
    float state[1], x[2] = {1, 2}, y[2] = {0};
    starter init;
    with_state run;

    FIND(init, library, "branches_init");
    FIND(run, library, "branches_run");
    init(state);
    assert_true(state[0] == 10);
    assert_int_equal(run(x, y, state, arena), 0);
    assert_true(state[0] == 13 && y[0] == 13 && y[1] == 26);
    x[0] = -5;
    assert_int_equal(run(x, y, state, arena), 0);
    assert_true(state[0] == 13 && y[0] == -65 && y[1] == 26);
}

TEST(all_branches_of_a_function_are_written_and_assigned_variables_are_a_state)
{
    total = NULL;
    EG_SCOPE;
    total = eg_variable(eg_constant(10.0), .name = "total");
    eg_function *f = eg_function_of(add_positive);
    eg_tensor_spec x = {"x", EG_FLOAT32, 1, (int64_t[]){2}};
    assert_int_equal(eg_function_emit_c(f, 1, &x, emitted_path("branches.c")), EG_OK);
    assert_values(total, 10);
    for (int i = 0; i < 2; i++) {
        void *library = can_compile(compilers[i]) ? emitted_load(compilers[i], "branches") : NULL;
        assert_true(library || !can_compile(compilers[i]));
        if (library)
            run_branches(library);
    }
    eg_function_free(f);
    eg_variable_free(total);
    emitted_end();
}

TEST(a_trace_answers_a_branch_that_it_does_not_know_with_a_status)
{
    float state[1], x[2] = {1, 2}, y[2];
    starter init;
    with_state run;
    EG_SCOPE;

    total = eg_variable(eg_constant(10.0), .name = "total");
    eg_function *f = eg_function_of(add_positive);
    eg_concrete *c = eg_function_concrete(f, EG_IN(EG_F32(1, 2)));
    assert_int_equal(eg_concrete_emit_c(c, emitted_path("one.c"), .name = "branches"), EG_OK);
    eg_concrete_extend(c, EG_IN(EG_F32(-1, -2)));
    assert_int_equal(eg_concrete_emit_c(c, emitted_path("branches.c")), EG_OK);
    void *library = can_compile("gcc") ? emitted_load("gcc", "one") : NULL;
    if (library) {
        FIND(init, library, "branches_init");
        FIND(run, library, "branches_run");
        init(state);
        assert_int_equal(run(x, y, state, arena), 0);
        x[1] = -2;
        assert_int_equal(run(x, y, state, arena), 1); /* BRANCHES_UNSEEN */
        assert_true(state[0] == 13);
        run_branches(emitted_load("gcc", "branches"));
    }
    eg_concrete_free(c);
    eg_function_free(f);
    eg_variable_free(total);
    emitted_end();
}

EG_FUNCTION(by_number, x, n)
{
    return eg_item(n) == 2 ? eg_mul(x, 2) : eg_item(n) == 0.5 ? eg_div(x, 3) : x;
}

TEST(guards_by_numbers_compare_bits)
{
    float x[2] = {3, 6}, n[1] = {2}, y[2];
    int (*run)(const float *, const float *, float *, void *);
    EG_SCOPE;

    if (!can_compile("gcc"))
        skip_since("there is no gcc");
    eg_function *f = eg_function_of(by_number);
    eg_concrete *c = eg_function_concrete(f, EG_IN(EG_F32(1, 2), eg_constant(2.0)));
    eg_concrete_extend(c, EG_IN(EG_F32(1, 2), eg_constant(0.5)));
    assert_int_equal(eg_concrete_emit_c(c, emitted_path("numbers.c")), EG_OK);
    FIND(run, emitted_load("gcc", "numbers"), "numbers_run");
    assert_int_equal(run(x, n, y, arena), 0);
    assert_true(y[0] == 6 && y[1] == 12);
    n[0] = 0.5f;
    assert_int_equal(run(x, n, y, arena), 0);
    assert_true(y[0] == 1 && y[1] == 2);
    n[0] = 7;
    assert_int_equal(run(x, n, y, arena), 1);
    eg_concrete_free(c);
    eg_function_free(f);
    emitted_end();
}

/* ---- networks ------------------------------------------------------------------------------- */

static eg_tensor *w[4];

static void make_weights(int n, const int64_t dims[][4], const int rank[])
{
    for (int i = 0; i < n; i++) {
        float number[4096];
        int64_t size = 1;
        for (int k = 0; k < rank[i]; k++)
            size *= dims[i][k];
        assert_true(size <= 4096);
        fill(number, (int)size);
        w[i] = eg_variable(eg_div(eg_copy(EG_FLOAT32, rank[i], dims[i], number), 8), .name = "w");
    }
}

static void free_weights(int n)
{
    for (int i = 0; i < n; i++)
        eg_variable_free(w[i]);
}

/* Emits a function of one array and compares it with a call, compiled by each compiler. */
static void check(eg_function *f, const char *name, int rank, const int64_t dims[], double by)
{
    eg_tensor_spec spec = {"x", EG_FLOAT32, rank, dims};
    static float x[4096], y[256];
    char file[32], symbol[32];
    one_one run;
    int64_t n = 1;

    snprintf(file, sizeof file, "%s.c", name);
    snprintf(symbol, sizeof symbol, "%s_run", name);
    for (int i = 0; i < rank; i++)
        n *= dims[i];
    fill(x, (int)n);
    eg_tensor *expected = eg_call(f, eg_copy(EG_FLOAT32, rank, dims, x));
    assert_int_equal(eg_function_emit_c(f, 1, &spec, emitted_path(file)), EG_OK);
    for (int i = 0; i < 2; i++) {
        if (!can_compile(compilers[i]))
            continue;
        void *library = emitted_load(compilers[i], name);
        assert_non_null(library);
        FIND(run, library, symbol);
        memset(arena, 0xff, sizeof arena); /* NaN where nothing was written */
        assert_int_equal(run(x, y, arena), 0);
        assert_near(y, expected, by);
    }
    eg_function_free(f);
    emitted_end();
    assert_fine();
}

EG_FUNCTION(mlp, x)
{
    eg_tensor *h = eg_relu(eg_add(eg_matmul(x, w[0]), w[1]));
    return eg_softmax(eg_add(eg_matmul(h, w[2]), w[3]));
}

TEST(a_network_of_two_layers_gives_its_probabilities)
{
    EG_SCOPE;
    make_weights(4, (const int64_t[][4]){{64, 32}, {32}, {32, 10}, {10}},
        (const int[]){2, 1, 2, 1});
    check(eg_function_of(mlp), "mlp", 2, (const int64_t[]){5, 64}, 64);
    free_weights(4);
}

EG_FUNCTION(cnn, x)
{
    eg_tensor *h = eg_relu(eg_add(eg_conv(x, w[0], .same = true), w[1]));
    h = eg_avg_pool(eg_max_pool(h, .window = EG_AT(2)), .window = EG_AT(3), .strides = EG_AT(1),
        .same = true);
    return eg_matmul(eg_reshape(h, EG_DIMS(1, -1)), w[2]);
}

TEST(a_network_of_convolutions_and_pools_gives_its_numbers)
{
    EG_SCOPE;
    make_weights(3, (const int64_t[][4]){{3, 3, 2, 4}, {4}, {64, 5}}, (const int[]){4, 1, 2});
    check(eg_function_of(cnn), "cnn", 4, (const int64_t[]){1, 8, 8, 2}, 256);
    free_weights(3);
}

EG_FUNCTION(lstm, x)
{
    eg_tensor *none = eg_zeros(EG_FLOAT32, EG_DIMS(2, 4));
    return eg_part(eg_lstm(x, eg_tuple(none, none), w[0], w[1], w[2]), 0);
}

TEST(a_recurrent_layer_gives_its_states)
{
    EG_SCOPE;
    make_weights(3, (const int64_t[][4]){{3, 16}, {4, 16}, {16}}, (const int[]){2, 2, 1});
    check(eg_function_of(lstm), "lstm", 3, (const int64_t[]){2, 5, 3}, 64);
    free_weights(3);
}

/* ---- loops and gradients -------------------------------------------------------------------- */

static eg_tensor *is_below(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_less(in[0], 1000);
}

static eg_tensor *next(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_tuple(eg_add(in[0], 1), eg_add(eg_mul(in[2], 0.75), 1), in[1]);
}

EG_FUNCTION(loop, x)
{
    return eg_part(eg_while(is_below, next, NULL, EG_IN(eg_constant(0), x, eg_mul(x, 2))), 1);
}

TEST(a_loop_hands_its_values_on)
{
    EG_SCOPE;
    check(eg_function_of(loop), "loop", 1, (const int64_t[]){4}, 0);
}

static eg_tensor *power(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_tuple(eg_mul(eg_sin(in[1]), in[2]), in[2]);
}

EG_FUNCTION(loop_gradient, x)
{
    eg_tensor *dx;
    EG_TAPE;
    eg_watch(x);
    eg_tensor *y = eg_for(12, power, NULL, EG_IN(x, x));
    eg_gradient(eg_sum(eg_part(y, 0)), 1, &x, &dx);
    return eg_give(dx);
}

TEST(the_gradient_of_a_loop_keeps_its_steps)
{
    EG_SCOPE;
    check(eg_function_of(loop_gradient), "steps", 1, (const int64_t[]){4}, 64);
}

EG_FUNCTION(chain, x)
{
    eg_tensor *y = x, *dx;
    EG_TAPE;
    eg_watch(x);
    for (int i = 0; i < 100; i++)
        y = eg_mul(y, x);
    eg_gradient(y, 1, &x, &dx);
    return eg_give(dx);
}

TEST(the_gradient_of_a_chain_has_the_same_bits)
{
    static const float x[] = {0.99f};
    float y[1];
    one_one run;
    EG_SCOPE;

    if (!can_compile("gcc"))
        skip_since("there is no gcc");
    eg_function *f = eg_function_of(chain);
    eg_tensor_spec spec = {"x", EG_FLOAT32, 0, NULL};
    assert_int_equal(eg_function_emit_c(f, 1, &spec, emitted_path("chain.c")), EG_OK);
    FIND(run, emitted_load("gcc", "chain"), "chain_run");
    assert_int_equal(run(x, y, arena), 0);
    assert_near(y, eg_call(f, eg_constant(0.99)), 0);
    eg_function_free(f);
    emitted_end();
}

/* ---- weights -------------------------------------------------------------------------------- */

static char *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *bytes = aligned_alloc(64, 1 << 20);

    assert_non_null(f);
    assert_non_null(bytes);
    *n = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    return bytes;
}

TEST(weights_can_be_left_in_a_file_of_their_own)
{
    float x[64], y[10];
    const void *weights[8];
    finder find;
    with_weights run;
    size_t n;
    eg_error error;
    EG_SCOPE;

    make_weights(4, (const int64_t[][4]){{64, 32}, {32}, {32, 10}, {10}},
        (const int[]){2, 1, 2, 1});
    eg_function *f = eg_function_of(mlp);
    eg_tensor_spec spec = {"x", EG_FLOAT32, 2, (int64_t[]){1, 64}};
    const char *file = emitted_path("mlp.safetensors");
    eg_scope *try = eg_try_open(&error);
    eg_function_emit_c(f, 1, &spec, emitted_path("mlp.c"), .weights = file);
    eg_scope_close(try);
    if (error.status != EG_UNAVAILABLE && can_compile("gcc")) {
        assert_int_equal(error.status, EG_OK);
        void *library = emitted_load("gcc", "mlp");
        char *bytes = read_file(file, &n);
        FIND(find, library, "mlp_weights_in");
        FIND(run, library, "mlp_run");
        fill(x, 64);
        find(weights, bytes);
        assert_int_equal(run(x, y, weights, arena), 0);
        assert_near(y, eg_call(f, eg_copy(EG_FLOAT32, 2, (int64_t[]){1, 64}, x)), 64);
        free(bytes);
    }
    eg_function_free(f);
    free_weights(4);
    emitted_end();
}

static eg_tensor *bytes_of_weights;

EG_FUNCTION(of_bytes, x)
{
    eg_tensor *real = eg_dequantize(bytes_of_weights, eg_constant(0.25), EG_I8(3));
    return eg_matmul(x, real);
}

TEST(weights_of_bytes_stay_bytes)
{
    char text[1 << 14] = "";
    EG_SCOPE;

    bytes_of_weights =
        eg_variable(eg_reshape(EG_I8(1, -2, 3, -128, 127, 0), EG_DIMS(2, 3)), .name = "bytes");
    eg_function *f = eg_function_of(of_bytes);
    eg_tensor_spec spec = {"x", EG_FLOAT32, 2, (int64_t[]){2, 2}};
    assert_int_equal(eg_function_emit_c(f, 1, &spec, emitted_path("small.c")), EG_OK);
    FILE *file = fopen(emitted_path("small.c"), "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_non_null(strstr(text,
        "static const int8_t small_bytes[6] = {\n"
        "    1, -2, 3, -128, 127, 0,\n};"));
    check(f, "bytes", 2, (const int64_t[]){2, 2}, 8);
    eg_variable_free(bytes_of_weights);
}

/* ---- the header ----------------------------------------------------------------------------- */

TEST(the_header_is_c_plus_plus_too)
{
    EG_SCOPE;

    if (!can_compile("g++"))
        skip_since("there is no g++");
    total = eg_variable(eg_constant(10.0), .name = "class");
    eg_function *f = eg_function_of(add_positive);
    eg_tensor_spec x = {"new", EG_FLOAT32, 1, (int64_t[]){2}};
    assert_int_equal(eg_function_emit_c(f, 1, &x, emitted_path("model.c")), EG_OK);
    FILE *file = fopen(emitted_path("use.cpp"), "w");
    fputs("#include \"model.h\"\nint main() { model_state s; model_init(&s); float x[2] = {1, 2}, "
          "y[2];\nalignas(64) unsigned char a[MODEL_ARENA_BYTES];\n"
          "return model_run(x, y, &s, a) != MODEL_OK || y[1] != 26; }\n",
        file);
    fclose(file);
    assert_true(
        emitted_run("gcc -std=c11 -c model.c && "
                    "g++ -Wall -Wextra -Wpedantic -Werror use.cpp model.o -o use && ./use"));
    eg_function_free(f);
    eg_variable_free(total);
    emitted_end();
}
