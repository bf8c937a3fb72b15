import math
from itertools import pairwise

import pytest
import torch

from zoo.calculus.activations import activation, slope
from zoo.models import MLP
from zoo.theory.fluctuations import (
    correlations,
    log10_ratio_tolerance,
    mean_correlation,
    pair_mean,
    squared_gain_variances,
)
from zoo.theory.initialization import Variances, mlp_variances
from zoo.theory.mean_field import gaussian_mean, log10_signal_ratio, propagate

CORRELATIONS = [0.0, 0.2, 0.48, 0.5, 0.9, 0.999, 1.0]
TEN = {"batch": 64, "width": 128, "classes": 10}


def hidden(count, weight, bias=0.0):
    """That many hidden layers and the output layer, drawn alike."""
    return [Variances(weight, bias)] * (count + 1)


def gain_variances(name, layers, mean_square=1.0, correlation=0.5, **sizes):
    profile = propagate(name, layers, mean_square)
    return squared_gain_variances(name, layers, profile, correlation, **(TEN | sizes))


def one_sample_variance(name, q, width):
    """(3μ₂/μ₁² − 1)/N of φ'² g², μ_k = E[φ'^2k]: for ReLU 5/N (Hanin & Nica 2020)."""
    second, fourth = (gaussian_mean(lambda x, k=k: slope(name, x) ** k, q) for k in (2, 4))
    return (3 * fourth / second**2 - 1) / width


def tolerance(name, layers, correlation=0.5, seeds=3, **sizes):
    profile = propagate(name, layers, 1.0)
    return log10_ratio_tolerance(name, layers, profile, correlation, seeds=seeds, **(TEN | sizes))


@pytest.mark.parametrize("c", CORRELATIONS)
def test_means_over_pairs_of_relus_are_arc_cosine_kernels(c):  # Cho & Saul 2009
    q, angle = 3.0, math.acos(c)
    signal, slopes = (math.sin(angle) + c * (math.pi - angle)) / math.pi, 1 - angle / math.pi
    # up to half a cell, 0.024, of which the Gaussian has 0.4 at most; squared at the kink
    assert pair_mean(activation("relu"), q, c) == pytest.approx(q / 2 * signal, rel=5e-4)
    assert pair_mean(lambda x: slope("relu", x), q, c) == pytest.approx(slopes / 2, rel=1e-2)


@pytest.mark.parametrize("c", CORRELATIONS)
@pytest.mark.parametrize("q", [1e-6, 1.0, 30.0])
def test_means_over_pairs_of_polynomials_are_known(c, q):
    # beyond ±6 lie 7e-8 of E[z²] and 1e-6 of E[z⁴], and the square of a mean loses twice that
    assert pair_mean(lambda x: x, q, c) == pytest.approx(c * q, rel=1e-6, abs=1e-20)
    assert pair_mean(lambda x: x**2, q, c) == pytest.approx(q**2 * (1 + 2 * c**2), rel=1e-5)  # Isserlis 1918


def test_inputs_correlate_by_what_they_share():
    shared, own = torch.eye(2, 12)[:1], torch.eye(12)[2:]
    assert mean_correlation(own) == pytest.approx(1 / 10, rel=1e-12)  # ten orthogonal inputs
    assert mean_correlation(shared.expand(7, -1)) == pytest.approx(1, rel=1e-12)
    assert mean_correlation((2 * shared + own).unflatten(1, (3, 4))) == pytest.approx((4 + 1 / 10) / 5)


def test_correlations_start_with_the_bias_and_follow_the_arc_cosine_map():
    layers = [Variances(0.5, 0.5), Variances(2.0, 0.0), Variances(2.0, 0.0)]
    c = correlations("relu", layers, propagate("relu", layers, 1.0), 0.2)
    assert c[0] == pytest.approx(0.6, rel=1e-12)  # (½ · 0.2 + ½) / (½ + ½)
    for one, following in pairwise(c):
        known = (math.sqrt(1 - one**2) + one * (math.pi - math.acos(one))) / math.pi
        assert following == pytest.approx(known, rel=5e-4)  # the kink, as above


@pytest.mark.parametrize(("name", "weight"), [("relu", 2.0), ("leaky_relu", 0.3), ("sigmoid", 1.0)])
@pytest.mark.parametrize("alike", [{"batch": 1}, {"correlation": 1.0, "classes": 2, "bias": 0.1}])
def test_one_sample_and_copies_of_one_vary_as_a_single_sample(name, weight, alike):
    layers = hidden(5, weight, alike.get("bias", 0.0))
    sizes = {key: value for key, value in alike.items() if key != "bias"}
    q = propagate(name, layers, 1.0).preactivation_variances
    known = [one_sample_variance(name, each, 128) for each in q[:4]]
    # The sigmoid's χ depends on q, and its q on the units below: 3 % here. ReLUs have the quadrature's 1e-3.
    rel = 0.03 if name == "sigmoid" else 1e-3
    assert gain_variances(name, layers, **sizes) == pytest.approx(known, rel=rel)


