import math
from fractions import Fraction

import pytest

from zoo.errors import InputError
from zoo.theory.regimes import (
    fall,
    fall_rounding,
    far,
    flow,
    iterates,
    lead,
    lead_error,
    regime,
    require_distance,
    rounding,
)


def walk(rate, start, bottom, curvature, steps):
    """x_0 … x_K, step by step."""
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - rate * (curvature * (path[-1] - bottom)))
    return path


@pytest.mark.parametrize(("rate", "curvature"), [(0.1, 2.0), (0.9, 2.0), (1.1, 2.0), (0.5, 2.0), (0.3, -2.0)])
def test_iterates_are_those_of_exact_arithmetic(rate, curvature):
    x, expected = Fraction(1, 4), []
    for _ in range(13):
        expected.append(float(x))
        x -= Fraction(rate) * Fraction(curvature) * (x - 3)
    assert iterates(12, rate, 0.25, 3.0, curvature) == pytest.approx(expected, rel=1e-13)


def test_a_step_is_judged_that_begins_a_thousandth_of_the_way_out_or_farther():
    assert far([0.0, 5.0, 3.0, 2.9975, 2.996, 7.0], bottom=3.0) == [0, 1, 4]


@pytest.mark.parametrize(
    ("rate", "name"),
    [(0.1, "monotone"), (0.5, "one step"), (0.9, "alternating"), (1.0, "2-cycle"), (1.1, "diverging")],
)
def test_the_five_regimes_on_x_minus_3_squared(rate, name):  # G01
    assert regime(rate, 2.0) == name


@pytest.mark.parametrize("curvature", [0.03, 1.0, 700.0])
def test_the_regime_depends_on_the_product_of_rate_and_curvature_alone(curvature):
    found = [regime(a / curvature, curvature) for a in (0.001, 0.999, 1, 1.001, 1.999, 2, 2.001, 50)]
    ends = [
        "monotone",
        "monotone",
        "one step",
        "alternating",
        "alternating",
        "2-cycle",
        "diverging",
        "diverging",
    ]
    assert found == ends


@pytest.mark.parametrize("a", [1e-7, 1 + 1e-7, 1 - 1e-7, 2 + 1e-7, 2 - 1e-7])
def test_next_to_the_borders_there_is_no_saying(a):
    with pytest.raises(InputError, match="within a millionth"):
        regime(a, 1.0)


def test_the_fall_of_the_first_step_on_x_minus_3_squared():  # G02
    assert fall(0.3, 2.0) * 6**2 == pytest.approx(7.56, rel=1e-13)


@pytest.mark.parametrize("rate", ["0.1", "0.5", "0.9", "1", "1.1"])
def test_the_fall_is_that_of_exact_arithmetic_at_every_step(rate):
    eta, x = Fraction(rate), Fraction(1, 7)
    for _ in range(5):
        slope = 2 * (x - 3)
        after = x - eta * slope
        won = ((x - 3) ** 2 - (after - 3) ** 2) / slope**2 if slope else Fraction(fall(float(eta), 2.0))
        assert fall(float(eta), 2.0) == pytest.approx(float(won), abs=1e-15)  # rounding of η alone
        x = after


def test_the_gradient_flow_at_time_one():  # G03
    assert flow(1.0, 0.0, 3.0, 2.0) == pytest.approx(3 * (1 - math.exp(-2)), rel=1e-15)
    assert flow(0.0, 0.5, 3.0, 2.0) == 0.5


@pytest.mark.parametrize(("rate", "steps", "measured"), [(0.01, 100, 0.8147), (0.005, 200, 0.8134)])
def test_the_lead_over_the_flow_at_time_one_is_6_over_e_squared(rate, steps, measured):  # G03
    form = (steps, rate, 0.0, 3.0, 2.0)
    assert lead(*form) == pytest.approx(6 * math.exp(-2), rel=1e-12)
    real = (walk(rate, 0.0, 3.0, 2.0, steps)[-1] - flow(1.0, 0.0, 3.0, 2.0)) / rate
    assert real == pytest.approx(measured, abs=5e-5)  # four decimals printed


@pytest.mark.parametrize("rate", [0.001, 0.02, 0.1, 0.3])
@pytest.mark.parametrize("steps", [1, 10, 40])
@pytest.mark.parametrize(("start", "bottom", "curvature"), [(0.0, 3.0, 2.0), (5.0, -1.0, 0.7)])
def test_the_lead_is_off_by_no_more_than_its_error(rate, steps, start, bottom, curvature):
    form = (steps, rate, start, bottom, curvature)
    real = walk(rate, start, bottom, curvature, steps)[-1] - flow(rate * steps, start, bottom, curvature)
    assert abs(real / rate - lead(*form)) <= lead_error(*form) + 1e-11  # of rounding, divided by the rate


