import math

import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close

from zoo.calculus.activations import sigmoid, sigmoid_vjp
from zoo.calculus.losses import (
    binary_cross_entropy,
    binary_cross_entropy_vjp,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_vjp,
    cross_entropy,
    cross_entropy_vjp,
    mse,
    mse_vjp,
)
from zoo.calculus.softmax import softmax, softmax_jacobian

ONE = torch.tensor(1.0, dtype=torch.float64)


def entry(value, dtype=torch.float64):
    """One sample with one output."""
    return torch.tensor([[value]], dtype=dtype, requires_grad=True)


def slope_by_autograd(loss, x):
    return torch.autograd.grad(loss, x)[0].item()


def test_values_are_those_of_pytorch():
    z = 2 * torch.randn(4, 3, dtype=torch.float64)
    soft, hard, classes = torch.rand_like(z), torch.rand_like(z).round(), torch.tensor([0, 2, 1, 2])
    ours = [mse(z, soft), cross_entropy(z, classes)]
    theirs = [F.mse_loss(z, soft), F.cross_entropy(z, classes)]
    for y in (soft, hard):
        ours += [binary_cross_entropy(sigmoid(z), y), binary_cross_entropy_with_logits(z, y)]
        theirs += [F.binary_cross_entropy(sigmoid(z), y), F.binary_cross_entropy_with_logits(z, y)]
    assert_close(ours, theirs, rtol=1e-14, atol=0)


def test_mse_is_a_mean_over_every_entry():
    p, y = torch.zeros(4, 3, dtype=torch.float64), torch.ones(4, 3, dtype=torch.float64)
    assert mse(p, y).item() == 1
    assert (mse_vjp(ONE, p, y)[0] == -1 / 6).all()  # 2 (0 − 1) / (4 · 3)


@pytest.mark.parametrize(
    ("loss_vjp", "p", "y", "expected"),
    [
        (mse_vjp, 3.0, 1.0, 4.0),
        (binary_cross_entropy_vjp, 0.8, 1.0, -1.25),
        (binary_cross_entropy_vjp, 0.8, 0.0, 5.0),
    ],
)
def test_slopes_are_the_worked_ones(loss_vjp, p, y, expected):
    assert math.isclose(loss_vjp(ONE, entry(p), entry(y))[0].item(), expected, rel_tol=1e-14)


@pytest.mark.parametrize("loss", [mse, binary_cross_entropy, binary_cross_entropy_with_logits])
def test_shapes_that_would_broadcast_are_refused(loss):
    with pytest.raises(ValueError, match=r"shape \(4, 1\) and y \(4,\); they must be the same"):
        loss(torch.rand(4, 1), torch.rand(4))


@pytest.mark.parametrize(("z", "y"), [((4, 3), (4, 1)), ((4, 3), (3,)), ((3,), ())])
def test_classes_of_another_shape_are_refused(z, y):
    with pytest.raises(ValueError, match=r"z has shape .* and y .*; they must be \(N, C\) and \(N,\)"):
        cross_entropy(torch.rand(z), torch.zeros(y, dtype=torch.int64))


@pytest.mark.parametrize("y", [-1, 3])
def test_a_class_that_is_not_there_is_refused(y):
    with pytest.raises((RuntimeError, IndexError), match="out of bounds"):
        cross_entropy(torch.zeros(1, 3), torch.tensor([y]))


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_certainty_costs_nothing_if_right_and_everything_if_wrong(right):
    y = entry(right)
    assert binary_cross_entropy(entry(right), y).item() == 0
    assert binary_cross_entropy(entry(1 - right), y).item() == math.inf


def test_cross_entropy_slope_is_what_was_said_less_what_is_true():
    z, y = 3 * torch.randn(8, 5, dtype=torch.float64), torch.arange(8) % 5
    truth = torch.eye(5, dtype=torch.float64)[y]
    dz = 8 * cross_entropy_vjp(ONE, z, y)[0]
    assert_close(dz, softmax(z) - truth, rtol=1e-12, atol=0)
    assert_close(dz.sum(dim=1), torch.zeros(8, dtype=torch.float64), rtol=0, atol=1e-15)
    assert (dz.norm(dim=1) <= math.sqrt(2)).all()


