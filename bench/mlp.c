/* Classifiers: training steps; of the MLP what one holds, its first call, and a row forward.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "groups.h"
#include "model.h"
#include <stdlib.h>

enum { STEPS_TO_LEARN = 40, PROCESSES = 9, MODES = 2 };

typedef struct training {
    model model;
    eg_function *function;         /* NULL: eager */
    eg_tensor *in[2 + MODEL_MOST]; /* images and labels; the parameters' first values */
} training;

static eg_tensor *step(void *env)
{
    training *t = env;
    return t->function ? eg_call_of(t->function, 2, t->in) : model_step(2, t->in, &t->model);
}

/* It learns the batch by heart. */
static bool learns(eg_tensor *loss, void *env)
{
    double first = bench_at(loss, 0), last = first;

    for (int i = 0; i < STEPS_TO_LEARN && eg_ok(); i++) {
        EG_SCOPE;
        last = bench_at(step(env), 0);
    }
    return first > 1 && first < 10 && last < first / 10;
}

static void training_new(training *t, const model_kind *kind, bool as_function)
{
    *t = (training){0};
    model_batch(kind, t->in);
    model_new(&t->model, kind);
    for (int i = 0; i < kind->n_parameters; i++)
        t->in[2 + i] = eg_value(t->model.parameters[i]);
    if (as_function)
        t->function = eg_function_new(model_step, 2, &t->model, sizeof t->model);
}

static void training_free(training *t)
{
    eg_function_free(t->function);
    model_free(&t->model);
}

static void step_case(const char *name, const model_kind *kind)
{
    static const char *const modes[MODES] = {"eager", "function"};
    training trainings[MODES];
    bench_work works[MODES];
    int n = 0;

    EG_SCOPE;
    for (int i = 0; i < MODES && bench_wants(name); i++) {
        if (!bench_wants_mode(modes[i]))
            continue;
        training_new(&trainings[n], kind, i == 1);
        works[n] = (bench_work){.name = name,
            .mode = modes[i],
            .run = step,
            .right = learns,
            .env = &trainings[n],
            .n_in = 2 + kind->n_parameters,
            .in = trainings[n].in};
        n++;
    }
    bench_run(n, works);
    while (n > 0)
        training_free(&trainings[--n]);
}

/* ---- memory --------------------------------------------------------------------------------- */

static void memory_case(bool as_function)
{
    const bench_work work = {.name = "memory_mlp_train",
        .mode = as_function ? "function" : "eager",
        .detail = "most bytes in use in a step, parameters and Adam's state included"};
    training t;

    EG_SCOPE;
    training_new(&t, &model_mlp, as_function);
    for (int i = 0; i < 3; i++) {
        EG_SCOPE;
        step(&t);
        if (i == 1)
            eg_memory_reset_peak();
    }
    bench_emit_bytes(&work, (double)eg_memory_now().peak);
    training_free(&t);
}

/* ---- the first call ------------------------------------------------------------------------- */

static void first_call_case(void)
{
    const bench_work work = {.name = "trace_mlp_train",
        .mode = "function",
        .detail = "first call: record, optimise, plan, run; each in a fresh process"};
    double times[PROCESSES];
    int n = bench_option.smoke ? 1 : PROCESSES;
    char out[64], threads[16];

    snprintf(threads, sizeof threads, "%d", bench_option.threads);
    for (int i = 0; i < n; i++) {
        if (bench_spawn("bench_first_step", threads, out, sizeof out) < 0) {
            bench_fail(&work, "bench_first_step does not run");
            return;
        }
        times[i] = atof(out);
    }
    bench_emit(&work, n, times, 1);
}

/* ---- other sizes ---------------------------------------------------------------------------- */

enum { SIZES = 9 };

