import pytest
import torch
from torch.testing import assert_close

from zoo.calculus.surfaces import quadratic, quadratic_vjp

ONE = torch.tensor(1.0, dtype=torch.float64)
CURVATURES = torch.tensor([3.0, -2.0, 0.5], dtype=torch.float64)


def test_value_is_half_the_curvature_times_the_square():
    assert (
        quadratic(torch.tensor([1.0, 2.0, 4.0]), torch.tensor([3.0, -2.0, 0.5])).item() == 1.5
    )  # ½ (3 − 8 + 8)


def test_half_a_sum_of_squares_has_the_gradient_x():
    x = torch.randn(4, 3, dtype=torch.float64)
    dx, dcurvatures = quadratic_vjp(ONE, x, torch.ones(3, dtype=torch.float64))
    assert torch.equal(dx, x)
    assert_close(dcurvatures, (x**2).sum(dim=0) / 2, rtol=1e-15, atol=0)


def test_hessian_is_the_diagonal_of_curvatures():
    x = torch.randn(3, dtype=torch.float64)
    hessian = torch.autograd.functional.hessian(lambda x: quadratic(x, CURVATURES), x)
    assert torch.equal(hessian, torch.diag(CURVATURES))


def test_a_negative_curvature_makes_the_origin_a_saddle():
    origin = torch.zeros(3, dtype=torch.float64)
    assert quadratic_vjp(ONE, origin, CURVATURES)[0].count_nonzero() == 0
    up, down, _ = torch.eye(3, dtype=torch.float64)
    assert quadratic(up, CURVATURES) > quadratic(origin, CURVATURES) > quadratic(down, CURVATURES)


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3)])
def test_points_add_up_whatever_their_axes(shape):
    x = torch.randn(*shape, dtype=torch.float64, requires_grad=True)
    curvatures = CURVATURES.clone().requires_grad_()
    f = quadratic(x, curvatures)
    each = sum(quadratic(point, curvatures) for point in x.reshape(-1, 3))
    assert_close(f, each, rtol=1e-14, atol=1e-15)
    by_autograd = torch.autograd.grad(f, (x, curvatures))
    assert_close(quadratic_vjp(ONE, x, curvatures), by_autograd, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("curvatures", [(), (1,), (4,)])
def test_curvatures_that_would_broadcast_are_refused(curvatures):
    with pytest.raises(ValueError, match=r"x has shape \(4, 1, 2\) and curvatures .*; they must be"):
        quadratic(torch.rand(4, 1, 2), torch.rand(curvatures))
