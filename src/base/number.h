/* Floating-point numbers as text that does not depend on the host's locale, and back, bit for bit.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/text.h"

/* The shortest decimal text of at most `digits` significant digits that reads back as the same
 * number: of a double with 17, of a float with 9. "nan", "inf", "-inf" for what is no number. */
void eg__put_real(eg__text *text, double value, int digits);

/* Reads such a text at *p and moves *p behind it; false where there is none. */
bool eg__parse_real(const char **p, double *value);

#endif
