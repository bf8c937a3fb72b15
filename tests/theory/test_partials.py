import math

import pytest
import torch

from zoo.theory.partials import curvature_bound, gradient, partial, steepest_angle, steepest_slope

FORM = [(1, 2, 0), (1, 1, 1), (1, 0, 2)]  # x² + xy + y²
CUBIC = [(1, 2, 1), (3, 1, 2)]  # x²y + 3xy²


def test_the_other_variable_is_a_constant():
    assert gradient(CUBIC, 2.0, 3.0) == (2 * 2 * 3 + 3 * 9, 4 + 6 * 2 * 3) == (39, 40)
    assert gradient(FORM, 1.0, 2.0) == (4, 5)


def test_the_order_of_differentiation_does_not_matter():
    assert partial(CUBIC, 2.0, 3.0, by_x=1, by_y=1) == 2 * 2 + 6 * 3


@pytest.mark.parametrize(("by_x", "by_y"), [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (2, 1)])
def test_partials_are_those_of_autograd(by_x, by_y):
    x, y = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (0.7, -1.3))
    f = 2 * x**3 * y**2 - 0.5 * x * y**4 + x**2
    for variable, times in ((x, by_x), (y, by_y)):
        for _ in range(times):
            (f,) = torch.autograd.grad(f, variable, create_graph=True)
    terms = [(2, 3, 2), (-0.5, 1, 4), (1, 2, 0)]
    assert partial(terms, 0.7, -1.3, by_x=by_x, by_y=by_y) == pytest.approx(f.item(), rel=1e-13)


def test_no_curvature_within_the_radius_exceeds_its_bound():
    bound, generator = curvature_bound(CUBIC, 1.0, -2.0, 0.5), torch.Generator().manual_seed(0)
    for x, y, angle in torch.rand(200, 3, generator=generator, dtype=torch.float64).tolist():
        u, v = math.cos(7 * angle), math.sin(7 * angle)
        at = (1 + (x - 0.5) * 0.7, -2 + (y - 0.5) * 0.7)
        bend = (
            u * u * partial(CUBIC, *at, by_x=2)
            + 2 * u * v * partial(CUBIC, *at, by_x=1, by_y=1)
            + v * v * partial(CUBIC, *at, by_y=2)
        )
        assert abs(bend) <= bound


@pytest.mark.parametrize("g", [(4.0, 5.0), (-18.0, -6.0), (0.0, 2.0)])
def test_no_direction_of_length_1_is_steeper_than_the_dual_norm_and_one_is_as_steep(g):
    angles = torch.linspace(0, 2 * math.pi, 200_001, dtype=torch.float64)
    u = torch.stack([angles.cos(), angles.sin()])
    lengths = {"euclidean": u.norm(dim=0), "largest": u.abs().amax(dim=0), "sum": u.abs().sum(dim=0)}
    for norm, length in lengths.items():
        slopes = torch.tensor(g, dtype=torch.float64) @ (u / length)
        assert float(slopes.max()) == pytest.approx(steepest_slope(g, norm), rel=1e-4)
        assert float(slopes.max()) <= steepest_slope(g, norm) * (1 + 1e-12)


def test_the_steepest_direction_is_the_gradients():
    assert steepest_angle((4.0, 5.0)) == pytest.approx(math.degrees(0.896055), abs=1e-4)
    assert steepest_angle((-1.0, 0.0)) == 180


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: partial([(1, 2)], 1.0, 1.0), r"a term is \[1, 2\]; it must be \[c, i, j\]"),
        (lambda: partial([(1, 2, 0.5)], 1.0, 1.0), "exponents must be whole numbers"),
        (lambda: partial([(1, -1, 0)], 1.0, 1.0), "exponents must be whole numbers"),
        (lambda: partial([(math.nan, 1, 0)], 1.0, 1.0), "a term is"),
        (lambda: partial(FORM, math.inf, 1.0), "x is inf"),
        (lambda: steepest_angle((0.0, 0.0)), "no direction is steepest"),
    ],
)
def test_senseless_input_is_named(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call()
