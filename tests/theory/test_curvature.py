import math

import pytest
import torch
from torch import nn

from zoo.errors import InputError
from zoo.theory.curvature import (
    along_descent,
    along_network_descent,
    angle,
    curvature_at_zero,
    derivatives_along,
    hessian,
    loss_of_weights,
    output_curvature,
    parabola_left,
    parabola_reach,
    share_of_promise,
    units_reversed,
    weights,
    widest_angle,
)

POINT = torch.tensor([1.0, 2.0], dtype=torch.float64)


def bowl(w):
    """x² + xy + y²: gradient (4, 5) at (1, 2), Hessian eigenvalues 1 and 3."""
    return w[0] ** 2 + w[0] * w[1] + w[1] ** 2


def test_derivatives_along_a_coordinate_are_those_of_a_function_of_one_variable():
    along_x = torch.tensor([1.0, 0.0], dtype=torch.float64)
    cubed = derivatives_along(lambda w: (w[0] ** 2 + 1) ** 3, POINT, along_x, order=4)
    assert cubed == [8, 24, 72, 192, 432]  # x = 1: 6x(x²+1)², and so on


def test_along_the_gradient_the_slope_is_its_square_and_the_curvature_is_the_hessians():
    """g = (4, 5), and gᵀHg = 2 · 16 + 2 · 20 + 2 · 25."""
    assert along_descent(bowl, POINT) == [7, -41, 122, 0, 0]


def test_a_constant_has_derivatives_and_they_are_0():
    assert derivatives_along(lambda w: 0 * w.sum() + 3, POINT, POINT, order=2) == [3, 0, 0]


def test_the_hessian_is_the_table_of_second_derivatives():
    assert torch.equal(hessian(bowl, POINT), torch.tensor([[2.0, 1.0], [1.0, 2.0]], dtype=torch.float64))
    assert torch.linalg.eigvalsh(hessian(bowl, POINT)).tolist() == pytest.approx([1, 3])


def test_a_loss_of_weights_is_the_networks_loss_and_leaves_the_network_alone():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    x = torch.randn(5, 3, dtype=torch.float64)
    loss, w = loss_of_weights(network, x, lambda p: (p**2).mean()), weights(network)
    assert float(loss(w)) == pytest.approx(float((network(x) ** 2).mean().detach()))
    assert float(loss(0 * w)) == 0
    assert torch.equal(weights(network), w)
    (network(x) ** 2).mean().backward()
    by_backward = torch.cat([p.grad.flatten() for p in network.parameters()])
    torch.testing.assert_close(torch.func.grad(loss)(w), by_backward)


def test_many_points_are_evaluated_at_once():
    network = nn.Linear(2, 1, bias=False).double()
    loss = loss_of_weights(network, torch.eye(2, dtype=torch.float64), lambda p: (p**2).sum())
    points = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=torch.float64)
    assert torch.func.vmap(loss)(points).tolist() == [5, 25]


def test_on_a_quadratic_the_curvature_says_all_of_what_is_kept():
    """f = (x − 3)² at 0: a step of 0.3 lowers it by 0.3 · 36 · (1 − 0.3)."""

    def f(w):
        return ((w - 3) ** 2).sum()

    zero = torch.zeros(1, dtype=torch.float64)
    assert share_of_promise(along_descent(f, zero), 0.3) == (pytest.approx(0.7), 0)
    assert 9 - float(f(zero + 0.3 * 6)) == pytest.approx(0.3 * 36 * 0.7)


def exponential(w):
    """eˣ, of which at 0 all derivatives are 1: along −g they are 1, −1, 1, −1, 1."""
    return torch.exp(w).sum()


ZERO = torch.zeros(1, dtype=torch.float64)


@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_what_is_left_out_of_the_promise_is_of_the_size_that_is_said(rate):
    kept, error = share_of_promise(along_descent(exponential, ZERO), rate)
    measured = (1 - math.exp(-rate)) / rate
    assert error / 2.5 < abs(measured - kept) < error


