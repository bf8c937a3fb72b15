import math

import pytest

from zoo.errors import InputError
from zoo.theory.sublinear import (
    logistic,
    logistic_decay,
    logistic_factor,
    quartic,
    quartic_decay,
    quartic_factor,
)

STEPS = (1, 2, 3, 10, 100, 3000)


def quartic_walk(start, rate, steps):
    """x_0 … x_K on x⁴/4, step by step."""
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - rate * path[-1] ** 3)
    return path


def logistic_walk(start, rate, steps):
    """w_0 … w_K on ln(1 + e^(−w)), step by step."""
    path = [start]
    for _ in range(steps):
        path.append(path[-1] + rate / (1 + math.exp(path[-1])))
    return path


def loss(w):
    return math.log1p(math.exp(-w))


@pytest.mark.parametrize(
    ("start", "rate"),
    [(1.0, 0.1), (1.0, 0.4999), (-1.0, 0.01), (0.05, 100.0), (30.0, 1e-4), (1e-3, 2.0), (1e3, 1e-7)],
)
def test_the_steps_on_x_to_the_fourth_stay_between_the_bounds(start, rate):
    path = quartic_walk(start, rate, max(STEPS))
    for k in (0, *STEPS):
        low, high = quartic(k, start, rate)
        assert low <= abs(path[k]) <= high


@pytest.mark.parametrize(
    ("start", "rate"),
    [(0.0, 1.0), (0.0, 2.0), (0.0, 0.01), (-30.0, 0.5), (-3.0, 1.0), (5.0, 100.0), (12.0, 1e5), (29.0, 1e-6)],
)
def test_the_steps_on_the_logistic_loss_stay_between_the_bounds(start, rate):
    path = logistic_walk(start, rate, max(STEPS))
    for k in (0, *STEPS):
        low, high = logistic(k, start, rate)
        assert low <= path[k] <= high


def test_the_bounds_are_so_close_that_no_term_can_be_missing():
    low, high = quartic(300, 1.0, 0.1)
    assert high / low - 1 < 3e-4  # the logarithm in Φ is 1 % of 1/x²
    low, high = logistic(300, 0.0, 1.0)
    assert high - low < 3e-3  # the last term of Φ is 1 % of e^w


def test_after_a_hundred_thousand_steps():  # G04, G05
    printed = 5e-6  # five decimals, and the bounds are closer than that
    assert quartic_decay(100_000, 1.0, 0.1) == pytest.approx((0.99994, 0.99994), abs=printed)
    assert logistic(100_000, 0.0, 1.0) == pytest.approx((11.51288, 11.51288), abs=2 * printed)
    assert logistic_decay(100_000, 0.0, 1.0) == pytest.approx((1.00005, 1.00005), abs=2 * printed)


def test_what_is_claimed_of_a_run_is_what_its_steps_do():
    x = quartic_walk(0.8, 0.2, 50)
    low, high = quartic_decay(50, 0.8, 0.2)
    assert low <= x[50] * math.sqrt(2 * 0.2 * 50) <= high
    low, high = quartic_factor(50, 0.8, 0.2)
    assert low <= (x[50] / x[49]) ** 4 <= high < low + 1e-3
    w = logistic_walk(0.5, 0.7, 50)
    low, high = logistic_decay(50, 0.5, 0.7)
    assert low <= loss(w[50]) * 0.7 * 50 <= high
    low, high = logistic_factor(50, 0.5, 0.7)
    assert low <= loss(w[50]) / loss(w[49]) <= high < low + 1e-3


@pytest.mark.parametrize(("factor", "power"), [(quartic_factor, 2), (logistic_factor, 1)])
def test_what_a_step_leaves_tends_to_one_like_one_over_k(factor, power):
    k = 100_000
    low, high = factor(k, 0.5, 0.5)
    assert k * (1 - low) == pytest.approx(power, rel=1e-3)  # (ln k)/k
    assert k * (1 - high) == pytest.approx(power, rel=1e-3)


def test_the_very_first_step_is_known_exactly():
    assert quartic_factor(1, 0.5, 0.4) == pytest.approx((0.9**4, 0.9**4), rel=1e-15)
    first = loss(0.5) / loss(0.0)
    assert logistic_factor(1, 0.0, 1.0) == pytest.approx((first, first), rel=1e-15)


@pytest.mark.parametrize(
    ("law", "arguments", "words"),
    [
        (quartic, (-1, 1.0, 0.1), "step is -1"),
        (quartic, (1, 1.0, 0.0), "rate is 0.0"),
        (quartic, (1, 0.0, 0.1), "start is 0.0"),
        (quartic, (1, 2e3, 1e-9), "start is 2000.0"),
        (quartic, (1, math.nan, 0.1), "start is nan"),
        (quartic, (1, 2.0, 0.2), "rate · start² is 0.8"),
        (quartic_factor, (0, 1.0, 0.1), "step is -1"),
        (logistic, (-1, 0.0, 1.0), "step is -1"),
        (logistic, (1, 0.0, -1.0), "rate is -1.0"),
        (logistic, (1, 31.0, 1.0), "start is 31.0"),
        (logistic, (1, math.nan, 1.0), "start is nan"),
        (logistic, (1, 0.0, 3.0), "rate · slope is 1.5"),
    ],
)
def test_what_makes_no_sense_is_refused(law, arguments, words):
    with pytest.raises(InputError, match=words):
        law(*arguments)
