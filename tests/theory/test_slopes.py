import math
from typing import get_args

import pytest
import torch

from zoo.calculus.activations import ActivationName, activation, slope
from zoo.theory.slopes import least, most_curved, steepest

NAMES = get_args(ActivationName)
SMOOTH = ("sigmoid", "tanh", "gelu", "silu", "softplus")
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


@pytest.mark.parametrize(
    ("name", "x", "value"),
    [  # the truth gives |x|: f'' is largest on the left, where the slope still rises, and −f'' on the right
        pytest.param("sigmoid", -1.3169579, 0.0962250, id="A04-sigmoid"),
        pytest.param("tanh", -0.6584789, 0.7698004, id="A04-tanh"),
        pytest.param("softplus", 0, 0.25, id="A01-softplus"),
    ],
)
def test_most_curved_is_where_the_truth_says(name, x, value):
    assert most_curved(name) == pytest.approx((x, value), abs=6e-8)  # about half a unit of the last digit


@pytest.mark.parametrize("name", NAMES)
def test_no_point_is_steeper_or_less_steep(name):
    slopes = slope(name, X)
    # a maximum is missed by at most |f'''|/8 · (1e-4)² < 1e-9 on this grid, a limit by e⁻⁴⁰
    assert slopes.max().item() == pytest.approx(steepest(name)[1], abs=1e-9)
    assert slopes.min().item() == pytest.approx(least(name)[1], abs=1e-9)


@pytest.mark.parametrize("name", SMOOTH)
def test_no_point_is_more_curved(name):
    assert curvature(name, X).max().item() == pytest.approx(
        most_curved(name)[1], abs=1e-8
    )  # |f''''|/8 · 1e-8


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


@pytest.mark.parametrize("name", SMOOTH)
def test_the_second_derivative_at_the_extreme_is_the_extreme(name):
    x, value = most_curved(name)
    assert curvature(name, torch.tensor(x, dtype=torch.float64)).item() == pytest.approx(value, abs=1e-14)


def test_every_activation_has_its_extremes():
    for name in NAMES:
        assert activation(name) is not None
        assert least(name)[1] < steepest(name)[1]


@pytest.mark.parametrize("extreme", [steepest, least, most_curved])
def test_an_unknown_activation_is_answered_with_the_choices(extreme):
    with pytest.raises(ValueError, match=r"'swish'.*sigmoid"):
        extreme("swish")


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu"])
def test_what_has_no_second_derivative_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} has no second derivative"):
        most_curved(name)
