/* Arguments that nobody should pass, for the program that functions.py writes: it calls every
 * function of include/eagre/ops with them, over and over, and judges what comes back.
 *
 * Numbers are pseudo-random and the same in each run. Most of them are near to what fits, so that
 * what stands behind the first check of a function is reached too.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MISUSE_FODDER_H
#define TESTS_MISUSE_FODDER_H

#include <eagre.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { POOL = 96, FITTING = 72, ROOM = 80, LONGEST_S = 20 };

static const eg_site here = {"wrong.c", 7, "wrong"};
static eg_tensor *pool[POOL], *room[ROOM];
static int64_t sizes[ROOM];
static int refused, succeeded, complaints;
static uint64_t state = 88172645463325252u;

static uint64_t draw(uint64_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % n;
}

#define ONE_OF(list) ((list)[draw(sizeof(list) / sizeof *(list))])

/* ---- numbers -------------------------------------------------------------------------------- */

static int any_int(void)
{
    static const int usual[] = {0, 0, 0, 1, 1, 2, 2, 3, -1, -2};
    static const int odd[] = {4, 7, 8, 9, 64, 65, 1000, -3, -8, -9, -1000, INT_MAX, INT_MIN};

    return draw(4) ? ONE_OF(usual) : ONE_OF(odd);
}

/* How many of an array's elements are meant: never more than there are. */
static int any_count(void)
{
    static const int counts[] = {1, 2, 2, 2, 3, 3, 4, 0, 8, 9, 64, 65, 70, -1, INT_MIN};

    return ONE_OF(counts);
}

static int64_t any_long(void)
{
    static const int64_t odd[] = {INT64_MAX, INT64_MIN, INT64_MAX / 2, INT64_MIN / 2, 1ll << 31,
        1ll << 32, 1ll << 40, 1ll << 62, -(1ll << 33), 16, 17, 1000, 1 << 20};

    return draw(4) ? any_int() % 5 : ONE_OF(odd);
}

static double any_real(void)
{
    static const double odd[] = {INFINITY, -INFINITY, NAN, 1e308, -1e308, 1e-320, -0.0, 1e19, -1.0};

    return draw(3) ? (double)draw(8) / 4 : ONE_OF(odd);
}

static eg_number any_number(void)
{
    eg_number x = {.real = draw(2) == 0};

    if (x.real)
        x.as_real = any_real();
    else
        x.as_int = any_long();
    return x;
}

static bool any_bool(void)
{
    return draw(2) == 0;
}

static eg_dtype any_dtype(void)
{
    static const int odd[] = {0, -1, 99, INT_MAX, INT_MIN};

    return (eg_dtype)(draw(8) ? 1 + (int)draw(15) : ONE_OF(odd));
}

/* ---- lists ---------------------------------------------------------------------------------- */

static const int64_t *any_sizes(void)
{
    for (int i = 0; i < ROOM; i++)
        sizes[i] = any_long();
    return draw(16) ? sizes : NULL;
}

static int any_length(void)
{
    static const int odd[] = {8, 9, -1, INT_MAX, INT_MIN};

    return draw(8) ? (int)draw(4) : ONE_OF(odd);
}

static eg_axes any_axes(void)
{
    eg_axes axes = {.n = any_length()};

    for (int i = 0; i < EG_MAX_RANK; i++)
        axes.axis[i] = any_int();
    return axes;
}

static eg_index any_index(void)
{
    eg_index index = {.n = any_length()};

    for (int i = 0; i < EG_MAX_RANK; i++)
        index.at[i] = any_long();
    return index;
}

static eg_numbers any_numbers(void)
{
    eg_numbers numbers = {.n = any_length()};

    for (int i = 0; i < 8; i++)
        numbers.at[i] = any_real();
    return numbers;
}

static const char *any_text(void)
{
    static char text[512];
    static const char *const texts[] = {NULL, "", "->", "ij,jk->ik", "ij->ji", "i->", "...", "i,j",
        "...ij,...jk->...ik", "ii->i", "ij,ij->", "ij,jk", "i j -> j i", "ij->k", "a,b,c->cba"};

    if (draw(3))
        return ONE_OF(texts);
    size_t n = draw(4) ? draw(12) : draw(sizeof text);
    for (size_t i = 0; i < n; i++)
        text[i] = "ijkab,,.->  Z*1"[draw(15)];
    text[n] = '\0';
    return text;
}

/* ---- tensors -------------------------------------------------------------------------------- */

static void fill(void *data, eg_dtype dtype, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        void *at = (char *)data + (size_t)i * eg_dtype_size(dtype);
        if (dtype == EG_FLOAT32)
            *(float *)at = (float)any_real();
        else if (dtype == EG_FLOAT64)
            *(double *)at = any_real();
        else if (dtype == EG_INT32)
            *(int32_t *)at = any_int();
        else if (dtype == EG_INT64)
            *(int64_t *)at = any_long();
        else
            memset(at, dtype == EG_BOOL ? any_bool() : (int)draw(256), eg_dtype_size(dtype));
    }
}

