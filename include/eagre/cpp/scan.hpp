/* easy.hpp: statistics, running sums and their kin, sorting and counting.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_CPP_SCAN_HPP
#define EAGRE_CPP_SCAN_HPP

#include <eagre/cpp/ops.hpp>

namespace eagre
{

/* ---- ops/reduce.h --------------------------------------------------------------------------- */

inline tensor prod(const operand &x, const axes &over = {}, dims kept = dims::drop)
{
    return detail::reduced(eg_prod_with, x, over, kept);
}

inline tensor any(const operand &x, const axes &over = {}, dims kept = dims::drop)
{
    return detail::reduced(eg_any_with, x, over, kept);
}

inline tensor all(const operand &x, const axes &over = {}, dims kept = dims::drop)
{
    return detail::reduced(eg_all_with, x, over, kept);
}

inline tensor count_nonzero(const operand &x, const axes &over = {}, dims kept = dims::drop)
{
    return detail::reduced(eg_count_nonzero_with, x, over, kept);
}

inline tensor var(const operand &x, const axes &over = {}, dims kept = dims::drop,
    double correction = 0)
{
    eg_var_attrs attrs{sizeof(eg_var_attrs), over.plain(), kept == dims::keep, correction};
    return eg_var_with(x.alone(), &attrs);
}

inline tensor std(const operand &x, const axes &over = {}, dims kept = dims::drop,
    double correction = 0)
{
    eg_var_attrs attrs{sizeof(eg_var_attrs), over.plain(), kept == dims::keep, correction};
    return eg_std_with(x.alone(), &attrs);
}

inline tensor logsumexp(const operand &x, const axes &over = {}, dims kept = dims::drop)
{
    return detail::reduced(eg_logsumexp_with, x, over, kept);
}

inline tensor vector_norm(const operand &x, double ord = 2, const axes &over = {},
    dims kept = dims::drop)
{
    eg_norm_attrs attrs{sizeof(eg_norm_attrs), over.plain(), kept == dims::keep, ord};
    return eg_vector_norm_with(x.alone(), &attrs);
}

inline tensor argmin(const operand &x, int axis = 0, dims kept = dims::drop)
{
    eg_argmax_attrs attrs{sizeof(eg_argmax_attrs), axis, kept == dims::keep};
    return eg_argmin_with(x.alone(), &attrs);
}

/* ---- ops/missing.h -------------------------------------------------------------------------- */

inline tensor nansum(const operand &x, const axes &over = {}, dims kept = dims::drop)
{
    return detail::reduced(eg_nansum_with, x, over, kept);
}

inline tensor nanprod(const operand &x, const axes &over = {}, dims kept = dims::drop)
{
    return detail::reduced(eg_nanprod_with, x, over, kept);
}

inline tensor nanmean(const operand &x, const axes &over = {}, dims kept = dims::drop)
{
    return detail::reduced(eg_nanmean_with, x, over, kept);
}

inline tensor nanmax(const operand &x, const axes &over = {}, dims kept = dims::drop)
{
    return detail::reduced(eg_nanmax_with, x, over, kept);
}

inline tensor nanmin(const operand &x, const axes &over = {}, dims kept = dims::drop)
{
    return detail::reduced(eg_nanmin_with, x, over, kept);
}

/* 0 for posinf or neginf: the largest and the smallest number. */
inline tensor nan_to_num(const operand &x, double nan = 0, double posinf = 0, double neginf = 0)
{
    eg_nan_to_num_attrs attrs{sizeof(eg_nan_to_num_attrs), nan, posinf, neginf};
    return eg_nan_to_num_with(x.alone(), &attrs);
}

inline tensor divide_no_nan(const operand &x, const operand &y)
{
    return detail::two(eg_divide_no_nan, x, y);
}

inline tensor xlogy(const operand &x, const operand &y)
{
    return detail::two(eg_xlogy, x, y);
}

enum class nans { differ, equal };

namespace detail
{

/* No room is -1 in C. */
inline eg_isclose_attrs closeness(double rtol, double atol, nans kind)
{
    return {sizeof(eg_isclose_attrs), rtol == 0 ? -1 : rtol, atol == 0 ? -1 : atol,
        kind == nans::equal};
}

} // namespace detail

inline tensor isclose(const operand &x, const operand &y, double rtol = 1e-5, double atol = 1e-8,
    nans kind = nans::differ)
{
    eg_isclose_attrs attrs = detail::closeness(rtol, atol, kind);

    x.note();
    return eg_isclose_with(x.beside(y), y.beside(x), &attrs);
}

inline tensor allclose(const operand &x, const operand &y, double rtol = 1e-5, double atol = 1e-8,
    nans kind = nans::differ)
{
    eg_isclose_attrs attrs = detail::closeness(rtol, atol, kind);

    x.note();
    return eg_allclose_with(x.beside(y), y.beside(x), &attrs);
}

