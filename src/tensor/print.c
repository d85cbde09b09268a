/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/print.h"
void eg__print_value(eg__text *text, const eg_spec *spec, const void *data,
    const eg_print_attrs *attrs)
{
    (void)attrs;
    for (int64_t i = 0; i < spec->size; i++)
        eg__text_format(text, "%g ", eg__element_real(spec->dtype, (const char *)data + (size_t)i * eg__dtype(spec->dtype)->size));
    char t[EG__SPEC_TEXT];
    eg__text_put(text, eg__spec_text(spec, t));
}
