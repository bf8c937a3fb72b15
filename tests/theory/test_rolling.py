import itertools
import math

import pytest
import torch
from numpy.polynomial import Polynomial

from zoo.errors import InputError
from zoo.theory.rolling import (
    clears_rim,
    critical_friction,
    farthest,
    farthest_point,
    final_well,
    friction,
    friction_error,
    rim_ahead,
    roll,
    sharpest,
    trapped,
)

TWO = [0.0, 0.24, -0.62, 0.0, 0.25]  # minima −1.2 and 1 with a rim at 0.2


def until(end, coefficients, start, gamma):
    return list(itertools.takewhile(lambda place: place[0] <= end, roll(coefficients, start, gamma)))


def heavy_ball(start, rate, momentum, steps):
    """Where PyTorch's SGD is after each step, autograd and all."""
    x = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = torch.optim.SGD([x], lr=rate, momentum=momentum)
    path = [start]
    for _ in range(steps):
        optimizer.zero_grad()
        (x**4 / 4 - 0.62 * x**2 + 0.24 * x).backward()
        optimizer.step()
        path.append(x.item())
    return path


def test_friction_is_what_momentum_forgets_in_a_unit_of_time():
    assert friction(0.01, 0.9) == pytest.approx(1)
    assert friction(0.0001, 0.99) == pytest.approx(1)
    assert friction(0.04, 0) == 5


@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.5])
def test_a_ball_in_a_bowl_swings_as_the_closed_form_says(gamma):
    # f = x²: x″ + γx′ + 2x = 0 from x = 3 at rest
    omega = math.sqrt(2 - gamma**2 / 4)
    for t, x, _ in until(8, [0, 0, 1], 3.0, gamma):
        swing = math.cos(omega * t) + gamma / (2 * omega) * math.sin(omega * t)
        assert x == pytest.approx(3 * math.exp(-gamma * t / 2) * swing, abs=1e-6)


def test_without_friction_no_height_is_lost_and_with_it_none_is_gained():
    f = Polynomial(TWO)
    heights = [f(x) + v**2 / 2 for _, x, v in until(20, TWO, 2.0, 0.0)]
    assert heights == pytest.approx([2.0] * len(heights), abs=1e-5)
    heights = [f(x) + v**2 / 2 for _, x, v in until(20, TWO, 2.0, 0.2)]
    assert all(after <= before for before, after in itertools.pairwise(heights))


@pytest.mark.parametrize("beta", [0.9, 0.978])
@pytest.mark.parametrize("rate", [0.01, 0.0001])
def test_pytorch_follows_the_ball_the_nearer_the_smaller_the_steps(rate, beta):
    gamma = friction(0.01, beta)
    walked = heavy_ball(2.0, rate, 1 - gamma * math.sqrt(rate), round(4 / math.sqrt(rate)))
    for t, x, _ in until(3.9, TWO, 2.0, gamma):
        k = t / math.sqrt(rate)
        between = walked[int(k)] + (k % 1) * (walked[int(k) + 1] - walked[int(k)])
        assert between == pytest.approx(x, abs=2.5 * math.sqrt(rate))


def test_the_critical_friction_is_that_of_the_catalogue():
    gamma = critical_friction(TWO, 2.0)
    assert gamma == pytest.approx(1.0941, abs=1e-4)
    assert gamma == pytest.approx(1.0935, abs=1e-3)  # TRUTH W04, from coarser steps
    # what PyTorch's own steps need, found by trying them: 0.8928 and 0.96568
    assert 1 - gamma * math.sqrt(0.01) == pytest.approx(0.8928, abs=0.003)
    assert 1 - gamma * math.sqrt(0.001) == pytest.approx(0.96568, abs=0.0005)


