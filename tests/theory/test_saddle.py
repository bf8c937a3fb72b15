import math
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch

from zoo.theory.descent import terminal_rate
from zoo.theory.saddle import (
    adam_escape_steps,
    distance,
    escape_steps,
    growth,
    median_escape_steps,
    median_standard_error,
    noise_variance,
)

FORMS = ("plain", "heavy ball", "dampened", "exponential mean", "nesterov")


def walk(start: float, curvature: float, make: Callable[[Any], torch.optim.Optimizer]):
    """y_0, y_1, … of a PyTorch optimizer on f = −½ λ y², in float64, autograd and all."""
    y = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = make([y])
    while True:
        yield y.item()
        optimizer.zero_grad()
        (-curvature * y**2 / 2).backward()
        optimizer.step()


def sgd_walk(start, rate, curvature, **form):
    return walk(start, curvature, lambda parameters: torch.optim.SGD(parameters, lr=rate, **form))


def steps_outside(path, radius):
    return next(k for k, y in enumerate(path) if abs(y) >= radius)


def random_settings(kind, count):
    """Start, radius, rate, curvature, SGD's arguments, drawn wide: a few to a thousand steps to escape."""
    draw = random.Random(kind)
    for _ in range(count):
        beta = draw.uniform(0.2, 0.98)
        form = {
            "plain": {},
            "heavy ball": {"momentum": beta},
            "dampened": {"momentum": beta, "dampening": draw.uniform(0.1, 0.9)},
            "exponential mean": {"momentum": beta, "dampening": beta},
            "nesterov": {"momentum": beta, "nesterov": True},
        }[kind]
        start = draw.choice([-1, 1]) * 10 ** draw.uniform(-12, -1)
        yield start, draw.uniform(0.2, 3), 10 ** draw.uniform(-1.7, 0.5), draw.uniform(0.3, 4), form


SETTINGS = [
    pytest.param(*setting, id=f"{kind}-{i}")
    for kind in FORMS
    for i, setting in enumerate(random_settings(kind, 12))
]


@pytest.mark.parametrize(("start", "radius", "rate", "curvature", "form"), SETTINGS)
def test_pytorch_escapes_at_the_step_predicted(start, radius, rate, curvature, form):
    counted = steps_outside(sgd_walk(start, rate, curvature, **form), radius)
    assert escape_steps(start, radius, rate, curvature, **form) == counted


@pytest.mark.parametrize(("start", "radius", "rate", "curvature", "form"), SETTINGS)
def test_pytorch_is_where_the_closed_form_says(start, radius, rate, curvature, form):
    path = sgd_walk(start, rate, curvature, **form)
    walked = [next(path) for _ in range(40)]
    predicted = [distance(k, start, rate, curvature, **form) for k in range(40)]
    assert predicted == pytest.approx(walked, rel=1e-12, abs=0)  # 40 steps of rounding


@pytest.mark.parametrize(("start", "radius", "rate", "curvature", "form"), SETTINGS)
def test_every_step_grows_by_the_larger_root_in_the_end(start, radius, rate, curvature, form):
    # the smaller root is below 0.98 of the larger one: 0.98¹⁵⁰⁰ = 1e-13
    z = growth(rate, curvature, **form)
    k = min(1500, int(600 / math.log(z)))  # where 1e-12 · z^k is still a number
    late = distance(k + 1, start, rate, curvature, **form) / distance(k, start, rate, curvature, **form)
    assert late == pytest.approx(z, rel=1e-11)


COUNTS = [
    # start, rate, momentum, nesterov, steps to |y| ≥ 1 at λ = 1
    pytest.param(1e-6, 0.1, 0.0, False, 145, id="D01-a"),
    pytest.param(1e-3, 0.1, 0.0, False, 73, id="D01-b"),
    pytest.param(1e-6, 0.01, 0.0, False, 1389, id="D01-c"),
    pytest.param(1e-12, 0.1, 0.0, False, 290, id="D01-d"),
    pytest.param(1e-6, 0.1, 0.5, False, 87, id="D02-.5"),
    pytest.param(1e-6, 0.1, 0.9, False, 52, id="D02-.9"),
    pytest.param(1e-6, 0.1, 0.99, False, 47, id="D02-.99"),
    pytest.param(1e-6, 0.1, 0.5, True, 82, id="D03-.5"),
    pytest.param(1e-6, 0.1, 0.9, True, 46, id="D03-.9"),
    pytest.param(1e-6, 0.1, 0.99, True, 41, id="D03-.99"),
    pytest.param(1e-6, 1e-3, 0.9, False, 1511, id="D04-momentum"),
    pytest.param(1e-6, 1e-3, 0.0, False, 13823, id="D04-plain"),
]


