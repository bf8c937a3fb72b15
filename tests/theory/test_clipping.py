import math

import pytest
import torch

from zoo.theory.clipping import (
    angle_by_value,
    gaussian_angle_by_value,
    gaussian_angle_standard_error,
    longest_walk,
    norm_coefficient,
    output_layer_bound,
)


def test_clipping_by_norm_multiplies_every_tensor_alike():  # K01
    together = [torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))]
    apart = [torch.nn.Parameter(torch.zeros(1, dtype=torch.float64)) for _ in range(2)]
    together[0].grad = torch.tensor([3.0, 4.0], dtype=torch.float64)
    apart[0].grad, apart[1].grad = together[0].grad[:1].clone(), together[0].grad[1:].clone()
    for parameters in (together, apart):
        assert torch.nn.utils.clip_grad_norm_(parameters, 1.0).item() == 5
        clipped = torch.cat([p.grad for p in parameters])
        expected = norm_coefficient(5.0, 1.0) * torch.tensor([3.0, 4.0], dtype=torch.float64)
        torch.testing.assert_close(
            clipped, expected, rtol=1e-15, atol=0
        )  # the same product, but for rounding


def test_the_coefficient_is_a_little_below_the_ratio():  # K01
    # 1/(5 + 1e-6) = 0.2 (1 − 2e-7) up to its square, 4e-14
    assert norm_coefficient(5.0, 1.0) == pytest.approx(0.2 * (1 - 2e-7), rel=1e-12)


@pytest.mark.parametrize("norm", [0.0, 0.3, 1 - 1e-6])
def test_a_small_gradient_is_not_clipped(norm):
    assert norm_coefficient(norm, 1.0) == pytest.approx(1, abs=1e-15)  # (1 − 1e-6) + 1e-6 may round


@pytest.mark.parametrize(
    ("gradient", "degrees"),
    [
        pytest.param((3.0, 4.0), 8.1301, id="K02-3-4"),
        pytest.param((0.1, 10.0), 5.1377, id="K02-.1-10"),
        pytest.param((1.0, 100.0), 44.4271, id="K02-1-100"),
        pytest.param((-1.0, 100.0), 44.4271, id="K02-mirrored"),
        pytest.param((0.5, -0.9), 0.0, id="nothing to clip"),
        pytest.param((7.0,), 0.0, id="one dimension has one direction"),
    ],
)
def test_clipping_by_value_turns_the_gradient(gradient, degrees):
    assert angle_by_value(torch.tensor(gradient), 1.0) == pytest.approx(degrees, abs=5e-5)  # 4 digits printed


def test_the_angle_is_that_of_the_diagonal():  # K02, in closed form
    assert angle_by_value(torch.tensor([3.0, 4.0]), 1.0) == pytest.approx(
        math.degrees(math.atan2(4, 3)) - 45, abs=1e-12
    )


def test_an_angle_of_a_millionth_of_a_degree_is_seen():
    gradient = torch.tensor([1.0, 1.0 + 1e-8], dtype=torch.float64)
    # of ∠ = 1e-8/2 rad; the unit vectors are rounded to 1e-16
    assert angle_by_value(gradient, 1.0) == pytest.approx(math.degrees(5e-9), rel=1e-6)


