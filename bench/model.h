/* The classifiers of the training cases, each trained by Adam on a fixed batch.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_MODEL_H
#define BENCH_MODEL_H

#include <eagre.h>

enum { MODEL_MOST = 10, MODEL_RANK = 4 };

typedef struct model model;

typedef struct model_kind {
    eg_tensor *(*logits)(const model *m, eg_tensor *x);
    int64_t images[MODEL_RANK]; /* of the batch; sizes that are not 0 count */
    int64_t classes;
    int n_parameters; /* weights and offsets of each layer in turn */
    int64_t parameters[MODEL_MOST][MODEL_RANK];
} model_kind;

/* Dense layers 784-512-512-10 with 128 examples; 300-700-350-17 with 96; two convolutions, each
 * with a pool, and three dense layers for 64 images of 28 x 28. */
extern const model_kind model_mlp, model_odd_mlp, model_cnn;

struct model {
    const model_kind *kind;
    eg_tensor *parameters[MODEL_MOST];
    eg_optimizer *adam;
};

bool model_new(model *m, const model_kind *kind);
void model_free(model *m);
eg_tensor *model_logits(const model *m, eg_tensor *x);

/* A training step, whose environment is a model, on images and labels; the loss before it. */
eg_tensor *model_step(int n, eg_tensor *const in[], void *env);

/* The batch: images and labels. */
void model_batch(const model_kind *kind, eg_tensor *in[2]);

#endif
