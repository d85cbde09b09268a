/* OpenBLAS's and oneDNN's calls. OpenBLAS is opened at run time, so that its names, which other
 * BLAS libraries have too, mean its own functions and nobody else's.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "blas.h"
#include <dlfcn.h>
#include <string.h>

/* As in CBLAS. */
enum { ROW_MAJOR = 101, AS_IT_IS = 111, TRANSPOSED = 112 };

typedef void sgemm_fn(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a,
    int lda, const float *b, int ldb, float beta, float *c, int ldc);
typedef void sgemv_fn(int order, int ta, int m, int n, float alpha, const float *a, int lda,
    const float *x, int x_step, float beta, float *y, int y_step);

static struct {
    bool is_tried;
    sgemm_fn *sgemm;
    sgemv_fn *sgemv;
} openblas;

/* C has no way to write that a pointer is a function's. */
static void find(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);
    memcpy(function, &found, sizeof found);
}

static bool open_library(void)
{
    void (*set_threads)(int) = NULL;
    void *library;

    if (openblas.is_tried)
        return openblas.sgemm && openblas.sgemv;
    openblas.is_tried = true;
    library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return false;
    find(library, "cblas_sgemm", &openblas.sgemm);
    find(library, "cblas_sgemv", &openblas.sgemv);
    find(library, "openblas_set_num_threads", &set_threads);
    if (set_threads)
        set_threads(1);
    return openblas.sgemm && openblas.sgemv;
}

bool blas_by_openblas(const blas_product *p)
{
    const int m = (int)p->m, n = (int)p->n, k = (int)p->k;

    if (!open_library())
        return false;
    if (n == 1)
        openblas.sgemv(ROW_MAJOR, AS_IT_IS, m, k, 1, p->x, k, p->y, 1, 0, p->out, 1);
    else if (m == 1)
        openblas.sgemv(ROW_MAJOR, TRANSPOSED, k, n, 1, p->y, n, p->x, 1, 0, p->out, 1);
    else
        openblas.sgemm(ROW_MAJOR, AS_IT_IS, AS_IT_IS, m, n, k, 1, p->x, k, p->y, n, 0, p->out, n);
    return true;
}

#ifdef EG_HAVE_DNNL
#include <oneapi/dnnl/dnnl.h>

bool blas_by_onednn(const blas_product *p)
{
    return dnnl_sgemm('N', 'N', p->m, p->n, p->k, 1, p->x, p->k, p->y, p->n, 0, p->out, p->n) ==
        dnnl_success;
}
#else
bool blas_by_onednn(const blas_product *p)
{
    (void)p;
    return false;
}
#endif
