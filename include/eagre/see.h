/* Looking at what is there and what ran: the library itself, profiles, pictures.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_SEE_H
#define EAGRE_SEE_H

#include <eagre/concrete.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the library itself --------------------------------------------------------------------- */

/* How the library was built and what it runs on, a line each: version, instruction set, threads,
 * operations, and the libraries it may use, "no" where it was built without. Free with eg_free.
 * NULL after an error. */
EG_API char *eg_about(void);

/* ---- passes -------------------------------------------------------------------------------- */

/* A pass over graphs: graph in, better graph out, with the same bits. */
typedef struct eg_pass_info {
    size_t size;        /* sizeof(eg_pass_info) */
    const char *name;   /* as the option EAGRE_PASSES calls it: -fuse switches fuse off */
    const char *what;   /* what it does, in a few words */
    bool is_on;         /* by that option */
    bool when_planning; /* on the copy that is run: no text, file or gradient has what it makes */
    int64_t runs;       /* in this process so far: graphs, */
    int64_t nodes_before, nodes_after, nanoseconds; /* and their nodes and time, added up */
} eg_pass_info;

/* Question: fills in pass i, in the order in which passes run, from 0 on; false where there is no
 * such pass, or pass is NULL. The texts live as long as the program. From any thread.
 *     eg_pass_info p = {.size = sizeof p};
 *     for (int i = 0; eg_pass_list(i, &p); i++)
 *         printf("%s %s\n", p.name, p.what); */
EG_API bool eg_pass_list(int i, eg_pass_info *pass);

/* ---- what functions run --------------------------------------------------------------------- */

/* A kernel of what a function runs: of one operation, or of several that run together. */
typedef struct eg_step_info {
    size_t size;         /* set to sizeof(eg_step_info) before asking */
    char name[64];       /* "MatMul", or "MatMul+Add+Relu"; a long one ends in "..." */
    char result[104];    /* its first result: "float32[128,512]" */
    int trace;           /* the trace it belongs to */
    bool backward;       /* it computes gradients */
    int operations;      /* that are in it, */
    int64_t bytes_saved; /* which one by one would write, and read again, so many bytes more */
    double flops;        /* floating-point operations, see eg_profile_flops */
    int line;            /* of the last of them, 0 where that is unknown */
    char file[160];      /* and its file */
    char why_apart
        [192]; /* what reads the result first, and why that is not in it: "Sum: that ..."; ""
                            where nothing of the function does */
} eg_step_info;

/* Question: fills in kernel number i, from 0, of all traces in their order, each with all of its
 * paths; false where there is none, as of functions that run eagerly. Sources and views, which take
 * no time, are no kernels. A profile has the times, under the same names. */
EG_API bool eg_function_step(const eg_function *function, int i, eg_step_info *step);

/* All of them for people: what runs together, how much memory traffic that saves, what does not and
 * why.
 * Action. Fails: EG_INVALID for NULL; EG_IO. */
EG_API eg_status eg_function_print_steps(const eg_function *function, FILE *to);

/* ---- profile ------------------------------------------------------------------------------- */

typedef struct eg_profile eg_profile;

/* A profile that has seen nothing yet. NULL after an error. Free with eg_profile_free. */
EG_API eg_profile *eg_profile_new(void);
EG_API void eg_profile_free(eg_profile *profile);

/* From start to stop, every kernel that runs in the process, eager or planned, is noted with its
 * operation, implementation, result, time and floating-point operations. What a function or session
 * runs together is one kernel of the operation Fused, whose implementation names what is in it:
 * "Mul+Add+Relu". One profile at a time.
 * Actions. Fails: EG_STATE where another is running; EG_INVALID for NULL. */
EG_API eg_status eg_profile_start(eg_profile *profile);
EG_API eg_status eg_profile_stop(eg_profile *profile);

/* A table by operation and implementation, longest first: runs, total, mean and share of time,
 * floating-point operations and how many thousand millions of them a second.
 * Action. Fails: EG_STATE while it runs; EG_IO. */
EG_API eg_status eg_profile_print(const eg_profile *profile, FILE *to);

/* A trace file that chrome://tracing and ui.perfetto.dev open, one event a kernel.
 * Source: "Trace Event Format", complete events. Action. Fails: EG_STATE while it runs; EG_IO. */
EG_API eg_status eg_profile_save(const eg_profile *profile, const char *path);

/* How many kernels it has seen. Question. */
EG_API int64_t eg_profile_events(const eg_profile *profile);

/* How many floating-point operations these kernels were of, or those of the operation of that name
 * ("MatMul"; NULL: all). The count follows from shapes and options, not from the kernel that ran,
 * so it is the same eager and in functions, but for what these need not compute. Question.
 *
 * Counted are additions, multiplications, divisions, roots, minima and maxima of floating-point
 * numbers, one each; a multiplication with an addition is two. In particular:
 *
 *   - element by element, one for each element of the result, also of elementary functions such as
 *     exp; more where an operation is a formula of these: a sigmoid is 4, a gelu 5;
 *   - a sum, a maximum, a cumulative sum: one for each element of x; pools: one for each element
 *     under each window;
 *   - matmul [m, k] by [k, n]: 2*m*k*n; a convolution and each of its gradients: 2 for each element
 *     of the window and channel of its group, for each element of y. Padding counts as elements;
 *   - softmax and its logarithm: 5 an element; layer_norm 7, rms_norm 4;
 *   - attention: for each score 2 for each number of the key and of the value and 5 for the
 *     softmax, of causal attention for the scores that are seen; backward the products are five, as
 *     the scores are computed again. Other masks leave nothing out;
 *   - recurrent layers: the products of each step, and their gates;
 *   - fft: 5*n*log2(n) for a row of n, half of that from or to real numbers;
 *   - linear algebra: the leading terms for n by n matrices, as LAPACK and Golub and Van Loan give
 *     them: cholesky n^3/3, solve 2/3*n^3 and 2*n^2 for each column of b, qr of m by n
 *     2*n^2*(m - n/3) and as much again for Q, eigh 9*n^3, svd 6*m*n^2 + 20*n^3 reduced;
 *   - of complex numbers an addition is 2, a multiplication 6, a division 11, a function 2.
 *
 * Products of matrices, convolutions, pools and softmax are counted as by TensorFlow's profiler,
 * the gradients of convolutions and the products of attention as by PyTorch's FlopCounterMode,
 * which counts also what causal attention does not see. Of a staged loop a profile counts the steps
 * that were taken, eg_graph_flops those that are known, or one.
 *
 * Not counted are whole numbers, comparisons that give a bool, sorting, random numbers, casts, and
 * what moves or fills in elements. What depends on values is not known: lengths of sequences,
 * masks, squarings of expm. */
EG_API double eg_profile_flops(const eg_profile *profile, const char *op);

/* ---- pictures ------------------------------------------------------------------------------ */

/* Draws a graph, or the trees of a function, to a file: ".dot" in the language of graphviz; ".svg",
 * ".png" or ".pdf" through its program dot.
 * Actions. Fails: EG_IO; EG_INVALID for another ending; EG_UNAVAILABLE where dot is not installed,
 * naming the package. */
EG_API eg_status eg_graph_draw(const eg_graph *graph, const char *path);
EG_API eg_status eg_function_draw(const eg_function *function, const char *path);
EG_API eg_status eg_concrete_draw(const eg_concrete *concrete, const char *path);

#ifdef __cplusplus
}
#endif

#endif
