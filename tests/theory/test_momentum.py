import math
import random

import pytest
import torch

from zoo.theory import descent
from zoo.theory.momentum import (
    constant_slope_iterate,
    critical_momentum,
    factor,
    followed_factor,
    gradient_descent_tuning,
    half_period,
    heavy_ball_tuning,
    iterate,
    nesterov_tuning,
    roots,
    stability_limit,
)

KINDS = (
    "plain",
    "heavy ball",
    "dampened",
    "nesterov",
    "double, slow end",
    "double, fast end",
    "double, nesterov",
)
BOWL = torch.tensor([1.0, 100.0])
BALL = (4 / 121, 81 / 121)  # η and β that are best for BOWL


def walk(start, steps, height, make):
    """x_0 … x_K of a PyTorch optimizer on f = height(x), in float64, autograd and all."""
    x = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = make([x])
    path = [x.item()]
    for _ in range(steps):
        optimizer.zero_grad()
        height(x).backward()
        optimizer.step()
        path.append(x.item())
    return torch.tensor(path, dtype=torch.float64)


def sgd_walk(start, steps, curvature, rate, form):
    return walk(start, steps, lambda x: curvature * x**2 / 2, lambda p: torch.optim.SGD(p, lr=rate, **form))


def path_of(steps, start, rate, curvature, **form):
    points = [iterate(k, start, rate, curvature, **form) for k in range(steps + 1)]
    return torch.tensor(points, dtype=torch.float64)


def random_settings(kind, count):
    """λ, ηλ and SGD's arguments, drawn wide: creeping, swinging and diverging, double roots on purpose."""
    draw = random.Random(kind)
    for _ in range(count):
        beta = draw.choice([1 - 10 ** draw.uniform(-4, -0.02), draw.uniform(0.01, 0.9)])
        length, form = draw.choice([draw.uniform(0.001, 4.2), 10 ** draw.uniform(-6, -1)]), {"momentum": beta}
        if kind == "plain":
            form = {}
        if kind == "dampened":
            form["dampening"] = draw.uniform(0.01, 0.99)
        if "nesterov" in kind:
            form["nesterov"] = True
        if kind.startswith("double"):
            sign = -1 if kind.endswith("fast end") else 1
            root = (1 - sign * math.sqrt(beta)) ** 2
            length = ((1 - beta) / (1 + beta)) ** 2 if "nesterov" in kind else root
        yield 10 ** draw.uniform(-2, 2), length, form, draw.choice([5, 30, 120])


SETTINGS = [
    pytest.param(*setting, id=f"{kind}-{i}")
    for kind in KINDS
    for i, setting in enumerate(random_settings(kind, 12))
]


@pytest.mark.parametrize(("curvature", "length", "form", "steps"), SETTINGS)
def test_pytorch_is_where_the_closed_form_says(curvature, length, form, steps):
    walked = sgd_walk(-1.3, steps, curvature, length / curvature, form)
    predicted = path_of(steps, -1.3, length / curvature, curvature, **form)
    # 32 roundings a step, each carried on for up to K steps, at most K times as large
    assert (walked - predicted).abs().max() <= 32 * 2**-53 * steps**2 * walked.abs().max()


@pytest.mark.parametrize(("curvature", "length", "form", "steps"), SETTINGS)
def test_the_factor_is_found_again_in_the_path(curvature, length, form, steps):
    walked = sgd_walk(0.7, steps, curvature, length / curvature, form)
    assert followed_factor(walked) == pytest.approx(factor(length / curvature, curvature, **form), abs=1e-5)


@pytest.mark.parametrize("kind", ["plain", "heavy ball", "dampened", "nesterov"])
def test_on_a_negative_curvature_it_is_what_the_optimizer_does_on_a_saddle(kind):
    for curvature, length, form, _ in random_settings(kind, 12):
        rate = length / curvature
        ours = [iterate(k, 1e-6, rate, -curvature, **form) for k in range(31)]
        theirs = sgd_walk(1e-6, 30, -curvature, rate, form).tolist()
        assert ours == pytest.approx(theirs, rel=1e-12, abs=0)  # 30 steps of rounding


def test_without_momentum_it_is_the_law_of_gradient_descent():
    for curvature, length, _, _ in random_settings("plain", 12):
        rate = length / curvature
        assert factor(rate, curvature) == pytest.approx(abs(1 - length), rel=1e-14, abs=1e-15)
        assert iterate(9, 2.0, rate, curvature) == pytest.approx(2 * (1 - length) ** 9, rel=1e-12, abs=1e-15)


