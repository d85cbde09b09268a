/* Everything that is no operation, function or graph while memory runs out: data in and out,
 * scopes, tuples, variables, generators, optimizers, printing, files, profiles, progress bars.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"
#include <stdatomic.h>

/* ---- values --------------------------------------------------------------------------------- */

static void make_values(torture *t, void *env)
{
    float a[2][2] = {{1, 2}, {3, 4}};
    double large[40] = {1, 2, 3};

    (void)env;
    torture_result(t, eg_constant(12));
    torture_result(t, eg_constant(1, 2.5, 3, 4, 5, 6, 7, 8, 9));
    torture_result(t, eg_array2(a));
    torture_result(t, eg_array1(large));
    torture_result(t, eg_full(eg_constant(2), EG_DIMS(3, 30)));
    torture_result(t, eg_permutation(eg_key(3), 20));
    torture_result(t, eg_squeeze(eg_expand_dims(eg_array1(large), 1), 1));
    torture_result(t, eg_tuple(EG_F32(1), EG_I64(2, 3), EG_B(true)));
    torture_result(t, eg_part(eg_top_k(eg_array1(large), 2), 1));
}

TEST(values_report_the_allocation_that_fails)
{
    torture_sweep("values", make_values, NULL);
    torture_sweep_threads("values on new threads", make_values, NULL);
}

static atomic_int freed;

static void count_free(void *data, void *env)
{
    (void)data, (void)env;
    atomic_fetch_add(&freed, 1);
}

/* What is wrapped is freed once if it was wrapped, and never if not. */
static void wrap(torture *t, void *env)
{
    int before = atomic_load(&freed);
    bool wrapped;

    {
        EG_SCOPE;
        eg_tensor *x = eg_wrap(EG_FLOAT32, EG_DIMS(4), env, count_free, NULL);
        wrapped = x != NULL;
        torture_result(t, x ? eg_square(x) : NULL);
    }
    if (atomic_load(&freed) - before != wrapped)
        t->trouble = "what was wrapped is not freed once, or what was not wrapped is freed";
}

TEST(wrapped_memory_is_freed_only_if_it_was_wrapped)
{
    static float data[4] = {1, 2, 3, 4};

    torture_sweep("wrapped memory", wrap, data);
}

/* ---- scopes --------------------------------------------------------------------------------- */

static eg_tensor *halve(eg_tensor *x)
{
    EG_SCOPE;
    return eg_give(eg_mul(x, 0.5));
}

static void nest_scopes(torture *t, void *env)
{
    eg_tensor *x = EG_F64(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), *kept = NULL;

    (void)env;
    for (int i = 0; i < 5; i++)
        eg_replace(&x, halve(x));
    torture_result(t, eg_ok() ? x : NULL);
    {
        EG_SCOPE;
        kept = eg_retain(eg_add(x, 1.0));
    }
    torture_result(t, kept);
    eg_release(kept);
}

TEST(scopes_report_the_allocation_that_fails)
{
    torture_sweep("scopes", nest_scopes, NULL);
}

/* ---- variables, generators, optimizers ------------------------------------------------------ */

static void use_variables(torture *t, void *env)
{
    eg_tensor *v = eg_variable(EG_F32(1, 2, 3), .name = "v");

    (void)env;
    torture_result(t, v ? eg_value(v) : NULL);
    eg_assign(v, EG_F32(4, 5, 6));
    torture_result(t, v ? eg_mul(v, v) : NULL);
    eg_assign_add(v, 1.0);
    eg_assign_sub(v, EG_F32(0.5, 1, 2));
    torture_result(t, v ? eg_value(v) : NULL);
    eg_variable_free(v);
}

TEST(variables_report_the_allocation_that_fails)
{
    torture_sweep("variables", use_variables, NULL);
}

static int64_t keys_drawn(eg_generator *g)
{
    eg_error ignored;
    EG_TRY(&ignored);
    int64_t state[2] = {0, -1};

    eg_read(eg_generator_state(g), EG_INT64, state, 2);
    return state[1];
}

/* A draw that fails advances nothing. */
static void draw(torture *t, void *env)
{
    int64_t before = keys_drawn(env), after;
    eg_tensor *key;
    eg_status status = eg_next_key(env, &key);

    if ((key != NULL) != (status == EG_OK))
        t->trouble = "a key and an error, or neither";
    eg_report(NULL);
    after = keys_drawn(env);
    if (before >= 0 && after >= 0 && after - before != (status == EG_OK))
        t->trouble = "the generator advanced without a key, or not with one";
    eg_fail(status, "eg_next_key", "");
}

TEST(a_draw_that_fails_does_not_advance_the_generator)
{
    EG_SCOPE;
    eg_generator *g = eg_generator_new(5);

    torture_sweep("a generator", draw, g);
    eg_generator_free(g);
}

static void optimize(torture *t, void *env)
{
    eg_tensor *v = eg_variable(EG_F32(1, 2, 3)), *g = EG_F32(0.5, -1, 2);
    eg_optimizer *o = env ? eg_adam_new(1, &v, NULL)
                          : eg_sgd_new(1, &v, &(eg_sgd_attrs){sizeof(eg_sgd_attrs), 0.1, 0.9});

    for (int i = 0; i < 2; i++)
        eg_optimizer_apply(o, 1, &g);
    torture_result(t, v ? eg_value(v) : NULL);
    eg_optimizer_free(o);
    eg_variable_free(v);
}

TEST(optimizers_report_the_allocation_that_fails)
{
    static int yes;

    torture_sweep("gradient descent", optimize, NULL);
    torture_sweep("Adam", optimize, &yes);
}

/* ---- printing ------------------------------------------------------------------------------- */

