"""What a learning rate does on one curvature: gradient descent on f = f(x*) + ½ λ (x − x*)², λ > 0.

The slope is f′ = λ (x − x*), so a step x ← x − ηf′ multiplies the distance x − x* by 1 − ηλ.
All that follows is read off that one number. (`descent` has the same for many weights.)
"""

import math
import sys
from collections.abc import Sequence
from typing import Literal

import torch

from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_finite, require_not_negative, require_positive
from zoo.theory.rounding import UNIT

FAR = 1e-3  # of the start's distance: no single step is judged that begins nearer to x*, where rounding shows
Regime = Literal["monotone", "one step", "alternating", "2-cycle", "diverging"]


def iterates(steps: int, rate: float, start: float, bottom: float, curvature: float) -> list[float]:
    """x_k = x* + (1 − ηλ)^k (x_0 − x*) for k = 0 … steps; where λ < 0, x* is a top, and they leave it.

    Raises:
        InputError: steps is negative, rate not positive, another number not finite, or f(x_k) leaves float64.
    """
    require_at_least(0, steps=steps)
    require_positive(rate=rate)
    require_finite(start=start, bottom=bottom, curvature=curvature)
    factor = 1 - rate * curvature
    path = bottom + (start - bottom) * factor ** torch.arange(steps + 1, dtype=torch.float64)
    height = abs(curvature) * (path.abs().max() + abs(bottom)) ** 2
    if not height < 1e200:
        raise InputError(
            f"{steps} steps, each of which makes {factor:g} of the distance, leave float64; take fewer"
        )
    found: list[float] = path.tolist()
    return found


def far(path: Sequence[float], bottom: float) -> list[int]:
    """The steps k, from x_k to x_{k+1}, that begin FAR of the start's distance from x* or more."""
    least = FAR * abs(path[0] - bottom)
    return [k for k, x in enumerate(path[:-1]) if abs(x - bottom) >= least]


def regime(rate: float, curvature: float) -> Regime:
    """By ηλ: monotone below 1, one step at 1, alternating below 2, a 2-cycle at 2, diverging above.

    Raises:
        InputError: rate or curvature is not positive, or ηλ is within a millionth of 0, 1 or 2 without being
            1 or 2: rounding would decide what a path shows.
    """
    require_positive(rate=rate, curvature=curvature)
    a = rate * curvature
    if math.isclose(a, 1, rel_tol=1e-12):
        return "one step"
    if math.isclose(a, 2, rel_tol=1e-12):
        return "2-cycle"
    if min(a, abs(a - 1), abs(a - 2)) < 1e-6:
        raise InputError(f"rate · curvature is {a!r}; a path shows no regime within a millionth of 0, 1 or 2")
    return "monotone" if a < 1 else "alternating" if a < 2 else "diverging"


def fall(rate: float, curvature: float) -> float:
    """(f(x) − f(x − ηf′)) / f′² = η (1 − ηλ/2): what a step wins in height, wherever it starts.

    Positive if and only if η < 2/λ. For any f whose curvature is at most λ this is a lower bound, the descent
    lemma (Nesterov 2004, §1.2.3).

    Raises:
        InputError: rate or curvature is not positive.
    """
    require_positive(rate=rate, curvature=curvature)
    return rate * (1 - rate * curvature / 2)


def flow(time: float, start: float, bottom: float, curvature: float) -> float:
    """x(t) = x* + (x_0 − x*) e^(−λt): the curve with dx/dt = −f′(x), of which a step is Euler's with dt = η.

    Raises:
        InputError: time is negative, curvature not positive, start or bottom not finite.
    """
    require_not_negative(time=time)
    require_positive(curvature=curvature)
    require_finite(start=start, bottom=bottom)
    return bottom + (start - bottom) * math.exp(-curvature * time)


