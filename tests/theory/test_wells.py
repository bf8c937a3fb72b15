import math
import random

import pytest
import torch
from numpy.polynomial import Polynomial

from zoo.errors import InputError
from zoo.theory.wells import (
    Well,
    basin_share,
    best_of,
    curvature,
    curvatures,
    deepest,
    largest_orderly_rate,
    leaving_steps,
    rounding_drift,
    settling_steps,
    stationary_points,
    wells,
)

TWO = [0.0, 0.24, -0.62, 0.0, 0.25]  # f′ = (x + 1.2)(x − 0.2)(x − 1)


def height(*roots):
    """The coefficients of an f with f′ = Π (x − root)."""
    return Polynomial.fromroots(roots).integ().coef.tolist()


def descend(coefficients, x, rate, steps):
    slope = Polynomial(coefficients).deriv()
    for _ in range(steps):
        x -= rate * float(slope(x))
    return x


def test_the_second_derivative_tells_minima_from_maxima():
    (a, b, c), kinds = zip(*stationary_points(TWO), strict=True)
    assert (a, b, c) == pytest.approx((-1.2, 0.2, 1.0), abs=1e-14)
    assert kinds == ("minimum", "maximum", "minimum")
    assert [curvature(TWO, x) for x in (-1.2, 0.2, 1.0)] == pytest.approx([3.08, -1.12, 1.76], abs=1e-14)


@pytest.mark.parametrize("seed", range(6))
def test_of_any_polynomial_all_stationary_points_are_found_and_take_turns(seed):
    draw = random.Random(seed)
    roots = [draw.uniform(0.3, 1) + 1.5 * i - 3 for i in range(5)]
    points = stationary_points(height(*draw.sample(roots, 5)))
    assert [x for x, _ in points] == pytest.approx(roots, abs=1e-10)
    assert [kind for _, kind in points] == ["minimum", "maximum"] * 2 + ["minimum"]


def test_complex_roots_are_no_stationary_points():
    assert stationary_points([0, 0, 1, 0, 1]) == [(0.0, "minimum")]  # f′ = 2x + 4x³
    assert stationary_points([0, 1, 0, 1]) == []  # f′ = 1 + 3x²


@pytest.mark.parametrize(
    ("coefficients", "kinds"),
    [
        ([0, 0, 0, 1], ["undecided"] * 2),  # an inflection
        ([0, 0, 0, 0, 1], ["undecided"] * 3),  # a minimum
        (height(1, 1, -1), ["minimum", "undecided", "undecided"]),
    ],
)
def test_where_both_derivatives_are_zero_nothing_is_decided(coefficients, kinds):
    assert [kind for _, kind in stationary_points(coefficients)] == kinds
    with pytest.raises(InputError, match="f″ = 0 at a stationary point decides nothing"):
        wells(coefficients)


def test_a_well_lies_between_its_rims():
    left, right = wells(TWO)
    assert left == pytest.approx((-1.2, -math.inf, 0.2))
    assert right == pytest.approx((1.0, 0.2, math.inf))
    assert wells([9, -6, 1]) == [Well(3.0, -math.inf, math.inf)]
    assert wells(height(-2, -1, 0, 1, 2))[1] == pytest.approx((0, -1, 1))


def test_the_deepest_well_is_that_of_the_global_minimum():
    assert deepest(TWO).minimum == pytest.approx(-1.2)
    assert deepest([c * (-1) ** k for k, c in enumerate(TWO)]).minimum == pytest.approx(1.2)
    f = Polynomial(TWO)
    assert (f(-1.2), f(1.0)) == pytest.approx((-0.6624, -0.13))


def test_curvatures_are_extreme_at_the_ends_or_in_between():
    assert curvatures(TWO, -2, 2) == pytest.approx((-1.24, 10.76))
    assert curvatures(TWO, 1, 2) == pytest.approx((1.76, 10.76))
    assert curvatures([0, 0, 3], -1, 1) == (6, 6)


def test_the_orderly_rate_looks_as_far_as_points_can_come():
    assert largest_orderly_rate(TWO, -2, 2) == pytest.approx(1 / 10.76)
    assert largest_orderly_rate(TWO, -1, 0.9) == pytest.approx(1 / 3.08)  # they come to −1.2


@pytest.mark.parametrize(("low", "high", "share"), [(-2, 2, 0.55), (-1, 2, 0.4), (0.5, 2, 0), (-2, 0.1, 1)])
def test_the_share_of_a_basin_is_its_length(low, high, share):
    left, right = wells(TWO)
    assert basin_share(left, low, high) == pytest.approx(share)
    assert basin_share(right, low, high) == pytest.approx(1 - share)


@pytest.mark.parametrize("coefficients", [TWO, height(-2, -1.1, 0.1, 0.8, 2)])
@pytest.mark.parametrize("of_limit", [0.99, 0.3])
def test_below_the_orderly_rate_every_start_ends_in_its_own_well(coefficients, of_limit):
    rate = of_limit * largest_orderly_rate(coefficients, -2.2, 2.2)
    for i in range(45):
        start = -2.2 + 0.1 * i + 0.003
        (own,) = [w.minimum for w in wells(coefficients) if w.left_rim < start < w.right_rim]
        assert descend(coefficients, start, rate, 3000) == pytest.approx(own, abs=1e-6)