@pytest.mark.parametrize("start", [1.4, 2.0, 3.0])
def test_with_the_critical_friction_all_speed_is_gone_at_the_rim(start):
    gamma = critical_friction(TWO, start)
    nearest = min(until(30, TWO, start, gamma + 1e-6), key=lambda place: abs(place[1] - 0.2))
    assert nearest[1] == pytest.approx(0.2, abs=0.01)
    assert nearest[2] == pytest.approx(0, abs=0.01)
    assert any(x < 0.2 for _, x, _ in until(30, TWO, start, gamma - 1e-4))
    assert all(x > 0.2 for _, x, _ in until(30, TWO, start, gamma + 1e-4))


def test_a_higher_start_takes_more_friction():
    critical = [critical_friction(TWO, start) for start in (1.4, 1.7, 2.0, 3.0)]
    assert critical == sorted(critical)


@pytest.mark.parametrize("rate", [0.01, 0.0025])
@pytest.mark.parametrize("gamma", [3.0, 1.25, 0.95, 0.7, 0.4, 0.29, 0.22, 0.15])
def test_pytorch_ends_in_the_well_in_which_the_ball_does(rate, gamma):
    momentum, steps = 1 - gamma * math.sqrt(rate), round(16 / math.sqrt(rate))
    walked = heavy_ball(2.0, rate, momentum, 8 * steps)[-1]
    assert final_well(TWO, 2.0, rate, momentum, steps) == pytest.approx(walked, abs=0.1)


def test_the_well_changes_to_and_fro_as_friction_falls():
    found = [final_well(TWO, 2.0, 0.0001, 1 - gamma / 100, 2000) for gamma in (1.2, 0.6, 0.22, 0.15)]
    assert found == pytest.approx([1, -1.2, 1, -1.2])


def test_the_rim_ahead_is_the_one_downhill():
    assert rim_ahead(TWO, 2.0) == pytest.approx(0.2)
    assert rim_ahead(TWO, 0.5) == math.inf  # it sets off to the right, where the curve rises for ever
    assert rim_ahead(TWO, -2.0) == pytest.approx(0.2)
    assert rim_ahead([9, -6, 1], 4.0) == -math.inf


@pytest.mark.parametrize("rate", [0.01, 0.0025])
@pytest.mark.parametrize(("gamma", "clears"), [(1.25, False), (0.95, True), (0.22, True)])
def test_pytorch_clears_the_rim_where_friction_is_below_the_critical_one(rate, gamma, clears):
    momentum = 1 - gamma * math.sqrt(rate)
    assert clears_rim(TWO, 2.0, rate, momentum, critical_friction(TWO, 2.0)) == clears
    assert (min(heavy_ball(2.0, rate, momentum, round(12 / math.sqrt(rate)))) < 0.2) == clears


def test_a_ball_in_a_bowl_gets_as_far_as_the_closed_form_says():
    # f = x²: the first swing from x = 3 turns after π/ω, at −3 e^(−γπ/2ω)
    omega = math.sqrt(2 - 0.3**2 / 4)
    turn = 3 * math.exp(-0.3 * math.pi / (2 * omega))
    assert farthest([0, 0, 1], 3.0, 0.3, 20.0) == pytest.approx(-turn, abs=1e-3)
    assert farthest([0, 0, 1], -3.0, 0.3, 20.0) == pytest.approx(turn, abs=1e-3)
    assert farthest([0, 0, 1], 3.0, 0.3, 0.0) == 3  # no time to go anywhere
    assert 0 < farthest([0, 0, 1], 3.0, 5.0, 20.0) < 0.01  # it creeps, and never turns


@pytest.mark.parametrize("rate", [0.01, 0.0025])
@pytest.mark.parametrize("start", [2.0, 1.5, -2.0])
@pytest.mark.parametrize("gamma", [3.0, 1.25, 0.7, 0.4, 0.22])
def test_pytorch_gets_as_far_as_the_ball_does(rate, start, gamma):
    momentum, steps = 1 - gamma * math.sqrt(rate), round(12 / math.sqrt(rate))
    walked = heavy_ball(start, rate, momentum, steps)
    point, error = farthest_point(TWO, start, rate, momentum, steps)
    assert abs((min(walked) if start > 0 else max(walked)) - point) <= error < 0.11


