/* easy.h for each operation, action and question: the place is noted, numbers become tensors,
 * options get their struct. In the order of the headers that hold the prose.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_EASY_OPS_H
#define EAGRE_EASY_OPS_H

#include <eagre/easy.h>

#define EG_X_(x)            eg_ready1(EG_HERE, EG_T(x))
#define EG_WITH_(type, ...) (&(const type){.size = sizeof(type), __VA_ARGS__})
#define EG_AT_(call)        (eg_at(EG_HERE), call) /* noted first: for calls without expressions */

/* clang-format off */

/* ---- base.h, tensor.h, variable.h, scope.h -------------------------------------------------- */

#define eg_fail(...)              EG_AT_(eg_fail(__VA_ARGS__))

#define eg_copy(...)              (eg_at(EG_HERE), eg_copy(__VA_ARGS__))
#define eg_wrap(...)              (eg_at(EG_HERE), eg_wrap(__VA_ARGS__))
#define eg_scalar(...)            (eg_at(EG_HERE), eg_scalar(__VA_ARGS__))
#define eg_scalar_int(...)        (eg_at(EG_HERE), eg_scalar_int(__VA_ARGS__))
#define eg_read(x, ...)           eg_read(EG_X_(x), __VA_ARGS__)
#define eg_data(x, dtype)         eg_data(EG_X_(x), dtype)
#define eg_dim(x, axis)           (eg_at(EG_HERE), eg_dim(x, axis))
#define eg_size(x)                (eg_at(EG_HERE), eg_size(x))
#define eg_item(x)                eg_item(EG_X_(x))
#define eg_item_int(x)            eg_item_int(EG_X_(x))
#define eg_true(x)                eg_true(EG_X_(x))
#define eg_print(...)             EG_PRINT_(__VA_ARGS__, )
#define EG_PRINT_(x, ...)         eg_print_with(EG_X_(x), EG_WITH_(eg_print_attrs, __VA_ARGS__))
#define eg_tuple(...)             (eg_at(EG_HERE), eg_tuple_of(EG_IN(__VA_ARGS__)))
#define eg_part(x, i)             eg_part(EG_X_(x), i)
#define eg_variable(...)          EG_VARIABLE_(__VA_ARGS__, )
#define EG_VARIABLE_(x, ...)                                                                       \
    eg_variable_new(EG_X_(x), EG_WITH_(eg_variable_attrs, __VA_ARGS__))
#define eg_value(v)               eg_value(EG_X_(v))
#define eg_generator_new(seed)    EG_AT_(eg_generator_new(seed))
#define eg_key(seed)              (eg_at(EG_HERE), eg_key(seed))
#define eg_next_key(g, key)       (eg_at(EG_HERE), eg_next_key(g, key))
#define eg_replace(x, y)          eg_do_replace(EG_HERE, x, EG_T(y))
#define eg_assign(v, x)           eg_do_assign(EG_HERE, eg_assign, v, EG_T(x))
#define eg_assign_add(v, x)       eg_do_assign(EG_HERE, eg_assign_add, v, EG_T(x))
#define eg_assign_sub(v, x)       eg_do_assign(EG_HERE, eg_assign_sub, v, EG_T(x))

/* What eg_replace and the assignments become. */
EG_API eg_status eg_do_replace(const eg_site *at, eg_tensor **x, eg_arg y);
EG_API eg_status eg_do_assign(const eg_site *at, eg_status (*action)(eg_tensor *, eg_tensor *),
    eg_tensor *variable, eg_arg x);

/* ---- grad.h, control.h, function.h, graph.h ------------------------------------------------- */

