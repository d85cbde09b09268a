/* easy.h for the operations that arrange, make, pick and put elements, and that contract. In the
 * order of the headers that hold the prose.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_EASY_ARRANGE_H
#define EAGRE_EASY_ARRANGE_H

#include <eagre/easy_ops.h>

/* clang-format off */

/* ---- ops/arrange.h -------------------------------------------------------------------------- */

#define eg_flatten(x)             eg_flatten(EG_X_(x))
#define eg_flip(...)              EG_FLIP_(__VA_ARGS__, )
#define EG_FLIP_(x, ...)          eg_flip_with(EG_X_(x), EG_WITH_(eg_flip_attrs, __VA_ARGS__))
#define eg_roll(x, shift, axis)   eg_roll(EG_X_(x), shift, axis)
#define eg_repeat(x, n, axis)     eg_repeat(EG_X_(x), n, axis)
#define eg_tile(x, ...)           eg_tile(EG_X_(x), __VA_ARGS__)
#define eg_pad(...)               EG_PAD_(__VA_ARGS__, )
#define EG_PAD_(x, ...)           eg_pad_with(EG_X_(x), EG_WITH_(eg_pad_attrs, __VA_ARGS__))
#define eg_moveaxis(x, from, to)  eg_moveaxis(EG_X_(x), from, to)
#define eg_permute_dims(x, ...)   eg_permute_dims(EG_X_(x), &EG_AXES(__VA_ARGS__))
#define eg_matrix_transpose(x)    eg_matrix_transpose(EG_X_(x))
#define eg_split(x, ...)          eg_split(EG_X_(x), __VA_ARGS__)
#define eg_split_sizes(x, ...)    eg_split_sizes(EG_X_(x), __VA_ARGS__)
#define eg_unstack(x, ...)        eg_unstack(EG_X_(x), __VA_ARGS__)
#define eg_broadcast_arrays(...)  (eg_at(EG_HERE), eg_broadcast_arrays(__VA_ARGS__))
#define eg_meshgrid(...)          EG_MESHGRID_(__VA_ARGS__, )
#define EG_MESHGRID_(n, x, grids, ...)                                                             \
    (eg_at(EG_HERE), eg_meshgrid_with(n, x, grids, EG_WITH_(eg_meshgrid_attrs, __VA_ARGS__)))

/* ---- ops/create.h --------------------------------------------------------------------------- */

#define eg_arange(dtype, start, stop, step)                                                        \
    (eg_at(EG_HERE), eg_arange(dtype, EG_NUMBER_(start), EG_NUMBER_(stop), EG_NUMBER_(step)))
#define eg_linspace(...)          EG_LINSPACE_(__VA_ARGS__, )
#define EG_LINSPACE_(dtype, start, stop, n, ...)                                                   \
    (eg_at(EG_HERE),                                                                               \
        eg_linspace_with(dtype, start, stop, n, EG_WITH_(eg_linspace_attrs, __VA_ARGS__)))
#define eg_eye(...)               (eg_at(EG_HERE), eg_eye(__VA_ARGS__))
#define eg_full_like(x, value)    eg_do2(EG_HERE, eg_full_like, EG_T(x), EG_T(value))
#define eg_tril(x, offset)        eg_tril(EG_X_(x), offset)
#define eg_triu(x, offset)        eg_triu(EG_X_(x), offset)
#define eg_diagonal(x, offset)    eg_diagonal(EG_X_(x), offset)
#define eg_diag(x, offset)        eg_diag(EG_X_(x), offset)
#define eg_trace(x, offset)       eg_trace(EG_X_(x), offset)

/* ---- ops/scatter.h -------------------------------------------------------------------------- */

#define eg_ravel_index(...)       EG_RAVEL_INDEX_(__VA_ARGS__, )
#define EG_RAVEL_INDEX_(x, ...)                                                                    \
    eg_ravel_index_with(EG_X_(x), EG_WITH_(eg_ravel_index_attrs, __VA_ARGS__))
#define eg_take(...)              EG_TAKE_(__VA_ARGS__, )
#define EG_TAKE_(x, i, ...)                                                                        \
    eg_do_take(EG_HERE, EG_T(x), EG_T(i), EG_WITH_(eg_take_attrs, __VA_ARGS__))
#define eg_gather_nd(x, i)        eg_do_apart(EG_HERE, eg_gather_nd, EG_T(x), EG_T(i))
#define eg_scatter_nd(i, x, ...)  eg_scatter_nd(EG_X_(i), EG_X_(x), __VA_ARGS__)
#define eg_scatter(...)           EG_SCATTER_(__VA_ARGS__, )
#define EG_SCATTER_(x, i, y, ...)                                                                  \
    eg_do_put(EG_HERE, eg_scatter_with, (const eg_arg[]){EG_T(x), EG_T(i), EG_T(y)},               \
        EG_WITH_(eg_scatter_attrs, __VA_ARGS__))
