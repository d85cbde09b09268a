/* Linear algebra. The last two axes of `a` are a matrix, those before them a batch of matrices,
 * each worked on by itself.
 *
 * Computed by LAPACK; EG_UNAVAILABLE where eagre was built without it (Debian: liblapack-dev). What
 * a matrix does not allow is an error that names the matrix. Signs of vectors are as LAPACK gives
 * them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_LINALG_H
#define EAGRE_OPS_LINALG_H

#include <eagre/ops/reduce.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- systems -------------------------------------------------------------------------------- */

typedef struct eg_cholesky_attrs {
    size_t size; /* sizeof(eg_cholesky_attrs) */
    bool upper;  /* read the upper triangle, give U with a = U^T U */
} eg_cholesky_attrs;

/* The lower triangle L, with a positive diagonal, of a = L L^T. Of a only the lower triangle is
 * read, and only there the gradient is: that of a function of these elements.
 *     eg_cholesky(eg_reshape(EG_F32(4, 2, 2, 5),
 *         EG_DIMS(2, 2)))  ->  [[2. 0.] [1. 2.]] float32[2,2]
 * Owns: the result. Fails: a matrix that is not positive definite, or not square; integers.
 * Records: Cholesky. */
EG_API eg_tensor *eg_cholesky_with(eg_tensor *a, const eg_cholesky_attrs *attrs);
EG_API eg_tensor *eg_cholesky(eg_tensor *a);

typedef struct eg_triangular_solve_attrs {
    size_t size;      /* sizeof(eg_triangular_solve_attrs) */
    bool upper;       /* a is its upper triangle [the lower] */
    bool transpose_a; /* solve a^T x = b */
} eg_triangular_solve_attrs;

/* x with a x = b, where of a one triangle is read and the other taken for zero. b is a vector, or
 * matrices; axes before the last two broadcast. Gradient: that of b solves a^T y = dx, that of a is
 * the triangle of -y x^T.
 *     eg_triangular_solve(eg_reshape(EG_F32(2, 0, 1, 4), EG_DIMS(2, 2)),
 *         EG_F32(2, 9))  ->  [1. 2.] float32[2]
 * Owns: the result. Fails: a zero on the diagonal, sizes that do not fit, integers.
 * Records: TriangularSolve. */
EG_API eg_tensor *eg_triangular_solve_with(eg_tensor *a, eg_tensor *b,
    const eg_triangular_solve_attrs *attrs);
EG_API eg_tensor *eg_triangular_solve(eg_tensor *a, eg_tensor *b);

typedef struct eg_solve_attrs {
    size_t size;      /* sizeof(eg_solve_attrs) */
    bool transpose_a; /* solve a^T x = b */
} eg_solve_attrs;

/* x with a x = b, by Gaussian elimination. b is a vector, or matrices; axes before the last two
 * broadcast. Gradient: that of b solves a^T y = dx, that of a is -y x^T.
 *     eg_solve(eg_reshape(EG_F32(2, 1, 1, 3), EG_DIMS(2, 2)), EG_F32(4, 7))  ->  [1. 2.] float32[2]
 * Owns: the result. Fails: a singular matrix, sizes that do not fit, integers. Records: Solve. */
EG_API eg_tensor *eg_solve_with(eg_tensor *a, eg_tensor *b, const eg_solve_attrs *attrs);
EG_API eg_tensor *eg_solve(eg_tensor *a, eg_tensor *b);

/* The inverse. Solving (eg_solve) is quicker and more exact than multiplying by it. Gradient:
 * -z^T dz z^T.
 *     eg_inv(eg_reshape(EG_F32(2, 0, 0, 4),
 *         EG_DIMS(2, 2)))  ->  [[0.5  0.  ] [0.   0.25]] float32[2,2]
 * Owns: the result. Fails: as eg_solve. Records: Solve. */
EG_API eg_tensor *eg_inv(eg_tensor *a);

/* The determinant; 1 of a matrix without elements. Gradient: dz z a^-T, an error where a is
 * singular.
 *     eg_det(eg_reshape(EG_F32(2, 1, 1, 3), EG_DIMS(2, 2)))  ->  5. float32[]
 * Owns: the result. Fails: a matrix that is not square, integers. Records: Det. */
EG_API eg_tensor *eg_det(eg_tensor *a);

/* The sign of the determinant and the logarithm of its absolute value: a tuple. 0 and -inf for a
 * singular matrix. Gradient of the logarithm: dz a^-T, an error where a is singular.
 *     eg_part(eg_slogdet(eg_reshape(EG_F32(0, 1, 1, 0), EG_DIMS(2, 2))), 0)  ->  -1. float32[]
 * Owns: the result. Fails: as eg_det. Records: SlogDet. */
EG_API eg_tensor *eg_slogdet(eg_tensor *a);

