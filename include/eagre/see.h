/* Looking at what is there and what ran: the library itself, profiles, pictures.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_SEE_H
#define EAGRE_SEE_H

#include <eagre/function.h>
#include <eagre/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the library itself --------------------------------------------------------------------- */

/* How the library was built and what it runs on, a line each: version, instruction set, threads,
 * operations, and the libraries it may use, "no" where it was built without. Free with eg_free.
 * NULL after an error. */
EG_API char *eg_about(void);

/* ---- profile ------------------------------------------------------------------------------- */

typedef struct eg_profile eg_profile;

/* A profile that has seen nothing yet. NULL after an error. Free with eg_profile_free. */
EG_API eg_profile *eg_profile_new(void);
EG_API void eg_profile_free(eg_profile *profile);

/* From start to stop, every kernel that runs in the process, eager or planned, is noted with its
 * operation, implementation, result and time. One profile at a time.
 * Actions. Fails: EG_STATE where another is running; EG_INVALID for NULL. */
EG_API eg_status eg_profile_start(eg_profile *profile);
EG_API eg_status eg_profile_stop(eg_profile *profile);

/* A table by operation and implementation, longest first: runs, total, mean and share of time.
 * Action. Fails: EG_STATE while it runs; EG_IO. */
EG_API eg_status eg_profile_print(const eg_profile *profile, FILE *to);

/* A trace file that chrome://tracing and ui.perfetto.dev open, one event a kernel.
 * Source: "Trace Event Format", complete events. Action. Fails: EG_STATE while it runs; EG_IO. */
EG_API eg_status eg_profile_save(const eg_profile *profile, const char *path);

/* How many kernels it has seen. Question. */
EG_API int64_t eg_profile_events(const eg_profile *profile);

/* ---- pictures ------------------------------------------------------------------------------ */

/* Draws a graph, or the trees of a function, to a file: ".dot" in the language of graphviz; ".svg",
 * ".png" or ".pdf" through its program dot.
 * Actions. Fails: EG_IO; EG_INVALID for another ending; EG_UNAVAILABLE where dot is not installed,
 * naming the package. */
EG_API eg_status eg_graph_draw(const eg_graph *graph, const char *path);
EG_API eg_status eg_function_draw(const eg_function *function, const char *path);

#ifdef __cplusplus
}
#endif

#endif