def test_a_ball_is_trapped_if_it_cannot_reach_the_lower_rim():
    assert trapped(TWO, 1.0, 0.0) == pytest.approx(1)
    assert trapped(TWO, -1.0, 0.5) == pytest.approx(-1.2)
    assert trapped(TWO, 1.0, 0.55) == pytest.approx(1)  # ½ · 0.55² = 0.151 < f(0.2) − f(1) = 0.1536
    assert trapped(TWO, 1.0, 0.56) is None
    assert trapped(TWO, 2.0, 0.0) is None
    assert trapped([9, -6, 1], 100.0, 100.0) == 3


def test_the_lower_of_two_rims_decides_whether_a_ball_is_trapped():
    three = Polynomial.fromroots([-2, -1.2, 0, 0.8, 2.2]).integ()
    left, right = three(-1.2) - three(0), three(0.8) - three(0)  # above the minimum at 0
    assert (left, right) == pytest.approx((1.52, 0.58), abs=0.01)
    for way in (-1, 1):
        assert trapped(three.coef.tolist(), 0.0, way * math.sqrt(2 * 0.99 * right)) == pytest.approx(0)
        assert trapped(three.coef.tolist(), 0.0, way * math.sqrt(2 * 1.01 * right)) is None


def test_the_error_of_friction_shrinks_with_the_steps():
    assert friction_error(0.01, 0.9, 10) == pytest.approx(0.06)
    assert friction_error(0.0001, 0.99, 10) == pytest.approx(0.0051)


def test_the_sharpest_place_on_the_way_may_be_on_the_other_side():
    assert sharpest(TWO, 2.0) == pytest.approx(3 * 2.15567**2 - 1.24, rel=1e-5)  # f(−2.15567) = f(2)
    assert sharpest(TWO, -1.3) == pytest.approx(3 * 1.3**2 - 1.24)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: friction(0, 0.9), "rate is 0"),
        (lambda: friction(0.1, 1), "momentum is 1"),
        (lambda: friction_error(-1, 0.9, 1), "rate is -1"),
        (lambda: friction_error(0.1, 0.9, 0), "curvature is 0"),
        (lambda: sharpest(TWO, 1e9), "start is 1e\\+09, where f″ reaches 3e\\+18"),
        (lambda: next(roll(TWO, math.nan, 0.1)), "start is nan"),
        (lambda: next(roll(TWO, 1, -0.1)), "friction is -0.1"),
        (lambda: next(roll([0, 0, 0, 1], 1, 0.1)), "decides nothing"),
        (lambda: critical_friction(TWO, 1.0), "start is 1.0, where it is level"),
        (lambda: critical_friction(TWO, 0.2), "start is 0.2, where it is level"),
        (lambda: critical_friction(TWO, 1.1), "no ball gets over a rim"),
        (lambda: critical_friction(TWO, -1.6), "no ball gets over a rim"),
        (lambda: final_well(TWO, 2.0, 0.01, 0.89, 200), "momentum is 0.89, too near"),
        (lambda: final_well(TWO, 2.0, 0.01, 0.9901, 400), "momentum is 0.9901, too near"),
        (lambda: final_well(TWO, 2.0, 0.01, 0.978, 50), "after 50 steps the ball may still roll"),
        (lambda: final_well(TWO, 2.0, 0.5, 0.9, 50), "make no ball that rolls"),
        (lambda: final_well(TWO, 2.0, 0.01, 0.9, 0), "steps is 0"),
        (lambda: rim_ahead(TWO, -1.2), "start is -1.2, where it is level"),
        (lambda: clears_rim(TWO, 2.0, 0.01, 0.89, 1.0941), "momentum is 0.89, too near"),
        (lambda: farthest_point(TWO, 2.0, 0.1, 0.0, 50), "make no ball that rolls"),
        (lambda: farthest_point(TWO, -2.0, 0.01, 0.995, 50), "so little friction forgets no error"),
    ],
)
def test_what_makes_no_sense_is_answered_in_a_sentence(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()
