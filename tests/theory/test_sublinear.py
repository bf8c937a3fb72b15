import math

import pytest

from zoo.errors import InputError
from zoo.theory.sublinear import LOGISTIC, QUARTIC, logistic, quartic

STEPS = (1, 2, 3, 10, 28, 100, 3000)


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
    [
        (0.0, 1.0),
        (0.0, 2.0),
        (0.0, 0.01),
        (-30.0, 0.5),
        (-3.0, 1.0),
        (5.0, 100.0),
        (12.0, 1e5),
        (29.0, 1e-6),
        (3.79, 9.9),
        (2.0, 8.3),
    ],
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
    for law in (QUARTIC, LOGISTIC):
        low, high = law.factor(50, 0.5, 0.5)
        assert 0 < high - low < 1e-3  # of the 2 % or 4 % that step 50 takes off


def test_after_a_hundred_thousand_steps():  # G04, G05
    printed = 5e-6  # five decimals, and the bounds are closer than that
    k, rate = 100_000, 0.1
    low, high = quartic(k, 1.0, rate)
    assert low * math.sqrt(2 * rate * k) == pytest.approx(0.99994, abs=printed)
    assert high * math.sqrt(2 * rate * k) == pytest.approx(0.99994, abs=printed)
    assert logistic(k, 0.0, 1.0) == pytest.approx((11.51288, 11.51288), abs=2 * printed)
    low, high = LOGISTIC.loss(k, 0.0, 1.0)
    assert (k * low, k * high) == pytest.approx((1.00005, 1.00005), abs=2 * printed)


@pytest.mark.parametrize(
    ("law", "walk", "height", "start"),
    [
        (QUARTIC, quartic_walk, lambda x: x**4 / 4, 0.8),
        (QUARTIC, quartic_walk, lambda x: x**4 / 4, -0.3),
        (LOGISTIC, logistic_walk, loss, 0.5),
        (LOGISTIC, logistic_walk, loss, -1.0),
    ],
)
@pytest.mark.parametrize("k", [1, 7, 50])
def test_what_is_claimed_of_a_run_is_what_its_steps_do(law, walk, height, start, k):
    rate = 0.7 if law is LOGISTIC else 0.2
    losses = [height(x) for x in walk(start, rate, k)]
    low, high = law.loss(k, start, rate)
    assert low <= losses[k] <= high
    low, high = law.factor(k, start, rate)
    assert low * (1 - 1e-15) <= losses[k] / losses[k - 1] <= high * (1 + 1e-15)
    low, high = law.doubling(k, start, rate)
    assert low <= losses[k // 2] / losses[k] <= high


@pytest.mark.parametrize("start", [each / 4 for each in range(-16, 17)])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 1.0])
def test_the_factor_on_the_logistic_loss_is_between_its_bounds_or_has_none(start, share):
    """Where a step leaves least of the loss is near w = −1.1: its bounds there are not those at two ends."""
    rate = share * (1 + math.exp(start))
    losses = [loss(w) for w in logistic_walk(start, rate, 10)]
    for k in range(1, 11):
        bounds = LOGISTIC.factor(k, start, rate)
        assert (bounds is None) <= (start < -0.8)
        if bounds is not None:
            assert bounds[0] * (1 - 1e-15) <= losses[k] / losses[k - 1] <= bounds[1] * (1 + 1e-15)


def test_from_the_point_that_is_said_a_step_leaves_the_more_of_the_logistic_loss_the_later_it_is():
    """The derivative of ln (f(w + δ)/f(w)) is h(w) − (1 − δσ(w)) h(w + δ), with h = −f′/f and δ = ησ(−w)."""

    def h(w):
        return 1 / (1 + math.exp(w)) / loss(w)

    def rises(w, step):
        return h(w) > (1 - step / (1 + math.exp(-w))) * h(w + step)

    steps = [1e-4, 0.1, 0.5, 1.0]
    assert all(rises(LOGISTIC.rising_from + n / 20, step) for n in range(400) for step in steps)
    assert not rises(LOGISTIC.rising_from - 0.1, 1e-4)


@pytest.mark.parametrize("law", [QUARTIC, LOGISTIC])
def test_in_the_long_run_the_loss_is_a_power_of_k(law):
    k, start, rate = 100_000, 0.5, 0.5
    for bound in range(2):
        assert law.loss(k, start, rate)[bound] * (rate * k) ** law.power == pytest.approx(
            law.constant, rel=2e-3
        )
        assert law.doubling(k, start, rate)[bound] == pytest.approx(2**law.power, rel=2e-3)
        assert k * (1 - law.factor(k, start, rate)[bound]) == pytest.approx(law.power, rel=1e-3)  # (ln k)/k


def test_the_very_first_step_is_known_exactly():
    assert QUARTIC.factor(1, 0.5, 0.4) == pytest.approx((0.9**4, 0.9**4), rel=1e-15)
    first = loss(0.5) / loss(0.0)
    assert LOGISTIC.factor(1, 0.0, 1.0) == pytest.approx((first, first), rel=1e-15)


@pytest.mark.parametrize(
    ("law", "arguments", "words"),
    [
        (quartic, (-1, 1.0, 0.1), "step is -1"),
        (quartic, (1, 1.0, 0.0), "rate is 0.0"),
        (quartic, (1, 0.0, 0.1), "start is 0.0"),
        (quartic, (1, 2e3, 1e-9), "start is 2000.0"),
        (quartic, (1, math.nan, 0.1), "start is nan"),
        (quartic, (1, 2.0, 0.2), "rate · start² is 0.8"),
        (QUARTIC.factor, (0, 1.0, 0.1), "step is -1"),
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