/* a to a whole power: repeated products, of the inverse where n is negative. Gradient: by the
 * product rule.
 *     eg_matrix_power(eg_reshape(EG_F32(1, 1, 0, 1), EG_DIMS(2, 2)),
 *         5)  ->  [[1. 5.] [0. 1.]] float32[2,2]
 * Owns: the result. Fails: a matrix that is not square, a singular one to a negative power,
 * integers. Records: MatMul, Solve. */
EG_API eg_tensor *eg_matrix_power(eg_tensor *a, int n);

/* The exponential of a matrix, 1 + a + a a / 2 + ...; NaN throughout where a holds NaN or infinity.
 * Gradient: by the exponential of a matrix of twice the size.
 *     eg_expm(eg_reshape(EG_F32(0, 2, 0, 0), EG_DIMS(2, 2)))  ->  [[1. 2.] [0. 1.]] float32[2,2]
 * Owns: the result. Fails: a matrix that is not square, integers. Records: Expm. */
EG_API eg_tensor *eg_expm(eg_tensor *a);

/* ---- decompositions ------------------------------------------------------------------------- */

typedef struct eg_qr_attrs {
    size_t size;   /* sizeof(eg_qr_attrs) */
    bool complete; /* q is square, r has a's shape [only what they need to give a] */
} eg_qr_attrs;

/* a = q r with orthogonal columns in q and r upper triangular: a tuple. Gradient: where the first
 * columns of a, as many as it has rows or all, are independent; it leaves out how columns of q
 * that a does not need turn into each other.
 *     eg_part(eg_qr(eg_reshape(EG_F32(-3, 1, 4, 2),
 *         EG_DIMS(2, 2))), 1)  ->  [[5. 1.] [0. 2.]] float32[2,2]
 * Owns: the result. Fails: rank below 2, integers. Records: Qr. */
EG_API eg_tensor *eg_qr_with(eg_tensor *a, const eg_qr_attrs *attrs);
EG_API eg_tensor *eg_qr(eg_tensor *a);

/* Eigenvalues of a symmetric matrix, rising, and eigenvectors, the columns of the second: a tuple.
 * Of a only the lower triangle is read, and only there the gradient is. Vectors of equal
 * eigenvalues are no function of a: the gradient leaves out how they turn into each other.
 *     eg_part(eg_eigh(eg_reshape(EG_F32(2, 1, 1, 2), EG_DIMS(2, 2))), 0)  ->  [1. 3.] float32[2]
 * Owns: the result. Fails: a matrix that is not square, NaN, infinity, integers. Records: Eigh. */
EG_API eg_tensor *eg_eigh(eg_tensor *a);

/* Eigenvalues of a symmetric matrix, rising; otherwise as eg_eigh, but quicker. Gradient: by the
 * eigenvectors v, v dz v^T.
 *     eg_eigvalsh(eg_reshape(EG_F32(2, 1, 1, 2), EG_DIMS(2, 2)))  ->  [1. 3.] float32[2]
 * Owns: the result. Fails: as eg_eigh. Records: EigValsH. */
EG_API eg_tensor *eg_eigvalsh(eg_tensor *a);

/* The eigenvalues of square matrices of any kind, as LAPACK orders them, and vectors of length 1 as
 * the columns of a matrix: a tuple, complex of real matrices too. Vectors are determined up to
 * their phase, values are not differentiable where two are equal. Gradient: V^-H (diag(dw) + F *
 * V^H dV) V^H, of what does not depend on the phases; F is 1 over the conjugate gaps.
 *     eg_part(eg_eig(eg_reshape(EG_F32(1, 1, 0, 3),
 *         EG_DIMS(2, 2))), 0)  ->  [3.+0.j 1.+0.j] complex64[2]
 * Owns: the result. Fails: integers, bool, a matrix that is not square, NaN and infinity. Records:
 * Cast of real matrices, Eig. */
EG_API eg_tensor *eg_eig(eg_tensor *a);

/* The values alone. Gradient: V^-H diag(dw) V^H.
 *     eg_eigvals(eg_reshape(EG_F32(1, 1, 0, 3), EG_DIMS(2, 2)))  ->  [3.+0.j 1.+0.j] complex64[2]
 * Owns: the result. Fails: as eg_eig. Records: Cast of real matrices, EigVals. */
EG_API eg_tensor *eg_eigvals(eg_tensor *a);

typedef struct eg_svd_attrs {
    size_t size;  /* sizeof(eg_svd_attrs) */
    bool reduced; /* only the vectors that give a [u and vh are square] */
} eg_svd_attrs;