@pytest.mark.parametrize(("batch", "width", "classes"), [(1, 50, 10), (8, 50, 10), (64, 20, 3)])
def test_linear_layers_multiply_the_fourth_moment_as_matrices_do(batch, width, classes):
    # Two samples: a = E[K_bb K_b'b'] and k = E[K_bb'²] become a + 2k/N and k + (a + k)/N, whose eigenvalues
    # are 1 + 2/N (a = k) and 1 − 1/N (a = −2k). One sample: 1 + 2/N.
    def fourth_moment(layers):
        up, down, start = (1 + 2 / width) ** layers, (1 - 1 / width) ** layers, 1 / (classes - 1)
        two = ((1 + 2 * start) * up + 2 * (1 - start) * down) / 3
        return up / batch + (1 - 1 / batch) * two

    sizes = {"batch": batch, "width": width, "classes": classes}
    found = gain_variances("tanh", hidden(12, 1.0), mean_square=1e-9, **sizes)  # where tanh x = x, to 1e-9
    assert math.prod(1 + v for v in found) == pytest.approx(fourth_moment(12) / fourth_moment(1), rel=1e-6)


def test_a_layer_that_decides_on_later_q_counts_for_more():
    layers = mlp_variances("he", in_features=64, width=128, depth=20, out_features=10)
    # The smaller q, the faster GELU lets it and the gradient die out; ReLU's gain is the same at every q.
    # In 1000 draws, log10 ‖δ_1‖/‖δ_L‖ had the standard deviation 0.50, and ReLU's 0.11.
    assert sum(gain_variances("gelu", layers)) > 10 * sum(gain_variances("relu", layers))


def drawn_ratio(network, x, y):
    """log10 ‖δ_1‖/‖δ_L‖ of the cross-entropy, by autograd."""
    z = [network.hidden[0](x)]
    for layer in network.hidden[1:]:
        z.append(layer(network.phi(z[-1])))
    loss = torch.nn.functional.cross_entropy(network.output(network.phi(z[-1])), y)
    first, last = torch.autograd.grad(loss, [z[0], z[-1]])
    return math.log10(first.norm() / last.norm())


@pytest.mark.parametrize(
    ("name", "scheme", "weight_std"),
    [("relu", "default", 1.0), ("tanh", "xavier", 1.0), ("sigmoid", "normal", 12.0)],
)
def test_drawn_networks_stray_as_predicted(name, scheme, weight_std):
    torch.manual_seed(0)
    x = torch.randn(20, dtype=torch.float64) + torch.randn(16, 20, dtype=torch.float64)
    y, networks, depth = torch.arange(16) % 4, 300, 10
    layers = mlp_variances(scheme, 20, 64, depth, 4, weight_std)
    profile = propagate(name, layers, float((x**2).mean()))
    draws = [MLP(20, 4, depth, 64, name, scheme, weight_std).double() for _ in range(networks)]
    ratios = torch.tensor([drawn_ratio(network, x, y) for network in draws])
    sizes = {"batch": 16, "width": 64, "classes": 4}
    variances = squared_gain_variances(name, layers, profile, mean_correlation(x), **sizes)
    spread = math.sqrt(sum(variances)) / (2 * math.log(10))
    # 16 %: four standard errors of a deviation from 300 draws; 10 %: the next order in L/N
    assert ratios.std().item() == pytest.approx(spread, rel=0.26)
    alone = squared_gain_variances(name, layers, profile, mean_correlation(x), **(sizes | {"batch": 1}))
    assert ratios.std().item() < 0.74 * math.sqrt(sum(alone)) / (2 * math.log(10))  # not that of one sample
    allowed = log10_ratio_tolerance(name, layers, profile, mean_correlation(x), seeds=networks, **sizes)
    assert abs(ratios.mean().item() - log10_signal_ratio(profile)) <= allowed


def test_the_tolerance_shrinks_with_samples_seeds_and_width():
    layers = mlp_variances("default", in_features=64, width=128, depth=10, out_features=10)
    for name in ("relu", "tanh", "sigmoid"):
        base = tolerance(name, layers)
        assert tolerance(name, layers, batch=4) > base > tolerance(name, layers, seeds=30)
        assert tolerance(name, layers, width=64) > base > tolerance(name, layers, width=256)
        assert tolerance(name, layers, correlation=1.0) >= base > tolerance(name, layers, classes=100)


def test_what_remains_at_many_seeds_is_the_bias_and_what_weights_share():
    layers = hidden(5, 2.0)  # q = 2 at the logits too
    bias = sum(gain_variances("relu", layers)) / 2
    shared = 2 * 4 / 128 * 2 / 3  # 2 (L − 1)/N · q/(1 + q)
    assert tolerance("relu", layers, seeds=10**16) * 2 * math.log(10) == pytest.approx(
        bias + shared, rel=1e-6
    )


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: mean_correlation(torch.zeros(3, 4)), "mean_square is 0.0"),
        (lambda: mean_correlation(torch.full((3, 4), math.nan)), "mean_square is nan"),
        (lambda: gain_variances("relu", hidden(3, 2.0), correlation=1.1), "correlation is 1.1"),
        (lambda: gain_variances("relu", hidden(3, 2.0), correlation=math.nan), "correlation is nan"),
        (lambda: gain_variances("relu", hidden(3, 2.0), mean_square=0.0), "preactivation_variance is 0.0"),
        (lambda: gain_variances("relu", hidden(3, 2.0), batch=0), "batch is 0"),
        (lambda: gain_variances("relu", hidden(3, 2.0), width=0), "width is 0"),
        (lambda: gain_variances("relu", hidden(3, 2.0), classes=1), "classes is 1; it must be at least 2"),
        (lambda: gain_variances("swish", hidden(3, 2.0)), "'swish'"),
        (lambda: tolerance("relu", hidden(3, 2.0), seeds=0), "seeds is 0"),
    ],
)
def test_senseless_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
