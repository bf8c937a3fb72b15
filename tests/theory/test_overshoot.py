import math

import pytest
from numpy.polynomial import Polynomial

from zoo.errors import InputError
from zoo.theory.overshoot import contraction, first_factor, last_jump, nearest_minimum, two_cycle

TWO = [0.0, 0.24, -0.62, 0.0, 0.25]  # minima −1.2 and 1, where f″ is 3.08 and 1.76


def path(x, rate, steps):
    """x_0 … x_K of gradient descent."""
    slope, points = Polynomial(TWO).deriv(), [x]
    for _ in range(steps):
        points.append(points[-1] - rate * float(slope(points[-1])))
    return points


def test_the_two_points_are_exchanged_by_a_step():
    low, high, multiplier = two_cycle(TWO, -1.2, 0.7)
    assert (low, high) == pytest.approx((-1.338, -0.991), abs=5e-4)
    assert path(low, 0.7, 2) == pytest.approx([low, high, low], abs=1e-12)
    nearby = path(low + 1e-5, 0.7, 2)[-1]
    assert (nearby - low) / 1e-5 == pytest.approx(multiplier, rel=1e-3)


@pytest.mark.parametrize("rate", [0.66, 0.68, 0.7, 0.72])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.7, 0.95])
def test_every_start_between_them_ends_on_them(rate, share):
    low, high, _ = two_cycle(TWO, -1.2, rate)
    start = low + share * (high - low)
    assert sorted(path(start, rate, 2000)[-2:]) == pytest.approx([low, high], abs=1e-9)


def test_the_cycle_begins_where_the_minimum_stops_to_hold():
    low, high, _ = two_cycle(TWO, -1.2, 1.001 * 2 / 3.08)
    assert high - low < 0.1
    assert contraction(TWO, -1.2, -1.2 + 1e-6, 0.999 * 2 / 3.08) < 1
    assert contraction(TWO, -1.2, -1.2 + 1e-6, 1.001 * 2 / 3.08) > 1


def test_contraction_is_the_worst_factor_of_the_distance_on_both_sides():
    assert contraction([9, -6, 1], 3.0, 0.0, 0.3) == pytest.approx(0.4)  # f″ = 2 everywhere
    # at 1.1 and 0.9: 1 − 0.7 · 2.39 and 1 − 0.7 · 1.19
    assert contraction(TWO, 1.0, 1.1, 0.7) == contraction(TWO, 1.0, 0.9, 0.7) == pytest.approx(0.673)


@pytest.mark.parametrize("rate", [0.1, 0.6, 0.7, 1.0])
@pytest.mark.parametrize(("minimum", "bend"), [(-1.2, 3.08), (1.0, 1.76)])
@pytest.mark.parametrize("away", [-0.1, -1e-3, 1e-5, 0.05, 2.5])
def test_the_first_step_multiplies_a_distance_by_one_less_the_rate_times_the_curvature(
    rate, minimum, bend, away
):
    factor, error = first_factor(TWO, minimum + away, rate)
    if minimum * away > -1:  # else another minimum is nearer
        assert factor == pytest.approx(1 - rate * bend)
        after = path(minimum + away, rate, 1)[1] - minimum
        assert abs(after / away - factor) <= error


def test_the_error_of_the_first_factor_is_that_of_a_third_derivative():
    # f‴ = 6x, which is −7.2 at the minimum and smaller in size at −1.19
    assert first_factor(TWO, -1.19, 0.5)[1] == pytest.approx(0.25 * 7.2 * 0.01, rel=1e-6)
    assert first_factor([9, -6, 1], 4.0, 0.2) == pytest.approx((0.6, 1e-14))
    # f = x⁶/720 − x⁴/24 + x²/2 has f‴ = x³/6 − x, largest in size at √2
    rough = first_factor([0, 0, 0.5, 0, -1 / 24, 0, 1 / 720], 2.0, 0.1)[1]
    assert rough == pytest.approx(0.05 * 2 * (2**0.5 - 2**1.5 / 6), rel=1e-6)


