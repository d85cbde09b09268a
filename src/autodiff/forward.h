/* Forward mode from inside.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTODIFF_FORWARD_H
#define AUTODIFF_FORWARD_H

#include "op/watch.h"

/* Whether tangents are carried along on this thread, so that every operation has to be seen. */
bool eg__forward_is_on(void);

/* Pauses forward mode on this thread, or goes on. */
void eg__forwards_pause(int more);

#endif