#define eg_assign_rows(...)       EG_ASSIGN_ROWS_(__VA_ARGS__, )
#define EG_ASSIGN_ROWS_(v, i, y, ...)                                                              \
    (eg_at(EG_HERE), eg_assign_rows_with(v, i, y, EG_WITH_(eg_scatter_attrs, __VA_ARGS__)))
#define EG_SCATTER_ND_(op, x, i, y)                                                                \
    eg_do_put_nd(EG_HERE, op, (const eg_arg[]){EG_T(x), EG_T(i), EG_T(y)})
#define eg_tensor_scatter_nd_update(x, i, y)                                                       \
    EG_SCATTER_ND_(eg_tensor_scatter_nd_update, x, i, y)
#define eg_tensor_scatter_nd_add(x, i, y) EG_SCATTER_ND_(eg_tensor_scatter_nd_add, x, i, y)
#define eg_tensor_scatter_nd_max(x, i, y) EG_SCATTER_ND_(eg_tensor_scatter_nd_max, x, i, y)
#define eg_tensor_scatter_nd_min(x, i, y) EG_SCATTER_ND_(eg_tensor_scatter_nd_min, x, i, y)

/* ---- ops/pick.h ----------------------------------------------------------------------------- */

#define EG_RANGE(...)             EG_RANGE_(__VA_ARGS__, 1, 1)
#define EG_RANGE_(a, b, c, ...)   ((eg_pick){EG_PICK_RANGE, a, b, c, NULL})
#define EG_ALL                    EG_RANGE(EG_OPEN, EG_OPEN)
#define EG_NEW_AXIS               ((eg_pick){EG_PICK_NEW_AXIS, 0, 0, 0, NULL})
#define EG_ELLIPSIS               ((eg_pick){EG_PICK_ELLIPSIS, 0, 0, 0, NULL})

static inline eg_pick eg_pick_same(eg_pick x)
{
    return x;
}

static inline eg_pick eg_pick_index(int64_t at)
{
    return (eg_pick){.kind = EG_PICK_INDEX, .begin = at};
}

static inline eg_pick eg_pick_list(eg_tensor *list)
{
    return (eg_pick){.kind = EG_PICK_LIST, .list = list};
}

/* A position, a list of positions or one of the above, as a pick. */
#define EG_PICK_(x) EG_PICK_IN_((x), EG_PASTE_(eg_x_, __COUNTER__))
#define EG_PICK_IN_(x, name)                                                                       \
    __extension__({                                                                                \
        __auto_type name = x;                                                                      \
        _Generic(name, eg_tensor *: eg_pick_list, void *: eg_pick_list, eg_pick: eg_pick_same,     \
            default: eg_pick_index)(name);                                                         \
    })
#define EG_PICKS_(...) EG_N_(__VA_ARGS__), ((const eg_pick[]){EG_MAP_(EG_PICK_, __VA_ARGS__)})

/* Up to 9 picks. */
#define eg_get(x, ...)            eg_get_with(EG_X_(x), EG_PICKS_(__VA_ARGS__))
#define eg_put(x, v, ...)                                                                          \
    eg_do_pick(EG_HERE, EG_T(x), EG_T(v), EG_SCATTER_SET, EG_PICKS_(__VA_ARGS__))
#define eg_put_add(x, v, ...)                                                                      \
    eg_do_pick(EG_HERE, EG_T(x), EG_T(v), EG_SCATTER_ADD, EG_PICKS_(__VA_ARGS__))

/* ---- ops/select.h --------------------------------------------------------------------------- */

#define eg_nonzero(...)           EG_NONZERO_(eg_nonzero_with, __VA_ARGS__, )
#define eg_argwhere(...)          EG_NONZERO_(eg_argwhere_with, __VA_ARGS__, )
#define EG_NONZERO_(op, x, ...)   op(EG_X_(x), EG_WITH_(eg_nonzero_attrs, __VA_ARGS__))
#define eg_boolean_mask(...)      EG_MASK_(eg_boolean_mask_with, __VA_ARGS__, )
#define eg_compress(...)          EG_MASK_(eg_compress_with, __VA_ARGS__, )
#define EG_MASK_(op, x, y, ...)                                                                    \
    op(EG_X_(x), EG_X_(y), EG_WITH_(eg_boolean_mask_attrs, __VA_ARGS__))
#define eg_masked_scatter(x, m, y) EG_SCATTER_ND_(eg_masked_scatter, x, m, y)
#define eg_repeat_counts(...)     EG_REPEAT_COUNTS_(__VA_ARGS__, )
#define EG_REPEAT_COUNTS_(x, counts, axis, ...)                                                    \
    eg_repeat_counts_with(EG_X_(x), EG_X_(counts), axis, EG_WITH_(eg_repeat_attrs, __VA_ARGS__))
#define eg_repeat_index(...)      EG_REPEAT_INDEX_(__VA_ARGS__, )
#define EG_REPEAT_INDEX_(x, ...)                                                                   \
    eg_repeat_index_with(EG_X_(x), EG_WITH_(eg_repeat_attrs, __VA_ARGS__))
