import math

import pytest
import torch

from zoo.theory.partials import (
    curvature_bound,
    gradient,
    partial,
    rounding,
    signs_angle,
    slope_error,
    steepest_slope,
)

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


@pytest.mark.parametrize("point", [(1.0, -2.0), (0.0, 0.0), (30.0, 7.0)])
def test_no_slope_over_a_reach_is_further_off_than_its_error(point):
    angles = torch.linspace(0, 2 * math.pi, 1000, dtype=torch.float64)
    u = torch.stack([angles.cos(), angles.sin()])
    g = torch.tensor(gradient(CUBIC, *point), dtype=torch.float64)
    x, y = torch.tensor(point, dtype=torch.float64)
    for reach in (1e-6, 1e-2):
        a, b = x + reach * u[0], y + reach * u[1]
        rise = a**2 * b + 3 * a * b**2 - partial(CUBIC, *point)
        off, bound = (rise / reach - g @ u).abs().max(), slope_error(CUBIC, *point, reach)
        assert float(off) <= bound
        assert bound <= 10 * float(off) + 8 * rounding(CUBIC, *point) / reach


def test_a_slope_is_off_by_half_the_bend_and_by_roundings_over_the_reach():
    # x² at 1 bends by 2; f has one term, so 8 roundings of what (2, 2) makes of it, 4, times 4
    assert slope_error([(1, 2, 0)], 1.0, 1.0, 1e-2) == pytest.approx(1e-2, rel=1e-9)
    assert slope_error([(1, 2, 0)], 1.0, 1.0, 1e-12) == pytest.approx(4 * 8 * 4 * 2.0**-53 / 1e-12, rel=1e-9)


def test_the_bound_on_curvature_is_that_of_the_positive_terms_at_the_farthest_point():
    terms = [(-3.0, 2, 1), (2.0, 1, 3)]  # at (1.5, 2.5): 6y, 6x + 6y² twice, 12xy
    assert curvature_bound(terms, 1.0, -2.0, 0.5) == pytest.approx(15 + 2 * 46.5 + 45)


@pytest.mark.parametrize(
    ("g", "degrees"), [((4, 5), 6.340191746), ((-2, 2), 0), ((0, 3), 45), ((3, -4), 8.13010235)]
)
def test_the_signs_of_a_gradient_are_at_an_angle_with_it(g, degrees):
    by_cosine = math.degrees(math.acos(min(1, sum(map(abs, g)) / math.hypot(*g) / 2**0.5)))
    assert math.degrees(signs_angle(g)) == pytest.approx(degrees, abs=1e-8)
    assert by_cosine == pytest.approx(degrees, abs=1e-5)


def test_two_ways_of_adding_up_differ_by_a_few_roundings_of_the_largest_term():
    assert rounding([(1.0, 0, 0)], 5.0, 5.0) == 8 * 2.0**-53
    assert rounding([(-1000.0, 0, 0), (1000.0, 0, 0)], 0.0, 0.0) == 2 * 8 * 2000 * 2.0**-53


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: partial([(1, 2)], 1.0, 1.0), r"a term is \[1, 2\]; it must be \[c, i, j\]"),
        (lambda: partial([(1, 2, 0.5)], 1.0, 1.0), "exponents must be whole numbers"),
        (lambda: partial([(1, -1, 0)], 1.0, 1.0), "exponents must be whole numbers"),
        (lambda: partial([(math.nan, 1, 0)], 1.0, 1.0), "a term is"),
        (lambda: partial(FORM, math.inf, 1.0), "x is inf"),
        (lambda: partial(FORM, 1e200, 1.0), r"too large for float64 at \(1e\+200, 1\)"),
        (lambda: partial([(1e200, 1, 0)], 1e200, 1.0), "too large for float64"),
        (lambda: slope_error(FORM, 1.0, 1.0, 0.0), "reach is 0.0"),
    ],
)
def test_senseless_input_is_named(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call()
