import math

import pytest
import torch

from zoo.theory.taylor import behaviour, derivative, leading_order, log_slope, remainder

SQUARE = [0.0, 0.0, 1.0]
COMPOSED = [1.0, 0.0, 3.0, 0.0, 3.0, 0.0, 1.0]  # (x² + 1)³
JOURNEY = [0.0, 9.0, -6.0, 1.0]


@pytest.mark.parametrize(
    ("coefficients", "x", "derivatives"),
    [
        (SQUARE, 2.0, [4, 4, 2, 0]),
        (COMPOSED, 1.0, [8, 24, 72, 192]),
        (COMPOSED, 2.0, [125, 300]),
        (JOURNEY, 0.5, [3.125, 3.75, -9, 6, 0]),
        (JOURNEY, 2.0, [2, -3, 0, 6]),
        ([5.0], 3.0, [5, 0]),
    ],
)
def test_derivatives_are_those_of_the_power_rule(coefficients, x, derivatives):
    assert [derivative(coefficients, x, m) for m in range(len(derivatives))] == derivatives


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_derivatives_are_those_of_autograd(order):
    coefficients, x = [0.3, -1.2, 0.7, 2.1, -0.4], torch.tensor(0.83, dtype=torch.float64, requires_grad=True)
    f = sum(c * x**k for k, c in enumerate(coefficients))
    for _ in range(order):
        (f,) = torch.autograd.grad(f, x, create_graph=True)
    assert derivative(coefficients, 0.83, order) == pytest.approx(f.item(), rel=1e-13)


def test_the_square_leaves_exactly_the_square_of_the_step():
    assert remainder(SQUARE, 2.0, 0.01, 1) == 0.01**2


@pytest.mark.parametrize("order", [0, 1, 2, 5])
def test_what_is_left_over_is_what_the_taylor_polynomial_misses(order):
    x, h = 0.7, 0.3
    taylor = sum(derivative(COMPOSED, x, m) * h**m / math.factorial(m) for m in range(order + 1))
    assert remainder(COMPOSED, x, h, order) == pytest.approx(((x + h) ** 2 + 1) ** 3 - taylor, rel=1e-10)


def test_a_polynomial_of_the_full_degree_leaves_nothing_over():
    assert remainder(COMPOSED, 0.7, 0.3, 6) == 0
    assert leading_order(COMPOSED, 0.7, 6) is None


@pytest.mark.parametrize(("order", "slope"), [(1, 2), (2, 3)])
def test_the_remainder_falls_by_one_power_more_than_the_polynomial_has(order, slope):
    assert leading_order(COMPOSED, 1.0, order) == slope
    assert log_slope(COMPOSED, 1.0, 1e-6, order) == pytest.approx(slope, abs=1e-5)


def test_a_derivative_that_is_0_is_passed_over():
    assert leading_order([0.0, 1.0, 0.0, 0.0, 1.0], 0.0, 1) == 4


@pytest.mark.parametrize(
    ("coefficients", "x", "name"),
    [
        (SQUARE, 2.0, "rises"),
        (SQUARE, -2.0, "falls"),
        (SQUARE, 0.0, "minimum"),
        ([0.0, 0.0, -1.0], 0.0, "maximum"),
        ([0.0, 0.0, 0.0, 1.0], 0.0, "inflection"),
        ([0.0, 0.0, 0.0, -1.0], 0.0, "inflection"),
        ([0.0, 0.0, 0.0, 0.0, 1.0], 0.0, "minimum"),
        ([3.0], 0.0, "constant"),
    ],
)
def test_the_first_derivative_that_is_not_0_says_what_a_function_does(coefficients, x, name):
    assert behaviour(coefficients, x) == name


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: derivative(SQUARE, math.nan), "x is nan"),
        (lambda: derivative([math.inf], 1.0), r"coefficients\[0\] is inf"),
        (lambda: derivative(SQUARE, 1.0, -1), "order is -1"),
        (lambda: remainder(SQUARE, 1.0, math.inf, 1), "h is inf"),
        (lambda: log_slope(SQUARE, 1.0, 0.1, 2), "h is 0.1; there the Taylor polynomial of order 2 leaves"),
    ],
)
def test_senseless_input_is_named(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call()