/* a = u s vh with orthogonal u and vh and the singular values s, falling: a tuple of three.
 * Gradient: it leaves out how vectors turn into each other that belong to equal singular values,
 * or to none.
 *     eg_part(eg_svd(eg_reshape(EG_F32(0, 2, 3, 0), EG_DIMS(2, 2))), 1)  ->  [3. 2.] float32[2]
 * Owns: the result. Fails: rank below 2, NaN, infinity, integers. Records: Svd. */
EG_API eg_tensor *eg_svd_with(eg_tensor *a, const eg_svd_attrs *attrs);
EG_API eg_tensor *eg_svd(eg_tensor *a);

/* Singular values, falling; otherwise as eg_svd, but quicker. Gradient: u dz vh.
 *     eg_svdvals(eg_reshape(EG_F32(0, 2, 3, 0), EG_DIMS(2, 2)))  ->  [3. 2.] float32[2]
 * Owns: the result. Fails: as eg_svd. Records: SvdVals. */
EG_API eg_tensor *eg_svdvals(eg_tensor *a);

/* ---- made of decompositions ----------------------------------------------------------------- */

/* The inverse's next of kin for matrices of any shape and rank (Moore and Penrose). Singular values
 * below the largest times epsilon times the larger size are zero. Gradient: where the rank stays.
 *     eg_pinv(eg_reshape(EG_F32(2, 0, 0, 0),
 *         EG_DIMS(2, 2)))  ->  [[0.5 0. ] [0.  0. ]] float32[2,2]
 * Owns: the result. Fails: as eg_svd. Records: Pinv. */
EG_API eg_tensor *eg_pinv(eg_tensor *a);

/* x for which a x comes nearest to b in squares, and among several the smallest. b is a vector, or
 * matrices. Gradient: as eg_pinv.
 *     eg_lstsq(eg_reshape(EG_F32(1, 0, 0, 2, 0, 0), EG_DIMS(3, 2)),
 *         EG_F32(2, 4, 9))  ->  [2. 2.] float32[2]
 * Owns: the result. Fails: as eg_pinv, sizes that do not fit. Records: Pinv, MatMul. */
EG_API eg_tensor *eg_lstsq(eg_tensor *a, eg_tensor *b);

/* How many singular values are not zero, by eg_pinv's measure: int64. No gradient.
 *     eg_matrix_rank(eg_reshape(EG_F32(1, 2, 2, 4), EG_DIMS(2, 2)))  ->  1 int64[]
 * Owns: the result. Fails: as eg_svd. Records: SvdVals, Max, Mul, Greater, Cast, Sum. */
EG_API eg_tensor *eg_matrix_rank(eg_tensor *a);

/* Which norm of a matrix. */
typedef enum eg_norm {
    EG_NORM_FROBENIUS = 0, /* the root of the sum of squares */
    EG_NORM_NUCLEAR = 1,   /* the sum of singular values */
    EG_NORM_SPECTRAL = 2,  /* the largest singular value; NumPy's 2 */
    EG_NORM_SMALLEST = 3,  /* the smallest singular value; NumPy's -2 */
    EG_NORM_COLUMNS = 4,   /* the largest sum of absolute values of a column; NumPy's 1 */
    EG_NORM_ROWS = 5,      /* of a row; NumPy's inf */
} eg_norm;

typedef struct eg_matrix_norm_attrs {
    size_t size;    /* sizeof(eg_matrix_norm_attrs) */
    eg_norm norm;   /* [EG_NORM_FROBENIUS] */
    bool keep_dims; /* leave the matrix's axes in place with size 1 */
} eg_matrix_norm_attrs;

/* A norm of each matrix. Gradient: by that of what it is made of.
 *     eg_matrix_norm(eg_reshape(EG_F32(3, 0, 0, -4), EG_DIMS(2, 2)))  ->  5. float32[]
 *     eg_matrix_norm(eg_reshape(EG_F32(3, 0, 2, -4), EG_DIMS(2, 2)),
 *         .norm = EG_NORM_ROWS)  ->  6. float32[]
 * Owns: the result. Fails: rank below 2, integers; as eg_svd. Records: Square, Sum, Sqrt; SvdVals,
 * Abs, Max, Min. */
EG_API eg_tensor *eg_matrix_norm_with(eg_tensor *a, const eg_matrix_norm_attrs *attrs);
EG_API eg_tensor *eg_matrix_norm(eg_tensor *a);

/* The condition of a matrix: its largest singular value divided by its smallest; infinity where
 * that is zero. Gradient: as eg_svdvals.
 *     eg_condition_number(eg_reshape(EG_F32(0, 2, 3, 0), EG_DIMS(2, 2)))  ->  1.5 float32[]
 * Owns: the result. Fails: as eg_svd, a matrix without elements. Records: SvdVals, Min, Max, Div,
 * Equal, Where. */
EG_API eg_tensor *eg_condition_number(eg_tensor *a);

#ifdef __cplusplus
}
#endif

#endif
