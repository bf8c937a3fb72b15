import math

import pytest
import torch

from zoo.theory.descent import (
    best_contraction,
    best_rate,
    condition_number,
    contraction,
    curvatures,
    iterates,
    largest_stable_rate,
    mse_hessian,
    normal_equations,
    steps_to,
    terminal_rate,
)

X = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)  # dataset D
Y = torch.tensor([2.0, 3.0, 5.0, 8.0], dtype=torch.float64)
OPTIMUM = torch.tensor([2.0, -0.5], dtype=torch.float64)
ORIGIN = torch.zeros(2, dtype=torch.float64)


def random_normal(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def random_hessian(size, seed):
    """Symmetric, with curvatures of at least 0.1."""
    a = random_normal(size, size, seed=seed)
    return a @ a.T + 0.1 * torch.eye(size, dtype=torch.float64)


def close(actual, expected, tolerance):
    torch.testing.assert_close(actual, torch.as_tensor(expected, dtype=torch.float64), rtol=0, atol=tolerance)


def mse(parameters, x, y):
    return (x @ parameters[:-1] + parameters[-1] - y).square().mean()


def test_the_normal_equations_find_the_minimum():  # L01
    close(normal_equations(X, Y), OPTIMUM, 1e-12)  # L01's tolerance: rounding
    assert mse(normal_equations(X, Y), X[:, None], Y).item() == pytest.approx(0.25, rel=1e-12)


def test_the_gradient_is_zero_at_the_minimum():
    x, y = random_normal(20, 3), random_normal(20, seed=1)
    parameters = normal_equations(x, y).requires_grad_()
    (gradient,) = torch.autograd.grad(mse(parameters, x, y), parameters)
    close(gradient, torch.zeros(4), 1e-13)  # rounding


def test_the_hessian_of_dataset_d():  # L02
    close(mse_hessian(X), [[15.0, 5.0], [5.0, 2.0]], 1e-12)
    close(mse_hessian(X) @ (ORIGIN - OPTIMUM), [-27.5, -9.0], 1e-12)  # L01: the gradient at (0, 0)


def test_the_hessian_is_that_of_autograd():
    x, y = random_normal(7, 3), random_normal(7, seed=1)
    parameters = random_normal(4, seed=2)
    by_autograd = torch.autograd.functional.hessian(lambda p: mse(p, x, y), parameters)
    close(mse_hessian(x), by_autograd, 1e-13)  # rounding


def test_the_curvatures_of_dataset_d():  # L02
    low, high = curvatures(mse_hessian(X)).tolist()
    assert low == pytest.approx((17 - math.sqrt(269)) / 2, rel=1e-12)
    assert high == pytest.approx((17 + math.sqrt(269)) / 2, rel=1e-12)
    assert (low, high) == pytest.approx((0.299390, 16.700610), abs=5e-7)  # six decimals printed
    assert condition_number(curvatures(mse_hessian(X))) == pytest.approx(55.78207, abs=5e-6)  # five


def test_the_largest_stable_rate_divides_shrinking_from_growing():  # L03
    spectrum = curvatures(mse_hessian(X))
    limit = largest_stable_rate(spectrum)
    assert limit == pytest.approx(0.1197561, abs=5e-8)  # seven decimals printed
    assert contraction(0.99 * limit, spectrum) < 1
    assert contraction(1.01 * limit, spectrum) == pytest.approx(1.02, rel=1e-12)  # |1 − 2 · 1.01|
    errors = (iterates(ORIGIN, OPTIMUM, mse_hessian(X), 1.01 * limit, 600) - OPTIMUM).norm(dim=1)
    assert (errors[600] / errors[599]).item() == pytest.approx(1.02, rel=1e-6)  # the rest has died out


def test_the_best_rate_makes_both_ends_alike():  # L04
    spectrum = curvatures(mse_hessian(X))
    rate = best_rate(spectrum)
    assert rate == pytest.approx(2 / 17, rel=1e-12)
    assert best_contraction(spectrum) == pytest.approx(math.sqrt(269) / 17, rel=1e-12)
    assert contraction(rate, spectrum) == pytest.approx(best_contraction(spectrum), rel=1e-12)
    assert best_contraction(spectrum) == pytest.approx(0.9647776, abs=5e-8)  # seven decimals printed
    low, high = spectrum.tolist()
    assert 1 - rate * low == pytest.approx(rate * high - 1, rel=1e-12)


def test_no_rate_beats_the_best_one():
    spectrum = torch.tensor([0.7, 1.0, 9.0])
    best = best_rate(spectrum)
    for factor in (0.9, 0.999, 1.001, 1.1):
        assert contraction(factor * best, spectrum) > best_contraction(spectrum)


@pytest.mark.parametrize(
    ("rate", "rho"),
    [pytest.param(0.1, 0.9700610, id="L04-.1"), pytest.param(2 / 17, 0.9647776, id="L04-best")],
)
def test_the_error_shrinks_by_the_contraction(rate, rho):
    assert contraction(rate, curvatures(mse_hessian(X))) == pytest.approx(rho, abs=5e-8)  # seven decimals
    errors = (iterates(ORIGIN, OPTIMUM, mse_hessian(X), rate, 300) - OPTIMUM).norm(dim=1)
    measured = (errors[300] / errors[100]).item() ** (1 / 200)
    assert measured == pytest.approx(
        contraction(rate, curvatures(mse_hessian(X))), rel=1e-8
    )  # L04's tolerance


def test_the_iterates_of_dataset_d():  # L05
    path = iterates(ORIGIN, OPTIMUM, mse_hessian(X), 0.05, 50)
    close(path[0], ORIGIN, 1e-15)
    close(path[50], [1.830742, -0.002361], 5e-7)  # six decimals printed


def test_standardised_inputs_need_one_step():  # L06
    x = (X - X.mean()) / X.std(correction=0)
    close(mse_hessian(x), 2 * torch.eye(2), 1e-13)
    optimum = normal_equations(x, Y)
    close(optimum, [2 * math.sqrt(1.25), 4.5], 1e-12)
    spectrum = curvatures(mse_hessian(x))
    assert condition_number(spectrum) == pytest.approx(1, rel=1e-13)
    assert best_rate(spectrum) == pytest.approx(0.5, rel=1e-13)
    close(iterates(ORIGIN, optimum, mse_hessian(x), 0.5, 1)[1], optimum, 1e-13)
    assert mse_hessian((X - X.mean()) / X.std())[0, 0].item() == pytest.approx(1.5, rel=1e-13)  # ddof = 1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("relative_rate", [0.1, 0.9, 1.5, 2.1])
def test_the_closed_form_is_the_literal_iteration(seed, relative_rate):
    hessian, optimum = random_hessian(5, seed), random_normal(5, seed=seed + 10)
    rate = relative_rate / curvatures(hessian)[-1].item()
    w = torch.nn.Parameter(random_normal(5, seed=seed + 20))
    start, path = w.detach().clone(), [w.detach().clone()]
    optimizer = torch.optim.SGD([w], lr=rate)
    for _ in range(60):
        optimizer.zero_grad()
        ((w - optimum) @ hessian @ (w - optimum) / 2).backward()
        optimizer.step()
        path.append(w.detach().clone())
    # 60 steps of rounding, and 1.1⁶⁰ = 300 times as much at the rate that diverges
    predicted = iterates(start, optimum, hessian, rate, 60)
    torch.testing.assert_close(predicted, torch.stack(path), rtol=1e-11, atol=1e-11)


def test_a_saddle_is_left_along_its_negative_curvature():
    path = iterates(torch.tensor([1.0, 1e-6]), ORIGIN, torch.diag(torch.tensor([1.0, -1.0])), 0.1, 145)
    assert path[145].tolist() == pytest.approx([0.9**145, 1e-6 * 1.1**145], rel=1e-7)  # start is float32


def test_sixty_seven_steps_reach_a_millionth():  # S08: (x − 3)² from 0, λ = 2
    assert steps_to(1e-6 / 3, 0.1, torch.tensor([2.0])) == 67


@pytest.mark.parametrize("rate", [0.05, 0.2, 1.7])
@pytest.mark.parametrize("fraction", [0.9, 0.5, 0.25, 1e-3, 1e-9])
def test_the_bound_is_reached_by_the_slowest_direction_and_not_a_step_before(rate, fraction):
    spectrum = torch.tensor([0.5, 1.0], dtype=torch.float64)
    slowest = max([0, 1], key=lambda i: abs(1 - rate * spectrum[i].item()))
    start = torch.eye(2, dtype=torch.float64)[slowest]
    k = steps_to(fraction, rate, spectrum)
    errors = iterates(start, ORIGIN, torch.diag(spectrum), rate, k).norm(dim=1)
    assert errors[k] <= fraction * (1 + 1e-14)  # rounding
    assert errors[k - 1] > fraction


@pytest.mark.parametrize("seed", range(3))
def test_no_start_needs_more_steps_than_the_bound(seed):
    hessian = random_hessian(4, seed)
    rate = best_rate(curvatures(hessian))
    k = steps_to(1e-2, rate, curvatures(hessian))
    for start in random_normal(20, 4, seed=seed + 5):
        errors = iterates(start, torch.zeros(4), hessian, rate, k).norm(dim=1)
        assert errors[k] <= 1e-2 * errors[0] * (1 + 1e-10)  # rounding over k steps


def test_an_exact_power_takes_exactly_its_exponent():
    assert steps_to(0.125, 0.5, torch.tensor([1.0])) == 3
    assert steps_to(0.1, 1.0, torch.tensor([1.0])) == 1  # one step lands on the optimum


SPECTRUM = torch.tensor([1.0, 2.0])


@pytest.mark.parametrize(
    "form", [{}, {"momentum": 0.9}, {"momentum": 0.5, "dampening": 0.5}, {"dampening": 0.3}]
)
def test_a_constant_gradient_is_followed_at_the_terminal_rate(form):  # Q05
    w = torch.nn.Parameter(torch.zeros((), dtype=torch.float64))
    optimizer = torch.optim.SGD([w], lr=0.01, **form)
    for _ in range(400):  # 0.9^400 is 5e-19: v has settled
        before = w.item()
        w.grad = torch.ones_like(w)
        optimizer.step()
    assert before - w.item() == pytest.approx(terminal_rate(0.01, **form), rel=1e-12)  # rounding of w


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: terminal_rate(-0.1), "rate is -0.1"),
        (lambda: terminal_rate(0.1, 1.0), "momentum is 1.0"),
        (lambda: terminal_rate(0.1, 0.9, -1.0), "dampening is -1.0"),
        (lambda: mse_hessian(torch.zeros(2, 2, 2)), r"x has shape \(2, 2, 2\)"),
        (lambda: mse_hessian(torch.zeros(0)), r"x has shape \(0,\)"),
        (lambda: normal_equations(X, Y[:, None]), r"y has shape \(4, 1\); it must be \(4,\)"),
        (lambda: normal_equations(torch.ones(4), Y), "linearly dependent"),
        (lambda: curvatures(torch.tensor([[1.0, 2.0], [3.0, 4.0]])), "not a symmetric matrix"),
        (lambda: curvatures(torch.zeros(2, 3)), "not a symmetric matrix"),
        (lambda: largest_stable_rate(torch.tensor([-1.0, 1.0])), "curvatures reach from -1.0 to 1.0"),
        (lambda: best_rate(torch.tensor([0.0, 1.0])), "curvatures reach from 0.0 to 1.0"),
        (lambda: condition_number(torch.tensor([1.0, math.nan])), "curvatures reach from nan"),
        (lambda: contraction(0.0, SPECTRUM), "rate is 0.0"),
        (lambda: contraction(math.nan, SPECTRUM), "rate is nan"),
        (lambda: best_contraction(torch.tensor([1.0, math.inf])), "curvatures reach from 1.0 to inf"),
        (lambda: iterates(ORIGIN, OPTIMUM, mse_hessian(X), -0.1, 3), "rate is -0.1"),
        (lambda: iterates(ORIGIN, OPTIMUM, mse_hessian(X), 0.1, -1), "steps is -1"),
        (lambda: steps_to(0.0, 0.1, SPECTRUM), "fraction is 0.0"),
        (lambda: steps_to(1.0, 0.1, SPECTRUM), "fraction is 1.0"),
        (lambda: steps_to(0.5, 1.0, SPECTRUM), "rate is 1.0; it must be below 1 to converge"),
    ],
)
def test_senseless_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
