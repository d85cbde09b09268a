/* Random programs: short lists of instructions over a few registers that use everything a body may
 * do (operations, branches on values, early returns, assignments, random draws, prints, tapes,
 * staged loops, calls of other functions, errors). The same program is a body for eager execution,
 * a function and, where it is pure, a graph for a session.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#include <eagre.h>

enum { MOST_INSTRUCTIONS = 24, REGISTERS = 8, ARGUMENTS = 3, MOST_ROWS = 6 };

typedef enum kind {
    UNARY,       /* r[to] = f(r[a]) */
    BINARY,      /* r[to] = f(r[a], r[b]) */
    REDUCE,      /* r[to] = sum, mean or max of r[a] over one axis, or all */
    CONSTANT,    /* r[to] = a number */
    MATMUL,      /* r[to] = a matrix made of r[a] and r[b] times a vector made of r[b] */
    LOOP,        /* r[to] = a staged loop over r[a] that uses r[b]: for, while or scan */
    CHOOSE,      /* r[to] = one of two staged branches of r[a] */
    NEST,        /* r[to] = a staged loop whose body has loops and branches */
    GRADIENT,    /* r[to] = d/dx of a function of r[a] */
    COMPOSE,     /* r[to] = functions of functions of r[a] */
    HIDE,        /* r[to] = f(r[a]), of which tapes are to remember nothing */
    DERIVE,      /* r[to] = what custom gradients, forward mode, vmap make of r[a] */
    PURE,        /* kinds from here on have branches, effects, errors */
    PICK = PURE, /* r[to] = gather from r[a] at an index computed from r[b]; may be out of range */
    DIVIDE,      /* integer division by something that may be zero */
    MASK,        /* r[to] = the sum of those elements of r[a] that are above a limit */
    SKIP_IF,     /* if the sum of r[a] is above a limit, skip the next b instructions */
    SWITCH,      /* branch on an integer computed from r[a] */
    REPEAT,      /* while the sum of r[a] is above a limit, make it smaller */
    LEAVE_IF,    /* return r[to] at once if r[a]'s sum is negative */
    CALL,        /* r[to] = another function (r[a]) */
    SLOPE,       /* r[to] = the gradient of another function at r[a] */
    FAULT,       /* seldom: what makes a function eager */
    ASSIGN,      /* variable[b] = r[a], reduced to its shape */
    DECIDE,      /* assign one variable, the other, or both, by what r[a] and r[b] are */
    READ,        /* r[to] = variable[b] */
    DRAW,        /* r[to] = uniform numbers of the next key */
    PRINT,       /* eg_print(r[a]) */
    AFFECT,      /* r[to] = a function with effects (r[a]) */
    STAGE,       /* r[to] = a staged loop or branch with effects over r[a] that uses r[b] */
    KINDS
} kind;

typedef struct instruction {
    unsigned char kind, which, to, a, b;
    float number;
} instruction;

/* Functions that a program calls; see callees.c. */
enum { PURE_CALLEES = 2, BRANCHING_CALLEES = 5, EFFECTFUL_CALLEES = 3 };
enum { CALLEES = PURE_CALLEES + BRANCHING_CALLEES + EFFECTFUL_CALLEES };

/* What a program works on: one set for each way of running it. */
typedef struct state {
    eg_tensor *variable[2]; /* float32[3], float32[] */
    eg_generator *generator;
    eg_function *callee[CALLEES];
    eg_function *power; /* which one of them calls */
    float factor;       /* the environment of one of them */
    struct state *self; /* and of the others */
    FILE *printed;
} state;

/* The environment of the body: its bytes are part of the signature. */
typedef struct program {
    int n;
    bool is_tuple; /* the result is two registers, not one */
    instruction code[MOST_INSTRUCTIONS];
    float scale;
    state *state;
} program;

/* A random program; `pure`: without branches, effects, calls and errors. */
void program_make(program *p, uint64_t *seed, bool pure);

/* Random arguments for a call, from a small set of shapes and values, so that paths repeat;
 * matrices have that many rows. */
void program_arguments(uint64_t *seed, int rows, eg_tensor *args[ARGUMENTS]);

/* The body. */
eg_tensor *program_body(int n, eg_tensor *const in[], void *env);

/* ---- staged.c, callees.c --------------------------------------------------------------------- */

/* A staged loop, branch, or loop of loops and branches; `which` chooses. */
eg_tensor *staged_loop(int which, float number, eg_tensor *x, eg_tensor *other);
eg_tensor *staged_choice(int which, float number, eg_tensor *x, eg_tensor *other);
eg_tensor *staged_nest(int which, float number, eg_tensor *x, eg_tensor *other);

/* The same with bodies that assign, draw, print and fail. */
eg_tensor *staged_effects(state *s, int which, float number, eg_tensor *x, eg_tensor *other);

/* A gradient of one's own, recomputing, forward mode or mapping over examples; see derived.c. */
eg_tensor *derived(int which, eg_tensor *x);

/* Makes a state's functions; their environments are the state's. */
bool callees_make(state *s);

/* The gradient of a function at x, taken by a tape of its own. */
eg_tensor *callee_slope(eg_function *f, eg_tensor *x);

/* How a plan of the function differs from it, in words; NULL: not at all. Takes the ways that it
 * has met, and calls it. See planned.c. */
const char *planned_difference(eg_function *f, uint64_t *random);

/* ---- program.c ------------------------------------------------------------------------------- */

/* One of a dozen operations; keeps numbers small, so that programs do not run off to infinity. */
eg_tensor *program_unary(int which, eg_tensor *x);
eg_tensor *program_row(eg_tensor *x);
eg_tensor *program_tamed(eg_tensor *x, float scale);

/* The program as text, for whoever has to find out what went wrong. */
void program_print(const program *p, FILE *to);

bool state_make(state *s);
void state_free(state *s);

#endif