#define eg_watch(x)               eg_watch(EG_X_(x))
#define eg_tape_reset()           (eg_at(EG_HERE), eg_tape_reset())
#define eg_jacobian(y, x)         eg_jacobian(EG_X_(y), EG_X_(x))
#define eg_batch_jacobian(y, x)   eg_batch_jacobian(EG_X_(y), EG_X_(x))
#define eg_set_tangent(x, v)      eg_set_tangent(EG_X_(x), EG_X_(v))
#define eg_tangent(y)             eg_tangent(EG_X_(y))
#define eg_jvp(...)               EG_AT_(eg_jvp(__VA_ARGS__))
#define eg_vjp(...)               EG_AT_(eg_vjp(__VA_ARGS__))
#define eg_hvp(...)               (eg_at(EG_HERE), eg_hvp(__VA_ARGS__))
#define eg_hessian(...)           EG_AT_(eg_hessian(__VA_ARGS__))
#define eg_vmap(...)              EG_AT_(eg_vmap(__VA_ARGS__))
#define eg_cond(c, ...)           EG_AT_(eg_cond(EG_X_(c), __VA_ARGS__))
#define eg_switch(i, ...)         EG_AT_(eg_switch(EG_X_(i), __VA_ARGS__))
#define eg_while_with(...)        EG_AT_(eg_while_with(__VA_ARGS__))
#define eg_while(...)             EG_WHILE_(__VA_ARGS__, )
#define EG_WHILE_(go_on, step, env, n, in, ...)                                                    \
    EG_AT_(eg_while_with(go_on, step, env, n, in, EG_WITH_(eg_while_attrs, __VA_ARGS__)))
#define eg_for_with(c, ...)       EG_AT_(eg_for_with(EG_X_(c), __VA_ARGS__))
#define eg_for(...)               EG_FOR_(__VA_ARGS__, )
#define EG_FOR_(count, step, env, n, in, ...)                                                      \
    EG_AT_(eg_for_with(EG_X_(count), step, env, n, in, EG_WITH_(eg_for_attrs, __VA_ARGS__)))
#define eg_scan_with(...)         EG_AT_(eg_scan_with(__VA_ARGS__))
#define eg_scan(...)              EG_SCAN_(eg_scan_with, __VA_ARGS__, )
#define eg_fold_with(...)         EG_AT_(eg_fold_with(__VA_ARGS__))
#define eg_fold(...)              EG_SCAN_(eg_fold_with, __VA_ARGS__, )
#define EG_SCAN_(op, step, env, n_state, n, in, ...)                                               \
    EG_AT_((op)(step, env, n_state, n, in, EG_WITH_(eg_scan_attrs, __VA_ARGS__)))
#define eg_map(...)               EG_AT_(eg_map(__VA_ARGS__))
#define eg_tensor_array(...)      EG_AT_(eg_tensor_array(__VA_ARGS__))
#define eg_tensor_array_write(a, i, x)                                                             \
    EG_AT_(eg_do_write(EG_HERE, EG_X_(a), EG_X_(i), EG_T(x)))
#define eg_tensor_array_read(a, i) EG_AT_(eg_tensor_array_read(EG_X_(a), EG_X_(i)))
#define eg_custom_gradient(...)   (eg_at(EG_HERE), eg_custom_gradient(__VA_ARGS__))
#define eg_recompute(...)         (eg_at(EG_HERE), eg_recompute(__VA_ARGS__))
#define eg_gradient(...)          EG_GRADIENT_(__VA_ARGS__, )
#define EG_GRADIENT_(y, n, x, dx, ...)                                                             \
    eg_gradient_with(EG_X_(y), n, x, dx, EG_WITH_(eg_gradient_attrs, __VA_ARGS__))
#define eg_function_new(...)      EG_AT_(eg_function_new(__VA_ARGS__))
#define eg_function_from(...)     EG_AT_(eg_function_from(__VA_ARGS__))
#define eg_function_new_with(...) EG_AT_(eg_function_new_with(__VA_ARGS__))
#define eg_function_clear(f)      EG_AT_(eg_function_clear(f))
#define eg_function_variable(...) EG_FUNCTION_VARIABLE_(__VA_ARGS__, )
#define EG_FUNCTION_VARIABLE_(name, x, ...)                                                        \
    eg_function_variable(name, eg_function_has_variable(name) ? NULL : EG_X_(x),                   \
        EG_WITH_(eg_variable_attrs, __VA_ARGS__))
#define eg_function_text(f)       EG_AT_(eg_function_text(f))
#define eg_function_report(f, to) EG_AT_(eg_function_report(f, to))
#define eg_graph_new(name)        EG_AT_(eg_graph_new(name))
#define eg_graph_symbol(g, name)  EG_AT_(eg_graph_symbol(g, name))
#define eg_graph_text(g)          EG_AT_(eg_graph_text(g))
#define eg_graph_parse(text)      EG_AT_(eg_graph_parse(text))
#define eg_graph_save(g, path)    EG_AT_(eg_graph_save(g, path))
#define eg_graph_load(path)       EG_AT_(eg_graph_load(path))
#define eg_session_new(g)         EG_AT_(eg_session_new(g))
#define eg_placeholder(...)       (eg_at(EG_HERE), eg_placeholder(__VA_ARGS__))
#define eg_name(x, name)          eg_name(EG_X_(x), name)
#define eg_session_run(...)       (eg_at(EG_HERE), eg_session_run(__VA_ARGS__))

