/* Who computes which operator: the families' tables, searched by name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"
#include "base/attrs.h"

static const eg__onnx_family families[] = {
    {"", eg__onnx_math},
    {"", eg__onnx_activations},
    {"", eg__onnx_logic},
    {"", eg__onnx_reductions},
    {"", eg__onnx_shapes},
    {"", eg__onnx_indexing},
    {"", eg__onnx_networks},
    {"", eg__onnx_norms},
    {"", eg__onnx_casts},
    {"", eg__onnx_quantized},
    {"", eg__onnx_control},
    {"", eg__onnx_sequences},
    {"", eg__onnx_attention},
    {"", eg__onnx_losses},
    {"", eg__onnx_random},
    {"", eg__onnx_recurrent},
    {"", eg__onnx_images},
    {"", eg__onnx_signals},
    {"ai.onnx.preview", eg__onnx_preview},
    {"ai.onnx.preview.training", eg__onnx_training},
    {"ai.onnx.ml", eg__onnx_learners},
};

enum { FAMILIES = sizeof families / sizeof *families };

/* Whether an operator is one of that version: as old as the oldest that is computed. */
static bool is_old_enough(const eg__onnx_op *op, int version)
{
    return op->since[0] <= version;
}

const eg__onnx_op *eg__onnx_find(const char *domain, const char *name, int version)
{
    for (int i = 0; i < FAMILIES; i++) {
        if (strcmp(families[i].domain, domain) != 0)
            continue;
        for (const eg__onnx_op *op = families[i].ops; op->name; op++)
            if (strcmp(op->name, name) == 0)
                return is_old_enough(op, version) ? op : NULL;
    }
    return NULL;
}

/* Number *i of a family's operators and versions; otherwise *i is counted down past them. */
static bool find_version(const eg__onnx_family *family, int *i, eg_onnx_operator *info)
{
    for (const eg__onnx_op *op = family->ops; op->name; op++)
        for (int v = 0; v < EG__ONNX_VERSIONS && op->since[v]; v++) {
            if ((*i)-- > 0)
                continue;
            const eg_onnx_operator found = {0, family->domain, op->name, op->since[v], ""};
            return eg__attrs_answer(info, &found, sizeof found);
        }
    return false;
}

bool eg_onnx_operator_at(int i, eg_onnx_operator *info)
{
    for (int k = 0; info && i >= 0 && k < FAMILIES; k++)
        if (find_version(&families[k], &i, info))
            return true;
    return false;
}