def test_cross_entropy_has_the_softmax_jacobian_for_hessian():
    z = torch.randn(5, dtype=torch.float64)
    hessian = torch.autograd.functional.hessian(lambda z: cross_entropy(z[None], torch.tensor([2])), z)
    assert_close(hessian, softmax_jacobian(z), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("classes", [10, 1000])
def test_cross_entropy_of_knowing_nothing_is_ln_c(classes):
    loss = cross_entropy(torch.zeros(2, classes, dtype=torch.float64), torch.tensor([0, 7]))
    assert math.isclose(loss.item(), math.log(classes), rel_tol=1e-12)


def test_cross_entropy_of_small_random_logits_is_ln_c_and_half_their_variance():
    z, y = 0.5 * torch.randn(10_000, 1000), torch.randint(1000, (10_000,))
    # The mean of 10 000 losses, each spread by 0.5, is known to 0.005: four of those.
    assert math.isclose(cross_entropy(z, y).item(), math.log(1000) + 0.5**2 / 2, abs_tol=0.02)


def test_cross_entropy_of_probabilities_taken_for_logits_has_a_floor():
    classes, floor = 10, math.log(1 + 9 / math.e)
    perfect = torch.eye(classes, dtype=torch.float64)
    assert math.isclose(cross_entropy(perfect, torch.arange(classes)).item(), floor, rel_tol=1e-12)
    assert math.isclose(floor, 1.4611502, abs_tol=5e-8)
    for sharpness in (0.1, 1, 10, 100):
        p = softmax(sharpness * torch.randn(100, classes, dtype=torch.float64))
        assert cross_entropy(p, p.argmax(dim=1)) >= floor


def test_saturated_and_wrong_learns_by_cross_entropy_and_not_by_mse():
    z, y = entry(-10.0), entry(1.0)
    by_cross_entropy = binary_cross_entropy_with_logits_vjp(ONE, z, y)[0].item()
    by_mse = sigmoid_vjp(mse_vjp(ONE, sigmoid(z), y)[0], z)[0].item()
    s = 1 / (1 + math.exp(10))
    assert math.isclose(by_cross_entropy, s - 1, rel_tol=1e-12)
    assert math.isclose(by_mse, 2 * (s - 1) * s * (1 - s), rel_tol=1e-12)
    assert math.isclose(by_cross_entropy, -0.9999546, abs_tol=5e-8)
    assert math.isclose(by_mse, -9.07875e-5, rel_tol=1e-6)
    assert math.isclose(by_cross_entropy / by_mse, 11014.2, rel_tol=1e-5)


def test_mse_through_a_sigmoid_is_steepest_at_a_third():
    z = torch.linspace(-8, 8, 1601, dtype=torch.float64)[:, None]
    steepest = entry(-math.log(2.0))  # σ = 1/3

    def slope(z):
        """Of each sample alone: a mean over the N of them divides by N."""
        return len(z) * sigmoid_vjp(mse_vjp(ONE, sigmoid(z), torch.ones_like(z))[0], z)[0]

    assert math.isclose(slope(steepest).item(), -8 / 27, rel_tol=1e-12)
    assert slope(z).abs().max() <= 8 / 27


def test_the_logarithm_of_a_sigmoid_dies_where_the_loss_of_logits_lives():
    z, y = entry(-89.0, torch.float32), entry(1.0, torch.float32).detach()
    naive = -torch.log(sigmoid(z)).mean()
    assert naive.item() == math.inf
    assert math.isnan(slope_by_autograd(naive, z))
    loss = binary_cross_entropy_with_logits(z, y)
    assert loss.item() == 89
    assert (
        slope_by_autograd(loss, z) == binary_cross_entropy_with_logits_vjp(ONE.float(), z, y)[0].item() == -1
    )


def test_a_sigmoid_rounded_to_one_hides_the_loss_that_logits_show():
    z, y = entry(17.0, torch.float32), entry(0.0, torch.float32).detach()
    naive = F.binary_cross_entropy(sigmoid(z), y)
    assert naive.item() == 100  # PyTorch's clamp, in place of 17
    assert slope_by_autograd(naive, z) == 0
    loss = binary_cross_entropy_with_logits(z, y)
    assert loss.item() == 17
    assert math.isclose(slope_by_autograd(loss, z), 1, abs_tol=6e-8)  # one rounding
    assert binary_cross_entropy_with_logits_vjp(ONE.float(), z, y)[0].item() == 1


def test_a_clamped_slope_forgets_what_an_exact_one_keeps():
    z, y = entry(-80.0), entry(1.0).detach()
    clamped = F.binary_cross_entropy(sigmoid(z), y)
    assert clamped.item() == 80
    assert math.isclose(slope_by_autograd(clamped, z), -math.exp(-80) * 1e12, rel_tol=1e-3)
    loss = binary_cross_entropy(sigmoid(z), y)
    assert math.isclose(loss.item(), 80, rel_tol=1e-15)
    assert math.isclose(slope_by_autograd(loss, z), -1, rel_tol=1e-15)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("z", [-1e3, -40.0, 40.0, 1e3])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_loss_of_logits_is_right_however_large(z, y, dtype):
    logit, target = entry(z, dtype), entry(y, dtype).detach()
    loss = binary_cross_entropy_with_logits(logit, target)
    wrong_by = z if y == 0 else -z
    expected = wrong_by if wrong_by > 0 else math.exp(wrong_by)  # ln(1 + eˣ), to one part in e⁴⁰
    assert math.isclose(loss.item(), expected, rel_tol=1e-6, abs_tol=1e-300)
    assert math.isclose(slope_by_autograd(loss, logit), float(wrong_by > 0) * (1 - 2 * y), abs_tol=1e-16)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_cross_entropy_is_right_however_large_the_logits(dtype):
    z = torch.tensor([[1e3, 0.0, -1e3]], dtype=dtype, requires_grad=True)
    y = torch.tensor([2])
    loss = cross_entropy(z, y)
    assert loss.item() == 2e3
    (dz,) = torch.autograd.grad(loss, z)
    assert dz.tolist() == cross_entropy_vjp(torch.ones_like(loss), z, y)[0].tolist() == [[1, 0, -1]]
