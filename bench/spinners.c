/* Processes that spin.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "spinners.h"
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_SPINNERS = 64 };

static pid_t spinners[MOST_SPINNERS];
static int n_spinners;

static void spin(pid_t parent)
{
    while (getppid() == parent)
        for (volatile int i = 0; i < 1000000; i++)
            ;
    _exit(0);
}

void spinners_start(int n)
{
    pid_t parent = getpid();

    for (n_spinners = 0; n_spinners < n && n_spinners < MOST_SPINNERS; n_spinners++) {
        spinners[n_spinners] = fork();
        if (spinners[n_spinners] == 0)
            spin(parent);
        if (spinners[n_spinners] < 0)
            return;
    }
}

void spinners_stop(void)
{
    while (n_spinners > 0) {
        kill(spinners[--n_spinners], SIGKILL);
        waitpid(spinners[n_spinners], NULL, 0);
    }
}
