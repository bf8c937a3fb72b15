"""Binary cross-entropy as programs have it that are right on paper, and compute with rounded numbers.

z is a logit, p = σ(z) = 1/(1 + e⁻ᶻ) its probability, y the truth: 1 or 0. All is about mistakes: z ≤ 0 with
y = 1, or z ≥ 0 with y = 0. There are three programs:

    bce_with_logits  ln(1 + e^|z|), computed from z itself
    log_of_sigmoid   −ln p, or −ln(1 − p) for y = 0, of a p that has been rounded
    bce_of_sigmoid   the same by PyTorch's BCELoss: L is 100 at most, and its slope divides by 1e-12 at least

Formats are torch's, by name; how they round is IEEE 754.
"""

import math
from typing import Literal

import torch

from zoo.errors import InputError
from zoo.theory.checks import require_finite, require_positive

Program = Literal["bce_with_logits", "log_of_sigmoid", "bce_of_sigmoid"]
Format = Literal["float32", "float64"]

LARGEST_LOSS = 100.0  # of BCELoss
LEAST_VARIANCE = 1e-12  # of BCELoss, for p(1 − p)


def slope(program: Program, z: float, y: float, dtype: Format) -> float:
    """∂L/∂z: p − y; NaN, or (p − y) p(1 − p)/1e-12, where a program divides by what was rounded or clamped.

    By the chain rule ∂L/∂z = ∂L/∂p · p(1 − p), and ∂L/∂p = (p − y)/(p(1 − p)). Where p is rounded to 0 or 1
    that is ∞ · 0 = NaN. BCELoss divides by 1e-12 where p(1 − p) is less: the product is then nearly 0.

    Raises:
        InputError: z is not finite or no mistake, or y is neither 0 nor 1.
    """
    _require_mistake(z, y)
    right, p = 1 / (1 + math.exp(-abs(z))), rounded_sigmoid(z, dtype)
    toward = right if y == 0 else -right
    if program == "bce_with_logits":
        return toward
    if program == "log_of_sigmoid":
        return math.nan if p in (0, 1) else toward
    variance = 0.0 if p in (0, 1) else right * math.exp(-abs(z)) * right
    return toward * min(1.0, variance / LEAST_VARIANCE)


def loss(program: Program, z: float, y: float, dtype: Format) -> float:
    """L: ln(1 + e^|z|); ∞ where p is rounded to 0 or 1; of BCELoss 100 there, and never more.

    Raises:
        InputError: z is not finite or no mistake, or y is neither 0 nor 1.
    """
    _require_mistake(z, y)
    right = abs(z) + math.log1p(math.exp(-abs(z)))
    if program == "bce_with_logits":
        return right
    found = math.inf if rounded_sigmoid(z, dtype) in (0, 1) else right
    return min(found, LARGEST_LOSS) if program == "bce_of_sigmoid" else found


def edge(program: Program, y: float, dtype: Format) -> float:
    """The logit from which on a mistake's slope is NaN, or less than half of what it should be.

    y = 1: −ln(the largest number), where e⁻ᶻ overflows and p is 0; for BCELoss already ln(½ · 1e-12), which
    no format changes. y = 0: d ln 2, where p is 1, with d the digits of the mantissa; for BCELoss
    −ln(½ · 1e-12), if it comes first: in float64. bce_with_logits has no edge: ±∞.

    Raises:
        InputError: y is neither 0 nor 1.
    """
    _require_mistake(0.0, y)
    if program == "bce_with_logits":
        return -math.inf if y else math.inf
    clamp = -math.log(LEAST_VARIANCE / 2) if program == "bce_of_sigmoid" else math.inf
    return -min(_log_of_largest(dtype), clamp) if y else min(_log_of_finest(dtype), clamp)


def rounded_sigmoid(z: float, dtype: Format) -> float:
    """σ(z), but 0 where e⁻ᶻ overflows, and 1 where 1 + e⁻ᶻ is rounded to 1.

    It is 0 below −ln(the largest number), in float32 −88.7; and 1 from d ln 2 on, with d the digits of the
    mantissa: 24 in float32, so 16.6. (2⁻ᵈ is half of the spacing above 1, and is rounded to even: to 1.)

    Raises:
        InputError: z is not finite.
    """
    require_finite(z=z)
    if z < -_log_of_largest(dtype):
        return 0.0
    return 1.0 if z >= _log_of_finest(dtype) else 1 / (1 + math.exp(-z))


def spacing(z: float, dtype: Format) -> float:
    """2^⌊log₂|z|⌋ ε: how far apart the numbers of a format lie around z.

    Raises:
        InputError: z is 0 or not finite.
    """
    require_positive(z=abs(z))
    return float(2.0 ** math.floor(math.log2(abs(z))) * torch.finfo(getattr(torch, dtype)).eps)


def _log_of_largest(dtype: Format) -> float:
    return math.log(torch.finfo(getattr(torch, dtype)).max)


def _log_of_finest(dtype: Format) -> float:
    """d ln 2: 2⁻ᵈ is ε/2."""
    return -math.log(torch.finfo(getattr(torch, dtype)).eps / 2)


def _require_mistake(z: float, y: float) -> None:
    require_finite(z=z)
    if y not in (0, 1):
        raise InputError(f"y is {y}; it must be 0 or 1")
    if (z > 0) if y else (z < 0):
        raise InputError(
            f"z is {z} and y {y:g}; that is no mistake: choose z below 0 for y = 1, above for y = 0"
        )