def test_the_angle_does_not_depend_on_the_unit():
    gradient = torch.randn(50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert angle_by_value(1000 * gradient, 500.0) == pytest.approx(angle_by_value(gradient, 0.5), rel=1e-12)


def test_a_tiny_limit_leaves_the_signs():  # K03
    predicted = gaussian_angle_by_value(1e-6)
    assert predicted == pytest.approx(
        math.degrees(math.acos(math.sqrt(2 / math.pi))), abs=1e-4
    )  # linear in c
    assert predicted == pytest.approx(37.0714, abs=1e-4)


@pytest.mark.parametrize("limit", [1e-6, 0.1, 0.5, 1.0, 2.0, 3.0])
def test_a_hundred_thousand_gaussian_entries_turn_as_predicted(limit):  # K03
    gradient = torch.randn(100_000, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    # the angle's spread is below 0.1° at this dimension; K03 allows 0.3°
    assert angle_by_value(7 * gradient, 7 * limit) == pytest.approx(gaussian_angle_by_value(limit), abs=0.3)


def test_the_closed_form_is_the_integral():
    z = (torch.arange(200_000, dtype=torch.float64) + 0.5) * 1e-4 - 10
    mass = torch.exp(-(z**2) / 2) * 1e-4 / math.sqrt(2 * math.pi)
    for limit in (0.05, 0.7, 2.5):
        clipped = z.clamp(-limit, limit)
        cosine = (mass @ (z * clipped)) / (mass @ clipped**2).sqrt()
        # the midpoint rule errs by (1e-4)² at the kinks
        assert gaussian_angle_by_value(limit) == pytest.approx(math.degrees(math.acos(cosine)), abs=1e-5)


@pytest.mark.parametrize("limit", [1e-300, 1e-170, 1e-8])
def test_the_smallest_limits_leave_the_signs_too(limit):
    signs = math.degrees(math.acos(math.sqrt(2 / math.pi)))
    assert gaussian_angle_by_value(limit) == pytest.approx(signs, rel=2 * limit, abs=1e-12)  # 1 − 0.54 c
    assert gaussian_angle_standard_error(limit, 1000) == pytest.approx(0.6381, rel=1e-3)
    assert angle_by_value(torch.tensor([0.5, 1.0]), limit) == pytest.approx(
        45 - math.degrees(math.atan2(1, 2)), abs=1e-12
    )


@pytest.mark.parametrize(
    ("limit", "degrees"),  # as an arccosine, in 100 digits
    [
        (1e-3, 37.051265150562),
        (0.0101, 36.8677109530828),
        (3.0, 1.14826237072560),
        (8.0, 3.44490744211723e-07),
    ],
)
def test_no_digits_cancel(limit, degrees):
    assert gaussian_angle_by_value(limit) == pytest.approx(degrees, rel=1e-10)


def test_entries_may_be_as_large_or_small_as_float64_has_them():
    for size in (1e-200, 1.0, 1e200):
        gradient = size * torch.tensor([1.0, 100.0], dtype=torch.float64)
        assert angle_by_value(gradient, size) == pytest.approx(44.4270613, abs=1e-7)


def test_a_limit_that_nothing_reaches_leaves_the_direction():
    assert gaussian_angle_by_value(40.0) == 0
    assert gaussian_angle_by_value(1e300) == 0
    assert angle_by_value(torch.tensor([1.0, 2.0]), 1e300) == 0


@pytest.mark.parametrize("limit", [0.001, 0.3, 1.0, 3.0])
def test_the_angle_of_a_sample_strays_by_its_standard_error(limit):
    g = torch.randn(400, 4000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    angles = torch.tensor([angle_by_value(row, limit) for row in g])
    error = gaussian_angle_standard_error(limit, 4000)
    # 400 angles know their deviation to 3.5 %; far out, where few entries are clipped, the next order counts
    assert angles.std().item() == pytest.approx(error, rel=0.18)
    # four standard errors of the mean, and the bias of a function of means, of the order of error²
    expected = gaussian_angle_by_value(limit)
    assert angles.mean().item() == pytest.approx(expected, abs=4 * error / 20 + 0.5 * error**2)


def test_the_standard_error_falls_with_the_root_of_the_entries():
    one, four = (gaussian_angle_standard_error(1.0, entries) for entries in (1000, 4000))
    assert one / four == pytest.approx(2, rel=1e-12)
    assert gaussian_angle_standard_error(40.0, 1000) == 0  # a limit that nothing reaches


@pytest.mark.parametrize("form", [{"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"momentum": 0.0}])
def test_a_straight_walk_comes_near_the_longest_and_no_walk_is_longer(form):
    w = torch.nn.Parameter(torch.zeros(3, dtype=torch.float64))
    optimizer = torch.optim.SGD([w], lr=0.1, **form)
    for _ in range(400):
        w.grad = torch.tensor([0.0, 2.0, 0.0], dtype=torch.float64)
        optimizer.step()
    longest = longest_walk(0.1, form["momentum"], 2.0, 400)
    assert 0.97 * longest < w.norm().item() <= longest * (1 + 1e-12)  # v needs 1/(1 − β) = 10 of 400 steps


def test_no_output_layer_has_a_longer_gradient_and_one_comes_near():
    # φ = 1 in all units, and p sure of the wrong one of two classes.
    layer = torch.nn.Linear(50, 2, dtype=torch.float64)
    torch.nn.init.constant_(layer.weight[0], 10.0)
    loss = torch.nn.functional.cross_entropy(layer(torch.ones(1, 50).double()), torch.tensor([1]))
    loss.backward()
    length = math.hypot(layer.weight.grad.norm(), layer.bias.grad.norm())
    assert length == pytest.approx(output_layer_bound(50), rel=1e-12)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: norm_coefficient(-1.0, 1.0), "norm is -1.0"),
        (lambda: norm_coefficient(math.nan, 1.0), "norm is nan"),
        (lambda: norm_coefficient(1.0, 0.0), "limit is 0.0"),
        (lambda: angle_by_value(torch.ones(2), 0.0), "limit is 0.0"),
        (lambda: angle_by_value(torch.zeros(2), 1.0), "gradient is all zero or not finite"),
        (lambda: angle_by_value(torch.tensor([1.0, math.nan]), 1.0), "gradient is all zero or not finite"),
        (lambda: gaussian_angle_by_value(0.0), "limit_over_std is 0.0"),
        (lambda: gaussian_angle_by_value(1e-310), "limit_over_std is 1e-310"),
        (lambda: angle_by_value(torch.ones(2), 1e-310), "limit is 1e-310 of the largest entry"),
        (lambda: gaussian_angle_standard_error(1.0, 0), "entries is 0"),
        (lambda: longest_walk(0.1, 1.0, 1.0, 3), "momentum is 1.0"),
        (lambda: longest_walk(0.1, 0.9, 0.0, 3), "limit is 0.0"),
        (lambda: longest_walk(0.1, 0.9, 1.0, -1), "steps is -1"),
        (lambda: output_layer_bound(0), "width is 0"),
    ],
)
def test_senseless_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
