/* Sizes, strides and padding of windows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/window.h"

/* Numbers of an option, within bounds that keep products of two of them in range. */
static const char *numbers_of(const eg_index *list, int rank, int64_t least, int64_t numbers[])
{
    int n = list ? list->n : 0;

    if (n != 0 && n != 1 && n != rank)
        return "strides, dilations, padding and windows have one number, or one for each spatial "
               "axis";
    for (int i = 0; i < rank; i++) {
        numbers[i] = n == 0 ? least : list->at[n == 1 ? 0 : i];
        if (numbers[i] < least || numbers[i] > INT32_MAX)
            return least == 1 ? "strides, dilations and windows are 1 or more"
                              : "padding is 0 or more";
    }
    return NULL;
}

typedef struct rule_numbers {
    int64_t stride[EG__SPATIAL], dilation[EG__SPATIAL], before[EG__SPATIAL], after[EG__SPATIAL];
} rule_numbers;

static const char *read_rule(const eg__window_rule *rule, int rank, rule_numbers *to)
{
    bool differs = rule->padding_after && rule->padding_after->n > 0;
    const char *wrong = numbers_of(rule->strides, rank, 1, to->stride);

    if (!wrong)
        wrong = numbers_of(rule->dilations, rank, 1, to->dilation);
    if (!wrong)
        wrong = numbers_of(rule->padding, rank, 0, to->before);
    if (!wrong)
        wrong = numbers_of(differs ? rule->padding_after : rule->padding, rank, 0, to->after);
    if (!wrong && rule->same && (differs || (rule->padding && rule->padding->n > 0)))
        wrong = "padding is given, or follows from `same`, not both";
    return wrong;
}

static void set_unused(eg__window *w, int axis)
{
    w->in[axis] = w->k[axis] = w->out[axis] = w->stride[axis] = w->dilation[axis] = 1;
    w->pad[axis] = 0;
}

const char *eg__window_set(eg__window *w, const eg__window_rule *rule, int rank, const int64_t in[],
    const int64_t k[])
{
    rule_numbers r;
    const char *wrong = read_rule(rule, rank, &r);

    for (int i = 0; i < EG__SPATIAL - rank; i++)
        set_unused(w, i);
    for (int i = 0; i < rank && !wrong; i++) {
        int axis = EG__SPATIAL - rank + i;
        int64_t stride = r.stride[i];
        if (k[i] < 1 || k[i] > INT32_MAX || in[i] > INT32_MAX)
            return "a window has 1 to 2147483647 elements along each axis";
        int64_t reach = (k[i] - 1) * r.dilation[i] + 1, left = r.before[i] + in[i] + r.after[i];
        if (!rule->same && left < reach)
            return "the window is larger than x with its padding";
        w->in[axis] = in[i];
        w->k[axis] = k[i];
        w->stride[axis] = stride;
        w->dilation[axis] = r.dilation[i];
        w->out[axis] = rule->same ? (in[i] + stride - 1) / stride : (left - reach) / stride + 1;
        left = (w->out[axis] - 1) * stride + reach - in[i];
        w->pad[axis] = !rule->same ? r.before[i] : left > 0 && w->out[axis] > 0 ? left / 2 : 0;
    }
    return wrong;
}

const char *eg__window_grow(const eg__window_rule *rule, int rank, const int64_t out[],
    const int64_t k[], int64_t in[])
{
    rule_numbers r;
    const char *wrong = read_rule(rule, rank, &r);

    for (int i = 0; i < rank && !wrong; i++) {
        if (k[i] < 1 || k[i] > INT32_MAX || out[i] > INT32_MAX)
            return "a window has 1 to 2147483647 elements along each axis";
        int64_t reach = (k[i] - 1) * r.dilation[i] + 1;
        in[i] = (out[i] - 1) * r.stride[i] + reach - r.before[i] - r.after[i];
        if (rule->same)
            in[i] = out[i] * r.stride[i];
        if (in[i] < 0 || out[i] == 0)
            in[i] = 0;
    }
    return wrong;
}
