/* Convolutions on real data: hand-written digits of 8 x 8 pixels, two convolutions with a pool
 * behind them, one dense layer, Adam.
 *
 *     digits_cnn [--data FOLDER] [--epochs N]
 *
 * The whole training step is one traced function. The test rows, written by other people than those
 * it learns from, are read once, at the end; nothing was chosen by them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eagre.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 8, FIRST = 32, SECOND = 64, CLASSES = 10, BATCH = 32, PARAMETERS = 6, USAGE = 64 };

typedef struct rows {
    eg_tensor *images, *labels; /* float32[n,8,8,1] in 0..1, int32[n] */
} rows;

typedef struct model {
    eg_tensor *parameters[PARAMETERS]; /* variables: weights and bias of each layer */
    eg_optimizer *adam;
    eg_generator *random;
} model;

static rows load(const char *folder, const char *part)
{
    char path[512];
    rows r;

    snprintf(path, sizeof path, "%s/digits-%s-images-idx3-ubyte.gz", folder, part);
    eg_tensor *images = eg_load_idx(path, EG_FLOAT32);
    r.images = eg_mul(eg_reshape(images, EG_DIMS(-1, SIDE, SIDE, 1)), 1.0 / 16);
    snprintf(path, sizeof path, "%s/digits-%s-labels-idx1-ubyte.gz", folder, part);
    r.labels = eg_load_idx(path, EG_INT32);
    return r;
}

/* ---- the model ------------------------------------------------------------------------------ */

/* Weights that keep the variance of what comes in through `inputs` of them and a relu. */
static eg_tensor *weights(model *m, int inputs, int rank, const int64_t dims[])
{
    eg_tensor *key;

    eg_next_key(m->random, &key);
    return eg_variable(eg_mul(eg_normal(key, rank, dims), eg_sqrt(eg_constant(2.0 / inputs))));
}

static eg_tensor *bias(int n)
{
    return eg_variable(eg_zeros(EG_FLOAT32, EG_DIMS(n)));
}

static model make_model(int64_t seed)
{
    model m = {.random = eg_generator_new(seed)};
    EG_SCOPE;

    m.parameters[0] = weights(&m, 3 * 3, EG_DIMS(3, 3, 1, FIRST));
    m.parameters[1] = bias(FIRST);
    m.parameters[2] = weights(&m, 3 * 3 * FIRST, EG_DIMS(3, 3, FIRST, SECOND));
    m.parameters[3] = bias(SECOND);
    m.parameters[4] =
        weights(&m, SIDE * SIDE / 4 * SECOND, EG_DIMS(SIDE * SIDE / 4 * SECOND, CLASSES));
    m.parameters[5] = bias(CLASSES);
    m.adam = eg_adam(PARAMETERS, m.parameters);
    return m;
}

static void free_model(model *m)
{
    eg_optimizer_free(m->adam);
    eg_generator_free(m->random);
    for (int i = 0; i < PARAMETERS; i++)
        eg_variable_free(m->parameters[i]);
}

static eg_tensor *logits_of(const model *m, eg_tensor *images)
{
    eg_tensor *const *p = m->parameters;
    eg_tensor *x = eg_relu(eg_add(eg_conv(images, p[0], .same = true), p[1]));

    x = eg_relu(eg_add(eg_conv(x, p[2], .same = true), p[3]));
    x = eg_reshape(eg_max_pool(x, .window = EG_AT(2)), EG_DIMS(-1, SIDE * SIDE / 4 * SECOND));
    return eg_add(eg_matmul(x, p[4]), p[5]);
}

/* ---- training ------------------------------------------------------------------------------- */

static eg_tensor *train_step(int n, eg_tensor *const in[], void *env)
{
    model *m = env;
    eg_tensor *gradients[PARAMETERS];
    EG_TAPE;

    (void)n;
    eg_tensor *loss = eg_mean(eg_sparse_softmax_cross_entropy(logits_of(m, in[0]), in[1]));
    eg_gradient(loss, PARAMETERS, m->parameters, gradients);
    eg_optimizer_apply(m->adam, PARAMETERS, gradients);
    return eg_give(loss);
}

static void train_epoch(model *m, eg_function *f, const rows *all, eg_progress *bar)
{
    EG_SCOPE;
    eg_tensor *key;
    int64_t n = eg_dim(all->labels, 0);
    double loss = 0;

    eg_next_key(m->random, &key);
    eg_tensor *order = eg_permutation(key, n);
    for (int64_t at = 0, k = 1; at + BATCH <= n && eg_ok(); at += BATCH, k++) {
        EG_SCOPE;
        eg_tensor *some = eg_slice(order, .begin = EG_AT(at), .count = EG_AT(BATCH));
        loss += eg_item(eg_call(f, eg_gather(all->images, some), eg_gather(all->labels, some)));
        eg_progress_step(bar, "loss %.4f", loss / (double)k);
    }
}

static void run(const char *folder, int epochs)
{
    EG_SCOPE;
    model m = make_model(1);
    rows all = load(folder, "train");
    eg_function *f = eg_function_new(train_step, 2, &m, sizeof m);
    eg_progress *bar =
        eg_progress_new("convolutions", eg_dim(all.labels, 0) / BATCH * epochs, stdout);

    for (int i = 0; i < epochs && eg_ok(); i++)
        train_epoch(&m, f, &all, bar);
    eg_progress_free(bar);
    eg_function_free(f);
    rows test = load(folder, "test");
    double accuracy = eg_item(eg_accuracy(logits_of(&m, test.images), test.labels));
    if (eg_ok())
        printf("test accuracy %.2f %%\n", 100 * accuracy);
    free_model(&m);
}

int main(int argc, char **argv)
{
    const char *folder = "examples/data";
    int epochs = 20;
    bool fine = argc % 2 == 1;

    for (int i = 1; i + 1 < argc && fine; i += 2) {
        if (strcmp(argv[i], "--data") == 0)
            folder = argv[i + 1];
        else if (strcmp(argv[i], "--epochs") == 0)
            epochs = atoi(argv[i + 1]);
        fine = strcmp(argv[i], "--data") == 0 || (strcmp(argv[i], "--epochs") == 0 && epochs > 0);
    }
    if (!fine) {
        fputs("usage: digits_cnn [--data FOLDER] [--epochs N]\n", stderr);
        return USAGE;
    }
    EG_SCOPE;
    run(folder, epochs);
    return eg_report(stderr);
}