@pytest.mark.parametrize(("start", "rate", "momentum", "nesterov", "steps"), COUNTS)
def test_the_counts_of_the_truth_are_exact(start, rate, momentum, nesterov, steps):
    assert escape_steps(start, 1.0, rate, 1.0, momentum, nesterov=nesterov) == steps
    assert escape_steps(-start, 1.0, rate, 1.0, momentum, nesterov=nesterov) == steps
    # only ηλ matters, and R/δ
    assert escape_steps(5 * start, 5.0, rate / 4, 4.0, momentum, nesterov=nesterov) == steps


@pytest.mark.parametrize(
    ("momentum", "nesterov", "root"),
    [
        pytest.param(0.5, False, 1.174166, id="D02-.5"),
        pytest.param(0.9, False, 1.316228, id="D02-.9"),
        pytest.param(0.99, False, 1.364414, id="D02-.99"),
        pytest.param(0.5, True, 1.186421, id="D03-.5"),
        pytest.param(0.9, True, 1.364414, id="D03-.9"),
        pytest.param(0.99, True, 1.424546, id="D03-.99"),
    ],
)
def test_the_roots_of_the_truth(momentum, nesterov, root):
    assert growth(0.1, 1.0, momentum, nesterov=nesterov) == pytest.approx(root, abs=5e-7)  # six decimals


def test_momentum_is_a_longer_step():  # D04
    assert growth(1e-3, 1.0, 0.9) == pytest.approx(1.0092388, abs=5e-8)  # seven decimals printed
    for rate in (1e-6, 1e-5):
        # z₊ = 1 + a/(1 − β) − β a²/(1 − β)³ + …: with β = 0.9, 90 a of the gain
        matched = growth(terminal_rate(rate, 0.9), 1.0)
        assert growth(rate, 1.0, 0.9) - 1 == pytest.approx(matched - 1, rel=100 * rate)
    plain, momentum = escape_steps(1e-6, 1, 1e-3, 1), escape_steps(1e-6, 1, 1e-3, 1, 0.9)
    assert plain / momentum == pytest.approx(9.15, abs=0.005)  # two decimals printed


def test_the_roots_solve_their_polynomials():
    for rate, momentum, dampening in ((0.1, 0.9, 0.0), (0.3, 0.5, 0.5), (1e-4, 0.99, 0.9), (7.0, 0.2, 0.1)):
        z = growth(rate, 1.0, momentum, dampening)
        middle = 1 + momentum + (1 - dampening) * rate
        assert z**2 + momentum == pytest.approx(middle * z, rel=1e-14)  # rounding
        z = growth(rate, 1.0, momentum, nesterov=True)
        assert z**2 + momentum * (1 + rate) == pytest.approx((1 + momentum) * (1 + rate) * z, rel=1e-14)


def test_dampening_slows_the_escape_and_nesterov_hastens_it():
    dampened = escape_steps(1e-6, 1.0, 0.1, 1.0, 0.9, dampening=0.9)
    heavy = escape_steps(1e-6, 1.0, 0.1, 1.0, 0.9)
    nesterov = escape_steps(1e-6, 1.0, 0.1, 1.0, 0.9, nesterov=True)
    assert dampened > escape_steps(1e-6, 1.0, 0.1, 1.0) > heavy > nesterov


def test_without_momentum_pytorch_ignores_dampening():
    path = sgd_walk(1e-4, 0.2, 1.0, dampening=0.5)
    assert escape_steps(1e-4, 1.0, 0.2, 1.0, dampening=0.5) == steps_outside(path, 1.0)
    assert escape_steps(1e-4, 1.0, 0.2, 1.0, dampening=0.5) == escape_steps(1e-4, 1.0, 0.2, 1.0)


def test_from_the_saddle_itself_nothing_leaves():  # D06
    assert escape_steps(0.0, 1.0, 0.1, 1.0) is None
    assert escape_steps(0.0, 1.0, 0.1, 1.0, 0.9, nesterov=True) is None
    assert adam_escape_steps(0.0, 1.0, 0.1, 1.0) is None
    assert distance(1000, 0.0, 0.1, 1.0, 0.9) == 0


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_who_starts_outside_has_left(momentum):
    assert escape_steps(2.0, 1.0, 0.1, 1.0, momentum) == 0
    assert escape_steps(-1.0, 1.0, 0.1, 1.0, momentum) == 0
    assert adam_escape_steps(-1.0, 1.0, 0.1, 1.0) == 0


