"""Errors of samples, and curves of error against evaluations."""
import numpy as np

FIGURES = 'rms', 'median', 'p99', 'max'


def row_errors(x, exact, unit):
    """Root mean square over coordinates of each row, in `unit`; infinite where a sample is not finite."""
    errors = np.sqrt(((x - exact)**2).reshape(len(x), -1).mean(1)) / unit
    return np.where(np.isfinite(errors), errors, np.inf)


def figures(errors):
    """rms, median, 99 % quantile and maximum over rows."""
    quantile = lambda q, method: float(np.quantile(errors, q, method=method))
    between = 'linear' if np.isfinite(errors).all() else 'higher'  # nothing lies between a number and infinity
    return {'rms': float(np.sqrt((errors**2).mean())), 'median': quantile(.5, between), 'p99': quantile(.99, between), 'max': float(errors.max())}


def at_budget(budget, evaluations, errors):
    """Error at `budget` evaluations: its logarithm linear in that of the evaluations between neighbours. None where the
    budget lies outside them; infinite beside an infinite error."""
    order = np.argsort(evaluations, kind='stable')
    n, e = np.asarray(evaluations, float)[order], np.asarray(errors, float)[order]
    if not len(n) or not n[0] <= budget <= n[-1]:
        return None
    high = int(np.searchsorted(n, budget))
    if n[high] == budget:
        return float(e[high])
    if not np.isfinite(e[high - 1:high + 1]).all():
        return float('inf')
    return float(np.exp(np.interp(np.log(budget), np.log(n), np.log(np.maximum(e, np.finfo(float).tiny)))))


def least(counts, enough):
    """The first of `counts` that is enough, by bisection: later ones are, but for noise. None if the last one is not."""
    if not counts or not enough(counts[-1]):
        return None
    low, high = -1, len(counts) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(counts[middle]) else (middle, high)
    return counts[high]


def geometric_mean(ratios):
    return float(np.exp(np.mean(np.log(ratios))))
