/* What every other header stands on: status, errors, the place in the caller's source, and what a
 * host may set: allocator, memory limit, messages, threads.
 *
 * Three shapes of function, no fourth, in all of eagre:
 *   an operation  takes tensors, returns a tensor or NULL, nests, has no effect;
 *   an action     has an effect, returns an eg_status, cannot be nested;
 *   a question    returns a value, is safe for NULL, has no effect.
 * Unless a function says otherwise it may be called from any thread, and what it works on (a
 * scope, a tape, an error) belongs to the thread that opened it.
 *
 * The library never aborts, exits or prints on its own, installs no signal handler and changes
 * nothing of the process that it was not asked to change.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_BASE_H
#define EAGRE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EG_VERSION_MAJOR 0
#define EG_VERSION_MINOR 1
#define EG_VERSION_PATCH 0

#if defined(__GNUC__)
#define EG_API __attribute__((visibility("default")))
#else
#define EG_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* How a call ended. The numbers are part of the ABI and never change. */
typedef enum eg_status {
    EG_OK = 0,
    EG_INVALID = 1,     /* an argument does not fit: shape, dtype, axis, NULL, value */
    EG_NO_MEMORY = 2,   /* an allocation failed, or the memory limit is reached */
    EG_STATE = 3,       /* right call, wrong time: no open scope, a spent tensor, a closed tape */
    EG_IO = 4,          /* a file cannot be opened, read or written */
    EG_FORMAT = 5,      /* a file or text is not what it claims to be */
    EG_UNAVAILABLE = 6, /* this build or this machine lacks what the call needs */
    EG_INTERNAL = 7     /* a defect of eagre itself: please report it */
} eg_status;

/* The name of a status: "ok", "invalid argument", "out of memory" …
 * A static string; unknown numbers give "unknown status". */
EG_API const char *eg_status_name(eg_status status);

/* A place in the caller's source. The macro layer fills it in; bindings pass their own. */
typedef struct eg_site {
    const char *file;
    int line;
    const char *function;
} eg_site;

/* Says where the calls that follow on this thread come from: errors, graphs and profiles name it.
 * The strings must outlive what is recorded (string literals do). The macros of easy.h call it
 * for you; a binding calls it with its own file and line. NULL forgets the place. */
EG_API void eg_at(const eg_site *site);

/* The first error of a scope: plain data in fixed buffers, to copy and keep as you like. */
typedef struct eg_error {
    eg_status status;
    char op[32];       /* the operation or function that failed: "Add" */
    char message[448]; /* what was done, what was seen (shapes, dtypes), what to write instead */
    char file[160];    /* the caller's source, "" where unknown */
    int line;
    char function[64];
} eg_error;

/* True while nothing has failed in this thread's innermost scope. In a failed scope operations
 * return NULL, actions do nothing and questions answer zero, so a loop that waits for a tensor's
 * value is written `while (eg_ok() && !eg_true(done))`. */
EG_API bool eg_ok(void);

/* The pending error of this thread, without ending it. Copies it to `error` unless that is NULL,
 * and returns its status; EG_OK and a zeroed struct where nothing is pending. */
EG_API eg_status eg_pending(eg_error *error);

/* Ends the pending error: prints it as one line to `out` (NULL: nowhere) and returns 1; returns 0
 * where nothing failed. Made for the end of main:
 *     return eg_report(stderr);
 */
EG_API int eg_report(FILE *out);

/* Reports an error of your own, as a body, a loader or a custom operation would: the innermost
 * scope fails with it unless it has failed already. `op` names what failed. Returns `status`. */
EG_API eg_status eg_fail(eg_status status, const char *op, const char *message);

/* The version of the library that is running, as "0.1.0"; compare with EG_VERSION_*. */
EG_API const char *eg_version(void);

/* Frees a string or array that the library returned with the words "free with eg_free". */
EG_API void eg_free(void *memory);

/* ---- what the host may set, before its first other call ---------------------------------- */

/* Where memory comes from. `allocate` returns `size` bytes at a multiple of `alignment` (a power
 * of two, at least 16) or NULL; `release` gets the same size back. Called from several threads. */
typedef struct eg_allocator {
    void *(*allocate)(size_t size, size_t alignment, void *env);
    void (*release)(void *memory, size_t size, void *env);
    void *env;
} eg_allocator;

/* Takes all memory from `allocator` (copied) from now on; NULL: back to the C library.
 * Action. Fails with EG_STATE once any memory is in use. */
EG_API eg_status eg_set_allocator(const eg_allocator *allocator);

/* Refuses allocations that would bring memory in use over `bytes` with EG_NO_MEMORY; 0: no limit.
 * Cached memory is given back before an allocation is refused. */
EG_API void eg_set_memory_limit(size_t bytes);

/* What the library holds at this moment. */
typedef struct eg_memory {
    size_t in_use;  /* bytes that live objects need */
    size_t cached;  /* bytes kept for the next allocation; eg_memory_trim returns them */
    size_t peak;    /* the largest in_use since the start or the last eg_memory_reset_peak */
    size_t tensors; /* tensor handles alive, in all threads */
} eg_memory;

/* A snapshot of the counters above. Question. */
EG_API eg_memory eg_memory_now(void);

/* Starts the peak anew from what is in use now. */
EG_API void eg_memory_reset_peak(void);

/* Gives cached memory back to the system: the shared cache and this thread's pools. */
EG_API void eg_memory_trim(void);

/* Diagnostics (never errors: those are on the scope). `kind` is a word from the table of
 * EAGRE_VERBOSE: "kernel", "function", "pass". Silent until a handler is set or the
 * environment variable EAGRE_VERBOSE names kinds, which prints them to stderr. */
typedef void (*eg_message_fn)(const char *kind, const char *text, void *env);
EG_API void eg_set_message_handler(eg_message_fn fn, void *env);

/* How many threads large operations may use, this one included; at least 1. The default is the
 * number of processors the process may run on, or EAGRE_THREADS. Results never depend on it. */
EG_API void eg_set_threads(int n);
EG_API int eg_threads(void);

#ifdef __cplusplus
}
#endif

#endif
