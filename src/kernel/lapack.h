/* LAPACK's and BLAS's functions that eagre calls, by their Fortran names: all arguments are
 * pointers, and behind them stand the lengths of those that are text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_LAPACK_H
#define KERNEL_LAPACK_H

#include <stddef.h>

/* Of all types T with LAPACK's letter s. */
#define EG__LAPACK(s, T)                                                                           \
    void s##potrf_(const char *uplo, const int *n, T *a, const int *lda, int *info, size_t);       \
    void s##getrf_(const int *m, const int *n, T *a, const int *lda, int *pivots, int *info);      \
    void s##gesv_(const int *n, const int *nrhs, T *a, const int *lda, int *pivots, T *b,          \
        const int *ldb, int *info);                                                                \
    void s##gelqf_(const int *m, const int *n, T *a, const int *lda, T *tau, T *work,              \
        const int *lwork, int *info);                                                              \
    void s##trsm_(const char *side, const char *uplo, const char *trans, const char *diag,         \
        const int *m, const int *n, const T *alpha, const T *a, const int *lda, T *b,              \
        const int *ldb, size_t, size_t, size_t, size_t);                                           \
    void s##gemm_(const char *transa, const char *transb, const int *m, const int *n,              \
        const int *k, const T *alpha, const T *a, const int *lda, const T *b, const int *ldb,      \
        const T *beta, T *c, const int *ldc, size_t, size_t);

EG__LAPACK(s, float)
EG__LAPACK(d, double)
EG__LAPACK(c, float _Complex)
EG__LAPACK(z, double _Complex)

/* Of real types. */
#define EG__LAPACK_REAL(s, T)                                                                      \
    void s##orglq_(const int *m, const int *n, const int *k, T *a, const int *lda, const T *tau,   \
        T *work, const int *lwork, int *info);                                                     \
    void s##syevd_(const char *jobz, const char *uplo, const int *n, T *a, const int *lda, T *w,   \
        T *work, const int *lwork, int *iwork, const int *liwork, int *info, size_t, size_t);      \
    void s##gesdd_(const char *jobz, const int *m, const int *n, T *a, const int *lda, T *s, T *u, \
        const int *ldu, T *vt, const int *ldvt, T *work, const int *lwork, int *iwork, int *info,  \
        size_t);

EG__LAPACK_REAL(s, float)
EG__LAPACK_REAL(d, double)

/* Of complex types, with real numbers of type R. */
#define EG__LAPACK_COMPLEX(s, T, R)                                                                \
    void s##unglq_(const int *m, const int *n, const int *k, T *a, const int *lda, const T *tau,   \
        T *work, const int *lwork, int *info);                                                     \
    void s##heevd_(const char *jobz, const char *uplo, const int *n, T *a, const int *lda, R *w,   \
        T *work, const int *lwork, R *rwork, const int *lrwork, int *iwork, const int *liwork,     \
        int *info, size_t, size_t);                                                                \
    void s##gesdd_(const char *jobz, const int *m, const int *n, T *a, const int *lda, R *s, T *u, \
        const int *ldu, T *vt, const int *ldvt, T *work, const int *lwork, R *rwork, int *iwork,   \
        int *info, size_t);                                                                        \
    void s##geev_(const char *jobvl, const char *jobvr, const int *n, T *a, const int *lda, T *w,  \
        T *vl, const int *ldvl, T *vr, const int *ldvr, T *work, const int *lwork, R *rwork,       \
        int *info, size_t, size_t);

EG__LAPACK_COMPLEX(c, float _Complex, float)
EG__LAPACK_COMPLEX(z, double _Complex, double)

#undef EG__LAPACK
#undef EG__LAPACK_REAL
#undef EG__LAPACK_COMPLEX

#endif
