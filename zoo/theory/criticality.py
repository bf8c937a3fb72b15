"""Where depth leads: the q that layers settle at, and the σ_w at which gradients neither vanish nor explode.

Biases and weights as in mean_field, infinitely many layers, all of them drawn alike. Networks of a few layers
need not be near q*: for them, `mean_field.propagate` follows the q they have.
"""

import math

from zoo.calculus.activations import ActivationName
from zoo.errors import InputError
from zoo.theory.initialization import Variances
from zoo.theory.mean_field import activation_mean_square, gradient_gain, next_variance

WITH_CRITICAL_STD = ("sigmoid", "tanh", "elu", "relu", "leaky_relu")  # χ(q*) = 1 at one σ_w, biases being 0
SCALE_FREE = ("relu", "leaky_relu")  # φ(cx) = cφ(x) for c > 0: E[φ²] ∝ q, and no q is special


def fixed_point(name: ActivationName, variances: Variances) -> float:
    """q* = σ_w² E[φ(√q* z)²] + σ_b²: where the recursion goes from q = 1.

    For all our activations the right-hand side grows with q, so q_l moves one way until it meets q*: the
    first step tells on which side of 1 to look, and bisection does the rest. The start can matter: without
    biases, GELU and SiLU with σ_w between √2 and 2 go to 0 from below a certain q, to infinity from above.

    Raises:
        InputError: q grows for ever, or, as with He's ReLU, every q is a fixed point.
    """
    if name in SCALE_FREE:
        return _scale_free_fixed_point(name, variances)
    low, high = _bracket(name, variances)
    while high - low > 1e-14 * high:
        middle = (low + high) / 2
        if next_variance(name, middle, variances) < middle:
            high = middle
        else:
            low = middle
    return high


def _scale_free_fixed_point(name: ActivationName, variances: Variances) -> float:
    """q* = σ_b² / (1 − σ_w² E[φ(z)²])."""
    factor = variances.weight * activation_mean_square(name, 1.0)
    if factor > 1 - 1e-12:  # He's factor is 1 up to the rounding of the mean
        raise InputError(
            f"{name} multiplies q by {factor:g} a layer at {variances}: no fixed point attracts it"
        )
    return variances.bias / (1 - factor)


def _bracket(name: ActivationName, variances: Variances) -> tuple[float, float]:
    """Two q that the recursion raises and lowers; twice 0 where it dies out."""
    low = high = 1.0
    while next_variance(name, high, variances) >= high * (1 - 1e-12):  # what is left of growth after rounding
        low, high = high, 2 * high
        if high > 1e12:
            raise InputError(f"{name} has no fixed point at {variances}: q grows for ever")
    while next_variance(name, low, variances) < low:
        low, high = low / 2, low
        if low < 1e-12 and next_variance(name, 0.0, variances) == 0:
            return 0.0, 0.0
    return low, high


def critical_weight_std(name: ActivationName) -> float:
    """The smallest σ_w with χ(q*) ≥ 1, biases being zero: below it gradients vanish, above it they explode.

    To 1e-6, by bisection: χ(q*) crosses 1 once for sigmoid, tanh and elu. For the scale-free relu and
    leaky_relu, χ is the same at all q, and the answer is 1/√E[φ'(z)²].

    Raises:
        InputError: gelu and silu, where the input's size decides whether q dies out or explodes, and
            softplus, where χ(q*) < 1 for every σ_w that has a q*.
    """
    if name in SCALE_FREE:
        return 1 / math.sqrt(gradient_gain(name, 1.0, 1.0))
    if name not in WITH_CRITICAL_STD:
        choices = ", ".join(WITH_CRITICAL_STD)
        raise InputError(f"{name!r} has no critical weight_std without biases; choose one of {choices}")
    low, high = 0.0, 1.0
    while not _explodes(name, high):
        low, high = high, 2 * high
    while high - low > 1e-8:
        middle = (low + high) / 2
        low, high = (low, middle) if _explodes(name, middle) else (middle, high)
    return high


def _explodes(name: ActivationName, weight_std: float) -> bool:
    """χ(q*) ≥ 1 at zero bias."""
    q = fixed_point(name, Variances(weight_std**2, 0.0))
    return gradient_gain(name, q, weight_std**2) >= 1 - 1e-12  # tanh and elu have χ = 1 exactly, at σ_w = 1
