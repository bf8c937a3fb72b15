"""How far a network as it is drawn strays from mean_field: the spread of ‖δ_1‖/‖δ_L‖ for a whole batch.

Of a layer's N independent units each multiplies g by φ'(h), where g is the weighted sum of the δ above. ‖δ_l‖²
averages φ'² g² over N units and B samples, and its gain has a relative variance v_l ~ 1/N. Samples that are
alike stray together, and more of them are no help: it matters how alike they are, going forward by c, the
correlation of their preactivations, and going back by κ, the cosine of their gradients.

At initialization, to first order in 1/N a layer, with the weights of the way back independent of those of the
way forth, and any two samples taken as a typical pair. (Poole et al. 2016 and Schoenholz et al. 2017 for c and
κ; Hanin & Nica 2020 for v_l of one sample and ReLU.)
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from zoo.calculus.activations import ActivationName, activation, slope
from zoo.theory.checks import require_at_least, require_positive
from zoo.theory.initialization import Variances
from zoo.theory.mean_field import Profile, gaussian_mean

Function = Callable[[Tensor], Tensor]  # elementwise

_Z = (torch.arange(256, dtype=torch.float64, device="cpu") + 0.5) / 16 - 8  # cells of 1/16 over ±8
_MASS = torch.exp(-(_Z**2) / 2) / 16 / math.sqrt(2 * math.pi)


def mean_correlation(x: Tensor) -> float:
    """c_0 = ‖E x‖² / E‖x‖²: how much of their mean square the inputs have in common, x being (N, I) or (N, …).

    It is xᵀx' averaged over all pairs, relative to xᵀx: 1 for copies of one input, 1/N for N orthogonal ones.

    Raises:
        ValueError: x is 0, or not finite.
    """
    x = x.double().flatten(1)
    mean_square = float((x**2).sum(dim=1).mean())
    require_positive(mean_square=mean_square)
    return float((x.mean(dim=0) ** 2).sum()) / mean_square


def pair_mean(f: Function, q: float, c: float) -> float:
    """E[f(u) f(v)], with u = √q (√c a + √(1 − c) b) and v alike: Gaussians of variance q and correlation c ≥ 0.

    They share a, and each has its own b, so it is E_a[(E_b f)²]: E[f]² at c = 0, E[f²] at c = 1. By the
    midpoint rule, to 1e-3 where f jumps at 0, and far better where it is smooth on the scale of √q/16.
    """
    u = math.sqrt(q) * (math.sqrt(c) * _Z[:, None] + math.sqrt(1 - c) * _Z)
    return float(_MASS @ (f(u) @ _MASS) ** 2)


def correlations(
    name: ActivationName, layers: Sequence[Variances], profile: Profile, correlation: float
) -> list[float]:
    """c_{l+1} = (σ_w² E[φ(u) φ(v)] + σ_b²) / q_{l+1}: c_1 … c_{L+1} of two samples (Poole et al. 2016, eq. 5).

    Args:
        name: φ.
        layers: σ_w² and σ_b² of the L hidden layers and the output layer, in order.
        profile: what `mean_field.propagate` says of them.
        correlation: c_0, that of the inputs; see `mean_correlation`.

    Raises:
        ValueError: correlation is not in [0, 1], or there is a layer that no signal reaches.
    """
    if not 0 <= correlation <= 1:
        raise ValueError(f"correlation is {correlation}; it must be at least 0 and at most 1")
    found, shared = [], correlation * profile.activation_mean_squares[0]  # E[xx'], further on E[φ(u) φ(v)]
    for layer, q in zip(layers, profile.preactivation_variances, strict=True):
        require_positive(preactivation_variance=q)
        found.append(min((layer.weight * shared + layer.bias) / q, 1.0))
        shared = pair_mean(activation(name), q, found[-1])
    return found


def error_overlap(classes: int, q: float, c: float) -> float:
    """κ² = 1/d + (1 − 1/d) (c s)² of δ = p − y, with d = C − 1 and p's share s = q/(2q + C) of E‖δ‖².

    Labels of C classes, equally frequent, are directions in d dimensions that have no preference. But p leans
    to one side as the logits' variance q grows, and that side is the samples' own as far as their logits
    correlate, by c. At q = 0 p is uniform and s = 0; at q = ∞ p is 0 or 1, and s = ½. In between, an
    interpolation.
    """
    d, s = classes - 1, q / (2 * q + classes)
    return 1 / d + (1 - 1 / d) * (c * s) ** 2


def squared_gain_variances(
    name: ActivationName,
    layers: Sequence[Variances],
    profile: Profile,
    correlation: float,
    *,
    batch: int,
    width: int,
    classes: int,
) -> list[float]:
    """v_l = mean over pairs of samples of [ρ (1 + 2κ²) − 1]/N, ρ = E[f(u) f(v)], f = φ'²/E[φ'²]; l = 1 … L − 1.

    A sample with itself has c = κ = 1 and 3 E[f²] − 1, twice `mean_field.finite_width_bias`. To this comes
    what a layer's units do to the q of layers further on, and so to their χ.

    Args:
        name, layers, profile, correlation: as in `correlations`.
        batch: B samples.
        width: N units in every hidden layer.
        classes: C, those of the cross-entropy that sends the gradient.

    Raises:
        ValueError: batch or width below 1, classes below 2, or what `correlations` refuses.
    """
    require_at_least(1, batch=batch, width=width)
    require_at_least(2, classes=classes)
    c = correlations(name, layers, profile, correlation)
    kappa = error_overlap(classes, profile.preactivation_variances[-1], c[-1])
    backward = _backward(name, profile, c, kappa, batch, width)
    return [a + b for a, b in zip(backward, _forward(name, layers, profile, c, batch, width), strict=True)]


def _backward(
    name: ActivationName, profile: Profile, c: list[float], cross: float, batch: int, width: int
) -> list[float]:
    """v_l of slopes and weights: E[(K_11 + … + K_BB)²] grows by the factor 1 + v_l, with K_bb' = δ_b·δ_b'.

    Deep down, neither κ² nor the weights of the samples are what they were at the top: gradients align, and a
    few samples come to outweigh the others. So three means are followed, relative to the square of the
    batch's mean: E[K_bb²], E[K_bb K_b'b'], and E[K_bb'²], which is κ².
    """
    same, apart, found = 1.0, 1.0, []
    for q, c_l in reversed(list(zip(profile.preactivation_variances, c, strict=True))[:-1]):
        mean = gaussian_mean(lambda x: slope(name, x) ** 2, q)
        rho_same, rho = (pair_mean(lambda x: slope(name, x) ** 2, q, each) / mean**2 for each in (1.0, c_l))
        turned = cross * (pair_mean(lambda x: slope(name, x), q, c_l) / mean) ** 2
        one_unit = rho * (apart + 2 * cross)  # N² pairs of units make K K; in N of them both are the same unit
        same += same * (3 * rho_same - 1) / width
        apart += (one_unit - apart) / width
        cross = turned + (one_unit - turned) / width
        total = same / batch + (1 - 1 / batch) * apart
        same, apart, cross = same / total, apart / total, cross / total
        found.append(total - 1)
    return found[:0:-1]  # without layer L: the ratio begins with the δ_L that it makes


def _forward(
    name: ActivationName, layers: Sequence[Variances], profile: Profile, c: list[float], batch: int, width: int
) -> list[float]:
    """[Cov(t, t') − Cov(f, f')]/N over pairs, where t = f + S_{l+1} σ_w² φ²/q_{l+1}.

    A unit with a large φ² raises q_{l+1}, and with it the gains of the layers above, by S_l = d ln Π χ/d ln q_l
    in all. It is ½ E[(z² − 1) t], as any d E[t(√q z)]/d ln q.
    """
    sensitivity, found = 0.0, []
    for i in reversed(range(len(layers) - 2)):
        weight, (q, q_next) = layers[i + 1].weight, profile.preactivation_variances[i : i + 2]
        f = _unit(name, weight / profile.gains[i], 0.0)
        t = _unit(name, weight / profile.gains[i], sensitivity * weight / q_next)
        found.append((_covariance(t, q, c[i], batch) - _covariance(f, q, c[i], batch)) / width)
        sensitivity = _log_derivative(t, q)
    return found[::-1]


def _unit(name: ActivationName, of_slope: float, of_signal: float) -> Function:
    """α φ'² + β φ²."""
    return lambda x: of_slope * slope(name, x) ** 2 + of_signal * activation(name)(x) ** 2


