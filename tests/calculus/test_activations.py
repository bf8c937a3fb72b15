import math
from typing import get_args

import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close

from zoo.calculus import activations
from zoo.calculus.activations import (
    ActivationName,
    activation,
    elu,
    elu_vjp,
    leaky_relu,
    leaky_relu_vjp,
    slope,
)

NAMES = get_args(ActivationName)
DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])

FORMULAS = {  # as a textbook has them, for moderate x
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)),
    "relu": lambda x: max(x, 0.0),
    "leaky_relu": lambda x: max(x, 0.01 * x),
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "silu": lambda x: x / (1 + math.exp(-x)),
    "softplus": lambda x: math.log(1 + math.exp(x)),
}
PEERS = {  # PyTorch's own
    "sigmoid": F.sigmoid,
    "tanh": F.tanh,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": lambda x: F.softplus(x, threshold=1e9),  # without its switch to x at x > 20
}


def slope_by_autograd(f, x):
    """f′(x), entry by entry; of itself it makes f″."""
    return torch.func.grad(lambda x: f(x).sum())(x)


def curvature(name, x):
    """f″, by autograd through the slope by hand."""
    return slope_by_autograd(lambda x: slope(name, x), x)


def at(*x):
    return torch.tensor(x, dtype=torch.float64)


@pytest.fixture
def grid():
    """Steps of 1/1000, with 0 among them."""
    return torch.arange(-10_000, 10_001, dtype=torch.float64) / 1000


@pytest.mark.parametrize("name", NAMES)
def test_value_is_the_textbook_formula(name):
    points = (-3.0, -0.5, 0.25, 2.0)
    assert_close(activation(name)(at(*points)), at(*map(FORMULAS[name], points)), rtol=1e-14, atol=1e-15)


@DTYPES
@pytest.mark.parametrize("name", NAMES)
def test_value_and_slope_are_those_of_pytorch(name, dtype, grid):
    x = grid.to(dtype)
    tolerance = 20 * torch.finfo(dtype).eps  # of values up to 10, in programs that round differently
    assert_close(activation(name)(x), PEERS[name](x), rtol=tolerance, atol=tolerance)
    assert_close(slope(name, x), slope_by_autograd(PEERS[name], x), rtol=tolerance, atol=tolerance)


@DTYPES
@pytest.mark.parametrize("name", NAMES)
def test_large_inputs_stay_finite_by_hand_and_by_autograd(name, dtype):
    largest = torch.finfo(dtype).max
    x = torch.tensor([-largest, -1e3, -710, -89, -17, 0, 17, 89, 710, 1e3, largest], dtype=dtype)
    f = activation(name)
    assert f(x).isfinite().all()
    assert slope(name, x).isfinite().all()
    assert_close(slope_by_autograd(f, x), slope(name, x))
    assert slope_by_autograd(lambda x: slope_by_autograd(f, x), x[1:-1]).isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_a_nan_is_not_swallowed(name):
    assert activation(name)(at(math.nan)).isnan().all()


@pytest.mark.parametrize(
    ("f", "f_vjp", "peer", "chosen"),
    [
        pytest.param(activations.relu, activations.relu_vjp, F.relu, 0.0, id="relu"),
        pytest.param(leaky_relu, leaky_relu_vjp, F.leaky_relu, 0.01, id="leaky_relu"),
        pytest.param(elu, elu_vjp, F.elu, 1.0, id="elu"),
        pytest.param(
            lambda x: elu(x, alpha=2.0),
            lambda g, x: elu_vjp(g, x, alpha=2.0),
            lambda x: F.elu(x, alpha=2.0),
            2.0,
            id="elu-alpha-2",
        ),
    ],
)
def test_slope_at_the_kink_is_the_one_pytorch_chooses(f, f_vjp, peer, chosen):
    zero = at(0.0)
    assert f_vjp(torch.ones_like(zero), zero)[0].item() == chosen
    assert slope_by_autograd(f, zero).item() == chosen
    assert slope_by_autograd(peer, zero).item() == chosen


def test_options_reach_the_derivative(grid):
    for f, f_vjp, peer, options in [
        (leaky_relu, leaky_relu_vjp, F.leaky_relu, {"negative_slope": 0.2}),
        (elu, elu_vjp, F.elu, {"alpha": 1.7}),
    ]:
        assert_close(f(grid, **options), peer(grid, **options))
        by_autograd = slope_by_autograd(lambda x, f=f, options=options: f(x, **options), grid)
        assert_close(f_vjp(torch.ones_like(grid), grid, **options)[0], by_autograd, rtol=0, atol=1e-15)


