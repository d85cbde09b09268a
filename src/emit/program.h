/* The function that is written: its arguments and results, and what fills in its body.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EMIT_PROGRAM_H
#define EMIT_PROGRAM_H

#include "emit/emit.h"
#include "function/trace.h"

enum { EG__MOST_SIGNATURE = 256 };

/* What C calls with and gets: each an array that the caller has. */
typedef struct eg__csignature {
    const char *what; /* the function's name, for people */
    int n_in, n_out;
    const eg__cvalue *in[EG__MOST_SIGNATURE], *out[EG__MOST_SIGNATURE];
} eg__csignature;

/* Adds an argument or a result; false, reported, where there are too many, or its dtype has no type
 * in C. */
bool eg__c_argument(eg__emitter *e, eg__csignature *s, const eg_spec *spec, const char *name);
bool eg__c_result(eg__emitter *e, eg__csignature *s, const eg_spec *spec, const char *name);

/* Writes the body for a trace; for a graph. */
bool eg__c_trace(eg__emitter *e, eg__csignature *s, const eg__trace *trace);
bool eg__c_graph(eg__emitter *e, eg__csignature *s, const eg_graph *graph);

/* Assigns values at the end: variable[i] becomes value[i]. */
bool eg__c_assign(eg__emitter *e, int n, eg_tensor *const variable[],
    const eg__cvalue *const value[]);

/* The texts of both files; `header` is the header's name. file.c */
void eg__c_header(eg__emitter *e, const eg__csignature *s, eg__text *text);
void eg__c_source(eg__emitter *e, const eg__csignature *s, const char *header, eg__text *text);

#endif