def test_without_momentum_dampening_is_ignored_as_pytorch_does():
    assert iterate(5, 1.0, 0.1, 1.0, 0.0, 0.5) == iterate(5, 1.0, 0.1, 1.0)
    assert constant_slope_iterate(5, 1.0, 0.1, 1.0, 0.0, 0.5) == constant_slope_iterate(5, 1.0, 0.1, 1.0)


def test_each_method_at_its_best_on_a_bowl_of_condition_100():  # Q01, Q06
    plain, ball, nesterov = (t(BOWL) for t in (gradient_descent_tuning, heavy_ball_tuning, nesterov_tuning))
    assert plain == pytest.approx((2 / 101, 0, 99 / 101))
    assert ball == pytest.approx((4 / 121, 81 / 121, 9 / 11))
    assert nesterov == pytest.approx((1 / 100, 9 / 11, 0.9))
    assert plain.factor == pytest.approx(0.980198, abs=5e-7)  # six decimals printed


@pytest.mark.parametrize(
    ("tuning", "form"),
    [
        pytest.param(gradient_descent_tuning, {}, id="gradient-descent"),
        pytest.param(heavy_ball_tuning, {}, id="heavy-ball"),
        pytest.param(nesterov_tuning, {"nesterov": True}, id="nesterov"),
    ],
)
@pytest.mark.parametrize("ends", [[1.0, 100.0], [0.3, 7.0, 2.0], [5.0, 6.0]])
def test_the_factor_of_a_tuning_is_that_of_its_roots(tuning, form, ends):
    best = tuning(torch.tensor(ends, dtype=torch.float64))
    slowest = max(factor(best.rate, c, best.momentum, **form) for c in ends)
    assert slowest == pytest.approx(best.factor, abs=1e-7)  # a double root moves by √u


def test_no_other_setting_of_heavy_ball_is_better():
    best = heavy_ball_tuning(BOWL)
    for rate in (0.7, 0.95, 0.999, 1.001, 1.05, 1.1):
        for beta in (0.7, 0.95, 0.999, 1.0, 1.001, 1.05, 1.1):
            other = max(factor(rate * best.rate, c, beta * best.momentum) for c in (1.0, 100.0))
            assert other > best.factor


def test_at_its_best_heavy_ball_has_a_double_root_at_either_end():  # Q02
    for curvature, z, c in ((1.0, 9 / 11, 2 / 11), (100.0, -9 / 11, 20 / 11)):
        assert roots(BALL[0], curvature, BALL[1]) == pytest.approx((z, z), abs=1e-7)  # √u
        for k in (0, 1, 7, 60, 150):
            assert iterate(k, 1.0, BALL[0], curvature, BALL[1]) == pytest.approx(
                (1 + c * k) * z**k, rel=1e-11
            )
    assert iterate(60, 1.0, BALL[0], 1.0, BALL[1]) == pytest.approx(
        7.02859e-5, rel=1e-6
    )  # six digits printed
    assert iterate(60, 1.0, BALL[0], 100.0, BALL[1]) == pytest.approx(6.49742e-4, rel=1e-6)


def test_a_line_through_log_error_sees_a_slower_rate_than_the_root():  # Q02
    path = path_of(150, 1.0, BALL[0], 100.0, momentum=BALL[1]).abs()
    k = torch.arange(50.0, 151.0).double()
    slope = torch.linalg.lstsq(torch.stack([k, torch.ones(101)], dim=1), path[50:].log()[:, None]).solution[0]
    assert math.exp(slope) == pytest.approx(0.8269, abs=1e-3)
    assert followed_factor(path_of(150, 1.0, BALL[0], 100.0, momentum=BALL[1])) == pytest.approx(
        9 / 11, abs=1e-6
    )


def steps_to_a_millionth(rate, momentum=0.0, **form):
    paths = [path_of(800, 1.0, rate, c, momentum=momentum, **form) for c in (1.0, 100.0)]
    return int((torch.hypot(*paths) <= 1e-6 * 2**0.5).nonzero()[0])


def test_steps_to_a_millionth_of_the_error():  # Q02; and 69, 132 are what the factors alone would say
    assert steps_to_a_millionth(2 / 101) == 691
    assert steps_to_a_millionth(*BALL) == 93
    assert steps_to_a_millionth(0.01, 9 / 11, nesterov=True) == 154
    assert math.ceil(math.log(1e-6) / math.log(9 / 11)) == 69