/* The time of a call with that many rows of the batch. */
static double call_with_rows(const training *t, eg_function *f, int64_t rows)
{
    EG_SCOPE;
    eg_tensor *in[2];

    for (int i = 0; i < 2; i++)
        in[i] = eg_slice(t->in[i], .count = {1, {rows}});
    double start = bench_now();
    eg_call_of(f, 2, in);
    return bench_now() - start;
}

/* A call with a batch of a size that was not met: of a function that has met others, for which a
 * trace is made; of a new one, which records; and a later call, which is served. */
static void sizes_case(void)
{
    bench_work work = {.name = "new_size_mlp_train"};
    double made[SIZES], recorded[SIZES], served[SIZES];
    int64_t rows = model_mlp.images[0];
    training t;

    EG_SCOPE;
    training_new(&t, &model_mlp, true);
    call_with_rows(&t, t.function, rows);
    call_with_rows(&t, t.function, rows - 1);
    for (int i = 0; i < SIZES; i++) {
        eg_function *f = eg_function_new(model_step, 2, &t.model, sizeof t.model);
        made[i] = call_with_rows(&t, t.function, rows - 2 - i);
        recorded[i] = call_with_rows(&t, f, rows - 2 - i);
        call_with_rows(&t, t.function, rows - 2 - i);
        served[i] = call_with_rows(&t, t.function, rows - 2 - i);
        eg_function_free(f);
    }
    if (eg_function_trace_count(t.function) != 2)
        bench_fail(&work, "it was traced again");
    work.mode = "made";
    bench_emit(&work, SIZES, made, 1);
    work.mode = "recorded";
    bench_emit(&work, SIZES, recorded, 1);
    work.mode = "served";
    bench_emit(&work, SIZES, served, 1);
    training_free(&t);
}

/* ---- forward -------------------------------------------------------------------------------- */

static model one_row_model;

EG_FUNCTION(logits, x)
{
    return model_logits(&one_row_model, x);
}

/* Against plain loops in double precision. */
static bool are_logits(eg_tensor *y, void *env)
{
    enum { WIDEST = 784 };
    double now[WIDEST], next[WIDEST];
    int layers = model_mlp.n_parameters / 2;

    for (int64_t i = 0; i < model_mlp.images[1]; i++)
        now[i] = bench_at(*(eg_tensor *const *)env, i);
    for (int layer = 0; layer < layers; layer++) {
        eg_tensor *w = one_row_model.parameters[2 * layer];
        int64_t rows = eg_dim(w, 0), columns = eg_dim(w, 1);
        const float *weights = eg_data(eg_value(w), EG_FLOAT32);
        for (int64_t j = 0; j < columns; j++) {
            next[j] = 0;
            for (int64_t i = 0; i < rows; i++)
                next[j] += now[i] * weights[i * columns + j];
        }
        for (int64_t j = 0; j < columns; j++)
            now[j] = layer < layers - 1 && next[j] < 0 ? 0 : next[j];
    }
    bool right = eg_size(y) == model_mlp.classes;
    for (int64_t j = 0; j < model_mlp.classes && right; j++)
        right = bench_near(bench_at(y, j), now[j], 1e-4);
    return right;
}

static void forward_case(void)
{
    EG_SCOPE;
    model_new(&one_row_model, &model_mlp);
    bench_run_body(&(const bench_body){.name = "mlp_infer_b1",
        .body = &logits_callable,
        .in = {bench_normal(3, EG_DIMS(1, model_mlp.images[1]))},
        .right = are_logits});
    model_free(&one_row_model);
}

void bench_mlp(void)
{
    if (bench_wants("trace_mlp_train"))
        first_call_case();
    step_case("mlp_train", &model_mlp);
    step_case("cnn_train", &model_cnn);
    step_case("odd_mlp_train", &model_odd_mlp);
    if (bench_wants("new_size_mlp_train"))
        sizes_case();
    for (int function = 0; function < 2 && bench_wants("memory_mlp_train"); function++)
        memory_case(function == 1);
    if (bench_wants("mlp_infer_b1"))
        forward_case();
}