static eg_tensor *tensor_of(eg_dtype dtype, int rank, const int64_t dims[])
{
    int64_t n = 1;

    for (int i = 0; i < rank; i++)
        n = dims[i] == 0 ? 0 : n;
    for (int i = 0; i < rank; i++)
        n *= n > 0 ? dims[i] : 1;
    void *data = calloc((size_t)n + 1, 16);
    fill(data, dtype, n);
    eg_tensor *x = (eg_copy)(dtype, rank, dims, data);
    eg_report(NULL); /* more than any memory holds: NULL will do */
    free(data);
    return x;
}

/* One whose dtype and shape go with those of others. */
static eg_tensor *fitting_tensor(void)
{
    static const eg_dtype dtypes[] = {EG_FLOAT32, EG_FLOAT32, EG_FLOAT32, EG_FLOAT64, EG_INT32,
        EG_INT64, EG_BOOL};
    static const int64_t some[] = {2, 2, 2, 3, 1, 4};
    int64_t dims[4];
    int rank = (int)draw(5);

    for (int i = 0; i < rank; i++)
        dims[i] = ONE_OF(some);
    return tensor_of(ONE_OF(dtypes), rank, dims);
}

static eg_tensor *odd_tensor(void)
{
    static const int64_t some[] = {0, 1, 1, 2, 5};
    static const int64_t huge[] = {0, 1, 1 << 18, 1ll << 31, 1ll << 40};
    int64_t dims[EG_MAX_RANK];
    bool is_huge = draw(4) == 0;
    int rank = (int)draw(EG_MAX_RANK + 1);

    for (int i = 0; i < rank; i++)
        dims[i] = is_huge ? ONE_OF(huge) : ONE_OF(some);
    if (is_huge && rank > 0)
        dims[draw((uint64_t)rank)] = 0;
    return tensor_of((eg_dtype)(1 + draw(15)), rank, dims);
}

static eg_tensor *no_value(void)
{
    eg_tensor *x = EG_F32(1), *other = EG_F32(2), *g = NULL;
    eg_gradient_attrs none = {.size = sizeof none, .unconnected_none = true};
    EG_TAPE;

    eg_watch(x);
    eg_watch(other);
    eg_gradient_with(eg_square(x), 1, &other, &g, &none);
    return eg_give(g);
}

static eg_tensor *spent(void)
{
    eg_tensor *x = EG_F32(1), *y, *g;
    EG_TAPE;

    eg_watch(x);
    y = eg_give(eg_square(x));
    eg_gradient(eg_square(y), 1, &x, &g);
    return y;
}

/* Fills the pool, in the innermost scope. */
static void make_pool(void)
{
    for (int i = 0; i < POOL; i++)
        pool[i] = i < FITTING ? fitting_tensor() : odd_tensor();
    pool[POOL - 1] = NULL;
    pool[POOL - 2] = (eg_tuple_of)(2, pool);
    pool[POOL - 3] = no_value();
    pool[POOL - 4] = spent();
    pool[0] = eg_key(7);
    pool[1] = eg_key(-1);
}

static eg_tensor *any_tensor(void)
{
    return pool[draw(6) ? draw(FITTING) : draw(POOL)];
}

static eg_tensor *const *any_tensors(void)
{
    static eg_tensor *list[ROOM];
    eg_tensor *one = any_tensor();
    bool alike = draw(2) == 0;

    for (int i = 0; i < ROOM; i++)
        list[i] = alike ? one : any_tensor();
    return draw(16) ? list : NULL;
}

static eg_tensor **any_room(void)
{
    return draw(16) ? room : NULL;
}

static const eg_pick *any_picks(void)
{
    static eg_pick picks[ROOM];

    for (int i = 0; i < ROOM; i++)
        picks[i] = (eg_pick){(eg_pick_kind)(draw(8) ? (int)draw(5) : any_int()), any_long(),
            any_long(), any_long(), any_tensor()};
    return draw(16) ? picks : NULL;
}

/* ---- judging -------------------------------------------------------------------------------- */

static void complain(const char *name, const char *what, const eg_error *e)
{
    printf("%s: %s: %s: %s: %s\n", name, what, eg_status_name(e->status), e->op, e->message);
    complaints++;
}

/* Reads all elements, so that those nobody wrote are found by tools that look for them. */
static void read_all(eg_tensor *x)
{
    for (int i = 0; i < eg_parts(x); i++)
        read_all((eg_part)(x, i));
    if (eg_parts(x) == 0 && (eg_size)(x) < 4096)
        (eg_free)((eg_to_text)(x, NULL));
}

static void judge(const char *name, bool success, clock_t start)
{
    eg_error e;
    eg_status status = eg_pending(&e);

    if (clock() - start > LONGEST_S * (clock_t)CLOCKS_PER_SEC)
        complain(name, "it takes too long", &e);
    succeeded += success;
    refused += !success;
    if (success != (status == EG_OK))
        complain(name, success ? "it succeeds with an error" : "it fails without an error", &e);
    else if (!success && (!e.op[0] || !e.message[0]))
        complain(name, "the error says nothing", &e);
    else if (!success && (strcmp(e.file, here.file) != 0 || e.line != here.line))
        complain(name, "the error is not at the caller's line", &e);
    else if (status == EG_INTERNAL || status == EG_IO || status == EG_FORMAT)
        complain(name, "this is no error of an argument", &e);
    eg_report(NULL);
}

#endif