def test_what_is_left_out_of_the_promise_is_twice_the_next_two_terms_of_the_series():
    """Δf = −η g² + … − η³ f‴/6 + η⁴ f⁗/24, over −η g²: with g² = 1, f‴ = 6 and f⁗ = 24, η² and η³."""
    _, third = share_of_promise([0.0, -1.0, 0.0, 6.0, 0.0], 0.5)
    _, fourth = share_of_promise([0.0, -1.0, 0.0, 0.0, 24.0], 0.5)
    assert (third, fourth) == (pytest.approx(2 * 0.5**2), pytest.approx(2 * 0.5**3))


def test_what_rounding_adds_to_the_power_is_a_hundred_units_of_the_loss():
    """(w − 1)³ at 0, lifted by a million: along −g = −3 its third derivative is −6 · 27, and t is 0.1."""
    _, error = parabola_reach(lambda w: (w - 1).sum() ** 3 + 1e6, ZERO)
    rounding = 100 * 2**-53 * 1e6 / (27 * 0.01**3)
    assert error - math.log10(1.05) == pytest.approx(rounding, rel=1e-3)


def test_what_the_parabola_leaves_over_is_the_rest_of_the_series():
    left = parabola_left(exponential, ZERO, 0.1)
    assert left == pytest.approx(math.exp(-0.1) - 1 + 0.1 - 0.005, abs=1e-15)
    assert left == pytest.approx(-(0.1**3) / 6 + 0.1**4 / 24 - 0.1**5 / 120, abs=1e-8)


def test_the_parabola_reaches_to_where_the_third_derivative_has_changed_by_a_twentieth_or_to_a_tenth():
    """Of eˣ along −g it is −e⁻ᵗ, and e^0.0488 = 1.05; a halving is divided in four."""
    t, _ = parabola_reach(exponential, ZERO)
    assert t < math.log(1.05) < t * 2**0.25
    t, error = parabola_reach(lambda w: (w - 1).sum() ** 3, ZERO)
    assert (t, error) == (pytest.approx(0.1), pytest.approx(math.log10(1.05), abs=1e-6))


@pytest.mark.parametrize(
    "loss",
    [
        exponential,
        lambda w: (-w + w**3 + 500 * w**5).sum(),  # its fourth derivative at 0 is 0
        lambda w: (-w + w**3 - 500 * w**5).sum(),
        lambda w: (-w + w**3 + 30 * w**4).sum(),
        lambda w: (torch.tanh(5 * w + 1) - 2).square().sum(),
    ],
)
def test_what_the_parabola_leaves_over_is_a_third_power_within_the_error(loss):
    t, error = parabola_reach(loss, ZERO)
    far, near = (abs(parabola_left(loss, ZERO, each)) for each in (t, t / 10))
    assert 0 < abs(math.log10(far / near) - 3) < error < 0.03


def test_of_a_bowl_no_third_power_is_left_over_and_none_is_to_be_seen():
    assert parabola_reach(bowl, POINT)[1] == math.inf


def test_the_weights_after_tanh_units_are_curved_by_no_more_than_twice_as_many_and_one():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    nn.init.constant_(network[0].weight, 100.0)  # all units are ±1, all together
    x = torch.rand(6, 3, dtype=torch.float64)
    h = hessian(loss_of_weights(network, x, lambda p: ((p - 1) ** 2).mean()), weights(network))
    assert float(torch.linalg.eigvalsh(h[-5:, -5:])[-1]) == pytest.approx(output_curvature(4))


def test_units_in_another_order_are_the_same_network():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    loss, w = loss_of_weights(network, torch.randn(5, 3).double(), lambda p: (p**2).mean()), weights(network)
    copy = units_reversed(w, 4)
    assert float(loss(copy)) == pytest.approx(float(loss(w)), rel=1e-14)
    assert not torch.equal(copy, w)
    assert torch.equal(units_reversed(copy, 4), w)


