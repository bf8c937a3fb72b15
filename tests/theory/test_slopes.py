import math
from typing import get_args

import pytest
import torch

from zoo.calculus.activations import ActivationName, activation, slope
from zoo.theory.slopes import largest, least, steepest

NAMES = get_args(ActivationName)
X = torch.linspace(-40, 40, 800_001, dtype=torch.float64)  # steps of 1e-4


def curvature(name, x):
    """f'' by autograd of the slope."""
    x = x.clone().requires_grad_()
    (second,) = torch.autograd.grad(slope(name, x).sum(), x)
    return second


@pytest.mark.parametrize(
    ("name", "x", "value"),
    [
        pytest.param("sigmoid", 0, 0.25, id="A01-sigmoid"),
        pytest.param("tanh", 0, 1, id="A01-tanh"),
        pytest.param("relu", math.inf, 1, id="A01-relu"),
        pytest.param("leaky_relu", math.inf, 1, id="A01-leaky_relu"),
        pytest.param("elu", math.inf, 1, id="A01-elu"),
        pytest.param("softplus", math.inf, 1, id="A01-softplus"),
        pytest.param("gelu", math.sqrt(2), 1.1289041, id="A02-gelu"),
        pytest.param("silu", 2.3993573, 1.0998393, id="A03-silu"),
    ],
)
def test_steepest_is_where_the_truth_says(name, x, value):
    assert steepest(name) == pytest.approx((x, value), abs=5e-8)  # half a unit of the last digit printed


@pytest.mark.parametrize(
    ("name", "x", "value"),
    [
        pytest.param("gelu", -math.sqrt(2), -0.1289041, id="A02-gelu"),
        pytest.param("silu", -2.3993573, -0.0998393, id="A03-silu"),
        pytest.param("leaky_relu", -math.inf, 0.01, id="leaky_relu"),
        pytest.param("relu", -math.inf, 0, id="relu"),
    ],
)
def test_least_is_where_the_truth_says(name, x, value):
    assert least(name) == pytest.approx((x, value), abs=5e-8)  # half a unit of the last digit printed


@pytest.mark.parametrize("name", NAMES)
def test_no_point_is_steeper_or_less_steep(name):
    slopes = slope(name, X)
    # a maximum is missed by at most |f'''|/8 · (1e-4)² < 1e-9 on this grid, a limit by e⁻⁴⁰
    assert slopes.max().item() == pytest.approx(steepest(name)[1], abs=1e-9)
    assert slopes.min().item() == pytest.approx(least(name)[1], abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("extreme", [steepest, least])
def test_the_slope_at_the_extreme_is_the_extreme(extreme, name):
    x, value = extreme(name)
    # ±∞ stands for a limit, which is reached to e⁻⁷⁰⁰ at ±700
    at = torch.tensor(max(-700.0, min(700.0, x)), dtype=torch.float64)
    assert slope(name, at).item() == pytest.approx(value, abs=1e-14)


@pytest.mark.parametrize("name", ["gelu", "silu"])
@pytest.mark.parametrize("extreme", [steepest, least])
def test_the_slope_is_level_at_an_extreme_inside(extreme, name):
    at = torch.tensor(extreme(name)[0], dtype=torch.float64)
    assert curvature(name, at).item() == pytest.approx(0, abs=1e-14)  # rounding


@pytest.mark.parametrize(
    ("name", "value"), [("sigmoid", 0.25), ("leaky_relu", 1.0), ("gelu", 1.1289041), ("silu", 1.0998393)]
)
def test_the_largest_slope_is_the_one_of_either_sign_that_is_farthest_from_0(name, value):
    assert largest(name) == pytest.approx(value, abs=5e-8)  # half a unit of the last digit printed
    assert largest(name) >= abs(least(name)[1])


def test_every_activation_has_its_extremes():
    for name in NAMES:
        assert activation(name) is not None
        assert least(name)[1] < steepest(name)[1]


@pytest.mark.parametrize("extreme", [steepest, least, largest])
def test_an_unknown_activation_is_answered_with_the_choices(extreme):
    with pytest.raises(ValueError, match=r"'swish'.*sigmoid"):
        extreme("swish")
