/* easy.hpp: linear algebra.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.hpp"

using eagre::array, eagre::scope, eagre::tensor;

TEST(systems_are_solved)
{
    scope s;
    tensor a = array<float>({{4, 2}, {2, 5}}), b = array<float>({8, 12});

    CHECK_PRINTS(cholesky(a), "[[2. 0.] [1. 2.]] float32[2,2]");
    CHECK_PRINTS(cholesky(a, eagre::triangle::upper), "[[2. 1.] [0. 2.]] float32[2,2]");
    CHECK_PRINTS(triangular_solve(cholesky(a), b), "[4. 4.] float32[2]");
    CHECK_PRINTS(solve(a, b), "[1. 2.] float32[2]");
    CHECK_PRINTS(solve(a, b, eagre::transposed::a), "[1. 2.] float32[2]");
    CHECK_PRINTS(det(a), "16. float32[]");
    CHECK_PRINTS(slogdet(a).sign, "1. float32[]");
    CHECK_PRINTS(inv(array<float>({{2, 0}, {0, 4}})), "[[0.5 0. ] [0. 0.25]] float32[2,2]");
    CHECK_PRINTS(matrix_power(a, 2), "[[20. 18.] [18. 29.]] float32[2,2]");
}

TEST(matrices_are_taken_apart)
{
    scope s;
    tensor a = array<float>({{0, 2}, {3, 0}, {0, 0}});

    CHECK_PRINTS(svdvals(a), "[3. 2.] float32[2]");
    CHECK(svd(a).u.dim(0) == 3 && svd(a).u.dim(1) == 3);
    CHECK(svd(a, eagre::vectors::reduced).u.dim(0) == 3 &&
        svd(a, eagre::vectors::reduced).u.dim(1) == 2);
    CHECK(qr(a).r.dim(0) == 2 && qr(a).r.dim(1) == 2);
    CHECK(qr(a, eagre::vectors::complete).r.dim(0) == 3 &&
        qr(a, eagre::vectors::complete).r.dim(1) == 2);
    CHECK_PRINTS(eigh(array<float>({{2, 1}, {1, 2}})).values, "[1. 3.] float32[2]");
    CHECK_PRINTS(eigvalsh(array<float>({{2, 1}, {1, 2}})), "[1. 3.] float32[2]");
    CHECK_PRINTS(lstsq(a, array<float>({2, 3, 1})), "[1. 1.] float32[2]");
    CHECK_PRINTS(pinv(array<float>({{2, 0}})), "[[0.5] [0. ]] float32[2,1]");
    CHECK_PRINTS(matrix_rank(a), "2 int64[]");
    CHECK_PRINTS(matrix_norm(a, EG_NORM_NUCLEAR), "5. float32[]");
    CHECK_PRINTS(condition_number(a), "1.5 float32[]");
}

int main()
{
    test::run_all();
    return 0;
}