@pytest.mark.parametrize(
    ("start", "rate", "steps"),
    [(-1.15, 0.7, 60), (-1.25, 0.7, 80), (1.1, 0.7, 60), (0.95, 0.9, 80), (-1, 0.1, 60)],
)
def test_the_last_jump_is_as_long_as_predicted(start, rate, steps):
    length, error = last_jump(TWO, start, rate, steps)
    *_, before, last = path(start, rate, steps)
    assert abs(abs(last - before) - length) <= error <= 1e-3


def test_what_steps_leave_is_a_bound_that_is_no_wider_than_its_law():
    # f = (x − 3)²: a step multiplies the distance by −0.8, and the last one goes over 1.8 of what 29 leave
    length, error = last_jump([9, -6, 1], 4.0, 0.9, 60)
    assert (length, error) == pytest.approx((0, 2 * 0.8**59), rel=1e-6)
    assert abs(1.8 * 0.8**59 - length) <= error
    low, high, multiplier = two_cycle(TWO, -1.2, 0.7)
    away = math.log((high - low) / 0.05) / math.log(0.7 * 3.08 - 1)
    bound = 10 * (high - low) * multiplier ** ((40 - away) / 2)
    assert last_jump(TWO, -1.15, 0.7, 40)[1] == pytest.approx(bound, rel=1e-6)


def test_few_steps_leave_more():
    errors = [last_jump(TWO, -1.15, 0.7, steps)[1] for steps in (30, 40, 50)]
    assert errors == sorted(errors, reverse=True)
    *_, before, last = path(-1.15, 0.7, 30)
    assert abs(abs(last - before) - last_jump(TWO, -1.15, 0.7, 30)[0]) <= errors[0]


def test_the_nearest_minimum_may_be_in_another_well():
    assert nearest_minimum(TWO, 0.1) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: two_cycle(TWO, 1.0, 0.7), "near x = 1 no law says"),  # which holds what comes
        (lambda: two_cycle(TWO, -1.2, 1e9), "the learning rate is 1000000000.0"),
        (lambda: two_cycle(TWO, -1.2, 0.85), "near x = -1.2 no law says"),  # chaos
        (lambda: two_cycle([0, 0, 0.5, 0, 0.25], 0.0, 1.5), "near x = 0 no law says"),  # it repels
        (lambda: two_cycle([9, -6, 1], 3.0, 1.0), "near x = 3 no law says"),  # every pair is one
        (lambda: two_cycle(TWO, -1.2, 0.0), "rate is 0"),
        (lambda: last_jump(TWO, 1e300, 0.1, 9), r"f″ leaves float64 between -1e\+300 and 1e\+300"),
        (lambda: last_jump(TWO, -0.9, 0.7, 100), r"start is -0.9; the law holds from -1.338 to -0.9907"),
        (lambda: last_jump(TWO, -1.15, 0.7, 5), "steps is 5"),
        (lambda: last_jump(TWO, 1.1, 0.7, 5), "steps is 5"),
        (lambda: last_jump(TWO, -1.1999, 0.7, 10), "steps is 10; from x = -1.1999 about 56 go by until"),
        (lambda: last_jump(TWO, -1.15, 0.7, 25), r"they leave 0.\d+ to go; raise data.count"),
        (lambda: last_jump([9, -6, 1], 3.0, 0.7, 5), "start is 3.0, within 0 of a minimum; choose 1e-12"),
        (lambda: last_jump(TWO, -1.2 + 1e-13, 0.7, 500), "of a minimum; choose 1e-12 or more"),
        (lambda: first_factor([9, -6, 1], 3.0, 0.7), "start is 3.0, within 0 of a minimum"),
        (lambda: first_factor(TWO, 1.1, 0.0), "rate is 0"),
        (lambda: last_jump(TWO, 1.1, 0.7, 0), "steps is 0"),
    ],
)
def test_what_no_law_speaks_of_is_refused(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()
