import math
from typing import get_args

import pytest
import torch

from zoo.calculus.activations import ActivationName, activation, slope
from zoo.theory.initialization import Variances, mlp_variances
from zoo.theory.mean_field import (
    activation_mean_square,
    gaussian_mean,
    gradient_gain,
    log10_signal_ratio,
    log10_weight_ratio,
    next_variance,
    propagate,
    saturated_share,
)

NAMES = get_args(ActivationName)


def finite_width_bias(name, q, width):
    """E[ln(‖δ_l‖²/‖δ_{l+1}‖²)] − ln χ of one sample, −(3μ₂/μ₁² − 1)/(2N): for ReLU −5/(2N)."""
    second, fourth = (gaussian_mean(lambda x, k=k: slope(name, x) ** k, q) for k in (2, 4))
    return -(3 * fourth / second**2 - 1) / (2 * width)


def random_normal(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("q", [1e-6, 0.3, 1.0, 20.0])
def test_gaussian_mean_knows_the_moments(q):
    # rounding; the tails beyond 10 hold 1e-20 of the fourth moment
    assert gaussian_mean(torch.ones_like, q) == pytest.approx(1, rel=1e-13)
    assert gaussian_mean(lambda x: x**2, q) == pytest.approx(q, rel=1e-13)
    assert gaussian_mean(lambda x: x**4, q) == pytest.approx(3 * q**2, rel=1e-13)
    assert gaussian_mean(torch.cos, q) == pytest.approx(math.exp(-q / 2), rel=1e-9)  # of terms up to 1
    assert gaussian_mean(torch.abs, q) == pytest.approx(
        math.sqrt(2 * q / math.pi), rel=1e-7
    )  # kink: step²/24


@pytest.mark.parametrize("q", [0.0, 1e-9, 1.0])
def test_a_jump_at_zero_gives_half_to_each_side(q):
    assert gaussian_mean(lambda x: (x > 0).double(), q) == pytest.approx(0.5, abs=1e-14)  # rounding


def test_a_jump_elsewhere_costs_at_most_half_a_cell():
    for at in (-1.3, 0.123456, 0.5):
        above = math.erfc(at / math.sqrt(2)) / 2
        assert gaussian_mean(lambda x, at=at: (x > at).double(), 1.0) == pytest.approx(above, abs=1.3e-4)


@pytest.mark.parametrize("name", NAMES)
def test_a_million_draws_agree(name):
    q, weight, bias = 1.7, 1.5, 0.2
    z = math.sqrt(q) * random_normal(1_000_000)
    forward, backward = activation(name)(z) ** 2, slope(name, z) ** 2
    for predicted, drawn in (
        (next_variance(name, q, Variances(weight, bias)), weight * forward + bias),
        (gradient_gain(name, q, weight), weight * backward),
    ):
        # 4 standard errors of this very sample, and rounding
        assert predicted == pytest.approx(drawn.mean().item(), abs=4 * drawn.std().item() / 1000 + 1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_a_dead_signal_is_carried_by_the_bias(name):
    at_zero = activation(name)(torch.zeros((), dtype=torch.float64)).item()
    assert activation_mean_square(name, 0.0) == at_zero**2
    assert next_variance(name, 0.0, Variances(2.0, 0.3)) == 2 * at_zero**2 + 0.3


def test_relu_is_scale_free():
    for q in (1e-8, 1.0, 1e8):
        assert next_variance("relu", q, Variances(3.0, 0.25)) == pytest.approx(3 * q / 2 + 0.25, rel=1e-12)
        assert gradient_gain("relu", q, 3.0) == pytest.approx(1.5, rel=1e-12)
    assert gradient_gain("relu", 0.0, 2.0) == pytest.approx(1, rel=1e-12)  # the limit, not PyTorch's relu'(0)


DEPTH_TABLE = [  # activation, scheme, depth, log10(‖δ_1‖/‖δ_L‖)
    *[
        ("sigmoid", "default", d, r, "P01")
        for d, r in ((10, -7.67), (20, -16.17), (30, -24.66), (50, -41.66))
    ],
    *[("tanh", "default", d, r, "P02") for d, r in ((10, -2.29), (20, -4.69), (30, -7.09), (50, -11.90))],
    *[("relu", "default", d, r, "P03") for d, r in ((10, -3.50), (20, -7.39), (30, -11.28), (50, -19.06))],
    *[("relu", "he", d, 0.0, "P04") for d in (10, 20, 30, 50)],
    ("sigmoid", "xavier", 20, -11.92, "P05"),
    ("tanh", "xavier", 20, -0.56, "P05"),
    ("relu", "xavier", 20, -2.86, "P05"),
    ("gelu", "xavier", 20, -5.54, "P05"),
    ("gelu", "default", 20, -10.11, "P05"),
]


@pytest.mark.parametrize(
    ("name", "scheme", "depth", "ratio"),
    [pytest.param(*row, id=f"{key}-{'-'.join(map(str, row[:3]))}") for *row, key in DEPTH_TABLE],
)
def test_the_depth_table_is_predicted(name, scheme, depth, ratio):
    layers = mlp_variances(scheme, in_features=32, width=128, depth=depth, out_features=10)
    predicted = log10_signal_ratio(propagate(name, layers, input_mean_square=1.0))
    assert predicted == pytest.approx(ratio, abs=0.0051)  # the table has two decimals


def test_critical_tanh_decays_by_a_power_law():  # P09
    layers = mlp_variances("normal", in_features=256, width=256, depth=60, out_features=10)
    profile = propagate("tanh", layers, input_mean_square=1.0)
    assert log10_signal_ratio(profile) == pytest.approx(-0.958, abs=5e-4)  # three decimals printed
    q = profile.preactivation_variances
    assert 2 * 60 * q[59] == pytest.approx(1, abs=0.1)  # q_l ≈ 1/(2l), up to ln l / l


@pytest.mark.parametrize("scheme", ["default", "xavier", "he"])
def test_weight_gradients_of_relu_without_biases_are_flat(scheme):  # P06
    layers = mlp_variances(scheme, in_features=128, width=128, depth=20, out_features=10, bias=False)
    profile = propagate("relu", layers, input_mean_square=1.0)
    for first in (2, 11, 20):
        assert log10_weight_ratio(profile, first) == pytest.approx(0, abs=1e-12)  # rounding


def test_weight_gradients_are_signals_times_activations():  # P06's law, where the profile is not flat
    layers = mlp_variances("default", in_features=32, width=64, depth=7, out_features=10)
    profile = propagate("tanh", layers, input_mean_square=1.0)
    m, chi = profile.activation_mean_squares, profile.gains
    squared = chi[2] * chi[3] * chi[4] * chi[5] * m[2] / m[6]  # χ_3 … χ_6 and m_2/m_6: from W_3 to W_7
    assert log10_weight_ratio(profile, first=3) == pytest.approx(math.log10(squared) / 2, rel=1e-12)
    assert log10_weight_ratio(profile, first=7) == 0


def test_a_profile_is_the_recursion_layer_by_layer():
    layers = (Variances(2.0, 0.1), Variances(3.0, 0.2), Variances(5.0, 0.3))
    profile = propagate("relu", layers, input_mean_square=4.0)
    # q_1 = 2·4 + .1, m_1 = q_1/2, q_2 = 3 m_1 + .2, m_2 = q_2/2, q_3 = 5 m_2 + .3; χ = 3/2 and 5/2
    assert profile.preactivation_variances == pytest.approx((8.1, 12.35, 31.175), rel=1e-12)
    assert profile.activation_mean_squares == pytest.approx((4.0, 4.05, 6.175), rel=1e-12)
    assert profile.gains == pytest.approx((1.5, 2.5), rel=1e-12)
    assert log10_signal_ratio(profile) == pytest.approx(math.log10(1.5) / 2, rel=1e-12)


def random_network(name, weight_std, width, depth, seed):
    """Mean squares of the preactivations, and of the gradients of a random linear loss, layer by layer."""
    z = random_normal(width, seed=1000 * seed)
    h = z * math.sqrt(width) / z.norm()  # an input of mean square 1
    preactivations = []
    for layer in range(depth):
        w = random_normal(width, width, seed=1000 * seed + layer + 1) * weight_std / math.sqrt(width)
        z = (w @ h).requires_grad_()  # a leaf: one layer's graph at a time is kept in (w, z)
        preactivations.append((w, z))
        h = activation(name)(z).detach()
    delta = random_normal(width, seed=1000 * seed + depth + 1)  # the gradient that comes from above
    w_above = random_normal(width, width, seed=1000 * seed + depth + 2) * weight_std / math.sqrt(width)
    signals = []
    for w, z in reversed(preactivations):
        (delta,) = torch.autograd.grad(activation(name)(z), z, w_above.T @ delta)
        signals.insert(0, delta.square().sum().item())
        w_above = w
    return [z.square().mean().item() for _, z in preactivations], signals


@pytest.mark.parametrize(("name", "weight_std"), [("tanh", 1.5), ("relu", 1.0)])
def test_a_wide_random_network_does_as_predicted(name, weight_std):
    width, depth, networks = 400, 6, 20
    profile = propagate(name, [Variances(weight_std**2, 0.0)] * (depth + 1), input_mean_square=1.0)
    variances, signals = zip(
        *(random_network(name, weight_std, width, depth, seed) for seed in range(networks)), strict=True
    )
    measured = torch.tensor(variances).mean(dim=0).tolist()
    # a layer's q has the relative spread √(5/N) at most; 6 layers, 20 networks: 6 %, of which tanh keeps half
    assert measured == pytest.approx(profile.preactivation_variances[:depth], rel=0.2)
    log_ratios = torch.tensor([math.log(each[0] / each[-1]) for each in signals])
    q = profile.preactivation_variances[-2]
    typical = 2 * math.log(10) * log10_signal_ratio(profile) + (depth - 1) * finite_width_bias(name, q, width)
    # 4 standard errors: each of 5 layers has the variance −2 finite_width_bias, and χ follows q's own spread
    error = math.sqrt(-2 * finite_width_bias("relu", 1.0, width) * (depth - 1) / networks)
    assert log_ratios.mean().item() == pytest.approx(typical, abs=4 * error)


@pytest.mark.parametrize("q", [0.3, 5.85540, 100.0])
def test_the_saturated_share_of_the_sigmoid_is_a_tail(q):
    # σ(1 − σ) < 0.05/4 where |x| > ln(p/(1 − p)) with p(1 − p) = 0.0125
    p = (1 + math.sqrt(1 - 0.05)) / 2
    tail = math.erfc(math.log(p / (1 - p)) / math.sqrt(2 * q))
    assert saturated_share("sigmoid", q) == pytest.approx(tail, abs=2.5e-4)  # two jumps, half a cell each


@pytest.mark.parametrize("fraction", [0.01, 0.5])
def test_the_saturated_share_of_tanh_is_a_tail(fraction):
    tail = math.erfc(math.atanh(math.sqrt(1 - fraction)) / math.sqrt(2 * 3.0))
    assert saturated_share("tanh", 3.0, fraction) == pytest.approx(tail, abs=2.5e-4)  # two jumps


def test_half_of_relu_is_saturated_at_every_q():
    for q in (0.0, 1e-9, 1.0, 1e9):
        assert saturated_share("relu", q) == pytest.approx(0.5, abs=1e-12)  # rounding
        assert saturated_share("leaky_relu", q) == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: gaussian_mean(torch.tanh, -1.0), "q is -1.0"),
        (lambda: gaussian_mean(torch.tanh, math.nan), "q is nan"),
        (lambda: next_variance("tanh", -1.0, Variances(1.0, 0.0)), "q is -1.0"),
        (lambda: next_variance("swish", 1.0, Variances(1.0, 0.0)), "'swish'"),
        (lambda: gradient_gain("tanh", 1.0, 0.0), "weight_variance is 0.0"),
        (lambda: saturated_share("tanh", 1.0, fraction=0.0), "fraction is 0.0"),
        (lambda: saturated_share("tanh", 1.0, fraction=1.1), "fraction is 1.1"),
        (lambda: propagate("tanh", [Variances(1.0, 0.0)], 1.0), "layers is 1; it must be at least 2"),
        (lambda: propagate("tanh", [Variances(1.0, 0.0)] * 2, -1.0), "input_mean_square is -1.0"),
        (lambda: log10_weight_ratio(propagate("relu", [Variances(1.0, 0.0)] * 4, 1.0), 1), "first is 1"),
        (lambda: log10_weight_ratio(propagate("relu", [Variances(1.0, 0.0)] * 4, 1.0), 4), "between 2 and 3"),
        (
            lambda: log10_weight_ratio(propagate("tanh", [Variances(1.0, 0.0)] * 4, 0.0)),
            "before layer 3 are 0",
        ),
    ],
)
def test_senseless_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