def test_above_the_orderly_rate_a_start_can_change_wells():
    assert descend(TWO, 2.0, 0.3, 2000) == pytest.approx(1.0)
    assert descend(TWO, 2.0, 0.35, 2000) == pytest.approx(-1.2)  # 2 − 0.35 · 5.76 < 0.2


def test_restarts_fail_only_if_all_fail():
    assert [best_of(0.55, k) for k in (1, 3, 5)] == pytest.approx([0.55, 0.908875, 0.9815471875])
    assert best_of(0, 7) == 0
    assert best_of(1, 1) == 1


def test_settling_is_counted_as_in_the_worked_example():
    start = torch.tensor([0.0], dtype=torch.float64)
    assert settling_steps([9, -6, 1], start, 0.1, 1e-6) == 67  # 3 · 0.8^k < 1e-6
    assert settling_steps([9, -6, 1], torch.tensor([3.0, 2.9]), 0.1, 0.2) == 0


def test_the_slowest_start_settles_last():
    starts = torch.tensor([-2.0, 0.19, 0.5], dtype=torch.float64)
    steps = settling_steps(TWO, starts, 0.08, 1e-3)
    assert abs(descend(TWO, 0.19, 0.08, steps) + 1.2) < 1e-3 < abs(descend(TWO, 0.19, 0.08, steps - 1) + 1.2)


@pytest.mark.parametrize(("off", "rate"), [(4.5e-4, 0.08), (-4.5e-4, 0.02), (1e-6, 0.09), (-4e-3, 0.05)])
def test_a_point_leaves_a_maximum_as_soon_as_its_curvature_says(off, rate):
    steps, error = leaving_steps(TWO, 0.2 + off, rate, 0.01)
    assert steps == pytest.approx(math.log(0.01 / abs(off)) / math.log(1 + 1.12 * rate), rel=1e-9)
    taken = next(k for k in range(1000) if abs(descend(TWO, 0.2 + off, rate, k) - 0.2) >= 0.01)
    assert abs(taken - steps) <= error < 1 + 0.02 * steps


def test_where_f_bends_upwards_on_the_way_nothing_is_known_of_leaving():
    assert leaving_steps(TWO, 0.201, 0.08, 0.6)[1] == math.inf  # f″ = 0 at ±0.643


def test_rounding_drifts_as_the_worst_errors_do():
    u, rate, steepness = 2.0**-53, 0.08, 1.12
    slope_error = 8 * u * (0.24 + 2 * 0.62 * 0.2 + 4 * 0.25 * 0.2**3)
    distance = slope_error / steepness
    for _ in range(100):
        distance = distance * (1 + rate * steepness) + rate * slope_error + 0.2 * u
    bound = rounding_drift(TWO, 0.2, rate, 100)
    assert distance <= bound <= 1.01 * distance
    assert abs(descend(TWO, 0.2, rate, 100) - 0.2) <= bound


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: stationary_points([1, 2]), "a straight line has no minimum"),
        (lambda: stationary_points([0, 1, 2, 0, 0, math.nan]), r"coefficients\[5\] is nan"),
        (lambda: wells([0, 0, -1]), "no lowest point"),
        (lambda: wells([0, -1, 0, 1]), "no lowest point"),
        (lambda: wells([0, 1, 0, 1]), "no lowest point"),
        (lambda: deepest([0, 0, -1, 0, 1]), "equally deep"),
        (lambda: basin_share(wells(TWO)[0], 1, 1), "low is 1 and high is 1"),
        (lambda: best_of(1.1, 3), "share is 1.1"),
        (lambda: best_of(0.5, 0), "starts is 0"),
        (
            lambda: settling_steps(TWO, torch.tensor([0.2], dtype=torch.float64), 0.1, 1e-3),
            "lies on the maximum 0.2",
        ),
        (lambda: settling_steps(TWO, torch.tensor([1.0]), 0, 1e-3), "rate is 0"),
        (lambda: settling_steps([9, -6, 1], torch.tensor([0.0]), 1, 1e-3), "10 000 steps do not bring"),
        (lambda: largest_orderly_rate(TWO, 1e300, 2e300), r"f″ leaves float64 between -1.2 and 2e\+300"),
        (
            lambda: leaving_steps(TWO, 0.3, 0.1, 0.01),
            "start is 0.3; it must be beside a maximum, within 0.01",
        ),
        (lambda: leaving_steps([9, -6, 1], 3.1, 0.1, 1.0), r"f has \[\]"),
        (lambda: leaving_steps(TWO, 0.201, 0.0, 0.01), "rate is 0"),
        (lambda: rounding_drift(TWO, 1.0, 0.1, 10), "starts at 1.0; it must be a maximum"),
        (lambda: rounding_drift(TWO, 0.2, 0.0, 10), "rate is 0"),
        (lambda: rounding_drift(TWO, 0.2, 0.1, -1), "steps is -1"),
        (lambda: rounding_drift(TWO, 0.2, 0.08, 360), "rounding alone may leave the maximum 0.2"),
        (lambda: rounding_drift(TWO, 0.2, 0.1, 10**6), "rounding alone may leave the maximum 0.2"),
    ],
)
def test_what_makes_no_sense_is_answered_in_a_sentence(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()