def _covariance(f: Function, q: float, c: float, batch: int) -> float:
    """Cov(f(u), f(v)), averaged over the batch's pairs, of which 1/B are a sample with itself."""
    return pair_mean(f, q, 1.0) / batch + (1 - 1 / batch) * pair_mean(f, q, c) - pair_mean(f, q, 0.0)


def _log_derivative(f: Function, q: float) -> float:
    """d E[f(√q z)] / d ln q = ½ E[(z² − 1) f(√q z)], which needs no f'."""
    return gaussian_mean(lambda x: (x**2 / q - 1) * f(x), q) / 2


def log10_ratio_tolerance(
    name: ActivationName,
    layers: Sequence[Variances],
    profile: Profile,
    correlation: float,
    *,
    batch: int,
    width: int,
    classes: int,
    seeds: int,
) -> float:
    """[½ Σ v_l + (L − 1)/N · q/(1 + q) + 3 √(Σ v_l / S)] / (2 ln 10), with the logits' q = q_{L+1}.

    How far log10 ‖δ_1‖/‖δ_L‖, averaged over S seeds, may stray from `mean_field.log10_signal_ratio`: the bias
    of a logarithm, what W takes back of its own signal, and three standard errors. The second, because
    of N directions in which g could lie, one is known from the way forth: that of the activations, along
    which g² is E(z·δ)²/(q E‖δ‖²) times what it is elsewhere. That is 1 for uniform p, to first order 1 + q,
    and 2 for ten classes with p at 0 or 1.

    Args:
        name, layers, profile, correlation, batch, width, classes: as in `squared_gain_variances`.
        seeds: S, networks drawn.

    Raises:
        ValueError: seeds below 1, or what `squared_gain_variances` refuses.
    """
    require_at_least(1, seeds=seeds)
    gains = squared_gain_variances(
        name, layers, profile, correlation, batch=batch, width=width, classes=classes
    )
    total, q = sum(gains), profile.preactivation_variances[-1]
    shared = len(gains) / width * q / (1 + q)
    return (total / 2 + shared + 3 * math.sqrt(total / seeds)) / (2 * math.log(10))