#define eg_dynamic_partition(x, ids, ...) eg_dynamic_partition(EG_X_(x), EG_X_(ids), __VA_ARGS__)
#define eg_take_along_axis(x, i, axis) eg_take_along_axis(EG_X_(x), EG_X_(i), axis)
#define eg_put_along_axis(x, i, y, how, axis)                                                      \
    eg_do_put_along(EG_HERE, (const eg_arg[]){EG_T(x), EG_T(i), EG_T(y)}, how, axis)

/* ---- ops/unique.h --------------------------------------------------------------------------- */

#define eg_unique_values(...)     EG_UNIQUE_(eg_unique_values_with, __VA_ARGS__, )
#define eg_unique_inverse(...)    EG_UNIQUE_(eg_unique_inverse_with, __VA_ARGS__, )
#define eg_unique_counts(...)     EG_UNIQUE_(eg_unique_counts_with, __VA_ARGS__, )
#define eg_unique_all(...)        EG_UNIQUE_(eg_unique_all_with, __VA_ARGS__, )
#define EG_UNIQUE_(op, x, ...)    op(EG_X_(x), EG_WITH_(eg_unique_attrs, __VA_ARGS__))
#define eg_union1d(...)           EG_SETS_(eg_union1d_with, __VA_ARGS__, )
#define eg_intersect1d(...)       EG_SETS_(eg_intersect1d_with, __VA_ARGS__, )
#define eg_setdiff1d(...)         EG_SETS_(eg_setdiff1d_with, __VA_ARGS__, )
#define eg_setxor1d(...)          EG_SETS_(eg_setxor1d_with, __VA_ARGS__, )
#define EG_SETS_(op, x, y, ...)                                                                    \
    op(EG_X_(x), EG_X_(y), EG_WITH_(eg_unique_attrs, __VA_ARGS__))

/* ---- ops/contract.h ------------------------------------------------------------------------- */

#define eg_outer(x, y)            eg_do2(EG_HERE, eg_outer, EG_T(x), EG_T(y))
#define eg_vecdot(x, y, axis)     eg_vecdot(EG_X_(x), EG_X_(y), axis)
#define eg_tensordot(...)         EG_TENSORDOT_(__VA_ARGS__, )
#define EG_TENSORDOT_(x, y, ...)                                                                   \
    eg_tensordot_with(EG_X_(x), EG_X_(y), EG_WITH_(eg_tensordot_attrs, __VA_ARGS__))
#define eg_einsum(...)            (eg_at(EG_HERE), eg_einsum(__VA_ARGS__))
#define eg_kron(x, y)             eg_do2(EG_HERE, eg_kron, EG_T(x), EG_T(y))
#define eg_cross(x, y, axis)      eg_cross(EG_X_(x), EG_X_(y), axis)

/* ---- ops/text.h, and strings of tensor.h ---------------------------------------------------- */

#define eg_strings_of(...)        (eg_at(EG_HERE), eg_strings_of(__VA_ARGS__))
#define eg_read_strings(x, ...)   eg_read_strings(EG_X_(x), __VA_ARGS__)
#define eg_item_string(x)         eg_item_string(EG_X_(x))
#define eg_string_concat(x, y)    eg_do2(EG_HERE, eg_string_concat, EG_T(x), EG_T(y))
#define eg_string_lower(x)        eg_string_lower(EG_X_(x))
#define eg_string_upper(x)        eg_string_upper(EG_X_(x))
#define eg_string_length(...)     EG_STRING_LENGTH_(__VA_ARGS__, )
#define EG_STRING_LENGTH_(x, ...)                                                                  \
    eg_string_length_with(EG_X_(x), EG_WITH_(eg_string_length_attrs, __VA_ARGS__))
#define eg_string_split(...)      EG_STRING_SPLIT_(__VA_ARGS__, )
#define EG_STRING_SPLIT_(x, delimiter, ...)                                                        \
    eg_string_split_with(EG_X_(x), EG_X_(delimiter),                                               \
        EG_WITH_(eg_string_split_attrs, __VA_ARGS__))

/* clang-format on */

/* ---- what the macros above call ------------------------------------------------------------- */

/* x and what is put into it share a dtype. */
EG_API eg_tensor *eg_do_take(const eg_site *at, eg_arg x, eg_arg i, const eg_take_attrs *o);
EG_API eg_tensor *eg_do_put(const eg_site *at,
    eg_tensor *(*op)(eg_tensor *, eg_tensor *, eg_tensor *, const eg_scatter_attrs *),
    const eg_arg args[3], const eg_scatter_attrs *o);
EG_API eg_tensor *eg_do_put_nd(const eg_site *at,
    eg_tensor *(*op)(eg_tensor *, eg_tensor *, eg_tensor *), const eg_arg args[3]);
EG_API eg_tensor *eg_do_put_along(const eg_site *at, const eg_arg args[3], eg_scatter_how how,
    int axis);
EG_API eg_tensor *eg_do_pick(const eg_site *at, eg_arg x, eg_arg v, eg_scatter_how how, int n,
    const eg_pick picks[]);

#endif