def test_a_radius_that_is_reached_exactly_is_reached():
    assert escape_steps(1.0, 1024.0, 1.0, 1.0) == 10  # 2¹⁰, exact in floating point
    assert escape_steps(1.0, 1024.0 + 1e-9, 1.0, 1.0) == 11


@pytest.mark.parametrize(
    ("start", "rate", "low", "high"),
    [
        pytest.param(start, rate, low, high, id=f"D05-{rate}-{start}")
        for rate, low, high in ((0.1, 11, 13), (0.01, 77, 78))
        for start in (1e-3, 1e-6, 1e-9, 1e-12)
    ],
)
def test_adam_hardly_knows_where_it_started(start, rate, low, high):
    assert low <= adam_escape_steps(start, 1.0, rate, 1.0) <= high


@pytest.mark.parametrize("seed", range(10))
def test_pytorchs_adam_escapes_at_the_step_predicted(seed):
    draw = random.Random(seed)
    start, radius = -(10 ** draw.uniform(-12, -1)), draw.uniform(0.5, 2)
    rate, curvature = 10 ** draw.uniform(-2, -0.5), draw.uniform(0.2, 3)
    betas = draw.uniform(0, 0.95), draw.uniform(0.9, 0.9999)
    eps = 10 ** draw.uniform(-10, -4)
    path = walk(start, curvature, lambda p: torch.optim.Adam(p, lr=rate, betas=betas, eps=eps))
    assert adam_escape_steps(start, radius, rate, curvature, betas, eps) == steps_outside(path, radius)


def noisy_runs(rate, noise_std, curvature, steps, runs=4000):
    """(steps + 1, runs): SGD from the saddle itself, with Gaussian noise on the gradient."""
    generator = torch.Generator().manual_seed(0)
    y = torch.zeros(runs, dtype=torch.float64)
    path = [y]
    for _ in range(steps):
        gradient = -curvature * y + noise_std * torch.randn(runs, dtype=torch.float64, generator=generator)
        y = y - rate * gradient
        path.append(y)
    return torch.stack(path)


def test_noise_grows_as_the_truth_says():  # D07
    assert noise_variance(60, 0.1, 1e-3) == pytest.approx(0.0044147, abs=5e-8)  # seven decimals printed
    assert median_escape_steps(1.0, 0.1, 1e-3) == 93
    assert noise_variance(0, 0.1, 1e-3) == 0
    assert noise_variance(1, 0.1, 1e-3, curvature=3.0) == pytest.approx(1e-8, rel=1e-12)  # (ηs)²: noise alone


@pytest.mark.parametrize(
    ("rate", "noise_std", "curvature"),
    [(0.1, 1e-3, 1.0), (0.1, 1e-3, 2.5), (0.03, 0.02, 0.7), (0.5, 0.1, 0.2)],
)
def test_four_thousand_noisy_runs_agree(rate, noise_std, curvature):
    median = median_escape_steps(1.0, rate, noise_std, curvature)
    path = noisy_runs(rate, noise_std, curvature, steps=2 * median)
    k = 2 * median // 3
    # 4 standard errors of a variance, √(2/4000) each
    measured = path[k].square().mean().item()
    assert measured == pytest.approx(noise_variance(k, rate, noise_std, curvature), rel=0.09)
    outside = (path.abs() >= 1).int().argmax(dim=0).double()
    # P grows by 0.32 ln(1 + a) a step about the median, whose standard error is 1/(2√4000) = 0.008 in P
    error = 0.008 / (0.32 * math.log1p(rate * curvature))
    assert outside.median().item() == pytest.approx(median, abs=4 * error + 1)
    assert (path[-1] > 0).double().mean().item() == pytest.approx(0.5, abs=4 * 0.008)


def test_the_median_is_that_of_the_marginal():
    for radius, rate, noise_std in ((1.0, 0.1, 1e-3), (0.02, 0.1, 0.1), (1.0, 0.01, 0.5)):
        k = median_escape_steps(radius, rate, noise_std)
        outside = [
            math.erfc(radius / math.sqrt(2 * noise_variance(step, rate, noise_std)))
            for step in (k - 1, k)
            if step
        ]
        assert outside[-1] >= 0.5
        assert k == 1 or outside[0] < 0.5


