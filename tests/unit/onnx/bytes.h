/* Models made by hand, field by field, for tests and fuzzers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_ONNX_BYTES_H
#define TESTS_UNIT_ONNX_BYTES_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct bytes {
    unsigned char at[8192];
    size_t n;
} bytes;

static inline void put_varint(bytes *b, uint64_t value)
{
    for (; value >= 128; value >>= 7)
        b->at[b->n++] = (unsigned char)(value | 128);
    b->at[b->n++] = (unsigned char)value;
}

static inline void put_number(bytes *b, unsigned field, int64_t value)
{
    put_varint(b, field << 3);
    put_varint(b, (uint64_t)value);
}

static inline void put_data(bytes *b, unsigned field, const void *data, size_t n)
{
    if (b->n + n + 20 > sizeof b->at)
        abort();
    put_varint(b, field << 3 | 2);
    put_varint(b, n);
    memcpy(b->at + b->n, data, n);
    b->n += n;
}

static inline void put_text(bytes *b, unsigned field, const char *text)
{
    put_data(b, field, text, strlen(text));
}

static inline void put_bytes(bytes *b, unsigned field, const bytes *part)
{
    put_data(b, field, part->at, part->n);
}

/* ---- parts of models ------------------------------------------------------------------------- */

/* A node, inputs and outputs as words; attributes are added behind with put_integer and the like,
 * then put_bytes(graph, 1, &node). */
static inline bytes node_of(const char *type, const char *inputs, const char *outputs)
{
    bytes b = {.n = 0};
    const char *lists[2] = {inputs, outputs};

    for (unsigned k = 0; k < 2; k++)
        for (const char *word = lists[k]; *word;) {
            size_t n = strcspn(word, " ");
            put_data(&b, k + 1, word, n);
            word += n + (word[n] == ' ');
        }
    put_text(&b, 4, type);
    return b;
}

static inline void put_integer(bytes *node, const char *name, int64_t value)
{
    bytes a = {.n = 0};

    put_text(&a, 1, name);
    put_number(&a, 3, value);
    put_number(&a, 20, 2);
    put_bytes(node, 5, &a);
}

static inline void put_subgraph(bytes *node, const char *name, const bytes *graph)
{
    bytes a = {.n = 0};

    put_text(&a, 1, name);
    put_bytes(&a, 6, graph);
    put_number(&a, 20, 5);
    put_bytes(node, 5, &a);
}

/* A tensor of that type with raw data. */
static inline bytes tensor_of(const char *name, int type, int rank, const int64_t dims[],
    const void *data, size_t n)
{
    bytes b = {.n = 0};

    for (int i = 0; i < rank; i++)
        put_number(&b, 1, dims[i]);
    put_number(&b, 2, type);
    put_text(&b, 8, name);
    put_data(&b, 9, data, n);
    return b;
}

/* An input or output of the graph; sizes of -1 get the name "n". */
static inline void put_value(bytes *graph, unsigned field, const char *name, int type, int rank,
    const int64_t dims[])
{
    bytes shape = {.n = 0}, tensor = {.n = 0}, declared = {.n = 0}, info = {.n = 0};

    for (int i = 0; i < rank; i++) {
        bytes size = {.n = 0};
        if (dims[i] < 0)
            put_text(&size, 2, "n");
        else
            put_number(&size, 1, dims[i]);
        put_bytes(&shape, 1, &size);
    }
    put_number(&tensor, 1, type);
    if (rank >= 0)
        put_bytes(&tensor, 2, &shape);
    put_bytes(&declared, 1, &tensor);
    put_text(&info, 1, name);
    put_bytes(&info, 2, &declared);
    put_bytes(graph, field, &info);
}

static inline bytes model_of(const bytes *graph, int opset)
{
    bytes b = {.n = 0}, import = {.n = 0}, entry = {.n = 0};

    put_number(&b, 1, 10);
    put_text(&b, 2, "by hand");
    put_text(&import, 1, "");
    put_number(&import, 2, opset);
    put_bytes(&b, 8, &import);
    put_text(&entry, 1, "author");
    put_text(&entry, 2, "nobody");
    put_bytes(&b, 14, &entry);
    put_bytes(&b, 7, graph);
    return b;
}

/* ---- models ---------------------------------------------------------------------------------- */

/* y = relu(x w + b), x [n, 2], w [[1, -1], [2, 3]], b [0.5, -100]. */
static inline bytes dense_model(void)
{
    const int64_t open[] = {-1, 2}, square[] = {2, 2}, row[] = {2};
    const float w[] = {1, -1, 2, 3}, b[] = {0.5f, -100};
    bytes g = {.n = 0}, part = node_of("Gemm", "x w b", "z");

    put_text(&g, 2, "dense");
    put_bytes(&g, 1, &part);
    part = node_of("Relu", "z", "y");
    put_bytes(&g, 1, &part);
    part = tensor_of("w", 1, 2, square, w, sizeof w);
    put_bytes(&g, 5, &part);
    part = tensor_of("b", 1, 1, row, b, sizeof b);
    put_bytes(&g, 5, &part);
    put_value(&g, 11, "x", 1, 2, open);
    put_value(&g, 12, "y", 1, 2, open);
    return model_of(&g, 17);
}

/* y = reshape(x, [size of axis 1, -1]), as exporters compute such shapes. */
static inline bytes shape_model(void)
{
    const int64_t one = 1, minus[] = {-1}, list[] = {1}, any[] = {-1, -1};
    bytes g = {.n = 0}, part = node_of("Shape", "x", "sizes");

    put_bytes(&g, 1, &part);
    part = node_of("Gather", "sizes which", "size");
    put_bytes(&g, 1, &part);
    part = node_of("Concat", "size rest", "shape");
    put_integer(&part, "axis", 0);
    put_bytes(&g, 1, &part);
    part = node_of("Reshape", "x shape", "y");
    put_bytes(&g, 1, &part);
    part = tensor_of("which", 7, 1, list, &one, sizeof one);
    put_bytes(&g, 5, &part);
    part = tensor_of("rest", 7, 1, list, minus, sizeof minus);
    put_bytes(&g, 5, &part);
    put_value(&g, 11, "x", 1, 2, any);
    put_value(&g, 12, "y", 1, -1, NULL);
    return model_of(&g, 21);
}

/* y = x + x where the sum of x is above 0, else -x. */
static inline bytes branch_model(void)
{
    const int64_t any[] = {-1};
    const float zero = 0;
    bytes g = {.n = 0}, then = {.n = 0}, otherwise = {.n = 0}, part = node_of("Add", "x x", "t");

    put_bytes(&then, 1, &part);
    put_value(&then, 12, "t", 1, 1, any);
    part = node_of("Neg", "x", "e");
    put_bytes(&otherwise, 1, &part);
    put_value(&otherwise, 12, "e", 1, 1, any);
    part = node_of("ReduceSum", "x", "sum");
    put_integer(&part, "keepdims", 0);
    put_bytes(&g, 1, &part);
    part = node_of("Greater", "sum zero", "above");
    put_bytes(&g, 1, &part);
    part = node_of("If", "above", "y");
    put_subgraph(&part, "then_branch", &then);
    put_subgraph(&part, "else_branch", &otherwise);
    put_bytes(&g, 1, &part);
    part = tensor_of("zero", 1, 0, NULL, &zero, sizeof zero);
    put_bytes(&g, 5, &part);
    put_value(&g, 11, "x", 1, 1, any);
    put_value(&g, 12, "y", 1, 1, any);
    return model_of(&g, 21);
}

#endif
