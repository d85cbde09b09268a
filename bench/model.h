/* The classifier of the MLP cases: 784-512-512-10, trained by Adam on a fixed batch.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_MODEL_H
#define BENCH_MODEL_H

#include <eagre.h>

enum { MODEL_IN = 784, MODEL_OUT = 10, MODEL_BATCH = 128, MODEL_LAYERS = 3, MODEL_PARAMETERS = 6 };

typedef struct model {
    eg_tensor *parameters[MODEL_PARAMETERS]; /* weights and offsets of each layer in turn */
    eg_optimizer *adam;
} model;

bool model_new(model *m);
void model_free(model *m);
eg_tensor *model_logits(const model *m, eg_tensor *x);

/* A training step, whose environment is a model, on images and labels; the loss before it. */
eg_tensor *model_step(int n, eg_tensor *const in[], void *env);

/* The batch: images and labels. */
void model_batch(eg_tensor *in[2]);

#endif
