"""The chain rule: whole networks differentiated by composing the derivatives by hand."""

import math

import pytest
import torch
from torch.testing import assert_close

from zoo.calculus.activations import slope, tanh, tanh_vjp
from zoo.calculus.layers import linear, linear_vjp
from zoo.calculus.losses import binary_cross_entropy_vjp, cross_entropy, cross_entropy_vjp, mse, mse_vjp
from zoo.calculus.softmax import softmax
from zoo.calculus.surfaces import quadratic_vjp

ONE = torch.tensor(1.0, dtype=torch.float64)


def matrix(*rows):
    return torch.tensor(rows, dtype=torch.float64)


def test_powers_exponential_and_logarithm_have_their_slopes():
    one, zero = matrix([1.0]), torch.zeros(1, dtype=torch.float64)
    line, _, _ = linear_vjp(one, matrix([1.7]), one, zero)
    square, _ = quadratic_vjp(ONE, matrix([1.7]), zero + 2)
    logarithm, _ = binary_cross_entropy_vjp(ONE, matrix([0.8]), one)
    assert line.item() == 1  # x, at 1.7
    assert math.isclose(square.item(), 3.4, rel_tol=1e-14)  # x², as ½ λ x² with λ = 2
    assert math.isclose(slope("elu", matrix([-1.3])).item(), 1 / 3.66929667, rel_tol=1e-8)  # eˣ − 1, at −1.3
    assert math.isclose(logarithm.item(), -1 / 0.8, rel_tol=1e-14)  # −ln p, at 0.8


def test_slopes_multiply_along_a_chain():
    h, slopes = matrix([0.7]), []
    for w in (0.5, -1.5, 2.0, 0.8):
        slopes.append(w * slope("tanh", w * h).item())
        h = tanh(w * h)
    assert math.isclose(math.prod(slopes), -0.280369, abs_tol=5e-7)


def test_one_sample_of_linear_regression_has_its_worked_gradient():
    x, y, w, b = matrix([3.0]), matrix([10.0]), matrix([2.0]), torch.ones(1, dtype=torch.float64)
    g, _ = mse_vjp(ONE, linear(x, w, b), y)
    _, dw, db = linear_vjp(g, x, w, b)
    assert (dw.item(), db.item()) == (-18, -6)  # 2 (wx + b − y) x and 2 (wx + b − y)


def test_linear_regression_has_no_slope_at_its_least_squares():
    x, y = matrix([1.0], [2.0], [3.0], [4.0]), matrix([2.0], [3.0], [5.0], [8.0])
    w, b = torch.zeros(1, 1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    g, _ = mse_vjp(ONE, linear(x, w, b), y)
    _, dw, db = linear_vjp(g, x, w, b)
    assert (dw.item(), db.item()) == (-27.5, -9)
    w, b = matrix([2.0]), torch.tensor([-0.5], dtype=torch.float64)
    p = linear(x, w, b)
    _, dw, db = linear_vjp(mse_vjp(ONE, p, y)[0], x, w, b)
    assert (mse(p, y).item(), dw.item(), db.item()) == (0.25, 0, 0)


@pytest.fixture
def network():
    """x and the parameters of a network of 3 inputs, 4 hidden tanhs and 2 outputs, for 5 samples."""
    shapes = [(5, 3), (4, 3), (4,), (2, 4), (2,)]
    return [torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


def outputs_and_backward(x, w1, b1, w2, b2):
    """The outputs, and what turns ∂L/∂outputs into the gradients of x, w1, b1, w2, b2."""
    z = linear(x, w1, b1)
    h = tanh(z)

    def backward(g):
        dh, dw2, db2 = linear_vjp(g, h, w2, b2)
        (dz,) = tanh_vjp(dh, z)
        dx, dw1, db1 = linear_vjp(dz, x, w1, b1)
        return dx, dw1, db1, dw2, db2

    return linear(h, w2, b2), backward


def test_a_regression_network_is_differentiated_by_hand(network):
    y = torch.randn(5, 2, dtype=torch.float64)
    o, backward = outputs_and_backward(*network)
    g, _ = mse_vjp(ONE, o, y)
    assert_close(g, 2 * (o - y) / (5 * 2), rtol=0, atol=1e-15)
    by_autograd = torch.autograd.grad(mse(o, y), network)
    assert_close(backward(g), by_autograd, rtol=1e-14, atol=1e-15)  # a few roundings in sums of five


def test_a_classification_network_is_differentiated_by_hand(network):
    y = torch.tensor([0, 1, 1, 0, 1])
    o, backward = outputs_and_backward(*network)
    g, _ = cross_entropy_vjp(ONE, o, y)
    assert_close(g, (softmax(o) - torch.eye(2, dtype=torch.float64)[y]) / 5, rtol=0, atol=1e-15)
    by_autograd = torch.autograd.grad(cross_entropy(o, y), network)
    assert_close(backward(g), by_autograd, rtol=1e-14, atol=1e-15)