/* What eg_tensor_array_write becomes: a number takes the array's dtype. */
EG_API eg_tensor *eg_do_write(const eg_site *at, eg_tensor *array, eg_tensor *index, eg_arg x);

/* ---- ops/math.h ----------------------------------------------------------------------------- */

#define eg_add(x, y)              eg_do2(EG_HERE, eg_add, EG_T(x), EG_T(y))
#define eg_sub(x, y)              eg_do2(EG_HERE, eg_sub, EG_T(x), EG_T(y))
#define eg_mul(x, y)              eg_do2(EG_HERE, eg_mul, EG_T(x), EG_T(y))
#define eg_div(x, y)              eg_do2(EG_HERE, eg_div, EG_T(x), EG_T(y))
#define eg_floor_div(x, y)        eg_do2(EG_HERE, eg_floor_div, EG_T(x), EG_T(y))
#define eg_remainder(x, y)        eg_do2(EG_HERE, eg_remainder, EG_T(x), EG_T(y))
#define eg_fmod(x, y)             eg_do2(EG_HERE, eg_fmod, EG_T(x), EG_T(y))
#define eg_trunc_div(x, y)        eg_do2(EG_HERE, eg_trunc_div, EG_T(x), EG_T(y))
#define eg_maximum(x, y)          eg_do2(EG_HERE, eg_maximum, EG_T(x), EG_T(y))
#define eg_minimum(x, y)          eg_do2(EG_HERE, eg_minimum, EG_T(x), EG_T(y))
#define eg_neg(x)                 eg_do1(EG_HERE, eg_neg, EG_T(x))
#define eg_abs(x)                 eg_do1(EG_HERE, eg_abs, EG_T(x))
#define eg_sign(x)                eg_do1(EG_HERE, eg_sign, EG_T(x))
#define eg_square(x)              eg_do1(EG_HERE, eg_square, EG_T(x))
#define eg_sqrt(x)                eg_do1(EG_HERE, eg_sqrt, EG_T(x))
#define eg_exp(x)                 eg_do1(EG_HERE, eg_exp, EG_T(x))
#define eg_log(x)                 eg_do1(EG_HERE, eg_log, EG_T(x))
#define eg_tanh(x)                eg_do1(EG_HERE, eg_tanh, EG_T(x))
#define eg_erf(x)                 eg_do1(EG_HERE, eg_erf, EG_T(x))
#define eg_matmul(...)            EG_MATMUL_(__VA_ARGS__, )
#define EG_MATMUL_(a, b, ...)                                                                      \
    eg_do_matmul(EG_HERE, EG_T(a), EG_T(b), EG_WITH_(eg_matmul_attrs, __VA_ARGS__))

/* ---- ops/compare.h -------------------------------------------------------------------------- */

#define eg_equal(x, y)            eg_do2(EG_HERE, eg_equal, EG_T(x), EG_T(y))
#define eg_not_equal(x, y)        eg_do2(EG_HERE, eg_not_equal, EG_T(x), EG_T(y))
#define eg_less(x, y)             eg_do2(EG_HERE, eg_less, EG_T(x), EG_T(y))
#define eg_less_equal(x, y)       eg_do2(EG_HERE, eg_less_equal, EG_T(x), EG_T(y))
#define eg_greater(x, y)          eg_do2(EG_HERE, eg_greater, EG_T(x), EG_T(y))
#define eg_greater_equal(x, y)    eg_do2(EG_HERE, eg_greater_equal, EG_T(x), EG_T(y))
#define eg_logical_and(x, y)      eg_do2(EG_HERE, eg_logical_and, EG_T(x), EG_T(y))
#define eg_logical_or(x, y)       eg_do2(EG_HERE, eg_logical_or, EG_T(x), EG_T(y))
#define eg_logical_xor(x, y)      eg_do2(EG_HERE, eg_logical_xor, EG_T(x), EG_T(y))
#define eg_logical_not(x)         eg_do1(EG_HERE, eg_logical_not, EG_T(x))
#define eg_where(c, x, y)         eg_do_where(EG_HERE, EG_T(c), EG_T(x), EG_T(y))
#define eg_cast(x, dtype)         eg_cast(EG_X_(x), dtype)

