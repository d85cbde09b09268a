/* A line is fitted by a traced training step; prints "w 2.00 b 1.00 traces 1".
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eagre/easy.hpp>

int main()
{
    eagre::scope scope;
    eagre::variable w(0.0), b(0.0);
    eagre::function step([&](eagre::tensor x, eagre::tensor y) {
        eagre::tape tape;
        eagre::tensor loss = mean(square(x * w + b - y));
        auto [dw, db] = gradient(loss, w, b);
        w -= 0.1 * dw;
        b -= 0.1 * db;
        return give(loss);
    });
    eagre::tensor x = eagre::array<float>({-1, 0, 1, 2}), y = 2 * x + 1;

    for (int i = 0; i < 200; i++)
        step(x, y);
    std::printf("w %.2f b %.2f traces %d\n", w.item(), b.item(), step.trace_count());
    return eagre::report(stderr);
}