def test_critical_damping_at_a_hundredth():  # Q03
    assert critical_momentum(0.01, 1.0) == pytest.approx(0.81, rel=1e-12)
    assert factor(0.01, 1.0, 0.81) == pytest.approx(0.9, abs=1e-7)  # √u
    assert factor(0.01, 1.0, 0.95) == pytest.approx(math.sqrt(0.95), rel=1e-12)
    assert factor(0.01, 1.0, 0.95) == pytest.approx(0.974679, abs=5e-7)  # six decimals printed
    assert half_period(0.01, 1.0, 0.95) == pytest.approx(32.05, abs=5e-3)
    omega = math.acos((1 + 0.95 - 0.01) / (2 * math.sqrt(0.95)))
    assert half_period(0.01, 1.0, 0.95) == pytest.approx(math.pi / omega, rel=1e-12)
    assert half_period(0.01, 1.0, 0.5) == math.inf


def test_complex_roots_have_the_size_of_the_root_of_beta_and_not_twice_that():
    for curvature in (0.5, 1.0, 3.0):
        assert factor(0.1, curvature, 0.9) == pytest.approx(0.9487, abs=5e-5)  # four decimals printed


@pytest.mark.parametrize(
    "form", [{}, {"dampening": 0.7}, {"nesterov": True}], ids=["ball", "dampened", "nesterov"]
)
@pytest.mark.parametrize("length", [1e-4, 0.01, 0.3, 0.9])
def test_less_than_critical_momentum_creeps_and_more_swings(length, form):
    beta = critical_momentum(2.0, length / 2, **form)
    assert factor(2.0, length / 2, beta, **form) == pytest.approx(
        roots_mean(length, beta, form), abs=1e-7
    )  # √u
    below, above = (roots(2.0, length / 2, share * beta, **form) for share in (0.999, 1.001))
    assert below[0].imag == 0 < below[1].real < below[0].real
    assert above[0].imag > 0
    for other in (0.99, 1.01):
        assert factor(2.0, length / 2, other * beta, **form) > factor(2.0, length / 2, beta, **form)


def roots_mean(length, beta, form):
    """m, of which both roots are made where they are one."""
    if "nesterov" in form:
        return (1 + beta) * (1 - length) / 2
    return (1 + beta - (1 - form.get("dampening", 0)) * length) / 2


def test_nesterovs_gradient_beyond_one_over_lambda_never_swings_slowly():
    assert critical_momentum(1.0, 1.2, nesterov=True) == math.inf
    assert all(z.imag == 0 for z in roots(1.0, 1.2, 0.9, nesterov=True))


def test_the_stability_limits_at_nine_tenths():  # Q04
    assert stability_limit() == stability_limit(0.0, 0.5) == 2
    assert stability_limit(0.9) == pytest.approx(3.8, rel=1e-12)
    assert stability_limit(0.9, nesterov=True) == pytest.approx(1.357143, abs=5e-7)  # six decimals printed


@pytest.mark.parametrize(
    "form",
    [
        {"momentum": 0.9},
        {"momentum": 0.3},
        {"momentum": 0.8, "dampening": 0.6},
        {"momentum": 0.7, "nesterov": True},
    ],
    ids=["ball", "light-ball", "dampened", "nesterov"],
)
def test_the_factor_passes_one_at_the_limit(form):
    limit = stability_limit(**form)
    assert factor(0.5, 2 * limit, **form) == pytest.approx(1, rel=1e-12)
    assert roots(0.5, 2 * limit, **form)[0].real == pytest.approx(-1, rel=1e-12)
    assert factor(0.5, 2 * 0.99 * limit, **form) < 1 < factor(0.5, 2 * 1.01 * limit, **form)


def test_heavy_ball_raises_the_limit_and_nesterov_lowers_it():
    for beta in (0.1, 0.5, 0.9, 0.99):
        assert stability_limit(beta, nesterov=True) < 2 < stability_limit(beta)


def test_the_tenth_point_of_a_slope_of_one():  # Q05
    assert constant_slope_iterate(10, 0.0, 0.01, 1.0, 0.9) == pytest.approx(
        -0.4138106, abs=5e-8
    )  # seven decimals
    by_the_truth = -0.1 * (10 - 0.9 * (1 - 0.9**10) / 0.1)
    assert constant_slope_iterate(10, 0.0, 0.01, 1.0, 0.9) == pytest.approx(by_the_truth, rel=1e-13)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "dampening": 0.9},
        {"momentum": 0.4, "dampening": 0.95},
        {"momentum": 0.7, "nesterov": True},
    ],
    ids=["plain", "ball", "average", "dampened", "nesterov"],
)
def test_pytorch_walks_down_a_straight_slope_as_the_closed_form_says(form):
    walked = walk(0.5, 60, lambda x: -3 * x, lambda p: torch.optim.SGD(p, lr=0.02, **form))
    predicted = [constant_slope_iterate(k, 0.5, 0.02, -3.0, **form) for k in range(61)]
    assert walked.tolist() == pytest.approx(predicted, rel=1e-13)  # 60 steps of rounding
    settled = 3 * descent.terminal_rate(0.02, form.get("momentum", 0.0), form.get("dampening", 0.0))
    assert walked[60] - walked[59] == pytest.approx(settled, rel=0.01)  # 0.9⁵⁹ is 0.002 of it, or of g


