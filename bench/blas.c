/* OpenBLAS's and oneDNN's calls.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "blas.h"

#ifdef EG_HAVE_OPENBLAS
#include <cblas-openblas.h>

bool blas_by_openblas(const blas_product *p)
{
    const int m = (int)p->m, n = (int)p->n, k = (int)p->k;
    static bool is_alone;

    if (!is_alone)
        openblas_set_num_threads(1);
    is_alone = true;
    if (n == 1)
        cblas_sgemv(CblasRowMajor, CblasNoTrans, m, k, 1, p->x, k, p->y, 1, 0, p->out, 1);
    else if (m == 1)
        cblas_sgemv(CblasRowMajor, CblasTrans, k, n, 1, p->y, n, p->x, 1, 0, p->out, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, p->x, k, p->y, n, 0,
            p->out, n);
    return true;
}
#else
bool blas_by_openblas(const blas_product *p)
{
    (void)p;
    return false;
}
#endif

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
