"""Two inputs, two hidden sigmoids, two output sigmoids, and every digit printed (Mazur 2015).

Its error ½ Σ (t − o)² is our mean over the two outputs. The biases stay where they are.
"""

import math

import torch

from zoo.calculus.activations import sigmoid, sigmoid_vjp
from zoo.calculus.layers import linear, linear_vjp
from zoo.calculus.losses import mse, mse_vjp

ONE = torch.tensor(1.0, dtype=torch.float64)
X = torch.tensor([[0.05, 0.10]], dtype=torch.float64)
Y = torch.tensor([[0.01, 0.99]], dtype=torch.float64)
B1 = torch.tensor([0.35, 0.35], dtype=torch.float64)
B2 = torch.tensor([0.60, 0.60], dtype=torch.float64)


def error_and_gradients(w1, w2):
    z1 = linear(X, w1, B1)
    h = sigmoid(z1)
    z2 = linear(h, w2, B2)
    o = sigmoid(z2)

    do, _ = mse_vjp(ONE, o, Y)
    (dz2,) = sigmoid_vjp(do, z2)
    dh, dw2, _ = linear_vjp(dz2, h, w2, B2)
    (dz1,) = sigmoid_vjp(dh, z1)
    _, dw1, _ = linear_vjp(dz1, X, w1, B1)
    return mse(o, Y).item(), dw1, dw2


def weights_after(steps):
    w1 = torch.tensor([[0.15, 0.20], [0.25, 0.30]], dtype=torch.float64)
    w2 = torch.tensor([[0.40, 0.45], [0.50, 0.55]], dtype=torch.float64)
    for _ in range(steps):
        _, dw1, dw2 = error_and_gradients(w1, w2)
        w1, w2 = w1 - 0.5 * dw1, w2 - 0.5 * dw2
    return w1, w2


# Each tolerance is half of the last digit printed.


def test_first_error_and_gradient_are_the_printed_ones():
    error, _, dw2 = error_and_gradients(*weights_after(0))
    assert math.isclose(error, 0.298371109, abs_tol=5e-10)
    assert math.isclose(dw2[0, 0].item(), 0.082167041, abs_tol=5e-10)


def test_first_step_leads_to_the_printed_weights():
    w1, w2 = weights_after(1)
    assert math.isclose(w2[0, 0].item(), 0.35891648, abs_tol=5e-9)
    assert math.isclose(w1[0, 0].item(), 0.149780716, abs_tol=5e-10)


def test_error_after_one_step_is_the_printed_one_to_six_digits():
    error, _, _ = error_and_gradients(*weights_after(1))
    assert math.isclose(error, 0.29102777369, abs_tol=5e-12)
    assert math.isclose(error, 0.291027924, rel_tol=1e-6)  # the page's own, 1.5e-7 off


def test_error_after_ten_thousand_steps_is_the_printed_one_to_three_digits():
    error, _, _ = error_and_gradients(*weights_after(10_000))
    assert math.isclose(error, 3.51019e-5, abs_tol=5e-11)
    assert math.isclose(error, 3.51085e-5, rel_tol=1e-3)  # the page's own
