"""How far networks as they are drawn stray from mean_field: the spread of ‖δ_1‖/‖δ_L‖ for a batch.

Each of a layer's N units turns g, its weighted sum of the δ above, into φ'(h) g. ‖δ_l‖² averages φ'² g² over
N independent units and B samples, so its gain has a relative variance v_l ~ 1/N. Samples that are alike stray
together, and more of them are no help: what counts is how alike they are, on the way forth by c, the
correlation of their preactivations, and on the way back by κ, the cosine of their gradients.

At initialization, to first order in 1/N a layer, with the weights of the way back independent of those of
the way forth, and any two samples taken for a typical pair. It falls short where a small change of q decides
on all that follows, as for He's SiLU of ten layers or more at N = 128. (Poole et al. 2016 and Schoenholz et
al. 2017 for c and κ; Hanin & Nica 2020 for the fluctuations of a single sample.)
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from zoo.calculus.activations import ActivationName, activation, slope
from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_positive
from zoo.theory.initialization import Variances
from zoo.theory.mean_field import Profile, gaussian_mean

Function = Callable[[Tensor], Tensor]  # elementwise

# Cells over ±6, 32 000 pairs of them. Were both numbers equal, ReLU' would jump on the very nodes at c = ½.
_A, _B = ((torch.arange(n, dtype=torch.float64, device="cpu") + 0.5) * 12 / n - 6 for n in (128, 250))
_A_MASS, _B_MASS = (torch.exp(-(z**2) / 2) * 12 / len(z) / math.sqrt(2 * math.pi) for z in (_A, _B))


def pair_mean(f: Function, q: float, c: float) -> float:
    """E[f(u) f(v)], with u = √q (√c a + √(1 − c) b) and v alike: Gaussian, variance q, correlation c ≥ 0.

    They share a, and each has a b of its own, so it is E_a[(E_b f)²]. By the midpoint rule: to 1 % for ReLU',
    to 1e-6 for what changes over more than √q/4, and to 0.2 % for tanh'² at q = 36.
    """
    u = math.sqrt(q) * (math.sqrt(c) * _A[:, None] + math.sqrt(1 - c) * _B)
    return float(_A_MASS @ (f(u) @ _B_MASS) ** 2)


def mean_correlation(x: Tensor) -> float:
    """c_0 = ‖E x‖² / E‖x‖²: what the inputs have in common, as a share of their mean square.

    It is x·x' averaged over all pairs, over x·x: 1 for copies of one input, 1/n for n orthogonal ones.

    Args:
        x: inputs, (n, I) or (n, …).

    Raises:
        InputError: x is 0, or not finite.
    """
    x = x.double().flatten(1)
    mean_square = float((x**2).sum(dim=1).mean())
    require_positive(mean_square=mean_square)
    return float((x.mean(dim=0) ** 2).sum()) / mean_square


def correlations(
    name: ActivationName, layers: Sequence[Variances], profile: Profile, correlation: float
) -> list[float]:
    """c_{l+1} = (σ_w² E[φ(u) φ(v)] + σ_b²) / q_{l+1}, which are c_1 … c_{L+1} (Poole et al. 2016, eq. 5).

    Args:
        name: φ.
        layers: σ_w² and σ_b² of the L hidden layers and the output layer, in order.
        profile: what `mean_field.propagate` says of them.
        correlation: c_0, that of the inputs; see `mean_correlation`.

    Raises:
        InputError: correlation is not in [0, 1], or no signal reaches a layer.
    """
    if not 0 <= correlation <= 1:
        raise InputError(f"correlation is {correlation}; it must be at least 0 and at most 1")
    found, shared = [], correlation * profile.activation_mean_squares[0]
    for layer, q in zip(layers, profile.preactivation_variances, strict=True):
        require_positive(preactivation_variance=q)
        found.append(min((layer.weight * shared + layer.bias) / q, 1.0))
        shared = pair_mean(activation(name), q, found[-1])
    return found


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
    """v_l = [E f(u) f(v) · (1 + 2κ²) − 1] / N, averaged over pairs of samples, f = φ'²/E[φ'²]; v_1 … v_{L−1}.

    For E[g²g'²] = E[g²] E[g'²] (1 + 2κ²) if g, g' are Gaussian. One pair in B is a sample with itself: there
    c = κ = 1, and v_l is (3μ₂/μ₁² − 1)/N with μ_k = E[φ'^2k]: 5/N for ReLU (Hanin & Nica 2020). The others
    start at the cross-entropy with κ² = 1/(C − 1), labels having no preference. What a layer does to
    later q, and so to χ, is added.

    Args:
        name, layers, profile, correlation: as in `correlations`.
        batch: B, the number of samples.
        width: N, the units of every hidden layer.
        classes: C, equally frequent.

    Raises:
        InputError: batch or width below 1, classes below 2, or what `correlations` refuses.
    """
    require_at_least(1, batch=batch, width=width)
    require_at_least(2, classes=classes)
    c = correlations(name, layers, profile, correlation)
    back = _backward(name, profile, c, 1 / (classes - 1), batch, width)
    forth = _forward(name, layers, profile, c, batch)
    return [v + covariance / width for v, covariance in zip(back, forth, strict=True)]


def _backward(
    name: ActivationName, profile: Profile, c: list[float], cross: float, batch: int, width: int
) -> list[float]:
    """E[(Σ_b K_bb)²] grows by the factor 1 + v_l, where K_bb' = δ_b·δ_b' and E[Σ_b K_bb] is kept at 1.

    Deep down, κ² and the samples' weights are not what they were at the top: gradients align, and a few
    samples outweigh the others. So three means are followed: E[K_bb²], E[K_bb K_b'b'] and E[K_bb'²], here
    same, apart and cross. K sums over units, and one pair of units in N is a unit with itself.
    """
    same, apart, found = 1.0, 1.0, []
    for q, c_l in reversed(list(zip(profile.preactivation_variances, c, strict=True))[:-1]):
        squared = gaussian_mean(_unit(name, 1.0), q)
        f, alike = _unit(name, 1 / squared), pair_mean(lambda x: slope(name, x), q, c_l) / squared
        one_unit = pair_mean(f, q, c_l) * (apart + 2 * cross)
        same += (3 * _mean_square(f, q) * same - same) / width
        apart += (one_unit - apart) / width
        cross = alike**2 * cross * (1 - 1 / width) + one_unit / width
        total = same / batch + apart * (1 - 1 / batch)
        same, apart, cross = same / total, apart / total, cross / total
        found.append(total - 1)
    return found[:0:-1]  # without layer L: the ratio begins with its δ


def _forward(
    name: ActivationName, layers: Sequence[Variances], profile: Profile, c: list[float], batch: int
) -> list[float]:
    """Cov(t, t') − Cov(f, f') over pairs: t = f + S_{l+1} σ_w² φ²/q_{l+1}, and S_l = d ln Π χ / d ln q_l.

    A unit whose φ² is large raises q_{l+1}, and with it all the gains from there on, of which Π χ is the
    product. S_l is ½ E[(z² − 1) t], as d E[t(√q z)] / d ln q is for any t.
    """
    sensitivity, found = 0.0, []
    for i in reversed(range(len(layers) - 2)):
        q, next_q = profile.preactivation_variances[i : i + 2]
        weight, chi = layers[i + 1].weight, profile.gains[i]
        f, t = _unit(name, weight / chi), _unit(name, weight / chi, sensitivity * weight / next_q)
        found.append(_covariance(t, q, c[i], batch) - _covariance(f, q, c[i], batch))
        sensitivity = _derivative(t, q)
    return found[::-1]


def _unit(name: ActivationName, of_slope: float, of_signal: float = 0.0) -> Function:
    """α φ'² + β φ²."""
    return lambda x: of_slope * slope(name, x) ** 2 + of_signal * activation(name)(x) ** 2


def _mean_square(f: Function, q: float) -> float:
    """E[f²]."""
    return gaussian_mean(lambda x: f(x) ** 2, q)


def _covariance(f: Function, q: float, c: float, batch: int) -> float:
    """Cov(f(u), f(v)), averaged over the batch's pairs."""
    mean_product = _mean_square(f, q) / batch + pair_mean(f, q, c) * (1 - 1 / batch)
    return mean_product - gaussian_mean(f, q) ** 2


def _derivative(f: Function, q: float) -> float:
    """d E[f(√q z)] / d ln q = ½ E[(z² − 1) f(√q z)]."""
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
    """[½ Σ v_l + 4 √(Σ v_l / S) + 2 (L − 1)/N · q/(1 + q)] / (2 ln 10), with the logits' q = q_{L+1}.

    How far log10 ‖δ_1‖/‖δ_L‖, averaged over S seeds, may stray from `mean_field.log10_signal_ratio`: by the
    bias of a logarithm, four standard errors, and what W, the same on both ways, adds. One of its N
    directions is that of the activations. There the squared gradient is r = E(z·δ)²/(q E‖δ‖²) times what it
    is elsewhere, z being the logits: 1 for uniform p, 1 + q to first order, near 2 for ten classes and p at 0
    or 1. And φ' lets up to twice as much of it pass, since units that are on, as in ReLU, carry all of it.

    Args:
        name, layers, profile, correlation, batch, width, classes: as in `squared_gain_variances`.
        seeds: S, how many networks are drawn.

    Raises:
        InputError: seeds below 1, or what `squared_gain_variances` refuses.
    """
    require_at_least(1, seeds=seeds)
    variances = squared_gain_variances(
        name, layers, profile, correlation, batch=batch, width=width, classes=classes
    )
    total, q = sum(variances), profile.preactivation_variances[-1]
    shared = 2 * len(variances) / width * q / (1 + q)
    return (total / 2 + 4 * math.sqrt(total / seeds) + shared) / (2 * math.log(10))
