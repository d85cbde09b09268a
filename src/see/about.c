/* What the library is: how it was built, what it runs on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/text.h"
#include "kernel/isa.h"
#include "kernel/onednn.h"
#include "ops/registry.h"
#include <eagre/see.h>

#ifndef EG_HAVE_SLEEF
#define EG_HAVE_SLEEF 0
#endif
#ifndef EG_HAVE_JANSSON
#define EG_HAVE_JANSSON 0
#endif
#ifndef EG_HAVE_LAPACK
#define EG_HAVE_LAPACK 0
#endif
#ifndef EG_HAVE_ZLIB
#define EG_HAVE_ZLIB 0
#endif

/* ---- the build and the machine --------------------------------------------------------------- */

static void put_onednn(eg__text *text)
{
#ifdef EG_HAVE_DNNL
    const dnnl_version_t *v = dnnl_version();
    eg__text_format(text, "oneDNN           %d.%d.%d\n", v->major, v->minor, v->patch);
#else
    eg__text_put(text, "oneDNN           no\n");
#endif
}

static void put_library(eg__text *text, const char *name, bool built_in)
{
    eg__text_format(text, "%-16s %s\n", name, built_in ? "yes" : "no");
}

char *eg_about(void)
{
    eg__text text = {0};

    if (eg__me.failed)
        return NULL;
    eg__text_format(&text, "eagre            %s\n", eg_version());
    eg__text_format(&text, "instruction set  %s\n", eg__isa_name(eg__isa_now()));
    eg__text_format(&text, "threads          %d\n", eg_threads());
    eg__text_format(&text, "operations       %d\n", EG__OPS);
    put_onednn(&text);
    put_library(&text, "SLEEF", EG_HAVE_SLEEF);
    put_library(&text, "jansson", EG_HAVE_JANSSON);
    put_library(&text, "LAPACK", EG_HAVE_LAPACK);
    put_library(&text, "zlib", EG_HAVE_ZLIB);
    return eg__text_take(&text, "eg_about");
}
