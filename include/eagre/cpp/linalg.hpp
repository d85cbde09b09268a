/* easy.hpp: linear algebra; in the order of the header that holds the prose.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_LINALG_HPP
#define EAGRE_CPP_LINALG_HPP

#include <eagre/cpp/ops.hpp>

namespace eagre
{

enum class triangle { lower, upper };

inline tensor cholesky(const operand &a, triangle part = triangle::lower)
{
    eg_cholesky_attrs attrs{sizeof(eg_cholesky_attrs), part == triangle::upper};
    return eg_cholesky_with(a.alone(), &attrs);
}

/* `t` may be transposed::a. */
inline tensor triangular_solve(const operand &a, const operand &b, triangle part = triangle::lower,
    transposed t = transposed::none)
{
    eg_triangular_solve_attrs attrs{sizeof(eg_triangular_solve_attrs), part == triangle::upper,
        t == transposed::a};

    a.note();
    return eg_triangular_solve_with(a.beside(b), b.beside(a), &attrs);
}

inline tensor solve(const operand &a, const operand &b, transposed t = transposed::none)
{
    eg_solve_attrs attrs{sizeof(eg_solve_attrs), t == transposed::a};

    a.note();
    return eg_solve_with(a.beside(b), b.beside(a), &attrs);
}

inline tensor inv(const operand &a)
{
    return eg_inv(a.alone());
}

inline tensor det(const operand &a)
{
    return eg_det(a.alone());
}

/* auto [sign, logarithm] = slogdet(a); */
struct determinant {
    tensor sign, logarithm;
};

inline determinant slogdet(const operand &a)
{
    eg_tensor *both = eg_slogdet(a.alone());
    return {eg_part(both, 0), eg_part(both, 1)};
}

inline tensor matrix_power(const operand &a, int n)
{
    return eg_matrix_power(a.alone(), n);
}

inline tensor expm(const operand &a)
{
    return eg_expm(a.alone());
}

enum class vectors { reduced, complete }; /* as many as the matrix needs, or square matrices */

/* auto [q, r] = qr(a); */
struct orthogonal_triangular {
    tensor q, r;
};

inline orthogonal_triangular qr(const operand &a, vectors all = vectors::reduced)
{
    eg_qr_attrs attrs{sizeof(eg_qr_attrs), all == vectors::complete};
    eg_tensor *both = eg_qr_with(a.alone(), &attrs);
    return {eg_part(both, 0), eg_part(both, 1)};
}

/* auto [values, v] = eigh(a); */
struct eigensystem {
    tensor values, vectors;
};

inline eigensystem eigh(const operand &a)
{
    eg_tensor *both = eg_eigh(a.alone());
    return {eg_part(both, 0), eg_part(both, 1)};
}

inline tensor eigvalsh(const operand &a)
{
    return eg_eigvalsh(a.alone());
}

inline tensor eig(const operand &a)
{
    return eg_eig(a.alone());
}

inline tensor eigvals(const operand &a)
{
    return eg_eigvals(a.alone());
}

/* auto [u, s, vh] = svd(a); */
struct singular {
    tensor u, s, vh;
};

inline singular svd(const operand &a, vectors all = vectors::complete)
{
    eg_svd_attrs attrs{sizeof(eg_svd_attrs), all == vectors::reduced};
    eg_tensor *three = eg_svd_with(a.alone(), &attrs);
    return {eg_part(three, 0), eg_part(three, 1), eg_part(three, 2)};
}

inline tensor svdvals(const operand &a)
{
    return eg_svdvals(a.alone());
}

inline tensor pinv(const operand &a)
{
    return eg_pinv(a.alone());
}

inline tensor lstsq(const operand &a, const operand &b)
{
    return detail::two(eg_lstsq, a, b);
}

inline tensor matrix_rank(const operand &a)
{
    return eg_matrix_rank(a.alone());
}

inline tensor matrix_norm(const operand &a, eg_norm norm = EG_NORM_FROBENIUS,
    dims kept = dims::drop)
{
    eg_matrix_norm_attrs attrs{sizeof(eg_matrix_norm_attrs), norm, kept == dims::keep};
    return eg_matrix_norm_with(a.alone(), &attrs);
}

inline tensor condition_number(const operand &a)
{
    return eg_condition_number(a.alone());
}

} // namespace eagre

#endif