/* ---- ops/scan.h ----------------------------------------------------------------------------- */

enum class scan { plain, exclusive, include_initial }; /* what a running sum begins with */
enum class way { forward, reverse };

namespace detail
{

template <class Op> tensor scanned(Op op, const operand &x, int axis, scan kind, way along)
{
    eg_cumulative_attrs attrs{sizeof(eg_cumulative_attrs), axis, kind == scan::exclusive,
        along == way::reverse, kind == scan::include_initial};
    return op(x.alone(), &attrs);
}

} // namespace detail

inline tensor cumulative_sum(const operand &x, int axis = 0, scan kind = scan::plain,
    way along = way::forward)
{
    return detail::scanned(eg_cumulative_sum_with, x, axis, kind, along);
}

inline tensor cumulative_prod(const operand &x, int axis = 0, scan kind = scan::plain,
    way along = way::forward)
{
    return detail::scanned(eg_cumulative_prod_with, x, axis, kind, along);
}

inline tensor cumulative_max(const operand &x, int axis = 0, scan kind = scan::plain,
    way along = way::forward)
{
    return detail::scanned(eg_cumulative_max_with, x, axis, kind, along);
}

inline tensor cumulative_min(const operand &x, int axis = 0, scan kind = scan::plain,
    way along = way::forward)
{
    return detail::scanned(eg_cumulative_min_with, x, axis, kind, along);
}

inline tensor cumulative_logsumexp(const operand &x, int axis = 0, way along = way::forward)
{
    return detail::scanned(eg_cumulative_logsumexp_with, x, axis, scan::plain, along);
}

inline tensor linear_recurrence(const operand &a, const operand &b, int axis = 0,
    way along = way::forward)
{
    eg_recurrence_attrs attrs{sizeof(eg_recurrence_attrs), axis, along == way::reverse};

    return detail::apart(eg_linear_recurrence_with, a, b, &attrs);
}

inline tensor diff(const operand &x, int axis = -1, int n = 1)
{
    eg_diff_attrs attrs{sizeof(eg_diff_attrs), n};
    return eg_diff_with(x.alone(), axis, &attrs);
}

/* ---- ops/sort.h ----------------------------------------------------------------------------- */

enum class order { rising, falling };

inline tensor sort(const operand &x, int axis = -1, order by = order::rising)
{
    eg_sort_attrs attrs{sizeof(eg_sort_attrs), by == order::falling};
    return eg_sort_with(x.alone(), axis, &attrs);
}

inline tensor argsort(const operand &x, int axis = -1, order by = order::rising)
{
    eg_sort_attrs attrs{sizeof(eg_sort_attrs), by == order::falling};
    return eg_argsort_with(x.alone(), axis, &attrs);
}

enum class side { left, right };

inline tensor searchsorted(const operand &sorted, const operand &values, side at = side::left)
{
    eg_searchsorted_attrs attrs{sizeof(eg_searchsorted_attrs), at == side::right};

    sorted.note();
    return eg_searchsorted_with(sorted.beside(values), values.beside(sorted), &attrs);
}

inline tensor isin(const operand &x, const operand &y)
{
    return detail::two(eg_isin, x, y);
}

inline tensor bincount(const operand &x, std::int64_t n)
{
    return eg_bincount(x.alone(), n);
}

inline tensor histogram(const operand &x, std::int64_t n, double low, double high)
{
    return eg_histogram(x.alone(), n, low, high);
}

inline tensor histogram_edges(const operand &x, const operand &edges)
{
    return detail::two(eg_histogram_edges, x, edges);
}

inline tensor interp(const operand &x, const operand &xp, const operand &yp)
{
    x.note();
    return eg_interp(x.beside(xp), xp.beside(yp), yp.beside(xp));
}

inline tensor quantile(const operand &x, double q, int axis)
{
    return eg_quantile(x.alone(), q, axis);
}

inline tensor median(const operand &x, int axis)
{
    return eg_median(x.alone(), axis);
}

/* ---- ops/segment.h -------------------------------------------------------------------------- */

inline tensor segment_sum(const operand &x, const operand &ids, std::int64_t n)
{
    return detail::apart(eg_segment_sum, x, ids, n);
}

inline tensor segment_mean(const operand &x, const operand &ids, std::int64_t n)
{
    return detail::apart(eg_segment_mean, x, ids, n);
}

inline tensor segment_max(const operand &x, const operand &ids, std::int64_t n)
{
    return detail::apart(eg_segment_max, x, ids, n);
}

inline tensor segment_min(const operand &x, const operand &ids, std::int64_t n)
{
    return detail::apart(eg_segment_min, x, ids, n);
}

inline tensor segment_prod(const operand &x, const operand &ids, std::int64_t n)
{
    return detail::apart(eg_segment_prod, x, ids, n);
}

} // namespace eagre

#endif
