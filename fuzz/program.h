/* Random programs: short lists of instructions over a few registers that use everything a body may
 * do (operations, branches on values, early returns, assignments, random draws, prints, tapes,
 * calls of other functions, errors). The same program is a body for eager execution, a function
 * and, where it is pure, a graph for a session.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#include <eagre.h>

enum { MOST_INSTRUCTIONS = 24, REGISTERS = 8, ARGUMENTS = 3 };

typedef enum kind {
    UNARY,    /* r[to] = f(r[a]) */
    BINARY,   /* r[to] = f(r[a], r[b]) */
    REDUCE,   /* r[to] = sum, mean or max of r[a] over one axis, or all */
    CONSTANT, /* r[to] = a number */
    MATMUL,   /* r[to] = a matrix made of r[a] and r[b] times a vector made of r[b] */
    LOOP,     /* r[to] = a staged loop over r[a] that uses r[b]: for, while or scan */
    CHOOSE,   /* r[to] = one of two staged branches of r[a] */
    PICK,     /* r[to] = gather from r[a] at an index computed from r[b]; may be out of range */
    DIVIDE,   /* integer division by something that may be zero */
    SKIP_IF,  /* if the sum of r[a] is above a limit, skip the next b instructions */
    SWITCH,   /* branch on an integer computed from r[a] */
    LEAVE_IF, /* return r[to] at once if r[a]'s sum is negative */
    ASSIGN,   /* variable[b] = r[a], reduced to its shape */
    READ,     /* r[to] = variable[b] */
    DRAW,     /* r[to] = uniform numbers of the next key */
    PRINT,    /* eg_print(r[a]) */
    GRADIENT, /* r[to] = d/dx of a function of r[a] */
    CALL,     /* r[to] = another function (r[a]) */
    KINDS
} kind;

typedef struct instruction {
    unsigned char kind, which, to, a, b;
    float number;
} instruction;

/* What a program works on: one set for each way of running it. */
typedef struct state {
    eg_tensor *variable[2]; /* float32[3], float32[] */
    eg_generator *generator;
    eg_function *callee;
    FILE *printed;
} state;

/* The environment of the body: its bytes are part of the signature. */
typedef struct program {
    int n;
    instruction code[MOST_INSTRUCTIONS];
    float scale;
    state *state;
} program;

/* A random program; `pure`: without branches, effects, calls and errors. */
void program_make(program *p, uint64_t *seed, bool pure);

/* Random arguments for a call, from a small set of shapes and values, so that paths repeat. */
void program_arguments(uint64_t *seed, eg_tensor *args[ARGUMENTS]);

/* The body. */
eg_tensor *program_body(int n, eg_tensor *const in[], void *env);

/* The program as text, for whoever has to find out what went wrong. */
void program_print(const program *p, FILE *to);

bool state_make(state *s);
void state_free(state *s);

#endif