def lead(step: int, rate: float, start: float, bottom: float, curvature: float) -> float:
    """(x_k − x(ηk))/η → −½ λ² T e^(−λT) (x_0 − x*) with T = ηk: how far steps are ahead of the flow, per η.

    (1 − a)^k = e^(−ak) e^(−m) with a = ηλ and m = ½ a²k to leading order: right for small a and m.

    Raises:
        InputError: step is negative, rate or curvature not positive, start or bottom not finite.
    """
    require_at_least(0, step=step)
    require_positive(rate=rate)
    distance = flow(rate * step, start, bottom, curvature) - bottom
    return -(curvature**2) * rate * step * distance / 2


def lead_error(step: int, rate: float, start: float, bottom: float, curvature: float) -> float:
    """|lead| max(a/(1 − a), m/2): by how much `lead` is off at most, with a = ηλ and m = ½ a²k.

    The gap is e^(−ak) (1 − e^(−s)) with s = Σ_{n≥2} aⁿk/n, which lies between m and m/(1 − a),
    and 1 − e^(−s) between s − ½ s² and s.

    Raises:
        InputError: what `lead` refuses, or ηλ is 1 or more.
    """
    a = rate * curvature
    if a >= 1:
        raise InputError(f"rate · curvature is {a}; steps follow the flow below 1")
    m = a**2 * step / 2
    size = abs(lead(step, rate, start, bottom, curvature))
    return size * max(a / (1 - a), m / 2)


def rounding(path: Sequence[float], rate: float, bottom: float, curvature: float) -> float:
    """How far float64 may carry x_K from its closed form: 16u (1 + ηλ) Σ_j |1 − ηλ|^(K−1−j) (|x_j| + |x*|).

    A step's gradient has terms as large as λ (|x_j| + |x*|), each with a few roundings of u = 1.1e-16; what
    it adds is multiplied in every later step by 1 − ηλ, which is rounded, too. path is x_0 … x_K, all finite.

    A negative λ makes a top of x*; then for ηλ its size is meant.

    Raises:
        InputError: rate is not positive, bottom or curvature not finite.
    """
    require_positive(rate=rate)
    require_finite(bottom=bottom, curvature=curvature)
    a, error = rate * curvature, 0.0
    unit = 16 * UNIT * (1 + abs(a))
    for x in path[:-1]:
        error = (abs(1 - a) + unit) * error + unit * (abs(x) + abs(bottom))
    return error + sys.float_info.min  # below which float64 rounds to fewer digits


def require_distance(start: float, bottom: float) -> None:
    """Refuse a start so near to x* that what a step makes of the distance is hidden by rounding.

    Raises:
        InputError: they are nearer than a ten-thousandth of their size.
    """
    if abs(start - bottom) <= 1e-4 * (abs(start) + abs(bottom)) + 1e-100:  # whose square is still a number
        raise InputError(f"start is {start:g}, where rounding would show; choose it farther from {bottom:g}")


def fall_rounding(
    path: Sequence[float], rate: float, bottom: float, curvature: float, height: float
) -> float:
    """How far float64 may carry (f(x_k) − f(x_{k+1})) / f′(x_k)² from η (1 − ηλ/2), in any step that is FAR.

    Each f is rounded by a few u = 1.1e-16 of its terms, as large as λ (|x| + |x*|)² and |f(0)|, and the slope
    by as much of its own; near x* the division by f′² makes much of it. height is f(0), path is x_0 … x_K.

    Raises:
        InputError: rate or curvature is not positive, bottom or height not finite.
    """
    require_positive(rate=rate, curvature=curvature)
    require_finite(bottom=bottom, height=height)

    def blur(x: float, after: float) -> float:
        terms = curvature * (1 + rate * curvature) * (max(abs(x), abs(after)) + abs(bottom)) ** 2
        return 32 * UNIT * (abs(height) + terms) / (curvature * (x - bottom)) ** 2

    return max(blur(path[k], path[k + 1]) for k in far(path, bottom))
