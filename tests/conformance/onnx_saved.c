/* Writes the functions of unit/onnx/saved.h as ONNX files into a folder, with their arguments and
 * results beside them, for run_saved.py.
 *
 *     onnx_saved FOLDER
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "unit/onnx/saved.h"

static void save_array(const char *folder, const char *name, const char *kind, int i, eg_tensor *x)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s.%s%d.npy", folder, name, kind, i);
    eg_npy_save(path, x);
}

static void save_all(const char *folder, const saved_case *c)
{
    char path[512];
    eg_tensor *in[2], *out;

    snprintf(path, sizeof path, "%s/%s.onnx", folder, c->name);
    if (!save_case(c, path, in, &out))
        return;
    for (int i = 0; i < 2; i++)
        save_array(folder, c->name, "in", i, in[i]);
    for (int i = 0; i < eg_parts(out); i++)
        save_array(folder, c->name, "out", i, eg_part(out, i));
    if (eg_parts(out) == 0)
        save_array(folder, c->name, "out", 0, out);
}

int main(int argc, char **argv)
{
    EG_SCOPE;

    if (argc != 2)
        return 64;
    for (int i = 0; i < SAVED_CASES && eg_ok(); i++)
        save_all(argv[1], &saved_cases[i]);
    printf("%d models\n", SAVED_CASES);
    return eg_report(stderr);
}