@pytest.mark.parametrize("condition", [1.0, 4.0, 100.0])
def test_no_point_of_a_bowl_has_its_gradient_turned_further_and_one_as_far(condition):
    curvatures = torch.tensor([1.0, (1 + condition) / 2, condition], dtype=torch.float64)
    points = torch.randn(10_000, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    points = torch.cat([points, torch.tensor([[1, 0, condition**-0.5]], dtype=torch.float64)])
    cosines = torch.nn.functional.cosine_similarity(points, curvatures * points)
    degrees = torch.rad2deg(torch.acos(cosines.clamp(max=1)))
    widest = widest_angle(condition)
    assert float(degrees[:-1].max()) <= widest + 1e-5
    assert float(degrees[-1]) == pytest.approx(widest, abs=1e-5)


def test_a_bowl_a_hundred_times_steeper_turns_by_79_degrees():
    assert widest_angle(100) == pytest.approx(78.5788, abs=1e-4)
    assert widest_angle(4) == pytest.approx(36.8699, abs=1e-4)


def test_along_its_own_descent_a_linear_network_has_a_parabola_and_no_more():
    network = nn.Linear(1, 1, bias=False).double()
    nn.init.constant_(network.weight, 3.0)
    x = torch.tensor([[2.0]], dtype=torch.float64)  # L = (2w)² = 36, g = 8w = 24, H = 8
    assert along_network_descent(network, x, lambda p: (p**2).sum()) == [36, -(24**2), 8 * 24**2, 0, 0]


def test_angles_are_in_degrees_and_small_ones_are_not_lost():
    u = torch.tensor([1.0, 0.0], dtype=torch.float64)
    v = torch.tensor([[2.0, 0.0], [3.0, 3.0], [0.0, 5.0], [-1.0, 0.0], [1.0, 1e-12]], dtype=torch.float64)
    assert angle(u, v).tolist() == pytest.approx([0, 45, 90, 180, math.degrees(1e-12)], rel=1e-12)


@pytest.mark.parametrize("units", [1, 5])
def test_at_zero_a_tanh_network_has_no_slope_and_one_way_down_a_unit(units):
    torch.manual_seed(0)
    x, y = torch.randn(7, 3, dtype=torch.float64), torch.randn(7, 1, dtype=torch.float64)
    y -= y.mean()
    network = nn.Sequential(nn.Linear(3, units), nn.Tanh(), nn.Linear(units, 1)).double()
    loss, zero = loss_of_weights(network, x, lambda p: ((p - y) ** 2).mean()), 0 * weights(network)
    assert float(torch.func.grad(loss)(zero).norm()) < 1e-15
    s, eigenvalues = curvature_at_zero(x, y), torch.linalg.eigvalsh(hessian(loss, zero)).tolist()
    flat = len(eigenvalues) - 2 * units - 1
    assert eigenvalues == pytest.approx(sorted([-s] * units + [0] * flat + [s] * units + [2]), abs=1e-14)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InputError, match="order is -1"):
        derivatives_along(bowl, POINT, POINT, order=-1)
    with pytest.raises(InputError, match=r"direction has shape \(3,\); w has \(2,\)"):
        derivatives_along(bowl, POINT, torch.zeros(3), order=1)
    with pytest.raises(InputError, match="rate is 0"):
        share_of_promise([1.0, -1.0, 0.0, 0.0, 0.0], 0.0)
    with pytest.raises(InputError, match=r"the slope along −g is 0\.0"):
        share_of_promise([1.0, 0.0, 0.0, 0.0, 0.0], 0.1)
    with pytest.raises(InputError, match="change is 0"):
        parabola_reach(bowl, POINT, change=0.0)
    with pytest.raises(InputError, match=r"x has shape \(2, 1\) and y \(2,\)"):
        curvature_at_zero(torch.zeros(2, 1), torch.zeros(2))
    with pytest.raises(InputError, match=r"condition is 0\.5"):
        widest_angle(0.5)