static void print(torture *t, void *env)
{
    eg_tensor *x = eg_normal(eg_key(1), EG_DIMS(30, 50)), *y = EG_F64(1, 0.001, 1e300);
    FILE *to = env;

    char *text = eg_to_text(x, NULL);
    torture_text(t, text);
    eg_free(text);
    text = eg_to_text(eg_tuple(y, EG_B(true, false)), NULL);
    torture_text(t, text);
    eg_free(text);
    eg_print(x, .to = to, .precision = 3);
}

TEST(printing_reports_the_allocation_that_fails)
{
    FILE *to = tmpfile();

    torture_sweep("printing", print, to);
    fclose(to);
}

/* ---- files ---------------------------------------------------------------------------------- */

/* A file is whole, or what it was before. */
static void save_and_load(torture *t, void *env)
{
    eg_tensor *saved[] = {eg_variable(EG_F32(1, 2, 3), .name = "a"),
        eg_variable(EG_I64(4, 5), .name = "b")};

    if (eg_safetensors_save(env, 2, NULL, saved) == EG_OK)
        torture_file(t, env);
    eg_assign(saved[0], EG_F32(7, 8, 9));
    eg_safetensors_restore(env, 2, saved);
    torture_result(t, saved[0] ? eg_value(saved[0]) : NULL);
    eg_safetensors *file = eg_safetensors_load(env);
    torture_result(t, eg_safetensors_find(file, "b"));
    eg_safetensors_free(file);
    eg_variable_free(saved[0]);
    eg_variable_free(saved[1]);
}

TEST(safetensors_report_the_allocation_that_fails)
{
    char path[128];

    snprintf(path, sizeof path, "%s", torture_path("x.safetensors"));
    torture_sweep("safetensors", save_and_load, path);
    remove(path);
}

static void save_and_load_npz(torture *t, void *env)
{
    const char *const names[] = {"a", "b"};
    eg_tensor *saved[] = {EG_F32(1, 2, 3), EG_I64(4, 5)};

    if (eg_npz_save(env, 2, names, saved) == EG_OK)
        torture_file(t, env);
    eg_npz *file = eg_npz_load(env);
    torture_result(t, eg_npz_find(file, "b"));
    eg_npz_free(file);
    if (eg_npy_save(env, saved[0]) == EG_OK)
        torture_file(t, env);
    torture_result(t, eg_npy_load(env));
}

TEST(npz_report_the_allocation_that_fails)
{
    eg_error error;
    char path[128];

    snprintf(path, sizeof path, "%s", torture_path("x.npz"));
    eg_scope *scope = eg_try_open(&error);
    eg_npz_load("/nowhere/at/all");
    eg_scope_close(scope);
    if (error.status == EG_UNAVAILABLE)
        skip_since("eagre was built without minizip");
    torture_sweep("npz", save_and_load_npz, path);
    remove(path);
}

typedef struct pair {
    const char *path;
    eg_tensor *v[2];
} pair;

/* Variables get their values all or none. */
static void restore(torture *t, void *env)
{
    pair *p = env;
    float a[3] = {0};
    int64_t b[2] = {0};

    eg_assign(p->v[0], EG_F32(0, 0, 0));
    eg_assign(p->v[1], EG_I64(0, 0));
    bool reset = eg_ok();
    eg_status status = eg_safetensors_restore(p->path, 2, p->v);
    eg_report(NULL);
    {
        eg_error e;
        EG_TRY(&e);
        eg_read(p->v[0], EG_FLOAT32, a, 3);
        eg_read(p->v[1], EG_INT64, b, 2);
        bool restored = a[0] != 0 && b[0] != 0, same = a[0] == 0 && b[0] == 0;
        if (eg_ok() && reset && !(status == EG_OK ? restored : same))
            t->trouble = "some variables are restored and some are not";
    }
    eg_fail(status, "eg_safetensors_restore", "");
}

TEST(restoring_variables_changes_all_or_none)
{
    EG_SCOPE;
    char path[128];
    pair p = {path,
        {eg_variable(EG_F32(1, 2, 3), .name = "a"), eg_variable(EG_I64(4, 5), .name = "b")}};

    snprintf(path, sizeof path, "%s", torture_path("pair.safetensors"));
    eg_safetensors_save(path, 2, NULL, p.v);
    torture_sweep("restoring", restore, &p);
    remove(path);
    eg_variable_free(p.v[0]);
    eg_variable_free(p.v[1]);
}

static void load_idx(torture *t, void *env)
{
    torture_result(t, eg_load_idx(env, EG_FLOAT32));
}

static const unsigned char plain_idx[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};

TEST(idx_files_report_the_allocation_that_fails)
{
    char path[128];

    snprintf(path, sizeof path, "%s", torture_path("x.idx"));
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(plain_idx, 1, sizeof plain_idx, f), sizeof plain_idx);
    fclose(f);
    torture_sweep("an IDX file", load_idx, path);
    remove(path);
}

/* ---- profiles and progress ------------------------------------------------------------------ */

static void look(torture *t, void *env)
{
    eg_profile *p = eg_profile_new();
    eg_progress *bar = eg_progress_new("work", 2, env);

    eg_profile_start(p);
    for (int i = 0; i < 2; i++) {
        eg_exp(EG_F32(1, 2));
        eg_progress_step(bar, "step %d", i);
    }
    torture_result(t, eg_sum(EG_F32(1, 2)));
    if (p)
        eg_profile_stop(p);
    eg_profile_print(p, env);
    eg_profile_save(p, torture_path("profile.json"));
    remove(torture_path("profile.json"));
    eg_progress_free(bar);
    eg_profile_free(p);
}

TEST(profiles_and_progress_report_the_allocation_that_fails)
{
    FILE *to = tmpfile();

    torture_sweep("a profile", look, to);
    fclose(to);
}