def test_adam_walks_down_any_slope_as_plain_descent_down_a_slope_of_one():  # Q05
    walked = walk(0.0, 500, lambda x: 7 * x, lambda p: torch.optim.Adam(p, lr=0.01))
    predicted = [constant_slope_iterate(k, 0.0, 0.01, 7 / (7 + 1e-8)) for k in range(501)]
    assert walked.tolist() == pytest.approx(predicted, rel=1e-10)  # divided by 1 − β₂^k, from 0.001 on
    assert walked[500] == pytest.approx(-5.0, rel=2e-9)  # ε/7


def test_one_geometric_path_is_followed_by_many_recursions_and_its_factor_is_found():
    for z in (0.5, -0.98, 1.2, 1.0):
        assert followed_factor(3 * z ** torch.arange(50.0, dtype=torch.float64)) == pytest.approx(
            abs(z), rel=1e-9
        )


def test_a_momentum_too_small_to_be_seen_does_not_disturb_the_factor():
    # what tells (s, p) apart is of the size of rounding here, and a fit that believed it would find 1.1
    walked = sgd_walk(1.3, 200, 1.0, 0.1517817274645084, {"momentum": 6.15e-17})
    assert followed_factor(walked) == pytest.approx(1 - 0.1517817274645084, abs=1e-9)


def test_a_swing_through_zero_has_the_factor_of_its_envelope():
    k = torch.arange(40, dtype=torch.float64)
    assert followed_factor(0.9**k * torch.cos(0.3 * k + 1)) == pytest.approx(0.9, rel=1e-9)
    assert followed_factor(torch.tensor([1.0, 0.0, 0.0, 0.0])) == pytest.approx(0, abs=1e-7)


FORM = (0.1, 1.0)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: iterate(-1, 1.0, *FORM), "k is -1; it must be at least 0"),
        (lambda: iterate(1, math.nan, *FORM), "start is nan; it must be finite"),
        (lambda: iterate(1, 1.0, 0.0, 1.0), "rate is 0.0; it must be positive and finite"),
        (lambda: iterate(1, 1.0, 0.1, math.inf), "curvature is inf; it must be finite"),
        (lambda: iterate(9999, 1.0, 4.0, 1.0, 0.5), "by step 9999 the path has left float64"),
        (lambda: iterate(1023, 9e307, 3.0, 1.0), "by step 1023 the path has left float64"),
        (lambda: factor(*FORM, momentum=1.0), "momentum is 1.0; it must be at least 0 and below 1"),
        (lambda: roots(*FORM, 0.9, dampening=-0.1), "dampening is -0.1; it must be at least 0 and below 1"),
        (lambda: half_period(*FORM, nesterov=True), "nesterov needs momentum and no dampening; they are 0.0"),
        (lambda: roots(*FORM, 0.9, 0.5, nesterov=True), "they are 0.9 and 0.5"),
        (lambda: critical_momentum(0.1, -1.0), "curvature is -1.0; it must be positive and finite"),
        (lambda: critical_momentum(0.1, 1.0, 1.0), "dampening is 1.0; it must be at least 0 and below 1"),
        (lambda: stability_limit(1.0), "momentum is 1.0; it must be at least 0 and below 1"),
        (lambda: heavy_ball_tuning(torch.tensor([0.0, 1.0])), "curvatures reach from 0.0 to 1.0"),
        (lambda: nesterov_tuning(torch.tensor([-1.0, 1.0])), "curvatures reach from -1.0 to 1.0"),
        (lambda: constant_slope_iterate(-1, 0.0, 0.1, 1.0), "k is -1; it must be at least 0"),
        (lambda: constant_slope_iterate(1, 0.0, 0.1, math.inf), "slope is inf; it must be finite"),
        (lambda: constant_slope_iterate(1, 0.0, -0.1, 1.0), "rate is -0.1; it must be positive and finite"),
        (lambda: followed_factor(torch.ones(3)), "must be four finite numbers or more, not all 0"),
        (lambda: followed_factor(torch.zeros(9)), "must be four finite numbers or more, not all 0"),
        (lambda: followed_factor(torch.full((9,), math.nan)), "must be four finite numbers or more"),
    ],
)
def test_senseless_input_is_answered_with_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
