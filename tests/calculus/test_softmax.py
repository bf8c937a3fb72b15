import math

import pytest
import torch
from torch.testing import assert_close

from zoo.calculus.softmax import log_softmax, log_softmax_vjp, softmax, softmax_jacobian, softmax_vjp


@pytest.fixture
def z():
    return 2 * torch.randn(6, 5, dtype=torch.float64)


def test_values_are_those_of_pytorch(z):
    assert_close(softmax(z), torch.softmax(z, dim=-1), rtol=1e-14, atol=0)
    assert_close(log_softmax(z), torch.log_softmax(z, dim=-1), rtol=1e-14, atol=1e-15)


def test_a_known_distribution():
    z = torch.tensor([[1.0, 2.0, 3.0]], dtype=torch.float64).log()
    assert_close(softmax(z), torch.tensor([[1.0, 2.0, 3.0]], dtype=torch.float64) / 6, rtol=1e-15, atol=0)


def test_a_constant_in_the_scores_cancels(z):
    assert_close(softmax(z + 7), softmax(z), rtol=1e-14, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_large_scores_stay_finite_where_the_formula_is_not(dtype):
    z = torch.tensor([[1e3, 0.0, -1e3], [-1e3, -1e3, -1e3]], dtype=dtype, requires_grad=True)
    naive = z.exp() / z.exp().sum(dim=-1, keepdim=True)
    assert naive.isnan().any()
    third = 1 / 3
    assert_close(softmax(z), torch.tensor([[1, 0, 0], [third, third, third]], dtype=dtype))
    assert_close(log_softmax(z)[0], torch.tensor([0, -1e3, -2e3], dtype=dtype), rtol=0, atol=0)
    for f, f_vjp in [(softmax, softmax_vjp), (log_softmax, log_softmax_vjp)]:
        g = torch.randn_like(z)
        (by_hand,) = f_vjp(g, z)
        assert by_hand.isfinite().all()
        assert_close(torch.autograd.grad(f(z), z, g)[0], by_hand)


def test_jacobian_is_that_of_autograd(z):
    by_autograd = torch.stack([torch.autograd.functional.jacobian(softmax, row) for row in z])
    assert_close(softmax_jacobian(z), by_autograd, rtol=1e-12, atol=1e-15)


def test_vjp_is_the_jacobian_times_g(z):
    g = torch.randn_like(z)
    assert_close(softmax_vjp(g, z)[0], (softmax_jacobian(z) @ g[..., None])[..., 0], rtol=1e-12, atol=1e-15)


def test_jacobian_is_a_covariance(z):
    jacobian, p = softmax_jacobian(z), softmax(z)
    eigenvalues = torch.linalg.eigvalsh(jacobian)  # ascending; a matrix of norm ≤ ½, so good to 1e-15
    assert torch.equal(jacobian, jacobian.mT)
    assert_close(jacobian.sum(dim=-1), torch.zeros_like(z), rtol=0, atol=1e-15)
    assert_close(jacobian.diagonal(dim1=-2, dim2=-1).sum(-1), 1 - (p**2).sum(-1), rtol=1e-12, atol=0)
    assert_close(eigenvalues[:, 0], torch.zeros(6, dtype=torch.float64), rtol=0, atol=1e-15)
    assert (eigenvalues[:, 1] > 1e-6).all()  # rank C − 1
    assert (eigenvalues[:, -1] <= 0.5).all()


def test_jacobian_is_largest_when_two_classes_share_everything():
    z = torch.tensor([[0.0, 0.0, -60.0]], dtype=torch.float64)
    largest = torch.linalg.eigvalsh(softmax_jacobian(z))[0, -1].item()
    assert math.isclose(largest, 0.5, rel_tol=1e-12)


def test_jacobian_of_a_uniform_distribution_has_one_over_c_everywhere_but_along_the_constant():
    eigenvalues = torch.linalg.eigvalsh(softmax_jacobian(torch.zeros(1, 10, dtype=torch.float64)))[0]
    expected = torch.tensor([0.0] + 9 * [0.1], dtype=torch.float64)
    assert_close(eigenvalues, expected, rtol=1e-12, atol=1e-15)


def test_other_axes_may_stand_in_front(z):
    cube = z.reshape(2, 3, 5)
    g = torch.randn_like(z)
    assert torch.equal(softmax_vjp(g.reshape(2, 3, 5), cube)[0], softmax_vjp(g, z)[0].reshape(2, 3, 5))
    assert torch.equal(softmax_jacobian(cube), softmax_jacobian(z).reshape(2, 3, 5, 5))