def test_sigmoid_and_tanh_have_slopes_made_of_their_values():
    x = torch.linspace(-6, 6, 25, dtype=torch.float64)
    s, t = 1 / (1 + torch.exp(-x)), torch.tanh(x)
    assert_close(slope("sigmoid", x), s * (1 - s), rtol=0, atol=1e-15)
    assert_close(slope("tanh", x), 1 - t**2, rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("name", "steepest", "where"),
    [
        ("sigmoid", 0.25, 0.0),
        ("tanh", 1.0, 0.0),
        ("relu", 1.0, 5.0),
        ("leaky_relu", 1.0, 5.0),
        ("elu", 1.0, 0.0),
    ],
)
def test_slope_is_bounded(name, steepest, where, grid):
    assert slope(name, grid).max().item() == steepest
    assert slope(name, at(where)).item() == steepest


def test_softplus_has_a_slope_below_one_and_a_curvature_of_at_most_a_quarter(grid):
    assert slope("softplus", grid).max() < 1
    assert slope("softplus", at(40.0)).item() == 1  # 1 − e⁻⁴⁰, rounded
    assert curvature("softplus", grid).max().item() == curvature("softplus", at(0.0)).item() == 0.25


def test_gelu_slope_has_its_extremes_at_plus_and_minus_the_root_of_two(grid):
    # f″ = φ(x) (2 − x²), and f′(x) + f′(−x) = 1. The numbers are printed with seven decimals.
    root = math.sqrt(2)
    assert_close(curvature("gelu", at(-root, root)), at(0.0, 0.0), rtol=0, atol=1e-15)
    assert_close(slope("gelu", at(root, -root)), at(1.1289041, -0.1289041), rtol=0, atol=5e-8)
    assert_close(slope("gelu", grid) + slope("gelu", -grid), torch.ones_like(grid), rtol=0, atol=1e-15)
    assert slope("gelu", grid).max() <= slope("gelu", at(root)) + 1e-15
    assert slope("gelu", grid).min() >= slope("gelu", at(-root)) - 1e-15


def test_silu_slope_has_its_extremes_where_its_curvature_is_zero(grid):
    peak = 2.3993573  # seven decimals: f″ is 0 within |f‴| · 5e-8, and f′ is flat there
    assert_close(curvature("silu", at(-peak, peak)), at(0.0, 0.0), rtol=0, atol=5e-8)
    assert_close(slope("silu", at(peak, -peak)), at(1.0998393, -0.0998393), rtol=0, atol=5e-8)
    assert slope("silu", grid).max() <= slope("silu", at(peak)) + 1e-14
    assert slope("silu", grid).min() >= slope("silu", at(-peak)) - 1e-14


@pytest.mark.parametrize(
    ("name", "where", "lowest"), [("gelu", -0.7517915, -0.1699712), ("silu", -1.2784645, -0.2784645)]
)
def test_gelu_and_silu_dip_below_zero(name, where, lowest, grid):
    f = activation(name)
    assert_close(f(at(where)), at(lowest), rtol=0, atol=5e-8)  # printed with seven decimals, as is x
    assert_close(slope(name, at(where)), at(0.0), rtol=0, atol=5e-8)
    assert f(grid).min() >= f(at(where)) - 1e-14


@pytest.mark.parametrize(
    ("name", "where", "most"),
    [
        ("sigmoid", math.log(2 + math.sqrt(3)), 1 / (6 * math.sqrt(3))),
        ("tanh", math.atanh(1 / math.sqrt(3)), 4 / (3 * math.sqrt(3))),
    ],
)
def test_curvature_is_bounded(name, where, most, grid):
    assert_close(curvature(name, at(-where, where)), at(most, -most), rtol=1e-13, atol=0)
    assert curvature(name, grid).abs().max() <= most * (1 + 1e-13)


def test_gelu_keeps_its_lower_tail():
    # Mills: Φ(−x) = φ(x)/x · (1 − 1/x² + 3/x⁴ − …), whose next term is 15/x⁶ = 1.5e-5 at x = 10.
    tail = -math.exp(-50) / math.sqrt(2 * math.pi) * (1 - 1e-2 + 3e-4)
    assert_close(activation("gelu")(at(-10.0)), at(tail), rtol=2e-5, atol=0)


def test_an_unknown_name_is_answered_with_the_choices():
    choices = "sigmoid, tanh, relu, leaky_relu, elu, gelu, silu, softplus"
    for look_up in (activation, lambda name: slope(name, at(0.0))):
        with pytest.raises(ValueError, match=f"^activation is 'rlu'; choose one of {choices}$"):
            look_up("rlu")


def test_a_name_stands_for_the_function_of_that_name():
    assert [activation(name) for name in NAMES] == [getattr(activations, name) for name in NAMES]
