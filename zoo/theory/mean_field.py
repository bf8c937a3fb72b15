"""Signals and gradients in a wide random network: q = E[z²] of a preactivation, m = E[φ(z)²] after it.

A preactivation sums many independent terms, so it is nearly Gaussian, and q is all there is to know of it.
Going forward, q_{l+1} = σ_w² E[φ(√q_l z)²] + σ_b². Going back, E‖δ_l‖² = χ_l E‖δ_{l+1}‖², where δ_l is the
gradient of the loss with respect to the preactivations of layer l and χ_l = σ_w² E[φ'(√q_l z)²].

All of it holds at initialisation, for independent zero-mean weights and width → ∞, and it takes the weights
of the way back as independent of those of the way forth. χ is a ratio of squared norms: a norm changes by √χ.
(Poole et al. 2016; Schoenholz et al. 2017, who justify the independence by experiment.)
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from zoo.calculus.activations import ActivationName, activation, slope
from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_not_negative, require_positive
from zoo.theory.initialization import Variances
from zoo.theory.slopes import largest

_CELLS = 32_000  # over ±10, beyond which a Gaussian has 2e-23 of its mass; below PyTorch's 32 768 for threads
_STEP = 20 / _CELLS
_Z = (torch.arange(_CELLS, dtype=torch.float64, device="cpu") + 0.5) * _STEP - 10
_MASS = torch.exp(-(_Z**2) / 2) * _STEP / math.sqrt(2 * math.pi)


def gaussian_mean(f: Callable[[Tensor], Tensor], q: float) -> float:
    """E[f(√q z)], z ~ N(0, 1).

    The midpoint rule, in float64, on cells of 1/1600 over ±10. It is exact to rounding for smooth f that
    change over more than a few cells of √q z. The points lie symmetrically about 0 and never on it, so the
    two sides of a jump at 0 get half the mass each; a jump elsewhere costs up to 1.3e-4 of its height.

    Args:
        f: an elementwise function.
        q: the variance. At q = 0 this is f(0) of a continuous f; where f jumps at 0, it is the limit q → 0.

    Raises:
        InputError: q is negative or not finite.
    """
    require_not_negative(q=q)
    q = max(q, torch.finfo(torch.float64).tiny)  # not 0, so that the two sides of a jump stay apart
    return float((_MASS * f(math.sqrt(q) * _Z)).sum())


def activation_mean_square(name: ActivationName, q: float) -> float:
    """E[φ(√q z)²], the mean square of an activation; exactly φ(0)² at q = 0."""
    phi = activation(name)
    return gaussian_mean(lambda x: phi(x) ** 2, q) if q else float(phi(_Z.new_zeros(()))) ** 2


def next_variance(name: ActivationName, q: float, variances: Variances) -> float:
    """q_{l+1} = σ_w² E[φ(√q_l z)²] + σ_b² (Poole et al. 2016, eq. 3)."""
    return variances.weight * activation_mean_square(name, q) + variances.bias


def gradient_gain(name: ActivationName, q: float, weight_variance: float) -> float:
    """χ = σ_w² E[φ'(√q z)²] = E‖δ_l‖² / E‖δ_{l+1}‖² (Schoenholz et al. 2017, who call it χ₁ at q*).

    Args:
        name: φ.
        q: the variance of layer l's preactivations.
        weight_variance: σ_w² of layer l + 1, the weights that the gradient comes back through.

    Raises:
        InputError: q is negative, or weight_variance not positive.
    """
    require_positive(weight_variance=weight_variance)
    return weight_variance * gaussian_mean(lambda x: slope(name, x) ** 2, q)


def saturated_share(name: ActivationName, q: float, fraction: float = 0.05) -> float:
    """P(|φ'(√q z)| < fraction · max|φ'|): the share of units that pass next to no gradient.

    To 2.5e-4, the mass of a cell.

    Raises:
        InputError: q is negative, or fraction not in (0, 1].
    """
    if not 0 < fraction <= 1:
        raise InputError(f"fraction is {fraction}; it must be above 0 and at most 1")
    limit = fraction * largest(name)
    return gaussian_mean(lambda x: (slope(name, x).abs() < limit).double(), q)


@dataclass(frozen=True)
class Profile:
    """What a network of L hidden layers is predicted to do, layer by layer.

    Attributes:
        preactivation_variances: q_1 … q_{L+1}, those of the output layer last.
        activation_mean_squares: m_0 … m_L: the input's mean square, then E[φ(z_l)²] at index l.
        gains: χ_1 … χ_L; the last one leads from the output layer to the last hidden one.
    """

    preactivation_variances: tuple[float, ...]
    activation_mean_squares: tuple[float, ...]
    gains: tuple[float, ...]


def propagate(name: ActivationName, layers: Sequence[Variances], input_mean_square: float) -> Profile:
    """q_{l+1} = σ_w² m_l + σ_b² and χ_l = σ_w² E[φ'(√q_l z)²], with σ_w², σ_b² those of layer l + 1.

    Args:
        name: φ, after every hidden layer; the input itself goes into the first one.
        layers: σ_w² and σ_b² of the L hidden layers and the output layer, in order.
        input_mean_square: m_0, the mean of the squares of the input's entries.

    Raises:
        InputError: fewer than two layers, or an input_mean_square that is negative.
    """
    require_at_least(2, layers=len(layers))
    require_not_negative(input_mean_square=input_mean_square)
    means = [input_mean_square]
    variances = [layers[0].weight * input_mean_square + layers[0].bias]
    gains = []
    for layer in layers[1:]:
        q = variances[-1]
        means.append(activation_mean_square(name, q))
        gains.append(gradient_gain(name, q, layer.weight))
        variances.append(layer.weight * means[-1] + layer.bias)
    return Profile(tuple(variances), tuple(means), tuple(gains))


def log10_signal_ratio(profile: Profile) -> float:
    """log₁₀(‖δ_1‖ / ‖δ_L‖) = ½ Σ log₁₀ χ_l, l = 1 … L − 1: what is left of the gradient at the first layer.

    The product goes over the q_l the network has, so it needs no fixed point. Norms of different widths
    compare as they are: fan_in · Var W counts the units that the gradient sums over.
    """
    return sum(math.log10(gain) for gain in profile.gains[:-1]) / 2


def log10_weight_ratio(profile: Profile, first: int = 2) -> float:
    """log₁₀(‖∂L/∂W_f‖ / ‖∂L/∂W_L‖) = ½ [Σ log₁₀ χ_l, l = f … L − 1] + ½ log₁₀(m_{f−1} / m_{L−1}).

    One sample has ∂L/∂W_l = δ_l φ(z_{l−1})ᵀ, of norm ‖δ_l‖ ‖φ(z_{l−1})‖. The law is that of one sample and of
    hidden layers of one width; a batch follows it while its samples' gradients add up alike in every layer.
    For ReLU without biases forward decay cancels backward decay, and the ratio is 1 whatever σ_w.

    Args:
        profile: the prediction of `propagate`.
        first: f, counting layers from 1. From 2 on, since the input need not have the hidden layers' width.

    Raises:
        InputError: first is not between 2 and L, or no signal reaches layer L.
    """
    depth, means = len(profile.gains), profile.activation_mean_squares
    if not 2 <= first <= depth:
        raise InputError(f"first is {first}; it must be between 2 and {depth}, the number of hidden layers")
    if means[depth - 1] == 0:
        raise InputError(
            f"the activations before layer {depth} are 0; so is its gradient, and there is no ratio"
        )
    gains = profile.gains[first - 1 : -1]
    return (sum(math.log10(gain) for gain in gains) + math.log10(means[first - 1] / means[depth - 1])) / 2
