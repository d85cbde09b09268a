/* Messages go to the host's handler, or to stderr for the kinds EAGRE_VERBOSE names.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/message.h"
#include "base/option.h"
#include <eagre/base.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static struct {
    pthread_mutex_t lock;
    eg_message_fn fn;
    void *env;
} handler = {.lock = PTHREAD_MUTEX_INITIALIZER};

atomic_bool eg__nobody_listens;

void eg_set_message_handler(eg_message_fn fn, void *env)
{
    pthread_mutex_lock(&handler.lock);
    handler.fn = fn;
    handler.env = env;
    atomic_store(&eg__nobody_listens, false);
    pthread_mutex_unlock(&handler.lock);
}

static eg_message_fn current(void **env)
{
    pthread_mutex_lock(&handler.lock);
    eg_message_fn fn = handler.fn;
    *env = handler.env;
    pthread_mutex_unlock(&handler.lock);
    return fn;
}

static bool nobody_listens(void)
{
    bool verbose = *eg__option_text(EG__OPTION_VERBOSE) != '\0';

    pthread_mutex_lock(&handler.lock);
    bool nobody = !verbose && !handler.fn;
    atomic_store(&eg__nobody_listens, nobody);
    pthread_mutex_unlock(&handler.lock);
    return nobody;
}

bool eg__listens(const char *kind)
{
    void *env;

    if (nobody_listens())
        return false;
    return current(&env) || eg__list_names(eg__option_text(EG__OPTION_VERBOSE), kind) > 0;
}

void eg__message(const char *kind, const char *format, ...)
{
    char text[512];
    void *env;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    eg_message_fn fn = current(&env);
    if (fn)
        fn(kind, text, env);
    else if (eg__list_names(eg__option_text(EG__OPTION_VERBOSE), kind) > 0)
        fprintf(stderr, "eagre: %s: %s\n", kind, text);
}
