/* ONNX files with bytes changed, cut out and doubled: each is an error or a model, and a model runs
 * or fails, without reading what is not there and without taking more memory than it may.
 *
 *     fuzz_onnx [--seed N] [--count N] [--seconds N]
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "unit/onnx/bytes.h"
#include <eagre.h>
#include <stdio.h>
#include <time.h>

enum { MEMORY = 64 << 20 };

typedef struct counts {
    long refused, loaded, ran;
} counts;

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static size_t below(uint64_t *state, size_t n)
{
    return n ? (size_t)(next(state) % n) : 0;
}

/* One change: a byte, a piece left out, a piece doubled, a length made large. */
static void change(bytes *b, uint64_t *state)
{
    size_t at = below(state, b->n), n = below(state, 16) + 1;

    n = n < b->n - at ? n : b->n - at;
    switch (below(state, 4)) {
    case 0:
        b->at[at] = (unsigned char)next(state);
        break;
    case 1:
        memmove(b->at + at, b->at + at + n, b->n - at - n);
        b->n -= n;
        break;
    case 2:
        if (b->n + n < sizeof b->at) {
            memmove(b->at + at + n, b->at + at, b->n - at);
            b->n += n;
        }
        break;
    default:
        b->at[at] ^= (unsigned char)(1u << below(state, 8));
    }
}

static void check(uint64_t seed, counts *c)
{
    bytes (*const models[])(void) = {dense_model, shape_model, branch_model};
    uint64_t state = seed * 2654435761u + 1;
    bytes b = models[seed % 3]();
    eg_error error;

    for (size_t n = below(&state, 4) + 1; n > 0 && b.n > 0; n--)
        change(&b, &state);
    eg_scope *scope = eg_try_open(&error);
    eg_onnx *m = eg_onnx_read(b.at, b.n);
    eg_tensor *x = seed % 3 == 2 ? EG_F32(1, -2) : eg_ones(EG_FLOAT32, EG_DIMS(1, 2));
    c->loaded += m != NULL;
    c->refused += m == NULL;
    for (int i = 0; m && i < 2; i++)
        c->ran += eg_call(eg_onnx_function(m), x) != NULL;
    eg_scope_close(scope);
    eg_onnx_free(m);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, count = 1000000000;
    double seconds = 4;
    counts c = {0};
    struct timespec start;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--count") == 0)
            count = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            seconds = strtod(argv[i + 1], NULL);
        else
            return 64;
    }
    eg_set_memory_limit(MEMORY);
    clock_gettime(CLOCK_MONOTONIC, &start);
    EG_SCOPE;
    for (uint64_t n = 0; n < count && seconds_since(&start) < seconds; n++, seed++)
        check(seed, &c);
    printf("%ld models refused, %ld loaded, %ld calls\n", c.refused, c.loaded, c.ran);
    return c.loaded == 0 || c.refused == 0;
}
