import math

import pytest
import torch
from torch.testing import assert_close

from zoo.calculus.surfaces import quadratic_vjp
from zoo.models import Logistic, Polynomial, Quadratic

ONE = torch.tensor(1.0, dtype=torch.float64)


def test_the_height_is_half_the_curvatures_times_the_squares():
    assert Quadratic([2.0, -6.0], [3.0, 1.0])().item() == 9 - 3


def test_copies_start_together_and_their_heights_add_up():
    surface = Quadratic([2.0, -6.0], [3.0, 1.0], copies=4)
    assert surface.point.tolist() == [[3.0, 1.0]] * 4
    assert surface().item() == 4 * (9 - 3)


def test_the_gradient_is_that_of_the_hand_and_no_copy_feels_another():
    surface = Quadratic([2.0, -6.0], [0.0, 0.0], copies=3)
    x = torch.randn(3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        surface.point.copy_(x)
    surface().backward()
    assert_close(surface.point.grad, quadratic_vjp(ONE, x, surface.curvatures)[0], rtol=1e-15, atol=0)
    assert_close(surface.point.grad, x * surface.curvatures, rtol=1e-15, atol=0)


def test_only_the_point_is_learnt():
    surface = Quadratic([1.0], [1.0])
    assert [name for name, _ in surface.named_parameters()] == ["point"]
    assert not surface.curvatures.requires_grad
    assert "curvatures" in dict(surface.named_buffers())  # so that it moves to the GPU with the point


def test_it_counts_in_float64_whatever_pytorch_prefers():
    assert torch.get_default_dtype() == torch.float32
    surface = Quadratic([1.0], [0.1])
    assert surface.point.dtype == surface.curvatures.dtype == surface().dtype == torch.float64
    assert surface.point.item() == 0.1


@pytest.mark.parametrize(
    ("start", "radius", "escaped"),
    [
        ([0.0, 0.5], 0.5, True),
        ([0.0, -0.5], 0.5, True),
        ([0.0, 0.5], 0.5000001, False),
        ([9.0, 0.1], 0.5, False),  # far out, but up the other way
    ],
)
def test_a_point_has_escaped_once_it_is_the_radius_down_the_negative_curvature(start, radius, escaped):
    assert Quadratic([1.0, -1.0], start).escaped(radius) is escaped


def test_one_point_that_escapes_is_enough():
    surface = Quadratic([-1.0], [0.0], copies=3)
    with torch.no_grad():
        surface.point[1] = 2.0
    assert surface.escaped(1.0)


def test_nothing_escapes_from_a_bowl_or_along_a_flat():
    assert not Quadratic([1.0, 0.0], [9.0, 9.0]).escaped(1.0)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (([1.0], [1.0, 2.0]), "^curvatures has 1 entries and start 2; they must have as many, at least 1$"),
        (([], []), "^curvatures has 0 entries and start 0; they must have as many, at least 1$"),
        (([1.0], [1.0], 0), "^copies is 0; it must be at least 1$"),
        (([1.0], [1.0], -1), "^copies is -1; it must be at least 1$"),
    ],
)
def test_what_has_nothing_to_move_is_refused(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        Quadratic(*arguments)


def test_a_polynomial_has_its_constant_first():
    assert Polynomial([9.0, -6.0, 1.0], 5.0)().item() == (5 - 3) ** 2
    assert Polynomial([7.0], 5.0)().item() == 7
    assert Polynomial([9.0, -6.0, 0.1], 5.0).numbers == [9.0, -6.0, 0.1]


def test_points_of_a_line_start_evenly_spaced_and_their_heights_add_up():
    surface = Polynomial([0.0, 0.0, 1.0], -1.0, 2.0, copies=4)
    assert surface.point.tolist() == [[-1.0], [0.0], [1.0], [2.0]]
    assert surface().item() == 1 + 0 + 1 + 4
    assert Polynomial([0.0, 1.0], 3.0, copies=2).point.tolist() == [[3.0], [3.0]]


def test_the_logistic_loss_falls_for_ever_and_never_reaches_0():
    heights = [Logistic(x)().item() for x in (0.0, 1.0, 30.0)]
    assert heights == pytest.approx([math.log(2), math.log1p(math.exp(-1)), math.exp(-30)], rel=1e-12)


@pytest.mark.parametrize("kind", [lambda x: Polynomial([0.0, 1.0], x), Logistic])
def test_on_a_line_a_point_has_escaped_on_either_side(kind):
    assert kind(2.0).escaped(2.0)
    assert kind(-2.0).escaped(2.0)
    assert not kind(1.9).escaped(2.0)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Polynomial([], 0.0), "^coefficients is empty; a polynomial has at least 1$"),
        (lambda: Polynomial([1.0], 0.0, copies=0), "^copies is 0; it must be at least 1$"),
        (lambda: Logistic(copies=-1), "^copies is -1; it must be at least 1$"),
    ],
)
def test_a_line_with_nothing_to_move_is_refused(make, complaint):
    with pytest.raises(ValueError, match=complaint):
        make()
