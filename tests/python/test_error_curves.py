"""tools/bench/error_curves.py: what tools/bench/own_networks makes of errors."""

import math

import numpy as np
import pytest


@pytest.fixture
def curves(source, monkeypatch):
    monkeypatch.syspath_prepend(source / "tools" / "bench")
    import error_curves

    return error_curves


def test_a_power_law_is_interpolated_exactly_and_not_extrapolated(curves):
    evaluations = [40.0, 10.0, 20.0]
    errors = [7 * n**-3 for n in evaluations]
    for budget in 10, 11, 20, 25, 40:
        assert curves.at_budget(budget, evaluations, errors) == pytest.approx(7 * budget**-3, rel=1e-12)
    for budget in 9, 41:
        assert curves.at_budget(budget, evaluations, errors) is None
    assert curves.at_budget(10, [], []) is None


def test_an_infinite_error_spreads_to_its_neighbours_only(curves):
    errors = [1.0, math.inf, 0.5, 0.25]
    assert [curves.at_budget(n, [10, 20, 30, 40], errors) for n in (10, 15, 20, 25, 30)] == [1.0, math.inf, math.inf, math.inf, 0.5]
    assert 0.25 < curves.at_budget(35, [10, 20, 30, 40], errors) < 0.5


def test_errors_are_those_of_rows_in_units_of_the_data(curves):
    exact = np.zeros((4, 1, 2))
    x = exact + np.array([3.0, 4.0])  # root mean square sqrt(12.5)
    x[3, 0, 1] = math.nan
    errors = curves.row_errors(x, exact, 2.0)
    assert errors[:3] == pytest.approx(math.sqrt(12.5) / 2)
    assert errors[3] == math.inf
    found = curves.figures(errors)
    assert (found["rms"], found["p99"], found["max"]) == (math.inf,) * 3
    assert found["median"] == pytest.approx(math.sqrt(12.5) / 2)
    assert curves.figures(np.array([3.0, 4.0]))["rms"] == pytest.approx(math.sqrt(12.5))


def test_the_least_count_that_is_enough(curves):
    counts = list(range(4, 60))
    for wanted in 4, 5, 31, 59:
        assert curves.least(counts, lambda n: n >= wanted) == wanted
    assert curves.least(counts, lambda n: False) is None
    assert curves.least([], lambda n: True) is None
    assert curves.geometric_mean([2, 8]) == pytest.approx(4)