/* ---- ops/reduce.h --------------------------------------------------------------------------- */

#define eg_sum(...)               EG_SUM_(__VA_ARGS__, )
#define EG_SUM_(x, ...)           eg_sum_with(EG_X_(x), EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_mean(...)              EG_MEAN_(__VA_ARGS__, )
#define EG_MEAN_(x, ...)          eg_mean_with(EG_X_(x), EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_max(...)               EG_MAX_(__VA_ARGS__, )
#define EG_MAX_(x, ...)           eg_max_with(EG_X_(x), EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_min(...)               EG_MIN_(__VA_ARGS__, )
#define EG_MIN_(x, ...)           eg_min_with(EG_X_(x), EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_argmax(...)            EG_ARGMAX_(__VA_ARGS__, )
#define EG_ARGMAX_(x, ...)        eg_argmax_with(EG_X_(x), EG_WITH_(eg_argmax_attrs, __VA_ARGS__))
#define eg_prod(...)              EG_PROD_(__VA_ARGS__, )
#define EG_PROD_(x, ...)          eg_prod_with(EG_X_(x), EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_any(...)               EG_ANY_(__VA_ARGS__, )
#define EG_ANY_(x, ...)           eg_any_with(EG_X_(x), EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_all(...)               EG_ALL_(__VA_ARGS__, )
#define EG_ALL_(x, ...)           eg_all_with(EG_X_(x), EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_count_nonzero(...)     EG_COUNT_NONZERO_(__VA_ARGS__, )
#define EG_COUNT_NONZERO_(x, ...)                                                                  \
    eg_count_nonzero_with(EG_X_(x), EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_var(...)               EG_VAR_(__VA_ARGS__, )
#define EG_VAR_(x, ...)           eg_var_with(EG_X_(x), EG_WITH_(eg_var_attrs, __VA_ARGS__))
#define eg_std(...)               EG_STD_(__VA_ARGS__, )
#define EG_STD_(x, ...)           eg_std_with(EG_X_(x), EG_WITH_(eg_var_attrs, __VA_ARGS__))
#define eg_logsumexp(...)         EG_LOGSUMEXP_(__VA_ARGS__, )
#define EG_LOGSUMEXP_(x, ...)                                                                      \
    eg_logsumexp_with(EG_X_(x), EG_WITH_(eg_reduce_attrs, __VA_ARGS__))
#define eg_vector_norm(...)       EG_VECTOR_NORM_(__VA_ARGS__, )
#define EG_VECTOR_NORM_(x, ...)                                                                    \
    eg_vector_norm_with(EG_X_(x), EG_WITH_(eg_norm_attrs, __VA_ARGS__))
#define eg_argmin(...)            EG_ARGMIN_(__VA_ARGS__, )
#define EG_ARGMIN_(x, ...)        eg_argmin_with(EG_X_(x), EG_WITH_(eg_argmax_attrs, __VA_ARGS__))

/* ---- ops/scan.h ----------------------------------------------------------------------------- */

#define eg_cumulative_sum(...)    EG_CUMULATIVE_SUM_(__VA_ARGS__, )
#define EG_CUMULATIVE_SUM_(x, ...)                                                                 \
    eg_cumulative_sum_with(EG_X_(x), EG_WITH_(eg_cumulative_attrs, __VA_ARGS__))
#define eg_cumulative_prod(...)   EG_CUMULATIVE_PROD_(__VA_ARGS__, )
#define EG_CUMULATIVE_PROD_(x, ...)                                                                \
    eg_cumulative_prod_with(EG_X_(x), EG_WITH_(eg_cumulative_attrs, __VA_ARGS__))
#define eg_cumulative_max(...)    EG_CUMULATIVE_MAX_(__VA_ARGS__, )
#define EG_CUMULATIVE_MAX_(x, ...)                                                                 \
    eg_cumulative_max_with(EG_X_(x), EG_WITH_(eg_cumulative_attrs, __VA_ARGS__))
#define eg_cumulative_min(...)    EG_CUMULATIVE_MIN_(__VA_ARGS__, )
#define EG_CUMULATIVE_MIN_(x, ...)                                                                 \
    eg_cumulative_min_with(EG_X_(x), EG_WITH_(eg_cumulative_attrs, __VA_ARGS__))
#define eg_cumulative_logsumexp(...)EG_CUMULATIVE_LOGSUMEXP_(__VA_ARGS__, )
#define EG_CUMULATIVE_LOGSUMEXP_(x, ...)                                                           \
    eg_cumulative_logsumexp_with(EG_X_(x), EG_WITH_(eg_cumulative_attrs, __VA_ARGS__))
#define eg_linear_recurrence(...) EG_LINEAR_RECURRENCE_(__VA_ARGS__, )
#define EG_LINEAR_RECURRENCE_(a, b, ...)                                                           \
    eg_linear_recurrence_with(EG_X_(a), EG_X_(b), EG_WITH_(eg_recurrence_attrs, __VA_ARGS__))
#define eg_diff(...)              EG_DIFF_(__VA_ARGS__, )
#define EG_DIFF_(x, axis, ...)                                                                     \
    eg_diff_with(EG_X_(x), axis, EG_WITH_(eg_diff_attrs, __VA_ARGS__))

/* ---- ops/sort.h ----------------------------------------------------------------------------- */

#define eg_sort(...)              EG_SORT_(__VA_ARGS__, )
#define EG_SORT_(x, axis, ...)                                                                     \
    eg_sort_with(EG_X_(x), axis, EG_WITH_(eg_sort_attrs, __VA_ARGS__))
#define eg_argsort(...)           EG_ARGSORT_(__VA_ARGS__, )
#define EG_ARGSORT_(x, axis, ...)                                                                  \
    eg_argsort_with(EG_X_(x), axis, EG_WITH_(eg_sort_attrs, __VA_ARGS__))
#define eg_searchsorted(...)      EG_SEARCHSORTED_(__VA_ARGS__, )
#define EG_SEARCHSORTED_(sorted, values, ...)                                                      \
    eg_searchsorted_with(EG_X_(sorted), EG_X_(values),                                             \
        EG_WITH_(eg_searchsorted_attrs, __VA_ARGS__))
#define eg_isin(x, y)             eg_do2(EG_HERE, eg_isin, EG_T(x), EG_T(y))
#define eg_bincount(x, n)         eg_bincount(EG_X_(x), n)
#define eg_histogram(x, n, a, b)  eg_histogram(EG_X_(x), n, a, b)
#define eg_histogram_edges(x, e)  eg_do2(EG_HERE, eg_histogram_edges, EG_T(x), EG_T(e))
#define eg_interp(x, xp, yp)      eg_do_interp(EG_HERE, EG_T(x), EG_T(xp), EG_T(yp))
#define eg_quantile(x, q, axis)   eg_quantile(EG_X_(x), q, axis)
#define eg_median(x, axis)        eg_median(EG_X_(x), axis)

/* ---- ops/segment.h -------------------------------------------------------------------------- */

#define eg_segment_sum(x, ids, n) eg_segment_sum(EG_X_(x), EG_X_(ids), n)
#define eg_segment_mean(x, ids, n) eg_segment_mean(EG_X_(x), EG_X_(ids), n)
#define eg_segment_max(x, ids, n) eg_segment_max(EG_X_(x), EG_X_(ids), n)
#define eg_segment_min(x, ids, n) eg_segment_min(EG_X_(x), EG_X_(ids), n)
#define eg_segment_prod(x, ids, n) eg_segment_prod(EG_X_(x), EG_X_(ids), n)

/* ---- ops/shape.h ---------------------------------------------------------------------------- */

#define eg_reshape(x, ...)        eg_reshape(EG_X_(x), __VA_ARGS__)
#define eg_expand_dims(x, axis)   eg_expand_dims(EG_X_(x), axis)
#define eg_squeeze(x, axis)       eg_squeeze(EG_X_(x), axis)
#define eg_transpose(...)         EG_TRANSPOSE_(__VA_ARGS__, )
#define EG_TRANSPOSE_(x, ...)                                                                      \
    eg_transpose_with(EG_X_(x), EG_WITH_(eg_transpose_attrs, __VA_ARGS__))
#define eg_broadcast_to(x, ...)   eg_broadcast_to(EG_X_(x), __VA_ARGS__)
#define eg_concat(...)            EG_CONCAT_(__VA_ARGS__, )
#define EG_CONCAT_(n, x, ...)                                                                      \
    eg_do_list(EG_HERE, eg_concat_with, n, x, EG_WITH_(eg_concat_attrs, __VA_ARGS__))
#define eg_stack(...)             EG_STACK_(__VA_ARGS__, )
#define EG_STACK_(n, x, ...)                                                                       \
    eg_do_list(EG_HERE, eg_stack_with, n, x, EG_WITH_(eg_concat_attrs, __VA_ARGS__))
#define eg_slice(...)             EG_SLICE_(__VA_ARGS__, )
#define EG_SLICE_(x, ...)         eg_slice_with(EG_X_(x), EG_WITH_(eg_slice_attrs, __VA_ARGS__))
#define eg_put_slice(...)         EG_PUT_SLICE_(__VA_ARGS__, )
#define EG_PUT_SLICE_(x, part, ...)                                                                \
    eg_do_put_slice(EG_HERE, EG_T(x), EG_T(part), EG_WITH_(eg_put_slice_attrs, __VA_ARGS__))
#define eg_zeros(...)             (eg_at(EG_HERE), eg_zeros(__VA_ARGS__))
#define eg_ones(...)              (eg_at(EG_HERE), eg_ones(__VA_ARGS__))
#define eg_full(x, ...)           eg_full(EG_X_(x), __VA_ARGS__)
#define eg_zeros_like(x)          eg_zeros_like(EG_X_(x))
#define eg_size_of(x, axis)       eg_size_of(EG_X_(x), axis)
#define eg_ones_like(x)           eg_ones_like(EG_X_(x))
#define eg_range(n)               (eg_at(EG_HERE), eg_range(n))
#define eg_identity(x)            eg_identity(EG_X_(x))
#define eg_stop_gradient(x)       eg_stop_gradient(EG_X_(x))

/* ---- ops/index.h ---------------------------------------------------------------------------- */

#define eg_gather(...)            EG_GATHER_(__VA_ARGS__, )
#define EG_GATHER_(x, i, ...)                                                                      \
    eg_do_gather(EG_HERE, EG_T(x), EG_T(i), EG_WITH_(eg_gather_attrs, __VA_ARGS__))
#define eg_take_along(x, i)       eg_do_apart(EG_HERE, eg_take_along, EG_T(x), EG_T(i))
#define eg_scatter_add(i, x, n, axis) eg_do_scatter(EG_HERE, EG_T(i), EG_T(x), n, axis)
#define eg_add_along(i, x, n)     eg_do_add_along(EG_HERE, EG_T(i), EG_T(x), n)
#define eg_one_hot(...)           EG_ONE_HOT_(__VA_ARGS__, )
#define EG_ONE_HOT_(x, depth, ...)                                                                 \
    eg_one_hot_with(EG_X_(x), depth, EG_WITH_(eg_one_hot_attrs, __VA_ARGS__))
#define eg_top_k(x, k)            eg_top_k(EG_X_(x), k)

/* ---- ops/conv.h ----------------------------------------------------------------------------- */

#define eg_conv(...)              EG_CONV_(eg_conv_with, __VA_ARGS__, )
#define eg_conv_transpose(...)    EG_CONV_(eg_conv_transpose_with, __VA_ARGS__, )
#define eg_conv_input_grad(...)   EG_CONV_(eg_conv_input_grad_with, __VA_ARGS__, )
#define eg_conv_filter_grad(...)  EG_CONV_(eg_conv_filter_grad_with, __VA_ARGS__, )
#define EG_CONV_(op, a, b, ...)                                                                    \
    eg_do_conv(EG_HERE, op, EG_T(a), EG_T(b), EG_WITH_(eg_conv_attrs, __VA_ARGS__))

/* ---- ops/pool.h ----------------------------------------------------------------------------- */

#define EG_POOL_(op, x, ...)      op(EG_X_(x), EG_WITH_(eg_pool_attrs, __VA_ARGS__))
#define eg_max_pool(...)          EG_POOL_(eg_max_pool_with, __VA_ARGS__, )
#define eg_max_pool_index(...)    EG_POOL_(eg_max_pool_index_with, __VA_ARGS__, )
#define eg_avg_pool(...)          EG_POOL_(eg_avg_pool_with, __VA_ARGS__, )
#define eg_avg_pool_grad(...)     EG_POOL_(eg_avg_pool_grad_with, __VA_ARGS__, )
#define eg_global_max_pool(...)   EG_POOL_(eg_global_max_pool_with, __VA_ARGS__, )
#define eg_global_avg_pool(...)   EG_POOL_(eg_global_avg_pool_with, __VA_ARGS__, )
#define eg_adaptive_avg_pool(...) EG_POOL_(eg_adaptive_avg_pool_with, __VA_ARGS__, )
#define eg_adaptive_max_pool(...) EG_POOL_(eg_adaptive_max_pool_with, __VA_ARGS__, )
#define eg_lp_pool(...)           EG_LP_POOL_(__VA_ARGS__, )
#define EG_LP_POOL_(x, p, ...)                                                                     \
    eg_lp_pool_with(EG_X_(x), p, EG_WITH_(eg_pool_attrs, __VA_ARGS__))
#define eg_max_unpool(...)        EG_MAX_UNPOOL_(__VA_ARGS__, )
#define EG_MAX_UNPOOL_(x, index, ...)                                                              \
    eg_max_unpool_with(EG_X_(x), EG_X_(index), EG_WITH_(eg_pool_attrs, __VA_ARGS__))

/* ---- nn.h, data.h, io.h, see.h: for programs that include them ------------------------------- */

#define eg_glorot_uniform(k, ...) eg_glorot_uniform(EG_X_(k), __VA_ARGS__)
#define eg_clip_by_norm(x, norm)  eg_clip_by_norm(EG_X_(x), norm)
#define eg_clip_by_global_norm(...) (eg_at(EG_HERE), eg_clip_by_global_norm(__VA_ARGS__))
#define eg_accuracy(x, labels)    eg_do_apart(EG_HERE, eg_accuracy, EG_T(x), EG_T(labels))
#define eg_adam_new(...)          EG_AT_(eg_adam_new(__VA_ARGS__))
#define eg_adam(...)              EG_ADAM_(__VA_ARGS__, )
#define EG_ADAM_(n, v, ...)       eg_adam_new(n, v, EG_WITH_(eg_adam_attrs, __VA_ARGS__))
#define eg_sgd_new(...)           EG_AT_(eg_sgd_new(__VA_ARGS__))
#define eg_sgd(...)               EG_SGD_(__VA_ARGS__, )
#define EG_SGD_(n, v, ...)        eg_sgd_new(n, v, EG_WITH_(eg_sgd_attrs, __VA_ARGS__))
#define eg_optimizer_apply(...)   EG_AT_(eg_optimizer_apply(__VA_ARGS__))
#define eg_progress_new(...)      EG_AT_(eg_progress_new(__VA_ARGS__))
#define eg_load_idx(path, dtype)  EG_AT_(eg_load_idx(path, dtype))
#define eg_safetensors_save(...)  EG_AT_(eg_safetensors_save(__VA_ARGS__))
#define eg_safetensors_load(path) EG_AT_(eg_safetensors_load(path))
#define eg_safetensors_find(...)  EG_AT_(eg_safetensors_find(__VA_ARGS__))
#define eg_safetensors_restore(...) EG_AT_(eg_safetensors_restore(__VA_ARGS__))
#define eg_npy_save(path, x)      eg_npy_save(path, EG_X_(x))
#define eg_npy_load(path)         EG_AT_(eg_npy_load(path))
#define eg_npz_save(...)          EG_NPZ_SAVE_(__VA_ARGS__, )
#define EG_NPZ_SAVE_(path, n, names, tensors, ...)                                                 \
    EG_AT_(eg_npz_save_with(path, n, names, tensors, EG_WITH_(eg_npz_attrs, __VA_ARGS__)))
#define eg_npz_load(path)         EG_AT_(eg_npz_load(path))
#define eg_npz_find(...)          EG_AT_(eg_npz_find(__VA_ARGS__))
#define eg_onnx_load(...)         EG_ONNX_LOAD_(__VA_ARGS__, )
#define EG_ONNX_LOAD_(path, ...)                                                                   \
    EG_AT_(eg_onnx_load_with(path, EG_WITH_(eg_onnx_attrs, __VA_ARGS__)))
#define eg_onnx_read(...)         EG_ONNX_READ_(__VA_ARGS__, )
#define EG_ONNX_READ_(bytes, n, ...)                                                               \
    EG_AT_(eg_onnx_read_with(bytes, n, EG_WITH_(eg_onnx_attrs, __VA_ARGS__)))
#define eg_onnx_save(graph, path) EG_AT_(eg_onnx_save(graph, path))
#define eg_profile_start(p)       EG_AT_(eg_profile_start(p))
#define eg_profile_stop(p)        EG_AT_(eg_profile_stop(p))
#define eg_profile_print(p, to)   EG_AT_(eg_profile_print(p, to))
#define eg_profile_save(p, path)  EG_AT_(eg_profile_save(p, path))
#define eg_graph_draw(g, path)    EG_AT_(eg_graph_draw(g, path))
#define eg_function_draw(f, path) EG_AT_(eg_function_draw(f, path))
#define eg_concrete_draw(c, path) EG_AT_(eg_concrete_draw(c, path))
#define eg_function_print_steps(f, to) EG_AT_(eg_function_print_steps(f, to))

/* ---- concrete.h, host.h ---------------------------------------------------------------------- */

#define eg_function_concrete(...)    EG_AT_(eg_function_concrete(__VA_ARGS__))
#define eg_function_concrete_of(...) EG_AT_(eg_function_concrete_of(__VA_ARGS__))
#define eg_concrete_extend(...)      EG_AT_(eg_concrete_extend(__VA_ARGS__))
#define eg_concrete_call(...)        EG_AT_(eg_concrete_call(__VA_ARGS__))
#define eg_function_compare(...)     EG_AT_(eg_function_compare(__VA_ARGS__))
#define eg_function_graph(...)       EG_AT_(eg_function_graph(__VA_ARGS__))
#define eg_function_emit_c(...)      EG_FUNCTION_EMIT_C_(__VA_ARGS__, )
#define EG_FUNCTION_EMIT_C_(f, n, specs, path, ...)                                                \
    EG_AT_(eg_function_emit_c_with(f, n, specs, path, EG_WITH_(eg_emit_attrs, __VA_ARGS__)))
#define eg_concrete_emit_c(...)      EG_CONCRETE_EMIT_C_(__VA_ARGS__, )
#define EG_CONCRETE_EMIT_C_(c, path, ...)                                                          \
    EG_AT_(eg_concrete_emit_c_with(c, path, EG_WITH_(eg_emit_attrs, __VA_ARGS__)))
#define eg_graph_emit_c(...)         EG_GRAPH_EMIT_C_(__VA_ARGS__, )
#define EG_GRAPH_EMIT_C_(g, path, ...)                                                             \
    EG_AT_(eg_graph_emit_c_with(g, path, EG_WITH_(eg_emit_attrs, __VA_ARGS__)))
#define eg_host_new(...) EG_AT_(eg_host_new_with(EG_WITH_(eg_host_attrs, __VA_ARGS__)))
#define eg_host_call(...)            EG_AT_(eg_host_call(__VA_ARGS__))

/* clang-format on */

/* ---- what the macros above call ------------------------------------------------------------- */

/* Two arguments whose dtypes have nothing to do with each other. */
EG_API eg_tensor *eg_do_apart(const eg_site *at, eg_tensor *(*op)(eg_tensor *, eg_tensor *),
    eg_arg x, eg_arg y);
EG_API eg_tensor *eg_do_where(const eg_site *at, eg_arg condition, eg_arg x, eg_arg y);
EG_API eg_tensor *eg_do_interp(const eg_site *at, eg_arg x, eg_arg xp, eg_arg yp);
EG_API eg_tensor *eg_do_matmul(const eg_site *at, eg_arg a, eg_arg b, const eg_matmul_attrs *o);
EG_API eg_tensor *eg_do_put_slice(const eg_site *at, eg_arg x, eg_arg part,
    const eg_put_slice_attrs *o);
EG_API eg_tensor *eg_do_gather(const eg_site *at, eg_arg x, eg_arg i, const eg_gather_attrs *o);
EG_API eg_tensor *eg_do_scatter(const eg_site *at, eg_arg i, eg_arg x, int64_t n, int axis);
EG_API eg_tensor *eg_do_add_along(const eg_site *at, eg_arg i, eg_arg x, int64_t n);
EG_API eg_tensor *eg_do_conv(const eg_site *at,
    eg_tensor *(*op)(eg_tensor *, eg_tensor *, const eg_conv_attrs *), eg_arg a, eg_arg b,
    const eg_conv_attrs *o);
EG_API eg_tensor *eg_do_list(const eg_site *at,
    eg_tensor *(*op)(int, eg_tensor *const[], const eg_concat_attrs *), int n, eg_tensor *const x[],
    const eg_concat_attrs *o);

#include <eagre/easy_arrange.h>
#include <eagre/easy_elements.h>

#endif
