/* What the forms of `eagre ops` share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_OPS_H
#define CLI_OPS_H

#include <eagre.h>

extern const char *const kind_names[]; /* by eg_bind_kind */

/* Number i of the table, attribute k of it; false behind the last. */
bool take_op(int i, eg_bind_op *op);
bool take_attribute(int i, int k, eg_bind_attribute *attribute);

/* One of the table for people, and as an object of JSON. */
void print_page(int i, const eg_bind_op *op);
void print_op_json(int i, const eg_bind_op *op);

#endif
