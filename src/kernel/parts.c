/* Which jobs make their result in parts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/parts.h"

bool eg__parts_of(const eg_job *job, eg__parts *parts)
{
    return eg__matmul_loop_parts(job, parts) || eg__matmul_onednn_parts(job, parts) ||
        eg__conv_direct_parts(job, parts) || eg__conv_onednn_parts(job, parts) ||
        eg__conv_loop_parts(job, parts);
}