def test_the_lead_has_an_error_of_the_order_of_the_rate():
    coarse, fine = (lead_error(k, 1 / k, 0.0, 3.0, 2.0) for k in (1000, 2000))
    assert fine / coarse == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize("a", [0.1, 0.9, 1.0, 1.5, 2.0, 2.4])
@pytest.mark.parametrize("bottom", [3.0, 0.1, -1e4])
def test_float64_strays_from_exact_arithmetic_by_no_more_than_its_rounding(a, bottom):
    curvature, start, steps = 0.7, 0.3, 50
    rate = a / curvature
    path = walk(rate, start, bottom, curvature, steps)
    factor = 1 - Fraction(rate) * Fraction(curvature)
    exact = Fraction(bottom) + factor**steps * (Fraction(start) - Fraction(bottom))
    off = abs(float(Fraction(path[-1]) - exact))
    allowed = rounding(path, rate, bottom, curvature)
    assert off <= allowed
    assert allowed < 1e-11 * (abs(path[-1]) + abs(bottom) + abs(start))  # which is worth something


def test_one_step_that_rounding_spoils_is_allowed_for():
    path = walk(1 / 49, 0.7, 0.0, 49.0, 3)  # 49 (1/49) is not 1 in float64
    assert 0 < abs(path[3]) < rounding([0.7, 0.0, 0.0, 0.0], 1 / 49, 0.0, 49.0) < 1e-40
    assert rounding([0.7, *[0.0] * 60], 1 / 49, 0.0, 49.0) > 1e-320  # not even where all but nothing is left


@pytest.mark.parametrize(("height", "larger"), [(0.0, 1000), (9.0, 1000), (1e6, 100)])
def test_float64_strays_from_the_fall_by_no_more_than_its_rounding(height, larger):
    """The bound is worth something: it is at most so many times the largest error that 50 starts show."""
    rate, bottom, curvature = 0.9, 3.0, 2.0
    slope, shares = -curvature * bottom, []
    for start in range(-25, 25):
        path = walk(rate, start / 13, bottom, curvature, 20)
        heights = [(curvature / 2 * x + slope) * x + height for x in path]
        falls = [(heights[k] - heights[k + 1]) / (curvature * path[k] + slope) ** 2 for k in range(20)]
        off = max(abs(won - fall(rate, curvature)) for won in falls)
        shares.append(off / fall_rounding(path, rate, bottom, curvature, height))
    assert 1 / larger < max(shares) <= 1


@pytest.mark.parametrize(
    ("law", "arguments", "words"),
    [
        (iterates, (-1, 0.1, 0.0, 3.0, 2.0), "steps is -1"),
        (iterates, (1, 0.0, 0.0, 3.0, 2.0), "rate is 0.0"),
        (iterates, (1, 0.1, 0.0, math.nan, 2.0), "bottom is nan"),
        (iterates, (20, 1e9, 0.0, 3.0, 2.0), r"20 steps, .* -2e\+09 of the distance, leave float64"),
        (iterates, (999, 2.0, 0.0, 3.0, 2.0), "999 steps, .* -3 of the distance, leave float64"),
        (regime, (0.0, 1.0), "rate is 0.0"),
        (regime, (1.0, -2.0), "curvature is -2.0"),
        (fall, (math.inf, 1.0), "rate is inf"),
        (flow, (-1.0, 0.0, 3.0, 2.0), "time is -1.0"),
        (flow, (1.0, math.nan, 3.0, 2.0), "start is nan"),
        (flow, (1.0, 0.0, 3.0, 0.0), "curvature is 0.0"),
        (lead, (-1, 0.1, 0.0, 3.0, 2.0), "step is -1"),
        (lead, (1, 0.0, 0.0, 3.0, 2.0), "rate is 0.0"),
        (lead_error, (1, 0.5, 0.0, 3.0, 2.0), "rate · curvature is 1.0"),
        (require_distance, (3.0, 3.0), "start is 3"),
        (require_distance, (1e-200, 0.0), "start is 1e-200"),
        (rounding, ([0.0, 0.6], 0.1, math.inf, 2.0), "bottom is inf"),
        (fall_rounding, ([0.0, 0.6], 0.1, 3.0, 2.0, math.nan), "height is nan"),
    ],
)
def test_what_makes_no_sense_is_refused(law, arguments, words):
    with pytest.raises(InputError, match=words):
        law(*arguments)
