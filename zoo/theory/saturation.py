"""How hard a loss pushes an output, and how many steps a mistake takes to be mended.

p is a prediction, or the probability σ(z) = 1/(1 + e⁻ᶻ) of a logit z; y is what it should be. A loss has one
of the names of zoo.models.Output. All of it is elementary, but for the correction in `steps`.
"""

import math
from typing import Literal

from zoo.errors import InputError
from zoo.theory.checks import require_finite, require_positive

Loss = Literal["mse", "bce", "bce_with_logits", "mse_of_sigmoid"]

LARGEST_LOGIT = 350.0  # beyond it exponentials leave float64
LARGEST_RATE = 2.0  # up to which `steps` was seen to be known to η/20


def slope(loss: Loss, output: float, y: float) -> float:
    """∂L/∂p = 2(p − y) of mse, −y/p + (1 − y)/(1 − p) of bce; ∂L/∂z = σ − y, or 2(σ − y) σ(1 − σ).

    By the chain rule ∂L/∂z = ∂L/∂p · σ′, with σ′ = σ(1 − σ). In the squared error that factor stays. As a
    slope of cross-entropy, (σ − y)/(σ(1 − σ)) cancels it: σ − y is left.

    Raises:
        InputError: a number is not finite, the slope among them, or the loss is unknown; bce is asked for a p
            that is not between 0 and 1; or a y that is not is given to another loss than mse.
    """
    require_finite(output=output, y=y)
    if loss == "mse":
        found = 2 * (output - y)
        require_finite(slope=found)
        return found
    if not 0 <= y <= 1:
        raise InputError(f"y is {y}; what {loss} is to make of a probability lies between 0 and 1")
    if loss == "bce":
        return _slope_of_a_probability(output, y)
    error = (1 - y) * sigmoid(output) - y * sigmoid(-output)  # σ − y, exact where σ is nearly y
    if loss == "bce_with_logits":
        return error
    if loss == "mse_of_sigmoid":
        return 2 * error * sigmoid(output) * sigmoid(-output)
    raise InputError(f"loss is {loss!r}; choose mse, bce, bce_with_logits or mse_of_sigmoid")


def _slope_of_a_probability(p: float, y: float) -> float:
    if not 0 < p < 1:
        raise InputError(f"a probability is {p}; it must lie between 0 and 1")
    found = -y / p + (1 - y) / (1 - p)
    require_finite(slope=found)
    return found


def sigmoid(z: float) -> float:
    """σ(z) = 1/(1 + e⁻ᶻ), as e^z/(1 + e^z) for negative z: no exponential overflows."""
    return math.exp(min(z, 0.0)) / (1 + math.exp(-abs(z)))


def advantage(z: float) -> float:
    """1/(2σ(1 − σ)) = 1 + cosh z: the slope of cross-entropy over that of (σ − y)², whatever y is.

    Raises:
        InputError: z is not within ±350.
    """
    _require_moderate(z)
    return 1 + math.cosh(z)


def steps(loss: Loss, start: float, end: float, rate: float) -> float:
    """k ≈ ∫ dz/(ηs) + ½ ln(s_end/s_start): steps of gradient descent from one logit to another, for y = 1.

    z ← z + ηs, with s minus the slope. By bce_with_logits s = 1 − σ and ∫ dz/s = z + e^z; by mse_of_sigmoid
    s = 2σ(1 − σ)² and ∫ dz/s = ½(−e^(−z) + 3z + 3e^z + ½e^(2z)). From −a to 0 that is about a, and e^a/2.

    The half logarithm is what steps differ by from a flow. Next would come −(η/12)(s′ + ∫ s′²/s dz), less
    than η/40 for z ≤ 0. (Euler's method and its modified equation: Hairer, Lubich & Wanner 2006, chapter IX.)

    Raises:
        InputError: loss is another, start or end is not within ±350, or rate not in (0, LARGEST_RATE].
    """
    require_positive(rate=rate)
    if rate > LARGEST_RATE:
        raise InputError(f"rate is {rate}; steps can be foretold up to {LARGEST_RATE:g}")
    (time_0, log_speed_0), (time_1, log_speed_1) = _progress(loss, start), _progress(loss, end)
    return (time_1 - time_0) / rate + (log_speed_1 - log_speed_0) / 2


def steps_to_even_odds(loss: Loss, start: float, rate: float) -> tuple[int, int]:
    """The fewest and the most steps until σ(z) ≥ ½, for y = 1: `steps`, known to η/20, and rounded up.

    Mostly they are the same number.

    Raises:
        InputError: start is not below 0, the steps are more than float64 can count, or what `steps` refuses.
    """
    if not start < 0:
        raise InputError(f"start is {start}; it must be below 0, where σ is below ½")
    needed = steps(loss, start, 0.0, rate)
    if math.isinf(needed):
        raise InputError(f"from {start:g} at a rate of {rate:g} the steps are more than can be counted")
    return math.ceil(needed - rate / 20), math.ceil(needed + rate / 20)


def _progress(loss: Loss, z: float) -> tuple[float, float]:
    """∫ dz/s, up to a constant, and ln s."""
    _require_moderate(z)
    log_p, log_rest = -math.log1p(math.exp(-z)), -math.log1p(math.exp(z))
    if loss == "bce_with_logits":
        return z + math.exp(z), log_rest
    if loss == "mse_of_sigmoid":
        time = (-math.exp(-z) + 3 * z + 3 * math.exp(z) + math.exp(2 * z) / 2) / 2
        return time, math.log(2) + log_p + 2 * log_rest
    raise InputError(f"loss is {loss!r}; choose bce_with_logits or mse_of_sigmoid")


def _require_moderate(z: float) -> None:
    if not abs(z) <= LARGEST_LOGIT:
        raise InputError(
            f"a logit is {z}; choose one within ±{LARGEST_LOGIT:g}, or its exponentials leave float64"
        )