def test_the_median_knows_noise_of_any_size():
    """A tenth of the noise takes ln 10 / ln 1.1 = 24.16 steps more."""
    counts = [median_escape_steps(1.0, 0.1, noise) for noise in (1e-10, 1e-200, 1e-300)]
    assert [b - a for a, b in pairwise(counts)] == pytest.approx([190 * 24.1589, 100 * 24.1589], abs=1)
    assert median_escape_steps(1.0, 0.1, 1e300) == 1


@pytest.mark.parametrize(("rate", "points"), [(0.1, 400), (0.02, 400), (0.1, 1600)])
def test_the_median_of_samples_strays_by_its_standard_error(rate, points):
    # Far out |y_k| = s_∞ |z| (1 + a)^k, so k is −ln |z| / ln(1 + a) and a constant: no walk needs to be run.
    z = torch.randn(2000, points, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    medians = (-z.abs().log() / math.log1p(rate)).median(dim=1).values
    # 2000 samples know a standard deviation to 1/√4000 = 1.6 %; the formula is good to a few times 1/√points
    assert medians.std().item() == pytest.approx(median_standard_error(points, rate), rel=0.08)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: growth(0.0, 1.0), "rate is 0.0"),
        (lambda: growth(math.nan, 1.0), "rate is nan"),
        (lambda: growth(0.1, -1.0), "curvature is -1.0"),
        (lambda: growth(0.1, 1.0, 1.0), "momentum is 1.0"),
        (lambda: growth(0.1, 1.0, -0.1), "momentum is -0.1"),
        (lambda: growth(0.1, 1.0, 0.9, dampening=1.0), "dampening is 1.0"),
        (lambda: growth(0.1, 1.0, nesterov=True), "nesterov needs momentum and no dampening"),
        (lambda: growth(0.1, 1.0, 0.9, 0.1, nesterov=True), "nesterov needs momentum and no dampening"),
        (lambda: distance(-1, 1.0, 0.1, 1.0), "k is -1"),
        (lambda: distance(1, math.inf, 0.1, 1.0), "start is inf"),
        (lambda: escape_steps(1e-6, 0.0, 0.1, 1.0), "radius is 0.0"),
        (lambda: escape_steps(math.nan, 1.0, 0.1, 1.0), "start is nan"),
        (lambda: escape_steps(0.0, 1.0, -0.1, 1.0), "rate is -0.1"),
        (lambda: escape_steps(1e-6, 1.0, 1e-17, 1.0), "float64 cannot tell"),
        (lambda: median_standard_error(0, 0.1), "points is 0"),
        (lambda: median_standard_error(10, 0.0), "rate is 0.0"),
        (lambda: adam_escape_steps(1e-6, 1.0, 0.0, 1.0), "rate is 0.0"),
        (lambda: adam_escape_steps(1e-6, -1.0, 0.1, 1.0), "radius is -1.0"),
        (lambda: adam_escape_steps(1e-6, 1.0, 0.1, 0.0), "curvature is 0.0"),
        (lambda: adam_escape_steps(1e-6, 1.0, 0.1, 1.0, betas=(0.9, 1.0)), "beta2 is 1.0"),
        (lambda: adam_escape_steps(1e-6, 1.0, 0.1, 1.0, eps=0.0), "eps is 0.0"),
        (lambda: adam_escape_steps(math.nan, 1.0, 0.1, 1.0), "start is nan"),
        (lambda: noise_variance(-1, 0.1, 1.0), "step is -1"),
        (lambda: noise_variance(1, 0.1, -1.0), "noise_std is -1.0"),
        (lambda: noise_variance(1, 0.1, 1e-300), "noise_std is 1e-300; with it the variance leaves float64"),
        (lambda: noise_variance(1, 0.1, 1e300), "noise_std is 1e[+]300; with it the variance leaves"),
        (lambda: noise_variance(1, 1e-9, 1.0, 1e-9), "rate · curvature is 1e-18"),
        (lambda: noise_variance(1, 0.0, 1.0), "rate is 0.0"),
        (lambda: median_escape_steps(0.0, 0.1, 1.0), "radius is 0.0"),
        (lambda: median_escape_steps(1.0, 0.1, 0.0), "noise_std is 0.0"),
        (lambda: median_escape_steps(1.0, 0.1, 1.0, curvature=0.0), "curvature is 0.0"),
    ],
)
def test_senseless_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
